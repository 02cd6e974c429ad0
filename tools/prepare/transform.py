"""A table's mapping compiled against both live catalogues: expressions for push-down, and the reference over Arrow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from sqlalchemy import ColumnElement, FromClause, Select, and_, case, func, or_, select, true

from ferryman.domain.errors import Usage
from ferryman.domain.filters import Filter, columns_of
from ferryman.domain.mapping import Action, ColumnMapping, Generated, Mapping, Matched, Problem, TableMapping
from ferryman.domain.run import Segment
from ferryman.domain.schema import Database, Family, Table
from ferryman.domain.transforms import ForeignKeyTo, KeyByType, NewId, PythonFunction, RemapIds
from ferryman.tools.prepare.arrow_batch import Batch
from ferryman.tools.prepare.arrow_cast import typed
from ferryman.tools.prepare.arrow_steps import column_vector
from ferryman.tools.prepare.arrow_values import Mask, Vector, there
from ferryman.tools.prepare.conditions import in_segment, passes
from ferryman.tools.prepare.lineage import ROWID, Link, link_of, part_of, policies, sources_of
from ferryman.tools.prepare.misfit import Misfit, ValuesDoNotFit
from ferryman.tools.prepare.outlook import Outlook
from ferryman.tools.prepare.own_function import load
from ferryman.tools.prepare.references import References
from ferryman.tools.prepare.sqlite_links import Named, lost_members
from ferryman.tools.prepare.sqlite_references import matched_key, new_key, referred_source_key
from ferryman.tools.prepare.sqlite_scope import Scope, column_of
from ferryman.tools.prepare.sqlite_steps import column_value, named_rows, naming_steps, naming_values
from ferryman.tools.prepare.sqlite_values import TEXTS, Value, any_of, first_of, holds, key_text


@dataclass(frozen=True)
class CompiledReference:
    """A foreign-key column of the target: what it is made of, and its new value in SQL."""

    table: CompiledTable
    link: Link

    @property
    def column(self) -> str:
        """The target column."""
        return self.link.column

    @property
    def columns(self) -> tuple[str, ...]:
        """The legacy columns that name the parent."""
        return self.link.columns

    @property
    def parent(self) -> TableMapping:
        return self.link.parent

    def value(self, source_from: FromClause, target_schema: str | None = None) -> ColumnElement[Any]:
        """The new value: NULL where a legacy column is, or where the parent's new key is not known."""
        return self.table.asked(self.column, source_from, target_schema).sql

    def source_key(self, source_from: FromClause) -> ColumnElement[Any]:
        """The legacy key of the parent, as the id map writes it."""
        return self.table.referred_source_key(self.link, source_from)


