"""A conversation that was left is taken up again, without saying where its databases are."""

from __future__ import annotations

import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from tests.front.calling import command, environment, pair, refused
from tests.front.calling import here as called
from tests.tools.pairs import shop


def talked(*words: str, said: str) -> str:
    """What `ferryman chat` shows to somebody who says that."""
    done = subprocess.run(
        command("chat", *words),
        input=said,
        env=environment(None),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stderr


def test_a_plan_that_waits_is_taken_up_by_resume_alone(tmp_path: Path) -> None:
    files = shop(tmp_path)
    first = talked(*pair(*files), said="fill the missing tables\nleave purchases out\n")
    way_back = first.splitlines()[-1].strip()
    assert way_back.endswith("--resume")
    again = talked("--resume", said="why are purchases left out?\n")
    assert "left out, as you asked" in again
    assert again.splitlines()[-1].strip() == way_back


def test_what_is_asked_of_numbers_is_asked_again_where_it_is_taken_up(tmp_path: Path) -> None:
    files = tmp_path / "old.db", tmp_path / "new.db"
    words = "status TEXT NOT NULL CHECK (status IN ('active', 'suspended')), way TEXT NOT NULL"
    for file, script in zip(
        files,
        (
            "CREATE TABLE entry (id INTEGER PRIMARY KEY, status INTEGER NOT NULL, enrol TEXT);"
            "INSERT INTO entry VALUES (1, 0, 'self'), (2, 1, 'self'), (3, 0, 'manual');",
            f"CREATE TABLE entries (id INTEGER PRIMARY KEY, {words});",
        ),
        strict=True,
    ):
        with closing(sqlite3.connect(file)) as connection:
            connection.executescript(script)
    asked = "holds numbers, and entries.status takes only active, suspended. Which is which?"
    first = talked(*pair(*files), said="fill the missing tables\nwhat do you need to know?\n")
    again = talked("--resume", said="way comes from enrol\nwhat do you need to know?\n")
    assert asked in " ".join(first.split())
    assert asked in " ".join(again.split("> way comes from enrol")[1].split())


def test_where_nobody_talked_the_databases_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FERRYMAN_CONNECTION", raising=False)
    what, do = refused(called("chat", "--resume"), 2)
    assert "old database" in what and "--source URL" in do
