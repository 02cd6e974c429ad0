"""One old table that fills two or three new ones: each row of it becomes a row in each, tied to one another."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.front.calling import here
from tests.front.hard_shapes.places import IDENTITIES, everywhere
from tests.front.shapes import KEYS, Shape, made, values

USERS = [
    (n * 3 + 7, f"u{n}", None if n % 5 == 0 else "" if n % 7 == 0 else f"u{n}@x.org", f"h{n}", f"about {n}")
    for n in range(1, 601)
]
OLD = f"""
CREATE TABLE users (id INTEGER PRIMARY KEY, username VARCHAR(40) NOT NULL, email VARCHAR(80), password_hash VARCHAR(60),
    bio VARCHAR(200));
CREATE TABLE posts (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id), title VARCHAR(80));
INSERT INTO users VALUES {values(USERS)};
INSERT INTO posts SELECT id, id, 'P' || id FROM users;
"""
MAILS = "SELECT username, email FROM users WHERE email <> '' ORDER BY 1"
POSTS = "SELECT p.title, u.username FROM posts p JOIN users u ON u.id = p.user_id ORDER BY 1"


def users(folder: Path, identity: str, *, declared: bool = True) -> Shape:
    """Users with addresses, credentials and profiles of their own; profiles have the user's key."""
    key = KEYS[identity]
    user = f"{key.split()[0]} NOT NULL" + " REFERENCES users (id)" * declared
    return made(
        folder,
        OLD,
        f"""CREATE TABLE users (id {key}, username VARCHAR(40) NOT NULL);
        CREATE TABLE user_emails (id {key}, user_id {user}, address VARCHAR(80) NOT NULL, is_primary BOOLEAN NOT NULL);
        CREATE TABLE credentials (id {key}, user_id {user}, password_hash VARCHAR(60) NOT NULL);
        CREATE TABLE profiles (user_id {user.replace(" REF", " PRIMARY KEY REF")}{" PRIMARY KEY" * (not declared)},
            bio VARCHAR(200));
        CREATE TABLE posts (id {key}, user_id {user}, title VARCHAR(80));""",
    )


@everywhere(*IDENTITIES)
@pytest.mark.parametrize("declared", [True, False])
def test_what_has_no_place_in_the_first_goes_into_tables_beside_it(folder: Path, identity: str, declared: bool) -> None:
    shape = users(folder, identity, declared=declared)
    shape.plan("take all recommendations")
    shape.run()
    shape.assert_same(MAILS, "SELECT username, address FROM users u JOIN user_emails e ON e.user_id = u.id ORDER BY 1")
    shape.assert_same(
        "SELECT username, password_hash, bio FROM users ORDER BY 1",
        "SELECT username, password_hash, bio FROM users u JOIN credentials c ON c.user_id = u.id"
        " JOIN profiles p ON p.user_id = u.id ORDER BY 1",
    )
    shape.assert_same(POSTS, POSTS)
    assert {row[0] for row in shape.new("SELECT is_primary FROM user_emails")} == {1}
    shape.proved_and_undone()


def ring(folder: Path, identity: str) -> Shape:
    key = KEYS[identity]
    number = key.split()[0]
    return made(
        folder,
        OLD,
        f"""CREATE TABLE users (id {key}, username VARCHAR(40) NOT NULL, password_hash VARCHAR(60), bio VARCHAR(200),
            primary_email_id {number} REFERENCES emails (id));
        CREATE TABLE emails (id {key}, user_id {number} NOT NULL REFERENCES users (id), email VARCHAR(80) NOT NULL);
        CREATE TABLE posts (id {key}, user_id {number} NOT NULL REFERENCES users (id), title VARCHAR(80));""",
    )


@everywhere("derived", "generated")
def test_two_tables_of_the_same_rows_that_refer_to_one_another(folder: Path, identity: str) -> None:
    """A user without an address has none to refer to."""
    shape = ring(folder, identity)
    shape.plan("take all recommendations")
    shape.run()
    assert shape.new(
        "SELECT count(*) FROM users u JOIN emails e ON e.id = u.primary_email_id AND e.user_id <> u.id"
    ) == [(0,)]
    shape.assert_same(
        "SELECT username, nullif(email, '') FROM users ORDER BY 1",
        "SELECT username, email FROM users u LEFT JOIN emails e ON e.id = u.primary_email_id ORDER BY 1",
    )
    shape.proved_and_undone()


def test_a_split_that_was_killed_goes_on_from_the_ledger(folder: Path) -> None:
    shape = ring(folder, "generated")
    shape.plan("take all recommendations")
    shape.killed("after_commit:emails:1")
    resumed = here("resume")
    assert resumed.code == 0, resumed.err
    shape.assert_same(
        MAILS, "SELECT username, email FROM users u JOIN emails e ON e.id = u.primary_email_id ORDER BY 1"
    )
    shape.proved_and_undone()


