"""A column whose values all fail by one step: its rows are worth more than what it would have held."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.front.shapes import Shape, made, values


def tickets(folder: Path, wrong: int, right: int) -> Shape:
    """200 tickets, some of them due some day, of which `wrong` are no day."""
    given = ["later"] * wrong + ["2020-05-06"] * right + [None] * (200 - wrong - right)
    rows = [(n, f"T{n}", due) for n, due in enumerate(given, start=1)]
    return made(
        folder,
        f"""CREATE TABLE tickets (id INTEGER PRIMARY KEY, title VARCHAR(40) NOT NULL, due DATE);
        INSERT INTO tickets VALUES {values(rows)};""",
        """CREATE TABLE tickets (id INTEGER PRIMARY KEY, title VARCHAR(40) NOT NULL, due DATE);""",
    )


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_where_every_value_fails_the_column_stays_empty(folder: Path) -> None:
    shape = tickets(folder, wrong=40, right=0)
    asked = " ".join(shape.plan(code=5).err.split())
    assert "with due left empty (recommended)" in asked
    assert "No value fits due" in asked
    shape.plan("take all recommendations")
    shape.run()
    assert shape.new("SELECT count(*), count(due) FROM tickets") == [(200, 0)]


def test_where_most_values_fail_nothing_is_recommended(folder: Path) -> None:
    shape = tickets(folder, wrong=40, right=20)
    asked = " ".join(shape.plan(code=5).err.split())
    assert "(recommended)" not in asked
    assert "Most values for due of tickets fail" in asked


def test_where_few_values_fail_their_rows_are_kept_aside(folder: Path) -> None:
    shape = tickets(folder, wrong=10, right=150)
    assert "in quarantine (recommended)" in " ".join(shape.plan(code=5).err.split())
