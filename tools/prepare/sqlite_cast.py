"""The implied cast as SQLite expressions: what a value becomes in a column of the target, and which rows do not fit.

Where the target column's affinity converts rightly by itself the value is left plain: that is the fastest, and a
value that does not fit lands as it is, never as NULL. `arrow_cast` is the same rule over Arrow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import REAL, Integer, and_, case, false, func, literal, or_
from sqlalchemy import cast as sql_cast

from ferryman.domain.mapping import Problem
from ferryman.domain.schema import Family
from ferryman.domain.transforms import BooleanWords
from ferryman.tools.prepare import limits
from ferryman.tools.prepare.ranges import WHOLE, integer_range
from ferryman.tools.prepare.sqlite_goal import Goal
from ferryman.tools.prepare.sqlite_limits import within_limits
from ferryman.tools.prepare.sqlite_moments import spelt, to_date, to_time, to_timestamp
from ferryman.tools.prepare.sqlite_values import (
    INTEGER,
    TEXT,
    Condition,
    Expression,
    Value,
    as_blob,
    as_number,
    as_text,
    beyond,
    by_python,
    glob,
    is_number,
    kind,
    trimmed,
    untyped,
)
from ferryman.tools.prepare.texts import UUID_BYTES, WORDS

_NO_DIGIT = 1e-13  #: of a real: less than this part of it is no digit that it was meant to have
_IN_DIGITS = frozenset(("text", "integer"))
_DIGITS_OF_REALS = 15  #: any number of so many is the same as a real
_LARGEST = 1.7976931348623157e308
_NUMBERS = frozenset(("integer", "real"))
_UUID = "????????-????-????-????-????????????"


def fit(value: Value, goal: Goal) -> Value:
    """The value as the goal's column takes it."""
    if value.ready:
        return value
    return within_limits(FITS[goal.column.family](value, goal), goal)


def to_text(value: Value, goal: Goal) -> Value:
    text = as_text(value)
    if goal.landing and "real" not in value.stored:
        text = text.but(value.sql)
    limit = goal.column.length
    return text if limit is None else text.failing(Problem.TOO_LONG, longer(text.sql, limit))


def longer(sql: Expression, limit: int) -> Condition:
    """Whether a text has more characters than that. SQLite's own count ends at a NUL."""
    hidden = and_(func.instr(sql, func.char(0)) > 0, by_python("length", sql) > limit)
    return and_(func.length(as_blob(sql)) > limit, or_(func.length(sql) > limit, hidden))


def to_integer(value: Value, goal: Goal) -> Value:
    """Integers, and reals and texts that are whole numbers."""
    bounds, sql, number = integer_range(goal.column, goal.dialect), value.sql, as_number(value.sql)
    if value.sure("integer"):
        return value if bounds == WHOLE else value.failing(Problem.OUT_OF_RANGE, ~sql.between(*bounds))
    whole = untyped(sql_cast(number, Integer))
    broken = and_(kind(number) == "real", number.between(*WHOLE), number != whole)
    odd = and_(kind(sql) != "integer", or_(~is_number(sql), broken))
    made = value.failing(Problem.UNCASTABLE, odd).failing(Problem.OUT_OF_RANGE, beyond(sql, bounds))
    if goal.landing:
        # Of all whole reals, -2**63 alone is left a real by an integer column.
        landed = sql if value.tidy or "real" not in value.stored else case((sql == WHOLE[0], WHOLE[0]), else_=sql)
        return made.but(landed, family=None)
    if value.tidy:
        return made.but(case((kind(sql) == "integer", sql), else_=goal.refused(sql)), stored=INTEGER)
    guarded = case((kind(sql) == "integer", sql), (and_(is_number(sql), ~broken), whole), else_=goal.refused(sql))
    return made.but(guarded, stored=INTEGER, family=None)


def _not_kept(value: Value, scale: int | None, *, whole: bool) -> Condition:
    """Whether a number in digits has more of them than the real that it is stored as; `whole`: integers stay such."""
    long = and_(kind(value.sql) == "text", func.length(value.sql) > _DIGITS_OF_REALS, is_number(value.sql))
    lost = and_(long, by_python("kept", value.sql, scale, whole) == 0)
    near = sql_cast(sql_cast(value.sql, REAL), Integer)
    return lost if whole else or_(lost, and_(kind(value.sql) == "integer", near != value.sql))


