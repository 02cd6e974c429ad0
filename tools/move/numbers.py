"""The next integers that a target's own numbering would give, and its numbering moved past those that we gave."""

from __future__ import annotations

import re

from sqlalchemy import Connection, func, inspect, select, text

from ferryman.domain.errors import Refused
from ferryman.domain.schema import Table
from ferryman.tools.databases.dialect import clause
from ferryman.tools.databases.postgresql_sequences import sequence_of

#: A default that takes numbers of a sequence, which is named as it is quoted.
_NEXT_OF_MARIADB = re.compile(r"nextval\(((?:`(?:[^`]|``)+`\.)?`(?:[^`]|``)+`)\)", re.IGNORECASE)


def next_number(connection: Connection, table: Table, column: str) -> int:
    """One more than any number that the column holds or, with AUTOINCREMENT, ever held. For SQLite: it holds while
    the transaction has the write lock."""
    return max(_highest(connection, table, column), _ever(connection, table.name), 0) + 1


def reserve(connection: Connection, table: Table, column: str, rows: int) -> list[int]:
    """As many numbers, going up, that nobody else gets: not until the transaction ends, or never."""
    if connection.dialect.name == "postgresql":
        return _from_sequence(connection, table, column, rows)
    if connection.dialect.name in ("mysql", "mariadb"):
        start = _next_of_mysql(connection, table, column)
    else:
        start = next_number(connection, table, column)
    return list(range(start, start + rows))


def catch_up(connection: Connection, table: Table) -> None:
    """Move sequences past every number that their columns hold: those of PostgreSQL, and those that a default of
    MariaDB's names. What SQLite and AUTO_INCREMENT count moves by itself."""
    for column in table.columns:
        if connection.dialect.name == "postgresql" and column.autoincrement:
            if sequence := sequence_of(connection, table, column.name):
                _raise_to(connection, sequence, _highest(connection, table, column.name))
        elif found := _NEXT_OF_MARIADB.fullmatch(column.default or ""):
            _raise_to_on_mariadb(connection, found[1], _highest(connection, table, column.name))


def _highest(connection: Connection, table: Table, column: str) -> int:
    return int(connection.execute(select(func.max(clause(table).c[column]))).scalar() or 0)


def _ever(connection: Connection, table: str) -> int:
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
    _raise_to(connection, sequence, _highest(connection, table, column))
    asked = text("SELECT nextval(CAST(:sequence AS regclass)) FROM generate_series(1, :rows)")
    return sorted(connection.execute(asked, {"sequence": sequence, "rows": rows}).scalars())


def _raise_to(connection: Connection, sequence: str, number: int) -> None:
    """Never down: a number that was given once is not given again. The name comes quoted from the catalogue."""
    if number < 1:
        return
    last, given = connection.exec_driver_sql(f"SELECT last_value, is_called FROM {sequence.replace('%', '%%')}").one()
    if int(last) < number + (not given):
        asked = text("SELECT setval(CAST(:sequence AS regclass), :number)")
        connection.execute(asked, {"sequence": sequence, "number": number})


def _raise_to_on_mariadb(connection: Connection, sequence: str, number: int) -> None:
    """Likewise: the server itself does not let it go down."""
    if number > 0:
        connection.exec_driver_sql(f"SELECT setval({sequence.replace('%', '%%')}, {number})")


def _next_of_mysql(connection: Connection, table: Table, column: str) -> int:
    """Locks the end of the key, so that nobody adds a row behind it before the transaction ends."""
    target = clause(table)
    last = select(target.c[column]).order_by(target.c[column].desc()).limit(1).with_for_update()
    highest = connection.execute(last).scalar() or 0
    asked = text(
        "SELECT AUTO_INCREMENT FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = :name"
    )
    given = connection.execute(asked, {"name": table.name}).scalar() or 1
    return max(int(highest) + 1, int(given))
