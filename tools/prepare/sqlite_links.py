"""References that are no plain columns, as SQLite expressions: by a type beside the id, and ids packed into a text."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import and_, case, func, literal, not_, null, or_, select

from ferryman.domain.mapping import Problem, TableMapping
from ferryman.domain.transforms import KeyByType, RemapIds
from ferryman.tools.prepare.lineage import key_column
from ferryman.tools.prepare.sqlite_goal import Goal
from ferryman.tools.prepare.sqlite_references import is_there, key_of
from ferryman.tools.prepare.sqlite_scope import Scope
from ferryman.tools.prepare.sqlite_values import TEXT, Expression, Value, as_text, by_python, holds, untyped
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
        made = key_of(scope, parent, number, towards)
        branches.append((of_this, untyped(made.sql)))
        problems += tuple((problem, and_(of_this, where)) for problem, where in made.problems)
        missing.append(and_(named, of_this, not_(is_there(scope, parent, number, towards))))
    unknown = and_(named, not_(holds(kind.sql.in_([text_of(pair.type) for pair in step.parents]))))
    absent = or_(~named, unknown) if step.otherwise == "null" else ~named
    value = Value(untyped(case(*branches, else_=null())), problems=problems, absent=absent)
    value = value.failing(Problem.MISSING_PARENT, or_(*missing))
    return [value.failing(Problem.UNMAPPED_VALUE, unknown) if step.otherwise == "stop" else value]


def remap_ids(step: RemapIds, values: list[Value], scope: Scope, goal: Goal) -> list[Value]:
    """See `transforms.RemapIds`."""
    return [_remapped(step, as_text(value), scope, goal) for value in values]


def _remapped(step: RemapIds, text: Value, scope: Scope, goal: Goal) -> Value:
    parent = scope.mapping.by_target[step.parent]
    ids = by_python("ids", text.sql, step.separator)
    member = func.json_each(ids).table_valued("key", "value").alias("ferryman_member")
    inner, towards = replace(scope, beside=(member,)), _goal_of(scope, parent, goal)
    one = Value(untyped(member.c.value), TEXT, nullable=False)
    there = is_there(inner, parent, one, towards)
    new = case((there, key_of(inner, parent, one, towards).sql), else_=null())
    kept = select(func.json_group_array(untyped(new))).select_from(member)
    kept = kept.where(there) if step.missing == "drop" else kept
    lost = select(literal(1)).select_from(member).where(not_(there)).correlate(scope.legacy_from).exists()
    listed = func.ferryman_packed(kept.correlate(scope.legacy_from).scalar_subquery(), step.separator)
    made = text.but(untyped(case((ids.is_(None), null()), else_=listed)), stored=TEXT, family=None)
    made = made.failing(Problem.UNCASTABLE, and_(text.sql.is_not(None), ids.is_(None)))
    return made.failing(Problem.MISSING_PARENT, lost) if step.missing == "stop" else made


def _goal_of(scope: Scope, parent: TableMapping, goal: Goal) -> Goal:
    """Towards the parent's own key column: its new key as it is there."""
    return replace(goal, column=scope.target.table(parent.target).column(key_column(scope.target, parent, 0)))
