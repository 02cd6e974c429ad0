"""References that are filled in a second pass, where some of the rows were in the new database before.

What stands there is changed only as the conflict policy says, and what was changed is undone: after the way back the
new database holds the very rows that it held at first.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.front.calling import here
from tests.front.shapes import Shape, made, values


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


KEY = "INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT"
LAST = 1_200  # three batches: the first half of the rows names rows of the second
UNITS = [(n, f"U{n}", LAST + 1 - n) for n in range(1, LAST + 1)]
SEEDED = [(9003, "U3", None), (9007, "U7", 9009), (9009, "U9", None), (9010, "Theirs", None), (9011, "U1190", None)]
PARENTS = "SELECT c.name, p.name FROM units c LEFT JOIN units p ON p.id = c.parent_id"
MET = {  #: what the rows that were there name above them
    "keep": {"U3": None, "U7": "U9", "U9": None, "Theirs": None, "U1190": None},
    "merge": {"U3": "U1198", "U7": "U9", "U9": "U1192", "Theirs": None, "U1190": "U11"},
    "replace": {"U3": "U1198", "U7": "U1194", "U9": "U1192", "Theirs": None, "U1190": "U11"},
}


def units(folder: Path) -> Shape:
    return made(
        folder,
        f"""CREATE TABLE unit (id INTEGER PRIMARY KEY, name TEXT NOT NULL, parent_id INTEGER REFERENCES unit);
        INSERT INTO unit VALUES {values(UNITS)};""",
        f"""CREATE TABLE units (id {KEY}, name TEXT NOT NULL UNIQUE, parent_id INTEGER REFERENCES units (id));
        INSERT INTO units VALUES {values(SEEDED)};""",
    )


def assert_met(shape: Shape, policy: str) -> None:
    """Those that were there are as the policy says, all others as in the old database."""
    wanted = {name: f"U{parent}" for _, name, parent in UNITS}
    assert dict(shape.new(PARENTS)) == wanted | MET[policy]


@pytest.mark.parametrize("policy", list(MET))
def test_rows_of_a_table_that_refers_to_itself(folder: Path, policy: str) -> None:
    shape = units(folder)
    shape.plan()
    if policy != "keep":
        shape.edit(lambda text: text.replace("conflict: keep", f"conflict: {policy}"))
    shape.run()
    assert_met(shape, policy)
    shape.proved_and_undone()


HEADS = "SELECT d.name, e.name FROM departments d LEFT JOIN employees e ON e.id = d.head_id WHERE d.id >= 70"
HEADED = {
    "keep": {"D1": None, "D2": "Sam", "Seed": None},
    "merge": {"D1": "E2", "D2": "Sam", "Seed": None},
    "replace": {"D1": "E2", "D2": "E3", "Seed": None},
}


@pytest.mark.parametrize("policy", list(HEADED))
def test_rows_of_a_ring_of_two(folder: Path, policy: str) -> None:
    rows = range(1, 31)
    shape = made(
        folder,
        f"""CREATE TABLE department (id INTEGER PRIMARY KEY, name TEXT NOT NULL, head_id INTEGER REFERENCES employee);
        CREATE TABLE employee (id INTEGER PRIMARY KEY, name TEXT NOT NULL, dept_id INTEGER NOT NULL
            REFERENCES department);
        INSERT INTO department VALUES {values([(n, f"D{n}", n % 30 + 1) for n in rows])};
        INSERT INTO employee VALUES {values([(n, f"E{n}", n) for n in rows])};""",
        f"""CREATE TABLE departments (id {KEY}, name TEXT NOT NULL UNIQUE, head_id INTEGER REFERENCES employees (id));
        CREATE TABLE employees (id {KEY}, name TEXT NOT NULL UNIQUE, dept_id INTEGER NOT NULL
            REFERENCES departments (id));
        INSERT INTO departments VALUES (170, 'D1', NULL), (171, 'D2', 180), (172, 'Seed', NULL);
        INSERT INTO employees VALUES (180, 'Sam', 172);""",
    )
    shape.plan()
    if policy != "keep":
        shape.edit(lambda text: text.replace("conflict: keep", f"conflict: {policy}"))
    shape.run()
    assert {n: h for n, h in shape.new(HEADS) if n in HEADED[policy]} == HEADED[policy]
    assert shape.new("SELECT count(*) FROM departments d JOIN employees e ON e.id = d.head_id") >= [(28,)]
    shape.proved_and_undone()


@pytest.mark.parametrize("goes_on", [True, False])
@pytest.mark.parametrize("moment", ["before_reference_commit", "after_reference_commit"])
def test_killed_while_it_changes_what_was_there(folder: Path, moment: str, goes_on: bool) -> None:
    shape = units(folder)
    shape.plan()
    shape.edit(lambda text: text.replace("conflict: keep", "conflict: replace"))
    shape.killed(moment)
    if goes_on:
        assert here("resume").code == 0
        assert_met(shape, "replace")
        shape.proved_and_undone()
    else:
        shape.undone()
