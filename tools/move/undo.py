"""Undoing one batch, or a whole table that holds nothing else, in the caller's transaction, with the ledger rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Update,
    and_,
    bindparam,
    delete,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.types import NullType

from ferryman.domain.errors import Transient
from ferryman.domain.references import postponable
from ferryman.domain.run import BatchRecord, BatchState, TableState
from ferryman.domain.schema import ForeignKey, Table
from ferryman.tools.databases.dialect import changing, clause
from ferryman.tools.move.failpoint import failpoint
from ferryman.tools.move.keys import bound, cells, target_values
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.ours import MADE, Undoing, between, bounds
from ferryman.tools.move.tables import QuarantineState, RowKind


@dataclass(frozen=True)
class Undone:
    """Rows that were deleted and rows that got their old values back."""

    deleted: int = 0
    restored: int = 0

    def __add__(self, other: Undone) -> Undone:
        return Undone(self.deleted + other.deleted, self.restored + other.restored)


def undo_all(connection: Connection, ledger: Ledger, undoing: Undoing, there: int) -> Undone:
    """Empty a table in which every row is ours, and close all its batches. `there`: how many it held when seen so;
    Transient where more would go, for somebody's have come since."""
    failpoint("before_undo", undoing.name)
    for child, key in undoing.referring:
        if child.name != undoing.name:
            rows = clause(child)
            free = postponable(child, key.columns)
            held = or_(*(rows.c[name].is_not(None) for name in free))
            connection.execute(changing(rows, child).where(held).values(dict.fromkeys(free)))
    gone = int(connection.execute(delete(clause(undoing.facts))).rowcount)
    if gone > there:
        raise Transient(
            f"Rows of others came into {undoing.name} while it was emptied; nothing of it was deleted.",
            "Nothing: ours are told from them at the next try.",
            table=undoing.name,
        )
    failpoint("after_undo", undoing.name)
    row, batch = ledger.tables.row, ledger.tables.batch
    failpoint("before_undo_ledger", undoing.name)
    connection.execute(delete(row).filter_by(run_id=undoing.run, table_name=undoing.name))
    mine = update(batch).filter_by(run_id=undoing.run, table_name=undoing.name)
    connection.execute(mine.values(state=BatchState.ROLLED_BACK.value))
    _release_quarantined(connection, ledger, run_id=undoing.run, table_name=undoing.name)
    return Undone(deleted=gone)


def undo_batch(connection: Connection, ledger: Ledger, undoing: Undoing, batch: BatchRecord) -> Undone:
    """Delete what a batch made, restore what it changed, close it. Raises Corrupt when more would go than it made."""
    failpoint("before_undo", undoing.name, batch.number)
    row = ledger.tables.row
    mine = {"run_id": undoing.run, "table_name": undoing.name, "batch": batch.number}
    entries = connection.execute(select(row).filter_by(**mine)).mappings().all()
    restored = _restore(connection, undoing, [e for e in entries if e["kind"] == RowKind.UPDATED])
    deleted = delete_rows(connection, undoing, [e for e in entries if e["kind"] in MADE])
    failpoint("after_undo", undoing.name, batch.number)
    failpoint("before_undo_ledger", undoing.name, batch.number)
    connection.execute(delete(row).filter_by(**mine))
    table = ledger.tables.batch
    closed = update(table).filter_by(run_id=undoing.run, table_name=undoing.name, number=batch.number)
    connection.execute(closed.values(state=BatchState.ROLLED_BACK.value))
    ledger.book(undoing.run, undoing.name).move(
        connection, state=TableState.UNDOING.value, validation=None, ended_at=None
    )
    if "+" in batch.number:
        _lies_again(connection, ledger, undoing, batch.number, [e["source_key"] for e in entries if e["source_key"]])
    _release_quarantined(connection, ledger, **mine)
    return Undone(deleted, restored)


def _lies_again(connection: Connection, ledger: Ledger, undoing: Undoing, batch: str, came: Sequence[str]) -> None:
    """What a batch brought out of quarantine lies in it again, and what it told anew is told as before."""
    row = ledger.tables.quarantine
    mine = {"run_id": undoing.run, "table_name": undoing.name}
    told = select(row.c.source_key).filter_by(batch=batch, state=QuarantineState.OPEN.value, **mine)
    anew = [key for key in connection.execute(told).scalars() if key is not None]
    for keys, state in ((came, QuarantineState.RETRIED), (anew, QuarantineState.RESTATED)):
        again = update(row).filter_by(state=state.value, **mine).values(state=QuarantineState.OPEN.value)
        if keys:
            connection.execute(again.where(row.c.source_key == bindparam("key")), [{"key": key} for key in keys])


def _release_quarantined(connection: Connection, ledger: Ledger, **mine: str) -> None:
    """Rows that were set aside stay as a record: a later copy meets them anew."""
    held = update(ledger.tables.quarantine).filter_by(state=QuarantineState.OPEN.value, **mine)
    connection.execute(held.values(state=QuarantineState.ROLLED_BACK.value))


def delete_rows(connection: Connection, undoing: Undoing, entries: Sequence[Mapping[Any, Any]]) -> int:
    """Delete the rows that entries speak of; gives how many. Raises Corrupt when more would go than they say."""
    keyed = [entry for entry in entries if entry["target_key"] is not None]
    if not keyed:
        return 0
    target = clause(undoing.facts)
    statement = delete(target)
    if len(undoing.keys) == 1:
        statement = statement.where(target.c[undoing.keys[0]].between(bindparam("k0"), bindparam("high")))
    else:
        statement = statement.where(*(target.c[name] == bindparam(f"k{n}") for n, name in enumerate(undoing.keys)))
    values = [bounds(entry["target_key"], entry["target_key_to"], undoing.columns) for entry in keyed]
    for child, key in undoing.referring:
        connection.execute(_letting_go(undoing, child, key), values)
    gone = connection.execute(statement, values).rowcount
    made = sum(entry["rows"] for entry in keyed)
    if gone > made:
        raise between(replace(undoing, made=made), gone)
    return int(gone)


def _letting_go(undoing: Undoing, child: Table, key: ForeignKey) -> Update:
    """Empties references to rows that go: what refers to them is ours and goes later."""
    rows = clause(child)
    pairs = dict(zip(key.parent_columns, key.columns, strict=True))
    if len(undoing.keys) == 1:
        named: ColumnElement[bool] = rows.c[pairs[undoing.keys[0]]].between(bindparam("k0"), bindparam("high"))
    else:
        named = and_(*(rows.c[pairs[name]] == bindparam(f"k{n}") for n, name in enumerate(undoing.keys)))
    return changing(rows, child).where(named).values(dict.fromkeys(postponable(child, key.columns)))


def _restore(connection: Connection, undoing: Undoing, entries: Sequence[RowMapping]) -> int:
    """Each changed row gets back the cells of its before-image; a row that is gone since stays gone."""
    target, restored = clause(undoing.facts), 0
    for entry in reversed(entries):
        key: dict[str, Any] = dict(zip(undoing.keys, target_values(entry["target_key"], undoing.columns), strict=True))
        same = [target.c[name] == literal(value, NullType()) for name, value in key.items()]  # as the column has it
        before = cells(entry["before"])
        old = {n: bound(value, undoing.facts.column(n), connection.dialect.name) for n, value in before.items()}
        restored += connection.execute(changing(target, undoing.facts).where(*same).values(old)).rowcount
    return restored
