"""Small pairs of real SQLite files: an old shop and its new one, and all that a run over them is bound to.

customer (1..)  ->  customers    derived ids, `legacy_id`, `created_at`
purchase (1..)  ->  purchases    the same, refers to a customer
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ferryman.domain.approval import Approval
from ferryman.domain.coordination import Request, RequestType
from ferryman.domain.mapping import ColumnMapping, Derived, Mapping, TableMapping
from ferryman.domain.plan import Handling, MigrationStrategy, Phase, Plan, Preflight
from ferryman.domain.transforms import AddCreatedAt, ForeignKeyTo, NewId, PreserveLegacyId, Rename, Transform
from ferryman.tools.databases.connect import Source, Target, open_source, open_target
from ferryman.tools.discover.introspect import introspect
from ferryman.tools.move.copy import copy_table
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.records import Beginning, Scope, TableStart
from ferryman.tools.move.scope import fix_scope
from ferryman.tools.move.work import CopyResult, TableWork
from ferryman.tools.prepare.transform import CompiledTable, compile_table

RUN_STARTED = datetime(2024, 3, 4, 12, 0, tzinfo=UTC)

LEGACY = """
CREATE TABLE customer (id integer NOT NULL PRIMARY KEY, name varchar(40), city varchar(40));
CREATE TABLE purchase (
    id integer NOT NULL PRIMARY KEY, customer_id integer REFERENCES customer (id), amount integer, note text);
"""
NEW = """
CREATE TABLE customers (
    id CHAR(36) NOT NULL PRIMARY KEY, name VARCHAR(40) NOT NULL, city VARCHAR(40), legacy_id INTEGER UNIQUE,
    created_at TIMESTAMP NOT NULL);
CREATE TABLE purchases (
    id CHAR(36) NOT NULL PRIMARY KEY, customer_id CHAR(36) REFERENCES customers (id), amount INTEGER, note VARCHAR(20),
    legacy_id INTEGER UNIQUE, created_at TIMESTAMP NOT NULL);
"""


def column(target: str, source: str | Sequence[str] = (), *steps: Transform) -> ColumnMapping:
    """A column mapping, short: no steps means a rename."""
    sources = (source,) if isinstance(source, str) else tuple(source)
    return ColumnMapping(target=target, source=sources, steps=steps or ((Rename(),) if sources else ()))


CUSTOMERS = TableMapping(
    source="customer",
    target="customers",
    key=("id",),
    identity=Derived(),
    columns=(
        column("id", "id", NewId()),
        column("name", "name"),
        column("city", "city"),
        column("legacy_id", "id", PreserveLegacyId()),
        column("created_at", (), AddCreatedAt()),
    ),
)
PURCHASES = TableMapping(
    source="purchase",
    target="purchases",
    key=("id",),
    identity=Derived(),
    columns=(
        column("id", "id", NewId()),
        column("customer_id", "customer_id", ForeignKeyTo(parent="customers")),
        column("amount", "amount"),
        column("note", "note"),
        column("legacy_id", "id", PreserveLegacyId()),
        column("created_at", (), AddCreatedAt()),
    ),
)
SHOP = Mapping(tables=(CUSTOMERS, PURCHASES))


def write(path: Path, script: str) -> Path:
    """Run a script on a SQLite file, made where there is none."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)
    return path


def fill(path: Path, table: str, rows: Iterable[Sequence[object]]) -> None:
    """Insert rows into a table of a file."""
    found = [tuple(row) for row in rows]
    if found:
        marks = ", ".join("?" * len(found[0]))
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.executemany(f'INSERT INTO "{table}" VALUES ({marks})', found)


