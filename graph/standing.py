"""Where a run stands, from its ledger; the hand-overs between the agents come from the workspace where it has them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from ferryman.domain.coordination import Delegation
from ferryman.domain.events import Delegated, DelegationEnded, Event, usage_of
from ferryman.domain.plan import duration_range
from ferryman.domain.run import RunStatus, Status, TableProgress, TableState
from ferryman.graph.due import Course
from ferryman.graph.laid_aside import counted
from ferryman.tools.discover.introspect import introspect
from ferryman.tools.move.away import away
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.progress import last_batch, progress
from ferryman.tools.move.records import WITHDRAWN, RunRecord
from ferryman.tools.move.rollback import rollback_available
from ferryman.tools.move.stand_ins import stand_ins

OVER = frozenset(
    (
        RunStatus.SUCCESS,
        RunStatus.SUCCESS_WITH_QUARANTINE,
        RunStatus.FAILED,
        RunStatus.ROLLED_BACK,
        RunStatus.CANCELLED,
    )
)
#: What is told of first; a table that is copied may wait for others to be copied before it is proved.
_UNDER_WAY = (TableState.UNDOING, TableState.COPYING, TableState.COPIED, TableState.PENDING)
_FINISHED = frozenset((TableState.VALIDATED, TableState.FAILED, TableState.ROLLED_BACK))


HALF_UNDONE = "rollback_unfinished"  #: the technical status of a run whose undoing stopped in the middle


def status_of(ledger: Ledger, run: str, events: Iterable[Event] = ()) -> Status:
    """Everything that `ferryman status` says. Raises Usage when the ledger has no such run."""
    record, tables, heard = ledger.run(run), progress(ledger, run), tuple(events)
    held = _held_back(ledger, record, tables)
    going = tuple(table for table in tables if table.table not in held)
    current = _current(record, going)
    left = _seconds_left(going)
    last = last_batch(ledger, run)
    available, blocker = rollback_available(ledger.target, run)
    return Status(
        run=run,
        status=now(record),
        phase=_phase(record, tables),
        overall_progress=_percent(going),
        current_table=current.table if current else None,
        technical_status=_technical(record, current),
        estimated_completion=_estimate(record, left),
        estimated_seconds=None if record.undoing or record.status in OVER else left,
        last_successful_checkpoint=f"{last.table} batch_{last.number}_completed" if last else None,
        tables=tables,
        held_back=tuple(table.table for table in tables if table.table in held),
        stopped=tuple(t.table for t in ledger.tables_of(run) if t.failure and record.status is RunStatus.WAITING),
        delegations=delegations(heard),
        rollback_available=available,
        rollback_blocker=blocker,
        started_at=record.run_started,
        waiting_for=waits_for(record),
        undoing=record.undoing,
        finish_undoing=finish(record),
        model=usage_of(heard),
        placeholders={one.table: one.rows for one in stand_ins(ledger.target, ledger, run)},
        aside=counted(ledger, run),
        away={table.table: names for table in tables if (names := away(ledger, run, table.table).names)},
    )


def _held_back(ledger: Ledger, record: RunRecord, tables: tuple[TableProgress, ...]) -> frozenset[str]:
    """The tables that do not begin, because one that they refer to was undone alone."""
    states = {table.table: table.state for table in tables}
    if record.status is RunStatus.ROLLED_BACK or TableState.ROLLED_BACK not in states.values():
        return frozenset()
    with ledger.target.connect("looking at the new database", reading=True) as connection:
        target = introspect(connection, ledger.target.dialect)
    return Course.of(record.amended, target).held_back(states)


def finish(record: RunRecord) -> str:
    """The command that finishes an undoing at which no process is at work; "" where there is none."""
    return record.finish_undoing if record.undoing and not record.running else ""


def waits_for(record: RunRecord) -> str:
    """What a person has to see to before it goes on; "" for nothing."""
    if command := finish(record):
        return f"its undoing to be finished: `{command}`"
    if record.intent == WITHDRAWN:
        return record.stop_reason
    put_off = f"nobody decided before {record.deadline:%Y-%m-%d %H:%M} UTC: " if late(record) else ""
    return put_off + record.waiting_for


def delegations(events: Iterable[Event]) -> tuple[Delegation, ...]:
    """Every hand-over in order, each with how it ended."""
    found: dict[int, Delegation] = {}
    for event in events:
        if isinstance(event, Delegated):
            found[event.delegation.number] = event.delegation
        elif isinstance(event, DelegationEnded) and event.number in found:
            found[event.number] = found[event.number].but(state=event.state)
    return tuple(found.values())


def now(record: RunRecord) -> RunStatus:
    """What it is in: a run whose process is gone does not run, whatever its row says, and a decision that nobody took
    before its deadline is a pause. One that is half undone is at work on that, or stopped in the middle."""
    if record.undoing:
        return RunStatus.RUNNING if record.running else RunStatus.PAUSED
    died = record.status is RunStatus.RUNNING and not record.running
    return RunStatus.PAUSED if died or late(record) else record.status


def late(record: RunRecord) -> bool:
    """Whether it waited for a decision that nobody took in time."""
    passed = record.deadline is not None and datetime.now(UTC) >= record.deadline
    return record.status is RunStatus.WAITING and passed


def _phase(record: RunRecord, tables: tuple[TableProgress, ...]) -> str:
    if record.undoing:
        return "recovery"
    if record.status in OVER:
        return "done"
    if record.status is RunStatus.WAITING:
        return "recovery"
    copied = all(table.state in _FINISHED or table.state is TableState.COPIED for table in tables)
    return "validation" if copied and tables else "execution"


def _current(record: RunRecord, tables: tuple[TableProgress, ...]) -> TableProgress | None:
    """The table that is worked on, or would be next."""
    if record.status in OVER and not record.undoing:
        return None
    standing = [table for table in tables if table.state in _UNDER_WAY]
    return min(standing, key=lambda table: _UNDER_WAY.index(table.state), default=None)


def _technical(record: RunRecord, current: TableProgress | None) -> str:
    if record.undoing:
        return "rolling_back" if record.running else HALF_UNDONE
    if record.intent == WITHDRAWN and not record.running:
        return "approval_withdrawn"
    if record.status is RunStatus.RUNNING and not record.running:
        return "process_gone"
    if record.status is not RunStatus.RUNNING or current is None:
        return now(record).value
    if current.state is TableState.COPIED:
        return f"validating_{current.table}"
    planned = record.amended.batch_plans.get(current.table)
    return f"processing_batch_{current.batches + 1}_of_{max(planned.batches if planned else 1, current.batches + 1)}"


def _percent(tables: tuple[TableProgress, ...]) -> int:
    """Weighted by rows; a run without rows is done when its tables are. Tables undone alone are left out."""
    tables = tuple(table for table in tables if table.state is not TableState.ROLLED_BACK) or tables
    total, done = sum(table.total for table in tables), sum(min(table.done, table.total) for table in tables)
    if not total:
        return 100 if all(table.state in _FINISHED for table in tables) else 0
    return 100 * done // total


def _seconds_left(tables: tuple[TableProgress, ...]) -> float:
    """Each table's rest at the speed that it has shown, or at the one that was estimated."""
    left = 0.0
    for table in tables:
        rest = max(0, table.total - table.done)
        per_row = table.seconds / table.done if table.done else table.estimated_seconds / max(1, table.total)
        left += rest * per_row if table.state not in _FINISHED else 0.0
    return left


def _estimate(record: RunRecord, left: float) -> str:
    if record.undoing:
        return "not known, it is being undone"
    if record.status in OVER:
        return "it is over"
    return duration_range(left * 0.8, left * 1.25)
