"""Triggers of a table that the plan sets aside, away for as long as Ferryman writes into it.

Which they are and how they come back stands in the ledger before the first of them goes, so that whoever goes on with
the run, or undoes it, finds what has to be put back. On PostgreSQL and SQLite they go and come in one transaction with
that; on MariaDB and MySQL one by one. They are away for every program, not for ours alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock

from ferryman.domain.errors import FerrymanError
from ferryman.domain.events import Event, TriggersRestored, TriggersSetAside
from ferryman.domain.mapping import TableMapping, Triggers
from ferryman.tools.databases.triggers import Aside
from ferryman.tools.move.away import away, note
from ferryman.tools.move.clock import SYSTEM, Clock
from ferryman.tools.move.failpoint import failpoint
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.patience import patiently
from ferryman.tools.move.turns import turn

Emit = Callable[[Event], None]

_guard = RLock()
_writers: Counter[tuple[str, str]] = Counter()  #: of this process: (place, table) -> blocks that are open


@contextmanager
def quiet(
    ledger: Ledger,
    run: str,
    table: TableMapping | None,
    *,
    emit: Emit = lambda event: None,
    clock: Clock = SYSTEM,
) -> Iterator[None]:
    """The table's triggers are away in the block where its mapping says so. Blocks may be nested, and be of several
    threads: the first takes the triggers away, the last puts them back, whatever happens in it. No transaction may be
    open at the table when a block begins or ends."""
    if table is None or table.triggers is Triggers.FIRE:
        yield
        return
    name, me = table.target, (ledger.target.identity.place, table.target)
    with _guard:
        if not _writers[me]:
            patiently(lambda: _take_away(ledger, run, name, emit), table=name, emit=emit, clock=clock)
        _writers[me] += 1
    try:
        yield
    finally:
        with _guard:
            _writers[me] -= 1
            if not _writers[me]:
                patiently(lambda: bring_back(ledger, run, name, emit), table=name, emit=emit, clock=clock)


def _take_away(ledger: Ledger, run: str, table: str, emit: Emit) -> None:
    left = away(ledger, run, table)
    target, known = ledger.target, {trigger.name for trigger in left.triggers}
    keeper = target.dialect.triggers
    try:
        with turn(target), target.connect(f"setting the triggers of {table} aside") as connection:
            ledger.renew(connection, run)
            there = keeper.of(connection, table)
            new = tuple(trigger for trigger in there if trigger.name not in known)
            note(connection, ledger, run, left.but(triggers=(*left.triggers, *new)))
            failpoint("before_triggers_go", table)
            for trigger in reversed(there):
                keeper.take_away(connection, trigger)
                failpoint("between_triggers_go", table)
            connection.commit()
    except FerrymanError:
        bring_back(ledger, run, table)
        raise
    failpoint("after_triggers_go", table)
    if there:
        emit(TriggersSetAside(table=table, triggers=tuple(trigger.name for trigger in there)))


def bring_back(ledger: Ledger, run: str, table: str, emit: Emit = lambda event: None) -> None:
    """Put back the triggers that a run took away from a table. Doing it twice changes nothing."""
    left = away(ledger, run, table)
    if not left.triggers:
        return
    target = ledger.target
    with turn(target), target.connect(f"putting the triggers of {table} back") as connection:
        failpoint("before_triggers_come", table)
        for trigger in left.triggers:
            target.dialect.triggers.bring_back(connection, trigger)
            failpoint("between_triggers_come", table)
        note(connection, ledger, run, left.but(triggers=()))
        connection.commit()
    failpoint("after_triggers_come", table)
    emit(TriggersRestored(table=table, triggers=_names(left.triggers)))


def _names(triggers: tuple[Aside, ...]) -> tuple[str, ...]:
    return tuple(trigger.name for trigger in triggers)
