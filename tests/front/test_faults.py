"""A line that goes wrong and a server that dies, in the middle of a run and of its undoing: it finishes, or stops with
two lines and goes on when it is told to; in each case every row is there once, or as it was before."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Iterator
from contextlib import suppress
from itertools import cycle, repeat
from pathlib import Path
from typing import Any, Protocol

import pytest
from sqlalchemy import URL, make_url, text
from sqlalchemy.exc import OperationalError

from benchmarks.proofs import shop
from benchmarks.proofs.engines import Server, connected
from benchmarks.proofs.trial import Proof, Trial, Wish, set_up
from benchmarks.proofs.victim import Victim
from tests.proxy import Proxy
from tests.servers import Own

KINDS = ["postgresql", "mariadb"]
_END_ALL = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


def trial_on(base: URL, kind: str, folder: Path, rows: int = 650) -> Iterator[Trial]:
    """Some rows in batches of 50, nothing moved yet."""
    server = Server(kind, base)
    try:
        yield set_up(Wish(server, folder, rows=rows, kills=0, batch=50, seed=1, fork=True), "trial")
    finally:
        server.clean(folder)


@pytest.fixture(params=KINDS)
def trial(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Trial]:
    yield from trial_on(request.getfixturevalue(request.param).base, request.param, tmp_path)


@pytest.fixture(params=KINDS)
def small(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Trial]:
    yield from trial_on(request.getfixturevalue(request.param).base, request.param, tmp_path, rows=130)


def went_or_stopped(victim: Victim) -> bool:
    """Whether it went through; else it says in two lines what happened and what to do, and no more than that."""
    if victim.wait() == 0:
        return True
    assert victim.code in (1, 5), victim.said
    assert "Traceback" not in victim.said
    if victim.code == 1:
        what, do = victim.said.splitlines()[-2:]
        assert "server" in what and do
    return False


def finished(trial: Trial) -> None:
    """Resumed to its end over a good line, everything is there once."""
    if not trial.over:
        last = trial.start()
        assert last.wait() == 0, last.said
    proof = Proof("")
    trial.check(proof, "")
    trial.check_end(proof, "")
    assert proof.breaches == []


@pytest.mark.parametrize("commit", [2, 9])
def test_an_acknowledgement_of_a_commit_is_lost(trial: Trial, commit: int) -> None:
    """The second writes the run down; later ones are batches: those are found in the ledger, and not done again."""
    straight = trial.target
    with Proxy(straight) as line:
        line.faults.lose_commit = commit
        trial.target = line.url
        went = went_or_stopped(trial.start())
        assert line.faults.struck == 1
        assert went or commit == 2
        trial.target = straight
    finished(trial)


@pytest.mark.parametrize("first", [True, False])
def test_every_second_acknowledgement_is_lost_and_it_goes_through(small: Trial, first: bool) -> None:
    """Of batches and of the ledger's own: the run, its states, its lease, what is filled in at the end."""
    straight = small.target
    with Proxy(straight) as line:
        line.faults.lose_each = cycle([first, not first])
        small.target = line.url
        victim = small.start()
        assert victim.wait() == 0, victim.said
        assert line.faults.struck > 10
        small.target = straight
    finished(small)


def test_a_line_that_breaks_again_and_again_ends_in_two_lines_or_in_a_whole_run(small: Trial) -> None:
    straight, dice = small.target, random.Random(5)
    faults = (dice.random() < 0.03 for _ in repeat(None))
    with Proxy(straight) as line:
        for _ in range(10):
            small.target, line.faults.drop_each = line.url, None
            victim = small.start()
            line.faults.drop_each = faults
            went = went_or_stopped(victim)
            small.target = straight
            small.check(proof := Proof(""), "")
            assert proof.breaches == []
            if went:
                break
        assert line.faults.struck > 5
    finished(small)


def test_a_session_that_is_ended_on_the_server_again_and_again(trial: Trial) -> None:
    dice, victim = random.Random(7), trial.start()
    trial.until_it_moves(victim)
    ended = 0
    while not victim.ended() and ended < 12:
        victim.sleep(dice.uniform(0.05, 0.3))
        ended += end_sessions(trial)
    assert ended > 3
    went_or_stopped(victim)
    finished(trial)