def to_float(value: Value, goal: Goal) -> Value:
    made = value.failing(Problem.UNCASTABLE, ~is_number(value.sql))
    made = replace(made, loses=_not_kept(value, None, whole=False)) if value.stored & _IN_DIGITS else made
    if goal.landing and value.stored & _NUMBERS:
        return made.but(value.sql, stored=value.stored, family=None)
    parsed = goal.checked(case((is_number(value.sql), by_python("float", value.sql))), value.sql)
    real = untyped(sql_cast(value.sql, REAL))
    plain = kind(value.sql).in_(("integer", "real"))
    return made.but(case((plain, real), else_=parsed), stored=frozenset(("real",)), family=None)


def to_decimal(value: Value, goal: Goal) -> Value:
    """Rounded to the column's scale; plain where it has that many places or fewer already."""
    scale, precision = goal.column.scale, goal.column.precision
    made = value
    if not value.sure("integer"):
        infinite = and_(is_number(value.sql), ~as_number(value.sql).between(-_LARGEST, _LARGEST))
        made = value.but(_decimal(value.sql, scale, goal), family=None)
        made = made.failing(Problem.UNCASTABLE, ~is_number(value.sql)).failing(Problem.OUT_OF_RANGE, infinite)
    unkept = _not_kept(value, scale, whole=True) if goal.dialect == "sqlite" and "text" in value.stored else false()
    made = replace(made, loses=unkept)
    if precision is None or scale is None:
        return made
    number, rounded = as_number(value.sql), as_number(_decimal(value.sql, scale, replace(goal, strict=False)))
    apart = func.abs(number - rounded) > _NO_DIGIT * func.abs(number)
    made = replace(made, loses=or_(unkept, and_(is_number(value.sql), apart)))
    end = 10 ** (precision - scale)
    end = end if end <= WHOLE[1] else float(end)  # what SQLite compares as an integer has 63 bits
    near = or_(number <= 1 - end, number >= end - 1)
    at_end = and_(or_(rounded == -end, rounded == end), _whole_digits(value.sql, scale) > precision - scale)
    outside = and_(near, is_number(value.sql), or_(rounded < -end, rounded > end, at_end))
    return made.failing(Problem.OUT_OF_RANGE, outside)


def _whole_digits(sql: Expression, scale: int) -> Expression:
    """How many digits a number has before its point, rounded: nines beyond the digits of a real look like one more."""
    digits = case((kind(sql) == "text", by_python("digits", sql, scale)), else_=func.ferryman_digits(sql, scale))
    return func.length(func.ltrim(func.substr(digits, 1, func.instr(digits.op("||")("."), ".") - 1), "-0"))


def _decimal(sql: Expression, scale: int | None, goal: Goal) -> Expression:
    known = ("integer", "real") if goal.landing else ("integer",)
    plain = kind(sql).in_(known) if scale is None else _rounded_already(sql, scale)
    of_text, of_number = by_python("digits", sql, scale), func.ferryman_digits(sql, scale)
    if goal.landing:
        of_text, of_number = by_python("decimal", sql, scale), func.ferryman_decimal(sql, scale)
    made = case((kind(sql) == "text", of_text), else_=of_number)
    return case((plain, sql), (sql.is_not(None), goal.checked(made, sql)))


def _rounded_already(sql: Expression, scale: int) -> Expression:
    """Whether a number is the one nearest to some decimal of this scale. `round` goes through text: what it says of
    most numbers of up to 15 digits is found by one division first, at a fifth of its time."""
    shift, most = literal(10.0**scale), 1e15 / 10.0**scale
    nearest = sql_cast(sql.op("*")(shift), Integer).op("/")(shift)
    return or_(and_(sql == nearest, sql.between(-most, most)), sql == func.round(sql, scale))


