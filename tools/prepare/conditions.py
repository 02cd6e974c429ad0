"""Which legacy rows: a key range, and a plan's typed filter, as SQL with bound values. The same in every database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, literal, or_, true, tuple_
from sqlalchemy.types import NullType

from ferryman.domain.filters import AllOf, Comparison, Filter, Operator
from ferryman.domain.run import Key, Segment
from ferryman.domain.transforms import Scalar

_COMPARE: dict[Operator, Callable[[Any, Any], Any]] = {
    Operator.EQUAL: eq,
    Operator.UNEQUAL: ne,
    Operator.LESS: lt,
    Operator.AT_MOST: le,
    Operator.GREATER: gt,
    Operator.AT_LEAST: ge,
}


def in_segment(key: Sequence[ColumnElement[Any]], segment: Segment) -> ColumnElement[bool]:
    """Whether a row's key lies in the range. A range without ends holds every row, those with a NULL key too."""
    ends: list[ColumnElement[bool]] = []
    if segment.after is not None:
        ends.append(_compared(key, segment.after, gt))
    if segment.upto is not None:
        ends.append(_compared(key, segment.upto, le))
    return and_(true(), *ends)


def passes(condition: Filter, column: Callable[[str], ColumnElement[Any]], *, few: bool = False) -> ColumnElement[bool]:
    """Whether a row passes a filter: true or false, never NULL. See `domain.filters` for what NULL means.

    `few`: hardly a row does, so that it is said in a way in which an index finds them.
    """
    if isinstance(condition, Comparison):
        value = column(condition.column)
        if few and condition.op in (Operator.EQUAL, Operator.ONE_OF):
            return and_(value.is_not(None), _comparison(condition, value))
        return func.coalesce(_comparison(condition, value), false())
    parts = [passes(part, column, few=few) for part in condition.of]
    return and_(true(), *parts) if isinstance(condition, AllOf) else or_(false(), *parts)


def _compared(key: Sequence[ColumnElement[Any]], end: Key, by: Callable[[Any, Any], Any]) -> ColumnElement[bool]:
    if len(key) == 1:
        compared: ColumnElement[bool] = by(key[0], _bound(end[0]))
    else:
        compared = by(tuple_(*key), tuple_(*(_bound(value) for value in end)))
    return compared


def _comparison(test: Comparison, column: ColumnElement[Any]) -> ColumnElement[bool]:
    match test.op:
        case Operator.IS_NULL:
            return column.is_(None)
        case Operator.NOT_NULL:
            return column.is_not(None)
        case Operator.ONE_OF:
            return column.in_([_bound(value) for value in test.values if value is not None])
        case Operator.NONE_OF:
            known = false() if None in test.values else column.is_not(None)
            return and_(known, column.not_in([_bound(value) for value in test.values]))
    compared: ColumnElement[bool] = _COMPARE[test.op](column, _bound(test.values[0]))
    return compared if test.values[0] is not None else false()


def _bound(value: Scalar) -> ColumnElement[Any]:
    """A value handed over as it is: SQLAlchemy would convert a list by the type of its first member."""
    return literal(value, NullType())
