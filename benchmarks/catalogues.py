"""Pairs of databases with very many tables: generated ones, and the catalogues of the ground-truth cases.

The generated pair is an old back office and its new one: every thing it keeps (customers, invoices, ...) has notes, a
history, attachments and so on; names change the way they do between two applications.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.matching import column
from ferryman.domain.schema import Family

THINGS = """account appointment article asset batch booking budget campaign carrier category claim complaint contact
contract coupon currency customer department delivery device document employee event expense facility holiday inspection
invoice invoice_line item job lead license location machine meeting member message order order_line package payment
permission price product project purchase quote region""".split()

#: What is kept of a thing: old name, new name, and columns as (old name, new name, type).
PARTS: tuple[tuple[str, str, tuple[tuple[str, str, str], ...]], ...] = (
    ("", "", (("code", "reference", "varchar(20)"), ("name", "name", "varchar(80)"), ("descr", "description", "text"),
              ("status", "status", "varchar(12)"), ("amt", "total_amount", "numeric(10,2)"),
              ("is_del", "deleted", "boolean"), ("created_on", "created_at", "datetime"),
              ("modified_on", "updated_at", "datetime"))),
    ("addr", "addresses", (("street", "street", "varchar(80)"), ("zip", "postal_code", "varchar(10)"),
                           ("city", "city", "varchar(40)"), ("country_code", "country", "char(2)"))),
    ("note", "notes", (("txt", "body", "text"), ("author", "author_name", "varchar(40)"),
                       ("written_on", "created_at", "datetime"))),
    ("type", "types", (("code", "code", "varchar(20)"), ("label", "label", "varchar(40)"),
                       ("sort_order", "position", "integer"))),
    ("hist", "history_entries", (("action", "action", "varchar(20)"), ("old_val", "old_value", "text"),
                                 ("new_val", "new_value", "text"), ("at", "happened_at", "datetime"))),
    ("file", "attachments", (("filename", "file_name", "varchar(80)"), ("mime", "content_type", "varchar(40)"),
                             ("size", "size_bytes", "integer"), ("uploaded_on", "uploaded_at", "datetime"))),
)  # fmt: skip


def generated(folder: Path, rows: int) -> tuple[Path, Path, int]:
    """An old and a new database of 6 tables a thing, `rows` rows in each old one; paths and tables a side."""
    old, new = folder / "old.sqlite", folder / "new.sqlite"
    with closing(sqlite3.connect(old)) as legacy, closing(sqlite3.connect(new)) as there, legacy, there:
        for place, thing in enumerate(THINGS):
            for short, long, columns in PARTS:
                before = f"crm_{thing}_{short}".rstrip("_")
                owner = f"{thing}_id" if short else f"{THINGS[place - 1]}_id"
                names = [(f"{name}", kind) for name, _, kind in columns]
                refers = f"crm_{thing}" if short else f"crm_{THINGS[place - 1]}"
                _create(legacy, before, "integer", [(owner, "integer"), *names], refers)
                after = f"{thing}_{long}" if long else _plural(thing)
                parent = _plural(thing if short else THINGS[place - 1])
                names = [(name, kind) for _, name, kind in columns]
                _create(there, after, "char(36)", [(owner, "char(36)"), *names, ("legacy_id", "integer")], parent)
                _fill(legacy, before, rows)
    return old, new, len(THINGS) * len(PARTS)


def of_case(
    case: dict[str, Any], folder: Path, rows: int, *, keyed: bool = False
) -> tuple[Path, Path, tuple[int, int]]:
    """The catalogues of a ground-truth case as databases, the old one with `rows` rows a table.

    The cases do not say which columns are keys; `keyed` takes each table's first one, as an application would have it.
    """
    paths = []
    for side in ("source", "target"):
        path = folder / f"{side}.sqlite"
        with closing(sqlite3.connect(path)) as connection, connection:
            tables = {name: columns for name, columns in case[side]["tables"].items() if columns}
            for name, columns in tables.items():
                first, *rest = [_typed(*pair) for pair in columns]
                body = ", ".join([f"{first} NOT NULL PRIMARY KEY" if keyed else first, *rest])
                connection.execute(f'CREATE TABLE "{name}" ({body})')
                if side == "source":
                    _fill(connection, name, rows)
        paths.append(path)
    return paths[0], paths[1], (len(case["source"]["tables"]), len(case["target"]["tables"]))


def _typed(name: str, native: str) -> str:
    found = re.match(r"\w+( ?\(\d+(, ?\d+)?\))?", native or "")
    return f'"{name}" {found[0] if found else "text"}'


def _plural(name: str) -> str:
    return f"{name[:-1]}ies" if name.endswith("y") else f"{name}es" if name.endswith(("s", "x", "ch")) else f"{name}s"


def _create(connection: sqlite3.Connection, table: str, key: str, columns: list[tuple[str, str]], parent: str) -> None:
    shown = ", ".join(f'"{name}" {kind}' for name, kind in columns)
    reference = f'FOREIGN KEY ("{columns[0][0]}") REFERENCES "{parent}" (id)'
    connection.execute(f'CREATE TABLE "{table}" (id {key} NOT NULL PRIMARY KEY, {shown}, {reference})')


def _fill(connection: sqlite3.Connection, table: str, rows: int) -> None:
    """Rows with values of each column's kind; a reference points at a row that is there."""
    columns = [column(row[1], row[2]) for row in connection.execute(f'PRAGMA table_info("{table}")')]
    marks = ", ".join("?" * len(columns))
    filled = (list(_values([(c.name, c.family) for c in columns], n)) for n in range(1, rows + 1))
    connection.executemany(f'INSERT INTO "{table}" VALUES ({marks})', filled)


def _values(columns: list[tuple[str, Family]], number: int) -> Iterator[object]:
    for place, (name, family) in enumerate(columns):
        match family:
            case Family.INTEGER:
                yield number if place == 0 or name.endswith("_id") else number * (place + 3) % 997
            case Family.DECIMAL | Family.FLOAT:
                yield number * 7 % 1000 / 100
            case Family.BOOLEAN:
                yield number % 2
            case Family.TIMESTAMP | Family.DATE | Family.TIME:
                yield f"2019-{1 + number % 12:02d}-{1 + number % 28:02d} 08:{number % 60:02d}:00"
            case _:
                yield f"{name} {number % 50}"
