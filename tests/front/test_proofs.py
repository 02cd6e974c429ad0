"""The proofs of `make proofs`, in small: the same processes, killed the same way. And that they see a breach."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from benchmarks.proofs import crash, undo
from benchmarks.proofs.engines import ENGINES, connected
from benchmarks.proofs.trial import Proof, Wish, set_up


def wish(folder: Path, engine: str, *, rows: int, kills: int, batch: int) -> Wish:
    return Wish(engine=ENGINES[engine], folder=folder, rows=rows, kills=kills, batch=batch, seed=2012, fork=True)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("proof", [crash.kept, crash.forgotten])
def test_killed_and_resumed_nothing_is_lost_or_doubled(
    tmp_path: Path, engine: str, proof: Callable[[Wish], Proof]
) -> None:
    found = proof(wish(tmp_path, engine, rows=20_000, kills=5, batch=500))
    assert found.breaches == []
    assert found.kills == 5


@pytest.mark.parametrize("engine", ENGINES)
def test_killed_and_undone_the_target_is_as_it_was(tmp_path: Path, engine: str) -> None:
    found = undo.undone(wish(tmp_path, engine, rows=2_000, kills=4, batch=200))
    assert found.breaches == []
    assert found.kills == 4


def test_a_breach_is_seen(tmp_path: Path) -> None:
    trial, proof = set_up(wish(tmp_path, "sqlite", rows=1_300, kills=1, batch=500), "breach"), Proof("breach")
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
