"""Looking back, in a ring of tables, at rows that went before their parents: some of these may not have come after all.

Nobody can know beforehand what a database refuses. When all parents were copied, rows that lack theirs are dealt with
as decisions say, or a person is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import FromClause, select

from ferryman.domain.errors import NeedsDecision
from ferryman.domain.events import Event
from ferryman.domain.findings import MissingGroup
from ferryman.domain.mapping import Policy, Problem, Strategy
from ferryman.domain.recovery import Failure
from ferryman.domain.references import postponable
from ferryman.domain.run import TableState
from ferryman.tools.move.aside import Reason
from ferryman.tools.move.clock import SYSTEM, Clock
from ferryman.tools.move.desk import ground_of
from ferryman.tools.move.fault import of_missing
from ferryman.tools.move.job import Stuck
from ferryman.tools.move.own_rules import references_off
from ferryman.tools.move.patience import patiently
from ferryman.tools.move.recall import empty, ours, recall
from ferryman.tools.move.rowkeys import RowKeys
from ferryman.tools.move.sorting import SUPPLYING, Want, quarantined_before
from ferryman.tools.move.supply import supply
from ferryman.tools.move.turns import turn
from ferryman.tools.move.variants import pushable
from ferryman.tools.move.work import TableWork
from ferryman.tools.prepare.bonds import Condition, bond_of, bonds
from ferryman.tools.prepare.mirror import beside
from ferryman.tools.prepare.orphans import cause_of, groups_on, is_orphan
from ferryman.tools.prepare.remedies import decided
from ferryman.tools.prepare.side_by_side import side_by_side

_COPIED = (TableState.COPIED, TableState.VALIDATED, TableState.FAILED)
Emit = Callable[[Event], None]


def look_back(work: TableWork, *, clock: Clock = SYSTEM, emit: Emit = lambda event: None) -> Failure | None:
    """Deal with a table's rows whose parents were to come after them and did not; gives what a person has to decide.

    Only parents are looked for that were copied. Doing it twice changes nothing the second time.
    """
    plan, states = work.ledger.run(work.run).amended, {r.table: r.state for r in work.ledger.tables_of(work.run)}
    waited = [b for b in bonds(pushable(work.compiled)) if states.get(b.parent) in _COPIED and b.parent != work.table]
    late = [bond.columns for bond in waited if plan.comes_later(work.table, bond.parent)]
    if not late or not work.handling.foreign_key_validation:
        return None
    found = [(group, _decided(work, group)) for group in _groups(work, late)]
    if open_ := tuple(group for group, policy in found if policy is None):
        return of_missing(work.table, open_)
    for group, policy in found:
        assert policy is not None
        try:
            _deal(work, group, policy, clock, emit)
        except Stuck as stuck:
            return of_missing(work.table, (group,)).but(error_detail=stuck.failure.error_detail)
        except NeedsDecision as error:
            return of_missing(work.table, (group,)).but(error_detail=error.what)
    return None


def _groups(work: TableWork, late: Sequence[tuple[str, ...]]) -> tuple[MissingGroup, ...]:
    seen, ground = beside(work.compiled), ground_of(work).beside()
    others = {name for bond in bonds(seen) if bond.columns not in late for name in bond.columns}
    leave = others - {name for columns in late for name in columns}

    def went(rows: FromClause) -> Condition:
        return ours(work, seen, ground, rows)

    with side_by_side(work.source, work.target, f"looking back at {work.table}", [work.compiled]) as connection:
        return groups_on(connection, pushable(seen), ground, leave=leave, such=went)


def _decided(work: TableWork, group: MissingGroup) -> Policy | None:
    reason = Reason(Problem.MISSING_PARENT, group.columns, group.cause, group.parent)
    with work.target.connect("reading the ledger", reading=True) as connection:
        before = quarantined_before(work, connection, reason)
    return decided(work.compiled.mapping, reason.problem, reason.columns, reason.cause, before + group.rows)


def _deal(work: TableWork, group: MissingGroup, policy: Policy, clock: Clock, emit: Emit) -> None:
    bond = bond_of(work.compiled, group.columns)
    match policy.strategy:
        case Strategy.QUARANTINE:
            recall(work, (group,), clock=clock, emit=emit)
        case Strategy.SET_NULL:
            patiently(lambda: _empty(work, group), table=work.table, emit=emit, clock=clock)
        case strategy if strategy in SUPPLYING:
            supply(work, [Want(bond, group.cause, strategy, policy, group.rows)], clock=clock, emit=emit)


def _empty(work: TableWork, group: MissingGroup) -> None:
    """Empty the references that were written before it was known that they lead nowhere."""
    seen, ground = beside(work.compiled), ground_of(work).beside()
    known, bond = RowKeys(seen), bond_of(seen, group.columns)
    with side_by_side(work.source, work.target, f"looking back at {work.table}", [work.compiled]) as connection:
        rows = ground.legacy_rows(seen)
        lost = [is_orphan(bond, rows, ground), cause_of(bond, rows, ground) == group.cause.value]
        values = known.values(rows)
        wanted = select(known.text(values)).where(*lost, ours(work, seen, ground, rows)) if values else None
        keys = connection.execute(wanted).scalars().all() if wanted is not None else []
    columns = postponable(work.compiled.target, group.columns)
    with turn(work.target), work.target.connect(f"emptying references of {work.table}") as connection:
        references_off(connection)
        if empty(connection, work, work.table, columns, keys):
            work.ledger.renew(connection, work.run)
            connection.commit()
