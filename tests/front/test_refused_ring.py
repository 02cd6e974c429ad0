"""A ring of two tables, one row of which the new database refuses when rows that hang on it are there already."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from ferryman.tools.move.failpoint import OF_A_RECALL, VARIABLE
from tests.front.calling import call, here
from tests.front.shapes import KEYS, Shape, folder_onto, made, values
from tests.front.test_refused_later import WAYS, refusing
from tests.front.test_retry import QUARANTINED
from tests.tools.pairs import write

#: Department n is headed by employee n, who works in it, but for these.
HEADS = {5: 900, 6: 900, 7: 13}
WORKS_IN = {11: 900, 13: 900, 900: 1}
#: Employee 900 is refused; what hangs on him: 5, 6 and 900, whom he heads; 11 and 13 in department 900; and 7 under 13.
HANGING = ["5", "6", "7", "11", "13", "900"]
HEADED = "SELECT d.name, e.name FROM departments d LEFT JOIN employees e ON e.id = d.head_id WHERE d.name != ''"
NOWHERE = """SELECT (SELECT count(*) FROM departments WHERE head_id IS NOT NULL
    AND head_id NOT IN (SELECT id FROM employees)),
    (SELECT count(*) FROM employees WHERE dept_id NOT IN (SELECT id FROM departments))"""


folder = pytest.fixture(folder_onto, autouse=True)


def ring(folder: Path, identity: str, *, required: bool) -> Shape:
    key, need = KEYS[identity], "NOT NULL" if required else ""
    kind, late = key.split()[0], "DEFERRABLE INITIALLY DEFERRED"
    numbers = range(1, 1201)
    employees = [(n, "U900" if n == 900 else f"E{n}", WORKS_IN.get(n, n)) for n in numbers]
    shape = made(
        folder,
        f"""CREATE TABLE department (id INTEGER PRIMARY KEY, name TEXT NOT NULL, head_id INTEGER REFERENCES employee);
        CREATE TABLE employee (id INTEGER PRIMARY KEY, name TEXT NOT NULL, dept_id INTEGER REFERENCES department);
        INSERT INTO department VALUES {values([(n, f"D{n}", HEADS.get(n, n)) for n in numbers])};
        INSERT INTO employee VALUES {values(employees)};""",
        f"""CREATE TABLE departments (id {key}, name TEXT NOT NULL,
            head_id {kind} {need} REFERENCES employees (id) {late});
        CREATE TABLE employees (id {key}, name TEXT NOT NULL,
            dept_id {kind} NOT NULL REFERENCES departments (id) {late});""",
    )
    return refusing(shape, "employees")


def stopped(shape: Shape) -> tuple[object, ...]:
    """A run that stopped at the refused employee; gives the words that go on with it."""
    shape.plan("fire")
    shape.run(code=5)
    return "resume", *shape.names, "--decide"


EVERYWHERE = [
    ("sqlite", "kept", "skip"),
    ("postgresql", "derived", "skip"),
    ("postgresql", "generated", "null"),
    ("mariadb", "derived", "null"),
]


@pytest.mark.parametrize(("onto", "identity", "below"), EVERYWHERE)
def test_what_hangs_on_it_is_dealt_with_when_all_is_there(folder: Path, onto: str, identity: str, below: str) -> None:
    shape = ring(folder, identity, required=below == "skip")
    done = here(*stopped(shape), WAYS[below], "--decide", WAYS["skip"])
    assert done.code == 3, done.err
    wanted = {f"D{n}": f"E{HEADS.get(n, n)}" for n in range(1, 1201)}
    if below == "skip":
        wanted = {name: head for name, head in wanted.items() if name[1:] not in HANGING}
        assert dict(shape.new(QUARANTINED)) == {"departments": len(HANGING), "employees": len(HANGING)}
    else:
        wanted |= dict.fromkeys(("D5", "D6", "D900"))  # type: ignore[arg-type]
        assert dict(shape.new(QUARANTINED)) == {"employees": 1}
    assert dict(shape.new(HEADED)) == wanted
    assert shape.new(NOWHERE) == [(0, 0)]
    shape.proved_and_undone()


@pytest.mark.parametrize(("onto", "moment"), list(zip(("sqlite", "mariadb"), OF_A_RECALL, strict=True)))
def test_killed_while_rows_are_set_aside_after_all(folder: Path, onto: str, moment: str) -> None:
    shape = ring(folder, "derived", required=True)
    killed = call(*stopped(shape), WAYS["skip"], env={VARIABLE: moment})
    assert killed.code == -signal.SIGKILL, killed.err
    assert here("resume", *shape.names).code == 3
    assert dict(shape.new(QUARANTINED)) == {"departments": len(HANGING), "employees": len(HANGING)}
    assert shape.new(NOWHERE) == [(0, 0)]
    shape.proved_and_undone()


@pytest.mark.parametrize("onto", ["sqlite"])
def test_they_come_in_when_it_is_taken_after_all(folder: Path, onto: str) -> None:
    shape = ring(folder, "derived", required=True)
    assert here(*stopped(shape), WAYS["skip"]).code == 3
    write(shape.files[0], "UPDATE employee SET name = 'E900' WHERE id = 900")
    retried = here("quarantine", "retry", *shape.names)
    assert retried.code == 0, retried.err
    assert shape.new(QUARANTINED) == []
    shape.proved_and_undone()
