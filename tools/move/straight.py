"""The straight way of a table into a server: its rows stream by, and the target itself refuses what does not go.

No copy of the old table is made and nothing is looked up beforehand. Every value passes the reference transform, every
batch proves its count, ten rows of it and its references before it commits with its ledger rows; at the first thing
that is not plain the batch is rolled back, and the table goes on the careful way, which finds out what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from sqlalchemy import ColumnElement, and_, exists, literal, select
from sqlalchemy.types import NullType

from ferryman.domain.errors import NeedsDecision
from ferryman.domain.mapping import Conflict, Derived, Kept, TableMapping
from ferryman.domain.run import Accounting, BatchRecord, Key, Segment
from ferryman.domain.schema import Family
from ferryman.domain.transforms import KeyByType, Lookup, RemapIds
from ferryman.domain.validation import BatchValidation, CheckKind, CheckResult, CheckStatus
from ferryman.tools.databases.arrow import joined_up
from ferryman.tools.databases.dialect import clause
from ferryman.tools.move.batch import Books, miscounted, unproved, write_down
from ferryman.tools.move.check import SAMPLES, by_chance, compare_sample, references_checked
from ferryman.tools.move.failpoint import failpoint
from ferryman.tools.move.foreign import ForeignCheck
from ferryman.tools.move.job import Job, Moved, Stuck
from ferryman.tools.move.place import Integers, range_entries
from ferryman.tools.move.records import Scope
from ferryman.tools.move.rowkeys import Record, RowKeys
from ferryman.tools.move.stand_ins import stand_ins
from ferryman.tools.move.stream import Rows, Stream
from ferryman.tools.move.windows import Window
from ferryman.tools.move.work import TableWork
from ferryman.tools.prepare.bonds import Bond, bonds
from ferryman.tools.prepare.mirror import beside
from ferryman.tools.prepare.references import References
from ferryman.tools.prepare.transform import CompiledTable


def why_careful(compiled: CompiledTable) -> str:
    """Why a table's rows cannot go straight into a server, by its mapping alone; empty where they can.

    `compiled` is as its mirror has it.
    """
    mapping, keys = compiled.mapping, RowKeys(compiled)
    steps = [step for column in mapping.columns for step in column.steps]
    decided = bool(mapping.policies) or mapping.conflict is not Conflict.STOP
    reasons = {
        "its rows, or those of a table that it refers to, are matched or get their numbers from the new database": any(
            not isinstance(table.identity, Kept | Derived)
            for table in (mapping, *(reference.parent for reference in compiled.references))
        ),
        "its rows are told apart by other than one whole number": keys.record is not Record.RANGES,
        "its old key may hold whole numbers from 2^63 on": any(
            column.family is Family.INTEGER and not column.native
            for column in (compiled.source.by_name.get(name) for name in mapping.key)
            if column
        ),
        "its old key may hold other than whole numbers": not keys.integer_keys,
        "the plan says what becomes of some of its rows": decided,
        "only some of its rows are wanted": mapping.filter is not None,
        "rows of several old tables are in a table that it refers to": any(b.among_others for b in bonds(compiled)),
        "it refers to itself": any(bond.to_itself for bond in bonds(compiled)),
        "values are looked up in other tables": any(isinstance(step, Lookup | KeyByType | RemapIds) for step in steps),
        "its key is not the new table's primary key": keys.names != compiled.target.primary_key,
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def way_of(compiled: CompiledTable, slow_load: str = "") -> tuple[str, str]:
    """How a table's rows go, "push-down", "straight" or "careful", and why not in a faster way. `compiled` as it is
    live; `slow_load` is the target's."""
    if compiled.push_down:
        return "push-down", ""
    if compiled.target_database.dialect == "sqlite":
        return "careful", compiled.reason
    why = why_careful(beside(compiled))
    return ("careful", why) if why else ("straight", slow_load)


def can_go_straight(work: TableWork, scope: Scope) -> bool:
    """Whether a table of a run can: by its mapping, its scope, and what stands in the target. `work` as for copying."""
    if work.target.dialect.name == "sqlite" or why_careful(work.compiled) or not work.handling.id_mapping:
        return False
    if scope.upper is None or scope.null_keys:
        return False
    return not any(one.table == work.table for one in stand_ins(work.target, work.ledger))


class Nowhere(References):
    """For rows that look nothing up: asking is a sign that they are not plain."""

    def resolve(self, parent: TableMapping, keys: Any, position: int = 0) -> pa.Array:
        raise _not_plain(parent.target)

    def there(self, parent: str, keys: Any, new: Any) -> list[bool]:
        raise _not_plain(parent)

    def lookup(self, table: str, by: Any, value: str, keys: Any) -> pa.Array:
        raise _not_plain(table)


def _not_plain(table: str) -> NeedsDecision:
    return NeedsDecision(f"Something has to be looked up in {table}.", "It goes the careful way.")


