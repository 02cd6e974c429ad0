"""Values as canonical bytes, so that equal values are equal bytes wherever they were read or computed.

A moment is its instant (no zone means UTC), a decimal its value at the column's scale, a boolean 1 or 0, a UUID its
32 hex digits, bytes an SQL literal. What does not fit its column's family stays as it is, and never raises: a wrong
value has to be seen, not stumbled over. No form depends on the other values of an array.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from enum import Enum
from math import isclose, isfinite

import pyarrow as pa
import pyarrow.compute as pc

from ferryman.domain.schema import Column, Family

FLOAT_DIGITS = 12  #: significant digits of a float that a careful comparison looks at
REAL_DIGITS = 15  #: significant digits that survive where decimals are kept as 64-bit floats (SQLite)
CLOSE = 1e-9  #: floats are the same within this share of the larger

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EXACT = Context(prec=200)


class Care(Enum):
    """How much trouble is taken over values that can be written in several ways."""

    QUICK = "quick"  #: JSON as text, floats to the last bit: equal bytes are equal values, others may still be
    CAREFUL = "careful"  #: JSON by value, floats to 12 digits, decimals at the column's scale: a Python call per value
    REAL = "real"  #: the same, for databases that keep decimals as 64-bit floats

    @classmethod
    def of(cls, dialect: str) -> Care:
        """The careful form for values that went through a database of this dialect."""
        return cls.REAL if dialect == "sqlite" else cls.CAREFUL


def canonical(values: pa.Array, column: Column, care: Care = Care.QUICK) -> pa.Array:
    """One column's values as canonical bytes (pyarrow binary), NULL where they are NULL."""
    if pa.types.is_null(values.type):
        return pa.nulls(len(values), pa.binary())
    if pa.types.is_binary(values.type) or pa.types.is_fixed_size_binary(values.type):
        values = _each(values, lambda value: _hex(value, column.family))
    return _form(values, column, care).cast(pa.string()).cast(pa.binary())


def _form(values: pa.Array, column: Column, care: Care) -> pa.Array:
    match column.family:
        case Family.BOOLEAN:
            return values.cast(pa.int8()) if pa.types.is_boolean(values.type) else _each(values, _boolean)
        case Family.TIMESTAMP | Family.DATE | Family.TIME:
            return _moments(values, column.family)
        case Family.FLOAT | Family.DECIMAL | Family.JSON:
            return _loose(values, column, care)
        case Family.UUID:
            return pc.replace_substring(pc.utf8_lower(values.cast(pa.string())), "-", "")
        case Family.INTEGER if not pa.types.is_integer(values.type):
            return _each(values, _integer)
    return values


def _loose(values: pa.Array, column: Column, care: Care) -> pa.Array:
    """The families whose values can be written in several ways."""
    quick = care is Care.QUICK
    if column.family is Family.FLOAT:
        return _floats(values) if quick else _each(values, _rounded)
    if column.family is Family.JSON:
        return values if quick else _each(values, _json)
    return _digits(values) if quick else _each(values, lambda value: _decimal(value, column.scale, care))


def same(expected: object, actual: object, column: Column, care: Care = Care.CAREFUL) -> bool:
    """Whether two values of a column are the same to a reader: floats by closeness, everything else as `canonical`."""
    if column.family is Family.FLOAT and isinstance(expected, int | float) and isinstance(actual, int | float):
        return isclose(expected, actual, rel_tol=CLOSE, abs_tol=0.0)
    alike = type(expected) is type(actual) and expected == actual
    return alike or _one(expected, column, care) == _one(actual, column, care)


def _one(value: object, column: Column, care: Care) -> object:
    return canonical(pa.array([value]), column, care)[0].as_py()


def _each(values: pa.Array, form: Callable[[object], str | None]) -> pa.Array:
    return pa.array([None if value is None else form(value) for value in values.to_pylist()], pa.string())


