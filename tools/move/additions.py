"""Rows that come beside the order: parents that others miss, and rows out of quarantine.

They go as a batch of their own, "14+1" for the first after batch 14, which covers no keys: its accounting says what
becomes of rows that were counted before. A row that a filter had skipped is skipped -1, migrated +1; one that lay in
quarantine is quarantined -1, migrated +1; so every table still adds up. A batch goes whole or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from sqlalchemy import and_, case, func, literal, select, update

from ferryman.domain.errors import NeedsDecision
from ferryman.domain.events import Event, RowsAdded
from ferryman.domain.filters import AllOf, AnyOf, Comparison, Filter, Operator
from ferryman.domain.mapping import Policy, Problem, Strategy
from ferryman.domain.run import Accounting, BatchRecord, Key, Segment, TableState, key_text
from ferryman.tools.move.aside import Fate
from ferryman.tools.move.batch import carry, obstacles_in, place_for, write_down
from ferryman.tools.move.bench import Bench, Views
from ferryman.tools.move.clock import SYSTEM, Clock
from ferryman.tools.move.desk import Desk, copied_so_far
from ferryman.tools.move.failpoint import failpoint
from ferryman.tools.move.job import Job, Stuck
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.number_on import number_on
from ferryman.tools.move.patience import patiently
from ferryman.tools.move.quiet import quiet
from ferryman.tools.move.rowkeys import Record, RowKeys, dealt_with
from ferryman.tools.move.scope import as_key
from ferryman.tools.move.sorting import MENDING, Sorted, Wanted, sort_rows
from ferryman.tools.move.tables import QuarantineState
from ferryman.tools.move.tell import rows_quarantined
from ferryman.tools.move.unheard import Unheard
from ferryman.tools.move.work import TableWork
from ferryman.tools.prepare.conditions import passes
from ferryman.tools.prepare.mirror import beside
from ferryman.tools.prepare.side_by_side import side_by_side
from ferryman.tools.prepare.sqlite_scope import column_of

AT_ONCE = 200  #: keys in one batch
Emit = Callable[[Event], None]
Item = TypeVar("Item")


class Origin(StrEnum):
    """What the accounting says so far of a row that is to come."""

    LEFT_OUT = "left_out"  #: skipped, by a filter or a decision
    QUARANTINED = "quarantined"
    RECALLED = "recalled"  #: the same, of a row that went before it was set aside: the entry that it had stands for it
    SINCE = "since"  #: not in it: the row came after the run fixed its scope, or where its batches had been already
    LOST = "lost"  #: migrated: it was moved, and the target row is gone
    THERE = "there"  #: it is in the target
    TO_COME = "to_come"  #: not dealt with yet: a later batch of the run copies it


_ASIDE = (Origin.QUARANTINED, Origin.RECALLED)
_BROUGHT = (Origin.LEFT_OUT, *_ASIDE, Origin.SINCE, Origin.LOST)


@dataclass(frozen=True)
class Brought:
    """What became of the rows: those that are in the target now, and those that stay where they were."""

    rows: int = 0
    left: int = 0

    def plus(self, other: Brought) -> Brought:
        return Brought(self.rows + other.rows, self.left + other.left)


_Told = tuple[Brought, tuple[Event, ...]]  #: of a batch, once it is committed


def bring(
    work: TableWork, chosen: Filter, *, clock: Clock = SYSTEM, emit: Emit = lambda event: None, forgiving: bool = False
) -> Brought:
    """Bring the legacy rows that a filter chooses into the target, beside what the table's own batches do.

    A row that still cannot go raises Stuck, or stays where it is with `forgiving`. Rows that are there, or that a later
    batch will copy, are left alone, so that doing it twice changes nothing. Takes the run's lease.
    """
    work.ledger.acquire(work.run)
    total = Brought()
    chunks = [(o, some) for o, keys in _by_origin(work, chosen).items() if o in _BROUGHT for some in in_chunks(keys)]
    if chunks:
        with quiet(work.ledger, work.run, work.compiled.mapping, emit=emit, clock=clock):
            for origin, some in chunks:
                total = total.plus(_Addition(work, origin, clock, emit, forgiving).bring(some))
    if total.rows:
        patiently(lambda: number_on(work), table=work.table, emit=emit, clock=clock)
    to_be_proved(work.ledger, work.run, work.table)
    return total


def to_be_proved(ledger: Ledger, run: str, table: str) -> None:
    """A table that was complete before an addition is complete after it, and to be proved anew."""
    record = ledger.table(run, table)
    with ledger.target.connect("reading the ledger", reading=True) as connection:
        last = ledger.book(run, table).last(connection)
    complete = last is not None and (last.segment.upto == record.scope.upper or not record.scope.source_rows)
    if complete and record.state is TableState.COPYING:
        ledger.set_table(run, table, TableState.COPIED)


def in_chunks(keys: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """The keys, so many at a time as go into one batch."""
    return (keys[start : start + AT_ONCE] for start in range(0, len(keys), AT_ONCE))


def keys_filter(columns: Sequence[str], keys: Sequence[Key]) -> Filter:
    """The rows that hold one of these values in these columns."""
    if len(columns) == 1:
        return Comparison(column=columns[0], op=Operator.ONE_OF, values=tuple(key[0] for key in keys))
    return AnyOf(of=tuple(AllOf(of=tuple(_equal(c, v) for c, v in zip(columns, key, strict=True))) for key in keys))


def _equal(column: str, value: object) -> Filter:
    return Comparison.model_validate({"column": column, "op": Operator.EQUAL, "values": (value,)})


def _by_origin(work: TableWork, chosen: Filter) -> dict[Origin, list[Key]]:
    """The chosen rows' legacy keys in key order, by what the accounting says of them."""
    compiled, copied = beside(work.compiled), copied_so_far(work.ledger, work.run).get(work.table)
    scope = work.ledger.table(work.run, work.table).scope
    found: dict[Origin, list[Key]] = {}
    doing = f"looking for rows of {compiled.source.name}"
    with side_by_side(work.source, work.target, doing, [work.compiled]) as connection:
        at = Bench(Views(connection, connection), compiled, work.target.dialect)
        from_, keys = at.legacy, compiled.key_columns(at.legacy)
        there = RowKeys(compiled).present(from_)
        aside = select(work.ledger.tables.quarantine.c.source_key).filter_by(
            run_id=work.run, table_name=work.table, state=QuarantineState.OPEN.value
        )
        inside = compiled.where(from_, Segment(upto=scope.upper)) if scope.upper else literal(0) == 1
        done = compiled.where(from_, copied) if copied else literal(0) == 1
        dealt = dealt_with(RowKeys(compiled), from_, work.ledger.tables.row, work.run)
        lies = func.coalesce(compiled.source_key(from_).in_(aside), literal(0)) == 1
        origin = case(
            (and_(lies, dealt), Origin.RECALLED.value),
            (lies, Origin.QUARANTINED.value),
            (there if there is not None else literal(0) == 1, Origin.THERE.value),
            (~inside, Origin.SINCE.value),
            (~compiled.in_filter(from_), Origin.LEFT_OUT.value),
            (and_(done, dealt), Origin.LOST.value),
            (done, Origin.SINCE.value),
            else_=Origin.TO_COME.value,
        )
        wanted = select(*keys, origin).select_from(from_).order_by(*keys)
        wanted = wanted.where(passes(chosen, lambda name: column_of(from_, name)), *(k.is_not(None) for k in keys))
        for row in connection.execute(wanted).all():
            found.setdefault(Origin(row[-1]), []).append(as_key(row)[:-1])
    return found


