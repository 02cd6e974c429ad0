"""What stands in the way of undoing: rows that are not part of it and hang on rows that would be deleted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from ferryman.domain.schema import Database, ForeignKey, Table
from ferryman.tools.databases.dialect import clause
from ferryman.tools.move.ours import Ours, Undoing, count, joined
from ferryman.tools.move.tables import LedgerTables


@dataclass(frozen=True)
class Hanging:
    """Rows of one table that refer to rows which would go."""

    table: str
    columns: tuple[str, ...]
    parent: str
    rows: int

    @property
    def text(self) -> str:
        refer = f"1 row of {self.table} refers" if self.rows == 1 else f"{self.rows:,} rows of {self.table} refer"
        return f"{refer} to {self.parent} by {', '.join(self.columns)}"


def hanging(
    connection: Connection, ledger: LedgerTables, catalogue: Database, undone: Mapping[str, Undoing]
) -> tuple[Hanging, ...]:
    """Everything that hangs on rows that the run made and that will stay. `undone`: what is undone, by table.

    A temporary table is made per table that has to be looked into; most need none.
    """
    with Ours(connection, ledger) as ours:
        return tuple(found for found in _all(connection, ours, catalogue, undone) if found.rows)


def _all(connection: Connection, ours: Ours, catalogue: Database, undone: Mapping[str, Undoing]) -> Iterator[Hanging]:
    for parent in undone.values():
        if not parent.made or not parent.keys:
            continue
        for child, key in catalogue.children(parent.name):
            rows = _rows(connection, ours, child, key, parent, undone.get(child.name))
            yield Hanging(child.name, key.columns, parent.name, rows)


def _rows(
    connection: Connection, ours: Ours, child: Table, key: ForeignKey, parent: Undoing, going: Undoing | None
) -> int:
    """Rows of a child that stay and refer to a row that goes."""
    if count(connection, child) == 0:
        return 0
    if going and (not going.keys or (going.made and ours.others(going) == 0)):
        return 0
    below, above = clause(child).alias(), clause(parent.facts).alias()
    asked = (
        select(func.count())
        .select_from(below.join(above, joined(below, above, key.columns, key.parent_columns)))
        .where(ours.holds(parent, above))
    )
    if going and going.made:
        asked = asked.where(~ours.holds(going, below))
    if going and going.changed:
        asked = asked.where(~ours.gets_back(going, below, key.columns))
    return int(connection.execute(asked).scalar_one())
