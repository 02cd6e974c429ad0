"""The ledger's tables. They live in the target: a batch's rows and what is written of them here commit together.

Times are ISO 8601 in UTC, as text, so that no database turns them. Keys are `key_text` (a JSON array); target keys
are `keys.target_text`. Numbers of batches are text: "15", and "15.1" for the first half of a halved one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Dialect, Double, Index, Integer, MetaData, String, Table, Text
from sqlalchemy.dialects import mysql
from sqlalchemy.schema import CreateIndex, CreateSchema, CreateTable

LEDGER_VERSION = 3  #: of what is below; a run of another version is not resumed
SCHEMA = "ferryman"  #: the ledger's own, in databases that have schemas
PREFIX = "ferryman_"  #: of every table, so that a target's owner knows whose they are

#: Whatever the database's defaults are: with transactions, any character, and told apart to the letter.
_ON_MYSQL: dict[str, Any] = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}

_KEY = String(500)
_COUNTER = BigInteger().with_variant(Integer, "sqlite")
_LONG = Text().with_variant(mysql.LONGTEXT, "mysql", "mariadb")


class RowKind(StrEnum):
    """What a batch did to a target row."""

    CREATED = "created"  #: inserted by us; undone by deleting it
    MATCHED = "matched"  #: it was there and stayed as it was
    UPDATED = "updated"  #: it was there and we changed it; `before` holds what we overwrote
    MERGED = "merged"  #: one more legacy row of a target row that another legacy row made or met
    PLACEHOLDER = "placeholder"  #: inserted by us for a parent that legacy does not have


class QuarantineState(StrEnum):
    OPEN = "open"  #: waits for somebody to look at it
    RETRIED = "retried"  #: it went through later
    RESTATED = "restated"  #: it was tried again and stays for another reason: a later entry stands for it
    RELEASED = "released"  #: a person said that it stays behind
    ROLLED_BACK = "rolled_back"  #: its batch was undone


@dataclass(frozen=True)
class LedgerTables:
    """The six tables, under one schema (None where the database has none)."""

    metadata: MetaData
    run: Table
    table: Table
    batch: Table
    row: Table
    quarantine: Table
    amendment: Table

    @property
    def all(self) -> tuple[Table, ...]:
        return self.run, self.table, self.batch, self.row, self.quarantine, self.amendment


def schema_for(dialect: str) -> str | None:
    """Where a dialect keeps the ledger. In SQLite and MySQL a schema is a database: plain names there."""
    return SCHEMA if dialect == "postgresql" else None


@cache
def ledger_tables(schema: str | None) -> LedgerTables:
    """The tables' definitions. Order of columns is order of reading."""
    metadata = MetaData(schema=schema)
    return LedgerTables(
        metadata,
        _run(metadata),
        _table(metadata),
        _batch(metadata),
        _row(metadata),
        _quarantine(metadata),
        _amendment(metadata),
    )


def statements(dialect: Dialect) -> Iterator[str]:
    """What creates the ledger, statement by statement; what is there already is passed over.

    The runs' own table comes last: where each statement commits (MySQL), a ledger without it was never finished.
    """
    tables = ledger_tables(schema_for(dialect.name))
    if tables.metadata.schema:
        yield str(CreateSchema(tables.metadata.schema, if_not_exists=True).compile(dialect=dialect))
    for table in reversed(tables.all):
        made = str(CreateTable(table, if_not_exists=True).compile(dialect=dialect)).strip()
        indexes = sorted(table.indexes, key=lambda index: str(index.name))
        if dialect.name == "mysql":  # where an index of its own asks for another right, and would come too late
            keys = "".join(f",\n\tINDEX {one.name} ({', '.join(c.name for c in one.columns)})" for one in indexes)
            head, end, tail = made.rpartition("\n)")
            yield head + keys + end + tail
        else:
            yield made
            yield from (str(CreateIndex(index, if_not_exists=True).compile(dialect=dialect)) for index in indexes)


def ddl(dialect: Dialect) -> str:
    """The script that a DBA may run instead of us: creates the ledger as `Ledger.create` would."""
    return "".join(f"{statement};\n\n" for statement in statements(dialect))


