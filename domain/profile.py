"""What the rows of a table look like in numbers. No row's text leaves: shapes are masked, ranges stay in memory.

Of words, only those are told that are names of the database's own tables, or say how a row stands (see `states`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from pydantic import Field

from ferryman.domain.model import Frozen


class MayName(Frozen):
    """A table whose rows a column may name, though no foreign key says so: how many of its values are keys there."""

    table: str
    looked: int  #: different values that were looked up
    found: int  #: of them, keys of the table


class ColumnProfile(Frozen):
    """Aggregates over one column. `lowest` and `highest` are values: kept in memory, never serialised."""

    name: str
    nulls: int = 0
    distinct: int | None = None  #: None where it was not counted
    empty: int = 0  #: empty or blank strings
    shortest: int | None = None  #: characters
    longest: int | None = None
    storage: dict[str, int] = Field(default_factory=dict)  #: rows per stored kind, e.g. {"integer": 9, "text": 1}
    shapes: dict[str, int] = Field(default_factory=dict)  #: masked shapes of sampled values, e.g. {"9999-99-99": 40}
    lowest: int | float | str | None = Field(default=None, exclude=True, repr=False)
    highest: int | float | str | None = Field(default=None, exclude=True, repr=False)
    beyond_months: tuple[int, int] = (0, 0)  #: sampled dates like 12/31/09 with a first, a second number over 12
    labels: dict[str, str] = Field(default_factory=dict)  #: values that name a table of this database -> that table
    unlabelled: int = 0  #: other different words among the sampled values of a column that has labels
    sampled: int = 0  #: rows that shapes and distinct were taken from; 0 means all of them
    states: dict[str, int] = Field(default_factory=dict)  #: rows by word, where a few words say how a row stands
    languages: dict[str, int] = Field(default_factory=dict)  #: rows by language, where all hold {"en_US": "text", ...}
    may_name: tuple[MayName, ...] = ()  #: the likeliest first; none where a reference is declared or inferred


class TableProfile(Frozen):
    """Aggregates over one table, read by set queries."""

    table: str
    rows: int
    columns: tuple[ColumnProfile, ...] = ()
    together: tuple[str, ...] = ()  #: of a table without a key: columns by which no two rows are alike, if one is not

    @cached_property
    def by_name(self) -> dict[str, ColumnProfile]:
        return {column.name: column for column in self.columns}

    def with_rows(self, rows: int) -> TableProfile:
        """The table as it was with another number of rows. One that had none tells nothing of its columns."""
        if rows == self.rows:
            return self
        columns = self.columns if rows else tuple(ColumnProfile(name=c.name, distinct=0) for c in self.columns)
        return self.but(rows=rows, columns=columns)


class Profile(Frozen):
    """Aggregates over a database."""

    tables: tuple[TableProfile, ...] = ()

    @cached_property
    def by_name(self) -> dict[str, TableProfile]:
        return {table.table: table for table in self.tables}

    @cached_property
    def has_ranges(self) -> bool:
        """Whether lowest and highest are there; they are not where it was read from a file."""
        return any(column.lowest is not None for table in self.tables for column in table.columns)

    def rows(self, table: str) -> int:
        """Row count at the time of reading; 0 for a table that was not looked at."""
        found = self.by_name.get(table)
        return found.rows if found else 0

    def with_rows(self, rows: Mapping[str, int]) -> Profile:
        """The profile with other row counts for the tables that are named."""
        return Profile(tables=tuple(table.with_rows(rows.get(table.table, table.rows)) for table in self.tables))
