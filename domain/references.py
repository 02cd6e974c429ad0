"""Who refers to whom among the tables of a mapping, and the rings that such references make."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ferryman.domain.checks import named_in
from ferryman.domain.mapping import ColumnMapping, Generated, Matched, TableMapping
from ferryman.domain.mapping import Mapping as TablesMapping
from ferryman.domain.model import Frozen
from ferryman.domain.schema import Column, Database, Table
from ferryman.domain.transforms import Constant, ForeignKeyTo, KeyByType, RemapIds, Transform


class Reference(Frozen):
    """Columns of a copied table that name a row of its parent; all are target names."""

    child: str
    columns: tuple[str, ...]
    parent: str
    required: bool  #: no row can be written without its parent: every column is NOT NULL
    waiting: tuple[str, ...] = ()  #: of the columns, those that may stay empty for a while
    made_late: bool = (
        False  #: the target numbers the parent's rows, so that their keys are known only when they are there
    )
    name: str = ""  #: of the constraint in the target's catalogue, where it has one
    at_once: bool = False  #: the target refuses a row of the child that comes before its parent, whatever follows
    checked: bool = False  #: a CHECK of the child speaks of its columns: an empty one may break it
    at_copy: bool = False  #: ids beside a type or in a list: they are looked up when the row is copied, never later

    @property
    def text(self) -> str:
        return f"{self.child}.{','.join(self.columns)} -> {self.parent}"

    @property
    def constraint(self) -> str:
        """Its name in the catalogue, else fk_<table>_<columns>."""
        return self.name or f"fk_{self.child}_{'_'.join(self.columns)}"


def references_of(mapping: TablesMapping, target: Database) -> tuple[Reference, ...]:
    """Every reference that the copied tables fill: declared by the target, or made by a foreign_key step.

    The parents may be copied or referred to; a reference whose columns stay empty is none. Nor is one value for every
    row where the target numbers the parent's rows: it names a row that was there before.
    """
    every = ((table, r) for table in mapping.copied for r in _references(table, target))
    found = {
        r.text: (table, r.but(made_late=_made_late(meant(mapping, table, r.columns, r.parent)))) for table, r in every
    }
    return tuple(r for table, r in found.values() if not (r.made_late and _is_one_value(table, r.columns)))


def _is_one_value(table: TableMapping, columns: Iterable[str]) -> bool:
    """Whether all columns hold the same in every row."""
    return all(not (made := table.by_target[name]).source and made.uses(Constant) for name in columns)


def _made_late(parent: TableMapping | None) -> bool:
    identity = parent.identity if parent else None
    return isinstance(identity.otherwise if isinstance(identity, Matched) else identity, Generated)


def _references(mapping: TableMapping, target: Database) -> Iterator[Reference]:
    table = target.by_name.get(mapping.target)
    if table is None:
        return
    filled = {column.target for column in mapping.columns if not fills_nothing(column)}
    for key in table.foreign_keys:
        if filled.issuperset(key.columns):
            at_once = key.in_force and key.stays
            yield _reference(table, key.columns, key.parent).but(name=key.name, at_once=at_once)
    declared = {column for key in table.foreign_keys if len(key.columns) == 1 for column in key.columns}
    for column in mapping.columns:
        parent = parent_of(column)
        if parent and column.target in table.by_name and column.target not in declared:
            yield _reference(table, (column.target,), parent)
        for other in (name for step in column.steps for name in _others(step)):
            if column.target in table.by_name:
                yield _reference(table, (column.target,), other).but(at_copy=True)


def of_the_same_rows(mapping: TablesMapping) -> dict[str, tuple[str, ...]]:
    """By copied table, the tables that are made of the same legacy rows as it, itself among them: where one refers to
    the other by the key of the row itself."""
    groups: dict[str, tuple[str, ...]] = {table.target: (table.target,) for table in mapping.copied}
    for table in mapping.copied:
        for column in table.columns:
            other = mapping.by_target.get(parent_of(column))
            if other is None or other.target not in groups or other.target in groups[table.target]:
                continue
            if _names_the_same_row(column, table, other):
                joined = {*groups[table.target], *groups[other.target]}
                group = tuple(name for name in mapping.by_target if name in joined)
                groups.update(dict.fromkeys(group, group))
    return groups


def is_shared_out(table: TableMapping, mapping: TablesMapping) -> bool:
    """Whether filters share the rows of a table's legacy table out among tables, of which this is one."""
    alike = of_the_same_rows(mapping).get(table.target, ())
    others = (t for t in mapping.copied if t.source == table.source and t.target not in alike)
    return table.filter is not None and any(other.filter for other in others)


