"""The big shop on servers: old databases on PostgreSQL and MariaDB, new ones, and what a person would do by hand.

The rows are those of `big_shop`, and so is the way between them. By hand: the server transforms and a pipe carries
binary COPY from one PostgreSQL database to the other; MariaDB takes a file that is ready, by LOAD DATA.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pymysql
from sqlalchemy import make_url

from benchmarks.big_shop import CUSTOMERS_PER_PURCHASE, MAPPING, RUN_STARTED
from ferryman.tools.prepare.identity import prefix

_OLD = """
CREATE TABLE customer (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL, city VARCHAR(40));
CREATE TABLE purchase (
    id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customer (id), order_no VARCHAR(20) NOT NULL,
    status VARCHAR(12) NOT NULL, quantity INTEGER NOT NULL, amount NUMERIC(10, 2) NOT NULL, discount {real},
    email VARCHAR(80), note TEXT, channel VARCHAR(10), ordered_at {moment} NOT NULL, changed_at {moment});
"""
_NEW = """
CREATE TABLE customers (id {uuid} NOT NULL PRIMARY KEY, name VARCHAR(40) NOT NULL, city VARCHAR(40), legacy_id INTEGER);
CREATE TABLE purchases (
    id {uuid} NOT NULL PRIMARY KEY, customer_id {uuid} NOT NULL, order_number VARCHAR(20) NOT NULL,
    status VARCHAR(12) NOT NULL, quantity INTEGER NOT NULL, total_amount NUMERIC(10, 2) NOT NULL, discount {real},
    email VARCHAR(120), note TEXT, placed_at {moment} NOT NULL, legacy_id INTEGER, created_at {moment} NOT NULL,
    updated_at {moment} NOT NULL, metadata {json}, FOREIGN KEY (customer_id) REFERENCES customers (id));
CREATE INDEX purchases_by_customer ON purchases (customer_id);
"""
_WORDS = {
    "postgresql": {"real": "DOUBLE PRECISION", "moment": "TIMESTAMP", "uuid": "UUID", "json": "JSONB"},
    "mysql": {"real": "DOUBLE", "moment": "DATETIME", "uuid": "CHAR(36) CHARACTER SET ascii", "json": "JSON"},
}
_CUSTOMERS = {
    "postgresql": """
INSERT INTO customer SELECT i, 'Customer ' || i, CASE WHEN i % 3 <> 0 THEN 'Town ' || i % 997 END
FROM generate_series(1, {customers}) AS i
""",
    "mysql": """
INSERT INTO customer SELECT seq, concat('Customer ', seq), if(seq % 3, concat('Town ', seq % 997), NULL)
FROM seq_1_to_{customers}
""",
}
_PURCHASES = {
    "postgresql": """
INSERT INTO purchase SELECT
    i, 1 + (i * 7919) % {customers}, 'PO-' || lpad((i * 3)::text, 9, '0'),
    CASE WHEN i % 7 <> 0 THEN 'paid' ELSE 'open' END, 1 + i % 9, (i * 37 % 1000003) / 100.0,
    CASE WHEN i % 4 = 0 THEN i % 50 / 100.0 END, 'customer' || i % 65537 || '@mail.example.org',
    CASE WHEN i % 5 <> 0 THEN repeat(chr((97 + i % 26)::int), 120) END,
    CASE WHEN i % 2 <> 0 THEN 'web' ELSE 'counter' END, '2010-01-01'::timestamp + i * 97 * '1 second'::interval,
    CASE WHEN i % 3 <> 0 THEN '2010-01-02 02:40:00'::timestamp + i * 97 * '1 second'::interval END
FROM generate_series(1::bigint, {rows}) AS i
""",
    "mysql": """
INSERT INTO purchase SELECT
    seq, 1 + (seq * 7919) % {customers}, concat('PO-', lpad(seq * 3, 9, '0')), if(seq % 7, 'paid', 'open'),
    1 + seq % 9, (seq * 37 % 1000003) / 100.0, if(seq % 4, NULL, seq % 50 / 100.0),
    concat('customer', seq % 65537, '@mail.example.org'), if(seq % 5, repeat(char(97 + seq % 26), 120), NULL),
    if(seq % 2, 'web', 'counter'), '2010-01-01' + INTERVAL seq * 97 SECOND,
    if(seq % 3, '2010-01-02 02:40:00' + INTERVAL seq * 97 SECOND, NULL)
FROM seq_1_to_{rows}
""",
}
_OWN, _PARENT = (prefix(MAPPING.namespace, table) for table in ("purchase", "customer"))
_MADE = f"""
SELECT ('{_OWN}' || lpad(to_hex(id), 12, '0'))::uuid, ('{_PARENT}' || lpad(to_hex(customer_id), 12, '0'))::uuid,
       order_no, status, quantity, amount, discount, email, note, ordered_at, id, ordered_at,
       coalesce(changed_at, '{RUN_STARTED:%Y-%m-%d %H:%M:%S}'),
       json_build_object('legacy', json_build_object('channel', channel),
                         'origin', json_build_object('table', 'purchase', 'key', id))::jsonb
