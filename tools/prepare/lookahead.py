"""Rows of one table that would fail, counted by set queries: values that do not fit, repeated ones, broken checks, and
collisions with rows of the target. Orphans are in `orphans`.

Every function takes a connection of `side_by_side` and gives {(target columns, problem): rows}, zero counts left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    FromClause,
    Numeric,
    Select,
    Text,
    and_,
    case,
    collate,
    false,
    func,
    literal,
    literal_column,
    not_,
    null,
    or_,
    select,
    text,
    true,
    union_all,
)
from sqlalchemy import cast as sql_cast

from ferryman.domain.checks import named_in
from ferryman.domain.mapping import Conflict, Kept, Matched, Problem
from ferryman.domain.schema import Family, Table
from ferryman.domain.transforms import NewId, PreserveLegacyId, PythonFunction
from ferryman.tools.databases.connect import Target
from ferryman.tools.databases.dialect import clause
from ferryman.tools.prepare.bonds import among
from ferryman.tools.prepare.sqlite_scope import column_of
from ferryman.tools.prepare.sqlite_values import untyped
from ferryman.tools.prepare.texts import CITEXT
from ferryman.tools.prepare.transform import CompiledTable

What = tuple[tuple[str, ...], Problem]
Found = dict[What, int]
Expression = ColumnElement[Any]
Condition = ColumnElement[bool]

_NUMBERS = (Family.BOOLEAN, Family.INTEGER, Family.DECIMAL, Family.FLOAT)


def unfit_values(connection: Connection, compiled: CompiledTable, rows: FromClause) -> tuple[int, Found]:
    """Rows in scope, and those whose values do not fit, by one statement: also where a policy settles what then."""
    problems = compiled.problems(rows, decided=True)
    inside = compiled.in_filter(rows)
    counts = [_count(and_(inside, where)) for where in problems.values()]
    total, *found = connection.execute(select(_count(inside), *counts).select_from(rows)).one()
    named = (((column,), problem) for column, problem in problems)
    return int(total), {key: int(count) for key, count in zip(named, found, strict=True) if count}


def repeated_values(
    connection: Connection, compiled: CompiledTable, rows: FromClause, collations: Mapping[str, str]
) -> Found:
    """For each unique set of the target, rows that repeat what an earlier row has: all but one of each. Rows that
    merge because they are the same are none of these, nor those that `collisions` counts.

    `collations` as `collations_of` gives them: where case makes no difference, "A" repeats "a".
    """
    counts = ((c, _surplus(connection, compiled, c, rows, collations)) for c in _sets(compiled, collations))
    return {(columns, Problem.DUPLICATE): count for columns, count in counts if count}


def alike_but_for_case(
    connection: Connection, compiled: CompiledTable, rows: FromClause, collations: Mapping[str, str]
) -> Iterator[tuple[tuple[str, ...], int, bool]]:
    """For each unique set of the target, how many rows repeat what an earlier row has but for upper and lower case (of
    A to Z where the target tells case apart, else also for what else it makes no difference of), and whether the target
    takes these for the same."""
    for columns in _sets(compiled, collations):
        kinds = {name: compiled.target.column(name) for name in columns}
        texts = [name for name, column in kinds.items() if column.family is Family.TEXT]
        same = any(how in ("NOCASE", CITEXT) or "ci" in how.split("_") for how in map(collations.get, texts) if how)
        anyhow = collations if same else dict.fromkeys(texts, "NOCASE")
        found = _surplus(connection, compiled, columns, rows, anyhow) if texts else 0
        if count := found and found - _surplus(connection, compiled, columns, rows, {}):
            yield columns, count, same


def _sets(compiled: CompiledTable, collations: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    """The unique sets in which rows can repeat a value, and do not merge by it."""
    for columns in unique_sets(compiled, collations):
        if not _merged_by(compiled, columns) or collations.keys() & set(columns):
            yield columns


def _surplus(
    connection: Connection,
    compiled: CompiledTable,
    columns: tuple[str, ...],
    rows: FromClause,
    collations: Mapping[str, str],
) -> int:
    """How many rows repeat what an earlier row has in these columns."""
    merged, filled = _merged_by(compiled, columns), _holds_rows(connection, compiled)
    counted = [not_(_taken(compiled, columns, rows, collations))] if filled and columns != _key(compiled) else []
    values = [v.label(f"v{n}") for n, v in enumerate(_values(compiled, columns, rows, collations))]
    whole = [value.is_not(None) for value in values]
    made = select(*values, *(column_of(rows, name).label(f"m{n}") for n, name in enumerate(merged)))
    made = made.select_from(rows).where(compiled.in_filter(rows), *whole, *counted)
    alike = (made.distinct() if merged else made).subquery()
    groups = (
        select(func.count().label("rows"))
        .select_from(alike)
        .group_by(*(alike.c[value.name] for value in values))
        .having(func.count() > 1)
        .subquery()
    )
    return int(connection.execute(select(func.sum(groups.c.rows - 1))).scalar() or 0)


def keys_of_repeated(
    connection: Connection, compiled: CompiledTable, rows: FromClause, collations: Mapping[str, str]
) -> Iterator[tuple[What, CompoundSelect[Any]]]:
    """For each unique set of the target, the legacy keys of the rows that repeat what one before them has, or a row of
    the target; none of rows that merge."""
    filled = _holds_rows(connection, compiled)
    inside, keys = compiled.in_filter(rows), compiled.key_columns(rows)
    for columns in unique_sets(compiled, collations):
        if _merged_by(compiled, columns):
            continue
        taken = [_taken(compiled, columns, rows, collations)] if filled and columns != _key(compiled) else []
        values = _values(compiled, columns, rows, collations)
        whole = [value.is_not(None) for value in values]
        place = func.row_number().over(partition_by=values, order_by=keys).label("place")
        chosen = select(*(key.label(f"k{n}") for n, key in enumerate(keys)), place).select_from(rows)
        made = chosen.where(inside, *whole, *(not_(one) for one in taken)).subquery()
        repeated = select(*list(made.c)[:-1]).where(made.c.place > 1)
        met = [select(*keys).select_from(rows).where(inside, one) for one in taken]
        yield (columns, Problem.DUPLICATE), union_all(repeated, *met)


def shortened_values(connection: Connection, compiled: CompiledTable, rows: FromClause) -> dict[str, int]:
    """Per column, the rows that lose digits for which the target's column has no place."""
    asked = {
        n: compiled.asked(n, rows).loses
        for n in compiled.writes
        if not compiled.mapping.by_target[n].uses(PythonFunction)
    }
    losing = {name: where for name, where in asked.items() if where is not None}
    if not losing:
        return {}
    inside = compiled.in_filter(rows)
    found = connection.execute(
        select(*(_count(and_(inside, where)) for where in losing.values())).select_from(rows)
    ).one()
    return {name: int(count) for name, count in zip(losing, found, strict=True) if count}


