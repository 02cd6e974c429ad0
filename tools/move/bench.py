"""The connection at which a table is copied: the target's, with the old database beside it, read-only."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa
from sqlalchemy import ColumnElement, Connection, TableClause

from ferryman.domain.errors import Configuration
from ferryman.domain.run import Segment
from ferryman.tools.databases.connect import Source, Target
from ferryman.tools.databases.dialect import Dialect, clause
from ferryman.tools.databases.sqlite import attach_source
from ferryman.tools.databases.sqlite_guard import LEGACY
from ferryman.tools.move.variants import within
from ferryman.tools.prepare.references import LiveReferences
from ferryman.tools.prepare.sqlite_functions import register_functions
from ferryman.tools.prepare.transform import CompiledTable

_READY = "ferryman_bench"  #: in a connection's `info`: it is prepared already


@dataclass(frozen=True)
class Bench:
    """One connection to both databases, and the two tables on it."""

    connection: Connection
    compiled: CompiledTable
    dialect: Dialect

    @cached_property
    def legacy(self) -> TableClause:
        """The legacy table."""
        return clause(self.compiled.source, schema=LEGACY)

    @cached_property
    def made(self) -> dict[str, ColumnElement[Any]]:
        """What each written column is filled with, over the legacy table."""
        return self.compiled.expressions(self.legacy)

    @cached_property
    def new_key(self) -> ColumnElement[Any]:
        """The new key of a legacy row, or the first column of it."""
        return self.compiled.new_key(self.legacy)

    def begin(self) -> None:
        """Begin the transaction, where none is open."""
        if not self.connection.in_transaction():
            self.connection.begin()

    def references(self) -> LiveReferences:
        """What the reference transform asks of both databases. A fresh one each time: the target changes."""
        plan, source, target = self.compiled.plan, self.compiled.source_database, self.compiled.target_database
        return LiveReferences(plan, source, target, self.connection, self.connection, legacy_schema=LEGACY)

    def insert(self, rows: pa.RecordBatch) -> int:
        """Insert transformed rows into the target table."""
        return self.dialect.insert(self.connection, self.compiled.target, rows)

    def within(self, segment: Segment) -> ColumnElement[bool]:
        """The legacy rows of a range."""
        return within(self.compiled, self.legacy, segment)

    @cached_property
    def target(self) -> TableClause:
        """The target table."""
        return clause(self.compiled.target)


@contextmanager
def bench(source: Source, target: Target, doing: str) -> Iterator[Connection]:
    """A connection to the target on which the source's tables stand in schema `legacy`.

    Our own foreign keys are checked by us, in every batch; SQLite's are off for this connection alone. Leaving the
    block without a commit rolls back.
    """
    if not source.dialect.name == target.dialect.name == "sqlite":
        raise Configuration(
            f"Copying from {source.dialect.name} to {target.dialect.name} is not there yet.", "Use two SQLite files."
        )
    with target.connect(doing) as connection:
        prepare(connection, source)
        yield connection


def prepare(connection: Connection, source: Source) -> None:
    """Make a fresh connection a bench: settings, functions, the old database. Before its first statement."""
    if _READY in connection.info:
        return
    raw = connection.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    raw.execute("PRAGMA foreign_keys = OFF")
    raw.execute("PRAGMA temp_store = MEMORY")
    register_functions(raw)
    attach_source(connection, source)
    connection.info[_READY] = True