FROM purchase ORDER BY id
"""
_MADE_CUSTOMERS = f"SELECT ('{_PARENT}' || lpad(to_hex(id), 12, '0'))::uuid, name, city, id FROM customer ORDER BY id"
_COMPARED = {
    "postgresql": "md5(concat_ws('|', id, customer_id, order_number, status, quantity, total_amount, discount, email, "
    "note, placed_at, legacy_id, created_at, updated_at, metadata::jsonb))",
    "mysql": "md5(concat_ws('|', id, customer_id, order_number, status, quantity, total_amount, discount, email, "
    "note, placed_at, legacy_id, created_at, updated_at, json_value(metadata, '$.legacy.channel'), "
    "json_value(metadata, '$.origin.key')))",
}


def run(url: str, *statements: str) -> list[tuple[Any, ...]]:
    """Run statements, each committed; gives the rows of the last."""
    rows: list[tuple[Any, ...]] = []
    if make_url(url).get_backend_name() == "postgresql":
        with psycopg.connect(url, autocommit=True) as server:
            for statement in statements:
                answer = server.execute(statement.encode())
                rows = answer.fetchall() if answer.description else []
        return rows
    with closing(_mariadb(url)) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
            rows = list(cursor.fetchall())
    return rows


def _mariadb(url: str) -> pymysql.Connection[Any]:
    parsed = make_url(url)
    return pymysql.connect(
        host=parsed.host, port=parsed.port or 3306, user=parsed.username, password=str(parsed.password or ""),
        database=parsed.database, autocommit=True, local_infile=True, charset="utf8mb4",
    )  # fmt: skip


def _kind(url: str) -> str:
    return make_url(url).get_backend_name()


def build_old(url: str, rows: int) -> None:
    """The old database, full, in an empty one."""
    kind, counts = _kind(url), {"rows": rows, "customers": max(1, rows // CUSTOMERS_PER_PURCHASE)}
    made = [part for part in _OLD.format(**_WORDS[kind]).split(";\n") if part.strip()]
    run(url, *made, _CUSTOMERS[kind].format(**counts), _PURCHASES[kind].format(**counts))
    run(url, *(["ANALYZE"] if kind == "postgresql" else ["ANALYZE TABLE customer, purchase"]))


def make_new(url: str) -> str:
    """The new database's tables, in an empty one."""
    run(url, *(part for part in _NEW.format(**_WORDS[_kind(url)]).split(";\n") if part.strip()))
    return url


def pipe_customers(old: str, new: str) -> None:
    """The customers from one PostgreSQL database to the other."""
    _pipe(old, new, _MADE_CUSTOMERS, "customers")


def pipe_purchases(old: str, new: str) -> None:
    """The purchases: the server transforms, and this carries the bytes."""
    _pipe(old, new, _MADE, "purchases")


def _pipe(old: str, new: str, made: str, table: str) -> None:
    with psycopg.connect(old) as giving, psycopg.connect(new) as taking:
        out, into = f"COPY ({made}) TO STDOUT (FORMAT binary)", f"COPY {table} FROM STDIN (FORMAT binary)"
        with giving.cursor().copy(out.encode()) as rows, taking.cursor().copy(into.encode()) as copy:
            for part in rows:
                copy.write(part)


def write_files(old: str, folder: Path) -> None:
    """What LOAD DATA takes: both tables transformed, in files."""
    with psycopg.connect(old) as connection:
        for table, made in (("customers", _MADE_CUSTOMERS), ("purchases", _MADE)):
            out = connection.cursor().copy(f"COPY ({made}) TO STDOUT".encode())
            with out as rows, (folder / f"{table}.tsv").open("wb") as file:
                for part in rows:
                    file.write(part)


def load_file(new: str, table: str, file: Path) -> None:
    """LOAD DATA of a ready file, in one transaction, with the same checks of references as Ferryman's session."""
    with closing(_mariadb(new)) as connection, connection.cursor() as cursor:
        cursor.execute("SET SESSION foreign_key_checks = 0")
        cursor.execute(f"LOAD DATA LOCAL INFILE %s INTO TABLE {table} CHARACTER SET utf8mb4", [str(file)])


def digest(new: str) -> tuple[int, str]:
    """How many purchases there are, and a sum over all their values, each row's alike whoever wrote it."""
    kind = _kind(new)
    if kind == "postgresql":
        number = f"('x' || left({_COMPARED[kind]}, 12))::bit(48)::bigint"
    else:
        number = f"conv(left({_COMPARED[kind]}, 12), 16, 10)"
    rows, sum_ = run(new, f"SELECT count(*), coalesce(sum({number}), 0) FROM purchases")[0]
    return int(rows), str(int(sum_))
