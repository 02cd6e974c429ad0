"""Putting the rows of a range into the target, and writing down which target rows that made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from sqlalchemy import ColumnElement, Select, Text, and_, case, cast, func, insert, literal, null, select, true

from ferryman.domain.mapping import Strategy
from ferryman.domain.run import Segment
from ferryman.domain.schema import Table
from ferryman.tools.move.bench import Bench
from ferryman.tools.move.numbers import next_number
from ferryman.tools.move.records import Entry, Written
from ferryman.tools.move.rowkeys import Record, RowKeys
from ferryman.tools.move.sorting import Mend
from ferryman.tools.move.tables import LedgerTables, RowKind
from ferryman.tools.prepare.sqlite_scope import column_of
from ferryman.tools.prepare.sqlite_values import Expression

AT_ONCE = 5_000  #: rows that are in memory at a time on the careful path


@dataclass(frozen=True)
class Place:
    """One range on its way in. `left_out` says of a legacy row that it is not to be inserted."""

    bench: Bench
    keys: RowKeys
    ledger: LedgerTables
    run: str
    batch: str
    segment: Segment
    record: Record
    rows: int = 0  #: how many are chosen
    left_out: ColumnElement[bool] | None = None
    raw: frozenset[str] = frozenset()  #: references that are copied as they are, where ids are not to be mapped
    mends: tuple[Mend, ...] = ()  #: values that are emptied or cut on the way

    @property
    def chosen(self) -> ColumnElement[bool]:
        """The legacy rows that are inserted."""
        return self.within(self.segment)

    @property
    def plain(self) -> ColumnElement[bool]:
        """Those of them whose values are not mended."""
        return and_(self.chosen, *(~mend.where for mend in self.mends))

    def within(self, segment: Segment) -> ColumnElement[bool]:
        """Those of them that lie in another range."""
        kept = true() if self.left_out is None else ~self.left_out
        return and_(self.bench.within(segment), self.bench.compiled.in_filter(self.bench.legacy), kept)


def insert_rows(place: Place) -> int:
    """Insert the chosen rows, in one statement where SQL can say it all; gives how many the database inserted.

    Raises ValuesDoNotFit where a function of the plan's gives what does not fit.
    """
    return _push_down(place) if place.bench.compiled.push_down else _carefully(place)


def _carefully(place: Place) -> int:
    """Read, transform, insert: for functions that run in Python."""
    from_, compiled = place.bench.legacy, place.bench.compiled
    rows = compiled.read(from_).where(place.chosen).order_by(*compiled.key_columns(from_))
    return sum(place.bench.insert(made) for made in recomputed(place, rows, AT_ONCE))


def recomputed(place: Place, rows: Select[tuple[Any, ...]], size: int) -> Iterator[pa.RecordBatch]:
    """Rows of `CompiledTable.read` as the reference transforms them. Raises ValuesDoNotFit."""
    bench = place.bench
    for batch in bench.dialect.read(bench.connection, rows, bench.compiled.families, size):
        made = bench.compiled.apply(batch, bench.references())
        for reference in bench.compiled.references:
            if reference.column in place.raw:
                position = made.schema.get_field_index(reference.column)
                made = made.set_column(position, reference.column, batch.column(reference.columns[0]))
        yield made


def _push_down(place: Place) -> int:
    from_, compiled = place.bench.legacy, place.bench.compiled
    made = dict(place.bench.made)
    for reference in compiled.references:
        if reference.column in place.raw:
            made[reference.column] = column_of(from_, reference.columns[0])
    for mend in place.mends:
        made[mend.column] = mended(mend, made[mend.column], compiled.target)
    rows = select(*made.values()).select_from(from_).where(place.chosen)
    if place.record is Record.NUMBERED:
        rows = rows.order_by(*compiled.key_columns(from_))
    done = place.bench.connection.execute(insert(place.bench.target).from_select(list(made), rows))
    return int(done.rowcount)


def mended(mend: Mend, value: Expression, target: Table) -> Expression:
    """A column's value, emptied or cut in the rows that need it."""
    length = target.column(mend.column).length
    instead = func.substr(value, 1, length) if mend.strategy is Strategy.TRUNCATE else null()
    return case((mend.where, instead), else_=value)


