"""A timed probe: how fast the first rows of a table are read and transformed, before anything is written."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, Select, select

from ferryman.tools.databases.connect import Source, Target
from ferryman.tools.databases.dialect import clause
from ferryman.tools.databases.sqlite_guard import LEGACY
from ferryman.tools.prepare.side_by_side import joined, side_by_side
from ferryman.tools.prepare.transform import CompiledTable

ROWS = 2_000  #: enough to time, few enough not to be noticed
WRITING = 2.0  #: a row read and written takes about twice what it takes to read: measured on SQLite, 1M rows
CAREFUL = 4.0  #: rows that pass through Python take about that much longer


def rows_per_second(source: Source, target: Target, table: CompiledTable) -> float | None:
    """Rows that a copy may be expected to carry in a second; None when the table has no rows to try."""
    doing = f"timing a few rows of {table.source.name}"
    if joined(source, target):
        from_ = clause(table.source, schema=LEGACY)
        # As for looking at: a value that does not fit is preflight's to name, and must not stop the clock.
        made = [table.asked(name, from_).sql for name in table.writes]
        wanted = select(*made) if table.push_down else table.read(from_)
        with side_by_side(source, target, doing, [table]) as connection:
            rows, seconds = _timed(_executed(connection, wanted.select_from(from_).limit(ROWS)), lambda row: 1)
    else:
        with source.connect(doing) as connection:
            first = table.read(clause(table.source)).limit(ROWS)
            rows, seconds = _timed(source.dialect.read(connection, first, table.families, ROWS), len)
    return rows / (seconds * WRITING * (1 if table.push_down else CAREFUL)) if rows else None


def _executed(connection: Connection, wanted: Select[Any]) -> Iterator[object]:
    """The rows of a statement that is sent when the first is asked for."""
    yield from connection.execute(wanted)


def _timed(batches: Iterable[Any], count: Callable[[Any], int]) -> tuple[int, float]:
    started = time.perf_counter()
    rows = sum(map(count, batches))
    return rows, time.perf_counter() - started
