"""Which rows of a batch the database refuses, found by trying, in a transaction that is rolled back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain, islice

import pyarrow as pa
from sqlalchemy import and_, select
from sqlalchemy.exc import DBAPIError

from ferryman.domain.checks import columns_of_check
from ferryman.domain.errors import FerrymanError, NeedsDecision
from ferryman.domain.mapping import Problem
from ferryman.domain.run import Key, Segment
from ferryman.domain.schema import Family, Table
from ferryman.tools.databases.postgresql_constraints import ask_at_once
from ferryman.tools.move.aside import Reason
from ferryman.tools.move.batch import changes, place_for, sort_batch
from ferryman.tools.move.fault import columns_in, of_constraint
from ferryman.tools.move.job import Job
from ferryman.tools.move.meet import Meeting, change
from ferryman.tools.move.place import (
    AT_ONCE,
    Place,
    chosen_rows,
    numbered,
    read_rows,
    remade,
    write_before,
)
from ferryman.tools.move.scope import as_key
from ferryman.tools.move.windows import Window
from ferryman.tools.prepare.misfit import ValuesDoNotFit

Refused = tuple[Key, Reason, NeedsDecision]  #: a row, why it does not go, and what was said

FEW = 4  #: rows that the database names before fewer are tried at a time: each try sends all that are left
ENOUGH = 500  #: refused rows after which no more are looked for, where no policy would answer them


@dataclass
class Refusals:
    """Rows that do not go, each with its reason, and for each reason what was said first."""

    rows: dict[Key, Reason] = field(default_factory=dict)
    said: dict[Reason, NeedsDecision] = field(default_factory=dict)
    all_found: bool = True  #: False where rows after the last of these were not looked at any more

    def add(self, key: Key, why: Reason, error: NeedsDecision) -> None:
        self.rows[key] = why
        self.said.setdefault(why, error)


def refused_rows(
    job: Job, window: Window, after: Key | None, strays: Mapping[Key, Reason], enough: int = ENOUGH
) -> Refusals:
    """The rows of a window that cannot be inserted beside those before them that can, or cannot take the place of what
    is there, and why; at most `enough`.

    A range that goes stays inserted, so that later rows meet it; halves of one that does not are tried in turn. The
    caller's transaction must be rolled back.
    """
    job.bench.begin()
    if job.bench.books.dialect.name == "postgresql":
        ask_at_once(job.bench.books, job.work.table)
    look = job.sight.look(after, window.rows)
    sorted_ = sort_batch(job, window.number, look, strays)
    place = place_for(job, window.number, look, sorted_)
    changed = (_not_changed(job, place, act, look.rows) for act in changes(job, place, sorted_))
    found = Refusals()
    for key, why, error in islice(chain(_not_inserted(job, place), *changed), enough):
        found.add(key, why, error)
    found.all_found = len(found.rows) < enough
    return found


def _not_inserted(job: Job, place: Place) -> Iterator[Refused]:
    """Of the rows that are inserted: read and transformed once, then parts of them are tried, which a server does in no
    time beside that."""
    write_before(place)
    from_, compiled = job.bench.legacy, job.bench.compiled
    ordered = select(*compiled.key_columns(from_)).select_from(from_).where(place.chosen)
    found = job.bench.connection.execute(ordered.order_by(*compiled.key_columns(from_)))
    keys = [as_key(row) for row in found]
    for legacy in list(read_rows(place, chosen_rows(place), AT_ONCE)):
        here, keys = keys[: legacy.num_rows], keys[legacy.num_rows :]
        unfit, here, made = _fitting(place, here, legacy)
        yield from unfit
        yield from _not_taken(job, here, numbered(place, made))


def _fitting(place: Place, keys: list[Key], legacy: pa.RecordBatch) -> tuple[list[Refused], list[Key], pa.RecordBatch]:
    """The rows whose values do not fit; the keys of the others, and what these become."""
    unfit: list[Refused] = []
    while True:
        try:
            return unfit, keys, remade(place, legacy)
        except ValuesDoNotFit as error:
            bad = {row: misfit for misfit in reversed(error.misfits) for row in misfit.rows}
            unfit += [(keys[row], Reason(bad[row].problem, (bad[row].column,)), error) for row in sorted(bad)]
            left = [row for row in range(len(keys)) if row not in bad]
            keys, legacy = [keys[row] for row in left], legacy.take(pa.array(left, pa.int64()))


def _not_taken(job: Job, keys: list[Key], made: pa.RecordBatch) -> Iterator[Refused]:
    """Of rows in the target's form; those that go stay inserted. A row that the database names is left out of the next
    try; where it names none, or has named a few, halves are tried in turn."""
    for _ in range(FEW):
        error = _tried(job, partial(job.bench.insert, made)) if keys else None
        if error is None:
            return
        row = 0 if len(keys) == 1 else error.row
        if row is None:
            break
        yield keys[row], reason_of(error, job.work.compiled.target), error
        made = made.take(pa.array([n for n in range(len(keys)) if n != row], pa.int64()))
        keys = keys[:row] + keys[row + 1 :]
    half = len(keys) // 2
    yield from _not_taken(job, keys[:half], made.slice(0, half))
    yield from _not_taken(job, keys[half:], made.slice(half))


def _not_changed(job: Job, place: Place, act: Meeting, rows: int) -> Iterator[Refused]:
    """Of the rows of a range that are to change one of the target's."""
    if not rows:
        return
    error = _tried(job, lambda: change(replace(act, place=place)))
    if error is None:
        return
    if rows == 1:
        yield from _named(job, place, act, error)
        return
    half = rows // 2
    middle = job.sight.segment(place.segment.after, half).upto
    first = replace(place, segment=Segment(after=place.segment.after, upto=middle))
    yield from _not_changed(job, first, act, half)
    second = replace(place, segment=Segment(after=middle, upto=place.segment.upto))
    yield from _not_changed(job, second, act, rows - half)


