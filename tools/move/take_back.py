"""Batches taken back in the middle of a copy: rows of theirs hang on a row of their own table that the new database
refuses, batches later, and nobody could know. They go again, and these rows are dealt with as below any that is set
aside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ferryman.domain.run import BatchRecord, TableState
from ferryman.tools.discover.introspect import introspect
from ferryman.tools.move.below import rows_below
from ferryman.tools.move.failpoint import failpoint
from ferryman.tools.move.hanging import hanging
from ferryman.tools.move.job import Job
from ferryman.tools.move.own_rules import references_off
from ferryman.tools.move.rollback import known, undoings
from ferryman.tools.move.turns import turn
from ferryman.tools.move.undo import undo_batch
from ferryman.tools.move.work import TableWork


def below(job: Job) -> dict[str, int]:
    """By committed batch, the rows of its range that are there and hang on one that is set aside."""
    committed = (batch for batch in job.book.committed(job.bench.books) if "+" not in batch.number)
    return {batch.number: rows_below(job, batch.segment) for batch in committed}


def too_early(job: Job, before: Mapping[str, int]) -> tuple[BatchRecord, ...]:
    """The committed batches from the first on of which more rows hang on one that is set aside than `before`, as it was
    known then: what was known is dealt with. () where none is."""
    committed, now = job.book.committed(job.bench.books), below(job)
    early = (place for place, batch in enumerate(committed) if now.get(batch.number, 0) > before.get(batch.number, 0))
    place = next(early, None)
    return () if place is None else committed[place:]


def take_back(work: TableWork, batches: Sequence[BatchRecord]) -> bool:
    """Undo these last batches of a table, the last first; gives whether that could be: others may hang on its rows."""
    ledger = work.ledger
    with work.target.connect(f"taking rows of {work.table} back") as connection:
        references_off(connection)
        catalogue = introspect(connection, work.target.dialect)
        record = ledger.run(work.run)
        undone = undoings(connection, ledger, record, (work.table,))
        if hanging(connection, ledger.tables, catalogue, undone, known(connection, ledger, record, undone)):
            return False
        connection.rollback()
        book = ledger.book(work.run, work.table)
        for batch in reversed(batches):
            with turn(work.target):
                undo_batch(connection, ledger, undone[work.table], batch)
                book.move(connection, state=TableState.COPYING.value)
                ledger.renew(connection, work.run)
                failpoint("before_taken_back", work.table, batch.number)
                connection.commit()
            failpoint("after_taken_back", work.table, batch.number)
    return True
