"""Triggers of the new database, from the question in the plan to the rows."""

from __future__ import annotations

import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ferryman.tools.move.failpoint import VARIABLE
from tests.front.calling import call, here
from tests.tools.pairs import ask, write
from tests.tools.test_relay import of_file, of_server

OLD = """
CREATE TABLE person (id integer NOT NULL PRIMARY KEY, name varchar(40), email varchar(40));
INSERT INTO person VALUES (1, 'Anna', 'anna@example.org'), (2, 'Bert', 'bert@example.org'), (3, '', 'c@example.org');
"""
NEW = """
CREATE TABLE person (id integer NOT NULL PRIMARY KEY, name varchar(40), email varchar(40), seen integer);
CREATE TABLE audit (word TEXT);
"""
CHANGES = (
    "CREATE TRIGGER upper AFTER INSERT ON person BEGIN UPDATE person SET name = upper(name) WHERE id = NEW.id; END;"
)
REFUSES = """
CREATE TRIGGER named BEFORE INSERT ON person WHEN NEW.name = '' BEGIN SELECT RAISE(ABORT, 'a person has a name'); END;
"""
ELSEWHERE = "CREATE TRIGGER heard AFTER INSERT ON person BEGIN INSERT INTO audit VALUES (NEW.name); END;"
FILLS = "CREATE TRIGGER counted AFTER INSERT ON person BEGIN UPDATE person SET seen = 1 WHERE id = NEW.id; END;"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return write(tmp_path / "old.sqlite", OLD)


@pytest.fixture(autouse=True)
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def new(tmp_path: Path, *triggers: str) -> Path:
    return write(tmp_path / "new.sqlite", NEW + "".join(triggers))


def asked(old: Path, target: Path, *words: str) -> dict[str, object]:
    done = here("plan", "--source", old, "--target", target, "--json", *words)
    return {q["id"]: q for q in done.json["questions"]}


def test_who_changes_what_is_moved_is_asked_about_and_set_aside_by_an_answer(old: Path, tmp_path: Path) -> None:
    target = new(tmp_path, CHANGES, ELSEWHERE)
    before = ask(target, "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY rowid")
    (question,) = asked(old, target).values()
    assert isinstance(question, dict)
    assert (question["id"], question["recommended"]) == ("triggers:person", "set_aside")
    assert "upper may change name" in question["text"]
    assert "heard" not in question["text"]
    file = tmp_path / "plan.yaml"
    here("plan", "--source", old, "--target", target, "--answer", "triggers:person=set_aside", "-o", file)
    assert "triggers: set_aside" in file.read_text()
    assert "triggers of the new database are set aside meanwhile" in file.read_text()
    token = here("run", "--plan", file, "--source", old, "--target", target, "--json").json["approval"]
    done = here("run", "--source", old, "--target", target, "--plan", file, "--approve", token)
    assert done.code == 0, done.err
    assert ask(target, "SELECT name FROM person") == [("Anna",), ("Bert",), ("",)]
    assert ask(target, "SELECT * FROM audit") == []
    assert ask(target, "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY rowid") == before
    with closing(sqlite3.connect(target)) as connection:
        connection.execute("INSERT INTO person VALUES (9, 'Zoe', '', NULL)")
        assert connection.execute("SELECT name FROM person WHERE id = 9").fetchall() == [("ZOE",)]


@pytest.mark.parametrize(
    ("triggers", "recommended"),
    [((REFUSES,), "fire"), ((REFUSES, CHANGES), "set_aside"), ((ELSEWHERE,), ""), ((FILLS,), "")],
)
def test_what_is_recommended(old: Path, tmp_path: Path, triggers: tuple[str, ...], recommended: str) -> None:
    found = [q["recommended"] for q in asked(old, new(tmp_path, *triggers)).values()]  # type: ignore[index]
    assert found == ([recommended] if recommended else [])


def test_triggers_that_are_set_aside_are_another_plan(old: Path, tmp_path: Path) -> None:
    target, tokens = new(tmp_path, CHANGES), set()
    for answer in ("fire", "set_aside"):
        done = here("plan", "--source", old, "--target", target, "--json", "--answer", f"triggers:person={answer}")
        tokens.add(done.json["plan_hash"])
    assert len(tokens) == 2


