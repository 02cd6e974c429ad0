"""Answers to a person's questions, from facts; what was not measured is said to be so."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ferryman.agents.answer_facts import NO_PLAN, AnswerFacts
from ferryman.agents.became import moved_lines, of_run, placeholder_lines, unmoved_lines
from ferryman.agents.choosing import way_asked_about
from ferryman.agents.context import Place
from ferryman.agents.discoveries import concerned
from ferryman.agents.explain import asked, present_plan, safety
from ferryman.agents.glossary import explained
from ferryman.agents.mapped_words import of_column, of_table
from ferryman.agents.problems import explain_problem
from ferryman.agents.progress import explain_outcome, explain_status
from ferryman.agents.reasons import why_match, why_step
from ferryman.agents.sentence import read
from ferryman.agents.wording import bullet, clean, count, listed, names, one_line, records, takes
from ferryman.domain.changes import Question
from ferryman.domain.conversation import Ask, Topic
from ferryman.domain.findings import LeftOut
from ferryman.domain.plan import RiskLevel
from ferryman.domain.recovery import Decision
from ferryman.domain.references import lost_columns
from ferryman.domain.run import Status
from ferryman.domain.validation import CheckStatus

__all__ = ["AnswerFacts", "answer"]


def answer(ask: Ask, facts: AnswerFacts) -> str:
    """The answer to a question, in plain text."""
    return _ANSWERS[ask.topic](ask, facts)


def _plan(ask: Ask, facts: AnswerFacts) -> str:
    if facts.plan is None:
        return NO_PLAN
    if facts.status is None:
        return present_plan(facts.plan).text
    return "\n".join((_status(ask, facts), "The plan that it went by:", *present_plan(facts.plan).details))


def _table(ask: Ask, facts: AnswerFacts) -> str:
    return "\n".join(line for table in ask.tables for line in _about(table, facts)) or _plan(ask, facts)


def _about(table: str, facts: AnswerFacts) -> Iterator[str]:
    mine = tuple(one for one in facts.status.tables if one.table == table) if facts.status else ()
    yield from (f"{line}." for line in moved_lines(mine))
    if facts.status:
        yield from bullet([*unmoved_lines(facts.status, facts.plan, mine)])
    yield from of_table(table, facts)


def _column(ask: Ask, facts: AnswerFacts) -> str:
    told = [line for name in ask.columns for line in of_column(name, facts)]
    return "\n".join(dict.fromkeys(told)) or _table(ask, facts)


def _order(ask: Ask, facts: AnswerFacts) -> str:
    return why_step(facts.plan, facts.findings, ask.tables) if facts.plan else NO_PLAN


def _time(ask: Ask, facts: AnswerFacts) -> str:
    if facts.decision and facts.place is Place.DECIDE:
        return "\n".join(f"{n}. {o.choice}: {o.time}" for n, o in enumerate(facts.decision.options, start=1))
    if facts.outcome:
        return f"It took {facts.outcome.duration}."
    if facts.status:
        return f"About {facts.status.estimated_completion} left, once it goes on."
    if facts.plan is None:
        return NO_PLAN
    plans = [batch for batch in facts.plan.batches if not ask.tables or batch.table in ask.tables]
    longest = sorted(plans, key=lambda batch: -batch.estimate.high)[:3]
    lines = [
        f"{clean(b.table)}: {b.estimate.text}, {count(b.batches, 'batch', 'batches')} of up to {count(b.size, 'row')}"
        for b in longest
    ]
    return "\n".join((takes(facts.plan.estimate), *bullet(lines)))


def _safety(ask: Ask, facts: AnswerFacts) -> str:
    if facts.outcome:
        outcome = facts.outcome
        if outcome.rollback_available:
            return "Yes, it can still be undone. Your old database was only read."
        return (
            f"It cannot be undone{f': {one_line(outcome.rollback_blocker)}' if outcome.rollback_blocker else ''}. Your"
            " old database was only read."
        )
    if facts.status:
        if facts.status.rollback_available:
            return (
                "What was moved so far is recorded row by row and can be undone at any time. Your old database is"
                " only read."
            )
        if facts.status.rollback_blocker:
            return (
                f"There is no undoing just now: {one_line(facts.status.rollback_blocker).rstrip('.')}."
                " Your old database is only read."
            )
    if facts.plan is None:
        return "Nothing is written before you have seen a plan and said yes. Your old database is only read."
    asked_about = [risk for risk in facts.plan.risks if not ask.tables or risk.table in ask.tables]
    told = [risk for risk in asked_about if ask.tables or risk.level is not RiskLevel.LOW]
    lines = [f"{clean(risk.table)}: {risk.level.value} risk{_because(risk.reasons)}" for risk in told[:8]]
    return "\n".join((safety(facts.plan), *bullet(lines)))


def _because(reasons: Sequence[str]) -> str:
    return f" ({one_line(', '.join(reasons))})" if reasons else ""


def _writes(ask: Ask, facts: AnswerFacts) -> str:
    if facts.plan is None:
        return "Nothing, until there is a plan that you have approved. The old database is never written."
    if facts.status:
        return "\n".join(("Written in the new database by this run:", *bullet([*moved_lines(facts.status.tables)])))
    counts = facts.plan.counts_by_table
    lines = [
        f"{clean(m.target)}: {records(counts[m.target].in_scope, m.target)} from {clean(m.source)}"
        if m.target in counts
        else f"{clean(m.target)}, from {clean(m.source)}"
        for m in facts.plan.mapping.copied
    ]
    copied = {m.target for m in facts.plan.mapping.copied}
    own = [clean(table) for table in facts.writes if table not in copied]
    if own:
        lines.append(f"and the run's own records: {names(own, 8)}")
    return "\n".join(("Written in the new database:", *bullet(lines), "Nothing is written in the old one."))


def _left_out(ask: Ask, facts: AnswerFacts) -> str:
    if facts.plan is None and facts.findings is None:
        return NO_PLAN
    left = facts.plan.left_out if facts.plan else facts.findings.left_out if facts.findings else ()
    if ask.tables:
        return "\n".join(line for table in ask.tables for line in _of_one(table, left, facts))
    lines = _unmoved(ask, facts) + [_left(one) for one in left]
    for mapping in facts.plan.mapping.copied if facts.plan else ():
        counts = facts.plan.counts_by_table.get(mapping.target) if facts.plan else None
        if mapping.filter is not None and counts and not facts.status:
            lines.append(f"{count(counts.source - counts.in_scope, 'row')} of {clean(mapping.source)}, by the filter")
    for tables, lost in lost_columns(facts.plan.mapping) if facts.plan else ():
        new = listed([clean(table.target) for table in tables], joined="or")
        it = "it" if len(lost) == 1 else "them"
        lines.append(f"{names(lost)} of {clean(tables[0].source)}: nothing in {new} takes {it}")
    if facts.status:
        return "\n".join(("Not moved, or not as it was:", *bullet(lines))) if lines else _whole(ask, facts.status)
    return "\n".join(("Left out:", *bullet(lines))) if lines else "Nothing is left out."


def _of_one(table: str, left: Sequence[LeftOut], facts: AnswerFacts) -> Iterator[str]:
    """Why a table is left out; of one that is not, what becomes of it."""
    told = [_left(one) for one in left if one.table == table]
    if told:
        yield from ("Left out:", *bullet(told))
        return
    here = facts.decision.failure.table if facts.decision else ""
    if facts.decision and here == table:
        yield f"{one_line(facts.decision.situation)}."
    yield from _about(table, facts)


def _unmoved(ask: Ask, facts: AnswerFacts) -> list[str]:
    """What of a run's rows was not moved, and why; first what an open decision is about."""
    if facts.status is None:
        return []
    here = facts.decision.failure.table if facts.decision else ""
    decision = [facts.decision.situation] if facts.decision and (not ask.tables or here in ask.tables) else []
    return [*map(one_line, decision), *unmoved_lines(facts.status, facts.plan, of_run(facts.status, ask.tables))]


