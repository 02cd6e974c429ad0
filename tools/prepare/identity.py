"""Legacy keys to new ids: derived UUIDs, the same in Python, over Arrow and in SQL, and which identity fits a table.

Version 8 (RFC 9562): 20 digits of a hash of namespace and legacy table, version and variant set, then the legacy
integer as 12 hex digits. Version 5: uuid5(uuid5(namespace, table), key_text(key)).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, Literal
from uuid import UUID, uuid5

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import uuid_utils
from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    String,
    and_,
    case,
    cast,
    column,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    table,
)

from ferryman.domain.mapping import Shape
from ferryman.domain.run import Key, key_text
from ferryman.tools.prepare.texts import Stored, json_of

Version = Literal[5, 8]

HIGHEST = 2**48 - 1  #: the last legacy integer that fits into a version 8 id

#: The id map as SQL sees it. Rows with a `source_key` map a legacy key to a target key; `source_key` is NULL for
#: ranges of created rows. The ledger owns the table; its index is on (table_name, source_key).
ROW_MAP = table(
    "ferryman_row",
    *map(column, "run_id table_name batch kind source_key target_key target_key_to rows before".split()),
)
#: Which old table filled a target table in which run, as the ledger keeps it.
FILLED = table("ferryman_table", *map(column, "run_id table_name source_name".split()))


def of_this_source(
    target: str, source: str, row: FromClause = ROW_MAP, filled: FromClause = FILLED
) -> ColumnElement[bool]:
    """Whether an entry of the id map speaks of rows of this legacy table: another that filled the same target table in
    another run has keys of its own."""
    others = select(filled.c.run_id).where(filled.c.table_name == target, filled.c.source_name != source)
    return and_(row.c.table_name == target, row.c.run_id.not_in(others))


def of_another_source(target: str, source: str, key: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether the target row of a key is one that another legacy table made, by the id map, and none that a row of this
    one was found to be. True or false, never NULL."""
    text, number, mine = cast(key, String), cast(key, Integer), of_this_source(target, source)
    entries = select(ROW_MAP.c.target_key).where(ROW_MAP.c.table_name == target)
    single = entries.where(not_(mine), ROW_MAP.c.kind == _CREATED, ROW_MAP.c.target_key_to.is_(None))
    found = entries.where(mine, ROW_MAP.c.kind != _CREATED, ROW_MAP.c.target_key_to.is_(None))
    low, high = (cast(ROW_MAP.c[name], Integer) for name in ("target_key", "target_key_to"))
    spans = and_(ROW_MAP.c.table_name == target, not_(mine), ROW_MAP.c.target_key_to.is_not(None))
    first, last = (select(end).where(spans).scalar_subquery() for end in (func.min(low), func.max(high)))
    within = number.between(first, last)
    spanned = case((within, exists(select(literal(1)).where(spans, number.between(low, high)))), else_=literal(False))
    made = or_(text.in_(single), spanned)
    return func.coalesce(and_(made, text.not_in(found)), literal(False))


_CREATED = "created"  #: the kind of an entry whose row its run made


def prefix(namespace: UUID, table_name: str) -> str:
    """What every version 8 id of a legacy table begins with: 24 characters, the last a dash."""
    digits = str(uuid5(namespace, table_name))
    return f"{digits[:14]}8{digits[15:24]}"


def derive(namespace: UUID, table_name: str, key: Key, version: Version, shape: Shape) -> str | bytes:
    """The id of one legacy row. Raises ValueError for a key that version 8 cannot hold (see `Derived`)."""
    if version == 5:
        return _shaped(uuid5(uuid5(namespace, table_name), key_text(key)), shape)
    number = key[0] if len(key) == 1 else None
    if not isinstance(number, int) or not 0 <= number <= HIGHEST:
        raise ValueError("version 8 holds one integer from 0 to 2**48 - 1")
    return _shaped(UUID(f"{prefix(namespace, table_name)}{number:012x}"), shape)


def derive_many(namespace: UUID, table_name: str, keys: Sequence[pa.Array], version: Version, shape: Shape) -> pa.Array:
    """The ids of many rows; a row with a NULL in its key gets NULL. `keys` holds one array per key column.

    Strings, or binary for `Shape.BINARY`. Raises ValueError as `derive` does.
    """
    if version == 5:
        return derive_named(namespace, table_name, zip(*(key.to_pylist() for key in keys), strict=True), shape)
    if len(keys) != 1 or not pa.types.is_integer(keys[0].type):
        raise ValueError("version 8 holds one integer from 0 to 2**48 - 1")
    key = keys[0].cast(pa.int64())
    numbers = key.fill_null(0).to_numpy(zero_copy_only=False)
    if len(numbers) and (numbers.min() < 0 or numbers.max() > HIGHEST):
        raise ValueError("version 8 holds one integer from 0 to 2**48 - 1")
    ids = _numbered(prefix(namespace, table_name), numbers, shape)
    return ids if key.null_count == 0 else pa.compute.if_else(key.is_valid(), ids, None)


