"""Two old tables for one new one: customers and suppliers become contacts, each with what refers to it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.front.shapes import Shape, made
from tests.front.talking import hold

LINKED = "SELECT t.id, c.name FROM {} t JOIN contacts c ON c.id = t.contact_id ORDER BY 1"


@pytest.fixture
def shape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shape:
    """40 customers and 19 suppliers of the same numbers, with an order or a purchase each."""
    monkeypatch.chdir(tmp_path)
    people = "(id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT, phone TEXT, city TEXT)"
    return made(
        tmp_path,
        f"""CREATE TABLE customers {people}; CREATE TABLE suppliers {people};
        CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers, total REAL);
        CREATE TABLE purchases (id INTEGER PRIMARY KEY, supplier_id INTEGER NOT NULL REFERENCES suppliers, total REAL);
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40)
        INSERT INTO customers SELECT i, 'C' || i, 'c' || i || '@x.org', '1' || i, 'Ulm' FROM n;
        INSERT INTO suppliers SELECT id, 'S' || id, 's' || id || '@y.org', phone, 'Bonn' FROM customers WHERE id < 20;
        INSERT INTO orders SELECT id, id, 5 FROM customers; INSERT INTO purchases SELECT id, id, 5 FROM suppliers;""",
        """CREATE TABLE contacts (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT, phone TEXT, city TEXT);
        CREATE TABLE orders (id INTEGER PRIMARY KEY, contact_id INTEGER NOT NULL REFERENCES contacts (id), total REAL);
        CREATE TABLE purchases (id INTEGER PRIMARY KEY, contact_id INTEGER NOT NULL REFERENCES contacts (id),
            total REAL);""",
    )


def test_what_refers_to_the_second_is_not_tied_to_rows_of_the_first(shape: Shape) -> None:
    asked = " ".join(shape.plan(code=5).err.split())
    assert "nothing in purchases does. supplier_id names rows of suppliers" in asked
    assert "leave_out: Leave purchases out (recommended)" in asked
    assert "Fill it from supplier_id (recommended)" not in asked


def test_the_second_comes_in_a_plan_of_its_own_as_is_said_with_what_refers_to_it(shape: Shape) -> None:
    begin = ("fill contacts and orders", "take all recommendations", "yes")
    second = ("fill contacts and purchases", "suppliers goes into contacts", "add", "take all recommendations", "yes")
    held = hold(shape.files, *begin, "what is left out?", *second)
    told = " ".join(held.after("what is left out?").split())
    assert "suppliers (old system, 19 rows): it looks like contacts as well, which customers fills" in told
    assert 'ask for it anew: "fill contacts and purchases", then "suppliers goes into contacts"' in told
    assert shape.new(LINKED.format("orders")) == [(n, f"C{n}") for n in range(1, 41)]
    assert shape.new(LINKED.format("purchases")) == [(n, f"S{n}") for n in range(1, 20)]
    assert shape.new("SELECT count(*) FROM contacts") == [(59,)]


@pytest.mark.parametrize("words", ["put suppliers into contacts as well", "fill contacts from customers and suppliers"])
def test_both_at_once_is_answered_and_changes_nothing(shape: Shape, words: str) -> None:
    held = hold(shape.files, "fill contacts", words)
    assert "a plan fills a new table from one old table" in " ".join(held.after(words).split())
    assert "What is different now" not in held.after(words)


def test_a_reference_to_the_first_goes_when_the_second_takes_its_place(shape: Shape) -> None:
    held = hold(shape.files, "fill contacts and orders", "take all recommendations", "suppliers goes into contacts")
    told = " ".join(held.after("suppliers goes into contacts").split())
    assert "customer_id names rows of customers" in told
    assert "Leave orders out (recommended)" in told


def test_the_second_has_numbers_of_its_own_where_the_new_side_numbers_the_rows(shape: Shape) -> None:
    """Number 3 is taken, so that rows get new numbers: customer 1 and supplier 1 get one each."""
    with closing(sqlite3.connect(shape.files[1])) as new:
        new.executescript("""PRAGMA foreign_keys = OFF; DROP TABLE contacts;
        CREATE TABLE contacts (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, email TEXT UNIQUE, city TEXT);
        INSERT INTO contacts VALUES (3, 'Seed', 'seed@x.org', '');""")
    begin = ("fill contacts and orders", "take all recommendations", "yes")
    held = hold(shape.files, *begin, "fill contacts and purchases", "suppliers goes into contacts", *begin[1:])
    assert shape.new(LINKED.format("orders")) == [(n, f"C{n}") for n in range(1, 41)]
    assert shape.new(LINKED.format("purchases")) == [(n, f"S{n}") for n in range(1, 20)]
    hold(shape.files, f"undo run {held.run}", "yes")
    assert shape.new("SELECT (SELECT count(*) FROM contacts), (SELECT count(*) FROM purchases)") == [(41, 0)]


def test_whose_rows_a_reference_names_is_asked_where_nothing_says_it_and_its_parent_holds_rows_of_both(
    shape: Shape,
) -> None:
    calls = "CREATE TABLE calls (id INTEGER PRIMARY KEY, caller_id INTEGER NOT NULL {}, topic TEXT NOT NULL);"
    with closing(sqlite3.connect(shape.files[0])) as old, closing(sqlite3.connect(shape.files[1])) as new:
        old.executescript(calls.format("") + "INSERT INTO calls SELECT id, 20 - id, 'T' || id FROM suppliers;")
        new.executescript(calls.format("REFERENCES contacts (id)"))
    said = "caller_id names rows of contacts"  # which does not say it either
    first = ("only contacts, customers goes into contacts", "take all recommendations", "yes")
    second = ("only contacts, suppliers goes into contacts", "add", "yes")
    held = hold(shape.files, *first, *second, "only calls", said, "suppliers", "yes")
    asked = " ".join(held.after("only calls").split())
    assert "contacts holds rows of customers and suppliers. Whose rows does caller_id of calls name?" in asked
    called = "SELECT t.id, c.name FROM calls t JOIN contacts c ON c.id = t.caller_id ORDER BY 1"
    assert shape.new(called) == [(n, f"S{20 - n}") for n in range(1, 20)]
