"""A database's structure in short, for a ledger to keep: enough to say later which part of it is another."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field

from ferryman.domain.model import Frozen
from ferryman.domain.schema import Column, Database, TableKind, structure

_PARTS = {
    "primary_key": "the primary key",
    "uniques": "what must be unique",
    "foreign_keys": "the foreign keys",
    "checks": "the checks",
    "triggers": "the triggers",
}
_ORDER = "order"
_WORDS = {**_PARTS, _ORDER: "the order of the columns"}


class TableOutline(Frozen):
    """One table: each column's type with a digest of all that it is, and a digest of each other part."""

    columns: dict[str, str] = Field(default_factory=dict)
    parts: dict[str, str] = Field(default_factory=dict)


class Outlines(Frozen):
    """Both databases, table by table; empty where nobody kept them."""

    source: dict[str, TableOutline] = Field(default_factory=dict)
    target: dict[str, TableOutline] = Field(default_factory=dict)


def outlines(source: Database, target: Database) -> Outlines:
    return Outlines(source=outline(source), target=outline(target))


def outline(database: Database) -> dict[str, TableOutline]:
    """What the fingerprint sees, by table."""
    return {
        table.name: _table(structure(table), table.by_name)
        for table in database.tables
        if table.kind is not TableKind.LEDGER
    }


def differences(before: Mapping[str, TableOutline], now: Mapping[str, TableOutline]) -> Iterator[str]:
    """In words, table by table, what is another now: "column kind of specimen is gone"."""
    for name in sorted({*before, *now}):
        if name not in now:
            yield f"table {name} is gone"
        elif name not in before:
            yield f"table {name} is new"
        else:
            yield from _within(name, before[name], now[name])


def _within(table: str, before: TableOutline, now: TableOutline) -> Iterator[str]:
    for name in dict.fromkeys((*before.columns, *now.columns)):
        was, is_ = before.columns.get(name), now.columns.get(name)
        if was != is_:
            yield f"column {name} of {table} {_became(was, is_)}"
    same = before.columns.keys() == now.columns.keys()
    for part in dict.fromkeys((*before.parts, *now.parts)):
        if before.parts.get(part) != now.parts.get(part) and (same or part != _ORDER):
            yield f"{_WORDS.get(part, 'something')} of {table} changed"


def _became(was: str | None, is_: str | None) -> str:
    if was is None or is_ is None:
        return "is new" if was is None else "is gone"
    kinds = was.rpartition(" ")[0], is_.rpartition(" ")[0]
    return "changed" if kinds[0] == kinds[1] else f"is {kinds[1]} now, and was {kinds[0]}"


def _table(dumped: dict[str, Any], columns: Mapping[str, Column]) -> TableOutline:
    told = {one["name"]: f"{_kind(columns[one['name']])} {_digest(one)}" for one in dumped.pop("columns")}
    parts = {name: _digest(dumped.pop(name)) for name in _PARTS}
    return TableOutline(columns=told, parts={**parts, _ORDER: _digest(list(told)), "other": _digest(dumped)})


def _kind(column: Column) -> str:
    return column.native.lower() + ("" if column.nullable else " not null")


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:8]
