"""References that are hard to move: to the same table, in rings, to what is no key, to rows that are there already.

Every shape is a pair of databases of its own. Rows are compared by the same join on both sides, everything is proved
by `validate`, and after the undo the new database holds the very rows that it held before.
"""

from __future__ import annotations

import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ferryman.tools.move.failpoint import VARIABLE
from tests.front.calling import Called, call, here, pair
from tests.front.ported import Side, ported
from tests.front.shapes import KEYS, PORT, Shape, made, rows_of, values
from tests.front.talking import hold
from tests.servers import READER, Server

IDENTITIES = list(KEYS)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(done: Called) -> str:
    return " ".join(done.err.split())


#: Where an identity is tried beside SQLite: both servers on both sides.
ONTO = {"kept": "mariadb to postgresql", "derived": "postgresql to mariadb", "generated": "sqlite to postgresql"}


@pytest.fixture(autouse=True)
def onto(request: pytest.FixtureRequest) -> Iterator[None]:
    """Where databases are made: in files, or as `everywhere` says."""
    old_kind, _, new_kind = getattr(request, "param", "").partition(" to ")

    def port(path: Path) -> Side:
        return ported(request, new_kind if path.name == "new.db" else old_kind, path)

    token = PORT.set(port if new_kind else None)
    yield
    PORT.reset(token)


def everywhere(*identities: str) -> pytest.MarkDecorator:
    """Each identity on SQLite, and on the servers that `ONTO` names."""
    pairs = [(one, "") for one in identities] + [(one, ONTO[one]) for one in identities]
    return pytest.mark.parametrize(("identity", "onto"), pairs, indirect=["onto"])


def on(*kinds: str) -> pytest.MarkDecorator:
    """On SQLite, and on servers."""
    return pytest.mark.parametrize("onto", ["", *kinds], indirect=True)


# Tables that refer to themselves

UNITS = [(n, f"U{n}", n + 1 if n < 700 else None) for n in range(1, 701)]  # children first, one chain of 700


def units(folder: Path, identity: str) -> Shape:
    key = KEYS[identity]
    seed = "INSERT INTO units VALUES (50, 'Board', NULL);" if identity == "generated" else ""
    return made(
        folder,
        f"""CREATE TABLE unit (unit_id INTEGER PRIMARY KEY, label TEXT, parent_unit_id INTEGER REFERENCES unit);
        INSERT INTO unit VALUES {values(UNITS)};""",
        f"""CREATE TABLE units (id {key}, label TEXT, parent_unit_id {key.split()[0]} REFERENCES units (id)); {seed}""",
    )


@everywhere(*IDENTITIES)
def test_a_chain_whose_children_come_before_their_parents(folder: Path, identity: str) -> None:
    shape = units(folder, identity)
    shape.plan(*(["add"] if identity == "generated" else []))
    shape.run()
    shape.assert_same(
        "SELECT c.label, p.label FROM unit c LEFT JOIN unit p ON p.unit_id = c.parent_unit_id ORDER BY 1",
        "SELECT c.label, p.label FROM units c LEFT JOIN units p ON p.id = c.parent_unit_id"
        " WHERE c.label != 'Board' ORDER BY 1",
    )
    shape.proved_and_undone()


