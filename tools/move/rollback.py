"""Undoing a run: exactly the rows that it made go, rows that it changed get their old values back.

Tables go children first, batches last first, each batch in a transaction of its own with its ledger rows; so a crash
in the middle leaves a run that can be undone further. Rows that were there before, or came since, are never touched;
those that hang on ours forbid the undoing. Batches and quarantine stay in the ledger, as a record.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy import Connection, func, select

from ferryman.domain.errors import Corrupt, FerrymanError, Refused, Transient, Usage
from ferryman.domain.events import Event, RolledBack, UndoingStarted
from ferryman.domain.plan import RollbackKind
from ferryman.domain.references import postponable, references_of
from ferryman.domain.run import RunStatus, TableState
from ferryman.domain.schema import Database, ForeignKey, Table
from ferryman.tools.databases.connect import Target
from ferryman.tools.discover.introspect import introspect
from ferryman.tools.move.away import away
from ferryman.tools.move.clock import SYSTEM, Clock
from ferryman.tools.move.failpoint import failpoint
from ferryman.tools.move.hanging import Hanging, Known, hanging
from ferryman.tools.move.indexed import indexed
from ferryman.tools.move.keys import key_columns
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.ours import MADE, Ours, Undoing, count
from ferryman.tools.move.own_rules import references_off
from ferryman.tools.move.patience import patiently
from ferryman.tools.move.progress import progress
from ferryman.tools.move.quiet import quiet
from ferryman.tools.move.records import UNDOING, RunRecord, TableRecord, undo_command
from ferryman.tools.move.set_aside import first_by_none, put_back, restore, take_away
from ferryman.tools.move.tables import RowKind
from ferryman.tools.move.turns import turn
from ferryman.tools.move.undo import Undone, undo_all, undo_batch

Emit = Callable[[Event], None]

_OVER = (RunStatus.ROLLED_BACK, RunStatus.CANCELLED)


def rollback_available(target: Target, run: str) -> tuple[bool, str]:
    """Whether a run can be undone now, and what forbids it. Where rows do, the ledger may not be as it was written:
    then that is why."""
    ledger = Ledger(target)
    try:
        record = ledger.run(run)
        _refuse(ledger, record)
        ledger.refuse_others(run)
    except FerrymanError as error:
        return False, error.what
    try:
        patiently(lambda: _look_for_others(ledger, record))
    except FerrymanError as error:
        return False, _torn(ledger, run) or error.what
    return True, ""


def _torn(ledger: Ledger, run: str) -> str:
    """In which way the ledger is not as it was written; empty where it is."""
    try:
        ledger.verify(run)
    except FerrymanError as error:
        return error.what
    return ""


def _look_for_others(ledger: Ledger, record: RunRecord) -> None:
    target = ledger.target
    with _at(target, "looking whether it can be undone", reading=target.dialect.name == "sqlite") as connection:
        undone = undoings(connection, ledger, record, ())
        catalogue = introspect(connection, target.dialect)
        _refuse_blocked(connection, ledger, catalogue, undone, known(connection, ledger, record, undone))


def hanging_on(target: Target, run: str, tables: Sequence[str]) -> tuple[Hanging, ...]:
    """The rows that stay and refer to rows which an undoing of these tables of a run would take."""
    ledger = Ledger(target)
    record = ledger.run(run)
    return patiently(lambda: _hanging_on(ledger, record, tuple(tables)))


def _hanging_on(ledger: Ledger, record: RunRecord, tables: tuple[str, ...]) -> tuple[Hanging, ...]:
    target = ledger.target
    with _at(target, "looking what hangs on it", reading=target.dialect.name == "sqlite") as connection:
        undone = undoings(connection, ledger, record, tables)
        catalogue = introspect(connection, target.dialect)
        return hanging(connection, ledger.tables, catalogue, undone, known(connection, ledger, record, undone))


def rollback(
    target: Target,
    run: str,
    tables: Sequence[str] | None = None,
    *,
    emit: Emit = lambda event: None,
    clock: Clock = SYSTEM,
    by: str = "",
) -> tuple[RolledBack, ...]:
    """Undo a run, or some of its tables (target names); gives one event per table, children first. `by` has it done.

    A run that has written nothing is cancelled, so that it is over. Raises Refused when something forbids it, before
    anything is touched; Corrupt when the ledger is not as it was written. A line that is lost is tried again, as by a
    load; called again after that, or after a crash, it goes on.
    """
    ledger = Ledger(target, clock=clock)
    record = ledger.run(run)
    ledger.verify(run)
    if not tables and record.status not in _OVER and not _wrote(ledger, run):
        return _cancel(ledger, run)
    _refuse(ledger, record)
    try:
        return _held(ledger, record, tuple(tables or ()), emit, by)
    except Transient as error:
        again = undo_command(run, tables or ())
        raise Transient(error.what, f"{error.do} Then `{again}` goes on.", table=error.table) from error


def undo_one(
    target: Target, run: str, table: str, *, emit: Emit = lambda event: None, by: str = "", clock: Clock = SYSTEM
) -> bool:
    """Undo the table that a run stopped at; one that nothing was moved into yet is passed over from here on, as it is
    after an undoing. Gives whether the run is over with that."""
    ledger = Ledger(target, clock=clock)
    if ledger.table(run, table).batches:
        rollback(target, run, (table,), emit=emit, by=by, clock=clock)
    else:
        ledger.acquire(run)
        ledger.set_table(run, table, TableState.ROLLED_BACK)
        emit(RolledBack(table=table, kind=RollbackKind.TRUNCATE.value, rows=0, by=by))
        _conclude(ledger, run, whole=False)
        ledger.release(run)
    return ledger.run(run).status in _OVER


def _held(ledger: Ledger, record: RunRecord, tables: tuple[str, ...], emit: Emit, by: str) -> tuple[RolledBack, ...]:
    run = record.run
    ledger.acquire(run)
    try:
        put_back(ledger, run)
        undone = _undo(ledger, record, tables, emit, by)
        restore(ledger, run, emit)
        return undone
    finally:
        ledger.release(run)


def tables_of_phase(record: RunRecord, number: int) -> tuple[str, ...]:
    """The tables of a phase of the run's plan. Raises Usage when it has no such phase."""
    for phase in record.amended.phases:
        if phase.number == number:
            return phase.tables
    raise Usage(f"Run {record.run} has no phase {number}.", f"It has phases 1 to {len(record.amended.phases)}.")


