"""Rows tried out of quarantine, killed again and again: all of them come in once, and all of it is undone."""

from __future__ import annotations

import random
import time
from collections import Counter

from benchmarks.proofs import shop
from benchmarks.proofs.engines import connected
from benchmarks.proofs.trial import Proof, Trial, Wish, dice, set_up
from benchmarks.proofs.victim import Victim
from ferryman.domain.run import RunStatus

RESUMED = 3  #: after every so many kills it is `ferryman resume` that goes on, where there is something to resume
EACH = 4  #: kills of one try at most: then it goes to its end
SHARE = 0.7  #: a life lasts at most so much of an undisturbed try


def retried(wish: Wish) -> Proof:
    """A run that sets aside what hangs on customers that are gone; these come back, and the rows are tried again."""
    proof, trial, places = Proof("tried out of quarantine, killed"), set_up(wish, "retried", lost=True), Counter[str]()
    moments, began, series = dice(wish, proof.name), time.monotonic(), 0
    with connected(trial.target) as connection:
        before = shop.hashes(connection)
    lying = set_aside(proof, trial)
    started = time.monotonic()
    proof.must(trial.retry().wait() == 0, "undisturbed: the retry failed")
    whole = time.monotonic() - started
    digest = trial.check_end(proof, "undisturbed").digest
    _undo(proof, trial, "undisturbed", before)
    while proof.kills < wish.kills:
        set_aside(proof, trial)
        series += 1
        last = _killed(proof, trial, moments, SHARE * whole, places)
        when = f"end after {proof.kills} kills"
        proof.must(last.code == 0, f"{when}: it ended with {last.code}: {last.said}")
        proof.must(trial.check_end(proof, when).digest == digest, f"{when}: the checksum is another than undisturbed")
        _undo(proof, trial, when, before)
    proof.figures |= {
        "kills": f"{proof.kills} in {series} tries of {lying:,} rows of {trial.size.total:,}",
        "killed with": ", ".join(f"{place} {count}" for place, count in sorted(places.items())),
        "took": f"{time.monotonic() - began:.0f} s",
    }
    return proof


def set_aside(proof: Proof, trial: Trial) -> int:
    """Let the run go to its end without the customers that are gone, then let them come back; gives how many rows lie
    in quarantine."""
    with connected(trial.source) as connection:
        shop.lose(connection)
    trial.renew()
    done = trial.start()
    proof.must(done.wait() == 3, f"before the try: the run ended with {done.code}: {done.said}")
    with connected(trial.source) as connection:
        shop.find_again(connection, trial.size)
    with connected(trial.target) as connection:
        lying = trial.size.total - sum(shop.made(connection, table) for table in shop.TABLES)
    proof.must(lying > 0, "before the try: nothing was set aside")
    return lying


def _killed(proof: Proof, trial: Trial, moments: random.Random, longest: float, places: Counter[str]) -> Victim:
    """Kill it a few times, where it lives long enough for that; gives the process that ended by itself."""
    left = min(EACH, trial.wish.kills - proof.kills)
    while True:
        over = trial.status in (RunStatus.SUCCESS, RunStatus.SUCCESS_WITH_QUARANTINE)
        resumed = proof.kills % RESUMED == RESUMED - 1 and not over
        victim = trial.start() if resumed else trial.retry()
        if left:
            victim.sleep(moments.uniform(0, longest))
            if victim.kill():
                proof.kills, left = proof.kills + 1, left - 1
                with connected(trial.target) as connection:
                    came = sum(shop.made(connection, table) for table in shop.TABLES)
                places[f"{trial.size.total - came:,} rows to come"] += 1
                trial.check(proof, f"kill {proof.kills}")
                continue
        victim.wait()
        if not resumed:
            return victim
        proof.must(victim.code in (0, 3), f"resumed after kill {proof.kills}: {victim.code}: {victim.said}")
        last = trial.retry()
        last.wait()
        return last


def _undo(proof: Proof, trial: Trial, when: str, before: dict[str, str]) -> None:
    undone = trial.undo()
    proof.must(undone.wait() == 0, f"{when}: the undoing ended with {undone.code}: {undone.said}")
    with connected(trial.target) as connection:
        proof.must(shop.hashes(connection) == before, f"{when}: the target is not as it was")
