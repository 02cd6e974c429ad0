"""Changes of how columns are filled: each a function from mapping to mapping."""

from __future__ import annotations

from ferryman.agents.column_mapping import TableColumns
from ferryman.agents.facts import Facts
from ferryman.agents.pairing import Pairing
from ferryman.agents.revise_tables import copied_table_of, fed_in, hint, set_identity, set_key
from ferryman.agents.table_mapping import columns_of, names_of_rows, wants_names, with_brought
from ferryman.domain.changes import IgnoreColumn, MapColumn, MapValues, SetIdentity, SetKey, UnmapColumn
from ferryman.domain.errors import Usage
from ferryman.domain.mapping import AS_IT_IS, AS_SAID, ColumnMapping, Kept, Mapping, Matched, TableMapping
from ferryman.domain.references import parents_named
from ferryman.domain.schema import Column, Table
from ferryman.domain.transforms import AddMetadataJson, Concat, Constant, ForeignKeyTo, Rename, ValueMap


def map_column(mapping: Mapping, change: MapColumn, facts: Facts) -> Mapping:
    """These legacy columns feed that target column, by the steps given or those that the types call for.

    A legacy column that fed another target column of the same kind goes on feeding it.
    """
    mapping = with_brought(mapping, facts, {name for step in change.steps for name in parents_named(step)})
    table = copied_table_of(mapping, change.table, facts)
    column = _target(table, change.target, facts)
    for name in change.source:
        _source(table, name, facts)
    found = _columns(table, mapping, facts)
    if (column.name,) == found.pairing.target.primary_key and _are_names(change, table, found.pairing, facts):
        named = set_key(mapping, SetKey(table=change.table, key=change.source), facts)
        return set_identity(named, SetIdentity(table=change.table, identity=Kept()), facts)
    filled = _filled(change, column, found)
    return _with(mapping, table, filled, found)


def _are_names(change: MapColumn, table: TableMapping, pairing: Pairing, facts: Facts) -> bool:
    """Whether a legacy column is said to fill a key that is a name, and so tells the rows apart: what refers to them
    follows."""
    plain = all(isinstance(step, Rename) for step in change.steps) and not isinstance(table.identity, Matched)
    source = change.source[0] if len(change.source) == 1 else ""
    return plain and wants_names(pairing) and source in names_of_rows(pairing.source, facts)


def _filled(change: MapColumn, column: Column, found: TableColumns) -> ColumnMapping:
    match change.source, change.steps:
        case (source,), (ForeignKeyTo(parent=parent, column="", source=of),) if found.scope.takes_part(parent):
            return found.reference(column, source, found.key_of(column.name, parent), AS_SAID, of)
    if change.steps:
        as_it_is = all(isinstance(step, Rename) for step in change.steps)
        why = AS_IT_IS if as_it_is else AS_SAID
        return ColumnMapping(target=column.name, source=change.source, steps=change.steps, why=why)
    if not change.source:
        raise Usage(f"Nothing was named that fills {column.name}.", "Name a column of the old table, or a constant.")
    if len(change.source) > 1:
        return ColumnMapping(target=column.name, source=change.source, steps=(Concat(),), why=AS_SAID)
    reference = found.reference_from(column.name, change.source[0])
    if reference and found.scope.takes_part(reference.parent):
        return found.reference(column, change.source[0], reference, AS_SAID)
    plain = found.content(column, change.source[0], AS_SAID)
    if plain is None:
        ours = found.pairing.source.column(change.source[0])
        raise Usage(
            f"{change.source[0]} holds {ours.family.value} and cannot go into {column.name}, "
            f"which holds {column.family.value}.",
            "Choose another column, or give the steps in the plan's file.",
        )
    return plain


def unmap_column(mapping: Mapping, change: UnmapColumn, facts: Facts) -> Mapping:
    """Nothing fills a target column; its legacy column goes into the metadata."""
    table = copied_table_of(mapping, change.table, facts)
    _target(table, change.target, facts)
    kept = tuple(column for column in table.columns if column.target != change.target)
    return mapping.with_table(_columns(table, mapping, facts).tidied(table.but(columns=kept)))


def ignore_column(mapping: Mapping, change: IgnoreColumn, facts: Facts) -> Mapping:
    """A legacy column is left behind: it feeds nothing, not even the metadata."""
    table = copied_table_of(mapping, change.table, facts)
    _source(table, change.source, facts)
    if change.source in table.key:
        raise Usage(f"{change.source} tells the rows of {table.source} apart.", "It cannot be left behind.")
    kept = tuple(c for c in table.columns if c.source != (change.source,) or c.uses(AddMetadataJson))
    ignored = tuple(dict.fromkeys((*table.ignored, change.source)))
    return mapping.with_table(_columns(table, mapping, facts).tidied(table.but(columns=kept, ignored=ignored)))


def map_values(mapping: Mapping, change: MapValues, facts: Facts) -> Mapping:
    """Old values become new ones, before whatever else happens to the column's value.

    What was said of other values before still holds, unless the change says what becomes of all of them.
    """
    table = copied_table_of(mapping, change.table, facts)
    _target(table, change.target, facts)
    known = table.by_target.get(change.target)
    if known is None or not known.source:
        raise Usage(f"Nothing fills {change.table}.{change.target} yet.", "Say first which old column does.")
    others = tuple(step for step in known.steps if not isinstance(step, ValueMap | Rename | Constant))
    before = next((step for step in known.steps if isinstance(step, ValueMap)), None)
    made = ValueMap(pairs=change.pairs, otherwise=change.otherwise)
    if before is not None and change.otherwise == "keep":
        said = {str(pair.old) for pair in change.pairs}
        kept = tuple(pair for pair in before.pairs if str(pair.old) not in said)
        made = before.model_copy(update={"pairs": (*kept, *change.pairs)})
    steps = (made, *others)
    return _with(mapping, table, known.but(steps=steps, why=AS_SAID), _columns(table, mapping, facts))


def _with(mapping: Mapping, table: TableMapping, filled: ColumnMapping, found: TableColumns) -> Mapping:
    """One column filled in another way. Its legacy columns are not left behind any more."""
    others = tuple(column for column in table.columns if column.target != filled.target)
    ignored = tuple(name for name in table.ignored if name not in filled.source)
    return mapping.with_table(found.tidied(table.but(columns=(*others, filled), ignored=ignored)))


def _columns(table: TableMapping, mapping: Mapping, facts: Facts) -> TableColumns:
    return columns_of(table, facts, fed_in(mapping, facts), dict(mapping.by_target))


def _target(table: TableMapping, name: str, facts: Facts) -> Column:
    target: Table = facts.target.table(table.target)
    if name not in target.by_name:
        raise Usage(f"{table.target} has no column {name}.", hint(name, target.by_name))
    return target.column(name)


def _source(table: TableMapping, name: str, facts: Facts) -> Column:
    source: Table = facts.source.table(table.source)
    if name not in source.by_name:
        raise Usage(f"{table.source} has no column {name}.", hint(name, source.by_name))
    return source.column(name)
