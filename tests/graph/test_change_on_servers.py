"""A plan changed in words while its run waits, on each kind of target, its process killed around the amendment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import ferryman
from ferryman.domain.conversation import Choose, DecidePayload
from ferryman.domain.mapping import Strategy
from ferryman.session import Session
from ferryman.tools.move.failpoint import OF_AN_AMENDMENT, VARIABLE
from ferryman.tools.move.ledger import Ledger
from tests.checkout import ROOT
from tests.graph.test_change_under_way import NEW, OLD
from tests.tools.pairs import ask, write

#: Another process takes the run up, and is told two things.
OTHER = """
import sys
from pathlib import Path
import ferryman
old, new, folder, run = sys.argv[1:]
session = ferryman.open(old, new, folder=Path(folder), by="Ada", options=ferryman.Options(preflight=False))
list(session.reopen(run))
for words in ("leave the audit logs out", "yes"):
    list(session.say(words))
sys.exit(f"it is still there: {session.payload}")
"""


@dataclass
class Pair:
    """An old SQLite file and a new database of any kind."""

    old: str
    new: str
    one: Callable[[str], Any]

    def open(self, folder: Path) -> Session:
        return ferryman.open(self.old, self.new, folder=folder, by="Grace", options=ferryman.Options(preflight=False))


@pytest.fixture(params=["sqlite", "postgresql_15", "mariadb"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Pair:
    old = str(write(tmp_path / "old.sqlite", OLD))
    if request.param == "sqlite":
        file = write(tmp_path / "new.sqlite", NEW)
        return Pair(old, str(file), lambda sql: ask(file, sql)[0][0])
    made = request.getfixturevalue(request.param).database()
    made.run(NEW)
    return Pair(old, made.url, made.one)


@pytest.fixture
def run(pair: Pair, tmp_path: Path) -> str:
    """A run that stopped at files after 900 rows and was left there; notes and audit_logs are not begun."""
    with pair.open(tmp_path / "talk") as session:
        for words in ("move everything", "batches of 100", "yes"):
            list(session.say(words))
        assert isinstance(session.payload, DecidePayload)
        assert pair.one("SELECT count(*) FROM files") == 900
        return session.run


@pytest.mark.parametrize("point", OF_AN_AMENDMENT)
def test_killed_around_its_amendment_a_change_is_either_whole_or_not_there(
    pair: Pair, run: str, point: str, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", OTHER, pair.old, pair.new, str(tmp_path / "talk"), run]
    killed = subprocess.run(command, check=False, cwd=ROOT, env={**os.environ, VARIABLE: point}, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    taken = point.startswith("after")
    with pair.open(tmp_path / "talk") as session:
        list(session.reopen(run))
        record = Ledger(session.context.target).run(run)
        assert [(one.strategy, one.table, one.by) for one in record.amendments] == (
            [("change_plan", "audit_logs", "Ada")] if taken else []
        )
        if not taken:
            list(session.say("leave the audit logs out"))
            list(session.say("only notes created after 2015"))
            list(session.say("yes"))
        assert isinstance(session.payload, DecidePayload), "it waits where it waited before"
        list(session.say(Choose(strategy=Strategy.QUARANTINE)))
        assert session.outcome is not None
        assert (session.outcome.status.value, session.outcome.validation) == ("success_with_quarantine", "PASSED")
    assert pair.one("SELECT count(*) FROM audit_logs") == 0
    assert pair.one("SELECT count(*) FROM files") == 998
    assert pair.one("SELECT count(*) FROM notes") == (899 if taken else 360)
