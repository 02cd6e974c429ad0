"""Both databases on one connection, for set queries that look into the two at once. SQLite to SQLite only, so far."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, inspect

from ferryman.tools.databases.connect import Source, Target
from ferryman.tools.databases.sqlite import attach_source
from ferryman.tools.prepare.sqlite_functions import register_functions

ID_MAP = "ferryman_row"
QUARANTINE = "ferryman_quarantine"

_EMPTY_ID_MAP = (
    f"CREATE TEMP TABLE {ID_MAP} (run_id, table_name, batch, kind, source_key, target_key, target_key_to, rows, before)"
)
_EMPTY_QUARANTINE = f"CREATE TEMP TABLE {QUARANTINE} (run_id, table_name, source_key, state)"


def can_join(source: Source, target: Target) -> bool:
    """Whether one connection can see both databases. Where it cannot, keys are fetched and compared in chunks."""
    return source.dialect.name == target.dialect.name == "sqlite"


@contextmanager
def side_by_side(source: Source, target: Target, doing: str) -> Iterator[Connection]:
    """The target's connection with the source as schema `legacy`, for reading.

    The ledger's tables can be asked whether there is a ledger or not: where there is none they are empty.
    """
    with target.connect(doing, reading=True) as connection:
        attach_source(connection, source)
        register_functions(raw(connection))
        there = set(inspect(connection).get_table_names())
        for name, ddl in ((ID_MAP, _EMPTY_ID_MAP), (QUARANTINE, _EMPTY_QUARANTINE)):
            if name not in there:
                connection.exec_driver_sql(ddl)
        yield connection


def raw(connection: Connection) -> sqlite3.Connection:
    """The driver's own connection."""
    found = connection.connection.driver_connection
    assert isinstance(found, sqlite3.Connection)
    return found