def written_before(place: Place) -> Written | None:
    """What has to be in the ledger before the insert: the id map. None where nothing has."""
    return _map(place) if place.record is Record.MAP else None


def written_after(place: Place, rows: int) -> tuple[list[Entry], Written | None]:
    """What the insert of `rows` rows made: entries to be written, or what has been written by a statement already.

    For ranges it must be asked before the insert where `left_out` looks into the target; `ranges` does that.
    """
    match place.record:
        case Record.ROWS:
            return [], _rows(place)
        case Record.NUMBERED if rows:
            last = next_number(place.bench.connection, place.bench.compiled.target, place.keys.names[0]) - 1
            return [Entry(RowKind.CREATED, None, str(last - rows + 1), str(last), rows)], None
        case Record.COUNT if rows:
            return [Entry(RowKind.CREATED, None, None, None, rows)], None
        case _:
            return [], None


def ranges(place: Place, rows: int) -> list[Entry]:
    """The ranges of consecutive legacy integers among the chosen rows, as target keys. `rows` is how many there are."""
    from_, compiled = place.bench.legacy, place.bench.compiled
    key = compiled.key_columns(from_)[0]
    both = ends(place, key, place.chosen)
    if both is None:
        return []
    first, last = both
    if last - first + 1 == rows:
        return [_range(place, first, last)]
    numbers = place.bench.connection.execute(select(key).select_from(from_).where(place.chosen).order_by(key))
    return [_range(place, low, high) for low, high in islands(numbers.scalars())]


def ends(place: Place, key: Expression, chosen: ColumnElement[bool]) -> tuple[int, int] | None:
    """The first and the last key of some of the rows, each found by the index; None where there is none."""
    of = select(key).select_from(place.bench.legacy).where(chosen).limit(1)
    both = select(of.order_by(key).scalar_subquery(), of.order_by(key.desc()).scalar_subquery())
    first, last = place.bench.connection.execute(both).one()
    return None if first is None else (first, last)


def islands(numbers: Iterator[int]) -> Iterator[tuple[int, int]]:
    """Runs of consecutive integers, each as its first and last. `numbers` go up."""
    first = before = next(numbers, None)
    if first is None or before is None:
        return
    for number in numbers:
        if number != before + 1:
            yield first, before
            first = number
        before = number
    yield first, before


def _range(place: Place, low: int, high: int) -> Entry:
    return Entry(RowKind.CREATED, None, place.keys.made_from(low), place.keys.made_from(high), high - low + 1)


def _rows(place: Place) -> Written:
    """One entry per created row, by one statement."""
    from_ = place.bench.legacy
    values = place.keys.values(from_)
    return _insert_entries(place, null(), place.keys.text(values))


def _map(place: Place) -> Written:
    """Legacy key -> the target's next integers, in the order of the legacy keys."""
    from_, compiled = place.bench.legacy, place.bench.compiled
    start = next_number(place.bench.connection, compiled.target, place.keys.names[0])
    number = func.row_number().over(order_by=compiled.key_columns(from_)) + literal(start - 1)
    return _insert_entries(place, compiled.source_key(from_), cast(number, Text))


def _insert_entries(place: Place, source_key: Expression, target_key: Expression) -> Written:
    row, from_ = place.ledger.row, place.bench.legacy
    fixed = {"run_id": place.run, "table_name": place.bench.compiled.target.name, "batch": place.batch}
    values: dict[str, Expression] = {
        **{name: literal(value) for name, value in fixed.items()},
        "kind": literal(RowKind.CREATED.value),
        "source_key": source_key,
        "target_key": target_key,
        "rows": literal(1),
    }
    rows = select(*values.values()).select_from(from_).where(place.chosen)
    done = place.bench.connection.execute(insert(row).from_select(list(values), rows))
    return Written(int(done.rowcount), int(done.rowcount))
