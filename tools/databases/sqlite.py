"""SQLite, by Python's own `sqlite3` alone: a second library in the process would break the file's locks."""

from __future__ import annotations

import hashlib
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
from sqlalchemy import URL, ColumnElement, Connection, Engine, Select, create_engine, event, func
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from ferryman.domain.approval import Identity
from ferryman.domain.errors import Configuration, FerrymanError
from ferryman.domain.schema import Database, Family, Table
from ferryman.tools.databases import sqlite_catalogue, sqlite_errors, sqlite_file, sqlite_guard, sqlite_values
from ferryman.tools.databases.arrow import joined_up, record_batch
from ferryman.tools.databases.sqlite_triggers import SQLiteTriggers

if TYPE_CHECKING:
    from ferryman.tools.databases.connect import Source

BUSY_SECONDS = 4.0  #: how long a statement waits for another program's lock
_PAGE = 2_000  #: rows that are held as Python values at a time
_OLDEST = (3, 37, 0)  #: the first with `pragma_table_list`

_TEXT = ("text",)
_KINDS: dict[Family, tuple[str, ...]] = {
    Family.BOOLEAN: ("integer",),
    Family.INTEGER: ("integer",),
    Family.DECIMAL: ("integer", "real"),
    Family.FLOAT: ("real",),
    Family.BINARY: ("blob",),
    Family.OTHER: ("integer", "real", "text", "blob"),
    **dict.fromkeys(
        (Family.TEXT, Family.DATE, Family.TIME, Family.TIMESTAMP, Family.JSON, Family.UUID, Family.ENUM), _TEXT
    ),
}

#: Reads any bytes as text and loses none: what is not UTF-8 becomes lone surrogates. Half again as slow as `str`.
_any_text = partial(str, encoding="utf-8", errors="surrogateescape")


class SQLite:
    """The SQLite dialect; see `Dialect` for what each method promises.

    Every connection is opened afresh (no pool), so that what was attached to one never shows in another.
    """

    name = "sqlite"
    triggers = SQLiteTriggers()
    kinds: Mapping[Family, tuple[str, ...]] = _KINDS

    def source_engine(self, url: URL) -> Engine:
        path = sqlite_file.database_path(url)
        sqlite_file.check_readable(path)
        engine = _engine(path, "ro", sqlite_guard.guard_source)
        self._look(engine, path)
        return engine

    def target_engine(self, url: URL) -> Engine:
        path = sqlite_file.database_path(url)
        sqlite_file.check_readable(path)
        sqlite_file.check_writable(path)
        engine = _engine(path, "rw", lambda connection: None)
        self._look(engine, path)
        return engine

    def _look(self, engine: Engine, path: Path) -> None:
        if sqlite3.sqlite_version_info < _OLDEST:
            raise Configuration(
                f"Python's SQLite is {sqlite3.sqlite_version}; Ferryman needs 3.37 or later.",
                "Use a newer Python, or a system with a newer SQLite.",
            )
        try:
            with engine.execution_options(ferryman_reading=True).connect() as connection:
                connection.exec_driver_sql("SELECT count(*) FROM sqlite_schema").all()
        except DBAPIError as error:
            if getattr(error.orig, "sqlite_errorcode", 0) == sqlite3.SQLITE_NOTADB:
                raise sqlite_file.what_it_is(path) from error
            raise self.translate(error, f"opening {path}") from error

    def cautions(self, engine: Engine) -> tuple[str, ...]:
        return ()

    def identity(self, engine: Engine) -> Identity:
        path = _path(engine).resolve()
        place = hashlib.sha256(f"sqlite\n{path}\n{path.stat().st_ino}".encode(errors="surrogateescape"))
        return Identity(dialect=self.name, name=path.stem, place=place.hexdigest())

    def same(self, one: Engine, other: Engine) -> bool:
        return _path(one).samefile(_path(other))

    def rehearse(self, connection: Connection, statement: str) -> None:
        connection.exec_driver_sql(statement)

    def grant_to_create(self, connection: Connection, *, temporary: bool) -> str:
        return ""  # it has no roles

    def lacks(self, connection: Connection, table: str, columns: Sequence[str]) -> str:
        return ""  # it has no roles

    @contextmanager
    def copied(self, engine: Engine) -> Iterator[str]:
        """See `Dialect.copied`. It is a file in a temporary folder."""
        with tempfile.TemporaryDirectory(prefix="ferryman-") as folder:
            path = Path(folder) / f"{_path(engine).stem}.sqlite"
            try:
                with (
                    engine.execution_options(ferryman_reading=True).connect() as connection,
                    closing(sqlite3.connect(path)) as copy,
                ):
                    _raw(connection).backup(copy)
            except (DBAPIError, sqlite3.Error) as error:
                raise self.translate(error, f"making a copy of {_path(engine).stem}") from error
            yield str(path)

    def translate(self, error: Exception, doing: str) -> FerrymanError:
        return sqlite_errors.translate(error, doing)

    def outside(self, connection: Connection) -> Mapping[str, str]:
        return sqlite_catalogue.outside(connection)

    def unsteady(self, connection: Connection) -> Mapping[str, str]:
        return {}

    def complete(self, connection: Connection, database: Database) -> Database:
        return sqlite_catalogue.complete(connection, database)

    def estimates(self, connection: Connection) -> Mapping[str, int]:
        """It keeps none."""
        return {}

    def kind(self, column: ColumnElement[object]) -> ColumnElement[str]:
        return func.typeof(column)

    def read(
        self, connection: Connection, statement: Select[tuple[object, ...]], families: Sequence[Family], size: int
    ) -> Iterator[pa.RecordBatch]:
        """See `Dialect.read`. Text that is not UTF-8 comes as an SQL literal of its bytes, its column marked unfit."""
        try:
            pages = _fetch(connection, statement, min(size, _PAGE))
            yield from joined_up((record_batch(names, families, rows) for names, rows in pages), size)
        except (DBAPIError, sqlite3.Error) as error:
            raise self.translate(error, "reading rows") from error

    def insert(self, connection: Connection, table: Table, batch: pa.RecordBatch) -> int:
        """See `Dialect.insert`. A batch that fails leaves its earlier rows in the transaction: roll back."""
        try:
            if not connection.in_transaction():
                connection.begin()
            return sqlite_values.insert(_raw(connection), table, batch)
        except (DBAPIError, sqlite3.Error) as error:
            failure = self.translate(error, f"inserting into {table.name}")
            failure.table = table.name
            raise failure from error

    def load(self, connection: Connection, table: Table, batches: Iterable[pa.RecordBatch]) -> int:
        return sum(self.insert(connection, table, batch) for batch in batches)

    def slow_load(self, engine: Engine) -> str:
        return ""


