"""Putting the rows of a range into the target, and writing down which target rows that made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import ColumnElement, Select, Text, and_, case, cast, func, insert, literal, null, select, true

from ferryman.domain.errors import Corrupt
from ferryman.domain.mapping import Strategy
from ferryman.domain.run import Segment
from ferryman.domain.schema import Family, Table
from ferryman.tools.move.batches import insert_many
from ferryman.tools.move.bench import Bench
from ferryman.tools.move.numbers import next_number, reserve
from ferryman.tools.move.records import Entry
from ferryman.tools.move.rowkeys import Record, RowKeys
from ferryman.tools.move.sorting import Mend
from ferryman.tools.move.tables import LedgerTables, RowKind
from ferryman.tools.prepare.sqlite_scope import column_of
from ferryman.tools.prepare.sqlite_values import Expression

Integers = npt.NDArray[np.int64]

_ENTRY = ("run_id", "table_name", "batch", "kind", "source_key", "target_key", "rows")
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
    keyed: bool = False  #: entries of created rows also hold the legacy key: no range says which rows they were
    given: list[int] = field(default_factory=list)  #: numbers of rows that were inserted, where we had to give them

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
    rows = chosen_rows(place)
    return sum(place.bench.insert(numbered(place, made)) for made in recomputed(place, rows, AT_ONCE))


def numbered(place: Place, made: pa.RecordBatch) -> pa.RecordBatch:
    """Rows with the numbers that the target would give them, where only so it can be told which are ours."""
    if place.record is not Record.NUMBERED or not place.bench.at.relayed:
        return made
    name = place.keys.names[0]
    numbers = reserve(place.bench.books, place.bench.compiled.target, name, made.num_rows)
    place.given.extend(numbers)
    return made.append_column(name, pa.array(numbers, pa.int64()))


def chosen_rows(place: Place) -> Select[tuple[Any, ...]]:
    """The chosen rows for `recomputed`, in the order of their keys."""
    from_, compiled = place.bench.legacy, place.bench.compiled
    flags = [mend.where.label(_flag(number)) for number, mend in enumerate(place.mends)]
    return compiled.read(from_).add_columns(*flags).where(place.chosen).order_by(*compiled.key_columns(from_))


def recomputed(place: Place, rows: Select[tuple[Any, ...]], size: int) -> Iterator[pa.RecordBatch]:
    """Rows of `CompiledTable.read` as the reference transforms them. Raises ValuesDoNotFit.

    A column of flags besides, one per mend, says which rows to mend.
    """
    return (remade(place, batch) for batch in read_rows(place, rows, size))


def read_rows(place: Place, rows: Select[tuple[Any, ...]], size: int) -> Iterator[pa.RecordBatch]:
    """The same rows as legacy has them, for `remade`."""
    families = (*place.bench.compiled.families, *(Family.BOOLEAN for _ in place.mends))
    return place.bench.dialect.read(place.bench.connection, rows, families[: len(rows.selected_columns)], size)


def remade(place: Place, batch: pa.RecordBatch) -> pa.RecordBatch:
    """Rows of `read_rows` as the reference transforms them. Raises ValuesDoNotFit."""
    bench = place.bench
    made = bench.compiled.apply(batch.select(list(bench.compiled.reads)), bench.references())
    for reference in bench.compiled.references:
        if reference.column in place.raw:
            made = _with(made, reference.column, batch.column(reference.columns[0]))
    for number, mend in enumerate(place.mends):
        if _flag(number) in batch.schema.names:
            instead = pc.if_else(batch.column(_flag(number)), None, made.column(mend.column))
            made = _with(made, mend.column, instead)
    return made


def _flag(number: int) -> str:
    return f"ferryman_mend_{number}"


def _with(batch: pa.RecordBatch, name: str, values: pa.Array) -> pa.RecordBatch:
    return batch.set_column(batch.schema.get_field_index(name), name, values)


def _push_down(place: Place) -> int:
    from_, made = place.bench.legacy, made_values(place)
    rows = select(*made.values()).select_from(from_).where(place.chosen)
    if place.record is Record.NUMBERED:
        rows = rows.order_by(*place.bench.compiled.key_columns(from_))
    done = place.bench.connection.execute(insert(place.bench.target).from_select(list(made), rows))
    return int(done.rowcount)


def made_values(place: Place) -> dict[str, Expression]:
    """What each written column is filled with, over the legacy table, mended where a row needs it."""
    from_, compiled = place.bench.legacy, place.bench.compiled
    made = dict(place.bench.made)
    for reference in compiled.references:
        if reference.column in place.raw:
            made[reference.column] = column_of(from_, reference.columns[0])
    for mend in place.mends:
        made[mend.column] = mended(mend, made[mend.column], compiled.target)
    return made


def mended(mend: Mend, value: Expression, target: Table) -> Expression:
    """A column's value, emptied or cut in the rows that need it."""
    length = target.column(mend.column).length
    instead = func.substr(value, 1, length) if mend.strategy is Strategy.TRUNCATE else null()
    return case((mend.where, instead), else_=value)


def write_before(place: Place) -> None:
    """Write what has to be in the ledger before the insert: the id map."""
    if place.record is Record.MAP:
        _map(place)


def write_after(place: Place, rows: int) -> list[Entry]:
    """What the insert of `rows` rows made: entries still to be written, where no statement could write them.

    For ranges it must be asked before the insert where `left_out` looks into the target; `ranges` does that.
    """
    match place.record:
        case Record.ROWS:
            _rows(place)
            return []
        case Record.NUMBERED if rows and place.bench.at.relayed:
            return _numbered_ranges(place)
        case Record.NUMBERED if rows:
            last = next_number(place.bench.connection, place.bench.compiled.target, place.keys.names[0]) - 1
            return [Entry(RowKind.CREATED, None, str(last - rows + 1), str(last), rows)]
        case Record.COUNT if rows:
            return [Entry(RowKind.CREATED, None, None, None, rows)]
        case _:
            return []


