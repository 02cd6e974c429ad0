"""Rows that went, called back and set aside after all: in a ring of tables, one goes before it is known that what it
refers to does not come. What hangs on them is called back with them, or emptied where a decision says so.

All of it is one transaction. Each table gets a batch beside the order in which these rows are migrated -1,
quarantined +1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
    true,
)

from ferryman.domain.errors import NeedsDecision
from ferryman.domain.events import Event
from ferryman.domain.findings import MissingCause, MissingGroup
from ferryman.domain.mapping import Problem, Strategy
from ferryman.domain.references import postponable
from ferryman.domain.run import Accounting, Key
from ferryman.tools.databases.dialect import changing, clause
from ferryman.tools.discover.introspect import introspect
from ferryman.tools.move.additions import in_chunks, keys_filter, to_be_proved
from ferryman.tools.move.aside import Reason, quarantined_row
from ferryman.tools.move.clock import Clock
from ferryman.tools.move.desk import ground_of
from ferryman.tools.move.failpoint import failpoint
from ferryman.tools.move.kept_out import KeptOut
from ferryman.tools.move.keys import target_values
from ferryman.tools.move.own_rules import references_off
from ferryman.tools.move.patience import patiently
from ferryman.tools.move.quiet import quiet
from ferryman.tools.move.records import Entry, QuarantinedRow
from ferryman.tools.move.rollback import children_first, free, undoings
from ferryman.tools.move.rowkeys import RowKeys
from ferryman.tools.move.tables import RowKind
from ferryman.tools.move.tell import rows_quarantined
from ferryman.tools.move.turns import turn
from ferryman.tools.move.undo import delete_rows
from ferryman.tools.move.variants import pushable
from ferryman.tools.move.work import TableWork
from ferryman.tools.prepare.bonds import Bond, Condition, among, bond_of, bonds
from ferryman.tools.prepare.conditions import passes
from ferryman.tools.prepare.mirror import beside
from ferryman.tools.prepare.orphans import Ground, cause_of, in_scope, is_orphan
from ferryman.tools.prepare.remedies import decided
from ferryman.tools.prepare.side_by_side import side_by_side
from ferryman.tools.prepare.sqlite_scope import column_of
from ferryman.tools.prepare.transform import CompiledTable, compiled_as

Emit = Callable[[Event], None]
_NOT_MADE = (RowKind.MATCHED.value, RowKind.MERGED.value)
_SHARED = (RowKind.UPDATED.value, RowKind.MERGED.value)


@dataclass(frozen=True)
class _Row:
    """One legacy row whose target row is there."""

    source_key: str
    target_key: str
    why: Reason
    cells: Mapping[str, object]


@dataclass
class _Going:
    """What is called back, by table and legacy key, and the references that are emptied instead."""

    rows: dict[str, dict[Key, _Row]] = field(default_factory=dict)
    emptied: dict[tuple[str, tuple[str, ...]], list[str]] = field(default_factory=dict)  #: target keys


def recall(work: TableWork, groups: Sequence[MissingGroup], *, clock: Clock, emit: Emit = lambda event: None) -> int:
    """Set rows aside that went and lack their parents, and what hangs on them; gives how many.

    Raises NeedsDecision where a row of them cannot be told from others, or others have a part in it. Doing it twice
    changes nothing the second time.
    """
    ledger, run = work.ledger, work.run
    tables = [record.table for record in ledger.tables_of(run) if record.batches]
    with ExitStack() as stack:
        for name in tables:
            mapping = work.compiled.plan.by_target.get(name)
            stack.enter_context(quiet(ledger, run, mapping, emit=emit, clock=clock))
        kept = patiently(lambda: _recalled(work, groups, clock), table=work.table, emit=emit, clock=clock)
    for name, rows in kept.items():
        to_be_proved(ledger, run, name)
        for event in rows_quarantined(name, rows):
            emit(event)
    return sum(map(len, kept.values()))


def hanging_on(work: TableWork, groups: Sequence[MissingGroup]) -> dict[str, int]:
    """The rows by table that would be called back with those of these groups."""
    rows = {name: len(some) for name, some in _gathered(work, groups).rows.items()}
    rows[work.table] = rows.get(work.table, 0) - sum(group.rows for group in groups)
    return {name: count for name, count in rows.items() if count > 0}


def _recalled(work: TableWork, groups: Sequence[MissingGroup], clock: Clock) -> dict[str, tuple[QuarantinedRow, ...]]:
    ledger, going = work.ledger, _gathered(work, groups)
    if not any(going.rows.values()):
        return {}
    record, doing = ledger.run(work.run), f"setting rows of {work.table} aside"
    with work.target.connect(doing) as connection:
        references_off(connection)
        catalogue = introspect(connection, work.target.dialect)
        _refuse_shared(connection, work, going)
        connection.rollback()
        for name in going.rows:
            free(ledger, record, catalogue, name)
        undone = undoings(connection, ledger, record, ())
        connection.rollback()
        with turn(work.target):
            for (name, columns), keys in going.emptied.items():
                empty(connection, work, name, columns, keys)
            for one in children_first({name: undone[name] for name in going.rows}, catalogue):
                made = [
                    {"target_key": r.target_key, "target_key_to": None, "rows": 1}
                    for r in going.rows[one.name].values()
                ]
                delete_rows(connection, one, made)
            kept = {name: _written(connection, work, name, rows, clock) for name, rows in going.rows.items()}
            ledger.renew(connection, work.run)
            failpoint("before_recall_commit", work.table)
            connection.commit()
        failpoint("after_recall_commit", work.table)
    return kept


def _written(
    connection: Connection, work: TableWork, name: str, rows: Mapping[Key, _Row], clock: Clock
) -> tuple[QuarantinedRow, ...]:
    book, now = work.ledger.book(work.run, name), clock.now()
    moved = Accounting(migrated=-len(rows), quarantined=len(rows))
    record = book.addition(connection).but(accounting=moved)
    kept = tuple(quarantined_row(name, record.number, r.source_key, r.why, dict(r.cells)) for r in rows.values())
    book.add_entries(connection, record.number, [Entry(RowKind.CREATED, None, None, None, -len(rows))])
    book.add_quarantined(connection, kept, now)
    book.write(connection, record, now)
    return kept


def empty(connection: Connection, work: TableWork, table: str, columns: Sequence[str], keys: Sequence[str]) -> int:
    """Empty columns of target rows by their keys' texts, in the caller's transaction; gives how many had any."""
    compiled = compiled_as(work.compiled, table)
    known, target = RowKeys(compiled), clause(compiled.target)
    same = [target.c[name] == bindparam(f"k{n}") for n, name in enumerate(known.names)]
    held = or_(*(target.c[name].is_not(None) for name in columns))
    statement = changing(target, compiled.target).where(*same, held).values(dict.fromkeys(columns))
    values = [{f"k{n}": v for n, v in enumerate(target_values(key, known.columns))} for key in keys]
    return int(connection.execute(statement, values).rowcount) if values else 0


def _refuse_shared(connection: Connection, work: TableWork, going: _Going) -> None:
    """Rows that were there before and were changed, and rows that others were merged into, are not ours alone."""
    row = work.ledger.tables.row
    for name, rows in going.rows.items():
        mine = select(func.count()).where(row.c.run_id == work.run, row.c.table_name == name, row.c.kind.in_(_SHARED))
        for some in in_chunks([one.target_key for one in rows.values()]):
            if connection.execute(mine.where(row.c.target_key.in_(some))).scalar_one():
                raise NeedsDecision(
                    f"Rows of {name} were there before, or others were merged into them, and cannot be set aside.",
                    "Take another way.",
                    table=work.table,
                )


def _gathered(work: TableWork, groups: Sequence[MissingGroup]) -> _Going:
    begun = {record.table for record in work.ledger.tables_of(work.run) if record.batches}
    compiled = [compiled_as(work.compiled, t.target) for t in work.compiled.plan.copied if t.target in begun]
    with side_by_side(work.source, work.target, f"looking what hangs on rows of {work.table}", compiled) as connection:
        view = _View(connection, work, ground_of(work).beside(), {c.target.name: beside(c) for c in compiled})
        return view.going(groups)


@dataclass(frozen=True)
class _View:
    """Both databases on one connection, and the tables of the run that have rows in the target."""

    connection: Connection
    work: TableWork
    ground: Ground
    seen: Mapping[str, CompiledTable]

    def going(self, groups: Sequence[MissingGroup]) -> _Going:
        going = _Going({self.work.table: {}})
        for group in groups:
            going.rows[self.work.table] |= self._lacking(group)
        waiting = dict(going.rows)
        while waiting:
            found: dict[str, dict[Key, _Row]] = {}
            for name in self.seen:
                for bond in bonds(pushable(self.seen[name])):
                    if waiting.get(bond.parent) and self._same_parent(bond):
                        self._hanging(bond, list(waiting[bond.parent]), going, found.setdefault(name, {}))
            waiting = {name: rows for name, rows in found.items() if rows}
        return going

    def _lacking(self, group: MissingGroup) -> dict[Key, _Row]:
        bond = bond_of(self.seen[group.table], group.columns)
        rows = self.ground.legacy_rows(bond.child)
        where = and_(is_orphan(bond, rows, self.ground), cause_of(bond, rows, self.ground) == group.cause.value)
        return self._rows(bond, rows, where, group.cause)

    def _same_parent(self, bond: Bond) -> bool:
        parent = self.seen.get(bond.parent)
        return parent is not None and bond.legacy_parent is not None and bond.legacy_parent.name == parent.source.name

    def _hanging(self, bond: Bond, keys: Sequence[Key], going: _Going, found: dict[Key, _Row]) -> None:
        name, parent = bond.child.target.name, self.seen[bond.parent]
        mapping = bond.child.mapping
        policy = decided(mapping, Problem.MISSING_PARENT, bond.columns, MissingCause.SET_ASIDE, 0)
        free_ = postponable(bond.child.target, bond.columns)
        emptied = policy is not None and policy.strategy is Strategy.SET_NULL and bool(free_)
        known = going.rows.setdefault(name, {})
        for some in in_chunks(keys):
            rows, above = self.ground.legacy_rows(bond.child), self.ground.legacy_rows(parent)
            chosen = passes(keys_filter(parent.mapping.key, some), partial(column_of, above))
            held = bond.referred(above).where(chosen, parent.in_part(above))
            where = and_(bond.names_one(rows), among(bond.old_key(rows), held))
            new = {k: r for k, r in self._rows(bond, rows, where, MissingCause.SET_ASIDE).items() if k not in known}
            if emptied:
                going.emptied.setdefault((name, free_), []).extend(row.target_key for row in new.values())
            else:
                known |= new
                found |= new

    def _rows(self, bond: Bond, rows: FromClause, where: Condition, cause: MissingCause) -> dict[Key, _Row]:
        compiled = bond.child
        known, names = RowKeys(compiled), [column.name for column in compiled.source.columns]
        values, why = known.values(rows), Reason(Problem.MISSING_PARENT, bond.columns, cause, bond.parent)
        if not values:
            raise NeedsDecision(
                f"Rows of {compiled.target.name} cannot be set aside: nothing tells one from another afterwards.",
                "Take another way.",
                table=self.work.table,
            )
        keys = compiled.key_columns(rows)
        wanted = select(
            *keys, compiled.source_key(rows), known.text(values), *(column_of(rows, name) for name in names)
        )
        width = len(keys)
        found: dict[Key, _Row] = {}
        for row in self.connection.execute(wanted.where(where, ours(self.work, compiled, self.ground, rows))):
            source_key, target_key, *held = row[width:]
            found[tuple(row[:width])] = _Row(source_key, target_key, why, dict(zip(names, held, strict=True)))
        return found


def ours(work: TableWork, compiled: CompiledTable, ground: Ground, rows: FromClause) -> Condition:
    """Whether this run made a target row of a legacy row, which is there. `compiled` is as it is asked beside."""
    copied = (ground.copied or {}).get(compiled.target.name)
    entry = work.ledger.tables.row
    mine = select(entry.c.source_key).where(
        entry.c.run_id == work.run, entry.c.table_name == compiled.target.name, entry.c.source_key.is_not(None)
    )
    key = compiled.source_key(rows)
    added = _in(key, mine.where(entry.c.kind == RowKind.CREATED.value, entry.c.batch.like("%+%")))
    went = or_(in_scope(compiled, rows, copied), added) if copied else added
    there = RowKeys(compiled).present(rows)
    not_made = _in(key, mine.where(entry.c.kind.in_(_NOT_MADE)))
    return and_(went, true() if there is None else there, ~not_made, ~KeptOut(work.run, compiled).lies(rows))


def _in(value: ColumnElement[str], held: Select[Any]) -> Condition:
    return func.coalesce(value.in_(held), literal(0)) == 1