def attach_source(target: Connection, source: Source) -> None:
    """Attach a SQLite source to a target's connection as schema `legacy`, read-only, for INSERT INTO ... SELECT.

    From then on the connection attaches and detaches nothing, changes no lasting setting and only reads `legacy`.
    Call it before the connection's first statement; it lasts until the connection is closed.
    """
    try:
        sqlite_guard.attach_legacy(_raw(target), _uri(_path(source.engine), "ro"))
    except sqlite3.Error as error:
        raise sqlite_errors.translate(error, "attaching the old database") from error


def _engine(path: Path, mode: str, prepare: Callable[[sqlite3.Connection], None]) -> Engine:
    def opened() -> sqlite3.Connection:
        connection = sqlite3.connect(
            _uri(path, mode), uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        connection.text_factory = _any_text
        try:
            prepare(connection)
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    engine = create_engine(URL.create("sqlite", database=str(path)), creator=opened, poolclass=NullPool)
    event.listen(engine, "begin", _begin_read if mode == "ro" else _begin_write)
    return engine


def _begin_read(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _begin_write(connection: Connection) -> None:
    reading = connection.get_execution_options().get("ferryman_reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _path(engine: Engine) -> Path:
    return Path(engine.url.database or "")


def _uri(path: Path, mode: str) -> str:
    return f"{path.resolve().as_uri()}?mode={mode}"


def _raw(connection: Connection) -> sqlite3.Connection:
    raw = connection.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    return raw


def _fetch(
    connection: Connection, statement: Select[tuple[object, ...]], size: int
) -> Iterator[tuple[list[str], list[tuple[object, ...]]]]:
    """Rows as SQLite holds them, past SQLAlchemy's conversions. One text that is not UTF-8 makes it start over,
    skip what was given, and go on with a slower reading of text; the transaction's snapshot keeps the order."""
    given = 0
    try:
        for names, rows in _pages(connection, statement, size, str, 0):
            yield names, rows
            given += len(rows)
    except sqlite3.OperationalError as error:
        if "Could not decode to UTF-8" not in str(error):
            raise
        yield from _pages(connection, statement, size, _any_text, given)


def _pages(
    connection: Connection, statement: Select[tuple[object, ...]], size: int, text: Callable[[bytes], str], skip: int
) -> Iterator[tuple[list[str], list[tuple[object, ...]]]]:
    raw, result = _raw(connection), connection.execute(statement)
    names = list(result.keys())

    def page(rows: int) -> list[tuple[object, ...]]:
        assert result.cursor is not None
        raw.text_factory = text
        try:
            return list(result.cursor.fetchmany(rows))
        finally:
            raw.text_factory = _any_text

    try:
        while skip:
            skip -= len(page(min(size, skip)))
        while rows := page(size):
            yield names, rows
    finally:
        if not connection.closed:  # whoever failed in the middle has closed it already
            result.close()
