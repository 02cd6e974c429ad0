"""One connection that many reads of a server share, one after the other, each in a snapshot of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from sqlalchemy import Connection

from ferryman.tools.databases.connect import Target
from ferryman.tools.move.clock import Clock

IDLE = 2.0  #: seconds after which a connection that nobody used is not trusted any more: the line may be gone


class Line:
    """Of one thread. A read within a read, and one after a failure, gets a connection of its own or a new one."""

    def __init__(self, target: Target, clock: Clock) -> None:
        self._target = target
        self._clock = clock
        self._stack = ExitStack()
        self._connection: Connection | None = None
        self._used = 0.0
        self._busy = False

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for one read."""
        if self._busy:
            with self._target.connect("reading the ledger", reading=True) as other:
                yield other
            return
        connection = self._open()
        self._busy = True
        try:
            yield connection
            connection.rollback()
        except BaseException:
            self.close()
            raise
        finally:
            self._busy = False
            self._used = self._clock.seconds()

    def close(self) -> None:
        """Give the connection up; the next read opens another."""
        stack, self._stack, self._connection = self._stack, ExitStack(), None
        stack.close()

    def _open(self) -> Connection:
        if self._connection is not None and self._clock.seconds() - self._used > IDLE:
            self.close()
        if self._connection is None:
            self._connection = self._stack.enter_context(self._target.connect("reading the ledger", reading=True))
        return self._connection
