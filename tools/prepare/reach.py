"""Which tables of both databases a question about some tables of a plan can look into, and which columns of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ferryman.domain.filters import columns_of
from ferryman.domain.mapping import Strategy
from ferryman.domain.transforms import KeyByType, Lookup, RemapIds, Transform
from ferryman.tools.prepare.bonds import bonds
from ferryman.tools.prepare.lineage import policies
from ferryman.tools.prepare.transform import CompiledTable, compiled_as

Columns = dict[str, set[str]]


@dataclass
class Reach:
    """Per table the columns that are looked at. Tables are keyed by name; the key's columns are always among them."""

    legacy: Columns = field(default_factory=dict)
    target: Columns = field(default_factory=dict)

    def covers(self, other: Reach) -> bool:
        """Whether another is no wider."""
        both = (self.legacy, other.legacy), (self.target, other.target)
        return all(names <= mine.get(table, set()) for mine, theirs in both for table, names in theirs.items())


def reach_of(compiled: Iterable[CompiledTable], referring: Iterable[CompiledTable] = ()) -> Reach:
    """Whole tables for those that are asked about; of those whose references alone are, what these are made of; of the
    parents, and the parents' parents, what tells rows apart, and what decides whether they come."""
    reach, whole, part = Reach(), list(compiled), list(referring)
    names, asked = ({table.mapping.target for table in some} for some in (whole, (*whole, *part)))
    for table in relied_on((*whole, *part)):
        _add(reach, table, whole=table.mapping.target in names, asked=table.mapping.target in asked)
    return reach


def relied_on(compiled: Iterable[CompiledTable]) -> Iterator[CompiledTable]:
    """The tables themselves, their parents in the plan, and the parents' parents; each once."""
    waiting, seen = list(compiled), set[str]()
    while waiting:
        table = waiting.pop()
        if table.mapping.target in seen:
            continue
        seen.add(table.mapping.target)
        yield table
        waiting += [compiled_as(table, parent) for parent in _parents(table) if parent not in seen]


def _add(reach: Reach, table: CompiledTable, *, whole: bool, asked: bool) -> None:
    mapping, legacy, target = table.mapping, reach.legacy, reach.target
    matched, _ = policies(mapping)
    judged = asked or any(policy.strategy is Strategy.QUARANTINE for policy in mapping.policies)
    old = {column.name for column in table.source.columns} if whole else set(table.reads if judged else mapping.key)
    if mapping.filter is not None:
        old |= set(columns_of(mapping.filter))
    new = {column.name for column in table.target.columns} if whole else set()
    new |= {*table.target.primary_key, *mapping.id_columns}
    if judged:
        new |= {name for columns in table.target.uniques for name in columns}
    if matched is not None:
        old |= {pair.source for pair in matched.on}
        new |= {pair.target for pair in matched.on}
    _more(legacy, table.source.name, old)
    _more(target, table.target.name, new)
    if judged:
        _add_references(reach, table)


def _add_references(reach: Reach, table: CompiledTable) -> None:
    for bond in bonds(table):
        _more(reach.target, bond.parent, bond.parent_columns)
        if bond.legacy_parent is not None:
            _more(reach.legacy, bond.legacy_parent.name, (name for _, name in bond.pairs))
    for reference in table.references:
        matched, _ = policies(reference.parent)
        pairs = matched.on if matched else ()
        held = (*reference.link.referred, *reference.parent.key, *(pair.source for pair in pairs))
        _more(reach.legacy, reference.parent.source, held)
        _more(reach.target, reference.parent.target, (pair.target for pair in pairs))
        _more(reach.target, reference.parent.target, table.target_database.table(reference.parent.target).primary_key)
    for column in table.mapping.columns:
        for step in column.steps:
            if isinstance(step, Lookup):
                _more(reach.legacy, step.table, (step.key, step.value))
            for name in listed_parents(step):
                parent = table.plan.by_target[name]
                _more(reach.legacy, parent.source, parent.key)
                _more(reach.target, name, table.target_database.table(name).primary_key)


def _parents(table: CompiledTable) -> Iterator[str]:
    named: Mapping[str, object] = table.plan.by_target
    for bond in bonds(table):
        if bond.parent in named:
            yield bond.parent
    for reference in table.references:
        yield reference.parent.target
    yield from listed_in(table)


def listed_in(table: CompiledTable) -> tuple[str, ...]:
    """The targets whose rows a table names beside a type, or in lists; each once."""
    steps = (step for column in table.mapping.columns for step in column.steps)
    return tuple(dict.fromkeys(name for step in steps for name in listed_parents(step)))


def listed_parents(step: Transform) -> tuple[str, ...]:
    """The targets whose rows a step names beside a type, or in a list."""
    if isinstance(step, KeyByType):
        return tuple(dict.fromkeys(one.parent for one in step.parents))
    return (step.parent,) if isinstance(step, RemapIds) else ()


def _more(columns: Columns, table: str, names: Iterable[str]) -> None:
    columns.setdefault(table, set()).update(name for name in names)
