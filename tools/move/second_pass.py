"""References that could not be filled when their row was inserted, because their parent's key was made later.

Derived and kept keys are known beforehand, so only parents whose keys the target generates need this: a table that
refers to itself, and rings of tables. PostgreSQL needs it for all keys: it refuses a row that comes before its parent.

What it may touch is what the table's own batches touched: rows that they made, and rows that were there before where
the conflict policy lets it change them. The latter are written down as changed, so that undoing empties them again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from sqlalchemy import Row, Select, Update, bindparam, select

from ferryman.domain.mapping import Problem, Strategy
from ferryman.domain.references import postponable
from ferryman.domain.run import BatchRecord, Key, Segment
from ferryman.tools.databases.dialect import changing, clause
from ferryman.tools.move.additions import in_chunks, keys_filter, to_be_proved
from ferryman.tools.move.bench import Bench, bench
from ferryman.tools.move.clock import SYSTEM, Clock
from ferryman.tools.move.failpoint import failpoint
from ferryman.tools.move.foreign import made_late
from ferryman.tools.move.keys import cells_text
from ferryman.tools.move.quiet import quiet
from ferryman.tools.move.records import Entry
from ferryman.tools.move.relay import Relay
from ferryman.tools.move.rowkeys import RowKeys
from ferryman.tools.move.scope import as_key
from ferryman.tools.move.tables import QuarantineState, RowKind
from ferryman.tools.move.touched import Touched
from ferryman.tools.move.turns import turn
from ferryman.tools.move.variants import narrowed, pushable
from ferryman.tools.move.work import TableWork
from ferryman.tools.prepare.bonds import Bond, Condition, Expression, as_one, bonds
from ferryman.tools.prepare.mirror import beside
from ferryman.tools.prepare.transform import CompiledTable

_AT_ONCE = 5_000  #: rows that are looked at per transaction
_EMPTIED = (Problem.MISSING_PARENT, Strategy.SET_NULL)


def fill_references(work: TableWork, parents: Sequence[str], *, clock: Clock = SYSTEM) -> int:
    """Fill the table's references to these parents (target names) that are still NULL; gives how many were filled.

    Call it when the parents are all there. Doing it twice changes nothing the second time.
    """
    live = work.compiled
    work = replace(work, compiled=beside(live))
    early = work.target.dialect.name == "postgresql" and work.handling.id_mapping
    found = (b for b in bonds(pushable(work.compiled)) if b.parent in parents and (made_late(b) or early))
    late = [bond for bond in found if postponable(work.compiled.target, bond.columns)]
    if not late:
        return 0
    filled = _filled(live, work, late, clock, again=False)
    to_be_proved(work.ledger, work.run, work.table)
    return filled


def refill_references(work: TableWork, *, clock: Clock = SYSTEM) -> dict[str, int]:
    """Fill the references of the table's rows that a decision left empty while their parent lay in quarantine and that
    has come out of it since; gives how many were filled, by parent.

    Doing it twice changes nothing the second time, unless somebody emptied one meanwhile.
    """
    live, found = work.compiled, dict[str, int]()
    emptied = {p.columns for p in live.mapping.policies if (p.problem, p.strategy) == _EMPTIED}
    for bond in bonds(pushable(beside(live))):
        decided = bond.columns in emptied or () in emptied
        if not decided or bond.legacy_parent is None or bond.feeding is None or bond.to_further:
            continue
        if set(bond.pointed_at) != set(bond.feeding.key) or not postponable(live.target, bond.columns):
            continue
        ours = {theirs: name for name, theirs in bond.pairs}
        columns = [ours[name] for name in bond.feeding.key]
        for keys in in_chunks(_came_out(work, bond.parent)):
            few = narrowed(live, keys_filter(columns, keys))
            only = replace(work, compiled=beside(few))
            filled = _filled(few, only, [replace(bond, child=pushable(only.compiled))], clock, again=True)
            found[bond.parent] = found.get(bond.parent, 0) + filled
    return {parent: rows for parent, rows in found.items() if rows}


def _came_out(work: TableWork, table: str) -> list[Key]:
    """The legacy keys of a table's rows that lay in quarantine and have come since."""
    rows = work.ledger.quarantined(work.run, table, state=QuarantineState.RETRIED)
    return list(dict.fromkeys(tuple(json.loads(row.source_key)) for row in rows if row.source_key))


def _filled(live: CompiledTable, work: TableWork, late: Sequence[Bond], clock: Clock, *, again: bool) -> int:
    parents = [bond.parent for bond in late]
    filled = 0
    with (
        quiet(work.ledger, work.run, live.mapping, clock=clock),
        bench(work.source, work.target, f"filling references of {work.table}", live) as views,
    ):
        at = Bench(views, work.compiled, work.target.dialect)
        if views.relayed:
            relay = Relay(at, work.ledger, (), RowKeys(work.compiled))
            relay.fetch_keys([work.table, *parents], {name for bond in late for name in bond.columns})
        at.begin()
        batches = work.ledger.book(work.run, work.table).committed(at.books)
        at.rollback()
        for bond in late:
            filling = _Filling(work, at, bond, clock, again)
            filled += sum(filling.fill(batch) for batch in batches)
    return filled


