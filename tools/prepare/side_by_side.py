"""Both databases on one connection, for set queries that look into the two at once.

Two SQLite files are attached to one another. A database on a server has a mirror instead: what the question can look
into is fetched, in one snapshot, into a SQLite file in a folder of ours that goes with the connection.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from sqlalchemy import URL, Connection, TableClause, inspect, select
from sqlalchemy.exc import DBAPIError

from ferryman.domain.filters import columns_of
from ferryman.domain.schema import Column, Family, Table
from ferryman.tools.databases.connect import Source, Target
from ferryman.tools.databases.dialect import clause
from ferryman.tools.databases.sqlite import SQLite, attach_source
from ferryman.tools.databases.sqlite_errors import translate
from ferryman.tools.databases.sqlite_guard import attach_legacy
from ferryman.tools.databases.sqlite_values import quote
from ferryman.tools.prepare import mirror
from ferryman.tools.prepare.identity import FILLED
from ferryman.tools.prepare.reach import Columns, Reach, reach_of
from ferryman.tools.prepare.sqlite_functions import register_functions
from ferryman.tools.prepare.transform import CompiledTable

ID_MAP = "ferryman_row"
QUARANTINE = "ferryman_quarantine"

_LEDGER = {
    FILLED.name: " ".join(column.name for column in FILLED.columns),
    ID_MAP: "run_id table_name batch kind source_key target_key target_key_to rows before",
    QUARANTINE: "run_id table_name source_key state",
}


def joined(source: Source, target: Target) -> bool:
    """Whether one connection can see both databases themselves."""
    return source.dialect.name == target.dialect.name == "sqlite"


@contextmanager
def side_by_side(
    source: Source,
    target: Target,
    doing: str,
    about: Sequence[CompiledTable],
    referring: Sequence[CompiledTable] = (),
) -> Iterator[Connection]:
    """A connection with the target's tables and, as schema `legacy`, the source's, for reading: those that questions
    about these tables of a plan look into, and questions about the references of those `referring`. The tables are to
    be asked as `mirror.beside` gives them.

    The ledger's tables can be asked whether there is a ledger or not: where there is none they are empty.
    """
    reach, about = reach_of(about, referring), (*about, *referring)
    with beside_source(source, doing, about, reach) as old:
        if target.dialect.name == "sqlite":
            with target.connect(doing, reading=True) as connection:
                _attach(connection, source, old)
                there = set(inspect(connection).get_table_names())
                for name, columns in _LEDGER.items():
                    if name not in there:
                        connection.exec_driver_sql(f"CREATE TEMP TABLE {name} ({', '.join(columns.split())})")
                yield connection
        else:
            with stand_in(source, target, doing, about, reach, old) as connection:
                with target.connect(doing, reading=True) as asked:
                    _pull_target(raw(connection), asked, target, about, reach)
                yield connection


class Looks:
    """Several looks in turn at connections of `side_by_side`: one that looks into nothing but what an earlier one did
    sees what was fetched for that, in its snapshot. Every look finds the temporary tables gone that others made."""

    def __init__(self, source: Source, target: Target, doing: str) -> None:
        self._sides = source, target, doing
        self._open = ExitStack()
        self._at: tuple[Reach, Connection] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: Any) -> None:
        self._at = None
        self._open.__exit__(*error)

    @contextmanager
    def about(self, about: Sequence[CompiledTable], referring: Sequence[CompiledTable] = ()) -> Iterator[Connection]:
        """A connection for questions about these tables, and about the references of those `referring`."""
        reach = reach_of(about, referring)
        if self._at is None or not self._at[0].covers(reach):
            self.__exit__(None, None, None)
            self._at = reach, self._open.enter_context(side_by_side(*self._sides, about, referring))
        connection = self._at[1]
        point = connection.begin_nested()
        try:
            yield connection
        finally:
            with suppress(DBAPIError):  # what goes wrong in the look itself is told
                point.rollback()


@contextmanager
def legacy_rows(
    source: Source, doing: str, compiled: CompiledTable, also: Collection[str] = ()
) -> Iterator[tuple[Connection, CompiledTable, TableClause]]:
    """The legacy rows of one table, to be counted by key, filter and what is asked for `also`: a connection, the table
    as it is to be asked, and where its rows are. Keys have the order there in which batches go through them."""
    if source.dialect.name == "sqlite":
        with source.connect(doing) as connection:
            yield connection, compiled, clause(compiled.source)
        return
    if compiled.mapping.filter is None and numbered(compiled):
        with source.connect(doing) as connection:
            yield connection, compiled, clause(compiled.source)
        return
    filtered = columns_of(compiled.mapping.filter) if compiled.mapping.filter else ()
    reach = Reach(legacy={compiled.source.name: {*compiled.mapping.key, *filtered, *also}})
    with beside_source(source, doing, [compiled], reach) as path:
        dialect = SQLite()
        engine = dialect.source_engine(URL.create("sqlite", database=str(path)))
        with Source(engine, dialect, source.identity, "").connect(doing) as connection:
            seen = mirror.beside(compiled)
            yield connection, seen, clause(seen.source)


def numbered(compiled: CompiledTable) -> bool:
    """Whether a source keeps the legacy keys in the order in which a mirror would: they are single integers."""
    keys = [compiled.source.by_name.get(name) for name in compiled.mapping.key]
    return len(keys) == 1 and keys[0] is not None and keys[0].family is Family.INTEGER and not keys[0].unsigned


@contextmanager
def beside_source(source: Source, doing: str, about: Sequence[CompiledTable], reach: Reach) -> Iterator[Path | None]:
    """The file that mirrors a source's tables; None where the source is a file itself."""
    if isinstance(source, Held):
        source.have(doing, about, reach)
    if source.dialect.name == "sqlite":
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="ferryman-") as folder:
        path = Path(folder) / "legacy.sqlite"
        _pull_source(path, source, doing, about, reach.legacy)
        yield path


