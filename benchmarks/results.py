"""The table of figures: on the screen, and in results.md, where a later run replaces only the rows it measured."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.figure import Figure, machine

FILE = Path(__file__).with_name("results.md")
_HEADS = ("figure", "what", "measured", "target", "met", "noise and notes", "on")
_INTRO = """# Figures

What `make bench` measured last, row by row (`python -m benchmarks NAME` replaces the rows of one benchmark). Absolute
times move with the machine and with what else runs on it; a ratio compares two ways that took turns in one run.

Machine: {machine}
"""


def show(figures: Sequence[Figure]) -> None:
    """The table on the screen."""
    table = Table(box=None, header_style="bold")
    for head in _HEADS[:-1]:
        table.add_column(head)
    for figure in figures:
        table.add_row(*_cells(figure))
    Console().print(table)


def record(figures: Iterable[Figure], order: Sequence[str], path: Path = FILE) -> None:
    """Put figures into the file. `order` are the benchmarks' names: rows stand in that order, and then by name.

    Rows of another machine go: one table never mixes two.
    """
    now = f"{datetime.now(UTC):%Y-%m-%d}, load {os.getloadavg()[0]:.1f}"
    rows = _kept(path) | {f.name: _line((*_cells(f), now)) for f in figures if f.measured != "not measured"}
    names = sorted(rows, key=lambda name: (order.index(name.split()[0]) if name.split()[0] in order else 99, name))
    head = [_line(_HEADS), _line(["---"] * len(_HEADS))]
    text = "\n".join([_INTRO.format(machine=machine()), *head, *(rows[name] for name in names)])
    path.write_text(text + "\n", encoding="utf-8")


def _kept(path: Path) -> dict[str, str]:
    """The rows of the file by figure, where they are of this machine."""
    if not path.exists() or f"Machine: {machine()}\n" not in (text := path.read_text(encoding="utf-8")):
        return {}
    rows = [line for line in text.splitlines() if line.startswith("| ")][2:]
    return {row.split("|")[1].strip(): row for row in rows}


def _cells(figure: Figure) -> tuple[str, ...]:
    return figure.name, figure.what, figure.measured, figure.target, figure.verdict, figure.note


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
