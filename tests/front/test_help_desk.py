"""Customers and agents of a help desk become users of the new one, by talking, in the order that is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.front.shapes import Shape, made, values
from tests.front.talking import hold

OLD = """
CREATE TABLE hd_client (client_id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL, phone TEXT);
INSERT INTO hd_client VALUES {clients};
CREATE TABLE hd_staff (staff_id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL);
INSERT INTO hd_staff VALUES {staff};
CREATE TABLE hd_ticket (ticket_id INTEGER PRIMARY KEY, number TEXT NOT NULL, client_id INTEGER NOT NULL,
    staff_id INTEGER, subject TEXT NOT NULL);
INSERT INTO hd_ticket VALUES {tickets};
"""
NEW = """
CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, fullname TEXT NOT NULL,
    email TEXT NOT NULL UNIQUE, phone TEXT);
INSERT INTO users (fullname, email) VALUES ('System', 'root@localhost'), ('Demo', 'demo@localhost');
CREATE TABLE tickets (id INTEGER PRIMARY KEY AUTOINCREMENT, number TEXT NOT NULL UNIQUE, title TEXT NOT NULL,
    customer_id INTEGER NOT NULL REFERENCES users (id), owner_id INTEGER REFERENCES users (id));
"""
PEOPLE, AGENTS = 300, 20
ALL = "take all recommendations"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shape:
    monkeypatch.chdir(tmp_path)
    tickets = [
        (n, f"T{n}", n * 7 % PEOPLE + 1, n % AGENTS + 1 if n % 4 else None, f"Subject {n}") for n in range(1, 901)
    ]
    rows = {
        "clients": values([(n, f"Client {n}", f"c{n}@x.org", f"+49 {n}") for n in range(1, PEOPLE + 1)]),
        "staff": values([(n, f"Agent {n}", f"a{n}@desk.org") for n in range(1, AGENTS + 1)]),
        "tickets": values(tickets),
    }
    return made(tmp_path, OLD.format(**rows), NEW)


def test_it_is_told_in_which_order_both_come_and_every_ticket_finds_its_people(desk: Shape) -> None:
    first = ("move everything", "what is left out?", "leave tickets out", ALL, "yes")
    held = hold(desk.files, *first, "move hd_staff into users", ALL, "yes", "move tickets", ALL, "yes")
    told = " ".join(held.after("what is left out?").split())
    assert "staff_id of hd_ticket names its rows, and nothing fills owner_id of tickets, which names users." in told
    assert 'leave tickets out for now, then say "move hd_staff into users", and "move tickets" last' in told
    assert "staff_id -> owner_id" in " ".join(held.after("move tickets").split())
    desk.assert_same(
        """SELECT t.number, t.subject, c.name, s.name FROM hd_ticket t JOIN hd_client c USING (client_id)
        LEFT JOIN hd_staff s ON s.staff_id = t.staff_id ORDER BY 1""",
        """SELECT t.number, t.title, c.fullname, o.fullname FROM tickets t JOIN users c ON c.id = t.customer_id
        LEFT JOIN users o ON o.id = t.owner_id ORDER BY 1""",
    )
    assert desk.new("SELECT count(*) FROM users") == [(PEOPLE + AGENTS + 2,)]
