"""Rows of a batch that are not simply inserted: quarantined, merged, or in the target already.

Their legacy keys are put into a temporary table first, so that every later statement leaves out the same rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, FromClause, TableClause, and_, case, exists, func, insert, literal, or_, select

from ferryman.domain.findings import MissingCause
from ferryman.domain.mapping import Policy, Problem, Strategy
from ferryman.domain.run import Segment
from ferryman.tools.databases.dialect import clause
from ferryman.tools.move.bench import Bench
from ferryman.tools.move.keys import cells_text
from ferryman.tools.move.records import QuarantinedRow
from ferryman.tools.move.scan import Obstacle
from ferryman.tools.prepare.orphans import Ground, cause_of
from ferryman.tools.prepare.sqlite_scope import column_of


class Fate(StrEnum):
    """What becomes of a row that is not inserted."""

    QUARANTINED = "quarantined"
    MERGED = "merged"  #: another legacy row with the same natural key made the target row
    PRESENT = "present"  #: the target holds its counterpart


@dataclass(frozen=True)
class Verdict:
    """An obstacle that a policy answers, and for which of the rows that have it."""

    obstacle: Obstacle
    policy: Policy
    where: ColumnElement[bool]


def verdicts(obstacle: Obstacle, policies: Sequence[Policy], from_: FromClause, ground: Ground) -> tuple[Verdict, ...]:
    """The policies that set rows with this obstacle aside. A policy with a cause answers only rows of that cause."""
    found = []
    for policy in policies:
        if policy.problem is not obstacle.problem or policy.strategy is not Strategy.QUARANTINE:
            continue
        if policy.columns and set(policy.columns) != set(obstacle.columns):
            continue
        where = obstacle.where
        if policy.cause is not None and obstacle.check is not None:
            where = and_(where, cause_of(obstacle.check.bond, from_, ground) == policy.cause.value)
        found.append(Verdict(obstacle, policy, where))
    return tuple(found)


@dataclass(frozen=True)
class Aside:
    """The temporary table, for one legacy table."""

    bench: Bench

    @cached_property
    def table(self) -> TableClause:
        return clause("ferryman_aside", [*self._names, "fate"], schema="temp")

    @property
    def _names(self) -> list[str]:
        return [f"k{position}" for position in range(len(self.bench.compiled.mapping.key))]

    def create(self) -> None:
        """Make it, empty, unless this connection has it."""
        names = ", ".join(self._names)
        self.bench.connection.exec_driver_sql(
            f"CREATE TABLE IF NOT EXISTS temp.ferryman_aside ({names}, fate TEXT, PRIMARY KEY ({names})) WITHOUT ROWID"
        )

    def drop(self) -> None:
        self.bench.connection.exec_driver_sql("DROP TABLE IF EXISTS temp.ferryman_aside")

    def fill(self, segment: Segment, fates: dict[Fate, ColumnElement[bool]]) -> dict[Fate, int]:
        """Put the rows of a range in; the first fate that fits decides. Gives how many got which."""
        bench, from_ = self.bench, self.bench.legacy
        fate = case(*((where, name.value) for name, where in fates.items()))
        chosen = (
            select(*bench.compiled.key_columns(from_), fate)
            .select_from(from_)
            .where(bench.within(segment), bench.compiled.in_filter(from_), or_(*fates.values()))
        )
        bench.connection.execute(insert(self.table).from_select([*self._names, "fate"], chosen))
        counts = select(self.table.c.fate, func.count()).group_by(self.table.c.fate)
        return {Fate(name): count for name, count in bench.connection.execute(counts)}

    def holds(self, from_: FromClause, fate: Fate | None = None) -> ColumnElement[bool]:
        """Whether a legacy row is in it, with that fate or with any."""
        same = [
            self.table.c[name] == column_of(from_, column)
            for name, column in zip(self._names, self.bench.compiled.mapping.key, strict=True)
        ]
        fated = [self.table.c.fate == fate.value] if fate else []
        return exists(select(literal(1)).select_from(self.table).where(*same, *fated).correlate(from_))


def read_quarantined(
    bench: Bench, aside: Aside, segment: Segment, found: Sequence[Verdict], batch: str
) -> list[QuarantinedRow]:
    """The rows that were set aside, whole, each with the first reason that fits."""
    from_, compiled = bench.legacy, bench.compiled
    columns = compiled.source.columns
    which = case(*((verdict.where, position) for position, verdict in enumerate(found)))
    wanted = (
        select(compiled.source_key(from_), which, *(from_.c[column.name] for column in columns))
        .select_from(from_)
        .where(bench.within(segment), aside.holds(from_, Fate.QUARANTINED))
        .order_by(*compiled.key_columns(from_))
    )
    names = [column.name for column in columns]
    rows = []
    for key, position, *values in bench.connection.execute(wanted):
        verdict = found[position]
        row = dict(zip(names, values, strict=True))
        rows.append(quarantined_row(compiled.target.name, batch, key, verdict, row))
    return rows


def quarantined_row(table: str, batch: str, key: str | None, verdict: Verdict, row: dict[str, Any]) -> QuarantinedRow:
    """A row as quarantine keeps it, with the reason in words."""
    obstacle, cause = verdict.obstacle, verdict.policy.cause
    return QuarantinedRow(
        table=table,
        batch=batch,
        source_key=key,
        problem=obstacle.problem,
        cause=cause.value if cause else "",
        columns=obstacle.columns,
        reason=reason(obstacle, cause),
        row=cells_text(row),
    )


_REASONS = {
    Problem.MISSING_PARENT: "{columns} names a row of {parent} that is not there",
    Problem.NULL_IN_REQUIRED: "{columns} is empty and must not be",
    Problem.TOO_LONG: "the value is too long for {columns}",
    Problem.DUPLICATE: "another row has the same {columns}",
    Problem.UNCASTABLE: "the value cannot become what {columns} holds",
    Problem.OUT_OF_RANGE: "the value is out of the range of {columns}",
    Problem.CHECK_FAILED: "the value breaks a rule of {columns}",
    Problem.CONFLICT: "the new database holds a row with this {columns} already",
    Problem.UNMAPPED_VALUE: "no new value was chosen for the one in {columns}",
    Problem.MISSING_KEY: "a part of the row's key is empty",
}
_CAUSES = {
    MissingCause.NEVER_EXISTED: "it never was in the old database",
    MissingCause.FILTERED_OUT: "this plan leaves it out",
    MissingCause.NOT_MIGRATED: "it has not been moved yet",
    MissingCause.DELETED_SINCE: "it was deleted since it was moved",
}


def reason(obstacle: Obstacle, cause: MissingCause | None) -> str:
    """Why a row was set aside, in a sentence without its values."""
    parent = obstacle.check.bond.parent if obstacle.check else ""
    text = _REASONS[obstacle.problem].format(columns=", ".join(obstacle.columns), parent=parent)
    return f"{text}: {_CAUSES[cause]}" if cause else text
