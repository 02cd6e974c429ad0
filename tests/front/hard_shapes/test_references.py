"""References to what is no key, several to one parent, and those that are no plain columns."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.front.calling import here
from tests.front.hard_shapes.places import IDENTITIES, everywhere, said
from tests.front.shapes import KEYS, Shape, made, rows_of, values

# References to what is no key, several to one parent, keys that are references


AIRPORTS = """
CREATE TABLE airport (airport_id INTEGER PRIMARY KEY, iata TEXT NOT NULL UNIQUE, city TEXT);
CREATE TABLE flight (flight_id INTEGER PRIMARY KEY, number TEXT, origin_id INTEGER NOT NULL REFERENCES airport,
    destination_id INTEGER NOT NULL REFERENCES airport, alternate_id INTEGER REFERENCES airport);
CREATE TABLE weather (weather_id INTEGER PRIMARY KEY, iata TEXT NOT NULL REFERENCES airport (iata), temp REAL);
CREATE TABLE passenger (passenger_id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE passport (passenger_id INTEGER PRIMARY KEY REFERENCES passenger, number TEXT);
CREATE TABLE boarding (flight_id INTEGER NOT NULL REFERENCES flight, passenger_id INTEGER NOT NULL REFERENCES passenger,
    seat TEXT, PRIMARY KEY (flight_id, passenger_id));
INSERT INTO airport VALUES (11, 'ZRH', 'Zurich'), (12, 'OSL', 'Oslo'), (13, 'LIS', 'Lisbon');
INSERT INTO flight VALUES (1, 'A1', 11, 12, 13), (2, 'A2', 12, 11, NULL), (3, 'A3', 13, 13, 11);
INSERT INTO weather VALUES (1, 'ZRH', 3.5), (2, 'OSL', -2), (3, 'ZRH', 4);
INSERT INTO passenger VALUES (1, 'Ann'), (2, 'Bo'), (3, 'Cy');
INSERT INTO passport VALUES (1, 'P1'), (3, 'P3');
INSERT INTO boarding VALUES (1, 1, '1A'), (1, 2, '1B'), (2, 3, '1A'), (3, 1, NULL);
"""
AIRPORT_QUESTIONS = (
    "SELECT number, o.city, d.city, a.city FROM {flight} JOIN {airport} o ON o.{airport_id} = origin_id"
    " JOIN {airport} d ON d.{airport_id} = destination_id LEFT JOIN {airport} a ON a.{airport_id} = alternate_id"
    " ORDER BY 1",
    "SELECT temp, city FROM {weather} w JOIN {airport} a ON a.iata = w.iata ORDER BY 1",
    "SELECT name, number FROM {passenger} p JOIN {passport} k ON k.passenger_id = p.{passenger_id} ORDER BY 1",
    "SELECT f.number, name, seat FROM {boarding} b JOIN {flight} f ON f.{flight_id} = b.flight_id"
    " JOIN {passenger} p ON p.{passenger_id} = b.passenger_id ORDER BY 1, 2",
)


@everywhere("kept", "derived")
def test_three_references_to_one_parent_one_to_a_code_and_keys_that_are_references(folder: Path, identity: str) -> None:
    key, other = KEYS[identity], KEYS[identity].split()[0]
    shape = made(
        folder,
        AIRPORTS,
        f"""CREATE TABLE airports (id {key}, iata VARCHAR(3) NOT NULL UNIQUE, city TEXT);
        CREATE TABLE flights (id {key}, number TEXT, origin_id {other} NOT NULL REFERENCES airports (id),
            destination_id {other} NOT NULL REFERENCES airports (id), alternate_id {other} REFERENCES airports (id));
        CREATE TABLE weather_reports (id {key}, iata VARCHAR(3) NOT NULL REFERENCES airports (iata), temp REAL);
        CREATE TABLE passengers (id {key}, name TEXT);
        CREATE TABLE passports (passenger_id {key} REFERENCES passengers (id), number TEXT);
        CREATE TABLE boardings (flight_id {other} NOT NULL REFERENCES flights (id),
            passenger_id {other} NOT NULL REFERENCES passengers (id), seat TEXT, PRIMARY KEY (flight_id, passenger_id));
        """,
    )
    shape.plan()
    shape.run()
    old = {n: n for n in ("airport", "flight", "weather", "passenger", "passport", "boarding")}
    new = {n: f"{n}s" for n in old} | {"weather": "weather_reports"}
    keys = ("airport_id", "flight_id", "passenger_id")
    for question in AIRPORT_QUESTIONS:
        shape.assert_same(
            question.format(**old, **{k: k for k in keys}), question.format(**new, **dict.fromkeys(keys, "id"))
        )
    shape.proved_and_undone()


# References that are no plain columns


SHELF = """
CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT, author_ids TEXT);
CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT, about_type TEXT, about_id INTEGER);
INSERT INTO author VALUES (1, 'Ada'), (2, 'Bea'), (3, 'Cid');
INSERT INTO book VALUES (1, 'one', '2, 1'), (2, 'two', '3'), (3, 'three', ''), (4, 'four', NULL), (5, 'five', '1,9');
INSERT INTO note VALUES (1, 'n1', 'Library::Book', 2), (2, 'n2', 'Person', 2), (3, 'n3', 'Person', 8),
    (4, 'n4', NULL, NULL);