def _undo(ledger: Ledger, record: RunRecord, tables: tuple[str, ...], emit: Emit, by: str) -> tuple[RolledBack, ...]:
    run = record.run
    catalogue, undone = patiently(lambda: _look(ledger, record, tables), emit=emit, clock=ledger.clock)
    if undone:
        order, made = (one.name for one in children_first(undone, catalogue)), (one.made for one in undone.values())
        emit(UndoingStarted(run=run, tables=tuple(order), rows=sum(made), whole=not tables))
    if not tables:
        ledger.set_intent(run, UNDOING)
    for name in undone:
        ledger.set_table(run, name, TableState.UNDOING)
        free(ledger, record, catalogue, name)
    events = []
    with ExitStack() as stack:
        stack.enter_context(indexed(ledger, undone.values(), emit))
        for name in undone:
            stack.enter_context(quiet(ledger, run, record.amended.mapping.by_target.get(name), emit=emit))
        for one in children_first(undone, catalogue):
            work = partial(_undo_table, ledger, _Work(one))
            events.append(patiently(work, table=one.name, emit=emit, clock=ledger.clock).but(by=by))
            emit(events[-1])
    _conclude(ledger, run, whole=not tables or record.intent == UNDOING)
    return tuple(events)


def _look(ledger: Ledger, record: RunRecord, tables: tuple[str, ...]) -> tuple[Database, dict[str, Undoing]]:
    """The target's catalogue, and what is to be undone where nothing forbids it."""
    with _at(ledger.target, "undoing the run") as connection:
        catalogue = introspect(connection, ledger.target.dialect)
        undone = undoings(connection, ledger, record, tables)
        _refuse_blocked(connection, ledger, catalogue, undone, known(connection, ledger, record, undone))
        connection.rollback()
    return catalogue, undone


