"""The implied cast over Arrow: what a value becomes in a column of the target, and which rows do not fit.

`sqlite_cast` is the same rule as expressions. Arrow does the work where it has a rule for it; odd spellings go
through Python, once per distinct value.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ferryman.domain.mapping import Problem
from ferryman.domain.schema import Column, Family
from ferryman.domain.transforms import BooleanWords
from ferryman.tools.databases.arrow import ARROW
from ferryman.tools.prepare import limits, moments, texts
from ferryman.tools.prepare.arrow_limits import within_limits
from ferryman.tools.prepare.arrow_values import Vector, as_mask, as_text, each, is_bytes, is_text, sort_out, there
from ferryman.tools.prepare.ranges import integer_range

_TIMESTAMPS = r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$"
_DATES = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_UUID = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
_DIGITS = re.compile(r"[ \t\n\v\f\r]*[+-]?[0-9]+[ \t\n\v\f\r]*", re.ASCII)
_CLOCK = re.compile(r"(-?)([0-9]+):([0-9]{2}):([0-9]{2}(?:\.[0-9]+)?)", re.ASCII)
_LONGEST = 300  #: digits that any real holds
_SHORT = r"^-?[0-9]{1,18}$"


def fit(vector: Vector, column: Column, dialect: str) -> Vector:
    """The values as the column takes them, of type `ARROW[column.family]`.

    Family OTHER stays as it was read: values of several kinds as strings, for an array holds one kind.
    """
    if vector.ready and vector.array.type == ARROW[column.family]:
        return vector
    if column.family is Family.OTHER:
        made = to_other(vector, column, dialect)
    else:
        made = vector.by_kind(lambda part: FITS[column.family](part, column, dialect))
    if vector.ready:
        return replace(made, problems=vector.problems)
    return within_limits(made, column, dialect)


def to_text(vector: Vector, column: Column, dialect: str) -> Vector:
    text = as_text(vector)
    if column.length is None:
        return text
    return text.failing(Problem.TOO_LONG, as_mask(pc.greater(pc.utf8_length(text.array), column.length)))


def to_integer(vector: Vector, column: Column, dialect: str) -> Vector:
    """Integers, and reals and texts that are whole numbers."""
    array, (lowest, highest) = vector.array, integer_range(column, dialect)
    if _all_match(array, _SHORT):
        array = array.cast(pa.int64())
    if pa.types.is_signed_integer(array.type) or pa.types.is_boolean(array.type):
        numbers = array.cast(pa.int64())
        outside = pc.or_(pc.less(numbers, lowest), pc.greater(numbers, highest))
        return vector.but(numbers).failing(Problem.OUT_OF_RANGE, as_mask(outside))

    def rule(value: Any) -> int | Problem:
        number = whole_number(value)
        if number is None:
            return Problem.UNCASTABLE
        return int(number) if lowest <= number <= highest else Problem.OUT_OF_RANGE

    return sort_out(vector, rule, pa.int64())


def whole_number(value: Any) -> int | float | None:
    """A whole number, or an infinity; None for anything else. A text with a point or exponent counts as a real."""
    if isinstance(value, str):
        if _DIGITS.fullmatch(value):
            return int(value)
        value = float(value) if texts.is_number(value) else None
    if isinstance(value, Decimal | int):
        return int(value) if value == int(value) else None
    if not isinstance(value, float) or math.isnan(value):
        return None
    return value if math.isinf(value) or value.is_integer() else None


def to_float(vector: Vector, column: Column, dialect: str) -> Vector:
    if pa.types.is_integer(vector.array.type) or pa.types.is_floating(vector.array.type):
        return vector.but(vector.array.cast(pa.float64(), safe=False))

    def rule(value: Any) -> float | Problem:
        number = isinstance(value, bool | Decimal) or (isinstance(value, str) and texts.is_number(value))
        return float(value) if number else Problem.UNCASTABLE

    return sort_out(vector, rule, pa.float64())


def to_decimal(vector: Vector, column: Column, dialect: str) -> Vector:
    """Plain digits as text, rounded to the column's scale."""
    scale = column.scale
    room = None if column.precision is None or scale is None else column.precision - scale
    if (plain := _plain_digits(vector.array, scale, room)) is not None:
        return vector.but(plain)

    def rule(value: Any) -> str | Problem:
        if isinstance(value, bytes | date | time) or (isinstance(value, str) and not texts.is_number(value)):
            return Problem.UNCASTABLE
        digits = texts.plain_digits(str(value) if isinstance(value, Decimal) else value, scale)
        if digits is None or (room is not None and len(digits.partition(".")[0].lstrip("-0")) > room):
            return Problem.OUT_OF_RANGE
        return digits

    return sort_out(vector, rule, pa.string())


