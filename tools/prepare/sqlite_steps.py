"""Each named transform as a SQLite expression, for INSERT INTO target SELECT ... FROM legacy.

A step takes a list of values and gives one: those that look at one value at a time are applied to each. The same
transforms over Arrow are in `arrow_steps`; tests hold one against the other.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import and_, case, func, literal, null, or_, select

from ferryman.domain.mapping import ColumnMapping, Problem, Strategy
from ferryman.domain.schema import Family
from ferryman.domain.transforms import (
    AddCreatedAt,
    AddMetadataJson,
    AddUpdatedAt,
    ArrayToJson,
    BooleanWords,
    Cast,
    Concat,
    Constant,
    EmptyToNull,
    EpochToTimestamp,
    ForeignKeyTo,
    KeyByType,
    LocalTime,
    Lookup,
    NewId,
    PreserveLegacyId,
    RemapIds,
    Rename,
    Scale,
    Split,
    TextByName,
    TextToDate,
    TextToNumber,
    Trim,
    ValueMap,
)
from ferryman.tools.prepare import moments
from ferryman.tools.prepare.beyond import HINTS, kind_of
from ferryman.tools.prepare.lineage import single
from ferryman.tools.prepare.sqlite_cast import fit, in_words, longer
from ferryman.tools.prepare.sqlite_goal import Goal
from ferryman.tools.prepare.sqlite_links import Named, key_by_type, named, remap_ids
from ferryman.tools.prepare.sqlite_moments import from_epoch, from_format, from_local
from ferryman.tools.prepare.sqlite_references import new_key, referred_key, stored_as
from ferryman.tools.prepare.sqlite_scope import Scope
from ferryman.tools.prepare.sqlite_values import (
    INTEGER,
    TEXT,
    Expression,
    Value,
    as_text,
    by_python,
    first_of,
    glob,
    holds,
    ill_formed,
    json_member,
    json_object,
    key_text,
    kind,
    stored_in,
    trimmed,
)
from ferryman.tools.prepare.texts import text_of


def column_value(scope: Scope, mapping: ColumnMapping) -> Value:
    """What lands in a target column, with every way in which a row can fail on the way there."""
    goal = scope.goal(mapping.target)
    values = scope.values(mapping)
    if mapping.target in scope.doubted:
        values = [v if v.sure("integer", "real") else v.failing(Problem.UNCASTABLE, ill_formed(v.sql)) for v in values]
    for step in mapping.steps:
        values = _STEPS[type(step)](step, values, scope, goal)
    return _with_those_beyond(_settled(single(scope.table, mapping, values), scope, goal), scope, mapping, goal)


def _with_those_beyond(made: Value, scope: Scope, mapping: ColumnMapping, goal: Goal) -> Value:
    """What was made, and as texts what goes as it prints; see `beyond`."""
    which = kind_of(scope.table, mapping, scope.source_table, (goal.column, goal.dialect))
    if not which:
        return made
    given = scope.values(mapping)[0].sql
    hinted = or_(*(glob(given, hint) for hint in HINTS))
    such = holds(and_(kind(given) == "text", hinted, by_python("beyond", given, which) == 1))
    problems = tuple((problem, and_(~such, where)) for problem, where in made.problems)
    stored = made.stored | TEXT
    return replace(made, sql=case((such, given), else_=made.sql), stored=stored, family=None, problems=problems)


def named_rows(scope: Scope, mapping: ColumnMapping) -> Iterator[Named]:
    """The rows of parents that a column names beside a type or in lists."""
    for step, values in naming_steps(scope, mapping):
        yield from named(step, values, scope)


def naming_steps(scope: Scope, mapping: ColumnMapping) -> Iterator[tuple[KeyByType | RemapIds, list[Value]]]:
    """The steps of a column that name rows beside a type or in lists, each with the values that it is given."""
    goal, values = scope.goal(mapping.target), scope.values(mapping)
    for step in mapping.steps:
        if isinstance(step, KeyByType | RemapIds):
            yield step, values
        values = _STEPS[type(step)](step, values, scope, goal)


def naming_values(scope: Scope, mapping: ColumnMapping) -> list[Value]:
    """What a column's steps make of its legacy columns before a parent is looked for: NULL where none is meant."""
    goal, values = scope.goal(mapping.target), scope.values(mapping)
    for step in mapping.steps:
        if isinstance(step, Lookup | ForeignKeyTo):
            break
        values = _STEPS[type(step)](step, values, scope, goal)
    return values