def accounts(folder: Path, identity: str) -> Shape:
    key = KEYS[identity]
    rows = [(n, f"A{n}", max(1, n // 2)) for n in range(1, 601)]  # the root rolls up into itself
    seed = "INSERT INTO ledger_accounts VALUES (7, 'Seed', 7);" if identity == "generated" else ""
    return made(
        folder,
        f"""CREATE TABLE account (no INTEGER PRIMARY KEY, title TEXT NOT NULL,
            rollup_no INTEGER NOT NULL REFERENCES account (no));
        INSERT INTO account VALUES {values(rows)};""",
        f"""CREATE TABLE ledger_accounts (id {key}, title TEXT NOT NULL,
            rollup_id {key.split()[0]} NOT NULL CONSTRAINT rolls_up REFERENCES ledger_accounts (id)); {seed}""",
    )


@everywhere("kept", "derived")
def test_a_root_that_must_refer_to_itself(folder: Path, identity: str) -> None:
    shape = accounts(folder, identity)
    shape.plan()
    shape.run()
    shape.assert_same(
        "SELECT c.title, p.title FROM account c JOIN account p ON p.no = c.rollup_no ORDER BY 1",
        "SELECT c.title, p.title FROM ledger_accounts c JOIN ledger_accounts p ON p.id = c.rollup_id ORDER BY 1",
    )
    shape.proved_and_undone()


def test_a_root_that_must_refer_to_itself_by_a_number_made_later_is_refused_at_planning(folder: Path) -> None:
    shape = accounts(folder, "generated")
    told = shape.plan("add", code=5).err
    assert "ledger_accounts.rollup_id -> ledger_accounts (constraint " in told
    assert "the new database numbers ledger_accounts itself" in told
    assert shape.new("SELECT count(*) FROM ledger_accounts") == [(1,)]


# Rings of tables

RING = 600
DEPARTMENTS = [(n, f"D{n}", n * 7 % RING + 1 if n % 3 else None) for n in range(1, RING + 1)]
STAFF = [(n, f"E{n}", n * 5 % RING + 1) for n in range(1, RING + 1)]
HEADS = "SELECT d.name, e.name, x.name FROM {0} d LEFT JOIN {1} e ON e.id = d.head_id LEFT JOIN {0} x ON x.id = {2}"


def ring(folder: Path, identity: str, head: str = "") -> Shape:
    key = KEYS[identity]
    other, heads = key.split()[0], [(i, n, h or 1) for i, n, h in DEPARTMENTS] if head else DEPARTMENTS
    seed = "INSERT INTO departments VALUES (70, 'Seed', NULL); INSERT INTO employees VALUES (80, 'Sam', 70);"
    return made(
        folder,
        f"""CREATE TABLE department (id INTEGER PRIMARY KEY, name TEXT, head_id INTEGER {head} REFERENCES employee);
        CREATE TABLE employee (id INTEGER PRIMARY KEY, name TEXT, dept_id INTEGER NOT NULL REFERENCES department);
        INSERT INTO department VALUES {values(heads)};
        INSERT INTO employee VALUES {values(STAFF)};""",
        f"""CREATE TABLE departments (id {key}, name TEXT, head_id {other} {head} REFERENCES employees (id));
        CREATE TABLE employees (id {key}, name TEXT, dept_id {other} NOT NULL REFERENCES departments (id));
        {seed if identity == "generated" else ""}""",
    )


def assert_heads(shape: Shape) -> None:
    shape.assert_same(
        HEADS.format("department", "employee", "e.dept_id") + " ORDER BY 1",
        HEADS.format("departments", "employees", "e.dept_id") + " WHERE d.name != 'Seed' ORDER BY 1",
    )


@everywhere(*IDENTITIES)
def test_a_ring_of_two_is_closed_in_a_second_pass(folder: Path, identity: str) -> None:
    shape = ring(folder, identity)
    shape.plan(*(["add", "add"] if identity == "generated" else []))
    assert "second_pass: [departments.head_id]" in (folder / "plan.yaml").read_text()
    shape.run()
    assert_heads(shape)
    shape.proved_and_undone()


@everywhere("kept", "derived")
def test_a_ring_of_two_in_which_nothing_may_be_empty(folder: Path, identity: str) -> None:
    shape = ring(folder, identity, head="NOT NULL")
    shape.plan()
    shape.run()
    assert_heads(shape)
    shape.proved_and_undone()


@pytest.mark.parametrize("onto", ["sqlite to postgresql"], indirect=True)
def test_a_ring_in_which_nothing_may_be_empty_is_whole_again_after_a_kill(folder: Path) -> None:
    """PostgreSQL would refuse its first row: the constraint is set aside, and put back whatever happens."""
    shape = ring(folder, "derived", head="NOT NULL")
    rules = "SELECT conname, convalidated FROM pg_constraint WHERE contype = 'f' ORDER BY 1"
    before = shape.new(rules)
    shape.plan()
    assert "no row could be the first" in " ".join((folder / "plan.yaml").read_text().split())
    for moment in ("before_commit:departments:2", "before_commit:employees:2", "before_validation:departments"):
        shape.killed(moment)
        shape.undone()
        assert shape.new(rules) == before
    shape.killed("after_commit:departments:1")
    assert call("resume", *shape.names, env={VARIABLE: "before_commit:employees:2"}).code == -signal.SIGKILL
    done = here("resume", *shape.names)
    assert done.code == 0, done.err
    assert_heads(shape)
    assert shape.new(rules) == before
    assert here("validate", *shape.names).code == 0
    assert call("rollback", "--yes", env={VARIABLE: "before_undo_commit"}).code == -signal.SIGKILL
    shape.undone()
    assert shape.new(rules) == before


def test_a_ring_in_which_nothing_may_be_empty_is_asked_about_where_the_role_may_not_open_it(
    folder: Path, postgresql: Server
) -> None:
    there = postgresql.database()
    there.run(
        """CREATE TABLE departments (id int PRIMARY KEY, name text, head_id int NOT NULL);
        CREATE TABLE employees (id int PRIMARY KEY, name text, dept_id int NOT NULL REFERENCES departments);
        ALTER TABLE departments ADD CONSTRAINT headed FOREIGN KEY (head_id) REFERENCES employees;"""
    )
    there.run(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {READER}")
    there.run(f"GRANT CREATE ON DATABASE {there.name} TO {READER}")
    ring(folder, "kept", head="NOT NULL")
    for url, code in ((there.source, 5), (f"{there.url}?keep_constraints=yes", 5), (there.url, 0)):
        done = here("plan", "--source", folder / "old.db", "--target", url, "-o", "plan.yaml", "--force")
        assert done.code == code, done.err
        asked = "a role that may alter departments and employees" in said(done)
        assert asked == (code == 5)


def lands(folder: Path, identity: str, anthem: str = "") -> Shape:
    key, other = KEYS[identity], KEYS[identity].split()[0]
    rows = range(1, 41)
    return made(
        folder,
        f"""CREATE TABLE country (id INTEGER PRIMARY KEY, name TEXT, anthem_id INTEGER {anthem} REFERENCES song);
        CREATE TABLE song (id INTEGER PRIMARY KEY, title TEXT, singer_id INTEGER NOT NULL REFERENCES singer);
        CREATE TABLE singer (id INTEGER PRIMARY KEY, stage_name TEXT, country_id INTEGER NOT NULL REFERENCES country);
        INSERT INTO country VALUES {values([(n, f"C{n}", n % 40 + 1) for n in rows])};
        INSERT INTO song VALUES {values([(n, f"S{n}", n * 3 % 40 + 1) for n in rows])};
        INSERT INTO singer VALUES {values([(n, f"P{n}", n * 7 % 40 + 1) for n in rows])};""",
        f"""CREATE TABLE countries (id {key}, name TEXT, anthem_id {other} {anthem} REFERENCES songs (id));
        CREATE TABLE songs (id {key}, title TEXT, singer_id {other} NOT NULL REFERENCES singers (id));
        CREATE TABLE singers (id {key}, stage_name TEXT, country_id {other} NOT NULL REFERENCES countries (id));""",
    )


@pytest.mark.parametrize("anthem", ["", "NOT NULL"])
@everywhere("kept", "derived")
def test_a_ring_of_three(folder: Path, identity: str, anthem: str) -> None:
    shape = lands(folder, identity, anthem)
    shape.plan()
    shape.run()
    joined = (
        "SELECT c.name, s.title, p.stage_name, h.name FROM {} c JOIN {} s ON s.id = c.anthem_id"
        " JOIN {} p ON p.id = s.singer_id JOIN {} h ON h.id = p.country_id ORDER BY 1"
    )
    shape.assert_same(
        joined.format("country", "song", "singer", "country"),
        joined.format("countries", "songs", "singers", "countries"),
    )
    shape.proved_and_undone()


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


# Keys of several columns, no keys, and keys that differ by a letter's case or a blank

SITES = """
CREATE TABLE site (region TEXT NOT NULL, code TEXT NOT NULL, title TEXT NOT NULL, PRIMARY KEY (region, code));
CREATE TABLE sensor (region TEXT NOT NULL, code TEXT NOT NULL, slot INTEGER NOT NULL, maker TEXT,
    PRIMARY KEY (region, code, slot), FOREIGN KEY (region, code) REFERENCES site (region, code)) WITHOUT ROWID;
CREATE TABLE reading (id INTEGER PRIMARY KEY, region TEXT, code TEXT, slot INTEGER, val REAL,
    FOREIGN KEY (region, code, slot) REFERENCES sensor (region, code, slot));
CREATE TABLE visit (region TEXT, code TEXT, visited TEXT, remark TEXT);
INSERT INTO site VALUES ('N', 'a', 'Na'), ('N', 'A', 'NA'), ('N', 'a ', 'Na blank'), ('S', 'a', 'Sa');
INSERT INTO sensor SELECT region, code, 1, 'acme' FROM site;
INSERT INTO sensor VALUES ('N', 'a', 2, 'bolt');
INSERT INTO reading SELECT NULL, region, code, slot, rowid * 1.5 FROM (SELECT *, 1 AS rowid FROM sensor);
INSERT INTO reading VALUES (100, 'N', 'a', NULL, 0.5);
INSERT INTO visit VALUES ('N', 'a', '2020-01-01', 'x'), ('N', 'a', '2020-01-01', 'x'), ('S', 'a', '2020-01-02', NULL);
"""
READINGS = (
    "SELECT r.id, r.val, t.title, s.slot, s.maker FROM reading r LEFT JOIN sensor s USING (region, code, slot)"
    " LEFT JOIN site t ON t.region = s.region AND t.code = s.code ORDER BY 1"
)
VISITS = "SELECT CAST(visited AS CHAR(10)), remark, region, code FROM visit{} ORDER BY 1, 2"


@on("sqlite to postgresql")
def test_keys_of_several_columns_stay_and_rows_without_a_key_go_by_their_position(folder: Path) -> None:
    shape = made(
        folder,
        SITES,
        """CREATE TABLE sites (region VARCHAR(10) NOT NULL, code VARCHAR(10) NOT NULL, title TEXT NOT NULL,
            PRIMARY KEY (region, code));
        CREATE TABLE sensors (region VARCHAR(10) NOT NULL, code VARCHAR(10) NOT NULL, slot INTEGER NOT NULL, maker TEXT,
            PRIMARY KEY (region, code, slot), FOREIGN KEY (region, code) REFERENCES sites (region, code)) WITHOUT ROWID;
        CREATE TABLE readings (id INTEGER PRIMARY KEY, region VARCHAR(10), code VARCHAR(10), slot INTEGER, val REAL,
            FOREIGN KEY (region, code, slot) REFERENCES sensors (region, code, slot));
        CREATE TABLE visits (id INTEGER PRIMARY KEY, region VARCHAR(10), code VARCHAR(10), visited DATE, remark TEXT);
        """,
    )
    assert "visit has no key" in shape.plan(code=5).err
    shape.plan("position")
    shape.run()
    shape.assert_same(
        READINGS, READINGS.replace("reading", "readings").replace("sensor ", "sensors ").replace("site ", "sites ")
    )
    shape.assert_same(VISITS.format(""), VISITS.format("s"))
    shape.proved_and_undone()


@on("sqlite to postgresql", "mariadb to postgresql")
def test_a_key_of_several_columns_becomes_one_id_and_what_refers_to_it_follows(folder: Path) -> None:
    shape = made(
        folder,
        SITES,
        """CREATE TABLE sites (id CHAR(36) PRIMARY KEY, region VARCHAR(10) NOT NULL, code VARCHAR(10) NOT NULL,
            title TEXT NOT NULL, UNIQUE (region, code));
        CREATE TABLE sensors (id CHAR(36) PRIMARY KEY, site_id CHAR(36) NOT NULL REFERENCES sites (id),
            slot INTEGER NOT NULL, maker TEXT);
        CREATE TABLE readings (id CHAR(36) PRIMARY KEY, sensor_id CHAR(36) REFERENCES sensors (id), val REAL,
            legacy_id INTEGER);""",
    )
    shape.plan()
    shape.run()
    shape.assert_same(
        READINGS,
        "SELECT r.legacy_id, r.val, t.title, s.slot, s.maker FROM readings r LEFT JOIN sensors s ON s.id = r.sensor_id"
        " LEFT JOIN sites t ON t.id = s.site_id ORDER BY 1",
    )
    shape.proved_and_undone()


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


# By conversation

TALKS = {
    "chain": (units, "SELECT count(*), count(parent_unit_id) FROM units", [(700, 699)]),
    "ring": (ring, "SELECT count(*) FROM departments d JOIN employees e ON e.id = d.head_id", [(400,)]),
    "three": (lands, "SELECT count(*) FROM countries c JOIN songs s ON s.id = c.anthem_id", [(40,)]),
}


@pytest.mark.parametrize("name", list(TALKS))
def test_the_same_in_words(folder: Path, name: str) -> None:
    make, question, answer = TALKS[name]
    shape = make(folder, "derived")
    moved = hold(shape.files, "move everything", "yes, go ahead")
    assert "everything arrived" in moved.text, moved.text
    assert shape.new(question) == answer
    hold(shape.files, f"undo run {moved.run}", "yes")
    assert rows_of(shape.files[1]) == shape.before


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


@everywhere("kept", "derived")
def test_a_ring_in_which_nothing_may_be_empty_and_the_new_side_checks_at_the_commit(
    folder: Path, identity: str
) -> None:  # fmt: skip
    key, other = KEYS[identity], KEYS[identity].split()[0]
    late = "DEFERRABLE INITIALLY DEFERRED"
    shape = made(
        folder,
        f"""CREATE TABLE department (id INTEGER PRIMARY KEY, name TEXT, head_id INTEGER NOT NULL REFERENCES employee
            {late});
        CREATE TABLE employee (id INTEGER PRIMARY KEY, name TEXT,
            dept_id INTEGER NOT NULL REFERENCES department {late});
        INSERT INTO department VALUES {values([(i, n, h or 1) for i, n, h in DEPARTMENTS])};
        INSERT INTO employee VALUES {values(STAFF)};""",
        f"""CREATE TABLE departments (id {key}, name TEXT, head_id {other} NOT NULL CONSTRAINT has_head
            REFERENCES employees (id) {late});
        CREATE TABLE employees (id {key}, name TEXT, dept_id {other} NOT NULL REFERENCES departments (id) {late});""",
    )
    shape.plan()
    shape.run()
    assert_heads(shape)
    shape.proved_and_undone()


# Trees and rings some of whose rows stay behind

BAD_TREE = [(n, f"U{n}", n + 1 if n < 30 else None) for n in range(1, 31)]
"""Row 25 has no name; 1 to 24 hang on it, one below the other, and come before it."""


@pytest.mark.parametrize("below", ["quarantine", "empty"])
@pytest.mark.parametrize("identity", IDENTITIES)
def test_what_hangs_on_a_row_that_is_set_aside_is_decided_with_it(folder: Path, identity: str, below: str) -> None:
    key = KEYS[identity]
    rows = [(n, None if n == 25 else name, parent) for n, name, parent in BAD_TREE]
    shape = made(
        folder,
        f"""CREATE TABLE unit (id INTEGER PRIMARY KEY, name TEXT, parent_id INTEGER REFERENCES unit);
        ALTER TABLE unit ADD COLUMN twin_id INTEGER REFERENCES unit;
        INSERT INTO unit VALUES {values([(*row, None) for row in rows])};""",
        f"""CREATE TABLE units (id {key}, name TEXT NOT NULL, parent_id {key.split()[0]} REFERENCES units (id),
            twin_id {key.split()[0]} REFERENCES units (id));
        {"INSERT INTO units VALUES (50, 'Seed', NULL, NULL);" if identity == "generated" else ""}""",
    )
    words = ["add"] if identity == "generated" else []
    assert "1 row of units has no value for name" in said(shape.plan(*words, code=5))
    told = said(shape.plan(*words, "quarantine", code=5))
    assert "1 row of units refers by parent_id to a row of units that is set aside" in told
    if below == "quarantine":
        told = said(shape.plan(*words, "quarantine", "quarantine", code=5))
        assert "24 rows of units refer by parent_id" in told
    shape.plan(*words, "quarantine", *[below] * (2 if below == "quarantine" else 1))
    shape.run(code=3)
    moved = shape.new("SELECT u.name, p.name FROM units u LEFT JOIN units p ON p.id = u.parent_id")
    stay = range(1, 26) if below == "quarantine" else [25]
    wanted = {f"U{n}": f"U{n + 1}" if n < 30 else None for n in range(1, 31) if n not in stay}
    assert dict(moved) == wanted | ({"U24": None} if below == "empty" else {}) | (
        {"Seed": None} if identity == "generated" else {}
    )
    assert shape.new("SELECT count(*) FROM ferryman_quarantine") == [(len(stay),)]
    assert shape.new("PRAGMA foreign_key_check") == []
    shape.proved_and_undone()


UNDER = {24: 25, 23: 24, 26: 25, 27: 26, 22: 27}
REFUSED_TREE = [(n, f"U{n}", UNDER.get(n, 1 if n > 1 else None)) for n in range(1, 31)]
REFUSED = "the label is not wanted here"
REFUSING = {
    "sqlite": f"""CREATE TRIGGER unwanted BEFORE INSERT ON units WHEN new.name = 'U25'
        BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END""",
    "postgresql": f"""CREATE FUNCTION unwanted() RETURNS trigger AS $$ BEGIN
            IF new.name = 'U25' THEN RAISE EXCEPTION '{REFUSED}' USING ERRCODE = 'check_violation'; END IF;
            RETURN new; END $$ LANGUAGE plpgsql;
        CREATE TRIGGER unwanted BEFORE INSERT ON units FOR EACH ROW EXECUTE FUNCTION unwanted()""",
    "mysql": f"""CREATE TRIGGER unwanted BEFORE INSERT ON units FOR EACH ROW
        IF new.name = 'U25' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{REFUSED}'; END IF""",
}


def refusing_tree(folder: Path, identity: str) -> Shape:
    """A tree of which the database refuses one row, and nobody can see that beforehand; five rows hang on it, some
    directly, some on those, before it and after it."""
    key = KEYS[identity]
    shape = made(
        folder,
        f"""CREATE TABLE unit (id INTEGER PRIMARY KEY, name TEXT, parent_id INTEGER REFERENCES unit);
        INSERT INTO unit VALUES {values(REFUSED_TREE)};""",
        f"""CREATE TABLE units (id {key}, name TEXT, parent_id {key.split()[0]} REFERENCES units (id));""",
    )
    if shape.sides is None:
        with closing(sqlite3.connect(shape.files[1])) as new:
            new.executescript(REFUSING["sqlite"])
    else:
        engine = shape.sides[1].engine
        with engine.begin() as connection:
            connection.exec_driver_sql(REFUSING[engine.dialect.name])
    return shape


@pytest.mark.parametrize("below", ["skip_orphaned_records", "set_null", "create_placeholders"])
@everywhere(*IDENTITIES)
def test_what_hangs_on_a_row_that_the_database_refuses_is_asked_about_with_it(
    folder: Path, identity: str, below: str
) -> None:
    shape = refusing_tree(folder, identity)
    shape.plan("fire")
    shape.run(code=5)

    done = here("resume", *shape.names, "--decide", below, "--decide", "skip_orphaned_records")
    assert done.code == 3, done.err
    stay = {22, 23, 24, 25, 26, 27} if below == "skip_orphaned_records" else {25}
    under = {n: f"U{parent}" if parent else None for n, _, parent in REFUSED_TREE}
    under |= {24: None, 26: None}  # emptied, or under a placeholder that has no name
    moved = shape.new("SELECT u.name, p.name FROM units u LEFT JOIN units p ON p.id = u.parent_id WHERE u.name != ''")
    assert dict(moved) == {f"U{n}": above for n, above in under.items() if n not in stay}
    hanging = shape.new(
        "SELECT count(*) FROM units u JOIN units p ON p.id = u.parent_id WHERE u.name IN ('U24', 'U26')"
    )
    assert hanging == [(2 if below == "create_placeholders" else 0,)]
    lost = "SELECT count(*) FROM units u WHERE parent_id IS NOT NULL AND parent_id NOT IN (SELECT id FROM units)"
    assert shape.new(lost) == [(0,)]
    if not shape.sides:
        assert shape.new("SELECT count(*) FROM ferryman_quarantine") == [(len(stay),)]
        shape.proved_and_undone()


def test_the_rows_below_one_that_is_refused_are_counted_one_generation_after_the_other(folder: Path) -> None:
    shape = refusing_tree(folder, "kept")
    shape.plan("fire")
    shape.run(code=5)
    held = hold(shape.files, "resume", "skip", "skip", "pause")
    assert "1 row of units cannot go" in held.after("resume")
    then = " ".join(held.after("skip").split())
    assert "2 rows of units refer to units that are not there: the parents are set aside themselves" in then
    assert "5 rows of units refer to units that are not there" in " ".join(held.text.split())
    assert "tried before" not in held.text
    for way in ("Create a placeholder", "Skip these 2 rows", "parent_id left empty"):
        assert way in then


# A join table without a primary key, as frameworks make them, with rows that repeat one of an earlier batch


def joined(folder: Path) -> Shape:
    links = [*[(99, 1)] * 3, *((n % 40 + 1, n // 40 + 1) for n in range(1_200)), *((n % 40 + 1, 1) for n in range(60))]
    return made(
        folder,
        f"""CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT);
        CREATE TABLE tag (id INTEGER PRIMARY KEY, name TEXT);
        CREATE TABLE book_tag (book_id INTEGER NOT NULL, tag_id INTEGER NOT NULL);
        INSERT INTO book VALUES {values([(n, f"b{n}") for n in range(1, 41)])};
        INSERT INTO tag VALUES {values([(n, f"t{n}") for n in range(1, 31)])};
        INSERT INTO book_tag VALUES {values(links)};""",
        """CREATE TABLE books (id INTEGER PRIMARY KEY, title TEXT);
        CREATE TABLE tags (id INTEGER PRIMARY KEY, name TEXT);
        CREATE TABLE books_tags (book_id INTEGER NOT NULL REFERENCES books (id),
            tag_id INTEGER NOT NULL REFERENCES tags (id), UNIQUE (book_id, tag_id));""",
    )


def assert_joined(shape: Shape) -> None:
    shape.assert_same(
        "SELECT DISTINCT book_id, tag_id FROM book_tag WHERE book_id <= 40 ORDER BY 1, 2",
        "SELECT book_id, tag_id FROM books_tags ORDER BY 1, 2",
    )
    groups = here("quarantine", "list", "--json").json["groups"]
    assert sum(group["rows"] for group in groups) == 63
    shape.proved_and_undone()


def test_a_join_table_is_told_apart_by_its_unique_columns_and_rows_that_repeat_one_are_set_aside(folder: Path) -> None:
    shape = joined(folder)
    shape.plan("position", "take all recommendations")
    shape.run(code=3)
    assert_joined(shape)


def test_what_stops_the_rows_is_asked_about_and_not_what_was_decided_before(folder: Path) -> None:
    """Without a look ahead the orphans of the first batch are decided on, and then the repeated keys of the last."""
    shape = joined(folder)
    plan = shape.folder / "plan.yaml"
    assert here("plan", *pair(*shape.files), "-o", plan, "--no-preflight", "--answer", "position").code == 0
    assert "refer to books that are not there" in shape.run(code=5).err
    decided = here("resume", "--decide", "skip_orphaned_records")
    assert decided.code == 3, decided.err
    assert_joined(shape)


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


# Keys that hold NULL


@pytest.mark.parametrize("identity", ["kept", "derived"])
def test_rows_whose_key_is_empty_are_set_aside_and_all_others_come(folder: Path, identity: str) -> None:
    key = "VARCHAR(20) NOT NULL PRIMARY KEY" if identity == "kept" else KEYS[identity]
    shape = made(
        folder,
        """CREATE TABLE tariff (code TEXT PRIMARY KEY, label TEXT);
        CREATE TABLE ride (id INTEGER PRIMARY KEY, tariff_code TEXT REFERENCES tariff, km INTEGER);
        INSERT INTO tariff VALUES ('a', 'A'), (NULL, 'none'), ('b', 'B'), (NULL, 'none again');
        INSERT INTO ride VALUES (1, 'a', 5), (2, NULL, 6), (3, 'b', 7);""",
        f"""CREATE TABLE tariffs (id {key}, label TEXT);
        CREATE TABLE rides (id INTEGER NOT NULL PRIMARY KEY, tariff_id {key.split()[0]} REFERENCES tariffs (id),
            km INTEGER);
        INSERT INTO tariffs VALUES ('theirs', 'Theirs');""",
    )
    assert "2 rows of tariffs have no key in the old database" in said(shape.planned("add"))
    shape.plan("add", "quarantine")
    shape.run(code=3)
    assert shape.new("SELECT km, label FROM rides LEFT JOIN tariffs t ON t.id = tariff_id ORDER BY 1") == [
        (5, "A"),
        (6, None),
        (7, "B"),
    ]
    assert shape.new("SELECT count(*) FROM ferryman_quarantine") == [(2,)]
    assert here("quarantine", "retry").code == 3
    shape.proved_and_undone()