def _whole(ask: Ask, status: Status) -> str:
    """That nothing is missing, with the counts."""
    return "\n".join(("No row is missing:", *bullet([*moved_lines(of_run(status, ask.tables))])))


def _left(one: LeftOut) -> str:
    side = "old system" if one.side == "source" else "new system"
    rows = f", {count(one.rows, 'row')}" if one.rows else ""
    return f"{clean(one.table)} ({side}{rows}): {one_line(one.reason)}"


def _questions(ask: Ask, facts: AnswerFacts) -> str:
    waiting = facts.plan.open_questions if facts.plan else ()
    if not waiting:
        return "I have no open question." if facts.plan else NO_PLAN
    told = [asked(question, lead=f"Question {n} of {len(waiting)}:") for n, question in enumerate(waiting, start=1)]
    return "\n".join(line for lines in told for line in lines)


def _options(ask: Ask, facts: AnswerFacts) -> str:
    if facts.decision:
        return _one_option(ask.text, facts.decision) or explain_problem(facts.decision).text
    if facts.plan and facts.plan.open_questions:
        return _why_asked(facts.plan.open_questions[0], facts) if ask.tables else _questions(ask, facts)
    return _help(ask, facts)


def _one_option(text: str, decision: Decision) -> str:
    """What the one way that is asked about means: "what happens if I skip them?"; "" where none is named."""
    taken = way_asked_about(read(text), decision)
    told = explain_problem(decision)
    for number, (option, words) in enumerate(zip(decision.options, told.options, strict=True), 1):
        if taken and option.strategy is taken.strategy:
            best = f"\n{told.recommendation}." if option.strategy is decision.recommended else ""
            return f"{number}. {words.text}{best}"
    return ""


def _why_asked(question: Question, facts: AnswerFacts) -> str:
    """Why the first question is one: what is known, what is not, and what is recommended."""
    kind, _, about = question.id.partition(":")
    tables, columns = ((about,) if kind == named else () for named in ("table", "column"))
    known = why_match(Ask(topic=Topic.MATCH, tables=tables, columns=columns), facts.plan, facts.findings)
    why = one_line(question.reason) or "Neither database tells, and nothing is written that is only supposed."
    best = next((option for option in question.options if option.key == question.recommended), None)
    advice = f"Recommended is: {one_line(best.text)}." if best else "Nothing is recommended here: only you can know."
    return f"{known or why}\n{advice}"


