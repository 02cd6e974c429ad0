"""Foreign keys of a table that its load would be slower by than by the copy itself, set aside meanwhile.

Only PostgreSQL's: it looks for a parent row by row, whatever the session says. Taking a key away commits together with
its definition in the ledger, so that whoever goes on with the run, or undoes it, finds what has to be put back. Every
batch looks for its parents itself meanwhile. Then the keys come back, for new rows at once and for those that are
there when the server has looked at all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from sqlalchemy.exc import DBAPIError

from ferryman.domain.errors import NeedsDecision, Transient
from ferryman.domain.events import ConstraintsRestored, ConstraintsSetAside, Event
from ferryman.tools.databases import postgresql_constraints as constraints
from ferryman.tools.databases.connect import Target
from ferryman.tools.databases.postgresql_constraints import Key
from ferryman.tools.move.away import away, note
from ferryman.tools.move.clock import Clock
from ferryman.tools.move.failpoint import failpoint
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.patience import patiently
from ferryman.tools.move.quiet import bring_back
from ferryman.tools.move.work import TableWork

Emit = Callable[[Event], None]

FEW = 50_000  #: rows for which it is not worth taking a lock on two tables


def announced(target: Target, table: str, rows: int, there: int) -> Iterator[str]:
    """What a plan says of a table with foreign keys that goes straight: `rows` come, and `there` are there."""
    if _pays(target, rows, there):
        yield (
            f"The foreign keys of {table} are set aside while its rows are loaded, then put back and checked. Every "
            f"batch looks for its parents meanwhile; add keep_constraints=yes to the URL to leave them where they are."
        )


def _pays(target: Target, rows: int, there: int) -> bool:
    kept = str(target.engine.url.query.get("keep_constraints", "no")).lower() in ("1", "yes", "true", "on")
    return target.dialect.name == "postgresql" and not kept and rows >= FEW and there <= rows


@contextmanager
def set_aside(work: TableWork, rows: int, there: int, emit: Emit, clock: Clock) -> Iterator[frozenset[str]]:
    """The names of the foreign keys that are away in the block, those that a kill left away among them; `rows` are to
    come. Whatever happens in it, they are put back when it ends."""
    ledger, run, table = work.ledger, work.run, work.table
    if work.compiled.target.foreign_keys and _pays(work.target, rows, there):
        _take_away(work, emit)
    names = frozenset(key.name for key in away(ledger, run, table).keys)
    try:
        yield names
    finally:
        if names:
            patiently(lambda: restore_table(ledger, run, table, emit), table=table, emit=emit, clock=clock)


def _take_away(work: TableWork, emit: Emit) -> None:
    ledger, target, table = work.ledger, work.target, work.table
    try:
        with target.connect(f"setting the foreign keys of {table} aside") as connection:
            ledger.renew(connection, work.run)
            keys = constraints.keys_of(connection, table)
            able = [key for key in keys if key.removable]
            for key in able:
                constraints.remove(connection, key)
            left = away(ledger, work.run, table)
            note(connection, ledger, work.run, left.but(keys=(*left.keys, *able)))
            failpoint("before_set_aside", table)
            connection.commit()
        failpoint("after_set_aside", table)
    except Transient:
        keys, able, why = (), [], "others are at work in its tables"
    else:
        why = "the role may not alter it" if len(able) < len(keys) else ""
    if able or why:
        emit(ConstraintsSetAside(table=table, constraints=tuple(key.name for key in able), kept_reason=why))


def restore(ledger: Ledger, run: str, emit: Emit = lambda event: None) -> None:
    """Put back and check whatever a run left aside, triggers too. Takes the run's lease for it, where there is any."""
    left = [one.table for one in ledger.tables_of(run) if one.set_aside]
    if left:
        ledger.acquire(run)
    for table in left:
        patiently(partial(_restored, ledger, run, table, emit), table=table, emit=emit)
    if left:
        ledger.release(run)


def _restored(ledger: Ledger, run: str, table: str, emit: Emit) -> None:
    bring_back(ledger, run, table, emit)
    restore_table(ledger, run, table, emit)


def put_back(ledger: Ledger, run: str) -> None:
    """The same without looking at the rows that are there: they may be about to go."""
    for one in ledger.tables_of(run):
        if one.set_aside:
            bring_back(ledger, run, one.table)
            _put_back(ledger, run, one.table)


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
