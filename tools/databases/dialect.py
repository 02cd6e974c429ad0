"""The seam between the tools and a kind of database: what differs by database, and nothing else.

Everything that SQLAlchemy says the same way everywhere (select, count, insert from select) is not here. A dialect
holds no connection and no state; one instance serves every engine of its kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

import pyarrow as pa
from sqlalchemy import URL, ColumnElement, Connection, Engine, Select, TableClause, Update, literal, update
from sqlalchemy import column as column_clause
from sqlalchemy import table as table_clause
from sqlalchemy.sql import quoted_name
from sqlalchemy.types import NullType

from ferryman.domain.approval import Identity
from ferryman.domain.errors import FerrymanError
from ferryman.domain.schema import Database, Family, Table
from ferryman.tools.databases.triggers import Keeper


class Dialect(Protocol):
    """One kind of database. Methods that touch a database raise only `FerrymanError`, already translated."""

    @property
    def name(self) -> str:
        """As in `Database.dialect` and `Identity.dialect`: "sqlite", "postgresql" or "mysql"."""

    @property
    def triggers(self) -> Keeper:
        """How triggers of a target are taken away and put back."""

    @property
    def kinds(self) -> Mapping[Family, tuple[str, ...]]:
        """The stored kinds that a column of a family is expected to hold, where a value's kind is its own (SQLite).

        Empty where the column's type binds every value.
        """

    def source_engine(self, url: URL) -> Engine:
        """An engine that can read and cannot write, whatever statement it is given. Looks that it opens."""

    def target_engine(self, url: URL) -> Engine:
        """An engine that reads and writes; never creates a database. Looks that it opens and can be written."""

    def cautions(self, engine: Engine) -> tuple[str, ...]:
        """What a person should know before the source behind this engine is read, each in a sentence or two."""

    def identity(self, engine: Engine) -> Identity:
        """Which database this is."""

    def same(self, one: Engine, other: Engine) -> bool:
        """Whether both engines of this dialect lead to one database, by whatever names."""

    def rehearse(self, connection: Connection, statement: str) -> None:
        """Ask for the right to create what this statement creates: raises its error, and nothing is there once the
        caller has rolled back."""

    def grant_to_create(self, connection: Connection, *, temporary: bool) -> str:
        """The GRANT that lets the role of a target make tables, or temporary ones; empty where there are no roles."""

    def lacks(self, connection: Connection, table: str, columns: Sequence[str]) -> str:
        """The GRANT without which these columns of a target's table could not be read and written, or its rows deleted;
        empty where the role may."""

    def copied(self, engine: Engine) -> AbstractContextManager[str]:
        """The URL of a copy of a target with all its rows, to try things on; it is gone when the block is left. The
        target is only read. Raises Configuration or Refused where no copy can be made."""

    def translate(self, error: Exception, doing: str) -> FerrymanError:
        """A driver's error (or SQLAlchemy's wrapping of it) as ours, in two lines; `doing` as in "reading table x"."""

    def outside(self, connection: Connection) -> Mapping[str, str]:
        """Tables that the inspector is to leave alone, with the reason in words: indexes in disguise, partitions."""

    def unsteady(self, connection: Connection) -> Mapping[str, str]:
        """Tables of a source whose rows no snapshot holds still though the database knows snapshots, each with the
        storage engine that is the reason."""

    def complete(self, connection: Connection, database: Database) -> Database:
        """The catalogue that the inspector gave, with what it lacks or gets wrong put right."""

    def estimates(self, connection: Connection) -> Mapping[str, int]:
        """The rows of tables of the default schema by the server's own estimate, where it keeps one: for words alone,
        never to decide or to prove by."""

    def kind(self, column: ColumnElement[object]) -> ColumnElement[str]:
        """The stored kind of a value, as in `kinds`. Only called for families that `kinds` names."""

    def read(
        self, connection: Connection, statement: Select[tuple[object, ...]], families: Sequence[Family], size: int
    ) -> Iterator[pa.RecordBatch]:
        """The rows of a select in batches of `size`, streamed; `families` name what each column should hold.

        Column types are those of `arrow.ARROW`. A column whose values in this batch do not fit its family comes as
        strings, and its field says so (`arrow.unfit`); a column that holds nothing but bytes comes as binary.
        """

    def insert(self, connection: Connection, table: Table, batch: pa.RecordBatch) -> int:
        """Insert a batch whose column names are columns of the table; gives the rows inserted, as the driver counts."""

    def load(self, connection: Connection, table: Table, batches: Iterable[pa.RecordBatch]) -> int:
        """As `insert` for every batch, in the fastest way that the server allows. The connection is taken while the
        batches come; what raises among them comes out as it is."""

    def slow_load(self, engine: Engine) -> str:
        """Why `load` does not go in the fastest way; empty where it does."""


def clause(table: Table | str, columns: Sequence[str] = (), schema: str | None = None) -> TableClause:
    """A table for SQLAlchemy Core, every name quoted. `columns` default to all of the table's."""
    if isinstance(table, Table):
        columns = columns or [column.name for column in table.columns]
        table = table.name
    return table_clause(
        quoted_name(table, quote=True),
        *(column_clause(quoted_name(name, quote=True)) for name in columns),
        schema=quoted_name(schema, quote=True) if schema else None,
    )


def changing(rows: TableClause, table: Table) -> Update:
    """An UPDATE of a table's rows. The moment that the database would write into them with any change stays as it is,
    unless the caller gives it a value."""
    return update(rows).values({column.name: rows.c[column.name] for column in table.columns if column.stamped})


def among(column: ColumnElement[Any], values: Sequence[object]) -> ColumnElement[bool]:
    """Whether a column holds one of the values. The driver types each: SQLAlchemy would take all for what the first
    is, and PostgreSQL a number of 64 bits for one too many of 32."""
    return column.in_([literal(value, NullType()) for value in values])
