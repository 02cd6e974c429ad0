"""Rows of a batch that are not simply inserted: quarantined, merged, or in the target already.

Their legacy keys are put into a temporary table first, so that every later statement leaves out the same rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    TableClause,
    and_,
    case,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
)

from ferryman.domain.findings import MissingCause
from ferryman.domain.mapping import Problem
from ferryman.domain.run import Key, Segment
from ferryman.tools.databases.dialect import clause
from ferryman.tools.move.bench import Bench
from ferryman.tools.move.keys import cells_text
from ferryman.tools.move.records import QuarantinedRow
from ferryman.tools.prepare.sqlite_scope import column_of


class Fate(StrEnum):
    """What becomes of a row that is not inserted."""

    QUARANTINED = "quarantined"
    MERGED = "merged"  #: another legacy row with the same natural key made the target row
    PRESENT = "present"  #: the target holds its counterpart
    STOOD_IN = "stood_in"  #: the target holds a placeholder of ours for it


@dataclass(frozen=True)
class Reason:
    """Why a row is quarantined."""

    problem: Problem
    columns: tuple[str, ...]  #: target columns
    cause: MissingCause | None = None
    parent: str = ""  #: the table that lacks a row, for missing parents; "" where each row says which

    @property
    def text(self) -> str:
        """A sentence without the row's values."""
        columns = ", ".join(self.columns)
        known = _REASONS if columns else _REASONS | _WITHOUT_COLUMNS
        text = known[self.problem].format(columns=columns, of=f" of {self.parent}" if self.parent else "")
        return f"{text}: {_CAUSES[self.cause]}" if self.cause else text


_REASONS = {
    Problem.MISSING_PARENT: "{columns} names a row{of} that is not there",
    Problem.NULL_IN_REQUIRED: "{columns} is empty and must not be",
    Problem.TOO_LONG: "the value is too long for {columns}",
    Problem.DUPLICATE: "another row has the same {columns}",
    Problem.UNCASTABLE: "the value cannot become what {columns} holds",
    Problem.OUT_OF_RANGE: "the value is out of the range of {columns}",
    Problem.CHECK_FAILED: "the value breaks a rule of {columns}",
    Problem.CONFLICT: "the new database holds a row with this {columns} already",
    Problem.KEY_TAKEN: "another row of the new database has this {columns}",
    Problem.UNMAPPED_VALUE: "no new value was chosen for the one in {columns}",
    Problem.MISSING_KEY: "a part of the row's key is empty",
}
#: Where the database named none.
_WITHOUT_COLUMNS = {
    Problem.MISSING_PARENT: "it names a row{of} that is not there",
    Problem.NULL_IN_REQUIRED: "a value is empty and must not be",
    Problem.TOO_LONG: "a value is too long for its column",
    Problem.DUPLICATE: "it repeats what must be there once only",
    Problem.UNCASTABLE: "a value cannot become what its column holds",
    Problem.OUT_OF_RANGE: "a value is out of the range of its column",
    Problem.CHECK_FAILED: "it breaks a rule of its table",
    Problem.CONFLICT: "the new database holds such a row already",
    Problem.KEY_TAKEN: "another row of the new database has its key",
    Problem.UNMAPPED_VALUE: "no new value was chosen for one of its values",
}
_CAUSES = {
    MissingCause.NEVER_EXISTED: "it never was in the old database",
    MissingCause.FILTERED_OUT: "this plan leaves it out",
    MissingCause.SET_ASIDE: "it is set aside itself",
    MissingCause.NOT_MIGRATED: "it has not been moved yet",
    MissingCause.DELETED_SINCE: "it was deleted since it was moved",
}


