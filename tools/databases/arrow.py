"""Rows of Python values to Arrow columns by type family, and what a column does when its values do not fit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc

from ferryman.domain.schema import Family

#: The Arrow type of a column whose values fit its family. Decimals travel as text: plain decimal digits, exactly
#: what was stored. OTHER has no type of its own: it takes that of its values where they are all of one kind.
ARROW: dict[Family, pa.DataType] = {
    Family.BOOLEAN: pa.bool_(),
    Family.INTEGER: pa.int64(),
    Family.DECIMAL: pa.string(),
    Family.FLOAT: pa.float64(),
    Family.TEXT: pa.string(),
    Family.DATE: pa.date32(),
    Family.TIME: pa.time64("us"),
    Family.TIMESTAMP: pa.timestamp("us"),
    Family.JSON: pa.string(),
    Family.UUID: pa.string(),
    Family.BINARY: pa.binary(),
    Family.ENUM: pa.string(),
    Family.OTHER: pa.string(),
}

_UNFIT = b"ferryman.unfit"
_TIME = re.compile(r"\d\d:\d\d(:\d\d(\.\d{1,6})?)?")
_DIGITS = re.compile(r"-?\d+(\.\d+)?")
_MOMENT: dict[Family, type] = {Family.DATE: date, Family.TIME: time, Family.TIMESTAMP: datetime}
_KIND = {int: "integer", float: "real", str: "text", bytes: "blob", bool: "boolean"}
_PLAIN = {Family.TEXT, Family.JSON, Family.UUID, Family.ENUM, Family.OTHER}


class Unfit(Exception):
    """A value does not fit the family of its column."""


def unfit(field: pa.Field) -> tuple[str, ...]:
    """The stored kinds that kept a column from its family's type, e.g. ("integer", "text"); () where it fits."""
    said = (field.metadata or {}).get(_UNFIT, b"")
    return tuple(said.decode().split(",")) if said else ()


def record_batch(names: Sequence[str], families: Sequence[Family], rows: Sequence[Sequence[object]]) -> pa.RecordBatch:
    """Rows as a batch. See `array` for what each column becomes."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    arrays, fields = [], []
    for name, family, values in zip(names, families, columns, strict=True):
        made, kinds = array(values, family)
        arrays.append(made)
        fields.append(pa.field(name, made.type, metadata=told(kinds)))
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


def joined_up(batches: Iterable[pa.RecordBatch], size: int) -> Iterator[pa.RecordBatch]:
    """Small batches as batches of up to `size` rows; shorter ones where a column changes its type in between.

    Rows of Python values cost the less the fewer of them are held at a time; Arrow's do not mind.
    """
    held: list[pa.RecordBatch] = []
    for batch in batches:
        rows = sum(one.num_rows for one in held) + batch.num_rows
        schema = _common([*held, batch]) if rows <= size else None
        if held and schema is None:
            yield _joined(held)
            held = []
        held = [_as(one, schema or batch.schema) for one in (*held, batch)]
    if held:
        yield _joined(held)


def _common(batches: Sequence[pa.RecordBatch]) -> pa.Schema | None:
    """What the columns of all of them can have in common; one without a value is of any type."""
    fields = []
    for position, field in enumerate(batches[0].schema):
        kinds = [b.schema.field(position) for b in batches if b.column(position).null_count < b.num_rows] or [field]
        if any(not kind.equals(kinds[0], check_metadata=True) for kind in kinds):
            return None
        fields.append(kinds[0])
    return pa.schema(fields)


def _as(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """The batch in a schema that differs at most in columns without a value."""
    if batch.schema.equals(schema, check_metadata=True):
        return batch
    columns = [
        column if column.type == field.type else pa.nulls(len(column), field.type)
        for column, field in zip(batch.columns, schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _joined(batches: Sequence[pa.RecordBatch]) -> pa.RecordBatch:
    if len(batches) == 1:
        return batches[0]
    columns = (pa.concat_arrays(parts) for parts in zip(*(batch.columns for batch in batches), strict=True))
    return pa.RecordBatch.from_arrays(list(columns), schema=batches[0].schema)


def told(kinds: tuple[str, ...]) -> dict[bytes, bytes] | None:
    """What a field's metadata says about kinds that did not fit; see `unfit`."""
    return {_UNFIT: ",".join(kinds).encode()} if kinds else None


