"""Triggers of the new database, from the question in the plan to the rows."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.front.calling import here
from tests.tools.pairs import ask, write

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
