"""Killed at any moment and undone: every table of the target is as it was, and rows of others were not touched."""

from __future__ import annotations

import json
import time
from collections import Counter

from benchmarks.proofs import shop
from benchmarks.proofs.crash import undisturbed
from benchmarks.proofs.engines import connected
from benchmarks.proofs.trial import Proof, Trial, Wish, dice, set_up

BLOCKED = 5  #: every so many times a row of others hangs on ours first
AGAIN = 3  #: every so many times the undoing is killed as well, and undone by the next
FULL = 1.1  #: a life lasts at most so many times an undisturbed run: some are over before they are killed


def undone(wish: Wish) -> Proof:
    """Each time a new run into the same target, killed; rows of others come; then `ferryman rollback`."""
    proof, trial, places = Proof("killed and undone"), set_up(wish, "undone"), Counter[str]()
    moments, began = dice(wish, proof.name), time.monotonic()
    with connected(trial.target) as connection:
        before = shop.hashes(connection)
    startup, moving = undisturbed(trial, proof)
    proof.must(trial.undo().wait() == 0, "undisturbed: the undoing failed")
    while proof.kills < wish.kills:
        victim = trial.start()
        trial.until_it_moves(victim)
        moves = time.monotonic()
        victim.sleep(moments.uniform(0, FULL * moving))
        if not victim.kill():
            moving = min(moving, time.monotonic() - moves)
        proof.kills += 1
        when = f"kill {proof.kills}"
        trial.listen()
        trial.check(proof, when)
        places[trial.place] += 1
        trial.place = "starting"
        if trial.run:
            _undo(proof, trial, when, moments.uniform(0, 2 * startup) if proof.kills % AGAIN == 0 else None)
        with connected(trial.target) as connection:
            proof.must(shop.hashes(connection) == before, f"{when}: the target is not as it was")
    proof.figures |= {
        "kills": f"{proof.kills}, each of a run of {trial.size.total:,} rows from its beginning",
        "killed while": ", ".join(f"{place} {count}" for place, count in places.most_common()),
        "took": f"{time.monotonic() - began:.0f} s",
    }
    return proof


def _undo(proof: Proof, trial: Trial, when: str, kill_after: float | None) -> None:
    with connected(trial.target) as connection:
        shop.add_canaries(connection, "since")
        hanging = shop.hang(connection) if proof.kills % BLOCKED == 0 else 0
    if hanging:
        _blocked(proof, trial, when)
    if kill_after is not None:
        victim = trial.undo()
        victim.sleep(kill_after)
        victim.kill()
    if kill_after is None or (victim.code != 0 and trial.run):  # killed after its last commit, it leaves no run to undo
        last = trial.undo()
        proof.must(last.wait() == 0, f"{when}: the undoing ended with {last.code}: {last.said}")
    with connected(trial.target) as connection:
        canaries = shop.take_canaries(connection, "since")
    proof.must(canaries == 4, f"{when}: {4 - canaries} rows that came since were touched")


def _blocked(proof: Proof, trial: Trial, when: str) -> None:
    """A row of others hangs on ours: nothing is undone, and the list says what hangs where."""
    with connected(trial.target) as connection:
        before = shop.hashes(connection)
    refused = trial.undo()
    proof.must(refused.wait() == 5, f"{when}: blocked, it ended with {refused.code}: {refused.said}")
    told = json.loads(refused.output.read_text() or "{}").get("error", {}).get("what", "")
    proof.must("1 row of visits refers to customers by customer_id" in told, f"{when}: blocked, it said: {told}")
    with connected(trial.target) as connection:
        proof.must(shop.hashes(connection) == before, f"{when}: blocked, and something was undone")
        shop.unhang(connection)
