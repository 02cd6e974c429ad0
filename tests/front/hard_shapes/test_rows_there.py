"""Rows that are there already, that become one, and that are marked as deleted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.front.calling import here
from tests.front.hard_shapes.places import IDENTITIES, everywhere, on, said
from tests.front.shapes import KEYS, Shape, made

# Rows that are there already


SEEDED = {
    "derived": tuple(f"'5eed0000-0000-4000-8000-00000000000{n}'" for n in (1, 2, 3)),
    "generated": ("1", "2", "9"),
}
POLICIES = {  #: what becomes of c@x, who is there already, and of the role's note
    "keep": [("a@x", "A", "admin", "new"), ("b@x", "B", "editor", None), ("c@x", None, "editor", None)],
    "merge": [("a@x", "A", "admin", "new"), ("b@x", "B", "editor", "old"), ("c@x", "C", "editor", "old")],
    "replace": [("a@x", "A", "admin", "old"), ("b@x", "B", "editor", "old"), ("c@x", "C", "guest", "old")],
}


def members(folder: Path, identity: str) -> Shape:
    key, other, (editor, admin, member) = KEYS[identity], KEYS[identity].split()[0], SEEDED[identity]
    return made(
        folder,
        """CREATE TABLE role (id INTEGER PRIMARY KEY, name TEXT NOT NULL, note TEXT);
        CREATE TABLE member (id INTEGER PRIMARY KEY, email TEXT NOT NULL, nick TEXT,
            role_id INTEGER NOT NULL REFERENCES role (id));
        INSERT INTO role VALUES (1, 'admin', 'old'), (2, 'editor', 'old'), (3, 'guest', 'old');
        INSERT INTO member VALUES (1, 'a@x', 'A', 1), (2, 'b@x', 'B', 2), (3, 'c@x', 'C', 3);""",
        f"""CREATE TABLE roles (id {key}, name TEXT NOT NULL UNIQUE, note TEXT);
        CREATE TABLE members (id {key}, email TEXT NOT NULL UNIQUE, nick TEXT,
            role_id {other} NOT NULL REFERENCES roles (id));
        INSERT INTO roles VALUES ({editor}, 'editor', NULL), ({admin}, 'admin', 'new');
        INSERT INTO members VALUES ({member}, 'c@x', NULL, {editor});""",
    )


@pytest.mark.parametrize("policy", list(POLICIES))
@everywhere(*SEEDED)
def test_seeded_rows_are_matched_and_meet_by_the_policy(folder: Path, identity: str, policy: str) -> None:
    shape = members(folder, identity)
    shape.plan()
    if policy != "keep":
        shape.edit(lambda text: text.replace("conflict: keep", f"conflict: {policy}"))
    shape.run()
    joined = "SELECT email, nick, name, note FROM members m JOIN roles r ON r.id = m.role_id ORDER BY 1"
    assert shape.new(joined) == POLICIES[policy]
    assert shape.new("SELECT count(*) FROM roles") == [(3,)]
    shape.proved_and_undone()


def test_a_run_that_would_meet_seeded_rows_is_asked_about_where_the_plan_says_stop(folder: Path) -> None:
    shape = members(folder, "generated")
    shape.plan()
    shape.edit(lambda text: text.replace("conflict: keep", "conflict: stop"))
    told = here("run", "--plan", folder / "plan.yaml", "--json")
    assert told.code == 5
    assert "2 rows of roles meet a row with the same id" in told.out + told.err


def test_rows_that_keep_their_numbers_go_beside_others_whose_numbers_they_do_not_have(folder: Path) -> None:
    shape = made(
        folder,
        """CREATE TABLE ward (id INTEGER PRIMARY KEY, name TEXT NOT NULL, beds INTEGER);
        INSERT INTO ward VALUES (1, 'North', 12), (2, 'South', 9), (3, 'Attic', 4);""",
        """CREATE TABLE wards (id INT NOT NULL PRIMARY KEY, name TEXT NOT NULL, beds INTEGER);
        INSERT INTO wards VALUES (901, 'Reception', 7);""",
    )
    shape.plan("take all recommendations")
    shape.run()
    assert shape.new("SELECT id, name FROM wards ORDER BY 1") == [
        *((1, "North"), (2, "South"), (3, "Attic")),
        (901, "Reception"),
    ]
    shape.proved_and_undone()


@on("mariadb to postgresql", "postgresql to mariadb", "sqlite to postgresql")
def test_a_row_is_not_taken_for_another_that_has_its_number(folder: Path) -> None:
    """Member 1 is nobody of those that are there, and number 1 is: neither becomes the other, and what refers to the
    one does not refer to the other afterwards."""
    key = KEYS["generated"]
    shape = made(
        folder,
        """CREATE TABLE member (id INTEGER PRIMARY KEY, email VARCHAR(20) NOT NULL, nick VARCHAR(20));
        CREATE TABLE loan (id INTEGER PRIMARY KEY, member_id INTEGER NOT NULL REFERENCES member (id),
            title VARCHAR(20));
        INSERT INTO member VALUES (1, 'a@x', 'A'), (2, 'b@x', 'B'), (3, 'c@x', 'C');
        INSERT INTO loan VALUES (1, 1, 'of A'), (2, 2, 'of B'), (3, 3, 'of C');""",
        f"""CREATE TABLE members (id {key}, email VARCHAR(20) NOT NULL UNIQUE, nick VARCHAR(20));
        CREATE TABLE loans (id {key}, member_id INTEGER NOT NULL REFERENCES members (id), title VARCHAR(20));
        INSERT INTO members VALUES (1, 'z@x', 'Z'), (9, 'c@x', NULL);""",
    )
    shape.plan()
    shape.edit(lambda text: text.replace("kind: generated", "kind: kept", 1))
    asked = here("run", "--plan", folder / "plan.yaml", *shape.names)
    assert asked.code == 5
    assert "1 row of members has the id of another row that is there" in said(asked)
    assert "the answers are: renumber, leave" in said(asked)
    told = here("run", "--plan", folder / "plan.yaml", *shape.names, "--no-preflight", "--json")
    approval = told.json["approval"]
    met = here("run", "--plan", folder / "plan.yaml", *shape.names, "--no-preflight", "--approve", approval)
    assert met.code == 5, met.err
    assert "pause (recommended), rollback_table" in said(met)
    assert "skip_orphaned_records" not in said(met)
    here("rollback", "--yes")
    shape.edit(lambda text: text.replace("kind: kept", "kind: generated", 1))
    shape.run()
    joined = "SELECT title, email FROM loans l JOIN members m ON m.id = l.member_id ORDER BY 1"
    assert shape.new(joined) == [("of A", "a@x"), ("of B", "b@x"), ("of C", "c@x")]
    shape.proved_and_undone()


# Rows that become one


POSTS = """
CREATE TABLE tag (id INTEGER PRIMARY KEY, label TEXT NOT NULL);
CREATE TABLE post (id INTEGER PRIMARY KEY, title TEXT NOT NULL, main_tag_id INTEGER REFERENCES tag (id));
CREATE TABLE post_tag (post_id INTEGER NOT NULL REFERENCES post (id), tag_id INTEGER NOT NULL REFERENCES tag (id),
    PRIMARY KEY (post_id, tag_id));
