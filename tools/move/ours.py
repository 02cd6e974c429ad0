"""Which rows of the target a run made: the ledger's entries as temporary tables that SQL can ask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    TableClause,
    and_,
    case,
    exists,
    false,
    func,
    insert,
    literal,
    select,
)

from ferryman.domain.errors import Corrupt
from ferryman.domain.schema import Column, ForeignKey
from ferryman.domain.schema import Table as TableFacts
from ferryman.tools.databases.dialect import clause
from ferryman.tools.move.keys import cells, target_values
from ferryman.tools.move.tables import LedgerTables, RowKind

MADE = (RowKind.CREATED.value, RowKind.PLACEHOLDER.value)  #: kinds of entries for rows that are ours
_AT_ONCE = 5_000


@dataclass(frozen=True)
class Undoing:
    """One table of a run, as its undoing sees it. `keys` are the columns that the entries' target keys stand for."""

    run: str
    facts: TableFacts
    keys: tuple[str, ...]
    target_before: int
    made: int  #: rows that this run made in it
    changed: int = 0  #: rows that were there and that it changed
    referring: tuple[tuple[TableFacts, ForeignKey], ...] = ()  #: undone too: lets go of its rows first

    @property
    def name(self) -> str:
        return self.facts.name

    @property
    def columns(self) -> tuple[Column, ...]:
        return tuple(self.facts.column(name) for name in self.keys)


@dataclass
class Ours:
    """Temporary tables of the rows that a run made, one per table, on one connection. Use as a context manager."""

    connection: Connection
    ledger: LedgerTables
    _tables: dict[str, TableClause] = field(default_factory=dict)

    def __enter__(self) -> Ours:
        return self

    def __exit__(self, *_: object) -> None:
        if self.connection.invalidated:
            return  # a session that is lost took its temporary tables along
        for table in self._tables.values():
            temporary = "TEMPORARY " if self.connection.dialect.name in ("mysql", "mariadb") else ""
            self.connection.exec_driver_sql(f"DROP {temporary}TABLE {table.name}")

    def holds(self, undoing: Undoing, from_: FromClause) -> ColumnElement[bool]:
        """Whether a row of the table is one that the run made. Needs a table with a key."""
        held = self._table(undoing)
        if "high" not in held.c:
            same = [held.c[f"k{n}"] == from_.c[name] for n, name in enumerate(undoing.keys)]
            return exists(select(literal(1)).select_from(held).where(*same).correlate(from_))
        key = from_.c[undoing.keys[0]]
        last = select(held.c.high).where(held.c.k0 <= key).order_by(held.c.k0.desc()).limit(1).correlate(from_)
        return case((last.scalar_subquery() >= key, 1), else_=0) == 1

    def gets_back(self, undoing: Undoing, from_: FromClause, columns: Sequence[str]) -> ColumnElement[bool]:
        """Whether a row of the table was there before, and undoing gives it back what these columns held then."""
        name = f"{undoing.name}:{','.join(columns)}"
        if name not in self._tables:
            self._tables[name] = self._create(undoing, {f"k{n}": key for n, key in enumerate(undoing.keys)})
            rows = restored_of(self.connection, self.ledger, undoing, columns)
            while chunk := list(islice(rows, _AT_ONCE)):
                self.connection.execute(insert(self._tables[name]), chunk)
        held = self._tables[name]
        same = [held.c[f"k{n}"] == from_.c[key] for n, key in enumerate(undoing.keys)]
        return exists(select(literal(1)).select_from(held).where(*same).correlate(from_))

    def others(self, undoing: Undoing) -> int:
        """Rows of the table that the run did not make. Raises Corrupt when more lie in our ranges than it made."""
        total = count(self.connection, undoing.facts)
        if not undoing.made:
            return total
        from_ = clause(undoing.facts).alias()
        held = select(func.count()).select_from(from_).where(self.holds(undoing, from_))
        ours = int(self.connection.execute(held).scalar_one())
        if ours > undoing.made:
            raise between(undoing, ours)
        return total - ours

    def _table(self, undoing: Undoing) -> FromClause:
        if undoing.name not in self._tables:
            self._tables[undoing.name] = self._fill(undoing)
        return self._tables[undoing.name]

    def _create(self, undoing: Undoing, columns: Mapping[str, str]) -> TableClause:
        """An empty one, its columns like those of the table, so that the two are compared as they are."""
        from_, name = clause(undoing.facts), f"ferryman_ours_{len(self._tables)}"
        shaped = select(*(from_.c[key].label(label) for label, key in columns.items())).where(false())
        made = str(shaped.compile(self.connection, compile_kwargs={"literal_binds": True}))
        self.connection.exec_driver_sql(f"CREATE TEMPORARY TABLE {name} AS {made}")
        return clause(name, list(columns))

    def _fill(self, undoing: Undoing) -> TableClause:
        columns = {f"k{n}": key for n, key in enumerate(undoing.keys)}
        if len(columns) == 1:
            columns["high"] = undoing.keys[0]
        table = self._create(undoing, columns)
        listed = ", ".join(label for label in columns if label != "high")
        self.connection.exec_driver_sql(f"CREATE UNIQUE INDEX {table.name}_by_key ON {table.name} ({listed})")
        rows = entries_of(self.connection, self.ledger, undoing)
        while chunk := list(islice(rows, _AT_ONCE)):
            self.connection.execute(insert(table), chunk)
        return self._spread(undoing, table) if self._scans and "high" in columns else table

    def _spread(self, undoing: Undoing, entries: TableClause) -> TableClause:
        """The keys themselves, each by its own: ranges are asked for the rows in them, once."""
        self._tables[f"{undoing.name}:entries"] = entries
        from_ = clause(undoing.facts)
        key = from_.c[undoing.keys[0]]
        table = self._create(undoing, {"k0": undoing.keys[0]})
        for same, within in (
            (entries.c.k0 == entries.c.high, key == entries.c.k0),
            (entries.c.k0 < entries.c.high, key.between(entries.c.k0, entries.c.high)),
        ):
            rows = select(key).prefix_with("STRAIGHT_JOIN").select_from(entries.join(from_, within)).where(same)
            self.connection.execute(insert(table).from_select(["k0"], rows))
        self.connection.exec_driver_sql(f"CREATE UNIQUE INDEX {table.name}_by_key ON {table.name} (k0)")
        return table

    @property
    def _scans(self) -> bool:
        """Whether the database looks for the last value below another by passing over all of them."""
        return self.connection.dialect.name in ("mysql", "mariadb")


