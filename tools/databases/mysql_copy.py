"""A copy of a whole MariaDB or MySQL database on its own server, to try things on: tables, rows, keys and sequences.

Triggers and views are left out: what they do could reach another database. A lock of the copy's name is held for as
long as it is needed: so a copy that a killed process left is told from one that is in use, and is dropped by the next
who makes one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import URL, Connection, Engine
from sqlalchemy.exc import DBAPIError

from ferryman.domain.errors import Configuration
from ferryman.tools.databases import copies

_TABLES = """
SELECT table_name, table_type FROM information_schema.tables
WHERE table_schema = DATABASE() AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED', 'SEQUENCE')
ORDER BY table_type DESC, table_name
"""
_COLUMNS = """
SELECT column_name FROM information_schema.columns
WHERE table_schema = DATABASE() AND table_name = %s AND extra NOT LIKE '%%GENERATED%%' ORDER BY ordinal_position
"""
_SETTINGS = (
    "SET SESSION foreign_key_checks = 0, unique_checks = 0",
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",  # else every row that is read is locked
)


@contextmanager
def copied(engine: Engine, to: Callable[[URL], Engine]) -> Iterator[str]:
    """The URL of a copy, which is gone when the block is left. `to` makes an engine for a URL.

    Raises Configuration where the user may make no database.
    """
    name, of = copies.new_name(), str(engine.url.database)
    with to(engine.url).execution_options(isolation_level="AUTOCOMMIT").connect() as server:
        _sweep(server)
        server.exec_driver_sql("SELECT GET_LOCK(%s, 0)", (name,))
        try:
            _create(server, name, of)
            for statement in _SETTINGS:
                server.exec_driver_sql(statement)
            _fill(server, name, of)
            yield copies.at(engine.url, name)
        finally:
            server.exec_driver_sql(f"DROP DATABASE IF EXISTS {name}")
            server.exec_driver_sql("SELECT RELEASE_LOCK(%s)", (name,))


def _sweep(server: Connection) -> None:
    """Drop the copies that nobody holds."""
    for (name,) in server.exec_driver_sql("SELECT schema_name FROM information_schema.schemata").all():
        if copies.is_one(name) and server.exec_driver_sql("SELECT GET_LOCK(%s, 0)", (name,)).scalar():
            server.exec_driver_sql(f"DROP DATABASE IF EXISTS {name}")
            server.exec_driver_sql("SELECT RELEASE_LOCK(%s)", (name,))


def _create(server: Connection, name: str, of: str) -> None:
    spoken, compared = server.exec_driver_sql("SELECT @@character_set_database, @@collation_database").one()
    try:
        server.exec_driver_sql(f"CREATE DATABASE {name} CHARACTER SET {spoken} COLLATE {compared}")
    except DBAPIError as error:
        if error.orig is not None and error.orig.args[:1] == (1044,):
            raise Configuration(
                f"A copy of {of} to try things on cannot be made: the user may not make databases.",
                f"Grant it (GRANT ALL ON `ferryman\\_try\\_%`.* TO ...), {copies.instead()}",
            ) from error
        raise


def _fill(server: Connection, name: str, of: str) -> None:
    """Tables as the server spells them, sequences first, then their rows."""
    quote = server.dialect.identifier_preparer.quote_identifier
    tables = server.exec_driver_sql(_TABLES).all()
    listed = {table: [row[0] for row in server.exec_driver_sql(_COLUMNS, (table,))] for table, _ in tables}
    spelled = {
        table: server.exec_driver_sql(_literally(f"SHOW CREATE TABLE {quote(table)}")).one()[1] for table in listed
    }
    server.exec_driver_sql(f"USE {name}")
    for text in spelled.values():
        server.exec_driver_sql(_literally(text.replace(f"{quote(of)}.", "")))
    for table, columns in listed.items():
        names, there = ", ".join(map(quote, columns)), f"{quote(of)}.{quote(table)}"
        server.exec_driver_sql(_literally(f"INSERT INTO {quote(table)} ({names}) SELECT {names} FROM {there}"))
    server.exec_driver_sql(_literally(f"USE {quote(of)}"))


def _literally(sql: str) -> str:
    """For a driver that takes a percent sign for the mark of a parameter."""
    return sql.replace("%", "%%")
