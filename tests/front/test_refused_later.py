"""Rows that are in the new database already when it refuses, batches later, the row that they refer to."""

from __future__ import annotations

import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ferryman.tools.move.failpoint import VARIABLE
from tests.front.calling import call, here
from tests.front.shapes import KEYS, Shape, folder_onto, made, values

REFUSED = 900  #: in the second batch; `EARLY` are in the first one
EARLY = {5: REFUSED, 6: 5, 7: REFUSED}
TREE = [(n, f"U{n}", EARLY.get(n, REFUSED if n == 950 else 1 if n > 1 else None)) for n in range(1, 1201)]
LOST = "SELECT count(*) FROM units WHERE parent_id IS NOT NULL AND parent_id NOT IN (SELECT id FROM units)"

REFUSING = {
    "sqlite": """CREATE TRIGGER unwanted_{when} BEFORE {when} ON {table} WHEN new.name = '{name}'
        BEGIN SELECT RAISE(ABORT, 'not wanted here'); END""",
    "postgresql": """CREATE FUNCTION unwanted_{when}() RETURNS trigger AS $$ BEGIN
            IF new.name = '{name}' THEN RAISE EXCEPTION 'not wanted here' USING ERRCODE = 'check_violation'; END IF;
            RETURN new; END $$ LANGUAGE plpgsql;
        CREATE TRIGGER unwanted_{when} BEFORE {when} ON {table} FOR EACH ROW EXECUTE FUNCTION unwanted_{when}()""",
    "mysql": """CREATE TRIGGER unwanted_{when} BEFORE {when} ON {table} FOR EACH ROW
        IF new.name = '{name}' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not wanted here'; END IF""",
}


folder = pytest.fixture(folder_onto, autouse=True)


def refusing(shape: Shape, table: str, name: str = "U900") -> Shape:
    """The same, where the new database takes no row of that name."""
    for when in ("INSERT", "UPDATE"):
        if shape.sides is None:
            with closing(sqlite3.connect(shape.files[1])) as new:
                new.executescript(REFUSING["sqlite"].format(table=table, when=when, name=name))
        else:
            engine = shape.sides[1].engine
            with engine.begin() as connection:
                connection.exec_driver_sql(REFUSING[engine.dialect.name].format(table=table, when=when, name=name))
    return shape


def tree(folder: Path, identity: str, refused: int = REFUSED) -> Shape:
    """Units under one another; that with the number `refused` is the one that is not taken."""
    key, other = KEYS[identity], {REFUSED: refused, refused: REFUSED}
    rows = [(other.get(n, n), f"U{other.get(n, n)}", other.get(p, p)) for n, _, p in TREE]  # type: ignore[arg-type]
    shape = made(
        folder,
        f"""CREATE TABLE unit (id INTEGER PRIMARY KEY, name TEXT, parent_id INTEGER REFERENCES unit);
        INSERT INTO unit VALUES {values(rows)};""",
        f"""CREATE TABLE units (id {key}, name TEXT, parent_id {key.split()[0]} REFERENCES units (id));""",
    )
    return refusing(shape, "units", f"U{refused}")


EVERYWHERE = [
    *(("sqlite", identity, below) for identity, below in zip(KEYS, ("skip", "null", "placeholders"), strict=True)),
    ("postgresql", "kept", "skip"),
    ("postgresql", "generated", "null"),
    ("mariadb", "derived", "placeholders"),
    ("mariadb", "generated", "skip"),
]
WAYS = {"skip": "skip_orphaned_records", "null": "set_null", "placeholders": "create_placeholders"}


@pytest.mark.parametrize(("onto", "identity", "below"), EVERYWHERE)
def test_rows_of_earlier_batches_go_again_knowing_it(folder: Path, onto: str, identity: str, below: str) -> None:
    shape = tree(folder, identity)
    shape.plan("fire")
    shape.run(code=5)
    done = here("resume", *shape.names, "--decide", WAYS[below], "--decide", WAYS["skip"])
    assert done.code == 3, done.err
    assert "Rows 1-500 of units go again: some hang on a row that the new database refuses." in " ".join(
        done.err.split()
    )
    above = {f"U{n}": f"U{parent}" if parent else None for n, _, parent in TREE if n != REFUSED}
    if below == "skip":
        above = {name: parent for name, parent in above.items() if name not in ("U5", "U6", "U7", "U950")}
    else:
        above |= dict.fromkeys(("U5", "U7", "U950"))  # empty, or under a placeholder without a name
    rows = "SELECT u.name, p.name FROM units u LEFT JOIN units p ON p.id = u.parent_id WHERE u.name != ''"
    assert dict(shape.new(rows)) == above
    assert shape.new(LOST) == [(0,)]
    under = "SELECT count(*) FROM units WHERE name IN ('U5', 'U7', 'U950') AND parent_id IS NOT NULL"
    assert shape.new(under) == [(3 if below == "placeholders" else 0,)]
    shape.proved_and_undone()


#: Refused in the third of three batches, so that two are taken back: killed before, between and after.
MOMENTS = [
    ("sqlite", "generated", "after_taken_back:units:2"),
    ("postgresql", "generated", "after_taken_back:units:2"),
    ("postgresql", "kept", "after_taken_back:units:1"),
    ("mariadb", "derived", "before_taken_back:units:1"),
]