def free(ledger: Ledger, record: RunRecord, catalogue: Database, table: str) -> None:
    """Set the foreign keys aside again without which its rows came: no row could be the last either."""
    left = away(ledger, record.run, table)
    if keys := first_by_none(record.amended, catalogue, table, left) | {key.name for key in left.keys}:
        patiently(lambda: take_away(ledger, record.run, table, keys), table=table)


def undoings(connection: Connection, ledger: Ledger, record: RunRecord, tables: tuple[str, ...]) -> dict[str, Undoing]:
    """What has to be undone, by target table: of all tables that wrote anything, or of those that are named."""
    records = {one.table: one for one in ledger.tables_of(record.run)}
    for name in tables:
        if name not in records:
            raise Usage(f"Run {record.run} did not write to {name}.", f"It has {', '.join(records)}.")
    catalogue = introspect(connection, ledger.target.dialect)
    left = {name for name, one in records.items() if one.batches and one.state is not TableState.ROLLED_BACK}
    chosen = [
        records[name] for name in (tables or records) if name in left or (name in tables and records[name].batches)
    ]
    names = [one.table for one in chosen]
    return {one.table: _undoing(connection, ledger, record, one, catalogue, names) for one in chosen}


def known(connection: Connection, ledger: Ledger, record: RunRecord, undone: Collection[str]) -> Known:
    """The references of the run's plan, and of its tables those that stay and name rows which go, in a list or so."""
    references = references_of(record.amended.mapping, introspect(connection, ledger.target.dialect))
    naming = {one.child for one in references if one.at_copy and one.parent in undone} - set(undone)
    stay = tuple(one.table for one in ledger.tables_of(record.run) if one.batches and one.table in naming)
    return Known(record.amended.mapping, references, undoings(connection, ledger, record, stay) if stay else {})


def _undoing(
    connection: Connection,
    ledger: Ledger,
    record: RunRecord,
    table: TableRecord,
    catalogue: Database,
    names: Collection[str],
) -> Undoing:
    if table.table not in catalogue.by_name:
        raise Refused(f"The table {table.table} is not in the target any more.", "Put it back, then undo.")
    facts, mapping = catalogue.table(table.table), record.amended.mapping.by_target.get(table.table)
    keys = key_columns(facts, mapping)
    if gone := [name for name in keys if name not in facts.by_name]:
        raise Refused(
            f"{table.table} has no column {gone[0]} any more, by which our rows are known.",
            "Put the column back as it was when they were moved, then undo.",
            table=table.table,
        )
    row = ledger.tables.row
    counted = select(row.c.kind, func.sum(row.c.rows)).filter_by(run_id=record.run, table_name=table.table)
    counts = {kind: int(rows) for kind, rows in connection.execute(counted.group_by(row.c.kind))}
    return Undoing(
        run=record.run,
        facts=facts,
        keys=keys,
        referring=tuple(_referring(connection, catalogue, facts, keys, names)),
        target_before=table.scope.target_before,
        made=sum(counts.get(kind, 0) for kind in MADE),
        changed=counts.get(RowKind.UPDATED.value, 0),
    )


def _referring(
    connection: Connection, catalogue: Database, facts: Table, keys: Sequence[str], names: Collection[str]
) -> Iterator[tuple[Table, ForeignKey]]:
    """References that PostgreSQL would not let us leave open for a moment: within a table, and around a ring."""
    if connection.dialect.name != "postgresql":
        return
    for child, key in catalogue.children(facts.name):
        if child.name in names and postponable(child, key.columns) and set(key.parent_columns) == set(keys):
            yield child, key


