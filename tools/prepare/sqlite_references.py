"""New keys as SQLite expressions: a row's own, and its parent's, by the identity policy of the table they belong to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from sqlalchemy import FromClause, Integer, and_, case, collate, func, literal, not_, or_, select
from sqlalchemy import cast as sql_cast

from ferryman.domain.errors import Usage
from ferryman.domain.findings import MissingCause
from ferryman.domain.mapping import Action, Derived, Generated, Kept, Matched, Problem, TableMapping
from ferryman.domain.schema import Column, Family
from ferryman.domain.transforms import ForeignKeyTo
from ferryman.tools.prepare.brought import brought, lies_aside
from ferryman.tools.prepare.conditions import passes
from ferryman.tools.prepare.identity import HIGHEST, ROW_MAP, derived_expression, of_this_source
from ferryman.tools.prepare.lineage import Link, kept_as, key_column, link_of, part_of, policies
from ferryman.tools.prepare.sqlite_cast import fit, to_integer
from ferryman.tools.prepare.sqlite_goal import Goal
from ferryman.tools.prepare.sqlite_scope import Scope, column_of
from ferryman.tools.prepare.sqlite_values import (
    ANY,
    Expression,
    Value,
    as_number,
    as_text,
    beyond,
    is_number,
    key_text,
    kind,
    stored_in,
    untyped,
)

Policy = Kept | Derived | Generated


def new_key(scope: Scope, values: Sequence[Value], goal: Goal) -> Value:
    """The key that a row of the scope's own table gets when it is written. `values` is its legacy key.

    A row that is matched is not written: for it `matched_key` is the answer.
    """
    matched, policy = policies(scope.table)
    if policy is None:
        assert matched is not None
        return Value(matched_key(scope), ready=True)
    keys = scope.target_table.primary_key
    position = keys.index(goal.column.name) if goal.column.name in keys else 0
    return _by_policy(scope, scope.table, policy, values, position, goal)


def matched_key(scope: Scope, position: int = 0) -> Expression:
    """The key of the target row that a row of the scope's own table is matched with; NULL where there is none."""
    matched, _ = policies(scope.table)
    assert matched is not None
    parent, new = scope.target_table_named(scope.table.target), scope.target_table.by_name
    same = [_same(parent.c[p.target], stored_as(scope.value(p.source), new[p.target]).sql) for p in matched.on]
    found = select(parent.c[key_column(scope.target, scope.table, position)]).where(*same).limit(1)
    return found.correlate(scope.legacy_from, *scope.beside).scalar_subquery()


def referred_key(scope: Scope, step: ForeignKeyTo, values: Sequence[Value], goal: Goal) -> Value:
    """The new key of the parent that `values` name; NULL where one of them is, or where the parent has no key yet."""
    column = scope.table.by_target[goal.column.name]
    link = link_of(scope.mapping, scope.source, scope.target, scope.table, column)
    assert link is not None
    if link.kept:
        return values[0]
    return _linked(scope, link.after_steps, values, goal)


def key_of(scope: Scope, parent: TableMapping, value: Value, goal: Goal) -> Value:
    """The new key of the parent's row whose legacy key, of one column, is the value."""
    return _linked(scope, _by_its_key(scope, parent, goal), [value], goal)


def is_there(scope: Scope, parent: TableMapping, value: Value, new: Value, goal: Goal) -> Expression:
    """Whether the parent has a row of that legacy key: in the target, by its `new` key, or still to come. True or
    false, never NULL."""
    key = fit(new, replace(goal, strict=False)).sql
    held = scope.target_table_named(parent.target).c[goal.column.name]
    there = func.coalesce(key.in_(select(held)), literal(0)) == 1
    old = scope.legacy_table(parent.source)
    comes = scope.outlook.comes(parent, old)
    return there if comes is None else or_(there, _in_legacy(scope, parent, value, old, comes))


def why_lost(scope: Scope, parent: TableMapping, value: Value, new: Value) -> Expression:
    """Why a row that is not there is missing, as a `MissingCause` value. `new`: the key that is or would be its own."""
    old = scope.legacy_table(parent.source)
    never = (not_(_in_legacy(scope, parent, value, old)), literal(MissingCause.NEVER_EXISTED.value))
    if parent.action is Action.REFER:
        return _why_elsewhere(scope, parent, value, new, never)
    inside = [passes(parent.filter, lambda name: column_of(old, name))] if parent.filter else []
    return case(
        never,
        (not_(_in_legacy(scope, parent, value, old, *inside)), literal(MissingCause.FILTERED_OUT.value)),
        else_=literal(MissingCause.SET_ASIDE.value),
    )


