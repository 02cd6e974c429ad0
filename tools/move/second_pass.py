"""References that could not be filled when their row was inserted, because their parent's key was made later.

Derived and kept keys are known beforehand, so only parents whose keys the target generates need this: a table that
refers to itself, and rings of tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, select, update

from ferryman.domain.mapping import Generated, Matched
from ferryman.domain.run import Segment
from ferryman.tools.databases.dialect import clause
from ferryman.tools.move.bench import Bench, bench
from ferryman.tools.move.clock import SYSTEM, Clock
from ferryman.tools.move.failpoint import failpoint
from ferryman.tools.move.rowkeys import RowKeys
from ferryman.tools.move.turns import turn
from ferryman.tools.move.variants import pushable
from ferryman.tools.move.work import TableWork
from ferryman.tools.prepare.bonds import Bond, bonds

_AT_ONCE = 5_000  #: references per transaction


def fill_references(work: TableWork, parents: Sequence[str], *, clock: Clock = SYSTEM) -> int:
    """Fill the table's references to these parents (target names) that are still NULL; gives how many were filled.

    Call it when the parents are all there. Doing it twice changes nothing the second time.
    """
    scope = work.ledger.table(work.run, work.table).scope
    late = [bond for bond in bonds(pushable(work.compiled)) if bond.parent in parents and made_late(bond)]
    if not late or scope.upper is None:
        return 0
    filled = 0
    with bench(work.source, work.target, f"filling references of {work.table}") as connection:
        at = Bench(connection, work.compiled, work.target.dialect)
        for bond in late:
            filled += _fill(work, at, bond, Segment(upto=scope.upper))
    return filled


def made_late(bond: Bond) -> bool:
    """Whether the parent's keys are known only when its rows are there."""
    mapping = bond.child.plan.by_target.get(bond.parent)
    identity = mapping.identity if mapping else None
    return isinstance(identity.otherwise if isinstance(identity, Matched) else identity, Generated)


def _fill(work: TableWork, at: Bench, bond: Bond, segment: Segment) -> int:
    from_, keys = at.legacy, RowKeys(work.compiled)
    own = list(keys.values(from_).values())
    if not own:
        return 0
    named = select(*own, *bond.new_key(from_)).select_from(from_)
    named = named.where(at.within(segment), work.compiled.in_filter(from_), bond.names_one(from_))
    rows = at.connection.execute(named).all()
    at.connection.rollback()
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
            filled += at.connection.execute(statement, values[start : start + _AT_ONCE]).rowcount
            work.ledger.renew(at.connection, work.run)
            failpoint("before_reference_commit", work.table)
            at.connection.commit()
            failpoint("after_reference_commit", work.table)
    return filled
