"""Placeholders as the ledger has them: which rows of the target stand in for parents, and which still do."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, FromClause, and_, distinct, exists, func, literal, select

from ferryman.domain.mapping import Problem
from ferryman.tools.databases.connect import Target
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.rowkeys import RowKeys
from ferryman.tools.move.scan import Obstacle
from ferryman.tools.move.tables import LedgerTables, RowKind
from ferryman.tools.move.work import TableWork


@dataclass(frozen=True)
class StandIns:
    """The placeholders that one run made in one table and that stand there still, counted."""

    run: str
    table: str
    rows: int


def stood_in_obstacle(work: TableWork, from_: FromClause, present: Obstacle | None) -> Obstacle | None:
    """That the target holds a placeholder where a legacy row is to go; None where no run made one in the table."""
    if present is None or not any(one.table == work.table for one in stand_ins(work.target, work.ledger)):
        return None
    keys, row = RowKeys(work.compiled), work.ledger.tables.row
    of = row.alias()
    mine = [of.c.table_name == work.table, of.c.target_key == keys.text(keys.values(from_)), stands(work.ledger, of)]
    where = exists(select(literal(1)).select_from(of).where(*mine).correlate(from_))
    return Obstacle(Problem.CONFLICT, present.columns, and_(present.where, where), stood_in=True)


def stand_ins(target: Target, ledger: Ledger, run: str = "") -> tuple[StandIns, ...]:
    """The placeholders that stand in the target, by run and table; those of one run where it is named."""
    of = ledger.tables.row.alias()
    wanted = select(of.c.run_id, of.c.table_name, func.sum(of.c.rows)).where(stands(ledger, of))
    wanted = wanted.where(of.c.run_id == run) if run else wanted
    by = (of.c.run_id, of.c.table_name)
    with target.connect("reading the ledger", reading=True) as connection:
        return tuple(StandIns(*found) for found in connection.execute(wanted.group_by(*by).order_by(*by)))


def written_over(target: Target, ledger: Ledger, run: str) -> tuple[StandIns, ...]:
    """The placeholders, of whatever run, that one run wrote real rows over, counted."""
    row, of = ledger.tables.row, ledger.tables.row.alias()
    same = and_(of.c.table_name == row.c.table_name, of.c.target_key == row.c.target_key)
    placed = exists(select(literal(1)).select_from(of).where(same, of.c.kind == RowKind.PLACEHOLDER.value))
    mine = (row.c.run_id == run, row.c.kind == RowKind.UPDATED.value, placed.correlate(row))
    wanted = select(row.c.table_name, func.count(distinct(row.c.target_key))).where(*mine).group_by(row.c.table_name)
    with target.connect("reading the ledger", reading=True) as connection:
        return tuple(StandIns(run, *found) for found in connection.execute(wanted.order_by(row.c.table_name)))


def stands(ledger: Ledger, entry: FromClause) -> ColumnElement[bool]:
    """Whether a ledger entry is a placeholder whose place no real row has taken."""
    return and_(entry.c.kind == RowKind.PLACEHOLDER.value, ~replaced(ledger.tables, entry))


def replaced(tables: LedgerTables, entry: FromClause) -> ColumnElement[bool]:
    """Whether a real row has been written over the target row of an entry."""
    later = tables.row.alias()
    same = (later.c.table_name == entry.c.table_name, later.c.target_key == entry.c.target_key)
    over = select(literal(1)).select_from(later).where(*same, later.c.kind == RowKind.UPDATED.value)
    return exists(over.correlate(entry))