@dataclass(frozen=True)
class Aside:
    """The temporary table, for one legacy table. `reasons` number why rows are quarantined."""

    bench: Bench
    reasons: tuple[Reason, ...] = ()

    @cached_property
    def table(self) -> TableClause:
        return clause("ferryman_aside", [*self._names, "fate", "why"], schema="temp")

    @property
    def _names(self) -> list[str]:
        return [f"k{position}" for position in range(len(self.bench.compiled.mapping.key))]

    def create(self) -> None:
        """Make it, empty. It goes with `drop`, or with the transaction when that is rolled back."""
        names = ", ".join(self._names)
        self.bench.connection.exec_driver_sql(
            f"CREATE TABLE temp.ferryman_aside ({names}, fate, why, PRIMARY KEY ({names})) WITHOUT ROWID"
        )

    def drop(self) -> None:
        self.bench.connection.exec_driver_sql("DROP TABLE temp.ferryman_aside")

    def put(self, keys: Mapping[Key, Reason]) -> None:
        """Quarantine rows by their keys."""
        rows = [
            dict(zip(self._names, key, strict=True))
            | {"fate": Fate.QUARANTINED.value, "why": self.reasons.index(reason)}
            for key, reason in keys.items()
        ]
        if rows:
            self.bench.connection.execute(insert(self.table), rows)

    def fill(
        self, segment: Segment, bad: Sequence[tuple[ColumnElement[bool], Reason]], fates: Mapping[Fate, Any]
    ) -> dict[Fate, int]:
        """Put in the rows of a range that are bad or have a fate; the first that fits decides. Gives all counts."""
        bench, from_ = self.bench, self.bench.legacy
        wheres = [*(where for where, _ in bad), *fates.values()]
        if wheres:
            fated = case(
                *((where, Fate.QUARANTINED.value) for where, _ in bad),
                *((where, fate.value) for fate, where in fates.items()),
            )
            why = case(*((where, self.reasons.index(reason)) for where, reason in bad)) if bad else literal(None)
            chosen = (
                select(*bench.compiled.key_columns(from_), fated, why)
                .select_from(from_)
                .where(bench.within(segment), bench.compiled.in_filter(from_), or_(*wheres), ~self.holds(from_))
            )
            bench.connection.execute(insert(self.table).from_select([*self._names, "fate", "why"], chosen))
        counts = select(self.table.c.fate, func.count()).group_by(self.table.c.fate)
        return {Fate(name): count for name, count in bench.connection.execute(counts)}

    def holds(self, from_: FromClause, fate: Fate | None = None) -> ColumnElement[bool]:
        """Whether a legacy row is in it, with that fate or with any."""
        fated = [self.table.c.fate == fate.value] if fate else []
        return exists(select(literal(1)).select_from(self.table).where(self._same(from_), *fated).correlate(from_))

    def keys(self, fate: Fate) -> Select[Any]:
        """The keys of the rows of a fate."""
        return select(*(self.table.c[name] for name in self._names)).where(self.table.c.fate == fate.value)

    def quarantined(self, batch: str) -> list[QuarantinedRow]:
        """The rows that are quarantined, whole, in the order of their keys."""
        from_, compiled = self.bench.legacy, self.bench.compiled
        names = [column.name for column in compiled.source.columns]
        wanted = (
            select(compiled.source_key(from_), self.table.c.why, *(from_.c[name] for name in names))
            .select_from(self.table.join(from_, self._same(from_)))
            .where(self.table.c.fate == Fate.QUARANTINED.value)
            .order_by(*compiled.key_columns(from_))
        )
        return [
            quarantined_row(compiled.target.name, batch, key, self.reasons[why], dict(zip(names, cells, strict=True)))
            for key, why, *cells in self.bench.connection.execute(wanted)
        ]

    def _same(self, from_: FromClause) -> ColumnElement[bool]:
        names = zip(self._names, self.bench.compiled.mapping.key, strict=True)
        return and_(*(self.table.c[name] == column_of(from_, column) for name, column in names))


def quarantined_row(table: str, batch: str, key: str | None, why: Reason, row: dict[str, Any]) -> QuarantinedRow:
    """A row as quarantine keeps it."""
    return QuarantinedRow(
        table=table,
        batch=batch,
        source_key=key,
        problem=why.problem,
        cause=why.cause.value if why.cause else "",
        columns=why.columns,
        reason=why.text,
        row=cells_text(row),
    )
