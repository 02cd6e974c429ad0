"""A table of a run whose plan is changed on the way: which of its rows that concerns, and its scope after that."""

from __future__ import annotations

from sqlalchemy import and_

from ferryman.domain.run import Key, Segment
from ferryman.tools.databases.connect import Source
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.records import Scope
from ferryman.tools.move.scope import count_rows
from ferryman.tools.prepare.side_by_side import legacy_rows
from ferryman.tools.prepare.transform import CompiledTable


def reached(ledger: Ledger, run: str, table: str) -> Key | None:
    """The last legacy key that a batch of a table has covered; None where none has."""
    with ledger.reading() as connection:
        last = ledger.book(run, table).last(connection)
    return last.segment.upto if last else None


def rows_up_to(source: Source, compiled: CompiledTable, upto: Key) -> int:
    """The legacy rows up to a key that pass the mapping's filter."""
    with legacy_rows(source, f"counting the rows of {compiled.source.name}", compiled) as (connection, seen, from_):
        return count_rows(connection, from_, seen.where(from_, Segment(upto=upto)), seen.in_filter(from_))


def rescoped(source: Source, compiled: CompiledTable, scope: Scope) -> Scope:
    """The scope with another filter: which rows there are was fixed when the run began, and stays."""
    if scope.upper is None:
        return scope
    with legacy_rows(source, f"counting the rows of {compiled.source.name}", compiled) as (connection, seen, from_):
        whole = and_(*(key.is_not(None) for key in seen.key_columns(from_)))
        within = seen.where(from_, Segment(upto=scope.upper))
        return scope.but(total=count_rows(connection, from_, whole, within, seen.in_filter(from_)))
