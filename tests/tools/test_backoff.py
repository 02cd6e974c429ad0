"""What follows a failed batch, as a table."""

import pytest

from ferryman.domain.errors import Configuration, Corrupt, FerrymanError, NeedsDecision, Refused, Transient
from ferryman.tools.move.backoff import Escalate, Halve, Isolate, NextAttempt, Retry, backoff, grown, next_attempt
from ferryman.tools.move.windows import Ruler, Window, cut

LOCKED, ORPHANS = Transient("locked"), NeedsDecision("orphans")


@pytest.mark.parametrize(
    ("error", "attempt", "size", "expected"),
    [
        (LOCKED, 1, 1_000, Retry(0.25)),
        (LOCKED, 2, 1_000, Halve(0.5, 500)),
        (LOCKED, 3, 500, Halve(1.0, 250)),
        (LOCKED, 3, 501, Halve(1.0, 251)),
        (LOCKED, 4, 250, Escalate()),
        (LOCKED, 2, 99, Retry(0.5)),
        (LOCKED, 2, 100, Halve(0.5, 50)),
        (LOCKED, 2, 1, Retry(0.5)),
        (ORPHANS, 1, 1_000, Isolate()),
        (ORPHANS, 3, 1, Isolate()),
        (Configuration("full"), 1, 1_000, Escalate()),
        (Refused("lease"), 1, 1_000, Escalate()),
        (Corrupt("edited"), 1, 1_000, Escalate()),
    ],
)
def test_the_errors_type_and_the_number_of_the_try_decide(
    error: FerrymanError, attempt: int, size: int, expected: NextAttempt
) -> None:
    assert next_attempt(error, attempt, size, lambda: 1.0) == expected


def test_waits_double_up_to_a_bound_and_the_dice_take_up_to_half_off() -> None:
    assert [backoff(n, lambda: 1.0) for n in (1, 2, 3, 10)] == [0.25, 0.5, 1.0, 5.0]
    assert [backoff(n, lambda: 0.0) for n in (1, 2, 3, 10)] == [0.125, 0.25, 0.5, 2.5]


@pytest.mark.parametrize(
    ("size", "went_well", "expected"), [(250, 0, 250), (250, 1, 250), (250, 2, 500), (750, 2, 1_000), (1_000, 9, 1_000)]
)
def test_the_size_doubles_after_two_good_batches_up_to_what_was_planned(
    size: int, went_well: int, expected: int
) -> None:
    assert grown(size, 1_000, went_well) == expected


def test_a_number_says_which_rows_a_batch_holds() -> None:
    ruler = Ruler(1_000)
    assert ruler.window(14_001) == ruler.window(15_000) == Window("15", 14_001, 1_000)
    assert ruler.window(14_001).halves() == (Window("15.1", 14_001, 500), Window("15.2", 14_501, 500))
    assert Window("3", 1, 5).halves() == (Window("3.1", 1, 3), Window("3.2", 4, 2))
    assert [w.number for w in cut(Window("15", 14_001, 1_000), 250)] == ["15.1.1", "15.1.2", "15.2.1", "15.2.2"]


@pytest.mark.parametrize(
    ("row", "most", "numbers"),
    [
        (1, 500, ["1"]),
        (501, 500, ["2"]),
        (501, 250, ["2.1", "2.2"]),
        (751, 500, ["2.2"]),
        (626, 500, ["2.1.2", "2.2"]),
        (626, 125, ["2.1.2", "2.2.1", "2.2.2"]),
    ],
)
def test_a_resume_finds_the_cuts_of_the_batch_that_it_is_in(row: int, most: int, numbers: list[str]) -> None:
    parts = Ruler(500).from_row(row, most)
    assert [part.number for part in parts] == numbers
    assert parts[0].first_row == row
    assert parts[-1].last_row == Ruler(500).window(row).last_row


def test_1569_rows_by_500_are_4_batches_and_a_new_size_counts_on() -> None:
    assert Ruler(500).batches(1_569) == 4
    assert Ruler(500).batches(0) == 0
    later = Ruler(200, base_number=2, base_row=1_000)
    assert later.batches(1_569) == 5
    assert later.window(1_001) == Window("3", 1_001, 200)
