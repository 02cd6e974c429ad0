"""A big old shop and its new database: 12 columns a purchase, a fifth as many customers, and the way between them.

The mapping that Ferryman copies by and the statement that a person would write by hand make the same target rows, to
the last value; `same_rows` says so.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from ferryman.domain.coordination import Request, RequestType
from ferryman.domain.findings import TableType
from ferryman.domain.mapping import ColumnMapping, Derived, Mapping, TableMapping, namespace_of
from ferryman.domain.plan import MigrationStrategy, Phase, Plan, Step
from ferryman.domain.transforms import (
    AddCreatedAt,
    AddMetadataJson,
    AddUpdatedAt,
    ForeignKeyTo,
    NewId,
    PreserveLegacyId,
    Rename,
    Transform,
)
from ferryman.domain.validation import CheckKind
from ferryman.tools.prepare.identity import prefix

CUSTOMERS_PER_PURCHASE = 5  #: purchases a customer: 200,000 customers for a million
RUN_STARTED = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

_LEGACY = """
CREATE TABLE customer (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL, city VARCHAR(40));
CREATE TABLE purchase (
    id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customer (id), order_no VARCHAR(20) NOT NULL,
    status VARCHAR(12) NOT NULL, quantity INTEGER NOT NULL, amount NUMERIC(10, 2) NOT NULL, discount REAL,
    email VARCHAR(80), note TEXT, channel VARCHAR(10), ordered_at DATETIME NOT NULL, changed_at DATETIME);
"""
_CUSTOMERS = """
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :rows)
INSERT INTO customer SELECT i, 'Customer ' || i, iif(i % 3, 'Town ' || (i % 997), NULL) FROM n
"""
_PURCHASES = """
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :rows)
INSERT INTO purchase SELECT
    i, 1 + (i * 7919) % :customers, printf('PO-%09d', i * 3), iif(i % 7, 'paid', 'open'), 1 + i % 9,
    (i * 37 % 1000003) / 100.0, iif(i % 4, NULL, i % 50 / 100.0), 'customer' || (i % 65537) || '@mail.example.org',
    iif(i % 5, printf('%.120c', char(97 + i % 26)), NULL), iif(i % 2, 'web', 'counter'),
    datetime(1262304000 + i * 97, 'unixepoch'), iif(i % 3, datetime(1262400000 + i * 97, 'unixepoch'), NULL)
FROM n
"""
_NEW = """
CREATE TABLE customers (
    id CHAR(36) NOT NULL PRIMARY KEY, name VARCHAR(40) NOT NULL, city VARCHAR(40), legacy_id INTEGER);
CREATE TABLE purchases (
    id CHAR(36) NOT NULL PRIMARY KEY, customer_id CHAR(36) NOT NULL REFERENCES customers (id),
    order_number VARCHAR(20) NOT NULL, status VARCHAR(12) NOT NULL, quantity INTEGER NOT NULL,
    total_amount NUMERIC(10, 2) NOT NULL, discount REAL, email VARCHAR(120), note TEXT, placed_at TIMESTAMP NOT NULL,
    legacy_id INTEGER, created_at TIMESTAMP NOT NULL, updated_at TIMESTAMP NOT NULL, metadata JSON);
