"""Two old tables that earlier runs brought into one new one, and a third that refers to rows of both."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.front.calling import here
from tests.front.shapes import KEYS, Row, Shape, folder_onto, made, values

ENGINES = ["sqlite", "postgresql", "mariadb"]
OLD = """SELECT t.subject, c.name, s.name FROM ticket t JOIN customer c ON c.id = t.customer_id
    LEFT JOIN agent s ON s.id = t.owner_id ORDER BY 1"""
NEW = """SELECT t.subject, c.name, o.name FROM tickets t JOIN users c ON c.id = t.customer_id
    LEFT JOIN users o ON o.id = t.owner_id ORDER BY 1"""
TICKETS = "only tickets, ticket goes into tickets"

folder = pytest.fixture(folder_onto)


def in_turn(*keys: str) -> pytest.MarkDecorator:
    """Each engine with a kind of key, for what is told; what is written is tried with all of them on each."""
    return pytest.mark.parametrize(("onto", "keys"), list(zip(ENGINES, keys, strict=True)))


@pytest.fixture
def shape(folder: Path, keys: str, onto: str) -> Shape:
    """Forty customers and twelve agents, of the same numbers where the new side gives others; users who are neither
    under numbers that both have; and a ticket of each customer, most with an agent."""
    first = 101 if keys == "kept" else 1
    people = [(n, f"customer {n}", f"c{n}@x.org") for n in range(1, 41)]
    agents = [(n, f"agent {n}", f"a{n}@y.org") for n in range(first, first + 12)]
    tickets = [(n, f"ticket {n}", 41 - n, None if n % 5 == 0 else first + n % 12) for n in range(1, 41)]
    key = KEYS[keys]
    others: dict[str, list[Row]] = {
        "kept": [(900, "other", "o@z.org")],
        "generated": [(n, f"other {n}", f"o{n}@z.org") for n in (3, 4)],
        "derived": [("00000003-0000-4000-8000-000000000000", "other", "o@z.org")],
    }
    person = "(id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL)"
    return made(
        folder,
        f"""CREATE TABLE customer {person}; CREATE TABLE agent {person};
        CREATE TABLE ticket (id INTEGER PRIMARY KEY, subject TEXT NOT NULL,
            customer_id INTEGER NOT NULL REFERENCES customer, owner_id INTEGER REFERENCES agent);
        INSERT INTO customer VALUES {values(people)}; INSERT INTO agent VALUES {values(agents)};
        INSERT INTO ticket VALUES {values(tickets)};""",
        f"""CREATE TABLE users (id {key}, name TEXT NOT NULL, email TEXT NOT NULL);
        CREATE TABLE tickets (id INTEGER NOT NULL PRIMARY KEY, subject TEXT NOT NULL,
            customer_id {key.split()[0]} NOT NULL REFERENCES users (id),
            owner_id {key.split()[0]} REFERENCES users (id));
        INSERT INTO users VALUES {values(others[keys])};""",
    )


def brought(shape: Shape, keys: str, *tables: str) -> None:
    for table in tables:
        way = "same_key" if keys == "kept" else "add"
        shape.wanted(f"only users, {table} goes into users", f"present:users={way}")
        shape.run()


@pytest.mark.parametrize("onto", ENGINES)
@pytest.mark.parametrize("keys", ["kept", "generated", "derived"])
def test_each_reference_finds_the_rows_of_its_own_old_table(shape: Shape, keys: str) -> None:
    """Whichever came first, and where the process is killed between two batches."""
    brought(shape, keys, *(("agent", "customer") if keys == "generated" else ("customer", "agent")))
    before = shape.held()
    shape.wanted(TICKETS)
    shape.edit(lambda text: text.replace("size: 500", "size: 15"))
    shape.killed("after_commit:tickets:1")
    done = here("resume", *shape.names)
    assert done.code == 0, done.err
    shape.assert_same(OLD, NEW)
    assert here("validate", *shape.names).code == 0
    shape.undo_last()
    assert shape.held() == before
    shape.undo_last()
    shape.undo_last()
    assert shape.held() == shape.before


def lost(shape: Shape) -> None:
    """Two tickets of customers and agents that never were. With kept keys, an agent has the lost customer's number."""
    with closing(sqlite3.connect(shape.files[0])) as old:
        old.executescript("""INSERT INTO ticket SELECT 50, 'lost customer', 105, min(id) FROM agent;
            INSERT INTO ticket VALUES (51, 'lost agent', 1, 30);""")


HELD = "SELECT t.subject, o.name FROM tickets t LEFT JOIN users o ON o.id = t.owner_id WHERE t.id >= 50"


@in_turn("kept", "generated", "derived")
def test_numbers_that_lead_nowhere_are_counted_for_each_and_name_no_row_of_the_other(shape: Shape, keys: str) -> None:
    brought(shape, keys, "customer", "agent")
    lost(shape)
    asked = " ".join(shape.wanted(TICKETS, code=5).err.split())
    for column in ("customer_id", "owner_id"):
        assert f"1 row of tickets refers by {column} to a row of users that never was in the old database" in asked
    lost_ones = [f"orphans:tickets.{name}:never_existed" for name in ("customer_id", "owner_id")]
    shape.wanted(TICKETS, f"{lost_ones[0]}=quarantine", f"{lost_ones[1]}=empty")
    shape.run(code=3)
    assert shape.new(HELD) == [("lost agent", None)]
    assert here("validate", *shape.names).code == 0


@in_turn("derived", "kept", "generated")
def test_a_row_that_came_too_late_for_its_own_run_is_no_row_of_the_other(shape: Shape, keys: str) -> None:
    """Customer 103 came after customers were moved; an agent has that number in the new side where keys are kept."""
    brought(shape, keys, "customer", "agent")
    number = 103 if keys == "kept" else 41
    with closing(sqlite3.connect(shape.files[0])) as old:
        old.executescript(f"""INSERT INTO customer VALUES ({number}, 'late', 'late@x.org');
            INSERT INTO ticket VALUES (60, 'late', {number}, NULL);""")
    asked = " ".join(shape.wanted(TICKETS, code=5).err.split())
    assert "1 row of tickets refers by customer_id to a row of users" in asked
    shape.wanted(TICKETS, "tickets: quarantine")
    shape.run(code=3)
    shape.assert_same(OLD.replace("ORDER", "WHERE t.id < 50 ORDER"), NEW)
