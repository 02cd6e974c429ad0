"""Columns that tell the rows of a table without a key apart together, as those of a link between two tables do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from math import prod

from sqlalchemy import Connection, func, literal, select

from ferryman.domain.schema import Column, Family, Table
from ferryman.tools.databases.dialect import clause
from ferryman.tools.discover.names import split_name

_KEYS = frozenset(
    (
        Family.INTEGER,
        Family.DECIMAL,
        Family.UUID,
        Family.DATE,
        Family.TIMESTAMP,
        Family.BOOLEAN,
        Family.ENUM,
        Family.TEXT,
    )
)
_LONGEST = 64  #: characters of a text that is part of a key
_MOST = 3  #: columns that are tried together, before all of them are
_LOOKED_AT = 8  #: columns, those that are called keys first
_ASKED = 3  #: sets that the database is asked about: what a sample tells apart need not differ in all rows


def together(connection: Connection, table: Table, values: Mapping[str, Sequence[object]]) -> tuple[str, ...]:
    """The fewest of the columns by which no two rows are alike; () where no set of them is found. `values` are those of
    sampled rows, by column."""
    known = [column for column in table.columns if _fits(column, values[column.name])]
    marked = sorted(known, key=lambda column: not _is_called_key(column))[:_LOOKED_AT]
    different = {column.name: len(set(values[column.name])) for column in known}
    rows = len(next(iter(values.values()), ()))
    enough = (names for names in _sets(marked, known) if prod(different[name] for name in names) >= rows)
    sets = (names for names in enough if _differ(names, values))
    asked = (names for names, _ in zip(sets, range(_ASKED), strict=False))
    return next((names for names in asked if not _repeats(connection, table, names)), ())


def _fits(column: Column, values: Sequence[object]) -> bool:
    texts = (value for value in values if isinstance(value, str | bytes))
    return column.family in _KEYS and None not in values and all(len(text) <= _LONGEST for text in texts)


def _is_called_key(column: Column) -> bool:
    return split_name(column.name)[-1:] in (("id",), ("code",), ("key",), ("no",), ("number",))


def _sets(marked: Sequence[Column], every: Sequence[Column]) -> Iterator[tuple[str, ...]]:
    for size in range(2, _MOST + 1):
        yield from (tuple(column.name for column in some) for some in combinations(marked, size))
    if len(every) > _MOST:
        yield tuple(column.name for column in every)


def _differ(names: Sequence[str], values: Mapping[str, Sequence[object]]) -> bool:
    rows = list(zip(*(values[name] for name in names), strict=True))
    return len(set(rows)) == len(rows)


def _repeats(connection: Connection, table: Table, names: Sequence[str]) -> bool:
    """Whether two rows are alike in some columns, or one of these is NULL in any row."""
    from_ = clause(table)
    columns = [from_.c[name] for name in names]
    alike = select(literal(1)).select_from(from_).group_by(*columns).having(func.count() > 1).limit(1)
    empty = (select(literal(1)).select_from(from_).where(column.is_(None)).limit(1) for column in columns)
    return any(connection.execute(one).first() is not None for one in (alike, *empty))
