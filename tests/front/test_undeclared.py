"""References of old databases that the new one does not declare, where the rows that they name get new keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.front.shapes import KEYS, Shape, made, values

PEOPLE = [(3 * n, f"Anna {n}", f"a{n}@example.org") for n in range(1, 201)]
DEALS = [(n, 3 * (n * 7 % 200 + 1), n * 1.5) for n in range(1, 601)]
STRANGER = "INSERT INTO {0} VALUES (3, 'Zoe', 'zoe@example.org')"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shop(folder: Path, parent: str, child: str, reference: str, new: str, *, more: str = "") -> Shape:
    """Deals with people, of a new side that numbers them anew. `parent` is the old table and its key, and so on."""
    (people, key), (deals, number) = parent.split(), child.split()
    return made(
        folder,
        f"""CREATE TABLE {people} ({key} INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL);
        CREATE TABLE {deals} ({number} INTEGER PRIMARY KEY, {reference}, total NUMERIC);
        INSERT INTO {people} VALUES {values(PEOPLE)}; INSERT INTO {deals} VALUES {values(DEALS)}; {more}""",
        f"""CREATE TABLE customers (id {KEYS["generated"]}, name TEXT NOT NULL, email TEXT NOT NULL UNIQUE);
        CREATE TABLE orders (id {KEYS["generated"]}, {new} INTEGER, total NUMERIC);
        {STRANGER.format("customers")};""",
    )


def assert_right(shape: Shape, old: str, new: str) -> None:
    """Each deal is with the person that it was with."""
    joined = "SELECT d.total, p.email FROM {0} d JOIN {1} p ON p.{2} = d.{3} ORDER BY 1"
    shape.assert_same(joined.format(*old.split()), joined.format(*new.split()))


def test_a_declared_reference_whose_column_was_a_guess_is_followed_once_it_is_said_to_be_right(folder: Path) -> None:
    declared = "kunde_nr INTEGER REFERENCES kunde (kunde_nr)"
    shape = shop(folder, "kunde kunde_nr", "auftrag auftrag_nr", declared, "customer_id")
    shape.plan("orders: auftrag", "orders: yes")
    shape.run()
    assert_right(shape, "auftrag kunde kunde_nr kunde_nr", "orders customers id customer_id")
    shape.proved_and_undone()


def test_a_declared_reference_is_followed_into_the_column_that_a_person_names(folder: Path) -> None:
    declared = "patron INTEGER REFERENCES customer (id)"
    shape = shop(folder, "customer id", "orders id", declared, "x7")
    shape.plan("patron goes into x7 of orders")
    shape.run()
    assert_right(shape, "orders customer id patron", "orders customers id x7")
    shape.proved_and_undone()