@dataclass(frozen=True, kw_only=True)
class Held(Source):
    """A source on a server as its mirror has it, kept for many questions. Whoever asks finds a SQLite file, into which
    what the question can look at is fetched where it is not there yet."""

    live: Source
    path: Path
    columns: Columns = field(default_factory=dict)  #: what is there, by table

    def have(self, doing: str, about: Sequence[CompiledTable], reach: Reach) -> None:
        """Fetch the tables of which something is wanted that is not there."""
        there = dict(self.columns)
        lacking = {name: names for name, names in reach.legacy.items() if not names <= there.get(name, set())}
        if not lacking:
            return
        wanted = {name: names | there.get(name, set()) for name, names in lacking.items()}
        if not there:
            self.path.unlink(missing_ok=True)  # what is left of a fetch that failed
        self.columns.clear()
        _pull_source(self.path, self.live, doing, about, wanted)
        self.columns.update(there | wanted)


@contextmanager
def held(source: Source) -> Iterator[Source]:
    """A source of which each table is fetched once in the block; a file stays what it is."""
    if source.dialect.name == "sqlite":
        yield source
        return
    with tempfile.TemporaryDirectory(prefix="ferryman-") as folder:
        path, dialect = Path(folder) / "legacy.sqlite", SQLite()
        with _made(path):
            pass
        engine, zone = dialect.source_engine(URL.create("sqlite", database=str(path))), source.time_zone
        kept = Held(engine, dialect, source.identity, source.url, time_zone=zone, live=source, path=path)
        try:
            yield kept
        finally:
            kept.dispose()


def _pull_source(path: Path, source: Source, doing: str, about: Sequence[CompiledTable], columns: Columns) -> None:
    with source.connect(doing) as connection, _made(path) as made:
        for name, names in columns.items():
            table = about[0].source_database.table(name)
            made.execute(f"DROP TABLE IF EXISTS {quote(name)}")
            mirror.create(made, table, whole=set(table.primary_key) <= names)
            mirror.pull(made, connection, source.dialect, table, names)


@contextmanager
def stand_in(
    source: Source, target: Target, doing: str, about: Sequence[CompiledTable], reach: Reach, old: Path | None
) -> Iterator[Connection]:
    """A connection to empty mirrors of a target's tables and of its ledger's, with the source beside them."""
    with tempfile.TemporaryDirectory(prefix="ferryman-") as folder:
        path = Path(folder) / "target.sqlite"
        with _made(path) as made:
            for name in reach.target:
                mirror.create(made, about[0].target_database.table(name))
        held = Target(SQLite().target_engine(URL.create("sqlite", database=str(path))), SQLite(), target.identity, "")
        with held.connect(doing) as connection:
            schema = ledger_schema(target)
            if schema is not None:
                raw(connection).execute(f"ATTACH DATABASE ':memory:' AS {schema}")
            for name, columns in _LEDGER.items():
                listed = ", ".join(columns.split())
                raw(connection).execute(f"CREATE TABLE {schema or 'main'}.{name} ({listed})")
            key = "(table_name, source_key)"
            raw(connection).execute(f"CREATE INDEX {schema or 'main'}.ferryman_by_source ON {ID_MAP} {key}")
            raw(connection).execute("PRAGMA synchronous = OFF")
            raw(connection).execute("PRAGMA journal_mode = MEMORY")
            _attach(connection, source, old)
            yield connection


def ledger_schema(target: Target) -> str | None:
    """Where a target keeps the ledger's tables."""
    return "ferryman" if target.dialect.name == "postgresql" else None


def ledger_table(name: str) -> Table:
    """One of the ledger's tables as a mirror has it: of texts."""
    columns = (Column(name=n, native="TEXT", family=Family.TEXT) for n in _LEDGER[name].split())
    return Table(name=name, columns=tuple(columns))


@contextmanager
def _made(path: Path) -> Iterator[sqlite3.Connection]:
    """A new SQLite file, to be filled quickly: nobody needs it when something goes wrong."""
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = OFF")
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute("BEGIN")
            yield connection
            connection.execute("CREATE TABLE IF NOT EXISTS ferryman_made (at)")
            connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise translate(error, f"keeping rows in {path.parent}") from error


def _attach(connection: Connection, source: Source, old: Path | None) -> None:
    if old is None:
        attach_source(connection, source)
    else:
        attach_legacy(raw(connection), f"{old.as_uri()}?mode=ro")
    register_functions(raw(connection))


def _pull_target(
    made: sqlite3.Connection, asked: Connection, target: Target, about: Sequence[CompiledTable], reach: Reach
) -> None:
    made.execute("BEGIN")
    tables: Columns = reach.target
    for name, columns in tables.items():
        mirror.pull(made, asked, target.dialect, about[0].target_database.table(name), columns)
    schema = ledger_schema(target)
    there = set(inspect(asked).get_table_names(schema=schema))
    for name, listed in _LEDGER.items():
        if name in there:
            from_ = clause(name, listed.split(), schema=schema)
            wanted = select(*from_.c).where(from_.c.table_name.in_(list(tables)))
            table = ledger_table(name)
            families = [column.family for column in table.columns]
            mirror.put_all(made, table, target.dialect.read(asked, wanted, families, mirror.ROWS))
    made.execute("COMMIT")


def raw(connection: Connection) -> sqlite3.Connection:
    """The driver's own connection."""
    found = connection.connection.driver_connection
    assert isinstance(found, sqlite3.Connection)
    return found
