"""Rows of a filled table that have a text for a key which others of the old table have: what is offered can go."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.front.shapes import Shape, folder_onto, made

OTHERS = "('T1', 'Gold', 100), ('T2', 'Silver', 200), ('T8', 'Bronze', 300)"
THE_SAME = "('T1', 'Day', 10), ('T2', 'Night', 20), ('T8', 'Dawn', 300)"


folder = pytest.fixture(folder_onto)


def tariffs(folder: Path, there: str, *, contracts: bool) -> Shape:
    old = """CREATE TABLE tariff (code VARCHAR(40) PRIMARY KEY, name VARCHAR(40) NOT NULL, price INTEGER);
        INSERT INTO tariff VALUES ('T1', 'Day', 10), ('T2', 'Night', 20), ('T3', 'Weekend', 30), ('T4', 'Lent', 40);"""
    new = f"""CREATE TABLE tariffs (code VARCHAR(40) PRIMARY KEY, name VARCHAR(40) NOT NULL, price INTEGER);
        INSERT INTO tariffs VALUES {there};"""
    if contracts:
        old += """CREATE TABLE contract (id INTEGER PRIMARY KEY,
                tariff_code VARCHAR(40) NOT NULL REFERENCES tariff(code));
            INSERT INTO contract VALUES (1, 'T1'), (2, 'T3'), (3, 'T2');"""
        new += """CREATE TABLE contracts (id INTEGER PRIMARY KEY,
            tariff_code VARCHAR(40) NOT NULL REFERENCES tariffs(code));"""
    return made(folder, old, new)


@pytest.mark.parametrize("onto", ["sqlite", "postgresql", "mariadb"])
def test_rows_whose_key_is_that_of_another_row_are_set_aside(folder: Path, onto: str) -> None:
    shape = tariffs(folder, OTHERS, contracts=False)
    told = shape.plan("tariff into tariffs", code=5).err
    assert "2 of 3 rows there have the code of a row of tariff, and hold something else." in " ".join(told.split())
    assert "taken, which are asked about by themselves (recommended)" in " ".join(told.split())
    shape.plan("tariff into tariffs", "take all recommendations", "quarantine")
    shape.run(code=3)
    wanted = [("T1", "Gold"), ("T2", "Silver"), ("T3", "Weekend"), ("T4", "Lent"), ("T8", "Bronze")]
    assert shape.new("SELECT code, name FROM tariffs ORDER BY code") == wanted
    shape.undone()


@pytest.mark.parametrize("onto", ["sqlite", "postgresql", "mariadb"])
def test_where_others_refer_to_them_new_keys_are_offered_and_nothing_that_ends_at_strangers(
    folder: Path, onto: str
) -> None:
    shape = tariffs(folder, OTHERS, contracts=True)
    told = shape.plan("tariff into tariffs", code=5).err
    assert "new_keys: " in told and "add: " not in told and "(recommended)" not in told
    shape.plan("tariff into tariffs", "new_keys")
    shape.run()
    assert shape.new("SELECT name FROM contracts c JOIN tariffs t ON t.code = c.tariff_code ORDER BY c.id") == [
        ("Day",), ("Weekend",), ("Night",)
    ]  # fmt: skip
    assert shape.new("SELECT count(*) FROM tariffs") == [(7,)]
    shape.proved_and_undone()


@pytest.mark.parametrize("onto", ["sqlite"])
def test_keys_of_rows_that_hold_the_same_are_the_same(folder: Path, onto: str) -> None:
    shape = tariffs(folder, THE_SAME, contracts=True)
    assert (
        "same_key: Rows with the same code are the same (recommended)" in shape.plan("tariff into tariffs", code=5).err
    )
    shape.plan("tariff into tariffs", "take all recommendations")
    shape.run()
    assert shape.new("SELECT name FROM contracts c JOIN tariffs t ON t.code = c.tariff_code ORDER BY c.id") == [
        ("Day",), ("Weekend",), ("Night",)
    ]  # fmt: skip
