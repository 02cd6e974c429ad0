"""How fast a source is read: no faster than its owner allows, however many read from it at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Lock

import pyarrow as pa
from sqlalchemy import URL, Connection

from ferryman.domain.errors import Configuration
from ferryman.tools.databases import servers

OPTION = "max_rows_per_second"  #: after the question mark of a source's URL
_KEPT = "ferryman_pace"  #: of a connection's execution options


@dataclass
class Pace:
    """At most so many rows a second, over all connections of one source; 0 for as fast as it goes."""

    rows_per_second: int = 0
    seconds: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _free: float = 0.0  #: when the next rows may come
    _lock: Lock = field(default_factory=Lock)

    @classmethod
    def of(cls, url: URL) -> Pace:
        """What a URL says. Raises Configuration for what is no number of rows."""
        value = servers.options(url.set(query={k: v for k, v in url.query.items() if k == OPTION}), [OPTION])
        text = value.get(OPTION, "0")
        if not text.isdecimal() or (OPTION in value and int(text) == 0):
            raise Configuration(
                f'"{OPTION}" in the database URL is no number of rows.', f"Write {OPTION}=5000, or leave it."
            )
        return cls(int(text))

    @property
    def options(self) -> dict[str, Pace]:
        """What an engine is told, so that its connections keep to it."""
        return {_KEPT: self}

    def most(self, size: int) -> int:
        """How many of `size` rows may come at once: a second's."""
        return min(size, self.rows_per_second or size)

    def took(self, rows: int) -> None:
        """Wait until rows that have come are within what is allowed."""
        if not self.rows_per_second:
            return
        with self._lock:
            now = self.seconds()
            self._free = max(now, self._free) + rows / self.rows_per_second
            wait = self._free - now
        self.sleep(wait)


_FREE = Pace()


def pace_of(connection: Connection) -> Pace:
    """What a connection has to keep to."""
    found = connection.get_execution_options().get(_KEPT, _FREE)
    assert isinstance(found, Pace)
    return found


def paced(batches: Iterator[pa.RecordBatch], pace: Pace) -> Iterator[pa.RecordBatch]:
    """The same batches, no faster than allowed."""
    for batch in batches:
        yield batch
        pace.took(batch.num_rows)
