"""Ids in lists that lead nowhere, by cause: counts and names. How many rows fail for them, `lookahead` says."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, FromClause, func, select

from ferryman.domain.findings import MissingCause, MissingGroup
from ferryman.tools.prepare.transform import CompiledTable


def lost_ids(
    connection: Connection, compiled: CompiledTable, column: str, rows: FromClause
) -> tuple[MissingGroup, ...]:
    """The ids in a target column's lists that its parent has no row of: per cause, in how many rows, and how many.

    A row counts for each of its causes. `connection` is one of `side_by_side`.
    """
    return tuple(_groups(connection, compiled, column, rows))


def _groups(connection: Connection, compiled: CompiledTable, column: str, rows: FromClause) -> Iterator[MissingGroup]:
    for parent, members in compiled.lost_members(column, rows):
        lost = members.subquery()
        counted = select(lost.c.cause, func.count(lost.c.row.distinct()), func.count(lost.c.id.distinct()))
        for cause, count, ids in connection.execute(counted.group_by(lost.c.cause).order_by(lost.c.cause)):
            yield MissingGroup(
                table=compiled.mapping.target,
                columns=(column,),
                parent=parent,
                constraint="",
                cause=MissingCause(cause),
                rows=int(count),
                parents=int(ids),
            )
