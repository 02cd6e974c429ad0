"""One batch, in the caller's transaction: look, sort, insert, check, write down. Nothing here commits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy import select

from ferryman.domain.mapping import Conflict
from ferryman.domain.recovery import Failure, FailureType
from ferryman.domain.run import Accounting, BatchRecord, Key, Segment
from ferryman.domain.validation import BatchValidation
from ferryman.tools.move import meet
from ferryman.tools.move.aside import Fate, Reason
from ferryman.tools.move.below import groups_below
from ferryman.tools.move.check import check_batch
from ferryman.tools.move.failpoint import failpoint
from ferryman.tools.move.job import Job, Moved, Stuck
from ferryman.tools.move.keyless import Keyless, keyless
from ferryman.tools.move.place import Place, insert_rows, ranges, write_after, write_before
from ferryman.tools.move.records import Entry, QuarantinedRow
from ferryman.tools.move.rowkeys import Record
from ferryman.tools.move.scan import Look
from ferryman.tools.move.sorting import Found, Sorted, sort_rows
from ferryman.tools.move.tables import RowKind
from ferryman.tools.move.windows import Window


@dataclass
class Books:
    """What a batch did to the target's rows, as it becomes known."""

    entries: list[Entry] = field(default_factory=list)  #: still to be written; others a statement wrote already


def move_batch(job: Job, window: Window, after: Key | None, strays: Mapping[Key, Reason]) -> Moved:
    """Move the rows of a window that begins after a key; `strays` are to be quarantined, whatever they look like.

    Raises Stuck where a person has to decide, FerrymanError for what the database says.
    """
    began = job.clock.seconds()
    failpoint("before_begin", job.name, window.number)
    job.bench.begin()
    look = job.sight.look(after, window.rows)
    none = keyless(job, window.number) if after is None else Keyless()
    found = sort_batch(job, window.number, look, strays)
    place = place_for(job, window.number, look, found)
    books, validation = carry(job, place, found)
    record = BatchRecord(
        table=job.name,
        number=window.number,
        first_row=window.first_row,
        last_row=window.first_row + look.rows - 1,
        segment=look.segment,
        accounting=_accounting(look, found, none),
        seconds=job.clock.seconds() - began,
    )
    quarantined = (*none.quarantined, *found.quarantined)
    stop = write_down(job, record, books, quarantined)
    return Moved(record, validation, quarantined, found.applied, stop)


def sort_batch(job: Job, batch: str, look: Look, strays: Mapping[Key, Reason]) -> Sorted:
    """Sort a batch's rows, and anew when some are set aside that nobody foresaw: others may hang on these. See
    `sort_rows`."""
    while True:
        try:
            found = sort_rows(job, batch, look, obstacles_in(job, look), strays)
        except Stuck as stuck:
            raise Stuck(stuck.failure.but(missing=groups_below(job, stuck.failure))) from stuck
        if found.aside is None or job.own is None:
            return found
        if not job.own.add(found.aside.keys(Fate.QUARANTINED), job.ground, job.bench):
            return found
        found.aside.drop()


def carry(job: Job, place: Place, found: Sorted) -> tuple[Books, BatchValidation]:
    """Insert what was found good, meet what is there, check it; nothing of it is in the ledger yet.

    Raises Stuck where what arrived is not what was to arrive.
    """
    books = Books()
    _insert(job, place, books)
    _meet(job, place, found, books)
    validation = check_batch(job, place)
    if found.aside:
        found.aside.drop()
    if not validation.continue_execution:
        raise Stuck(unproved(job, place.batch, validation), validation)
    return books, validation


def obstacles_in(job: Job, look: Look) -> Found:
    """What stands in the way of the rows of a range, with how many it concerns."""
    for check in job.checks:
        if check.known:
            check.known.refresh()
    if job.relay:
        if job.trusting:
            return ()
        job.relay.fetch(look.segment, odd_keys=bool(look.odd_keys))
    wrong = job.sight.tally(look.segment, job.values) if job.sight.failing(look.segment) else ()
    return (*wrong, *job.sight.tally(look.segment, job.parents), *_present(job, look))


def _present(job: Job, look: Look) -> Found:
    """Rows whose counterpart is in the target already. Ranges are asked for at their two ends first."""
    if job.present is None or not look.rows:
        return ()
    if job.keys.record is Record.RANGES and not look.odd_keys and not _range_taken(job, look.segment):
        return ()
    return job.sight.tally(look.segment, [one for one in (job.present, job.stood_in, job.stranger) if one])


