"""Rows of a table that hang on others of it which a batch sets aside. Where it fails, nobody else knows of these."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import and_, false, func, or_, select

from ferryman.domain.findings import MissingCause, MissingGroup
from ferryman.domain.mapping import Problem
from ferryman.domain.recovery import Failure
from ferryman.domain.run import Segment
from ferryman.tools.move.foreign import ForeignCheck, Missing
from ferryman.tools.move.job import Job
from ferryman.tools.prepare.bonds import Condition
from ferryman.tools.prepare.orphans import cause_of, in_scope, with_those_below


def groups_below(job: Job, failure: Failure) -> tuple[MissingGroup, ...]:
    """How many rows of the whole table lack a parent that is set aside, where that is why the batch cannot go."""
    if failure.problem is not Problem.MISSING_PARENT or job.own is None:
        return ()
    return tuple(_groups(job))


def parents_aside(job: Job, check: ForeignCheck) -> tuple[Missing, ...]:
    """The rows of the table itself that others lack by a reference, and that are set aside."""
    from_ = job.bench.legacy
    old, new = check.bond.old_key(from_), check.bond.new_key(from_)
    wanted = select(*old, *new).select_from(from_).where(*_lacking(job, check)).distinct()
    rows = job.bench.connection.execute(wanted).all()
    return tuple(Missing(tuple(row[: len(old)]), tuple(row[len(old) :])) for row in rows)


def rows_below(job: Job, segment: Segment) -> int:
    """How many rows of a range that went already lack a parent in their own table that is set aside, by reference."""
    from_, own, found = job.bench.legacy, job.own, 0
    if own is None:
        return 0
    for check in (check for check in job.checks if check.bond.to_itself):
        lacking = (*_lacking(job, check), job.bench.within(segment), ~own.lies(from_))
        counted = select(func.count()).select_from(from_).where(*lacking)
        found += int(job.bench.connection.execute(counted).scalar_one())
    return found


def _groups(job: Job) -> Iterator[MissingGroup]:
    from_, mine = job.bench.legacy, [check for check in job.checks if check.bond.to_itself]
    first = or_(false(), *(and_(*_lacking(job, check)) for check in mine))
    every = with_those_below(job.bench.compiled, job.ground, from_, first, [check.bond for check in mine]).subquery()
    aside = int(job.bench.connection.execute(select(func.count()).select_from(every)).scalar_one()) if mine else 0
    for check in mine:
        bond = check.bond
        lacking = select(func.count().label("rows")).select_from(from_).where(*_lacking(job, check))
        each = lacking.group_by(*bond.old_key(from_)).subquery()
        counts = select(func.sum(each.c.rows), func.count()).select_from(each)
        rows, parents = job.bench.connection.execute(counts).one()
        if rows:
            yield MissingGroup(
                table=job.name,
                columns=bond.columns,
                parent=bond.parent,
                constraint=bond.constraint,
                cause=MissingCause.SET_ASIDE,
                rows=int(rows),
                parents=int(parents),
                below=aside - int(rows),
            )


def _lacking(job: Job, check: ForeignCheck) -> tuple[Condition, ...]:
    from_ = job.bench.legacy
    inside = in_scope(job.bench.compiled, from_, Segment(upto=job.scope.upper))
    set_aside = cause_of(check.bond, from_, job.ground) == MissingCause.SET_ASIDE.value
    return inside, check.missing(from_), set_aside
