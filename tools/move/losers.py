"""Legacy rows that merge: of those with one natural key, the first makes or meets the target row, the rest join it.

Where parents merge, rows that hang on them may become alike, such as two rows of a junction that tie one thing to
either of two parents that are one now: those merge as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, FromClause, TableClause, and_, exists, func, insert, literal, select

from ferryman.domain.mapping import Matched, TableMapping
from ferryman.domain.run import Segment
from ferryman.tools.databases.dialect import clause
from ferryman.tools.move.bench import Bench
from ferryman.tools.move.records import Scope
from ferryman.tools.move.variants import pushable
from ferryman.tools.prepare.sqlite_scope import column_of
from ferryman.tools.prepare.transform import CompiledTable

_NAME = "ferryman_losers"


@dataclass(frozen=True)
class Losers:
    """All but the first of the rows that are alike, in a temporary table that lasts as long as the connection."""

    bench: Bench
    alike: tuple[ColumnElement[Any], ...]  #: what rows that merge have in common; rows with a NULL in it do not

    @cached_property
    def table(self) -> TableClause:
        return clause(_NAME, self._names, schema="temp")

    @property
    def _names(self) -> list[str]:
        return [f"k{position}" for position in range(len(self.bench.compiled.mapping.key))]

    def find(self, scope: Scope) -> bool:
        """Look through the whole scope; gives whether there is any. Rows that cannot go themselves win nothing."""
        bench, from_ = self.bench, self.bench.legacy
        keys = bench.compiled.key_columns(from_)
        place = func.row_number().over(partition_by=self.alike, order_by=keys).label("place")
        rows = (
            select(*(key.label(name) for key, name in zip(keys, self._names, strict=True)), place)
            .select_from(from_)
            .where(
                bench.within(Segment(upto=scope.upper)),
                bench.compiled.in_filter(from_),
                and_(*(value.is_not(None) for value in self.alike)),
                ~pushable(bench.ahead).failing(from_),
            )
            .subquery()
        )
        names = ", ".join(self._names)
        bench.begin()
        bench.connection.exec_driver_sql(f"CREATE TABLE temp.{_NAME} ({names}, PRIMARY KEY ({names})) WITHOUT ROWID")
        late = select(*(rows.c[name] for name in self._names)).where(rows.c.place > 1)
        found = bench.connection.execute(insert(self.table).from_select(self._names, late)).rowcount
        bench.connection.commit()
        return bool(found)

    def holds(self, from_: FromClause) -> ColumnElement[bool]:
        """Whether a legacy row joins another's target row."""
        names = zip(self._names, self.bench.compiled.mapping.key, strict=True)
        same = [self.table.c[name] == column_of(from_, column) for name, column in names]
        return exists(select(literal(1)).select_from(self.table).where(*same).correlate(from_))


def losers_of(bench: Bench, scope: Scope) -> Losers | None:
    """The rows that merge; None where the table's mapping lets none merge, or no two are alike."""
    identity, from_ = bench.compiled.mapping.identity, bench.legacy
    if isinstance(identity, Matched) and identity.otherwise is not None:
        alike = [column_of(from_, pair.source) for pair in identity.on]
    else:
        alike = [bench.compiled.asked(name, from_).sql for name in alike_after_merging(bench.compiled)]
    losers = Losers(bench, tuple(alike))
    return losers if alike and losers.find(scope) else None


def alike_after_merging(compiled: CompiledTable) -> tuple[str, ...]:
    """The first unique set of the target in which a reference stands to a parent whose rows may merge; () without."""
    merging = {r.column for r in compiled.references if _merges(r.parent)}
    for columns in (compiled.target.primary_key, *compiled.target.uniques):
        if merging & set(columns) and set(columns) <= set(compiled.writes):
            return columns
    return ()


def _merges(parent: TableMapping) -> bool:
    return isinstance(parent.identity, Matched) and parent.identity.otherwise is not None
