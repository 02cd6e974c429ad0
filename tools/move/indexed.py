"""References that no index finds, given one for as long as the rows that they lead to are undone.

Only PostgreSQL's: it looks for what refers to a row with every row that goes, and reads a whole table for it where no
index helps; MariaDB and MySQL always have one, and SQLite does not look while we undo. Making an index commits
together with its name in the ledger, in the row of the table whose rows go, so that whoever finishes the undoing after
a kill finds what has to go again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial

from ferryman.domain.errors import Transient
from ferryman.domain.events import Event, IndexesSetUp
from ferryman.tools.databases import postgresql_indexes as indexes
from ferryman.tools.databases.postgresql_indexes import Index, Unindexed
from ferryman.tools.move.away import away, note
from ferryman.tools.move.failpoint import failpoint
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.ours import Undoing
from ferryman.tools.move.patience import patiently

Emit = Callable[[Event], None]

FEW = 100_000  #: pages that are read for all rows of a table that go, for which an index is not worth its while


@contextmanager
def indexed(ledger: Ledger, undone: Iterable[Undoing], emit: Emit) -> Iterator[None]:
    """An index finds what refers to these tables' rows in the block, where the role may make it. Whatever happens in
    it, they are gone when it ends. No transaction may be open at the tables when it begins or ends."""
    tables = [one for one in undone if ledger.target.dialect.name == "postgresql" and one.made]
    try:
        for one in tables:
            for reference in patiently(partial(_slow, ledger, one), table=one.name, emit=emit, clock=ledger.clock):
                _set_up(ledger, one, reference, emit)
        yield
    finally:
        for one in tables:
            take = partial(take_down, ledger, one.run, one.name)
            patiently(take, table=one.name, emit=emit, clock=ledger.clock)


def _slow(ledger: Ledger, undoing: Undoing) -> list[Unindexed]:
    with ledger.target.connect(f"looking what refers to {undoing.name}") as connection:
        found = indexes.unindexed(connection, undoing.name)
    return [one for one in found if one.pages * undoing.made > FEW]


def _set_up(ledger: Ledger, undoing: Undoing, reference: Unindexed, emit: Emit) -> None:
    why = "" if reference.able else "the role may make none there"
    if reference.able:
        make = partial(_make, ledger, undoing, reference)
        try:
            patiently(make, table=reference.name, emit=emit, clock=ledger.clock)
        except Transient:
            why = "others are at work there"
    emit(IndexesSetUp(table=undoing.name, referring=reference.name, columns=reference.columns, not_made_reason=why))


def _make(ledger: Ledger, undoing: Undoing, reference: Unindexed) -> None:
    told = f"{undoing.run} {reference.table} {reference.columns}"
    name = f"{reference.schema}.ferryman_undo_{hashlib.sha256(told.encode()).hexdigest()[:16]}"
    index = Index(table=reference.table, columns=reference.columns, index=name)
    with ledger.target.connect(f"making an index on {reference.name}") as connection:
        ledger.renew(connection, undoing.run)
        left = away(ledger, undoing.run, undoing.name)
        if index in left.indexes:
            return  # its commit was not heard of
        note(connection, ledger, undoing.run, left.but(indexes=(*left.indexes, index)))
        indexes.set_up(connection, index)
        failpoint("before_index", undoing.name)
        connection.commit()
    failpoint("after_index", undoing.name)


def take_down(ledger: Ledger, run: str, table: str) -> None:
    """Take the indexes away again that were made for the undoing of a table. Doing it twice changes nothing."""
    for index in away(ledger, run, table).indexes:
        with ledger.target.connect(f"taking an index of {index.table} away") as connection:
            left = away(ledger, run, table)
            note(connection, ledger, run, left.but(indexes=[one for one in left.indexes if one != index]))
            indexes.take_down(connection, index)
            failpoint("before_index_gone", table)
            connection.commit()
        failpoint("after_index_gone", table)
