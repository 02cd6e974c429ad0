"""Supplying the parents that rows lack: the real ones out of the old database, or placeholders.

The real ones come with their own parents first, as far up as it takes. See `additions` for how they are accounted for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import func, select

from ferryman.domain.errors import NeedsDecision
from ferryman.domain.events import Event
from ferryman.domain.findings import OUT_OF_REACH, MissingCause
from ferryman.domain.mapping import Problem, Strategy
from ferryman.domain.run import Key, Segment
from ferryman.domain.transforms import RemapIds
from ferryman.tools.move.additions import bring, in_chunks, keys_filter
from ferryman.tools.move.clock import SYSTEM, Clock
from ferryman.tools.move.desk import glance
from ferryman.tools.move.foreign import Missing
from ferryman.tools.move.placeholders import make_placeholders
from ferryman.tools.move.sorting import Want
from ferryman.tools.move.tries import Tries
from ferryman.tools.move.turns import beside_the_order
from ferryman.tools.move.variants import narrowed, pushable
from ferryman.tools.move.work import TableWork
from ferryman.tools.prepare.bonds import Bond, bonds, listed_bond
from ferryman.tools.prepare.mirror import beside
from ferryman.tools.prepare.orphans import Ground, cause_of, in_scope, is_orphan
from ferryman.tools.prepare.outlook import Outlook
from ferryman.tools.prepare.side_by_side import held, side_by_side
from ferryman.tools.prepare.transform import compiled_as

Emit = Callable[[Event], None]

IN_LEGACY = frozenset(MissingCause) - {MissingCause.NEVER_EXISTED}
DEEPEST = 100  #: generations of parents above parents


def supply(
    work: TableWork,
    wants: Iterable[Want],
    *,
    segment: Segment | None = None,
    clock: Clock = SYSTEM,
    emit: Emit = lambda event: None,
) -> int:
    """Supply what a table's rows lack, of a key range or of all of it; gives how many parents are there now.

    Raises Stuck or NeedsDecision where a parent cannot come. Each batch of parents is committed by itself: doing it
    again goes on where it was.
    """
    supplier = _Supplier(clock, emit)
    with beside_the_order(work.target), held(work.source) as source:
        work = replace(work, source=source)
        return sum(supplier.supply(work, want, segment or Segment()) for want in wants)


def supply_listed(work: TableWork, *, clock: Clock = SYSTEM, emit: Emit = lambda event: None) -> int:
    """Bring the rows that the table's lists name and that the plan leaves out, where it says so; gives how many came.

    Raises Stuck or NeedsDecision where one cannot come. Doing it again brings what is not there yet.
    """
    supplier = _Supplier(clock, emit)
    with beside_the_order(work.target):
        return sum(supplier.take(work, bond, keys) for bond, keys in _listed(work))


def _listed(work: TableWork) -> Iterator[tuple[Bond, list[Key]]]:
    """By list, the legacy keys that it names, that are not in the target and that legacy has."""
    said = {
        name
        for policy in work.compiled.mapping.policies
        if policy.problem is Problem.MISSING_PARENT and policy.strategy is Strategy.MIGRATE_PARENTS
        for name in policy.columns
    }
    columns = [c.target for c in work.compiled.mapping.columns if c.target in said and c.uses(RemapIds)]
    if not columns:
        return
    found: list[tuple[Bond, list[Key]]] = []
    seen = replace(beside(work.compiled), outlook=Outlook(frozenset()))
    doing = f"looking for the rows that lists of {work.table} name"
    with side_by_side(work.source, work.target, doing, [work.compiled]) as connection:
        rows = Ground({}).legacy_rows(seen)
        for name in columns:
            for parent, members in seen.lost_members(name, rows):
                lost = members.subquery()
                wanted = select(lost.c.id).where(lost.c.cause.not_in([cause.value for cause in OUT_OF_REACH]))
                keys = [tuple(row) for row in connection.execute(wanted.distinct())]
                found.append((listed_bond(seen, name, parent), keys))
    yield from found


def supply_parents(work: TableWork, lacks: Sequence[Lack], tries: Tries, *, emit: Emit) -> int:
    """Supply what a table's rows lack as far as it goes: a parent that cannot come stays where it was."""
    supplier = _Supplier(SYSTEM, emit, tries)
    return sum(supplier.bring(work, lack) for lack in lacks)


def of_keys(work: TableWork, keys: Sequence[Key]) -> TableWork:
    """The table's work as if these were all its rows."""
    chosen = keys_filter(work.compiled.mapping.key, keys)
    return replace(work, compiled=narrowed(work.compiled, chosen))


def can_come(work: TableWork, bond: Bond) -> bool:
    """Whether the old database's rows of a reference's parent can be taken along: the run copies that table."""
    parent = work.compiled.plan.by_target.get(bond.parent)
    known = parent is not None and bond.legacy_parent is not None and bond.legacy_parent.name == parent.source
    return known and any(record.table == bond.parent for record in work.ledger.tables_of(work.run))


@dataclass(frozen=True)
class Lack:
    """Parents that rows lack, and those themselves."""

    want: Want
    missing: tuple[Missing, ...]


