"""A plan tried out on a copy of the target, whatever keeps it: what would come of it is told, and nothing is left."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.front.calling import here, refused
from tests.front.ported import Side, ported
from tests.front.shapes import KEYS, PORT, Shape, made, values

KINDS = ["", "sqlite to postgresql", "sqlite to mariadb"]
MADE_BY_US = {
    "postgresql": "SELECT datname FROM pg_database WHERE datname LIKE 'ferryman_try%%'",
    "mysql": "SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE 'ferryman_try%%'",
}
NEXT = {
    "postgresql": "SELECT last_value, is_called FROM shops_id_seq",
    "mysql": """SELECT auto_increment FROM information_schema.tables
        WHERE table_schema = DATABASE() AND table_name = 'shops'""",
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(params=KINDS, autouse=True)
def onto(request: pytest.FixtureRequest) -> Iterator[str]:
    """The kinds of the two databases; "" is SQLite on both sides."""
    old_kind, _, new_kind = request.param.partition(" to ")

    def port(path: Path) -> Side:
        return ported(request, new_kind if path.name == "new.db" else old_kind, path)

    token = PORT.set(port if new_kind else None)
    yield new_kind
    PORT.reset(token)


def shops(folder: Path, names: str = "") -> Shape:
    """300 shops behind one that is there, which the new database numbers, and a visit to each."""
    rows = [(n, f"shop {n}") for n in range(1, 301)]
    return made(
        folder,
        f"""CREATE TABLE shop (id INTEGER PRIMARY KEY, name VARCHAR(20));
        CREATE TABLE visit (id INTEGER PRIMARY KEY, shop_id INTEGER REFERENCES shop (id), note VARCHAR(20));
        INSERT INTO shop VALUES {values(rows)};
        INSERT INTO visit VALUES {values([(n, n, "x") for n in range(1, 301)])};""",
        f"""CREATE TABLE shops (id {KEYS["generated"]}, name VARCHAR(20) {names});
        CREATE TABLE visits (id INTEGER NOT NULL PRIMARY KEY, shop_id INTEGER REFERENCES shops (id), note VARCHAR(20));
        INSERT INTO shops VALUES (7, 'theirs');""",
    )


def left(shape: Shape) -> tuple[object, ...]:
    """Everything that a run could leave: rows, the next number, tables, copies on the server."""
    if not shape.sides:
        return (shape.files[1].read_bytes(), sorted(path.name for path in shape.folder.iterdir()))
    side, kind = shape.sides[1], shape.sides[1].engine.dialect.name
    tables = "SELECT table_schema, table_name FROM information_schema.tables ORDER BY 1, 2"
    return side.rows(), side.ask(NEXT[kind]), [row for row in side.ask(tables) if "ferryman_t" not in row[0]]


def test_a_dry_run_says_what_would_come_of_it_and_leaves_nothing(folder: Path, onto: str) -> None:
    shape = shops(folder)
    shape.plan("add")
    assert "kind: generated" in (folder / "plan.yaml").read_text()
    before = left(shape)
    if shape.sides:
        kind = shape.sides[1].engine.dialect.name
        stale = "ferryman_try_00000000beef"
        with shape.sides[1].engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {stale}")
    for words, tried in ((("--dry-run",), {"shops": 300, "visits": 300}), (("--sample", "10%"), {"visits": 30})):
        done = here("run", "--plan", "plan.yaml", *shape.names, *words, "--json")
        assert done.code == 0, done.err
        told = {table["table"]: table for table in done.json["tables"]}
        assert {name: told[name]["tried"] for name in tried} == tried
        assert (told["shops"]["before"], told["shops"]["after"]) == (1, 301)
        assert done.json["passed"]
        assert left(shape) == before
    if shape.sides:
        assert shape.new(MADE_BY_US[kind]) == []
    shape.run()
    assert shape.new("SELECT count(*) FROM visits v JOIN shops s ON s.id = v.shop_id") == [(300,)]


@pytest.mark.parametrize("head", ["", "NOT NULL"])
def test_a_ring_is_proved_when_all_of_it_is_there(folder: Path, head: str) -> None:
    shape = made(
        folder,
        f"""CREATE TABLE department (id INTEGER PRIMARY KEY, name TEXT, head_id INTEGER {head} REFERENCES employee);
        CREATE TABLE employee (id INTEGER PRIMARY KEY, name TEXT, dept_id INTEGER NOT NULL REFERENCES department);
        INSERT INTO department VALUES (1, 'Sales', 2), (2, 'Store', 1);
        INSERT INTO employee VALUES (1, 'Ann', 1), (2, 'Bo', 2);""",
        f"""CREATE TABLE departments (id INTEGER NOT NULL PRIMARY KEY, name TEXT,
            head_id INTEGER {head} REFERENCES employees (id));
        CREATE TABLE employees (id INTEGER NOT NULL PRIMARY KEY, name TEXT,
            dept_id INTEGER NOT NULL REFERENCES departments (id));""",
    )
    shape.plan()
    done = here("run", "--plan", folder / "plan.yaml", *shape.names, "--dry-run")
    assert done.code == 0, done.err
    assert done.err.count("checks: pass") == 2
    assert shape.new("SELECT count(*) FROM departments") == [(0,)]


@pytest.mark.parametrize("onto", ["sqlite to postgresql"], indirect=True)
def test_postgresql_makes_no_copy_while_others_are_connected(folder: Path, onto: str) -> None:
    shape = shops(folder)
    shape.plan("add")
    assert shape.sides
    with shape.sides[1].engine.connect():
        what, do = refused(here("run", "--plan", "plan.yaml", *shape.names, "--dry-run"), 5)
    assert "while another program is connected" in what
    assert "--target URL" in do
    assert shape.new(MADE_BY_US["postgresql"]) == []