def _plain_digits(array: pa.Array, scale: int | None, room: int | None) -> pa.Array | None:
    """The numbers as they print, all of them by Arrow, where that is what the rule makes of each; else None."""
    if not (is_text(array.type) or pa.types.is_signed_integer(array.type) or pa.types.is_floating(array.type)):
        return None
    whole, places = _LONGEST if room is None else room, _LONGEST if scale is None else scale
    before = f"(0|[1-9][0-9]{{0,{min(whole, _LONGEST) - 1}}})" if whole > 0 else "0"
    after = rf"(\.[0-9]{{1,{min(places, _LONGEST)}}})?" if places > 0 else ""
    printed = array.cast(pa.string())
    if not _all_match(printed, f"^-?{before}{after}$"):
        return None
    if not is_text(array.type) and pc.any(pc.equal(printed, "-0"), min_count=0).as_py():
        return None
    return printed


def to_boolean(vector: Vector, column: Column, dialect: str) -> Vector:
    """Zero and one, and the usual words."""
    if is_text(vector.array.type):
        return in_words(vector, texts.WORDS)
    if pa.types.is_boolean(vector.array.type):
        return vector
    known: dict[Any, bool] = {0: False, 1: True}
    return sort_out(vector, lambda value: known.get(value, Problem.UNCASTABLE), pa.bool_())


def in_words(vector: Vector, words: BooleanWords) -> Vector:
    """See `transforms.BooleanWords`. Words beyond ASCII fold case as Python does, others only the letters a to z."""
    text = as_text(vector)
    plain = all(word.isascii() for word in (*words.true, *words.false))
    meaning = {word.strip().casefold(): False for word in words.false}
    meaning |= {word.strip().casefold(): True for word in words.true}
    trimmed = pc.utf8_trim(text.array, characters=texts.BLANKS)
    folded = text.but(pc.ascii_lower(trimmed) if plain else trimmed)
    fold: Callable[[str], str] = str if plain else str.casefold
    return sort_out(folded, lambda value: meaning.get(fold(value), Problem.UNCASTABLE), pa.bool_())


def to_timestamp(vector: Vector, column: Column, dialect: str) -> Vector:
    """As `moments.parse_timestamp`, in UTC without a zone."""
    array = vector.array
    if pa.types.is_timestamp(array.type):
        utc = array if array.type.tz is None else array.cast(pa.timestamp("us", "UTC"))
        return vector.but(utc.cast(pa.timestamp("us"), safe=False))
    if pa.types.is_date(array.type):
        return vector.but(array.cast(pa.timestamp("us")))
    quick = _parsed(array, _TIMESTAMPS, pa.timestamp("us"))
    return vector.but(quick) if quick else sort_out(vector, _by(moments.parse_timestamp), pa.timestamp("us"))


def to_date(vector: Vector, column: Column, dialect: str) -> Vector:
    """As `moments.parse_date`."""
    array = vector.array
    if pa.types.is_date(array.type):
        return vector.but(array.cast(pa.date32()))
    if pa.types.is_timestamp(array.type):
        clock = pc.not_equal(pc.floor_temporal(array, unit="day"), array)
        made = vector.failing(Problem.UNCASTABLE, as_mask(clock))
        return made.but(made.array.cast(pa.date32()))
    quick = _parsed(array, _DATES, pa.date32())
    return vector.but(quick) if quick else sort_out(vector, _by(moments.parse_date), pa.date32())


def to_time(vector: Vector, column: Column, dialect: str) -> Vector:
    """As `moments.parse_time`."""
    if pa.types.is_time(vector.array.type):
        return vector.but(vector.array.cast(pa.time64("us")))
    return sort_out(vector, _by(moments.parse_time), pa.time64("us"))


def _by(parse: Callable[[str], Any]) -> Callable[[Any], Any]:
    def rule(value: Any) -> datetime | date | time | Problem:
        made = parse(value) if isinstance(value, str) else None
        return Problem.UNCASTABLE if made is None else made

    return rule


def _parsed(array: pa.Array, pattern: str, kind: pa.DataType) -> pa.Array | None:
    """All of them by Arrow, where all are spelt in the canonical way and in the calendar; else None."""
    if not _all_match(array, pattern) or as_mask(pc.starts_with(array, "0000")).any():
        return None
    try:
        return array.cast(kind)
    except pa.ArrowInvalid:
        return None


def _all_match(array: pa.Array, pattern: str) -> bool:
    if not is_text(array.type):
        return False
    return bool(pc.all(pc.match_substring_regex(array, pattern), min_count=0).as_py())


