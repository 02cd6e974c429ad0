"""A new table whose key is a name, from an old one that numbers its rows: numbers would fit, and say nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.front.shapes import Shape, made, values

OPTIONS = [(n, f"option_{n}", f"value {n}") for n in range(1, 41)]
NOTES = [(n, n % 40 + 1, f"note {n}") for n in range(1, 61)]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _shape(folder: Path, old_name: str, declared: str = "UNIQUE") -> Shape:
    return made(
        folder,
        f"""CREATE TABLE options (id INTEGER PRIMARY KEY, {old_name} VARCHAR(80) NOT NULL {declared}, value TEXT);
        CREATE TABLE notes (id INTEGER PRIMARY KEY, option_id INTEGER NOT NULL REFERENCES options, body TEXT);
        INSERT INTO options VALUES {values(OPTIONS)};
        INSERT INTO notes VALUES {values(NOTES)};""",
        """CREATE TABLE options (name VARCHAR(80) PRIMARY KEY, value TEXT);
        CREATE TABLE notes (id INTEGER PRIMARY KEY, option_name VARCHAR(80) NOT NULL REFERENCES options, body TEXT);""",
    )


def _moved(shape: Shape) -> None:
    assert sorted(shape.new("SELECT name, value FROM options")) == sorted((name, value) for _, name, value in OPTIONS)
    told = {number: name for number, name, _ in OPTIONS}
    assert shape.new("SELECT id, option_name, body FROM notes ORDER BY id") == [
        (n, told[option], body) for n, option, body in NOTES
    ]
    shape.proved_and_undone()


@pytest.mark.parametrize("declared", ["UNIQUE", ""])
def test_it_is_filled_from_the_name_and_references_follow(folder: Path, declared: str) -> None:
    shape = _shape(folder, "name", declared)
    shape.plan("take all recommendations")
    shape.run()
    _moved(shape)


def test_where_nothing_says_which_text_that_is_it_is_asked_and_no_number_goes_there(folder: Path) -> None:
    shape = _shape(folder, "zzz")
    asked = " ".join(shape.plan(code=5).err.split())
    assert "options.name tells the rows apart and is a text; options numbers them. What stands there?" in asked
    shape.plan("options: zzz")
    shape.run()
    _moved(shape)


def test_a_person_may_say_which_column_it_is(folder: Path) -> None:
    shape = _shape(folder, "zzz")
    shape.plan("name of options comes from zzz")
    shape.run()
    _moved(shape)


def test_an_id_made_of_the_old_number_may_be_meant(folder: Path) -> None:
    shape = _shape(folder, "zzz")
    shape.plan("options: id")
    shape.run()
    assert shape.new("SELECT count(*) FROM notes n JOIN options o ON o.name = n.option_name") == [(len(NOTES),)]
    assert not {name for (name,) in shape.new("SELECT name FROM options")} & {name for _, name, _ in OPTIONS}
