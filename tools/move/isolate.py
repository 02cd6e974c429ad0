"""Which rows of a batch the database refuses, found by trying, in a transaction that is rolled back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import islice

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
from ferryman.tools.move.place import Place, insert_rows, write_before
from ferryman.tools.move.scope import as_key
from ferryman.tools.move.windows import Window
from ferryman.tools.prepare.misfit import ValuesDoNotFit

ENOUGH = 500  #: refused rows after which no more are looked for, where no policy would answer them


def refused_rows(
    job: Job, window: Window, after: Key | None, strays: Mapping[Key, Reason], enough: int = ENOUGH
) -> dict[Key, Reason]:
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
    acts: list[Meeting | None] = [None, *changes(job, place, sorted_)]
    every = (refused for act in acts for refused in _refused(job, place, act, look.rows))
    return dict(islice(every, enough))


def _refused(job: Job, place: Place, act: Meeting | None, rows: int) -> Iterator[tuple[Key, Reason]]:
    """`act`: the rows that are changed where they meet one of the target's; None: those that are inserted."""
    if not rows:
        return
    error = _try(job, place, act)
    if error is None:
        return
    if rows == 1:
        yield from _named(job, place, act, error)
        return
    half = rows // 2
    middle = job.sight.segment(place.segment.after, half).upto
    yield from _refused(job, replace(place, segment=Segment(after=place.segment.after, upto=middle)), act, half)
    yield from _refused(job, replace(place, segment=Segment(after=middle, upto=place.segment.upto)), act, rows - half)


def _try(job: Job, place: Place, act: Meeting | None) -> NeedsDecision | None:
    """Write a range, and leave it written when it goes; gives what was said where the data are at fault."""
    point = job.bench.savepoint()
    try:
        if act is None:
            write_before(place)
            insert_rows(place)
        else:
            change(replace(act, place=place))
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


def _named(job: Job, place: Place, act: Meeting | None, error: NeedsDecision) -> Iterator[tuple[Key, Reason]]:
    """The one row of a range, unless it is left out anyway, with the reason that its refusal gives."""
    from_ = job.bench.legacy
    keys = job.bench.compiled.key_columns(from_)
    chosen = and_(job.bench.within(place.segment), act.aside.holds(from_, act.fate)) if act else place.chosen
    row = job.bench.connection.execute(select(*keys).select_from(from_).where(chosen)).first()
    if row is not None:
        yield as_key(row), reason_of(error, job.work.compiled.target)


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
