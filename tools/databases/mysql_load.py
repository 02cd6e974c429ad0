"""Rows into MariaDB and MySQL by LOAD DATA LOCAL, from memory: half the time of statements of many rows.

The server takes a stream of tabs and lines for a file of ours. It turns what does not fit into warnings, cuts values
and leaves rows out, and goes on; so every row is counted, and any warning is an error, as it would be in strict mode.

A server may ask a client for any file in answer to any statement. The driver is told that it must send none
(`local_infile=False`); only the one answer that is awaited here is met, and with rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pymysql
from pymysql.constants import COMMAND, ER
from pymysql.protocol import OKPacketWrapper

from ferryman.domain.schema import Column, Family, Table
from ferryman.tools.databases.mysql_guard import quote
from ferryman.tools.databases.mysql_values import insert, refuse_warnings, texts
from ferryman.tools.databases.printed import is_bytes

#: The session has no backslashes in its literals, and so takes none for itself unless it is told.
_FORM = "CHARACTER SET utf8mb4 FIELDS TERMINATED BY X'09' ESCAPED BY X'5C' LINES TERMINATED BY X'0A'"
_MARKS = {"\\": "\\\\", "\t": "\\t", "\n": "\\n"}  #: what a text must not hold bare, in the order of replacing
_PACKET = 1 << 19  #: bytes that are sent at a time
#: Where digits mean the number that they print. Elsewhere (bit, year, enum) a text of digits is something else.
_DIGITS = re.compile(r"(tiny|small|medium|big)?int|integer|decimal|double|float|(var)?char|(tiny|medium|long)?text")


def load(connection: pymysql.Connection[Any], table: Table, batches: Iterable[pa.RecordBatch]) -> int:
    """See `Dialect.load`. Raises pymysql.Error, and what `batches` raises."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT @@local_infile")
        (allowed,) = cursor.fetchone()
    if not int(allowed):
        return sum(insert(connection, table, batch) for batch in batches)
    return sum(_loaded(connection, table, schema, alike) for schema, alike in groupby(batches, lambda one: one.schema))


def _loaded(connection: Any, table: Table, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> int:
    """Rows of one schema, by one statement."""
    columns = [table.column(name) for name in schema.names]
    connection._execute_command(COMMAND.COM_QUERY, _statement(table.name, columns, schema.types).encode())
    connection._read_packet()  # asks for the file, or is an error and raised
    sent = 0
    try:
        for batch in batches:
            for part in _parts(_lines(batch)):
                connection.write_packet(part)
            sent += batch.num_rows
    except Exception:
        _answer(connection)
        raise
    except BaseException:  # between any two bytes: nothing can be said on this line any more
        connection._force_close()
        raise
    answer = _answer(connection)
    if answer.warning_count:
        refuse_warnings(connection, table, answer.warning_count)
    if answer.affected_rows != sent:
        raise pymysql.DataError(ER.WARN_DATA_TRUNCATED, f"{sent} rows were sent and {answer.affected_rows} taken")
    return sent


def _answer(connection: Any) -> OKPacketWrapper:
    """The end of the stream, and what the server says to all of it."""
    connection.write_packet(b"")
    return OKPacketWrapper(connection._read_packet())


def _statement(table: str, columns: Sequence[Column], types: Sequence[pa.DataType]) -> str:
    fields, made = list[str](), list[str]()
    for number, (column, kind) in enumerate(zip(columns, types, strict=True)):
        name, field = quote(column.name), f"@ferryman_{number}"
        expression = _expression(field, column, kind)
        fields.append(field if expression else name)
        made += [f"{name} = {expression}"] if expression else []
    where = f" SET {', '.join(made)}" if made else ""
    return f"LOAD DATA LOCAL INFILE 'rows' INTO TABLE {quote(table)} {_FORM} ({', '.join(fields)}){where}"


def _expression(field: str, column: Column, kind: pa.DataType) -> str:
    """What makes a column's value of a field, where it is not the text of it."""
    if is_bytes(kind):
        return "" if column.family is Family.UUID else f"UNHEX({field})"
    number = pa.types.is_integer(kind) or pa.types.is_boolean(kind)
    if number and not _DIGITS.match(column.native.lower()):
        return f"CAST({field} AS SIGNED)"
    return ""


def _lines(batch: pa.RecordBatch) -> memoryview:
    """Rows as the server reads them from a file."""
    fields = [_field(column) for column in batch.columns]
    joined = pc.binary_join_element_wise(*fields, _text("\t"), null_handling="replace", null_replacement="\\N")
    _, ends, data = pc.binary_join_element_wise(joined, _text(""), _text("\n")).buffers()
    return memoryview(data)[: np.frombuffer(ends, np.int64)[batch.num_rows]]


def _field(array: pa.Array) -> pa.Array:
    made = texts(array)
    if pa.types.is_string(array.type) or pa.types.is_large_string(array.type) or pa.types.is_dictionary(array.type):
        _, _, data = made.buffers()
        held = np.frombuffer(data or b"", np.uint8)
        for mark, instead in _MARKS.items():
            if (held == ord(mark)).any():
                made = pc.replace_substring(made, mark, instead)
    return made


def _text(value: str) -> pa.Scalar:
    return pa.scalar(value, pa.large_string())


def _parts(lines: memoryview) -> Iterator[memoryview]:
    return (lines[start : start + _PACKET] for start in range(0, len(lines), _PACKET))