def ranges(place: Place) -> list[Entry]:
    """The ranges of consecutive legacy integers among the chosen rows, as target keys."""
    key = place.bench.compiled.key_columns(place.bench.legacy)[0]
    both = ends(place, key, place.chosen)
    if both is None:
        return []
    first, last = both
    if last - first + 1 == place.rows:
        return _range_entries(place.keys, np.array([first]), np.array([last]))
    return range_entries(place.keys, _numbers(place, key))


def range_entries(keys: RowKeys, numbers: Integers) -> list[Entry]:
    """Legacy integers that go up, each once, as the ranges of target keys that they became."""
    return _range_entries(keys, *islands(numbers))


def _range_entries(keys: RowKeys, lows: Integers, highs: Integers) -> list[Entry]:
    made = zip(keys.made_from(lows), keys.made_from(highs), (highs - lows + 1).tolist(), strict=True)
    return [Entry(RowKind.CREATED, None, low, high, rows) for low, high, rows in made]


def _numbered_ranges(place: Place) -> list[Entry]:
    lows, highs = islands(np.sort(np.array(place.given, dtype=np.int64)))
    spans = zip(lows.tolist(), highs.tolist(), strict=True)
    return [Entry(RowKind.CREATED, None, str(low), str(high), high - low + 1) for low, high in spans]


def _numbers(place: Place, key: Expression) -> Integers:
    """The chosen rows' legacy keys, going up. As one text they come three times as fast as row by row."""
    text = func.aggregate_strings(cast(key, Text), ",")
    found = place.bench.connection.execute(select(text).select_from(place.bench.legacy).where(place.chosen)).scalar()
    numbers = np.sort(np.fromstring(found or "", dtype=np.int64, sep=","))
    if len(numbers) != place.rows:
        raise Corrupt(
            f"The database gave {len(numbers):,} of {place.rows:,} keys.", "Use smaller batches, then resume."
        )
    return numbers


def islands(numbers: Integers) -> tuple[Integers, Integers]:
    """Runs of consecutive integers among numbers that go up: the first of each, and the last."""
    breaks = np.flatnonzero(np.diff(numbers) != 1)
    return numbers[np.concatenate(([0], breaks + 1))], numbers[np.concatenate((breaks, [len(numbers) - 1]))]


def ends(place: Place, key: Expression, chosen: ColumnElement[bool]) -> tuple[int, int] | None:
    """The first and the last key of some of the rows, each found by the index; None where there is none."""
    of = select(key).select_from(place.bench.legacy).where(chosen).limit(1)
    both = select(of.order_by(key).scalar_subquery(), of.order_by(key.desc()).scalar_subquery())
    first, last = place.bench.connection.execute(both).one()
    return None if first is None else (first, last)


def _rows(place: Place) -> None:
    """One entry per created row, by one statement."""
    from_ = place.bench.legacy
    values = place.keys.values(from_)
    source_key = place.bench.compiled.source_key(from_) if place.keyed else null()
    _insert_entries(place, source_key, place.keys.text(values))


def _map(place: Place) -> None:
    """Legacy key -> the target's next integers, in the order of the legacy keys."""
    from_, compiled = place.bench.legacy, place.bench.compiled
    if place.bench.at.relayed:
        _reserved(place)
        return
    start = next_number(place.bench.connection, compiled.target, place.keys.names[0])
    number = func.row_number().over(order_by=compiled.key_columns(from_)) + literal(start - 1)
    _insert_entries(place, compiled.source_key(from_), cast(number, Text))


def _reserved(place: Place) -> None:
    """The same, where the target's numbers have to be asked for."""
    bench, compiled = place.bench, place.bench.compiled
    wanted = select(compiled.source_key(bench.legacy)).select_from(bench.legacy).where(place.chosen)
    keys = bench.connection.execute(wanted.order_by(*compiled.key_columns(bench.legacy))).scalars().all()
    numbers = reserve(bench.books, compiled.target, place.keys.names[0], len(keys))
    kind, table = RowKind.CREATED.value, compiled.target.name
    rows = [(place.run, table, place.batch, kind, k, str(n), 1) for k, n in zip(keys, numbers, strict=True)]
    put_entries(place, list(_ENTRY), rows)


def _insert_entries(place: Place, source_key: Expression, target_key: Expression) -> None:
    from_ = place.bench.legacy
    fixed = {"run_id": place.run, "table_name": place.bench.compiled.target.name, "batch": place.batch}
    values: dict[str, Expression] = {
        **{name: literal(value) for name, value in fixed.items()},
        "kind": literal(RowKind.CREATED.value),
        "source_key": source_key,
        "target_key": target_key,
        "rows": literal(1),
    }
    write_entries(place, list(values), select(*values.values()).select_from(from_).where(place.chosen))


def write_entries(place: Place, names: list[str], rows: Select[Any]) -> None:
    """Write one entry per row of a query over both databases."""
    bench, row = place.bench, place.ledger.row
    if not bench.at.relayed:
        bench.connection.execute(insert(row).from_select(names, rows))
        return
    put_entries(place, names, [tuple(one) for one in bench.connection.execute(rows)])


def put_entries(place: Place, names: list[str], rows: list[tuple[Any, ...]]) -> None:
    """Write entries down in the target and in what stands in for it."""
    for connection in (place.bench.books, place.bench.connection):
        insert_many(connection, place.ledger.row, names, rows)
