"""`python -m benchmarks.proofs [NAME ...] [--rows N] [--kills N] [--seed N] [--engine NAME] [--fork]`.

Without names all of them. Two go side by side. Exit code 1 on any breach of a promise.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

from benchmarks.figure import machine
from benchmarks.proofs import crash, points, retry, undo
from benchmarks.proofs.engines import ENGINES
from benchmarks.proofs.trial import Proof, Wish

#: What begins anew at every kill has a share of the rows, and of the rows to a batch.
PROOFS: dict[str, tuple[Callable[[Wish], Proof], int, int]] = {
    "kept": (crash.kept, 1, 1),
    "forgotten": (crash.forgotten, 1, 1),
    "undone": (undo.undone, 50, 2),
    "points": (points.every, 200, 10),
    "retried": (retry.retried, 200, 10),
}


def main(arguments: list[str]) -> int:
    """Prove what was named, print what was found."""
    wanted = _read(arguments)
    print(
        f"{machine()}; seed {wanted.seed}, {wanted.engine}, processes {'forked' if wanted.fork else 'started afresh'}"
    )
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ferryman-proofs-") as folder:
        wish = Wish(
            engine=ENGINES[wanted.engine],
            folder=Path(folder),
            rows=wanted.rows,
            kills=wanted.kills,
            batch=wanted.batch,
            seed=wanted.seed,
            fork=wanted.fork,
        )
        context = multiprocessing.get_context("fork")
        try:
            with ProcessPoolExecutor(wanted.workers, mp_context=context) as pool:
                found = list(pool.map(_proved, [(name, wish) for name in wanted.names or PROOFS]))
        finally:
            wish.engine.clean(wish.folder)  # of all of them: those that go side by side share it
    breaches = sum(len(proof.breaches) for proof in found)
    print(f"\n{sum(proof.kills for proof in found):,} kills, {breaches} breaches, {time.monotonic() - began:.0f} s")
    return 1 if breaches else 0


def _proved(what: tuple[str, Wish]) -> Proof:
    name, wish = what
    proof, rows, batch = PROOFS[name]
    found = proof(replace(wish, rows=wish.rows // rows, batch=wish.batch // batch))
    print(f"\n{found.name}: {'holds' if not found.breaches else f'{len(found.breaches)} BREACHES'}")
    for figure, value in found.figures.items():
        print(f"  {figure}: {value}")
    for breach in found.breaches[:20]:
        print(f"  BREACH {breach}")
    sys.stdout.flush()
    return found


def _read(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.proofs", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*PROOFS, []], metavar="NAME", help=", ".join(PROOFS))
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--kills", type=int, default=200, help="of each series")
    parser.add_argument("--batch", type=int, default=1_000, help="rows to a batch, where all rows are moved")
    parser.add_argument("--seed", type=int, default=2012)
    parser.add_argument("--engine", choices=ENGINES, default="sqlite")
    parser.add_argument("--workers", type=int, default=2, help="proofs that go side by side")
    parser.add_argument("--fork", action="store_true", help="fork the processes that are killed: quicker")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
