"""Columns of PostgreSQL whose types have no family of their own are filled: the server reads what they print."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.front.ported import Side
from tests.front.shapes import Shape, made
from tests.servers import Made, Server

NEW = """CREATE TABLE pill (code varchar(12) PRIMARY KEY, label text NOT NULL, dose interval, net inet, spot point,
    many int[], cost money, span int4range, flags bit(3))"""
SAME = "SELECT code, label, dose::text, net::text, spot::text, many::text, cost::numeric, span::text, flags::text FROM "


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shape(folder: Path, old: Made, new: Made) -> Shape:
    sides = Side(old.url, old.source), Side(new.url, new.source)
    return Shape(folder, sides[1].rows(), sides)


def test_from_postgresql(folder: Path, postgresql_15: Server) -> None:
    old, new = postgresql_15.database(), postgresql_15.database()
    for one in (old, new):
        one.run(NEW)
    old.run("""INSERT INTO pill VALUES
        ('a', 'Aspirin', '1 mon -2 days 26:00:00', '10.0.0.1/8', '(1,2)', '{1,NULL}', 12.5, '[1,5)', B'101'),
        ('b', 'Biotin', '-00:00:01', '::1', NULL, '{}', NULL, 'empty', NULL)""")
    moved = shape(folder, old, new)
    moved.plan()
    moved.run()
    moved.assert_same(f"{SAME} pill ORDER BY code", f"{SAME} pill ORDER BY code")
    moved.proved_and_undone()


def test_from_mariadb(folder: Path, postgresql_15: Server, mariadb: Server) -> None:
    old, new = mariadb.database(), postgresql_15.database()
    old.run(["CREATE TABLE pill (code varchar(12) PRIMARY KEY, label text NOT NULL, dose time(6), net varchar(40))"])
    old.run(
        [
            "INSERT INTO pill VALUES ('a', 'Aspirin', '838:59:59', '10.0.0.1'), ('b', 'B', '-01:00:01.5', NULL),"
            " ('c', 'C', '0:0', '::1')"
        ]
    )
    new.run("CREATE TABLE pill (code varchar(12) PRIMARY KEY, label text NOT NULL, dose interval, net inet)")
    moved = shape(folder, old, new)
    moved.plan()
    moved.run()
    assert new.ask("SELECT code, dose::text, net::text FROM pill ORDER BY 1") == [
        ("a", "838:59:59", "10.0.0.1/32"),
        ("b", "-01:00:01.5", None),
        ("c", "00:00:00", "::1/128"),
    ]
    moved.proved_and_undone()


COMPUTED = (
    "CREATE TABLE {name} (id INTEGER PRIMARY KEY, price INTEGER, Double INTEGER AS (price * 2), n INTEGER {more})"
)


def test_what_both_databases_compute_is_not_said_to_be_lost(folder: Path) -> None:
    old = COMPUTED.format(name="pill", more="AS (price + 1)")
    moved = made(folder, f"{old}; INSERT INTO pill (id, price) VALUES (1, 5);", COMPUTED.format(name="pills", more=""))
    moved.plan()
    plan = (folder / "plan.yaml").read_text()
    assert "Double" not in plan
    moved.run()
    assert moved.new("SELECT * FROM pills") == [(1, 5, 10, 6)]
    moved.proved_and_undone()
