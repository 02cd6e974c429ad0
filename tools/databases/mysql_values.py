"""Rows out of and into MariaDB and MySQL, on the connection itself: one snapshot, one transaction.

Values come as the texts that the server prints, unbuffered, and numpy and Arrow take whole columns of them apart. They
go in as statements of many rows, which Arrow puts together: in strict mode each value that does not fit is an error.
What goes in faster is in `mysql_load`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pymysql
from pymysql.constants import CR, ER, FIELD_TYPE, FLAG
from pymysql.cursors import SSCursor
from pymysql.protocol import MysqlPacket

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
_MOST_WARNINGS = 65_535  #: as many as a session keeps, and as the protocol counts

_NULL, _EOF, _ERROR = 0xFB, 0xFE, 0xFF  #: first bytes of a value, and of a packet
_LONGER = {0xFC: 2, 0xFD: 3, 0xFE: 8}  #: first byte of a value's length -> how many bytes the length takes
_SHORTEST_ROW = 9  #: bytes of a packet that begins like an end, and is a row
_LARGEST_PACKET = 0xFFFFFF  #: bytes of a packet that another one continues
_MOST_BYTES = 16 << 20  #: of rows that are taken apart at a time


def read(
    connection: pymysql.Connection[Any],
    sql: str,
    parameters: Mapping[str, Any],
    families: Sequence[Family],
    size: int,
    single: Sequence[bool],
) -> Iterator[pa.RecordBatch]:
    """See `Dialect.read`; `single` says which columns are of single precision, printed as doubles."""
    cursor = connection.cursor(SSCursor)
    try:
        cursor.execute(sql, parameters)
        result = cast(Any, cursor)._result  # the driver shows flags, character sets and packets nowhere else
        names = [field.name for field in result.fields]
        while True:
            packets, lengths = _packets(connection, result, size)
            if not lengths:
                return
            parts = _taken_apart(packets, lengths, len(names))
            columns = [
                _column(raw, field, family, of_single)
                for raw, field, family, of_single in zip(parts, result.fields, families, single, strict=True)
            ]
            yield record_batch_of(names, columns, families)
    finally:
        cursor.close()


def _packets(connection: Any, result: Any, most: int) -> tuple[bytearray, list[int]]:
    """The next rows of an answer as they come over the wire, at most so many, strung together, and the length of each;
    none when it has come to its end.

    What the driver's own reading does, without its work in Python for each value; and no row is kept as an object of
    its own, which costs more than reading it does.
    """
    rows, lengths = bytearray(), list[int]()
    take, number = connection._rfile.read, connection._next_seq_id
    while result.unbuffered_active and len(lengths) < most and len(rows) < _MOST_BYTES:
        parts, whole = [], False
        while not whole:
            try:
                head = take(4)
                length = int.from_bytes(head[:3], "little")
                body = take(length)
            except OSError as error:
                raise _lost(connection, result) from error
            if len(head) < 4 or len(body) < length or head[3] != number:
                raise _lost(connection, result)
            number = connection._next_seq_id = (number + 1) % 256
            parts.append(body)
            whole = length < _LARGEST_PACKET
        row = parts[0] if len(parts) == 1 else b"".join(parts)
        if row[0] == _ERROR or (row[0] == _EOF and len(row) < _SHORTEST_ROW):
            packet = MysqlPacket(row, connection.encoding)
            if packet.is_error_packet():
                result.unbuffered_active = False
                packet.raise_for_error()
            result.unbuffered_active = not result._check_packet_is_eof(packet)
            break
        rows += row
        lengths.append(len(row))
    return rows, lengths


def _lost(connection: Any, result: Any) -> pymysql.OperationalError:
    """Nothing more can be read: who closes the cursor is not to look for the end of the answer."""
    result.unbuffered_active = False
    connection._force_close()
    return pymysql.OperationalError(CR.CR_SERVER_LOST, "Lost connection to MySQL server during query")


def _taken_apart(whole: bytearray, lengths: Sequence[int], columns: int) -> Iterator[pa.Array]:
    """The values of each column as they came, NULL as NULL: texts with their lengths before them, row after row."""
    whole += bytes(_SHORTEST_ROW)  # so that no look beyond the last value leads out of the buffer
    data, buffer, rows = np.frombuffer(whole, np.uint8), pa.py_buffer(whole), len(lengths)
    place = np.cumsum([0, *lengths[:-1]])
    every_second = np.arange(0, 2 * rows, 2)
    for _ in range(columns):
        first = data[place]
        length, width = first.astype(np.int64), np.ones(rows, np.int64)
        absent = first == _NULL
        length[absent] = 0
        for mark, bytes_ in _LONGER.items():
            longer = np.flatnonzero(first == mark)
            if len(longer):
                at = place[longer]
                length[longer] = sum(data[at + 1 + n].astype(np.int64) << (8 * n) for n in range(bytes_))
                width[longer] = 1 + bytes_
        bounds = np.empty(2 * rows, np.int64)  # of the values, and of what is between one and the next
        bounds[0::2] = place + width
        bounds[1::2] = place = bounds[0::2] + length
        spread = pa.Array.from_buffers(pa.large_binary(), 2 * rows - 1, [None, pa.py_buffer(bounds), buffer])
        yield spread.take(pa.array(every_second, mask=absent))


def _column(raw: pa.Array, field: Any, wanted: Family, single: bool) -> pa.Array:
    """A column as its type has it; the texts themselves where one of them is out of Arrow's reach."""
    if field.type_code == FIELD_TYPE.BIT:
        numbers = [None if value is None else int.from_bytes(value) for value in raw.to_pylist()]
        fits = all(number is None or number < 2**63 for number in numbers)
        return pa.array(numbers if fits else [None if n is None else str(n) for n in numbers])
    family = _NATURAL.get(field.type_code)
    if family is None:
        binary = field.charsetnr == _BINARY and not field.flags & (FLAG.ENUM | FLAG.SET)
        return raw.cast(pa.binary() if binary and raw.null_count < len(raw) else pa.string())
    made = natural(raw.cast(pa.string()), family, wanted)
    if single and pa.types.is_floating(made.type):
        made = made.cast(pa.float32(), safe=False).cast(pa.string()).cast(pa.float64())
    return made


