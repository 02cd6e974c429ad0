"""What the rows of a database look like in numbers: one pass of aggregates and one bounded sample per table.

Exact over all rows: row count, NULLs, empty strings, lengths, stored kinds, lowest and highest. From a sample of at
most `SAMPLE_ROWS` rows (fewer in a table of more than 24 columns; see `sample`): distinct values, and shapes, these
from at most `SHAPE_ROWS` of them. Texts and bytes are told apart by their first `PREFIX` characters.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, LargeBinary, Text, case, cast, func, literal, select, union_all
from sqlalchemy.exc import DBAPIError

from ferryman.domain.profile import ColumnProfile, Profile, TableProfile
from ferryman.domain.schema import Column, Database, Family, Table
from ferryman.domain.states import MOST_STATES, is_state, states_in
from ferryman.tools.databases.arrow import unfit
from ferryman.tools.databases.dialect import Dialect, clause
from ferryman.tools.discover.aggregates import (
    ISO,
    KINDS,
    MASKED,
    MOMENTS,
    NUMBERS,
    TEXTS,
    Facts,
    aggregates,
    counted,
    ranges,
)
from ferryman.tools.discover.labels import TableNames, labels
from ferryman.tools.discover.languages import languages
from ferryman.tools.discover.sample import sample
from ferryman.tools.discover.shapes import OTHERS, beyond_months, shapes
from ferryman.tools.discover.together import together

SAMPLE_ROWS = 20_000
SAMPLE_VALUES = 480_000  #: that are held in memory at once
SHAPE_ROWS = 1_000
COUNTED_ROWS = 20_000  #: up to here the values of a table that was read whole are counted as they were read
PREFIX = 256
_GOLDEN = (5**0.5 - 1) / 2  #: its multiples fall evenly into any stretch and never come round
_TABLES_AT_ONCE = 100

_LONG = (str, bytes)
_WRITTEN = frozenset((Family.TEXT, Family.JSON))
_STANDING = frozenset((Family.TEXT, Family.ENUM, Family.BOOLEAN, Family.INTEGER))


def profile(
    connection: Connection, database: Database, dialect: Dialect, tables: Collection[str] | None = None
) -> Profile:
    """Profiles of the database's data tables, or of those named. Raises FerrymanError when rows cannot be read."""
    chosen = (
        [t for t in database.tables if t.name in tables]
        if tables is not None
        else [*database.data_tables, *database.framework_lists]
    )
    try:
        counts, names = row_counts(connection, [table.name for table in chosen]), TableNames.of(database)
        return Profile(tables=tuple(_table(connection, dialect, table, counts[table.name], names) for table in chosen))
    except DBAPIError as error:
        raise dialect.translate(error, "profiling the tables") from error


def with_ranges(connection: Connection, database: Database, dialect: Dialect, known: Profile) -> Profile:
    """A profile that was written down, with the lowest and highest values that it lost there."""
    try:
        return Profile(tables=tuple(_ranged(connection, database, dialect, table) for table in known.tables))
    except DBAPIError as error:
        raise dialect.translate(error, "profiling the tables") from error


def _ranged(connection: Connection, database: Database, dialect: Dialect, known: TableProfile) -> TableProfile:
    table = database.by_name.get(known.table)
    columns = [column for column in table.columns if _has_range(column, known)] if table and known.rows else []
    if table is None or not columns:
        return known
    found = ranges(connection, dialect, table, columns)
    bounds = {name: {side: _bound(value) for side, value in facts.items()} for name, facts in found.items()}
    return known.but(columns=tuple(one.but(**bounds.get(one.name, {})) for one in known.columns))


def _has_range(column: Column, known: TableProfile) -> bool:
    """Whether lowest and highest mean something: of texts, where all seen are ISO dates."""
    if column.family in NUMBERS | MOMENTS | {Family.BOOLEAN}:
        return True
    seen = known.by_name.get(column.name)
    told = [shape for shape in seen.shapes if shape.strip()] if seen and column.family in TEXTS else []
    return bool(told) and all(shape.startswith("9999-99-99") for shape in told)


def row_counts(connection: Connection, tables: Sequence[str]) -> dict[str, int]:
    """The exact row count of each table."""
    counts = {}
    for start in range(0, len(tables), _TABLES_AT_ONCE):
        part = tables[start : start + _TABLES_AT_ONCE]
        each = [select(literal(i), func.count()).select_from(clause(name)) for i, name in enumerate(part)]
        counts.update({part[i]: rows for i, rows in connection.execute(union_all(*each))})
    return counts


def _table(connection: Connection, dialect: Dialect, table: Table, rows: int, names: TableNames) -> TableProfile:
    if not rows or not table.columns:
        empty = tuple(ColumnProfile(name=column.name, distinct=0) for column in table.columns)
        return TableProfile(table=table.name, rows=rows, columns=empty)
    taken, whole = _taken(connection, dialect, table, rows)
    facts = aggregates(connection, dialect, table, {n: v for n, v in taken.items() if n not in whole})
    facts.update({name: counted(table.column(name).family, taken[name], bool(dialect.kinds)) for name in whole})
    sampled = len(next(iter(taken.values())))
    columns = tuple(
        _column(column, rows, facts[column.name], taken[column.name], sampled if sampled < rows else 0)
        for column in table.columns
    )
    told = tuple(_labelled(one, labels(table, table.column(one.name), taken[one.name], names)) for one in columns)
    standing = {one.name: _states(connection, dialect, table, one, taken[one.name]) for one in columns}
    told = tuple(one.but(states=standing[one.name]) if standing[one.name] else one for one in told)
    apart = () if table.key or any(_is_different(one, rows) for one in told) else together(connection, table, taken)
    return TableProfile(table=table.name, rows=rows, columns=told, together=apart)


