"""What a server's column cannot hold, looked for in the values that are to be written; `sqlite_limits` is the same as
conditions of SQL."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ferryman.domain.mapping import Problem
from ferryman.domain.schema import Column, Family
from ferryman.tools.prepare import limits
from ferryman.tools.prepare.arrow_values import Mask, Vector, as_mask, is_text
from ferryman.tools.prepare.texts import BACKSLASH_IN_JSON, NUL_IN_JSON, TEXTS


def within_limits(vector: Vector, column: Column, dialect: str) -> Vector:
    """The values, failing where the column cannot hold them. SQLite's own columns hold everything."""
    if dialect == "sqlite":
        return vector
    if (places := limits.places_of(column, dialect)) < limits.MOST_PLACES:
        unit = 10 ** (limits.MOST_PLACES - places)
        vector = vector.but(pc.floor_temporal(vector.array, multiple=unit, unit="microsecond"), ready=vector.ready)
    match column.family:
        case Family.FLOAT:
            return _reals(vector, column, dialect)
        case Family.TIMESTAMP if limits.is_stamp(column, dialect):
            first, beyond = (pa.scalar(text).cast(vector.array.type) for text in limits.STAMPS)
            outside = pc.or_(pc.less(vector.array, first), pc.greater_equal(vector.array, beyond))
            return vector.failing(Problem.OUT_OF_RANGE, as_mask(outside))
        case Family.UUID if limits.is_picky(column, dialect):
            return vector.failing(Problem.UNCASTABLE, _not(limits.is_taken, vector.array))
        case family if family in TEXTS and is_text(vector.array.type):
            return _texts(vector, column, dialect)
    return vector


def _reals(vector: Vector, column: Column, dialect: str) -> Vector:
    size = np.abs(vector.array.fill_null(0.0).to_numpy(zero_copy_only=False))
    outside = np.zeros(len(size), bool)
    if limits.is_single(column, dialect):
        outside |= ((size > limits.SINGLE) & (size <= limits.LARGEST)) | ((size != 0) & (size <= limits.NOTHING))
        printed = vector.array.cast(pa.float32(), safe=False).cast(pa.string())
        vector = vector.but(printed.cast(pa.float64()), ready=vector.ready)
    if not limits.is_endless(dialect):
        outside |= size > limits.LARGEST
    return vector.failing(Problem.OUT_OF_RANGE, outside)


def _texts(vector: Vector, column: Column, dialect: str) -> Vector:
    """PostgreSQL has no text with a NUL in it, nor JSON that names one."""
    if limits.is_padded(column, dialect):
        vector = vector.but(pc.utf8_rtrim(vector.array, characters=" "), ready=vector.ready)
    if letters := limits.letters_of(column, dialect):
        vector = vector.failing(Problem.UNCASTABLE, _not(lambda text: limits.has_letters(text, letters), vector.array))
    if octets := limits.octets_of(column, dialect):
        vector = vector.failing(Problem.OUT_OF_RANGE, as_mask(pc.greater(pc.binary_length(vector.array), octets)))
    if dialect == "postgresql":
        vector = vector.failing(Problem.UNCASTABLE, as_mask(pc.match_substring(vector.array, "\0")))
        if column.native.lower() == "jsonb":
            escapes = pc.replace_substring(vector.array, BACKSLASH_IN_JSON, "")
            vector = vector.failing(Problem.UNCASTABLE, as_mask(pc.match_substring(escapes, NUL_IN_JSON)))
    return vector


def _not(holds: Callable[[str], bool], texts: pa.Array) -> Mask:
    """Where something does not hold of a text; a NULL is none. Asked once of each text that there is."""
    known = texts.dictionary_encode()
    wrong = pa.array([not holds(text) for text in known.dictionary.to_pylist()], pa.bool_())
    return as_mask(wrong.take(known.indices))
