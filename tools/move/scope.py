"""Which legacy rows a run deals with: the last key and the counts, measured when it begins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, TableClause, and_, func, select

from ferryman.domain.errors import NeedsDecision
from ferryman.domain.run import Key, Segment
from ferryman.tools.databases.connect import Source, Target
from ferryman.tools.databases.dialect import clause
from ferryman.tools.move.records import Scope
from ferryman.tools.prepare.side_by_side import legacy_rows
from ferryman.tools.prepare.transform import CompiledTable


def fix_scope(source: Source, target: Target, compiled: CompiledTable) -> Scope:
    """Measure a table's scope now. Rows with a greater key that come later are the next run's."""
    doing = f"counting the rows of {compiled.source.name}"
    with legacy_rows(source, doing, compiled) as (connection, seen, from_):
        keys = seen.key_columns(from_)
        upper = last_key(connection, from_, keys)
        whole = and_(*(key.is_not(None) for key in keys))
        scope = Scope(
            upper=upper,
            source_rows=count_rows(connection, from_),
            total=count_rows(connection, from_, whole, seen.in_filter(from_)),
            null_keys=count_rows(connection, from_, ~whole),
        )
    with target.connect(f"counting the rows of {compiled.target.name}", reading=True) as connection:
        return scope.but(target_before=count_rows(connection, clause(compiled.target)))


def in_scope(source: Source, compiled: CompiledTable) -> int:
    """The rows that pass the filter at this moment."""
    with legacy_rows(source, f"counting the rows of {compiled.source.name}", compiled) as (connection, seen, from_):
        return count_rows(connection, from_, seen.in_filter(from_))


def last_key(connection: Connection, from_: TableClause, keys: Sequence[ColumnElement[object]]) -> Key | None:
    """The greatest key without a NULL; None when there is none."""
    wanted = select(*keys).where(*(key.is_not(None) for key in keys)).order_by(*(key.desc() for key in keys)).limit(1)
    row = connection.execute(wanted.select_from(from_)).first()
    return None if row is None else as_key(row)


def as_key(row: Row[*tuple[Any, ...]]) -> Key:
    """A row of key columns as a key. Raises NeedsDecision for bytes, which a ledger of texts cannot hold."""
    if any(isinstance(value, bytes) for value in row):
        raise NeedsDecision(
            "The old table's key holds binary values, which cannot be read in order yet.",
            'Choose another key for it, such as its position in the file ("rowid").',
        )
    return tuple(row)


def arrived_since(source: Source, compiled: CompiledTable, upper: Key | None) -> int:
    """Rows that came after the scope was fixed."""
    with legacy_rows(source, "counting rows that came since", compiled) as (connection, seen, from_):
        return count_rows(connection, from_, *([seen.where(from_, Segment(after=upper))] if upper else []))


def still_there(source: Source, compiled: CompiledTable, upper: Key | None) -> int:
    """Rows in scope that the old database has now; those without a whole key are not among them."""
    with legacy_rows(source, "counting the rows in scope", compiled) as (connection, seen, from_):
        return count_rows(connection, from_, seen.where(from_, Segment(upto=upper))) if upper else 0


def count_rows(connection: Connection, from_: TableClause, *where: ColumnElement[bool]) -> int:
    """The rows that meet every condition."""
    return int(connection.execute(select(func.count()).select_from(from_).where(*where)).scalar_one())
