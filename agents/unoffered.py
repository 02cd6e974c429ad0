"""A way with rows that is asked for where it cannot be taken: why not, and what can be done instead."""

from __future__ import annotations

from ferryman.agents.answer_facts import AnswerFacts
from ferryman.agents.became import OPEN
from ferryman.agents.context import Place
from ferryman.agents.wording import clean, count, first_upper, listed
from ferryman.domain.mapping import Strategy
from ferryman.domain.recovery import Decision
from ferryman.domain.run import Status

_CALLED = {
    Strategy.MIGRATE_PARENTS: "to move what they refer to first",
    Strategy.PLACEHOLDERS: "to make placeholders",
    Strategy.QUARANTINE: "to leave the rows out for now",
    Strategy.SET_NULL: "to leave the value empty",
    Strategy.TRUNCATE: "to shorten texts",
    Strategy.KEEP_COPIED: "to keep the table as it was copied",
    Strategy.ROLLBACK_TABLE: "to undo the table",
    Strategy.PAUSE: "to pause",
}


def cannot_choose(strategy: Strategy, facts: AnswerFacts) -> str:
    """Why that is not done here and now."""
    called = _CALLED[strategy]
    if facts.decision is None:
        return _nothing_waits(strategy, facts)
    decision = facts.decision
    offered = any(option.strategy is strategy for option in decision.options)
    if facts.place is Place.PAUSED:
        again = f'The decision about {clean(decision.failure.table)} is put off: say "resume", and it comes back.'
        return (
            f"{again} {first_upper(called)} is one of its options." if offered else f"{again} {_not(strategy, facts)}"
        )
    ways = listed([f"{number}. {option.choice}" for number, option in enumerate(decision.options, 1)], joined="or")
    return f"{_not(strategy, facts)} There are: {ways}."


def _not(strategy: Strategy, facts: AnswerFacts) -> str:
    why = _why(strategy, facts.decision) if facts.decision else ""
    return f"{first_upper(_CALLED[strategy])} is none of the options here{f': {why}' if why else ''}."


def _why(strategy: Strategy, decision: Decision) -> str:
    groups, failure = decision.diagnosis.groups, decision.failure
    parents = listed(sorted({clean(group.parent) for group in groups}))
    match strategy:
        case Strategy.QUARANTINE if not (groups or failure.affected_records):
            return "it is not single rows that are at fault"
        case Strategy.PLACEHOLDERS | Strategy.MIGRATE_PARENTS if not groups:
            return "nothing that these rows refer to is missing"
        case Strategy.PLACEHOLDERS:
            return f"a row of {parents} needs more than a key, and I invent nothing"
        case Strategy.MIGRATE_PARENTS:
            return f"the missing rows of {parents} are not in the old database, or this run does not move {parents}"
        case Strategy.SET_NULL:
            return "the value must not be empty in the new database, or that would not mend it"
        case Strategy.TRUNCATE:
            return "no text is too long"
        case Strategy.KEEP_COPIED:
            return "not all of it is there, or a check failed"
        case _:
            return ""


def _nothing_waits(strategy: Strategy, facts: AnswerFacts) -> str:
    if facts.place is not Place.DONE or facts.status is None:
        return f"Nothing waits for a decision about rows here, so there is nothing {_CALLED[strategy]} for."
    lying, status = _lying(facts.status), facts.status
    over = "That run is over, and nothing about its rows is decided any more."
    if not lying:
        return f"{over} None of them lies in quarantine."
    lie = "lies" if sum(lying.values()) == 1 else "lie"
    rows = listed([f"{count(n, 'row')} of {clean(table)}" for table, n in lying.items()])
    again = 'mend what is wrong in the old database and say "try them again"'
    if strategy is Strategy.QUARANTINE:
        return f"That is what was done: {rows} {lie} in quarantine. To have them in after all, {again}."
    first = clean(next(iter(lying)))
    undo = f'"undo {first}", then ask for it anew and answer otherwise' if len(status.tables) > 1 else '"undo it" first'
    return f"{over} {rows} {lie} in quarantine: {again}; or, {_CALLED[strategy]}, say {undo}."


def _lying(status: Status) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in status.aside:
        if one.state == OPEN:
            found[one.table] = found.get(one.table, 0) + one.rows
    return found
