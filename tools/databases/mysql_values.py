"""Rows out of and into MariaDB and MySQL, on the connection itself: one snapshot, one transaction.

Values come as the texts that the server prints, row by row, unbuffered, and Arrow parses whole columns of them. They
go in as statements of many rows, which Arrow puts together: in strict mode each value that does not fit is an error,
where LOAD DATA LOCAL would turn it into a warning and go on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pymysql
from pymysql.constants import FIELD_TYPE, FLAG
from pymysql.cursors import SSCursor

from ferryman.domain.schema import Family, Table
from ferryman.tools.databases.mysql_guard import quote
from ferryman.tools.databases.printed import between, hexed, is_bytes, natural, record_batch_of

_BINARY = 63  #: the number of the character set that is none

_NATURAL: dict[int, Family] = {
    **dict.fromkeys(
        (FIELD_TYPE.TINY, FIELD_TYPE.SHORT, FIELD_TYPE.LONG, FIELD_TYPE.LONGLONG, FIELD_TYPE.INT24, FIELD_TYPE.YEAR),
        Family.INTEGER,
    ),
    **dict.fromkeys((FIELD_TYPE.DECIMAL, FIELD_TYPE.NEWDECIMAL), Family.DECIMAL),
    **dict.fromkeys((FIELD_TYPE.FLOAT, FIELD_TYPE.DOUBLE), Family.FLOAT),
    **dict.fromkeys((FIELD_TYPE.TIMESTAMP, FIELD_TYPE.DATETIME), Family.TIMESTAMP),
    **dict.fromkeys((FIELD_TYPE.DATE, FIELD_TYPE.NEWDATE), Family.DATE),
    FIELD_TYPE.TIME: Family.TIME,
}
_NEXT = "),("


def read(
    connection: pymysql.Connection[Any],
    sql: str,
    parameters: Mapping[str, Any],
    families: Sequence[Family],
    size: int,
    single: Sequence[bool],
) -> Iterator[pa.RecordBatch]:
    """See `Dialect.read`; `single` says which columns are of single precision, printed as doubles."""
    decoders, connection.decoders = connection.decoders, {}
    cursor = connection.cursor(SSCursor)
    try:
        cursor.execute(sql, parameters)
        fields = cast(Any, cursor)._result.fields  # the driver shows their flags and character sets nowhere else
        names = [field.name for field in fields]
        while rows := cursor.fetchmany(size):
            columns = [
                _column(values, field, family, of_single)
                for values, field, family, of_single in zip(
                    zip(*rows, strict=True), fields, families, single, strict=True
                )
            ]
            yield record_batch_of(names, columns, families)
    finally:
        connection.decoders = decoders
        cursor.close()


def _column(values: Sequence[Any], field: Any, wanted: Family, single: bool) -> pa.Array:
    """A column as its type has it; the texts themselves where one of them is out of Arrow's reach."""
    if field.type_code == FIELD_TYPE.BIT:
        numbers = [None if value is None else int.from_bytes(_raw(value)) for value in values]
        fits = all(number is None or number < 2**63 for number in numbers)
        return pa.array(numbers if fits else [None if n is None else str(n) for n in numbers])
    family = _NATURAL.get(field.type_code)
    if family is None:
        binary = field.charsetnr == _BINARY and not field.flags & (FLAG.ENUM | FLAG.SET)
        return pa.array(values, pa.binary() if binary and any(isinstance(v, bytes) for v in values) else pa.string())
    texts = pa.array(values, pa.string())
    made = natural(texts, family, wanted)
    if single and pa.types.is_floating(made.type):
        made = made.cast(pa.float32(), safe=False).cast(pa.string()).cast(pa.float64())
    return made


def _raw(value: str | bytes) -> bytes:
    return value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value


def insert(connection: pymysql.Connection[Any], table: Table, batch: pa.RecordBatch) -> int:
    """See `Dialect.insert`. Raises pymysql.Error; a warning of the server's is one as well."""
    names = batch.schema.names
    start = f"INSERT INTO {quote(table.name)} ({', '.join(map(quote, names))}) VALUES "
    columns = [_printed(batch.column(i), table.column(name).family) for i, name in enumerate(names)]
    rows = pc.binary_join_element_wise(
        *columns, pa.scalar(",", pa.large_string()), null_handling="replace", null_replacement="NULL"
    )
    done = 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT @@max_allowed_packet")
        for values in _lists(rows, int(cursor.fetchone()[0]) // 2):
            done += cursor.execute(f"{start}({values})".encode())
            if cursor.warning_count:
                _refuse_warnings(connection)
    return done


def _lists(rows: pa.Array, largest: int) -> Iterator[str]:
    """Rows strung together to lists of at most so many bytes, of at least one row each."""
    ends = np.cumsum(pc.binary_length(rows).to_numpy() + len(_NEXT))
    cuts, held = [0], 0
    while cuts[-1] < len(rows):
        cuts.append(max(cuts[-1] + 1, int(np.searchsorted(ends, held + largest, "right"))))
        held = int(ends[cuts[-1] - 1])
    lists = pa.LargeListArray.from_arrays(pa.array(cuts, pa.int64()), rows)
    for one in pc.binary_join(lists, pa.scalar(_NEXT, rows.type)):
        yield one.as_py()


def _refuse_warnings(connection: pymysql.Connection[Any]) -> None:
    for _, number, message in cast(Any, connection).show_warnings():
        raise pymysql.DataError(int(number), message)


def _printed(array: pa.Array, family: Family) -> pa.Array:
    """Values as literals of SQL; NULL stays NULL."""
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    kind = array.type
    if is_bytes(kind):
        return between("'" if family is Family.UUID else "X'", hexed(array), "'")
    if pa.types.is_boolean(kind):
        return array.cast(pa.int8()).cast(pa.large_string())
    if pa.types.is_integer(kind) or pa.types.is_null(kind):
        return array.cast(pa.large_string())
    if pa.types.is_timestamp(kind) and kind.tz:
        array = array.cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us"))
    return between("'", pc.replace_substring(array.cast(pa.large_string()), "'", "''"), "'")