def to_uuid(vector: Vector, column: Column, dialect: str) -> Vector:
    """In lower case with dashes."""
    if _all_match(vector.array, _UUID):
        return vector

    def rule(value: Any) -> str | Problem:
        found = texts.parse_uuid(value)
        return Problem.UNCASTABLE if found is None else str(found)

    return sort_out(vector, rule, pa.string())


def to_json(vector: Vector, column: Column, dialect: str) -> Vector:
    """A text that is JSON already."""

    def rule(value: Any) -> str | Problem:
        return value if _is_json(value) else Problem.UNCASTABLE

    return sort_out(as_text(vector), rule, pa.string())


def _is_json(text: str) -> bool:
    try:
        _decode(text)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse(word: str) -> None:
    raise ValueError(word)


_decode = json.JSONDecoder(parse_constant=_refuse).decode  #: NaN and the infinities are no JSON


def to_binary(vector: Vector, column: Column, dialect: str) -> Vector:
    """Bytes, and texts as UTF-8, UUIDs as their bytes where there is room for just these; a number has no bytes."""
    array = vector.array
    if is_text(array.type) and column.length == texts.UUID_BYTES:
        made = sort_out(vector, lambda text: texts.bytes_of_uuid(text) or text.encode(), pa.binary())
    elif is_text(array.type) or is_bytes(array.type) or pa.types.is_null(array.type):
        made = vector.but(array.cast(pa.binary()))
    else:
        made = vector.but(pa.nulls(len(array), pa.binary())).failing(Problem.UNCASTABLE, there(array))
    if column.length is None:
        return made
    return made.failing(Problem.TOO_LONG, as_mask(pc.greater(pc.binary_length(made.array), column.length)))


def to_enum(vector: Vector, column: Column, dialect: str) -> Vector:
    """A text that is one of the members, where they are known."""
    text = as_text(vector)
    if not column.members:
        return text
    strange = ~as_mask(pc.is_in(text.array, pa.array(column.members, pa.string()))) & there(text.array)
    return text.failing(Problem.OUT_OF_RANGE, np.asarray(strange))


def to_other(vector: Vector, column: Column, dialect: str) -> Vector:
    """As it is, for the server's own type to read; on PostgreSQL the time of a clock as an interval, and whole numbers
    as bits."""
    if limits.is_bits(column, dialect):
        return vector.by_kind(lambda part: _bits(part, column))
    if dialect != "postgresql" or not column.native.startswith("interval"):
        return vector
    text = vector.but(vector.array.cast(pa.string())) if pa.types.is_time(vector.array.type) else vector
    return text.but(each(text.array, _interval, pa.string())) if is_text(text.array.type) else text


def _bits(vector: Vector, column: Column) -> Vector:
    if not (pa.types.is_integer(vector.array.type) or pa.types.is_boolean(vector.array.type)):
        return vector
    return sort_out(vector, lambda n: texts.bits_of(int(n), column.native) or Problem.UNCASTABLE, pa.string())


def _interval(text: str) -> str:
    """ "-01:00:30" as "PT-1H-30S", in ISO 8601; any other text stays."""
    found = _CLOCK.fullmatch(text)
    if found is None:
        return text
    sign, *numbers = found.groups()
    digits = [str(int(number)) for number in numbers[:2]]
    seconds, _, fraction = numbers[2].partition(".")
    digits.append(f"{int(seconds)}.{fraction}".rstrip("0").rstrip(".") if fraction else str(int(seconds)))
    parts = [f"{sign}{number}{unit}" for number, unit in zip(digits, "HMS", strict=True) if number != "0"]
    return f"PT{''.join(parts) or '0S'}"


FITS: dict[Family, Callable[[Vector, Column, str], Vector]] = {
    Family.TEXT: to_text,
    Family.INTEGER: to_integer,
    Family.FLOAT: to_float,
    Family.DECIMAL: to_decimal,
    Family.BOOLEAN: to_boolean,
    Family.TIMESTAMP: to_timestamp,
    Family.DATE: to_date,
    Family.TIME: to_time,
    Family.UUID: to_uuid,
    Family.JSON: to_json,
    Family.BINARY: to_binary,
    Family.ENUM: to_enum,
}


def typed(vector: Vector, family: Family) -> pa.Array:
    """The array of a fitted vector in its family's Arrow type, an array without any value too; texts where some values
    go as they print (`beyond`)."""
    kind = ARROW[family]
    if family is Family.OTHER or vector.array.type == kind or is_text(vector.array.type):
        return vector.array
    return vector.array.cast(kind)
