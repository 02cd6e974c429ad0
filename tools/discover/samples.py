"""A few values of one column, for a person who lets a model see them. Nothing else reads rows for that."""

from __future__ import annotations

from sqlalchemy import select

from ferryman.domain.schema import Family, Table
from ferryman.tools.databases.connect import Source
from ferryman.tools.databases.dialect import clause
from ferryman.tools.discover.sample import sample

MOST = 5  #: values of a column
LONGEST = 60  #: characters of a value; what is longer is cut
_ROWS = 200  #: that are looked at


def sample_values(source: Source, table: Table, column: str) -> tuple[str, ...]:
    """The first different values of a column, as texts; no NULL, no bytes, nothing blank."""
    from_ = clause(table)
    with source.connect(f"reading samples of {table.name}") as connection:
        wanted = sample(connection, table, from_, [from_.c[column].label("value")], _ROWS).subquery()
        present = select(wanted.c.value).where(wanted.c.value.is_not(None)).limit(_ROWS)
        found: dict[str, None] = {}
        for batch in source.dialect.read(connection, present, [Family.OTHER], _ROWS):
            for value in batch.column(0).to_pylist():
                if not isinstance(value, bytes) and str(value).strip():
                    found[str(value)[:LONGEST]] = None
    return tuple(found)[:MOST]
