"""Digests that hold the ledger together: each batch's covers the one before it, so a missing or edited row shows.

They guard against accidents and well-meant edits, not against somebody who recomputes them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence

from ferryman.domain.errors import Corrupt
from ferryman.domain.run import Accounting, BatchState
from ferryman.tools.move.records import Row

#: Columns of ferryman_batch that its digest covers.
CHAINED = (
    "run_id",
    "table_name",
    "sequence",
    "number",
    "first_row",
    "last_row",
    "after_key",
    "upto_key",
    "rows",
    "source",
    "migrated",
    "matched",
    "merged",
    "skipped",
    "quarantined",
    "placeholders",
    "entries",
    "entry_rows",
    "seconds",
    "committed_at",
)

#: Of these, the numbers.
NUMBERS = ("first_row", "last_row", "rows", *Accounting.model_fields, "entries", "entry_rows")

#: Columns of ferryman_amendment that its digest covers.
AMENDED = (
    "run_id",
    "number",
    "decided_by",
    "at",
    "table_name",
    "cause",
    "strategy",
    "reason",
    "rows",
    "hash_before",
    "hash_after",
    "plan",
)


def digest_of(values: Row, columns: Iterable[str], before: str = "", also: str = "") -> str:
    """64 hex digits over the named values, what came before, and `also`."""
    parts = [before, *(values[name] for name in columns), also]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


def check_contiguous(table: str, batches: Sequence[Row]) -> None:
    """Whether a table's batches, in order of `sequence`, cover its keys and rows without a gap. Raises Corrupt.

    Batches that were rolled back stand in the order too, but cover nothing: what is committed begins at None after
    them.
    """
    after, row = None, 0
    for position, batch in enumerate(batches, 1):
        if batch["sequence"] != position:
            raise torn(table, f"batch {position} of {len(batches)} is missing")
        if not all(isinstance(batch[name], int) for name in NUMBERS):
            raise torn(table, f"batch {batch['number']} has something else where numbers belong")
        if batch["state"] != BatchState.COMMITTED:
            continue
        if batch["after_key"] != after or batch["first_row"] != row + 1:
            raise torn(table, f"batch {batch['number']} does not begin where the one before it ends")
        if batch["source"] != sum(batch[name] for name in ("migrated", "matched", "merged", "skipped", "quarantined")):
            raise torn(table, f"batch {batch['number']} does not account for its rows")
        after, row = batch["upto_key"], batch["last_row"]


def torn(table: str, what: str) -> Corrupt:
    """The ledger's rows of a table are not as they were written."""
    return Corrupt(
        f"The ledger of {table} is not as it was written: {what}.",
        "Restore the ledger's tables (ferryman_*) from a backup of the target, made with the rows they speak of.",
        table=table,
    )
