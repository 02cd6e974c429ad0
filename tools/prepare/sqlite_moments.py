"""Dates, times and timestamps as SQLite expressions. A spelling that SQLite can tell is put in order by SQLite alone;
Python reads the rest. `arrow_cast` and `arrow_steps` are the same rules over Arrow."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import and_, case, func, or_

from ferryman.domain.mapping import Problem
from ferryman.domain.schema import Family
from ferryman.domain.transforms import LocalTime
from ferryman.tools.prepare import moments
from ferryman.tools.prepare.sqlite_goal import Goal
from ferryman.tools.prepare.sqlite_values import (
    TEXT,
    Condition,
    Expression,
    Value,
    as_number,
    by_python,
    glob,
    holds,
    is_number,
    kind,
)

Spellings = Sequence[tuple[Condition, Expression]]  #: how a canonical form is made of a spelling that is known
_MIDNIGHT = " 00:00:00"
_SECONDS = {"s": (-62135596800, 253402300799), "ms": (-62135596800000, 253402300799999)}  #: of the years 1 to 9999


def to_timestamp(value: Value, goal: Goal) -> Value:
    """As `moments.parse_timestamp`; the canonical spelling passes as it is."""
    sql = value.sql
    if value.family is Family.TIMESTAMP:
        return value
    if value.family is Family.DATE:
        return value.but(sql.concat(_MIDNIGHT), family=Family.TIMESTAMP)
    plain, parsed = glob(sql, "????-??-?? ??:??:??"), by_python("timestamp", sql)
    good = case((plain, in_calendar(func.datetime(sql, "+0 days"), sql)), else_=parsed.is_not(None))
    return spelt(value, goal, [(plain, sql)], parsed, good, Family.TIMESTAMP)


def to_date(value: Value, goal: Goal) -> Value:
    """As `moments.parse_date`."""
    sql, day = value.sql, func.substr(value.sql, 1, 10)
    if value.family is Family.DATE:
        return value
    if value.family is Family.TIMESTAMP:
        midnight = func.substr(sql, 11) == _MIDNIGHT
        made = case((midnight, day), else_=goal.refused(sql))
        return value.but(made, family=Family.DATE).failing(Problem.UNCASTABLE, ~midnight)
    plain, cut, parsed = glob(sql, "????-??-??"), glob(sql, f"????-??-??{_MIDNIGHT}"), by_python("date", sql)
    good = case((or_(plain, cut), in_calendar(func.date(day, "+0 days"), day)), else_=parsed.is_not(None))
    return spelt(value, goal, [(plain, sql), (cut, day)], parsed, good, Family.DATE)


def in_calendar(normal: Expression, sql: Expression) -> Condition:
    """Whether a moment is in the calendar: SQLite says the same of it, and makes another of the 31st of June."""
    return and_(normal.is_not_distinct_from(sql), sql >= "0001")


def spelt(value: Value, goal: Goal, known: Spellings, parsed: Expression, good: Condition, family: Family) -> Value:
    """A text in a family's canonical form: by SQLite where the spelling is known, else as Python parsed it."""
    sql, text = value.sql, kind(value.sql) == "text"
    made = case(*known, (text, goal.checked(parsed, sql)), else_=goal.refused(sql))
    bad = and_(sql.is_not(None), ~holds(and_(text, good)))
    return value.but(made, stored=TEXT, family=family).failing(Problem.UNCASTABLE, bad)


def to_time(value: Value, goal: Goal) -> Value:
    """As `moments.parse_time`."""
    parsed = by_python("time", value.sql)
    return spelt(value, goal, [], parsed, parsed.is_not(None), Family.TIME)


def from_epoch(value: Value, unit: str, goal: Goal) -> Value:
    """See `transforms.EpochToTimestamp`. SQLite's own for whole seconds, which most are; Python for the rest."""
    sql, counts = value.sql, is_number(value.sql)
    parsed = func.ferryman_epoch(as_number(sql), unit)
    inside = and_(kind(sql) == "integer", sql.between(*_SECONDS[unit]))
    made = goal.checked(case((counts, parsed)), sql)
    if unit == "s":
        made = case((inside, func.datetime(sql, "unixepoch")), (sql.is_not(None), made))
    timed = value.but(made, stored=TEXT, family=Family.TIMESTAMP).failing(Problem.UNCASTABLE, ~counts)
    return timed.failing(Problem.OUT_OF_RANGE, and_(~inside, counts, parsed.is_(None)))


def from_local(value: Value, step: LocalTime, goal: Goal) -> Value:
    """See `transforms.LocalTime`."""
    parsed = by_python("local", value.sql, step.zone, step.doubtful)
    return spelt(value, goal, [], parsed, parsed.is_not(None), Family.TIMESTAMP)


def from_format(text: Value, form: str, goal: Goal) -> Value:
    """See `transforms.TextToDate`. Digits at fixed places are put in order by SQLite."""
    family = Family.TIMESTAMP if moments.has_clock(form) else Family.DATE
    parsed, places = by_python("formatted", text.sql, form), moments.places(form)
    if places is None:
        return spelt(text, goal, [], parsed, parsed.is_not(None), family)
    plain, made = glob(text.sql, _pattern(places)), _in_order(text.sql, places.at, family)
    check = func.datetime if family is Family.TIMESTAMP else func.date
    good = case((plain, in_calendar(check(made, "+0 days"), made)), else_=parsed.is_not(None))
    return spelt(text, goal, [(plain, made)], parsed, good, family)


def _pattern(places: moments.Places) -> str:
    """The format as a GLOB; a character that GLOB gives a meaning stands in brackets."""
    spelled = ("[0-9]" if part is None else f"[{part}]" if part in "*?[" else part for part in places.parts)
    return "".join(spelled)


def _in_order(sql: Expression, at: dict[str, tuple[int, int]], family: Family) -> Expression:
    """The digits of year, month, day and clock as ISO 8601 has them."""
    clock = (("%H", " "), ("%M", ":"), ("%S", ":")) if family is Family.TIMESTAMP else ()
    made: Expression = func.substr(sql, *at["%Y"])
    for token, before in (("%m", "-"), ("%d", "-"), *clock):
        made = made.concat(before)
        made = made.concat(func.substr(sql, *at[token]) if token in at else "00")
    return made
