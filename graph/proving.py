"""Proving one table of a run, and writing down what came out."""

from __future__ import annotations

from ferryman.domain.coordination import Agent
from ferryman.domain.events import FailureFound, TableValidated
from ferryman.domain.plan import Plan
from ferryman.domain.recovery import Failure, FailureType
from ferryman.domain.run import TableState
from ferryman.domain.validation import CheckStatus, TableValidation
from ferryman.graph.delegate import Emit
from ferryman.tools.move.failpoint import failpoint
from ferryman.tools.move.patience import patiently
from ferryman.tools.move.set_aside import checked
from ferryman.tools.move.work import TableWork
from ferryman.tools.prove.validate import validate_table


def prove(work: TableWork, plan: Plan, emit: Emit) -> Failure | None:
    """Check a table as the plan says; gives what is wrong with it, which is in the ledger and was told by then."""
    name = work.compiled.target.name
    checked(work.ledger, work.run, name, emit)
    failpoint("before_validation", name)
    validation = patiently(
        lambda: validate_table(work.source, work.target, work.ledger, work.run, work.compiled, plan.validation),
        agent=Agent.VALIDATION,
        table=name,
        emit=emit,
    )
    failpoint("after_validation", name)
    emit(TableValidated(validation=validation))
    if validation.status is CheckStatus.PASS:
        work.ledger.set_table(work.run, name, TableState.VALIDATED, validation=validation)
        return None
    failure = _unproved(name, validation)
    work.ledger.set_table(work.run, name, TableState.FAILED, validation=validation, failure=failure)
    emit(FailureFound(failure=failure))
    return failure


def _unproved(table: str, validation: TableValidation) -> Failure:
    bad = [check for check in validation.checks if check.status is not CheckStatus.PASS]
    return Failure(
        type=FailureType.VALIDATION,
        table=table,
        error_detail="; ".join(check.text for check in bad),
        affected_records=max((check.samples - check.passed for check in bad), default=0),
        undecided=validation.status is CheckStatus.NOT_VALIDATED,
    )
