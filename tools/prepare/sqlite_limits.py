"""What a server's column cannot hold, as conditions over the values that are to be written; `arrow_limits` is the same
over Arrow."""

from __future__ import annotations

from sqlalchemy import and_, case, func, or_

from ferryman.domain.mapping import Problem
from ferryman.domain.schema import Family
from ferryman.tools.prepare import limits
from ferryman.tools.prepare.sqlite_goal import Goal
from ferryman.tools.prepare.sqlite_values import Value, as_blob, as_number, by_python, is_number, kind
from ferryman.tools.prepare.texts import BACKSLASH_IN_JSON, NUL_IN_JSON, TEXTS

_CLOCKS = {Family.TIMESTAMP: 19, Family.TIME: 8}  #: letters of a moment and of a time of day, to the second


def within_limits(value: Value, goal: Goal) -> Value:
    """The value, failing where the goal's column cannot hold it. SQLite's own columns hold everything."""
    if goal.dialect == "sqlite":
        return value
    value = _cut(value, limits.places_of(goal.column, goal.dialect), _CLOCKS.get(goal.column.family, 0))
    match goal.column.family:
        case Family.FLOAT:
            return _real(value, goal)
        case Family.TIMESTAMP if limits.is_stamp(goal.column, goal.dialect):
            first, beyond = limits.STAMPS
            return value.failing(Problem.OUT_OF_RANGE, or_(value.sql < first, value.sql >= beyond))
        case Family.UUID if limits.is_picky(goal.column, goal.dialect):
            return value.failing(Problem.UNCASTABLE, by_python("taken", value.sql) == 0)
        case family if family in TEXTS:
            return _text(value, goal)
    return value


def _cut(value: Value, places: int, whole: int) -> Value:
    """Moments without the digits that the column has not; `whole`: their letters before the point."""
    if places == limits.MOST_PLACES:
        return value
    sql, most = value.sql, limits.MOST_PLACES
    head, kept = func.substr(sql, 1, whole), func.substr(sql, whole + 2, places)
    nothing = func.replace(kept, "0", "") == ""
    filled = head.concat(".").concat(kept).concat("0" * (most - places))
    longer = func.length(sql) > whole
    lost = and_(longer, func.replace(func.substr(sql, whole + 2 + places), "0", "") != "")
    return value.but(case((and_(longer, nothing), head), (longer, filled), else_=sql), loses=lost)


def _real(value: Value, goal: Goal) -> Value:
    size, outside = func.abs(as_number(value.sql)), []
    if limits.is_single(goal.column, goal.dialect):
        outside.append(and_(size > limits.SINGLE, size <= limits.LARGEST))
        outside.append(and_(size != 0, size <= limits.NOTHING))
        rounded, is_real = func.ferryman_single(value.sql), kind(value.sql) == "real"
        value = value.but(case((is_real, rounded), else_=value.sql), loses=and_(is_real, rounded != value.sql))
    if not limits.is_endless(goal.dialect):
        outside.append(size > limits.LARGEST)
    return value.failing(Problem.OUT_OF_RANGE, and_(is_number(value.sql), or_(*outside))) if outside else value


def _text(value: Value, goal: Goal) -> Value:
    """On a server a text has to be UTF-8, and PostgreSQL has none with a NUL in it, nor JSON that names one."""
    if limits.is_padded(goal.column, goal.dialect):
        value = value.but(func.rtrim(value.sql, " "))
    is_text = kind(value.sql) == "text"
    made = value.failing(Problem.UNCASTABLE, and_(is_text, by_python("length", value.sql).is_(None)))
    if letters := limits.letters_of(goal.column, goal.dialect):
        made = made.failing(Problem.UNCASTABLE, by_python("spelt", value.sql, letters) == 0)
    if octets := limits.octets_of(goal.column, goal.dialect):
        made = made.failing(Problem.OUT_OF_RANGE, func.length(as_blob(value.sql)) > octets)
    if goal.dialect == "postgresql":
        made = made.failing(Problem.UNCASTABLE, and_(is_text, func.instr(value.sql, func.char(0)) > 0))
        if goal.column.native.lower() == "jsonb":
            escapes = func.replace(value.sql, BACKSLASH_IN_JSON, "")
            made = made.failing(Problem.UNCASTABLE, func.instr(escapes, NUL_IN_JSON) > 0)
    return made