def ask(path: Path, sql: str, *values: object) -> list[tuple[object, ...]]:
    """All rows of a query on a file."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql, values).fetchall()


def one(path: Path, sql: str, *values: object) -> object:
    """The only value of a query on a file."""
    return ask(path, sql, *values)[0][0]


def rows_of(path: Path, table: str) -> list[tuple[object, ...]]:
    """Every row of a table, in an order that depends on the values alone."""
    return sorted(ask(path, f'SELECT * FROM "{table}"'), key=repr)


def shop(folder: Path, customers: int = 20, purchases: int = 100) -> tuple[Path, Path]:
    """An old shop with that many rows, and an empty new one. Purchase n belongs to customer 1 + n % customers."""
    old, new = write(folder / "old.sqlite", LEGACY), write(folder / "new.sqlite", NEW)
    fill(old, "customer", ((n, f"Customer {n}", None if n % 3 else "Köln") for n in range(1, customers + 1)))
    fill(old, "purchase", ((n, 1 + n % customers, n * 7, f"note {n}") for n in range(1, purchases + 1)))
    return old, new


def opened(old: Path, new: Path) -> tuple[Source, Target]:
    return open_source(str(old)), open_target(str(new))


def plan_of(mapping: Mapping = SHOP, preflight: Preflight | None = None, phases: tuple[Phase, ...] = ()) -> Plan:
    """The least plan that has this mapping; without a preflight, batches judge every row's values."""
    return Plan(
        request=Request(type=RequestType.COMPLETE),
        strategy=MigrationStrategy.ORDERED,
        mapping=mapping,
        phases=phases,
        preflight=preflight or Preflight(skipped=True),
    )


def beginning(
    source: Source,
    target: Target,
    scopes: dict[str, Scope] | None = None,
    *,
    run: str = "run-1",
    plan: Plan | None = None,
    size: int = 10,
) -> Beginning:
    """A run over a plan; `scopes` as `fix_scope` gives them, else all empty."""
    plan = plan or plan_of()
    empty = Scope(upper=None, source_rows=0, total=0)
    return Beginning(
        run=run,
        plan=plan,
        approval=Approval(token="token", by="anna", at=RUN_STARTED),
        source=source.identity,
        target=target.identity,
        source_schema="a" * 64,
        target_schema="b" * 64,
        run_started=RUN_STARTED,
        tables=tuple(
            TableStart(table=t.target, source=t.source, scope=(scopes or {}).get(t.target, empty), batch_size=size)
            for t in plan.mapping.copied
        ),
    )


def begun(old: Path, new: Path, **details: object) -> Ledger:
    """The ledger of a run that has just begun, without any scope."""
    source, target = opened(old, new)
    ledger = Ledger(target)
    ledger.begin(beginning(source, target, **details))  # type: ignore[arg-type]
    return ledger


@dataclass(frozen=True)
class Run:
    """A run over a pair, begun: what its tables need to be copied."""

    source: Source
    target: Target
    ledger: Ledger
    compiled: dict[str, CompiledTable]
    run: str = "run-1"

    def work(self, table: str, handling: Handling | None = None) -> TableWork:
        compiled = self.compiled[table]
        return TableWork(self.source, self.target, compiled, self.ledger, self.run, handling or Handling())

    def copy(self, table: str, **details: Any) -> CopyResult:
        return copy_table(self.work(table), **details)

    def copy_all(self) -> None:
        for table in self.compiled:
            result = self.copy(table)
            assert result.complete, result


def start(
    old: Path, new: Path, of: Mapping | Plan = SHOP, *, size: int = 10, run: str = "run-1", preflighted: bool = False
) -> Run:
    """Begin a run: scopes measured, the ledger written. `preflighted`: as if preflight found nothing."""
    run_ = resumed(old, new, of.mapping if isinstance(of, Plan) else of, run=run)
    scopes = {name: fix_scope(run_.source, run_.target, compiled) for name, compiled in run_.compiled.items()}
    preflight = Preflight(tables={name: scope.total for name, scope in scopes.items()}) if preflighted else None
    plan = of if isinstance(of, Plan) else plan_of(of, preflight)
    run_.ledger.begin(beginning(run_.source, run_.target, scopes, run=run, plan=plan, size=size))
    return run_


def resumed(old: Path, new: Path, mapping: Mapping = SHOP, *, run: str = "run-1") -> Run:
    """What is needed to go on with a run, without beginning it."""
    source, target = opened(old, new)
    with source.connect() as connection:
        legacy = introspect(connection, source.dialect)
    with target.connect(reading=True) as connection:
        there = introspect(connection, target.dialect)
    compiled = {
        t.target: compile_table(mapping, t.target, legacy, there, run_started=RUN_STARTED) for t in mapping.copied
    }
    return Run(source, target, Ledger(target), compiled, run)