@dataclass(frozen=True)
class CompiledTable:
    """How one target table is filled. Every method is a pure function of what it is given.

    `source_from` is the legacy table with all its columns, under any schema or alias (`databases.dialect.clause`);
    `target_schema` is where the target's tables and the id map are, None for the connection's own.
    """

    mapping: TableMapping
    source: Table
    target: Table
    reads: tuple[str, ...]  #: legacy columns, the key first
    writes: tuple[str, ...]  #: target columns
    reason: str  #: why it cannot be pushed down; empty where it can
    plan: Mapping
    source_database: Database
    target_database: Database
    run_started: datetime
    folder: Path | None = None  #: where the plan's own functions are
    doubted: frozenset[str] = frozenset()  #: target columns whose texts may not be UTF-8: looked at one by one
    outlook: Outlook = field(default_factory=Outlook)  #: on rows that are named beside a type or in lists
    late: frozenset[str] = frozenset()  #: target columns that stay empty until another table is there
    few: bool = False  #: the filter names some rows by their keys

    @property
    def push_down(self) -> bool:
        """Whether one INSERT INTO ... SELECT does it all."""
        return not self.reason

    @property
    def transformations(self) -> tuple[str, ...]:
        """The names of the transforms that are used, each once."""
        return tuple(dict.fromkeys(step.use for column in self.mapping.columns for step in column.steps))

    @cached_property
    def references(self) -> tuple[CompiledReference, ...]:
        """The foreign-key columns that a step fills."""
        return tuple(CompiledReference(self, link) for link in self._links())

    def key_columns(self, from_: FromClause) -> list[ColumnElement[Any]]:
        return [column_of(from_, name) for name in self.mapping.key]

    def where(self, from_: FromClause, segment: Segment) -> ColumnElement[bool]:
        """The rows of a key range, and no other condition."""
        return in_segment(self.key_columns(from_), segment)

    @property
    def part(self) -> Filter | None:
        """See `lineage.part_of`."""
        return part_of(self.mapping, self.source)

    def in_part(self, from_: FromClause) -> ColumnElement[bool]:
        """What must hold of a row that is named by its key."""
        return true() if self.part is None else passes(self.part, lambda name: column_of(from_, name))

    def in_filter(self, from_: FromClause) -> ColumnElement[bool]:
        """The rows that the plan's filter lets through: true or false, never NULL."""
        if self.mapping.filter is None:
            return true()
        return passes(self.mapping.filter, lambda name: column_of(from_, name), few=self.few)

    def expressions(self, source_from: FromClause, target_schema: str | None = None) -> dict[str, ColumnElement[Any]]:
        """What each of `writes` is filled with. A value that does not fit stops the statement or lands as it is."""
        scope = self._scope(source_from, target_schema)
        return {name: column_value(scope, self._column(name)).sql for name in self.writes}

    def problems(
        self, source_from: FromClause, target_schema: str | None = None, *, decided: bool = False
    ) -> dict[tuple[str, Problem], ColumnElement[bool]]:
        """Per target column and kind of problem, whether a row would fail for it: true or false, never NULL.

        A row has one problem per column, the first. What a policy settles by an empty or a shorter value is none,
        unless `decided` asks for it. A missing parent is none either: it is found by looking into the target.
        """
        return {of: holds(where) for of, where in self._conditions(source_from, target_schema, decided).items()}

    def failing(self, source_from: FromClause, target_schema: str | None = None) -> ColumnElement[bool]:
        """Whether a row would fail for any of `problems`."""
        return any_of(list(self._conditions(source_from, target_schema, False).values()))

    def read(self, source_from: FromClause) -> Select[tuple[Any, ...]]:
        """The legacy columns for `apply`, in the order of `reads`; the caller adds range, filter and order."""
        return select(*(column_of(source_from, name).label(name) for name in self.reads))

    @property
    def families(self) -> tuple[Family, ...]:
        """What to ask `Dialect.read` for: values as they are stored, where the column's type does not bind them."""
        if self.source_database.dialect == "sqlite":
            return tuple(Family.OTHER for _ in self.reads)
        return tuple(self.source.column(name).family for name in self.reads)

    def apply(self, batch: pa.RecordBatch, references: References) -> pa.RecordBatch:
        """The reference: rows of `read` as rows of `writes`, in the Arrow types of `databases.arrow.ARROW`.

        Raises ValuesDoNotFit when any row would fail, with all of them.
        """
        work = self.work(batch, references)
        arrays, misfits = [], list[Misfit]()
        for name in self.writes:
            vector = column_vector(work, self._column(name))
            arrays.append(typed(vector, self.target.column(name).family))
            misfits += self._misfits(name, vector, work)
        if misfits:
            raise ValuesDoNotFit(self.mapping.target, misfits)
        return pa.RecordBatch.from_arrays(arrays, names=list(self.writes))

    def work(self, batch: pa.RecordBatch, references: References) -> Batch:
        """A batch of `read` as the reference's steps take it."""
        databases = self.source_database, self.target_database
        return Batch(batch, self.mapping, self.plan, *databases, self.run_started, references, self.folder)

    def _misfits(self, name: str, vector: Vector, work: Batch) -> Iterator[Misfit]:
        problems = dict[Problem, Mask]()
        for problem, mask in self._failed(name, vector, work):
            problems[problem] = problems[problem] | mask if problem in problems else mask
        for problem, mask in problems.items():
            if mask.any():
                yield Misfit(name, problem, tuple(mask.nonzero()[0].tolist()))

    def _failed(self, name: str, vector: Vector, work: Batch) -> Iterator[tuple[Problem, Mask]]:
        yield from vector.problems
        column, target = self._column(name), self.target.column(name)
        if column.uses(NewId):
            yield Problem.MISSING_KEY, _any_null(part.array for part in work.key())
        elif target.nullable:
            return
        else:
            empty = ~there(vector.array) if vector.absent is None else vector.absent
            yield Problem.NULL_IN_REQUIRED, empty & ~vector.failed

    def new_key(self, from_: FromClause, target_schema: str | None = None) -> ColumnElement[Any]:
        """The target key of a legacy row, matched or made; of a composite key its first column's."""
        scope = self._scope(from_, target_schema).asking()
        first = (*self.target.primary_key, *self.mapping.id_columns)[0]
        made = new_key(scope, scope.key(), scope.goal(first)).sql
        if not isinstance(self.mapping.identity, Matched) or self.mapping.identity.otherwise is None:
            return made
        return func.coalesce(matched_key(scope), made)

    def matched_key(self, from_: FromClause, target_schema: str | None = None) -> ColumnElement[Any] | None:
        """The key of the target row that is there already, by the natural key; None where nothing is matched."""
        if not isinstance(self.mapping.identity, Matched):
            return None
        return matched_key(self._scope(from_, target_schema))

    def source_key(self, from_: FromClause) -> ColumnElement[str]:
        """The legacy key as the ledger writes it (`run.key_text`); NULL where a part of it is."""
        return key_text(self._scope(from_, None).key())

    def referred_source_key(self, link: Link, from_: FromClause) -> ColumnElement[Any]:
        """The legacy key of the parent that a reference names, as the id map writes it."""
        scope = self._scope(from_, None).asking()
        return referred_source_key(scope, link, [scope.value(name) for name in link.columns])

    def named(self, from_: FromClause) -> Iterator[Named]:
        """The rows of parents that legacy rows name beside a type or in lists."""
        scope = self._scope(from_, None).asking()
        for name in self.writes:
            if self._column(name).uses(KeyByType, RemapIds):
                yield from named_rows(scope, self._column(name))

    def lost_members(self, column: str, from_: FromClause) -> Iterator[tuple[str, Select[Any]]]:
        """For each list that a column is made of, whose ids it holds, and what `sqlite_links.lost_members` gives."""
        scope = self._scope(from_, None).asking()
        for step, values in naming_steps(scope, self._column(column)):
            if isinstance(step, RemapIds):
                for value in values:
                    yield step.parent, lost_members(step, value, scope, key_text(scope.key()), self.in_filter(from_))

    def names_one(self, column: str, from_: FromClause) -> ColumnElement[bool]:
        """Whether a reference of a legacy row names any parent: what its steps give to the last one is not NULL."""
        values = naming_values(self._scope(from_, None).asking(), self._column(column))
        return and_(*(value.sql.is_not(None) for value in values))

    def asked(self, column: str, source_from: FromClause, target_schema: str | None = None) -> Value:
        """A column's value for looking at: NULL where it does not fit, with the conditions under which it does not."""
        return column_value(self._scope(source_from, target_schema).asking(), self._column(column))

    def foreseen(self, column: str, source_from: FromClause) -> ColumnElement[Any]:
        """A column's value as `asked` for what looks at a row before it comes. For a key that its parent is yet to be
        given the legacy key stands in, which tells as many parents apart; a number alone can."""
        value, mapped = self.asked(column, source_from).sql, self._column(column)
        made = any(self._made_late(step) for step in mapped.steps if isinstance(step, ForeignKeyTo))
        if not made or column in self.late:
            return value
        first = naming_values(self._scope(source_from, None).asking(), mapped)[0].sql
        number = func.typeof(first) == "integer"
        return case((and_(value.is_(None), number), first), (and_(value.is_(None), first.is_not(None)), 1), else_=value)

    def _made_late(self, step: ForeignKeyTo) -> bool:
        """Whether the target numbers the rows of a parent as they come."""
        table = self.plan.feeding(step.parent, step.source)
        return table is not None and table.action is Action.COPY and isinstance(policies(table)[1], Generated)

    def _conditions(
        self, source_from: FromClause, target_schema: str | None, decided: bool
    ) -> dict[tuple[str, Problem], ColumnElement[bool]]:
        found: dict[tuple[str, Problem], ColumnElement[bool]] = {}
        scope = replace(self._scope(source_from, target_schema).asking(), settling=not decided)
        for name in self.writes:
            if self._column(name).uses(PythonFunction):
                continue  # what comes out of it is known when it runs
            value = column_value(scope, self._column(name))
            for problem, where in self._failures(name, value, source_from):
                of = (name, problem)
                found[of] = or_(found[of], where) if of in found else where
        return found

    def _failures(self, name: str, value: Value, from_: FromClause) -> Iterator[tuple[Problem, ColumnElement[bool]]]:
        yield from first_of(value.problems)
        column, target = self._column(name), self.target.column(name)
        if column.uses(NewId):
            yield Problem.MISSING_KEY, or_(*(key.is_(None) for key in self.key_columns(from_)))
        elif target.nullable or not value.nullable:
            return
        else:
            fits = [~holds(where) for _, where in value.problems]
            empty = value.sql.is_(None) if value.absent is None else value.absent
            yield Problem.NULL_IN_REQUIRED, and_(empty, *fits)

    def _column(self, name: str) -> ColumnMapping:
        return self.mapping.by_target[name]

    def _scope(self, from_: FromClause, target_schema: str | None) -> Scope:
        return Scope(
            self.mapping,
            self.plan,
            self.source_database,
            self.target_database,
            self.run_started,
            from_,
            self.outlook,
            target_schema,
            doubted=self.doubted,
        )

    def _links(self) -> Iterator[Link]:
        for name in self.writes:
            link = link_of(self.plan, self.source_database, self.target_database, self.mapping, self._column(name))
            if link is not None:
                yield link


