"""Placeholders: rows of ours that stand in for parents that are not there, so that what refers to them can come.

They hold a key, what the target requires, and a mark where the table has a JSON column for metadata. They are outside
the accounting, listed by `stand_ins`, taken over by the real row when it comes, and undone with the run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from ferryman.domain.errors import NeedsDecision
from ferryman.domain.events import Event, PlaceholdersMade
from ferryman.domain.mapping import Generated
from ferryman.domain.run import Accounting, TableState, key_text
from ferryman.domain.schema import Table
from ferryman.domain.stand_in import MARK, can_stand_in, stand_in_cells
from ferryman.domain.validation import CheckKind, CheckResult, CheckStatus, TableValidation
from ferryman.tools.databases.arrow import record_batch
from ferryman.tools.databases.dialect import clause
from ferryman.tools.move.additions import to_be_proved
from ferryman.tools.move.clock import SYSTEM, Clock
from ferryman.tools.move.failpoint import failpoint
from ferryman.tools.move.foreign import Missing
from ferryman.tools.move.keys import target_text
from ferryman.tools.move.numbers import reserve
from ferryman.tools.move.patience import patiently
from ferryman.tools.move.quiet import quiet
from ferryman.tools.move.records import Entry, Scope, TableStart
from ferryman.tools.move.tables import RowKind
from ferryman.tools.move.turns import turn
from ferryman.tools.move.unheard import Unheard
from ferryman.tools.move.work import TableWork
from ferryman.tools.prepare.bonds import Bond
from ferryman.tools.prepare.lineage import policies

Emit = Callable[[Event], None]


def make_placeholders(
    work: TableWork, bond: Bond, missing: Sequence[Missing], *, clock: Clock = SYSTEM, emit: Emit = lambda event: None
) -> int:
    """Make a placeholder for each missing parent of a child's rows; gives how many were made, in one transaction.

    Raises NeedsDecision where none can be made of that table.
    """
    if not missing:
        return 0
    _refuse_unable(work, bond)
    maker = _Maker(work, bond, missing, clock)
    parent = work.compiled.plan.by_target.get(bond.parent)
    with quiet(work.ledger, work.run, parent, emit=emit, clock=clock):
        batch = patiently(maker.make, table=bond.parent, emit=emit, clock=clock)
    emit(PlaceholdersMade(table=bond.parent, batch=batch, rows=len(missing), child=work.table))
    return len(missing)


def _refuse_unable(work: TableWork, bond: Bond) -> None:
    parent = work.compiled.target_database.table(bond.parent)
    takes = work.compiled.plan.takes_stand_ins(bond.feeding)
    if not takes or not can_stand_in(parent, bond.feeding, bond.parent_columns):
        raise NeedsDecision(
            f"No placeholder can be made of {bond.parent}: it requires more than can be made up.",
            "Take another way.",
            table=work.table,
        )


@dataclass(frozen=True)
class _Maker:
    work: TableWork
    bond: Bond
    missing: Sequence[Missing]
    clock: Clock
    unheard: Unheard[str] = field(default_factory=Unheard)

    @property
    def parent(self) -> Table:
        return self.work.compiled.target_database.table(self.bond.parent)

    def make(self) -> str:
        work, ledger, began = self.work, self.work.ledger, self.clock.seconds()
        self._into_ledger()
        book = ledger.book(work.run, self.parent.name)
        with turn(work.target), work.target.connect(f"making placeholders in {self.parent.name}") as connection:
            connection.begin() if not connection.in_transaction() else None
            if made := self.unheard.done(work, book, connection):
                return self._settled(made)
            keys = self._keys(connection)
            seconds = self.clock.seconds() - began
            record = book.addition(connection).but(accounting=Accounting(placeholders=len(keys)), seconds=seconds)
            number = record.number
            self._insert(connection, keys)
            entries = [
                Entry(RowKind.PLACEHOLDER, self._source_key(one), target_text(key))
                for one, key in zip(self.missing, keys, strict=True)
            ]
            book.add_entries(connection, number, entries)
            book.write(connection, record, self.clock.now())
            ledger.renew(connection, work.run)
            failpoint("before_commit", self.parent.name, number)
            with self.unheard.committing(record, number):
                connection.commit()
        failpoint("after_commit", self.parent.name, number)
        return self._settled(number)

    def _keys(self, connection: Connection) -> list[tuple[Any, ...]]:
        """The placeholders' keys, in the order of the table's primary key."""
        mapping = self.work.compiled.plan.by_target.get(self.parent.name)
        if mapping is not None and isinstance(policies(mapping)[1], Generated):
            numbers = reserve(connection, self.parent, self.parent.primary_key[0], len(self.missing))
            return [(number,) for number in numbers]
        places = [self.bond.parent_columns.index(name) for name in self.parent.primary_key]
        keys = [tuple(one.new[place] for place in places) for one in self.missing]
        if any(None in key for key in keys):
            raise NeedsDecision(
                f"What the missing rows of {self.parent.name} would be called is not known.",
                "Take another way.",
                table=self.work.table,
            )
        return keys

    def _insert(self, connection: Connection, keys: Sequence[tuple[Any, ...]]) -> None:
        cells = stand_in_cells(self.parent, self.work.compiled.plan.by_target.get(self.parent.name), self._started())
        names = (*self.parent.primary_key, *cells)
        families = [self.parent.column(name).family for name in names]
        rows = [(*key, *cells.values()) for key in keys]
        self.work.target.dialect.insert(connection, self.parent, record_batch(names, families, rows))

    def _started(self) -> datetime:
        return self.work.compiled.run_started.replace(tzinfo=None)

    def _source_key(self, one: Missing) -> str | None:
        """What legacy calls the parent, where that is its key: the id map finds it by that."""
        mapping = self.work.compiled.plan.by_target.get(self.parent.name)
        named = tuple(name for _, name in self.bond.pairs)
        return key_text(one.old) if mapping is not None and named == mapping.key else None

    def _into_ledger(self) -> None:
        """The run has to know the table, so that its undoing does."""
        ledger, run, name = self.work.ledger, self.work.run, self.parent.name
        if any(record.table == name for record in ledger.tables_of(run)):
            return
        with self.work.target.connect(f"counting {name}", reading=True) as connection:
            before = connection.execute(select(func.count()).select_from(clause(self.parent))).scalar_one()
        mapping = self.work.compiled.plan.by_target.get(name)
        scope = Scope(upper=None, source_rows=0, total=0, target_before=before)
        ledger.add_table(
            run, TableStart(table=name, source=mapping.source if mapping else "", scope=scope, batch_size=1)
        )

    def _settled(self, number: str) -> str:
        """A table that was complete is to be proved anew; one that the run does not copy has nothing to be proved."""
        ledger, run, name = self.work.ledger, self.work.run, self.parent.name
        if ledger.table(run, name).scope.upper is None:
            text = f"no row of it is copied; placeholders were made besides ({MARK})."
            check = CheckResult(kind=CheckKind.ACCOUNTING, status=CheckStatus.PASS, expected=0, actual=0, text=text)
            ledger.set_table(run, name, TableState.VALIDATED, validation=TableValidation(table=name, checks=(check,)))
        else:
            to_be_proved(ledger, run, name)
        return number