_ON_MYSQL = """
SELECT DISTINCT c.column_name, c.collation_name FROM information_schema.statistics AS s
JOIN information_schema.columns AS c USING (table_schema, table_name, column_name)
WHERE s.table_schema = DATABASE() AND s.table_name = :name AND s.non_unique = 0 AND c.collation_name IS NOT NULL
"""


def collations_of(target: Target, table: Table) -> dict[str, str]:
    """The columns of a table's unique indexes that are compared otherwise than byte by byte, and how: by a collation of
    SQLite's, or by what MariaDB and MySQL call theirs (see `texts.alike`), as "citext" on PostgreSQL."""
    if target.dialect.name == "postgresql":
        return {column.name: CITEXT for column in table.columns if column.native == CITEXT}
    if target.dialect.name == "mysql":
        with target.connect("asking how texts are compared", reading=True) as connection:
            return {str(row[0]): str(row[1]) for row in connection.execute(text(_ON_MYSQL), {"name": table.name})}
    asked = text(
        "SELECT part.name, part.coll FROM pragma_index_list(:name) AS found, pragma_index_xinfo(found.name) AS part "
        "WHERE found.\"unique\" AND part.key AND part.coll <> 'BINARY'"
    )
    with target.connect("asking how texts are compared", reading=True) as connection:
        return {name: how for name, how in connection.execute(asked, {"name": table.name}) if name is not None}


