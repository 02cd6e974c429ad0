"""What an expression of one column is written in: the tables it selects from, the run's start, and how strict it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import FromClause, TableClause, column
from sqlalchemy.sql.selectable import AliasedReturnsRows

from ferryman.domain.mapping import ColumnMapping, Mapping, Problem, Strategy, TableMapping
from ferryman.domain.schema import Column, Database, Table
from ferryman.tools.databases.dialect import clause
from ferryman.tools.prepare.lineage import settled, sources_of
from ferryman.tools.prepare.sqlite_goal import Goal
from ferryman.tools.prepare.sqlite_values import Expression, Value, legacy

if TYPE_CHECKING:
    from ferryman.tools.prepare.outlook import Outlook


@dataclass(frozen=True)
class Scope:
    """One table's copy as SQL sees it. `legacy_from` is where its legacy rows come from."""

    table: TableMapping
    mapping: Mapping
    source: Database
    target: Database
    run_started: datetime
    legacy_from: FromClause
    outlook: Outlook
    target_schema: str | None = None
    strict: bool = True  #: a value that does not fit stops the statement; else it becomes NULL
    beside: tuple[FromClause, ...] = ()  #: what else an inner query refers to, such as the members of a list
    doubted: frozenset[str] = frozenset()  #: target columns whose texts may not be UTF-8
    settling: bool = True  #: decisions to empty or shorten what does not fit are carried out

    @property
    def source_table(self) -> Table:
        return self.source.table(self.table.source)

    @property
    def target_table(self) -> Table:
        return self.target.table(self.table.target)

    def column(self, name: str) -> Expression:
        """A legacy column, or the row's position."""
        return column_of(self.legacy_from, name)

    def value(self, name: str) -> Value:
        return legacy(self.column(name), self.source_table, name)

    def values(self, mapping: ColumnMapping) -> list[Value]:
        """What a column's first step takes: its legacy columns. See `sources_of`."""
        return [self.value(name) for name in sources_of(self.table, mapping)]

    def key(self) -> list[Value]:
        """The legacy key of the row."""
        return [self.value(name) for name in self.table.key]

    def goal(self, target_column: str) -> Goal:
        return Goal(self.target_table.column(target_column), self.target.dialect, self.strict)

    def settled(self, column: Column, problem: Problem) -> Strategy | None:
        """See `lineage.settled`."""
        return settled(self.table, column, self.target_table.primary_key, problem) if self.settling else None

    def legacy_table(self, name: str) -> FromClause:
        """Another legacy table, beside the one that is read."""
        return clause(self.source.table(name), schema=schema_of(self.legacy_from)).alias()

    def target_table_named(self, name: str) -> FromClause:
        return clause(self.target.table(name), schema=self.target_schema).alias()

    def asking(self) -> Scope:
        """The same, for asking about values instead of writing them."""
        return replace(self, strict=False)


def column_of(from_: FromClause, name: str) -> Expression:
    """A column of a legacy table; `rowid` is there without being among its columns."""
    return from_.c[name] if name in from_.c else column(name, _selectable=from_)


def schema_of(from_: FromClause) -> str | None:
    """The schema of a table or of the table behind an alias."""
    inner = from_.element if isinstance(from_, AliasedReturnsRows) else from_
    return inner.schema if isinstance(inner, TableClause) else None