@pytest.mark.parametrize(("onto", "identity", "moment"), MOMENTS)
def test_killed_while_batches_are_taken_back(folder: Path, onto: str, identity: str, moment: str) -> None:
    shape = tree(folder, identity, refused=1100)
    shape.plan("fire")
    shape.run(code=5)
    going_on = ("resume", *shape.names, "--decide", WAYS["skip"])
    killed = call(*going_on, env={VARIABLE: moment})
    assert killed.code == -signal.SIGKILL, killed.err
    done = here(*going_on)
    assert done.code == 3, done.err
    aside = {"U1100", "U5", "U6", "U7", "U950"}
    arrived = [name for (name,) in shape.new("SELECT name FROM units")]
    assert sorted(arrived) == sorted({f"U{n}" for n in range(1, 1201)} - aside)
    assert shape.new(LOST) == [(0,)]
    assert shape.new("SELECT count(*) FROM ferryman_quarantine WHERE state = 'open'") == [(len(aside),)]
    shape.proved_and_undone()


@pytest.mark.parametrize("onto", ["sqlite"])
def test_rows_of_one_cause_are_decided_on_once_for_all_batches(folder: Path, onto: str) -> None:
    rows = [(n, "U900" if n % 10 == 1 else f"N{n}") for n in range(1, 2001)]
    shape = made(
        folder,
        f"CREATE TABLE unit (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO unit VALUES {values(rows)};",
        "CREATE TABLE units (id INTEGER PRIMARY KEY, name TEXT);",
    )
    refusing(shape, "units")
    shape.plan("fire")
    asked = shape.run(code=5)
    assert "and those that follow for the same reason (about 200 in all at this rate)" in " ".join(asked.err.split())
    done = here("resume", *shape.names, "--decide", WAYS["skip"])
    assert done.code == 3, done.err
    assert shape.new("SELECT count(*) FROM units") == [(1800,)]
    shape.proved_and_undone()


@pytest.mark.parametrize("onto", ["sqlite", "mariadb"])
def test_a_row_that_came_out_of_quarantine_meanwhile_goes_again_as_well(folder: Path, onto: str) -> None:
    """Set aside in the first batch, brought by a retry, and taken back with the second, of which a row hangs on what is
    refused in the third."""
    rows = [(n, "x" * 90 if n == 5 else f"U{n}", 1100 if n == 600 else None) for n in range(1, 1201)]
    shape = made(
        folder,
        f"""CREATE TABLE unit (id INTEGER PRIMARY KEY, name TEXT, parent_id INTEGER REFERENCES unit);
        INSERT INTO unit VALUES {values(rows)};""",
        "CREATE TABLE units (id INTEGER PRIMARY KEY, name VARCHAR(40), parent_id INTEGER REFERENCES units (id));",
    )
    refusing(shape, "units", "U1100")
    shape.plan("fire", "units: quarantine")
    shape.run(code=5)
    with closing(sqlite3.connect(shape.files[0])) as old:
        old.execute("UPDATE unit SET name = 'U5' WHERE id = 5")
        old.commit()
    brought = here("quarantine", "retry", *shape.names)
    said = " ".join((brought.out + brought.err).split())
    assert "units: 1 row came in, 0 stay set aside. It is checked when the run has copied it to its end." in said
    done = here("resume", *shape.names, "--decide", WAYS["skip"])
    assert done.code == 3, done.err
    assert shape.new("SELECT count(*) FROM units") == [(1197,)]
    again = here("quarantine", "retry", *shape.names)
    assert "units: 1 row came in, 2 stay set aside" in " ".join((again.out + again.err).split())
    assert shape.new("SELECT count(*) FROM units") == [(1198,)]
    shape.proved_and_undone()


@pytest.mark.parametrize(("onto", "below"), [("sqlite", "null"), ("sqlite", "skip"), ("postgresql", "null")])
def test_batches_go_again_for_what_is_refused_anew_alone(folder: Path, onto: str, below: str) -> None:
    """Rows are refused in each of four batches. Of the first batch one hangs on another of the first and one on one of
    the second: it goes again for the latter, and not for those of the third and fourth, on which nobody hangs."""
    refused, parents = {"U10", "U600", "U1100", "U1600"}, {20: 10, 30: 600}
    rows = [(n, f"U{n}", parents.get(n)) for n in range(1, 1801)]
    unwanted = ", ".join(map(repr, sorted(refused)))
    shape = made(
        folder,
        f"""CREATE TABLE unit (id INTEGER PRIMARY KEY, name TEXT, parent_id INTEGER REFERENCES unit);
        INSERT INTO unit VALUES {values(rows)};""",
        f"""CREATE TABLE units (id {KEYS["kept"]}, name TEXT CHECK (name NOT IN ({unwanted})),
            parent_id INTEGER REFERENCES units (id));""",
    )
    if shape.sides is not None:  # what is made there of a file's table has no such rule
        with shape.sides[1].engine.begin() as connection:
            connection.exec_driver_sql(f"ALTER TABLE units ADD CHECK (name NOT IN ({unwanted}))")
    shape.plan("take all recommendations", {"null": "units: empty", "skip": "units: quarantine"}[below])
    done = shape.run(code=3)
    said = " ".join(done.err.split())
    assert said.count("go again") <= 1, done.err
    arrived = shape.new("SELECT name, parent_id FROM units")
    aside = refused if below == "null" else refused | {"U20", "U30"}
    assert dict(arrived) == dict.fromkeys({name for _, name, _ in rows} - aside)
    shape.proved_and_undone()
