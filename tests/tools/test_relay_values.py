"""What becomes of values between databases of different kinds: written by one, read by the other's own driver."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from ferryman.domain.mapping import Derived, Kept, Mapping, Policy, Problem, Strategy, TableMapping
from ferryman.domain.transforms import Cast, NewId
from ferryman.tools.move.work import Ending
from ferryman.tools.prepare.preflight import preflight
from tests.tools.pairs import column, plan_of
from tests.tools.test_relay import Pair, far, pair, validated, with_phases

__all__ = ["far", "pair"]

#: column -> its type in SQLite, PostgreSQL and MariaDB
TYPES = {
    "id": ("INTEGER NOT NULL PRIMARY KEY", "integer NOT NULL PRIMARY KEY", "integer NOT NULL PRIMARY KEY"),
    "large": ("BIGINT", "bigint", "bigint"),
    "exact": ("DECIMAL(30, 10)", "numeric(30, 10)", "decimal(30, 10)"),
    "floating": ("DOUBLE", "double precision", "double"),
    "flag": ("BOOLEAN", "boolean", "tinyint(1)"),
    "words": ("TEXT", "text", "text CHARACTER SET utf8mb4"),
    "bytes": ("BLOB", "bytea", "blob"),
    "day": ("DATE", "date", "date"),
    "moment": ("TIMESTAMP", "timestamp", "datetime(6)"),
    "clock": ("TIME", "time", "time(6)"),
    "document": ("JSON", "jsonb", "json"),
    "name_of": ("CHAR(36)", "uuid", "char(36)"),
}
ROWS: tuple[tuple[str, ...], ...] = (
    (
        "1",
        "9223372036854775807",
        "12345678901234567890.0123456789",
        "0.1",
        "1",
        "'Köln 🚢 ''quoted''\tand\\\\ back'",
        "X'00FF10'",
        "'1000-01-01'",
        "'2024-02-29 23:59:59.123456'",
        "'23:59:59'",
        """'{"a": [1, 2.5, null, "ü"]}'""",
        "'6ad2b602-53d0-8afd-8636-000000000003'",
    ),
    (
        "2",
        "-9223372036854775808",
        "-0.0000000001",
        "-1e300",
        "0",
        "''",
        "X''",
        "'9999-12-31'",
        "'1970-01-01 00:00:00'",
        "'00:00:00'",
        "'[]'",
        "'ffffffff-ffff-4fff-bfff-ffffffffffff'",
    ),
    ("3", *(["NULL"] * 11)),
)


def kind_of(url: str) -> str:
    return url.partition(":")[0] if "://" in url else "sqlite"


def created(kind: str, name: str) -> str:
    place = ("sqlite", "postgresql", "mysql").index(kind)
    columns = ", ".join(f"{column} {types[place]}" for column, types in TYPES.items())
    ending = " CHARACTER SET utf8mb4" if kind == "mysql" else ""
    return f"CREATE TABLE {name} ({columns}){ending};"


def inserted(kind: str, row: tuple[str, ...]) -> str:
    cells = list(row)
    if kind == "postgresql":
        cells = [f"'\\x{cell[2:-1]}'" if cell.startswith("X'") else cell for cell in cells]
        cells[4] = {"1": "true", "0": "false"}.get(cells[4], cells[4])
    if kind != "mysql":
        cells = [cell.replace("\\\\", "\\") for cell in cells]
    if kind == "sqlite" and cells[2] != "NULL":
        cells[2] = f"'{cells[2]}'"  # SQLite itself would read more digits than a double holds away
    return f"INSERT INTO old_values VALUES ({', '.join(cells)});"


def values_mapping(*policies: Policy) -> Mapping:
    columns = (column("id", "id", NewId()), *(column(name, name) for name in list(TYPES)[1:]))
    table = TableMapping(
        source="old_values", target="new_values", key=("id",), identity=Kept(), columns=columns, policies=policies
    )
    return Mapping(tables=(table,))


def plain(kind: str, cell: Any) -> Any:
    """A cell as any driver could have given it."""
    match cell:
        case bytes() | memoryview():
            return bytes(cell)
        case UUID():
            return str(cell)
        case dict() | list():
            return json.dumps(cell, sort_keys=True)
        case bool():
            return int(cell)
    return str(cell) if hasattr(cell, "isoformat") or hasattr(cell, "total_seconds") else cell


def test_each_value_arrives_as_it_was(pair: Pair) -> None:
    old, new = kind_of(pair.old.url), kind_of(pair.new.url)
    pair.old.run(created(old, "old_values"))
    pair.new.run(created(new, "new_values"))
    for row in ROWS:
        pair.old.run(inserted(old, row))
    run = pair.start(values_mapping())
    run.copy_all()
    validated(run, "new_values")
    rows = [[plain(new, cell) for cell in row] for row in pair.new.ask("SELECT * FROM new_values ORDER BY id")]
    assert [row[1] for row in rows] == [2**63 - 1, -(2**63), None]
    if "sqlite" not in (old, new):  # there a decimal of so many digits is a double
        assert [row[2] for row in rows] == [Decimal("12345678901234567890.0123456789"), Decimal("-1E-10"), None]
    assert [row[3] for row in rows] == [0.1, -1e300, None]
    assert [row[4] for row in rows] == [1, 0, None]
    assert [row[5] for row in rows] == ["Köln 🚢 'quoted'\tand\\ back", "", None]
    assert [row[6] for row in rows] == [b"\x00\xff\x10", b"", None]
    assert [row[7] for row in rows] == ["1000-01-01", "9999-12-31", None]
    assert [str(row[8]).removesuffix(".000000") for row in rows] == [
        "2024-02-29 23:59:59.123456",
        "1970-01-01 00:00:00",
        "None",
    ]
    documents = [cell if cell is None else json.loads(cell) for cell in (row[10] for row in rows)]
    assert documents == [{"a": [1, 2.5, None, "ü"]}, [], None]
    assert [row[11] for row in rows] == [ROWS[0][11].strip("'"), ROWS[1][11].strip("'"), None]


def test_a_date_without_end_is_asked_about_and_never_made_up(postgresql: Any, tmp_path: Any) -> None:
    from tests.tools.test_relay import of_file, of_server

    pair = Pair(of_server(postgresql.database()), of_file(tmp_path / "new.sqlite"), "CHAR(36)")
    pair.old.run(created("postgresql", "old_values"))
    pair.new.run(created("sqlite", "new_values"))
    pair.old.run("INSERT INTO old_values (id, moment) VALUES (1, 'infinity'), (2, '2024-01-01');")
    assert pair.start(values_mapping()).copy("new_values").ending is Ending.FAILED
    assert pair.new.ask("SELECT count(*) FROM new_values") == [(0,)]


def test_a_policy_sets_aside_what_does_not_fit(far: Pair) -> None:
    old, new = kind_of(far.old.url), kind_of(far.new.url)
    far.old.run(created(old, "old_values"))
    far.new.run(re.sub(r"words (TEXT|text)[^,]*", "words VARCHAR(3)", created(new, "new_values")))
    far.old.run("INSERT INTO old_values (id, words) VALUES (1, 'abc'), (2, 'abcd'), (3, '🚢🚢🚢');")
    policy = Policy(problem=Problem.TOO_LONG, columns=("words",), strategy=Strategy.QUARANTINE)
    run = far.start(values_mapping(policy))
    run.copy_all()
    assert far.new.ask("SELECT id, words FROM new_values ORDER BY id") == [(1, "abc"), (3, "🚢🚢🚢")]


@pytest.mark.parametrize("strategy", [Strategy.SET_NULL])
def test_a_number_out_of_range_is_emptied_where_that_is_decided(far: Pair, strategy: Strategy) -> None:
    old, new = kind_of(far.old.url), kind_of(far.new.url)
    far.old.run(created(old, "old_values"))
    smaller = "SMALLINT" if new == "sqlite" else "smallint"
    far.new.run(re.sub("large bigint", f"large {smaller}", created(new, "new_values"), flags=re.IGNORECASE))
    far.old.run("INSERT INTO old_values (id, large) VALUES (1, 32767), (2, 32768);")
    policy = Policy(problem=Problem.OUT_OF_RANGE, columns=("large",), strategy=strategy)
    run = far.start(values_mapping(policy))
    run.copy_all()
    expected = 32768 if new == "sqlite" else None  # SQLite's SMALLINT holds any integer
    assert far.new.ask("SELECT id, large FROM new_values ORDER BY id") == [(1, 32767), (2, expected)]


def test_a_family_on_the_way_is_not_held_to_the_size_of_a_type_of_that_name(far: Pair) -> None:
    """`integer` names 32 bits, and on MariaDB `float` single precision and `timestamp` the years from 1970 on."""
    old, new = kind_of(far.old.url), kind_of(far.new.url)
    far.new.run(re.sub(r"id integer", f"id {far.uuids}", created(new, "new_values"), flags=re.IGNORECASE))
    far.old.run(re.sub(r"id integer", "id bigint", created(old, "old_rows"), flags=re.IGNORECASE))
    far.old.run(
        "INSERT INTO old_rows (id, floating, moment, large) VALUES "
        f"(1, 0.1, '1900-01-01 00:00:00', 1), ({2**31}, 1e300, NULL, {2**31}), ({2**48 - 1}, 0, NULL, {2**62});"
    )
    cast = {"floating": Cast(to="float"), "moment": Cast(to="timestamp"), "large": Cast(to="integer")}
    columns = (column("id", "id", NewId()), *(column(name, name, step) for name, step in cast.items()))
    table = TableMapping(source="old_rows", target="new_values", key=("id",), identity=Derived(), columns=columns)
    mapping = Mapping(tables=(table,))
    run = far.start(mapping)
    compiled = run.compiled["new_values"]
    databases = compiled.source_database, compiled.target_database
    assert not preflight(run.source, run.target, *databases, with_phases(plan_of(mapping)), run.compiled).problems
    run.copy_all()
    validated(run, "new_values")
    rows = far.new.ask("SELECT id, floating, moment, large FROM new_values ORDER BY large")
    assert [str(row[0])[-12:] for row in rows] == [f"{key:012x}" for key in (1, 2**31, 2**48 - 1)]
    assert [row[1] for row in rows] == [0.1, 1e300, 0]
    assert str(rows[0][2]).startswith("1900-01-01 00:00:00")
    assert [row[3] for row in rows] == [1, 2**31, 2**62]