def _settled(value: Value, scope: Scope, goal: Goal) -> Value:
    """The cast, and what was decided about values that do not fit."""
    column, limit = goal.column, goal.column.length
    if limit is not None and scope.settled(column, Problem.TOO_LONG) is Strategy.TRUNCATE:
        whole = fit(value, replace(goal, column=column.but(length=None)))
        fitting = whole.but(case((longer(whole.sql, limit), func.substr(whole.sql, 1, limit)), else_=whole.sql))
    else:
        fitting = fit(value, goal)
    problems = first_of(fitting.problems)
    empty = [where for problem, where in problems if scope.settled(column, problem) is Strategy.SET_NULL]
    if not empty:
        return fitting
    left = tuple(known for known in problems if scope.settled(column, known[0]) is not Strategy.SET_NULL)
    return replace(fitting, sql=case((or_(*empty), null()), else_=fitting.sql), nullable=True, problems=left)


def rename(step: Rename, values: list[Value], scope: Scope, goal: Goal) -> list[Value]:
    return values


def new_id(step: NewId, values: list[Value], scope: Scope, goal: Goal) -> list[Value]:
    return [new_key(scope, values, goal)]


def foreign_key(step: ForeignKeyTo, values: list[Value], scope: Scope, goal: Goal) -> list[Value]:
    nobody = or_(*(value.sql.is_(None) for value in values))
    return [replace(referred_key(scope, step, values, goal), absent=nobody)]


def preserve_legacy_id(step: PreserveLegacyId, values: list[Value], scope: Scope, goal: Goal) -> list[Value]:
    if len(values) == 1:
        return values
    return [Value(key_text(values), TEXT, nullable=any(value.nullable for value in values))]


def add_moment(step: AddCreatedAt | AddUpdatedAt, values: list[Value], scope: Scope, goal: Goal) -> list[Value]:
    """The first of the values that is not NULL, else the run's start."""
    start = literal(moments.timestamp_text(scope.run_started))
    if goal.column.family is Family.DATE:
        start = literal(moments.naive(scope.run_started).date().isoformat())
    if goal.column.family not in (Family.DATE, Family.TIMESTAMP):
        goal = goal.towards(Family.TIMESTAMP)
    fitting = [fit(value, goal) for value in values]
    problems = tuple(problem for value in fitting for problem in value.problems)
    made = func.coalesce(*(value.sql for value in fitting), start) if fitting else start
    return [Value(made, TEXT, goal.column.family, nullable=False, problems=problems)]


def add_metadata_json(step: AddMetadataJson, values: list[Value], scope: Scope, goal: Goal) -> list[Value]:
    column = next(c for c in scope.table.columns if c.target == goal.column.name)
    leftovers = [(name, json_member(value)) for name, value in zip(column.source, values, strict=True)]
    key = [json_member(part) for part in scope.key()]
    origin = func.json_object("table", scope.table.source, "key", key[0] if len(key) == 1 else func.json_array(*key))
    whole = func.json_object("legacy", json_object(leftovers), "origin", origin)
    return [Value(whole, TEXT, Family.JSON, nullable=False)]


def constant(step: Constant, values: list[Value], scope: Scope, goal: Goal) -> list[Value]:
    value = int(step.value) if isinstance(step.value, bool) else step.value
    if value is None:
        return [Value(null(), frozenset())]
    stored = {int: INTEGER, float: frozenset(("real",)), str: TEXT}[type(value)]
    return [Value(literal(value), stored, nullable=False)]