TREE_OLD = """
CREATE TABLE staff (id integer NOT NULL PRIMARY KEY, name varchar(40), boss_id integer REFERENCES staff (id));
INSERT INTO staff VALUES (1, 'Anna', 3), (2, 'Bert', 1), (3, 'Cleo', NULL), (4, 'Dora', 2);
"""
TREE_NEW = {
    "sqlite": """
        CREATE TABLE staff (id INTEGER PRIMARY KEY, name varchar(40), boss_id integer REFERENCES staff (id));
        CREATE TRIGGER made AFTER INSERT ON staff BEGIN UPDATE staff SET name = upper(name) WHERE id = NEW.id; END;
        CREATE TRIGGER led AFTER UPDATE ON staff BEGIN UPDATE staff SET name = name || '!' WHERE id = NEW.id; END;
    """,
    "postgresql": """
        CREATE TABLE staff (id serial PRIMARY KEY, name varchar(40), boss_id integer REFERENCES staff (id));
        CREATE FUNCTION said() RETURNS trigger AS $$ BEGIN NEW.name := upper(NEW.name) || '!'; RETURN NEW; END $$
            LANGUAGE plpgsql;
        CREATE TRIGGER made BEFORE INSERT ON staff FOR EACH ROW EXECUTE FUNCTION said();
        CREATE TRIGGER led BEFORE UPDATE ON staff FOR EACH ROW EXECUTE FUNCTION said();
    """,
    "mariadb": """
        CREATE TABLE staff (id integer AUTO_INCREMENT PRIMARY KEY, name varchar(40), boss_id integer,
            FOREIGN KEY (boss_id) REFERENCES staff (id));
        CREATE TRIGGER made BEFORE INSERT ON staff FOR EACH ROW SET NEW.name = concat(upper(NEW.name), '!');
        CREATE TRIGGER led BEFORE UPDATE ON staff FOR EACH ROW SET NEW.name = concat(upper(NEW.name), '!');
    """,
}
NAMES = {
    "sqlite": "SELECT name FROM sqlite_schema WHERE type = 'trigger' ORDER BY 1",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'O' ORDER BY 1",
    "mariadb": "SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = DATABASE() ORDER BY 1",
}


@pytest.mark.parametrize("kind", list(TREE_NEW))
@pytest.mark.parametrize(
    "point", ["after_triggers_go", "before_commit", "after_reference_commit", "between_triggers_come"]
)
def test_a_killed_run_is_resumed_and_undone_by_the_command_with_the_triggers_back(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str, point: str
) -> None:
    old = write(tmp_path / "old.sqlite", TREE_OLD)
    new = of_file(tmp_path / "new.sqlite") if kind == "sqlite" else of_server(request.getfixturevalue(kind).database())
    new.run(TREE_NEW[kind])
    where = ("--source", old, "--target", new.url)
    planned = here("plan", *where, "-o", "plan.yaml", "--answer", "triggers:staff=set_aside")
    assert planned.code == 0, planned.err
    token = here("run", *where, "--plan", "plan.yaml", "--json").json["approval"]
    started = ("run", *where, "--plan", "plan.yaml", "--approve", token)
    died = call(*started, env={VARIABLE: point})
    if died.code == 0:
        assert (point, kind) in NO_SECOND_PASS, died.err  # rows come in an order in which none has to wait
        assert new.ask(NAMES[kind]) == [("led",), ("made",)]
        return
    assert died.code == -signal.SIGKILL
    ledger = "ferryman.ferryman_run" if kind == "postgresql" else "ferryman_run"
    ((run,),) = new.ask(f"SELECT run_id FROM {ledger}")
    if point == "after_triggers_go":
        standing = here("status", run, "--target", new.url)
        assert "away from staff: " in standing.err + standing.out
        assert f"put back by: ferryman resume {run}" in standing.err + standing.out
    resumed = here("resume", run, *where)
    assert resumed.code == 0, resumed.err
    assert new.ask(NAMES[kind]) == [("led",), ("made",)]
    assert new.ask("SELECT name, boss_id FROM staff ORDER BY id") == [
        ("Anna", 3), ("Bert", 1), ("Cleo", None), ("Dora", 2),
    ]  # fmt: skip
    undone = here("rollback", run, "--target", new.url, "--yes")
    assert undone.code == 0, undone.err
    assert new.ask("SELECT * FROM staff") == []
    assert new.ask(NAMES[kind]) == [("led",), ("made",)]


NO_SECOND_PASS = {("after_reference_commit", "sqlite"), ("after_reference_commit", "mariadb")}
