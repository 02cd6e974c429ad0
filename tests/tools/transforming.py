"""Two real SQLite files and a mapping between them, run both ways: pushed down as SQL, and by the reference."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa
from sqlalchemy import Connection, case, insert, null, or_, select

from ferryman.domain.mapping import ColumnMapping, IdPolicy, Kept, Mapping, Problem, TableMapping
from ferryman.domain.run import Segment
from ferryman.domain.transforms import Transform
from ferryman.tools.databases.connect import Source, Target, open_source, open_target
from ferryman.tools.databases.dialect import clause
from ferryman.tools.databases.sqlite import attach_source
from ferryman.tools.discover.introspect import introspect
from ferryman.tools.prepare.arrow_cast import typed
from ferryman.tools.prepare.arrow_steps import column_vector
from ferryman.tools.prepare.misfit import ValuesDoNotFit
from ferryman.tools.prepare.references import LiveReferences
from ferryman.tools.prepare.sqlite_functions import register_functions
from ferryman.tools.prepare.transform import CompiledTable, compile_table

STARTED = datetime(2024, 5, 1, 12, 30)
ROW_MAP_DDL = """CREATE TABLE ferryman_row (run_id text, table_name text, batch text, kind text, source_key text,
    target_key text, target_key_to text, rows integer, before text);
    CREATE TABLE ferryman_table (run_id text, table_name text, source_name text);"""

Landed = list[tuple[tuple[str, object], ...]]  #: per row the kind and value of each column, in order of legacy keys
Found = dict[tuple[str, Problem], tuple[int, ...]]  #: positions of rows, in order of legacy keys


@dataclass
class Pair:
    """A legacy and a new database, open on both sides."""

    source: Source
    target: Target

    def compile(self, mapping: Mapping, table: str, folder: Path | None = None) -> CompiledTable:
        with self.source.connect() as old, self.target.connect(reading=True) as new:
            catalogues = introspect(old, self.source.dialect), introspect(new, self.target.dialect)
        return compile_table(mapping, table, *catalogues, run_started=STARTED, folder=folder)

    def fill(self, side: str, table: str, rows: Sequence[Sequence[object]]) -> None:
        """Replace the rows of a table of the legacy ("old") or the new ("new") database."""
        engine = self.source.engine if side == "old" else self.target.engine
        with closing(sqlite3.connect(str(engine.url.database))) as database, database:
            database.execute("PRAGMA synchronous = OFF")
            database.execute(f'DELETE FROM "{table}"')
            if rows:
                marks = ", ".join("?" * len(rows[0]))
                database.executemany(f'INSERT INTO "{table}" VALUES ({marks})', rows)

    @contextmanager
    def pushing(self) -> Iterator[Connection]:
        """A connection to the target with the source attached; what is written on it is rolled back."""
        with self.target.connect() as connection:
            register_functions(raw(connection))
            attach_source(connection, self.source)
            yield connection
            connection.rollback()

    def pushed(self, compiled: CompiledTable, *, but_problems: bool = False) -> Landed:
        """What lands by INSERT INTO ... SELECT; without the rows that would fail, when asked."""
        legacy, new = clause(compiled.source, schema="legacy"), clause(compiled.target, schema="main")
        with self.pushing() as connection:
            made = compiled.expressions(legacy, "main")
            rows = select(*made.values()).select_from(legacy).where(compiled.where(legacy, Segment()))
            rows = rows.where(compiled.in_filter(legacy)).order_by(*compiled.key_columns(legacy))
            if but_problems:
                rows = rows.where(~compiled.failing(legacy, "main"))
            connection.execute(insert(new).from_select(list(made), rows))
            return landed(connection, compiled)

    def careful(self, compiled: CompiledTable, *, without: Sequence[int] = ()) -> Landed:
        """What lands by reading, the reference and inserting; without the rows at some positions."""
        with self.source.connect() as old, self.target.connect() as new:
            batch = self._batch(compiled, old, without)
            made = compiled.apply(batch, self._references(compiled, old, new))
            if made.num_rows:
                self.target.dialect.insert(new, compiled.target, made)
            there = landed(new, compiled)
            new.rollback()
            return there

    def problems(self, compiled: CompiledTable) -> Found:
        """The rows that would fail, as SQL counts them."""
        legacy = clause(compiled.source, schema="legacy")
        with self.pushing() as connection:
            asked = compiled.problems(legacy, "main")
            if not asked:
                return {}
            rows = connection.execute(
                select(*asked.values())
                .select_from(legacy)
                .where(compiled.in_filter(legacy))
                .order_by(*compiled.key_columns(legacy))
            ).all()
        marked = {of: tuple(n for n, row in enumerate(rows) if row[i]) for i, of in enumerate(asked)}
        assert all(mark in (0, 1) for row in rows for mark in row), "a problem is true or false"
        return {of: where for of, where in marked.items() if where}

    def misfits(self, compiled: CompiledTable) -> Found:
        """The rows that would fail, as the reference names them."""
        with self.source.connect() as old, self.target.connect() as new:
            try:
                compiled.apply(self._batch(compiled, old, ()), self._references(compiled, old, new))
            except ValuesDoNotFit as error:
                return {(misfit.column, misfit.problem): misfit.rows for misfit in error.misfits}
        return {}

    def each_column(self, compiled: CompiledTable) -> tuple[Landed, Landed]:
        """What lands both ways, pushed down first, where every value that does not fit gives way to NULL."""
        legacy, new = clause(compiled.source, schema="legacy"), clause(compiled.target, schema="main")
        with self.pushing() as connection:
            made, failing = compiled.expressions(legacy, "main"), compiled.problems(legacy, "main")
            for name, expression in made.items():
                wrong = [where for (column, _), where in failing.items() if column == name]
                made[name] = case((or_(*wrong), null()), else_=expression) if wrong else expression
            rows = select(*made.values()).select_from(legacy).order_by(*compiled.key_columns(legacy))
            connection.execute(insert(new).from_select(list(made), rows))
            pushed = landed(connection, compiled)
        with self.source.connect() as old, self.target.connect() as writing:
            work = compiled.work(self._batch(compiled, old, ()), self._references(compiled, old, writing))
            vectors = {column.target: column_vector(work, column) for column in compiled.mapping.columns}
            arrays = [typed(vector, compiled.target.column(name).family) for name, vector in vectors.items()]
            if arrays and len(arrays[0]):
                batch = pa.RecordBatch.from_arrays(arrays, names=list(vectors))
                self.target.dialect.insert(writing, compiled.target, batch)
            careful = landed(writing, compiled)
            writing.rollback()
        return pushed, careful

    def _batch(self, compiled: CompiledTable, old: Connection, without: Sequence[int]) -> pa.RecordBatch:
        legacy = clause(compiled.source)
        read = compiled.read(legacy).where(compiled.in_filter(legacy)).order_by(*compiled.key_columns(legacy))
        batches = list(self.source.dialect.read(old, read, compiled.families, 1_000_000))
        if not batches:
            return pa.RecordBatch.from_pydict({name: pa.array([], pa.string()) for name in compiled.reads})
        kept = [n for n in range(batches[0].num_rows) if n not in set(without)]
        return batches[0].take(pa.array(kept, pa.int64()))

    def _references(self, compiled: CompiledTable, old: Connection, new: Connection) -> LiveReferences:
        return LiveReferences(compiled.plan, compiled.source_database, compiled.target_database, old, new)


def landed(connection: Connection, compiled: CompiledTable) -> Landed:
    """What is in the target's columns, in the order of the rows' coming."""
    new = clause(compiled.target)
    asked = raw(connection).execute(
        f"SELECT {', '.join(f'typeof({name}), {name}' for name in map(quote, compiled.writes))} "
        f"FROM {quote(new.name)} ORDER BY rowid"
    )
    return [tuple(zip(row[::2], row[1::2], strict=True)) for row in asked]


def quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def raw(connection: Connection) -> sqlite3.Connection:
    found = connection.connection.driver_connection
    assert isinstance(found, sqlite3.Connection)
    return found


@contextmanager
def pair(folder: Path, old: str, new: str) -> Iterator[Pair]:
    """Two fresh databases made by these scripts; the new one has an id map too."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = folder / "old.sqlite", folder / "new.sqlite"
    for path, script in zip(paths, (old, f"{new};{ROW_MAP_DDL}"), strict=True):
        with closing(sqlite3.connect(path)) as database, database:
            database.executescript(f"PRAGMA synchronous = OFF; {script}")
    source, target = open_source(str(paths[0])), open_target(str(paths[1]))
    try:
        yield Pair(source, target)
    finally:
        source.dispose()
        target.dispose()