"""
_INDEX = "CREATE INDEX purchases_by_customer ON purchases (customer_id);"


def _column(target: str, source: str | Sequence[str], *steps: Transform) -> ColumnMapping:
    sources = (source,) if isinstance(source, str) else tuple(source)
    return ColumnMapping(target=target, source=sources, steps=steps or (Rename(),))


MAPPING = Mapping(
    namespace=namespace_of("big shop"),
    tables=(
        TableMapping(
            source="customer",
            target="customers",
            key=("id",),
            identity=Derived(),
            columns=(
                _column("id", "id", NewId()),
                _column("name", "name"),
                _column("city", "city"),
                _column("legacy_id", "id", PreserveLegacyId()),
            ),
        ),
        TableMapping(
            source="purchase",
            target="purchases",
            key=("id",),
            identity=Derived(),
            columns=(
                _column("id", "id", NewId()),
                _column("customer_id", "customer_id", ForeignKeyTo(parent="customers")),
                _column("order_number", "order_no"),
                _column("status", "status"),
                _column("quantity", "quantity"),
                _column("total_amount", "amount"),
                _column("discount", "discount"),
                _column("email", "email"),
                _column("note", "note"),
                _column("placed_at", "ordered_at"),
                _column("legacy_id", "id", PreserveLegacyId()),
                _column("created_at", "ordered_at", AddCreatedAt()),
                _column("updated_at", "changed_at", AddUpdatedAt()),
                _column("metadata", ("channel",), AddMetadataJson()),
            ),
        ),
    ),
)


def plan() -> Plan:
    """The plan for both tables, customers first, its tables proved by their counts."""
    return Plan(
        request=Request(type=RequestType.COMPLETE),
        strategy=MigrationStrategy.ORDERED,
        mapping=MAPPING,
        phases=(_phase(1, "customer", "customers"), _phase(2, "purchase", "purchases", after=("customers",))),
        validation=(CheckKind.COUNT_MATCH,),
    )


def _phase(number: int, source: str, target: str, after: tuple[str, ...] = ()) -> Phase:
    step = Step(source=source, target=target, table_type=TableType.TRANSACTIONAL)
    depends_on = tuple(range(1, number))
    return Phase(
        number=number,
        name=target,
        tables=(target,),
        rationale="",
        prerequisites=after,
        depends_on=depends_on,
        steps=(step,),
    )


def by_hand() -> str:
    """The one statement that a person would write for the purchases, with the old database attached as `old`."""
    own, parent = (prefix(MAPPING.namespace, table) for table in ("purchase", "customer"))
    started = f"{RUN_STARTED:%Y-%m-%d %H:%M:%S}"
    return f"""
INSERT INTO purchases (id, customer_id, order_number, status, quantity, total_amount, discount, email, note, placed_at,
                       legacy_id, created_at, updated_at, metadata)
SELECT '{own}' || printf('%012x', id), '{parent}' || printf('%012x', customer_id), order_no, status, quantity, amount,
       discount, email, note, ordered_at, id, ordered_at, coalesce(changed_at, '{started}'),
       json_object('legacy', json_object('channel', channel), 'origin', json_object('table', 'purchase', 'key', id))
FROM old.purchase
"""


def by_hand_customers() -> str:
    """The same for the customers."""
    own = prefix(MAPPING.namespace, "customer")
    return f"INSERT INTO customers SELECT '{own}' || printf('%012x', id), name, city, id FROM old.customer"


def build(folder: Path, purchases: int) -> None:
    """The old database, full, as old.sqlite in a folder."""
    legacy = folder / "old.sqlite"
    customers = max(1, purchases // CUSTOMERS_PER_PURCHASE)
    with closing(sqlite3.connect(legacy)) as connection, connection:
        connection.executescript(_LEGACY)
        connection.execute(_CUSTOMERS, {"rows": customers})
        connection.execute(_PURCHASES, {"rows": purchases, "customers": customers})


def empty(path: Path, journal: str, *, indexed: bool) -> Path:
    """A new database without rows; `indexed`: with the index on the reference that frameworks make."""
    for ending in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA journal_mode = {journal}")
        connection.executescript(_NEW + (_INDEX if indexed else ""))
    return path


def same_rows(one: Path, other: Path) -> bool:
    """Whether two new databases hold the same purchases, value by value and kind by kind."""
    with closing(sqlite3.connect(one)) as connection:
        connection.execute("ATTACH DATABASE ? AS other", (str(other),))
        columns = [row[1] for row in connection.execute("PRAGMA main.table_info(purchases)")]
        same = " AND ".join(f"a.{name} IS b.{name} AND typeof(a.{name}) = typeof(b.{name})" for name in columns)
        counts = "SELECT (SELECT count(*) FROM main.purchases), (SELECT count(*) FROM other.purchases)"
        here, there = connection.execute(counts).fetchone()
        joined = f"SELECT count(*) FROM main.purchases a JOIN other.purchases b ON b.id = a.id WHERE {same}"
        return bool(here == there == connection.execute(joined).fetchone()[0])