def children_first(undone: dict[str, Undoing], catalogue: Database) -> list[Undoing]:
    """The tables, each after those that refer to it. A ring is opened at a reference that is emptied meanwhile, and
    entered anywhere where it has none."""
    order: list[str] = []
    seen: set[str] = set()
    below = {name: _below(name, undone, catalogue) for name in undone}

    def visit(name: str) -> None:
        if name in seen:
            return
        seen.add(name)
        for child, key in catalogue.children(name):
            opened = (child, key) in undone[name].referring and name in below.get(child.name, ())
            if child.name in undone and not opened:
                visit(child.name)
        order.append(name)

    for name in undone:
        visit(name)
    return [undone[name] for name in order]


def _below(name: str, undone: Collection[str], catalogue: Database) -> set[str]:
    """The tables that refer to one, and all that refer to these."""
    found, left = set[str](), [name]
    while left:
        more = {child.name for child, _ in catalogue.children(left.pop())} & set(undone) - found
        found |= more
        left += more
    return found


def kind_of(undoing: Undoing, others: int) -> RollbackKind:
    """How a table is undone. `others`: rows in it that the run did not make."""
    if undoing.changed:
        return RollbackKind.RESTORE_UPDATED
    if undoing.target_before == 0 and others == 0:
        return RollbackKind.TRUNCATE
    return RollbackKind.DELETE_CREATED


@dataclass
class _Work:
    """The undoing of one table, over all the tries that it takes."""

    undoing: Undoing
    before: int | None = None  #: rows in it when the first try began
    done: dict[str, Undone] = field(default_factory=dict)  #: by batch; a commit that was not heard of is done, too

    @property
    def total(self) -> Undone:
        return sum(self.done.values(), Undone())


def _undo_table(ledger: Ledger, work: _Work) -> RolledBack:
    undoing = work.undoing
    with _at(ledger.target, f"undoing {undoing.name}") as connection:
        with _writing(connection, ledger, undoing):
            there = count(connection, undoing.facts)
            work.before = there if work.before is None else work.before
            kind = kind_of(undoing, _others(connection, ledger, undoing))
            batches = ledger.book(undoing.run, undoing.name).committed(connection)
            if kind is RollbackKind.TRUNCATE and batches:
                work.done[""] = undo_all(connection, ledger, undoing, there)
                _commit(connection, ledger, undoing)
                batches = ()
        for batch in reversed(batches):
            with _writing(connection, ledger, undoing):
                work.done[batch.number] = undo_batch(connection, ledger, undoing, batch)
                _commit(connection, ledger, undoing, batch.number)
        _assert_count(connection, undoing, work.before - work.total.deleted)
    ledger.set_table(undoing.run, undoing.name, TableState.ROLLED_BACK)
    return RolledBack(table=undoing.name, kind=kind.value, rows=work.total.deleted, restored=work.total.restored)


def _commit(connection: Connection, ledger: Ledger, undoing: Undoing, batch: str = "") -> None:
    ledger.renew(connection, undoing.run)
    failpoint("before_undo_commit", undoing.name, batch)
    connection.commit()
    failpoint("after_undo_commit", undoing.name, batch)


def _others(connection: Connection, ledger: Ledger, undoing: Undoing) -> int:
    if not undoing.keys:
        return count(connection, undoing.facts) - undoing.made
    with Ours(connection, ledger.tables) as ours:
        return ours.others(undoing)


def _assert_count(connection: Connection, undoing: Undoing, expected: int) -> None:
    there = count(connection, undoing.facts)
    connection.rollback()
    if there < expected:
        raise Corrupt(
            f"{undoing.name} has {there:,} rows after its undoing, and {expected:,} were to stay.",
            "Somebody else deletes rows there at the same time; compare it with a backup.",
            table=undoing.name,
        )


def _refuse(ledger: Ledger, record: RunRecord) -> None:
    """What forbids any undoing, by the run alone."""
    if record.status is RunStatus.ROLLED_BACK:
        raise Refused(f"Run {record.run} was undone already.", "There is nothing left of it to undo.")
    if not _wrote(ledger, record.run):
        raise Refused(f"Run {record.run} has written nothing.", "There is nothing to undo.")