def move_straight(job: Job, stream: Stream, window: Window, after: Key | None) -> Moved:
    """Move the next rows of a stream; see `move_batch`. A stream that has been taken from cannot be used again when
    this fails."""
    began = job.clock.seconds()
    failpoint("before_begin", job.name, window.number)
    job.bench.begin()
    failpoint("before_insert", job.name, window.number)
    sent = _Sent()
    inserted = job.bench.load(sent.noted(job, stream.take(window.rows)))
    segment = Segment(after=after, upto=stream.after if stream.more() else job.scope.upper)
    count = sum(map(len, sent.numbers))
    if inserted != count:
        raise Stuck(miscounted(job, window.number, count, inserted))
    failpoint("after_insert", job.name, window.number)
    books, validation = Books(), _validation(job, 0, _NO_ROWS)
    if count:
        books.entries += range_entries(job.keys, np.concatenate(sent.numbers))
        _refuse_orphans(job, sent)
        validation = _prove(job, sent, count)
        if not validation.continue_execution:
            raise Stuck(unproved(job, window.number, validation), validation)
    record = BatchRecord(
        table=job.name,
        number=window.number,
        first_row=window.first_row,
        last_row=window.first_row + count - 1,
        segment=segment.but(rows=count),
        accounting=Accounting(source=count, migrated=count),
        seconds=job.clock.seconds() - began,
    )
    stop = write_down(job, record, books, ())
    return Moved(record, validation, stop=stop)


_NO_ROWS = CheckResult(kind=CheckKind.SAMPLE, status=CheckStatus.PASS, text="no rows were inserted")


@dataclass
class _Sent:
    """What is kept of a batch's rows once they are with the target."""

    numbers: list[Integers] = field(default_factory=list)  #: their legacy keys
    ends: list[object] = field(default_factory=list)  #: the new keys of the first and the last row of each part
    samples: list[pa.RecordBatch] = field(
        default_factory=list
    )  #: legacy rows, one by one: each part's ends, and others

    def noted(self, job: Job, parts: Iterable[Rows]) -> Iterator[pa.RecordBatch]:
        """The rows to be sent, each part once it is noted."""
        for rows in parts:
            self._note(job, rows)
            yield rows.made

    def _note(self, job: Job, rows: Rows) -> None:
        self.numbers.append(rows.legacy.column(job.work.compiled.mapping.key[0]).to_numpy())
        key, last = rows.made.column(job.keys.names[0]), rows.made.num_rows - 1
        self.ends += [key[0].as_py(), key[last].as_py()]
        picked = rows.legacy.take(pa.array(by_chance(last + 1, job.clock.dice)))
        self.samples += [picked.slice(row, 1) for row in range(picked.num_rows)]

    def chosen(self, dice: Callable[[], float]) -> list[pa.RecordBatch]:
        """The first of the kept rows, the last, and others by chance."""
        return [self.samples[row] for row in by_chance(len(self.samples), dice)]


def _validation(job: Job, rows: int, sample: CheckResult) -> BatchValidation:
    issues = (sample.text,) if sample.status is CheckStatus.FAIL else ()
    return BatchValidation(
        record_count=CheckResult(kind=CheckKind.COUNT_MATCH, status=CheckStatus.PASS, expected=rows, actual=rows),
        sample_integrity=sample,
        references=references_checked(job),
        continue_execution=not issues,
        issues=issues,
    )


def _prove(job: Job, sent: _Sent, rows: int) -> BatchValidation:
    """The first row, the last and others by chance: transformed anew, alone, and compared in the target."""
    legacy = joined_up(sent.chosen(job.clock.dice), SAMPLES)
    made = pa.Table.from_batches(job.work.compiled.apply(some, Nowhere()) for some in legacy)
    (expected,) = made.combine_chunks().to_batches()
    return _validation(job, rows, compare_sample(job, expected, expected.num_rows))


def _refuse_orphans(job: Job, sent: _Sent) -> None:
    """Raises NeedsDecision where a row of the batch refers to a row that is not there and the target did not look."""
    for orphaned in _orphaned(job, sent):
        if job.bench.books.execute(select(literal(1)).where(orphaned)).first() is not None:
            raise NeedsDecision(f"Rows of {job.name} refer to rows that are not there.", table=job.name)


def _orphaned(job: Job, sent: _Sent) -> Iterator[ColumnElement[bool]]:
    child = job.bench.target.alias("child")
    low, high = (literal(end, NullType()) for end in (sent.ends[0], sent.ends[-1]))
    for check in job.checks:
        if not refused_by_target(job, check):
            bond: Bond = check.bond
            parent = clause(job.work.compiled.target_database.table(bond.parent)).alias("parent")
            pairs = list(zip(bond.columns, bond.parent_columns, strict=True))
            there = exists(
                select(literal(1)).where(and_(*(parent.c[p] == child.c[c] for c, p in pairs))).correlate(child)
            )
            named = [child.c[name].is_not(None) for name in bond.columns]
            inside = child.c[job.keys.names[0]].between(low, high)
            yield exists(select(literal(1)).select_from(child).where(inside, *named, ~there))


def refused_by_target(job: Job, check: ForeignCheck) -> bool:
    """Whether the target itself refuses a row without its parent: PostgreSQL does, at a constraint that it enforces."""
    key = check.bond.key
    return job.bench.refuses_early_rows and key.in_force and key.name not in job.work.aside