def _states(
    connection: Connection, dialect: Dialect, table: Table, seen: ColumnProfile, values: Sequence[object]
) -> dict[str, int]:
    """How often each word comes that says how a row stands. Words are counted in all rows, numbers in the sample."""
    family = table.column(seen.name).family
    found = states_in(values) if family in _STANDING else None
    if not found or not seen.sampled or family not in (Family.TEXT, Family.ENUM):
        return found or {}
    column = clause(table).c[seen.name]
    by_letter = dialect.name == "mysql"  # where texts are else alike that differ in case
    value = cast(column, LargeBinary if by_letter else Text).label("value")
    counted = select(value, func.count().label("rows")).group_by(value).limit(MOST_STATES + 2)
    rows = {_text(row.value): row.rows for row in connection.execute(counted) if row.value is not None}
    return {word: n for word, n in rows.items() if word.strip() and is_state(word)} if len(rows) <= MOST_STATES else {}


def _text(word: str | bytes) -> str:
    return word.decode(errors="replace") if isinstance(word, bytes) else word


def _is_different(column: ColumnProfile, rows: int) -> bool:
    return not column.sampled and column.distinct == rows


def _labelled(column: ColumnProfile, found: tuple[dict[str, str], int]) -> ColumnProfile:
    return column.but(labels=found[0], unlabelled=found[1]) if found[0] else column


def _column(column: Column, rows: int, facts: Facts, values: Sequence[object], sampled: int) -> ColumnProfile:
    present = [value for value in values if value is not None]
    return ColumnProfile(
        name=column.name,
        nulls=rows - facts["present"],
        distinct=len(set(present)),
        empty=facts.get("empty", 0),
        shortest=facts.get("shortest"),
        longest=facts.get("longest"),
        storage={kind[5:]: n for kind, n in facts.items() if kind.startswith("kind ") and n},
        shapes=_shapes(present) if column.family in MASKED else {},
        languages=languages(present) if column.family in _WRITTEN else {},
        beyond_months=beyond_months(present) if column.family in MASKED else (0, 0),
        lowest=_bound(facts.get("lowest")),
        highest=_bound(facts.get("highest")),
        sampled=sampled,
    )


def _shapes(present: Sequence[object]) -> dict[str, int]:
    """The shapes of one value in so many; where they are few, those too that come in step with just these."""
    many = len(present)
    seen = shapes(present[:: max(1, many // SHAPE_ROWS)][:SHAPE_ROWS])
    if many <= SHAPE_ROWS or OTHERS in seen:
        return seen
    spread = sorted({int(many * (n * _GOLDEN % 1)) for n in range(SHAPE_ROWS)})
    return shapes(present[place] for place in spread) | seen


def _bound(value: object) -> int | float | str | None:
    """A number or an ISO date; None for any other text, which stays where it is."""
    match value:
        case bool() | int() | float():
            return value
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case date():
            return str(value)
        case str() if ISO.fullmatch(value):
            return value
    return None


def _taken(
    connection: Connection, dialect: Dialect, table: Table, rows: int
) -> tuple[dict[str, list[object]], frozenset[str]]:
    """The sampled values of each column, and the columns of which they are all the values, each as it is stored."""
    source = clause(table)
    loose = bool(dialect.kinds)
    columns = [_short(column, source.c[column.name], loose).label(f"c{i}") for i, column in enumerate(table.columns)]
    size = max(SHAPE_ROWS, min(SAMPLE_ROWS, SAMPLE_VALUES // len(columns)))
    statement = sample(connection, table, source, columns, size if rows > size else None)
    taken: dict[str, list[object]] = {column.name: [] for column in table.columns}
    altered = set()
    for batch in dialect.read(connection, statement, [Family.OTHER] * len(columns), size):
        for column, field, values in zip(table.columns, batch.schema, batch.columns, strict=True):
            taken[column.name].extend(values.to_pylist())
            if unfit(field):
                altered.add(column.name)
    altered |= {c.name for c in table.columns if not _as_stored(taken[c.name], dialect.kinds.get(c.family, ()))}
    return taken, frozenset(taken) - altered if rows <= min(size, COUNTED_ROWS) else frozenset()


def _as_stored(values: Sequence[object], expected: Sequence[str]) -> bool:
    """Whether no value may have been cut, and they are of an expected kind (where kinds are told apart)."""
    first = next((value for value in values if value is not None), None)
    if isinstance(first, _LONG) and any(isinstance(v, _LONG) and len(v) >= PREFIX for v in values):
        return False
    if first is None or not expected:
        return True
    return KINDS[type(first)] in expected and not (isinstance(first, float) and "text" in expected)


def _short(column: Column, value: ColumnElement[Any], loose: bool) -> ColumnElement[Any]:
    """The value, cut where it is long; a value that is no text or bytes stays of its kind."""
    if column.family not in (Family.TEXT, Family.BINARY, Family.JSON):
        return value
    text = value if column.family is Family.BINARY or loose else cast(value, Text)
    return case((func.length(text) > PREFIX, func.substr(text, 1, PREFIX)), else_=text)
