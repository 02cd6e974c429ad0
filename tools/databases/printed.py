"""Columns that a server printed as texts, as Arrow columns by type family, and bytes as texts that a server reads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ferryman.domain.schema import Family
from ferryman.tools.databases.arrow import ARROW, array, told

_CLOCKS = r"^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?$"
_NIBBLES = np.frombuffer(b"0123456789abcdef", np.uint8)
_MOMENTS = (Family.DATE, Family.TIMESTAMP)


def record_batch_of(names: Sequence[str], columns: Sequence[pa.Array], families: Sequence[Family]) -> pa.RecordBatch:
    """A batch as `Dialect.read` promises it, of columns as `natural` gives them."""
    arrays, fields = [], []
    for name, column, family in zip(names, columns, families, strict=True):
        made, kinds = _fitted(column, family)
        arrays.append(made)
        fields.append(pa.field(name, made.type, metadata=told(kinds)))
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


def _fitted(given: pa.Array, family: Family) -> tuple[pa.Array, tuple[str, ...]]:
    if family is Family.OTHER or (given.type == ARROW[family] and (family is not Family.DECIMAL or _digits(given))):
        return given, ()
    return array(given.to_pylist(), family)


def _digits(texts: pa.Array) -> bool:
    """Whether a server printed digits only, not NaN or Infinity."""
    return not pc.max(pc.binary_length(pc.ascii_trim(texts, "-.0123456789"))).as_py()


def natural(texts: pa.Array, family: Family | None, wanted: Family) -> pa.Array:
    """A printed column in the Arrow type of its own family (None: text), for a reader who wants `wanted` of it.

    The texts themselves where one of them is out of Arrow's reach: infinity, years beyond 9999 or before 1, 24:00.
    Decimals stay texts, and become `Decimal` for a reader who takes what there is (`Family.OTHER`).
    """
    try:
        match family:
            case None:
                return texts
            case Family.DECIMAL:
                return _decimals(texts) if wanted is Family.OTHER and _digits(texts) else texts
            case Family.TIME:
                return _clocks(texts)
        made = texts.cast(ARROW[family])
        return texts if family in _MOMENTS and _before_year_one(made) else made
    except (pa.ArrowInvalid, ArithmeticError):
        return texts


def _decimals(texts: pa.Array) -> pa.Array:
    return pa.array([None if text is None else Decimal(text) for text in texts.to_pylist()])


def _clocks(texts: pa.Array) -> pa.Array:
    """Times of a day, by way of timestamps of the first day there is; Arrow parses no times."""
    if not _all_match(texts, _CLOCKS):
        return texts
    kind = texts.type
    whole = pc.binary_join_element_wise(pa.scalar("1970-01-01", kind), texts, pa.scalar(" ", kind))
    return whole.cast(pa.timestamp("us")).cast(pa.int64()).cast(pa.time64("us"))


def _all_match(texts: pa.Array, pattern: str) -> bool:
    return bool(pc.all(pc.match_substring_regex(texts, pattern), min_count=0).as_py())


def _before_year_one(moments: pa.Array) -> bool:
    """Whether Arrow took something like 0000-01-01, which Python and most databases do not have."""
    return bool(pc.any(pc.less(moments, pa.scalar(date.min).cast(moments.type)), min_count=0).as_py())


def is_bytes(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind))


def hexed(given: pa.Array) -> pa.Array:
    """Bytes as hexadecimal digits; by numpy, since Arrow has no kernel for it."""
    given = given.cast(pa.large_binary())
    _, ends, data = given.buffers()
    bounds = np.frombuffer(ends, np.int64)[given.offset : given.offset + len(given) + 1]
    raw = np.frombuffer(data or b"", np.uint8)[bounds[0] : bounds[-1]]
    digits = np.empty(2 * len(raw), np.uint8)
    digits[0::2], digits[1::2] = _NIBBLES[raw >> 4], _NIBBLES[raw & 15]
    places = [None, pa.py_buffer(2 * (bounds - bounds[0])), pa.py_buffer(digits)]
    return pc.if_else(given.is_valid(), pa.Array.from_buffers(pa.large_string(), len(given), places), None)


def between(before: str, texts: pa.Array, after: str = "") -> pa.Array:
    """Each text with something before and after it; NULL stays NULL."""
    kind = pa.large_string()
    parts = (pa.scalar(before, kind), texts.cast(kind), pa.scalar(after, kind), pa.scalar("", kind))
    return pc.binary_join_element_wise(*parts)