def one_table(
    *columns: ColumnMapping, source: str = "old", key: tuple[str, ...] = ("id",), identity: IdPolicy | None = None
) -> Mapping:
    """A mapping of the table `old` to the table `new`."""
    return Mapping(
        tables=(TableMapping(source=source, target="new", key=key, identity=identity or Kept(), columns=columns),)
    )


def first_column(rows: Landed) -> list[object]:
    return [row[0][1] for row in rows]


def column(target: str, *source: str, steps: tuple[Transform, ...] = ()) -> ColumnMapping:
    return ColumnMapping(target=target, source=source, steps=steps)


@contextmanager
def filled(folder: Path, old: str, new: str, *rows: tuple[object, ...]) -> Iterator[Pair]:
    """A pair whose legacy table `old` holds these rows."""
    with pair(folder, old, new) as both:
        both.fill("old", "old", rows)
        yield both


def same(both: Pair, mapping: Mapping, table: str = "new") -> list[tuple[object, ...]]:
    """What lands, the same both ways, without a row that fails."""
    compiled = both.compile(mapping, table)
    assert both.problems(compiled) == both.misfits(compiled) == {}
    pushed = both.pushed(compiled)
    assert pushed == both.careful(compiled)
    return [tuple(value for _, value in row) for row in pushed]
