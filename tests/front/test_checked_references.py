"""CHECK constraints over references whose keys the new database is yet to give: told ahead by where they lead."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.front.shapes import KEYS, Shape, folder_onto, made, values

PAIRS = [(1, 1, 2, None), (2, 3, 1, "x"), (3, None, 2, None), (4, None, 3, "alone"), (5, 2, 2, "same")]

folder = pytest.fixture(folder_onto, autouse=True)


def friends(folder: Path, rule: str) -> Shape:
    """Pairs of persons, whom the new database numbers anew: it has one already."""
    shape = made(
        folder,
        f"""CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT);
        CREATE TABLE pair (id INTEGER PRIMARY KEY, one_id INTEGER REFERENCES person (id),
            other_id INTEGER REFERENCES person (id), note TEXT);
        INSERT INTO person VALUES {values([(n, f"P{n}") for n in (1, 2, 3)])};
        INSERT INTO pair VALUES {values(PAIRS)};""",
        f"""CREATE TABLE persons (id {KEYS["generated"]}, name VARCHAR(20));
        CREATE TABLE pairs (id INTEGER NOT NULL PRIMARY KEY, one_id INTEGER REFERENCES persons (id),
            other_id INTEGER REFERENCES persons (id), note VARCHAR(20), CONSTRAINT apart CHECK ({rule}));
        INSERT INTO persons VALUES (1, 'theirs');""",
    )
    if shape.sides:  # a file's own CHECK is not made anew on a server
        with shape.sides[1].engine.begin() as connection:
            connection.exec_driver_sql(f"ALTER TABLE pairs ADD CONSTRAINT apart CHECK ({rule})")
    return shape


@pytest.mark.parametrize("onto", ["sqlite", "postgresql", "mariadb"])
def test_what_rows_will_refer_to_breaks_no_rule_before_it_is_there(folder: Path, onto: str) -> None:
    shape = friends(folder, "one_id IS NOT NULL OR note IS NULL OR note = 'alone'")
    shape.plan("add")
    shape.run()
    pairs = "SELECT p.id, a.name, b.name, p.note FROM {1} p LEFT JOIN {0} a ON a.id = p.one_id JOIN {0} b ON b.id = "
    pairs += "p.other_id ORDER BY 1"
    shape.assert_same(pairs.format("person", "pair"), pairs.format("persons", "pairs"))
    shape.proved_and_undone()


@pytest.mark.parametrize("onto", ["sqlite", "postgresql", "mariadb"])
def test_rows_that_will_break_one_are_found_before(folder: Path, onto: str) -> None:
    shape = friends(folder, "one_id <> other_id AND (one_id IS NOT NULL OR note IS NOT NULL)")
    asked = shape.plan("add", code=5)
    said = " ".join((asked.out + asked.err).split())
    assert "2 rows of pairs break a rule of the new database about one_id and other_id and note" in said
    shape.plan("add", "pairs: quarantine")
    shape.run(code=3)
    assert shape.new("SELECT id FROM pairs ORDER BY id") == [(1,), (2,), (4,)]
    shape.undone()
