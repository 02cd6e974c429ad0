"""PostgreSQL, by psycopg: rows travel by COPY on the connection that the snapshot, or the ledger, is on."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
from sqlalchemy import URL, ColumnElement, Connection, Engine, Select, Text, cast, create_engine, event, func
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from ferryman.domain.approval import Identity
from ferryman.domain.errors import FerrymanError, NeedsDecision
from ferryman.domain.schema import Database, Family, Table
from ferryman.tools.databases import (
    pace,
    postgresql_catalogue,
    postgresql_copy,
    postgresql_errors,
    postgresql_roles,
    servers,
)
from ferryman.tools.databases.postgresql_triggers import PostgreSQLTriggers

_TLS = ("sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl", "channel_binding")
_OURS = ("schema", "superuser", "keep_constraints", pace.OPTION)  #: the others are of the client library
_OPTIONS = (*_TLS, "host", "connect_timeout", "application_name", *_OURS)
_PATIENCE = 10  #: seconds to wait for a server to answer
_ROOT = Path("~/.postgresql/root.crt")  #: the certificate authorities that the client library takes by itself

_IDENTITY = """
SELECT (SELECT system_identifier FROM pg_control_system()), oid, current_schema()
FROM pg_catalog.pg_database WHERE datname = current_database()
"""


class PostgreSQL:
    """The PostgreSQL dialect; see `Dialect` for what each method promises.

    The URL's `schema` is the one that is looked at and written, else the first of the role's search path. Every
    connection is opened afresh (no pool), so that what was set on one never shows in another.
    """

    name = "postgresql"
    triggers = PostgreSQLTriggers()
    kinds: Mapping[Family, tuple[str, ...]] = {}

    def source_engine(self, url: URL) -> Engine:
        engine = self._engine(url, guarded=True)
        with self._looking(engine) as connection:
            given = _given(url)
            superuser = servers.switch(given, "superuser")
            postgresql_roles.check_source(connection, superuser=superuser, schema=given.get("schema", ""))
        return engine

    def target_engine(self, url: URL) -> Engine:
        engine = self._engine(url, guarded=False)
        event.listen(engine, "begin", _begin)
        with self._looking(engine) as connection:
            postgresql_roles.check_target(connection, schema=_given(url).get("schema", ""))
        return engine

    def cautions(self, engine: Engine) -> tuple[str, ...]:
        with self._looking(engine) as connection:
            return postgresql_roles.cautions(connection)

    @contextmanager
    def _looking(self, engine: Engine) -> Iterator[Connection]:
        """A connection for a first look, in which an error is one of connecting."""
        url = engine.url
        where = url.host or _given(url).get("host") or "this machine"
        try:
            connection = engine.connect()
        except DBAPIError as error:
            if postgresql_errors.strange(error.orig):
                servers.refuse_other_kind(url, self.name)
            raise postgresql_errors.at_connect(error.orig or error, where, servers.named(url)) from error
        try:
            with connection:
                yield connection
        except DBAPIError as error:
            raise self.translate(error, f"opening {servers.named(url)}") from error

    def _engine(self, url: URL, *, guarded: bool) -> Engine:
        guard = servers.driver("ferryman.tools.databases.postgresql_guard", "postgresql")
        arguments, schema = _arguments(url), _given(url).get("schema", "")
        plain = url.set(drivername="postgresql+psycopg")
        engine = create_engine(
            plain,
            creator=lambda: guard.connect(arguments, schema, guarded=guarded),
            poolclass=NullPool,
            use_native_hstore=False,
        )
        return engine.execution_options(**pace.Pace.of(url).options)

    def identity(self, engine: Engine) -> Identity:
        with self._looking(engine) as connection:
            system, number, schema = connection.exec_driver_sql(_IDENTITY).one()
        database = servers.named(engine.url)
        name = database if schema == "public" else f"{database}.{schema}"
        return Identity(dialect=self.name, name=name, place=servers.place(self.name, str(system), str(number), schema))

    def same(self, one: Engine, other: Engine) -> bool:
        return self.identity(one).place == self.identity(other).place

    def rehearse(self, connection: Connection, statement: str) -> None:
        connection.exec_driver_sql(statement)

    def grant_to_create(self, connection: Connection, *, temporary: bool) -> str:
        return postgresql_roles.grant_to_create(connection, temporary=temporary)

    def lacks(self, connection: Connection, table: str, columns: Sequence[str]) -> str:
        return postgresql_roles.lacks(connection, table, columns)

    @contextmanager
    def copied(self, engine: Engine) -> Iterator[str]:
        try:
            with postgresql_copy.copied(engine, lambda url: self._engine(url, guarded=False)) as url:
                yield url
        except DBAPIError as error:
            raise self.translate(error, f"making a copy of {servers.named(engine.url)}") from error

    def translate(self, error: Exception, doing: str) -> FerrymanError:
        return postgresql_errors.translate(error, doing)

    def outside(self, connection: Connection) -> Mapping[str, str]:
        return postgresql_catalogue.outside(connection)

    def unsteady(self, connection: Connection) -> Mapping[str, str]:
        return {}

    def complete(self, connection: Connection, database: Database) -> Database:
        return postgresql_catalogue.complete(connection, database)

    def estimates(self, connection: Connection) -> Mapping[str, int]:
        return postgresql_catalogue.estimates(connection)

    def kind(self, column: ColumnElement[object]) -> ColumnElement[str]:
        return cast(func.pg_typeof(column), Text)

    def read(
        self, connection: Connection, statement: Select[tuple[object, ...]], families: Sequence[Family], size: int
    ) -> Iterator[pa.RecordBatch]:
        """See `Dialect.read`. Moments out of Arrow's reach (infinity, BC, 24:00) come as the text that they print."""
        values = servers.driver("ferryman.tools.databases.postgresql_values", "postgresql")
        try:
            sql, parameters = _compiled(connection, statement)
            held = pace.pace_of(connection)
            yield from pace.paced(values.read(_raw(connection), sql, parameters, families, held.most(size)), held)
        except _errors() as error:
            raise self.translate(error, "reading rows") from error

    def insert(self, connection: Connection, table: Table, batch: pa.RecordBatch) -> int:
        """See `Dialect.insert`. A batch that fails leaves the transaction unusable: roll back (to a
        savepoint, or all of it)."""
        values = servers.driver("ferryman.tools.databases.postgresql_values", "postgresql")
        try:
            return self.load(connection, table, [batch])
        except NeedsDecision as failure:
            failure.row = values.row_named(failure.__cause__, table, batch)
            raise

    def load(self, connection: Connection, table: Table, batches: Iterable[pa.RecordBatch]) -> int:
        values = servers.driver("ferryman.tools.databases.postgresql_values", "postgresql")
        try:
            if not connection.in_transaction():
                connection.begin()
            return int(values.load(_raw(connection), table, batches))
        except _errors() as error:
            failure = self.translate(error, f"inserting into {table.name}")
            failure.table = table.name
            raise failure from error

    def slow_load(self, engine: Engine) -> str:
        return ""


