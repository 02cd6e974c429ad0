"""The references of a table as the target means them: columns that together name one row of a parent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, case, not_, select, tuple_

from ferryman.domain.mapping import TableMapping
from ferryman.domain.schema import ForeignKey, Table
from ferryman.domain.transforms import ForeignKeyTo
from ferryman.tools.databases.dialect import clause
from ferryman.tools.prepare.identity import of_another_source
from ferryman.tools.prepare.lineage import sources_of
from ferryman.tools.prepare.sqlite_scope import column_of
from ferryman.tools.prepare.transform import CompiledReference, CompiledTable

Expression = ColumnElement[Any]
Condition = ColumnElement[bool]


@dataclass(frozen=True)
class Bond:
    """One reference of a table to a parent, of one column or of several.

    `pairs` says what it refers to in legacy: (the child's legacy column, the legacy parent's column); () where the
    legacy parent is not known.
    """

    child: CompiledTable
    key: ForeignKey  #: the target's own, or what a foreign_key step makes of columns that have none
    legacy_parent: Table | None
    pairs: tuple[tuple[str, str], ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The child's target columns."""
        return self.key.columns

    @property
    def parent(self) -> str:
        """The target table that is referred to."""
        return self.key.parent

    @property
    def parent_columns(self) -> tuple[str, ...]:
        """The target parent's columns, in the order of `columns`."""
        return self.key.parent_columns

    @property
    def pointed_at(self) -> tuple[str, ...]:
        """The legacy parent's columns by which legacy names its row."""
        return tuple(there for _, there in self.pairs)

    @property
    def feeding(self) -> TableMapping | None:
        """How the plan has the parent's rows: of several legacy tables that fill it, those of the one that is meant."""
        meant = self.child.plan.feeding(self.parent, self.legacy_parent.name) if self.legacy_parent else None
        return meant or self.child.plan.by_target.get(self.parent)

    @property
    def to_further(self) -> bool:
        """Whether rows are meant that another run brought, from another legacy table than the plan's."""
        return any(self.feeding is table for table in self.child.plan.further)

    @property
    def among_others(self) -> bool:
        """Whether a key that legacy does not have may be there all the same: see `Mapping.among_others`."""
        return self.feeding is not None and self.child.plan.among_others(self.feeding)

    @property
    def to_itself(self) -> bool:
        return self.parent == self.child.mapping.target and not self.to_further

    @property
    def constraint(self) -> str:
        """Its name in the catalogue, else fk_<table>_<columns>."""
        return self.key.name or f"fk_{self.child.mapping.target}_{'_'.join(self.columns)}"

    @property
    def nullable(self) -> bool:
        """Whether the target row may refer to nothing."""
        columns = [self.child.target.column(name) for name in self.columns]
        return all(column.nullable and column.name not in self.child.target.primary_key for column in columns)

    def names_one(self, from_: FromClause) -> Condition:
        """Whether a legacy row refers to anything: no part is NULL, or becomes NULL before a parent is looked for."""
        if self.pairs:
            made = [reference.column for reference in self.child.references if reference.column in self.columns]
            parts = (value.is_not(None) for value in self.old_key(from_))
            return and_(*parts, *(self.child.names_one(name, from_) for name in made))
        return and_(*(value.is_not(None) for value in self.new_key(from_)))

    def old_key(self, from_: FromClause) -> list[Expression]:
        """What a legacy row refers to, as legacy has it."""
        return [column_of(from_, name) for name, _ in self.pairs] or self.new_key(from_)

    def there(self, from_: FromClause, legacy: str | None) -> Condition:
        """Whether the target has the row that a legacy row refers to. True or false, never NULL. `legacy` is where the
        source's tables are."""
        parent = clause(self.child.target_database.table(self.parent)).alias()
        held = select(*(parent.c[name] for name in self.parent_columns))
        return and_(among(self.new_key(from_), held), *self.theirs(from_, legacy))

    def theirs(self, from_: FromClause, legacy: str | None) -> tuple[Condition, ...]:
        """What else must hold where a row of that key may be another legacy table's: legacy has the parent, and the
        row is not one that the other made, such as of a parent that came since."""
        if self.legacy_parent is None or self.feeding is None or not self.among_others:
            return ()
        old = among(self.old_key(from_), self.referred(clause(self.legacy_parent, schema=legacy).alias()))
        keys = self.new_key(from_)
        others = [of_another_source(self.parent, self.feeding.source, keys[0])] if len(keys) == 1 else []
        return old, *(not_(one) for one in others)

    def referred(self, parent: FromClause) -> Select[Any]:
        """The columns of the legacy parent that are referred to."""
        return select(*(column_of(parent, name) for _, name in self.pairs))

    def new_key(self, from_: FromClause) -> list[Expression]:
        """What the target row will refer to; a part is NULL where the parent has no new key yet."""
        return [self.child.asked(name, from_).sql for name in self.columns]


