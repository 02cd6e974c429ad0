"""Why a table stopped, how bad that is, and what can be done: cause by cause, by tables that are tested row by row."""

from __future__ import annotations

from dataclasses import dataclass

from ferryman.agents.recovery_options import IN_LEGACY, not_offered, offers, recommend, shares
from ferryman.agents.stake import Stake
from ferryman.domain.findings import Diagnosis, MissingCause, MissingGroup
from ferryman.domain.mapping import Problem, Strategy
from ferryman.domain.recovery import Decision, Failure, FailureType, Severity

LARGE, NOTABLE = 0.1, 0.01  #: shares of a table's rows


@dataclass(frozen=True)
class Cause:
    """What lies behind a failure, and what would mend it (where the target's structure allows)."""

    text: str
    strategies: tuple[Strategy, ...]


_MIGRATE, _STAND_IN, _NULL = Strategy.MIGRATE_PARENTS, Strategy.PLACEHOLDERS, Strategy.SET_NULL
_ASIDE, _SHORTEN = Strategy.QUARANTINE, Strategy.TRUNCATE

MISSING: dict[MissingCause, Cause] = {
    MissingCause.NOT_MIGRATED: Cause("migration order dependency violation", (_MIGRATE, _STAND_IN, _NULL, _ASIDE)),
    MissingCause.FILTERED_OUT: Cause("the parents are left out by this plan", (_MIGRATE, _STAND_IN, _NULL, _ASIDE)),
    MissingCause.SET_ASIDE: Cause("the parents are set aside themselves", (_STAND_IN, _NULL, _ASIDE)),
    MissingCause.DELETED_SINCE: Cause(
        "the parents were deleted in the new database, or came too late to be moved",
        (_MIGRATE, _STAND_IN, _NULL, _ASIDE),
    ),
    MissingCause.NEVER_EXISTED: Cause(
        "the parents were missing in the old application already", (_STAND_IN, _NULL, _ASIDE)
    ),
}

PROBLEMS: dict[Problem, Cause] = {
    Problem.MISSING_PARENT: Cause("rows refer to parents that are not there", (_NULL, _ASIDE)),
    Problem.NULL_IN_REQUIRED: Cause("the old application left empty what the new one requires", (_ASIDE,)),
    Problem.TOO_LONG: Cause("texts are longer than the new column", (_SHORTEN, _NULL, _ASIDE)),
    Problem.DUPLICATE: Cause("a value that must be unique occurs more than once", (_ASIDE,)),
    Problem.UNCASTABLE: Cause("values are not of the kind that the new column holds", (_NULL, _ASIDE)),
    Problem.OUT_OF_RANGE: Cause("values are beyond what the new column holds", (_NULL, _ASIDE)),
    Problem.CHECK_FAILED: Cause("a rule of the new database forbids the values", (_NULL, _ASIDE)),
    Problem.CONFLICT: Cause("the new database has rows of these keys already", (_ASIDE,)),
    Problem.KEY_TAKEN: Cause("other rows of the new database have the keys that these are to keep", ()),
    Problem.UNMAPPED_VALUE: Cause("no new value was given for some old values", (_NULL, _ASIDE)),
    Problem.MISSING_KEY: Cause("rows have no key in the old application", (_ASIDE,)),
}

FAILURES: dict[FailureType, Cause] = {
    FailureType.FOREIGN_KEY: Cause("rows refer to parents that are not there", (_ASIDE,)),
    FailureType.NOT_NULL: PROBLEMS[Problem.NULL_IN_REQUIRED],
    FailureType.UNIQUE: PROBLEMS[Problem.DUPLICATE],
    FailureType.CHECK: PROBLEMS[Problem.CHECK_FAILED],
    FailureType.VALUE: PROBLEMS[Problem.UNCASTABLE],
    FailureType.COUNT: Cause("not as many rows arrived as were sent", ()),
    FailureType.SAMPLE: Cause("rows did not arrive as they were to be", ()),
    FailureType.VALIDATION: Cause("what arrived did not pass its checks", ()),
    FailureType.TRANSIENT: Cause("a database did not answer, also when asked again", ()),
    FailureType.ENVIRONMENT: Cause("the machine or the rights on it do not allow more", ()),
}

#: No check of what arrived failed, but one could not be made, or cannot tell on which side rows changed.
UNDECIDED = Cause("whether it is as it was copied cannot be told by now", (Strategy.KEEP_COPIED,))


