"""What a guarded SQLite connection may do, decided by SQLite's authorizer for every statement it compiles.

A file opened with `mode=ro` is not enough: `ATTACH 'file:source?mode=rw'` writes it, `VACUUM INTO` writes another.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

Authorizer = Callable[[int, str | None, str | None, str | None, str | None], int]

LEGACY = "legacy"  #: the schema under which a source is attached to a target's connection

#: Pragmas that only tell something, with the table or index they are asked about.
_TELLING = frozenset(
    """table_info table_xinfo table_list index_list index_info index_xinfo foreign_key_list
    foreign_key_check integrity_check quick_check""".split()
)
#: Those that introspection selects from. SQLite declares such a table at its first use by what the authorizer sees as
#: an update of the schema, so that must have happened before.
_AS_TABLES = ("table_list", "table_xinfo", "index_list", "index_info", "foreign_key_list")
#: Pragmas that tell without an argument, and change something with one.
_SETTINGS = frozenset(
    """application_id auto_vacuum compile_options data_version database_list encoding foreign_keys freelist_count
    journal_mode page_count page_size query_only read_uncommitted schema_version user_version""".split()
)
#: Settings of the connection alone that writing a target may need; nothing that outlives the connection.
_TRANSIENT_SETTINGS = frozenset(("foreign_keys", "defer_foreign_keys", "cache_size", "temp_store", "busy_timeout"))

_FORBIDDEN_FUNCTIONS = frozenset(("load_extension", "fts3_tokenizer", "readfile", "writefile", "edit"))

_READING = frozenset((sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE))

#: Actions that hand their schema over as the first argument; all others as the third.
_SCHEMA_FIRST = frozenset((sqlite3.SQLITE_ALTER_TABLE,))


def read_only(action: int, first: str | None, second: str | None, schema: str | None, inner: str | None) -> int:
    """Allows reading and transactions without writes; everything that is not named here is denied."""
    if action in _READING or action == sqlite3.SQLITE_TRANSACTION:
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_FUNCTION:
        return _function(second)
    if action == sqlite3.SQLITE_PRAGMA:
        return _pragma(first, second)
    return sqlite3.SQLITE_DENY


def beside_legacy(action: int, first: str | None, second: str | None, schema: str | None, inner: str | None) -> int:
    """For a target's connection with the source attached: no other database, no lasting setting, `legacy` only read."""
    if action in (sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH):
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_FUNCTION:
        return _function(second)
    if action == sqlite3.SQLITE_PRAGMA:
        setting = (first or "").lower() in _TRANSIENT_SETTINGS and schema != LEGACY
        return sqlite3.SQLITE_OK if setting else _pragma(first, second)
    where = first if action in _SCHEMA_FIRST else schema
    if (where or "").lower() == LEGACY and action not in _READING:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


def _function(name: str | None) -> int:
    return sqlite3.SQLITE_DENY if (name or "").lower() in _FORBIDDEN_FUNCTIONS else sqlite3.SQLITE_OK


def _pragma(name: str | None, argument: str | None) -> int:
    asked = (name or "").lower()
    telling = asked in _TELLING or (asked in _SETTINGS and argument is None)
    return sqlite3.SQLITE_OK if telling else sqlite3.SQLITE_DENY


def guard_source(connection: sqlite3.Connection) -> None:
    """Close every way out of a connection opened with `mode=ro`. Nothing on it can be loosened by SQL afterwards."""
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    for telling in _AS_TABLES:
        connection.execute(f"SELECT 1 FROM pragma_{telling} LIMIT 0")
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.set_authorizer(read_only)


def attach_legacy(connection: sqlite3.Connection, uri: str) -> None:
    """Attach a source to a target's connection as `legacy`, for reading, and shut the door behind it."""
    connection.execute(f"ATTACH DATABASE ? AS {LEGACY}", (uri,))
    connection.set_authorizer(beside_legacy)
