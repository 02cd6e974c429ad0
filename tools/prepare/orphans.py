"""Rows whose parent is missing, by set queries over both databases, grouped by cause. Counts and names; the rows
themselves are read by `orphan_rows`, for a person's screen alone.

A parent is there when the target holds it, or when it will come: it is in the plan's scope of the legacy database and
no decision keeps it out. Where the plan only refers to the parent's table, the ledger tells what earlier runs made of
it. Where the legacy parent is not known, a missing parent counts as left out by the plan.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import (
    CTE,
    Connection,
    FromClause,
    Select,
    TableClause,
    and_,
    case,
    false,
    func,
    literal,
    not_,
    or_,
    select,
)

from ferryman.domain.findings import MissingCause, MissingGroup
from ferryman.domain.mapping import Action, Policy, Problem, Strategy
from ferryman.domain.run import Segment
from ferryman.tools.databases.connect import Source, Target
from ferryman.tools.databases.dialect import clause
from ferryman.tools.databases.sqlite_guard import LEGACY
from ferryman.tools.prepare.bonds import Bond, Condition, Expression, among, bond_of, bonds
from ferryman.tools.prepare.brought import OPEN, QUARANTINE
from ferryman.tools.prepare.elsewhere import Elsewhere, elsewhere
from ferryman.tools.prepare.mirror import beside
from ferryman.tools.prepare.side_by_side import side_by_side
from ferryman.tools.prepare.sqlite_scope import column_of
from ferryman.tools.prepare.transform import CompiledTable

#: Causes of a reference of a table to itself that hold for the rows below as well; None is any.
_HANG_ON = (None, MissingCause.FILTERED_OUT, MissingCause.SET_ASIDE)
Such = Callable[[FromClause], Condition]
#: By what is wrong with rows (target columns, problem), a table of the legacy keys of those of which no row by itself
#: tells it: the target refuses them, or others are like them.
Refused = Mapping[tuple[tuple[str, ...], Problem], TableClause]


@dataclass(frozen=True)
class Ground:
    """What is known when orphans are looked for.

    `copied` holds, per target table, the key range that a run has committed; None before a run, when a parent that
    will come counts as there. References of a table to itself wait for its end: their parents may come later.
    """

    compiled: Mapping[str, CompiledTable]
    copied: Mapping[str, Segment] | None = None
    legacy: str | None = LEGACY
    out: Mapping[str, TableClause | None] = field(default_factory=dict)  #: what `kept_out` would give, kept in a table
    refused: Mapping[str, Refused] = field(
        default_factory=dict
    )  #: by target table, as `refused.refused_ahead` gives it

    def beside(self) -> Ground:
        """The same, as it is asked where both databases are on one connection."""
        return replace(self, compiled={name: beside(table) for name, table in self.compiled.items()})

    def legacy_rows(self, compiled: CompiledTable) -> FromClause:
        """A table's legacy rows."""
        return clause(compiled.source, schema=self.legacy).alias()


def missing_groups(
    source: Source, target: Target, compiled: CompiledTable, ground: Ground, leave: Collection[str] = ()
) -> tuple[MissingGroup, ...]:
    """The rows of a table whose parents are missing: per reference and cause. Both databases are only read.

    `leave` names target columns that are not looked at, such as those that a second pass fills.
    """
    with side_by_side(source, target, f"looking for the parents of {compiled.target.name}", [compiled]) as connection:
        return groups_on(connection, beside(compiled), ground.beside(), leave=leave)


def groups_on(
    connection: Connection,
    compiled: CompiledTable,
    ground: Ground,
    segment: Segment | None = None,
    leave: Collection[str] = (),
    such: Such | None = None,
) -> tuple[MissingGroup, ...]:
    """The same on a connection that is open, for one key range where it is given, and for such rows alone."""
    looked_at = [bond for bond in bonds(compiled) if not set(bond.columns) & set(leave)]
    return tuple(g for bond in looked_at for g in _groups(connection, bond, ground, segment or Segment(), such))


