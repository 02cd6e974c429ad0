"""Rows out of and into PostgreSQL, both by COPY in CSV on the connection itself: one snapshot, one transaction.

PostgreSQL prints every value exactly and reads back what it prints; Arrow parses and writes the text without a Python
object per value. What Arrow's types do not hold (infinity, BC, 24:00, NaN among decimals) stays the text it was.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.compute as pc
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn
from psycopg.waiting import Ready, Wait
from pyarrow import csv

from ferryman.domain.schema import Family, Table
from ferryman.tools.databases.postgresql_guard import COPY_OUT, quote
from ferryman.tools.databases.printed import between, hexed, is_bytes, natural, record_batch_of

_BOOL, _BYTEA, _INT8, _INT2, _INT4, _OID, _JSON, _FLOAT4, _FLOAT8 = 16, 17, 20, 21, 23, 26, 114, 700, 701
_MONEY, _BPCHAR, _DATE, _TIME, _TIMESTAMP, _TIMESTAMPTZ, _NUMERIC, _UUID = 790, 1042, 1082, 1083, 1114, 1184, 1700, 2950

#: The type's number in pg_type -> what a column of it holds. All others are text, whatever they are.
_NATURAL: dict[int, Family] = {
    _BOOL: Family.BOOLEAN,
    _BYTEA: Family.BINARY,
    **dict.fromkeys((_INT8, _INT2, _INT4, _OID), Family.INTEGER),
    **dict.fromkeys((_FLOAT4, _FLOAT8), Family.FLOAT),
    **dict.fromkeys((_NUMERIC, _MONEY), Family.DECIMAL),
    _DATE: Family.DATE,
    _TIME: Family.TIME,
    **dict.fromkeys((_TIMESTAMP, _TIMESTAMPTZ), Family.TIMESTAMP),
}
_OF_A_ROW = (
    "22",
    "23",
)  #: classes of errors that come while the row is looked at; others may come when many are written
_WRITE = csv.WriteOptions(include_header=False, quoting_style="all_valid")
_MOST_BYTES = 16 << 20  #: of rows that are parsed at a time
_LARGEST = 1 << 30  #: bytes that are parsed as one block, so that a row is never torn


def read(
    connection: psycopg.Connection[Any],
    sql: str,
    parameters: Mapping[str, object],
    families: Sequence[Family],
    size: int,
) -> Iterator[pa.RecordBatch]:
    """See `Dialect.read`. Raises psycopg.Error."""
    whole = psycopg.ClientCursor(connection).mogrify(sql, parameters)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM (\n{whole}\n) AS described LIMIT 0".encode())
        described = cursor.description or []
        names, types = [one.name for one in described], [one.type_code for one in described]
        if _MONEY in types:
            whole = _without_money(whole, types)
        with cursor.copy(f"COPY (\n{whole}{COPY_OUT}".encode()):
            more = True
            while more:
                rows, more = connection.wait(_rows(connection.pgconn, size))
                if rows:
                    yield _batch(names, types, families, rows)


def _rows(libpq: PGconn, most: int) -> Generator[Wait, Ready | int, tuple[bytearray, bool]]:
    """The next rows of a COPY, at most so many, strung together, and whether it has not come to its end yet.

    What psycopg's own reading does, without its eight calls in Python for each row; and no row is kept as an object of
    its own, which costs several times what reading it does.
    """
    whole, rows, take = bytearray(), 0, libpq.get_copy_data
    while rows < most and len(whole) < _MOST_BYTES:
        length, row = take(1)
        if length > 0:
            whole += row
            rows += 1
        elif length == 0:
            while not (yield Wait.R):
                continue
            libpq.consume_input()
        else:
            while result := libpq.get_result():
                if result.status != ExecStatus.COMMAND_OK:
                    raise psycopg.errors.error_from_result(result)
            return whole, False
    return whole, True


def _without_money(sql: str, types: Sequence[int]) -> str:
    """The same rows with money as numbers: as money it prints in the server's currency and in its manner."""
    names = [f"c{i}" for i in range(len(types))]
    wanted = [f"{name}::numeric" if kind == _MONEY else name for name, kind in zip(names, types, strict=True)]
    return f"SELECT {', '.join(wanted)} FROM (\n{sql}\n) AS priced ({', '.join(names)})"


