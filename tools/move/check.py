"""What is proved of a batch before it commits: its count, ten rows computed a second way, its references."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zlib import crc32

import pyarrow as pa
from sqlalchemy import ColumnElement, FromClause, ScalarSelect, Text, and_, cast, delete, false, func, or_, select

from ferryman.domain.run import Segment
from ferryman.domain.schema import Family, Table
from ferryman.domain.validation import BatchValidation, CheckKind, CheckResult, CheckStatus
from ferryman.tools.databases.dialect import clause
from ferryman.tools.move.bench import Bench
from ferryman.tools.move.place import Place, ends, recomputed
from ferryman.tools.move.scan import count_where
from ferryman.tools.prepare.misfit import ValuesDoNotFit

if TYPE_CHECKING:
    from ferryman.tools.move.job import Job

SAMPLES = 10
FEW = 2_000  #: rows of which all keys are counted off to choose some
_EXPECTED = "ferryman_expected"  #: begins the name of the temporary table that the recomputed rows are put into


def check_batch(job: Job, place: Place) -> BatchValidation:
    """Expected and actual count, sampled rows compared with the reference, references looked up."""
    count = CheckResult(kind=CheckKind.COUNT_MATCH, status=CheckStatus.PASS, expected=place.rows, actual=place.rows)
    sample = check_sample(job, place)
    issues = (sample.text,) if sample.status is CheckStatus.FAIL else ()
    return BatchValidation(
        record_count=count,
        sample_integrity=sample,
        references=references_checked(job),
        continue_execution=not issues,
        issues=issues,
    )


def references_checked(job: Job) -> CheckResult:
    """Every reference was looked up in this transaction, before the insert; none without its parent came here."""
    if not job.work.handling.foreign_key_validation:
        text = "references were not looked at: it is switched off for this phase"
        return CheckResult(kind=CheckKind.INTEGRITY, status=CheckStatus.NOT_VALIDATED, text=text)
    columns = tuple(column for check in job.checks for column in check.bond.columns)
    return CheckResult(kind=CheckKind.INTEGRITY, status=CheckStatus.PASS, expected=0, actual=0, fields=columns)


def check_sample(job: Job, place: Place) -> CheckResult:
    """The first row, the last and others by chance: the target's values against those of the reference transform."""
    bench, names = place.bench, job.keys.names
    if not set(names) <= set(bench.compiled.writes) or not names:
        text = "no rows were compared: the table has no key of ours to find them by"
        return CheckResult(kind=CheckKind.SAMPLE, status=CheckStatus.NOT_VALIDATED, text=text)
    if not place.rows:
        return CheckResult(kind=CheckKind.SAMPLE, status=CheckStatus.PASS, text="no rows were inserted")
    keys = sampled_keys(job, place)
    if not keys:
        return CheckResult(kind=CheckKind.SAMPLE, status=CheckStatus.PASS, text="every row was mended on the way")
    rows = bench.compiled.read(bench.legacy).where(_among(bench, keys))
    try:
        expected = next(recomputed(place, rows, SAMPLES))
    except ValuesDoNotFit as error:
        columns = tuple(misfit.column for misfit in error.misfits)
        return _sample(len(keys), 0, bench.compiled.writes, columns)
    return compare_sample(job, expected, len(keys))


def compare_sample(job: Job, expected: pa.RecordBatch, samples: int) -> CheckResult:
    """Recomputed rows against the target's, by key."""
    bench = job.bench
    table = expected_table(bench)
    bench.target_dialect.insert(bench.books, table, expected)
    passed, mismatched = _compared(bench, table, job.keys.names)
    bench.books.execute(delete(clause(table)))
    return _sample(samples, passed, bench.compiled.writes, mismatched)


def _sample(samples: int, passed: int, fields: Sequence[str], mismatched: Sequence[str]) -> CheckResult:
    good = passed == samples
    text = f"{passed} of {samples} sampled rows hold what they should"
    return CheckResult(
        kind=CheckKind.SAMPLE,
        status=CheckStatus.PASS if good else CheckStatus.FAIL,
        expected=samples,
        actual=passed,
        samples=samples,
        passed=passed,
        fields=tuple(fields),
        mismatched=tuple(mismatched),
        text=text if good else f"{text}; {', '.join(mismatched)} differ",
    )


