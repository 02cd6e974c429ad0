"""What the ledger tells of single legacy rows: that a run brought one, or that one lies in quarantine. It says why a
row is missing which the plan at hand does not move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Text,
    and_,
    case,
    cast,
    column,
    exists,
    func,
    literal,
    or_,
    select,
    table,
)

from ferryman.domain.schema import Column, Family
from ferryman.tools.prepare.identity import ROW_MAP, of_this_source

Expression = ColumnElement[Any]
Condition = ColumnElement[bool]

#: The rows in quarantine as SQL sees them.
QUARANTINE = table("ferryman_quarantine", *map(column, "run_id table_name source_key state".split()))
OPEN = "open"  #: the state of a row that waits in quarantine
_STAYS = (OPEN, "released")  #: the states of a row that is not in the target
_STAND_IN = "placeholder"  #: the kind of an entry for a row that only a number stands for


def is_spoken_of(target: str, source: str) -> Condition:
    """Whether the ledger has any row that a run brought of a legacy table into a target table."""
    entry = ROW_MAP.alias()
    return _any(entry, and_(of_this_source(target, source, entry), entry.c.kind != _STAND_IN))


def brought(target: str, source: str, source_key: Expression, new: Mapping[Column, Expression]) -> Condition:
    """Whether a run brought a row of a legacy table into a target table, be it there still or not, by its legacy key as
    the ledger writes it, or by its key in the target, by column; {} where that is not known. True or false, never NULL.
    """
    entry = ROW_MAP.alias()
    mine = and_(of_this_source(target, source, entry), entry.c.kind != _STAND_IN)
    single = and_(mine, entry.c.target_key_to.is_(None))
    ways = [_any(entry, and_(single, entry.c.source_key == source_key))]
    if new:
        # Not looked for one by one: the ledger has no index by these keys.
        ways.append(text_of_key(new).in_(select(entry.c.target_key).where(single, entry.c.target_key.is_not(None))))
        ways.append(_in_ranges(new, entry, and_(mine, entry.c.target_key_to.is_not(None))))
    return func.coalesce(or_(*ways), literal(0)) == 1


def _in_ranges(new: Mapping[Column, Expression], entry: FromClause, spans: Condition) -> Condition:
    """Whether a key lies in one of these ranges; they are gone through where it lies between their ends alone."""
    low, high = _ends(new, entry)
    first, last = (select(end).where(spans).scalar_subquery() for end in (func.min(low), func.max(high)))
    between = _comparable(new).between(first, last)
    return case((between, _any(entry, and_(spans, in_range(new, entry)))), else_=literal(value=False))


def _any(entry: FromClause, such: Condition) -> Condition:
    return exists(select(literal(1)).select_from(entry).where(such).correlate_except(entry))


def lies_aside(target: str, source: str, source_key: Expression) -> Condition:
    """Whether a row of a legacy table lies in quarantine, or was left there for good. True or false, never NULL."""
    held = QUARANTINE.alias()
    mine = and_(of_this_source(target, source, held), held.c.state.in_(_STAYS))
    return _any(held, and_(mine, held.c.source_key == source_key))


def text_of_key(key: Mapping[Column, Expression]) -> Expression:
    """A target key as SQL writes it for the ledger: `keys.target_text` of the same values, in their order."""
    texts: Sequence[Expression] = [
        func.lower(func.hex(value)) if of.family is Family.BINARY else cast(value, Text) for of, value in key.items()
    ]
    return texts[0] if len(texts) == 1 else func.json_array(*texts)


def in_range(key: Mapping[Column, Expression], entry: FromClause) -> Condition:
    """Whether a target key lies in an entry's range: of integers, or of ids whose texts go up as they do."""
    low, high = _ends(key, entry)
    return _comparable(key).between(low, high)


def _ends(key: Mapping[Column, Expression], entry: FromClause) -> tuple[Expression, Expression]:
    first, last = entry.c.target_key, entry.c.target_key_to
    return (cast(first, Integer), cast(last, Integer)) if _is_number(key) else (first, last)


def _comparable(key: Mapping[Column, Expression]) -> Expression:
    return next(iter(key.values())) if _is_number(key) else text_of_key(key)


def _is_number(key: Mapping[Column, Expression]) -> bool:
    return next(iter(key)).family is Family.INTEGER