def collisions(
    connection: Connection, compiled: CompiledTable, rows: FromClause, collations: Mapping[str, str]
) -> Found:
    """Rows that the target has already: by their key where the policy is stop, by another unique set in any case.
    Where rows are matched by what tells them apart, another row that has the number of an unmatched one counts too.

    Rows that are matched on purpose are none of these, but where meeting one is to stop the run.
    """
    if not _holds_rows(connection, compiled):
        return {}
    found: Found = {}
    key = _key(compiled)
    if key and compiled.mapping.conflict is Conflict.STOP:
        matched = compiled.matched_key(rows)
        met = _present(compiled, key, rows, collations)
        met = met if matched is None else or_(matched.is_not(None), met)
        found[key, Problem.CONFLICT] = _rows(connection, rows, compiled.in_filter(rows), met)
    elif key and compiled.mapping.keeps_unmatched and (matched := compiled.matched_key(rows)) is not None:
        strangers = and_(matched.is_(None), _present(compiled, key, rows, collations))
        found[key, Problem.KEY_TAKEN] = _rows(connection, rows, compiled.in_filter(rows), strangers)
    for columns in unique_sets(compiled, collations):
        if columns != key:
            taken = _taken(compiled, columns, rows, collations)
            found[columns, Problem.DUPLICATE] = _rows(connection, rows, compiled.in_filter(rows), taken)
    return {what: count for what, count in found.items() if count}


def _holds_rows(connection: Connection, compiled: CompiledTable) -> bool:
    return bool(connection.execute(select(select(literal(1)).select_from(clause(compiled.target)).exists())).scalar())


def _taken(
    compiled: CompiledTable, columns: Sequence[str], rows: FromClause, collations: Mapping[str, str]
) -> Condition:
    """Whether a row of the target has a row's values in a unique set, and is not its counterpart by key or match."""
    matched, key = compiled.matched_key(rows), _key(compiled)
    others: list[Condition] = [] if matched is None else [matched.is_(None)]
    others += [not_(_present(compiled, key, rows, collations))] if key else []
    return and_(*others, _present(compiled, columns, rows, collations))


def written(connection: Connection, compiled: CompiledTable, rows: FromClause) -> Condition:
    """Whether a legacy row is written at all: not where the plan keeps the row of the target that it meets."""
    if compiled.mapping.conflict is not Conflict.KEEP or not _holds_rows(connection, compiled):
        return true()
    matched, key = compiled.matched_key(rows), _key(compiled)
    meets: list[Condition] = [] if matched is None else [matched.is_not(None)]
    meets += [_present(compiled, key, rows, {})] if key else []
    return not_(or_(false(), *meets))


def broken_checks(connection: Connection, compiled: CompiledTable, rows: FromClause, such: Condition) -> Found:
    """Rows that a CHECK of the target would refuse: its own text, asked about the new values of such
    rows where all of them fit."""
    checks = compiled.target.checks
    if not checks or compiled.target_database.dialect != "sqlite":
        return {}  # written in another database's SQL: see `trial`
    fits = not_(compiled.failing(rows))
    made = select(*whole_row(compiled, rows)).select_from(rows).where(compiled.in_filter(rows), fits, such)
    new = made.subquery(compiled.target.name)
    counts = [_count(func.coalesce(literal_column(f"NOT ({check})"), literal(0)) == 1) for check in checks]
    broken = connection.execute(select(*counts).select_from(new)).one()
    found: Found = {}
    for check, count in zip(checks, broken, strict=True):
        key = (named_in(check, compiled.target), Problem.CHECK_FAILED)
        found[key] = found.get(key, 0) + int(count)
    return {what: count for what, count in found.items() if count}


def keys_of_broken(compiled: CompiledTable, rows: FromClause, such: Condition) -> Iterator[tuple[What, Select[Any]]]:
    """For each CHECK of a SQLite target, the legacy keys of the rows that it would refuse."""
    if compiled.target_database.dialect != "sqlite":
        return
    keys = [key.label(f"ferryman_k{n}") for n, key in enumerate(compiled.key_columns(rows))]
    made = select(*whole_row(compiled, rows), *keys).select_from(rows)
    fits = not_(compiled.failing(rows))
    new = made.where(compiled.in_filter(rows), fits, such).subquery(compiled.target.name)
    for check in compiled.target.checks:
        broken = func.coalesce(literal_column(f"NOT ({check})"), literal(0)) == 1
        columns = named_in(check, compiled.target)
        yield (columns, Problem.CHECK_FAILED), select(*(new.c[key.name] for key in keys)).where(broken)


