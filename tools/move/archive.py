"""The end of a ledger: written to a file, then taken out of the target. After that its runs can only be read about."""

from __future__ import annotations

import json
import os
from pathlib import Path

from sqlalchemy import select

from ferryman.domain.errors import Configuration, Refused
from ferryman.tools.move.failpoint import failpoint
from ferryman.tools.move.leases import rests
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.tables import LEDGER_VERSION

_AT_ONCE = 1_000  #: rows read and written at a time


def archive(ledger: Ledger, path: Path) -> int:
    """Write the whole ledger as JSON lines, readable by its owner alone (it may hold values); gives the rows.

    The first line says the version; each further one names a table and holds one row. Raises Configuration where
    the file is there already or cannot be written.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise Configuration(
            f"The ledger cannot be written to {path.name}: {error.strerror}.", "Give the path of a file to be made."
        ) from error
    rows = 0
    with os.fdopen(handle, "w", encoding="utf-8") as file, ledger.target.connect("reading", reading=True) as connection:
        file.write(json.dumps({"ferryman_ledger": LEDGER_VERSION}) + "\n")
        for table in ledger.tables.all:
            wanted = select(table).order_by(*table.primary_key.columns)
            for row in connection.execute(wanted, execution_options={"yield_per": _AT_ONCE}).mappings():
                file.write(json.dumps({"table": table.name, "row": dict(row)}, ensure_ascii=False) + "\n")
                rows += 1
        failpoint("before_archive")
        file.flush()
        os.fsync(file.fileno())
    return rows


def drop(ledger: Ledger) -> None:
    """Take the ledger out of the target. Raises Refused while a run is at work. Its runs cannot be undone any more."""
    for run in ledger.runs():
        if run.running:
            doing = "being undone" if run.undoing else "at work"
            raise Refused(f"Run {run.run} is {doing}.", f"{rests(run.run, run.undoing)}; then finish.")
        if any(table.set_aside for table in ledger.tables_of(run.run)):
            raise Refused(
                f"Foreign keys, triggers or indexes of run {run.run} are not as they were yet.",
                "Resume it or undo it, then finish.",
            )
        if run.undoing:
            raise Refused(f"Run {run.run} is half undone.", f"Finish that first: `{run.finish_undoing}`.")
    failpoint("before_drop")
    with ledger.target.connect("dropping the ledger") as connection:
        if connection.dialect.name == "mysql":  # where each statement commits
            connection.exec_driver_sql(f"DROP TABLE {', '.join(table.name for table in ledger.tables.all)}")
        else:
            ledger.tables.metadata.drop_all(connection)
        connection.commit()
    ledger.forget()
