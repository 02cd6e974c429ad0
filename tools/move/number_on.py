"""The target's own numbering moved past the keys that we gave, and past those that are still to be given."""

from __future__ import annotations

import re

from sqlalchemy import Connection, text

from ferryman.domain.mapping import Kept
from ferryman.domain.run import Key
from ferryman.domain.schema import Column, Table
from ferryman.domain.transforms import NewId
from ferryman.tools.databases.mysql_roles import may_here
from ferryman.tools.databases.mysql_triggers import impatient
from ferryman.tools.databases.postgresql_sequences import raise_to, sequence_of
from ferryman.tools.databases.sqlite_catalogue import counts_for_ever
from ferryman.tools.move.numbers import ever, highest, next_of_mysql
from ferryman.tools.move.turns import turn
from ferryman.tools.move.work import TableWork
from ferryman.tools.prepare.ranges import integer_range
from ferryman.tools.prepare.transform import CompiledTable

#: A default that takes numbers of a sequence, which is named as it is quoted.
_NEXT_OF_MARIADB = re.compile(r"nextval\(((?:`(?:[^`]|``)+`\.)?`(?:[^`]|``)+`)\)", re.IGNORECASE)


def number_on(work: TableWork, upper: Key | None = None) -> None:
    """Move a table's numbering past every number that its columns hold and, where old keys are kept, past `upper`, the
    last of them: rows that were set aside or left out keep theirs for when they come.

    A SQLite table without AUTOINCREMENT counts from its highest row, and nothing can be moved.
    """
    kept = _kept(work.compiled, upper)
    with turn(work.target), work.target.connect(f"setting the numbering of {work.table} right") as connection:
        for column in work.compiled.target.columns:
            _beyond(connection, work.compiled.target, column, kept.get(column.name, 0))
        connection.commit()


def _kept(compiled: CompiledTable, upper: Key | None) -> dict[str, int]:
    """The target columns that keep old numbers, each with the highest that has room for others behind it."""
    mapping, dialect = compiled.mapping, compiled.target_database.dialect
    if upper is None or not (isinstance(mapping.identity, Kept) or mapping.keeps_unmatched):
        return {}
    found = {}
    for column in (column for column in mapping.columns if column.uses(NewId) and column.source):
        number = upper[0] if column.source[0] == mapping.key[0] else None
        if isinstance(number, int) and number < integer_range(compiled.target.column(column.target), dialect)[1]:
            found[column.target] = number
    return found


def _beyond(connection: Connection, table: Table, column: Column, kept: int) -> None:
    """What SQLite and AUTO_INCREMENT count of rows that are there moves by itself."""
    if connection.dialect.name == "postgresql":
        if column.autoincrement and (sequence := sequence_of(connection, table, column.name)):
            raise_to(connection, sequence, max(kept, highest(connection, table, column.name)))
    elif found := _NEXT_OF_MARIADB.fullmatch(column.default or ""):
        _raise_sequence_of_mariadb(connection, found[1], max(kept, highest(connection, table, column.name)))
    elif kept and column.autoincrement:
        if connection.dialect.name == "sqlite":
            _raise_of_sqlite(connection, table.name, kept)
        else:
            _raise_of_mysql(connection, table, kept)


def _raise_sequence_of_mariadb(connection: Connection, sequence: str, number: int) -> None:
    """Never down: the server itself does not let it."""
    if number > 0:
        connection.exec_driver_sql(f"SELECT setval({sequence.replace('%', '%%')}, {number})")


def _raise_of_mysql(connection: Connection, table: Table, number: int) -> None:
    """Where the user may: no other right than that to the structure moves it without a row."""
    if next_of_mysql(connection, table) > number or not may_here(connection, ("ALTER",)):
        return
    quoted = connection.dialect.identifier_preparer.quote_identifier(table.name).replace("%", "%%")
    connection.commit()
    with impatient(connection):
        connection.exec_driver_sql(f"ALTER TABLE {quoted} AUTO_INCREMENT = {number + 1}")


def _raise_of_sqlite(connection: Connection, table: str, number: int) -> None:
    if not counts_for_ever(connection, table):
        return
    if not ever(connection, table):
        connection.execute(text("INSERT INTO main.sqlite_sequence (name, seq) VALUES (:name, 0)"), {"name": table})
    raised = text("UPDATE main.sqlite_sequence SET seq = max(seq, :number) WHERE name = :name")
    connection.execute(raised, {"number": number, "name": table})
