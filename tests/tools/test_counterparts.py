"""Rows of a new table that are looked for in the old one: by which columns they are found, and what they hold there."""

from __future__ import annotations

from pathlib import Path

import pytest

from ferryman.domain.counterparts import Counterparts, Way
from ferryman.domain.mapping import KeyPair
from ferryman.tools.discover.counterparts import counterparts
from ferryman.tools.discover.introspect import introspect
from tests.tools.pairs import opened, write

OLD = """CREATE TABLE city (id INTEGER PRIMARY KEY, name TEXT, zip TEXT);
INSERT INTO city VALUES (1, 'Bonn', '53111'), (2, 'Kiel', '24103'), (3, 'Ulm', '89073'), (4, NULL, NULL);"""
NEW = "CREATE TABLE cities (id INTEGER PRIMARY KEY, name TEXT, zip TEXT);"


def looked(folder: Path, rows: str, column: str) -> Counterparts:
    source, target = opened(write(folder / "old.db", OLD), write(folder / "new.db", f"{NEW} {rows}"))
    others = tuple(KeyPair(source=name, target=name) for name in ("name", "zip") if name != column)
    way = Way(source="city", target="cities", on=KeyPair(source=column, target=column), compared=others)
    with source.connect() as old, target.connect(reading=True) as new:
        ours, theirs = introspect(old, source.dialect), introspect(new, target.dialect)
        (found,) = counterparts(old, new, ours, theirs, [way])
    return found


@pytest.mark.parametrize(
    ("rows", "column", "told"),
    [
        ("INSERT INTO cities VALUES (1, 'Bonn', '53111'), (9, 'Rom', '1')", "id", (2, 1, 1, 1)),
        ("INSERT INTO cities VALUES (1, ' BONN', ' 53111'), (2, 'kiel', '24103')", "id", (2, 2, 2, 2)),
        ("INSERT INTO cities VALUES (1, 'Oslo', '53111'), (2, 'Paris', '75001')", "id", (2, 2, 2, 0)),
        ("INSERT INTO cities VALUES (4, 'Oslo', '53111'), (3, NULL, NULL)", "id", (2, 2, 0, 0)),
        ("INSERT INTO cities VALUES (71, 'ulm', NULL), (72, 'Kiel', '24103'), (73, NULL, '1')", "name", (2, 1, 1, 1)),
        ("", "id", (0, 0, 0, 0)),
    ],
    ids=["some", "in any case", "others of the same number", "nothing to compare", "by name", "none"],
)
def test_rows_are_found_and_compared(tmp_path: Path, rows: str, column: str, told: tuple[int, ...]) -> None:
    found = looked(tmp_path, rows, column)
    assert (found.looked, found.found, found.compared, found.alike) == told
