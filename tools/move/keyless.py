"""Legacy rows with a NULL in their key: no key range reaches them, so the table's first batch deals with them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, or_, select

from ferryman.domain.mapping import Problem, Strategy
from ferryman.tools.move.aside import Reason, quarantined_row
from ferryman.tools.move.fault import of_obstacle
from ferryman.tools.move.job import Job, Stuck
from ferryman.tools.move.records import QuarantinedRow
from ferryman.tools.move.scan import Obstacle, count_where
from ferryman.tools.move.sorting import policy_for


@dataclass(frozen=True)
class Keyless:
    """What became of such rows. Nothing but quarantine and the filter keep a row that cannot be told from others."""

    rows: int = 0
    skipped: int = 0  #: by the filter
    quarantined: tuple[QuarantinedRow, ...] = ()


def keyless(job: Job, batch: str) -> Keyless:
    """Quarantine them where a policy says so. Raises Stuck where none does."""
    if not job.scope.null_keys:
        return Keyless()
    from_, compiled = job.bench.legacy, job.bench.compiled
    lacking = or_(*(key.is_(None) for key in compiled.key_columns(from_)))
    asked = select(func.count(), count_where(compiled.in_filter(from_))).select_from(from_).where(lacking)
    rows, concerned = job.bench.connection.execute(asked).one()
    if not concerned:
        return Keyless(rows, rows)
    why = Reason(Problem.MISSING_KEY, job.keys.names)
    policy = policy_for(job, why, concerned)
    if policy is None or policy.strategy is not Strategy.QUARANTINE:
        raise Stuck(of_obstacle(job.name, batch, Obstacle(why.problem, why.columns, lacking), concerned))
    columns = [column.name for column in compiled.source.columns]
    wanted = select(*(from_.c[name] for name in columns)).where(lacking, compiled.in_filter(from_))
    found = tuple(
        quarantined_row(job.name, batch, None, why, dict(zip(columns, cells, strict=True)))
        for cells in job.bench.connection.execute(wanted)
    )
    return Keyless(rows, rows - concerned, found)