def _tried(job: Job, write: Callable[[], object]) -> NeedsDecision | None:
    """Write rows, and leave them written when they go; gives what was said where the data are at fault."""
    point = job.bench.books.begin_nested()
    try:
        write()
    except (DBAPIError, FerrymanError) as raised:
        with suppress(DBAPIError):
            point.rollback()
        error = (
            raised
            if isinstance(raised, FerrymanError)
            else job.bench.target_dialect.translate(raised, "inserting a row")
        )
        if not isinstance(error, NeedsDecision):
            raise error from raised
        return error
    point.commit()
    return None


def _named(job: Job, place: Place, act: Meeting, error: NeedsDecision) -> Iterator[Refused]:
    """The one row of a range, unless it is left out anyway, with the reason that its refusal gives."""
    from_ = job.bench.legacy
    keys = job.bench.compiled.key_columns(from_)
    chosen = and_(job.bench.within(place.segment), act.aside.holds(from_, act.fate))
    row = job.bench.connection.execute(select(*keys).select_from(from_).where(chosen)).first()
    if row is not None:
        yield as_key(row), reason_of(error, job.work.compiled.target), error


def reason_of(error: NeedsDecision, table: Table) -> Reason:
    """Why a row was refused, as a quarantine's reason."""
    if isinstance(error, ValuesDoNotFit):
        return Reason(error.misfits[0].problem, (error.misfits[0].column,))
    columns = columns_in(error.constraint, table.name) or _named_by(error.constraint, table)
    return Reason(of_constraint(error.constraint)[1] or Problem.CHECK_FAILED, columns)


def _named_by(constraint: str, table: Table) -> tuple[str, ...]:
    """The column of a type (where none is told, the only one of a type of the server's own), the columns of a CHECK, of
    what else keeps rows apart, or of a unique set that a server calls by its name: one that it gives itself, or the
    only one."""
    kind, _, rest = constraint.partition(" ")
    name = rest.rpartition(" ")[2].rpartition(".")[2]
    if kind == "PARTITION":
        return table.partitioned_by
    if rule := next((one for one in table.apart if rest in (one.name, f"{table.name} {one.name}")), None):
        return rule.columns
    if kind == "TYPE" and rest in table.by_name:
        return (rest,)
    if constraint == "TYPE":
        own = [(column.name,) for column in table.columns if column.family is Family.OTHER]
        return own[0] if len(own) == 1 else ()
    if kind == "CHECK":
        called = (rest.removeprefix(f"{table.name} "), rest, name)  # PostgreSQL and MariaDB may name the table as well
        return next(filter(None, (columns_of_check(one, table) for one in called)), ())
    if kind != "UNIQUE":
        return ()
    if name in ("PRIMARY", f"{table.name}_pkey"):
        return table.primary_key
    given = [columns for columns in table.uniques if name in (columns[0], f"{table.name}_{'_'.join(columns)}_key")]
    found = given or table.uniques
    return found[0] if len(found) == 1 else ()
