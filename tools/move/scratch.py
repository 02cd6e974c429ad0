"""A copy of the target to try things on, thrown away afterwards: the target itself is only read."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ferryman.domain.errors import Configuration
from ferryman.tools.databases.connect import Target, open_target
from ferryman.tools.prepare.side_by_side import raw


@contextmanager
def scratch(target: Target) -> Iterator[Target]:
    """A target like this one, with all its rows, in a temporary folder. Configuration for a database on a server."""
    if target.dialect.name != "sqlite":
        raise Configuration(
            "A dry run makes a copy of the new database, and this one is on a server.",
            "Restore a backup of it beside it, and run the plan on that: --target URL.",
        )
    with tempfile.TemporaryDirectory(prefix="ferryman-") as folder:
        path = Path(folder) / f"{target.identity.name}.sqlite"
        with (
            target.connect("copying the new database", reading=True) as connection,
            closing(sqlite3.connect(path)) as copy,
        ):
            raw(connection).backup(copy)
        tried = open_target(str(path))
        try:
            yield tried
        finally:
            tried.dispose()