def cast(step: Cast, values: list[Value], scope: Scope, goal: Goal) -> list[Value]:
    return [fit(value, goal.towards(Family(step.to))) for value in values]


def value_map(step: ValueMap, values: list[Value], scope: Scope, goal: Goal) -> list[Value]:
    return [_mapped(step, value, goal) for value in values]


def _mapped(step: ValueMap, value: Value, goal: Goal) -> Value:
    text = as_text(value)
    pairs = {text_of(pair.old): text_of(pair.new) for pair in step.pairs}
    known = {old: literal(new) if new is not None else null() for old, new in pairs.items() if old is not None}
    rest: Expression = {"keep": text.sql, "null": null(), "stop": goal.refused(text.sql)}[step.otherwise]
    made = case(known, value=text.sql, else_=rest) if known else rest
    if None in pairs:
        made = case((text.sql.is_(None), literal(pairs[None]) if pairs[None] is not None else null()), else_=made)
    gives_null = None in pairs.values() or step.otherwise == "null"
    mapped = text.but(made, nullable=gives_null or (text.nullable and None not in pairs), family=None)
    return mapped.failing(Problem.UNMAPPED_VALUE, text.sql.not_in(tuple(known))) if step.otherwise == "stop" else mapped


def concat(step: Concat, values: list[Value], scope: Scope, goal: Goal) -> list[Value]:
    texts = [as_text(value) for value in values]
    whole: Expression = func.coalesce(texts[0].sql, "")
    for position, text in enumerate(texts[1:], start=1):
        nothing_yet = and_(*(before.sql.is_(None) for before in texts[:position]))
        part = case((nothing_yet, ""), else_=step.separator).concat(text.sql)
        whole = whole.concat(func.coalesce(part, ""))
    all_null = and_(*(text.sql.is_(None) for text in texts))
    problems = tuple(problem for text in texts for problem in text.problems)
    return [
        Value(case((all_null, null()), else_=whole), TEXT, nullable=all(t.nullable for t in texts), problems=problems)
    ]


def split(step: Split, values: list[Value], scope: Scope, goal: Goal) -> list[Value]:
    texts = [as_text(value) for value in values]
    found = [by_python("split", text.sql, step.separator, step.part, step.rest) for text in texts]
    return [text.but(part, nullable=True, family=None) for text, part in zip(texts, found, strict=True)]


def lookup(step: Lookup, values: list[Value], scope: Scope, goal: Goal) -> list[Value]:
    return [_looked_up(step, value, scope, goal) for value in values]


def _looked_up(step: Lookup, value: Value, scope: Scope, goal: Goal) -> Value:
    other, table = scope.legacy_table(step.table), scope.source.table(step.table)
    key = stored_as(value, table.column(step.key))
    same = other.c[step.key] == key.sql
    row = select(other.c[step.value]).where(same).limit(1).correlate(scope.legacy_from)
    there = select(literal(1)).where(same).correlate(scope.legacy_from).exists()
    missing = and_(value.sql.is_not(None), ~there)
    found = Value(row.scalar_subquery(), stored_in(table, step.value), problems=key.problems)
    return found.failing(Problem.UNMAPPED_VALUE, missing)


def epoch_to_timestamp(step: EpochToTimestamp, values: list[Value], scope: Scope, goal: Goal) -> list[Value]:
    return [from_epoch(value, step.unit, goal) for value in values]


def scale(step: Scale, values: list[Value], scope: Scope, goal: Goal) -> list[Value]:
    return [_scaled(step, value, goal) for value in values]