def sampled_keys(job: Job, place: Place) -> list[tuple[Any, ...]]:
    """The legacy keys of up to `SAMPLES` chosen rows: both ends, and others by chance."""
    bench = place.bench
    columns = bench.compiled.key_columns(bench.legacy)
    if len(columns) == 1 and job.keys.integer_keys and place.rows > FEW:
        return _by_number(job, place, columns[0])
    numbered = select(*columns, func.row_number().over(order_by=columns).label("n"))
    rows = numbered.select_from(bench.legacy).where(place.plain).subquery()
    last = place.rows if not place.mends else bench.connection.execute(select(func.max(rows.c.n))).scalar() or 0
    chosen = [1 + row for row in by_chance(last, job.clock.dice)]
    wanted = select(*list(rows.c)[: len(columns)]).where(rows.c.n.in_(chosen))
    return [tuple(row) for row in bench.connection.execute(wanted)]


def by_chance(rows: int, dice: Callable[[], float]) -> list[int]:
    """Up to `SAMPLES` different rows out of so many, numbered from 0: both ends, and between them one by chance out of
    each of as many equal parts."""
    inner, parts = rows - 2, SAMPLES - 2
    if inner <= parts:
        return list(range(rows))
    edges = [1 + inner * part // parts for part in range(parts + 1)]
    return [0, *(low + int(dice() * (high - low)) for low, high in pairwise(edges)), rows - 1]


def _by_number(job: Job, place: Place, key: ColumnElement[Any]) -> list[tuple[Any, ...]]:
    """For integer keys: the next row after a number by chance, which an index finds at once."""
    bench = place.bench
    both = ends(place, key, place.plain)
    if both is None:
        return []
    first, last = both
    numbers = [first + number for number in by_chance(last - first + 1, job.clock.dice)]
    others = select(*(_next(place, key, number) for number in numbers))
    found = set(bench.connection.execute(others).one())
    return [(number,) for number in sorted(found)]


def _next(place: Place, key: ColumnElement[Any], number: int) -> ScalarSelect[Any]:
    """The first chosen row from a number on. One lower bound only: SQLite takes one, and it should be this."""
    upto = Segment(upto=place.segment.upto)
    plain = [~mend.where for mend in place.mends]
    rows = select(key).select_from(place.bench.legacy).where(key >= number, place.within(upto), *plain)
    return rows.order_by(key).limit(1).scalar_subquery()


def _among(bench: Bench, keys: Sequence[tuple[Any, ...]]) -> ColumnElement[bool]:
    columns = bench.compiled.key_columns(bench.legacy)
    if len(columns) == 1:
        return and_(columns[0].in_([key[0] for key in keys]), bench.compiled.in_part(bench.legacy))
    return or_(*(and_(*(c == value for c, value in zip(columns, key, strict=True))) for key in keys))


def expected_table(bench: Bench) -> Table:
    """The temporary table for recomputed rows, with the target's columns and how they convert; made where it is not.
    Several tables may be filled at one connection."""
    target = bench.compiled.target
    name = f"{_EXPECTED}_{crc32(target.name.encode()):08x}"
    shaped = select(*(bench.target.c[name] for name in bench.compiled.writes)).where(false())
    made = str(shaped.compile(bench.books, compile_kwargs={"literal_binds": True}))
    bench.books.exec_driver_sql(f"CREATE TEMPORARY TABLE IF NOT EXISTS {name} AS {made}")
    return target.but(name=name, columns=tuple(target.column(name) for name in bench.compiled.writes))


def _compared(bench: Bench, table: Table, keys: Sequence[str]) -> tuple[int, tuple[str, ...]]:
    """Recomputed rows that the target holds just so, and the columns in which others differ."""
    expected, target = clause(table).alias(), bench.target.alias()
    differs = {
        name: _comparable(bench, target, name).is_distinct_from(_comparable(bench, expected, name))
        for name in bench.compiled.writes
    }
    same = and_(*(target.c[name] == expected.c[name] for name in keys))
    equal = count_where(and_(target.c[keys[0]].is_not(None), ~or_(*differs.values())))
    counts = [count_where(where) for where in differs.values()]
    row = bench.books.execute(select(equal, *counts).select_from(expected.outerjoin(target, same))).one()
    return int(row[0]), tuple(name for name, count in zip(differs, row[1:], strict=True) if count)


def _comparable(bench: Bench, rows: FromClause, name: str) -> ColumnElement[Any]:
    """A column's value; as its text where the target's type may have no equality (json, xml, point)."""
    opaque = bench.compiled.target.column(name).family in (Family.JSON, Family.OTHER)
    return cast(rows.c[name], Text) if opaque and bench.target_dialect.name != "sqlite" else rows.c[name]