def _batch(names: Sequence[str], types: Sequence[int], families: Sequence[Family], rows: bytearray) -> pa.RecordBatch:
    places = [str(i) for i in range(len(names))]
    table = csv.read_csv(
        pa.BufferReader(rows),
        csv.ReadOptions(column_names=places, block_size=_LARGEST, use_threads=False),
        csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        csv.ConvertOptions(
            column_types=dict.fromkeys(places, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    columns = [
        _column(column.combine_chunks(), kind, family)
        for column, kind, family in zip(table.columns, types, families, strict=True)
    ]
    return record_batch_of(names, columns, families)


def _column(texts: pa.Array, kind: int, wanted: Family) -> pa.Array:
    """A column as its type has it; the texts themselves where one of them is out of Arrow's reach."""
    if kind == _BPCHAR:
        return pc.utf8_rtrim(texts, " ")
    if kind == _BYTEA:
        return pa.array([None if t is None else bytes.fromhex(t[2:]) for t in texts.to_pylist()], pa.binary())
    if kind == _BOOL:
        return pc.equal(texts, "t")
    if kind == _TIMESTAMPTZ and texts.null_count < len(texts):
        try:
            return texts.cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us"))
        except pa.ArrowInvalid:
            return texts
    return natural(texts, _NATURAL.get(kind), wanted)


def load(connection: psycopg.Connection[Any], table: Table, batches: Iterable[pa.RecordBatch]) -> int:
    """See `Dialect.load`. Raises psycopg.Error, and what `batches` raises."""
    done = 0
    for names, alike in groupby(batches, lambda batch: batch.schema.names):
        into = f"COPY {quote(table.name)} ({', '.join(map(quote, names))}) FROM STDIN (FORMAT csv)"
        with connection.cursor() as cursor:
            with cursor.copy(into.encode()) as copy:
                for batch in alike:
                    copy.write(_lines(table, batch))
            done += cursor.rowcount
    return done


def row_named(error: BaseException | None, table: Table, batch: pa.RecordBatch) -> int | None:
    """Which row of a batch, counted from 0, COPY named with an error; None where it named none, or may mean another.

    What it counts are lines, those within a text too. Which kind of them, it learns from the end of the first row.
    """
    context = str(getattr(getattr(error, "diag", None), "context", None) or "")
    named = re.findall(rf"^COPY {re.escape(table.name)}, line (\d+)", context, re.MULTILINE)
    if len(named) != 1 or str(getattr(error, "sqlstate", None))[:2] not in _OF_A_ROW:
        return None
    texts = [column for column in batch.columns if _is_text(column.type)]
    if any(re.search(r"[\r\n]", column[0].as_py() or "") for column in texts):
        return None
    ends = np.arange(1, batch.num_rows + 1)
    for column in texts:
        ends += np.cumsum(pc.fill_null(pc.count_substring(column, "\n"), 0).to_numpy(zero_copy_only=False))
    row = int(np.searchsorted(ends, int(named[0])))
    return row if row < len(ends) and ends[row] == int(named[0]) else None


def _is_text(kind: pa.DataType) -> bool:
    held = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(held) or pa.types.is_large_string(held))


def _lines(table: Table, batch: pa.RecordBatch) -> memoryview:
    names = batch.schema.names
    columns = [_printed(batch.column(i), table.column(name).family) for i, name in enumerate(names)]
    buffer = pa.BufferOutputStream()
    csv.write_csv(pa.RecordBatch.from_arrays(columns, names=[str(i) for i in range(len(names))]), buffer, _WRITE)
    return memoryview(buffer.getvalue())


def _printed(array: pa.Array, family: Family) -> pa.Array:
    """Values in a type whose text PostgreSQL reads for a column of that family."""
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    kind = array.type
    if is_bytes(kind):
        return hexed(array) if family is Family.UUID else between("\\x", hexed(array))
    if pa.types.is_decimal(kind) or pa.types.is_null(kind):
        return array.cast(pa.string())
    if pa.types.is_boolean(kind) and family is not Family.BOOLEAN:
        return array.cast(pa.int8())
    if pa.types.is_floating(kind) and family is Family.INTEGER:
        return array.cast(pa.int64())
    return array
