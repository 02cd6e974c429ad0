"""A legacy value on its way as a SQLite expression: what it may be stored as, and which rows it would fail for.

SQLite stores any kind of value in any column. `Value.stored` says which kinds can occur, so that an expression asks
for the kind only where it has to.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    LargeBinary,
    Numeric,
    Text,
    and_,
    case,
    false,
    func,
    literal,
    null,
    or_,
    true,
    type_coerce,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.types import NullType

from ferryman.domain.mapping import Problem
from ferryman.domain.schema import Column, Family, Table
from ferryman.tools.prepare.ranges import WHOLE
from ferryman.tools.prepare.texts import BLANKS

Expression = ColumnElement[Any]
Condition = ColumnElement[bool]
Problems = tuple[tuple[Problem, Condition], ...]

_GROUP = 50  #: conditions side by side
_MEMBERS = 60  #: of one json_object: SQLite's functions take 127 arguments
ANY = frozenset(("integer", "real", "text", "blob"))
INTEGER = frozenset(("integer",))
TEXT = frozenset(("text",))
TEXTS = frozenset((Family.TEXT, Family.ENUM, Family.JSON, Family.OTHER))  #: columns that take a text as it is


@dataclass(frozen=True)
class Value:
    """An expression with what is known of it. A condition of `problems` may be NULL where it does not hold."""

    sql: Expression
    stored: frozenset[str] = ANY  #: what `typeof` can say beside 'null'
    family: Family | None = None  #: set where the text is written as that family's canonical form already
    nullable: bool = True
    problems: Problems = ()
    tidy: bool = False  #: as in a column of numbers: no text in it reads as a whole number, no real is one
    absent: Condition | None = None  #: of a reference: whether it names no parent
    ready: bool = False  #: in the target column's own form: nothing is cast any more
    loses: Condition | None = None  #: where digits go that the target's column has no place for

    def but(self, sql: Expression, **changes: Any) -> Value:
        return replace(self, sql=sql, **{"tidy": False, "ready": False} | changes)

    def failing(self, problem: Problem, where: Condition) -> Value:
        """The same value, known to fail where the condition holds as well; see `first_of`."""
        return replace(self, problems=(*self.problems, (problem, where)))

    def sure(self, *kinds: str) -> bool:
        """Whether nothing but these kinds can be stored."""
        return self.stored <= frozenset(kinds)


def stored_in(table: Table, name: str) -> frozenset[str]:
    """The kinds that a legacy column can hold, by SQLite's rules of affinity."""
    column = table.by_name.get(name)
    if column is None or is_rowid(table, column):
        return INTEGER
    kind = affinity(column.native)
    return {"text": frozenset(("text", "blob")), "real": frozenset(("real", "text", "blob"))}.get(kind, ANY)


def is_rowid(table: Table, column: Column) -> bool:
    """Whether a column is another name for the row's position, and so always an integer."""
    return table.rowid and table.primary_key == (column.name,) and column.native.strip().upper() == "INTEGER"


def affinity(native: str) -> str:
    """SQLite's affinity of a declared type (https://sqlite.org/datatype3.html, 3.1), in lower case."""
    word = native.upper()
    rules = (
        ("integer", ("INT",)),
        ("text", ("CHAR", "CLOB", "TEXT")),
        ("blob", ("BLOB",)),
        ("real", ("REAL", "FLOA", "DOUB")),
    )
    if not word.strip():
        return "blob"
    return next((kind for kind, parts in rules if any(part in word for part in parts)), "numeric")


def legacy(sql: Expression, table: Table, name: str) -> Value:
    """A legacy column as it is stored."""
    column = table.by_name.get(name)
    tidy = column is None or affinity(column.native) in ("integer", "numeric")
    return Value(sql, stored_in(table, name), nullable=column is not None and column.nullable, tidy=tidy)


def as_text(value: Value) -> Value:
    """Numbers as Python prints them, texts as they are; a blob does not fit."""
    if value.sure("text"):
        return value
    sql = value.sql
    if not value.sure("text", "blob"):
        sql = sql_cast(sql, Text)
        if "real" in value.stored:
            sql = case((kind(value.sql) == "real", func.ferryman_text(value.sql)), else_=sql)
    text = value.but(untyped(sql), stored=TEXT, family=None)
    return text.failing(Problem.UNCASTABLE, kind(value.sql) == "blob") if "blob" in value.stored else text


def json_member(value: Value) -> Expression:
    """A value to put into json_object or json_array: integers and texts as they are, the rest by its own JSON."""
    own = func.json(func.ferryman_json(value.sql))
    rest = {name: own for name in ("real", "blob") if name in value.stored}
    return case(rest, value=kind(value.sql), else_=value.sql) if rest else value.sql


