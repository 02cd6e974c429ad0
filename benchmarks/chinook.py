"""A real database, from its catalogue to the validated end: Chinook, 11 tables and 15,607 rows."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from benchmarks.child import Failed, told
from benchmarks.figure import Figure, Wish, not_there, under
from benchmarks.matching import shared

LIMIT = 5.0  #: seconds
ROWS = 15_607
RUNS = 2
WHAT = "Chinook, from analyze to validated, one process from its start"


def figures(wish: Wish) -> Iterator[Figure]:
    data = shared() / "data" / "chinook"
    if not (data / "legacy.sqlite").exists():
        yield not_there("chinook", WHAT, "data/chinook is missing: set FERRYMAN_SHARED to the folder that has it")
        return
    runs = [_migrated(data) for _ in range(RUNS)]
    worst, answered = max(seconds for seconds, _ in runs), runs[0][1]
    note = f"best of {RUNS}, worst {worst:.1f} s; {answered} questions answered as recommended; {ROWS:,} rows"
    yield under("chinook", WHAT, min(seconds for seconds, _ in runs), LIMIT, note)


def _migrated(data: Path) -> tuple[float, int]:
    """Seconds, and how many questions there were."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copyfile(data / "legacy.sqlite", folder / "old.sqlite")
        with closing(sqlite3.connect(folder / "new.sqlite")) as connection:
            connection.executescript((data / "target.sql").read_text(encoding="utf-8"))
        facts = told(["benchmarks.migrating", "old.sqlite", "new.sqlite"], folder)
    if (facts["status"], facts["rows"]) != ("success", ROWS):
        raise Failed(f"Chinook ended with {facts['status']} after {facts['rows']:,} of {ROWS:,} rows")
    return facts["process_seconds"], facts["answered"]