def _run(metadata: MetaData) -> Table:
    """One row per run. The columns up to `run_started` never change. `seal` is a digest of all but what any process
    may write at any moment: what asks the run to stop, and the lease."""
    return Table(
        f"{PREFIX}run",
        metadata,
        Column("run_id", String(64), primary_key=True),
        Column("ledger_version", Integer, nullable=False),
        Column("plan", _LONG, nullable=False),  # domain.plan.Plan as JSON, as it was approved
        Column("plan_hash", String(64), nullable=False),
        Column("approval", Text, nullable=False),  # domain.approval.Approval as JSON
        Column("source", Text, nullable=False),  # domain.approval.Identity as JSON
        Column("target", Text, nullable=False),
        Column("source_schema", String(64), nullable=False),  # domain.schema.Database.fingerprint
        Column("target_schema", String(64), nullable=False),
        Column("outlines", _LONG, nullable=False),  # domain.outline.Outlines as JSON: to name what changed since
        Column("namespace", String(36), nullable=False),
        Column("versions", Text, nullable=False),  # of Ferryman and Python, as JSON
        Column("run_started", String(40), nullable=False),  # what add_created_at writes where legacy has nothing
        Column("tables", Integer, nullable=False),  # its rows of ferryman_table
        Column("amendments", Integer, nullable=False),  # and of ferryman_amendment
        Column("status", String(32), nullable=False),  # domain.run.RunStatus
        Column("waiting_for", Text, nullable=False),
        Column("intent", String(32), nullable=False),  # records.UNDOING or WITHDRAWN: what forbids a resume
        Column("deadline", String(40)),
        Column("ended_at", String(40)),
        Column("seal", String(64), nullable=False),
        Column("stop_requested", Boolean, nullable=False),
        Column("stop_reason", Text, nullable=False),
        Column("lease_owner", String(64)),
        Column("lease_until", String(40)),
        Column("lease_host", String(64)),
        Column("lease_pid", Integer),
        Column("lease_process", String(64)),  # when that process began: a pid comes round again
        **_ON_MYSQL,
    )


def _table(metadata: MetaData) -> Table:
    """One row per table of a run: its scope, fixed when the run began, and how far it is. `seal` is a digest of it."""
    return Table(
        f"{PREFIX}table",
        metadata,
        Column("run_id", String(64), primary_key=True),
        Column("table_name", String(255), primary_key=True),
        Column("source_name", String(255), nullable=False),
        Column("position", Integer, nullable=False),
        Column("state", String(32), nullable=False),  # domain.run.TableState
        Column("upper", Text),  # the scope ends with this key; NULL: no row in scope
        Column("source_rows", BigInteger, nullable=False),  # rows up to the upper key, filtered or not
        Column("total", BigInteger, nullable=False),  # of these, rows that pass the filter
        Column("null_keys", BigInteger, nullable=False),  # of the source rows, those whose key holds a NULL
        Column("target_before", BigInteger, nullable=False),
        Column("batch_size", Integer, nullable=False),
        Column("base_number", Integer, nullable=False),  # batches of this size are counted on from here
        Column("base_row", BigInteger, nullable=False),  # and cover the rows after this one
        Column("estimated_seconds", Double, nullable=False),
        Column("batches", Integer, nullable=False),  # ever written, the last one's `sequence`
        Column("digest", String(64), nullable=False),  # the last batch's
        Column("arrived_since", BigInteger, nullable=False),
        Column("started_at", String(40)),
        Column("ended_at", String(40)),
        Column("validation", _LONG),  # domain.validation.TableValidation as JSON
        Column("failure", Text),  # domain.recovery.Failure as JSON, while it stands
        Column("seal", String(64), nullable=False),
        Column("set_aside", _LONG),  # what is to be put back or taken away, as JSON; see away.py
        **_ON_MYSQL,
    )


