"""New keys over Arrow: a row's own, and its parent's. `sqlite_references` is the same rule as expressions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from ferryman.domain.errors import Usage
from ferryman.domain.mapping import Derived, Generated, Kept, Problem, TableMapping
from ferryman.domain.schema import Column, Family
from ferryman.domain.transforms import ForeignKeyTo
from ferryman.tools.prepare.arrow_batch import Batch
from ferryman.tools.prepare.arrow_cast import fit, to_integer, typed, whole_number
from ferryman.tools.prepare.arrow_values import Vector, as_mask, as_text, each, there, values_of
from ferryman.tools.prepare.identity import HIGHEST, derive_many, derive_named
from ferryman.tools.prepare.lineage import Link, kept_as, key_column, link_of, policies

_INTEGER = Column(name="key", native="", family=Family.INTEGER)


def new_key(batch: Batch, values: Sequence[Vector], column: Column) -> Vector:
    """The key that a row of the batch's own table gets when it is written. `values` is its legacy key."""
    _, policy = policies(batch.table)
    keys = batch.target.table(batch.table.target).primary_key
    position = keys.index(column.name) if column.name in keys else 0
    if policy is None:
        return _resolved(batch, batch.table, values, position)
    return _by_policy(batch, batch.table, policy, values, position)


def referred_key(batch: Batch, step: ForeignKeyTo, values: Sequence[Vector], column: Column) -> Vector:
    """The new key of the parent that `values` name; NULL where one of them is, or where the parent has no key yet."""
    link = link_of(batch.mapping, batch.source, batch.target, batch.table, batch.table.by_target[column.name])
    assert link is not None
    if link.kept:
        return values[0]
    return _linked(batch, link.after_steps, values)


def key_of(batch: Batch, parent: TableMapping, value: Vector) -> Vector:
    """The new keys of the parent's rows whose legacy keys, of one column, are the values: as many as these are."""
    return _linked(batch, Link(batch.table, parent, "", (), parent.key, 0, False), [value])


def are_there(batch: Batch, parent: TableMapping, value: Vector, new: Vector) -> list[bool]:
    """Whether the parent has rows of these legacy keys, or of their `new` ones. See `References.there`."""
    column = batch.source.table(parent.source).by_name.get(parent.key[0])
    theirs = batch.target.table(parent.target).column(key_column(batch.target, parent, 0))
    keys = typed(fit(new, theirs, batch.target.dialect), theirs.family).to_pylist()
    return batch.references.there(parent.target, [values_of(stored_as(value, column))], keys)


def _linked(batch: Batch, link: Link, values: Sequence[Vector]) -> Vector:
    matched, policy = policies(link.parent)
    old = batch.source.table(link.parent.source).by_name
    values = [stored_as(value, old.get(name)) for value, name in zip(values, link.referred, strict=True)]
    keys = values if link.by_key else _through_legacy(batch, link, values)
    found = _resolved(batch, link.parent, keys, link.position) if matched else None
    if policy is None:
        assert found is not None
        return found
    made = _by_policy(batch, link.parent, policy, keys, link.position)
    if found is None:
        return made
    missing = ~there(found.array)
    problems = tuple((problem, mask & missing) for problem, mask in made.problems)
    return Vector(_first(found.array, made.array), ready=True, problems=problems)


def _by_policy(
    batch: Batch, table: TableMapping, policy: Kept | Derived | Generated, keys: Sequence[Vector], position: int
) -> Vector:
    match policy:
        case Kept():
            return keys[position] if len(keys) > 1 else keys[0]
        case Derived(version=8):
            return _numbered(batch, table, policy, keys)
        case Derived():
            rows = zip(*(values_of(key) for key in keys), strict=True)
            ids = derive_named(batch.mapping.namespace, table.source, rows, policy.shape)
            problems = tuple(problem for key in keys for problem in key.problems)
            return Vector(ids, ready=True, problems=problems)
        case Generated():
            return _resolved(batch, table, keys, position)


def _numbered(batch: Batch, table: TableMapping, policy: Derived, keys: Sequence[Vector]) -> Vector:
    if len(keys) != 1:
        raise Usage(
            f"Ids of version 8 are made of one integer, and the key of {table.source} has {len(keys)} columns.",
            "Choose version 5 for it.",
            table=table.target,
        )
    number = keys[0].by_kind(lambda part: to_integer(part, _INTEGER, batch.source.dialect))
    outside = pc.or_(pc.less(number.array, 0), pc.greater(number.array, HIGHEST))
    number = number.failing(Problem.OUT_OF_RANGE, as_mask(outside))
    ids = derive_many(batch.mapping.namespace, table.source, [number.array], 8, policy.shape)
    return number.but(ids, ready=True)


def _resolved(batch: Batch, table: TableMapping, keys: Sequence[Vector], position: int) -> Vector:
    found = batch.references.resolve(table, [values_of(key) for key in keys], position)
    return Vector(found, ready=True, problems=tuple(problem for key in keys for problem in key.problems))


def _through_legacy(batch: Batch, link: Link, values: Sequence[Vector]) -> list[Vector]:
    """The legacy parent's key, where the child refers to other columns of it."""
    table, held = link.parent.source, [values_of(value) for value in values]
    keys = [Vector(batch.references.lookup(table, link.referred, name, held)) for name in link.parent.key]
    return [replace(key, problems=tuple(problem for value in values for problem in value.problems)) for key in keys]


def _first(one: pa.Array, other: pa.Array) -> pa.Array:
    """The first of two that is not NULL; as text where they are of different types."""
    if one.type != other.type and not pa.types.is_null(one.type):
        other = other.cast(one.type)
    return other if pa.types.is_null(one.type) else pc.coalesce(one, other)


def stored_as(key: Vector, column: Column | None) -> Vector:
    """A key in the way that a column stores such; see `lineage.kept_as`."""
    how = kept_as(column)
    if how == "text":
        return as_text(key)
    if how == "" or (not key.kinds and pa.types.is_integer(key.array.type)):
        return key
    text, reals = as_text(key), pa.types.is_floating(key.array.type) or "real" in key.kinds
    kinds = ("integer", "text", *(["real"] if reals else []))
    return replace(text.but(each(text.array, _number, pa.string())), kinds=kinds)


def _number(text: str) -> str:
    """A text that reads as a whole number as that number prints: 017 and 17.0 as 17."""
    whole = whole_number(text)
    return text if whole is None or not -(2**63) <= whole < 2**63 else str(int(whole))
