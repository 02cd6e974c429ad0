"""MariaDB and MySQL, by PyMySQL: rows travel on the connection that the snapshot, or the ledger, is on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
from sqlalchemy import URL, ColumnElement, Connection, Double, Engine, Select, cast, create_engine, event, literal
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from ferryman.domain.approval import Identity
from ferryman.domain.errors import Configuration, FerrymanError, NeedsDecision
from ferryman.domain.schema import Database, Family, Table
from ferryman.tools.databases import mysql_catalogue, mysql_copy, mysql_errors, mysql_roles, pace, servers
from ferryman.tools.databases.mysql_triggers import MySQLTriggers

_OPTIONS = (
    "charset",
    "connect_timeout",
    "ssl",
    "ssl_ca",
    "ssl_cert",
    "ssl_key",
    "superuser",
    "unix_socket",
    pace.OPTION,
)
_PATIENCE = 10  #: seconds to wait for a server to answer
_FLOAT = 4  #: the protocol's number of the single-precision type

_IDENTITY = """
SHOW GLOBAL VARIABLES WHERE Variable_name IN ('server_uuid', 'server_uid', 'hostname', 'port', 'datadir')
"""


class MySQL:
    """The dialect of MariaDB and MySQL; see `Dialect` for what each method promises.

    Only InnoDB's tables are looked at: others keep no transactions. Every connection is opened afresh (no pool), so
    that what was set on one never shows in another.
    """

    name = "mysql"
    triggers = MySQLTriggers()
    kinds: Mapping[Family, tuple[str, ...]] = {}

    def source_engine(self, url: URL) -> Engine:
        engine = self._engine(url, guarded=True)
        guard = servers.driver("ferryman.tools.databases.mysql_guard", "mysql")
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(guard.BEGIN) and None)
        with self._looking(engine) as connection:
            mysql_roles.check_source(connection, superuser=servers.switch(_given(url), "superuser"))
        return engine

    def target_engine(self, url: URL) -> Engine:
        engine = self._engine(url, guarded=False)
        event.listen(engine, "begin", _begin)
        with self._looking(engine) as connection:
            mysql_roles.check_target(connection)
        return engine

    def cautions(self, engine: Engine) -> tuple[str, ...]:
        with self._looking(engine) as connection:
            return mysql_roles.cautions(connection)

    @contextmanager
    def _looking(self, engine: Engine) -> Iterator[Connection]:
        """A connection for a first look, in which an error is one of connecting."""
        url = engine.url
        name = servers.named(url)
        try:
            connection = engine.connect()
        except DBAPIError as error:
            if mysql_errors.parts(error.orig or error)[0] == mysql_errors.LOST_LINE:
                servers.refuse_other_kind(url, self.name)
            raise mysql_errors.at_connect(error.orig or error, url.host or "this machine", name) from error
        try:
            with connection:
                yield connection
        except DBAPIError as error:
            raise self.translate(error, f"opening {name}") from error

    def _engine(self, url: URL, *, guarded: bool) -> Engine:
        guard = servers.driver("ferryman.tools.databases.mysql_guard", "mysql")
        arguments = _arguments(url)
        engine = create_engine(
            url.set(drivername="mysql+pymysql"),
            creator=lambda: guard.connect(arguments, guarded=guarded),
            poolclass=NullPool,
        )
        return engine.execution_options(**pace.Pace.of(url).options)

    def identity(self, engine: Engine) -> Identity:
        with self._looking(engine) as connection:
            server = sorted(f"{name}={value}" for name, value in connection.exec_driver_sql(_IDENTITY))
            database = str(connection.exec_driver_sql("SELECT DATABASE()").scalar())
        return Identity(dialect=self.name, name=database, place=servers.place(self.name, *server, database))

    def same(self, one: Engine, other: Engine) -> bool:
        return self.identity(one).place == self.identity(other).place

    def rehearse(self, connection: Connection, statement: str) -> None:
        """See `Dialect.rehearse`. To prepare a statement asks for its rights; to run it would commit."""
        connection.exec_driver_sql("PREPARE ferryman_asks FROM %s", (statement,))
        connection.exec_driver_sql("DEALLOCATE PREPARE ferryman_asks")

    def grant_to_create(self, connection: Connection, *, temporary: bool) -> str:
        return mysql_roles.grant_to_create(connection, temporary=temporary)

    def lacks(self, connection: Connection, table: str, columns: Sequence[str]) -> str:
        return mysql_roles.lacks(connection, table, columns)

    @contextmanager
    def copied(self, engine: Engine) -> Iterator[str]:
        """See `Dialect.copied`. It has no triggers and no views."""
        try:
            with mysql_copy.copied(engine, lambda url: self._engine(url, guarded=False)) as url:
                yield url
        except DBAPIError as error:
            raise self.translate(error, f"making a copy of {servers.named(engine.url)}") from error

    def translate(self, error: Exception, doing: str) -> FerrymanError:
        return mysql_errors.translate(error, doing)

    def outside(self, connection: Connection) -> Mapping[str, str]:
        return mysql_catalogue.outside(connection)

    def unsteady(self, connection: Connection) -> Mapping[str, str]:
        return mysql_catalogue.unsteady(connection)

    def complete(self, connection: Connection, database: Database) -> Database:
        return mysql_catalogue.complete(connection, database)

    def estimates(self, connection: Connection) -> Mapping[str, int]:
        return mysql_catalogue.estimates(connection)

    def kind(self, column: ColumnElement[object]) -> ColumnElement[str]:
        return literal("")

    def read(
        self, connection: Connection, statement: Select[tuple[object, ...]], families: Sequence[Family], size: int
    ) -> Iterator[pa.RecordBatch]:
        """See `Dialect.read`. Moments that are none (zero dates, times beyond a day) come as the text they print."""
        values = servers.driver("ferryman.tools.databases.mysql_values", "mysql")
        try:
            described = connection.execute(statement.limit(0))
            assert described.cursor is not None
            single = [one[1] == _FLOAT for one in described.cursor.description]
            described.close()
            sql, parameters = _compiled(connection, _widened(statement, single))
            held = pace.pace_of(connection)
            rows = values.read(_raw(connection), sql, parameters, families, held.most(size), single)
            yield from pace.paced(rows, held)
        except _errors() as error:
            raise self.translate(error, "reading rows") from error

    def insert(self, connection: Connection, table: Table, batch: pa.RecordBatch) -> int:
        """See `Dialect.insert`. A batch that fails may leave earlier rows in the transaction: roll back."""
        values = servers.driver("ferryman.tools.databases.mysql_values", "mysql")
        try:
            return self._put(connection, table, lambda: values.insert(_raw(connection), table, batch))
        except NeedsDecision as failure:
            failure.row = mysql_errors.row_of(failure.__cause__)
            raise

    def load(self, connection: Connection, table: Table, batches: Iterable[pa.RecordBatch]) -> int:
        """See `Dialect.load`; in case of a failure as `insert`."""
        loading = servers.driver("ferryman.tools.databases.mysql_load", "mysql")
        return self._put(connection, table, lambda: loading.load(_raw(connection), table, batches))

    def slow_load(self, engine: Engine) -> str:
        with self._looking(engine) as connection:
            if connection.exec_driver_sql("SELECT @@local_infile").scalar():
                return ""
        return "the server takes no LOAD DATA LOCAL (local_infile is off), so they go in by statements of many rows"

    def _put(self, connection: Connection, table: Table, put: Callable[[], int]) -> int:
        try:
            if not connection.in_transaction():
                connection.begin()
            return put()
        except _errors() as error:
            failure = self.translate(error, f"inserting into {table.name}")
            failure.table = table.name
            raise failure from error


def _errors() -> tuple[type[Exception], ...]:
    import pymysql

    return DBAPIError, pymysql.Error


def _begin(connection: Connection) -> None:
    if connection.get_execution_options().get("ferryman_reading", False):
        connection.exec_driver_sql("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")


def _widened(statement: Select[Any], single: Sequence[bool]) -> Select[Any]:
    """The same rows with single-precision columns as doubles, which the server prints in full."""
    if not any(single):
        return statement
    columns = list(statement.selected_columns)
    wide = [cast(c, Double).label(c.name) if is_single else c for c, is_single in zip(columns, single, strict=True)]
    return statement.with_only_columns(*wide, maintain_column_froms=True)


def _compiled(connection: Connection, statement: Select[Any]) -> tuple[str, Mapping[str, Any]]:
    compiled = statement.compile(dialect=connection.dialect, compile_kwargs={"render_postcompile": True})
    return compiled.string, compiled.params


def _raw(connection: Connection) -> Any:
    return connection.connection.driver_connection


def _given(url: URL) -> dict[str, str]:
    return servers.options(url, _OPTIONS)


def _arguments(url: URL) -> dict[str, Any]:
    """What PyMySQL is called with. TLS with a verified name for a server on another machine, unless the URL says no."""
    given = _given(url)
    if given.get("charset", "utf8mb4").lower() != "utf8mb4":
        raise Configuration("The database URL asks for another charset than utf8mb4.", "Leave charset away.")
    arguments: dict[str, Any] = {key: given[key] for key in ("ssl_ca", "ssl_cert", "ssl_key") if key in given}
    secure = servers.switch(given, "ssl") if "ssl" in given else bool(arguments) or not servers.is_here(url.host or "")
    if secure:
        arguments.setdefault("ssl_ca", servers.authorities())
        arguments.update(ssl_verify_cert=True, ssl_verify_identity=True)
    else:
        arguments = {"ssl_disabled": True}
    address = {"host": url.host, "port": url.port, "user": url.username, "unix_socket": given.get("unix_socket")}
    return {
        **arguments,
        "password": url.password or "",
        "database": servers.named(url),
        "connect_timeout": servers.seconds(given, "connect_timeout", _PATIENCE),
        **{key: value for key, value in address.items() if value},
    }