def _batch(metadata: MetaData) -> Table:
    """One row per committed batch. `digest` covers all but `state`, what the batch wrote into ferryman_row and
    ferryman_quarantine, and the digest of the batch before it."""
    return Table(
        f"{PREFIX}batch",
        metadata,
        Column("run_id", String(64), primary_key=True),
        Column("table_name", String(255), primary_key=True),
        Column("sequence", Integer, primary_key=True, autoincrement=False),
        Column("number", String(32), nullable=False),
        Column("state", String(32), nullable=False),  # domain.run.BatchState
        Column("first_row", BigInteger, nullable=False),
        Column("last_row", BigInteger, nullable=False),
        Column("after_key", Text),  # exclusive; NULL: from the beginning
        Column("upto_key", Text),  # inclusive
        Column("rows", BigInteger, nullable=False),
        Column("source", BigInteger, nullable=False),
        Column("migrated", BigInteger, nullable=False),
        Column("matched", BigInteger, nullable=False),
        Column("merged", BigInteger, nullable=False),
        Column("skipped", BigInteger, nullable=False),
        Column("quarantined", BigInteger, nullable=False),
        Column("placeholders", BigInteger, nullable=False),
        Column("entries", BigInteger, nullable=False),  # rows of ferryman_row that belong to it
        Column("entry_rows", BigInteger, nullable=False),  # and the target rows that they stand for
        Column("seconds", Double, nullable=False),
        Column("committed_at", String(40), nullable=False),
        Column("digest", String(64), nullable=False),
        **_ON_MYSQL,
    )


def _row(metadata: MetaData) -> Table:
    """What a batch did: created ranges, and row by row what is not a range. Undoing takes the entry away."""
    table = Table(
        f"{PREFIX}row",
        metadata,
        Column("entry", _COUNTER, primary_key=True, autoincrement=True),
        Column("run_id", String(64), nullable=False),
        Column("table_name", String(255), nullable=False),
        Column("batch", String(32), nullable=False),
        Column("kind", String(16), nullable=False),  # RowKind
        Column("source_key", _KEY),  # NULL for a created range
        Column("target_key", _KEY),  # the first of a range; NULL where the target has no key of its own
        Column("target_key_to", _KEY),  # the last of a range, inclusive; NULL for a single row
        Column("rows", BigInteger, nullable=False),
        Column("before", _LONG),  # what was overwritten, as a JSON object
        **_ON_MYSQL,
    )
    Index(f"{PREFIX}row_by_source", table.c.table_name, table.c.source_key)
    Index(f"{PREFIX}row_by_batch", table.c.run_id, table.c.table_name, table.c.batch)
    return table


def _quarantine(metadata: MetaData) -> Table:
    """Rows set aside. Beside before-images the only place of the ledger that holds cell values."""
    table = Table(
        f"{PREFIX}quarantine",
        metadata,
        Column("entry", _COUNTER, primary_key=True, autoincrement=True),
        Column("run_id", String(64), nullable=False),
        Column("table_name", String(255), nullable=False),
        Column("batch", String(32), nullable=False),
        Column("source_key", _KEY),
        Column("problem", String(32), nullable=False),  # domain.mapping.Problem
        Column("cause", String(32), nullable=False),  # domain.findings.MissingCause, or empty
        Column("columns", Text, nullable=False),  # target columns, a JSON array
        Column("reason", Text, nullable=False),
        Column("row", _LONG, nullable=False),  # the legacy row as a JSON object
        Column("state", String(16), nullable=False),  # QuarantineState
        Column("at", String(40), nullable=False),
        **_ON_MYSQL,
    )
    Index(f"{PREFIX}quarantine_by_batch", table.c.run_id, table.c.table_name, table.c.batch)
    return table


def _amendment(metadata: MetaData) -> Table:
    """Decisions taken on the way. Append-only; `plan` is the plan as it stands after this one."""
    return Table(
        f"{PREFIX}amendment",
        metadata,
        Column("run_id", String(64), primary_key=True),
        Column("number", Integer, primary_key=True, autoincrement=False),
        Column("decided_by", String(255), nullable=False),
        Column("at", String(40), nullable=False),
        Column("table_name", String(255), nullable=False),
        Column("cause", String(64), nullable=False),
        Column("strategy", String(64), nullable=False),
        Column("reason", Text, nullable=False),
        Column("rows", BigInteger, nullable=False),
        Column("hash_before", String(64), nullable=False),
        Column("hash_after", String(64), nullable=False),
        Column("plan", _LONG, nullable=False),
        Column("digest", String(64), nullable=False),
        **_ON_MYSQL,
    )
