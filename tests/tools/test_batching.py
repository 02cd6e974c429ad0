import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferryman.tools.prepare.batching import (
    batches_of,
    estimate,
    ordinals,
    plan_batches,
    records_text,
    refine,
    size_for,
    total,
)


@pytest.mark.parametrize(
    ("rows", "size", "batches"),
    [
        (0, 500, 0),
        (1, 500, 1),
        (1_569, 500, 4),
        (9_999, 500, 20),
        (15_420, 1_000, 16),
        (30_000, 2_000, 15),
        (100_000, 5_000, 20),
        (1_000_000, 50_000, 20),
        (80_000_000, 50_000, 1_600),
    ],
)
def test_a_batch_is_a_twentieth_of_the_rows_rounded(rows: int, size: int, batches: int) -> None:
    assert (size_for(rows), batches_of(rows, size_for(rows))) == (size, batches)


def test_the_specification_s_batches_of_brackets() -> None:
    assert ordinals(1_569, 500) == ((1, 500), (501, 1_000), (1_001, 1_500), (1_501, 1_569))
    assert records_text(501, 1_000) == "501-1,000"


@given(st.integers(0, 5_000), st.integers(1, 700))
def test_batches_cover_every_row_once(rows: int, size: int) -> None:
    covered = [row for first, last in ordinals(rows, size) for row in range(first, last + 1)]
    assert covered == list(range(1, rows + 1))
    assert len(ordinals(rows, size)) == batches_of(rows, size)


@given(st.integers(0, 10**9))
def test_a_size_is_one_two_or_five_of_a_power_of_ten(rows: int) -> None:
    size = size_for(rows)
    assert 500 <= size <= 50_000
    assert str(size).rstrip("0") in ("1", "2", "5")


def test_an_estimate_runs_from_twice_to_half_the_measured_rate() -> None:
    found = estimate(10_000, 1_000)
    assert (found.low, found.high, found.rows_per_second) == (5.0, 20.0, 1_000)


def test_an_estimate_without_a_probe_says_that_nothing_was_measured() -> None:
    assert estimate(10_000).rows_per_second is None


def test_an_estimate_narrows_as_rows_arrive() -> None:
    batch = plan_batches("brackets", 10_000, 1_000)
    half = refine(batch, 5_000, 10.0)
    assert half.rows_per_second == 500
    assert half.low < 10.0 < half.high
    assert half.high / half.low < batch.estimate.high / batch.estimate.low
    assert refine(batch, 10_000, 20.0).high == 0


def test_nothing_done_yet_keeps_the_first_rate() -> None:
    batch = plan_batches("brackets", 10_000, 1_000)
    assert refine(batch, 0, 0.0) == batch.estimate


def test_estimates_add_up() -> None:
    assert (total([estimate(1_000, 1_000), estimate(3_000, 1_000)]).low, total([]).high) == (2.0, 0.0)


@pytest.mark.parametrize(
    ("rows", "size", "reason"),
    [
        (1_569, None, "the smallest batch: 1,569 rows are few"),
        (15_420, None, "a twentieth of 15,420 rows, rounded"),
        (5_000_000, None, "the largest batch: one transaction stays short"),
        (15_420, 250, "as asked for"),
    ],
)
def test_a_batch_plan_says_why(rows: int, size: int | None, reason: str) -> None:
    assert plan_batches("t", rows, size=size).reason == reason
