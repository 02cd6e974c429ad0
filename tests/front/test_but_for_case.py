"""Values of a unique column that are the same but for upper and lower case: said before the yes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.front.shapes import folder_onto, made, values

ROWS = [(n, f"C {n}", f"User{n - 1}@x.org" if n % 10 == 0 else f"user{n}@x.org") for n in range(1, 41)]


@pytest.fixture
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    yield from folder_onto(request, tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("onto", "declared", "same"),
    [
        ("sqlite", "VARCHAR(80) UNIQUE", False),
        ("sqlite", "VARCHAR(80) COLLATE NOCASE UNIQUE", True),
        ("postgresql", "VARCHAR(80) UNIQUE", False),
    ],
)
def test_it_is_said_how_many_and_what_becomes_of_them(folder: Path, onto: str, declared: str, same: bool) -> None:
    shape = made(
        folder,
        f"""CREATE TABLE customer (id INTEGER PRIMARY KEY, name VARCHAR(40), email VARCHAR(80));
        INSERT INTO customer VALUES {values(ROWS)};""",
        f"CREATE TABLE customers (id INTEGER PRIMARY KEY, name VARCHAR(40), email {declared});",
    )
    told = " ".join(shape.plan(code=5 if same else 0).err.split())
    becomes = "the new database takes them for the same." if same else "they stay apart."
    assert f"4 rows of customers have the same email as another but for upper and lower case: {becomes}" in told
    if same:
        assert "4 rows of customers repeat a value of email" in told
        shape.plan("take all recommendations")
    shape.run(code=3 if same else 0)
    assert shape.new("SELECT count(*) FROM customers") == [(36 if same else 40,)]


@pytest.mark.parametrize("onto", ["mariadb"])
def test_of_what_is_the_same_to_the_letter_nothing_is_said(folder: Path, onto: str) -> None:
    rows = [(n, name, email.lower()) for n, name, email in ROWS]
    shape = made(
        folder,
        f"""CREATE TABLE customer (id INTEGER PRIMARY KEY, name VARCHAR(40), email VARCHAR(80));
        INSERT INTO customer VALUES {values(rows)};""",
        "CREATE TABLE customers (id INTEGER PRIMARY KEY, name VARCHAR(40), email VARCHAR(80) UNIQUE);",
    )
    assert "upper and lower case" not in shape.plan(code=5).err
