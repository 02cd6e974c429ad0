"""Values out of rows that a person lets a model see: `--share-samples TABLE.COLUMN`. Without it none ever goes.

They are read once, shown, and kept in memory only: not in state, events, transcript or report.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ferryman.agents.advice import Adviser
from ferryman.domain.errors import Usage
from ferryman.domain.fit_names import closest
from ferryman.domain.schema import Database, Family, Table
from ferryman.tools.databases.connect import Source
from ferryman.tools.discover.introspect import introspect
from ferryman.tools.discover.samples import sample_values


def samples(source: Source, names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """By "TABLE.COLUMN" a few of its values, of columns of the old database. Raises Usage for one that is not there."""
    wanted = tuple(dict.fromkeys(names))
    if not wanted:
        return {}
    with source.connect() as connection:
        database = introspect(connection, source.dialect)
    found = {name: _column(name, database) for name in wanted}
    return {f"{table.name}.{column}": sample_values(source, table, column) for table, column in found.values()}


def _column(name: str, database: Database) -> tuple[Table, str]:
    table_name, _, column_name = name.rpartition(".")
    table = database.by_name.get(table_name)
    if table is None:
        near = closest(table_name, (one.name for one in database.data_tables))
        raise Usage(f'The old database has no table "{table_name}", whose samples are to be shared.', _said(near))
    column = table.by_name.get(column_name)
    if column is None:
        raise Usage(f"{table.name} has no column {column_name}.", _said(closest(column_name, table.by_name)))
    if column.family is Family.BINARY:
        raise Usage(f"{table.name}.{column.name} holds bytes, which no model can read.", "Share another column.")
    return table, column.name


def _said(near: str) -> str:
    return f"{near[:1].upper()}{near[1:]}{'' if near.endswith('?') else '.'} Give TABLE.COLUMN."


def told(adviser: Adviser | None, asked: Iterable[str]) -> Iterator[str]:
    """What will go, line by line, before any of it goes; () where nothing was to be shared."""
    if not tuple(asked):
        return
    if adviser is None:
        yield "No model is configured, so no sample goes anywhere."
        return
    yield f"These values of your old database go to {adviser.name} when it is asked what feeds what:"
    yield from (f"  - {name}: {_values(values)}" for name, values in adviser.shared.items())
    yield "Nothing else of its rows does."


def _values(values: tuple[str, ...]) -> str:
    return ", ".join(f'"{value}"' for value in values) or "(it is empty)"
