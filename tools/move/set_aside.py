"""Foreign keys of a table that its load would be slower by than by the copy itself, and those that no row could come
first by, set aside meanwhile.

Only PostgreSQL's: it looks for a parent row by row, whatever the session says, at the latest when a batch commits.
Taking a key away commits together with
its definition in the ledger, so that whoever goes on with the run, or undoes it, finds what has to be put back. Every
batch looks for its parents itself meanwhile. Then the keys come back, for new rows at once and for those that are
there when the server has looked at all of them: where parents are still to come, before the table is proved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from functools import partial

from sqlalchemy.exc import DBAPIError

from ferryman.domain.errors import NeedsDecision, Transient
from ferryman.domain.events import ConstraintsRestored, ConstraintsSetAside, Event
from ferryman.domain.plan import Plan
from ferryman.domain.references import references_of
from ferryman.domain.run import TableState
from ferryman.domain.schema import Database
from ferryman.tools.databases import postgresql_constraints as constraints
from ferryman.tools.databases.connect import Target
from ferryman.tools.databases.postgresql_constraints import Key
from ferryman.tools.move.away import Away, away, note
from ferryman.tools.move.clock import Clock
from ferryman.tools.move.failpoint import failpoint
from ferryman.tools.move.indexed import take_down
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.patience import patiently
from ferryman.tools.move.quiet import bring_back
from ferryman.tools.move.work import TableWork

Emit = Callable[[Event], None]

FEW = 50_000  #: rows for which it is not worth taking a lock on two tables


def first_by_none(plan: Plan, database: Database, table: str, left: Away | None = None) -> frozenset[str]:
    """The foreign keys that every row of a table has to have filled, and that name rows which may come after it: of the
    table itself, or of one that refers back. No row could be the first while they stand. `left`: what is away, or back
    and not checked yet."""
    ours = {key.name for key in left.keys} if left else set()
    return frozenset(
        reference.name
        for reference in references_of(plan.mapping, database)
        if reference.child == table and reference.required and reference.name
        if plan.comes_later(table, reference.parent)
        if database.dialect == "postgresql" and (not reference.at_once or reference.name in ours)
    )


def announced_first(plan: Plan, database: Database, table: str) -> Iterator[str]:
    """What a plan says of these."""
    if names := sorted(first_by_none(plan, database, table)):
        yield (
            f"{', '.join(names)} of {table} must be filled and may name rows that come later, so no row could be the "
            "first: it is set aside until they are there, then put back and checked. Every batch looks for its parents "
            "meanwhile."
        )


def announced(target: Target, table: str, rows: int, there: int) -> Iterator[str]:
    """What a plan says of a table with foreign keys that goes straight: `rows` come, and `there` are there."""
    if _pays(target, rows, there):
        yield (
            f"The foreign keys of {table} are set aside while its rows are loaded, then put back and checked. Every "
            f"batch looks for its parents meanwhile; add keep_constraints=yes to the URL to leave them where they are."
        )


def _pays(target: Target, rows: int, there: int) -> bool:
    able = target.dialect.name == "postgresql" and not constraints.kept(target.engine.url)
    return able and rows >= FEW and there <= rows


@contextmanager
def set_aside(work: TableWork, plan: Plan, rows: int, there: int, emit: Emit, clock: Clock) -> Iterator[frozenset[str]]:
    """The names of the foreign keys that are away in the block, those that a kill left away among them; `rows` are to
    come straight. Whatever happens in it, they are put back when it ends."""
    ledger, run, table, target = work.ledger, work.run, work.table, work.compiled.target
    first = first_by_none(plan, work.compiled.target_database, table, away(ledger, run, table))
    pays = _pays(work.target, rows, there)
    slow = {key.name for key in target.foreign_keys if pays and key.parent != table} - first
    if first:
        patiently(lambda: take_away(ledger, run, table, first), table=table, emit=emit, clock=clock)
    if slow:
        _take_slow(ledger, run, table, slow, emit)
    names = frozenset(key.name for key in away(ledger, run, table).keys)
    try:
        yield names
    finally:
        if first:  # they cannot be checked before all is there: see `checked`
            patiently(lambda: _put_back(ledger, run, table), table=table, emit=emit, clock=clock)
        elif names:
            patiently(lambda: restore_table(ledger, run, table, emit), table=table, emit=emit, clock=clock)


def take_away(ledger: Ledger, run: str, table: str, chosen: AbstractSet[str]) -> tuple[list[Key], bool]:
    """Take these keys away, and those again that the ledger has as away; gives the first, and whether the role could
    take them all."""
    with ledger.target.connect(f"setting the foreign keys of {table} aside") as connection:
        ledger.renew(connection, run)
        keys = [key for key in constraints.keys_of(connection, table) if key.name in chosen]
        able = [key for key in keys if key.removable]
        left = away(ledger, run, table)
        for key in (*left.keys, *able):
            constraints.remove(connection, key)
        note(connection, ledger, run, left.but(keys=(*left.keys, *able)))
        failpoint("before_set_aside", table)
        connection.commit()
    failpoint("after_set_aside", table)
    return able, len(able) == len(keys)


def _take_slow(ledger: Ledger, run: str, table: str, chosen: AbstractSet[str], emit: Emit) -> None:
    try:
        able, every = take_away(ledger, run, table, chosen)
    except Transient:
        able, why = [], "others are at work in its tables"
    else:
        why = "" if every else "the role may not alter it"
    if able or why:
        emit(ConstraintsSetAside(table=table, constraints=tuple(key.name for key in able), kept_reason=why))


def restore(ledger: Ledger, run: str, emit: Emit = lambda event: None, *, goes_on: bool = False) -> None:
    """Put back and check whatever a run left aside, triggers too; its indexes go. Takes the run's lease for it.

    `goes_on`: a table that is not proved yet is checked when its copy ends, or its proof begins.
    """
    left = [one for one in ledger.tables_of(run) if one.set_aside]
    if left:
        ledger.acquire(run)
    for one in left:
        later = goes_on and one.state in (TableState.PENDING, TableState.COPYING, TableState.COPIED)
        back = partial(_back, ledger, run) if later else partial(_restored, ledger, run, emit=emit)
        patiently(partial(back, one.table), table=one.table, emit=emit)
    if left:
        ledger.release(run)


def _back(ledger: Ledger, run: str, table: str) -> None:
    take_down(ledger, run, table)
    bring_back(ledger, run, table)
    _put_back(ledger, run, table)


def _restored(ledger: Ledger, run: str, table: str, emit: Emit) -> None:
    take_down(ledger, run, table)
    bring_back(ledger, run, table, emit)
    restore_table(ledger, run, table, emit)


def checked(ledger: Ledger, run: str, table: str, emit: Emit) -> None:
    """Have the server look at the rows of a table whose parents are all there by now, where a key of it was away."""
    if away(ledger, run, table).keys:
        patiently(lambda: restore_table(ledger, run, table, emit), table=table, emit=emit)


def put_back(ledger: Ledger, run: str) -> None:
    """The same without looking at the rows that are there: they may be about to go, or others to come."""
    for one in ledger.tables_of(run):
        if one.set_aside:
            patiently(partial(_back, ledger, run, one.table), table=one.table)


def restore_table(ledger: Ledger, run: str, table: str, emit: Emit) -> None:
    """Put the keys of a table back, and have the server look at the rows. A key that a row breaks stays in force for
    new rows, and in the ledger, to be checked again."""
    began = ledger.clock.seconds()
    keys, broken = _put_back(ledger, run, table), list[str]()
    for key in keys:
        with ledger.target.connect(f"checking {key.name}") as connection:
            try:
                constraints.validate(connection, key)
            except DBAPIError as error:
                failure = ledger.target.dialect.translate(error, f"checking {key.name}")
                if not isinstance(failure, NeedsDecision):
                    raise
                connection.rollback()
                broken.append(key.name)
                continue
            left = away(ledger, run, table)
            note(connection, ledger, run, left.but(keys=[one for one in left.keys if one != key]))
            failpoint("before_restored", table)
            connection.commit()
        failpoint("after_restored", table)
    if not keys:
        return
    emit(
        ConstraintsRestored(
            table=table,
            constraints=tuple(key.name for key in keys),
            not_valid=tuple(broken),
            seconds=ledger.clock.seconds() - began,
        )
    )


def _put_back(ledger: Ledger, run: str, table: str) -> tuple[Key, ...]:
    keys = away(ledger, run, table).keys
    if not keys:
        return ()
    with ledger.target.connect(f"putting the foreign keys of {table} back") as connection:
        for key in keys:
            constraints.put_back(connection, key)
        failpoint("before_put_back", table)
        connection.commit()
    failpoint("after_put_back", table)
    return keys
