"""A text for each language in one column, as applications keep their translations, and one text in the new database."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.front.shapes import KEYS, Shape, folder_onto, made, values

folder = pytest.fixture(folder_onto)
HELD = [
    (1, '{"en_US": "Chair", "de_DE": "Stuhl"}'),
    (2, '{"en_US": "Table"}'),
    (3, '{"en_US": "It\\u0027s a \\"lamp\\"", "de_DE": null}'),
]


def products(folder: Path) -> Shape:
    return made(
        folder,
        f"""CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
        INSERT INTO products VALUES {values([*HELD, *((n, f'{{"en_US": "No. {n}"}}') for n in range(4, 301))])};""",
        f"CREATE TABLE products (id {KEYS['kept']}, name VARCHAR(60) NOT NULL);",
    )


@pytest.mark.parametrize("onto", ["sqlite", "postgresql", "mariadb"])
@pytest.mark.parametrize(("answer", "first"), [("en_US", "Chair"), ("de_DE", "Stuhl")])
def test_one_of_them_goes_and_another_where_it_is_missing(folder: Path, onto: str, answer: str, first: str) -> None:
    shape = products(folder)
    asked = " ".join(shape.plan(code=5).err.split())
    assert "holds a text for each language (en_US in 300 rows and de_DE in 1 row)" in asked
    shape.plan(answer)
    shape.run()
    assert shape.new("SELECT name FROM products WHERE id < 5 ORDER BY id") == [
        (first,),
        ("Table",),
        ('It\'s a "lamp"',),
        ("No. 4",),
    ]
    shape.proved_and_undone()


@pytest.mark.parametrize("onto", ["sqlite"])
def test_all_of_them_go_as_they_are_where_a_person_says_so(folder: Path, onto: str) -> None:
    shape = made(
        folder,
        "CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT NOT NULL);"
        f"INSERT INTO products VALUES {values(HELD)};",
        f"CREATE TABLE products (id {KEYS['kept']}, name VARCHAR(60) NOT NULL);",
    )
    shape.plan("as json")
    shape.run()
    shape.assert_same("SELECT name FROM products ORDER BY id", "SELECT name FROM products ORDER BY id")
