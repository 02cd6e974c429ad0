"""A plan tried out: everything that a run does, on a copy of the target that is thrown away."""

from __future__ import annotations

from dataclasses import replace
from math import ceil

from sqlalchemy import func, select

from ferryman.domain.approval import Approval
from ferryman.domain.model import Frozen
from ferryman.domain.outline import outlines
from ferryman.domain.plan import Handling, Plan
from ferryman.domain.recovery import Failure
from ferryman.domain.references import references_of
from ferryman.domain.run import Accounting, TableState
from ferryman.domain.validation import TableValidation
from ferryman.graph.checks import live_catalogues
from ferryman.graph.context import Context
from ferryman.graph.due import Course
from ferryman.graph.facts import Catalogues
from ferryman.graph.work import copied_in_order, table_starts, table_work
from ferryman.tools.databases.connect import Target
from ferryman.tools.databases.dialect import clause
from ferryman.tools.move.copy import copy_table
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.records import Beginning
from ferryman.tools.move.scratch import scratch, untried
from ferryman.tools.move.second_pass import fill_references
from ferryman.tools.prove.validate import validate_table


class TriedTable(Frozen):
    """What a table would be like afterwards. Counts are rows of the target table."""

    table: str
    source: str
    in_scope: int  #: legacy rows that the run would deal with
    tried: int  #: of these, rows that were tried
    before: int
    after: int
    accounting: Accounting
    failure: Failure | None = None
    validation: TableValidation | None = None  #: of a whole dry run; a sample is not validated


class Rehearsal(Frozen):
    """A plan tried out; nothing of it was kept."""

    share: float  #: of every table's rows, 1.0 for all
    tables: tuple[TriedTable, ...]
    not_reached: tuple[str, ...] = ()  #: tables after the first one that failed
    cautions: tuple[str, ...] = ()  #: what trying did not show
    kept: bool = False

    @property
    def passed(self) -> bool:
        """Whether every table went through, and passed its checks where it was checked."""
        checked = (table.validation for table in self.tables)
        return not self.not_reached and all(v is None or v.status.value == "pass" for v in checked)


def rehearse(context: Context, plan: Plan, share: float | None = None) -> Rehearsal:
    """Do all that the plan says, on a copy; with `share` (0 to 1) the first rows of every table only.

    Parents beyond the sample count as present then; where the new database numbers them, and others need the number,
    the table is tried whole. Raises as a run would.
    """
    catalogues = live_catalogues(context)
    with scratch(context.target) as copy:
        trying = replace(context, target=copy)
        run = _begin(plan, catalogues, trying, share)
        tables: list[TriedTable] = []
        for name in copied_in_order(plan):
            tables.append(_try(plan, name, catalogues, trying, run, share))
            if tables[-1].failure is not None:
                break
        if share is None:  # when all are there: in a ring of references none could be proved before
            tables = [_proved(plan, table, catalogues, trying, run) for table in tables]
    reached = {table.table for table in tables}
    left = tuple(name for name in copied_in_order(plan) if name not in reached)
    failed = (tables[-1].table,) if tables and tables[-1].failure else ()
    cautions = untried(context.target, (catalogues.target.table(name) for name in copied_in_order(plan)))
    return Rehearsal(share=share or 1.0, tables=tuple(tables), not_reached=(*failed, *left), cautions=cautions)


def _begin(plan: Plan, catalogues: Catalogues, context: Context, share: float | None) -> str:
    run, now = context.new_id(), context.clock()
    starts, whole = table_starts(plan, catalogues, context, now), _numbering(plan, catalogues)
    if share is not None:
        first = {s.table: max(1, ceil(s.scope.total * share)) for s in starts if s.table not in whole}
        starts = tuple(start.but(batch_size=first.get(start.table, start.batch_size)) for start in starts)
    Ledger(context.target).begin(
        Beginning(
            run=run,
            plan=plan,
            approval=Approval(token="rehearsal", by=context.by, at=now),
            source=context.source.identity,
            target=context.target.identity,
            source_schema=catalogues.source.fingerprint,
            target_schema=catalogues.target.fingerprint,
            outlines=outlines(catalogues.source, catalogues.target),
            run_started=now,
            tables=starts,
        )
    )
    return run


def _try(plan: Plan, name: str, catalogues: Catalogues, context: Context, run: str, share: float | None) -> TriedTable:
    ledger = Ledger(context.target)
    record, before = ledger.run(run), _rows(context.target, name)
    work = table_work(plan, name, catalogues, context, record)
    if share is not None:
        work = replace(work, handling=Handling(foreign_key_validation=False, orphan_detection=False))
    whole = share is None or name in _numbering(plan, catalogues)
    result = copy_table(work, batches=None if whole else 1)
    return TriedTable(
        table=name,
        source=work.compiled.source.name,
        in_scope=ledger.table(run, name).scope.total,
        tried=result.accounting.accounted - result.accounting.skipped,
        before=before,
        after=_rows(context.target, name),
        accounting=result.accounting,
        failure=result.failure,
    )


def _proved(plan: Plan, table: TriedTable, catalogues: Catalogues, context: Context, run: str) -> TriedTable:
    """With the references that come last, and its checks, where all that it refers to is there."""
    ledger, course = Ledger(context.target), Course.of(plan, catalogues.target)
    states = {record.table: record.state for record in ledger.tables_of(run)}
    if states[table.table] is not TableState.COPIED or course.waits(table.table, states):
        return table
    work = table_work(plan, table.table, catalogues, context, ledger.run(run))
    fill_references(work, course.late_parents(table.table))
    found = validate_table(context.source, context.target, ledger, run, work.compiled, plan.validation)
    return table.but(validation=found)


def _numbering(plan: Plan, catalogues: Catalogues) -> frozenset[str]:
    """The tables that the new database numbers, and whose numbers others hold."""
    return frozenset(r.parent for r in references_of(plan.mapping, catalogues.target) if r.made_late)


def _rows(target: Target, table: str) -> int:
    with target.connect("counting", reading=True) as connection:
        return connection.execute(select(func.count()).select_from(clause(table))).scalar_one()
