"""One batch, in the caller's transaction: look, set aside, insert, check, write down. Nothing here commits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, func, or_, select

from ferryman.domain.mapping import Conflict, Problem
from ferryman.domain.recovery import Failure, FailureType
from ferryman.domain.run import Accounting, BatchRecord, Key, Segment
from ferryman.domain.validation import BatchValidation
from ferryman.tools.move import meet
from ferryman.tools.move.aside import Aside, Fate, Verdict, read_quarantined, verdicts
from ferryman.tools.move.batches import BatchBook
from ferryman.tools.move.bench import Bench
from ferryman.tools.move.check import check_batch
from ferryman.tools.move.clock import Clock
from ferryman.tools.move.failpoint import failpoint
from ferryman.tools.move.fault import of_obstacle, worst
from ferryman.tools.move.foreign import ForeignCheck
from ferryman.tools.move.place import Place, insert_rows, ranges, written_after, written_before
from ferryman.tools.move.records import Entry, QuarantinedRow, Scope, Written
from ferryman.tools.move.rowkeys import Record, RowKeys
from ferryman.tools.move.scan import Look, Obstacle, Sight
from ferryman.tools.move.tables import RowKind
from ferryman.tools.move.windows import Window
from ferryman.tools.move.work import TableWork
from ferryman.tools.prepare.orphans import Ground


class Stuck(Exception):
    """A batch cannot go as it is: it is rolled back whole, and `failure` says why."""

    def __init__(self, failure: Failure, validation: BatchValidation | None = None) -> None:
        super().__init__(failure.error_detail)
        self.failure = failure
        self.validation = validation


@dataclass(frozen=True)
class Job:
    """What stays the same for all batches of a table."""

    work: TableWork
    bench: Bench
    book: BatchBook
    scope: Scope
    keys: RowKeys
    checks: tuple[ForeignCheck, ...]
    sight: Sight
    values: tuple[Obstacle, ...]  #: what can be wrong with a row by itself
    parents: tuple[Obstacle, ...]  #: the parents that it can lack
    present: Obstacle | None  #: that its counterpart is in the target already
    ground: Ground
    clock: Clock

    @property
    def name(self) -> str:
        return self.work.table

    def forget(self) -> None:
        """The transaction was rolled back: what was remembered in it is gone."""
        for check in self.checks:
            if check.known:
                check.known.forget()


@dataclass(frozen=True)
class Moved:
    """A batch that is ready to be committed."""

    record: BatchRecord
    validation: BatchValidation
    quarantined: tuple[QuarantinedRow, ...] = ()
    stop: bool = False  #: somebody asked the run to stop


@dataclass
class _Books:
    """What a batch did, as it becomes known."""

    entries: list[Entry] = field(default_factory=list)  #: still to be written
    written: list[Written] = field(default_factory=list)  #: written by a statement already
    quarantined: list[QuarantinedRow] = field(default_factory=list)


def move_batch(job: Job, window: Window, after: Key | None) -> Moved:
    """Move the rows of a window that begins after a key. Raises Stuck, or FerrymanError from the database."""
    began = job.clock.seconds()
    failpoint("before_begin", job.name, window.number)
    job.bench.begin()
    found = job.sight.look(after, window.rows)
    segment = found.segment
    books = _Books()
    aside, counts = _set_aside(job, window, segment, _obstacles(job, found), books)
    place = _place(job, window, found, aside)
    moved = found.rows - sum(counts.values())
    _insert(job, place, moved, books)
    if aside:
        _meet(job, place, aside, counts, books)
        aside.drop()
    validation = check_batch(job, place, moved)
    if not validation.continue_execution:
        raise Stuck(_unproved(job, window, validation), validation)
    accounting = Accounting(
        source=found.source,
        migrated=moved,
        matched=counts.get(Fate.PRESENT, 0),
        merged=counts.get(Fate.MERGED, 0),
        skipped=found.source - found.rows,
        quarantined=counts.get(Fate.QUARANTINED, 0),
    )
    record = BatchRecord(
        table=job.name,
        number=window.number,
        first_row=window.first_row,
        last_row=window.first_row + found.rows - 1,
        segment=segment,
        accounting=accounting,
        seconds=job.clock.seconds() - began,
    )
    return Moved(record, validation, tuple(books.quarantined), _write_down(job, record, books))


def _obstacles(job: Job, found: Look) -> tuple[tuple[Obstacle, int], ...]:
    """What stands in the way of the rows of a range, with how many it concerns."""
    for check in job.checks:
        if check.known:
            check.known.refresh()
    wrong = job.sight.tally(found.segment, job.values) if found.failing else ()
    return (*wrong, *job.sight.tally(found.segment, job.parents), *_present(job, found))


def _present(job: Job, found: Look) -> tuple[tuple[Obstacle, int], ...]:
    """Rows whose counterpart is in the target already. Ranges are asked for at their two ends first."""
    if job.present is None or not found.rows:
        return ()
    if job.keys.record is Record.RANGES and not found.odd_keys and not _range_taken(job, found.segment):
        return ()
    return job.sight.tally(found.segment, [job.present])


def _range_taken(job: Job, segment: Segment) -> bool:
    """Whether the target holds any key between the new keys of a range's first and last row."""
    from_, compiled, target = job.bench.legacy, job.bench.compiled, job.bench.target
    key = compiled.key_columns(from_)[0]
    within = job.bench.within(segment)
    new = select(job.bench.new_key).select_from(from_).where(within).limit(1)
    low, high = (new.order_by(order).scalar_subquery() for order in (key, key.desc()))
    held = target.c[job.keys.names[0]]
    asked = select(held).where(held.between(low, high)).limit(1)
    return job.bench.connection.execute(asked).first() is not None


