"""References that are no plain columns, over Arrow: by a type beside the id, and ids packed into a text."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa

from ferryman.domain.mapping import Problem, TableMapping
from ferryman.domain.schema import Column, Family
from ferryman.domain.transforms import KeyByType, RemapIds
from ferryman.tools.prepare.arrow_batch import Batch
from ferryman.tools.prepare.arrow_references import are_there, key_of
from ferryman.tools.prepare.arrow_values import Mask, Vector, as_text, there, values_of
from ferryman.tools.prepare.lineage import key_column
from ferryman.tools.prepare.texts import Stored, ids_of, packed, text_of


def key_by_type(step: KeyByType, vectors: list[Vector], batch: Batch, column: Column) -> list[Vector]:
    """See `transforms.KeyByType`."""
    kind, number = as_text(vectors[0]), vectors[1]
    kinds, named = np.array(kind.array.to_pylist(), object), there(number.array)
    made: list[Any] = [None] * len(number)
    problems, missing, known = list(kind.problems), np.zeros(len(number), bool), np.zeros(len(number), bool)
    for pair in step.parents:
        of_this: Mask = kinds == text_of(pair.type)
        rows = (of_this & ~known).nonzero()[0]
        known |= of_this
        parent, part = batch.mapping.by_target[pair.parent], _taken(number, rows)
        keys = key_of(batch, parent, part)
        problems += [(problem, _spread(rows, mask, len(number))) for problem, mask in keys.problems]
        missing |= _spread(rows, ~np.array(are_there(batch, parent, part, keys), bool), len(number)) & named
        for row, key in zip(rows.tolist(), _new(batch, parent, keys), strict=True):
            made[row] = key
    unknown = named & ~known
    absent = ~named | unknown if step.otherwise == "null" else ~named
    found = replace(_mixed(made), absent=absent)
    for problem, mask in problems:
        found = found.failing(problem, mask)
    found = found.failing(Problem.MISSING_PARENT, missing)
    return [found.failing(Problem.UNMAPPED_VALUE, unknown) if step.otherwise == "stop" else found]


def remap_ids(step: RemapIds, vectors: list[Vector], batch: Batch, column: Column) -> list[Vector]:
    """See `transforms.RemapIds`."""
    return [_remapped(step, as_text(vector), batch) for vector in vectors]


def _remapped(step: RemapIds, text: Vector, batch: Batch) -> Vector:
    parent = batch.mapping.by_target[step.parent]
    lists = [None if one is None else ids_of(one, step.separator) for one in text.array.to_pylist()]
    every = Vector(pa.array([one for ids in lists for one in ids or ()], pa.string()))
    keys = key_of(batch, parent, every)
    known = iter(zip(_new(batch, parent, keys), are_there(batch, parent, every, keys), strict=True))
    made: list[str | None] = []
    lost = np.zeros(len(lists), bool)
    for row, ids in enumerate(lists):
        members = list(islice(known, len(ids or ())))
        lost[row] = not all(is_there for _, is_there in members)
        kept = [key for key, is_there in members if is_there]
        made.append(None if ids is None else packed(kept, step.separator))
    odd = there(text.array) & np.array([ids is None for ids in lists], bool)
    found = text.but(pa.array(made, pa.string())).failing(Problem.UNCASTABLE, odd)
    return found.failing(Problem.MISSING_PARENT, lost) if step.missing == "stop" else found


def _new(batch: Batch, parent: TableMapping, keys: Vector) -> list[Stored]:
    """New keys as the parent's own key column holds them: the id map writes numbers as texts."""
    number = batch.target.table(parent.target).column(key_column(batch.target, parent, 0)).family is Family.INTEGER
    values = values_of(keys)
    return [int(one) if number and isinstance(one, str) and one.lstrip("-").isdecimal() else one for one in values]


def _taken(vector: Vector, rows: Any) -> Vector:
    return Vector(vector.array.take(pa.array(rows)), vector.kinds)


def _spread(rows: Any, mask: Mask, length: int) -> Mask:
    whole = np.zeros(length, bool)
    whole[rows] = mask
    return whole


def _mixed(values: list[Any]) -> Vector:
    """Values of one type, or of several as texts."""
    try:
        return Vector(pa.array(values))
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return Vector(pa.array([None if one is None else str(one) for one in values], pa.string()))