def json_object(pairs: Sequence[tuple[str, Expression]]) -> Expression:
    """An object of these members, in order."""
    if len(pairs) <= _MEMBERS:
        return func.json_object(*(part for name, member in pairs for part in (literal(name), member)))
    whole: Expression = literal("{")
    for position, (name, member) in enumerate(pairs):
        opening = f"{',' if position else ''}{json.dumps(name, ensure_ascii=False)}:"
        whole = whole.concat(opening).concat(func.json_quote(member))
    return func.json(whole.concat("}"))


def key_text(values: Sequence[Value]) -> Expression:
    """The key as `domain.run.key_text` writes it; NULL where a part of it is NULL."""
    parts = [_key_part(value) for value in values]
    whole: Expression = literal("[").concat(parts[0])
    for part in parts[1:]:
        whole = whole.concat(",").concat(part)
    return whole.concat("]")


def _key_part(value: Value) -> Expression:
    if value.sure("integer"):
        return value.sql
    known = [(kind(value.sql) == "integer", value.sql), (kind(value.sql) == "text", func.json_quote(value.sql))]
    return case(*known, (value.sql.is_not(None), func.ferryman_json(value.sql)))


def trimmed(sql: Expression) -> Expression:
    return func.trim(sql, BLANKS)


def kind(sql: Expression) -> Expression:
    """'integer', 'real', 'text', 'blob' or 'null'."""
    return func.typeof(sql)


def as_number(sql: Expression) -> Expression:
    """The number at the beginning of a text, 0 without one; numbers as they are."""
    return untyped(sql_cast(sql, Numeric))


def is_number(sql: Expression) -> Condition:
    """Whether a value is a number or a text that is one as a whole: the comparison makes a number of such a text."""
    return sql == as_number(sql)


def beyond(sql: Expression, bounds: tuple[int, int]) -> Condition:
    """Whether a value is a number outside the bounds. Integers, which most are, are compared without a cast."""
    other = and_(kind(sql) != "integer", is_number(sql), ~as_number(sql).between(*bounds))
    return other if bounds == WHOLE else or_(and_(kind(sql) == "integer", ~sql.between(*bounds)), other)


def by_python(name: str, text: Expression, *more: Any) -> Expression:
    """One of `sqlite_functions` over a text. It is handed over as bytes: a text in SQLite need not be UTF-8, and what
    is not would stop the statement instead of being NULL."""
    made: Expression = getattr(func, f"ferryman_{name}")(as_blob(text), *more)
    return made


def ill_formed(sql: Expression) -> Condition:
    """Whether a text is not UTF-8. Python is asked about those beyond ASCII, and where a NUL hides what follows."""
    beyond_ascii = or_(glob(sql, "*[^\x01-\x7f]*"), func.instr(sql, func.char(0)) > 0)
    return and_(kind(sql) == "text", beyond_ascii, by_python("utf8", sql).is_(None))


def as_blob(sql: Expression) -> Expression:
    return untyped(sql_cast(sql, LargeBinary))


def glob(sql: Expression, pattern: str) -> Condition:
    return sql.op("GLOB", is_comparison=True)(pattern)


def first_of(problems: Problems) -> Problems:
    """The same, where a row that has problems of several kinds is told by the first alone. Made once at the end: each
    condition within the next would double them, and SQLite's parser takes no more than 100 levels."""
    found = list[tuple[Problem, Condition]]()
    for place, (problem, where) in enumerate(problems):
        before = [other for earlier, other in problems[:place] if earlier is not problem]
        found.append((problem, and_(where, ~holds(or_(*before))) if before else where))
    return tuple(found)


def any_of(conditions: Sequence[Condition]) -> Condition:
    """Whether one of them holds: true or false, never NULL. In groups, for SQLite's expressions may be 1,000 deep."""
    groups = [holds(or_(*conditions[at : at + _GROUP])) for at in range(0, len(conditions), _GROUP)]
    return or_(false(), *groups)


def untyped(sql: Expression) -> Expression:
    """Without a type, so that SQLAlchemy converts nothing that is compared with it."""
    return type_coerce(sql, NullType())


def holds(condition: Condition) -> Condition:
    """True or false, never NULL. As a CASE, within which SQLite stops at the first condition that decides."""
    return case((condition, true()), else_=false())


def refused(column: str, value: Expression, strict: bool) -> Expression:
    """What stands for a value that does not fit: an error that stops the statement, or NULL where only asked about."""
    return case((value.is_not(None), func.ferryman_refuse(column))) if strict else null()
