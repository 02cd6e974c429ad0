"""Killed again and again, and resumed each time: nothing lost, nothing doubled, at most one batch done anew."""

from __future__ import annotations

import time
from collections import Counter

from benchmarks.proofs.trial import Proof, Trial, Wish, dice, set_up

EARLY = 0.2  #: share of the kills that fall before the process has the run in its hands
STRETCH = 2.5  #: a life after that lasts at most so many times the copy's share of one kill


def kept(wish: Wish) -> Proof:
    """With `.ferryman/` as the killed process left it."""
    return _crash(wish, Proof("killed and resumed"), forget=False)


def forgotten(wish: Wish) -> Proof:
    """With `.ferryman/`, and the checkpoint in it, deleted after every kill."""
    return _crash(wish, Proof("killed, .ferryman deleted, resumed"), forget=True)


def _crash(wish: Wish, proof: Proof, *, forget: bool) -> Proof:
    trial, moments, places = set_up(wish, "forgotten" if forget else "kept"), dice(wish, proof.name), Counter[str]()
    startup, moving = undisturbed(trial, proof)
    digest, runs, began = trial.check_end(proof, "undisturbed").digest, 1, time.monotonic()
    trial.renew()
    while proof.kills < wish.kills:
        early = moments.random() < EARLY
        life = moments.uniform(0, startup if early else STRETCH * moving / wish.kills)
        victim = trial.start()
        if not early:
            trial.until_it_moves(victim)
        victim.sleep(life)
        if not victim.kill():
            _ended(proof, trial, digest, victim.code, victim.said)
            runs += 1
            trial.renew()
            continue
        proof.kills += 1
        when = f"kill {proof.kills} in run {runs}"
        trial.listen()
        trial.check_work(proof, when, trial.check(proof, when))
        places[trial.place] += 1
        if forget:
            trial.forget()
        trial.place = "starting"
        if trial.over:  # killed between its last commit and its exit
            _ended(proof, trial, digest, 0, "")
            runs += 1
            trial.renew()
    last = trial.start()
    last.wait()
    _ended(proof, trial, digest, last.code, last.said)
    proof.figures |= {
        "kills": f"{proof.kills} in {runs} runs of {trial.size.total:,} rows in batches of {wish.batch:,}",
        "killed while": ", ".join(f"{place} {count}" for place, count in places.most_common()),
        "rows lost, doubled, different": "0, 0, 0" if not proof.breaches else "see the breaches",
        "checksum": f"{digest[:16]}, as undisturbed",
        "took": f"{time.monotonic() - began:.0f} s",
    }
    return proof


def undisturbed(trial: Trial, proof: Proof) -> tuple[float, float]:
    """Let it run to its end; seconds until the process has the run in its hands, and from there to its end."""
    victim = trial.start()
    trial.until_it_moves(victim)
    startup = time.monotonic() - victim.began
    code = victim.wait()
    proof.must(code == 0, f"undisturbed: it ended with {code}: {victim.said}")
    trial.place = "starting"
    return startup, time.monotonic() - victim.began - startup


def _ended(proof: Proof, trial: Trial, digest: str, code: int | None, said: str) -> None:
    when = f"end after {proof.kills} kills"
    proof.must(code == 0, f"{when}: it ended with {code}: {said}")
    found = trial.check_end(proof, when)
    proof.must(found.digest == digest, f"{when}: the checksum is {found.digest}, and undisturbed it was {digest}")
    trial.place = "starting"
