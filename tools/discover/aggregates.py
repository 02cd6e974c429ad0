"""The exact facts about a table's columns: as SQL aggregates over all rows, or over values that are in memory."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, TableClause, Text, and_, case, cast, func, select

from ferryman.domain.schema import Column, Family, Table
from ferryman.tools.databases.dialect import Dialect, clause

TEXTS = frozenset((Family.TEXT, Family.JSON, Family.UUID, Family.ENUM, Family.OTHER))
NUMBERS = frozenset((Family.INTEGER, Family.DECIMAL, Family.FLOAT))
MOMENTS = frozenset((Family.DATE, Family.TIMESTAMP))
MASKED = TEXTS | MOMENTS | {Family.TIME}
KINDS: dict[type, str] = {int: "integer", float: "real", str: "text", bytes: "blob"}
ISO = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d[\d:.+Z -]*)?")
_COLUMNS_AT_ONCE = 40

#: By name: present, shortest, longest, empty, lowest, highest, and "kind X" for each stored kind X.
Facts = dict[str, Any]


def aggregates(
    connection: Connection, dialect: Dialect, table: Table, taken: Mapping[str, Sequence[object]]
) -> dict[str, Facts]:
    """Facts by column taken, in one statement per forty columns, and one more where values are of unexpected kinds."""
    source = clause(table)
    columns = [column for column in table.columns if column.name in taken]
    wanted = {
        column.name: dict(_expressions(dialect, column, source.c[column.name], taken[column.name]))
        for column in columns
    }
    facts = _facts(connection, source, wanted)
    strays = {}
    for column in columns:
        found, expected = facts[column.name], dialect.kinds.get(column.family, ())
        if expected and sum(found[f"kind {kind}"] for kind in expected) < found["present"]:
            strays[column.name] = dict(_strays(dialect, column.family, source.c[column.name]))
    for name, found in _facts(connection, source, strays).items():
        facts[name].update(found)
    return facts


def _facts(
    connection: Connection, source: TableClause, wanted: Mapping[str, Mapping[str, ColumnElement[Any]]]
) -> dict[str, Facts]:
    facts: dict[str, Facts] = {}
    names = [name for name in wanted if wanted[name]]
    for start in range(0, len(names), _COLUMNS_AT_ONCE):
        part = [(name, fact) for name in names[start : start + _COLUMNS_AT_ONCE] for fact in wanted[name]]
        labelled = [wanted[name][fact].label(f"f{i}") for i, (name, fact) in enumerate(part)]
        row = connection.execute(select(*labelled).select_from(source)).one()
        for (name, fact), value in zip(part, row, strict=True):
            facts.setdefault(name, {})[fact] = value
    return facts


def _expressions(
    dialect: Dialect, column: Column, value: ColumnElement[Any], taken: Sequence[object]
) -> Iterator[tuple[str, ColumnElement[Any]]]:
    """The aggregates that a column's family calls for. Where each value has a kind of its own, dates may be texts; a
    type of family OTHER is one of texts where they are read as such, and else, as MariaDB's geometries, casts to none.
    """
    loose, family = bool(dialect.kinds), column.family
    yield "present", func.count(value)
    for kind in dialect.kinds.get(family, ()):
        yield f"kind {kind}", _count(dialect.kind(value) == kind)
    text = value if loose else cast(value, Text)  # some types that read as text have none of a text's functions
    printed = family in TEXTS and (loose or family is not Family.OTHER or any(isinstance(v, str) for v in taken))
    if printed:
        yield "shortest", func.min(func.char_length(text))
        yield "longest", func.max(func.char_length(text))
    if family is Family.BINARY:
        yield "shortest", func.min(func.length(value))
        yield "longest", func.max(func.length(value))
    if loose and family in MASKED:
        yield "empty", _count(and_(value < "!", func.trim(value) == ""))  # few texts sort before it: trim is slow
    elif printed:
        yield "empty", _count(func.trim(text) == "")
    if _ranged(family, taken):
        numbered = cast(value, Integer) if family is Family.BOOLEAN and not loose else value
        ordered = text if family in TEXTS else numbered
        yield "lowest", func.min(ordered)
        yield "highest", func.max(ordered)


def _strays(dialect: Dialect, family: Family, value: ColumnElement[Any]) -> Iterator[tuple[str, ColumnElement[Any]]]:
    """What replaces the facts of a column with values of unexpected kinds: every kind, and the range of its numbers."""
    kind = dialect.kind(value)
    for name in dialect.kinds[Family.OTHER]:
        yield f"kind {name}", _count(kind == name)
    if family in NUMBERS:
        number = case((kind.in_(dialect.kinds[Family.DECIMAL]), value))
        yield "lowest", func.min(number)
        yield "highest", func.max(number)


def ranges(connection: Connection, dialect: Dialect, table: Table, columns: Collection[Column]) -> dict[str, Facts]:
    """Lowest and highest alone, of columns where they mean something."""
    source, loose = clause(table), bool(dialect.kinds)
    wanted: dict[str, dict[str, ColumnElement[Any]]] = {}
    for column in columns:
        value: ColumnElement[Any] = source.c[column.name]
        if loose and column.family in NUMBERS:
            value = case((dialect.kind(value).in_(dialect.kinds[Family.DECIMAL]), value))
        elif not loose and column.family is Family.BOOLEAN:
            value = cast(value, Integer)
        elif not loose and column.family in TEXTS:
            value = cast(value, Text)
        wanted[column.name] = {"lowest": func.min(value), "highest": func.max(value)}
    return _facts(connection, source, wanted)


def counted(family: Family, values: Sequence[object], loose: bool) -> Facts:
    """What `_expressions` would give for these values, all of one kind, without asking the database."""
    present: list[Any] = [value for value in values if value is not None]
    facts: Facts = {"present": len(present)}
    if not present:
        return facts
    first = present[0]
    if loose:
        facts[f"kind {KINDS[type(first)]}"] = len(present)
    if family in TEXTS or family is Family.BINARY:
        lengths = [len(value if isinstance(value, str | bytes) else str(value)) for value in present]
        facts.update(shortest=min(lengths), longest=max(lengths))
    if isinstance(first, str) and family in MASKED:
        facts["empty"] = sum(not value.strip(" ") for value in present)
    if _ranged(family, present):
        ordered = [int(value) if isinstance(value, bool) else value for value in present]
        facts.update(lowest=min(ordered), highest=max(ordered))
    return facts


def _ranged(family: Family, taken: Sequence[object]) -> bool:
    """Whether lowest and highest mean something: numbers, flags, moments, and text columns of ISO dates."""
    if family in NUMBERS | MOMENTS | {Family.BOOLEAN}:
        return True
    some = [value for value in taken if value not in (None, "")][:100]
    return family in TEXTS and bool(some) and all(isinstance(v, str) and ISO.fullmatch(v) for v in some)


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(case((condition, 1)))
