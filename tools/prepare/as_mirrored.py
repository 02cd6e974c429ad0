"""Legacy rows straight from a server, in the form that its mirror would give them (`mirror.py`), without the mirror.

So a row becomes the same on the straight way and on the careful one. What the mirror keeps as it is passes through;
moments and decimals too, where every use of the column takes them for what they are. Everything else is brought into
the mirror's form, value by value.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from ferryman.domain.schema import Column, Family
from ferryman.domain.transforms import AddCreatedAt, AddUpdatedAt, Rename
from ferryman.tools.databases.arrow import array, told, unfit
from ferryman.tools.prepare.lineage import sources_of
from ferryman.tools.prepare.mirror import stored
from ferryman.tools.prepare.transform import CompiledTable

_SAME = {Family.INTEGER, Family.TEXT, Family.JSON, Family.UUID, Family.ENUM, Family.BINARY}
_SPELT = {Family.DECIMAL, Family.DATE, Family.TIME, Family.TIMESTAMP}  #: what the mirror keeps in other words
_KEEPING = (Rename, AddCreatedAt, AddUpdatedAt)


def kept_columns(compiled: CompiledTable) -> frozenset[str]:
    """The columns of moments and decimals that only go where the target has the same. `compiled` as it is live."""
    spelt = {column.name: column.family for column in compiled.source.columns if column.family in _SPELT}
    for name in compiled.mapping.key:
        spelt.pop(name, None)
    for column in compiled.mapping.columns:
        family = compiled.target.column(column.target).family
        for name in sources_of(compiled.mapping, column):
            if spelt.get(name) is not family or not all(isinstance(step, _KEEPING) for step in column.steps):
                spelt.pop(name, None)
    return frozenset(spelt)


def as_mirrored(batch: pa.RecordBatch, compiled: CompiledTable, kept: frozenset[str]) -> pa.RecordBatch:
    """Rows of `CompiledTable.read` as the mirror of a server would give them."""
    arrays, fields = [], []
    for name in batch.schema.names:
        made, kinds = _column(batch, compiled.source.column(name), kept)
        arrays.append(made)
        fields.append(pa.field(name, made.type, metadata=told(kinds)))
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


def _column(batch: pa.RecordBatch, column: Column, kept: frozenset[str]) -> tuple[pa.Array, tuple[str, ...]]:
    given, family = batch.column(column.name), column.family
    if not unfit(batch.schema.field(column.name)):
        if family in _SAME or column.name in kept or (family is Family.FLOAT and not _has_nan(given)):
            return given, ()
        if family is Family.BOOLEAN:
            return given.cast(pa.int64()), ()
    return array(stored(batch, column.name, family), Family.OTHER)


def _has_nan(numbers: pa.Array) -> bool:
    return bool(pc.any(pc.is_nan(numbers), min_count=0).as_py())
