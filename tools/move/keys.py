"""Target keys as the ledger writes them, and cell values as its before-images and quarantined rows hold them.

A key is the text of its value, or a JSON array of such texts where it is composite; bytes are hex digits. A cell is
JSON; bytes are {"hex": "00ff"}.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from ferryman.domain.mapping import TableMapping
from ferryman.domain.schema import Column, Family, Table

KeyValue = int | str | bytes


def key_columns(table: Table, mapping: TableMapping | None) -> tuple[str, ...]:
    """The target columns that tell a row from others: the primary key, else the new id; () where there is neither."""
    return table.primary_key or (mapping.id_columns if mapping else ())


def target_text(values: Sequence[object]) -> str:
    """A target key as the ledger writes it."""
    texts = [value.hex() if isinstance(value, bytes) else str(value) for value in values]
    return texts[0] if len(texts) == 1 else json.dumps(texts, separators=(",", ":"), ensure_ascii=False)


def target_values(text: str, columns: Sequence[Column]) -> tuple[KeyValue, ...]:
    """A target key from the ledger's text, in the types of its columns."""
    texts = [text] if len(columns) == 1 else json.loads(text)
    return tuple(_typed(part, column) for part, column in zip(texts, columns, strict=True))


def _typed(text: str, column: Column) -> KeyValue:
    match column.family:
        case Family.INTEGER | Family.BOOLEAN:
            return int(text)
        case Family.BINARY:
            return bytes.fromhex(text)
        case _:
            return text


def cells_text(row: Mapping[str, object]) -> str:
    """A row's cells as a JSON object; in ASCII where a text is not UTF-8 and no other way could be stored."""
    text = json.dumps(dict(row), ensure_ascii=False, default=_plain, separators=(",", ":"))
    torn = any("\ud800" <= character <= "\udfff" for character in text) if not text.isascii() else False
    return json.dumps(dict(row), default=_plain, separators=(",", ":")) if torn else text


def cells(text: str) -> dict[str, object]:
    """A row's cells from the ledger's text."""
    return {name: _cell(value) for name, value in json.loads(text).items()}


def _plain(value: object) -> object:
    match value:
        case bytes():
            return {"hex": value.hex()}
        case Decimal() | UUID():
            return str(value)
        case datetime() | date() | time():
            return value.isoformat()
    raise TypeError(f"a {type(value).__name__} has no place in the ledger")


def _cell(value: Any) -> object:
    return bytes.fromhex(value["hex"]) if isinstance(value, dict) and set(value) == {"hex"} else value


def bound(value: object, column: Column, dialect: str) -> object:
    """A cell, as SQLite or the ledger holds it, as a statement of a database takes it for that column."""
    if column.family is Family.BOOLEAN and dialect == "postgresql" and isinstance(value, int):
        return bool(value)
    return value
