"""What hangs on a table that stopped: the facts that decide which ways on there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ferryman.agents.risk import overwrites
from ferryman.domain.approval import Amendment
from ferryman.domain.findings import MissingCause, MissingGroup, TableType
from ferryman.domain.mapping import Action, Mapping, Strategy, TableMapping
from ferryman.domain.plan import Counts, Plan
from ferryman.domain.recovery import Failure
from ferryman.domain.references import is_shared_out, meant, postponable, references_of
from ferryman.domain.schema import Database, Table
from ferryman.domain.stand_in import can_stand_in

FEW = 0.01  #: of the rows that a filter lets through: so many more may come along with what refers to them


@dataclass(frozen=True)
class Stake:
    """Facts about a table that stopped, its columns concerned, and the parents that are missing."""

    rows: int = 0  #: of the table, in scope; 0 where the plan does not count them
    dependants: tuple[str, ...] = ()  #: copied tables that refer to it
    nullable: bool = False  #: every column concerned takes NULL
    required: tuple[str, ...] = ()  #: the columns concerned that do not
    stand_in: bool = False  #: a placeholder can be made of every missing parent
    migratable: frozenset[str] = frozenset()  #: parents whose rows the plan knows how to copy
    filtered: tuple[tuple[str, int], ...] = ()  #: parents of which a filter leaves rows out, with the rows that go
    undone: frozenset[str] = frozenset()  #: parents whose filter would be undone by taking the missing rows along
    junction: bool = False
    overwritten: bool = False  #: rows that were in the target have been changed: only a rollback mends that
    rows_per_second: float | None = None
    failed: frozenset[Strategy] = frozenset()  #: tried for this failure, in vain
    below: tuple[tuple[str, int], ...] = ()  #: rows by table that hang on these and are in the target already
    earlier: Amendment | None = None  #: what was decided on the same cause before


def stake_of(plan: Plan, target: Database, failure: Failure, groups: tuple[MissingGroup, ...] = ()) -> Stake:
    """The stake that plan and catalogue tell; `failed`, `earlier` and a measured rate are for the caller to add."""
    table = target.table(failure.table)
    counts = plan.counts_by_table.get(failure.table, Counts(table=failure.table, source=0, in_scope=0, target=0))
    columns = {name for group in groups for name in group.columns} or set(failure.columns)
    may_be_empty = set(postponable(table, columns & table.by_name.keys()))
    batch = plan.batch_plans.get(failure.table)
    return Stake(
        rows=counts.in_scope,
        dependants=dependants_of(failure.table, plan.mapping, target),
        nullable=bool(columns) and may_be_empty == columns,
        required=tuple(sorted(columns - may_be_empty)),
        stand_in=bool(groups) and all(_stand_in(plan.mapping, table, target, group) for group in groups),
        migratable=frozenset(g.parent for g in groups) - {g.parent for g in groups if not _is_copied(plan.mapping, g)},
        filtered=tuple(_filtered(plan, groups)),
        undone=frozenset(g.parent for g in groups if _is_undone(plan, g)),
        junction=any(
            s.target == failure.table and s.table_type is TableType.JUNCTION for p in plan.phases for s in p.steps
        ),
        overwritten=overwrites(plan.mapping.by_target[failure.table], counts),
        rows_per_second=batch.estimate.rows_per_second if batch else None,
    )


def _filtered(plan: Plan, groups: tuple[MissingGroup, ...]) -> Iterator[tuple[str, int]]:
    for name in dict.fromkeys(group.parent for group in groups if group.cause is MissingCause.FILTERED_OUT):
        known, counts = plan.mapping.by_target.get(name), plan.counts_by_table.get(name)
        if known and known.filter and counts:
            yield name, counts.in_scope


def _is_undone(plan: Plan, group: MissingGroup) -> bool:
    return group.cause is MissingCause.FILTERED_OUT and undoes_filter(plan, _meant(plan.mapping, group), group.parents)


def undoes_filter(plan: Plan, parent: TableMapping | None, rows: int) -> bool:
    """Whether so many rows that come along against a parent's filter undo it: they are more than a few, or filters give
    them to another table, where they would be as well."""
    if parent is None or parent.filter is None:
        return False
    counts = plan.counts_by_table.get(parent.target)
    return is_shared_out(parent, plan.mapping) or (counts is not None and rows > counts.in_scope * FEW)


def _stand_in(mapping: Mapping, child: Table, target: Database, group: MissingGroup) -> bool:
    keys = (key for key in child.foreign_keys if set(key.columns) == set(group.columns))
    referred = next((key.parent_columns for key in keys), ())
    known = _meant(mapping, group)
    return mapping.takes_stand_ins(known) and can_stand_in(target.table(group.parent), known, referred)


def _is_copied(mapping: Mapping, group: MissingGroup) -> bool:
    known = _meant(mapping, group)
    return known is not None and known.action is Action.COPY


def _meant(mapping: Mapping, group: MissingGroup) -> TableMapping | None:
    return meant(mapping, mapping.by_target[group.table], group.columns, group.parent)


def dependants_of(table: str, mapping: Mapping, target: Database) -> tuple[str, ...]:
    """The other copied tables whose rows refer to a table, each once."""
    found = (r.child for r in references_of(mapping, target) if r.parent == table and r.child != table)
    return tuple(dict.fromkeys(found))


def earlier_decision(amendments: Iterable[Amendment], causes: Iterable[str]) -> Amendment | None:
    """The last decision on one of these causes, if there was one."""
    known = set(causes)
    return next((amendment for amendment in reversed(tuple(amendments)) if amendment.cause in known), None)
