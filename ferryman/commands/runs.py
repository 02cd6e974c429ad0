"""`ferryman runs`, `status` and `pause`: the new database's ledger, from any terminal."""

from __future__ import annotations

from collections.abc import Iterator

from ferryman.agents.wording import count
from ferryman.commands.edge import Exit
from ferryman.commands.farewell import RESUME, Way, with_password
from ferryman.commands.options import Where, Which
from ferryman.commands.pair import chosen_run, target_ledger, typed
from ferryman.commands.voice import Voice
from ferryman.domain.errors import Refused, Usage
from ferryman.domain.events import Event
from ferryman.domain.run import RunStatus, Status, TableProgress, TableState, duration_text
from ferryman.domain.validation import CheckStatus
from ferryman.graph.context import user_name
from ferryman.graph.standing import OVER, now, status_of
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.progress import progress
from ferryman.tools.move.records import RunRecord


def runs(where: Where, as_json: bool) -> int:
    voice = Voice(as_json)
    with target_ledger(Which(where)) as ledger:
        found = [(record, progress(ledger, record.run)) for record in ledger.runs()]
    voice.give({"runs": [_run_json(record, tables) for record, tables in found]})
    if not as_json:
        voice.table(
            ("run", "status", "rows", "tables", "begun", "by"),
            [
                (
                    record.run,
                    now(record).value.replace("_", " "),
                    sum(table.accounting.migrated for table in tables),
                    ", ".join(table.table for table in tables),
                    f"{record.run_started:%Y-%m-%d %H:%M} UTC",
                    record.approval.by,
                )
                for record, tables in found
            ],
        )
    return Exit.DONE


def _run_json(record: RunRecord, tables: tuple[TableProgress, ...]) -> dict[str, object]:
    return {
        "run": record.run,
        "status": now(record).value,
        "started_at": record.run_started.isoformat(),
        "ended_at": record.ended_at.isoformat() if record.ended_at else None,
        "by": record.approval.by,
        "plan_hash": record.amended.hash,
        "tables": [table.table for table in tables],
        "records_migrated": sum(table.accounting.migrated for table in tables),
        "records_quarantined": sum(table.accounting.quarantined for table in tables),
    }


def status(which: Which, as_json: bool) -> int:
    voice = Voice(as_json)
    with target_ledger(which) as ledger:
        record = latest(ledger, which.run)
        standing = status_of(ledger, record.run, events_of(record.run))
    voice.give(standing)
    if not as_json:
        _show(standing, typed(which, record.run), voice)
    return Exit.DONE


def latest(ledger: Ledger, run: str) -> RunRecord:
    """The named run; else the one that is not over; else the newest."""
    if run:
        return ledger.run(run)
    found = ledger.runs()
    going = [record for record in found if record.status not in OVER]
    if len(going) > 1 or not found:
        return chosen_run(ledger, "", lambda record: record.status not in OVER, "that is not over")
    return going[0] if going else found[-1]


def events_of(run: str) -> Iterator[Event]:
    """What this folder's log has of a run; nothing where it was made elsewhere."""
    from ferryman.workspace import Workspace

    return (event for _, event in Workspace().events(run))


def _show(standing: Status, way: Way, voice: Voice) -> None:
    going = standing.status not in OVER
    how_far = f"{standing.overall_progress}% {'of its rows still there' if standing.undoing else 'done'}"
    voice.say(f"Run {standing.run}: {standing.status.value.replace('_', ' ')}, {how_far}", "bold")
    if going:
        left = f"; time left: {standing.estimated_completion}" if standing.overall_progress < 100 else ""
        voice.say(f"  {standing.technical_status.replace('_', ' ')}{left}")
    if standing.waiting_for:
        voice.say(f"  waits for: {standing.waiting_for}")
    voice.table(
        ("table", "is", "done", "of", "moved", "set aside", "took", "checks"),
        [_table(table, _is(table, standing)) for table in standing.tables],
    )
    for table, rows in standing.placeholders.items():
        voice.say(f"  {count(rows, 'placeholder')} in {table} for rows that were not there, until the real ones come")
    if standing.placeholders or any(table.accounting.quarantined for table in standing.tables):
        voice.say(with_password(f"  listed by: {way.command('quarantine list', standing.run)}"))
    for table, names in standing.away.items():
        voice.say(f"  away from {table}: {', '.join(names)}")
    if standing.away and standing.status is not RunStatus.RUNNING:
        resume, rollback = (way.command(name, standing.run) for name in (RESUME, "rollback"))
        voice.say(with_password(f"  put back by: {resume}, or {rollback}"))
    undo = "can be undone" if standing.rollback_available else f"cannot be undone: {standing.rollback_blocker}"
    voice.say(f"  model: {standing.model.text}")
    voice.say(f"  last checkpoint: {standing.last_successful_checkpoint or 'none yet'}; it {undo}")


def _is(table: TableProgress, standing: Status) -> str:
    if table.table in standing.held_back:
        return "held back"
    return "stopped" if table.table in standing.stopped else table.state.value.replace("_", " ")


def _table(table: TableProgress, state: str) -> tuple[object, ...]:
    return (
        table.table,
        state,
        table.done,
        table.total,
        table.accounting.migrated,
        table.accounting.quarantined,
        duration_text(table.seconds),
        _checks(table),
    )


def _checks(table: TableProgress) -> str:
    if table.state is TableState.ROLLED_BACK:
        return ""
    status = table.validation.status if table.validation else CheckStatus.NOT_VALIDATED
    return status.value.replace("_", " ")


def withdraw(which: Which, by: str, as_json: bool) -> int:
    """The approval is taken back in the ledger, where every process looks; what was moved stays until it is undone."""
    voice = Voice(as_json)
    with target_ledger(which) as ledger:
        record = chosen_run(ledger, which.run, lambda record: record.status not in OVER, "that is not over")
        if record.status in OVER:
            raise Usage(f"Run {record.run} is over: it is {now(record).value}.", "There is nothing to withdraw.")
        _refuse_undoing(record)
        who = by or user_name()
        ledger.withdraw(record.run, who)
    voice.give({"run": record.run, "withdrawn_by": who})
    voice.say(
        f"The approval of run {record.run} is withdrawn; it moves nothing any more.\n"
        + with_password(f"Undo what it moved:  {typed(which, record.run).command('rollback', record.run)}")
    )
    return Exit.DONE


def pause(which: Which, as_json: bool) -> int:
    """The request goes through the ledger; the run stops after its running batch."""
    voice = Voice(as_json)
    with target_ledger(which) as ledger:
        record = chosen_run(ledger, which.run, lambda record: record.running, "at work")
        if not record.running:
            raise Usage(f"Run {record.run} is not at work: it is {now(record).value}.", "There is nothing to pause.")
        _refuse_undoing(record)
        ledger.request_stop(record.run, "asked to pause from another terminal")
    voice.give({"run": record.run, "stop_requested": True})
    go_on = with_password(f"Go on later:  {typed(which, record.run).command(RESUME, record.run)}")
    voice.say(f"Run {record.run} stops after its running batch.\n{go_on}")
    return Exit.DONE


def _refuse_undoing(record: RunRecord) -> None:
    if record.undoing:
        raise Refused(
            f"Run {record.run} is being undone, and that goes to its end.",
            f"Wait for it; where its process is gone, `{record.finish_undoing}` finishes it.",
        )