@dataclass(frozen=True)
class _Filling:
    """One reference of a table, filled in the rows of one batch after the other."""

    work: TableWork
    at: Bench
    bond: Bond
    clock: Clock
    again: bool  #: only the rows that the work is narrowed to, where the parent is there

    @cached_property
    def _keys(self) -> RowKeys:
        return RowKeys(self.work.compiled)

    @cached_property
    def _own(self) -> dict[str, Expression]:
        """The key of a legacy row's target row."""
        return self._keys.values(self.at.legacy)

    @cached_property
    def _waiting(self) -> tuple[str, ...]:
        """The columns that were left empty."""
        return postponable(self.work.compiled.target, self.bond.columns)

    @cached_property
    def _update(self) -> Update:
        target = clause(self.work.compiled.target)
        same = [target.c[name] == bindparam(f"k{n}") for n, name in enumerate(self._keys.names)]
        empty = [target.c[name].is_(None) for name in self._waiting]
        new: dict[str, Any] = {name: bindparam(f"v{n}") for n, name in enumerate(self.bond.columns)}
        return changing(target, self.work.compiled.target).where(*same, *empty).values(new)

    def fill(self, batch: BatchRecord) -> int:
        """Fill the reference in the rows that a batch touched."""
        if not self._own:
            return 0
        self.at.begin()
        touched = Touched.by(self.work.ledger.tables, self.at.books, self.work.run, batch, self._keys)
        self.at.rollback()
        return sum(self._fill(touched, chosen) for chosen in touched.rows(self.at.legacy))

    def _fill(self, touched: Touched, chosen: Condition) -> int:
        filled, after = 0, Segment().after
        while True:
            with turn(self.work.target):
                try:
                    self.at.begin()
                    rows = self.at.connection.execute(self._page(chosen, after)).all()
                    filled += self._written(touched, rows)
                finally:
                    self.at.rollback()
            if len(rows) < _AT_ONCE:
                return filled
            after = as_key(rows[-1])[: self._width]

    @property
    def _width(self) -> int:
        return len(self.work.compiled.mapping.key)

    def _page(self, chosen: Condition, after: Key | None) -> Select[Any]:
        """The next rows that refer to something, in key order: legacy key, both keys as texts, new key, reference."""
        from_, compiled = self.at.legacy, self.work.compiled
        keys, new = compiled.key_columns(from_), self.bond.new_key(from_)
        texts = [compiled.source_key(from_), self._keys.text(self._own)]
        rows = select(*keys, *texts, *self._own.values(), *new).select_from(from_)
        rows = rows.where(chosen, compiled.where(from_, Segment(after=after)), self.bond.names_one(from_))
        if self.again:
            rows = rows.where(compiled.in_filter(from_))
        if self.again or self.at.at.relayed:
            rows = rows.where(*self._open(new))
        return rows.order_by(*keys).limit(_AT_ONCE)

    def _open(self, new: list[Expression]) -> tuple[Condition, ...]:
        """Rows whose reference is still empty, and whose parent is there: by what was fetched of the target."""
        compiled, bond = self.work.compiled, self.bond
        held = clause(compiled.target).alias()
        parent = clause(compiled.target_database.table(bond.parent)).alias()
        empty = select(*(held.c[name] for name in self._keys.names))
        empty = empty.where(*(held.c[name].is_(None) for name in self._waiting))
        there = select(*(parent.c[name] for name in bond.parent_columns))
        return as_one(list(self._own.values())).in_(empty), as_one(new).in_(there)

    def _written(self, touched: Touched, rows: Sequence[Row[Any]]) -> int:
        """Fill what is empty and may be filled, and commit; gives how many rows that were."""
        made: list[dict[str, Any]] = []
        met: list[tuple[str, str, dict[str, Any]]] = []
        for source_key, target_key, *cells in (row[self._width :] for row in rows if None not in row):
            values = dict(zip(self._names, cells, strict=True))
            if touched.made(source_key, target_key):
                made.append(values)
            elif touched.may_change(source_key):
                met.append((source_key, target_key, values))
        books = self.at.books
        filled = books.execute(self._update, made).rowcount if made else 0
        changed = [keys for *keys, values in met if books.execute(self._update, values).rowcount]
        if changed:
            self._write_down(changed)
        if made or changed:
            self.work.ledger.renew(books, self.work.run)
            failpoint("before_reference_commit", self.work.table)
            self.at.commit()
            failpoint("after_reference_commit", self.work.table)
        return int(filled) + len(changed)

    @cached_property
    def _names(self) -> list[str]:
        return [*(f"k{n}" for n in range(len(self._keys.names))), *(f"v{n}" for n in range(len(self.bond.columns)))]

    def _write_down(self, changed: Sequence[Sequence[str]]) -> None:
        """Rows that were there before: undoing empties their reference again."""
        before = cells_text(dict.fromkeys(self._waiting))
        entries = [Entry(RowKind.UPDATED, source, target, before=before) for source, target in changed]
        book, books = self.work.ledger.book(self.work.run, self.work.table), self.at.books
        record = book.addition(books)
        book.add_entries(books, record.number, entries)
        book.write(books, record, self.clock.now())
