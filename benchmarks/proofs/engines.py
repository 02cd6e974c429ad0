"""The databases that the proofs run on. A dialect joins by saying how an empty database of its is made and dropped.

Servers are those at FERRYMAN_TEST_POSTGRESQL_URL (root on 127.0.0.1:5432 unless told) and FERRYMAN_TEST_MYSQL_URL
(root on 127.0.0.1:3306), by a user who may make databases.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sqlalchemy import URL, Connection, create_engine, make_url, text
from sqlalchemy.pool import NullPool

_DRIVERS = {"postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql"}
_UNCHECKED = {
    "postgresql": "SET session_replication_role = replica",
    "mysql": "SET SESSION foreign_key_checks = 0",
}
_PATIENCE = 30.0  #: seconds until a session of a process that was killed is gone


class Engine(Protocol):
    """One kind of database, for both sides."""

    @property
    def name(self) -> str: ...

    def database(self, folder: Path, name: str) -> str:
        """A new, empty database; its URL as `ferryman` takes it. One of that name is replaced."""

    def settle(self, url: str) -> None:
        """Wait until nothing of a process that was killed is at work in a database: what it sent may still commit."""

    def clean(self, folder: Path) -> None:
        """Take away every database made for this folder, and for those in it."""


class SQLite:
    name = "sqlite"

    def database(self, folder: Path, name: str) -> str:
        path = folder / f"{name}.sqlite"
        for ending in ("", "-wal", "-shm", "-journal"):
            path.with_name(path.name + ending).unlink(missing_ok=True)
        path.touch()
        return f"sqlite:///{path}"

    def settle(self, url: str) -> None:
        """Nothing outlives its process."""

    def clean(self, folder: Path) -> None:
        """The files go with their folder."""


@dataclass(frozen=True)
class Statements:
    """What differs between servers, with {} for a database's name."""

    create: str
    drop: str
    sessions: str  #: counts those in a database
    names: str  #: databases that begin like that


_STATEMENTS: Mapping[str, Statements] = {
    "postgresql": Statements(
        "CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'",
        "DROP DATABASE IF EXISTS {} WITH (FORCE)",
        "SELECT count(*) FROM pg_stat_activity WHERE datname = '{}' AND backend_type = 'client backend'",
        "SELECT datname FROM pg_database WHERE datname LIKE '{}%'",
    ),
    "mysql": Statements(
        "CREATE DATABASE {} CHARACTER SET utf8mb4",
        "DROP DATABASE IF EXISTS {}",
        "SELECT count(*) FROM information_schema.processlist WHERE db = '{}'",
        "SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE '{}%'",
    ),
}


@dataclass(frozen=True)
class Server:
    """A running server; `base` leads to it as a user who may make databases."""

    name: str
    base: URL

    @property
    def _statements(self) -> Statements:
        return _STATEMENTS[self.base.get_backend_name()]

    def database(self, folder: Path, name: str) -> str:
        made = f"{_prefix(folder.parent)}{folder.name}_{name}"
        self._run(self._statements.drop.format(made), self._statements.create.format(made))
        return self.base.set(database=made, query={"superuser": "yes"}).render_as_string(hide_password=False)

    def settle(self, url: str) -> None:
        asked = self._statements.sessions.format(make_url(url).database)
        give_up = time.monotonic() + _PATIENCE
        while self._ask(asked) != [0] and time.monotonic() < give_up:
            time.sleep(0.01)

    def clean(self, folder: Path) -> None:
        for name in self._ask(self._statements.names.format(_prefix(folder))):
            self._run(self._statements.drop.format(name))

    def _run(self, *statements: str) -> None:
        with self._connected() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def _ask(self, sql: str) -> list[object]:
        with self._connected() as connection:
            return list(connection.execute(text(sql)).scalars())

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        url = self.base.set(drivername=_DRIVERS[self.base.get_backend_name()])
        engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                yield connection
        finally:
            engine.dispose()


def _prefix(folder: Path) -> str:
    return f"ferryman_proof_{hashlib.sha256(str(folder).encode()).hexdigest()[:12]}_"


ENGINES: dict[str, Engine] = {
    "sqlite": SQLite(),
    "postgresql": Server(
        "postgresql",
        make_url(os.environ.get("FERRYMAN_TEST_POSTGRESQL_URL") or "postgresql://root@127.0.0.1:5432/postgres"),
    ),
    "mariadb": Server(
        "mariadb",
        make_url(os.environ.get("FERRYMAN_TEST_MYSQL_URL") or "mysql://root@127.0.0.1:3306"),
    ),
}


def fill_in_any_order(connection: Connection) -> None:
    """References are not checked on this connection: rows may come before those that they refer to."""
    if statement := _UNCHECKED.get(connection.dialect.name):
        connection.exec_driver_sql(statement)


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """A connection in a transaction that commits; nothing of it stays open, so that this process may fork. The ledger's
    tables are found by their bare names."""
    plain = make_url(url).difference_update_query(["superuser"])
    backend = plain.get_backend_name()
    patient = {"timeout": 60} if backend == "sqlite" else {}  # a run that is at work may hold the file on a slow disk
    plain = plain.set(drivername=_DRIVERS.get(backend, plain.drivername))
    engine = create_engine(plain, poolclass=NullPool, connect_args=patient)
    try:
        with engine.begin() as connection:
            if backend == "postgresql":
                connection.exec_driver_sql("SET LOCAL search_path TO public, ferryman")
            yield connection
    finally:
        engine.dispose()
