"""Ctrl-C comes at any moment, also in the middle of what is being written."""

from __future__ import annotations

import subprocess
import sys
from textwrap import dedent

import pytest

from ferryman.commands.edge import Exit, guarded
from tests.front.calling import TIMEOUT

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