def _errors() -> tuple[type[Exception], ...]:
    import psycopg

    return DBAPIError, psycopg.Error


def _begin(connection: Connection) -> None:
    if connection.get_execution_options().get("ferryman_reading", False):
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


def _compiled(connection: Connection, statement: Select[tuple[object, ...]]) -> tuple[str, Mapping[str, Any]]:
    compiled = statement.compile(dialect=connection.dialect, compile_kwargs={"render_postcompile": True})
    return compiled.string, compiled.params


def _raw(connection: Connection) -> Any:
    return connection.connection.driver_connection


def _given(url: URL) -> dict[str, str]:
    return servers.options(url, _OPTIONS)


def _arguments(url: URL) -> dict[str, Any]:
    """What psycopg is called with. TLS with a verified name for a server on another machine, unless the URL says."""
    given = _given(url)
    host = url.host or given.get("host") or os.environ.get("PGHOST", "")
    address = {"host": host, "port": url.port, "user": url.username, "password": url.password}
    arguments: dict[str, Any] = {key: given[key] for key in _TLS if key in given}
    if not servers.is_here(host):
        arguments.setdefault("sslmode", "verify-full")
        if arguments["sslmode"].startswith("verify") and not _ROOT.expanduser().exists():
            arguments.setdefault("sslrootcert", servers.authorities())
    return {
        **arguments,
        "dbname": servers.named(url),
        "application_name": given.get("application_name", "ferryman"),
        "connect_timeout": servers.seconds(given, "connect_timeout", _PATIENCE),
        **{key: value for key, value in address.items() if value},
    }
