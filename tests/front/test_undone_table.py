"""A run that waits after one of its tables was undone: it goes on, wherever it is taken up."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import pytest

from ferryman.graph.context import Options
from ferryman.tools.move.failpoint import VARIABLE
from tests.front.calling import call, here
from tests.front.shapes import Shape, made
from tests.front.talking import hold


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


def test_nobody_is_waited_for_any_more_where_what_was_decided_is_being_carried_out(stopped: Shape) -> None:
    killed = call("resume", *stopped.names, "--decide", "quarantine", env={VARIABLE: "before_commit:city:2"})
    assert killed.code == -signal.SIGKILL, killed.err
    told = here("status", *stopped.names[2:], "--json").json
    assert (told["status"], told["technical_status"], told["waiting_for"]) == ("paused", "process_gone", "")
    done = here("resume", *stopped.names)
    assert done.code == 3, done.err
    assert stopped.new("SELECT (SELECT count(*) FROM city), (SELECT count(*) FROM person)") == [(3, 50)]


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


def test_a_run_whose_only_table_is_undone_by_a_decision_is_at_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shape = made(
        tmp_path,
        "CREATE TABLE city (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO city VALUES (1, 'A'), (2, 'B'), (3, NULL);",
        "CREATE TABLE city (id INTEGER PRIMARY KEY, name TEXT NOT NULL);",
    )
    assert here("plan", *shape.names, "-o", "plan.yaml", "--no-preflight").code == 0
    shape.edit(lambda text: text.replace("size: 500", "size: 2"))
    shape.run(code=5)
    done = here("resume", *shape.names, "--decide", "rollback_table")
    assert done.code == 3, done.err
    assert "The run was undone" in done.err
    assert shape.new("SELECT status, (SELECT count(*) FROM city) FROM ferryman_run") == [("rolled_back", 0)]


@pytest.mark.parametrize("rest", [True, False])
def test_a_table_that_nothing_was_moved_into_is_passed_over_when_it_is_undone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rest: bool
) -> None:
    """The same question came again with each resume, or there was nothing to undo."""
    monkeypatch.chdir(tmp_path)
    shelf = "CREATE TABLE shelf (id INTEGER PRIMARY KEY, name TEXT);" if rest else ""
    rows = "INSERT INTO shelf VALUES (1, 'S');" if rest else ""
    shape = made(
        tmp_path,
        f"CREATE TABLE city (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO city VALUES (1, NULL); {shelf} {rows}",
        f"CREATE TABLE city (id INTEGER PRIMARY KEY, name TEXT NOT NULL); {shelf}",
    )
    held = hold(shape.files, "move everything", "yes", "undo this table", "resume", options=Options(preflight=False))
    assert "Which one shall it be?" not in held.after("resume")
    if rest:
        assert "Paused (City was rolled back)" in held.text
        assert "everything arrived but what belongs into city" in " ".join(held.after("resume").split())
        assert shape.new("SELECT status, (SELECT count(*) FROM shelf) FROM ferryman_run") == [("success", 1)]
    else:
        assert "The run was undone" in held.after("undo this table")
    assert shape.new("SELECT count(*) FROM city") == [(0,)]


def test_what_ends_in_an_error_can_be_gone_on_with_in_the_same_conversation(
    stopped: Shape, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "after_resume=error*3")
    held = hold(stopped.files, "resume", "resume")
    first, second = held.text.split("> resume")[1:]
    assert "A test asked for a failure" in first
    assert "Which one shall it be?" in second


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


@pytest.fixture
def two_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shape:
    """city <- person <- pet, of which city stopped at its third row; shelf <- book have nothing to do with these."""
    monkeypatch.chdir(tmp_path)
    tables = """CREATE TABLE city (id INTEGER PRIMARY KEY, name TEXT {0});
        CREATE TABLE person (id INTEGER PRIMARY KEY, city_id INTEGER NOT NULL REFERENCES city);
        CREATE TABLE pet (id INTEGER PRIMARY KEY, person_id INTEGER NOT NULL REFERENCES person);
        CREATE TABLE shelf (id INTEGER PRIMARY KEY, name TEXT);
        CREATE TABLE book (id INTEGER PRIMARY KEY, shelf_id INTEGER NOT NULL REFERENCES shelf);"""
    rows = """INSERT INTO city VALUES (1, 'A'), (2, 'B'), (3, NULL); INSERT INTO person VALUES (1, 1), (2, 2);
        INSERT INTO pet VALUES (1, 1); INSERT INTO shelf VALUES (1, 'S'); INSERT INTO book VALUES (1, 1), (2, 1);"""
    shape = made(tmp_path, tables.format("") + rows, tables.format("NOT NULL"))
    names = "--source", shape.files[0], "--target", shape.files[1]
    assert here("plan", *names, "-o", "plan.yaml", "--no-preflight").code == 0
    shape.edit(lambda text: text.replace("size: 500", "size: 2"))
    shape.run(code=5)
    return shape


def test_what_refers_to_it_is_passed_over_and_the_rest_goes_on(two_lines: Shape) -> None:
    assert ["city", "stopped"] in [line.split()[:2] for line in here("status").lines]
    assert here("rollback", "--table", "city", "--yes").code == 0
    states = {line.split()[0]: " ".join(line.split()[1:3]) for line in here("status").lines if line.strip()}
    assert {name: states[name] for name in ("city", "person", "pet")} == {
        "city": "rolled back",
        "person": "held back",
        "pet": "held back",
    }
    assert states["shelf"].startswith("pending")
    went = here("resume")
    assert went.code == 0, went.err
    counts = [
        two_lines.new(f"SELECT count(*) FROM {name}")[0][0] for name in ("city", "person", "pet", "shelf", "book")
    ]
    assert counts == [0, 0, 0, 1, 2]
    told = " ".join(went.err.split())
    assert "everything arrived but what belongs into city, person and pet" in told
    assert "what was moved of city was undone; nothing went into person and pet, because of that" in told
    assert two_lines.new("SELECT status FROM ferryman_run") == [("success",)]
    over = here("status")
    assert "success, 100% done" in over.err
    assert over.err.count("held back") == 2