def _problem(ask: Ask, facts: AnswerFacts) -> str:
    if facts.decision:
        diagnosis = facts.decision.diagnosis
        return f"{one_line(diagnosis.issue)}. The reason: {one_line(diagnosis.root_cause)}. {facts.decision.impact}"
    if facts.status:
        return _ended_how(ask, facts, facts.status)
    found = facts.plan.preflight.problems if facts.plan else ()
    if found:
        return "\n".join(bullet([f"{clean(p.table)}: {one_line(p.text)}" for p in found]))
    return "Nothing has gone wrong so far."


def _ended_how(ask: Ask, facts: AnswerFacts, status: Status) -> str:
    """What went wrong in a run at which nothing is to be decided."""
    paused = f"It is paused: {one_line(facts.reason)}." if facts.place is Place.PAUSED and facts.reason else ""
    failed = [t.table for t in status.tables if t.validation and t.validation.status is CheckStatus.FAIL]
    lines = [f"The checks of {names(failed)} found differences"] if failed else []
    lines += [*_unmoved(ask, facts), *placeholder_lines(status)]
    lines += [_left(one) for one in (facts.plan.left_out if facts.plan else ()) if one.table in ask.tables]
    told = "\n".join(bullet(lines)) if lines else "" if paused else _whole(ask, status)
    return "\n".join(part for part in (paused, told) if part)


def _status(ask: Ask, facts: AnswerFacts) -> str:
    named = tuple(t for t in facts.status.tables if t.table in ask.tables) if facts.status else ()
    if facts.status and named:
        return "\n".join([*moved_lines(named), *bullet([*unmoved_lines(facts.status, facts.plan, named)])])
    if facts.outcome:
        return explain_outcome(facts.outcome, facts.plan).text
    if facts.status:
        return explain_status(facts.status, facts.plan).text
    if facts.plan:
        waiting = len(facts.plan.open_questions)
        rest = f"{count(waiting, 'question')} still open" if waiting else "it waits for your yes"
        return f"A plan is ready and nothing has been written; {rest}."
    return "Nothing has been moved yet. Say what you want to move."


def _match(ask: Ask, facts: AnswerFacts) -> str:
    return why_match(ask, facts.plan, facts.findings) or _column(ask, facts)


def _change(ask: Ask, facts: AnswerFacts) -> str:
    ways = "take one of the options" if facts.decision and facts.place is Place.DECIDE else "let it go on"
    return (
        "The plan that you approved is under way. What has not been moved can still be changed: say what shall be"
        f" different, and it is put before you. For what has been moved you can {ways} and ask for the rest"
        ' afterwards, or say "undo everything" and ask for another plan.'
    )


def _word(ask: Ask, facts: AnswerFacts) -> str:
    return explained(ask.text) or _help(ask, facts)


def _help(ask: Ask, facts: AnswerFacts) -> str:
    lines = {
        Place.START: (
            "my <table> table is empty in the new system",
            "fill the missing tables",
            "move everything",
            "only <table>",
        ),
        Place.REVIEW: (
            "yes, or no",
            "leave <table> out",
            "only <table> since 2020",
            "name goes into title",
            "kind is always 1",
            "undo that change",
            "what happens to <table>?",
            "show me three rows of <table>",
            "how long does it take?",
            "let my engineer look",
        ),
        Place.DECIDE: (
            "the number of an option, or what you recommend",
            "show me them",
            "why did it stop?",
            "pause",
            "undo this table",
        ),
        Place.PAUSED: ("resume", "what is the status?", "undo it"),
        Place.RUNNING: ("what is the status?", "how long will it take?", "pause"),
        Place.DONE: ("what is the status?", "show me three rows of <table>", "undo it"),
    }[facts.place]
    example = clean(_example(facts))
    return "\n".join(("You can say, for example:", *bullet([line.replace("<table>", example) for line in lines])))


def _example(facts: AnswerFacts) -> str:
    """A table that can be spoken of here."""
    tables = [finding.target_table for finding in concerned(facts.findings, facts.plan)] if facts.findings else []
    tables += [table.name for table in facts.target.data_tables] if facts.target else []
    return tables[0] if tables else "orders"


_ANSWERS: dict[Topic, Callable[[Ask, AnswerFacts], str]] = {
    Topic.PLAN: _plan,
    Topic.TABLE: _table,
    Topic.COLUMN: _column,
    Topic.ORDER: _order,
    Topic.TIME: _time,
    Topic.SAFETY: _safety,
    Topic.WRITES: _writes,
    Topic.LEFT_OUT: _left_out,
    Topic.QUESTIONS: _questions,
    Topic.OPTIONS: _options,
    Topic.PROBLEM: _problem,
    Topic.STATUS: _status,
    Topic.MATCH: _match,
    Topic.CHANGE: _change,
    Topic.WORD: _word,
    Topic.HELP: _help,
}
