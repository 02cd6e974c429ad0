"""Connections to PostgreSQL by psycopg: a guarded one for the source, one for the target. Needs the driver.

A read-only transaction is no guard by itself: `select 1; commit; create table ...` leaves it, `set_config` changes
the session's default. So a guarded cursor sends one statement at a time (the extended protocol takes no more), only
of the kinds that read, and every transaction is begun as REPEATABLE READ, READ ONLY.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import adapt
from psycopg.abc import Buffer
from psycopg.types import datetime as moments
from psycopg.types.string import TextLoader

from ferryman.tools.databases import servers

#: How the statement of `postgresql_values` ends. The line break before it is what no comment can swallow, and no
#: other form of COPY (to a file, to a program) can end like this.
COPY_OUT = "\n) TO STDOUT (FORMAT csv)"

_READING = re.compile(rb"[\s(]*(SELECT|WITH|VALUES|SHOW|DECLARE|FETCH|CLOSE)\b", re.IGNORECASE)

#: What every session is set to, whatever the role, the database or the server say: values print the same everywhere, a
#: large table may take its time, and who waits for a lock says so after a while.
_SETTINGS = {
    "timezone": "UTC",
    "datestyle": "ISO, YMD",
    "intervalstyle": "iso_8601",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "standard_conforming_strings": "on",
    "row_security": "off",  # rows that a policy would hide from us without a word become an error
    "client_min_messages": "error",
    "lock_timeout": f"{servers.LOCK_PATIENCE}s",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
}
_SINCE = {140_000: {"idle_session_timeout": "0"}, 170_000: {"transaction_timeout": "0"}}  #: by the server's version


def _lenient(loader: type[adapt.Loader]) -> type[adapt.Loader]:
    """The driver's loader, but for what Python has no object for (infinity, years BC and beyond 9999, 24:00): that
    stays the text that it prints, as where rows are read in batches."""

    class Lenient(loader):  # type: ignore[valid-type, misc]
        def load(self, data: Buffer) -> Any:
            try:
                return super().load(data)
            except (psycopg.DataError, ArithmeticError):
                return bytes(data).decode()

    return Lenient


_LOADERS: dict[str, type[adapt.Loader]] = {
    "date": _lenient(moments.DateLoader),
    "time": _lenient(moments.TimeLoader),
    "timetz": _lenient(moments.TimetzLoader),
    "timestamp": _lenient(moments.TimestampLoader),
    "timestamptz": _lenient(moments.TimestamptzLoader),
    "interval": TextLoader,  # the driver's own knows only one style, and no more than some million years
}


class NotReading(psycopg.ProgrammingError):
    """The statement is of no kind that reads."""


class _Guard:
    """Mixed into a cursor: see the module's docstring."""

    def _execute_send(self, query: Any, *, force_extended: bool = False, binary: bool | None = None) -> None:
        text: bytes = query.query
        copying = text.startswith(b"COPY (") and text.endswith(COPY_OUT.encode())
        if not (copying or _READING.match(text)):
            raise NotReading("the old database is only ever read")
        super()._execute_send(query, force_extended=True, binary=binary)  # type: ignore[misc]


class GuardedCursor(_Guard, psycopg.Cursor[Any]):
    """Reads, and nothing else."""


class GuardedServerCursor(_Guard, psycopg.ServerCursor[Any]):
    """Reads row by row, and nothing else."""


def connect(arguments: Mapping[str, Any], schema: str, *, guarded: bool) -> psycopg.Connection[Any]:
    """A connection whose session is set up. Raises psycopg.Error."""
    connection: psycopg.Connection[Any] = psycopg.connect(**arguments, autocommit=True, prepare_threshold=None)
    try:
        _set_up(connection, schema, guarded)
        for kind, loader in _LOADERS.items():
            connection.adapters.register_loader(kind, loader)
    except psycopg.Error:
        connection.close()
        raise
    return connection


def _set_up(connection: psycopg.Connection[Any], schema: str, guarded: bool) -> None:
    settings = dict(_SETTINGS)
    for version, more in _SINCE.items():
        settings |= more if connection.info.server_version >= version else {}
    if schema:
        settings["search_path"] = f"{quote(schema)}, public"
    if guarded:
        settings["default_transaction_read_only"] = "on"
    calls = ", ".join(["set_config(%s, %s, false)"] * len(settings))
    connection.execute(f"SELECT {calls}".encode(), [part for pair in settings.items() for part in pair])
    if guarded:
        connection.cursor_factory = GuardedCursor
        connection.server_cursor_factory = GuardedServerCursor
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
    connection.autocommit = False


def quote(name: str) -> str:
    """An identifier in PostgreSQL's quotes."""
    return '"' + name.replace('"', '""') + '"'