def compile_table(
    mapping: Mapping,
    table: str | TableMapping,
    source: Database,
    target: Database,
    *,
    run_started: datetime,
    folder: Path | None = None,
) -> CompiledTable:
    """A target table's mapping, by its name or as it stands in the plan, ready to run. `folder` is the plan's, for
    functions of its own.

    Raises Usage where the mapping names what the catalogues or the folder do not have, Refused where a function is
    not the one that was planned.
    """
    mine = mapping.by_target[table] if isinstance(table, str) else table
    legacy, new = source.table(mine.source), target.table(mine.target)
    writes = tuple(column.target for column in mine.columns)
    _check_columns(legacy, (*mine.key, *_sources(mine)))
    _check_columns(new, writes)
    reads = tuple(dict.fromkeys((*mine.key, *_sources(mine))))
    own = [step for column in mine.columns for step in column.steps if isinstance(step, PythonFunction)]
    for function in own:
        load(function, folder)
    reason = why_careful(mine, source, target)
    told = (policy.columns for policy in mine.policies if policy.problem is Problem.UNCASTABLE)
    decided = frozenset(name for names in told for name in names)
    texts = (name for name in writes if new.column(name).family in TEXTS)
    doubted = decided.intersection(texts) if source.dialect == "sqlite" else frozenset()
    return CompiledTable(
        mine, legacy, new, reads, writes, reason, mapping, source, target, run_started, folder, doubted
    )


