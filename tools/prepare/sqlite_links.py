"""References that are no plain columns, as SQLite expressions: by a type beside the id, and ids packed into a text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    FromClause,
    Select,
    Subquery,
    TableValuedAlias,
    and_,
    case,
    func,
    literal,
    not_,
    null,
    or_,
    select,
    true,
)

from ferryman.domain.mapping import Problem, TableMapping
from ferryman.domain.schema import Column
from ferryman.domain.transforms import KeyByType, RemapIds
from ferryman.tools.prepare.lineage import key_column
from ferryman.tools.prepare.sqlite_cast import fit
from ferryman.tools.prepare.sqlite_goal import Goal
from ferryman.tools.prepare.sqlite_references import is_there, key_of, stored_as, why_lost
from ferryman.tools.prepare.sqlite_scope import Scope
from ferryman.tools.prepare.sqlite_values import TEXT, Expression, Value, as_text, by_python, holds, key_text, untyped
from ferryman.tools.prepare.texts import text_of


def key_by_type(step: KeyByType, values: list[Value], scope: Scope, goal: Goal) -> list[Value]:
    """See `transforms.KeyByType`."""
    kind, number = as_text(values[0]), values[1]
    named = number.sql.is_not(None)
    branches: list[tuple[Expression, Expression]] = []
    problems = kind.problems
    missing: list[Expression] = []
    for pair in step.parents:
        parent = scope.mapping.by_target[pair.parent]
        of_this, towards = kind.sql == text_of(pair.type), _goal_of(scope, parent, goal)
        row, one = _once(number, _key_of(scope, parent), scope)
        made = key_of(replace(scope, beside=(row,)), parent, one, towards)
        keyed, inner, one, key = _keyed(row, one, made, scope)
        new = select(key.sql).select_from(keyed).correlate(scope.legacy_from).scalar_subquery()
        branches.append((of_this, untyped(new)))
        problems += tuple((problem, and_(of_this, _of_it(row, where, scope))) for problem, where in made.problems)
        missing.append(and_(named, of_this, _of_it(keyed, not_(is_there(inner, parent, one, key, towards)), scope)))
    unknown = and_(named, not_(holds(kind.sql.in_([text_of(pair.type) for pair in step.parents]))))
    absent = or_(~named, unknown) if step.otherwise == "null" else ~named
    value = Value(untyped(case(*branches, else_=null())), problems=problems, absent=absent)
    value = value.failing(Problem.MISSING_PARENT, or_(*missing))
    return [value.failing(Problem.UNMAPPED_VALUE, unknown) if step.otherwise == "stop" else value]


def remap_ids(step: RemapIds, values: list[Value], scope: Scope, goal: Goal) -> list[Value]:
    """See `transforms.RemapIds`."""
    return [_remapped(step, as_text(value), scope) for value in values]


def _remapped(step: RemapIds, text: Value, scope: Scope) -> Value:
    parent = scope.mapping.by_target[step.parent]
    ids = by_python("ids", text.sql, step.separator)
    member, one = _members(ids, _key_of(scope, parent))
    towards = _goal_of(scope, parent)
    made_of = key_of(replace(scope, beside=(member,)), parent, one, towards)
    keyed, inner, one, key = _keyed(member, one, made_of, scope)
    there = is_there(inner, parent, one, key, towards)
    kept = select(func.json_group_array(key.sql)).select_from(keyed).where(there)
    lost = select(literal(1)).select_from(keyed).where(not_(there)).correlate(scope.legacy_from).exists()
    listed = func.ferryman_packed(kept.correlate(scope.legacy_from).scalar_subquery(), step.separator)
    made = text.but(untyped(case((ids.is_(None), null()), else_=listed)), stored=TEXT, family=None)
    made = made.failing(Problem.UNCASTABLE, and_(text.sql.is_not(None), ids.is_(None)))
    return made.failing(Problem.MISSING_PARENT, lost) if step.missing == "stop" else made


def _once(number: Value, column: Column | None, scope: Scope) -> tuple[Subquery, Value]:
    """A number as the parent's legacy key is stored, made once in a row of its own: see `_members`."""
    stored = stored_as(number, column)
    row = select(stored.sql.label("value")).correlate(scope.legacy_from).subquery("ferryman_number")
    return row, replace(stored, sql=untyped(row.c.value))


