"""`ferryman analyze` on two databases of some 300 tables each, as a command: started, answered, ended."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.catalogues import generated, of_case
from benchmarks.child import ran
from benchmarks.figure import Figure, Wish, not_there, under
from benchmarks.matching import shared

LIMIT = 10.0  #: seconds
ROWS = 100  #: in every old table
RUNS = 2


def figures(wish: Wish) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        old, new, tables = generated(folder, ROWS)
        what = f"`analyze` of two generated databases, {tables} tables each, {ROWS} rows a table"
        yield _analyzed("analyze", what, old, new)
    what = "`analyze` of Magento 1 and 2"
    case = shared() / "cases" / "magento1_2.json"
    if not case.exists():
        yield not_there("analyze magento", what, "cases are missing: set FERRYMAN_SHARED to the folder that has them")
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        old, new, (before, after) = of_case(json.loads(case.read_text(encoding="utf-8")), folder, ROWS)
        what = f"{what}, {before} and {after} tables, {ROWS} rows an old table"
        yield _analyzed("analyze magento", what, old, new)


def _analyzed(name: str, what: str, old: Path, new: Path) -> Figure:
    command = ["ferryman", "analyze", "--source", old.name, "--target", new.name, "--json"]
    runs = [ran(command, old.parent) for _ in range(RUNS)]
    found = sum(bool(table["source_table"]) for table in json.loads(runs[0].output)["tables"])
    worst, cpu = max(run.seconds for run in runs), min(run.cpu for run in runs)
    note = f"best of {RUNS}, worst {worst:.1f} s, {cpu:.1f} s of it processor; {found} tables have a source"
    return under(name, what, min(run.seconds for run in runs), LIMIT, note)
