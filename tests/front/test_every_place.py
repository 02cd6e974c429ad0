"""Four things that people say, wherever something waits for them, over several turns and with changes of mind."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ferryman.graph.context import Options
from tests.front.talking import Held, hold

OLD = """
CREATE TABLE tbl_case (id INTEGER PRIMARY KEY, case_no TEXT NOT NULL, status INTEGER, opened TEXT);
CREATE TABLE tbl_file (id INTEGER PRIMARY KEY, case_id INTEGER REFERENCES tbl_case (id), name TEXT, size INTEGER);
CREATE TABLE tbl_note (id INTEGER PRIMARY KEY, file_id INTEGER REFERENCES tbl_file (id), body TEXT);
CREATE TABLE audit_login (id INTEGER PRIMARY KEY, who TEXT);
CREATE TABLE audit_log (id INTEGER PRIMARY KEY, what TEXT);
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40)
INSERT INTO tbl_case SELECT i, 'C' || i, i % 4, (2010 + i % 10) || '-05-11' FROM n;
INSERT INTO tbl_file SELECT id, id, 'f' || id, 1 FROM tbl_case;
INSERT INTO tbl_note SELECT id, id, 'n' || id FROM tbl_case;
INSERT INTO tbl_file VALUES (900, 4711, 'lost', 1);
INSERT INTO audit_login SELECT id, 'u' || id FROM tbl_case;
INSERT INTO audit_log SELECT id, 'w' || id FROM tbl_case;
"""
NEW = """
CREATE TABLE cases (id INTEGER PRIMARY KEY, case_no TEXT NOT NULL, status TEXT, opened_on TEXT);
CREATE TABLE files (id INTEGER PRIMARY KEY, case_id INTEGER NOT NULL REFERENCES cases (id), name TEXT, kind INTEGER);
CREATE TABLE notes (id INTEGER PRIMARY KEY, file_id INTEGER NOT NULL REFERENCES files (id), body TEXT);
CREATE TABLE audit_logins (id INTEGER PRIMARY KEY, who TEXT);
CREATE TABLE audit_log (id INTEGER PRIMARY KEY, what TEXT);
"""
WHY = "why is cases before files?"
LEAVE = "leave the audit tables out"
ONLY = "only cases opened after 2015"
MEANS = "status 3 means archived"
UNDO = "undo that change"
CHAIN = "files comes after cases: files refers to cases."


@pytest.fixture
def office(tmp_path: Path) -> tuple[Path, Path]:
    files = tmp_path / "old.sqlite", tmp_path / "new.sqlite"
    for file, script in zip(files, (OLD, NEW), strict=True):
        with closing(sqlite3.connect(file)) as connection:
            connection.executescript(script)
    return files


def rows(file: Path, sql: str) -> int:
    with closing(sqlite3.connect(file)) as connection:
        return int(connection.execute(sql).fetchone()[0])


def flat(held: Held, words: str) -> str:
    return " ".join(held.after(words).split())


def test_while_a_question_is_open_and_at_the_review(office: tuple[Path, Path]) -> None:
    turns = ("move everything", WHY, LEAVE, "never mind, take the audit_log along", MEANS, ONLY, UNDO)
    held = hold(office, *turns, "no wait", "what is left out?", "take all recommendations", "yes")
    assert CHAIN in flat(held, WHY)
    assert "audit_logins is left out" in flat(held, LEAVE) and "audit_log is left out" in flat(held, LEAVE)
    assert "audit_log is filled from audit_log as well" in flat(held, turns[3])
    assert "3 becomes archived" in flat(held, MEANS)
    assert "16 of 40" in flat(held, ONLY) and "case" in flat(held, UNDO)
    assert "audit_logins" in flat(held, "what is left out?")
    assert rows(office[1], "SELECT count(*) FROM cases") == 40
    assert rows(office[1], "SELECT count(*) FROM cases WHERE status = 'archived'") == 10
    assert rows(office[1], "SELECT count(*) FROM audit_log") == 40
    assert rows(office[1], "SELECT count(*) FROM audit_logins") == 0


def test_at_a_decision_a_pause_and_after_the_run(office: tuple[Path, Path]) -> None:
    start = ("move everything", "yes")
    decide = (WHY, MEANS, "no", "/pause")
    paused = ("why is files after cases?", "resume", "skip them")
    after = ("why are cases before files?", "leave out the audit tables", "only cases opened since 2015")
    held = hold(office, *start, *decide, *paused, *after, options=Options(preflight=False))
    assert CHAIN in flat(held, WHY)
    assert "Which one shall it be?" in flat(held, WHY), "the decision waits on"
    assert "too late for this run: 10 of the 40 rows of cases that are moved already" in flat(held, MEANS)
    assert CHAIN in flat(held, paused[0])
    assert CHAIN in flat(held, after[0])
    for words in after[1:]:
        assert "That run is over, and its plan cannot be changed any more." in flat(held, words), words
    assert rows(office[1], "SELECT count(*) FROM files") == 40


def test_a_change_at_a_decision_is_put_up_and_can_be_thought_over(office: tuple[Path, Path]) -> None:
    change = (LEAVE, "no", WHY, "leave out the audit tables", "yes", "skip them")
    held = hold(office, "move everything", "yes", *change, options=Options(preflight=False))
    assert "audit_log is left out" in flat(held, LEAVE) and "Shall the run go on" in flat(held, LEAVE)
    assert CHAIN in flat(held, WHY)
    assert rows(office[1], "SELECT count(*) FROM files") == 40, held.text
    assert rows(office[1], "SELECT count(*) FROM audit_log") == 0
    assert rows(office[1], "SELECT count(*) FROM notes") == 40


def test_rows_are_shown_of_the_table_that_was_named_or_of_none(office: tuple[Path, Path]) -> None:
    held = hold(office, "only cases and files", "show me three audit_log", "show me one case")
    assert "audit_log takes no part in this plan" in flat(held, "show me three audit_log")
    assert "tbl_case" not in held.after("show me three audit_log")


def test_what_comes_too_late_is_said_to_and_help_names_what_there_is(office: tuple[Path, Path]) -> None:
    late = ("which rows were set aside?", "leave notes out", "help")
    held = hold(office, "only cases", "take all recommendations", "help", "yes", *late)
    assert "I have no open question." in flat(held, "take all recommendations")
    assert "Nothing of this conversation was set aside." in flat(held, late[0])
    assert "That run is over" in flat(held, late[1])
    said = flat(held, "help")
    assert "cases" in said and not [name for name in ("Fax", "orders", "customers") if name in said]
    again = hold(office, "only notes", "no").text
    assert "ferryman_run and" not in again.partition("Left out:")[2].partition("\n")[0]


def test_one_is_not_many(office: tuple[Path, Path]) -> None:
    with closing(sqlite3.connect(office[0])) as old:
        old.execute("DELETE FROM audit_log WHERE id > 1")
        old.commit()
    held = hold(
        office, "only cases, files and audit_log", "leave files out", "leave cases out", "yes", "undo it", "yes"
    )
    assert "It takes 1 phase instead of 2." in held.text
    assert "audit_log: 1 row taken out again" in held.text
    assert "1 phases" not in held.text and "1 rows taken" not in held.text
