"""How likely a table is to need a person, and how it is undone: the rules of `RiskLevel` and `RollbackKind`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ferryman.agents.wording import count, listed
from ferryman.domain.findings import ChallengeKind, TableFinding, TableType
from ferryman.domain.mapping import Conflict, TableMapping, Triggers
from ferryman.domain.plan import Counts, ProblemFound, Risk, RiskLevel, RollbackKind
from ferryman.domain.transforms import PythonFunction

MANY_ROWS = 1_000_000
_MOST_COLUMNS = 3  #: that are named

_RINGS = frozenset((ChallengeKind.CYCLE, ChallengeKind.SELF_REFERENCE))
_OVERWRITES = frozenset((Conflict.REPLACE, Conflict.MERGE))


@dataclass(frozen=True)
class AtStake:
    """What a table's risk hangs on."""

    mapping: TableMapping
    counts: Counts
    finding: TableFinding | None = None
    problems: tuple[ProblemFound, ...] = ()  #: of this table, as preflight counted them
    loose: tuple[str, ...] = ()  #: columns whose ids move as they are, though rows that they may name get new keys


def risk_of(table: AtStake) -> Risk:
    """The level of a table's risk, with every reason for that level."""
    for level, reasons in ((RiskLevel.HIGH, tuple(_high(table))), (RiskLevel.MEDIUM, tuple(_medium(table)))):
        if reasons:
            return Risk(table=table.mapping.target, level=level, reasons=reasons)
    return Risk(table=table.mapping.target, level=RiskLevel.LOW, reasons=(_reassurance(table),))


def _high(table: AtStake) -> Iterator[str]:
    if undecided := [problem for problem in table.problems if not problem.decided]:
        yield f"{_failing(undecided)}: {' '.join(problem.text for problem in undecided)}"
    if overwrites(table.mapping, table.counts):
        yield f"rows that {table.mapping.target} has already are changed"
    for column in table.loose:
        yield f"ids in {column} move as they are, and may lead to other rows"


def _medium(table: AtStake) -> Iterator[str]:
    if decided := _decided(table.problems):
        yield f"{decided}, as decided"
    if table.finding and table.finding.table_type is TableType.JUNCTION:
        yield f"a junction: orphaned connections if {' or '.join(table.finding.parents)} are not complete"
    found = {c.kind for c in table.finding.challenges} if table.finding else set()
    if found & _RINGS:
        yield "its rows refer to one another, or to tables that refer back"
    if table.mapping.triggers is Triggers.ASIDE:
        yield "triggers of the new database are set aside meanwhile"
    elif ChallengeKind.TRIGGER in found:
        yield "a trigger of the new database runs for every row"
    if table.counts.target:
        yield f"{table.mapping.target} has {count(table.counts.target, 'row')} already"
    if table.counts.in_scope > MANY_ROWS:
        yield f"{count(table.counts.in_scope, 'row')}"
    if any(column.uses(PythonFunction) for column in table.mapping.columns):
        yield "a step of your own code"


def _failing(problems: Iterable[ProblemFound]) -> str:
    """ "at least 5 rows would fail, by born and ward_id": see `_by_columns`."""
    rows = _by_columns(problems)
    least = "at least " if len(rows) > 1 else ""
    wrong = listed(list(dict.fromkeys(name for columns in rows for name in columns)), _MOST_COLUMNS)
    return f"{least}{count(max(rows.values()), 'row')} would fail{f', by {wrong}' if wrong else ''}"


def _decided(problems: Iterable[ProblemFound]) -> str:
    """How many rows do not go as they are."""
    rows = _by_columns(problem for problem in problems if problem.decided)
    if not rows:
        return ""
    most = max(rows.values())
    how = "1 row does not go as it is" if most == 1 else f"{most:,} rows do not go as they are"
    return f"at least {how}" if len(rows) > 1 else how


def _by_columns(problems: Iterable[ProblemFound]) -> Counter[tuple[str, ...]]:
    """Rows by the columns that are wrong in them. Those of one set of columns are different rows; a row may have
    several columns that are wrong, so that there are at least as many rows as in the largest count."""
    rows = Counter[tuple[str, ...]]()
    for problem in problems:
        rows[tuple(sorted(problem.columns))] += problem.rows
    return rows


def _reassurance(table: AtStake) -> str:
    if table.counts.target == 0:
        return f"{table.mapping.target} is empty, so it can be emptied again"
    return "nothing speaks against it"


def overwrites(mapping: TableMapping, counts: Counts) -> bool:
    """Whether rows that are in the target already may be changed."""
    return mapping.conflict in _OVERWRITES and counts.target > 0


def rollback_of(mapping: TableMapping, counts: Counts) -> RollbackKind:
    """How a table is undone."""
    if overwrites(mapping, counts):
        return RollbackKind.RESTORE_UPDATED
    return RollbackKind.DELETE_CREATED if counts.target else RollbackKind.TRUNCATE


def most_careful(kinds: Iterable[RollbackKind]) -> RollbackKind:
    """The kind of a whole plan: restore_updated before delete_created before truncate."""
    order = tuple(RollbackKind)
    return max(kinds, key=order.index, default=RollbackKind.TRUNCATE)