"""


def shelves(folder: Path, identity: str) -> Shape:
    key, other = KEYS[identity], KEYS[identity].split()[0]
    return made(
        folder,
        SHELF,
        f"""CREATE TABLE authors (id {key}, name TEXT);
        CREATE TABLE books (id {key}, title TEXT, author_ids TEXT);
        CREATE TABLE notes (id {key}, body TEXT, about_type TEXT, about_id {other});""",
    )


@pytest.mark.parametrize("identity", IDENTITIES)
def test_ids_in_a_list_and_beside_a_type_follow_their_rows(folder: Path, identity: str) -> None:
    shape = shelves(folder, identity)
    if identity == "generated":  # something is there already, so that no old number can stay
        with closing(sqlite3.connect(shape.files[1])) as connection, connection:
            for table in ("authors (id, name)", "books (id, title)", "notes (id, body)"):
                connection.execute(f"INSERT INTO {table} VALUES (40, 'seed')")
        shape = Shape(shape.folder, rows_of(shape.files[1]))
    listed = "author_ids of books holds ids of authors"
    typed = [
        f"about_id of notes refers to {parent} where about_type is {kind}"
        for kind, parent in (("Library::Book", "books"), ("Person", "authors"))
    ]
    adding = ["add"] * 3 if identity == "generated" else []
    told = shape.plan(*adding, listed, *typed, code=5).err
    assert "1 row of books refers by author_ids to rows that are not there" in told
    assert "1 row of notes refers by about_id to rows that are not there" in told
    shape.plan(*adding, listed, *typed, "quarantine", "quarantine")
    shape.run(code=3)
    assert shape.new(
        "SELECT title, (SELECT group_concat(name) FROM authors WHERE instr(',' || author_ids || ',', ',' || id || ','))"
        " FROM books WHERE title != 'seed' ORDER BY 1"
    ) == [("four", None), ("one", "Ada,Bea"), ("three", None), ("two", "Cid")]
    assert shape.new(
        "SELECT body, coalesce(title, name) FROM notes LEFT JOIN books b ON b.id = about_id AND about_type LIKE '%Book'"
        " LEFT JOIN authors a ON a.id = about_id AND about_type = 'Person' WHERE body != 'seed' ORDER BY 1"
    ) == [("n1", "two"), ("n2", "Bea"), ("n4", None)]
    shape.undone()


# A framework's own list, and a parent that is known by its code


TYPES = """CREATE TABLE django_content_type (id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    app_label varchar(100) NOT NULL, model varchar(100) NOT NULL, UNIQUE (app_label, model));"""


@everywhere(*IDENTITIES)
def test_content_types_are_found_by_app_and_model_whatever_their_numbers(folder: Path, identity: str) -> None:
    key = KEYS[identity]
    shape = made(
        folder,
        f"""{TYPES}
        CREATE TABLE shop_remark (id integer PRIMARY KEY, body text NOT NULL,
            content_type_id integer NOT NULL REFERENCES django_content_type (id));
        INSERT INTO django_content_type VALUES (1, 'shop', 'customer'), (2, 'shop', 'product'), (3, 'shop', 'gone');
        INSERT INTO shop_remark VALUES (1, 'c1', 1), (2, 'p1', 2), (3, 'p2', 2), (4, 'g1', 3);""",
        f"""{TYPES}
        CREATE TABLE shop_remark (id {key}, body text NOT NULL,
            content_type_id integer NOT NULL REFERENCES django_content_type (id));
        INSERT INTO django_content_type VALUES (1, 'auth', 'user'), (2, 'shop', 'customer'), (9, 'shop', 'product');
        {"INSERT INTO shop_remark VALUES (70, 'seed', 1);" if identity == "generated" else ""}""",
    )
    words = ["add"] if identity == "generated" else []
    assert "1 row of shop_remark refers by content_type_id to a row of django_content_type" in said(
        shape.plan(*words, code=5)
    )
    shape.plan(*words, "quarantine")
    shape.run(code=3)
    assert shape.new(
        "SELECT body, model FROM shop_remark JOIN django_content_type t ON t.id = content_type_id"
        " WHERE body != 'seed' ORDER BY 1"
    ) == [("c1", "customer"), ("p1", "product"), ("p2", "product")]
    assert shape.new("SELECT count(*) FROM django_content_type") == [(3,)]
    shape.proved_and_undone()


@pytest.mark.parametrize("declared", ["REFERENCES currency (code)", ""])
@everywhere(*IDENTITIES)
def test_a_parent_that_the_old_side_names_by_its_code_is_named_by_its_id(
    folder: Path, identity: str, declared: str
) -> None:  # fmt: skip
    key = KEYS[identity]
    shape = made(
        folder,
        f"""CREATE TABLE currency (currency_id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE, label TEXT);
        CREATE TABLE price (price_id INTEGER PRIMARY KEY, currency_code TEXT {declared}, amount REAL);
        INSERT INTO currency VALUES (11, 'EUR', 'Euro'), (12, 'CHF', 'Franc'), (13, 'NOK', 'Krone');
        INSERT INTO price VALUES (1, 'CHF', 1.5), (2, 'EUR', 2.5), (3, NULL, 3.5), (4, 'CHF', 4.5);""",
        f"""CREATE TABLE currencies (id {key}, code VARCHAR(3) NOT NULL UNIQUE, label TEXT);
        CREATE TABLE prices (id {key}, currency_id {key.split()[0]} REFERENCES currencies (id), amount REAL);
        {"INSERT INTO currencies VALUES (5, 'CHF', 'Franc');" if identity == "generated" else ""}""",
    )
    done = shape.planned()
    assert done.code == 0, done.err
    shape.run()
    shape.assert_same(
        "SELECT amount, label FROM price LEFT JOIN currency c ON c.code = currency_code ORDER BY 1",
        "SELECT amount, label FROM prices LEFT JOIN currencies c ON c.id = currency_id ORDER BY 1",
    )
    shape.proved_and_undone()


# A sample of rows whose parents get new numbers


def test_a_sample_has_the_parents_that_the_new_database_numbers(folder: Path) -> None:
    shape = made(
        folder,
        f"""CREATE TABLE drug (code TEXT PRIMARY KEY, name TEXT);
        CREATE TABLE dose (id INTEGER PRIMARY KEY, drug_code TEXT NOT NULL REFERENCES drug (code), amount INTEGER);
        INSERT INTO drug VALUES {values([(f"D{n:03}", f"drug {n}") for n in range(200)])};
        INSERT INTO dose VALUES {values([(n, f"D{199 - n % 200:03}", n) for n in range(1, 301)])};""",
        """CREATE TABLE drugs (id INTEGER PRIMARY KEY AUTOINCREMENT, code TEXT NOT NULL UNIQUE, name TEXT);
        CREATE TABLE doses (id INTEGER PRIMARY KEY, drug_id INTEGER NOT NULL REFERENCES drugs (id), amount INTEGER);""",
    )
    shape.plan()
    tried = here("run", "--plan", shape.folder / "plan.yaml", "--sample", "10%", "--json")
    assert tried.code == 0, tried.err
    assert {table["table"]: table["tried"] for table in tried.json["tables"]} == {"drugs": 200, "doses": 30}
    assert rows_of(shape.files[1]) == shape.before
