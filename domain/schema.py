"""What a database looks like: tables, columns, keys, references. Facts only, read from the live catalogue."""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from functools import cached_property
from typing import Any

from pydantic import Field

from ferryman.domain.model import Frozen


class Family(StrEnum):
    """What a column holds, whatever the database calls its type."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    DECIMAL = "decimal"
    FLOAT = "float"
    TEXT = "text"
    DATE = "date"
    TIME = "time"
    TIMESTAMP = "timestamp"
    JSON = "json"
    UUID = "uuid"
    BINARY = "binary"
    ENUM = "enum"
    OTHER = "other"  #: arrays, geometries, ranges: carried as they are or asked about


class Column(Frozen):
    """One column as its catalogue describes it."""

    name: str
    native: str  #: the type as the database prints it, e.g. "VARCHAR(120)"
    family: Family
    nullable: bool = True
    default: str | None = None  #: the default's SQL text; None where there is none
    length: int | None = None  #: characters for text, bytes for binary
    precision: int | None = None
    scale: int | None = None
    unsigned: bool = False
    generated: bool = False  #: computed by the database: never written
    autoincrement: bool = False  #: the database can make a value where none is given
    stamped: bool = False  #: an UPDATE that gives it no value has the database write the moment into it
    members: tuple[str, ...] = ()  #: the values of an enum
    comment: str = ""
    collation: str = ""  #: how its texts are compared and written, where that is not the usual way of the database

    @property
    def required(self) -> bool:
        """Whether an insert must give a value."""
        return not (self.nullable or self.generated or self.autoincrement or self.default is not None)


class ForeignKey(Frozen):
    """Columns of a table that name a row of its parent, in the order of the parent's columns."""

    columns: tuple[str, ...]
    parent: str
    parent_columns: tuple[str, ...]
    name: str = ""
    enforced: bool = True  #: False where it was inferred from names and values, not declared
    on_delete: str = ""
    stays: bool = False  #: a row must come after its parent: nothing of ours, no setting and no right, changes that
    asleep: bool = False  #: declared, and the server does not look: NOT ENFORCED, or its triggers are switched off

    @property
    def in_force(self) -> bool:
        """Whether the server itself refuses a row without its parent."""
        return self.enforced and not self.asleep


class Trigger(Frozen):
    """One trigger of a table that runs for what an ordinary session writes."""

    name: str
    events: tuple[str, ...] = ()  #: "insert", "update", "delete"
    before: bool = False  #: it runs before a row is written
    body: str = ""  #: what it does, in the database's own language; empty where that cannot be read


class Apart(Frozen):
    """What keeps rows apart beside unique sets of whole columns that are written: expressions that must be unique, or
    among some of the rows, columns that the database computes, and PostgreSQL's exclusion constraints."""

    name: str
    columns: tuple[str, ...]  #: that it is about, in the table's order
    rule: str  #: what makes it: "USING btree (lower(email))", "(lower(email))" of an index, "EXCLUDE USING gist (...)"

    @property
    def excludes(self) -> bool:
        return self.rule.startswith("EXCLUDE")


class TableKind(StrEnum):
    """Why a table is looked at, or is not."""

    DATA = "data"  #: holds the application's own rows
    VIEW = "view"  #: computed: left out
    FRAMEWORK = "framework"  #: migrations, sessions, caches of the framework: left out
    LEDGER = "ledger"  #: Ferryman's own records: left out


