"""How a run ended, counted from its ledger."""

from __future__ import annotations

from collections.abc import Mapping

from ferryman.agents.user_guidance import next_steps
from ferryman.domain.findings import Findings
from ferryman.domain.plan import Plan
from ferryman.domain.run import Outcome, RunStatus, TableState, duration_text
from ferryman.domain.validation import CheckStatus
from ferryman.graph.context import Context
from ferryman.graph.due import Course
from ferryman.graph.facts import Catalogues
from ferryman.graph.state import State
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.patience import patiently
from ferryman.tools.move.progress import progress, seconds_at_work
from ferryman.tools.move.rollback import rollback_available
from ferryman.tools.move.stand_ins import stand_ins, written_over


def outcome_of(state: State, context: Context) -> Outcome:
    """The outcome of the run that the state speaks of; `cancelled` when nothing of it is in the ledger."""
    if not state.get("approval"):
        return Outcome(
            run=state["run"],
            status=RunStatus.CANCELLED,
            records_migrated=0,
            duration=duration_text(0),
            seconds=0,
            validation="NOT VALIDATED",
            rollback_available=False,
            rollback_blocker="nothing was written",
        )
    ledger = Ledger(context.target)
    record, tables = ledger.run(state["run"]), progress(ledger, state["run"])
    available, blocker = rollback_available(context.target, record.run)
    undone = tuple(table.table for table in tables if table.state is TableState.ROLLED_BACK)
    held = held_back(state, context, {table.table: table.state for table in tables})
    standing = [table for table in tables if table.table not in {*undone, *held}]
    quarantined = sum(table.accounting.quarantined for table in standing)
    seconds = patiently(lambda: seconds_at_work(ledger, record.run))
    return Outcome(
        run=record.run,
        status=ending([table.state for table in standing], quarantined),
        records_migrated=sum(table.accounting.migrated for table in tables),
        records_quarantined=quarantined,
        duration=duration_text(seconds),
        seconds=seconds,
        validation=verdict([table.validation.status if table.validation else None for table in standing]),
        rollback_available=available,
        rollback_blocker=blocker,
        placeholders={one.table: one.rows for one in stand_ins(context.target, ledger, record.run)},
        stood_in={one.table: one.rows for one in written_over(context.target, ledger, record.run)},
        undone=undone if standing else (),
        held_back=tuple(table.table for table in tables if table.table in held) if standing else (),
        next_steps=_next(state, context, [t.table for t in tables if t.state is TableState.VALIDATED]),
    )


def held_back(state: State, context: Context, states: Mapping[str, TableState]) -> frozenset[str]:
    """The tables of the run that were not begun, because what they refer to was undone alone."""
    plan = context.shelf.get(state["plan"], Plan)
    return Course.of(plan, Catalogues.of(state["facts"], context.shelf).target).held_back(states)


def ending(states: list[TableState], quarantined: int) -> RunStatus:
    """By the tables that were not undone: rolled_back where none is left, a success when each is validated, else
    failed."""
    if not states:
        return RunStatus.ROLLED_BACK
    if any(state is not TableState.VALIDATED for state in states):
        return RunStatus.FAILED
    return RunStatus.SUCCESS_WITH_QUARANTINE if quarantined else RunStatus.SUCCESS


def verdict(found: list[CheckStatus | None]) -> str:
    """FAILED if any table failed; NOT VALIDATED if any was not looked at, or there are none; else PASSED."""
    if CheckStatus.FAIL in found:
        return "FAILED"
    if not found or any(status is not CheckStatus.PASS for status in found):
        return "NOT VALIDATED"
    return "PASSED"


def _next(state: State, context: Context, done: list[str]) -> tuple[str, ...]:
    digest = state.get("facts", {}).get("findings")
    return next_steps(context.shelf.get(digest, Findings), tuple(done)) if digest else ()
