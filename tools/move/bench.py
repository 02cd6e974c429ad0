"""The connections at which a table is copied: one that sees both databases, and the target's own.

Between two SQLite files they are one connection. Where the target is on a server, the first holds a stand-in of the
target: what a batch can meet there is fetched into it before the batch is looked at (`relay.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import pyarrow as pa
from sqlalchemy import ColumnElement, Connection, TableClause

from ferryman.domain.run import Segment
from ferryman.tools.databases.connect import Source, Target
from ferryman.tools.databases.dialect import Dialect, clause
from ferryman.tools.databases.sqlite import SQLite, attach_source
from ferryman.tools.databases.sqlite_guard import LEGACY, attach_legacy
from ferryman.tools.move.own_rules import references_off
from ferryman.tools.move.variants import within
from ferryman.tools.prepare.outlook import Outlook
from ferryman.tools.prepare.reach import reach_of
from ferryman.tools.prepare.references import LiveReferences
from ferryman.tools.prepare.side_by_side import beside_source, raw, stand_in
from ferryman.tools.prepare.sqlite_functions import register_functions
from ferryman.tools.prepare.transform import CompiledTable

PAGE_CACHE = 48_000  #: KiB of a SQLite target's pages: an index in no order is gone through anew by every batch
_VIEW = SQLite()


@dataclass(frozen=True)
class Views:
    """Where both databases are seen, and where the target and its ledger are written; often the same."""

    view: Connection
    target: Connection

    @property
    def relayed(self) -> bool:
        """Whether the view holds a stand-in of the target."""
        return self.view is not self.target


@dataclass(frozen=True)
class Bench:
    """The connections, and the two tables on the one that sees both."""

    at: Views
    compiled: CompiledTable
    target_dialect: Dialect

    @property
    def connection(self) -> Connection:
        """The one that sees both databases."""
        return self.at.view

    @property
    def books(self) -> Connection:
        """The one on which the target and its ledger are written."""
        return self.at.target

    @property
    def dialect(self) -> Dialect:
        """Of the connection that sees both."""
        return _VIEW

    @property
    def refuses_early_rows(self) -> bool:
        """Whether the target refuses a row that comes before its parent, whatever follows in the transaction."""
        return self.books.dialect.name == "postgresql"

    @property
    def ahead(self) -> CompiledTable:
        """The table as a whole can be looked at: a stand-in holds what one batch can meet, so what comes is there."""
        return replace(self.compiled, outlook=Outlook()) if self.at.relayed else self.compiled

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
        for connection in (self.books, self.connection):
            if not connection.in_transaction():
                connection.begin()

    def commit(self) -> None:
        """Commit what was written in the target; a stand-in never holds more than that."""
        self.books.commit()
        if self.at.relayed:
            self.connection.commit()

    def rollback(self) -> bool:
        """Take back what was not committed, a commit that was refused too; gives whether there was a transaction."""
        both = (self.books, self.connection)
        open_ = any(connection.in_transaction() for connection in both)
        for connection in both:
            connection.rollback()
        return open_

    def references(self) -> LiveReferences:
        """What the reference transform asks of both databases. A fresh one each time: the target changes."""
        of, view = self.compiled, self.connection
        databases = of.source_database, of.target_database
        return LiveReferences(of.plan, *databases, view, view, legacy_schema=LEGACY, outlook=of.outlook)

    def load(self, batches: Iterable[pa.RecordBatch]) -> int:
        """Insert batches of transformed rows into the target table, in the fastest way that it takes."""
        return self.target_dialect.load(self.books, self.compiled.target, batches)

    def insert(self, rows: pa.RecordBatch) -> int:
        """Insert transformed rows into the target table."""
        return self.target_dialect.insert(self.books, self.compiled.target, rows)

    def within(self, segment: Segment) -> ColumnElement[bool]:
        """The legacy rows of a range."""
        return within(self.compiled, self.legacy, segment)

    @cached_property
    def target(self) -> TableClause:
        """The target table."""
        return clause(self.compiled.target)


@contextmanager
def bench(source: Source, target: Target, doing: str, *compiled: CompiledTable) -> Iterator[Views]:
    """Connections for copying a table, or several, the source's tables standing in schema `legacy`.

    Our own foreign keys are checked by us, in every batch; SQLite's are off for this connection alone. Leaving the
    block without a commit rolls back.
    """
    reach = reach_of(compiled)
    with ExitStack() as stack:
        old = stack.enter_context(beside_source(source, doing, compiled, reach))
        connection = stack.enter_context(target.connect(doing))
        references_off(connection)
        if target.dialect.name == "sqlite":
            raw(connection).execute("PRAGMA temp_store = MEMORY")
            raw(connection).execute(f"PRAGMA cache_size = -{PAGE_CACHE}")
            if old is None:
                attach_source(connection, source)
            else:
                attach_legacy(raw(connection), f"{old.as_uri()}?mode=ro")
            register_functions(raw(connection))
            yield Views(connection, connection)
        else:
            view = stack.enter_context(stand_in(source, target, doing, compiled, reach, old))
            yield Views(view, connection)
