"""How many rows of a table got parents that were supplied for them, by the ledger: a policy that was decided on a count
is not applied to more rows in another process either."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sqlalchemy import FromClause, func, select

from ferryman.domain.findings import MissingCause
from ferryman.domain.mapping import Policy, Strategy
from ferryman.domain.run import Segment
from ferryman.tools.databases.dialect import clause
from ferryman.tools.databases.sqlite_guard import LEGACY
from ferryman.tools.move.rowkeys import RowKeys
from ferryman.tools.move.sorting import SUPPLYING
from ferryman.tools.move.tables import RowKind
from ferryman.tools.move.variants import pushable
from ferryman.tools.move.work import TableWork
from ferryman.tools.prepare.bonds import Bond, Condition, among, bonds
from ferryman.tools.prepare.mirror import beside
from ferryman.tools.prepare.orphans import in_scope
from ferryman.tools.prepare.side_by_side import ID_MAP, ledger_table, side_by_side
from ferryman.tools.prepare.transform import CompiledTable, compiled_as

Supplied = Counter[tuple[tuple[str, ...], MissingCause | None]]  #: rows, by referring columns and cause


def supplied_before(work: TableWork) -> Supplied:
    """The rows of the table's committed batches whose parents came beside the order, as the policies that have a count
    tell them apart. A parent that came for another reason counts for each of them."""
    found: Supplied = Counter()
    capped = [p for p in work.compiled.mapping.policies if p.strategy in SUPPLYING and p.rows]
    with work.target.connect("reading the ledger", reading=True) as connection:
        last = work.ledger.book(work.run, work.table).last(connection)
    if not capped or last is None or last.segment.upto is None:
        return found
    seen, done = beside(work.compiled), Segment(upto=last.segment.upto)
    with side_by_side(work.source, work.target, f"counting rows of {work.table}", [work.compiled]) as connection:
        for policy in capped:
            for bond in _meant(policy, seen):
                rows = clause(seen.source, schema=LEGACY).alias()
                chosen = [in_scope(seen, rows, done), bond.names_one(rows), _supplied(work, bond, policy, rows)]
                count = connection.execute(select(func.count()).select_from(rows).where(*chosen)).scalar_one()
                for cause in [policy.cause] if policy.cause else MissingCause:
                    found[bond.columns, cause] += int(count)
    return found


def _meant(policy: Policy, seen: CompiledTable) -> Iterator[Bond]:
    """The references that a policy speaks of, to tables of the plan."""
    for bond in bonds(pushable(seen)):
        if set(policy.columns) in (set(), set(bond.columns)) and bond.parent in seen.plan.by_target:
            yield bond


def _supplied(work: TableWork, bond: Bond, policy: Policy, rows: FromClause) -> Condition:
    """Whether the ledger says of a row's parent that it came beside the order, or stands in for one."""
    keys = RowKeys(compiled_as(bond.child, bond.parent))
    entry = clause(ID_MAP, [column.name for column in ledger_table(ID_MAP).columns]).alias()
    parent = clause(bond.child.target_database.table(bond.parent)).alias()
    placed = policy.strategy is Strategy.PLACEHOLDERS
    came = select(*(parent.c[name] for name in bond.parent_columns)).where(
        entry.c.run_id == work.run,
        entry.c.table_name == bond.parent,
        entry.c.kind == (RowKind.PLACEHOLDER if placed else RowKind.CREATED).value,
        entry.c.batch.like("%+%"),
        entry.c.target_key == keys.text({name: parent.c[name] for name in keys.names}),
    )
    return among(bond.new_key(rows), came)