def orphan_rows(
    source: Source, target: Target, compiled: CompiledTable, group: MissingGroup, ground: Ground, limit: int = 50
) -> tuple[dict[str, object], ...]:
    """The legacy rows behind a group, in key order, as {legacy column: value}: for a person's screen, never stored."""
    about = (compiled,)
    compiled, ground = beside(compiled), ground.beside()
    bond = bond_of(compiled, group.columns)
    rows = ground.legacy_rows(compiled)
    names = [column.name for column in compiled.source.columns]
    wanted = (
        select(*(column_of(rows, name) for name in names))
        .where(in_scope(compiled, rows, Segment()), is_orphan(bond, rows, ground))
        .where(cause_of(bond, rows, ground) == group.cause.value)
        .order_by(*compiled.key_columns(rows))
        .limit(limit)
    )
    with side_by_side(source, target, f"reading rows of {compiled.source.name}", about) as connection:
        return tuple(dict(zip(names, row, strict=True)) for row in connection.execute(wanted))


def in_scope(compiled: CompiledTable, rows: FromClause, segment: Segment) -> Condition:
    """Whether a legacy row is one that the plan moves: in the range, through the filter, with a whole key."""
    whole = [key.is_not(None) for key in compiled.key_columns(rows)]
    return and_(compiled.where(rows, segment), compiled.in_filter(rows), *whole)


def is_orphan(bond: Bond, rows: FromClause, ground: Ground, above: Collection[str] = ()) -> Condition:
    """Whether a legacy row refers to a parent that is not there. True or false, never NULL."""
    still_to_come: list[Condition] = []
    if ground.copied is None:
        still_to_come = [_comes(bond, rows, ground, above)]
    elif bond.to_itself:
        comes = _comes(bond, rows, ground, above)
        still_to_come = [and_(comes, not_(_was_copied(bond, rows, ground)))]
    # The cheaper question first: it answers for nearly every row before a run.
    return and_(bond.names_one(rows), *(not_(comes) for comes in still_to_come), not_(bond.there(rows, ground.legacy)))


def cause_of(bond: Bond, rows: FromClause, ground: Ground, above: Collection[str] = ()) -> Expression:
    """Why the parent of an orphan is missing, as a `MissingCause` value."""
    if (there := elsewhere(bond, ground.legacy)) is not None:
        return _cause_elsewhere(bond, there, rows, ground)
    return case(
        (not_(_in_legacy(bond, rows, ground)), literal(MissingCause.NEVER_EXISTED.value)),
        (not_(_planned(bond, rows, ground)), literal(MissingCause.FILTERED_OUT.value)),
        (not_(_comes(bond, rows, ground, above)), literal(MissingCause.SET_ASIDE.value)),
        (_was_copied(bond, rows, ground), literal(MissingCause.DELETED_SINCE.value)),
        else_=literal(MissingCause.NOT_MIGRATED.value),
    )


def _cause_elsewhere(bond: Bond, there: Elsewhere, rows: FromClause, ground: Ground) -> Expression:
    """The same for a parent that the plan only refers to: the ledger knows what earlier runs made of it."""
    return case(
        (not_(_in_legacy(bond, rows, ground)), literal(MissingCause.NEVER_EXISTED.value)),
        (there.was_brought(rows), literal(MissingCause.DELETED_SINCE.value)),
        (there.is_aside(rows), literal(MissingCause.SET_ASIDE.value)),
        else_=literal(MissingCause.NOT_MIGRATED.value),
    )


def _groups(
    connection: Connection, bond: Bond, ground: Ground, segment: Segment, such: Such | None
) -> tuple[MissingGroup, ...]:
    rows = ground.legacy_rows(bond.child)
    chosen = such(rows) if such else in_scope(bond.child, rows, segment)
    orphans = _by_parent(bond, rows, ground).where(chosen).subquery()
    wanted = select(orphans.c.cause, func.sum(orphans.c.rows), func.count()).group_by(orphans.c.cause)
    return tuple(
        MissingGroup(
            table=bond.child.mapping.target,
            columns=bond.columns,
            parent=bond.parent,
            constraint=bond.constraint,
            cause=MissingCause(cause),
            rows=int(count),
            parents=int(parents),
        )
        for cause, count, parents in connection.execute(wanted.order_by(orphans.c.cause))
    )