def unique_sets(compiled: CompiledTable, collations: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    """The column sets that have to be unique in the target and that this table's mapping fills.

    Of those that hold nothing but the legacy key, in one form or another, only the first; none where legacy itself
    keeps its key unique. One that holds it as a text, and that the target compares by one of `collations`, is looked
    at in any case: "a" and "A" are two keys in legacy.
    """
    unique_key = compiled.mapping.key in (compiled.source.primary_key, *compiled.source.uniques)
    key_is_done = unique_key
    for columns in dict.fromkeys((_key(compiled), *compiled.target.uniques)):
        if not columns or not set(columns) <= set(compiled.writes):
            continue
        if all(_is_the_key(compiled, name) for name in columns):
            if not key_is_done or any(_keeps_text(compiled, name) for name in columns if name in collations):
                yield columns
            key_is_done = True
        else:
            yield columns


def _merged_by(compiled: CompiledTable, columns: Sequence[str]) -> tuple[str, ...]:
    """The legacy columns by which rows become one that have the same values there, where these columns tell of it."""
    identity = compiled.mapping.identity
    if not isinstance(identity, Matched) or identity.otherwise is None:
        return ()
    told = {pair.target for pair in identity.on} <= set(columns)
    return tuple(pair.source for pair in identity.on) if told else ()


def _is_the_key(compiled: CompiledTable, column: str) -> bool:
    steps = compiled.mapping.by_target[column].steps
    return len(steps) == 1 and isinstance(steps[0], NewId | PreserveLegacyId)


def _keeps_text(compiled: CompiledTable, column: str) -> bool:
    """Whether a column takes a legacy key as it stands, and that is a text."""
    made = compiled.mapping.by_target[column]
    kept = isinstance(made.steps[0], PreserveLegacyId) or isinstance(compiled.mapping.identity, Kept)
    return kept and any(compiled.source.column(name).family is Family.TEXT for name in made.source)


def _key(compiled: CompiledTable) -> tuple[str, ...]:
    columns = compiled.target.primary_key or compiled.mapping.id_columns
    return columns if set(columns) <= set(compiled.writes) else ()


def _values(
    compiled: CompiledTable, columns: Sequence[str], rows: FromClause, collations: Mapping[str, str]
) -> list[Expression]:
    values = {column: landed(compiled, column, rows) for column in columns}
    return [_compared(value, collations.get(name)) for name, value in values.items()]


def _compared(value: Expression, how: str | None) -> Expression:
    """A value so that it equals what the target takes for equal."""
    if how is None:
        return value
    return collate(value, how) if how.isupper() else func.ferryman_alike(value, how)


def landed(compiled: CompiledTable, column: str, rows: FromClause) -> Expression:
    """A column's new value as the target's column will hold it, its affinity applied; NULL where it does not fit."""
    return _lands(compiled.asked(column, rows).sql, compiled.target.column(column).family)


def _lands(sql: Expression, family: Family) -> Expression:
    if family in _NUMBERS:
        return untyped(sql_cast(sql, Numeric))
    return sql if family is Family.BINARY else untyped(sql_cast(sql, Text))


def _present(
    compiled: CompiledTable, columns: Sequence[str], rows: FromClause, collations: Mapping[str, str]
) -> Condition:
    there = clause(compiled.target).alias()
    ways = {name: how for name, how in collations.items() if not how.isupper()}  # SQLite's own hold for both sides
    held = select(*(_compared(there.c[name], ways.get(name)) for name in columns))
    return among(_values(compiled, columns, rows, collations), held)


def whole_row(compiled: CompiledTable, rows: FromClause) -> Iterator[Expression]:
    """What each column of the target would hold of a legacy row; NULL for one that the database computes."""
    for column in compiled.target.columns:
        if column.name in compiled.writes:
            yield _lands(compiled.foreseen(column.name, rows), column.family).label(column.name)
        elif column.default is not None and not column.generated:
            yield literal_column(f"({column.default})").label(column.name)
        else:
            yield null().label(column.name)


def _rows(connection: Connection, rows: FromClause, *where: Condition) -> int:
    return int(connection.execute(select(func.count()).select_from(rows).where(*where)).scalar_one())


def _count(condition: Condition) -> Expression:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