def bonds(compiled: CompiledTable) -> tuple[Bond, ...]:
    """Every reference that a table's columns fill: declared by the target, or made by a foreign_key step."""
    return tuple(_bonds(compiled))


def bond_of(compiled: CompiledTable, columns: Sequence[str]) -> Bond:
    """The reference that has these target columns. Raises KeyError when there is none."""
    for bond in bonds(compiled):
        if set(bond.columns) == set(columns):
            return bond
    raise KeyError(tuple(columns))


def listed_bond(compiled: CompiledTable, column: str, parent: str) -> Bond:
    """What a column's lists refer to, as a reference: its parent and the parent's key. Its values are no plain keys."""
    mapping = compiled.plan.by_target[parent]
    key = compiled.target_database.table(parent).primary_key or mapping.id_columns
    made = ForeignKey(columns=(column,), parent=parent, parent_columns=key, enforced=False)
    source = compiled.mapping.by_target[column].source[0]
    return Bond(compiled, made, compiled.source_database.table(mapping.source), ((source, mapping.key[0]),))


def as_one(columns: Sequence[Expression]) -> Expression:
    """A column, or several as a row value."""
    return columns[0] if len(columns) == 1 else tuple_(*columns)


def among(values: Sequence[Expression], held: Select[Any]) -> Condition:
    """Whether a select gives these values. True or false, never NULL.

    Said by CASE: where NULL and false come to the same, SQLite does not look through all that is held for a NULL in
    one of several columns (1,000 rows that 20,000 do not have: 3 s, and less than 0.1 s so).
    """
    return case((as_one(values).in_(held), 1), else_=0) == 1


def _bonds(compiled: CompiledTable) -> Iterator[Bond]:
    made = {reference.column: reference for reference in compiled.references}
    declared: set[str] = set()
    for key in compiled.target.foreign_keys:
        if set(key.columns) <= set(compiled.writes):
            declared |= set(key.columns)
            yield _declared(compiled, key, [made[name] for name in key.columns if name in made])
    for name, reference in made.items():
        if name not in declared:
            yield _declared(compiled, _undeclared(compiled, reference), [reference])


def _declared(compiled: CompiledTable, key: ForeignKey, made: list[CompiledReference]) -> Bond:
    """A part of a composite key can be made by a step for another parent, the one that this parent's own part names."""
    direct = [one.link for one in made if one.link.parent.target == key.parent]
    if direct:
        pairs = tuple(dict(pair for link in direct for pair in zip(link.columns, link.referred, strict=True)).items())
        return Bond(compiled, key, compiled.source_database.table(direct[0].parent.source), pairs)
    named = [sources_of(compiled.mapping, compiled.mapping.by_target[name]) for name in key.columns]
    columns = tuple(name for names in named for name in names)
    for legacy in compiled.source.foreign_keys:
        if legacy.columns == columns:
            pairs = tuple(zip(columns, legacy.parent_columns, strict=True))
            return Bond(compiled, key, compiled.source_database.table(legacy.parent), pairs)
    parent = compiled.plan.by_target.get(key.parent)
    theirs = (
        [sources_of(parent, parent.by_target[c]) for c in key.parent_columns if c in parent.by_target] if parent else []
    )
    if parent and [len(names) for names in theirs] == [len(names) for names in named]:
        pairs = tuple(zip(columns, (name for names in theirs for name in names), strict=True))
        return Bond(compiled, key, compiled.source_database.table(parent.source), pairs)
    return Bond(compiled, key, None, ())


def _undeclared(compiled: CompiledTable, reference: CompiledReference) -> ForeignKey:
    """What a foreign_key step refers to where the target declares nothing: the column it names, else the key."""
    link, steps = reference.link, compiled.mapping.by_target[reference.column].steps
    named = next(step.column for step in steps if isinstance(step, ForeignKeyTo))
    keys = compiled.target_database.table(link.parent.target).primary_key or link.parent.id_columns
    column = named or keys[link.position]
    return ForeignKey(columns=(reference.column,), parent=link.parent.target, parent_columns=(column,), enforced=False)
