"""A change of a plan that is being carried out: which tables it touches, and what of it rows that moved already see.

A table that has not begun may be changed in any way. In one that has, only the filter and what single values become,
and only where no row that was moved would be another one, or none, or was left out and would not be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ferryman.agents.wording import clean, count
from ferryman.domain.filters import AllOf, Comparison, Filter, Operator
from ferryman.domain.mapping import ColumnMapping, TableMapping
from ferryman.domain.mapping import Mapping as TablesMapping
from ferryman.domain.plan import Plan, Preflight
from ferryman.domain.transforms import Scalar, ValueMap


def changed_tables(before: TablesMapping, after: TablesMapping) -> tuple[str, ...]:
    """The target tables that are filled otherwise than before, or no more, or now as well."""
    old = {table.target: table for table in before.tables}
    new = {table.target: table for table in after.tables}
    names = dict.fromkeys((*old, *new))
    return tuple(name for name in names if _meaning(old.get(name)) != _meaning(new.get(name)))


def _meaning(table: TableMapping | None) -> object:
    if table is None:
        return None
    return table.model_dump(mode="json", exclude={"why": True, "columns": {"__all__": {"why"}}})


@dataclass(frozen=True)
class Seen:
    """Conditions on legacy rows by which one sees whether a change concerns any that was moved."""

    before: Filter | None
    after: Filter | None
    values: tuple[Comparison, ...] = ()  #: rows whose value becomes another one

    @property
    def both(self) -> Filter | None:
        return both(self.before, self.after)


def seen_by(before: TableMapping, after: TableMapping) -> Seen | None:
    """What of a begun table's change rows see; None where it goes further than its filter and single values."""
    values = list[Comparison]()
    old = before.by_target
    for column in after.columns:
        known = old.get(column.target)
        if known is not None and known.but(why="") == column.but(why=""):
            continue
        found = _other_values(known, column) if known else None
        if found is None:
            return None
        values.append(found)
    same = before.but(filter=None, columns=(), why="") == after.but(filter=None, columns=(), why="")
    if not same or {*old} != {*after.by_target}:
        return None
    return Seen(before.filter, after.filter, tuple(values))


def _other_values(before: ColumnMapping, after: ColumnMapping) -> Comparison | None:
    """The old values that become something else; None where more than the map of values differs."""
    if before.source != after.source or len(after.source) != 1:
        return None
    if [s for s in before.steps if s.use != "value_map"] != [s for s in after.steps if s.use != "value_map"]:
        return None
    old, new = _map(before), _map(after)
    if old is None or new is None or old.otherwise != new.otherwise:
        return None
    first, second = ({str(pair.old): pair.new for pair in one.pairs} for one in (old, new))
    kept: dict[str, Scalar] = {str(p.old): p.old for one in (old, new) for p in one.pairs if p.old is not None}
    other = tuple(kept[name] for name in kept if (name in first, first.get(name)) != (name in second, second.get(name)))
    return Comparison(column=after.source[0], op=Operator.ONE_OF, values=other)


def _map(column: ColumnMapping) -> ValueMap | None:
    """The column's one map of values; one that maps nothing where there is none."""
    found = [step for step in column.steps if isinstance(step, ValueMap)]
    if len(found) > 1:
        return None
    return found[0] if found else ValueMap(pairs=(), otherwise="keep")


def both(first: Filter | None, second: Filter | None) -> Filter | None:
    """The rows that pass two filters."""
    parts = tuple(one for one in (first, second) if one is not None)
    return AllOf(of=parts) if len(parts) > 1 else next(iter(parts), None)


def steady(before: Plan, after: Plan, sizes: Mapping[str, int]) -> Plan:
    """The plan with all that was measured for tables which stay as they were taken over from before."""
    changed = set(changed_tables(before.mapping, after.mapping))
    same = {table.target for table in after.mapping.copied if table.target not in changed}
    steps = {step.target: step for phase in before.phases for step in phase.steps}
    risks = {risk.table: risk for risk in before.risks}
    return after.but(
        counts=tuple(before.counts_by_table.get(c.table, c) if c.table in same else c for c in after.counts),
        batches=tuple(
            before.batch_plans.get(b.table, b) if b.table in same and b.table not in sizes else b for b in after.batches
        ),
        risks=tuple(risks.get(risk.table, risk) if risk.table in same else risk for risk in after.risks),
        phases=tuple(
            phase.but(steps=tuple(steps.get(s.target, s) if s.target in same else s for s in phase.steps))
            for phase in after.phases
        ),
    )


def looked_ahead(before: Plan, after: Plan, found: Preflight) -> Preflight:
    """What preflight found for the tables that changed, and what was known of the others: those may be filled."""
    changed = set(changed_tables(before.mapping, after.mapping))
    there = {table.target for table in after.mapping.copied}
    old = tuple(p for p in before.preflight.problems if p.table in there - changed)
    new = tuple(p for p in found.problems if p.table in changed)
    tables = {name: rows for name, rows in {**found.tables, **before.preflight.tables}.items() if name in there}
    return found.but(problems=(*old, *new), tables=tables | {n: found.tables[n] for n in changed if n in found.tables})


def too_late(table: str, moved: int, concerned: int, free: tuple[str, ...], here: bool) -> str:
    """Why a begun table cannot be changed like that, and what can be done. `here`: it is the one that stopped."""
    table = clean(table)
    if concerned:
        there = f"{count(moved, 'row')} of {table} that {'is' if moved == 1 else 'are'} moved already"
        why = f"{concerned:,} of the {there} would be different by that"
    else:
        why = f"{table} has begun: {moved:,} of its rows are moved as the plan was approved"
    left = f" Tables that have not begun can still be changed: {', '.join(map(clean, free))}." if free else ""
    undo = (
        'Say "undo this table"; once it is undone, say it again, and it is copied anew like that.'
        if here
        else "Let it go on and plan that anew afterwards, or undo everything and ask for another plan."
    )
    return f"That is too late for this run: {why}.{left} {undo}"