def derive_named(namespace: UUID, table_name: str, keys: Iterable[Sequence[Stored]], shape: Shape) -> pa.Array:
    """Version 5 ids, one by one but without Python's own slow hash; a key with a NULL in it gets NULL."""
    space = uuid_utils.UUID(uuid5(namespace, table_name).hex)
    made = [None if None in key else uuid_utils.uuid5(space, _key_text(key)) for key in keys]
    if shape is Shape.BINARY:
        return pa.array([None if one is None else one.bytes for one in made], pa.binary())
    spell = str if shape is Shape.DASHED else attrgetter("hex")
    return pa.array([None if one is None else spell(one) for one in made], pa.string())


def derived_expression(
    namespace: UUID, table_name: str, key: ColumnElement[Any], version: Version, shape: Shape
) -> ColumnElement[Any]:
    """The id as SQLite computes it. `key` is the legacy integer for version 8, and the key text for version 5.

    NULL gives NULL for version 5; a version 8 key must have been checked to lie in its range. Version 5 and
    `Shape.BINARY` need `register` on the connection.
    """
    if version == 5:
        return _sql_shaped(func.ferryman_uuid5(str(uuid5(namespace, table_name)), key), shape)
    start = prefix(namespace, table_name)
    digits = start if shape is Shape.DASHED else start.replace("-", "")
    whole = literal(digits).concat(func.printf("%012x", key))
    return func.ferryman_unhex(whole) if shape is Shape.BINARY else whole


def register(connection: sqlite3.Connection) -> None:
    """Give a SQLite connection the functions that `derived_expression` calls."""
    connection.create_function("ferryman_uuid5", 2, _uuid5, deterministic=True)
    connection.create_function("ferryman_unhex", 1, _unhex, deterministic=True)


def _key_text(key: Sequence[Stored]) -> str:
    """As `run.key_text`, and bytes as base64."""
    return f"[{','.join(map(json_of, key))}]"


def _shaped(value: UUID, shape: Shape) -> str | bytes:
    if shape is Shape.BINARY:
        return value.bytes
    return str(value) if shape is Shape.DASHED else value.hex


def _sql_shaped(dashed: ColumnElement[Any], shape: Shape) -> ColumnElement[Any]:
    if shape is Shape.DASHED:
        return dashed
    digits = func.replace(dashed, "-", "")
    return func.ferryman_unhex(digits) if shape is Shape.BINARY else digits


def _numbered(start: str, numbers: npt.NDArray[np.int64], shape: Shape) -> pa.Array:
    """Version 8 ids for numbers that are known to fit, by numpy alone."""
    if shape is Shape.BINARY:
        head = np.frombuffer(bytes.fromhex(start.replace("-", "")), np.uint8)
        tail = numbers.astype(">u8").view(np.uint8).reshape(-1, 8)[:, 2:]
    else:
        text = start if shape is Shape.DASHED else start.replace("-", "")
        head = np.frombuffer(text.encode(), np.uint8)
        nibbles = (numbers[:, None] >> np.arange(44, -1, -4)) & 15
        tail = np.frombuffer(b"0123456789abcdef", np.uint8)[nibbles]
    width = len(head) + tail.shape[1]
    whole = np.empty((len(numbers), width), np.uint8)
    whole[:, : len(head)], whole[:, len(head) :] = head, tail
    ends = np.arange(0, width * (len(numbers) + 1), width, dtype=np.int32)
    kind = pa.binary() if shape is Shape.BINARY else pa.string()
    return pa.Array.from_buffers(kind, len(numbers), [None, pa.py_buffer(ends), pa.py_buffer(whole)])


@lru_cache(maxsize=256)
def _space(space: str) -> uuid_utils.UUID:
    return uuid_utils.UUID(space)


def _uuid5(space: str, name: str | None) -> str | None:
    return None if name is None else str(uuid_utils.uuid5(_space(space), name))


def _unhex(digits: str | None) -> bytes | None:
    return None if digits is None else bytes.fromhex(digits)
