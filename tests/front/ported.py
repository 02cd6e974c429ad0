"""A SQLite file made anew on a server: the same tables, keys, references and rows, in types that people take there."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    BLOB,
    CHAR,
    JSON,
    NVARCHAR,
    TIMESTAMP,
    URL,
    VARCHAR,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    DateTime,
    Engine,
    Identity,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    create_engine,
    inspect,
    make_url,
)
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import AddConstraint, ColumnCollectionConstraint, CreateIndex, CreateTable
from sqlalchemy.types import TypeEngine

from tests.servers import Made

_DRIVERS = {"postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql"}
#: Rows may refer to what is not there, as in a SQLite file.
_UNCHECKED = {
    "postgresql": "SET session_replication_role = replica",
    "mysql": "SET SESSION foreign_key_checks = 0, sql_mode = CONCAT(@@sql_mode, ',NO_AUTO_VALUE_ON_ZERO')",
}
_AFTER_THE_LAST = """
SELECT setval(pg_get_serial_sequence(quote_ident('{0}'), '{1}'), (SELECT coalesce(max("{1}"), 0) + 1 FROM "{0}"), false)
"""
_SPELLED = 191  #: characters of a text that is part of a key on MariaDB


@dataclass(frozen=True)
class Side:
    """One database of a test, whatever keeps it."""

    url: str  #: as a target
    source: str  #: the same, where it can be, by a user who may only read

    @cached_property
    def engine(self) -> Engine:
        return engine_of(make_url(self.url if "://" in self.url else f"sqlite:///{self.url}"))

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        with self.engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql("SET search_path TO public, ferryman")
            return [tuple(row) for row in connection.exec_driver_sql(sql)]

    def rows(self) -> dict[str, list[str]]:
        """Every row of every table, but the ledger's and SQLite's own memory of numbers given out."""
        names = [n for n in inspect(self.engine).get_table_names() if not n.startswith(("ferryman", "sqlite_"))]
        quote = self.engine.dialect.identifier_preparer.quote_identifier
        return {name: sorted(map(repr, self.ask(f"SELECT * FROM {quote(name)}"))) for name in names}


def engine_of(url: URL) -> Engine:
    """For a test's own questions; without TLS, as to read the machine's certificates takes longer than the question."""
    plain = {"ssl_disabled": True} if url.drivername == "mysql" else {}
    driver = _DRIVERS.get(url.drivername, url.drivername)
    return create_engine(url.set(drivername=driver), poolclass=NullPool, connect_args=plain)


def ported(request: pytest.FixtureRequest, kind: str, path: Path) -> Side:
    """What a SQLite file holds, in a database of that kind: a fixture of `tests.servers`, or "sqlite"."""
    if kind == "sqlite":
        return Side(str(path), str(path))
    made: Made = request.getfixturevalue(kind).database()
    side = Side(made.url, made.source)
    tables = MetaData()
    tables.reflect(Side(str(path), "").engine)
    with closing(sqlite3.connect(path)) as file, side.engine.begin() as server:
        counted = {name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%'")}
        for table in tables.tables.values():
            _repeat_uniques(table, file)
            _retype(table, server.dialect.name, counts=table.name in counted)
            server.execute(CreateTable(table, include_foreign_key_constraints=[]))
        for table in tables.tables.values():
            for key in table.foreign_key_constraints:
                server.execute(AddConstraint(key))
            for index in table.indexes:
                server.execute(CreateIndex(index))
        server.exec_driver_sql(_UNCHECKED[server.dialect.name])
        for table in tables.tables.values():
            _fill(server, table, file)
    made.run("SELECT 1;")  # lets the reader see what is there now
    return side


def _fill(server: Connection, table: Table, file: sqlite3.Connection) -> None:
    names = [column.name for column in table.columns]
    truths = [isinstance(column.type, Boolean) for column in table.columns]
    rows = [
        tuple(bool(value) if truth and value is not None else value for value, truth in zip(row, truths, strict=True))
        for row in file.execute(f"SELECT {', '.join(_quoted(name) for name in names)} FROM {_quoted(table.name)}")
    ]
    quote = server.dialect.identifier_preparer.quote_identifier
    if rows:
        listed, marks = ", ".join(map(quote, names)), ", ".join(["%s"] * len(names))
        server.exec_driver_sql(f"INSERT INTO {quote(table.name)} ({listed}) VALUES ({marks})", rows)
    for column in table.columns:
        if column.identity is not None and server.dialect.name == "postgresql":
            server.exec_driver_sql(_AFTER_THE_LAST.format(table.name, column.name))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _repeat_uniques(table: Table, file: sqlite3.Connection) -> None:
    """Every UNIQUE of the file: SQLAlchemy reads some of them over."""
    for known in [one for one in table.constraints if isinstance(one, UniqueConstraint)]:
        table.constraints.remove(known)
    for _, name, unique, origin, _ in file.execute(f"PRAGMA index_list({_quoted(table.name)})"):
        if unique and origin == "u":
            columns = [column for _, _, column in file.execute(f"PRAGMA index_info({_quoted(name)})")]
            table.append_constraint(UniqueConstraint(*columns))


def _retype(table: Table, dialect: str, *, counts: bool) -> None:
    keys = [one.columns for one in table.constraints if isinstance(one, ColumnCollectionConstraint)]
    in_keys = {column.name for columns in (*keys, *(one.columns for one in table.indexes)) for column in columns}
    for check in [one for one in table.constraints if isinstance(one, CheckConstraint)]:
        table.constraints.remove(check)  # written for a SQLite that has no truth values
    for column in table.columns:
        column.type = _type(column, dialect, key=column.name in in_keys)
        column.autoincrement = counts and column.primary_key
        if column.autoincrement and dialect == "postgresql":
            Identity()._set_parent(column)


def _type(column: Column[Any], dialect: str, *, key: bool) -> TypeEngine[Any]:
    kind = column.type
    if isinstance(kind, CHAR) and kind.length == 36 and dialect == "postgresql":
        return Uuid()
    if isinstance(kind, JSON) and dialect == "postgresql":
        return postgresql.JSONB()
    if isinstance(kind, DateTime):
        return mysql.DATETIME(fsp=6) if dialect == "mysql" else TIMESTAMP(timezone=isinstance(kind, TIMESTAMP))
    if isinstance(kind, NVARCHAR):
        return VARCHAR(kind.length)
    if isinstance(kind, BLOB):
        return LargeBinary()
    if isinstance(kind, Text) and key and dialect == "mysql":
        return VARCHAR(_SPELLED, collation="utf8mb4_nopad_bin")
    return kind
