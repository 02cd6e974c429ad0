"""References of old databases that the new one does not declare, where the rows that they name get new keys."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.front.shapes import KEYS, Shape, made, values
from tests.front.talking import hold

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


@pytest.mark.parametrize("said", ["orders: rows_of_customers", "sold_by refers to customers"])
def test_a_number_that_nothing_declares_is_asked_about_where_what_it_may_name_gets_new_keys(
    folder: Path, said: str
) -> None:
    shape = shop(folder, "customer id", "orders id", "sold_by INTEGER", "sold_by")
    told = " ".join(shape.plan(code=5).err.split())
    assert "Does sold_by of orders name rows of customers? No foreign key of the new database says so." in told
    assert "200 of 200 values looked up are keys of customer." in told
    shape.plan(said)
    shape.run()
    assert_right(shape, "orders customer id sold_by", "orders customers id sold_by")
    shape.proved_and_undone()


def test_many_numbers_that_lead_nowhere_do_not_hide_whom_a_name_means(folder: Path) -> None:
    lost = "UPDATE orders SET customer_id = 9000 + id WHERE id % 7 = 0; UPDATE orders SET customer_id = 0 WHERE id = 1"
    shape = shop(folder, "customer id", "orders id", "customer_id INTEGER", "customer_id", more=lost)
    shape.plan("orders: rows_of_customers", "quarantine")
    shape.run(code=3)
    kept = " WHERE d.customer_id < 9000 AND d.customer_id > 0"
    wanted = shape.old(f"SELECT total, email FROM orders d JOIN customer p ON p.id = d.customer_id{kept} ORDER BY 1")
    found = "SELECT total, email FROM orders d LEFT JOIN customers p ON p.id = d.customer_id ORDER BY 1"
    assert shape.new(found) == [(1.5, None), *wanted]
    shape.undone()


@pytest.mark.parametrize("said", ["copy customer_id as it is", "customer_id is no reference"])
def test_a_reference_that_was_inferred_is_taken_back_in_words(folder: Path, said: str) -> None:
    shape = shop(folder, "customer id", "orders id", "customer_id INTEGER", "customer_id")
    shape.plan()
    assert "use: foreign_key, parent: customers" in (folder / "plan.yaml").read_text()
    shape.plan(said)
    shape.run()
    shape.assert_same(
        "SELECT total, customer_id FROM orders ORDER BY 1", "SELECT total, customer_id FROM orders ORDER BY 1"
    )


def test_nothing_is_asked_where_the_keys_stay_or_numbers_are_no_keys(folder: Path) -> None:
    shape = made(
        folder,
        f"""CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL);
        CREATE TABLE orders (id INTEGER PRIMARY KEY, sold_by INTEGER, pieces INTEGER, total NUMERIC);
        INSERT INTO customer VALUES {values([(n // 3, a, e) for n, a, e in PEOPLE])};
        INSERT INTO orders VALUES {values([(n, p // 3, n % 20 + 1, t) for n, p, t in DEALS])}""",
        f"""CREATE TABLE customers (id {KEYS["kept"]}, name TEXT NOT NULL, email TEXT NOT NULL);
        CREATE TABLE orders (id {KEYS["derived"]}, sold_by INTEGER, pieces INTEGER, total NUMERIC)""",
    )
    shape.plan()


@pytest.mark.parametrize("said", ["author_id of notes refers to employees", "author_id names rows of employees"])
def test_a_reference_that_was_taken_for_another_tables_is_said_and_no_declared_one_is_turned(
    folder: Path, said: str
) -> None:
    """`author_id` of note names who wrote it, and looks like a number of `author`; that of book is one."""
    people = "(id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL UNIQUE)"
    rows = "(id INTEGER PRIMARY KEY, author_id INTEGER NOT NULL{}, title TEXT)"
    shape = made(
        folder,
        f"""CREATE TABLE author {people}; CREATE TABLE staff {people};
        CREATE TABLE book {rows.format(" REFERENCES author")}; CREATE TABLE note {rows.format("")};
        INSERT INTO author VALUES {values(PEOPLE)}; INSERT INTO staff SELECT id, 'S' || name, 's' || email FROM author;
        INSERT INTO book VALUES {values([(n, p, f"b{n}") for n, p, _ in DEALS])};
        INSERT INTO note SELECT id, author_id, 'n' || id FROM book;""",
        f"""CREATE TABLE authors {people.replace("INTEGER PRIMARY KEY", KEYS["generated"])};
        CREATE TABLE employees {people.replace("INTEGER PRIMARY KEY", KEYS["generated"])};
        CREATE TABLE books {rows.format(" REFERENCES authors")};
        CREATE TABLE notes {rows.format(" REFERENCES employees")};
        {STRANGER.format("authors")}; {STRANGER.format("employees")};""",
    )
    told = " ".join(shape.plan("staff goes into employees", "author goes into authors", code=5).err.split())
    assert "notes.author_id must be filled, and nothing in note does. author_id names rows of author." in told
    shape.plan("staff goes into employees", "author goes into authors", said, "take all recommendations")
    shape.run()
    joined = "SELECT t.title, p.email FROM {0} t JOIN {1} p ON p.id = t.author_id ORDER BY 1"
    shape.assert_same(joined.format("note", "staff"), joined.format("notes", "employees"))
    shape.assert_same(joined.format("book", "author"), joined.format("books", "authors"))


def test_a_reference_that_nobody_declared_is_said_at_the_review_and_in_the_plan(folder: Path) -> None:
    shape = shop(folder, "customer id", "orders id", "customer_id INTEGER", "customer_id")
    told = " ".join(shape.plan().err.split())
    why = "customer_id leads to customer by its name and its values; no foreign key says so"
    assert f"orders.customer_id: {why}" in told
    assert why in " ".join((folder / "plan.yaml").read_text().split())


def said_of_sellers(folder: Path, deals: Sequence[tuple[object, ...]]) -> str:
    """What is said of a plan for orders that a number says who sold, where all keys are kept."""
    shape = made(
        folder,
        f"""CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL);
        CREATE TABLE orders (id INTEGER PRIMARY KEY, sold_by INTEGER, total NUMERIC);
        INSERT INTO customer VALUES {values(PEOPLE)}; INSERT INTO orders VALUES {values(deals)}""",
        f"""CREATE TABLE customers (id {KEYS["kept"]}, name TEXT NOT NULL, email TEXT NOT NULL);
        CREATE TABLE orders (id {KEYS["kept"]}, sold_by INTEGER, total NUMERIC)""",
    )
    return " ".join(shape.plan().err.split())


def test_a_number_that_may_name_rows_with_kept_keys_is_said_to_go_unchecked(folder: Path) -> None:
    told = said_of_sellers(folder, DEALS)
    assert "200 of 200 values of sold_by are keys of customer: it goes as it stands, and is not checked" in told


def test_a_number_that_goes_unchecked_is_said_with_those_that_name_no_row(folder: Path) -> None:
    deals = [(n, 3 * (n % 200 + 1) if n % 60 else 5000 + n, n * 1.5) for n in range(1, 601)]
    told = said_of_sellers(folder, deals)
    assert "values of sold_by are keys of customer, and 10 name no row: it goes as it stands" in told


def test_what_is_taken_for_the_moment_of_creation_by_its_name_has_a_place(folder: Path) -> None:
    shape = made(
        folder,
        """CREATE TABLE posts (id INTEGER PRIMARY KEY, body VARCHAR(80), post_time DATETIME, mood VARCHAR(9));
        INSERT INTO posts VALUES (1, 'a', '2020-01-02 03:04:05', 'fine');""",
        f"CREATE TABLE posts (id {KEYS['kept']}, body VARCHAR(80), created_at TIMESTAMP NOT NULL);",
    )
    findings = " ".join(hold(shape.files, "move everything").after("move everything").split())
    assert "posts: 1 old column without a place in posts" in findings
    shape.plan()
    shape.run()
    assert shape.new("SELECT created_at FROM posts") == [("2020-01-02 03:04:05",)]
