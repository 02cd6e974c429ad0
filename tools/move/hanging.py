"""What stands in the way of undoing: rows that are not part of it and hang on rows that would be deleted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, FromClause, String, and_, cast, func, select, true

from ferryman.domain.mapping import Mapping as TablesMapping
from ferryman.domain.mapping import TableMapping
from ferryman.domain.references import Reference
from ferryman.domain.schema import Database, Family, ForeignKey, Table
from ferryman.domain.transforms import ForeignKeyTo, KeyByType, Rename
from ferryman.tools.databases.dialect import clause
from ferryman.tools.databases.elsewhere import Elsewhere, references_from_elsewhere
from ferryman.tools.move.ours import Ours, Undoing, count, joined
from ferryman.tools.move.tables import LedgerTables

_MOST_NAMED = 5  #: rows whose keys are told


@dataclass(frozen=True)
class Hanging:
    """Rows of one table that refer to rows which would go."""

    table: str
    columns: tuple[str, ...]
    parent: str
    rows: int
    keys: tuple[str, ...] = ()  #: of the first of them, for the screen alone

    @property
    def which(self) -> str:
        """ "visits: id 3, id 4 and 5 more"; "" where no key tells them apart."""
        more = f" and {self.rows - len(self.keys):,} more" if self.rows > len(self.keys) else ""
        return f"{self.table}: {', '.join(self.keys)}{more}" if self.keys else ""

    @property
    def text(self) -> str:
        refer = f"1 row of {self.table} refers" if self.rows == 1 else f"{self.rows:,} rows of {self.table} refer"
        return f"{refer} to {self.parent} by {', '.join(self.columns)}"


@dataclass(frozen=True)
class Known:
    """What a run knows of references that the target does not declare."""

    mapping: TablesMapping
    references: Sequence[Reference]
    staying: Mapping[str, Undoing]  #: its tables that are not undone, where they name rows in a list or beside a type


def hanging(
    connection: Connection, ledger: LedgerTables, catalogue: Database, undone: Mapping[str, Undoing], known: Known
) -> tuple[Hanging, ...]:
    """Everything that hangs on rows that the run made and that will stay. `undone`: what is undone, by table.

    A temporary table is made per table that has to be looked into; most need none.
    """
    with Ours(connection, ledger) as ours:
        every = (*_all(connection, ours, catalogue, undone, known), *_named(connection, ours, undone, known))
        return tuple(found for found in every if found.rows)


def _all(
    connection: Connection, ours: Ours, catalogue: Database, undone: Mapping[str, Undoing], known: Known
) -> Iterator[Hanging]:
    for parent in undone.values():
        if not parent.made or not parent.keys:
            continue
        for child, key in (*catalogue.children(parent.name), *_undeclared(known, catalogue, parent)):
            rows, keys = _rows(connection, ours, child, key, parent, undone.get(child.name))
            yield Hanging(child.name, key.columns, parent.name, rows, keys)
        for one in references_from_elsewhere(connection, parent.name):
            rows = _rows_elsewhere(connection, ours, one, parent)
            yield Hanging(f"{one.schema}.{one.table}", one.columns, parent.name, rows)


def _rows_elsewhere(connection: Connection, ours: Ours, one: Elsewhere, parent: Undoing) -> int:
    """Rows of a table in another schema or database that refer to a row that goes."""
    below, above = clause(one.table, one.columns, one.schema).alias(), clause(parent.facts).alias()
    joined_up = joined(below, above, one.columns, one.parent_columns)
    asked = select(func.count()).select_from(below.join(above, joined_up)).where(ours.holds(parent, above))
    return int(connection.execute(asked).scalar_one())


def _undeclared(known: Known, catalogue: Database, parent: Undoing) -> Iterator[tuple[Table, ForeignKey]]:
    """References to a table that only the plan makes, as (child, its foreign key)."""
    declared = {(child.name, key.columns) for child, key in catalogue.children(parent.name)}
    for one in known.references:
        if one.parent != parent.name or one.at_copy or (one.child, one.columns) in declared:
            continue
        named = [
            step.column
            for step in known.mapping.by_target[one.child].by_target[one.columns[0]].steps
            if isinstance(step, ForeignKeyTo)
        ]
        there = tuple(filter(None, named)) or parent.facts.primary_key or parent.keys
        if len(there) == 1:
            yield catalogue.table(one.child), ForeignKey(columns=one.columns, parent=one.parent, parent_columns=there)


def _named(connection: Connection, ours: Ours, undone: Mapping[str, Undoing], known: Known) -> Iterator[Hanging]:
    """Rows of the run that stay and name a row that goes in a list, or beside a type."""
    for one in known.references:
        parent, child = undone.get(one.parent), known.staying.get(one.child)
        if one.at_copy and parent and parent.made and child and child.made:
            from_ = clause(child.facts).alias()
            (column,) = one.columns
            asked = select(func.count()).select_from(from_).where(from_.c[column].is_not(None))
            asked = asked.where(_of_type(known.mapping.by_target[child.name], child.facts, column, one.parent, from_))
            asked = asked.where(ours.holds(child, from_)) if child.keys else asked
            yield Hanging(child.name, one.columns, one.parent, int(connection.execute(asked).scalar_one()))


def _of_type(mapping: TableMapping, facts: Table, column: str, parent: str, from_: FromClause) -> ColumnElement[bool]:
    """Whether the type beside an id is one of a parent's, where the new table has that type as the old one had it."""
    line = mapping.by_target[column]
    pairs = [pair for step in line.steps if isinstance(step, KeyByType) for pair in step.parents]
    types = [pair.type for pair in pairs if pair.parent == parent and isinstance(pair.type, str)]
    for one in mapping.columns:
        as_it_was = one.source == line.source[:1] and all(isinstance(step, Rename) for step in one.steps)
        if types and as_it_was and facts.column(one.target).family is Family.TEXT:
            return from_.c[one.target].in_(types)
    return true()


