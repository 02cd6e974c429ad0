"""Placeholders that a later run writes the real rows over: told, and undone to the placeholders."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.front.calling import here
from tests.front.shapes import Shape, folder_onto, made

folder = pytest.fixture(folder_onto)


@pytest.mark.parametrize("onto", ["sqlite", "postgresql", "mariadb"])
def test_a_run_tells_that_it_wrote_the_real_row_over_a_placeholder(folder: Path, onto: str) -> None:
    shape = made(
        folder,
        """CREATE TABLE region (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
        CREATE TABLE city (id INTEGER PRIMARY KEY, name TEXT NOT NULL, region_id INTEGER NOT NULL REFERENCES region);
        INSERT INTO region VALUES (1, 'North'), (2, 'South'), (3, 'East');
        INSERT INTO city VALUES (1, 'A', 1), (2, 'B', 2), (3, 'C', 3), (4, 'D', 2);""",
        """CREATE TABLE regions (id CHAR(36) PRIMARY KEY, name TEXT NOT NULL);
        CREATE TABLE cities (id CHAR(36) PRIMARY KEY, name TEXT NOT NULL,
            region_id CHAR(36) NOT NULL REFERENCES regions (id));""",
    )
    assert _planned(shape, "only regions whose id is not 2", "placeholders") == 0
    assert "1 placeholder in regions" in shape.run().err.replace("\n", " ")
    assert _planned(shape, "since", "--only", "regions") == 0
    told = " ".join(shape.run().err.split())
    assert "2 rows were there already and left as they were, 1 placeholder has become the real row, in" in told
    names = "SELECT r.name FROM cities c JOIN regions r ON r.id = c.region_id ORDER BY c.name"
    assert shape.new(names) == [("North",), ("South",), ("East",), ("South",)]
    _, last = shape.new("SELECT run_id FROM ferryman_run ORDER BY run_started")
    assert here("rollback", *last, *shape.names[2:], "--yes").code == 0
    assert [name for (name,) in shape.new(names)].count("South") == 0
    shape.undone()


def _planned(shape: Shape, *answers: str) -> int:
    more = [word for word in answers if word.startswith("--") or word == "regions"]
    given = [part for word in answers if word not in more for part in ("--answer", word)]
    return here("plan", *shape.names, "-o", shape.folder / "plan.yaml", "--force", *given, *more).code
