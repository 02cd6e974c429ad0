"""What proving costs after a load: each check of the table as a share of the time that loading it took."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.big_shop import build, empty
from benchmarks.child import told
from benchmarks.figure import Figure, Wish
from benchmarks.load import MOST_MB, ROWS, load


def figures(wish: Wish) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        build(folder, ROWS)
        new = empty(folder / "new.sqlite", "delete", indexed=True)
        loaded = load("ferryman", folder, new)["seconds"]
        facts = told(["benchmarks.loading", "checks", "old.sqlite", new.name], folder)
    each = {kind: seconds / loaded for kind, seconds in facts["seconds"].items()}
    note = ", ".join(f"{kind} {share:.2f}" for kind, share in each.items())
    what = f"all checks of a table of {ROWS / 1e6:.0f}M rows, as a multiple of its load"
    yield Figure("checks", what, f"{sum(each.values()):.2f} of {loaded:.1f} s", note=note)
    peak = facts["peak_mb"]
    what = "peak memory of the checks' process"
    yield Figure("checks memory", what, f"{peak:.0f} MB", f"< {MOST_MB:.0f} MB", peak < MOST_MB)
