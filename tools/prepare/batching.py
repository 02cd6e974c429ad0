"""How a table is cut into batches and how long it takes: arithmetic over counts and one measured rate."""

from __future__ import annotations

import math
from collections.abc import Iterable

from ferryman.domain.plan import BatchPlan, Estimate

SMALLEST, LARGEST = 500, 50_000
SHARE = 20  #: a batch is one of twenty, where the bounds allow
ASSUMED_RATE = 20_000.0  #: rows a second where nothing was measured; half to twice of it is a modest laptop's range
SPREAD = 2.0  #: an estimate runs from half to twice the measured rate


def size_for(rows: int) -> int:
    """Rows per batch: a twentieth of the rows, rounded to 1, 2 or 5 times a power of ten, from 500 to 50,000."""
    return min(LARGEST, max(SMALLEST, _rounded(rows / SHARE)))


def _rounded(number: float) -> int:
    """The nearest of 1, 2, 5, 10, 20, 50, ... by ratio."""
    if number <= 1:
        return 1
    power = int(10 ** math.floor(math.log10(number)))
    return min((step * power for step in (1, 2, 5, 10)), key=lambda step: abs(math.log(step / number)))


def batches_of(rows: int, size: int) -> int:
    """How many batches `rows` rows make; an empty table makes none."""
    return -(-rows // size)


def ordinals(rows: int, size: int) -> tuple[tuple[int, int], ...]:
    """First and last row of each batch, counted from 1: 1,569 rows by 500 end with (1501, 1569)."""
    return tuple((first, min(first + size - 1, rows)) for first in range(1, rows + 1, size))


def records_text(first: int, last: int) -> str:
    """Ordinal rows as they are shown: "501-1,000"."""
    return f"{first:,}-{last:,}"


def plan_batches(table: str, rows: int, rows_per_second: float | None = None, size: int | None = None) -> BatchPlan:
    """How one table is cut. `size` overrides the rule; without a measured rate a modest one is assumed."""
    chosen = size or size_for(rows)
    return BatchPlan(
        table=table,
        rows=rows,
        size=chosen,
        batches=batches_of(rows, chosen),
        reason=_reason(rows, chosen, given=size is not None),
        estimate=estimate(rows, rows_per_second),
    )


def _reason(rows: int, size: int, *, given: bool) -> str:
    if given:
        return "as asked for"
    if size == SMALLEST:
        return f"the smallest batch: {rows:,} rows are few" if rows else "no rows"
    if size == LARGEST:
        return "the largest batch: one transaction stays short"
    return f"a twentieth of {rows:,} rows, rounded"


def estimate(rows: int, rows_per_second: float | None = None) -> Estimate:
    """Seconds for `rows` rows: at twice and at half the measured rate."""
    rate = rows_per_second or ASSUMED_RATE
    return _range(rows, rate, SPREAD, rows_per_second)


def refine(batch: BatchPlan, done: int, seconds: float) -> Estimate:
    """Seconds for the rows that are left, from `done` rows in `seconds`. The range narrows with the share done."""
    left = max(0, batch.rows - done)
    if done <= 0 or seconds <= 0:
        return estimate(left, batch.estimate.rows_per_second)
    rate = done / seconds
    spread = SPREAD ** (left / batch.rows) if batch.rows else 1.0
    return _range(left, rate, spread, rate)


def _range(rows: int, rate: float, spread: float, measured: float | None) -> Estimate:
    low, high = rows / (rate * spread), rows / (rate / spread)
    return Estimate(low=round(low, 3), high=round(high, 3), rows_per_second=round(measured, 1) if measured else None)


def total(estimates: Iterable[Estimate]) -> Estimate:
    """One after the other: the sums of both ends, and no single rate."""
    parts = tuple(estimates)
    return Estimate(low=round(sum(part.low for part in parts), 3), high=round(sum(part.high for part in parts), 3))
