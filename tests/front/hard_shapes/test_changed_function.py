"""A plan's own function that is another one when its run goes on: half of the rows would be made by each."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from tests.front.calling import here, refused
from tests.front.hard_shapes.places import on
from tests.front.shapes import made, values

LOUD = "def loud(names):\n    return pc.utf8_upper(names)\n"
STEP = f"steps: [{{use: python, function: 'voices:loud', source_hash: {sha256(LOUD.encode()).hexdigest()}}}]"
MODULE = f"import pyarrow.compute as pc\n\n\n{LOUD}"


@on("sqlite to postgresql", "sqlite to mariadb")
def test_it_is_refused_when_a_run_goes_on_and_goes_on_when_it_is_put_back(folder: Path) -> None:
    shape = made(
        folder,
        f"""CREATE TABLE customer (id INTEGER PRIMARY KEY, name VARCHAR(9));
        INSERT INTO customer VALUES {values([(n, f"n{n}") for n in range(1, 1201)])};""",
        "CREATE TABLE customers (id INTEGER PRIMARY KEY, name VARCHAR(9));",
    )
    (folder / "voices.py").write_text(MODULE)
    shape.plan()
    shape.edit(lambda plan: plan.replace("steps: [{use: rename}]", STEP))
    shape.killed("after_commit:customers:1")
    (folder / "voices.py").write_text(MODULE.replace("upper", "lower"))
    what, _ = refused(here("resume", *shape.names), 5)
    assert "voices:loud" in what
    (folder / "voices.py").write_text(MODULE)
    done = here("resume", *shape.names)
    assert done.code == 0, done.err
    assert shape.new("SELECT count(*), min(name) FROM customers WHERE name = upper(name)") == [(1200, "N1")]
    shape.proved_and_undone()


@on()
def test_one_that_cannot_be_compared_is_said_to_be_so_once(folder: Path) -> None:
    shape = made(
        folder,
        f"""CREATE TABLE customer (id INTEGER PRIMARY KEY, name VARCHAR(9));
        INSERT INTO customer VALUES {values([(n, f"n{n}") for n in range(1, 1201)])};""",
        "CREATE TABLE customers (id INTEGER PRIMARY KEY, name VARCHAR(9));",
    )
    (folder / "voices.py").write_text(MODULE)
    shape.plan()
    shape.edit(lambda plan: plan.replace("steps: [{use: rename}]", "steps: [{use: python, function: 'voices:loud'}]"))
    shape.killed("after_commit:customers:1")
    done = here("resume", *shape.names)
    assert done.code == 0, done.err
    told = "Whether voices:loud changed since the run began cannot be told"
    assert " ".join(done.err.split()).count(told) == 1
