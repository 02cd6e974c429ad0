"""Copying one table: batch after batch, each with its ledger rows in one transaction, from wherever the ledger ends.

What goes wrong is dealt with by its type. Transient: another try at the spot, then smaller batches (`backoff.py`).
Data: the batch is rolled back whole, the next does not start, and the failure names what and how many. Everything
else ends the table as it stands. Every batch before is committed, whatever happens.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from sqlalchemy import true

from ferryman.domain.errors import Corrupt, FerrymanError, NeedsDecision, Refused, Transient
from ferryman.domain.events import BatchHalved, BatchValidated, DecisionTaken, Event, TableCopied
from ferryman.domain.mapping import Policy, Problem, Strategy
from ferryman.domain.plan import BatchPlan, Estimate
from ferryman.domain.recovery import Failure
from ferryman.domain.run import Accounting, BatchRecord, Key, Segment, TableProgress, TableState, batch_ordinal
from ferryman.tools.move.aside import Reason
from ferryman.tools.move.backoff import Escalate, Halve, Isolate, Retry, grown, next_attempt
from ferryman.tools.move.clock import SYSTEM, Clock
from ferryman.tools.move.desk import Desk
from ferryman.tools.move.failpoint import failpoint
from ferryman.tools.move.fault import of_error, of_refusal
from ferryman.tools.move.isolate import ENOUGH, refused_rows
from ferryman.tools.move.job import Job, Moved, Stuck
from ferryman.tools.move.number_on import number_on
from ferryman.tools.move.patience import patiently
from ferryman.tools.move.progress import accounting, progress, set_aside_by_reason
from ferryman.tools.move.quiet import quiet
from ferryman.tools.move.scope import arrived_since
from ferryman.tools.move.second_pass import fill_references
from ferryman.tools.move.set_aside import set_aside
from ferryman.tools.move.sorting import Applied, Wanted, policy_for, quarantined_before
from ferryman.tools.move.supply import supply, supply_listed
from ferryman.tools.move.take_back import below, take_back, too_early
from ferryman.tools.move.tell import Pace, batch_completed, rows_quarantined, self_recovery, taken_back
from ferryman.tools.move.turns import Manners
from ferryman.tools.move.windows import Ruler, Window, cut
from ferryman.tools.move.work import CopyResult, Ending, TableWork

Emit = Callable[[Event], None]

#: Problems of which all rows of a table are counted, not those of one batch.
_COUNTED_WHOLE = frozenset((Problem.MISSING_PARENT, Problem.MISSING_KEY))

__all__ = ["CopyResult", "Emit", "Ending", "TableWork", "copy_table"]


def copy_table(
    work: TableWork,
    *,
    stop: Callable[[], bool] = lambda: False,
    emit: Emit = lambda event: None,
    clock: Clock = SYSTEM,
    batches: int | None = None,
) -> CopyResult:
    """Copy a table from where its ledger ends; at most `batches` of them where that is given.

    `stop` is asked after every batch, as are the ledger's stop request and deadline. Takes the run's lease where this
    session has it not yet. Raises Refused when another process has the run, Corrupt when the ledger is not as it was
    written.
    """

    def begin() -> _Copier:
        work.ledger.acquire(work.run)
        return _Copier(work, stop, emit, clock)

    return patiently(begin, table=work.table, emit=emit, clock=clock).run(batches)


_Seen = TypeVar("_Seen")


@dataclass
class _Place:
    """How far a copier is."""

    row: int  #: the next row's ordinal
    after: Key | None
    size: int  #: rows that the next batch may hold
    accounting: Accounting  #: of all batches so far
    went_well: int = 0  #: batches in a row since the size changed
    batches: int = 0  #: committed by this call
    pace: Pace = field(default_factory=Pace)


class _Copier:
    def __init__(self, work: TableWork, stop: Callable[[], bool], emit: Emit, clock: Clock) -> None:
        self.stop, self.emit, self.clock = stop, emit, clock
        self.live, self.desk = work, Desk(work, clock)
        self.work = self.desk.work
        self.record = self.desk.records[work.table]
        if self.record.state in (TableState.UNDOING, TableState.ROLLED_BACK):
            raise Refused(f"{work.table} was undone in this run.", "Plan a new run to move it after all.")
        self.upper = self.record.scope.upper
        self.deadline = work.ledger.run(work.run).deadline
        self.ruler = Ruler(self.record.batch_size, self.record.base_number, self.record.base_row)
        self.manners = Manners(work.target)
        self.unheard: Moved | None = None  #: a batch whose commit was asked for and not answered
        self.announced: set[Policy] = set()  #: policies that were told to apply themselves
        self.asked_to_stop = work.ledger.stop_requested(work.run)
        with work.target.connect("reading the ledger", reading=True) as connection:
            self.last = work.ledger.book(work.run, work.table).last(connection)
        self.so_far = accounting(work.ledger, work.run, work.table)

    def run(self, batches: int | None) -> CopyResult:
        row, after = (self.last.last_row + 1, self.last.segment.upto) if self.last else (1, None)
        place = _Place(row, after, self.record.batch_size, self.so_far)
        work, stack = self.work, ExitStack()
        try:
            stack.enter_context(quiet(work.ledger, work.run, work.compiled.mapping, emit=self.emit, clock=self.clock))
        except Transient as error:
            return self._fail(of_error(work.table, "", error), place)
        with stack:
            return self._from(place, batches)

    def _from(self, place: _Place, batches: int | None) -> CopyResult:
        if self.record.scope.source_rows == 0 or (self.last and place.after == self.upper):
            return self._complete(place)
        if self.asked_to_stop:
            return self._result(Ending.STOPPED, place)
        if failure := self._listed_along():
            return self._fail(failure, place)
        with self._foreign_keys_aside():
            try:
                return self._batches(place, batches)
            finally:
                self.desk.close()

    @contextmanager
    def _foreign_keys_aside(self) -> Iterator[None]:
        """Where the table goes straight and it pays; those that are away still come back in any case."""
        scope, done = self.record.scope, self.so_far
        rows = scope.total - done.source if self.desk.straight else 0
        there = scope.target_before + done.migrated
        with set_aside(self.work, self.desk.plan, rows, there, self.emit, self.clock) as keys:
            self.desk.without(keys)
            yield

    def _batches(self, place: _Place, batches: int | None) -> CopyResult:
        waiting: list[Window] = []
        while True:
            if self.stop() or self._late() or place.batches == batches:
                return self._result(Ending.STOPPED, place)
            waiting = waiting or list(self.ruler.from_row(place.row, place.size))
            moved = self._try(waiting, place)
            if moved is None:
                waiting = []
                continue
            if isinstance(moved, Failure):
                return self._fail(moved, place)
            waiting.pop(0)
            self._advance(place, moved)
            if place.after == self.upper:
                return self._complete(place)
            if moved.stop:
                return self._result(Ending.STOPPED, place)
            self.manners.give_way()

    def _try(self, waiting: list[Window], place: _Place) -> Moved | Failure | None:
        """The first waiting window until it is committed or given up; it may be cut in halves meanwhile. None where
        batches before it were taken back, and go again."""
        attempt, strays, supplied = 1, dict[Key, Reason](), list[Failure]()
        while True:
            window = waiting[0]
            try:
                return self._commit(window, place.after, strays)
            except Stuck as stuck:
                self._show_validation(window, stuck)
                return self._at_this_rate(stuck.failure, window)
            except Wanted as wanted:
                if wanted.failure in supplied:  # it did not help
                    return wanted.failure
                supplied.append(wanted.failure)
                if failure := self._supply(wanted, window, place.after):
                    return failure
            except (Refused, Corrupt):
                raise
            except FerrymanError as error:
                match next_attempt(error, attempt, window.rows, self.clock.dice):
                    case Retry() | Halve() as step:
                        self.emit(self_recovery(self.work.table, window.number, error.what, attempt, step))
                        if moved := self._heard_of(step):
                            return moved
                        self._again(waiting, place, step)
                        attempt += 1
                    case Isolate() | Escalate() if self.desk.more_careful():
                        continue
                    case Isolate():
                        refused = self._isolate(window, place.after, error, strays)
                        if isinstance(refused, Failure):
                            return refused
                        strays |= refused
                        if self._taken_back(refused, place):
                            return None
                    case Escalate():
                        return of_error(self.work.table, window.number, error, attempts=attempt)

    def _commit(self, window: Window, after: Key | None, strays: dict[Key, Reason]) -> Moved:
        with self.desk.move(window, after, strays) as (job, moved):
            failpoint("before_commit", self.work.table, window.number)
            self.unheard = moved
            job.bench.commit()
            self.unheard = None
        failpoint("after_commit", self.work.table, window.number)
        return moved

    def _heard_of(self, step: Retry | Halve) -> Moved | None:
        """The batch whose commit was not answered, where the ledger has it: the line was lost, the batch was not."""
        moved, self.unheard = self.unheard, None
        if moved is None:
            return None
        self.desk.close()
        self.clock.sleep(step.wait)

        def last() -> BatchRecord | None:
            work = self.work
            work.ledger.acquire(work.run)  # waits for what the lost connection left at work, for that holds the lease
            with work.target.connect("reading the ledger", reading=True) as connection:
                return work.ledger.book(work.run, work.table).last(connection)

        found = patiently(last, table=self.work.table, emit=self.emit, clock=self.clock)
        return moved if found and found.segment == moved.record.segment else None

    def _supply(self, wanted: Wanted, window: Window, after: Key | None) -> Failure | None:
        """The parents that a window's rows lack, as policies say; gives the failure where they cannot come."""
        with self.desk.transaction() as job:
            job.bench.begin()
            segment = job.sight.segment(after, window.rows)
        self.desk.close()
        self._announce([Applied(want.policy, want.rows) for want in wanted.wants if want.policy])
        for want in wanted.wants:
            self.desk.supplied[want.bond.columns, want.cause] += want.rows
        try:
            supply(self.work, wanted.wants, segment=segment, clock=self.clock, emit=self.emit)
        except Stuck as stuck:
            return wanted.failure.but(error_detail=f"{stuck.failure.table}: {stuck.failure.error_detail}")
        except NeedsDecision as error:
            return wanted.failure.but(error_detail=error.what)
        return None

    def _listed_along(self) -> Failure | None:
        """Bring the rows that lists name and the plan leaves out, where it says so; gives why one cannot come."""
        try:
            supply_listed(self.work, clock=self.clock, emit=self.emit)
        except Stuck as stuck:
            return stuck.failure.but(table=self.work.table)
        except NeedsDecision as error:
            return of_error(self.work.table, "", error)
        return None

    def _again(self, waiting: list[Window], place: _Place, step: Retry | Halve) -> None:
        """Level 1: wait, and cut the window where that is the step."""
        place.went_well = 0
        if isinstance(step, Halve):
            window = waiting[0]
            waiting[:1] = cut(window, step.size)
            place.size = step.size
            for half in window.halves():
                self.emit(BatchHalved(table=self.work.table, batch=half.number, rows=half.rows))
        self.clock.sleep(step.wait)
        self.desk.close()

    def _isolate(
        self, window: Window, after: Key | None, error: FerrymanError, strays: dict[Key, Reason]
    ) -> dict[Key, Reason] | Failure:
        """The rows that the database refuses, where policies quarantine all of them; else the failure."""
        with self.desk.transaction() as job:
            known = bool(self.work.compiled.mapping.policies)
            found = refused_rows(job, window, after, strays, window.rows if known else ENOUGH)
            counts = Counter(found.rows.values())
            open_ = {why: rows for why, rows in counts.items() if not _stays_away(job, why, rows)}
            if not open_:
                return found.rows or of_error(self.work.table, window.number, error)
            why, rows = max(open_.items(), key=lambda one: one[1])
            so_far = quarantined_before(self.work, job.bench.books, why) + rows
            last = window.last_row
            if not found.all_found:
                seen = Segment(after=after, upto=next(reversed(found.rows)))
                last = window.first_row - 1 + job.sight.count(seen, true())
        failure = of_refusal(self.work.table, window.number, why, found.said[why], rows)
        return failure.but(expected=self._expected(so_far, last), at_least=not found.all_found)

    def _at_this_rate(self, failure: Failure, window: Window) -> Failure:
        """With the rows that are to be expected in all, where each batch finds its own alone."""
        if failure.problem is None or failure.problem in _COUNTED_WHOLE:
            return failure
        with self.work.target.connect("reading the ledger", reading=True) as books:
            before = quarantined_before(self.work, books, Reason(failure.problem, failure.columns))
        return failure.but(expected=self._expected(before + failure.affected_records, window.last_row))

    def _expected(self, so_far: int, last_row: int) -> int:
        """Of the whole table, when the rows to come are like those that were seen."""
        total = self.record.scope.total
        return max(so_far, so_far * total // max(1, min(last_row, total)))

    def _taken_back(self, refused: Iterable[Key], place: _Place) -> bool:
        """Take back what hangs on refused rows and went before they were known; gives whether any of it did."""
        new = set(refused) - self.desk.refused
        if not new:
            return False
        before = self._looked(below)
        self.desk.refused |= new
        batches = self._looked(partial(too_early, before=before))
        if not batches or not take_back(self.work, batches):
            return False
        first = batches[0]
        self.emit(taken_back(self.work.table, first.first_row, batches[-1].last_row))
        place.row, place.after = first.first_row, first.segment.after
        place.accounting = accounting(self.work.ledger, self.work.run, self.work.table)
        return True

    def _looked(self, at: Callable[[Job], _Seen]) -> _Seen:
        """What is seen of the table with all that is known now of rows which the target refuses."""
        self.desk.close()
        with self.desk.transaction() as job:
            job.bench.begin()
            seen = at(job)
        self.desk.close()
        return seen

    def _advance(self, place: _Place, moved: Moved) -> None:
        record = moved.record
        place.row, place.after = record.last_row + 1, record.segment.upto
        place.batches, place.went_well = place.batches + 1, place.went_well + 1
        place.accounting = place.accounting.plus(record.accounting)
        place.pace = place.pace.plus(record.last_row - record.first_row + 1, record.seconds)
        size = grown(place.size, self.record.batch_size, place.went_well)
        if size != place.size:
            place.size, place.went_well = size, 0
        self._tell(place, moved)

    def _tell(self, place: _Place, moved: Moved) -> None:
        total = self.record.scope.total
        plan = BatchPlan(
            table=self.work.table,
            rows=total,
            size=self.record.batch_size,
            batches=max(self.ruler.batches(total), batch_ordinal(moved.record.number)),
            reason="",
            estimate=Estimate(low=0, high=0),
        )
        parents = [reference.parent.target for reference in self.work.compiled.references]
        self.emit(batch_completed(moved.record, plan, place.pace, parents))
        self.emit(BatchValidated(table=self.work.table, batch=moved.record.number, validation=moved.validation))
        self._announce(moved.applied)
        for event in rows_quarantined(self.work.table, moved.quarantined):
            self.emit(event)

    def _announce(self, applied: Iterable[Applied]) -> None:
        """A policy that applies itself is told, once a table; what was decided in this run was told when it was."""
        taken = {(a.table, a.strategy) for a in self.work.ledger.run(self.work.run).amendments}
        for one in applied:
            strategy = one.policy.strategy
            if one.policy in self.announced or (self.work.table, strategy.value) in taken:
                continue
            self.announced.add(one.policy)
            self.emit(
                DecisionTaken(
                    table=self.work.table,
                    strategy=strategy.value,
                    by="the plan",
                    amendment=0,
                    as_policy=True,
                    rows=one.rows,
                )
            )

    def _show_validation(self, window: Window, stuck: Stuck) -> None:
        if stuck.validation:
            self.emit(BatchValidated(table=self.work.table, batch=window.number, validation=stuck.validation))

    def _late(self) -> bool:
        return self.deadline is not None and self.clock.now() >= self.deadline

    def _fail(self, failure: Failure, place: _Place) -> CopyResult:
        """The failure goes into the ledger where that can be written; a full disk or a lock may forbid it."""
        self.desk.close()
        try:
            self.work.ledger.set_table(self.work.run, self.work.table, failure=failure)
        except FerrymanError as error:
            detail = f"{failure.error_detail} It is not in the ledger: {error.what}"
            return self._result(Ending.FAILED, place, failure.but(error_detail=detail))
        return self._result(Ending.FAILED, place, failure)

    def _complete(self, place: _Place) -> CopyResult:
        if place.batches or self.record.state in (TableState.PENDING, TableState.COPYING):
            self.desk.close()
            work = self.work
            table = patiently(self._close_books, table=work.table, emit=self.emit, clock=self.clock)
            lying = patiently(lambda: set_aside_by_reason(work.ledger, work.run, work.table), clock=self.clock)
            self.emit(
                TableCopied(table=table.table, accounting=table.accounting, seconds=table.seconds, set_aside=lying)
            )
        elif self.record.state is TableState.COPIED:  # rows may have come beside the order since
            patiently(lambda: fill_references(self.live, (self.work.table,), clock=self.clock), clock=self.clock)
        return self._result(Ending.COMPLETE, place)

    def _close_books(self) -> TableProgress:
        """What follows the last batch; doing it twice changes nothing."""
        work = self.work
        fill_references(self.live, (work.table,), clock=self.clock)
        number_on(work, self.upper)
        work.ledger.set_arrived_since(work.run, work.table, self._arrived())
        work.ledger.set_table(work.run, work.table, TableState.COPIED)
        return next(one for one in progress(work.ledger, work.run) if one.table == work.table)

    def _arrived(self) -> int:
        return arrived_since(self.work.source, self.live.compiled, self.upper)

    def _result(self, ending: Ending, place: _Place, failure: Failure | None = None) -> CopyResult:
        return CopyResult(self.work.table, ending, place.batches, place.accounting, failure)


def _stays_away(job: Job, why: Reason, rows: int) -> bool:
    """Whether a policy sets refused rows aside."""
    policy = policy_for(job, why, rows)
    return policy is not None and policy.strategy is Strategy.QUARANTINE
