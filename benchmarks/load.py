"""Copying a million rows, held against one statement by hand that makes the same rows: who takes how long, with how
much memory.

All ways take turns, each in a process of its own, with the same journal mode, indexes and constraints; the best of
each counts. The statement runs with SQLite's own settings, as it would by hand, and once more with the larger page
cache that Ferryman takes for its connection. The target rows are compared value by value before any figure is given.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.big_shop import build, empty, same_rows
from benchmarks.child import Failed, told
from benchmarks.figure import Figure, Wish

ROWS, MANY_ROWS = 1_000_000, 5_000_000
TURNS = 3
LEAST_RATIO, MOST_MB = 0.7, 300.0


@dataclass(frozen=True)
class Terms:
    """Under what conditions both ways load."""

    name: str
    journal: str
    indexed: bool
    promised: bool  #: whether the ratio has a target here

    @property
    def text(self) -> str:
        index = "an index on the reference" if self.indexed else "no index but the key"
        return f"journal mode {self.journal}, {index}"


TERMS = (
    Terms("load", "delete", indexed=True, promised=True),
    Terms("load wal", "wal", indexed=True, promised=True),
    Terms("load bare", "delete", indexed=False, promised=False),
)


def figures(wish: Wish) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        build(folder, ROWS)
        runs = {terms.name: compare(folder, terms, TURNS) for terms in TERMS}
        for terms in TERMS:
            yield _ratio(terms, ROWS, runs[terms.name])
        yield _memory("load memory", ROWS, runs[TERMS[0].name])
    if wish.large:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            build(folder, MANY_ROWS)
            large = compare(folder, TERMS[0], 1)
            yield _ratio(Terms("load 5M", "delete", indexed=True, promised=False), MANY_ROWS, large)
            yield _memory("load memory 5M", MANY_ROWS, large)


@dataclass(frozen=True)
class Compared:
    """Seconds of each turn, and the most memory of any of Ferryman's."""

    ours: tuple[float, ...]
    by_hand: tuple[float, ...]
    tuned: tuple[float, ...]  #: by hand too, with Ferryman's settings
    cpu_ratio: float  #: the same ratio by processor time, which the rest of the machine's work moves less
    peak_mb: float

    @property
    def ratio(self) -> float:
        return min(self.by_hand) / min(self.ours)


def compare(folder: Path, terms: Terms, turns: int) -> Compared:
    """Load every way in turns. Raises Failed when they did not make the same rows."""
    ours, by_hand, tuned = list[dict[str, float]](), list[dict[str, float]](), list[dict[str, float]]()
    new, other = folder / "ours.sqlite", folder / "by_hand.sqlite"
    for _ in range(turns):
        by_hand.append(load("by_hand", folder, empty(other, terms.journal, indexed=terms.indexed)))
        tuned.append(load("as_tuned", folder, empty(other, terms.journal, indexed=terms.indexed)))
        ours.append(load("ferryman", folder, empty(new, terms.journal, indexed=terms.indexed)))
    if not same_rows(new, other):
        raise Failed("Ferryman and the statement by hand did not make the same rows")
    return Compared(
        ours=tuple(run["seconds"] for run in ours),
        by_hand=tuple(run["seconds"] for run in by_hand),
        tuned=tuple(run["seconds"] for run in tuned),
        cpu_ratio=min(run["cpu"] for run in by_hand) / min(run["cpu"] for run in ours),
        peak_mb=max(run["peak_mb"] for run in ours),
    )


def load(way: str, folder: Path, new: Path) -> dict[str, float]:
    """One load (or the checks of one) in a process of its own."""
    return told(["benchmarks.loading", way, "old.sqlite", new.name], folder)


def _ratio(terms: Terms, rows: int, run: Compared) -> Figure:
    what = f"SQLite to SQLite, {rows / 1e6:.0f}M rows x 12 columns, against one statement by hand; {terms.text}"
    shown = f"{run.ratio:.2f} ({rows / min(run.ours) / 1000:.0f}k rows/s)"
    note = f"Ferryman {_seconds(run.ours)}, by hand {_seconds(run.by_hand)}; by processor time {run.cpu_ratio:.2f}"
    note += f"; {min(run.tuned) / min(run.ours):.2f} of the statement with the same page cache"
    met = run.ratio >= LEAST_RATIO if terms.promised else None
    return Figure(terms.name, what, shown, f">= {LEAST_RATIO}" if terms.promised else "", met, note)


def _seconds(turns: tuple[float, ...]) -> str:
    return f"{' / '.join(f'{seconds:.1f}' for seconds in turns)} s"


def _memory(name: str, rows: int, run: Compared) -> Figure:
    what = f"peak memory of that process, {rows / 1e6:.0f}M rows"
    return Figure(name, what, f"{run.peak_mb:.0f} MB", f"< {MOST_MB:.0f} MB", run.peak_mb < MOST_MB)