def _by_parent(bond: Bond, rows: FromClause, ground: Ground) -> Select[Any]:
    """Cause and number of orphans for each missing parent."""
    counted = select(func.min(cause_of(bond, rows, ground)).label("cause"), func.count().label("rows"))
    return counted.where(is_orphan(bond, rows, ground)).group_by(*bond.old_key(rows))


def _in_legacy(bond: Bond, rows: FromClause, ground: Ground, such: Such | None = None) -> Condition:
    """Whether legacy holds the parent, among such of its table's rows."""
    if bond.legacy_parent is None:
        return literal(0 if such else 1) == 1
    parent = clause(bond.legacy_parent, schema=ground.legacy).alias()
    held = bond.referred(parent)
    return among(bond.old_key(rows), held.where(such(parent)) if such else held)


def _planned(bond: Bond, rows: FromClause, ground: Ground) -> Condition:
    """Whether legacy holds the parent among the rows that the plan moves."""
    return _in_legacy(bond, rows, ground, lambda parent: _in_plan(bond, parent, ground))


def _comes(bond: Bond, rows: FromClause, ground: Ground, above: Collection[str] = ()) -> Condition:
    """The same, and no decision or quarantine keeps it out."""
    return _in_legacy(bond, rows, ground, lambda parent: _arrives(bond, parent, ground, above))


def _was_copied(bond: Bond, rows: FromClause, ground: Ground) -> Condition:
    compiled = _copied_as(bond, ground)
    done = (ground.copied or {}).get(bond.parent)
    if compiled is None or done is None:
        return literal(0) == 1
    parent = ground.legacy_rows(compiled)
    return among(bond.old_key(rows), bond.referred(parent).where(in_scope(compiled, parent, done)))


def _copied_as(bond: Bond, ground: Ground) -> CompiledTable | None:
    """The parent as the plan has it; None where rows are meant that another run brought."""
    return None if bond.to_further else ground.compiled.get(bond.parent)


def _in_plan(bond: Bond, parent: FromClause, ground: Ground) -> Condition:
    """Whether a legacy row of the bond's parent table is one that the plan moves."""
    compiled = _copied_as(bond, ground)
    if compiled is None or compiled.mapping.action is not Action.COPY:
        return literal(0) == 1
    return in_scope(compiled, parent, Segment())


def _arrives(bond: Bond, parent: FromClause, ground: Ground, above: Collection[str]) -> Condition:
    """Whether it comes into the target by this plan: it is not set aside either."""
    compiled = _copied_as(bond, ground)
    if compiled is None:
        return literal(0) == 1
    aside = select(QUARANTINE.c.source_key).where(
        QUARANTINE.c.table_name == compiled.mapping.target,
        QUARANTINE.c.state == OPEN,
        QUARANTINE.c.source_key.is_not(None),
    )
    kept = [] if ground.copied is None else [not_(func.coalesce(compiled.source_key(parent).in_(aside), 0) == 1)]
    if (out := kept_out(compiled, ground, above)) is not None:
        kept.append(not_(among(compiled.key_columns(parent), out)))
    return and_(_in_plan(bond, parent, ground), *kept)


