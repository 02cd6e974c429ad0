"""What a benchmark tells, and what it is asked for."""

from __future__ import annotations

import platform
import sqlite3
from dataclasses import dataclass
from os import cpu_count


@dataclass(frozen=True)
class Figure:
    """One measured figure. `met` is None where nothing was promised, or where it could not be measured."""

    name: str
    what: str
    measured: str
    target: str = ""
    met: bool | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        """In a word, for the table."""
        return {True: "met", False: "NOT MET", None: ""}[self.met]


@dataclass(frozen=True)
class Wish:
    """What `python -m benchmarks` was asked for beside the names."""

    large: bool = False  #: also the runs that take minutes
    rows: int = 0  #: for a quick look at `servers`: fewer rows than its figures are promised for


def under(name: str, what: str, seconds: float, limit: float, note: str = "") -> Figure:
    """A figure in seconds that has a limit."""
    return Figure(name, what, f"{seconds:.1f} s", f"< {limit:.0f} s", seconds < limit, note)


def not_there(name: str, what: str, reason: str) -> Figure:
    """A figure that could not be measured here."""
    return Figure(name, what, "not measured", note=reason)


def machine() -> str:
    """What the figures depend on: cores and versions, no names."""
    return (
        f"{cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    )
