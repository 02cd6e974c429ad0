"""A table's legacy rows on the straight way: read and transformed by one thread, a few parts ahead of the writer.

One transaction of the source, so one snapshot where it has them; within it, ranges of keys one after the other, so
that who stops never waits for the end of a long answer. Whatever goes wrong in the thread is raised where the rows are
taken, and a reader whose writer has gone stops by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from queue import Empty, Full, Queue
from threading import Event, Thread

import pyarrow as pa
from sqlalchemy import Connection

from ferryman.domain.errors import FerrymanError
from ferryman.domain.run import Key, Segment
from ferryman.tools.databases.connect import Source
from ferryman.tools.databases.dialect import clause
from ferryman.tools.prepare.as_mirrored import as_mirrored, kept_columns
from ferryman.tools.prepare.references import References
from ferryman.tools.prepare.transform import CompiledTable

PART = 10_000  #: rows that are read, transformed and written at a time
AHEAD = 4  #: parts that wait for the writer
RANGE = 50  #: parts that one query reads
_PATIENCE = 0.2  #: seconds between looks at whether the other side is still there


@dataclass(frozen=True)
class Rows:
    """Some rows, before and after: as many in both, in the order of their keys."""

    legacy: pa.RecordBatch
    made: pa.RecordBatch

    def part(self, start: int, rows: int) -> Rows:
        return Rows(self.legacy.slice(start, rows), self.made.slice(start, rows))


@dataclass(frozen=True)
class Reading:
    """What is read: rows after one key up to another, of a table with a key of one integer."""

    source: Source
    live: CompiledTable  #: as the source has it
    seen: CompiledTable  #: as its mirror would have it: what the transforms are told
    references: References
    upto: Key
    size: int = PART  #: rows per part


@dataclass
class Stream:
    """The rows after a key. Close it when done, or after a failure."""

    reading: Reading
    after: Key | None  #: the last key that was taken
    _queue: Queue[Rows | BaseException | None] = field(default_factory=lambda: Queue(AHEAD))
    _gone: Event = field(default_factory=Event)
    _left: Rows | None = None  #: what was read and not taken yet
    _ended: bool = False

    def __post_init__(self) -> None:
        self._thread = Thread(target=self._read, name="ferryman-reader", daemon=True)
        self._thread.start()

    def take(self, rows: int) -> Iterator[Rows]:
        """The next rows, at most so many, in parts as they come. Raises what the reader met."""
        while rows and (here := self._next()):
            part = here.part(0, rows)
            rest = here.legacy.num_rows - part.legacy.num_rows
            self._left = here.part(part.legacy.num_rows, rest) if rest else None
            rows -= part.legacy.num_rows
            self.after = (part.legacy.column(self.reading.live.mapping.key[0])[-1].as_py(),)
            yield part

    def more(self) -> bool:
        """Whether rows follow those that were taken."""
        self._left = self._next()
        return self._left is not None

    def close(self) -> None:
        """Let the reader end; it has given its connection up when this returns."""
        self._gone.set()
        self._thread.join()

    def _next(self) -> Rows | None:
        if self._left is not None:
            left, self._left = self._left, None
            return left
        while not self._ended:
            try:
                found = self._queue.get(timeout=_PATIENCE)
            except Empty:
                if not self._thread.is_alive() and self._queue.empty():
                    raise AssertionError("the reader ended without a word") from None
                continue
            if isinstance(found, BaseException):
                self._ended = True
                raise found
            self._ended = found is None
            return found
        return None

    def _read(self) -> None:
        try:
            for rows in self._made():
                if not self._put(rows):
                    return
            self._put(None)
        except Exception as error:  # raised in the thread that takes the rows
            self._put(error)

    def _put(self, what: Rows | BaseException | None) -> bool:
        while not self._gone.is_set():
            try:
                self._queue.put(what, timeout=_PATIENCE)
            except Full:
                continue
            return True
        return False

    def _made(self) -> Iterator[Rows]:
        reading = self.reading
        kept = kept_columns(reading.live) if reading.source.dialect.name != "sqlite" else frozenset[str]()
        with reading.source.connect(f"reading {reading.live.source.name}") as connection:
            connection.begin()
            for batch in _ranges(reading, connection, self.after):
                legacy = batch
                if reading.source.dialect.name != "sqlite":
                    legacy = as_mirrored(batch, reading.live, kept)
                yield Rows(legacy, reading.seen.apply(legacy, reading.references))


def _ranges(reading: Reading, connection: Connection, after: Key | None) -> Iterator[pa.RecordBatch]:
    """Raw batches, each with whole keys, in order."""
    live, from_ = reading.live, clause(reading.live.source)
    key = live.key_columns(from_)
    while True:
        wanted = live.read(from_).where(live.where(from_, Segment(after=after, upto=reading.upto))).order_by(*key)
        found = 0
        most = reading.size * RANGE
        for batch in reading.source.dialect.read(connection, wanted.limit(most), live.families, reading.size):
            keys = batch.column(live.mapping.key[0])
            if not pa.types.is_int64(keys.type) or keys.null_count:
                raise NotStraight("its keys are not all integers")
            found += batch.num_rows
            after = (keys[-1].as_py(),)
            yield batch
        if found < most:
            return


class NotStraight(FerrymanError):
    """A table cannot go the straight way after all."""

    def __init__(self, why: str) -> None:
        super().__init__(f"The rows cannot go the straight way: {why}.", "They go the careful way.")
