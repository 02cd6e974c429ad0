"""Numbers beside a type and ids in a list: asked about at planning, and counted afterwards by joins of our own."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.front.calling import here
from tests.front.shapes import KEYS, Shape, folder_onto, made, rows_of, values
from tests.front.talking import hold

_ROLL = random.Random(7)
TICKETS = [(n, f"T{n}") for n in range(1, 1201)]
NUMBERED = [(n, f"N{n}") for n in range(1, 31)]
AGENTS = [(n, f"A{n}") for n in range(1, 61)]
WORDS = {"plain": ("ticket", "agent"), "laravel": ("App\\Models\\Ticket", "App\\Models\\Agent")}

folder = pytest.fixture(folder_onto, autouse=True)


def desk(folder: Path, words: tuple[str, ...] = WORDS["plain"], *, more: str = "") -> Shape:
    """Comments on tickets and agents, of a new side where one row of each is there already."""
    key, other = KEYS["generated"], "INTEGER"
    comments = [
        (n, words[n % 2], _ROLL.randint(1, 60 if n % 2 else 1200), f"c{n}", f"{_ROLL.randint(1, 60)},{n % 60 + 1}")
        for n in range(1, 801)
    ]
    return made(
        folder,
        f"""CREATE TABLE ticket (id INTEGER PRIMARY KEY, title TEXT NOT NULL);
        CREATE TABLE agent (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
        CREATE TABLE comment (id INTEGER PRIMARY KEY, object_type TEXT, object_id INTEGER, body TEXT, agent_ids TEXT);
        INSERT INTO ticket VALUES {values(TICKETS)}; INSERT INTO agent VALUES {values(AGENTS)};
        INSERT INTO comment VALUES {values(comments)}; {more}""",
        f"""CREATE TABLE tickets (id {key}, title VARCHAR(60) NOT NULL);
        CREATE TABLE agents (id {key}, name VARCHAR(60) NOT NULL);
        CREATE TABLE comments (id {key}, object_type VARCHAR(60), object_id {other}, body TEXT, agent_ids TEXT);
        INSERT INTO tickets VALUES (10, 'Canary'); INSERT INTO agents VALUES (5, 'Canary');""",
    )


def assert_right(shape: Shape, words: tuple[str, ...] = WORDS["plain"]) -> None:
    """Each comment and each id in a list leads to the row that it led to before."""
    about = (
        "SELECT c.body, coalesce(t.title, a.name) FROM {0} c LEFT JOIN {1} t ON t.id = c.object_id AND c.object_type ="
        " '{3}' LEFT JOIN {2} a ON a.id = c.object_id AND c.object_type = '{4}' ORDER BY c.body"
    )
    wanted = shape.old(about.format("comment", "ticket", "agent", *words))
    slash = [word.replace("\\", "\\\\") if shape.sides else word for word in words]
    assert shape.new(about.format("comments", "tickets", "agents", *slash)) == wanted
    assert None not in {name for _, name in wanted}
    lists = []
    for side, agents, comments in ((shape.old, "agent", "comment"), (shape.new, "agents", "comments")):
        names = {row[0]: row[1] for row in side(f"SELECT id, name FROM {agents}")}
        listed = side(f"SELECT body, agent_ids FROM {comments} ORDER BY 1")
        lists.append([(body, [names[int(one)] for one in ids.split(",")]) for body, ids in listed])
    assert lists[0] == lists[1]


@pytest.mark.parametrize(
    ("onto", "words"),
    [("sqlite", "plain"), ("sqlite", "laravel"), ("mariadb", "plain"), ("mariadb", "laravel"), ("postgresql", "plain")],
)
def test_every_comment_still_leads_to_its_row(folder: Path, onto: str, words: str) -> None:
    shape = desk(folder, WORDS[words])
    told = " ".join(shape.plan("add", "add", code=5).err.split())
    assert "object_id of comment refers to rows of several tables, and object_type says which" in told
    assert "agent_ids of comment holds several ids in one text" in told
    shape.plan("add", "add", "by_name", "ids_of_agents")
    shape.run()
    assert_right(shape, WORDS[words])
    shape.proved_and_undone()


@pytest.mark.parametrize("onto", ["sqlite", "postgresql"])
def test_one_that_leads_nowhere_is_set_aside_whatever_keys_the_others_lead_to(folder: Path, onto: str) -> None:
    """Members are there already and known by their card; a condition for each way to fail, one within another, was
    more than SQLite's parser takes."""
    notes = [(n, ("item", "member", "work")[n % 3], n % 30 + 1, f"n{n}") for n in range(1, 91)]
    shape = made(
        folder,
        f"""CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT);
        CREATE TABLE work (id INTEGER PRIMARY KEY, name TEXT);
        CREATE TABLE member (id INTEGER PRIMARY KEY, card TEXT NOT NULL UNIQUE);
        CREATE TABLE note (id INTEGER PRIMARY KEY, about_type TEXT NOT NULL, about_id INTEGER NOT NULL, body TEXT);
        INSERT INTO item VALUES {values(NUMBERED)}; INSERT INTO work VALUES {values(NUMBERED)};
        INSERT INTO member VALUES {values(NUMBERED)}; INSERT INTO note VALUES {values(notes)};
        INSERT INTO note VALUES (200, 'member', 999, 'lost')""",
        f"""CREATE TABLE items (id {KEYS["generated"]}, name VARCHAR(20));
        CREATE TABLE works (id {KEYS["derived"]}, name VARCHAR(20));
        CREATE TABLE members (id {KEYS["derived"]}, card VARCHAR(20) NOT NULL UNIQUE);
        INSERT INTO items VALUES (7, 'other');
        INSERT INTO members VALUES ('00000000-0000-4000-8000-000000000001', 'other');
        CREATE TABLE notes (id {KEYS["kept"]}, about_type VARCHAR(20) NOT NULL, about_id VARCHAR(40) NOT NULL,
          body TEXT)""",
    )
    shape.plan("items: add", *["take all recommendations"] * 3)
    assert "use: key_by_type" in (folder / "plan.yaml").read_text()
    shape.run(code=3)
    led = "SELECT n.body, p.{} FROM {} n JOIN {} p ON CAST(p.id AS VARCHAR(40)) = n.about_id WHERE n.about_type = '{}'"
    led += " ORDER BY 1"
    for kind, name in (("item", "name"), ("member", "card"), ("work", "name")):
        shape.assert_same(led.format(name, "note", kind, kind), led.format(name, "notes", f"{kind}s", kind))
    shape.proved_and_undone()


def test_a_word_that_names_no_table_is_found_before_a_row_is_written(folder: Path) -> None:
    lost = "INSERT INTO comment VALUES (9001, 'blimp', 3, 'x1', '1,2'), (9002, 'ticket', 7777, 'x2', '3,4')"
    shape = desk(folder, more=lost)
    told = " ".join(shape.plan("add", "add", "by_name", "ids_of_agents", code=5).err.split())
    assert "1 row of comments refers by object_id to rows that are not there" in told
    assert "1 row of comments has a value for object_id that no new value was chosen for" in told
    assert "blimp" not in told
    shape.plan("add", "add", "by_name", "ids_of_agents", "quarantine", "quarantine")
    shape.run(code=3)
    assert shape.new("SELECT count(*) FROM comments") == [(800,)]
    shape.undone()


@pytest.mark.parametrize("onto", ["sqlite", "postgresql"])
def test_rows_go_without_the_ids_of_their_lists_that_lead_nowhere(folder: Path, onto: str) -> None:
    lost = "INSERT INTO comment VALUES (9001, 'ticket', 3, 'x1', '1,777'), (9002, 'ticket', 4, 'x2', '888,777,2')"
    shape = desk(folder, more=lost)
    told = " ".join(shape.plan("add", "add", "by_name", "ids_of_agents", code=5).err.split())
    assert "2 ids of agents, in 2 rows, never were in the old database" in told
    assert "777" not in told + (folder / "plan.yaml").read_text()
    shape.plan("add", "add", "by_name", "ids_of_agents", "without")
    shape.run()
    names = {row[0]: row[1] for row in shape.new("SELECT id, name FROM agents")}
    listed = shape.new("SELECT body, agent_ids FROM comments WHERE body IN ('x1', 'x2') ORDER BY 1")
    assert [(body, [names[int(one)] for one in ids.split(",")]) for body, ids in listed] == [
        ("x1", ["A1"]),
        ("x2", ["A2"]),
    ]
    shape.proved_and_undone()


def test_rows_with_ids_in_lists_that_lead_nowhere_are_shown(folder: Path) -> None:
    lost = "INSERT INTO comment VALUES (9001, 'ticket', 3, 'x1', '1,777')"
    shape = desk(folder, more=lost)
    shown = hold(shape.files, "move everything", "add", "by name", "ids of agents", "add", "show me the problem rows")
    assert "1,777" in shown.text, shown.text


def test_the_same_in_words(folder: Path) -> None:
    shape = desk(folder)
    moved = hold(shape.files, "move everything", "add", "by name", "ids of agents", "add", "yes, go ahead")
    assert "everything arrived" in moved.text, moved.text
    assert_right(shape)


def test_no_value_of_a_row_stands_in_the_plan(folder: Path) -> None:
    shape = desk(folder, ("ticket", "Zeppelin"))
    told = shape.plan("add", "add", code=5)
    assert "Zeppelin" not in told.err + (folder / "plan.yaml").read_text()
    assert "object_type is agent" in told.err or "by_name" in told.err


def test_a_ring_through_a_type_is_closed_by_the_declared_reference(folder: Path) -> None:
    shape = desk(folder)
    with closing(sqlite3.connect(folder / "old.db")) as old, closing(sqlite3.connect(folder / "new.db")) as new:
        old.execute("ALTER TABLE ticket ADD COLUMN last_comment_id INTEGER REFERENCES comment (id)")
        old.execute("UPDATE ticket SET last_comment_id = id % 800 + 1 WHERE id % 3 = 0")
        new.execute("ALTER TABLE tickets ADD COLUMN last_comment_id INTEGER REFERENCES comments (id)")
        old.commit()
        new.commit()
    shape = Shape(folder, rows_of(folder / "new.db"))
    shape.plan("add", "add", "by_name", "ids_of_agents")
    assert "second_pass: [tickets.last_comment_id]" in (folder / "plan.yaml").read_text()
    shape.run()
    assert_right(shape)
    shape.assert_same(
        "SELECT title, body FROM ticket t LEFT JOIN comment c ON c.id = last_comment_id ORDER BY 1",
        "SELECT title, body FROM tickets t LEFT JOIN comments c ON c.id = last_comment_id"
        " WHERE title != 'Canary' ORDER BY 1",
    )
    assert here("validate", "--source", folder / "old.db", "--target", folder / "new.db").code == 0
    shape.undone()


@pytest.mark.parametrize("onto", ["sqlite", "postgresql", "mariadb"])
def test_rows_that_are_set_aside_are_not_named_in_lists_or_beside_a_type(folder: Path, onto: str) -> None:
    long = "x" * 61
    lost = f"""INSERT INTO agent VALUES (70, '{long}'), (71, 'A71');
    INSERT INTO comment VALUES (9001, 'ticket', 3, 'x1', '1,70,71'), (9002, 'agent', 70, 'x2', '2'),
        (9003, 'agent', 71, 'x3', '70')"""
    shape = desk(folder, more=lost)
    told = " ".join(shape.plan("add", "add", "by_name", "ids_of_agents", "quarantine", code=5).err.split())
    assert "1 id of agents, in 2 rows, is set aside" in told
    shape.plan("add", "add", "by_name", "ids_of_agents", "quarantine", "without", "quarantine")
    shape.run(code=3)
    names = {row[0]: row[1] for row in shape.new("SELECT id, name FROM agents")}
    listed = shape.new("SELECT body, agent_ids FROM comments WHERE body IN ('x1', 'x2', 'x3') ORDER BY 1")
    assert [(body, [names[int(one)] for one in ids.split(",") if one]) for body, ids in listed] == [
        ("x1", ["A1", "A71"]),
        ("x3", []),
    ]
    shape.proved_and_undone()


@pytest.mark.parametrize("onto", ["sqlite", "mariadb"])
def test_rows_that_only_the_plan_leaves_out_come_along_for_the_lists_that_name_them(folder: Path, onto: str) -> None:
    lost = "INSERT INTO comment VALUES (9001, 'ticket', 3, 'x1', '1,777')"
    shape = desk(folder, more=lost)
    old = {row[1]: row[0] for row in shape.old("SELECT id, name FROM agent")}
    said = ("add", "add", "by_name", "ids_of_agents", "only agents with id at most 50")
    told = " ".join(shape.plan(*said, code=5).err.split())
    assert "take: Take the 10 rows of agents along that the plan leaves out, and drop every other id" in told
    shape.plan(*said, "take", "empty")
    shape.run()
    lists: dict[str, str] = dict(shape.new("SELECT body, agent_ids FROM comments"))
    names = {row[0]: row[1] for row in shape.new("SELECT id, name FROM agents")}
    for body, ids in shape.old("SELECT body, agent_ids FROM comment"):
        wanted = [int(one) for one in ids.split(",") if one != "777"]
        assert [old[names[int(one)]] for one in lists[body].split(",")] == wanted
    shape.proved_and_undone()


def test_a_number_beside_a_level_is_asked_about_and_told_of_in_one_sentence(folder: Path) -> None:
    key, contexts = KEYS["generated"], [(n, 30 + 20 * (n % 2), n % 25 + 1) for n in range(1, 51)]
    shape = made(
        folder,
        f"""CREATE TABLE mdl_user (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
        CREATE TABLE mdl_course (id INTEGER PRIMARY KEY, title TEXT NOT NULL);
        CREATE TABLE mdl_context (id INTEGER PRIMARY KEY, contextlevel INTEGER, instanceid INTEGER);
        INSERT INTO mdl_user VALUES {values([(n, f"U{n}") for n in range(1, 31)])};
        INSERT INTO mdl_course VALUES {values([(n, f"C{n}") for n in range(1, 31)])};
        INSERT INTO mdl_context VALUES {values(contexts)};""",
        f"""CREATE TABLE users (id {key}, name VARCHAR(60) NOT NULL);
        CREATE TABLE courses (id {key}, title VARCHAR(60) NOT NULL);
        CREATE TABLE contexts (id {key}, level INTEGER NOT NULL, instance_id INTEGER);
        INSERT INTO users VALUES (5, 'Canary'); INSERT INTO courses VALUES (9, 'Canary');""",
    )
    said = "instance_id of contexts refers to users where contextlevel is 30, and to courses where contextlevel is 50"
    held = hold(shape.files, "fill users, courses and contexts", said, "take all recommendations", "yes")
    assert "contextlevel says which. Which rows are meant?" in " ".join(held.text.split())
    linked = """SELECT level, coalesce(u.name, c.title) FROM contexts x
        LEFT JOIN users u ON level = 30 AND u.id = instance_id
        LEFT JOIN courses c ON level = 50 AND c.id = instance_id ORDER BY 1, 2"""
    assert shape.new(linked) == sorted((level, f"{'U' if level == 30 else 'C'}{n}") for _, level, n in contexts)


def test_a_number_that_no_row_can_have_stands_for_none_where_a_row_is_named(folder: Path) -> None:
    shape = made(
        folder,
        f"""CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
        CREATE TABLE grades (id INTEGER PRIMARY KEY, note TEXT, person_id INTEGER);
        INSERT INTO people VALUES {values([(n, f"P{n}") for n in range(1, 21)])};
        INSERT INTO grades VALUES {values([(n, f"G{n}", n if n % 4 else -1) for n in range(1, 21)])};""",
        f"""CREATE TABLE people (id {KEYS["derived"]}, name VARCHAR(60) NOT NULL);
        CREATE TABLE grades (id INTEGER PRIMARY KEY, note TEXT, person_id CHAR(36) REFERENCES people (id));""",
    )
    held = hold(shape.files, "fill people and grades", "take all recommendations", "yes")
    assert "out of its range" in " ".join(held.text.split())
    linked = shape.new("SELECT g.note, p.name FROM grades g LEFT JOIN people p ON p.id = g.person_id ORDER BY g.id")
    assert linked == [(f"G{n}", f"P{n}" if n % 4 else None) for n in range(1, 21)]
