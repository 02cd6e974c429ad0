"""Values of which the new column holds less: digits, which is told before a yes, and blanks at the end of a `char`."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.front.calling import here
from tests.servers import Server

ITEMS = [
    (1, 1.234, "2020-01-01 10:00:00.123456", "2020-01-01 10:00:00.000400", "10:00:00.75", 1 / 3),
    (2, 1.5, "1969-12-31 23:59:59.999999", "2020-01-01 10:00:00.120000", "10:00:00", 0.1),
    (3, None, "2020-01-01 10:00:00", None, None, None),
]
TYPES = {
    "postgresql": ("numeric(6,2)", "timestamp(0)", "timestamp(3)", "time(0)", "real"),
    "mariadb": ("decimal(6,2)", "datetime", "datetime(3)", "time", "float"),
}


@pytest.mark.parametrize("onto", TYPES)
@pytest.mark.parametrize("key", ["INTEGER", "TEXT"], ids=["straight", "careful"])
def test_they_are_told_and_cut(request: pytest.FixtureRequest, tmp_path: Path, onto: str, key: str) -> None:
    server: Server = request.getfixturevalue(onto)
    new, old = server.database(), tmp_path / "old.db"
    with closing(sqlite3.connect(old)) as made, made:
        made.execute(
            f"CREATE TABLE item (id {key} PRIMARY KEY, price REAL, at DATETIME, seen DATETIME, opens TIME, part REAL)"
        )
        made.executemany("INSERT INTO item VALUES (?, ?, ?, ?, ?, ?)", ITEMS)
    columns = dict(zip(("price", "at", "seen", "opens", "part"), TYPES[onto], strict=True))
    listed = ", ".join(f"{name} {native}" for name, native in columns.items())
    new.run(f"CREATE TABLE items (id {'bigint' if key == 'INTEGER' else 'varchar(9)'} PRIMARY KEY, {listed})")
    both = "--source", old, "--target", new.url
    planned = here("plan", *both, "-o", tmp_path / "plan.yaml")
    assert planned.code == 0, planned.err
    rounded = [f"{name} is rounded to what it holds ({columns[name]}) in 1 row" for name in ("price", "part")]
    for told in (*rounded, "at is cut", "seen is cut"):
        assert told in " ".join(planned.err.split())
    approval = planned.err.split()[-1]
    done = here("run", "--plan", tmp_path / "plan.yaml", *both, "--approve", approval)
    assert done.code == 0, done.err
    day = datetime(2020, 1, 1, 10)
    opens = [(clock, time(10)) for clock in (time(10), timedelta(hours=10))]
    rows = [
        tuple(dict(opens).get(cell, cell) for cell in row[1:])
        for row in new.ask("SELECT id, price, at, seen, opens FROM items ORDER BY id")
    ]
    assert rows == [
        (Decimal("1.23"), day, day, time(10)),
        (Decimal("1.50"), datetime(1969, 12, 31, 23, 59, 59), day.replace(microsecond=120000), time(10)),
        (None, day, None, None),
    ]


@pytest.mark.parametrize("onto", TYPES)
@pytest.mark.parametrize("key", ["INTEGER", "TEXT"], ids=["straight", "careful"])
def test_blanks_at_the_end_are_no_part_of_a_char(
    request: pytest.FixtureRequest, tmp_path: Path, onto: str, key: str
) -> None:
    server: Server = request.getfixturevalue(onto)
    new, old = server.database(), tmp_path / "old.db"
    with closing(sqlite3.connect(old)) as made, made:
        made.execute(f"CREATE TABLE item (id {key} PRIMARY KEY, lang TEXT, word TEXT)")
        made.executemany(
            "INSERT INTO item VALUES (?, ?, ?)", [(1, "d ", "a "), (2, " e", "b"), (3, "  ", ""), (4, None, " ")]
        )
    kind = "bigint" if key == "INTEGER" else "varchar(9)"
    new.run(f"CREATE TABLE items (id {kind} PRIMARY KEY, lang char(2), word varchar(2))")
    both = "--source", old, "--target", new.url
    planned = here("plan", *both, "-o", tmp_path / "plan.yaml")
    assert planned.code == 0, planned.err
    done = here("run", "--plan", tmp_path / "plan.yaml", *both, "--approve", planned.err.split()[-1])
    assert done.code == 0, done.err
    found = new.ask("SELECT rtrim(lang), word FROM items ORDER BY id")
    assert found == [("d", "a "), (" e", "b"), ("", ""), (None, " ")]


@pytest.mark.parametrize("of", TYPES)
def test_decimals_with_more_digits_than_reals_have_are_told_where_reals_take_them(
    request: pytest.FixtureRequest, tmp_path: Path, of: str
) -> None:
    server: Server = request.getfixturevalue(of)
    old, new = server.database(), tmp_path / "new.db"
    numbers = ["12345678901234.123456", "99999999999999.999999", "12345678.125000", "9007199254740993.000000", "0.1"]
    old.run("CREATE TABLE item (id bigint PRIMARY KEY, price numeric(24,6), weight numeric(24,6))")
    old.run("INSERT INTO item VALUES " + ", ".join(f"({n}, {one}, {one})" for n, one in enumerate(numbers)))
    with closing(sqlite3.connect(new)) as made, made:
        made.execute("CREATE TABLE items (id INTEGER PRIMARY KEY, price NUMERIC(24,6), weight REAL)")
    planned = here("plan", "--source", old.source, "--target", new, "-o", tmp_path / "plan.yaml")
    assert planned.code == 0, planned.err
    said = " ".join(planned.err.split())
    assert "price is rounded to what it holds (NUMERIC(24,6)) in 2 rows" in said
    assert "weight is rounded to what it holds (REAL) in 3 rows" in said
