"""Texts of a SQLite file that are not UTF-8, from SQLite to SQLite: found before a row moves, and set aside."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ferryman.tools.prepare import ill_texts
from tests.front.calling import here
from tests.front.shapes import Shape, made

ILL = "CAST(x'4dfc6c6c6572' AS TEXT)"  #: "Müller" in Latin-1


def people(folder: Path, rows: int, keys: str = "INTEGER PRIMARY KEY", tail: str = "") -> Shape:
    return made(
        folder,
        f"""CREATE TABLE person (id {keys}, name TEXT, note TEXT){tail};
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
        INSERT INTO person SELECT i, 'Zoë ' || i, 'x' FROM n;
        UPDATE person SET name = {ILL} WHERE id IN (7, {rows});
        UPDATE person SET note = 'a' || char(0) || {ILL} WHERE id = 8;""",
        "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL, note TEXT);",
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(ill_texts, "_PIECE", 10)
    return tmp_path


@pytest.mark.parametrize("tail", ["", " WITHOUT ROWID"])
def test_they_are_asked_about_before_a_row_moves_and_set_aside_whole(folder: Path, tail: str) -> None:
    shape = people(folder, 45, "INTEGER NOT NULL PRIMARY KEY", tail)
    asked = " ".join(shape.plan(code=5).err.split())
    assert "2 rows of people have a value for name that is not what it takes: it is not UTF-8" in asked
    assert "1 row of people has a value for note that is not what it takes: it is not UTF-8" in asked
    shape.plan("quarantine", "quarantine")
    shape.run(code=3)
    assert [row[0] for row in shape.new("SELECT id FROM people ORDER BY 1")] == [*range(1, 7), *range(9, 45)]
    assert here("validate", "--source", shape.files[0], "--target", shape.files[1]).code in (0, 3)
    assert here("quarantine", "export", "-o", "aside.csv").code == 0
    assert '"M\\xfcller"' in Path("aside.csv").read_text(encoding="utf-8-sig")
    with closing(sqlite3.connect(shape.files[0])) as connection, connection:
        connection.execute("UPDATE person SET name = 'Müller' WHERE id = 7")
    assert "1 row came in" in here("quarantine", "retry").err
    assert shape.new("SELECT name FROM people WHERE id = 7") == [("Müller",)]
    shape.undone()


def test_a_column_that_may_be_empty_can_be_emptied_of_them(folder: Path) -> None:
    shape = people(folder, 45)
    shape.plan("quarantine", "empty")
    shape.run(code=3)
    assert shape.new("SELECT id, note FROM people WHERE id = 8") == [(8, None)]
    shape.undone()


def test_a_long_text_is_looked_at_by_itself(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ill_texts, "_LONG", 4)
    assert "2 rows of people have a value for name" in " ".join(people(folder, 45).plan(code=5).err.split())
