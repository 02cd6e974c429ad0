"""References of a target table that lead nowhere, by its declared foreign keys: a look between two batches."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Select, and_, exists, func, literal, not_, select

from ferryman.domain.run import TableState
from ferryman.domain.schema import Database, ForeignKey
from ferryman.tools.databases.connect import Target
from ferryman.tools.databases.dialect import clause
from ferryman.tools.move.ledger import Ledger


def dangling(target: Target, catalogue: Database, table: str, later: Collection[str] = ()) -> int:
    """Rows whose parent is not there, summed over the foreign keys. References of a table to itself, and to tables that
    are still to come, `later`, may lead somewhere then."""
    keys = [key for key in catalogue.table(table).foreign_keys if key.parent not in {table, *later}]
    with target.connect(f"checking the references of {table}", reading=True) as connection:
        return sum(connection.execute(_count(catalogue, table, key)).scalar_one() for key in keys)


def to_come(ledger: Ledger, run: str) -> set[str]:
    """The tables of a run that are still being copied: of a ring, one goes before all of it is there."""
    running = (TableState.PENDING, TableState.COPYING)
    return {record.table for record in ledger.tables_of(run) if record.state in running}


def _count(catalogue: Database, table: str, key: ForeignKey) -> Select[int]:
    child, parent = clause(catalogue.table(table)).alias(), clause(catalogue.table(key.parent)).alias()
    same = (parent.c[theirs] == child.c[ours] for ours, theirs in zip(key.columns, key.parent_columns, strict=True))
    there = exists(select(literal(1)).select_from(parent).where(*same))
    named = and_(*(child.c[name].is_not(None) for name in key.columns))
    return select(func.count()).select_from(child).where(named, not_(there))
