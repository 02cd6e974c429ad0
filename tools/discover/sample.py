"""A bounded number of a table's rows, spread over its key where it has an integer one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, TableClause, func, select, union_all
from sqlalchemy import column as column_clause

from ferryman.domain.schema import Family, Table

BLOCKS = 20  #: stretches of the key's range, from the start of each of which rows are taken


def sample(
    connection: Connection, table: Table, source: TableClause, columns: Sequence[ColumnElement[Any]], size: int | None
) -> Select[Any]:
    """A select of the columns (of `source`, the table's clause) of at most `size` of its rows; None takes all.

    Where there is SQLite's rowid, or the key is one integer column, from the start of twenty equal stretches of its
    range, so that it sees old and new rows alike; else the first rows in key order.
    """
    whole = select(*columns).select_from(source)
    if size is None:
        return whole
    key = _integer_key(table, source)
    span = None if key is None else _range(connection, source, key)
    if key is None or span is None:
        return whole.order_by(*(source.c[name] for name in table.key)).limit(size)
    low, high = span
    step = max(1, -(-(high - low + 1) // BLOCKS))
    blocks = [
        whole.where(key >= start, key < start + step).order_by(key).limit(size // BLOCKS).subquery()
        for start in range(low, high + 1, step)
    ]
    return select(union_all(*(select(block) for block in blocks)).subquery())


def _integer_key(table: Table, source: TableClause) -> ColumnElement[Any] | None:
    if table.rowid:
        return column_clause("rowid")
    if len(table.key) == 1 and table.column(table.key[0]).family is Family.INTEGER:
        return source.c[table.key[0]]
    return None


def _range(connection: Connection, source: TableClause, key: ColumnElement[Any]) -> tuple[int, int] | None:
    """Lowest and highest key, by two subqueries, since SQLite looks only one at a time up in an index.

    None where they are no integers, which SQLite does not keep out.
    """
    low = select(func.min(key)).select_from(source).scalar_subquery()
    high = select(func.max(key)).select_from(source).scalar_subquery()
    first, last = connection.execute(select(low, high)).one()
    return (first, last) if isinstance(first, int) and isinstance(last, int) else None
