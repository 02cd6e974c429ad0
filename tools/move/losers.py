"""Legacy rows that merge: of those with one natural key, the first makes or meets the target row, the rest join it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import ColumnElement, FromClause, TableClause, and_, exists, func, insert, literal, select

from ferryman.domain.mapping import Matched
from ferryman.domain.run import Segment
from ferryman.tools.databases.dialect import clause
from ferryman.tools.move.bench import Bench
from ferryman.tools.move.records import Scope
from ferryman.tools.move.variants import pushable
from ferryman.tools.prepare.sqlite_scope import column_of

_NAME = "ferryman_losers"


@dataclass(frozen=True)
class Losers:
    """All but the first row of each natural key, in a temporary table that lasts as long as the connection."""

    bench: Bench
    matched: Matched

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
        natural = [column_of(from_, pair.source) for pair in self.matched.on]
        place = func.row_number().over(partition_by=natural, order_by=keys).label("place")
        rows = (
            select(*(key.label(name) for key, name in zip(keys, self._names, strict=True)), place)
            .select_from(from_)
            .where(
                bench.within(Segment(upto=scope.upper)),
                bench.compiled.in_filter(from_),
                and_(*(value.is_not(None) for value in natural)),
                ~pushable(bench.compiled).failing(from_),
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
    """The rows that merge; None where the table's identity lets none merge, or no two are alike."""
    identity = bench.compiled.mapping.identity
    if not isinstance(identity, Matched) or identity.otherwise is None:
        return None
    losers = Losers(bench, identity)
    return losers if losers.find(scope) else None
