"""A plan that comes after another run: the ledger knows which rows that one brought, and under which keys."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.front.calling import here
from tests.front.shapes import KEYS, Shape, folder_onto, made, values

pytestmark = [
    pytest.mark.parametrize("onto", ["sqlite", "postgresql", "mariadb"]),
    pytest.mark.parametrize("keys", ["generated", "derived"]),
]

READERS = [(n, f"reader {n % 7}") for n in range(1, 41)]
LOANS = [(n, 41 - n, f"book {n}") for n in range(1, 41)]
OLD = "SELECT l.title, r.name FROM loan l JOIN reader r ON r.id = l.reader_id ORDER BY 1, 2"
NEW = "SELECT l.title, p.name FROM checkouts l JOIN patrons p ON p.id = l.patron_id ORDER BY 1, 2"

folder = pytest.fixture(folder_onto)


@pytest.fixture
def shape(folder: Path, keys: str, onto: str) -> Shape:
    """Forty readers of seven names, and patrons who are others under numbers that readers have."""
    key = KEYS[keys]
    others = [(n if keys == "generated" else f"0000{n:04}-0000-4000-8000-000000000000", f"P{n}") for n in (3, 4)]
    return made(
        folder,
        f"""CREATE TABLE reader (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
        CREATE TABLE loan (id INTEGER PRIMARY KEY, reader_id INTEGER NOT NULL REFERENCES reader, title TEXT NOT NULL);
        INSERT INTO reader VALUES {values(READERS)}; INSERT INTO loan VALUES {values(LOANS)};""",
        f"""CREATE TABLE patrons (id {key}, name TEXT NOT NULL);
        CREATE TABLE checkouts (id {key}, patron_id {key.split()[0]} NOT NULL REFERENCES patrons (id),
            title TEXT NOT NULL);
        INSERT INTO patrons VALUES {values(others)};""",
    )


def first(shape: Shape) -> None:
    shape.wanted("only patrons, reader goes into patrons", "present:patrons=add")
    shape.run()


def undo(shape: Shape, number: int) -> None:
    """Take a run back, counted from 0 in the order they ran."""
    runs = sorted(one["run"] for one in json.loads(here("runs", *shape.names[2:], "--json").out)["runs"])
    assert here("rollback", runs[number], *shape.names[2:], "--yes").code == 0


SECOND = "only checkouts, loan goes into checkouts"


def test_what_refers_to_its_rows_finds_them_by_its_records(shape: Shape) -> None:
    first(shape)
    shape.wanted(SECOND)
    shape.run()
    shape.assert_same(OLD, NEW)
    assert here("validate", *shape.names).code == 0
    undo(shape, 1)
    shape.undone()


def test_once_it_is_taken_back_it_tells_nothing(shape: Shape) -> None:
    first(shape)
    undo(shape, 0)
    asked = " ".join(shape.wanted(SECOND, code=5).err.split())
    assert "reader -> patrons?" in asked
    assert "patrons has 2 rows already, and no column tells" in asked


def test_what_has_come_since_comes_after_it(shape: Shape, keys: str) -> None:
    """Checkouts were empty, so that they kept their numbers: they are found by these."""
    checkouts = "since" if keys == "derived" else "same_key"
    first(shape)
    shape.wanted(SECOND)
    shape.run()
    with closing(sqlite3.connect(shape.files[0])) as old:
        old.executescript("INSERT INTO reader VALUES (900, 'late'); INSERT INTO loan VALUES (900, 900, 'late');")
    asked = shape.wanted("fill patrons and checkouts", code=5)
    assert "patrons has 42 rows already, some of which an earlier run brought" in " ".join(asked.err.split())
    shape.wanted("fill patrons and checkouts", "present:patrons=since", f"present:checkouts={checkouts}")
    shape.run()
    assert shape.new("SELECT count(*) FROM patrons") == [(43,)]
    shape.assert_same(OLD, NEW)
