"""Moments that say that there is none: the zero dates of MariaDB and MySQL, also where a text or a file keeps them."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, FromClause, Text, and_, cast, func, select

from ferryman.domain.mapping import Problem
from ferryman.domain.never import NEVER
from ferryman.domain.schema import Family
from ferryman.tools.prepare.lookahead import What
from ferryman.tools.prepare.sqlite_scope import column_of
from ferryman.tools.prepare.transform import CompiledTable

_MOMENTS = (Family.DATE, Family.TIMESTAMP)


def never(connection: Connection, compiled: CompiledTable, found: Iterable[What], rows: FromClause) -> dict[What, int]:
    """Of the values that are no moment where one is to be, how many are a zero date. `connection` is one of
    `side_by_side`."""
    asked = {what: source for what in found if (source := _source(compiled, what))}
    if not asked:
        return {}
    problems, inside = compiled.problems(rows, decided=True), compiled.in_filter(rows)
    counts = [
        func.count().filter(and_(inside, problems[columns[0], problem], _is_never(column_of(rows, source))))
        for (columns, problem), source in asked.items()
    ]
    counted = connection.execute(select(*counts).select_from(rows)).one()
    return {what: int(count) for what, count in zip(asked, counted, strict=True) if count}


def _source(compiled: CompiledTable, what: What) -> str:
    """The one legacy column that the values come from; "" where another kind of value fails."""
    columns, problem = what
    line = compiled.mapping.by_target.get(columns[0]) if len(columns) == 1 else None
    if problem is not Problem.UNCASTABLE or line is None or len(line.source) != 1:
        return ""
    return line.source[0] if compiled.target.column(columns[0]).family in _MOMENTS else ""


def _is_never(value: ColumnElement[object]) -> ColumnElement[bool]:
    return func.trim(cast(value, Text)).in_(NEVER)
