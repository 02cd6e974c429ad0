"""A batch whose commit was asked for and not answered: it may be in the ledger, and then it is not done again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from sqlalchemy import Connection

from ferryman.domain.run import BatchRecord
from ferryman.tools.move.batches import BatchBook
from ferryman.tools.move.work import TableWork

Result = TypeVar("Result")


class Unheard(Generic[Result]):
    """What the last try was about to commit, and what it comes to. One for all tries of a batch."""

    def __init__(self) -> None:
        self._asked: tuple[BatchRecord, Result] | None = None

    @contextmanager
    def committing(self, record: BatchRecord, result: Result) -> Iterator[None]:
        """Commit in the block."""
        self._asked = record, result
        yield
        self._asked = None

    def done(self, work: TableWork, book: BatchBook, connection: Connection) -> Result | None:
        """What the try before came to, where the books have it; None: it is to be done (again)."""
        if self._asked is None:
            return None
        work.ledger.renew(connection, work.run)  # waits for what the lost connection left at work, for that holds it
        record, result = self._asked
        there = book.has(connection, record)
        self._asked = None
        return result if there else None
