"""Rows that come beside the order: parents that others miss, and rows out of quarantine.

They go as a batch of their own, "14+1" for the first after batch 14, which covers no keys: its accounting says what
becomes of rows that were counted before. A row that a filter had skipped is skipped -1, migrated +1; one that lay in
quarantine is quarantined -1, migrated +1; so every table still adds up. A batch goes whole or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import Select, Update, and_, case, func, literal, select, update

from ferryman.domain.errors import NeedsDecision
from ferryman.domain.events import Event, RowsAdded
from ferryman.domain.filters import AllOf, AnyOf, Comparison, Filter, Operator
from ferryman.domain.mapping import Policy, Problem, Strategy
from ferryman.domain.run import Accounting, BatchRecord, Key, Segment, TableState, key_text
from ferryman.tools.move.aside import Fate, Reason
from ferryman.tools.move.batch import carry, place_for, sort_batch, write_down
from ferryman.tools.move.clock import SYSTEM, Clock
from ferryman.tools.move.desk import Desk, copied_so_far, glance
from ferryman.tools.move.failpoint import failpoint
from ferryman.tools.move.isolate import refused_rows
from ferryman.tools.move.job import Job, Stuck
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.number_on import number_on
from ferryman.tools.move.patience import patiently
from ferryman.tools.move.quiet import quiet
from ferryman.tools.move.records import QuarantinedRow
from ferryman.tools.move.rowkeys import Record, RowKeys, dealt_with
from ferryman.tools.move.scope import as_key
from ferryman.tools.move.sorting import MENDING, Sorted, Wanted
from ferryman.tools.move.tables import QuarantineState
from ferryman.tools.move.tell import rows_quarantined
from ferryman.tools.move.unheard import Unheard
from ferryman.tools.move.variants import narrowed
from ferryman.tools.move.windows import Window
from ferryman.tools.move.work import TableWork
from ferryman.tools.prepare.bonds import bonds
from ferryman.tools.prepare.mirror import beside
from ferryman.tools.prepare.transform import CompiledTable

AT_ONCE = 1_000  #: keys in one batch
FEWER = 200  #: the same of keys of several columns, which a statement names one by one
Emit = Callable[[Event], None]
Item = TypeVar("Item")
Statement = TypeVar("Statement", Select[Any], Update)


class Origin(StrEnum):
    """What the accounting says so far of a row that is to come."""

    LEFT_OUT = "left_out"  #: skipped, by a filter or a decision
    QUARANTINED = "quarantined"
    RECALLED = "recalled"  #: the same, of a row that went before it was set aside: the entry that it had stands for it
    SINCE = "since"  #: not in it: the row came after the run fixed its scope, or where its batches had been already
    LOST = "lost"  #: migrated: it was moved, and the target row is gone
    THERE = "there"  #: it is in the target
    TO_COME = "to_come"  #: not dealt with yet: a later batch of the run copies it


ASIDE = (Origin.QUARANTINED, Origin.RECALLED)
_BROUGHT = (Origin.LEFT_OUT, *ASIDE, Origin.SINCE, Origin.LOST)


@dataclass(frozen=True)
class Brought:
    """What became of the rows: those that are in the target now, and those that stay where they were."""

    rows: int = 0
    left: int = 0
    there: int = 0  #: of all that were chosen, those that the old database has

    def plus(self, other: Brought) -> Brought:
        return Brought(self.rows + other.rows, self.left + other.left, self.there + other.there)


Told = tuple[Brought, tuple[Event, ...]]  #: of a batch, once it is committed


def bring(
    work: TableWork, chosen: Filter, *, clock: Clock = SYSTEM, emit: Emit = lambda event: None, forgiving: bool = False
) -> Brought:
    """Bring the legacy rows that a filter chooses into the target, beside what the table's own batches do.

    A row that still cannot go raises Stuck, or stays where it is with `forgiving`. Rows that are there, or that a later
    batch will copy, are left alone, so that doing it twice changes nothing. Takes the run's lease.
    """
    work.ledger.acquire(work.run)
    found = by_origin(work, chosen)
    total = Brought(there=sum(map(len, found.values())))
    chunks = [(o, some) for o, keys in found.items() if o in _BROUGHT for some in in_chunks(keys)]
    if chunks:
        with quiet(work.ledger, work.run, work.compiled.mapping, emit=emit, clock=clock):
            for origin, some in chunks:
                total = total.plus(Addition(work, origin, clock, emit, forgiving).bring(some))
    if total.rows:
        patiently(lambda: number_on(work), table=work.table, emit=emit, clock=clock)
    to_be_proved(work.ledger, work.run, work.table)
    return total


def to_be_proved(ledger: Ledger, run: str, table: str) -> None:
    """A table that was complete before an addition is complete after it, and to be proved anew."""
    record = ledger.table(run, table)
    with ledger.reading() as connection:
        last = ledger.book(run, table).last(connection)
    complete = last is not None and (last.segment.upto == record.scope.upper or not record.scope.source_rows)
    if complete and record.state is TableState.COPYING:
        ledger.set_table(run, table, TableState.COPIED)


def in_chunks(keys: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """The keys, so many at a time as go into one batch."""
    composite = bool(keys) and isinstance(keys[0], tuple) and len(keys[0]) > 1
    many = FEWER if composite else AT_ONCE
    return (keys[start : start + many] for start in range(0, len(keys), many))


def keys_filter(columns: Sequence[str], keys: Sequence[Key]) -> Filter:
    """The rows that hold one of these values in these columns."""
    if len(columns) == 1:
        return Comparison(column=columns[0], op=Operator.ONE_OF, values=tuple(key[0] for key in keys))
    return AnyOf(of=tuple(AllOf(of=tuple(_equal(c, v) for c, v in zip(columns, key, strict=True))) for key in keys))


def _equal(column: str, value: object) -> Filter:
    return Comparison.model_validate({"column": column, "op": Operator.EQUAL, "values": (value,)})


def by_origin(work: TableWork, chosen: Filter) -> dict[Origin, list[Key]]:
    """The chosen rows' legacy keys in key order, by what the accounting says of them."""
    compiled, copied = beside(work.compiled), copied_so_far(work.ledger, work.run).get(work.table)
    scope = work.ledger.table(work.run, work.table).scope
    only = replace(work, compiled=narrowed(work.compiled, chosen))
    found: dict[Origin, list[Key]] = {}
    with glance(only) as job:
        if job.relay:
            job.relay.fetch_entries(work.run)
        from_ = job.bench.legacy
        keys = compiled.key_columns(from_)
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
        wanted = wanted.where(job.bench.compiled.in_filter(from_), *(k.is_not(None) for k in keys))
        for row in job.bench.connection.execute(wanted).all():
            found.setdefault(Origin(row[-1]), []).append(as_key(row)[:-1])
    return found


