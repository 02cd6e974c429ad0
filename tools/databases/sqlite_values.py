"""Arrow values as SQLite should hold them, and the insert that puts them there."""

from __future__ import annotations

import sqlite3

import pyarrow as pa
import pyarrow.compute as pc

from ferryman.domain.schema import Family, Table
from ferryman.tools.databases.arrow import Unfit, decimal_text

_LOWEST, _HIGHEST = -(2**63), 2**63 - 1


def insert(connection: sqlite3.Connection, table: Table, batch: pa.RecordBatch) -> int:
    """Insert a batch by `executemany`; gives the rows that SQLite counted. Raises sqlite3.Error."""
    names = batch.schema.names
    columns = [values(batch.column(i), table.column(name).family) for i, name in enumerate(names)]
    marks = ", ".join("?" * len(names))
    sql = f"INSERT INTO {quote(table.name)} ({', '.join(map(quote, names))}) VALUES ({marks})"
    cursor = connection.executemany(sql, zip(*columns, strict=True))
    return cursor.rowcount


def quote(name: str) -> str:
    """An identifier in SQLite's quotes."""
    return '"' + name.replace('"', '""') + '"'


def values(array: pa.Array, family: Family) -> list[object]:
    """A column's values as `sqlite3` binds them, for a target column of that family.

    Timestamps become 'YYYY-MM-DD HH:MM:SS[.ffffff]' (with '+00:00' where they have a zone), dates and times ISO
    text, booleans 0 and 1, decimals a number where SQLite holds it exactly, else their digits as text.
    """
    kind = array.type
    if pa.types.is_dictionary(kind):
        array = array.dictionary_decode()
        kind = array.type
    if pa.types.is_boolean(kind):
        array = array.cast(pa.int8())
    elif pa.types.is_timestamp(kind):
        return _timestamps(array)
    elif pa.types.is_date(kind):
        array = array.cast(pa.date32()).cast(pa.string())
    elif pa.types.is_time(kind):
        return [None if moment is None else moment.isoformat() for moment in array.to_pylist()]
    elif pa.types.is_uint64(kind) or pa.types.is_decimal(kind) or (family is Family.DECIMAL and _is_text(kind)):
        return [number(value) for value in array.to_pylist()]
    return list(array.to_pylist())


def number(value: object) -> object:
    """A number that SQLite's NUMERIC keeps: an integer below 2^63, a real that reads the same, else its digits."""
    if value is None:
        return None
    try:
        text = decimal_text(value)
    except Unfit:
        return value
    if "." not in text:
        whole = int(text)
        return whole if _LOWEST <= whole <= _HIGHEST else text
    trimmed = text.rstrip("0")
    if trimmed.endswith("."):
        return number(trimmed[:-1])
    real = float(text)
    return real if decimal_text(real) == trimmed else text


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _timestamps(array: pa.Array) -> list[object]:
    zone = "+00:00" if array.type.tz else ""
    array = array.cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us")) if zone else array.cast(pa.timestamp("us"))
    texts = array.cast(pa.string())
    whole = pc.replace_substring_regex(texts, r"\.000000$", "")
    return list((pc.binary_join_element_wise(whole, zone, "") if zone else whole).to_pylist())
