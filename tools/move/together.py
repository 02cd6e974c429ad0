"""Rows out of quarantine that need one another, over several tables: they come in one transaction, or they stay."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace

from sqlalchemy import func, select

from ferryman.domain.errors import NeedsDecision
from ferryman.domain.events import Event
from ferryman.domain.run import Key
from ferryman.tools.move.additions import ASIDE, Addition, Told, by_origin, keys_filter, to_be_proved
from ferryman.tools.move.aside import Reason
from ferryman.tools.move.batch import sort_batch
from ferryman.tools.move.bench import bench
from ferryman.tools.move.clock import SYSTEM, Clock
from ferryman.tools.move.failpoint import failpoint
from ferryman.tools.move.isolate import refused_rows
from ferryman.tools.move.job import Job, Stuck
from ferryman.tools.move.number_on import number_on
from ferryman.tools.move.patience import patiently
from ferryman.tools.move.quiet import quiet
from ferryman.tools.move.set_aside import set_aside
from ferryman.tools.move.turns import turn
from ferryman.tools.move.unheard import Unheard
from ferryman.tools.move.windows import Window
from ferryman.tools.move.work import TableWork

Emit = Callable[[Event], None]

AT_ONCE = 5_000  #: rows of a table in one transaction


def bring_together(
    works: Sequence[TableWork],
    lying: Mapping[str, Sequence[Key]],
    *,
    clock: Clock = SYSTEM,
    emit: Emit = lambda event: None,
) -> int:
    """Bring what fits of rows that lie in quarantine, by table, each of which may need one of another table; gives how
    many came. Foreign keys that no row could come first by are set aside meanwhile. Needs the run's lease."""
    plan = works[0].ledger.run(works[0].run).amended
    with ExitStack() as stack:
        free = list[TableWork]()
        for work in works:
            stack.enter_context(quiet(work.ledger, work.run, work.compiled.mapping, emit=emit, clock=clock))
            away = stack.enter_context(set_aside(work, plan, 0, 0, emit, clock))
            free.append(replace(work, aside=away))
        came = _Together(tuple(_parts(free, lying, clock, emit)), clock, emit).bring()
    for work in works if came else ():
        patiently(lambda work=work: number_on(work), table=work.table, emit=emit, clock=clock)  # type: ignore[misc]
        to_be_proved(work.ledger, work.run, work.table)
    return came


@dataclass(frozen=True)
class _Part:
    """Rows of one table and one origin."""

    addition: Addition
    keys: Sequence[Key]
    strays: dict[Key, Reason] = field(default_factory=dict)  #: those that the target refuses

    @property
    def table(self) -> str:
        return self.addition.work.table


def _parts(works: Sequence[TableWork], lying: Mapping[str, Sequence[Key]], clock: Clock, emit: Emit) -> Iterator[_Part]:
    for work in works:
        chosen = keys_filter(work.compiled.mapping.key, lying[work.table][:AT_ONCE])
        for origin, keys in by_origin(work, chosen).items():
            if origin in ASIDE:
                yield _Part(Addition(work, origin, clock, emit, forgiving=True), keys)


@dataclass(frozen=True)
class _Together:
    """The parts of one transaction."""

    parts: tuple[_Part, ...]
    clock: Clock
    emit: Emit

    def bring(self) -> int:
        """Bring what can come; gives how many rows did."""
        while self.parts:
            try:
                unheard = Unheard[tuple[Told, ...]]()
                told = patiently(lambda unheard=unheard: self._once(unheard), emit=self.emit, clock=self.clock)  # type: ignore[misc]
            except Stuck:
                return 0
            except NeedsDecision:
                if not self._refused():
                    return 0
            else:
                for event in (event for _, events in told for event in events):
                    self.emit(event)
                return sum(brought.rows for brought, _ in told)
        return 0

    def _once(self, unheard: Unheard[tuple[Told, ...]]) -> tuple[Told, ...]:
        with self._jobs() as jobs:
            first = jobs[0]
            if done := unheard.done(first.work, first.book, first.bench.books):
                return done
            self._settle(jobs)
            books = first.bench.books
            written = [
                part.addition.write(job, job.book.addition(books), part.keys, part.strays)
                for part, job in zip(self.parts, jobs, strict=True)
            ]
            told = tuple(one for _, one in written)
            if not any(brought.rows for brought, _ in told):
                return ()  # the transaction is rolled back
            for record, _ in written:
                failpoint("before_commit", record.table, record.number)
            with unheard.committing(written[0][0], told):
                first.bench.commit()
        for record, _ in written:
            failpoint("after_commit", record.table, record.number)
        return told

    @contextmanager
    def _jobs(self) -> Iterator[list[Job]]:
        """The places of work of all parts, at one transaction."""
        works = {part.table: part.addition.work for part in self.parts}
        keys: dict[str, list[Key]] = {}
        for part in self.parts:
            keys.setdefault(part.table, []).extend(part.keys)
        coming = {p.table: p.addition.only(sorted(keys[p.table], key=repr)).compiled for p in self.parts}
        one, doing = self.parts[0].addition.work, f"bringing rows of {', '.join(works)} together"
        compiled = [work.compiled for work in works.values()]
        with turn(one.target), bench(one.source, one.target, doing, *compiled) as views:
            jobs = [part.addition.desk(part.keys, coming).at(views) for part in self.parts]
            try:
                jobs[0].bench.begin()
                yield jobs
            finally:
                jobs[0].bench.rollback()

    def _settle(self, jobs: Sequence[Job]) -> None:
        """Find out which rows stay; where one does, those stay that need it."""
        stays = dict.fromkeys(range(len(jobs)), True)
        while any(stays.values()):
            stays = {n: self._more_stay(self.parts[n], jobs[n]) for n in stays}

    @staticmethod
    def _more_stay(part: _Part, job: Job) -> bool:
        before = _foreseen(job)
        found = sort_batch(job, "", job.sight.look(None, len(part.keys)), part.strays)
        if found.aside:
            found.aside.drop()
        return _foreseen(job) > before

    def _refused(self) -> bool:
        """Look for the rows that the target refuses, by trying; gives whether there are any that were not known."""
        with self._jobs() as jobs:
            self._settle(jobs)
            found = [
                refused_rows(job, Window("", 1, len(part.keys)), None, part.strays, len(part.keys)).rows
                for part, job in zip(self.parts, jobs, strict=True)
            ]
        for part, rows in zip(self.parts, found, strict=True):
            part.strays.update(rows)
        return any(found)


def _foreseen(job: Job) -> int:
    """How many rows of the table stay, as far as it is known."""
    if job.own is None or job.own.foreseen is None:
        return 0
    return int(job.bench.connection.execute(select(func.count()).select_from(job.own.foreseen)).scalar_one())
