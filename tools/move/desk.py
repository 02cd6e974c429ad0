"""Where a table is copied: a connection to both databases, opened when it is needed and anew after a failure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from sqlalchemy import TableClause, and_, func, not_, or_, select, true
from sqlalchemy.exc import DBAPIError

from ferryman.domain.mapping import Problem
from ferryman.domain.plan import Handling, Plan
from ferryman.domain.run import Key, Segment
from ferryman.domain.transforms import KeyByType, RemapIds
from ferryman.tools.databases.connect import said_by
from ferryman.tools.databases.sqlite_guard import LEGACY
from ferryman.tools.move.aside import Reason
from ferryman.tools.move.batch import move_batch
from ferryman.tools.move.batches import reached
from ferryman.tools.move.bench import Bench, Views, bench
from ferryman.tools.move.clock import SYSTEM, Clock
from ferryman.tools.move.foreign import ForeignCheck, foreign_checks
from ferryman.tools.move.job import Job, Moved
from ferryman.tools.move.kept_out import KeptOut, foresee, none_of
from ferryman.tools.move.known import KnownParents, can_know
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.losers import losers_of
from ferryman.tools.move.own_rules import references_off
from ferryman.tools.move.records import Scope, TableRecord
from ferryman.tools.move.relay import Relay
from ferryman.tools.move.rowkeys import RowKeys
from ferryman.tools.move.scan import Sight, parent_obstacles, present_obstacle, stranger_obstacle, value_obstacles
from ferryman.tools.move.stand_ins import stood_in_obstacle
from ferryman.tools.move.straight import Nowhere, can_go_straight, move_straight
from ferryman.tools.move.stream import Reading, Stream
from ferryman.tools.move.supplied import Supplied, supplied_before
from ferryman.tools.move.tables import QuarantineState
from ferryman.tools.move.turns import turn
from ferryman.tools.move.windows import Window
from ferryman.tools.move.work import TableWork
from ferryman.tools.prepare.bonds import bonds
from ferryman.tools.prepare.mirror import beside
from ferryman.tools.prepare.orphans import Ground
from ferryman.tools.prepare.outlook import Outlook, Stays
from ferryman.tools.prepare.reach import listed_in
from ferryman.tools.prepare.transform import CompiledTable, compiled_as


class Desk:
    """One table's place of work. Close it when done. `scope`: other rows than those the run fixed for the table;
    `settled`: a table that the run is through with gets no more rows, so that what is not there is missing, but for
    those of `together`, by target name, which come in one transaction with ours."""

    def __init__(
        self,
        work: TableWork,
        clock: Clock,
        scope: Scope | None = None,
        *,
        settled: bool = False,
        together: Mapping[str, CompiledTable] | None = None,
    ) -> None:
        self.live, self._scope = work.compiled, scope
        self.clock, self.plan = clock, work.ledger.run(work.run).amended
        self.records = {record.table: record for record in work.ledger.tables_of(work.run)}
        self._through = _through(work.ledger, work.run, self.records) if settled else frozenset[str]()
        self._together = {name: one for name, one in (together or {}).items() if name in self._through}
        self._out: dict[str, Stays] = {}
        listed = (name for name in listed_in(work.compiled) if name in self.records and name not in self._through)
        late = frozenset(name for name in listed if self.plan.comes_later(work.table, name))
        self.work = replace(work, compiled=replace(beside(work.compiled), outlook=Outlook(late, self._out)))
        judged_before = scope is None and judged(self.plan, work.compiled, self.scope)
        self.judging = not judged_before  #: every row's values are looked at
        self.supplied = supplied_before(work) if scope is None else Supplied()  #: rows that parents were supplied for
        ahead = any(self._later(bond.parent) for bond in bonds(self.work.compiled))  #: at rows that come after it
        self._straight = scope is None and not ahead and can_go_straight(self.work, self.scope)
        self.refused = set[Key]()  #: rows that the target refused, where others may hang on them
        self._stack = ExitStack()
        self._job: Job | None = None
        self._stream: Stream | None = None

    @property
    def scope(self) -> Scope:
        return self._scope or self.records[self.work.table].scope

    @property
    def straight(self) -> bool:
        """Whether the table's rows go straight, as far as is known by now."""
        return self._straight

    def without(self, keys: frozenset[str]) -> None:
        """From now on these foreign keys are set aside."""
        self.work = replace(self.work, aside=keys)

    def close(self) -> None:
        """Give the connection up; the next transaction opens another, which probes both databases."""
        self._stack.close()
        self._job = self._stream = None

    def more_careful(self) -> bool:
        """From now on look at everything beforehand, every row's values too: something does not go that was taken to
        be plain. Gives whether that changes anything."""
        if self.judging and not self._straight:
            return False
        self.judging, self._straight = True, False
        self.close()
        return True

    @contextmanager
    def move(self, window: Window, after: Key | None, strays: Mapping[Key, Reason]) -> Iterator[tuple[Job, Moved]]:
        """A batch, moved and not committed yet: straight where the table can go so, else the careful way."""
        if strays and self._straight:
            self.more_careful()
        with self.transaction() as job:
            if not self._straight:
                yield job, move_batch(job, window, after, strays)
                return
            stream, self._stream = self._stream_after(after), None  # it is no good when anything fails
            yield job, move_straight(job, stream, window, after)
            self._stream = stream

    def _stream_after(self, after: Key | None) -> Stream:
        if self._stream is None or self._stream.after != after:
            work, scope = self.work, self.scope
            assert scope.upper is not None
            stream = Stream(Reading(work.source, self.live, work.compiled, Nowhere(), scope.upper), after)
            self._stack.callback(stream.close)
            return stream
        return self._stream

    @contextmanager
    def transaction(self) -> Iterator[Job]:
        """A transaction; what is not committed in the block is rolled back. Errors come out as ours."""
        work, doing = self.work, f"copying {self.work.table}"
        with turn(work.target):
            try:
                job = self._open(doing)
                try:
                    yield job
                finally:
                    if job.bench.rollback():
                        job.forget()
            except DBAPIError as error:
                failure = said_by(error, doing, work.target, work.source)
                failure.table = work.table
                raise failure from error

    def _open(self, doing: str) -> Job:
        if self._job is None:
            work = self.work
            if self._straight:
                connection = self._stack.enter_context(work.target.connect(doing))
                with work.target.told(doing):
                    references_off(connection)
                views = Views(connection, connection)
            else:
                views = self._stack.enter_context(bench(work.source, work.target, doing, self.live))
            self._job = job = self.at(views)
            if self.refused and job.own:
                job.own.know(self.refused, job.ground, job.bench)
        return self._job

    def at(self, views: Views) -> Job:
        """The work at connections that are open."""
        return self._job_at(Bench(views, self.work.compiled, self.work.target.dialect))

    def _job_at(self, at: Bench) -> Job:
        work, keys = self.work, RowKeys(self.work.compiled)
        checks = foreign_checks(work.compiled, self._later) if work.handling.foreign_key_validation else ()
        checks = tuple(self._with_those_together(check) for check in checks)
        checks = tuple(self._with_known(check, at, number) for number, check in enumerate(checks))
        out = self._kept_out(checks, at)
        self._out |= {name: self._stays(name, out[name]) for name in self.work.compiled.outlook.to_come or ()}
        checks = tuple(replace(check, kept_out=out.get(check.bond.parent)) for check in checks)
        relay = Relay(at, work.ledger, checks, keys) if at.at.relayed else None
        if relay:
            relay.fetch_natural_keys()
        losers = losers_of(at, self.scope)
        present = present_obstacle(keys, at.legacy, losers)
        stood_in = stood_in_obstacle(work, at.legacy, present)
        if stood_in and present:
            present = replace(present, where=and_(present.where, ~stood_in.where))
        stranger = stranger_obstacle(keys, at.legacy, present)
        if stranger and present:
            present = replace(present, where=and_(present.where, ~stranger.where))
        return Job(
            work=work,
            plan=self.plan,
            bench=at,
            book=work.ledger.book(work.run, work.table),
            scope=self.scope,
            keys=keys,
            sight=Sight(at.connection, work.compiled, at.legacy, self.scope, self.judging),
            checks=checks,
            values=value_obstacles(work.compiled, at.legacy),
            parents=parent_obstacles(checks, at.legacy),
            present=present,
            stood_in=stood_in,
            stranger=stranger,
            losers=losers,
            ground=replace(ground_of(work), out={c.bond.parent: _foreseen(c) for c in checks}),
            relay=replace(relay, stood_in=stood_in is not None) if relay else None,
            clock=self.clock,
            supplied=self.supplied,
            own=out.get(work.table),
        )

    def _later(self, parent: str) -> Scope | None:
        begun = parent in self.records and parent not in self._through
        return self.records[parent].scope if begun and self.plan.comes_later(self.work.table, parent) else None

    def _with_those_together(self, check: ForeignCheck) -> ForeignCheck:
        """A reference whose parents may come in one transaction with ours."""
        coming, bond = self._together.get(check.bond.parent), check.bond
        if coming is None or bond.legacy_parent is None or bond.legacy_parent.name != coming.mapping.source:
            return check
        return replace(check, later=(beside(coming), Scope(upper=None, source_rows=0, total=0)))

    def _stays(self, parent: str, kept_out: KeptOut) -> Stays:
        """The rows of a parent that will not come, or came too late for this run."""
        upper, compiled = self.records[parent].scope.upper, kept_out.compiled
        if upper is None:
            return lambda rows: true()
        return lambda rows: or_(kept_out.holds(rows), not_(compiled.where(rows, Segment(upto=upper))))

    def _with_known(self, check: ForeignCheck, at: Bench, number: int) -> ForeignCheck:
        """A reference with its parents in memory, where that pays."""
        parent = self.records.get(check.bond.parent)
        if (
            at.target_dialect.name != "sqlite"
            or parent is None
            or not can_know(check.bond, self.scope.total, parent.scope.source_rows)
        ):
            return check
        return replace(check, known=KnownParents(at.connection, check.bond, f"ferryman_known_{number}"))

    def _kept_out(self, checks: Sequence[ForeignCheck], at: Bench) -> dict[str, KeptOut]:
        """By parent whose rows may come later, what is known of those that will not."""
        live = replace(self.work, compiled=self.live)
        parents = dict.fromkeys(check.bond.parent for check in checks if check.later)
        parents |= dict.fromkeys(self.work.compiled.outlook.to_come or ())
        known = {name: none_of(live, coming, at) for name, coming in self._together.items()}
        late = (name for name in parents if name not in known)
        return known | {name: foresee(live, compiled_as(self.live, name), ground_of(live), at) for name in late}