def end_sessions(trial: Trial) -> int:
    """End what is connected to the target, as an administrator does; how many that were."""
    with connected(trial.target) as connection:
        kind = connection.dialect.name
        name = make_url(trial.target).database
        if kind == "postgresql":
            found = connection.execute(text(_END_ALL)).all()
            return len(found)
        listed = text("SELECT id FROM information_schema.processlist WHERE db = :name AND id <> CONNECTION_ID()")
        found = connection.execute(listed, {"name": name}).all()
        for (number,) in found:
            with suppress(OperationalError):  # it has ended meanwhile
                connection.exec_driver_sql(f"KILL {number}")
        return len(found)


@pytest.mark.parametrize("received", [120_000])
def test_a_line_is_cut_in_the_middle_of_an_answer(trial: Trial, received: int) -> None:
    straight = trial.target
    with Proxy(straight) as line:
        line.faults.cut_after, line.faults.latency = received, 0.0005
        trial.target = line.url
        went_or_stopped(trial.start())
        assert line.faults.struck == 1
        trial.target = straight
    finished(trial)


def test_an_undoing_whose_acknowledgements_are_lost_undoes_each_row_once(trial: Trial) -> None:
    straight = trial.target
    with connected(straight) as connection:
        before = shop.hashes(connection)
    assert trial.start().wait() == 0
    with Proxy(straight) as line:
        for commit in (2, 4):
            line.faults.lose_commit, trial.target = commit, line.url
            if trial.run:
                went_or_stopped(trial.undo())
        assert line.faults.struck
        trial.target = straight
    if trial.run:
        last = trial.undo()
        assert last.wait() == 0, last.said
    with connected(straight) as connection:
        assert shop.hashes(connection) == before


@pytest.mark.parametrize("faults", [{"cut_after": 60_000}, {"lose_each": cycle([True, False])}])
def test_an_undoing_whose_line_is_lost_on_the_way_goes_on_by_itself(small: Trial, faults: dict[str, Any]) -> None:
    straight = small.target
    with connected(straight) as connection:
        before = shop.hashes(connection)
    assert small.start().wait() == 0
    with Proxy(straight) as line:
        small.target = line.url
        victim = small.undo()
        vars(line.faults).update(faults)
        assert victim.wait() == 0, victim.said
        assert line.faults.struck
        small.target = straight
    assert small.run == ""
    with connected(straight) as connection:
        assert shop.hashes(connection) == before


def test_an_undoing_whose_server_stays_away_says_how_it_is_finished(small: Trial) -> None:
    straight = small.target
    assert small.start().wait() == 0
    run = small.run
    with Proxy(straight) as line:
        small.target = line.url
        victim = small.undo()
        line.faults.lose_commit, line.faults.stays_away = 7, True
        assert victim.wait() == 1
        assert f"Then `ferryman rollback {run}` goes on." in victim.said
        small.target = straight
    last = small.undo()
    assert last.wait() == 0, last.said
    assert small.run == ""


# Servers that die


class Mortal(Protocol):
    """A server of our own."""

    @property
    def base(self) -> URL: ...

    def kill(self) -> None: ...

    def start(self) -> None: ...


@pytest.mark.parametrize("kind", KINDS)
def test_the_server_dies_in_the_middle_of_a_batch(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    server: Mortal | Own = request.getfixturevalue(f"own_{kind}")
    for trial in trial_on(server.base, kind, tmp_path):
        victim = trial.start("before_commit:purchases:5=hang*1,before_commit:purchases:9=hang*1")
        for back in (True, False):
            assert os.WIFSTOPPED(os.waitpid(victim.pid, os.WUNTRACED)[1]), victim.said
            server.kill()
            if back:
                server.start()
            os.kill(victim.pid, signal.SIGCONT)
        went = went_or_stopped(victim)
        server.start()
        assert not went
        finished(trial)
