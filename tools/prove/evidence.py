"""What proving one table of a run rests on: both databases, the ledger, the mapping; and which rows are ours.

Ours in the target are the rows that the ledger says this run created. Ours in legacy are the rows up to the last
committed batch that pass the filter and that the ledger does not hold as matched, updated, merged or quarantined.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    Select,
    and_,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
)
from sqlalchemy import cast as sql_cast

from ferryman.domain.mapping import Problem, Strategy
from ferryman.domain.run import Accounting, BatchRecord, Segment
from ferryman.domain.schema import Column, Family
from ferryman.domain.transforms import NewId, PreserveLegacyId
from ferryman.tools.databases.connect import Source, Target
from ferryman.tools.databases.dialect import clause
from ferryman.tools.databases.sqlite import SQLite
from ferryman.tools.databases.sqlite_guard import LEGACY
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.records import TableRecord
from ferryman.tools.move.rowkeys import Record, RowKeys
from ferryman.tools.move.tables import QuarantineState, RowKind
from ferryman.tools.prepare.bonds import Bond
from ferryman.tools.prepare.mirror import beside
from ferryman.tools.prepare.outlook import Outlook
from ferryman.tools.prepare.side_by_side import joined, side_by_side
from ferryman.tools.prepare.transform import CompiledTable

Condition = ColumnElement[bool]

_SIDE_BY_SIDE = SQLite()
_NOT_OURS = (RowKind.MATCHED, RowKind.UPDATED, RowKind.MERGED)
_ASIDE = (QuarantineState.OPEN.value, QuarantineState.RELEASED.value)


@dataclass
class Mirrors:
    """Copies of both databases, made when they are first asked for."""

    stack: ExitStack  #: what they go with
    view: Connection | None = None


@dataclass(frozen=True)
class Drift:
    """Legacy rows of ours by which the old database is no more what was copied, where every other row is equal."""

    came: int = 0  #: came where batches had been already
    left: int = 0  #: were deleted since they were copied

    @property
    def rows(self) -> int:
        return self.came + self.left


@dataclass(frozen=True)
class Evidence:
    """One table of a run, as it is proved."""

    source: Source
    target: Target
    ledger: Ledger
    compiled: CompiledTable
    record: TableRecord
    batches: tuple[BatchRecord, ...]
    live: CompiledTable  #: as `compiled`, against the catalogues as they are
    mirrors: Mirrors | None = None  #: both databases on one connection, where it is held
    drift: Drift = Drift()  #: what the comparison of every row found, where it was made

    @property
    def table(self) -> str:
        """The target table's name."""
        return self.record.table

    @cached_property
    def accounting(self) -> Accounting:
        """Where the rows went, over the committed batches."""
        total = Accounting()
        for batch in self.batches:
            total = total.plus(batch.accounting)
        return total

    @property
    def segment(self) -> Segment:
        """The legacy keys that were dealt with."""
        return Segment(upto=self.batches[-1].segment.upto if self.batches else None)

    @cached_property
    def keys(self) -> RowKeys:
        """What tells the target's rows apart."""
        return RowKeys(self.compiled)

    @property
    def paired(self) -> tuple[str, ...]:
        """The target columns by which a row that is computed anew finds its row in the target; () where none can.

        The key, or another unique set in which no NULL can stand.
        """
        target = self.compiled.target
        sure = {c.target for c in self.compiled.mapping.columns if c.uses(NewId, PreserveLegacyId)}
        sure |= {name for name in self.compiled.writes if not target.column(name).nullable}
        sets = (names for names in target.uniques if set(names) <= sure)
        return self.keys.names if self._writes_key else next(sets, ())

    @property
    def _writes_key(self) -> bool:
        return bool(self.keys.names) and set(self.keys.names) <= set(self.compiled.writes)

    @property
    def compared(self) -> tuple[Column, ...]:
        """The target columns that the mapping fills."""
        return tuple(self.compiled.target.column(name) for name in self.compiled.writes)

    @contextmanager
    def held(self) -> Iterator[Evidence]:
        """The same evidence, with both databases on one connection from the first check on that asks for it: mirrors
        are filled once for all checks."""
        if joined(self.source, self.target):
            yield self
        else:
            with ExitStack() as stack:
                yield replace(self, mirrors=Mirrors(stack))

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """Both databases on one connection, for reading."""
        views = side_by_side(self.source, self.target, f"validating {self.table}", [self.live])
        if self.mirrors is None:
            with views as connection:
                yield connection
        else:
            if self.mirrors.view is None:
                self.mirrors.view = self.mirrors.stack.enter_context(views)
            yield self.mirrors.view

    def read(
        self, connection: Connection, wanted: Select[Any], families: Sequence[Family], size: int
    ) -> Iterator[pa.RecordBatch]:
        """Rows on such a connection, as `Dialect.read` gives them."""
        return _SIDE_BY_SIDE.read(connection, wanted, families, size)

    def legacy(self) -> FromClause:
        """The legacy table's rows, on such a connection."""
        return clause(self.compiled.source, schema=LEGACY).alias()

    def scope(self, rows: FromClause, segment: Segment | None = None) -> Condition:
        """The legacy rows of a range that the run dealt with and that pass the filter."""
        if self.segment.upto is None:
            return false() if segment is None else and_(self.compiled.where(rows, segment), self.added(rows))
        whole = [key.is_not(None) for key in self.compiled.key_columns(rows)]
        inside = and_(self.compiled.where(rows, self.segment), self.compiled.in_filter(rows))
        return and_(self.compiled.where(rows, segment or Segment()), or_(inside, self.added(rows)), *whole)

    def added(self, rows: FromClause, number: str = "") -> Condition:
        """The legacy rows that came beside the order (in one addition, or all), whatever filter and scope say."""
        numbers = [batch.number for batch in self.batches if "+" in batch.number and number in ("", batch.number)]
        if not numbers:
            return false()
        entry = self.ledger.tables.row
        came = select(entry.c.source_key).where(self.entries(RowKind.CREATED), entry.c.batch.in_(numbers))
        return self.compiled.source_key(rows).in_(came.where(entry.c.source_key.is_not(None)))

    def ours(self, rows: FromClause, segment: Segment | None = None) -> Condition:
        """The legacy rows of a range that this run made target rows of."""
        inside = [self.scope(rows, segment)]
        if self.accounting.matched or self.accounting.merged:
            inside.append(not_(self.compiled.source_key(rows).in_(self.noted())))
        if self.accounting.quarantined:
            inside.append(not_(self.compiled.source_key(rows).in_(self._set_aside())))
        return and_(*inside)

    def may_be_emptied(self, bond: Bond) -> bool:
        """Whether a decision leaves a reference empty where its parent is missing."""
        return any(
            policy.problem is Problem.MISSING_PARENT
            and policy.strategy is Strategy.SET_NULL
            and set(policy.columns) in (set(), set(bond.columns))
            for policy in self.compiled.mapping.policies
        )

    def made(self, columns: tuple[str, ...], *, any_run: bool = False) -> Select[Any]:
        """Columns of the target rows that this run created (or any did, placeholders too), by the ledger alone.

        Where the ledger holds no keys, all rows of the table: the caller has to see that no others are among them.
        """
        entry = self.ledger.tables.row
        rows, is_entry = self.in_target()
        chosen = select(*(rows.c[name] for name in columns))
        if not self.told_apart:
            return chosen
        kinds = (RowKind.CREATED, RowKind.PLACEHOLDER) if any_run else (RowKind.CREATED,)
        return chosen.select_from(entry.join(rows, is_entry)).where(self.entries(*kinds, any_run=any_run))

    def in_target(self) -> tuple[FromClause, Condition]:
        """The target's rows, and whether one is what a ledger entry of its table speaks of."""
        rows = clause(self.compiled.target).alias()
        return rows, self._in_entry(rows)

    def entries(self, *kinds: RowKind, any_run: bool = False) -> Condition:
        """The ledger's entries of these kinds for this table."""
        entry = self.ledger.tables.row
        runs = [] if any_run else [entry.c.run_id == self.record.run]
        return and_(*runs, entry.c.table_name == self.table, entry.c.kind.in_([kind.value for kind in kinds]))

    @property
    def told_apart(self) -> bool:
        """Whether the ledger says which target rows are ours, not only how many."""
        return self.keys.record is not Record.COUNT

    @property
    def alone(self) -> bool:
        """Whether every row of the target table must be ours: it was empty when the run began."""
        return self.record.scope.target_before == 0

    @cached_property
    def created(self) -> int:
        """How many target rows the ledger says this run created."""
        return self.count_entries(RowKind.CREATED)

    def count_entries(self, *kinds: RowKind) -> int:
        """The target rows that the ledger's entries of these kinds stand for."""
        entry = self.ledger.tables.row
        wanted = select(func.coalesce(func.sum(entry.c.rows), 0)).where(self.entries(*kinds))
        with self.target.connect("reading the ledger", reading=True) as connection:
            return int(connection.execute(wanted).scalar_one())

    @cached_property
    def source_written_since(self) -> bool:
        """Whether the old database may have been written to since the table's first batch began."""
        return bool(self.batches) and written_after(self.source, _beginning(self.batches[0]))

    def noted(self) -> Select[Any]:
        entry = self.ledger.tables.row
        return select(entry.c.source_key).where(self.entries(*_NOT_OURS), entry.c.source_key.is_not(None))

    def _set_aside(self) -> Select[Any]:
        entry = self.ledger.tables.quarantine
        return select(entry.c.source_key).where(
            entry.c.run_id == self.record.run,
            entry.c.table_name == self.table,
            entry.c.state.in_(_ASIDE),
            entry.c.source_key.is_not(None),
        )

    def _in_entry(self, rows: FromClause) -> Condition:
        entry, names = self.ledger.tables.row, self.keys.names
        if not names:
            return false()
        if len(names) > 1:
            parts = [func.json_extract(entry.c.target_key, f"$[{position}]") for position in range(len(names))]
            pairs = zip(self.keys.columns, parts, strict=True)
            return and_(*(rows.c[column.name] == _typed(part, column) for column, part in pairs))
        column = self.keys.columns[0]
        first = _typed(entry.c.target_key, column)
        last = _typed(func.coalesce(entry.c.target_key_to, entry.c.target_key), column)
        return rows.c[names[0]].between(first, last)