@contextmanager
def glance(work: TableWork, segment: Segment | None = None) -> Iterator[Job]:
    """A look at rows of a table, of a key range or all of them, beside what they can meet in the target. Nothing is
    written."""
    scope = work.ledger.table(work.run, work.table).scope
    desk = Desk(replace(work, handling=Handling()), SYSTEM, scope, settled=True)
    try:
        with desk.transaction() as job:
            job.bench.begin()
            if job.relay:
                job.relay.fetch(segment or Segment(), odd_keys=True)
            yield job
    finally:
        desk.close()


def _through(ledger: Ledger, run: str, records: Mapping[str, TableRecord]) -> frozenset[str]:
    """The tables whose last batch is committed."""
    copied = copied_so_far(ledger, run)
    empty = {name for name, record in records.items() if not record.scope.source_rows}
    done = {name for name, segment in copied.items() if segment.upto == records[name].scope.upper}
    return frozenset(empty | done)


def ground_of(work: TableWork) -> Ground:
    """What is known about parents, for saying why one is missing."""
    compiled = {t.target: compiled_as(work.compiled, t.target) for t in work.compiled.plan.copied}
    return Ground(compiled, copied_so_far(work.ledger, work.run), LEGACY)


def _foreseen(check: ForeignCheck) -> TableClause | None:
    return check.kept_out.foreseen if check.kept_out else None


