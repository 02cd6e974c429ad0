"""`ferryman rollback` and `finish`: what takes something away asks first."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from ferryman.agents.wording import count
from ferryman.alongside import events_of
from ferryman.commands.edge import Exit
from ferryman.commands.farewell import Way
from ferryman.commands.interrupts import Interrupts, Leaving
from ferryman.commands.options import Which
from ferryman.commands.pair import chosen_run, target_ledger, typed
from ferryman.commands.voice import Voice
from ferryman.domain.errors import Refused, Usage
from ferryman.domain.events import RolledBack
from ferryman.domain.run import RunStatus, TableState
from ferryman.graph.context import user_name
from ferryman.graph.standing import OVER
from ferryman.screen import Screen
from ferryman.story import sentence
from ferryman.tools.move.archive import archive, drop
from ferryman.tools.move.leases import rests
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.progress import progress
from ferryman.tools.move.records import RunRecord
from ferryman.tools.move.rollback import rollback as undo
from ferryman.tools.move.rollback import tables_of_phase
from ferryman.workspace import Workspace

_UNDONE = (RunStatus.ROLLED_BACK, RunStatus.CANCELLED)


def rollback(which: Which, tables: tuple[str, ...], phase: int, yes: bool, as_json: bool) -> int:
    """Undo a run or some of its tables. Raises Refused where rows of others hang on them, naming these."""
    voice = Voice(as_json)
    with target_ledger(which) as ledger:
        record = chosen_run(ledger, which.run, lambda record: record.status not in _UNDONE, "to undo")
        tables = (*tables, *(tables_of_phase(record, phase) if phase else ()))
        chosen = _chosen(ledger, record, tables)
        done = [table for table in progress(ledger, record.run) if table.table in chosen]
        rows = sum(table.accounting.migrated + table.accounting.placeholders for table in done)
        question = f"Undo run {record.run}: take {count(rows, 'row')} out of {', '.join(chosen)}?"
        if not (yes or voice.ask(question)):
            raise Refused(f"{question[:-1]} was not confirmed; nothing was changed.", "Confirm with --yes.")
        undone = _undo(ledger, record, tables, typed(which, record.run), voice)
    voice.give({"run": record.run, "tables": [event.model_dump(mode="json", exclude={"event"}) for event in undone]})
    if not undone and tables:
        voice.say(f"Run {record.run} wrote nothing there; nothing was undone.")
    elif not undone:
        voice.say(f"Run {record.run} had written nothing; it is cancelled.")
    return Exit.DONE


def _undo(ledger: Ledger, record: RunRecord, tables: tuple[str, ...], way: Way, voice: Voice) -> list[RolledBack]:
    """Undo; the events go into this folder's log of the run as well, where it has one."""
    workspace, by = Workspace(), user_name()
    logged = workspace.run_folder(record.run).exists()
    leaving, undone = Leaving(Screen(voice.console), lambda: None, way), []
    with Interrupts(leaving.stop, leaving.abandon):
        for event in events_of(lambda emit: undo(ledger.target, record.run, tables or None, emit=emit, by=by)):
            leaving.hear(event)
            if logged:
                workspace.record(record.run, event)
            if isinstance(event, RolledBack):
                undone.append(event)
                voice.say(sentence(event))
    return undone


def _chosen(ledger: Ledger, record: RunRecord, tables: tuple[str, ...]) -> tuple[str, ...]:
    found = ledger.tables_of(record.run)
    known = [table.table for table in found]
    for name in tables:
        if name not in known:
            raise Usage(f'Run {record.run} did not write a table "{name}".', f"It wrote: {', '.join(known)}.")
    return tables or tuple(table.table for table in found if table.state is not TableState.ROLLED_BACK)


def finish(which: Which, output: Path | None, yes: bool, as_json: bool) -> int:
    """Archive the whole ledger and drop it. Raises Refused while a run is not over."""
    voice = Voice(as_json)
    with target_ledger(which) as ledger:
        found = ledger.runs()
        if which.run:
            ledger.run(which.run)
        _refuse_unfinished(ledger, found)
        path = output or Path(f"ferryman-ledger-{ledger.target.identity.name}-{datetime.now(UTC):%Y%m%d-%H%M%S}.jsonl")
        question = (
            f"Write the ledger with {_counted(found)} to {path} and drop it? Nothing of it can be undone afterwards."
        )
        if not (yes or voice.ask(question)):
            raise Refused("It was not confirmed that the ledger goes; nothing was changed.", "Confirm with --yes.")
        rows = archive(ledger, path)
        drop(ledger)
    voice.give({"runs": [record.run for record in found], "file": str(path), "entries": rows})
    voice.say(f"Written: {path} ({rows:,} entries; it may hold values of rows, and is readable by its owner only).")
    return Exit.DONE


def _refuse_unfinished(ledger: Ledger, found: tuple[RunRecord, ...]) -> None:
    for record in found:
        if record.running:
            doing = "being undone" if record.undoing else "at work"
            raise Refused(f"Run {record.run} is {doing}.", f"{rests(record.run, record.undoing)}.")
        if record.undoing:
            raise Refused(f"Run {record.run} is half undone.", f"Finish that first: `{record.finish_undoing}`.")
        if record.status not in OVER or any(t.state is TableState.COPYING for t in ledger.tables_of(record.run)):
            raise Refused(
                f"Run {record.run} is not over: it is {record.status.value}.",
                f"Bring it to its end: `ferryman resume {record.run}`; or undo it: `ferryman rollback {record.run}`.",
            )


def _counted(found: tuple[RunRecord, ...]) -> str:
    return "1 run" if len(found) == 1 else f"{len(found):,} runs"