def _wrote(ledger: Ledger, run: str) -> bool:
    return any(table.batches for table in ledger.tables_of(run))


def _cancel(ledger: Ledger, run: str) -> tuple[RolledBack, ...]:
    ledger.acquire(run)
    restore(ledger, run)
    ledger.set_status(run, RunStatus.CANCELLED)
    ledger.release(run)
    return ()


def _refuse_blocked(
    connection: Connection, ledger: Ledger, catalogue: Database, undone: dict[str, Undoing], known: Known
) -> None:
    """What forbids it by the rows that are there."""
    for one in undone.values():
        if not one.keys and one.made and count(connection, one.facts) - one.made != one.target_before == 0:
            raise Refused(
                f"{one.name} has no key by which our {one.made:,} rows could be told from others.",
                "Delete them by hand, or restore the table from a backup.",
                table=one.name,
            )
    if found := hanging(connection, ledger.tables, catalogue, undone, known):
        refused = Refused(_blocked(found), _way_out(ledger, undone, found), table=found[0].table)
        theirs = [one for one in found if one.table in undone or one.table not in _moved(ledger, undone)]
        refused.rows = tuple(dict.fromkeys(one.which for one in theirs if one.which))
        raise refused


def _blocked(found: Sequence[Hanging]) -> str:
    return f"Rows that would stay hang on rows that would go: {'; '.join(one.text for one in found)}."


def _moved(ledger: Ledger, undone: dict[str, Undoing]) -> set[str]:
    """The tables into which the run moved anything that is there still."""
    run = next(iter(undone.values())).run
    return {one.table for one in ledger.tables_of(run) if one.batches and one.state is not TableState.ROLLED_BACK}


def _way_out(ledger: Ledger, undone: dict[str, Undoing], found: Sequence[Hanging]) -> str:
    """Tables of the same run can go as well; rows of others are for their owner to move."""
    moved = _moved(ledger, undone)
    too = dict.fromkeys(one.table for one in found if one.table in moved and one.table not in undone)
    also = f"Undo {', '.join(too)} as well, or delete" if too else "Delete"
    return f"{also} those rows or let them refer to others first."


def _conclude(ledger: Ledger, run: str, whole: bool) -> None:
    """When nothing that was written is left, the run is rolled back; where only tables of it were undone, it goes on
    as long as others have something left to do, and is a success where only what had failed was undone."""
    tables = ledger.tables_of(run)
    gone = all(table.state is TableState.ROLLED_BACK for table in tables if table.batches)
    through = all(table.state in (TableState.ROLLED_BACK, TableState.VALIDATED) for table in tables)
    if gone and (whole or through):
        ledger.set_status(run, RunStatus.ROLLED_BACK)
        ledger.set_intent(run, "")
    elif through and ledger.run(run).status is RunStatus.FAILED:
        staying = [table for table in progress(ledger, run) if table.state is not TableState.ROLLED_BACK]
        aside = any(table.accounting.quarantined for table in staying)
        ledger.set_status(run, RunStatus.SUCCESS_WITH_QUARANTINE if aside else RunStatus.SUCCESS)
    elif ledger.run(run).status is RunStatus.WAITING and not any(table.failure for table in tables):
        ledger.set_status(run, RunStatus.PAUSED)  # what it had asked about is gone


@contextmanager
def _at(target: Target, doing: str, *, reading: bool = False) -> Iterator[Connection]:
    with target.connect(doing, reading=reading) as connection:
        references_off(connection)
        yield connection


@contextmanager
def _writing(connection: Connection, ledger: Ledger, undoing: Undoing) -> Iterator[None]:
    """A turn to write; what is not committed in it is rolled back."""
    with turn(ledger.target):
        try:
            yield
        except FerrymanError as error:
            error.table = error.table or undoing.name
            raise
        finally:
            connection.rollback()
