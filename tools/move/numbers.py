"""The next integers that a target's own numbering would give."""

from __future__ import annotations

from sqlalchemy import Connection, func, inspect, select, text

from ferryman.domain.errors import Refused
from ferryman.domain.schema import Table
from ferryman.tools.databases.dialect import clause
from ferryman.tools.databases.postgresql_sequences import raise_to, sequence_of


def next_number(connection: Connection, table: Table, column: str) -> int:
    """One more than any number that the column holds or, with AUTOINCREMENT, ever held. For SQLite: it holds while
    the transaction has the write lock."""
    return max(highest(connection, table, column), ever(connection, table.name), 0) + 1


def reserve(connection: Connection, table: Table, column: str, rows: int) -> list[int]:
    """As many numbers, going up, that nobody else gets: not until the transaction ends, or never."""
    if connection.dialect.name == "postgresql":
        return _from_sequence(connection, table, column, rows)
    if connection.dialect.name in ("mysql", "mariadb"):
        start = _free_of_mysql(connection, table, column)
    else:
        start = next_number(connection, table, column)
    return list(range(start, start + rows))


def highest(connection: Connection, table: Table, column: str) -> int:
    """The highest number that the column holds; 0 where it holds none."""
    return int(connection.execute(select(func.max(clause(table).c[column]))).scalar() or 0)


def ever(connection: Connection, table: str) -> int:
    """SQLite's memory of the highest number that an AUTOINCREMENT table gave out; 0 where it keeps none."""
    if not inspect(connection).has_table("sqlite_sequence"):
        return 0
    asked = text("SELECT max(seq) FROM main.sqlite_sequence WHERE name = :name")
    return int(connection.execute(asked, {"name": table}).scalar() or 0)


def _from_sequence(connection: Connection, table: Table, column: str, rows: int) -> list[int]:
    sequence = sequence_of(connection, table, column)
    if sequence is None:
        raise Refused(
            f"{table.name}.{column} has no sequence of its own that numbers could be taken from.",
            f"Attach one to it (ALTER SEQUENCE ... OWNED BY {table.name}.{column}), then plan again.",
            table=table.name,
        )
    raise_to(connection, sequence, highest(connection, table, column))
    asked = text("SELECT nextval(CAST(:sequence AS regclass)) FROM generate_series(1, :rows)")
    return sorted(connection.execute(asked, {"sequence": sequence, "rows": rows}).scalars())


def next_of_mysql(connection: Connection, table: Table) -> int:
    """What AUTO_INCREMENT would give at this moment."""
    asked = text(
        "SELECT AUTO_INCREMENT FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = :name"
    )
    return int(connection.execute(asked, {"name": table.name}).scalar() or 1)


def _free_of_mysql(connection: Connection, table: Table, column: str) -> int:
    """Locks the end of the key, so that nobody adds a row behind it before the transaction ends."""
    target = clause(table)
    last = select(target.c[column]).order_by(target.c[column].desc()).limit(1).with_for_update()
    found = connection.execute(last).scalar() or 0
    return max(int(found) + 1, next_of_mysql(connection, table))
