"""Sorting a batch's rows: which go as they are, which are mended, which are set aside, and what stops the batch.

Policies are read as preflight reads them (`remedies.decided`): by problem, columns, cause, and the count that they
were decided on, over all batches so far.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, select

from ferryman.domain.findings import MissingCause
from ferryman.domain.mapping import Conflict, Policy, Problem, Strategy
from ferryman.domain.recovery import Failure
from ferryman.domain.references import postponable
from ferryman.domain.run import Key, Segment
from ferryman.tools.move.aside import Aside, Fate, Reason
from ferryman.tools.move.below import parents_aside
from ferryman.tools.move.fault import of_obstacle, worst
from ferryman.tools.move.foreign import ForeignCheck, Missing, made_late
from ferryman.tools.move.job import Job, Stuck
from ferryman.tools.move.records import QuarantinedRow
from ferryman.tools.move.scan import Look, Obstacle
from ferryman.tools.move.tables import QuarantineState
from ferryman.tools.move.work import TableWork
from ferryman.tools.prepare.bonds import Bond
from ferryman.tools.prepare.orphans import cause_of
from ferryman.tools.prepare.remedies import decided

MENDING = (Strategy.SET_NULL, Strategy.TRUNCATE)
SUPPLYING = (Strategy.MIGRATE_PARENTS, Strategy.PLACEHOLDERS)

Found = tuple[tuple[Obstacle, int], ...]


@dataclass(frozen=True)
class Mend:
    """Rows whose value in one column is changed on the way: emptied or cut."""

    column: str
    where: ColumnElement[bool]
    strategy: Strategy


@dataclass(frozen=True)
class Applied:
    """A policy that was applied to rows of a batch."""

    policy: Policy
    rows: int


@dataclass(frozen=True)
class Sorted:
    """What becomes of a range's rows. `aside` holds those that are not inserted; None: every row is."""

    aside: Aside | None = None
    counts: Mapping[Fate, int] = field(default_factory=dict)
    mends: tuple[Mend, ...] = ()
    quarantined: tuple[QuarantinedRow, ...] = ()
    applied: tuple[Applied, ...] = ()

    def count(self, fate: Fate) -> int:
        return self.counts.get(fate, 0)


@dataclass(frozen=True)
class _Answer:
    """Some rows with an obstacle, and the policy that says what to do about them (None: a person has to)."""

    obstacle: Obstacle
    rows: int
    where: ColumnElement[bool]
    cause: MissingCause | None
    policy: Policy | None

    @property
    def reason(self) -> Reason:
        check = self.obstacle.check
        parent = check.bond.parent if check else ""
        return Reason(self.obstacle.problem, self.obstacle.columns, self.cause, parent)


@dataclass(frozen=True)
class Want:
    """Parents that some rows lack, and that a policy says to supply."""

    bond: Bond
    cause: MissingCause | None  #: None: for whatever cause
    strategy: Strategy  #: one of `SUPPLYING`
    policy: Policy | None  #: that says so; None where a person does
    rows: int  #: the rows that lack them
    aside: tuple[Missing, ...] = ()  #: of the parents, those that the batch itself sets aside


class Wanted(Exception):
    """Before these rows can go, parents have to be supplied, as policies say. The batch is rolled back for it.

    `failure` is what stops the table where that does not help.
    """

    def __init__(self, wants: tuple[Want, ...], failure: Failure) -> None:
        super().__init__(failure.error_detail)
        self.wants = wants
        self.failure = failure


def sort_rows(job: Job, batch: str, look: Look, found: Found, strays: Mapping[Key, Reason]) -> Sorted:
    """Sort the rows of a range by what was found. `strays` are rows that the database refused, to be quarantined.

    Raises Stuck where something was found that no policy answers, Wanted where a policy supplies missing parents.
    """
    fates: dict[Fate, Any] = {}
    answers: list[_Answer] = []
    for met, rows in found:
        obstacle = _repeated(job, met)
        if obstacle.stood_in:
            fates[Fate.STOOD_IN] = obstacle.where
        elif obstacle.problem is Problem.CONFLICT and job.work.compiled.mapping.conflict is not Conflict.STOP:
            fates[Fate.PRESENT] = obstacle.where
        else:
            answers += _answers(job, look.segment, obstacle, rows)
    if open_ := [(answer.obstacle, answer.rows) for answer in answers if not _settled(answer)]:
        raise Stuck(of_obstacle(job.name, batch, *worst(open_)))
    if wants := [answer for answer in answers if answer.policy and answer.policy.strategy in SUPPLYING]:
        raise _wanted(job, batch, wants)
    if job.losers:
        fates = {Fate.MERGED: job.losers.holds(job.bench.legacy), **fates}
    bad = [(answer.where, answer.reason) for answer in answers if _sets_aside(answer)]
    mends = (*_mends(answers), *_postponed(job, look))
    applied = tuple(Applied(answer.policy, answer.rows) for answer in answers if answer.policy)
    if not (bad or fates or strays):
        return Sorted(mends=mends, applied=applied)
    aside = Aside(job.bench, tuple(dict.fromkeys([*(reason for _, reason in bad), *strays.values()])))
    aside.create()
    aside.put(strays)
    counts = aside.fill(look.segment, bad, fates)
    quarantined = tuple(aside.quarantined(batch)) if Fate.QUARANTINED in counts else ()
    return Sorted(aside, counts, mends, quarantined, applied)


