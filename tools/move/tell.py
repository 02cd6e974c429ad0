"""The events of a copy, from what was measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ferryman.domain.coordination import Agent
from ferryman.domain.events import BatchCompleted, RowsQuarantined, Said, SelfRecovery
from ferryman.domain.plan import BatchPlan
from ferryman.domain.run import BatchRecord, duration_text
from ferryman.tools.move.backoff import MAX_RETRIES, Halve, Retry
from ferryman.tools.move.records import QuarantinedRow
from ferryman.tools.prepare.batching import records_text, refine

_FIRST = ("First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth", "Tenth")


@dataclass(frozen=True)
class Pace:
    """How fast this call of the copier has been."""

    rows: int = 0
    seconds: float = 0.0

    def plus(self, rows: int, seconds: float) -> Pace:
        return Pace(self.rows + rows, self.seconds + seconds)


def batch_completed(record: BatchRecord, batch: BatchPlan, pace: Pace, parents: Sequence[str]) -> BatchCompleted:
    """The event of a committed batch; `batch` is how its table is cut."""
    total = batch.rows
    done = record.last_row
    left = batch.model_copy(update={"rows": pace.rows + max(0, total - done)})
    return BatchCompleted(
        table=record.table,
        batch=record.number,
        of=batch.batches,
        records=records_text(record.first_row, record.last_row),
        records_processed=record.last_row - record.first_row + 1,
        records_completed=done,
        records_total=total,
        percentage=100 if done >= total else 100 * done // total,
        time_elapsed=duration_text(record.seconds),
        seconds=record.seconds,
        estimated_time_remaining="none" if done >= total else refine(left, pace.rows, pace.seconds).text,
        accounting=record.accounting,
        message=_message(record, total),
        current_action=_action(parents),
    )


def _message(record: BatchRecord, total: int) -> str:
    if record.last_row >= total:
        return "Final batch completed"
    if record.number == "1":
        return f"First batch of {record.table} migrated"
    if record.number.isdigit() and int(record.number) <= len(_FIRST):
        return f"{_FIRST[int(record.number) - 1]} batch completed"
    return f"Batch {record.number} completed"


def _action(parents: Sequence[str]) -> str:
    if not parents:
        return "Moving rows safely in batches; each batch is checked before it is kept"
    named = " and ".join(dict.fromkeys(parents))
    return f"Connecting every row to its row in {named}, so that nothing hangs in the air"


def rows_quarantined(table: str, rows: Sequence[QuarantinedRow]) -> tuple[RowsQuarantined, ...]:
    """One event per reason."""
    counts = Counter(row.reason for row in rows)
    return tuple(RowsQuarantined(table=table, rows=count, reason=reason) for reason, count in counts.items())


def taken_back(table: str, first: int, last: int) -> Said:
    """Batches that go again."""
    text = f"Rows {first:,}-{last:,} of {table} go again: some hang on a row that the new database refuses."
    return Said(topic="notice", text=text)


def self_recovery(table: str, batch: str, issue: str, attempt: int, step: Retry | Halve) -> SelfRecovery:
    """Level 1 at work."""
    recovery = ["retry_with_exponential_backoff", "verify_connection_health"]
    if isinstance(step, Halve):
        recovery.insert(1, "reduce_batch_size_by_half")
    return SelfRecovery(
        agent=Agent.MIGRATION_EXECUTION,
        issue=issue,
        recovery=tuple(recovery),
        attempt=attempt,
        max_retries=MAX_RETRIES,
        wait_seconds=step.wait,
        table=table,
        batch=batch,
    )