def insert(connection: pymysql.Connection[Any], table: Table, batch: pa.RecordBatch) -> int:
    """See `Dialect.insert`. Raises pymysql.Error; a warning of the server's is one as well. Its third argument is which
    row it is about, counted from 0, where the server says so."""
    names = batch.schema.names
    start = f"INSERT INTO {quote(table.name)} ({', '.join(map(quote, names))}) VALUES "
    columns = [_printed(batch.column(i), table.column(name).family) for i, name in enumerate(names)]
    rows = pc.binary_join_element_wise(
        *columns, pa.scalar(",", pa.large_string()), null_handling="replace", null_replacement="NULL"
    )
    done = 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT @@max_allowed_packet")
        most = int(cursor.fetchone()[0])
        for values in _lists(rows, most // 2):
            statement = f"{start}({values})".encode()
            if len(statement) >= most:  # the server would hang up, and any trouble of the line looks so
                raise pymysql.DataError(ER.NET_PACKET_TOO_LARGE, "a row is larger than max_allowed_packet")
            try:
                done += cursor.execute(statement)
            except pymysql.Error as error:
                error.args += (_row_named(connection, error, done),)
                raise
            if cursor.warning_count:
                refuse_warnings(connection, table, cursor.warning_count)
    return done


def _row_named(connection: pymysql.Connection[Any], error: pymysql.Error, done: int) -> int | None:
    """Which row the server names with an error of a statement before which `done` rows went: MariaDB from 10.7 on."""
    with suppress(pymysql.Error), connection.cursor() as cursor:
        cursor.execute("GET DIAGNOSTICS @ferryman_told = NUMBER")
        cursor.execute(
            "GET DIAGNOSTICS CONDITION @ferryman_told @ferryman_error = MYSQL_ERRNO, @ferryman_row = ROW_NUMBER"
        )
        cursor.execute("SELECT @ferryman_error, @ferryman_row")
        number, row = cursor.fetchone() or (None, None)
        if number and int(number) == error.args[0] and row:
            return done + int(row) - 1
    return None


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


def refuse_warnings(connection: pymysql.Connection[Any], table: Table, count: int) -> None:
    """Raise the last of what the server was content to warn of; what a rule is broken by stands before the rule.

    It notes each value that it rounds in a column that it computes itself, too; those pass, where it names them all.
    """
    computed = [f"'{column.name}'" for column in table.columns if column.generated]
    said = cast(Any, connection).show_warnings()
    for level, number, message in reversed(said):
        if level != "Note" or not any(name in message for name in computed):
            raise pymysql.DataError(int(number), message)
    if not len(said) == count < _MOST_WARNINGS:
        raise pymysql.DataError(ER.WARN_DATA_TRUNCATED, "the server has a warning, and does not say of what")


def texts(array: pa.Array) -> pa.Array:
    """Values as the server reads them where they stand as texts, bytes as hexadecimal digits; NULL stays NULL."""
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    kind = array.type
    if is_bytes(kind):
        return hexed(array)
    if pa.types.is_boolean(kind):
        array = array.cast(pa.int8())
    if pa.types.is_timestamp(kind) and kind.tz:
        array = array.cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us"))
    return array.cast(pa.large_string())


def _printed(array: pa.Array, family: Family) -> pa.Array:
    """Values as literals of SQL; NULL stays NULL."""
    kind, made = array.type, texts(array)
    if is_bytes(kind) and family is not Family.UUID:
        return between("X'", made, "'")
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_null(kind):
        return made
    return between("'", pc.replace_substring(made, "'", "''"), "'")