def _repeated(job: Job, obstacle: Obstacle) -> Obstacle:
    """In a table that was empty, a row that meets one of its key repeats one of an earlier batch, where rows that
    repeat a key were decided on."""
    if obstacle.problem is not Problem.CONFLICT or obstacle.stood_in or job.scope.target_before:
        return obstacle
    if any(
        p.problem is Problem.DUPLICATE and p.columns == obstacle.columns for p in job.work.compiled.mapping.policies
    ):
        return replace(obstacle, problem=Problem.DUPLICATE)
    return obstacle


def policy_for(job: Job, reason: Reason, rows: int) -> Policy | None:
    """The policy for rows that have a problem, `rows` of them in this batch besides those quarantined before."""
    before = quarantined_before(job.work, job.bench.books, reason) + job.supplied[reason.columns, reason.cause]
    return decided(job.work.compiled.mapping, reason.problem, reason.columns, reason.cause, before + rows)


def quarantined_before(work: TableWork, books: Connection, reason: Reason) -> int:
    """Rows of the table that this run quarantined for the same reason."""
    row = work.ledger.tables.quarantine
    asked = select(func.count()).where(
        row.c.run_id == work.run,
        row.c.table_name == work.table,
        row.c.reason == reason.text,
        row.c.state != QuarantineState.ROLLED_BACK.value,
    )
    return int(books.execute(asked).scalar_one())


def _answers(job: Job, segment: Segment, obstacle: Obstacle, rows: int) -> Iterator[_Answer]:
    """An obstacle with the policy for it; missing parents cause by cause, where policies tell them apart."""
    policies = [p for p in job.work.compiled.mapping.policies if p.problem is obstacle.problem]
    if obstacle.check is None or not policies:
        answer = _Answer(obstacle, rows, obstacle.where, None, None)
        yield _Answer(obstacle, rows, obstacle.where, None, policy_for(job, answer.reason, rows) if policies else None)
        return
    cause = cause_of(obstacle.check.bond, job.bench.legacy, job.ground)
    chosen = [job.bench.within(segment), job.bench.compiled.in_filter(job.bench.legacy), obstacle.where]
    counts = select(cause, func.count()).select_from(job.bench.legacy).where(*chosen).group_by(cause)
    for name, count in job.bench.connection.execute(counts).all():
        answer = _Answer(obstacle, count, and_(obstacle.where, cause == name), MissingCause(name), None)
        policy = policy_for(job, answer.reason, count)
        yield _Answer(obstacle, count, answer.where, answer.cause, policy)


def _settled(answer: _Answer) -> bool:
    """Parents that are named in a list come before the table begins (`supply.supply_listed`), or a person is asked."""
    supplied = SUPPLYING if answer.obstacle.check else ()
    return answer.policy is not None and answer.policy.strategy in (Strategy.QUARANTINE, *MENDING, *supplied)


def _wanted(job: Job, batch: str, answers: Sequence[_Answer]) -> Wanted:
    wants: list[Want] = []
    for answer in answers:
        assert answer.policy is not None and answer.obstacle.check is not None
        check, policy = answer.obstacle.check, answer.policy
        itself = check.bond.to_itself and answer.cause is MissingCause.SET_ASIDE
        aside = parents_aside(job, check) if itself else ()
        wants.append(Want(check.bond, answer.cause, policy.strategy, policy, answer.rows, aside))
    return Wanted(tuple(wants), of_obstacle(job.name, batch, answers[0].obstacle, sum(want.rows for want in wants)))


def _sets_aside(answer: _Answer) -> bool:
    return answer.policy is not None and answer.policy.strategy is Strategy.QUARANTINE


def _postponed(job: Job, look: Look) -> Iterator[Mend]:
    """References that stay empty until the second pass: PostgreSQL refuses a row whose parent comes after it. One
    that must be filled cannot wait: its parents come before it or with it, as preflight saw."""
    if not job.bench.refuses_early_rows:
        return
    for check in job.checks:
        empty = postponable(job.work.compiled.target, check.bond.columns)
        waits = empty and _refused(job, check) and not made_late(check.bond)
        early = check.early(job.bench.legacy) if waits else None
        if early is not None and job.sight.count(look.segment, early):
            for column in empty:
                yield Mend(column, early, Strategy.SET_NULL)


def _refused(job: Job, check: ForeignCheck) -> bool:
    return check.bond.key.in_force and check.bond.key.name not in job.work.aside


def _mends(answers: Sequence[_Answer]) -> Iterator[Mend]:
    for answer in answers:
        if answer.policy and answer.policy.strategy in MENDING:
            for column in answer.obstacle.columns:
                yield Mend(column, answer.where, answer.policy.strategy)
