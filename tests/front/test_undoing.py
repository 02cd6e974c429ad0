"""Ctrl-C while rows are taken out again: at the first it goes on to its end, at the second the command stands that
finishes it."""

from __future__ import annotations

import os
import shlex
import signal
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from benchmarks.proofs import shop
from benchmarks.proofs.engines import ENGINES, connected
from benchmarks.proofs.trial import Trial, Wish, set_up
from ferryman.tools.move.failpoint import VARIABLE
from tests.front.calling import call, here, refused
from tests.front.shapes import Shape, made
from tests.front.terminal import CTRL_C, Terminal

FIRST = "The undoing goes on to its end"
SECOND = "Left at once, in the middle of the undoing"
SERVERS = "sqlite", "postgresql", "mariadb"


@pytest.fixture
def moved(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Trial]:
    """650 rows in batches of 50, all of them moved. On SQLite unless told."""
    engine = ENGINES[getattr(request, "param", "sqlite")]
    trial = set_up(Wish(engine, tmp_path, rows=650, kills=0, batch=50, seed=1, fork=True), "trial")
    monkeypatch.chdir(trial.folder)
    assert trial.start().wait() == 0
    yield trial
    engine.clean(tmp_path)


@contextmanager
def stuck_at_customers(trial: Trial, *words: object, lines: Sequence[str] = ()) -> Iterator[Terminal]:
    """An undoing that has taken the remarks out, and waits for somebody else before it can have the customers."""
    with Terminal(*words, env={VARIABLE: "after_undo_commit:remarks=hang*1"}) as terminal:
        for line in lines:
            terminal.say(line)
        assert os.waitid(os.P_PID, terminal.process.pid, os.WSTOPPED | os.WNOWAIT)
        with connected(trial.target) as somebody:
            somebody.execute(text("UPDATE customers SET name = name"))
            os.kill(terminal.process.pid, signal.SIGCONT)
            yield terminal
            somebody.rollback()
        trial.wish.engine.settle(trial.target)


def rows(trial: Trial) -> list[int]:
    with connected(trial.target) as connection:
        return [shop.made(connection, table) for table in shop.TABLES]


def way_back(terminal: Terminal) -> list[str]:
    """The last line, as somebody copies it into the same folder."""
    command, *words = shlex.split(terminal.text.strip().splitlines()[-1])
    assert command == "ferryman"
    return words


@pytest.mark.parametrize("moved", SERVERS, indirect=True)
def test_a_second_ctrl_c_leaves_an_undoing_at_once_and_names_what_finishes_it(moved: Trial) -> None:
    run = moved.run
    with stuck_at_customers(moved, "rollback", "--target", moved.target, "--yes") as terminal:
        terminal.type(CTRL_C)
        terminal.wait_for(FIRST)
        terminal.type(CTRL_C)
        terminal.wait_for(SECOND)
        assert terminal.end() == 130
    assert rows(moved)[0] == 100
    words = way_back(terminal)
    assert words == ["rollback", run]
    told = here("status", "--target", moved.target, "--json").json
    assert (told["status"], told["technical_status"]) == ("paused", "rollback_unfinished")
    assert told["finish_undoing"] == f"ferryman rollback {run}"
    done = call(*words, "--yes")
    assert done.code == 0, done.err
    assert rows(moved) == [0, 0, 0]
    assert here("status", run, "--target", moved.target, "--json").json["status"] == "rolled_back"


@pytest.mark.parametrize("moved", SERVERS, indirect=True)
def test_a_first_ctrl_c_lets_an_undoing_go_on_to_its_end(moved: Trial) -> None:
    run = moved.run
    with Terminal(
        "rollback", "--target", moved.target, "--yes", env={VARIABLE: "after_undo_commit:remarks=hang*1"}
    ) as terminal:
        assert os.waitid(os.P_PID, terminal.process.pid, os.WSTOPPED | os.WNOWAIT)
        terminal.type(CTRL_C)
        os.kill(terminal.process.pid, signal.SIGCONT)
        terminal.wait_for(FIRST)
        assert terminal.end() == 0
    assert rows(moved) == [0, 0, 0]
    assert here("status", run, "--target", moved.target, "--json").json["status"] == "rolled_back"