def to_boolean(value: Value, goal: Goal) -> Value:
    """Zero and one, and the usual words."""
    if value.family is Family.BOOLEAN:
        return value
    words = in_words(value, WORDS, goal)
    if value.sure("text"):
        return words
    odd = and_(kind(value.sql) != "text", value.sql.not_in((0, 1)))
    if not value.stored & frozenset(("text", "blob")):
        return value.failing(Problem.UNCASTABLE, odd)
    number = value.sql if goal.landing else untyped(sql_cast(value.sql, Integer))
    mixed = case((kind(value.sql) == "text", words.sql), else_=number)
    problems = tuple((p, and_(kind(value.sql) == "text", where)) for p, where in words.problems[len(value.problems) :])
    made = value.but(mixed, stored=_NUMBERS, family=None).failing(Problem.UNCASTABLE, odd)
    return replace(made, problems=made.problems + problems)


def in_words(value: Value, words: BooleanWords, goal: Goal) -> Value:
    """See `transforms.BooleanWords`. Beyond ASCII, case is folded by Python, and only where a word asks for it."""
    text = as_text(value)
    folded = trimmed(text.sql)
    plain = all(word.isascii() for word in (*words.true, *words.false))
    folded = func.lower(folded) if plain else by_python("fold", folded)
    meaning = {word.strip().casefold(): 0 for word in words.false} | {word.strip().casefold(): 1 for word in words.true}
    made = case(meaning, value=folded, else_=goal.refused(text.sql))
    answer = text.but(made, stored=INTEGER, family=Family.BOOLEAN)
    return answer.failing(Problem.UNCASTABLE, folded.not_in(tuple(meaning)))


def to_uuid(value: Value, goal: Goal) -> Value:
    """In lower case with dashes; 16 bytes are one too."""
    if value.family is Family.UUID:
        return value
    if "blob" in value.stored:
        value = value.but(case((kind(value.sql) == "blob", func.hex(value.sql)), else_=value.sql))
    parsed = by_python("uuid", value.sql)
    return spelt(
        value, goal, [(glob(value.sql, _UUID), func.lower(value.sql))], parsed, parsed.is_not(None), Family.UUID
    )


def to_json(value: Value, goal: Goal) -> Value:
    """A text that is JSON already. SQLite's own look at it ends at a NUL."""
    if value.family is Family.JSON:
        return value
    text = as_text(value)
    valid = and_(func.json_valid(text.sql) == 1, func.instr(text.sql, func.char(0)) == 0)
    return text.but(text.sql, family=Family.JSON).failing(Problem.UNCASTABLE, and_(text.sql.is_not(None), ~valid))


def to_binary(value: Value, goal: Goal) -> Value:
    """Blobs, and texts as UTF-8, UUIDs as their bytes where there is room for just these; a number has no bytes."""
    sql = as_blob(value.sql)
    if goal.column.length == UUID_BYTES and "text" in value.stored:
        sql = case((kind(value.sql) == "text", func.coalesce(by_python("uuid_bytes", value.sql), sql)), else_=sql)
    made = value.but(sql, stored=frozenset(("blob",)), family=None)
    if value.stored & _NUMBERS:
        made = made.failing(Problem.UNCASTABLE, kind(value.sql).in_(("integer", "real")))
    limit = goal.column.length
    return made if limit is None else made.failing(Problem.TOO_LONG, func.length(made.sql) > limit)


def to_enum(value: Value, goal: Goal) -> Value:
    """A text that is one of the members, where they are known."""
    text = as_text(value)
    members = goal.column.members
    return text.failing(Problem.OUT_OF_RANGE, text.sql.not_in(members)) if members else text


def as_it_is(value: Value, goal: Goal) -> Value:
    if not limits.is_bits(goal.column, goal.dialect) or value.sure("text"):
        return value
    whole = kind(value.sql) == "integer"
    bits = case((whole, func.ferryman_bits(value.sql, goal.column.native)), else_=value.sql)
    return value.but(bits, stored=value.stored | TEXT).failing(Problem.UNCASTABLE, and_(whole, value.sql < 0))


FITS: dict[Family, Callable[[Value, Goal], Value]] = {
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
    Family.OTHER: as_it_is,
}
