"""A plan as lines of a table, and what of it is worth a second look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ferryman.agents.along import along
from ferryman.agents.user_guidance import clean
from ferryman.domain.mapping import Strategy
from ferryman.domain.plan import Phase, Plan, RollbackKind

_UNDO = {
    RollbackKind.TRUNCATE: "empty it again",
    RollbackKind.DELETE_CREATED: "take these rows out",
    RollbackKind.RESTORE_UPDATED: "restore old values",
}


def steps_of(plan: Plan, phase: Phase) -> Iterator[Mapping[str, str]]:
    """A line for every table of a phase, by the heads of its columns."""
    risks = {risk.table: risk.level.value for risk in plan.risks}
    for step in phase.steps:
        batch, count = plan.batch_plans.get(step.target), plan.counts_by_table.get(step.target)
        yield {
            "phase": str(phase.number),
            "from": clean(step.source),
            "to": clean(step.target),
            "kind": step.table_type.value,
            "rows": f"{count.in_scope:,}" if count else "",
            "batches": f"{batch.batches:,} of {batch.size:,}" if batch else "",
            "takes": batch.estimate.text if batch else "",
            "risk": risks.get(step.target, ""),
            "undo": _UNDO[step.rollback],
        }


def rows_of(plan: Plan, tables: Sequence[str]) -> str:
    """How many rows some tables get, as counted now: fewer by those that are set aside by a decision, more by those
    that others refer to."""
    rows = sum(count.in_scope for count in plan.counts if count.table in tables)
    found = [p for p in plan.preflight.problems if p.table in tables and p.decided == Strategy.QUARANTINE]
    aside = f", less {sum(p.rows for p in found):,} that are set aside" if found else ""
    return f"{rows:,} {'row' if rows == 1 else 'rows'}{aside}{along(plan, tables)}"


def gist(plan: Plan) -> tuple[object, ...]:
    """What of a plan a person would want to see again where it has changed; estimates are not."""
    sizes = [(batch.table, batch.size) for batch in plan.batches]
    return plan.hash, plan.questions, plan.counts, plan.preflight, sizes