def between(undoing: Undoing, rows: int) -> Corrupt:
    """More rows lie where only ours can be."""
    return Corrupt(
        f"Undoing {undoing.name} would delete {rows:,} rows, and the run made {undoing.made:,}: nothing was deleted.",
        "Rows of others lie between ours; move them to other keys, then undo.",
        table=undoing.name,
    )


def entries_of(connection: Connection, ledger: LedgerTables, undoing: Undoing) -> Iterator[dict[str, Any]]:
    """The rows and ranges that a run made in a table: k0, k1, ... and, for a single key, `high`."""
    row = ledger.row
    wanted = select(row.c.target_key, row.c.target_key_to).where(
        row.c.run_id == undoing.run,
        row.c.table_name == undoing.name,
        row.c.kind.in_(MADE),
        row.c.target_key.is_not(None),
    )
    for low, high in connection.execute(wanted).all():
        yield bounds(low, high, undoing.columns)


def restored_of(
    connection: Connection, ledger: LedgerTables, undoing: Undoing, columns: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """The keys of the rows whose before-image has all of these columns: k0, k1, ..."""
    row = ledger.row
    wanted = select(row.c.target_key, row.c.before).where(
        row.c.run_id == undoing.run, row.c.table_name == undoing.name, row.c.kind == RowKind.UPDATED.value
    )
    for key, before in connection.execute(wanted).all():
        if cells(before).keys() >= set(columns):
            yield {f"k{n}": value for n, value in enumerate(target_values(key, undoing.columns))}


def bounds(low: str, high: str | None, columns: Sequence[Column]) -> dict[str, Any]:
    """An entry's keys as values: k0, k1, ... and, for a single key, `high`, inclusive."""
    found: dict[str, Any] = {f"k{n}": value for n, value in enumerate(target_values(low, columns))}
    if len(columns) == 1:
        found["high"] = found["k0"] if high is None else target_values(high, columns)[0]
    return found


def count(connection: Connection, table: TableFacts) -> int:
    """All rows of a table."""
    return int(connection.execute(select(func.count()).select_from(clause(table))).scalar_one())


def joined(child: FromClause, parent: FromClause, here: Sequence[str], there: Sequence[str]) -> ColumnElement[bool]:
    """Whether a child's row refers to a parent's."""
    return and_(*(parent.c[b] == child.c[a] for a, b in zip(here, there, strict=True)))