def _rows(
    connection: Connection, ours: Ours, child: Table, key: ForeignKey, parent: Undoing, going: Undoing | None
) -> tuple[int, tuple[str, ...]]:
    """Rows of a child that stay and refer to a row that goes: how many, and the keys of the first."""
    if count(connection, child) == 0:
        return 0, ()
    if going and (not going.keys or (going.made and ours.others(going) == 0)):
        return 0, ()
    below, above = clause(child).alias(), clause(parent.facts).alias()
    asked = (
        select(func.count())
        .select_from(below.join(above, _same(child, below, parent.facts, above, key)))
        .where(ours.holds(parent, above))
    )
    if going and going.made:
        asked = asked.where(~ours.holds(going, below))
    if going and going.changed:
        asked = asked.where(~ours.gets_back(going, below, key.columns))
    rows = int(connection.execute(asked).scalar_one())
    if not rows or not child.primary_key:
        return rows, ()
    names = [below.c[name] for name in child.primary_key]
    first = connection.execute(asked.with_only_columns(*names).order_by(*names).limit(_MOST_NAMED)).all()
    told = (
        " and ".join(f"{name} {value}" for name, value in zip(child.primary_key, row, strict=True)) for row in first
    )
    return rows, tuple(told)


def _same(child: Table, below: FromClause, parent: Table, above: FromClause, key: ForeignKey) -> ColumnElement[bool]:
    """Whether a child's row refers to a parent's; as texts where no foreign key sees to it that the types agree."""
    kinds = zip(map(child.column, key.columns), map(parent.column, key.parent_columns), strict=True)
    if all(here.family is there.family for here, there in kinds):
        return joined(below, above, key.columns, key.parent_columns)
    pairs = zip(key.columns, key.parent_columns, strict=True)
    return and_(*(cast(above.c[there], String) == cast(below.c[here], String) for here, there in pairs))
