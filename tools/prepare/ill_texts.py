"""Texts of a SQLite file that are not UTF-8, though SQLite takes them for texts: looked for piece by piece.

To ask every value for itself costs as much as copying it. A piece of rows joined to one text is decoded at once; where
no piece is broken no value is.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from sqlalchemy import ColumnElement, Connection, FromClause, and_, case, func, literal, select, true

from ferryman.domain.mapping import TableMapping
from ferryman.tools.prepare.lineage import sources_of
from ferryman.tools.prepare.sqlite_scope import column_of
from ferryman.tools.prepare.sqlite_values import TEXTS, Expression, as_blob, by_python
from ferryman.tools.prepare.transform import CompiledTable

_PIECE = 2_000  #: rows that are joined
_LONG = 10_000  #: bytes from which a value is looked at by itself


def suspects(connection: Connection, compiled: CompiledTable, rows: FromClause) -> frozenset[str]:
    """The target columns for texts of which some legacy value in scope is not UTF-8, or may not be.

    `rows` are the legacy rows of a SQLite file, on a connection of `side_by_side`.
    """
    fed = {name: legacy for name, legacy in _fed(compiled) if legacy}
    if not fed or compiled.source_database.dialect != "sqlite":
        return frozenset()
    if not compiled.source.rowid or "rowid" in rows.c:
        return frozenset(fed)
    asked = tuple(dict.fromkeys(name for legacy in fed.values() for name in legacy))
    joined = [_joined(column_of(rows, name)) for name in asked]
    broken: set[str] = set()
    for piece in _pieces(connection, rows):
        found = connection.execute(select(*joined).select_from(rows).where(piece, compiled.in_filter(rows))).one()
        broken |= {name for name, text in zip(asked, found, strict=True) if text is not None and not _decodes(text)}
    return frozenset(name for name, legacy in fed.items() if broken.intersection(legacy))


def _fed(compiled: CompiledTable) -> Iterator[tuple[str, tuple[str, ...]]]:
    table: TableMapping = compiled.mapping
    for column in table.columns:
        if compiled.target.column(column.target).family in TEXTS:
            yield column.target, tuple(name for name in sources_of(table, column) if name in compiled.source.by_name)


def _pieces(connection: Connection, rows: FromClause) -> Iterator[ColumnElement[bool]]:
    """Key ranges that together hold every row."""
    position = column_of(rows, "rowid")
    bounds = [None, *_bounds(connection, rows, position), None]
    for above, upto in pairwise(bounds):
        yield and_(
            true() if above is None else position > above,
            true() if upto is None else position <= upto,
        )


def _bounds(connection: Connection, rows: FromClause, position: Expression) -> Iterator[int]:
    last: int | None = None
    while True:
        wanted = select(position).select_from(rows).order_by(position).limit(1).offset(_PIECE - 1)
        last = connection.execute(wanted if last is None else wanted.where(position > last)).scalar()
        if last is None:
            return
        yield last


def _joined(value: Expression) -> Expression:
    """The values of a piece with a blank between them, as bytes; of a long one only whether it is UTF-8."""
    alone = case((by_python("utf8", value).is_not(None), ""), else_=literal(b"\xff"))
    short = func.coalesce(func.length(as_blob(value)), 0) <= _LONG
    return as_blob(func.group_concat(case((short, value), else_=alone), " "))


def _decodes(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