def _hex(value: object, family: Family) -> str:
    assert isinstance(value, bytes)
    return value.hex() if family is Family.UUID else f"X'{value.hex().upper()}'"


def _boolean(value: object) -> str:
    return {"true": "1", "false": "0"}.get(str(value).lower(), str(value))


def _integer(value: object) -> str:
    text = str(value)
    return text.removesuffix(".0") if isinstance(value, float) else text


def _moments(values: pa.Array, family: Family) -> pa.Array:
    """A whole column at once where it is of its family already; text is read value by value, its zone respected."""
    if family is Family.TIMESTAMP and pa.types.is_timestamp(values.type):
        return values.cast(pa.timestamp("us", values.type.tz), safe=False).cast(pa.int64())
    if family is Family.DATE and pa.types.is_date32(values.type):
        return values.cast(pa.int32())
    if family is Family.TIME and values.type == pa.time64("us"):
        return values.cast(pa.int64())
    return _each(values, {Family.TIMESTAMP: _instant, Family.DATE: _day, Family.TIME: _clock}[family])


def _instant(value: object) -> str:
    moment = value if isinstance(value, datetime) else _read(datetime.fromisoformat, value)
    if not isinstance(moment, datetime):
        return str(value).replace("+00", "")
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    since = moment - _EPOCH
    return str((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds)


def _day(value: object) -> str:
    day = value if isinstance(value, date) else _read(datetime.fromisoformat, value)
    if isinstance(day, datetime) and day.time() == time():
        day = day.date()
    return str(day.toordinal() - _EPOCH.toordinal()) if type(day) is date else str(value)


def _clock(value: object) -> str:
    clock = value if isinstance(value, time) else _read(time.fromisoformat, value)
    if not isinstance(clock, time):
        return str(value)
    return str((clock.hour * 3600 + clock.minute * 60 + clock.second) * 1_000_000 + clock.microsecond)


def _read(parse: Callable[[str], object], value: object) -> object:
    try:
        return parse(str(value))
    except ValueError:
        return None


def _floats(values: pa.Array) -> pa.Array:
    """Every float as the shortest text that gives it back; -0.0 is 0."""
    if pa.types.is_integer(values.type) or pa.types.is_floating(values.type):
        return pc.add(values.cast(pa.float64()), 0.0).cast(pa.string())
    numbers = pa.array([None if text is None else _read(float, text) for text in values.to_pylist()], pa.float64())
    return pc.coalesce(pc.add(numbers, 0.0).cast(pa.string()), values.cast(pa.string()))


def _rounded(value: object) -> str:
    number = _read(float, value)
    return f"{number + 0.0:.{FLOAT_DIGITS}g}" if isinstance(number, float) else str(value)


def _digits(values: pa.Array) -> pa.Array:
    """Plain decimal digits without the zeros that add nothing: 5.00 and 5 are one value."""
    text = values.cast(pa.string())
    trimmed = pc.utf8_rtrim(pc.utf8_rtrim(text, "0"), ".")
    return pc.if_else(pc.match_substring(text, "."), pc.if_else(pc.equal(trimmed, "-0"), "0", trimmed), text)


def _decimal(value: object, scale: int | None, care: Care) -> str:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return str(value)
    if not number.is_finite():
        return str(number)
    if care is Care.REAL:
        number = Decimal(f"{float(number):.{REAL_DIGITS}g}")
    if scale is not None:
        number = number.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP, _EXACT)
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def _json(value: object) -> str:
    document = _read(lambda text: json.loads(text, parse_float=_number), value)
    if document is None and str(value).strip() != "null":
        return str(value)
    return json.dumps(document, sort_keys=True, separators=(",", ":"))


def _number(text: str) -> int | float:
    """A number that is written with a point or an exponent; whole ones to their last digit, as a jsonb prints them."""
    number = float(text)
    if not isfinite(number) or not number.is_integer():
        return number
    exact = Decimal(text)
    return int(exact) if exact == exact.to_integral_value() else int(number)