INSERT INTO tag VALUES (1, 'red'), (2, 'blue'), (3, 'red'), (4, 'red'), (5, 'green');
INSERT INTO post VALUES (1, 'p1', 1), (2, 'p2', 3), (3, 'p3', 4), (4, 'p4', 5);
INSERT INTO post_tag VALUES (1, 1), (1, 3), (1, 2), (2, 4), (2, 3), (3, 5), (4, 4);
"""


@everywhere(*IDENTITIES)
def test_rows_with_one_label_become_one_and_so_does_what_hung_on_them(folder: Path, identity: str) -> None:
    key, other = KEYS[identity], KEYS[identity].split()[0]
    shape = made(
        folder,
        POSTS,
        f"""CREATE TABLE tags (id {key}, label TEXT NOT NULL UNIQUE);
        CREATE TABLE posts (id {key}, title TEXT NOT NULL, main_tag_id {other} REFERENCES tags (id));
        CREATE TABLE post_tags (post_id {other} NOT NULL REFERENCES posts (id),
            tag_id {other} NOT NULL REFERENCES tags (id), PRIMARY KEY (post_id, tag_id));""",
    )
    assert "2 rows of tags repeat a value of label" in shape.plan(code=5).err
    shape.plan("merge")
    shape.run()
    shape.assert_same(
        "SELECT title, label FROM post JOIN tag t ON t.id = main_tag_id ORDER BY 1",
        "SELECT title, label FROM posts JOIN tags t ON t.id = main_tag_id ORDER BY 1",
    )
    shape.assert_same(
        "SELECT DISTINCT title, label FROM post_tag JOIN post p ON p.id = post_id JOIN tag t ON t.id = tag_id"
        " ORDER BY 1, 2",
        "SELECT title, label FROM post_tags JOIN posts p ON p.id = post_id JOIN tags t ON t.id = tag_id ORDER BY 1, 2",
    )
    accounts = shape.new("SELECT table_name, migrated, merged FROM ferryman_batch ORDER BY 1")
    assert accounts == [("post_tags", 5, 2), ("posts", 4, 0), ("tags", 3, 2)]
    shape.proved_and_undone()


def test_rows_become_one_with_a_row_that_is_there_by_one_answer(folder: Path) -> None:
    shape = made(
        folder,
        POSTS,
        f"""CREATE TABLE tags (id {KEYS["generated"]}, label TEXT NOT NULL UNIQUE);
        CREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT NOT NULL, main_tag_id INTEGER REFERENCES tags (id));
        INSERT INTO tags VALUES (70, 'red');""",
    )
    assert "3 rows of tags repeat a value of label" in shape.plan(code=5).err
    shape.plan("tags: merge")
    shape.run()
    shape.assert_same(
        "SELECT title, label FROM post JOIN tag t ON t.id = main_tag_id ORDER BY 1",
        "SELECT title, label FROM posts JOIN tags t ON t.id = main_tag_id ORDER BY 1",
    )
    assert shape.new("SELECT count(*), min(id) FROM tags") == [(3, 70)]
    shape.proved_and_undone()


# Rows that are marked as deleted


CLIENTS = """
CREATE TABLE client (id INTEGER PRIMARY KEY, name TEXT NOT NULL, deleted_at TIMESTAMP);
CREATE TABLE contract (id INTEGER PRIMARY KEY, client_id INTEGER NOT NULL REFERENCES client (id), amount INTEGER);
INSERT INTO client VALUES (1, 'Ann', NULL), (2, 'Bo', '2020-01-01 00:00:00'), (3, 'Cy', NULL);
INSERT INTO contract VALUES (1, 1, 10), (2, 2, 20), (3, 3, 30);
"""


def test_it_is_asked_what_becomes_of_deleted_rows_and_of_what_refers_to_them(folder: Path) -> None:
    shape = made(
        folder,
        CLIENTS,
        """CREATE TABLE clients (id CHAR(36) PRIMARY KEY, name TEXT NOT NULL);
        CREATE TABLE contracts (id CHAR(36) PRIMARY KEY, client_id CHAR(36) NOT NULL REFERENCES clients (id),
            amount INTEGER);""",
    )
    assert "deleted_at marks rows of client as deleted" in shape.plan(code=5).err
    told = shape.plan("alive", code=5).err
    assert "1 row of contracts refers by client_id to a row of clients that is in the old database" in told
    assert "left out by this plan" in told
    shape.plan("alive", "quarantine")
    shape.run(code=3)
    assert shape.new("SELECT amount, name FROM contracts JOIN clients c ON c.id = client_id ORDER BY 1") == [
        (10, "Ann"),
        (30, "Cy"),
    ]
    shape.undone()
    shape.plan("all")
    shape.run()
    assert shape.new("SELECT count(*) FROM contracts JOIN clients c ON c.id = client_id") == [(3,)]
    shape.proved_and_undone()


@pytest.mark.parametrize(
    ("declared", "marks", "counts", "alive", "empty"),
    [
        ("TEXT", ["''", "'2020-01-01'", "NULL", "''"], "nothing in 3 of 4 rows, and a text in 1", "134", "134"),
        ("TEXT", ["'0'", "'1'", "'0'", "NULL"], "nothing in 1 of 4 rows, and a text in 3", "134", "4"),
        ("VARCHAR(1)", ["'N'", "'Y'", "'N'", "''"], "nothing in 1 of 4 rows, and a text in 3", "134", "4"),
        ("TEXT", ["'no'", "'2020-01-01'", "'yes'", "'0000-00-00'"], "nothing in 0 of 4 rows, and a text", "14", ""),
        ("TIMESTAMP", ["''", "'2020-01-01 00:00:00'", "NULL", "''"], "nothing in 3 of 4 rows", "134", "134"),
        ("INTEGER", ["''", "1", "NULL", "'N'"], "It holds numbers and texts side by side", "134", "13"),
    ],
)
def test_a_mark_of_deletion_in_words_is_asked_about_with_counts(
    folder: Path, declared: str, marks: list[str], counts: str, alive: str, empty: str
) -> None:
    rows = ", ".join(f"({n}, 'Client {n}', {mark})" for n, mark in enumerate(marks, 1))
    shape = made(
        folder,
        f"CREATE TABLE client (id INTEGER PRIMARY KEY, name TEXT NOT NULL, deleted {declared}); "
        f"INSERT INTO client VALUES {rows};",
        "CREATE TABLE clients (id INTEGER PRIMARY KEY, name TEXT NOT NULL);",
    )
    asked = " ".join(shape.plan(code=5).err.split())
    assert "deleted marks rows of client as deleted" in asked
    assert counts in asked
    for answer, expected in (("alive", alive), ("empty", empty), ("all", "1234")):
        shape.plan(answer)
        shape.run()
        assert "".join(str(row[0]) for row in shape.new("SELECT id FROM clients ORDER BY id")) == expected
        shape.undone()


def test_a_mark_of_deletion_that_is_empty_everywhere_brings_no_question(folder: Path) -> None:
    shape = made(
        folder,
        "CREATE TABLE client (id INTEGER PRIMARY KEY, name TEXT NOT NULL, is_deleted TEXT); "
        "INSERT INTO client VALUES (1, 'Ann', ''), (2, 'Bo', NULL);",
        "CREATE TABLE clients (id INTEGER PRIMARY KEY, name TEXT NOT NULL);",
    )
    assert "as deleted" not in shape.plan().err


def test_rows_that_differ_in_case_are_not_taken_for_one_another(folder: Path) -> None:
    shape = made(
        folder,
        """CREATE TABLE client (id TEXT PRIMARY KEY, email TEXT UNIQUE);
        CREATE TABLE visit (id INTEGER PRIMARY KEY, client_id TEXT REFERENCES client (id));
        INSERT INTO client VALUES ('k1', 'kim@x'), ('k2', 'KIM@x'), ('k3', 'Zoe@x'), ('k4', 'ann@x');
        INSERT INTO visit VALUES (1, 'k1'), (2, 'k2'), (3, 'k3'), (4, 'k4');""",
        """CREATE TABLE clients (id TEXT PRIMARY KEY, email TEXT COLLATE NOCASE UNIQUE);
        CREATE TABLE visits (id INTEGER PRIMARY KEY, client_id TEXT REFERENCES clients (id));
        INSERT INTO clients VALUES ('there', 'zoe@x'), ('ann', 'ann@x');""",
    )
    shape.plan("clients: quarantine")
    shape.run(code=5)
    done = here("resume", *shape.names, "--decide", "skip_orphaned_records")
    assert done.code == 3, done.err
    assert shape.new("SELECT v.id, email FROM visits v JOIN clients c ON c.id = v.client_id ORDER BY 1") == [
        (1, "kim@x"),
        (4, "ann@x"),
    ]
    shape.undone()


@on("mariadb to postgresql", "postgresql to mariadb")
def test_a_second_old_table_has_numbers_of_its_own(folder: Path) -> None:
    people = "(id INTEGER PRIMARY KEY, email VARCHAR(20) NOT NULL, nick VARCHAR(20))"
    shape = made(
        folder,
        f"""CREATE TABLE member {people}; CREATE TABLE guest {people};
        CREATE TABLE visit (id INTEGER PRIMARY KEY, guest_id INTEGER NOT NULL REFERENCES guest (id));
        INSERT INTO member VALUES (1, 'a@x', 'A'), (2, 'b@x', 'B'); INSERT INTO guest VALUES (1, 'g@y', 'G');
        INSERT INTO visit VALUES (7, 1);""",
        f"""CREATE TABLE members (id {KEYS["generated"]}, email VARCHAR(20) NOT NULL UNIQUE, nick VARCHAR(20));
        CREATE TABLE visits (id {KEYS["kept"]}, guest_id INTEGER NOT NULL REFERENCES members (id));
        INSERT INTO members VALUES (1, 'z@x', 'Z');""",
    )
    shape.plan("leave visits out", "members: member")
    shape.run()
    shape.plan("guest goes into members", "visits: visit")
    run = shape.run().err.split("Run ")[1].split()[0]
    assert shape.new("SELECT v.id, email FROM visits v JOIN members m ON m.id = v.guest_id") == [(7, "g@y")]
    assert shape.new("SELECT count(*) FROM members") == [(4,)]
    assert here("rollback", run, "--yes").code == 0
    assert shape.new("SELECT count(*) FROM members") == [(3,)]