def compiled_as(compiled: CompiledTable, table: str | TableMapping) -> CompiledTable:
    """Another table of the same plan, compiled against the same catalogues."""
    return compile_table(
        compiled.plan,
        table,
        compiled.source_database,
        compiled.target_database,
        run_started=compiled.run_started,
        folder=compiled.folder,
    )


def why_careful(table: TableMapping, source: Database, target: Database) -> str:
    """Why a table's rows cannot go by one statement from database to database; empty where they can."""
    own = next((s for column in table.columns for s in column.steps if isinstance(s, PythonFunction)), None)
    if own is not None:
        return f"{own.function} runs in Python"
    joined = source.dialect == target.dialect == "sqlite"
    return "" if joined else "the two databases cannot be seen by one connection"


def _sources(table: TableMapping) -> Iterator[str]:
    for column in table.columns:
        yield from sources_of(table, column)
    if table.filter is not None:
        yield from columns_of(table.filter)


def _check_columns(table: Table, names: tuple[str, ...]) -> None:
    for name in names:
        if name not in table.by_name and not (name == ROWID and table.rowid):
            raise Usage(
                f"{table.name} has no column {name}.",
                f"It has {', '.join(column.name for column in table.columns)}.",
                table=table.name,
            )


def _any_null(arrays: Iterable[pa.Array]) -> Mask:
    missing: Mask = np.any([~there(array) for array in arrays], axis=0)
    return missing
