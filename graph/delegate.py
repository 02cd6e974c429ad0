"""The orchestrator's hand-overs: every piece of work goes to an agent as a Delegation, and comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ferryman.domain.coordination import Agent, Delegation, Priority, Request
from ferryman.domain.errors import FerrymanError
from ferryman.domain.events import Delegated, DelegationEnded, Event
from ferryman.domain.findings import TableType
from ferryman.domain.plan import Phase, Step
from ferryman.domain.recovery import Failure

Emit = Callable[[Event], None]

PER_TABLE = 3  #: prepare, copy, validate


@contextmanager
def delegated(emit: Emit, delegation: Delegation) -> Iterator[None]:
    """Make the hand-over known, and how it ended."""
    emit(Delegated(delegation=delegation))
    try:
        yield
    except FerrymanError:
        emit(ended(delegation, "failed"))
        raise
    emit(ended(delegation, "done"))


def ended(delegation: Delegation, state: str) -> DelegationEnded:
    return DelegationEnded.model_validate(
        {"number": delegation.number, "agent": delegation.agent, "task": delegation.task, "state": state}
    )


def discovery(number: int, objective: str) -> Delegation:
    return Delegation(
        number=number,
        agent=Agent.SCHEMA_ANALYSIS,
        task="analyze_schemas",
        phase="discovery",
        objective=objective,
        support=(Agent.USER_GUIDANCE,),
    )


def mapping(number: int, tables: tuple[str, ...]) -> Delegation:
    return Delegation(
        number=number,
        agent=Agent.DATA_MAPPING,
        task="map_columns",
        phase="planning",
        objective=f"map_{len(tables)}_tables",
        depends_on=(number - 1,),
        config={"tables": list(tables)},
    )


def planning(number: int, kind: str, priority: Priority, tables: tuple[str, ...]) -> Delegation:
    """`kind`: a MigrationStrategy, so that a catalog's plan is "create_catalog_migration_plan"; `tables`: findings."""
    return Delegation(
        number=number,
        agent=Agent.PLANNING,
        task=f"create_{kind}_plan",
        phase="planning",
        objective="order_batches_risks_and_rollback",
        priority=priority,
        depends_on=(number - 1,),
        config={"schema_analysis": list(tables)},
    )


def for_table(first: int, phase: Phase, step: Step) -> tuple[Delegation, Delegation, Delegation]:
    """A table's three: data mapping prepares, migration execution copies after it, validation proves after that."""
    table, critical = step.target, step.table_type is TableType.JUNCTION
    prepare = Delegation(
        number=first,
        agent=Agent.DATA_MAPPING,
        task=f"prepare_{table}_transformations",
        phase="prepare",
        objective=f"compile_{table}_against_the_live_catalogue",
        priority=Priority.HIGH if critical else step.priority,
        config={"transformations": list(step.transformations), "table": table, "phase": phase.number},
    )
    copy = Delegation(
        number=first + 1,
        agent=Agent.MIGRATION_EXECUTION,
        task=f"execute_{table}_migration",
        phase="copy",
        objective=f"copy_{step.source}_into_{table}",
        priority=step.priority,
        depends_on=(first,),
        config={"table": table, "phase": phase.number},
    )
    validate = Delegation(
        number=first + 2,
        agent=Agent.VALIDATION,
        task=f"validate_{table}_migration",
        phase="validate",
        objective=f"prove_{table}_arrived",
        priority=step.priority,
        depends_on=(first + 1,),
        config={"table": table, "phase": phase.number},
    )
    return prepare, copy, validate


def investigation(first: int, failure: Failure) -> tuple[Delegation, Delegation]:
    """Level 3: schema analysis and validation look into a failure side by side."""
    table = failure.table
    context = {
        "table": table,
        "type": failure.type.value,
        "constraint": failure.constraint,
        "batch": failure.batch,
        "affected_records": failure.affected_records,
    }
    return (
        Delegation(
            number=first,
            agent=Agent.SCHEMA_ANALYSIS,
            task="analyze_missing_references",
            phase="recovery",
            objective=f"say_why_{table}_stopped",
            priority=Priority.HIGH,
            config=context,
        ),
        Delegation(
            number=first + 1,
            agent=Agent.VALIDATION,
            task="identify_orphaned_records",
            phase="recovery",
            objective=f"count_the_rows_of_{table}_concerned",
            priority=Priority.HIGH,
            config=context,
        ),
    )


def verification(first: int, table: str) -> tuple[Delegation, Delegation]:
    """Level 2: the target's schema and the last batch are looked at again before one fresh try."""
    return (
        Delegation(
            number=first,
            agent=Agent.SCHEMA_ANALYSIS,
            task="verify_target_schema",
            phase="recovery",
            objective="compare_the_target_with_the_plan",
            config={"table": table},
        ),
        Delegation(
            number=first + 1,
            agent=Agent.VALIDATION,
            task="check_data_integrity",
            phase="recovery",
            objective="compare_the_last_batch_with_its_ledger_row",
            config={"table": table},
        ),
    )


def urgency(request: Request) -> Priority:
    """high for what a person asked for by name."""
    return Priority.HIGH if request.tables else Priority.NORMAL
