"""The proofs of `make proofs`, in small: the same processes, killed the same way. And that they see a breach."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from benchmarks.proofs import crash, retry, undo
from benchmarks.proofs.engines import ENGINES, Engine, Server, connected
from benchmarks.proofs.trial import Proof, Wish, set_up


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Servers are those of the fixtures."""
    kind = request.param
    engine = ENGINES[kind] if kind == "sqlite" else Server(kind, request.getfixturevalue(kind).base)
    try:
        yield engine
    finally:
        engine.clean(tmp_path)


def wish(folder: Path, engine: Engine, *, rows: int, kills: int, batch: int) -> Wish:
    return Wish(engine=engine, folder=folder, rows=rows, kills=kills, batch=batch, seed=2012, fork=True)


@pytest.mark.parametrize("proof", [crash.kept, crash.forgotten])
def test_killed_and_resumed_nothing_is_lost_or_doubled(
    tmp_path: Path, engine: Engine, proof: Callable[[Wish], Proof]
) -> None:
    rows = 20_000 if engine.name == "sqlite" else 6_500
    kills = 5 if engine.name == "sqlite" else 3
    found = proof(wish(tmp_path, engine, rows=rows, kills=kills, batch=rows // 40))
    assert found.breaches == []
    assert found.kills == kills


def test_killed_and_undone_the_target_is_as_it_was(tmp_path: Path, engine: Engine) -> None:
    kills = 5 if engine.name == "sqlite" else 3  # the fifth is blocked first
    found = undo.undone(wish(tmp_path, engine, rows=2_000, kills=kills, batch=200))
    assert found.breaches == []
    assert found.kills == kills


def test_rows_tried_out_of_quarantine_come_in_once_however_often_that_is_killed(tmp_path: Path, engine: Engine) -> None:
    found = retry.retried(wish(tmp_path, engine, rows=1_300, kills=3, batch=200))
    assert found.breaches == []
    assert found.kills == 3


def test_what_a_try_left_to_be_filled_when_it_was_killed_is_filled_by_a_resume(tmp_path: Path) -> None:
    """Remarks of the first batch went before others that they reply to were set aside, in the second."""
    trial = set_up(wish(tmp_path, ENGINES["sqlite"], rows=2_600, kills=1, batch=100), "filled", lost=True)
    proof = Proof("filled")
    assert retry.set_aside(proof, trial) > 0
    assert trial.retry("before_reference_commit:remarks").wait() == -signal.SIGKILL
    assert trial.start().wait() == 0
    assert trial.check_end(proof, "resumed").whole
    assert proof.breaches == []


def test_a_breach_is_seen(tmp_path: Path) -> None:
    trial, proof = set_up(wish(tmp_path, ENGINES["sqlite"], rows=1_300, kills=1, batch=500), "breach"), Proof("breach")
    assert trial.start().wait() == 0
    assert trial.check_end(proof, "undisturbed").whole
    assert proof.breaches == []
    for damage, breach in (
        ("UPDATE purchases SET cents = cents + 1 WHERE legacy_id = 16", "0 rows lost, 0 doubled, 1 different"),
        ("UPDATE remarks SET reply_to = 1 WHERE legacy_id = 17", "0 rows lost, 0 doubled, 2 different"),
        (
            "INSERT INTO purchases SELECT 'x', customer_id, number, cents, note, 1 FROM purchases WHERE legacy_id = 1",
            "1 doubled",
        ),
        ("DELETE FROM purchases WHERE legacy_id = 17", "1 rows lost"),
        ("DELETE FROM visits", "1 rows of others are gone"),
    ):
        with connected(trial.target) as connection:
            connection.execute(text(damage))
        proof.breaches.clear()
        trial.check_end(proof, "damaged")
        assert any(breach in found for found in proof.breaches), proof.breaches
