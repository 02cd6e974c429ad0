"""The next integer that a target's own numbering would give. It holds while the transaction has the write lock."""

from __future__ import annotations

from sqlalchemy import Connection, func, inspect, select, text

from ferryman.domain.schema import Table
from ferryman.tools.databases.dialect import clause


def next_number(connection: Connection, table: Table, column: str) -> int:
    """One more than any number that the column holds or, with AUTOINCREMENT, ever held."""
    target = clause(table)
    highest = connection.execute(select(func.max(target.c[column]))).scalar()
    ever = _sequence(connection, table.name)
    return max(int(highest or 0), ever, 0) + 1


def _sequence(connection: Connection, table: str) -> int:
    """SQLite's memory of the highest number that an AUTOINCREMENT table gave out; 0 where it keeps none."""
    if not inspect(connection).has_table("sqlite_sequence"):
        return 0
    asked = text("SELECT max(seq) FROM main.sqlite_sequence WHERE name = :name")
    return int(connection.execute(asked, {"name": table}).scalar() or 0)
