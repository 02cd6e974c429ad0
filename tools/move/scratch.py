"""A copy of the target to try things on, thrown away afterwards: the target itself is only read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from ferryman.domain.schema import Table
from ferryman.tools.databases.connect import Target, open_target


@contextmanager
def scratch(target: Target) -> Iterator[Target]:
    """A target like this one, with all its rows: a file in a temporary folder, or a database on the same server.

    Raises Configuration or Refused where a server makes no copy.
    """
    with target.dialect.copied(target.engine) as url:
        tried = open_target(url)
        try:
            yield tried
        finally:
            tried.dispose()


def untried(target: Target, tables: Iterable[Table]) -> tuple[str, ...]:
    """What a copy of a target does not show, a sentence each."""
    if target.dialect.name != "mysql":
        return ()
    named = {table.name: ", ".join(trigger.name for trigger in table.triggers) for table in tables if table.triggers}
    return tuple(
        f"{table} has triggers ({names}), and the copy that this was tried on has none."
        for table, names in named.items()
    )