class Table(Frozen):
    """One table of a catalogue. `columns` stand in the catalogue's order."""

    name: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()
    uniques: tuple[tuple[str, ...], ...] = ()  #: column sets besides the primary key
    foreign_keys: tuple[ForeignKey, ...] = ()
    checks: tuple[str, ...] = ()
    check_names: tuple[str, ...] = ()  #: what the database calls each of them; () where it gives their texts
    triggers: tuple[Trigger, ...] = ()
    kind: TableKind = TableKind.DATA
    kind_reason: str = ""  #: why it is left out, in words
    apart: tuple[Apart, ...] = ()
    partitioned_by: tuple[str, ...] = ()  #: the columns that say which partition takes a row; () where there is one
    rowid: bool = False  #: SQLite only: rows have a position (`rowid`) that can stand in for a key
    comment: str = ""

    @cached_property
    def by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}

    def column(self, name: str) -> Column:
        """The column of that name. Raises KeyError when there is none."""
        return self.by_name[name]

    @property
    def named_checks(self) -> tuple[tuple[str, str], ...]:
        """Each CHECK's name and text; the name is empty where the database calls it by its text."""
        return tuple(zip(self.check_names or ("",) * len(self.checks), self.checks, strict=True))

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that tell rows apart: the primary key, else the first unique set without NULLs, else ()."""
        if self.primary_key:
            return self.primary_key
        for unique in self.uniques:
            if all(not self.by_name[name].nullable for name in unique):
                return unique
        return ()

    def reference(self, column: str) -> ForeignKey | None:
        """The foreign key that this column alone makes up, if any."""
        return next((key for key in self.foreign_keys if key.columns == (column,)), None)


class Database(Frozen):
    """A catalogue at one moment."""

    dialect: str  #: "sqlite", "postgresql" or "mysql"
    tables: tuple[Table, ...] = Field(default=())

    @cached_property
    def by_name(self) -> dict[str, Table]:
        return {table.name: table for table in self.tables}

    def table(self, name: str) -> Table:
        """The table of that name. Raises KeyError when there is none."""
        return self.by_name[name]

    @property
    def framework_lists(self) -> tuple[Table, ...]:
        """Tables of a framework that the application's own refer to and that name each row by more than its number,
        such as Django's content types: their rows are never moved, and may have to be found."""
        referred = {key.parent for table in self.data_tables for key in table.foreign_keys}
        return tuple(t for t in self.tables if t.kind is TableKind.FRAMEWORK and t.name in referred and _named(t))

    @property
    def data_tables(self) -> tuple[Table, ...]:
        """The tables that hold the application's rows: no views, framework tables or ledger."""
        return tuple(table for table in self.tables if table.kind is TableKind.DATA)

    def children(self, parent: str) -> tuple[tuple[Table, ForeignKey], ...]:
        """Every reference to a table, as (child, its foreign key)."""
        return tuple((t, key) for t in self.tables for key in t.foreign_keys if key.parent == parent)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over the structure of all but the ledger's tables; 64 hex digits. Rows play no part in it."""
        tables = [structure(t) for t in sorted(self.tables, key=lambda t: t.name) if t.kind is not TableKind.LEDGER]
        return hashlib.sha256(json.dumps(tables, sort_keys=True).encode()).hexdigest()


def computed_anew(old: Table, new: Table) -> dict[str, str]:
    """The columns that the old database computes and the new one does as well, under the same name, by the old name."""
    theirs = {column.name.lower(): column.name for column in new.columns if column.generated}
    ours = (column.name for column in old.columns if column.generated)
    return {name: theirs[name.lower()] for name in ours if name.lower() in theirs}


def structure(table: Table) -> dict[str, Any]:
    """A table as its fingerprint sees it; a collation counts where a column has one of its own; what a role may do
    with a foreign key does not, nor whether that is in force, nor what only an UPDATE does."""
    dumped = table.model_dump(mode="json", exclude={"check_names"})
    for name in ("apart", "partitioned_by"):
        if not dumped[name]:
            del dumped[name]
    for key in dumped["foreign_keys"]:
        del key["stays"], key["asleep"]
    for column in dumped["columns"]:
        del column["stamped"]
        if not column["collation"]:
            del column["collation"]
    return dumped


def _named(table: Table) -> bool:
    references = {name for key in table.foreign_keys for name in key.columns}
    return any(names != table.primary_key and not references & set(names) for names in table.uniques)
