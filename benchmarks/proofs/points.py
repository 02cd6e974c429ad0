"""Killed at every named place: around every kind of commit of a run, of a resume and of an undoing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import cycle

from benchmarks.proofs import shop
from benchmarks.proofs.engines import connected
from benchmarks.proofs.trial import Proof, Trial, Wish, set_up
from ferryman.tools.move.failpoint import OF_A_BATCH, OF_A_RUN, OF_AN_UNDOING


def every(wish: Wish) -> Proof:
    """One run per place; what follows is a resume to the end, and an undoing that is killed as well."""
    proof, trial, began = Proof("killed at named places"), set_up(wish, "points"), time.monotonic()
    with connected(trial.target) as connection:
        before = shop.hashes(connection)
    trial.start().wait()
    digest = trial.check_end(proof, "undisturbed").digest
    moving, undoing = tuple(_moving(trial)), cycle(_undoing(trial))
    for place in ("", *moving):
        if place:
            _resumed(proof, trial, place, digest)
        _undone(proof, trial, next(undoing), before)
    proof.figures |= {
        "places": f"{len(moving)} of a run, {len(tuple(_undoing(trial)))} of its undoing",
        "kills": f"{proof.kills} in runs of {trial.size.total:,} rows",
        "took": f"{time.monotonic() - began:.0f} s",
    }
    return proof


def _moving(trial: Trial) -> Iterator[str]:
    for point in OF_A_BATCH:
        for table in shop.TABLES:
            last = -(-trial.size.of(table) // trial.wish.batch)
            yield from (f"{point}:{table}:{number}" for number in sorted({1, 1 + last // 2, last}))
    for point in OF_A_RUN:
        about_a_table = point.endswith(("validation", "reference_commit"))
        yield f"{point}:remarks" if about_a_table else point


def _undoing(trial: Trial) -> Iterator[str]:
    for point in OF_AN_UNDOING:
        for table in shop.TABLES:
            last = -(-trial.size.of(table) // trial.wish.batch)
            yield from (f"{point}:{table}:{number}" for number in sorted({1, last}))


def _resumed(proof: Proof, trial: Trial, place: str, digest: str) -> None:
    """Killed at the place, in the run or in its resume; killed there once more; then to the end."""
    if "resume" in place:
        proof.kills += trial.start("after_run").wait() < 0
    for time_ in ("first", "second"):
        code = trial.start(place).wait()
        proof.kills += code < 0
        proof.must(code < 0 or time_ == "second", f"{place}: it was not reached")
        trial.check(proof, f"{place}, {time_} time")
    if not trial.over:
        last = trial.start()
        proof.must(last.wait() == 0, f"{place}: the resume ended with {last.code}: {last.said}")
    found = trial.check_end(proof, place)
    proof.must(found.digest == digest, f"{place}: the checksum is not that of an undisturbed run")


def _undone(proof: Proof, trial: Trial, place: str, before: dict[str, str]) -> None:
    """Undone, killed at the place, undone by the next."""
    code = trial.undo(place).wait()
    proof.must(code < 0, f"{place}: it was not reached")
    proof.kills += code < 0
    last = trial.undo()
    proof.must(last.wait() == 0, f"{place}: the undoing ended with {last.code}: {last.said}")
    with connected(trial.target) as connection:
        proof.must(shop.hashes(connection) == before, f"{place}: the target is not as it was")
