"""From a plan to the work of one table: compiled against the live catalogues, with its scope and its ledger."""

from __future__ import annotations

from datetime import datetime

from ferryman.domain.mapping import Mapping
from ferryman.domain.plan import Plan
from ferryman.graph.context import Context
from ferryman.graph.facts import Catalogues
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.records import RunRecord, TableStart
from ferryman.tools.move.scope import fix_scope
from ferryman.tools.move.work import TableWork
from ferryman.tools.prepare.batching import size_for
from ferryman.tools.prepare.transform import CompiledTable, compile_table


def compiled(mapping: Mapping, table: str, catalogues: Catalogues, run_started: datetime) -> CompiledTable:
    """A table's mapping against the live catalogues. Raises Refused when a function changed, Usage when it misfits."""
    return compile_table(mapping, table, catalogues.source, catalogues.target, run_started=run_started)


def all_compiled(mapping: Mapping, catalogues: Catalogues, run_started: datetime) -> dict[str, CompiledTable]:
    """Every table that the mapping copies, by target name."""
    return {t.target: compiled(mapping, t.target, catalogues, run_started) for t in mapping.copied}


def copied_in_order(plan: Plan) -> tuple[str, ...]:
    """Target tables in the order of the phases."""
    return tuple(table for phase in plan.phases for table in phase.tables)


def table_starts(plan: Plan, catalogues: Catalogues, context: Context, now: datetime) -> tuple[TableStart, ...]:
    """Every table's scope, fixed now: rows that arrive later are the next run's."""
    work = all_compiled(plan.mapping, catalogues, now)
    return tuple(table_start(plan, work[table], context) for table in copied_in_order(plan))


def table_start(plan: Plan, table: CompiledTable, context: Context) -> TableStart:
    """One table's scope, measured now."""
    scope = fix_scope(context.source, context.target, table)
    batch = plan.batch_plans.get(table.target.name)
    return TableStart(
        table=table.target.name,
        source=table.source.name,
        scope=scope,
        batch_size=batch.size if batch else size_for(scope.total),
        estimated_seconds=(batch.estimate.low + batch.estimate.high) / 2 if batch else 0.0,
    )


def table_work(plan: Plan, table: str, catalogues: Catalogues, context: Context, record: RunRecord) -> TableWork:
    """What the copier needs for one table of a run."""
    return TableWork(
        source=context.source,
        target=context.target,
        compiled=compiled(plan.mapping, table, catalogues, record.run_started),
        ledger=Ledger(context.target),
        run=record.run,
        handling=plan.phase_of(table).handling,
    )
