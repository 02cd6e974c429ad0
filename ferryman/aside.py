"""Rows that were set aside, for a person's eyes: each with what is wrong and how to mend it. Values are on the screen,
or in the file that a person asked for, and nowhere else.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from sqlalchemy import select

from ferryman.domain.errors import Configuration, Usage
from ferryman.domain.model import Frozen
from ferryman.graph.laid_aside import mending_of, reason_of
from ferryman.tools.move.keys import cells
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.records import QuarantinedRow
from ferryman.tools.move.stand_ins import stands
from ferryman.tools.move.tables import QuarantineState

_LEADS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 - spreadsheets take these too
_NUMBER = re.compile(r"-?\d{1,15}(\.\d+)?")
_NOT_UTF8 = re.compile("[\udc80-\udcff]")  #: what such bytes are read as, see `databases.sqlite`
_ABOUT = ("table", "legacy key", "what is wrong", "how to mend it", "state")


class RowAside(Frozen):
    """A row that was not moved. `cells` are its legacy columns."""

    table: str
    key: str  #: the legacy key as JSON; empty where the row has none
    reason: str
    mending: str
    state: str = QuarantineState.OPEN.value
    cells: Mapping[str, object]


class StoodIn(Frozen):
    """A placeholder: a row of ours that stands in for a parent that was not there."""

    table: str
    key: str  #: the new key
    legacy_key: str  #: as JSON, of the row that it stands in for


def quarantined(ledger: Ledger, run: str, table: str = "", *, open_only: bool = False) -> tuple[RowAside, ...]:
    """The rows that a run set aside, whole, in the order they were."""
    rows = ledger.quarantined(run, table, state=QuarantineState.OPEN if open_only else None)
    return tuple(_shown(row) for row in rows if row.state is not QuarantineState.RESTATED)


def _shown(row: QuarantinedRow) -> RowAside:
    return RowAside(
        table=row.table,
        key=row.source_key or "",
        reason=reason_of(row.reason, row.state),
        mending=mending_of(row.problem, row.columns, row.cause, row.state),
        state=row.state.value,
        cells={name: cell(value) for name, value in cells(row.row).items()},
    )


def placeholders(ledger: Ledger, run: str, table: str = "") -> tuple[StoodIn, ...]:
    """The rows that a run made for parents that were not there, and that no real row has taken the place of."""
    row = ledger.tables.row.alias()
    wanted = (
        select(row.c.table_name, row.c.target_key, row.c.source_key).where(stands(ledger, row)).order_by(row.c.entry)
    )
    wanted = wanted.filter_by(run_id=run, **({"table_name": table} if table else {}))
    with ledger.target.connect("reading the ledger", reading=True) as connection:
        found = connection.execute(wanted.order_by(row.c.entry)).all()
    return tuple(StoodIn(table=one[0], key=one[1] or "", legacy_key=one[2] or "") for one in found)


def cell(value: object) -> object:
    """A value as JSON and a spreadsheet can hold it; bytes of a text that is not UTF-8 as Python writes them."""
    if isinstance(value, str):
        return _NOT_UTF8.sub(lambda found: f"\\x{ord(found[0]) - 0xDC00:02x}", value)
    return value.hex() if isinstance(value, bytes) else value


def as_csv(rows: Iterable[RowAside]) -> str:
    """The rows as a table for a spreadsheet; no cell of it is ever taken for a formula.

    A text that a spreadsheet would compute gets an apostrophe before it, a column's name too.
    """
    kept = list(rows)
    names = list(dict.fromkeys(name for row in kept for name in row.cells))
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([*_ABOUT, *map(harmless, names)])
    for row in kept:
        about = (row.table, row.key, row.reason, row.mending, row.state)
        writer.writerow([harmless(cell) for cell in (*about, *(row.cells.get(name) for name in names))])
    return out.getvalue()


def harmless(value: object) -> str:
    """A cell's text that no spreadsheet computes. Plain numbers stay numbers, NULL becomes empty."""
    text = "" if value is None else str(value)
    if _NUMBER.fullmatch(text):
        return text
    return f"'{text}" if text.lstrip(" \u00a0").startswith(_LEADS) else text


def export(rows: Iterable[RowAside], path: Path, *, force: bool = False) -> Path:
    """Write the rows into a file that its owner alone can read. Raises Usage where it is there already."""
    flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if force else os.O_EXCL)
    try:
        with open(os.open(path, flags, 0o600), "w", encoding="utf-8-sig", errors="backslashreplace", newline="") as out:
            out.write(as_csv(rows))
    except FileExistsError as error:
        raise Usage(f"{path} is there already.", "Give another name.") from error
    except OSError as error:
        raise Configuration(f"{path} cannot be written: {error.strerror}.", "Give another name.") from error
    return path
