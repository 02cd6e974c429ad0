"""A copy of a whole PostgreSQL database on its own server, to try things on: its rows, sequences, triggers and types.

PostgreSQL makes it (CREATE DATABASE ... TEMPLATE), which it does only while nobody else is connected to the original.
A connection to the copy is held for as long as it is needed: so a copy that a killed process left is told from one that
is in use, and is dropped by the next who makes one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import URL, Connection, Engine
from sqlalchemy.exc import DBAPIError

from ferryman.domain.errors import Configuration, Refused
from ferryman.tools.databases import copies

_SERVER = ("postgres", "template1")  #: databases to connect to for what concerns the whole server
_MINE = "SELECT datname FROM pg_catalog.pg_database WHERE pg_catalog.pg_has_role(datdba, 'USAGE')"


@contextmanager
def copied(engine: Engine, to: Callable[[URL], Engine]) -> Iterator[str]:
    """The URL of a copy, which is gone when the block is left. `to` makes an engine for a URL.

    Raises Configuration where the role may make no database, Refused where others are connected to the original.
    """
    name, of = copies.new_name(), str(engine.url.database)
    with _server(engine.url, to) as server:
        _sweep(server)
        _create(server, name, of)
        try:
            copy = to(engine.url.set(database=name))
            with copy.connect():
                yield copies.at(engine.url, name)
        finally:
            server.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@contextmanager
def _server(url: URL, to: Callable[[URL], Engine]) -> Iterator[Connection]:
    for database in _SERVER:
        engine = to(url.set(database=database)).execution_options(isolation_level="AUTOCOMMIT")
        try:
            connection = engine.connect()
        except DBAPIError:
            if database == _SERVER[-1]:
                raise
            continue
        with connection:
            yield connection
        return


def _sweep(server: Connection) -> None:
    """Drop the copies that nobody is connected to."""
    for (name,) in server.exec_driver_sql(_MINE).all():
        if copies.is_one(name):
            try:
                server.exec_driver_sql(f"DROP DATABASE IF EXISTS {name}")
            except DBAPIError as error:
                if _state(error) != "55006":  # somebody is connected to it
                    raise


def _create(server: Connection, name: str, of: str) -> None:
    quoted = server.dialect.identifier_preparer.quote_identifier(of)
    try:
        server.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {quoted}".replace("%", "%%"))
    except DBAPIError as error:
        if _state(error) == "42501":
            raise Configuration(
                f"A copy of {of} to try things on cannot be made: the role may not make databases.",
                f"Grant it (ALTER ROLE ... CREATEDB), {copies.instead()}",
            ) from error
        if _state(error) == "55006":
            raise Refused(
                f"A copy of {of} to try things on cannot be made while another program is connected to {of}.",
                f"Disconnect it for as long as the copying takes, {copies.instead()}",
            ) from error
        raise


def _state(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", None) or "")
