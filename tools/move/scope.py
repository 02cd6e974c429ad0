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
from ferryman.tools.prepare.transform import CompiledTable


def fix_scope(source: Source, target: Target, compiled: CompiledTable) -> Scope:
    """Measure a table's scope now. Rows with a greater key that come later are the next run's."""
    from_ = clause(compiled.source)
    keys = compiled.key_columns(from_)
    with source.connect(f"counting the rows of {compiled.source.name}") as connection:
        upper = last_key(connection, from_, keys)
        whole = and_(*(key.is_not(None) for key in keys))
        scope = Scope(
            upper=upper,
            source_rows=_count(connection, from_),
            total=_count(connection, from_, whole, compiled.in_filter(from_)),
            null_keys=_count(connection, from_, ~whole),
        )
    with target.connect(f"counting the rows of {compiled.target.name}", reading=True) as connection:
        return scope.but(target_before=_count(connection, clause(compiled.target)))


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


def arrived_since(connection: Connection, compiled: CompiledTable, from_: TableClause, upper: Key | None) -> int:
    """Rows that came after the scope was fixed."""
    since = [compiled.where(from_, Segment(after=upper))] if upper else []
    return _count(connection, from_, *since)


def _count(connection: Connection, from_: TableClause, *where: ColumnElement[bool]) -> int:
    return int(connection.execute(select(func.count()).select_from(from_).where(*where)).scalar_one())
