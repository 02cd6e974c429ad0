"""References that could not be filled when their row was inserted, because their parent's key was made later.

Derived and kept keys are known beforehand, so only parents whose keys the target generates need this: a table that
refers to itself, and rings of tables. PostgreSQL needs it for all keys: it refuses a row that comes before its parent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, bindparam, select, update

from ferryman.domain.run import Segment
from ferryman.tools.databases.dialect import clause
from ferryman.tools.move.bench import Bench, bench
from ferryman.tools.move.clock import SYSTEM, Clock
from ferryman.tools.move.failpoint import failpoint
from ferryman.tools.move.foreign import made_late
from ferryman.tools.move.relay import Relay
from ferryman.tools.move.rowkeys import RowKeys
from ferryman.tools.move.turns import turn
from ferryman.tools.move.variants import pushable
from ferryman.tools.move.work import TableWork
from ferryman.tools.prepare.bonds import Bond, Expression, as_one, bonds
from ferryman.tools.prepare.mirror import beside

_AT_ONCE = 5_000  #: references per transaction


def fill_references(work: TableWork, parents: Sequence[str], *, clock: Clock = SYSTEM) -> int:
    """Fill the table's references to these parents (target names) that are still NULL; gives how many were filled.

    Call it when the parents are all there. Doing it twice changes nothing the second time.
    """
    scope, live = work.ledger.table(work.run, work.table).scope, work.compiled
    work = replace(work, compiled=beside(live))
    early = work.target.dialect.name == "postgresql" and work.handling.id_mapping
    late = [b for b in bonds(pushable(work.compiled)) if b.parent in parents and (made_late(b) or early)]
    if not late or scope.upper is None:
        return 0
    filled = 0
    with bench(work.source, work.target, f"filling references of {work.table}", live) as views:
        at = Bench(views, work.compiled, work.target.dialect)
        if views.relayed:
            relay = Relay(at, work.ledger, (), RowKeys(work.compiled))
            relay.fetch_keys([work.table, *parents], {name for bond in late for name in bond.columns})
        for bond in late:
            filled += _fill(work, at, bond, Segment(upto=scope.upper))
    return filled


def _open(work: TableWork, bond: Bond, own: list[Expression], new: list[Expression]) -> tuple[ColumnElement[bool], ...]:
    """Rows whose reference is still empty, and whose parent is there: by what was fetched of the target."""
    held, keys = clause(work.compiled.target).alias(), RowKeys(work.compiled)
    parent = clause(work.compiled.target_database.table(bond.parent)).alias()
    empty = select(*(held.c[name] for name in keys.names)).where(*(held.c[name].is_(None) for name in bond.columns))
    return as_one(own).in_(empty), as_one(new).in_(select(*(parent.c[name] for name in bond.parent_columns)))


def _fill(work: TableWork, at: Bench, bond: Bond, segment: Segment) -> int:
    from_, keys = at.legacy, RowKeys(work.compiled)
    own = list(keys.values(from_).values())
    if not own:
        return 0
    named = select(*own, *bond.new_key(from_)).select_from(from_)
    named = named.where(at.within(segment), work.compiled.in_filter(from_), bond.names_one(from_))
    if at.at.relayed:
        named = named.where(*_open(work, bond, own, bond.new_key(from_)))
    rows = at.connection.execute(named).all()
    at.rollback()
    target = clause(work.compiled.target)
    same = [target.c[name] == bindparam(f"k{n}") for n, name in enumerate(keys.names)]
    empty = [target.c[name].is_(None) for name in bond.columns]
    new: dict[str, Any] = {name: bindparam(f"v{n}") for n, name in enumerate(bond.columns)}
    statement = update(target).where(*same, *empty).values(new)
    names = [*(f"k{n}" for n in range(len(own))), *(f"v{n}" for n in range(len(bond.columns)))]
    values = [dict(zip(names, row, strict=True)) for row in rows if None not in row]
    filled = 0
    for start in range(0, len(values), _AT_ONCE):
        with turn(work.target):
            filled += at.books.execute(statement, values[start : start + _AT_ONCE]).rowcount
            work.ledger.renew(at.books, work.run)
            failpoint("before_reference_commit", work.table)
            at.commit()
            failpoint("after_reference_commit", work.table)
    return filled