def _keyed(row: Subquery, one: Value, made: Value, scope: Scope) -> tuple[Subquery, Scope, Value, Value]:
    """Such rows with their new keys beside them, as `made` of the number: the rows, a scope, the number, its key."""
    keyed = select(row.c.value, made.sql.label("key")).select_from(row).subquery("ferryman_keyed")
    number, key = replace(one, sql=untyped(keyed.c.value)), replace(made, sql=untyped(keyed.c.key), problems=())
    return keyed, replace(scope, beside=(keyed,)), number, key


def _of_it(row: Subquery, where: Expression, scope: Scope) -> Expression:
    return select(literal(1)).select_from(row).where(where).correlate(scope.legacy_from).exists()


def _members(ids: Expression, column: Column | None) -> tuple[Subquery, Value]:
    """The ids of a list as rows, and each as the parent's legacy key is stored: made once, however often it is asked
    for. SQLite's parser takes no expression within expressions much deeper than these are anyhow."""
    each = _each(ids)
    stored = stored_as(_one_of(each), column)
    members = select(stored.sql.label("value")).select_from(each).subquery("ferryman_member")
    return members, replace(stored, sql=untyped(members.c.value))


@dataclass(frozen=True)
class Named:
    """Rows of a parent that a step names beside a type or in lists."""

    parent: TableMapping
    key: Expression  #: their legacy key, as the id map writes it
    new: Expression  #: their key in the target
    members: FromClause | None = None  #: the members of lists, to be joined to the legacy rows


def named(step: KeyByType | RemapIds, values: Sequence[Value], scope: Scope) -> Iterator[Named]:
    """Whatever rows a step names."""
    if isinstance(step, KeyByType):
        for name in dict.fromkeys(pair.parent for pair in step.parents):
            yield _named(scope, scope.mapping.by_target[name], values[1])
        return
    for value in values:
        each = _each(by_python("ids", as_text(value).sql, step.separator))
        yield _named(scope, scope.mapping.by_target[step.parent], _one_of(each), each)


def _named(scope: Scope, parent: TableMapping, number: Value, *members: FromClause) -> Named:
    key = key_text([stored_as(number, _key_of(scope, parent))])
    towards = _goal_of(scope, parent)
    new = fit(key_of(replace(scope, beside=members), parent, number, towards), towards)
    return Named(parent, key, new.sql, *members)


def lost_members(step: RemapIds, text: Value, scope: Scope, row: Expression, inside: Expression) -> Select[Any]:
    """Of each list in legacy rows `inside`, the ids that the parent has no row of: `row` as it is given, the `id`, and
    why it is missing, as `cause`."""
    parent = scope.mapping.by_target[step.parent]
    each = _each(by_python("ids", as_text(text).sql, step.separator))
    stored = stored_as(_one_of(each), _key_of(scope, parent))
    towards = _goal_of(scope, parent)
    made = key_of(replace(scope, beside=(each,)), parent, stored, towards)
    listed = select(row.label("row"), stored.sql.label("id"), made.sql.label("key"))
    member = listed.select_from(scope.legacy_from.join(each, true())).where(inside).subquery("ferryman_member")
    one, inner = replace(stored, sql=untyped(member.c.id)), replace(scope, beside=(member,))
    new = replace(made, sql=untyped(member.c.key), problems=())
    lost = not_(is_there(inner, parent, one, new, towards))
    return select(member.c.row, member.c.id, why_lost(inner, parent, one, new).label("cause")).where(lost)


def _each(ids: Expression) -> TableValuedAlias:
    return func.json_each(ids).table_valued("value").alias("ferryman_each")


def _one_of(each: TableValuedAlias) -> Value:
    return Value(untyped(each.c.value), TEXT, nullable=False)


def _key_of(scope: Scope, parent: TableMapping) -> Column | None:
    return scope.source.table(parent.source).by_name.get(parent.key[0])


def _goal_of(scope: Scope, parent: TableMapping, goal: Goal | None = None) -> Goal:
    """Towards the parent's own key column: its new key as it is there. Without a goal: for looking at it."""
    column = scope.target.table(parent.target).column(key_column(scope.target, parent, 0))
    return replace(goal, column=column) if goal else Goal(column, scope.target.dialect, False)
