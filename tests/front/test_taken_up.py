"""A conversation that was left is taken up again, without saying where its databases are."""

from __future__ import annotations

import subprocess
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


def test_where_nobody_talked_the_databases_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FERRYMAN_CONNECTION", raising=False)
    what, do = refused(called("chat", "--resume"), 2)
    assert "old database" in what and "--source URL" in do