def gather(source: Source, target: Target, ledger: Ledger, run: str, compiled: CompiledTable) -> Evidence:
    """The evidence for one table. Raises KeyError when the run has no such table."""
    table = compiled.target.name
    with target.connect("reading the ledger", reading=True) as connection:
        batches = ledger.book(run, table).committed(connection)
    compiled = replace(compiled, outlook=Outlook(frozenset()))
    return Evidence(source, target, ledger, beside(compiled), ledger.table(run, table), batches, compiled)


def written_after(source: Source, moment: datetime) -> bool:
    """Whether a database may have been written to after a moment. Only files can tell; others always may."""
    if source.dialect.name != "sqlite":
        return True
    path = Path(source.engine.url.database or "")
    files = [path, *(path.with_name(path.name + ending) for ending in ("-wal", "-journal"))]
    return any(file.exists() and file.stat().st_mtime > moment.timestamp() for file in files)


def _beginning(batch: BatchRecord) -> datetime:
    assert batch.committed_at is not None
    return batch.committed_at - timedelta(seconds=batch.seconds)


def _typed(text: ColumnElement[Any], column: Column) -> ColumnElement[Any]:
    """A key of the ledger in the type of its column. The sum has no affinity, and a mirror's column of integers without
    a sign has none either: compared with one that had, its index would not be taken."""
    match column.family:
        case Family.INTEGER | Family.BOOLEAN:
            return sql_cast(text, Integer) + literal_column("0")
        case Family.BINARY:
            return func.ferryman_unhex(text)
        case _:
            return text