@dataclass
class _Supplier:
    clock: Clock
    emit: Emit
    tries: Tries | None = None  #: where a parent that cannot come stays where it was, and nothing is raised
    seen: set[tuple[str, Key]] = field(default_factory=set)  #: parents that were asked for: a ring has no end

    def supply(self, work: TableWork, want: Want, segment: Segment, depth: int = 0) -> int:
        missing = tuple(dict.fromkeys((*_missing(work, want, segment), *want.aside)))
        if want.strategy is Strategy.PLACEHOLDERS:
            return make_placeholders(work, want.bond, missing, clock=self.clock, emit=self.emit)
        return self.bring(work, Lack(want, missing), depth)

    def bring(self, work: TableWork, lack: Lack, depth: int = 0) -> int:
        """Bring parents that are known to be missing, but for those that were asked for before."""
        bond = lack.want.bond
        keys = [one.old for one in lack.missing if not self._asked(bond, one.old)]
        return self.take(work, bond, keys, depth) if keys else 0

    @property
    def forgiving(self) -> bool:
        return self.tries is not None

    def _asked(self, bond: Bond, key: Key) -> bool:
        tried = self.tries is not None and self.tries.in_vain(bond.parent, bond.pointed_at, key)
        return tried or (bond.parent, key) in self.seen

    def take(self, work: TableWork, bond: Bond, keys: Sequence[Key], depth: int = 0) -> int:
        """Bring parents by what the child's rows call them."""
        if keys and (depth > DEEPEST or not can_come(work, bond)):
            if self.forgiving:
                return 0
            raise NeedsDecision(
                f"Rows of {bond.parent} cannot be taken along: this run does not copy that table.",
                "Take another way.",
                table=work.table,
            )
        self.seen |= {(bond.parent, key) for key in keys}
        return sum(self._take(work, bond, some, depth) for some in in_chunks(keys))

    def _take(self, work: TableWork, bond: Bond, keys: Sequence[Key], depth: int) -> int:
        """Bring some parents, their own parents first."""
        parent = replace(work, compiled=compiled_as(work.compiled, bond.parent))
        chosen = keys_filter(bond.pointed_at, keys)
        only = replace(parent, compiled=narrowed(parent.compiled, chosen))
        for above in lacking(only):
            self.bring(only, above, depth + 1)
        stand = self.tries.stand(bond.parent) if self.tries else 0
        brought = bring(parent, chosen, clock=self.clock, emit=self.emit, forgiving=self.forgiving)
        if self.tries:
            self.tries.note(bond.parent, bond.pointed_at, keys, stand if brought.left else None)
        if brought.left and not self.forgiving:
            raise NeedsDecision(
                f"{brought.left:,} of the missing rows of {bond.parent} do not go as they are.",
                "Take another way, or mend them first.",
                table=work.table,
            )
        return brought.rows


def _missing(work: TableWork, want: Want, segment: Segment) -> tuple[Missing, ...]:
    """The parents that rows of a table lack: what legacy calls them, and the new key that would be theirs."""
    with glance(work, segment) as job:
        seen, rows, ground = job.work.compiled, job.bench.legacy, job.ground
        bond = next(b for b in bonds(pushable(seen)) if b.columns == want.bond.columns)
        old, new = bond.old_key(rows), bond.new_key(rows)
        why = [cause_of(bond, rows, ground) == want.cause.value] if want.cause else []
        wanted = select(*old, *new).where(in_scope(seen, rows, segment), is_orphan(bond, rows, ground), *why)
        found = job.bench.connection.execute(wanted.distinct()).all()
    return tuple(Missing(tuple(row[: len(old)]), tuple(row[len(old) :])) for row in found)


def lacking(work: TableWork) -> Iterator[Lack]:
    """The parents that rows lack and that the old database has, by cause. What never was is left to their policies."""
    found: list[Lack] = []
    known = [cause.value for cause in IN_LEGACY]
    with glance(work) as job:
        seen, rows, ground = job.work.compiled, job.bench.legacy, job.ground
        for bond in bonds(pushable(seen)):
            old, new = bond.old_key(rows), bond.new_key(rows)
            named = [value.label(f"k{position}") for position, value in enumerate((*old, *new))]
            lost = select(cause_of(bond, rows, ground).label("cause"), *named)
            each = lost.where(in_scope(seen, rows, Segment()), is_orphan(bond, rows, ground)).subquery()
            counted = select(func.count(), *each.c).where(each.c.cause.in_(known)).group_by(*each.c)
            found += _by_cause(bond, len(old), job.bench.connection.execute(counted))
    yield from (lack for lack in found if can_come(work, lack.want.bond))


def _by_cause(bond: Bond, width: int, parents: Iterable[Sequence[Any]]) -> Iterator[Lack]:
    """Of one reference: number of rows, cause, old key, new key of each parent."""
    rows, missing = Counter[str](), dict[str, list[Missing]]()
    for count, cause, *keys in parents:
        rows[cause] += count
        missing.setdefault(cause, []).append(Missing(tuple(keys[:width]), tuple(keys[width:])))
    for cause, some in missing.items():
        want = Want(bond, MissingCause(cause), Strategy.MIGRATE_PARENTS, None, rows[cause])
        yield Lack(want, tuple(some))