def kept_out(compiled: CompiledTable, ground: Ground, above: Collection[str] = ()) -> Select[Any] | None:
    """The keys of the legacy rows that decisions to quarantine keep out, and of those below them that hang on them by
    a reference of the table to itself; None where nothing is decided. `above` are tables that are being asked about."""
    rows, name = ground.legacy_rows(compiled), compiled.mapping.target
    if name in ground.out:
        held = ground.out[name]
        return None if held is None else select(*held.c)
    aside = [policy for policy in compiled.mapping.policies if policy.strategy is Strategy.QUARANTINE]
    if name in above or not aside:
        return None
    problems, known = compiled.problems(rows), bonds(compiled)
    out: list[Condition] = []
    below: list[Bond] = []
    for policy in aside:
        named = [bond for bond in known if set(policy.columns) in (set(), set(bond.columns))]
        if policy.problem is Problem.MISSING_PARENT and named:
            for bond in named:
                orphaned = is_orphan(bond, rows, ground, higher := (*above, name))
                out.append(and_(orphaned, *_because(policy, bond, rows, ground, higher)))
                below += [bond] if bond.to_itself and bond not in below and policy.cause in _HANG_ON else []
        else:
            mine = (c for c, problem in problems if problem is policy.problem and c in (policy.columns or (c,)))
            out += [problems[c, policy.problem] for c in mine]
            for (columns, problem), held in ground.refused.get(name, {}).items():
                if problem is policy.problem and (not policy.columns or set(policy.columns) == set(columns)):
                    out.append(among(compiled.key_columns(rows), select(*held.c)))
    return with_those_below(compiled, ground, rows, or_(false(), *out), below)


def those_below(compiled: CompiledTable, ground: Ground, held: TableClause) -> Select[Any]:
    """The keys of rows that stay out whatever was decided, which `held` lists, and of those that decisions to
    quarantine what hangs on them keep out as well."""
    aside = [p for p in compiled.mapping.policies if p.strategy is Strategy.QUARANTINE]
    because = {
        frozenset(p.columns)
        for p in aside
        if p.problem is Problem.MISSING_PARENT and p.cause in (None, MissingCause.SET_ASIDE)
    }
    below = [bond for bond in bonds(compiled) if bond.to_itself and {frozenset(bond.columns), frozenset()} & because]
    rows = ground.legacy_rows(compiled)
    first = among(compiled.key_columns(rows), select(*held.c))
    return with_those_below(compiled, ground, rows, first, below)


def with_those_below(
    compiled: CompiledTable, ground: Ground, rows: FromClause, first: Condition, below: list[Bond]
) -> Select[Any]:
    """The keys of the first, and of the rows that hang on them by these references."""
    width, named = len(compiled.mapping.key), [there for bond in below for _, there in bond.pairs]
    columns = [*compiled.key_columns(rows), *(column_of(rows, column) for column in named)]
    chosen = select(*(one.label(f"k{n}") for n, one in enumerate(columns)))
    found = chosen.where(in_scope(compiled, rows, Segment()), first).cte(recursive=bool(below))
    if below:
        found = found.union(*(_hanging(compiled, ground, bond, found, named, width) for bond in below))
    return select(*list(found.c)[:width])


def _because(policy: Policy, bond: Bond, rows: FromClause, ground: Ground, above: Collection[str]) -> list[Condition]:
    """That a parent is missing for a policy's cause, and for none that one before it answers: the first decides."""
    every = bond.child.mapping.policies
    earlier = (one for one in every[: every.index(policy)] if one.problem is policy.problem)
    before = [one.cause for one in earlier if set(one.columns) in (set(), set(bond.columns))]
    if None in before or policy.cause in before:
        return [false()]
    if policy.cause:
        return [cause_of(bond, rows, ground, above) == policy.cause.value]
    return [cause_of(bond, rows, ground, above) != one.value for one in before if one]


def _hanging(
    compiled: CompiledTable, ground: Ground, bond: Bond, found: CTE, named: list[str], width: int
) -> Select[Any]:
    """The rows that refer to those that were found to stay out, in the same columns."""
    rows = ground.legacy_rows(compiled)
    start = width + named.index(bond.pairs[0][1])
    above = list(found.c)[start : start + len(bond.pairs)]
    same = and_(*(column_of(rows, here) == there for (here, _), there in zip(bond.pairs, above, strict=True)))
    held = [*compiled.key_columns(rows), *(column_of(rows, column) for column in named)]
    chosen = select(*held).select_from(rows.join(found, same))
    return chosen.where(in_scope(compiled, rows, Segment()), not_(bond.there(rows, ground.legacy)))