@dataclass(frozen=True)
class _Addition:
    """Some rows of one origin on their way in."""

    work: TableWork
    origin: Origin
    clock: Clock
    emit: Emit
    forgiving: bool

    def bring(self, keys: Sequence[Key]) -> Brought:
        unheard = Unheard[_Told]()
        try:
            brought, told = patiently(
                lambda: self._batch(keys, unheard), table=self.work.table, emit=self.emit, clock=self.clock
            )
        except Wanted as wanted:  # rows that need one another first: a person says what then
            if not self.forgiving:
                raise Stuck(wanted.failure) from wanted
        except (Stuck, NeedsDecision):
            if not self.forgiving:
                raise
        else:
            for event in told:
                self.emit(event)
            return brought
        if len(keys) == 1:
            return Brought(left=1)
        half = len(keys) // 2
        return self.bring(keys[:half]).plus(self.bring(keys[half:]))

    def _batch(self, keys: Sequence[Key], unheard: Unheard[_Told]) -> _Told:
        scope = self.work.ledger.table(self.work.run, self.work.table).scope.but(upper=keys[-1], total=len(keys))
        desk = Desk(self._only(keys), self.clock, scope)
        try:
            with desk.transaction() as job:
                job.bench.begin()
                if done := unheard.done(self.work, job.book, job.bench.books):
                    return done
                record, told = self._write(job, job.book.addition(job.bench.books), keys)
                if self.origin in _ASIDE and not told[0].rows:
                    return told[0], ()  # nothing changes: the transaction is rolled back
                failpoint("before_commit", self.work.table, record.number)
                with unheard.committing(record, told):
                    job.bench.commit()
            failpoint("after_commit", self.work.table, record.number)
            return told
        finally:
            desk.close()

    def _only(self, keys: Sequence[Key]) -> TableWork:
        """The table's work with these rows alone, which the plan's filter lets through: one may refer to itself. Out of
        quarantine, whatever still does not fit stays in it."""
        compiled, mapping = self.work.compiled, self.work.compiled.mapping
        chosen = keys_filter(mapping.key, keys)
        planned = compiled.plan.by_target[mapping.target]
        if planned.filter is not None:
            wider = planned.but(filter=AnyOf(of=(planned.filter, chosen)))
            compiled = replace(compiled, plan=compiled.plan.with_table(wider))
        mine = mapping.but(filter=chosen)
        if self.origin in _ASIDE:
            mended = tuple(policy for policy in mapping.policies if policy.strategy in MENDING)
            others = (Policy(problem=problem, columns=(), strategy=Strategy.QUARANTINE) for problem in Problem)
            mine = mine.but(policies=(*mended, *others))
        return replace(self.work, compiled=replace(compiled, mapping=mine))

    def _write(self, job: Job, empty: BatchRecord, keys: Sequence[Key]) -> tuple[BatchRecord, _Told]:
        began, number = job.clock.seconds(), empty.number
        look = job.sight.look(None, len(keys))
        found = sort_rows(job, number, look, obstacles_in(job, look), {})
        place = place_for(job, number, look, found)
        books, _ = carry(job, replace(place, record=self._record(place.record), keyed=True), found)
        lost = self.origin is Origin.LOST
        accounting = _accounting(self.origin, look.rows, found)
        record = empty.but(accounting=accounting, seconds=job.clock.seconds() - began)
        kept = () if self.origin in _ASIDE else found.quarantined
        if lost:
            books.entries.clear()  # the entry that the row had still stands for it
        write_down(job, record, books, kept)
        stay = {row.source_key for row in found.quarantined}
        if self.origin in _ASIDE:
            self._retried(job, [text for key in keys if (text := key_text(key)) not in stay])
        gone = look.rows - len(stay)
        said = Origin.QUARANTINED if self.origin in _ASIDE else self.origin
        added = RowsAdded(table=job.name, batch=number, rows=gone, origin=said.value)
        return record, (Brought(gone, len(stay)), (added, *rows_quarantined(job.name, kept)))

    def _record(self, usual: Record) -> Record:
        """One entry a row, with the legacy key: no range says which rows they were, and no filter either."""
        if self.origin in (Origin.LOST, Origin.RECALLED) and usual is not Record.MAP:
            return Record.COUNT
        if usual is Record.RANGES:
            return Record.ROWS
        blind = usual in (Record.NUMBERED, Record.COUNT) and self.origin is not Origin.QUARANTINED
        if blind or self.origin is Origin.LOST:
            raise NeedsDecision(
                f"Rows of {self.work.table} cannot come beside the order: nothing tells one from another afterwards.",
                "Change the plan so that its batches copy them.",
                table=self.work.table,
            )
        return usual

    def _retried(self, job: Job, source_keys: Sequence[str]) -> None:
        rows = self.work.ledger.tables.quarantine
        mine = update(rows).filter_by(run_id=self.work.run, table_name=job.name, state=QuarantineState.OPEN.value)
        for some in in_chunks(source_keys):
            job.bench.books.execute(mine.where(rows.c.source_key.in_(some)).values(state=QuarantineState.RETRIED.value))


def _accounting(origin: Origin, rows: int, found: Sorted) -> Accounting:
    """What an addition changes in the table's accounting: both sides of the equation move alike."""
    aside, merged = found.count(Fate.QUARANTINED), found.count(Fate.MERGED)
    matched = found.count(Fate.PRESENT) + found.count(Fate.STOOD_IN)
    came = Accounting(migrated=rows - aside - merged - matched, matched=matched, merged=merged, quarantined=aside)
    match origin:
        case Origin.LEFT_OUT:
            return came.but(skipped=-rows)
        case Origin.QUARANTINED | Origin.RECALLED:
            return came.but(quarantined=aside - rows)
        case Origin.SINCE:
            return came.but(source=rows)
        case _:
            return Accounting()