def copied_so_far(ledger: Ledger, run: str) -> dict[str, Segment]:
    """Per target table of a run, the legacy keys that its committed batches cover."""
    with ledger.reading() as connection:
        return {name: Segment(upto=key) for name, key in reached(connection, ledger.tables, run).items()}


def set_aside_so_far(ledger: Ledger, run: str, table: str, problem: Problem, columns: Sequence[str]) -> int:
    """The rows of a table that a run quarantined for a problem, of these columns where any are named."""
    row = ledger.tables.quarantine
    asked = select(func.count()).where(row.c.run_id == run, row.c.table_name == table, row.c.problem == problem.value)
    if columns:
        asked = asked.where(row.c.columns == json.dumps(list(columns)))
    past = (QuarantineState.ROLLED_BACK.value, QuarantineState.RESTATED.value)
    with ledger.reading() as connection:
        return int(connection.execute(asked.where(row.c.state.not_in(past))).scalar_one())


def judged(plan: Plan, compiled: CompiledTable, scope: Scope) -> bool:
    """Whether preflight looked at the rows' own values, found as many as there are, and left none to be set aside.

    Then a batch looks only at what may change under it: parents, keys, counts; what does not fit stops its insert.
    Parents that are named in lists, or by a type, are looked at with the values, and so always.
    """
    table = compiled.target.name
    found = {problem.table for problem in plan.preflight.problems if problem.problem != Problem.MISSING_PARENT}
    policies = {policy.problem for policy in compiled.mapping.policies} - {Problem.MISSING_PARENT, Problem.CONFLICT}
    seen = not plan.preflight.skipped and plan.preflight.tables.get(table) == scope.total
    linked = any(column.uses(KeyByType, RemapIds) for column in compiled.mapping.columns)
    return seen and table not in found and not policies and not linked