def _why_elsewhere(
    scope: Scope, parent: TableMapping, value: Value, new: Value, never: tuple[Expression, Expression]
) -> Expression:
    """The same for a row of a table that the plan only refers to; see `orphans.cause_of`."""
    target, source, key = parent.target, parent.source, key_text([value])
    made = {} if isinstance(policies(parent)[1], Generated) else {_key_column(scope, parent): new.sql}
    return case(
        never,
        (brought(target, source, key, made), literal(MissingCause.DELETED_SINCE.value)),
        (lies_aside(target, source, key), literal(MissingCause.SET_ASIDE.value)),
        else_=literal(MissingCause.NOT_MIGRATED.value),
    )


def _key_column(scope: Scope, table: TableMapping) -> Column:
    return scope.target.table(table.target).column(key_column(scope.target, table, 0))


def _in_legacy(scope: Scope, parent: TableMapping, value: Value, old: FromClause, *such: Expression) -> Expression:
    """Whether legacy has a row of that key, among such."""
    column = scope.source.table(parent.source).by_name.get(parent.key[0])
    same = column_of(old, parent.key[0]) == stored_as(value, column).sql
    return select(literal(1)).where(same, *such).correlate(scope.legacy_from, *scope.beside).exists()


def _by_its_key(scope: Scope, parent: TableMapping, goal: Goal) -> Link:
    return Link(scope.table, parent, goal.column.name, (), parent.key, 0, False)


def _linked(scope: Scope, link: Link, values: Sequence[Value], goal: Goal) -> Value:
    matched, policy = policies(link.parent)
    old = scope.source.table(link.parent.source).by_name
    values = [stored_as(value, old.get(name)) for value, name in zip(values, link.referred, strict=True)]
    problems = tuple(problem for value in values for problem in value.problems)
    found = _found(scope, link, matched, values) if matched else None
    if policy is None:
        assert found is not None
        return Value(found, problems=problems, ready=True)
    keys = values if link.by_key else _through_legacy(scope, link, values)
    made = _by_policy(scope, link.parent, policy, keys, link.position, goal)
    if found is None:
        return made
    either = Value(func.coalesce(found, made.sql), ready=True)
    return replace(either, problems=tuple((problem, and_(found.is_(None), where)) for problem, where in made.problems))


def referred_source_key(scope: Scope, link: Link, values: Sequence[Value]) -> Expression:
    """The legacy key of the parent that `values` name, as the id map writes it; NULL where it cannot be known."""
    old = scope.source.table(link.parent.source).by_name
    values = [stored_as(value, old.get(name)) for value, name in zip(values, link.referred, strict=True)]
    return key_text(values if link.by_key else _through_legacy(scope, link, values))


def _by_policy(
    scope: Scope,
    table: TableMapping,
    policy: Kept | Derived | Generated,
    keys: Sequence[Value],
    position: int,
    goal: Goal,
) -> Value:
    match policy:
        case Kept():
            return keys[position] if len(keys) > 1 else keys[0]
        case Derived():
            return _derived(scope, table, policy, keys, goal)
        case Generated():
            problems = tuple(problem for key in keys for problem in key.problems)
            return Value(_mapped(table, keys, goal.column), problems=problems, ready=True)


def _derived(scope: Scope, table: TableMapping, policy: Derived, keys: Sequence[Value], goal: Goal) -> Value:
    def made(key: Expression) -> Expression:
        return derived_expression(scope.mapping.namespace, table.source, key, policy.version, policy.shape)

    if policy.version == 5:
        problems = tuple(problem for key in keys for problem in key.problems)
        nullable = any(key.nullable for key in keys)
        return Value(made(key_text(keys)), nullable=nullable, problems=problems, ready=True)
    if len(keys) != 1:
        raise Usage(
            f"Ids of version 8 are made of one integer, and the key of {table.source} has {len(keys)} columns.",
            "Choose version 5 for it.",
            table=table.target,
        )
    key, asked = keys[0], to_integer(keys[0], goal.towards(Family.INTEGER))
    id_ = Value(_numbered(key, asked, made, goal), nullable=key.nullable, problems=asked.problems, ready=True)
    return id_.failing(Problem.OUT_OF_RANGE, beyond(key.sql, (0, HIGHEST)))