def _range_taken(job: Job, segment: Segment) -> bool:
    """Whether the target holds any key between the new keys of a range's first and last row."""
    from_, compiled, target = job.bench.legacy, job.bench.compiled, job.bench.target
    key = compiled.key_columns(from_)[0]
    new = select(job.bench.new_key).select_from(from_).where(job.bench.within(segment)).limit(1)
    low, high = (new.order_by(order).scalar_subquery() for order in (key, key.desc()))
    held = target.c[job.keys.names[0]]
    asked = select(held).where(held.between(low, high)).limit(1)
    return job.bench.connection.execute(asked).first() is not None


def place_for(job: Job, batch: str, look: Look, found: Sorted) -> Place:
    """Where the rows go that were found good."""
    record = Record.ROWS if job.keys.record is Record.RANGES and look.odd_keys else job.keys.record
    raw = frozenset() if job.work.handling.id_mapping else frozenset(r.column for r in job.work.compiled.references)
    return Place(
        bench=job.bench,
        keys=job.keys,
        ledger=job.work.ledger.tables,
        run=job.work.run,
        batch=batch,
        segment=look.segment,
        record=record,
        rows=look.rows - sum(found.counts.values()),
        left_out=found.aside.holds(job.bench.legacy) if found.aside else None,
        raw=raw,
        mends=found.mends,
    )


def _insert(job: Job, place: Place, books: Books) -> None:
    failpoint("before_insert", job.name, place.batch)
    if expected := place.rows:
        write_before(place)
        inserted = insert_rows(place)
        if inserted != expected:
            raise Stuck(miscounted(job, place.batch, expected, inserted))
        books.entries += ranges(place) if place.record is Record.RANGES else []
        books.entries += write_after(place, expected)
    failpoint("after_insert", job.name, place.batch)


def _meet(job: Job, place: Place, found: Sorted, books: Books) -> None:
    """What is done about rows that were not inserted because their counterpart is there."""
    if found.aside is None:
        return
    conflict = job.work.compiled.mapping.conflict
    meeting = meet.Meeting(place, found.aside, conflict)
    if found.count(Fate.PRESENT) and conflict is Conflict.KEEP:
        meet.note(meeting, Fate.PRESENT, RowKind.MATCHED)
    for changing in changes(job, place, found):
        books.entries += meet.change(changing)
    if found.count(Fate.MERGED):
        meet.note(meeting, Fate.MERGED, RowKind.MERGED)


def changes(job: Job, place: Place, found: Sorted) -> Iterator[meet.Meeting]:
    """The rows of the target that are changed where the batch meets them."""
    conflict = job.work.compiled.mapping.conflict
    if found.aside and found.count(Fate.PRESENT) and conflict is not Conflict.KEEP:
        yield meet.Meeting(place, found.aside, conflict)
    if found.aside and found.count(Fate.STOOD_IN):
        yield meet.Meeting(place, found.aside, Conflict.REPLACE, Fate.STOOD_IN)


def _accounting(look: Look, found: Sorted, none: Keyless) -> Accounting:
    return Accounting(
        source=look.source + none.rows,
        migrated=look.rows - sum(found.counts.values()),
        matched=found.count(Fate.PRESENT) + found.count(Fate.STOOD_IN),
        merged=found.count(Fate.MERGED),
        skipped=look.source - look.rows + none.skipped,
        quarantined=found.count(Fate.QUARANTINED) + len(none.quarantined),
    )


def write_down(job: Job, record: BatchRecord, books: Books, quarantined: tuple[QuarantinedRow, ...]) -> bool:
    """The ledger's rows; gives whether somebody asked the run to stop."""
    connection, now = job.bench.books, job.clock.now()
    failpoint("before_ledger", job.name, record.number)
    job.book.add_entries(connection, record.number, books.entries)
    job.book.add_quarantined(connection, quarantined, now)
    job.book.write(connection, record, now)
    return job.work.ledger.renew(connection, job.work.run)


def miscounted(job: Job, batch: str, expected: int, inserted: int) -> Failure:
    return Failure(
        type=FailureType.COUNT,
        table=job.name,
        batch=batch,
        affected_records=abs(expected - inserted),
        error_detail=f"{expected:,} rows were to be inserted, and {inserted:,} were",
    )


def unproved(job: Job, batch: str, validation: BatchValidation) -> Failure:
    return Failure(
        type=FailureType.SAMPLE,
        table=job.name,
        batch=batch,
        columns=validation.sample_integrity.mismatched,
        affected_records=validation.sample_integrity.samples - validation.sample_integrity.passed,
        error_detail="; ".join(validation.issues),
    )
