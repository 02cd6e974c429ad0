"""What a table is for, and how much care it needs: the rules of `TableType` and `Complexity`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ferryman.agents.bookkeeping import Book, book_of, words
from ferryman.domain.findings import Challenge, ChallengeKind, Complexity, TableType
from ferryman.domain.schema import Column, Family, ForeignKey, Table

CATALOG_ROWS = 5_000
CATALOG_COLUMNS = 8
JUNCTION_COLUMNS = 4
LONG_TEXT = 500  #: characters from which a column (or one without a limit) holds a long text
CHILD_SHARE = 10  #: a catalog may have a tenth of its largest child's rows

_MOMENTS = frozenset((Family.DATE, Family.TIMESTAMP, Family.TIME))
_BOOKS = frozenset(Book)
_PERSONAL = frozenset("email mail phone telephone mobile fax password passwd pwd login username birthday".split())


@dataclass(frozen=True)
class Surroundings:
    """What a table's type hangs on beside its own columns."""

    rows: int
    references: tuple[ForeignKey, ...] = ()
    children: Collection[str] = ()  #: other tables that refer to it
    largest_child: int = 0  #: rows


def own_columns(table: Table, references: tuple[ForeignKey, ...]) -> tuple[Column, ...]:
    """The columns that hold content: no key, reference or bookkeeping."""
    apart = {name for key in references for name in key.columns} | set(table.primary_key)
    return tuple(c for c in table.columns if c.name not in apart and book_of(c, table.name) not in _BOOKS)


def first_type(table: Table, around: Surroundings) -> TableType:
    """The type by size and own columns alone."""
    small = around.rows <= CATALOG_ROWS
    return TableType.CATALOG if small and _like_a_catalog(table, around) else TableType.TRANSACTIONAL


def _like_a_catalog(table: Table, around: Surroundings) -> bool:
    own = own_columns(table, around.references)
    return len(own) <= CATALOG_COLUMNS and not any(_is_of_an_entity(column) for column in own)


def _is_of_an_entity(column: Column) -> bool:
    return column.family in _MOMENTS | {Family.DECIMAL} or bool(_PERSONAL & set(words(column.name)))


def table_type(table: Table, around: Surroundings) -> tuple[TableType, tuple[str, ...]]:
    """The type by references as well, and what speaks for it."""
    evidence = _junction(table, around)
    if evidence:
        return TableType.JUNCTION, evidence
    evidence = _catalog(table, around)
    if evidence:
        return TableType.CATALOG, evidence
    return TableType.TRANSACTIONAL, _transactional(table, around)


def _junction(table: Table, around: Surroundings) -> tuple[str, ...]:
    required = [key for key in around.references if key.parent != table.name and _is_required(table, key)]
    columns = {name for key in required for name in key.columns}
    if len(required) < 2 or around.children:
        return ()
    told = _listed([f"{','.join(key.columns)} -> {key.parent}" for key in required])
    said = f"two or more required references: {told}", "no other table refers to it"
    if any(set(unique) == columns for unique in (table.primary_key, *table.uniques) if unique):
        return (*said, "together they are unique")
    own = own_columns(table, around.references)
    if len(own) <= JUNCTION_COLUMNS and not any(_is_long(column) for column in own):
        return (*said, f"{_counted(len(own))} of its own besides")
    return ()


def _is_required(table: Table, key: ForeignKey) -> bool:
    return all(not table.column(name).nullable or name in table.primary_key for name in key.columns)


def _is_long(column: Column) -> bool:
    unbounded = column.length is None or column.length >= LONG_TEXT
    return column.family in (Family.JSON, Family.BINARY) or (column.family is Family.TEXT and unbounded)


def _catalog(table: Table, around: Surroundings) -> tuple[str, ...]:
    parents = {key.parent for key in around.references} - {table.name}
    limit = max(CATALOG_ROWS, around.largest_child // CHILD_SHARE)
    if not around.children or len(parents) > 1 or around.rows > limit or not _like_a_catalog(table, around):
        return ()
    return f"{_listed(sorted(around.children))} refer to it", f"{around.rows:,} rows, few columns of its own"


def _transactional(table: Table, around: Surroundings) -> tuple[str, ...]:
    parents = sorted({key.parent for key in around.references} - {table.name})
    if parents:
        return (f"it refers to {_listed(parents)}",)
    return (f"{around.rows:,} rows with {_counted(len(own_columns(table, around.references)))} of its own",)


def complexity(
    kind: TableType, references: tuple[ForeignKey, ...], challenges: tuple[Challenge, ...], *, sure: bool
) -> Complexity:
    """How much care a table needs."""
    found = {challenge.kind for challenge in challenges}
    if kind is TableType.JUNCTION or not sure or found & _HARD:
        return Complexity.HIGH
    if (kind is TableType.TRANSACTIONAL and references) or found & _TRICKY:
        return Complexity.MEDIUM
    return Complexity.LOW


_HARD = frozenset((
    ChallengeKind.NO_KEY, ChallengeKind.COMPOSITE_KEY, ChallengeKind.SELF_REFERENCE, ChallengeKind.CYCLE,
    ChallengeKind.POLYMORPHIC, ChallengeKind.UNFILLED,
))  # fmt: skip
_TRICKY = frozenset((ChallengeKind.PACKED_IDS, ChallengeKind.MIXED_TYPES))


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _counted(columns: int) -> str:
    return {0: "no column", 1: "one column"}.get(columns, f"{columns} columns")
