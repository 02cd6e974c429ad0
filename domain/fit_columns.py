"""Whether the columns of a table's mapping fit: names, steps, families, and that nothing required stays empty."""

from __future__ import annotations

from collections.abc import Iterator

from ferryman.domain.fit_names import Misfit, Path, unknown
from ferryman.domain.fit_values import Flow, flow_of
from ferryman.domain.mapping import Action, ColumnMapping, Derived, Mapping, Matched, Shape, TableMapping
from ferryman.domain.references import fills_nothing, parents_named
from ferryman.domain.schema import Database, Table
from ferryman.domain.transforms import (
    AddMetadataJson,
    ForeignKeyTo,
    Lookup,
    NewId,
    PreserveLegacyId,
    RemapIds,
    Transform,
)

_KEYED = (NewId, PreserveLegacyId, AddMetadataJson, ForeignKeyTo)


def column_misfits(
    path: Path, table: TableMapping, mapping: Mapping, source: Database, target: Database
) -> Iterator[Misfit]:
    """What of the columns of one table does not fit. Both tables are known to be there."""
    ours, theirs = source.table(table.source), target.table(table.target)
    seen: set[str] = set()
    for number, column in enumerate(table.columns):
        here: Path = (*path, "columns", number)
        if column.target in seen:
            yield Misfit((*here, "target"), f"{column.target} is filled twice", "one entry for each column")
        seen.add(column.target)
        names = [*_of_target(here, column, theirs), *_of_source(here, column, table, ours)]
        steps = [*_of_parents(here, column, mapping, target), *_of_lookups(here, column, source)]
        steps += _of_reference(here, column, mapping, ours)
        yield from (*names, *steps)
        if not names and not steps:
            yield from _of_values(here, column, Flow(table, mapping, ours, theirs, target))
    if table.action is Action.COPY:
        yield from _of_the_unfilled(path, table, theirs)


def _of_target(path: Path, column: ColumnMapping, theirs: Table) -> Iterator[Misfit]:
    if column.target not in theirs.by_name:
        yield unknown((*path, "target"), theirs.name, "column", column.target, theirs.by_name)
    elif theirs.column(column.target).generated:
        yield Misfit((*path, "target"), f"{column.target} is computed by the database", "leave it out")
    if fills_nothing(column):
        yield Misfit(path, f"{column.target} has neither a source nor a step", "a source column, or a constant")


def _of_source(path: Path, column: ColumnMapping, table: TableMapping, ours: Table) -> Iterator[Misfit]:
    for number, name in enumerate(column.source):
        by_position = name == "rowid" and ours.rowid and (column.uses(*_KEYED) or name in table.key)
        if name not in ours.by_name and not by_position:
            yield unknown((*path, "source", number), ours.name, "column", name, ours.by_name)


def _of_parents(path: Path, column: ColumnMapping, mapping: Mapping, target: Database) -> Iterator[Misfit]:
    for number, step in enumerate(column.steps):
        here: Path = (*path, "steps", number)
        for name in parents_named(step):
            parent = target.by_name.get(name)
            if name not in mapping.by_target or parent is None:
                what = f"{column.target} refers to {name}, which is not in this plan"
                yield Misfit((*here, "parent"), what, _parent_hint(name, mapping))
            elif isinstance(step, ForeignKeyTo) and mapping.feeding(name, step.source) is None:
                known = " or ".join(one.source for one in mapping.sources_of(name))
                would = f"{known}, or an entry of {step.source} among the further tables"
                yield Misfit((*here, "source"), f"the plan knows no rows of {step.source} in {name}", would)
            elif isinstance(step, ForeignKeyTo) and step.column and step.column not in parent.by_name:
                yield unknown((*here, "column"), parent.name, "column", step.column, parent.by_name)
            elif not isinstance(step, ForeignKeyTo):
                yield from _of_one_key((*here, "parent"), step, mapping.by_target[name], parent)


def _of_reference(path: Path, column: ColumnMapping, mapping: Mapping, ours: Table) -> Iterator[Misfit]:
    """A reference names a row by as many old columns as its parent's rows are told apart by."""
    step = column.steps[0] if column.steps else None
    if not isinstance(step, ForeignKeyTo) or step.column or not column.source:
        return
    parent = mapping.feeding(step.parent, step.source)
    if parent is None:
        return
    declared = (k.parent_columns for k in ours.foreign_keys if (k.parent, k.columns) == (parent.source, column.source))
    referred = next(declared, parent.key)
    if len(referred) != len(column.source):
        what = f"{', '.join(column.source)} cannot name a row of {parent.source}, told apart by {', '.join(referred)}"
        yield Misfit((*path, "source"), what, "as many columns in the same order, or another parent")


def _of_one_key(path: Path, step: Transform, parent: TableMapping, theirs: Table) -> Iterator[Misfit]:
    """Ids that stand in a text or beside a type name rows by one column, and go into a text."""
    if len(parent.key) != 1 or len(theirs.primary_key or parent.id_columns) != 1:
        yield Misfit(path, f"{parent.target} has no key of one column", "a parent with one key column on both sides")
    policy = parent.identity.otherwise if isinstance(parent.identity, Matched) else parent.identity
    if isinstance(step, RemapIds) and isinstance(policy, Derived) and policy.shape is Shape.BINARY:
        yield Misfit(path, f"new keys of {parent.target} are bytes, which no text can list", "a parent with other keys")


def _parent_hint(parent: str, mapping: Mapping) -> str:
    near = unknown((), "", "", parent, mapping.by_target).would_fit
    return near if near.startswith("did you mean") else f"add {parent} with action: copy or refer"


def _of_lookups(path: Path, column: ColumnMapping, source: Database) -> Iterator[Misfit]:
    for number, step in enumerate(column.steps):
        if not isinstance(step, Lookup):
            continue
        here: Path = (*path, "steps", number)
        table = source.by_name.get(step.table)
        if table is None:
            yield unknown((*here, "table"), "the old database", "table", step.table, source.by_name)
            continue
        for field, name in (("key", step.key), ("value", step.value)):
            if name not in table.by_name and not (name == "rowid" and table.rowid):
                yield unknown((*here, field), table.name, "column", name, table.by_name)


def _of_values(path: Path, column: ColumnMapping, flow: Flow) -> Iterator[Misfit]:
    wrong = flow_of(column, flow)
    if wrong is not None:
        at, what, would_fit = wrong
        yield Misfit((*path, *at), what, would_fit)


def _of_the_unfilled(path: Path, table: TableMapping, theirs: Table) -> Iterator[Misfit]:
    matched_only = isinstance(table.identity, Matched) and table.identity.otherwise is None
    for column in theirs.columns:
        if column.required and column.name not in table.by_target and not matched_only:
            yield Misfit(
                (*path, "columns"),
                f"{theirs.name}.{column.name} must be filled, and nothing does",
                "give it a source, or a constant step",
                f"{theirs.name}.{column.name}",
            )
