"""Ctrl-C comes at any moment, also in the middle of what is being written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from ferryman import session as sessions
from ferryman.commands.edge import Exit, guarded
from ferryman.domain.conversation import PausedPayload
from ferryman.domain.events import Event
from ferryman.domain.mapping import Strategy
from ferryman.graph.context import Options
from ferryman.tools.move.ledger import Ledger
from tests.front.calling import TIMEOUT, here
from tests.front.shapes import made

IN_THE_MIDDLE = """
    import os, signal
    from ferryman.commands.interrupts import Interrupts, elsewhere
    from ferryman.commands.voice import Voice
    from ferryman.screen import Screen

    screen = Screen(Voice(as_json=False).console)

    def leave():
        elsewhere(screen.restore)
        screen.last_words("Left.", "the way back")

    with screen, Interrupts(lambda: screen.line("Stopping."), leave):
        with screen.console:  # what is printed now, this thread writes at the end of the block
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)
"""


def test_a_ctrl_c_that_no_command_answers_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(lambda words: 130, []) == 130  # as typer says it
    assert capsys.readouterr().err.startswith("Interrupted.\nWhat was committed stays")
    assert guarded(lambda words: Exit.INTERRUPTED, []) == 130
    assert capsys.readouterr().err == ""


def test_what_is_said_at_ctrl_c_comes_also_while_something_else_is_being_written() -> None:
    script = [sys.executable, "-c", dedent(IN_THE_MIDDLE)]
    done = subprocess.run(script, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    assert done.returncode == 130, done.stderr
    assert [line.strip() for line in done.stderr.splitlines() if line] == ["Stopping.", "Left.", "the way back"]


@pytest.mark.parametrize("way", ["ctrl-c", "another terminal"])
@pytest.mark.parametrize("moment", ["failure_found", "orphans_identified", "decision_needed", "decision_taken"])
def test_a_stop_that_is_asked_for_where_a_decision_is_at_work_is_a_pause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str, way: str
) -> None:
    """Also where the decision was taken up front: diagnosis, options, carrying it out."""
    monkeypatch.chdir(tmp_path)
    shape = made(
        tmp_path,
        "CREATE TABLE city (id INTEGER PRIMARY KEY, name TEXT);"
        " INSERT INTO city VALUES (1, 'A'), (2, NULL), (3, 'C'), (4, 'D');",
        "CREATE TABLE city (id INTEGER PRIMARY KEY, name TEXT NOT NULL);",
    )

    def press(event: Event) -> None:
        if event.event == moment and way == "ctrl-c":
            session.pause()
        elif event.event == moment:
            Ledger(session.context.target).request_stop(session.run, "asked to pause from another terminal")

    options = Options(preflight=False, decisions=(Strategy.QUARANTINE,))
    with sessions.open(*map(str, shape.files), folder=tmp_path, sink=press, options=options) as session:
        for words in ("move everything", "batches of 1 row", "yes"):
            list(session.say(words))
        assert isinstance(session.payload, PausedPayload)
        run = session.run
    assert shape.new("SELECT status FROM ferryman_run") == [("paused",)]
    assert shape.new("SELECT count(*) FROM city")[0][0] < 3
    assert here("resume", run, *shape.names, "--decide", "quarantine").code == 3
    assert shape.new("SELECT id FROM city") == [(1,), (3,), (4,)]


def test_a_pause_that_was_asked_for_before_a_question_is_over_with_its_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shape = made(
        tmp_path,
        "CREATE TABLE city (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO city VALUES (1, 'A'), (2, NULL), (3, 'C');",
        "CREATE TABLE city (id INTEGER PRIMARY KEY, name TEXT NOT NULL);",
    )

    def press(event: Event) -> None:
        if event.event == "decision_needed":
            Ledger(session.context.target).request_stop(session.run, "asked to pause from another terminal")

    with sessions.open(*map(str, shape.files), sink=press, options=Options(preflight=False)) as session:
        for words in ("move everything", "batches of 1 row", "yes", "leave it out"):
            list(session.say(words))
        assert session.outcome is not None
    assert shape.new("SELECT id FROM city") == [(1,), (3,)]