def _names_the_same_row(column: ColumnMapping, table: TableMapping, other: TableMapping) -> bool:
    return table.target != other.target and table.source == other.source and column.source == other.key


def refers_to_the_same_row(table: TableMapping, other: TableMapping) -> bool:
    """Whether a table refers to another by the key of the legacy row that both are made of."""
    return any(parent_of(c) == other.target and _names_the_same_row(c, table, other) for c in table.columns)


def lost_columns(mapping: TablesMapping) -> Iterator[tuple[tuple[TableMapping, ...], tuple[str, ...]]]:
    """Legacy columns that go nowhere, with the tables of which none takes them."""
    for group in dict.fromkeys(of_the_same_rows(mapping).values()):
        tables = tuple(mapping.by_target[name] for name in group)
        lost = tuple(name for name in tables[0].ignored if all(name in table.ignored for table in tables))
        if lost:
            yield tables, lost


def fills_nothing(column: ColumnMapping) -> bool:
    """Whether a column mapping has neither a legacy column nor a step."""
    return not column.source and not column.steps


def parent_of(column: ColumnMapping) -> str:
    """The target table that a column's foreign_key step names; empty without such a step."""
    return next((step.parent for step in column.steps if isinstance(step, ForeignKeyTo)), "")


def meant(mapping: TablesMapping, child: TableMapping, columns: Iterable[str], parent: str) -> TableMapping | None:
    """How the rows of a parent that a child's columns name come to be there: of several legacy tables that fill it, of
    the one that is meant."""
    lines = (child.by_target[name] for name in columns if name in child.by_target)
    steps = (step for line in lines for step in line.steps if isinstance(step, ForeignKeyTo) and step.parent == parent)
    return mapping.feeding(parent, next((step.source for step in steps), ""))


def parents_named(step: Transform) -> tuple[str, ...]:
    """The target tables whose new keys a step needs, in the order that it names them."""
    return (step.parent,) if isinstance(step, ForeignKeyTo) else _others(step)


def _others(step: Transform) -> tuple[str, ...]:
    if isinstance(step, KeyByType):
        return tuple(pair.parent for pair in step.parents)
    return (step.parent,) if isinstance(step, RemapIds) else ()


def _reference(table: Table, columns: tuple[str, ...], parent: str) -> Reference:
    free = postponable(table, columns)
    checked = any(set(named_in(check, table)) & set(columns) for check in table.checks)
    return Reference(child=table.name, columns=columns, parent=parent, required=not free, waiting=free, checked=checked)


def postponable(table: Table, columns: Iterable[str]) -> tuple[str, ...]:
    """Of a reference's columns, those that may stay NULL for a while: nullable and not in the primary key."""
    return tuple(name for name in columns if _may_be_null(table, table.column(name)))


def _may_be_null(table: Table, column: Column) -> bool:
    return column.nullable and column.name not in table.primary_key


def rings(tables: Sequence[str], parents: Mapping[str, Iterable[str]]) -> tuple[tuple[str, ...], ...]:
    """The strongly connected components, parents before children, each in the order given. Tarjan, without recursion.

    A table that is in no ring is a component of its own.
    """
    position = {name: i for i, name in enumerate(tables)}
    search = _Search({name: [p for p in parents.get(name, ()) if p in position and p != name] for name in tables})
    for name in tables:
        search.start(name)
    return tuple(tuple(sorted(part, key=position.__getitem__)) for part in search.found)


class _Search:
    """One run of Tarjan's algorithm: `found` collects components, children after their parents."""

    def __init__(self, parents: Mapping[str, list[str]]) -> None:
        self.parents = parents
        self.found: list[list[str]] = []
        self._index: dict[str, int] = {}
        self._low: dict[str, int] = {}
        self._open: list[str] = []
        self._is_open: set[str] = set()

    def start(self, root: str) -> None:
        if root in self._index:
            return
        work = [(root, self._enter(root))]
        while work:
            name, parents = work[-1]
            parent = next(parents, None)
            if parent is None:
                work.pop()
                self._leave(name, work[-1][0] if work else None)
            elif parent not in self._index:
                work.append((parent, self._enter(parent)))
            elif parent in self._is_open:
                self._low[name] = min(self._low[name], self._index[parent])

    def _enter(self, name: str) -> Iterator[str]:
        self._index[name] = self._low[name] = len(self._index)
        self._open.append(name)
        self._is_open.add(name)
        return iter(self.parents[name])

    def _leave(self, name: str, below: str | None) -> None:
        if below is not None:
            self._low[below] = min(self._low[below], self._low[name])
        if self._low[name] != self._index[name]:
            return
        cut = self._open.index(name)
        part = self._open[cut:]
        del self._open[cut:]
        self._is_open.difference_update(part)
        self.found.append(part)
