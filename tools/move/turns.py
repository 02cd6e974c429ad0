"""Taking turns at a database that has one write lock (SQLite).

Threads of this process queue at a lock of ours instead of running into SQLite's time-out. Another process that only
wants to leave a note (a stop request) gets in between two batches: the copier pauses for a moment now and then, and
who waits asks often.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import Lock, RLock

from sqlalchemy import Connection

from ferryman.tools.databases.connect import Target

PAUSE = 0.001  #: seconds that a copier leaves the lock to others
EVERY = 0.1  #: and how many seconds it may work before

_guard = Lock()
_beside: defaultdict[str, AbstractContextManager[object]] = defaultdict(RLock)
_locks: defaultdict[str, AbstractContextManager[object]] = defaultdict(RLock)


@contextmanager
def turn(target: Target) -> Iterator[None]:
    """Hold the right to write among this process's threads. Re-entrant; databases with row locks need none."""
    with _lock(target):
        yield


@contextmanager
def beside_the_order(target: Target) -> Iterator[None]:
    """Hold the right to bring rows beside the order, on any kind of database: tables that go side by side and lack the
    same rows bring them once. To be taken before a turn, never within one."""
    with _guard:
        lock = _beside[target.identity.place]
    with lock:
        yield


def _lock(target: Target) -> AbstractContextManager[object]:
    if target.dialect.name != "sqlite":
        return nullcontext()
    with _guard:
        return _locks[target.identity.place]


def insist(connection: Connection) -> None:
    """Make a fresh connection fail at once where the write lock is taken, so that its caller asks again soon."""
    if connection.dialect.name == "sqlite":
        connection.connection.driver_connection.execute("PRAGMA busy_timeout = 0")  # type: ignore[union-attr]


class Manners:
    """When a copier last let others in."""

    def __init__(self, target: Target) -> None:
        self._single = target.dialect.name == "sqlite"
        self._since = time.monotonic()

    def give_way(self) -> None:
        """Call between two batches: pauses for a moment where the lock was held for long enough."""
        if self._single and time.monotonic() - self._since >= EVERY:
            time.sleep(PAUSE)
            self._since = time.monotonic()