def _set_aside(
    job: Job, window: Window, segment: Segment, found: Sequence[tuple[Obstacle, int]], books: _Books
) -> tuple[Aside | None, dict[Fate, int]]:
    """Sort out what is not simply inserted. Raises Stuck for an obstacle that no policy answers."""
    if not found:
        return None, {}
    mapping, from_ = job.work.compiled.mapping, job.bench.legacy
    fates: dict[Fate, ColumnElement[bool]] = {}
    answered: list[Verdict] = []
    open_: list[tuple[Obstacle, int]] = []
    for obstacle, rows in found:
        policies = verdicts(obstacle, mapping.policies, from_, job.ground)
        if policies:
            answered += policies
            rows = _unanswered(job, segment, obstacle, policies)
        elif obstacle.problem is Problem.CONFLICT and mapping.conflict is not Conflict.STOP:
            fates[Fate.PRESENT] = obstacle.where
            continue
        if rows:
            open_.append((obstacle, rows))
    if open_:
        raise Stuck(of_obstacle(job.name, window.number, *worst(open_)))
    if answered:
        fates = {Fate.QUARANTINED: or_(*(verdict.where for verdict in answered)), **fates}
    aside = Aside(job.bench)
    aside.create()
    counts = aside.fill(segment, fates)
    if counts.get(Fate.QUARANTINED):
        books.quarantined += read_quarantined(job.bench, aside, segment, answered, window.number)
    return aside, counts


def _unanswered(job: Job, segment: Segment, obstacle: Obstacle, policies: Sequence[Verdict]) -> int:
    """Rows with an obstacle that none of its policies answers: those that have another cause."""
    if any(verdict.where is obstacle.where for verdict in policies):
        return 0
    from_ = job.bench.legacy
    left = [obstacle.where, *(~func.coalesce(verdict.where, False) for verdict in policies)]
    chosen = [job.bench.within(segment), job.bench.compiled.in_filter(from_)]
    asked = select(func.count()).select_from(from_).where(*chosen, *left)
    return int(job.bench.connection.execute(asked).scalar_one())


def _place(job: Job, window: Window, found: Look, aside: Aside | None) -> Place:
    record = Record.ROWS if job.keys.record is Record.RANGES and found.odd_keys else job.keys.record
    raw = frozenset() if job.work.handling.id_mapping else frozenset(r.column for r in job.work.compiled.references)
    return Place(
        bench=job.bench,
        keys=job.keys,
        ledger=job.work.ledger.tables,
        run=job.work.run,
        batch=window.number,
        segment=found.segment,
        record=record,
        left_out=aside.holds(job.bench.legacy) if aside else None,
        raw=raw,
    )


def _insert(job: Job, place: Place, expected: int, books: _Books) -> None:
    failpoint("before_insert", job.name, place.batch)
    if expected:
        if (mapped := written_before(place)) is not None:
            books.written.append(mapped)
        inserted = insert_rows(place)
        if inserted != expected:
            raise Stuck(_miscounted(job, place, expected, inserted))
        if place.record is Record.RANGES:
            books.entries += ranges(place, expected)
        entries, written = written_after(place, expected)
        books.entries += entries
        if written is not None:
            books.written.append(written)
    failpoint("after_insert", job.name, place.batch)


def _meet(job: Job, place: Place, aside: Aside, counts: dict[Fate, int], books: _Books) -> None:
    """What is written of rows that were not inserted."""
    conflict = job.work.compiled.mapping.conflict
    meeting = meet.Meeting(place, aside, conflict)
    if counts.get(Fate.PRESENT):
        if conflict is Conflict.KEEP:
            books.written.append(meet.note(meeting, Fate.PRESENT, RowKind.MATCHED))
        else:
            books.entries += meet.change(meeting)
    if counts.get(Fate.MERGED):
        books.written.append(meet.note(meeting, Fate.MERGED, RowKind.MERGED))


def _write_down(job: Job, record: BatchRecord, books: _Books) -> bool:
    """The ledger's rows; gives whether somebody asked the run to stop."""
    connection, now = job.bench.connection, job.clock.now()
    failpoint("before_ledger", job.name, record.number)
    own = job.book.add_entries(connection, record.number, books.entries)
    job.book.add_quarantined(connection, books.quarantined, now)
    written = Written(
        own.entries + sum(w.entries for w in books.written), own.rows + sum(w.rows for w in books.written), own.digest
    )
    job.book.write(connection, record, written, now)
    return job.work.ledger.renew(connection, job.work.run)


def _miscounted(job: Job, place: Place, expected: int, inserted: int) -> Failure:
    return Failure(
        type=FailureType.COUNT,
        table=job.name,
        batch=place.batch,
        affected_records=abs(expected - inserted),
        error_detail=f"{expected:,} rows were to be inserted, and {inserted:,} were",
    )


def _unproved(job: Job, window: Window, validation: BatchValidation) -> Failure:
    return Failure(
        type=FailureType.SAMPLE,
        table=job.name,
        batch=window.number,
        columns=validation.sample_integrity.mismatched,
        affected_records=validation.sample_integrity.samples - validation.sample_integrity.passed,
        error_detail="; ".join(validation.issues),
    )
