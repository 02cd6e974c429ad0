"""Which rows of a batch the database refuses: counted by trying, in a transaction that is rolled back."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.exc import DBAPIError

from ferryman.domain.run import Key, Segment
from ferryman.tools.move.batch import Job
from ferryman.tools.move.place import Place, insert_rows, written_before
from ferryman.tools.move.windows import Window

ENOUGH = 500  #: rows after which no more are looked for


def failing_rows(job: Job, window: Window, after: Key | None) -> int:
    """How many rows of a window cannot be inserted, beside those before them that can; at most `ENOUGH`.

    The caller's transaction holds what could be inserted afterwards: it must be rolled back.
    """
    found = job.sight.look(after, window.rows)
    ledger, run = job.work.ledger.tables, job.work.run
    place = Place(job.bench, job.keys, ledger, run, window.number, found.segment, job.keys.record)
    return _failing(job, place, found.rows, ENOUGH)


def _failing(job: Job, place: Place, rows: int, enough: int) -> int:
    if rows == 0 or enough <= 0 or _goes(job, place):
        return 0
    if rows == 1:
        return 1
    half = rows // 2
    middle = job.sight.segment(place.segment.after, half).upto
    first = _failing(job, replace(place, segment=Segment(after=place.segment.after, upto=middle)), half, enough)
    rest = Segment(after=middle, upto=place.segment.upto)
    return first + _failing(job, replace(place, segment=rest), rows - half, enough - first)


def _goes(job: Job, place: Place) -> bool:
    """Try to insert a range; it stays inserted when it goes, so that later rows meet it."""
    try:
        with job.bench.connection.begin_nested():
            written_before(place)
            insert_rows(place)
    except DBAPIError:
        return False
    return True
