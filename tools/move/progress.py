"""How far a run is, by its ledger alone: what `status` shows from any terminal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import case, func, select

from ferryman.domain.run import Accounting, BatchRecord, BatchState, TableProgress
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.patience import patiently
from ferryman.tools.move.tables import QuarantineState

_COUNTED = tuple(Accounting.model_fields)


def progress(ledger: Ledger, run: str) -> tuple[TableProgress, ...]:
    """Every table of a run, in the order of its plan."""
    sums = patiently(lambda: _sums(ledger, run))
    return tuple(
        TableProgress(
            table=record.table,
            source=record.source,
            state=record.state,
            total=record.scope.total + sums[record.table].since,
            in_scope=max(record.scope.source_rows, sums[record.table].accounting.source),
            done=sums[record.table].rows + sums[record.table].since,
            batches=sums[record.table].batches,
            target_before=record.scope.target_before,
            accounting=sums[record.table].accounting,
            validation=record.validation,
            seconds=sums[record.table].seconds,
            estimated_seconds=record.estimated_seconds,
            arrived_since=record.arrived_since,
        )
        for record in ledger.tables_of(run)
    )


def accounting(ledger: Ledger, run: str, table: str) -> Accounting:
    """Where the rows of a table went, over its committed batches."""
    return _sums(ledger, run)[table].accounting


def set_aside_by_reason(ledger: Ledger, run: str, table: str) -> dict[str, int]:
    """How many rows of a table lie in quarantine for which reason, whatever process set them aside."""
    row = ledger.tables.quarantine
    mine = select(row.c.reason, func.count()).where(row.c.run_id == run, row.c.table_name == table)
    lying = mine.where(row.c.state == QuarantineState.OPEN.value).group_by(row.c.reason).order_by(func.min(row.c.entry))
    with ledger.reading() as connection:
        return {row[0]: row[1] for row in connection.execute(lying)}


def last_batch(ledger: Ledger, run: str) -> BatchRecord | None:
    """The batch that was committed last, of whatever table. Within a table their order decides, not the clock."""
    batch = ledger.tables.batch
    mine = select(batch).filter_by(run_id=run, state=BatchState.COMMITTED.value)
    with ledger.reading() as connection:
        latest = connection.execute(mine.order_by(batch.c.committed_at.desc()).limit(1)).mappings().first()
        return ledger.book(run, latest["table_name"]).last(connection) if latest else None


def seconds_at_work(ledger: Ledger, run: str) -> float:
    """Seconds in which some batch was being moved. Waiting for a person, and lying dead, is not in it."""
    batch = ledger.tables.batch
    wanted = select(batch.c.committed_at, batch.c.seconds).filter_by(run_id=run, state=BatchState.COMMITTED.value)
    with ledger.reading() as connection:
        ends = [(datetime.fromisoformat(at).timestamp(), taken) for at, taken in connection.execute(wanted)]
    return covered((end - taken, end) for end, taken in ends)


def covered(spans: Iterable[tuple[float, float]]) -> float:
    """What spans cover together; where they overlap, as batches of tables side by side do, it counts once."""
    total, until = 0.0, float("-inf")
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, until))
        until = max(until, end)
    return total


class _Sum:
    """The committed batches of one table, added up."""

    def __init__(self) -> None:
        self.rows, self.batches, self.seconds, self.accounting = 0, 0, 0.0, Accounting()
        self.since = (
            0  #: rows that came beside the order and that no batch counts: newer than the run, or left out before
        )


def _sums(ledger: Ledger, run: str) -> dict[str, _Sum]:
    batch = ledger.tables.batch
    wanted = (
        select(
            batch.c.table_name,
            func.count().label("batches"),
            func.max(batch.c.last_row).label("rows"),
            func.sum(batch.c.seconds).label("seconds"),
            func.sum(case((batch.c.number.contains("+"), batch.c.source - batch.c.skipped), else_=0)).label("since"),
            *(func.sum(batch.c[name]).label(name) for name in _COUNTED),
        )
        .filter_by(run_id=run, state=BatchState.COMMITTED.value)
        .group_by(batch.c.table_name)
    )
    found: dict[str, _Sum] = defaultdict(_Sum)
    with ledger.reading() as connection:
        for row in connection.execute(wanted).mappings():
            one = found[row["table_name"]]
            one.rows, one.batches, one.seconds = int(row["rows"]), row["batches"], float(row["seconds"])
            one.since = int(row["since"])
            one.accounting = Accounting(**{name: int(row[name]) for name in _COUNTED})
    return found