ORDERS = [
    (n, n % 30 + 1, n * 1.5, f"Name {n}", f"{n} High Street", ("Bonn", "Ulm", "Kiel")[n % 3]) for n in range(1, 601)
]
OLD_ORDERS = f"""
CREATE TABLE customers (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id), total REAL,
    ship_name VARCHAR(60), ship_street VARCHAR(60), ship_city VARCHAR(60));
INSERT INTO customers VALUES {values([(n, f"C{n}") for n in range(1, 31)])};
INSERT INTO orders VALUES {values(ORDERS)};
"""
SENT = "SELECT total, ship_name, ship_street, ship_city FROM orders ORDER BY 2"


@everywhere("kept", "derived")
def test_rows_that_must_refer_to_the_part_that_is_made_of_them(folder: Path, identity: str) -> None:
    """The addresses come first, and each order has its own."""
    key = KEYS[identity]
    number = key.split()[0]
    shape = made(
        folder,
        OLD_ORDERS,
        f"""CREATE TABLE customers (id {key}, name VARCHAR(40) NOT NULL);
        CREATE TABLE addresses (id {key}, name VARCHAR(60), street VARCHAR(60), city VARCHAR(60));
        CREATE TABLE orders (id {key}, customer_id {number} NOT NULL REFERENCES customers (id), total REAL,
            shipping_address_id {number} NOT NULL REFERENCES addresses (id));""",
    )
    shape.plan("take all recommendations")
    shape.run()
    sent = "SELECT o.total, a.name, a.street, a.city FROM orders o JOIN addresses a ON a.id = o.shipping_address_id"
    shape.assert_same(SENT, f"{sent} ORDER BY 2")
    shape.proved_and_undone()


def test_a_manager_is_another_row_and_the_login_is_the_rows_own(folder: Path) -> None:
    staff = [(n, f"E{n}", f"login{n}", n // 2 or None) for n in range(1, 301)]
    shape = made(
        folder,
        f"""CREATE TABLE employees (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL, login VARCHAR(40) NOT NULL,
            manager_id INTEGER REFERENCES employees (id));
        INSERT INTO employees VALUES {values(staff)};""",
        f"""CREATE TABLE users (id {KEYS["derived"]}, login VARCHAR(40) NOT NULL);
        CREATE TABLE employees (id {KEYS["derived"]}, user_id CHAR(36) NOT NULL REFERENCES users (id),
            name VARCHAR(40) NOT NULL, manager_id CHAR(36) REFERENCES employees (id));""",
    )
    shape.plan("take all recommendations")
    shape.run()
    shape.assert_same(
        "SELECT e.name, e.login, m.name FROM employees e LEFT JOIN employees m ON m.id = e.manager_id ORDER BY 1",
        "SELECT e.name, u.login, m.name FROM employees e JOIN users u ON u.id = e.user_id"
        " LEFT JOIN employees m ON m.id = e.manager_id ORDER BY 1",
    )
    shape.proved_and_undone()


def test_a_filter_on_the_rows_holds_for_their_parts(folder: Path) -> None:
    shape = users(folder, "derived")
    shape.plan("take all recommendations", "only move users with username u1", "leave posts out")
    shape.run()
    assert shape.new("SELECT username, address FROM users u JOIN user_emails e ON e.user_id = u.id") == [
        ("u1", "u1@x.org")
    ]
    assert shape.new("SELECT count(*) FROM credentials") == shape.new("SELECT count(*) FROM profiles") == [(1,)]


def test_tables_that_take_nothing_of_a_row_are_left_out_without_a_question(folder: Path) -> None:
    """All that refers to users, and is empty: one holds what users have already, others need what nobody has."""
    key = KEYS["derived"]
    user = "CHAR(36) NOT NULL REFERENCES users (id)"
    shape = made(
        folder,
        OLD,
        f"""CREATE TABLE users (id {key}, username VARCHAR(40) NOT NULL, email VARCHAR(80), bio VARCHAR(200));
        CREATE TABLE newsletters (id {key}, user_id {user}, email VARCHAR(80) NOT NULL);
        CREATE TABLE api_keys (id {key}, user_id {user}, key_hash VARCHAR(60) NOT NULL);
        CREATE TABLE reviews (id {key}, user_id {user}, rating INTEGER NOT NULL, bio VARCHAR(200));
        CREATE TABLE posts (id {key}, user_id {user}, title VARCHAR(80));""",
    )
    assert "Left out: api_keys, newsletters and reviews" in " ".join(shape.plan().err.split())
