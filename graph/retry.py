"""Rows out of quarantine tried again: those that fit by now come in, and the accounting moves with them."""

from __future__ import annotations

import json

from ferryman.domain.errors import Refused
from ferryman.domain.events import TableValidated
from ferryman.domain.model import Frozen
from ferryman.domain.run import Key, RunStatus, TableState
from ferryman.domain.validation import CheckStatus
from ferryman.graph.checks import live_catalogues
from ferryman.graph.context import Context
from ferryman.graph.delegate import Emit
from ferryman.graph.outcome import ending
from ferryman.graph.work import compiled, copied_in_order
from ferryman.tools.move.additions import Brought, bring, keys_filter
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.progress import progress
from ferryman.tools.move.records import QuarantinedRow, RunRecord
from ferryman.tools.move.resume import Present, changed
from ferryman.tools.move.tables import QuarantineState
from ferryman.tools.move.work import TableWork
from ferryman.tools.prove.validate import validate_table

_OVER = (RunStatus.SUCCESS, RunStatus.SUCCESS_WITH_QUARANTINE, RunStatus.FAILED)


class Retried(Frozen):
    """One table's rows after another try."""

    table: str
    came: int  #: rows that are in the target now
    left: int  #: rows that stay in quarantine
    validated: bool  #: every check of the table passes


def retry(context: Context, run: str, tables: tuple[str, ...] = (), emit: Emit = lambda event: None) -> list[Retried]:
    """Try the rows that a run set aside again, parents before children; of some tables where these are named.

    Doing it twice changes nothing. Raises Refused where the run was undone, is bound to other databases or is at work.
    """
    ledger = Ledger(context.target)
    record = ledger.run(run)
    _refuse(context, record)
    ledger.acquire(run)
    try:
        named = [name for name in copied_in_order(record.amended) if not tables or name in tables]
        found = [_table(context, record, name, emit) for name in named]
        if record.status in _OVER:
            standing = progress(ledger, run)
            quarantined = sum(table.accounting.quarantined for table in standing)
            ledger.set_status(run, ending([table.state for table in standing], quarantined))
    finally:
        ledger.release(run)
    return [one for one in found if one is not None]


def _refuse(context: Context, record: RunRecord) -> None:
    live = live_catalogues(context)
    present = Present(
        source=context.source.identity,
        target=context.target.identity,
        source_schema=live.source.fingerprint,
        target_schema=live.target.fingerprint,
    )
    if record.status is RunStatus.ROLLED_BACK or record.undoing or record.intent:
        do = f"Finish that first: `{record.finish_undoing}`." if record.undoing else "Plan a new run."
        raise Refused(f"Run {record.run} was undone, or is being undone.", do)
    if different := changed(record, present):
        raise Refused(
            f"The rows of run {record.run} cannot be tried again: {', '.join(different)}.", "Put that back as it was."
        )


def _table(context: Context, record: RunRecord, name: str, emit: Emit) -> Retried | None:
    """One table; None where nothing of it lies in quarantine."""
    ledger = Ledger(context.target)
    rows = ledger.quarantined(record.run, name, state=QuarantineState.OPEN)
    if not rows:
        return None
    table = compiled(record.amended.mapping, name, live_catalogues(context), record.run_started)
    handling = record.amended.phase_of(name).handling
    work = TableWork(context.source, context.target, table, ledger, record.run, handling)
    keys = _keys(rows)
    brought = Brought()
    if keys:
        brought = bring(work, keys_filter(table.mapping.key, keys), emit=emit, forgiving=True)
    return Retried(
        table=name, came=brought.rows, left=len(rows) - brought.rows, validated=_proved(work, record, emit)
    )  # fmt: skip


def _keys(rows: tuple[QuarantinedRow, ...]) -> list[Key]:
    return [tuple(json.loads(row.source_key)) for row in rows if row.source_key]


def _proved(work: TableWork, record: RunRecord, emit: Emit) -> bool:
    """Prove a table that rows came into anew; one that is not complete is proved when it is."""
    if work.ledger.table(record.run, work.table).state is not TableState.COPIED:
        return True
    found = validate_table(
        work.source, work.target, work.ledger, record.run, work.compiled, record.amended.validation
    )  # fmt: skip
    passed = found.status is CheckStatus.PASS
    state = TableState.VALIDATED if passed else TableState.FAILED
    work.ledger.set_table(record.run, work.table, state, validation=found)
    emit(TableValidated(validation=found))
    return passed
