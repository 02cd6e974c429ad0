"""Two tables of one phase lack the same rows, which a filter leaves out and a decision takes along."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.front.shapes import KEYS, folder_onto, made, values

folder = pytest.fixture(folder_onto)


@pytest.mark.parametrize("onto", ["sqlite", "postgresql", "mariadb"])
@pytest.mark.parametrize("keys", ["derived", "generated"])
def test_they_come_once_for_both(folder: Path, onto: str, keys: str) -> None:
    rows = range(1, 901)
    refers = f"(id {KEYS[keys]}, name VARCHAR(20) NOT NULL, client_id {KEYS[keys].split()[0]}"
    shape = made(
        folder,
        f"""CREATE TABLE clients (id INTEGER PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL);
        CREATE TABLE orders (id INTEGER PRIMARY KEY, name TEXT NOT NULL, client_id INTEGER NOT NULL
            REFERENCES clients (id));
        CREATE TABLE visits (id INTEGER PRIMARY KEY, name TEXT NOT NULL, client_id INTEGER NOT NULL
            REFERENCES clients (id));
        INSERT INTO clients VALUES {values([(n, f"Client {n}", "old" if n % 3 else "new") for n in rows])};
        INSERT INTO orders VALUES {values([(n, f"Order {n}", n) for n in rows])};
        INSERT INTO visits VALUES {values([(n, f"Visit {n}", n) for n in rows])};""",
        f"""CREATE TABLE clients (id {KEYS[keys]}, name VARCHAR(20) NOT NULL, kind VARCHAR(9) NOT NULL);
        CREATE TABLE orders {refers} NOT NULL REFERENCES clients (id));
        CREATE TABLE visits {refers} NOT NULL REFERENCES clients (id));""",
    )
    shape.plan("only clients whose kind is new", "take them along", "take them along")
    shape.run()
    for table in ("orders", "visits"):
        joined = f"SELECT t.name, c.name FROM {table} t JOIN clients c ON c.id = t.client_id ORDER BY t.name"
        shape.assert_same(joined, joined)
    assert shape.new("SELECT count(*) FROM clients") == [(900,)]
    shape.proved_and_undone()