@dataclass(frozen=True)
class Addition:
    """Some rows of one origin on their way in."""

    work: TableWork
    origin: Origin
    clock: Clock
    emit: Emit
    forgiving: bool

    def bring(self, keys: Sequence[Key]) -> Brought:
        strays = dict[Key, Reason]()
        while True:
            try:
                brought, told = self._tried(keys, strays)
            except (Stuck, NeedsDecision) as error:
                if not self.forgiving:
                    raise
                refused = self._refused(keys, strays) if isinstance(error, NeedsDecision) else {}
                if not refused:
                    return self._by_halves(keys)
                strays |= refused
            except Wanted as wanted:  # rows that need one another first: a person says what then
                if not self.forgiving:
                    raise Stuck(wanted.failure) from wanted
                return self._by_halves(keys)
            else:
                for event in told:
                    self.emit(event)
                return brought

    def _by_halves(self, keys: Sequence[Key]) -> Brought:
        if len(keys) == 1:
            return Brought(left=1)
        half = len(keys) // 2
        return self.bring(keys[:half]).plus(self.bring(keys[half:]))

    def _tried(self, keys: Sequence[Key], strays: Mapping[Key, Reason]) -> Told:
        unheard, name = Unheard[Told](), self.work.table
        return patiently(lambda: self._batch(keys, strays, unheard), table=name, emit=self.emit, clock=self.clock)

    def _refused(self, keys: Sequence[Key], strays: Mapping[Key, Reason]) -> dict[Key, Reason]:
        """The rows that the target refuses, found by trying."""

        def look() -> dict[Key, Reason]:
            with self._at(keys) as job:
                return refused_rows(job, Window("", 1, len(keys)), None, strays, len(keys)).rows

        return patiently(look, table=self.work.table, emit=self.emit, clock=self.clock)

    @contextmanager
    def _at(self, keys: Sequence[Key]) -> Iterator[Job]:
        mine = self.only(keys).compiled
        itself = self.origin in ASIDE and any(bond.to_itself for bond in bonds(mine))
        desk = self.desk(keys, {self.work.table: mine} if itself else {})
        try:
            with desk.transaction() as job:
                job.bench.begin()
                yield job
        finally:
            desk.close()

    def desk(self, keys: Sequence[Key], together: Mapping[str, CompiledTable]) -> Desk:
        """The place of work for some of the rows, which come together with others."""
        scope = self.work.ledger.table(self.work.run, self.work.table).scope.but(upper=keys[-1], total=len(keys))
        return Desk(self.only(keys), self.clock, scope, settled=self.origin in ASIDE, together=together)

    def _batch(self, keys: Sequence[Key], strays: Mapping[Key, Reason], unheard: Unheard[Told]) -> Told:
        with self._at(keys) as job:
            if done := unheard.done(self.work, job.book, job.bench.books):
                return done
            record, told = self.write(job, job.book.addition(job.bench.books), keys, strays)
            if not told[1]:
                return told  # nothing changes: the transaction is rolled back
            failpoint("before_commit", self.work.table, record.number)
            with unheard.committing(record, told):
                job.bench.commit()
        failpoint("after_commit", self.work.table, record.number)
        return told

    def only(self, keys: Sequence[Key]) -> TableWork:
        """The table's work with these rows alone, which the plan's filter lets through: one may refer to itself. Where
        that is forgiven, and out of quarantine, whatever does not fit stays where it is."""
        compiled, mapping = self.work.compiled, self.work.compiled.mapping
        chosen = keys_filter(mapping.key, keys)
        planned = compiled.plan.by_target[mapping.target]
        if planned.filter is not None:
            wider = planned.but(filter=AnyOf(of=(planned.filter, chosen)))
            compiled = replace(compiled, plan=compiled.plan.with_table(wider))
        only = narrowed(compiled, chosen)
        if self.forgiving or self.origin in ASIDE:
            mended = tuple(policy for policy in mapping.policies if policy.strategy in MENDING)
            others = (Policy(problem=problem, columns=(), strategy=Strategy.QUARANTINE) for problem in Problem)
            only = replace(only, mapping=only.mapping.but(policies=(*mended, *others)))
        return replace(self.work, compiled=only)

    def write(
        self, job: Job, empty: BatchRecord, keys: Sequence[Key], strays: Mapping[Key, Reason]
    ) -> tuple[BatchRecord, Told]:
        """Put the rows into the target and the ledger, in a transaction that is open; `strays` stay, whatever they look
        like."""
        began, number = job.clock.seconds(), empty.number
        look = job.sight.look(None, len(keys))
        found = sort_batch(job, number, look, strays)
        place = place_for(job, number, look, found)
        books, _ = carry(job, replace(place, record=self._record(place.record), keyed=True), found)
        stay = {row.source_key for row in found.quarantined}
        kept = self._kept(job, found.quarantined)
        untouched = len(stay) if self.forgiving and self.origin not in ASIDE else 0
        accounting = _accounting(self.origin, look.rows, found, untouched)
        record = empty.but(accounting=accounting, seconds=job.clock.seconds() - began)
        if self.origin is Origin.LOST:
            books.entries.clear()  # the entry that the row had still stands for it
        if self.origin in ASIDE:
            came = [text for key in keys if (text := key_text(key)) not in stay]
            self._mark(job, came, QuarantineState.RETRIED)
            self._mark(job, [row.source_key for row in kept], QuarantineState.RESTATED)
        write_down(job, record, books, kept)
        gone = look.rows - len(stay)
        said = Origin.QUARANTINED if self.origin in ASIDE else self.origin
        added = (RowsAdded(table=job.name, batch=number, rows=gone, origin=said.value),) if gone else ()
        return record, (Brought(gone, len(stay)), (*added, *rows_quarantined(job.name, kept)))

    def _kept(self, job: Job, stay: Sequence[QuarantinedRow]) -> tuple[QuarantinedRow, ...]:
        """The rows that quarantine takes in. Of those that lie in it these are the ones that stay for another reason
        than before: a new entry says today's."""
        if self.origin not in ASIDE:
            return () if self.forgiving else tuple(stay)
        rows, said = self.work.ledger.tables.quarantine, dict[str, str]()
        for some in in_chunks([row.source_key for row in stay]):
            asked = self._lying(select(rows.c.source_key, rows.c.reason), job).where(rows.c.source_key.in_(some))
            said |= {row.source_key: row.reason for row in job.bench.books.execute(asked)}
        return tuple(row for row in stay if said.get(row.source_key or "") != row.reason)

    def _mark(self, job: Job, source_keys: Sequence[str | None], state: QuarantineState) -> None:
        rows = self.work.ledger.tables.quarantine
        for some in in_chunks(source_keys):
            mine = self._lying(update(rows), job).where(rows.c.source_key.in_(some))
            job.bench.books.execute(mine.values(state=state.value))

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

    def _lying(self, statement: Statement, job: Job) -> Statement:
        """A statement about quarantine, for the table's rows that lie in it."""
        return statement.filter_by(run_id=self.work.run, table_name=job.name, state=QuarantineState.OPEN.value)


def _accounting(origin: Origin, rows: int, found: Sorted, untouched: int) -> Accounting:
    """What an addition changes in the table's accounting: both sides of the equation move alike. Of the rows, some may
    be left where they were."""
    rows, aside = rows - untouched, found.count(Fate.QUARANTINED) - untouched
    merged = found.count(Fate.MERGED)
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
