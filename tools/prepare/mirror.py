"""Tables of a database on a server as a SQLite file of ours holds them, so that set queries can look into both at once.

Every value keeps what it says: integers, reals, texts and bytes as they are, moments as text, a decimal as the number
that reads the same or else as its digits. Texts are compared byte by byte there, whatever the server's collation.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, FromClause, select

from ferryman.domain.schema import Column, Database, Family, Table
from ferryman.tools.databases.arrow import unfit
from ferryman.tools.databases.dialect import Dialect, clause
from ferryman.tools.databases.sqlite_values import quote, values
from ferryman.tools.prepare.arrow_values import as_stored
from ferryman.tools.prepare.transform import CompiledTable, why_careful

ROWS = 20_000  #: rows that are in memory at a time

#: What a column of a family is declared as. Decimals have no affinity: a number of many digits stays a text.
_TYPES: dict[Family, str] = {
    Family.BOOLEAN: "BOOLEAN",
    Family.INTEGER: "INTEGER",
    Family.FLOAT: "REAL",
    Family.DECIMAL: "",
    Family.BINARY: "BLOB",
    Family.OTHER: "",
}


def mirrored(database: Database) -> Database:
    """The catalogue of a server's database as its mirror has it."""
    if database.dialect == "sqlite":
        return database
    return Database(dialect="sqlite", tables=tuple(_mirrored(table) for table in database.tables))


def _mirrored(table: Table) -> Table:
    columns = tuple(c.but(native=_type(c)) for c in table.columns)
    return table.but(columns=columns, rowid=bool(_number(table)))


def _type(column: Column) -> str:
    """What a column is declared as. An integer that SQLite may not hold has no affinity either: it stays its digits."""
    return "" if is_wide(column) else _TYPES.get(column.family, "TEXT")


def is_wide(column: Column) -> bool:
    """Whether a column may hold whole numbers from 2^63 on."""
    native = column.native.lower()
    return column.family is Family.INTEGER and (
        native.startswith("bit") or (column.unsigned and native.startswith(("bigint", "serial")))
    )


def _number(table: Table) -> str:
    """The column that is the row's position in a mirror: a primary key of one integer; "" where there is none."""
    if len(table.primary_key) != 1:
        return ""
    column = table.column(table.primary_key[0])
    return column.name if column.family is Family.INTEGER and not is_wide(column) else ""


def beside(compiled: CompiledTable) -> CompiledTable:
    """A compiled table as it is seen where both databases are on one connection."""
    if compiled.source_database.dialect == "sqlite":
        return compiled
    source = mirrored(compiled.source_database)
    reason = why_careful(compiled.mapping, source, compiled.target_database)
    return replace(compiled, source=source.table(compiled.source.name), source_database=source, reason=reason)


def create(connection: sqlite3.Connection, table: Table, schema: str = "main", *, whole: bool = False) -> None:
    """An empty mirror of a table, with an index for each set of columns that rows are looked up by.

    `whole` promises that every row will come with its key: an integer one is the row's position then.
    """
    number = _number(table) if whole else ""
    columns = ", ".join(
        f"{quote(c.name)} {'INTEGER PRIMARY KEY' if c.name == number else _type(c)}" for c in table.columns
    )
    connection.execute(f"CREATE TABLE {schema}.{quote(table.name)} ({columns})")
    for position, names in enumerate(dict.fromkeys((table.primary_key, *table.uniques))):
        if names and names != (number,):
            index = quote(f"{table.name}_{position}")
            listed = ", ".join(map(quote, names))
            connection.execute(f"CREATE INDEX {schema}.{index} ON {quote(table.name)} ({listed})")


def pull(
    mirror: sqlite3.Connection, connection: Connection, dialect: Dialect, table: Table, names: Collection[str]
) -> None:
    """Fill a mirror with a table's rows, in these columns alone."""
    if not connection.in_transaction():
        connection.begin()
    columns = [column for column in table.columns if column.name in names]
    from_ = clause(table)
    put_all(mirror, table, _read(connection, dialect, from_, columns))


def _read(
    connection: Connection, dialect: Dialect, from_: FromClause, columns: Sequence[Column]
) -> Iterable[pa.RecordBatch]:
    wanted: Any = select(*(from_.c[column.name] for column in columns)).select_from(from_)
    return dialect.read(connection, wanted, [column.family for column in columns], ROWS)


def put_all(mirror: sqlite3.Connection, table: Table, batches: Iterable[pa.RecordBatch]) -> None:
    """Add rows to a mirror."""
    for batch in batches:
        put(mirror, table, batch)


def put(mirror: sqlite3.Connection, table: Table, batch: pa.RecordBatch) -> None:
    """Add a batch whose columns are among the table's."""
    names = batch.schema.names
    columns = [stored(batch, name, table.column(name).family) for name in names]
    marks = ", ".join("?" * len(names))
    sql = f"INSERT INTO {quote(table.name)} ({', '.join(map(quote, names))}) VALUES ({marks})"
    mirror.executemany(sql, zip(*columns, strict=True))


def stored(batch: pa.RecordBatch, name: str, family: Family) -> list[object]:
    """A column's values as a mirror keeps them. A real that is no number is a text there: SQLite would make it NULL."""
    kinds = unfit(batch.schema.field(name))
    if kinds:
        kinds = (*kinds, "integer") if family is Family.INTEGER else kinds  # beside one that is too large for SQLite
        return [None if text is None else as_stored(text, kinds) for text in batch.column(name).to_pylist()]
    held = values(batch.column(name), family)
    return ["NaN" if value != value else value for value in held] if family is Family.FLOAT else held