def array(values: Sequence[object], family: Family) -> tuple[pa.Array, tuple[str, ...]]:
    """One column's values as Arrow, and the kinds that did not fit (() where all did).

    All bytes: binary, whatever the family. All of the family: `ARROW[family]`. Else strings that lose nothing:
    integers as decimal text, reals by `repr`, bytes, and text that is not UTF-8, as an SQL literal (X'00FF').
    """
    kinds = {type(value) for value in values} - {type(None)}
    if kinds == {bytes}:
        return pa.array(values, pa.binary()), () if family in (Family.BINARY, Family.OTHER) else ("blob",)
    try:
        return _fitting(values, kinds, family), ()
    except (Unfit, pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, ValueError):
        named = tuple(sorted(_KIND.get(kind, kind.__name__) for kind in kinds))
        return pa.array([_text(value) for value in values], pa.string()), named


def _fitting(values: Sequence[object], kinds: set[type], family: Family) -> pa.Array:
    if not kinds:
        return pa.nulls(len(values), ARROW[family])
    match family:
        case Family.BOOLEAN:
            return _booleans(values, kinds)
        case Family.INTEGER | Family.FLOAT:
            return pa.array(values, ARROW[family])
        case Family.DECIMAL:
            return pa.array([value if value is None else decimal_text(value) for value in values], pa.string())
        case Family.DATE | Family.TIME | Family.TIMESTAMP:
            return _moments(values, kinds, family)
        case Family.BINARY:
            raise Unfit
        case Family.OTHER if len(kinds) == 1 and kinds <= {int, float, str}:
            return pa.array(values)
        case _ if family in _PLAIN and kinds <= {str, UUID}:
            return pa.array([str(v) for v in values] if UUID in kinds else values, pa.string())
    raise Unfit


def _booleans(values: Sequence[object], kinds: set[type]) -> pa.Array:
    if kinds == {bool}:
        return pa.array(values, pa.bool_())
    numbers = pa.array(values, pa.int64())
    span = pc.min_max(numbers).as_py()
    if span["min"] < 0 or span["max"] > 1:
        raise Unfit
    return numbers.cast(pa.bool_())


def _moments(values: Sequence[object], kinds: set[type], family: Family) -> pa.Array:
    if kinds == {_MOMENT[family]} and not any(getattr(value, "tzinfo", None) for value in values):
        return pa.array(values, ARROW[family])
    if kinds != {str}:
        raise Unfit
    if family is not Family.TIME:
        return pa.array(values, pa.string()).cast(ARROW[family])
    texts = [str(value) if value is not None else None for value in values]
    if not all(text is None or _TIME.fullmatch(text) for text in texts):
        raise Unfit
    return pa.array([time.fromisoformat(text) if text is not None else None for text in texts], ARROW[family])


def decimal_text(value: object) -> str:
    """A number in plain decimal digits: 15, 0.99, 100000000000000000000. Raises Unfit for what is no finite number."""
    if isinstance(value, int):
        return str(int(value))
    text = repr(value) if isinstance(value, float) else str(value)
    if _DIGITS.fullmatch(text):
        return text.removesuffix(".0") if isinstance(value, float) else text
    if not isinstance(value, float | Decimal) or not Decimal(text).is_finite():
        raise Unfit
    return format(Decimal(text), "f")


def _text(value: object) -> str | None:
    match value:
        case None:
            return None
        case str():
            return value if value.isascii() or _is_unicode(value) else _literal(value.encode(errors="surrogateescape"))
        case bytes():
            return _literal(value)
        case float():
            return repr(value)
        case _:
            return str(value)


def _is_unicode(text: str) -> bool:
    """Whether it can be written as UTF-8: not with the lone surrogates that stand for other bytes."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _literal(value: bytes) -> str:
    return f"X'{value.hex().upper()}'"