def _scaled(step: Scale, value: Value, goal: Goal) -> Value:
    by, sql = (step.multiply, step.divide, step.places), value.sql
    number = case((kind(sql).in_(("integer", "real")), func.ferryman_scaled(sql, *by)))
    made = case((kind(sql) == "text", by_python("scaled", sql, *by)), else_=number)
    unfit = and_(sql.is_not(None), made.is_(None))
    return value.but(goal.checked(made, sql), stored=TEXT, family=None).failing(Problem.UNCASTABLE, unfit)


def array_to_json(step: ArrayToJson, values: list[Value], scope: Scope, goal: Goal) -> list[Value]:
    return [_array(step, as_text(value), goal) for value in values]


def _array(step: ArrayToJson, text: Value, goal: Goal) -> Value:
    made = by_python("array", text.sql, step.of)
    unfit = and_(text.sql.is_not(None), made.is_(None))
    return text.but(goal.checked(made, text.sql), family=Family.JSON).failing(Problem.UNCASTABLE, unfit)


def text_by_name(step: TextByName, values: list[Value], scope: Scope, goal: Goal) -> list[Value]:
    return [_named(step, as_text(value), goal) for value in values]


def _named(step: TextByName, text: Value, goal: Goal) -> Value:
    made = by_python("by_name", text.sql, json.dumps(step.names))
    unfit = and_(text.sql.is_not(None), by_python("holds_texts", text.sql).is_(None))
    whole = case((unfit, goal.refused(text.sql)), else_=made)
    return text.but(whole, family=None, nullable=True).failing(Problem.UNCASTABLE, unfit)


def local_time(step: LocalTime, values: list[Value], scope: Scope, goal: Goal) -> list[Value]:
    return [from_local(value, step, goal) for value in values]


def text_to_date(step: TextToDate, values: list[Value], scope: Scope, goal: Goal) -> list[Value]:
    return [from_format(as_text(value), step.format, goal) for value in values]


def text_to_number(step: TextToNumber, values: list[Value], scope: Scope, goal: Goal) -> list[Value]:
    return [_plain_number(as_text(value), step.decimal, goal) for value in values]


def _plain_number(text: Value, decimal: str, goal: Goal) -> Value:
    number = by_python("number", text.sql, decimal)
    made = case((text.sql.is_(None), null()), else_=func.coalesce(number, goal.refused(text.sql)))
    return text.but(made, family=None).failing(Problem.UNCASTABLE, and_(text.sql.is_not(None), number.is_(None)))


def boolean_words(step: BooleanWords, values: list[Value], scope: Scope, goal: Goal) -> list[Value]:
    return [in_words(value, step, goal) for value in values]


def trim(step: Trim, values: list[Value], scope: Scope, goal: Goal) -> list[Value]:
    texts = [as_text(value) for value in values]
    return [text.but(trimmed(text.sql)) for text in texts]


def empty_to_null(step: EmptyToNull, values: list[Value], scope: Scope, goal: Goal) -> list[Value]:
    texts = [as_text(value) for value in values]
    return [text.but(func.nullif(text.sql, ""), nullable=True) for text in texts]


_STEPS: dict[type, Callable[[Any, list[Value], Scope, Goal], list[Value]]] = {
    Rename: rename,
    NewId: new_id,
    PreserveLegacyId: preserve_legacy_id,
    ForeignKeyTo: foreign_key,
    AddCreatedAt: add_moment,
    AddUpdatedAt: add_moment,
    AddMetadataJson: add_metadata_json,
    Constant: constant,
    Cast: cast,
    ValueMap: value_map,
    Concat: concat,
    Split: split,
    Lookup: lookup,
    EpochToTimestamp: epoch_to_timestamp,
    Scale: scale,
    ArrayToJson: array_to_json,
    TextByName: text_by_name,
    LocalTime: local_time,
    TextToDate: text_to_date,
    TextToNumber: text_to_number,
    BooleanWords: boolean_words,
    Trim: trim,
    EmptyToNull: empty_to_null,
    KeyByType: key_by_type,
    RemapIds: remap_ids,
}
