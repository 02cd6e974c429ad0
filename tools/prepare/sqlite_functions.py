"""Python functions that the SQLite expressions call where SQLite itself has nothing. All are deterministic.

A function that converts gives NULL for what does not fit; the expression around it decides what that means.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import Any

from ferryman.tools.databases.sqlite_values import number
from ferryman.tools.prepare import identity, moments
from ferryman.tools.prepare.arrays import array_as_json
from ferryman.tools.prepare.beyond import is_beyond
from ferryman.tools.prepare.by_name import text_of_name, texts_in
from ferryman.tools.prepare.limits import as_single, has_letters, is_taken
from ferryman.tools.prepare.texts import (
    Stored,
    alike,
    bits_of,
    bytes_of_uuid,
    ids_of,
    is_kept,
    json_of,
    packed,
    parse_uuid,
    part_of,
    plain_digits,
    plain_number,
    scaled,
)


def register_functions(connection: sqlite3.Connection) -> None:
    """Give a SQLite connection every function that expressions of `tools.prepare` call."""
    identity.register(connection)
    for name, (arguments, function) in _FUNCTIONS.items():
        connection.create_function(f"ferryman_{name}", arguments, function, deterministic=True)


def _of_text(function: Callable[..., Any]) -> Callable[..., Any]:
    """For a function of a text that comes as bytes, see `sqlite_values.by_python`."""

    def called(value: Stored, *more: Stored) -> Any:
        if not isinstance(value, bytes):
            return function(value, *more) if value is not None else None
        try:
            return function(value.decode(), *more)
        except UnicodeDecodeError:
            return None

    return called


def _of_words(function: Callable[[str, str], str]) -> Callable[..., Any]:
    """For a function of a text; other values are themselves."""
    return lambda value, *more: function(value, *more) if isinstance(value, str) else value


def _timestamp(text: str) -> str | None:
    moment = moments.parse_timestamp(text)
    return None if moment is None else moments.timestamp_text(moment)


def _local(text: str, zone: str, doubtful: str) -> str | None:
    moment = moments.parse_local(text, zone, doubtful)
    return None if moment is None else moments.timestamp_text(moment)


def _date(text: str) -> str | None:
    day = moments.parse_date(text)
    return None if day is None else day.isoformat()


def _time(text: str) -> str | None:
    clock = moments.parse_time(text)
    return None if clock is None else clock.isoformat()


def _formatted(text: str, form: str) -> str | None:
    moment = moments.parse_format(text, form)
    if moment is None:
        return None
    return moments.timestamp_text(moment) if moments.has_clock(form) else moment.date().isoformat()


def _uuid(text: str) -> str | None:
    found = parse_uuid(text)
    return None if found is None else str(found)


def _epoch(value: Stored, unit: str) -> str | None:
    moment = moments.from_epoch(value, unit) if isinstance(value, int | float) else None
    return None if moment is None else moments.timestamp_text(moment)


def _text(value: Stored) -> Stored:
    return repr(value) if isinstance(value, float) else value


def _ids(text: str, separator: str) -> str | None:
    found = ids_of(text, separator)
    return None if found is None else json.dumps(found)


def _packed(ids: str | None, separator: str) -> str | None:
    return None if ids is None else packed(json.loads(ids), separator)


def _refuse(column: str) -> Stored:
    raise ValueError(f"a value does not fit {column}")


_FUNCTIONS: dict[str, tuple[int, Callable[..., Any]]] = {
    "text": (1, _text),
    "utf8": (1, _of_text(lambda text: 1)),
    "json": (1, json_of),
    "epoch": (2, _epoch),
    "digits": (2, _of_text(plain_digits)),
    "decimal": (2, _of_text(lambda value, scale: number(plain_digits(value, scale)))),
    "array": (2, _of_text(array_as_json)),
    "by_name": (2, _of_text(lambda text, names: text_of_name(text, json.loads(names)))),
    "holds_texts": (1, _of_text(lambda text: None if texts_in(text) is None else 1)),
    "scaled": (4, _of_text(scaled)),
    "float": (1, _of_text(float)),
    "kept": (3, _of_text(is_kept)),
    "timestamp": (1, _of_text(_timestamp)),
    "local": (3, _of_text(_local)),
    "date": (1, _of_text(_date)),
    "time": (1, _of_text(_time)),
    "formatted": (2, _of_text(_formatted)),
    "uuid": (1, _of_text(_uuid)),
    "uuid_bytes": (1, _of_text(bytes_of_uuid)),
    "fold": (1, _of_text(str.casefold)),
    "alike": (2, _of_words(alike)),
    "length": (1, _of_text(len)),
    "spelt": (2, _of_text(has_letters)),
    "taken": (1, _of_text(is_taken)),
    "bits": (2, bits_of),
    "single": (1, lambda value: as_single(value) if isinstance(value, float) else value),
    "beyond": (2, _of_text(is_beyond)),
    "number": (2, _of_text(plain_number)),
    "split": (4, _of_text(part_of)),
    "ids": (2, _of_text(_ids)),
    "packed": (2, _packed),
    "refuse": (1, _refuse),
}
