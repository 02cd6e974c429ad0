"""A run that waits after one of its tables was undone: it goes on, wherever it is taken up."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.front.calling import here
from tests.front.shapes import Shape, made


@pytest.fixture
def stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shape:
    """A run whose first table stopped at its third row; 50 rows of the second wait."""
    monkeypatch.chdir(tmp_path)
    rows = ", ".join(f"({n}, {n})" for n in range(1, 51))
    shape = made(
        tmp_path,
        f"""CREATE TABLE city (id INTEGER PRIMARY KEY, name TEXT);
        CREATE TABLE person (id INTEGER PRIMARY KEY, age INTEGER);
        INSERT INTO city VALUES (1, 'A'), (2, 'B'), (3, NULL), (4, 'D'); INSERT INTO person VALUES {rows};""",
        """CREATE TABLE city (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
        CREATE TABLE person (id INTEGER PRIMARY KEY, age INTEGER);""",
    )
    names = "--source", shape.files[0], "--target", shape.files[1]
    planned = here("plan", *names, "-o", "plan.yaml", "--no-preflight")
    assert planned.code == 0, planned.err
    shape.edit(lambda text: text.replace("size: 500", "size: 2", 1))
    shape.run(code=5)
    return shape


def elsewhere(shape: Shape) -> tuple[object, ...]:
    """From another folder, with nothing but the two databases."""
    folder = shape.folder / "elsewhere"
    folder.mkdir(exist_ok=True)
    os.chdir(folder)
    return "--source", shape.files[0], "--target", shape.files[1]


@pytest.mark.parametrize("way", ["decide", "rollback"])
def test_it_goes_on_elsewhere_when_its_only_table_that_wrote_was_undone(stopped: Shape, way: str) -> None:
    assert stopped.new("SELECT count(*) FROM city") == [(2,)]
    run = stopped.new("SELECT run_id FROM ferryman_run")[0][0]
    if way == "decide":
        done = here("resume", run, "--decide", "rollback_table")
        assert done.code == 5, done.err
        assert "City was rolled back" in done.err
    else:
        done = here("rollback", run, "--table", "city", "--yes")
        assert done.code == 0, done.err
    assert stopped.new("SELECT status, waiting_for FROM ferryman_run") == [("paused", "")]
    assert stopped.new("SELECT count(*) FROM city") == [(0,)]
    went = here("resume", run, *elsewhere(stopped))
    assert went.code == 0, went.err
    assert stopped.new("SELECT (SELECT count(*) FROM city), (SELECT count(*) FROM person)") == [(0, 50)]
    assert re.search(r"50 person records moved in \d", " ".join(went.err.split())), went.err
    assert "everything arrived but what belongs into city" in " ".join(went.err.split())
    assert "what was moved of city was undone" in " ".join(went.err.split())
    assert here("rollback", run, *elsewhere(stopped)[2:], "--yes").code == 0
    assert [stopped.new(f"SELECT count(*) FROM {table}") for table in ("city", "person")] == [[(0,)], [(0,)]]
    assert stopped.new("SELECT status FROM ferryman_run") == [("rolled_back",)]


def test_what_is_left_of_it_can_be_undone_as_a_whole(stopped: Shape) -> None:
    run = stopped.new("SELECT run_id FROM ferryman_run")[0][0]
    assert here("rollback", run, "--table", "city", "--yes").code == 0
    assert stopped.new("SELECT status FROM ferryman_run") != [("rolled_back",)]
    assert here("rollback", run, "--yes").code == 0
    assert stopped.new("SELECT status FROM ferryman_run") == [("rolled_back",)]
    assert "it was undone" in here("resume", run).err


def test_undoing_a_table_that_was_not_begun_says_nothing_of_the_run(stopped: Shape) -> None:
    done = here("rollback", "--table", "person", "--yes")
    assert done.code == 0, done.err
    assert "wrote nothing there; nothing was undone" in done.err
    assert stopped.new("SELECT status FROM ferryman_run") == [("waiting",)]
