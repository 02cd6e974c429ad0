"""Which legacy columns a target column comes from, and whose key they name. Pure; both engines read it here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from ferryman.domain.errors import Usage
from ferryman.domain.filters import AllOf, Filter, of_one_value
from ferryman.domain.mapping import (
    ColumnMapping,
    Derived,
    Generated,
    IdPolicy,
    Kept,
    Mapping,
    Matched,
    Problem,
    Strategy,
    TableMapping,
)
from ferryman.domain.schema import Column, Database, Family, Table
from ferryman.domain.transforms import ForeignKeyTo, Lookup, NewId, PreserveLegacyId

ROWID = "rowid"
T = TypeVar("T")


@dataclass(frozen=True)
class Link:
    """Legacy columns of a child that name a row of a parent, and what of the parent's target row they stand for."""

    child: TableMapping
    parent: TableMapping
    column: str  #: the child's target column
    columns: tuple[str, ...]  #: the child's legacy columns
    referred: tuple[str, ...]  #: the legacy parent's columns that they hold
    position: int  #: which part of the parent's new key, from 0
    kept: bool  #: they refer to another column than the parent's key, which keeps its values
    looked_up: str = ""  #: the column of the legacy parent that the steps before have found by them; "" for none

    @property
    def after_steps(self) -> Link:
        """The same for what the steps before have made of the columns."""
        return replace(self, referred=(self.looked_up,)) if self.looked_up else self

    @property
    def by_key(self) -> bool:
        """Whether they hold the parent's legacy key itself."""
        return self.referred == self.parent.key


def sources_of(table: TableMapping, column: ColumnMapping) -> tuple[str, ...]:
    """The legacy columns that the first step takes: the key where a key is asked for and nothing is named."""
    if not column.source and column.steps and isinstance(column.steps[0], NewId | PreserveLegacyId):
        return table.key
    return column.source


def single(table: TableMapping, column: ColumnMapping, values: Sequence[T]) -> T:
    """The one value that is left after the last step. Raises Usage where there is none, or are several."""
    if len(values) == 1:
        return values[0]
    raise Usage(
        f"{table.target}.{column.target} has {len(values)} legacy columns, and no step makes one value of them.",
        "Add a concat step, or name one legacy column.",
        table=table.target,
    )


def link_of(
    mapping: Mapping, source: Database, target: Database, child: TableMapping, column: ColumnMapping
) -> Link | None:
    """The reference that a column makes by its foreign_key step; None without one.

    Raises Usage where the plan has no such parent.
    """
    step = next((step for step in column.steps if isinstance(step, ForeignKeyTo)), None)
    if step is None:
        return None
    parent = mapping.feeding(step.parent, step.source)
    if parent is None:
        of = f" of {step.source}" if step.source and step.parent in mapping.by_target else ""
        raise Usage(
            f"{child.target}.{column.target} refers to {step.parent}{of}, which has no place in the plan.",
            f"Add {step.parent} to the plan, copied or referred to.",
            table=child.target,
        )
    table = target.table(parent.target)
    ids = table.primary_key or parent.id_columns
    kept = bool(step.column) and step.column not in (*ids, *parent.id_columns)
    position = ids.index(step.column) if step.column in ids else 0
    columns, lookup = sources_of(child, column), _lookup_before(step, column, parent)
    referred = (lookup.key,) if lookup else _referred(source.table(child.source), columns, parent)
    return Link(child, parent, column.target, columns, referred, position, kept, lookup.value if lookup else "")


def _lookup_before(step: ForeignKeyTo, column: ColumnMapping, parent: TableMapping) -> Lookup | None:
    """The step that finds the legacy parent by what the child holds, such as a code, where one stands right before."""
    before = column.steps[column.steps.index(step) - 1] if column.steps.index(step) else None
    return before if isinstance(before, Lookup) and before.table == parent.source else None


def _referred(table: Table, columns: tuple[str, ...], parent: TableMapping) -> tuple[str, ...]:
    """By the legacy database's own foreign key where it declares one, else the parent's key."""
    for key in table.foreign_keys:
        if key.parent == parent.source and key.columns == columns:
            return key.parent_columns
    return parent.key


def policies(table: TableMapping) -> tuple[Matched | None, Kept | Derived | Generated | None]:
    """A table's identity taken apart: by what rows are found, and what those get that are not found."""
    identity: IdPolicy = table.identity
    return (identity, identity.otherwise) if isinstance(identity, Matched) else (None, identity)


def part_of(table: TableMapping, source: Table) -> Filter | None:
    """What must hold of a legacy row besides its key, where that is one column of several and the filter lets one value
    through of the others: statuses in one language. None where the key alone names a row."""
    pinned = of_one_value(table.filter)
    beside = [name for name in source.primary_key if name not in table.key]
    if not beside or not set(table.key) < set(source.primary_key) or not pinned.keys() >= set(beside):
        return None
    return AllOf(of=tuple(pinned[name] for name in beside))


def settled(table: TableMapping, column: Column, keys: Sequence[str], problem: Problem) -> Strategy | None:
    """The decision that lets a row go with another value: an empty one, or a shorter one. None without such.

    A key is never changed, and a column that takes no NULL never emptied.
    """
    for policy in table.policies:
        about = policy.problem is problem and set(policy.columns) in (set(), {column.name})
        fits = column.nullable if policy.strategy is Strategy.SET_NULL else problem is Problem.TOO_LONG
        if about and fits and column.name not in keys and policy.strategy in (Strategy.SET_NULL, Strategy.TRUNCATE):
            return policy.strategy
    return None


def key_column(target: Database, table: TableMapping, position: int) -> str:
    """The target column that holds a part of a table's new key. Raises Usage where it has no key."""
    keys = target.table(table.target).primary_key or table.id_columns
    if not keys:
        raise Usage(
            f"{table.target} has no key that others could refer to.", "Leave its references out.", table=table.target
        )
    return keys[position]


def kept_as(column: Column | None) -> Literal["number", "text", ""]:
    """How a key column stores its values, so that what refers to it is read the same way: a text 17 as the integer.

    None stands for a row's position.
    """
    if column is None or column.family in (Family.INTEGER, Family.DECIMAL):
        return "number"
    return "text" if column.family in (Family.TEXT, Family.UUID, Family.ENUM) else ""