def _numbered(key: Value, asked: Value, made: Callable[[Expression], Expression], goal: Goal) -> Expression:
    """A version 8 id; the number is looked at first, for printf takes anything for one."""
    stops = goal.refused(key.sql)
    inside = key.sql.between(0, HIGHEST)
    if key.sure("integer"):
        return case((inside, made(key.sql)), else_=stops)
    plain = (and_(kind(key.sql) == "integer", inside), made(key.sql))
    return case(plain, else_=stops if key.tidy else case((asked.sql.between(0, HIGHEST), made(asked.sql)), else_=stops))


def _mapped(table: TableMapping, keys: Sequence[Value], column: Column) -> Expression:
    """The target key that the id map holds for a legacy key: the map's text, as a number where the column is one. Of
    several, the last run's: the row that an earlier one made is gone then."""
    mine = and_(of_this_source(table.target, table.source), ROW_MAP.c.source_key == key_text(keys))
    found = select(ROW_MAP.c.target_key).where(mine).order_by(ROW_MAP.c.run_id.desc()).limit(1).scalar_subquery()
    return untyped(sql_cast(found, Integer)) if column.family is Family.INTEGER else found


def _found(scope: Scope, link: Link, matched: Matched, values: Sequence[Value]) -> Expression:
    """The key of the parent's target row by its natural key: directly, or by way of the legacy parent."""
    parent = scope.target_table_named(link.parent.target)
    key = parent.c[key_column(scope.target, link.parent, link.position)]
    held = dict(zip(link.referred, values, strict=True))
    if link.by_key and all(pair.source in held for pair in matched.on):
        new = scope.target.table(link.parent.target).by_name
        same = [_same(parent.c[p.target], stored_as(held[p.source], new[p.target]).sql) for p in matched.on]
        found = select(key).where(*same)
    else:
        old = scope.legacy_table(link.parent.source)
        joined = parent.join(old, and_(*(_same(parent.c[p.target], column_of(old, p.source)) for p in matched.on)))
        part = part_of(link.parent, scope.source.table(link.parent.source))
        such = [passes(part, partial(column_of, old))] if part else []
        found = select(key).select_from(joined).where(*_named(old, link, values), *such)
    return found.limit(1).correlate(scope.legacy_from, *scope.beside).scalar_subquery()


def _through_legacy(scope: Scope, link: Link, values: Sequence[Value]) -> list[Value]:
    """The legacy parent's key, where the child refers to other columns of it."""
    table, made = scope.source.table(link.parent.source), list[Value]()
    problems = tuple(problem for value in values for problem in value.problems)
    for name in link.parent.key:
        old = scope.legacy_table(link.parent.source)
        found = select(column_of(old, name)).where(*_named(old, link, values)).limit(1)
        key = found.correlate(scope.legacy_from, *scope.beside).scalar_subquery()
        made.append(Value(key, stored_in(table, name), problems=problems))
    return made


def _named(old: FromClause, link: Link, values: Sequence[Value]) -> list[Expression]:
    return [column_of(old, name) == value.sql for name, value in zip(link.referred, values, strict=True)]


def stored_as(key: Value, column: Column | None) -> Value:
    """A key in the way that a column stores such; see `lineage.kept_as`."""
    how = kept_as(column)
    if how != "number" or key.sure("integer"):
        return as_text(key) if how == "text" else key
    plain = key.failing(Problem.UNCASTABLE, kind(key.sql) == "blob")
    if key.tidy:
        return plain
    number = as_number(key.sql)
    whole = untyped(sql_cast(number, Integer))
    made = case((and_(is_number(key.sql), number == whole), whole), else_=key.sql)
    return plain.but(case((kind(key.sql) == "integer", key.sql), else_=made), stored=ANY, tidy=True)


def _same(held: Expression, legacy: Expression) -> Expression:
    """Whether a cell of the target is what legacy has, to the last letter: by its own collation, so that its index is
    taken, and byte by byte."""
    return and_(held == legacy, collate(held, "BINARY") == legacy)
