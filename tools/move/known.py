"""Which legacy parents are known to be in the target: integers in memory, so that most rows need no lookup there.

It only ever speaks for a row; whatever it does not know is looked up. It is built anew when somebody else changed
the target.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Insert,
    TableClause,
    and_,
    case,
    func,
    insert,
    select,
)

from ferryman.domain.schema import Family
from ferryman.tools.databases.dialect import clause
from ferryman.tools.databases.sqlite_guard import LEGACY
from ferryman.tools.move.keys import key_columns
from ferryman.tools.prepare.bonds import Bond
from ferryman.tools.prepare.sqlite_scope import column_of
from ferryman.tools.prepare.transform import CompiledTable, compiled_as

MOST = 2_000_000  #: parents that are kept in memory, about 12 bytes each


@dataclass
class KnownParents:
    """The parents of one reference, on one connection."""

    connection: Connection
    bond: Bond
    name: str  #: of the temporary table
    version: int | None = field(default=None)

    def unknown(self, from_: FromClause) -> ColumnElement[bool]:
        """Whether a row's parent is not known to be there. Keys without a hole between them are one comparison."""
        key, known, span = column_of(from_, self.bond.pairs[0][0]), self._table("k"), self._table("low", "high")
        low, high = (select(end).scalar_subquery() for end in (span.c.low, span.c.high))
        return and_(~key.between(low, high), key.not_in(select(known.c.k)))

    def _table(self, *columns: str) -> TableClause:
        return clause(self.name if columns == ("k",) else f"{self.name}_span", columns, schema="temp")

    def refresh(self) -> None:
        """Make it true for the running transaction."""
        version = int(self.connection.exec_driver_sql("PRAGMA main.data_version").scalar_one())
        if version == self.version:
            return
        for name, columns in ((self.name, "k INTEGER PRIMARY KEY"), (f"{self.name}_span", "low, high")):
            self.connection.exec_driver_sql(f"CREATE TABLE IF NOT EXISTS temp.{name} ({columns})")
            self.connection.exec_driver_sql(f"DELETE FROM temp.{name}")
        self.connection.execute(self._fill())
        self.connection.execute(self._measure())
        self.version = version

    def _measure(self) -> Insert:
        """The span of all keys when there is no hole in it; else one that holds nothing."""
        known, span = self._table("k"), self._table("low", "high")
        low, high, rows = func.min(known.c.k), func.max(known.c.k), func.count()
        dense = high - low + 1 == rows
        ends = select(case((dense, low), else_=1), case((dense, high), else_=0)).select_from(known)
        return insert(span).from_select(["low", "high"], ends)

    def forget(self) -> None:
        """A transaction was rolled back, and the table's rows with it."""
        self.version = None

    def _fill(self) -> Insert:
        parent, target = parent_of(self.bond), clause(self.bond.child.target_database.table(self.bond.parent)).alias()
        old = clause(parent.source, schema=LEGACY).alias()
        key = column_of(old, parent.mapping.key[0])
        there = parent.new_key(old).in_(select(target.c[self.bond.parent_columns[0]]))
        rows = select(key).select_from(old).where(func.typeof(key) == "integer", there, parent.in_part(old))
        return insert(self._table("k")).from_select(["k"], rows)


def parent_of(bond: Bond) -> CompiledTable:
    return compiled_as(bond.child, bond.parent)


def can_know(bond: Bond, rows: int, parents: int) -> bool:
    """Whether it can be done, and is worth it for a child of `rows` rows."""
    mapping = bond.child.plan.by_target.get(bond.parent)
    if mapping is None or bond.to_itself or not 0 < parents <= min(MOST, 2 * rows):
        return False
    source, target = bond.child.source_database.table(mapping.source), bond.child.target_database.table(bond.parent)
    return (
        bond.legacy_parent is not None
        and bond.legacy_parent.name == source.name
        and len(bond.pairs) == 1
        and (bond.pairs[0][1],) == mapping.key
        and bond.parent_columns == key_columns(target, mapping)
        and (mapping.key == ("rowid",) or source.column(mapping.key[0]).family is Family.INTEGER)
    )