def diagnose(failure: Failure, groups: tuple[MissingGroup, ...] = ()) -> Diagnosis:
    """The diagnosis of a failure; `groups` are its table's rows without parents, by cause, where that is the reason."""
    if not groups:
        cause = _cause(failure)
        strategies = (_ASIDE,) if failure.refused else cause.strategies
        return Diagnosis(
            issue=_issue(failure),
            root_cause=cause.text,
            solutions=tuple(strategy.value for strategy in strategies),
        )
    ordered = tuple(sorted(groups, key=lambda group: (-group.rows, group.cause.value)))
    return Diagnosis(
        issue=_missing_issue(ordered),
        root_cause=_root_cause(ordered),
        groups=ordered,
        affected_parents=sum(group.parents for group in ordered),
        solutions=tuple(s.value for s in Strategy if any(s in MISSING[group.cause].strategies for group in ordered)),
    )


def _cause(failure: Failure) -> Cause:
    if failure.undecided:
        return UNDECIDED
    return PROBLEMS[failure.problem] if failure.problem is not None else FAILURES[failure.type]


def _issue(failure: Failure) -> str:
    columns = f" in {', '.join(failure.columns)}" if failure.columns else ""
    if failure.undecided:
        differ = "differs" if failure.affected_records == 1 else "differ"
        rows = f"{_counted(failure.affected_records)} of {failure.table} {differ} from the old database as it is by now"
        return rows if failure.affected_records else f"{failure.table} could not be checked whole"
    if failure.affected_records:
        least = "At least " if failure.at_least else ""
        are = "it is" if failure.affected_records == 1 and not failure.at_least else "they are"
        return f"{least}{_counted(failure.affected_records)} of {failure.table} cannot go as {are}{columns}"
    return f"{failure.table} stopped{f' in batch {failure.batch}' if failure.batch else ''}"


def _missing_issue(groups: tuple[MissingGroup, ...]) -> str:
    rows, parents = sum(group.rows for group in groups), sorted({group.parent for group in groups})
    refer = "refers" if rows == 1 else "refer"
    return f"{_counted(rows)} of {groups[0].table} {refer} to {' and '.join(parents)} that are not there"


def _root_cause(groups: tuple[MissingGroup, ...]) -> str:
    several = len({group.parent for group in groups}) > 1
    if len({group.cause for group in groups}) == 1 and not several:
        return MISSING[groups[0].cause].text
    return "; ".join(
        f"{_counted(group.rows)}{_to(group) if several else ''}: {MISSING[group.cause].text}" for group in groups
    )


def _to(group: MissingGroup) -> str:
    return f" by {', '.join(group.columns)} to {group.parent}"


def severity_of(rows: int, stake: Stake) -> Severity:
    """How much hangs on a failure that concerns `rows` rows, by the rule of `Severity`."""
    share = rows / stake.rows if stake.rows else 0.0
    if share > LARGE or stake.overwritten:
        return Severity.HIGH
    return Severity.MEDIUM if stake.dependants or share > NOTABLE else Severity.LOW


def options(failure: Failure, diagnosis: Diagnosis, stake: Stake) -> Decision:
    """What is put before a person: only strategies that apply, one of them recommended with its reason."""
    rows = sum(group.rows for group in diagnosis.groups) or failure.affected_records
    offered = offers(failure, diagnosis, stake)
    recommended, reason = recommend(offered, stake)
    return Decision(
        failure=failure,
        diagnosis=diagnosis,
        severity=severity_of(max(rows, failure.expected), stake),
        situation=f"{diagnosis.issue}: {diagnosis.root_cause}",
        impact=_impact(failure, rows, stake) + _out_of_reach(diagnosis, stake),
        options=offered,
        recommended=recommended,
        recommendation=reason,
        not_offered=not_offered(failure, diagnosis, stake),
    )


def _impact(failure: Failure, rows: int, stake: Stake) -> str:
    least = "At least " if failure.at_least else ""
    rows = 0 if failure.undecided else rows
    told = (
        f"{least}{shares(rows, stake.rows)} of {failure.table} cannot go"
        if rows
        else f"{failure.table} is not {'proved' if failure.undecided else 'complete'}"
    )
    told += f", and about {failure.expected:,} in all at this rate" if failure.expected > rows else ""
    waits = f", and {' and '.join(stake.dependants)} wait for it" if stake.dependants else ""
    return f"{told}{waits}. What was moved so far stays; nothing is lost"


def _out_of_reach(diagnosis: Diagnosis, stake: Stake) -> str:
    """Why the missing parents cannot be taken along although the old application has them."""
    named = sorted({group.parent for group in diagnosis.groups if group.cause in IN_LEGACY} - stake.migratable)
    if not named:
        return ""
    of = " and ".join(named)
    return f". The missing rows of {of} cannot be taken along: this run does not move {of}; a new plan with it can"


def _counted(rows: int) -> str:
    return "1 row" if rows == 1 else f"{rows:,} rows"
