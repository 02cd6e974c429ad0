"""The ways on after a failure: which apply, what each says and does, and which one is recommended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ferryman.agents.stake import Stake
from ferryman.agents.wording import count
from ferryman.domain.changes import Change, MigrateParents, SetPolicy
from ferryman.domain.findings import OUT_OF_REACH, Diagnosis, MissingCause, MissingGroup
from ferryman.domain.mapping import Policy, Problem, Strategy
from ferryman.domain.plan import duration_range
from ferryman.domain.recovery import Failure, RecoveryOption

SLACK = 2  #: a decision holds for so many times the rows that were expected when it was taken
LAST_STEP = "validate_relationship_integrity"
KEEP = "keep_rows_as_copied"
AT_WORK = 0.1  #: of a table's rows, at most, that people are taken to have changed meanwhile
SLOWEST = 500.0  #: rows a second, where nothing was measured

IN_LEGACY = frozenset(MissingCause) - OUT_OF_REACH


@dataclass(frozen=True)
class _Case:
    """One failure with everything that its options speak of."""

    failure: Failure
    diagnosis: Diagnosis
    stake: Stake

    @property
    def groups(self) -> tuple[MissingGroup, ...]:
        return self.diagnosis.groups

    @property
    def rows(self) -> int:
        return sum(group.rows for group in self.groups) or self.failure.affected_records

    @property
    def movable(self) -> tuple[MissingGroup, ...]:
        """The groups whose parents the old application still has, and the plan knows how to copy."""
        return tuple(g for g in self.groups if g.cause in IN_LEGACY and g.parent in self.stake.migratable)

    @property
    def to_come(self) -> bool:
        """Whether the run itself will bring all the missing parents."""
        return bool(self.groups) and all(
            g.cause is MissingCause.NOT_MIGRATED and g.parent in self.stake.migratable for g in self.groups
        )

    @property
    def rest(self) -> int:
        return self.rows - sum(group.rows for group in self.movable)

    @property
    def them(self) -> str:
        what = "connections" if self.stake.junction else "rows"
        return f"this {what[:-1]}" if self.rows == 1 else f"these {self.rows:,} {what}"

    @property
    def more(self) -> str:
        """What is decided on with these rows: those that follow for the same reason, where only batches find them."""
        expected = 0 if self.groups else self.failure.expected
        if expected <= self.rows:
            return ""
        return f", and those that follow for the same reason (about {expected:,} in all at this rate),"

    @property
    def columns(self) -> list[str]:
        """The target columns concerned."""
        return sorted({name for group in self.groups for name in group.columns} or set(self.failure.columns))

    @property
    def parents(self) -> str:
        return _parents(self.groups)


def _parents(groups: Iterable[MissingGroup]) -> str:
    return " and ".join(sorted({group.parent for group in groups}))


def offers(failure: Failure, diagnosis: Diagnosis, stake: Stake) -> tuple[RecoveryOption, ...]:
    """The options that apply, in the order of `Strategy`; to roll back and to pause are always among them."""
    case = _Case(failure, diagnosis, stake)
    would_mend = {*diagnosis.solutions, Strategy.ROLLBACK_TABLE.value, Strategy.PAUSE.value}
    return tuple(_option(s, case) for s in Strategy if s.value in would_mend and _APPLIES[s](case))


def not_offered(failure: Failure, diagnosis: Diagnosis, stake: Stake) -> str:
    """The ways that a person might miss, each with the reason why it does not apply; "" where there is none."""
    case = _Case(failure, diagnosis, stake)
    if not case.groups and failure.problem not in _MAY_EMPTY:
        return ""
    told = [f"{_CALLED[s]}, because {why(case)}" for s, why in _MISSED.items() if not _offered(s, case) and why(case)]
    return f"Not offered: {'; '.join(told)}" if told else ""


def _offered(strategy: Strategy, case: _Case) -> bool:
    return strategy.value in case.diagnosis.solutions and _APPLIES[strategy](case)


def _no_parents(case: _Case) -> str:
    causes = {group.cause for group in case.groups}
    if not causes or causes & IN_LEGACY:
        return ""  # of parents that another plan could bring, the impact speaks
    if causes == {MissingCause.SET_ASIDE}:
        return "they are set aside themselves"
    return f"the old database does not have them{'' if len(causes) == 1 else ', or they are set aside themselves'}"


def _no_stand_ins(case: _Case) -> str:
    if not case.groups:
        return ""
    return f"a row of {case.parents} cannot be made up: it needs values, or a key, that nobody knows"


def _not_emptied(case: _Case) -> str:
    if case.stake.nullable:
        return "the rows that they refer to are still to come" if case.to_come else ""
    return f"{', '.join(case.stake.required)} must not be empty" if case.stake.required else ""


_MISSED: dict[Strategy, Callable[[_Case], str]] = {
    Strategy.MIGRATE_PARENTS: _no_parents,
    Strategy.PLACEHOLDERS: _no_stand_ins,
    Strategy.SET_NULL: _not_emptied,
}
_CALLED = {
    Strategy.MIGRATE_PARENTS: "to take the missing rows along",
    Strategy.PLACEHOLDERS: "placeholders",
    Strategy.SET_NULL: "to leave the column empty",
}
#: Problems with a value that an empty one would mend, where the column took it.
_MAY_EMPTY = frozenset((
    Problem.MISSING_PARENT, Problem.TOO_LONG, Problem.UNCASTABLE, Problem.OUT_OF_RANGE, Problem.CHECK_FAILED,
    Problem.UNMAPPED_VALUE,
))  # fmt: skip

_APPLIES: dict[Strategy, Callable[[_Case], bool]] = {
    Strategy.MIGRATE_PARENTS: lambda case: bool(case.movable),
    Strategy.PLACEHOLDERS: lambda case: case.stake.stand_in,
    Strategy.QUARANTINE: lambda case: case.rows > 0,
    Strategy.SET_NULL: lambda case: case.stake.nullable and not case.to_come,
    Strategy.TRUNCATE: lambda case: case.failure.problem is Problem.TOO_LONG,
    Strategy.KEEP_COPIED: lambda case: case.failure.undecided,
    Strategy.ROLLBACK_TABLE: lambda case: True,
    Strategy.PAUSE: lambda case: True,
}


def _option(strategy: Strategy, case: _Case) -> RecoveryOption:
    choice, time, safety, tradeoff = _WORDS[strategy](case)
    return RecoveryOption(
        strategy=strategy,
        choice=choice,
        time=time,
        safety=safety,
        tradeoff=tradeoff,
        rows=case.rows,
        dependants=case.stake.dependants,
        steps=_steps(strategy, case),
        changes=_changes(strategy, case),
        failed_before=strategy in case.stake.failed,
    )


Words = tuple[str, str, str, str]  #: choice, time, safety, trade-off


def _migrate(case: _Case) -> Words:
    parents, named = sum(group.parents for group in case.movable), _parents(case.movable)
    nowhere = _parents(group for group in case.groups if group not in case.movable)
    rate = case.stake.rows_per_second or SLOWEST
    seconds = (parents + case.rows) / rate
    aside = f"The other {case.rest:,} are set aside: their {nowhere} are nowhere to be found" if case.rest else ""
    which = "and migrate the missing" if not case.rest else f"and migrate the {parents:,} missing"
    choice = f"Find {which} {named} first{', and set the rest aside' if case.rest else ''}"
    time = f"{duration_range(seconds / 2, seconds * 2)} extra"
    against = [_against(name, there, case) for name, there in case.stake.filtered]
    tradeoff = ". ".join([*against, aside] if aside else against)
    return choice, time, "Safest option: every connection stays as it was", tradeoff


def _against(parent: str, there: int, case: _Case) -> str:
    """What taking the parents along does to the filter that leaves them out."""
    more = sum(group.parents for group in case.movable if group.parent == parent and _left_out(group, case.stake))
    return f"Against the filter on {parent}: {there + more:,} of its rows go instead of {there:,}"


def _left_out(group: MissingGroup, stake: Stake) -> bool:
    return group.cause is MissingCause.FILTERED_OUT and group.parent in dict(stake.filtered)


def _stand_in(case: _Case) -> Words:
    parents = case.diagnosis.affected_parents
    made = "a placeholder" if parents == 1 else f"{parents:,} placeholders"
    tradeoff = "The new system shows them until the real ones arrive; they are flagged and listed"
    return f"Create {made} for the missing {case.parents}", "a few seconds extra", "Nothing is lost", tradeoff


def _aside(case: _Case) -> Words:
    choice = f"Skip {case.them}{case.more} for manual review later"
    one = case.rows == 1 and not case.more
    what = f"{'connect' if case.groups else 'mend'} {'it' if one else 'them'} by hand later"
    safety = f"Nothing is lost: {'it is' if one else 'they are'} kept aside with the reason"
    hanging = [*case.stake.below, *_below(case.groups)]
    along = " and ".join(f"{count(rows, 'row')} of {table}" for table, rows in hanging)
    too = f"{along} hang on {'it' if case.rows == 1 else 'them'} and are set aside as well. " if along else ""
    return choice, "Continue immediately", safety, f"{too}You will need to {what}"


def _below(groups: Sequence[MissingGroup]) -> Iterator[tuple[str, int]]:
    """The rows that hang on rows of these groups, by table: groups of one table have the same rows below them."""
    held = [group for group in groups if group.below]
    for table in dict.fromkeys(group.table for group in held):
        mine = [group for group in held if group.table == table]
        rows = max(group.rows + group.below for group in mine) - sum(group.rows for group in mine)
        if rows > 0:
            yield table, rows


def _null(case: _Case) -> Words:
    choice = f"Move {case.them}{case.more} with {', '.join(case.columns)} left empty"
    return choice, "Continue immediately", "The rows arrive; the rest of them is whole", "What stood there is not moved"


def _shorten(case: _Case) -> Words:
    choice = f"Shorten {', '.join(case.failure.columns)} in {case.them}{case.more} to what fits"
    return choice, "Continue immediately", "The rows arrive", "The ends of these texts are lost"


def _keep(case: _Case) -> Words:
    kept = f"{case.failure.table} as it was copied"
    against = "It is not proved: what was changed in the old database since stays as it was before, and the end says so"
    return f"Keep {kept}, and go on", "Continue immediately", "What was copied stays as it is", against


def _roll_back(case: _Case) -> Words:
    choice = f"Undo {case.failure.table} and stop there"
    return choice, "a few seconds", f"{case.failure.table} is as it was before", "Nothing of it is moved for now"


def _pause(case: _Case) -> Words:
    safety = "Nothing is lost: it goes on from here whenever you like"
    return (
        "Pause here and decide later",
        "as long as you like",
        safety,
        f"{case.failure.table} stays unfinished so long",
    )


_WORDS: dict[Strategy, Callable[[_Case], Words]] = {
    Strategy.MIGRATE_PARENTS: _migrate,
    Strategy.PLACEHOLDERS: _stand_in,
    Strategy.QUARANTINE: _aside,
    Strategy.SET_NULL: _null,
    Strategy.TRUNCATE: _shorten,
    Strategy.KEEP_COPIED: _keep,
    Strategy.ROLLBACK_TABLE: _roll_back,
    Strategy.PAUSE: _pause,
}

_ACTS: dict[Strategy, str] = {
    Strategy.MIGRATE_PARENTS: "migrate_missing_parents",
    Strategy.PLACEHOLDERS: "create_placeholders",
    Strategy.QUARANTINE: "quarantine_records",
    Strategy.SET_NULL: "leave_columns_empty",
    Strategy.TRUNCATE: "shorten_texts",
}


def _steps(strategy: Strategy, case: _Case) -> tuple[str, ...]:
    """The named steps of a strategy, the last always the same."""
    if strategy is Strategy.ROLLBACK_TABLE:
        return "roll_back_table", LAST_STEP
    if strategy is Strategy.PAUSE:
        return "preserve_current_state", LAST_STEP
    if strategy is Strategy.KEEP_COPIED:
        return KEEP, LAST_STEP
    of_parents = strategy in (Strategy.MIGRATE_PARENTS, Strategy.PLACEHOLDERS)
    first = "identify_missing_parent_records" if of_parents else "identify_orphaned_records"
    act: tuple[str, ...] = (_ACTS[strategy],)
    if strategy is Strategy.MIGRATE_PARENTS and case.rest:
        act = (*act, _ACTS[Strategy.QUARANTINE])
    retry = "retry_failed_junction_batch" if case.stake.junction else "retry_failed_batch"
    return first if case.groups else "identify_failing_records", *act, retry, LAST_STEP


def _changes(strategy: Strategy, case: _Case) -> tuple[Change, ...]:
    """What taking an option changes in the mapping: policies, so that the same cause is dealt with alike later on."""
    if strategy in (Strategy.KEEP_COPIED, Strategy.ROLLBACK_TABLE, Strategy.PAUSE):
        return ()
    if not case.groups:
        return (_policy_for_problem(strategy, case),) if case.failure.problem else ()
    return tuple(_change(strategy, group, case) for group in case.groups)


def _change(strategy: Strategy, group: MissingGroup, case: _Case) -> Change:
    if strategy is Strategy.MIGRATE_PARENTS and group in case.movable:
        return MigrateParents(table=group.table, columns=group.columns, cause=group.cause, rows=group.rows)
    chosen = Strategy.QUARANTINE if strategy is Strategy.MIGRATE_PARENTS else strategy
    rows = group.rows + (group.below if chosen is Strategy.QUARANTINE else 0)
    policy = Policy(
        problem=Problem.MISSING_PARENT, columns=group.columns, cause=group.cause, strategy=chosen, rows=rows
    )
    return SetPolicy(table=group.table, policy=policy)


def _policy_for_problem(strategy: Strategy, case: _Case) -> SetPolicy:
    assert case.failure.problem is not None
    policy = Policy(
        problem=case.failure.problem,
        columns=case.failure.columns,
        strategy=strategy,
        rows=max(case.failure.affected_records, SLACK * case.failure.expected if case.more else 0),
    )
    return SetPolicy(table=case.failure.table, policy=policy)


_PREFERRED: dict[Strategy, str] = {
    Strategy.MIGRATE_PARENTS: "it is what we would do for production data: every connection stays as it was",
    Strategy.SET_NULL: "the rows arrive, and what they referred to is not there to be lost",
    Strategy.QUARANTINE: "nothing is lost or changed, and the rest goes on at once",
    Strategy.PAUSE: "nothing is lost, and the reason can be looked into",
    Strategy.PLACEHOLDERS: "the rows arrive with their connections",
    Strategy.TRUNCATE: "the rows arrive",
    Strategy.KEEP_COPIED: "no check failed, and what was written in the old database since is not what was to be moved",
    Strategy.ROLLBACK_TABLE: "the table is as it was before",
}
_BY_CAUSE = (Strategy.MIGRATE_PARENTS, Strategy.SET_NULL, Strategy.QUARANTINE)
_BY_PROBLEM = (Strategy.QUARANTINE, Strategy.KEEP_COPIED, Strategy.PAUSE)


def recommend(offered: tuple[RecoveryOption, ...], stake: Stake) -> tuple[Strategy, str]:
    """The option to take when in doubt, and why: an earlier decision on the same cause, else what loses least.

    One that was tried in vain is never recommended, and to undo or to pause once is no rule for the next time.
    """
    fresh = {option.strategy for option in offered if not (option.failed_before or _is_doubtful(option, stake))}
    if stake.earlier and stake.earlier.strategy in fresh - {Strategy.ROLLBACK_TABLE, Strategy.PAUSE}:
        return _numbered(Strategy(stake.earlier.strategy), _as_before(stake), offered)
    orphans = any(isinstance(change, MigrateParents) or _is_orphan(change) for o in offered for change in o.changes)
    order = (*(_BY_CAUSE if orphans else _BY_PROBLEM), *_BY_PROBLEM, *_PREFERRED)
    chosen = next((strategy for strategy in order if strategy in fresh), Strategy.PAUSE)
    return _numbered(chosen, _PREFERRED[chosen], offered)


def _is_doubtful(option: RecoveryOption, stake: Stake) -> bool:
    """Where many rows differ from what they were copied from, that is hardly because people went on working; and a
    filter was set to hold."""
    if option.strategy is Strategy.KEEP_COPIED:
        return 0 < stake.rows * AT_WORK < option.rows
    return option.strategy is Strategy.MIGRATE_PARENTS and bool(stake.undone)


def _is_orphan(change: Change) -> bool:
    return isinstance(change, SetPolicy) and change.policy.problem is Problem.MISSING_PARENT


def _as_before(stake: Stake) -> str:
    assert stake.earlier is not None
    return f"it is what {stake.earlier.by} decided for the same cause in {stake.earlier.table}"


def _numbered(strategy: Strategy, reason: str, offered: tuple[RecoveryOption, ...]) -> tuple[Strategy, str]:
    number = next(n for n, option in enumerate(offered, 1) if option.strategy is strategy)
    return strategy, f"Option {number}: {reason}"


def shares(rows: int, total: int) -> str:
    """ "23 of 15,420 rows", or "23 rows" where the total is not known."""
    return f"{rows:,} of {count(total, 'row')}" if total else f"{count(rows, 'row')}"
