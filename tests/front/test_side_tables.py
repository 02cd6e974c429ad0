"""Two old tables that become one new one: orders and their addresses, one at most for each."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.front.shapes import KEYS, Shape, folder_onto, made, values

folder = pytest.fixture(folder_onto)
SENT = "SELECT o.total, a.street, a.city FROM orders o LEFT JOIN order_addresses a ON a.order_id = o.id ORDER BY 1"


def orders(folder: Path, *, unique: str = "UNIQUE", street: str = "", every: int = 10) -> Shape:
    """300 orders; every tenth has no address, whose numbers are others than the orders'."""
    addresses = [(1000 - n, n, f"{n} High Street", f"City {n % 7}") for n in range(1, 301) if n % every]
    return made(
        folder,
        f"""CREATE TABLE orders (id INTEGER PRIMARY KEY, total REAL NOT NULL);
        CREATE TABLE order_addresses (id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL {unique} REFERENCES orders (id),
            street VARCHAR(60), city VARCHAR(40));
        INSERT INTO orders VALUES {values([(n, n * 1.5) for n in range(1, 301)])};
        INSERT INTO order_addresses VALUES {values(addresses)};""",
        f"""CREATE TABLE orders (id {KEYS["derived"]}, total REAL NOT NULL, street VARCHAR(60) {street},
            city VARCHAR(40));""",
    )


@pytest.mark.parametrize("onto", ["sqlite", "postgresql", "mariadb"])
@pytest.mark.parametrize("unique", ["UNIQUE", ""])
def test_the_values_of_the_second_go_into_the_rows_of_the_first(folder: Path, onto: str, unique: str) -> None:
    shape = orders(folder, unique=unique)
    assert "into orders as well: city -> city and street -> street?" in " ".join(shape.plan(code=5).err.split())
    told = " ".join(shape.plan("take all recommendations").err.split())
    assert "30 rows of orders have no row in order_addresses, from which street comes" in told
    shape.run()
    shape.assert_same(SENT, "SELECT total, street, city FROM orders ORDER BY 1")
    shape.proved_and_undone()


@pytest.mark.parametrize("onto", ["sqlite"])
def test_what_must_be_filled_is_filled_from_the_second(folder: Path, onto: str) -> None:
    shape = orders(folder, street="NOT NULL", every=1000)
    shape.plan("take all recommendations")
    shape.run()
    shape.assert_same(SENT, "SELECT total, street, city FROM orders ORDER BY 1")


@pytest.mark.parametrize("onto", ["sqlite"])
def test_a_table_with_several_rows_for_each_is_not_taken_for_one_beside(folder: Path, onto: str) -> None:
    shape = made(
        folder,
        f"""CREATE TABLE orders (id INTEGER PRIMARY KEY, total REAL NOT NULL);
        CREATE TABLE order_addresses (id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders (id),
            street VARCHAR(60));
        INSERT INTO orders VALUES {values([(n, n * 1.5) for n in range(1, 31)])};
        INSERT INTO order_addresses VALUES {values([(n, n % 30 + 1, f"{n} Road") for n in range(1, 61)])};""",
        f"CREATE TABLE orders (id {KEYS['derived']}, total REAL NOT NULL, street VARCHAR(60));",
    )
    assert "as well" not in shape.plan().err