def test_ctrl_c_says_the_same_in_a_conversation(moved: Trial) -> None:
    before = moved.run
    with stuck_at_customers(moved, "chat", *moved.where, lines=["undo it", "yes"]) as terminal:
        terminal.type(CTRL_C)
        terminal.wait_for(FIRST)
        terminal.type(CTRL_C)
        terminal.wait_for(SECOND)
        assert terminal.end() == 130
    assert way_back(terminal) == ["rollback", before]


@pytest.fixture
def stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shape:
    """A run whose table stopped at its seventh row, beside one of somebody else's."""
    monkeypatch.chdir(tmp_path)
    rows = ", ".join(f"({n}, 'A')" for n in range(1, 7))
    shape = made(
        tmp_path,
        f"CREATE TABLE city (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO city VALUES {rows}, (7, NULL);",
        "CREATE TABLE city (id INTEGER PRIMARY KEY, name TEXT NOT NULL); INSERT INTO city VALUES (99, 'theirs');",
    )
    assert here("plan", *shape.names, "-o", "plan.yaml", "--no-preflight", "--answer", "city: add").code == 0
    shape.edit(lambda text: text.replace("size: 500", "size: 2"))
    shape.run(code=5)
    assert shape.new("SELECT count(*) FROM city") == [(7,)]
    return shape


@contextmanager
def stuck_in_city(shape: Shape, *words: object, lines: Sequence[str] = ()) -> Iterator[Terminal]:
    with Terminal(*words, env={VARIABLE: "after_undo_commit:city=hang*1"}) as terminal:
        for line in lines:
            terminal.say(line)
        assert os.waitid(os.P_PID, terminal.process.pid, os.WSTOPPED | os.WNOWAIT)
        with closing(sqlite3.connect(shape.files[1], isolation_level=None)) as somebody:
            somebody.execute("BEGIN IMMEDIATE")
            os.kill(terminal.process.pid, signal.SIGCONT)
            yield terminal


@pytest.mark.parametrize("how", ["decided up front", "decided in a conversation", "all of it, in a conversation"])
def test_ctrl_c_says_the_same_where_an_undoing_was_decided_on(stopped: Shape, how: str) -> None:
    run = stopped.new("SELECT run_id FROM ferryman_run")[0][0]
    words: tuple[object, ...] = ("resume", run, "--decide", "rollback_table")
    lines: tuple[str, ...] = ()
    if how != "decided up front":
        words = ("chat", *stopped.names)
        lines = (
            ("resume", "undo this table")
            if how == "decided in a conversation"
            else ("resume", "undo everything", "yes")
        )
    with stuck_in_city(stopped, *words, lines=lines) as terminal:
        terminal.type(CTRL_C)
        terminal.wait_for(FIRST)
        assert "Stopping after the running batch" not in terminal.text
        terminal.type(CTRL_C)
        terminal.wait_for(SECOND)
        assert terminal.end() == 130
    whole = how == "all of it, in a conversation"
    back = way_back(terminal)
    assert back == ["rollback", run, *([] if whole else ["--table", "city"])]
    assert stopped.new("SELECT count(*) FROM city") == [(5,)]
    assert "is being undone" in refused(here("resume", run), 5)[0]
    assert here(*back, "--yes").code == 0
    assert stopped.new("SELECT id FROM city") == [(99,)]


@pytest.mark.parametrize("moved", ["postgresql"], indirect=True)
def test_what_is_undone_is_told_while_the_rest_waits(moved: Trial) -> None:
    with connected(moved.target) as somebody:
        somebody.execute(text("UPDATE customers SET name = name"))
        with Terminal("rollback", "--target", moved.target, "--yes") as terminal:
            terminal.wait_for("remarks: undone by")
            assert "customers: undone by" not in terminal.text
            somebody.rollback()
            terminal.wait_for("customers: undone by")
    assert rows(moved) == [0, 0, 0]
