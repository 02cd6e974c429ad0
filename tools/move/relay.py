"""What a batch can meet in a target on a server, fetched into the stand-in of the target before the batch is looked at.

Each fetch asks about the keys of the batch alone: they go into a temporary table of the target's session, in the
types of the columns that they are compared with, and one join answers. So what the batch sees is what the target
holds in the transaction that the batch commits in.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    String,
    and_,
    cast,
    delete,
    false,
    literal,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.types import NullType

from ferryman.domain.mapping import Generated, TableMapping
from ferryman.domain.run import Segment
from ferryman.domain.schema import Column, Family, Table
from ferryman.tools.databases.dialect import clause
from ferryman.tools.move.bench import Bench
from ferryman.tools.move.foreign import ForeignCheck
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.rowkeys import Record, RowKeys
from ferryman.tools.move.tables import RowKind
from ferryman.tools.move.variants import pushable
from ferryman.tools.prepare import mirror
from ferryman.tools.prepare.arrow_cast import fit, typed
from ferryman.tools.prepare.arrow_values import legacy, there
from ferryman.tools.prepare.bonds import Bond, as_one
from ferryman.tools.prepare.brought import text_of_key
from ferryman.tools.prepare.elsewhere import elsewhere
from ferryman.tools.prepare.identity import FILLED, of_this_source
from ferryman.tools.prepare.lineage import key_column, policies
from ferryman.tools.prepare.side_by_side import ID_MAP, QUARANTINE, ledger_table, raw
from ferryman.tools.prepare.sqlite_links import Named
from ferryman.tools.prepare.sqlite_scope import schema_of
from ferryman.tools.prepare.transform import CompiledTable

_ROWS = 50_000  #: keys that are in memory at a time
_ASKED = "ferryman_asked"  #: temporary tables of the target's session
_SOURCE_KEY = Column(name="source_key", native="TEXT", family=Family.TEXT)


@dataclass
class Relay:
    """The fetching for one table that is copied."""

    bench: Bench
    ledger: Ledger
    checks: Sequence[ForeignCheck]
    keys: RowKeys
    stood_in: bool = False  #: placeholders stand in the table
    natural: set[str] = field(default_factory=set)  #: targets whose natural keys are in the stand-in
    told: bool = False  #: the stand-in knows which legacy tables filled what
    spoken_of: dict[tuple[str, str], bool] = field(default_factory=dict)  #: see `_speaks_of`; by target and source

    @property
    def _compiled(self) -> CompiledTable:
        return self.bench.compiled

    @property
    def _listed(self) -> tuple[Named, ...]:
        """Rows that ours name beside a type or in lists."""
        return tuple(pushable(self._compiled).named(self.bench.legacy))

    def fetch(self, segment: Segment, *, odd_keys: bool = False) -> None:
        """Make the stand-in hold what the rows of a range can meet: parents, counterparts, new keys of parents."""
        self._clear()
        self._natural_keys()
        self._set_aside()
        self._new_keys(segment)
        self._whose(segment)
        self._placeholders()
        rows = self._rows(segment)
        for check in self.checks:
            bond = check.bond
            parent = bond.child.target_database.table(bond.parent)
            self._meet(parent, bond.parent_columns, rows(bond.new_key(self.bench.legacy)), bond.parent_columns)
            self._earlier(bond, segment)
        for named in self._listed:
            listed = self._compiled.target_database.table(named.parent.target)
            key = key_column(self._compiled.target_database, named.parent, 0)
            self._meet(listed, (key,), rows([named.new], named.members), (key,))
        if (values := self.keys.values(self.bench.legacy)) and (
            odd_keys or self._may_be_there(segment, list(values.values()))
        ):
            table = self._compiled.target
            wanted = tuple(dict.fromkeys((*self.keys.names, *self._compiled.writes)))
            self._meet(table, tuple(values), rows(list(values.values())), wanted)

    def fetch_entries(self, run: str) -> None:
        """Make the stand-in hold what a run's entries say of the rows, by either key, with the ranges that were made,
        and which of the table's rows lie in quarantine."""
        row, table, rows = self.ledger.tables.row, ledger_table(ID_MAP), self._rows(Segment())
        self._lying([self._compiled.target.name])
        mine = and_(row.c.run_id == run, row.c.table_name == self._compiled.target.name)
        entries = select(*(row.c[column.name] for column in table.columns)).where(mine)
        self._copy(table, entries.where(row.c.target_key_to.is_not(None)))
        asked = {"source_key": self._compiled.source_key(self.bench.legacy)}
        if values := self.keys.values(self.bench.legacy):
            asked["target_key"] = self.keys.text(values)
        for name, value in asked.items():
            column = _SOURCE_KEY.but(name=name)
            if (staged := self._stage(row, (column,), rows([value]))) is not None:
                self._copy(table, entries.where(row.c[name] == staged.c[name]))

    def fetch_natural_keys(self) -> None:
        """Make the stand-in hold the natural keys by which rows and their parents are matched."""
        self.bench.begin()
        self._natural_keys()
        self.bench.connection.commit()
        self.bench.rollback()

    def fetch_keys(self, tables: Sequence[str], references: Collection[str]) -> None:
        """Make the stand-in hold every key of these targets, by the id map, by a natural key or as it is there, and
        these columns of our own table."""
        self.bench.begin()
        self._natural_keys()
        view, books, dialect = raw(self.bench.connection), self.bench.books, self.bench.target_dialect
        for name in dict.fromkeys(tables):
            table = self._compiled.target_database.table(name)
            asked = {column for key in self._compiled.target.foreign_keys for column in key.parent_columns}
            names = {*table.primary_key, *(asked & set(table.by_name))}
            names |= {*references, *self.keys.names} if table == self._compiled.target else set()
            mirror.pull(view, books, dialect, table, names)
        self._fillers()
        row, held = self.ledger.tables.row, ledger_table(ID_MAP)
        wanted = select(*(row.c[column.name] for column in held.columns))
        plan = self._compiled.plan
        ours = or_(*(self._ours(one) for name in dict.fromkeys(tables) for one in plan.sources_of(name)))
        self._copy(held, wanted.where(ours, row.c.source_key.is_not(None)))
        self.bench.connection.commit()

    def _may_be_there(self, segment: Segment, keys: Sequence[ColumnElement[Any]]) -> bool:
        """Whether the target may hold one of the new keys: of keys that are ranges, two ends say so."""
        if self.keys.record is not Record.RANGES:
            return True
        bench, first = self.bench, self.bench.compiled.key_columns(self.bench.legacy)[0]
        ends = select(keys[0]).select_from(bench.legacy).where(bench.within(segment), first.is_not(None)).limit(1)
        low, high = (bench.connection.execute(ends.order_by(end)).scalar() for end in (first, first.desc()))
        held = bench.target.c[self.keys.names[0]]
        asked = select(held).where(held.between(literal(low, NullType()), literal(high, NullType()))).limit(1)
        return bench.books.execute(asked).first() is not None

    def _rows(self, segment: Segment) -> Callable[..., Select[Any]]:
        bench = self.bench
        chosen = (bench.within(segment), bench.compiled.in_filter(bench.legacy))

        def distinct(values: Sequence[ColumnElement[Any]], beside: FromClause | None = None) -> Select[Any]:
            named = [value.label(f"k{position}") for position, value in enumerate(values)]
            rows = bench.legacy if beside is None else bench.legacy.join(beside, true())
            return select(*named).select_from(rows).where(*chosen).distinct()

        return distinct

    def _clear(self) -> None:
        """What was fetched for another batch goes; natural keys stay, and are looked up anew when they count."""
        connection = self.bench.connection
        tables = {check.bond.parent for check in self.checks} | {self._compiled.target.name}
        tables |= {named.parent.target for named in self._listed}
        for name in tables - self.natural:
            connection.execute(delete(clause(self._compiled.target_database.table(name))))
        for name in (ID_MAP, QUARANTINE):
            connection.execute(delete(clause(name, [c.name for c in ledger_table(name).columns])))

    def _natural_keys(self) -> None:
        """The natural keys of tables whose rows are matched. Once: what comes later is refused by the database."""
        compiled = self._compiled
        listed = (named.parent for named in self._listed)
        for table in (compiled.mapping, *(reference.parent for reference in compiled.references), *listed):
            matched, _ = policies(table)
            if matched is None or table.target in self.natural:
                continue
            target = compiled.target_database.table(table.target)
            names = {*target.primary_key, *table.id_columns, *(pair.target for pair in matched.on)}
            names |= {*self._natural_of(target)}
            self.bench.connection.execute(delete(clause(target)))
            mirror.pull(raw(self.bench.connection), self.bench.books, self.bench.target_dialect, target, names)
            self.natural.add(table.target)

    def _set_aside(self) -> None:
        """The rows in quarantine of tables that ours refer to: they say why a parent is missing."""
        parents = [*(check.bond.parent for check in self.checks), *(named.parent.target for named in self._listed)]
        if parents:
            self._lying(parents)

    def _lying(self, tables: Sequence[str]) -> None:
        held, table = self.ledger.tables.quarantine, ledger_table(QUARANTINE)
        columns = [held.c[column.name] for column in table.columns]
        wanted = select(*columns).where(held.c.table_name.in_(tables), held.c.source_key.is_not(None))
        self._copy(table, wanted)

    def _placeholders(self) -> None:
        """The ledger's entries that say which of the table's rows stand in for others."""
        if not self.stood_in:
            return
        row, table = self.ledger.tables.row, ledger_table(ID_MAP)
        kinds = [RowKind.PLACEHOLDER.value, RowKind.UPDATED.value]
        wanted = select(*(row.c[column.name] for column in table.columns))
        self._copy(table, wanted.where(row.c.table_name == self._compiled.target.name, row.c.kind.in_(kinds)))

    def _new_keys(self, segment: Segment) -> None:
        """The id map's entries for parents whose keys the target generates, and for our own rows that another run
        brought."""
        self._fillers()
        if self.keys.record is Record.MAP and self._brought_before:
            asked = self._rows(segment)([self._compiled.source_key(self.bench.legacy)])
            self._mapped(self._compiled.mapping, asked)
        for reference in self._compiled.references:
            _, policy = policies(reference.parent)
            if isinstance(policy, Generated):
                asked = self._rows(segment)([reference.source_key(self.bench.legacy)])
                self._mapped(reference.parent, asked)
        for named in self._listed:
            _, policy = policies(named.parent)
            if isinstance(policy, Generated):
                self._mapped(named.parent, self._rows(segment)([named.key], named.members))

    def _whose(self, segment: Segment) -> None:
        """The id map's entries that tell whose the rows are that ours may refer to, where several legacy tables made
        them: by their keys, and the ranges that the others made."""
        row, table = self.ledger.tables.row, ledger_table(ID_MAP)
        entries = select(*(row.c[column.name] for column in table.columns))
        for bond in (check.bond for check in self.checks if check.bond.among_others):
            new, of_parent = bond.new_key(self.bench.legacy), row.c.table_name == bond.parent
            asked = self._rows(segment)([cast(new[0], String)])
            staged = self._stage(row, (_SOURCE_KEY.but(name="target_key"),), asked) if len(new) == 1 else None
            if staged is not None:
                same = and_(row.c.target_key == staged.c.target_key, of_parent)
                self._copy(table, entries.select_from(row.join(staged, same)))
            if bond.feeding is not None:
                theirs = not_(self._ours(bond.feeding))
                self._copy(table, entries.where(of_parent, theirs, row.c.target_key_to.is_not(None)))

    def _earlier(self, bond: Bond, segment: Segment) -> None:
        """The id map's entries for parents that the plan does not move and that are not there: they tell whether an
        earlier run brought them."""
        from_, row = self.bench.legacy, self.ledger.tables.row
        there = elsewhere(bond, schema_of(from_))
        if there is None or not self._speaks_of(there.parent.mapping):
            return
        lacking = and_(bond.names_one(from_), not_(bond.there(from_, schema_of(from_))), there.named(from_))
        asked = {"source_key": there.source_key}
        if new := there.new_key(from_):
            asked["target_key"] = text_of_key(new)
        ours, table = self._ours(there.parent.mapping), ledger_table(ID_MAP)
        entries = select(*(row.c[column.name] for column in table.columns))
        for name, key in asked.items():
            wanted = self._rows(segment)([key], there.rows).where(lacking)
            staged = self._stage(row, (_SOURCE_KEY.but(name=name),), wanted)
            if staged is not None:
                same = row.c[name] == staged.c[name]
                self._copy(table, entries.select_from(row.join(staged, same)).where(ours))
                if name == "target_key":
                    self._copy(table, entries.where(ours, row.c.target_key_to.is_not(None)))

    def _speaks_of(self, table: TableMapping) -> bool:
        """Whether the id map had entries for rows of a table that the plan does not move as the copying began."""
        pair = table.target, table.source
        if pair not in self.spoken_of:
            asked = select(self.ledger.tables.row.c.entry).where(self._ours(table)).limit(1)
            self.spoken_of[pair] = self.bench.books.execute(asked).first() is not None
        return self.spoken_of[pair]

    def _fillers(self) -> None:
        """Which legacy tables filled those that several fill: the id map has the same keys for the rows of each."""
        several = list(dict.fromkeys(table.target for table in self._compiled.plan.further))
        if several and not self.told:
            filled, held = self.ledger.tables.table, ledger_table(FILLED.name)
            wanted = select(*(filled.c[column.name] for column in held.columns))
            self._copy(held, wanted.where(filled.c.table_name.in_(several)))
            self.told = True

    @cached_property
    def _brought_before(self) -> bool:
        """Whether the id map speaks of rows of our own table as the copying begins."""
        row = self.ledger.tables.row
        mine = self._ours(self._compiled.mapping)
        asked = select(row.c.entry).where(mine, row.c.source_key.is_not(None)).limit(1)
        return self.bench.books.execute(asked).first() is not None

    def _mapped(self, parent: TableMapping, asked: Select[Any]) -> None:
        row = self.ledger.tables.row
        staged = self._stage(row, (_SOURCE_KEY,), asked)
        if staged is None:
            return
        table = ledger_table(ID_MAP)
        same = and_(row.c.source_key == staged.c.source_key, self._ours(parent))
        self._copy(table, select(*(row.c[c.name] for c in table.columns)).select_from(row.join(staged, same)))

    def _ours(self, table: TableMapping) -> ColumnElement[bool]:
        """Whether an entry of the id map speaks of rows of the legacy table that is meant."""
        return of_this_source(table.target, table.source, self.ledger.tables.row, self.ledger.tables.table)

    def _meet(self, table: Table, names: Sequence[str], asked: Select[Any], wanted: Sequence[str]) -> None:
        """Rows of a target table that have one of these keys; what the stand-in believed of those keys before goes."""
        columns = tuple(table.column(name) for name in names)
        from_ = clause(table)
        staged = self._stage(from_, columns, asked)
        if staged is None:
            return
        believed = select(*asked.subquery().c)
        self.bench.connection.execute(delete(from_).where(as_one([from_.c[name] for name in names]).in_(believed)))
        same = and_(*(from_.c[name] == staged.c[name] for name in names))
        wanted = tuple(dict.fromkeys((*wanted, *self._natural_of(table))))
        self._copy(table, select(*(from_.c[n] for n in wanted)).select_from(from_.join(staged, same)), wanted)

    def _natural_of(self, table: Table) -> tuple[str, ...]:
        known = (policies(one)[0] for one in self._compiled.plan.sources_of(table.name))
        pairs = [pair.target for matched in known if matched for pair in matched.on]
        return (*table.primary_key, *pairs) if pairs else ()

    def _stage(self, like: FromClause, columns: Sequence[Column], asked: Select[Any]) -> FromClause | None:
        """A temporary table of the target that holds keys, typed like the columns that they are compared with."""
        bench, name = self.bench, f"{_ASKED}_{len(columns)}"
        connection = bench.books
        shaped = select(*(like.c[column.name] for column in columns)).where(false())
        made = str(shaped.compile(connection, compile_kwargs={"literal_binds": True}))
        connection.exec_driver_sql(_drop(connection, name))
        connection.exec_driver_sql(f"CREATE TEMPORARY TABLE {name} AS {made}")
        staged = Table(name=name, columns=tuple(columns))
        filled = sum(bench.target_dialect.insert(connection, staged, batch) for batch in self._typed(columns, asked))
        return clause(name, [column.name for column in columns]) if filled else None

    def _typed(self, columns: Sequence[Column], asked: Select[Any]) -> Iterator[pa.RecordBatch]:
        """Keys as the target's columns take them, each once; those that no such column can hold meet nothing."""
        bench = self.bench
        dialect = bench.compiled.target_database.dialect
        for batch in bench.dialect.read(bench.connection, asked, [Family.OTHER] * len(columns), _ROWS):
            whole = np.ones(batch.num_rows, bool)
            arrays = []
            for name, column in zip(batch.schema.names, columns, strict=True):
                fitting = fit(legacy(batch, name), column, dialect)
                arrays.append(typed(fitting, column.family))
                whole &= there(fitting.array) & ~fitting.failed
            made = pa.RecordBatch.from_arrays(arrays, names=[column.name for column in columns])
            if whole.any():
                yield made.filter(pa.array(whole))

    def _copy(self, table: Table, wanted: Select[Any], names: Sequence[str] = ()) -> None:
        """Rows of the target's session into the stand-in."""
        bench = self.bench
        families = [table.column(name).family for name in names or [column.name for column in table.columns]]
        mirror.put_all(
            raw(bench.connection), table, bench.target_dialect.read(bench.books, wanted, families, mirror.ROWS)
        )


def _drop(connection: Connection, name: str) -> str:
    """Of the session's own tables alone, whatever the target has of that name; MySQL commits at any other DROP."""
    if connection.dialect.name == "postgresql":
        return f"DROP TABLE IF EXISTS pg_temp.{name}"
    return f"DROP TEMPORARY TABLE IF EXISTS {name}"
