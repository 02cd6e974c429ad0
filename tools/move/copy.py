"""Copying one table: batch after batch, each with its ledger rows in one transaction, from wherever the ledger ends.

What goes wrong is dealt with by its type. Transient: another try at the spot, then smaller batches (`backoff.py`).
Data: the batch is rolled back whole, the next does not start, and the failure names what and how many. Everything
else ends the table as it stands. Every batch before is committed, whatever happens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace

from sqlalchemy.exc import DBAPIError

from ferryman.domain.errors import Corrupt, FerrymanError, NeedsDecision, Refused
from ferryman.domain.events import BatchHalved, BatchValidated, Event, TableCopied
from ferryman.domain.mapping import Problem
from ferryman.domain.plan import BatchPlan, Estimate, Plan
from ferryman.domain.recovery import Failure
from ferryman.domain.run import Key, Segment, TableState
from ferryman.tools.databases.sqlite_guard import LEGACY
from ferryman.tools.move.backoff import Escalate, Halve, Isolate, Retry, grown, next_attempt
from ferryman.tools.move.batch import Job, Moved, Stuck, move_batch
from ferryman.tools.move.bench import Bench, bench
from ferryman.tools.move.clock import SYSTEM, Clock
from ferryman.tools.move.failpoint import failpoint
from ferryman.tools.move.fault import of_error
from ferryman.tools.move.foreign import ForeignCheck, foreign_checks
from ferryman.tools.move.isolate import failing_rows
from ferryman.tools.move.known import KnownParents, can_know
from ferryman.tools.move.progress import accounting, progress
from ferryman.tools.move.records import RunRecord, Scope, TableRecord
from ferryman.tools.move.rowkeys import RowKeys
from ferryman.tools.move.scan import Sight, parent_obstacles, present_obstacle, value_obstacles
from ferryman.tools.move.scope import arrived_since
from ferryman.tools.move.tell import Pace, batch_completed, rows_quarantined, self_recovery
from ferryman.tools.move.turns import Manners, turn
from ferryman.tools.move.variants import compiled_as
from ferryman.tools.move.windows import Ruler, Window, cut
from ferryman.tools.move.work import CopyResult, Ending, TableWork
from ferryman.tools.prepare.orphans import Ground
from ferryman.tools.prepare.transform import CompiledTable

Emit = Callable[[Event], None]


def copy_table(
    work: TableWork,
    *,
    stop: Callable[[], bool] = lambda: False,
    emit: Emit = lambda event: None,
    clock: Clock = SYSTEM,
    batches: int | None = None,
) -> CopyResult:
    """Copy a table from where its ledger ends; at most `batches` of them where that is given.

    `stop` is asked after every batch, as are the ledger's stop request and deadline. Raises Refused when another
    process has the run, Corrupt when the ledger is not as it was written.
    """
    work.ledger.acquire(work.run)
    return _Copier(work, stop, emit, clock).run(batches)


@dataclass
class _Place:
    """How far a copier is."""

    row: int  #: the next row's ordinal
    after: Key | None
    size: int  #: rows that the next batch may hold
    went_well: int = 0  #: batches in a row since the size changed
    batches: int = 0  #: committed by this call
    pace: Pace = field(default_factory=Pace)


class _Copier:
    def __init__(self, work: TableWork, stop: Callable[[], bool], emit: Emit, clock: Clock) -> None:
        self.work, self.stop, self.emit, self.clock = work, stop, emit, clock
        self.record: TableRecord = work.ledger.table(work.run, work.table)
        self.run_record: RunRecord = work.ledger.run(work.run)
        self.ruler = Ruler(self.record.batch_size, self.record.base_number, self.record.base_row)
        self.book = work.ledger.book(work.run, work.table)
        self.manners = Manners(work.target)

    def run(self, batches: int | None) -> CopyResult:
        with self.work.target.connect("reading the ledger", reading=True) as connection:
            last = self.book.last(connection)
        place = _Place(
            row=last.last_row + 1 if last else 1,
            after=last.segment.upto if last else None,
            size=self.record.batch_size,
        )
        if self._nothing() or (last and last.segment.upto == self.record.scope.upper):
            return self._complete(place)
        if self.work.ledger.stop_requested(self.work.run):
            return self._result(Ending.STOPPED, place)
        with _Sessions(self.work, self) as session:
            return self._batches(session, place, batches)

    def _nothing(self) -> bool:
        return self.record.scope.source_rows == 0

    def _batches(self, session: _Sessions, place: _Place, batches: int | None) -> CopyResult:
        waiting: list[Window] = []
        while True:
            if self.stop() or self._late() or place.batches == batches:
                return self._result(Ending.STOPPED, place)
            waiting = waiting or list(self.ruler.from_row(place.row, place.size))
            moved = self._try(session, waiting, place)
            if isinstance(moved, Failure):
                return self._fail(moved, place)
            waiting.pop(0)
            self._advance(place, moved)
            if moved.record.segment.upto == self.record.scope.upper:
                return self._complete(place)
            if moved.stop:
                return self._result(Ending.STOPPED, place)
            self.manners.give_way()

    def _try(self, session: _Sessions, waiting: list[Window], place: _Place) -> Moved | Failure:
        """The first waiting window until it is committed or given up; it may be cut in halves meanwhile."""
        attempt = 0
        while True:
            window, attempt = waiting[0], attempt + 1
            try:
                return self._commit(session, window, place.after)
            except Stuck as stuck:
                self._show_validation(window, stuck)
                return stuck.failure
            except (Refused, Corrupt):
                raise
            except FerrymanError as error:
                step = next_attempt(error, attempt, window.rows, self.clock.dice)
                if isinstance(step, Isolate | Escalate):
                    return self._give_up(session, window, place.after, error, attempt)
                self.emit(self_recovery(self.work.table, window.number, error.what, attempt, step))
                self._again(window, waiting, place, step)
                session.renew()

    def _commit(self, session: _Sessions, window: Window, after: Key | None) -> Moved:
        with session.transaction() as job:
            moved = move_batch(job, window, after)
            failpoint("before_commit", self.work.table, window.number)
            job.bench.connection.commit()
        failpoint("after_commit", self.work.table, window.number)
        return moved

    def _again(self, window: Window, waiting: list[Window], place: _Place, step: Retry | Halve) -> None:
        """Level 1: wait, and cut the window where that is the step."""
        place.went_well = 0
        if isinstance(step, Halve):
            waiting[:1] = cut(window, step.size)
            place.size = step.size
            for half in window.halves():
                self.emit(BatchHalved(table=self.work.table, batch=half.number, rows=half.rows))
        self.clock.sleep(step.wait)

    def _give_up(
        self, session: _Sessions, window: Window, after: Key | None, error: FerrymanError, attempts: int
    ) -> Failure:
        rows = 0
        if isinstance(error, NeedsDecision):
            with session.transaction() as job:
                rows = failing_rows(job, window, after)
        return of_error(self.work.table, window.number, error, rows, attempts)

    def _advance(self, place: _Place, moved: Moved) -> None:
        record = moved.record
        place.row, place.after = record.last_row + 1, record.segment.upto
        place.batches, place.went_well = place.batches + 1, place.went_well + 1
        place.pace = place.pace.plus(record.last_row - record.first_row + 1, record.seconds)
        size = grown(place.size, self.record.batch_size, place.went_well)
        if size != place.size:
            place.size, place.went_well = size, 0
        self._tell(place, moved)

    def _tell(self, place: _Place, moved: Moved) -> None:
        scope = self.record.scope
        plan = BatchPlan(
            table=self.work.table,
            rows=scope.total,
            size=self.record.batch_size,
            batches=self.ruler.batches(scope.total),
            reason="",
            estimate=Estimate(low=0, high=0),
        )
        parents = [reference.parent.target for reference in self.work.compiled.references]
        of = max(plan.batches, int(moved.record.number.partition(".")[0]))
        self.emit(batch_completed(moved.record, of, plan, place.pace, parents))
        self.emit(BatchValidated(table=self.work.table, batch=moved.record.number, validation=moved.validation))
        for event in rows_quarantined(self.work.table, moved.quarantined):
            self.emit(event)

    def _show_validation(self, window: Window, stuck: Stuck) -> None:
        if stuck.validation:
            self.emit(BatchValidated(table=self.work.table, batch=window.number, validation=stuck.validation))

    def _late(self) -> bool:
        deadline = self.run_record.deadline
        return deadline is not None and self.clock.now() >= deadline

    def _fail(self, failure: Failure, place: _Place) -> CopyResult:
        """The failure goes into the ledger where it can be written; a full disk or a lock may forbid that too."""
        try:
            self.work.ledger.set_table(self.work.run, self.work.table, failure=failure)
        except FerrymanError as error:
            if not failure.error_detail:
                failure = failure.but(error_detail=error.what)
        return self._result(Ending.FAILED, place, failure)

    def _complete(self, place: _Place) -> CopyResult:
        work, before = self.work, self.record
        if before.state in (TableState.PENDING, TableState.COPYING):
            work.ledger.set_table(work.run, work.table, TableState.COPIED)
            work.ledger.set_arrived_since(work.run, work.table, self._arrived())
            table = next(t for t in progress(work.ledger, work.run) if t.table == work.table)
            self.emit(TableCopied(table=work.table, accounting=table.accounting, seconds=table.seconds))
        return self._result(Ending.COMPLETE, place)

    def _arrived(self) -> int:
        from ferryman.tools.databases.dialect import clause

        compiled = self.work.compiled
        with self.work.source.connect("counting rows that came since") as connection:
            return arrived_since(connection, compiled, clause(compiled.source), self.record.scope.upper)

    def _result(self, ending: Ending, place: _Place, failure: Failure | None = None) -> CopyResult:
        counted = accounting(self.work.ledger, self.work.run, self.work.table)
        return CopyResult(self.work.table, ending, place.batches, counted, failure)


class _Sessions:
    """The connection that a copier works on; a fresh one after a failure, which probes both databases."""

    def __init__(self, work: TableWork, copier: _Copier) -> None:
        self._work, self._copier = work, copier
        self._stack = ExitStack()
        self._job: Job | None = None

    def __enter__(self) -> _Sessions:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def renew(self) -> None:
        """Give the connection up; the next transaction opens another."""
        self._stack.close()
        self._job = None

    @contextmanager
    def transaction(self) -> Iterator[Job]:
        """A transaction; what is not committed in the block is rolled back. Errors come out as ours."""
        work = self._work
        doing = f"copying {work.table}"
        with turn(work.target):
            try:
                job = self._open(doing)
                try:
                    yield job
                except BaseException:
                    job.forget()
                    raise
                finally:
                    job.bench.connection.rollback()
            except DBAPIError as error:
                failure = work.target.dialect.translate(error, doing)
                failure.table = work.table
                raise failure from error

    def _open(self, doing: str) -> Job:
        if self._job is None:
            connection = self._stack.enter_context(bench(self._work.source, self._work.target, doing))
            at = Bench(connection, self._work.compiled, self._work.target.dialect)
            self._job = job_for(self._work, at, self._copier)
        return self._job


def job_for(work: TableWork, at: Bench, copier: _Copier) -> Job:
    """What all batches of a table have in common."""
    records = {record.table: record for record in work.ledger.tables_of(work.run)}
    plan, scope = copier.run_record.amended, copier.record.scope

    def later(parent: str) -> Scope | None:
        return records[parent].scope if parent in records and comes_later(plan, work.table, parent) else None

    checks = foreign_checks(work.compiled, later) if work.handling.foreign_key_validation else ()
    checks = tuple(with_known(check, at, records, n) for n, check in enumerate(checks))
    return Job(
        work=work,
        bench=at,
        book=copier.book,
        scope=scope,
        keys=RowKeys(work.compiled),
        checks=checks,
        sight=Sight(
            at.connection, work.compiled, at.legacy, copier.record.scope, not judged(plan, work.compiled, scope)
        ),
        values=value_obstacles(work.compiled, at.legacy),
        parents=parent_obstacles(checks, at.legacy),
        present=present_obstacle(RowKeys(work.compiled), at.legacy),
        ground=ground(work, records),
        clock=copier.clock,
    )


def judged(plan: Plan, compiled: CompiledTable, scope: Scope) -> bool:
    """Whether preflight looked at the rows' own values, found as many as there are, and left none to be set aside.

    Then a batch looks only at what may change under it: parents, keys, counts; what does not fit stops its insert.
    """
    table = compiled.target.name
    found = {problem.table for problem in plan.preflight.problems if problem.problem != Problem.MISSING_PARENT}
    policies = {policy.problem for policy in compiled.mapping.policies} - {Problem.MISSING_PARENT, Problem.CONFLICT}
    seen = not plan.preflight.skipped and plan.preflight.tables.get(table) == scope.total
    return seen and table not in found and not policies


def with_known(check: ForeignCheck, at: Bench, records: dict[str, TableRecord], number: int) -> ForeignCheck:
    """A reference with its parents in memory, where that pays."""
    mine, parent = records[at.compiled.target.name], records.get(check.bond.parent)
    if parent is None or not can_know(check.bond, mine.scope.total, parent.scope.source_rows):
        return check
    return replace(check, known=KnownParents(at.connection, check.bond, f"ferryman_known_{number}"))


def comes_later(plan: Plan, table: str, parent: str) -> bool:
    """Whether a parent's rows may come after the table's: it is the same table, or of the same or a later phase."""
    if parent == table:
        return True
    phases = {name: phase.number for phase in plan.phases for name in phase.tables}
    return table in phases and parent in phases and phases[parent] >= phases[table]


def ground(work: TableWork, records: dict[str, TableRecord]) -> Ground:
    """What is known about parents, for saying why one is missing."""
    copied: dict[str, Segment] = {}
    with work.target.connect("reading the ledger", reading=True) as connection:
        for name in records:
            last = work.ledger.book(work.run, name).last(connection)
            if last:
                copied[name] = Segment(upto=last.segment.upto)
    compiled = {t.target: compiled_as(work.compiled, t.target) for t in work.compiled.plan.copied}
    return Ground(compiled, copied, LEGACY)
