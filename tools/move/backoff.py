"""What to do after a batch failed: a pure decision. `copy.py` obeys it; the clock and the dice come from outside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ferryman.domain.errors import FerrymanError, NeedsDecision, Transient

MAX_RETRIES = 3  #: retries of one batch, after which it goes up to level 2
FIRST_WAIT = 0.25  #: seconds before the first retry; doubled for each further one
MAX_WAIT = 5.0
SMALLEST = 50  #: a batch of fewer rows is not cut any more: its size is not what fails
GROW_AFTER = 2  #: batches in a row that must go well before the size doubles


@dataclass(frozen=True)
class Retry:
    """The same batch again, after `wait` seconds."""

    wait: float


@dataclass(frozen=True)
class Halve:
    """After `wait` seconds, the batch in two parts of at most `size` rows."""

    wait: float
    size: int


@dataclass(frozen=True)
class Isolate:
    """The data are at fault: find out which rows, in transactions that are rolled back, and give up the batch."""


@dataclass(frozen=True)
class Escalate:
    """Nothing more can be done here."""


NextAttempt = Retry | Halve | Isolate | Escalate


def next_attempt(error: FerrymanError, attempt: int, size: int, dice: Callable[[], float]) -> NextAttempt:
    """What follows when try number `attempt` (from 1) of a batch of `size` rows ended with `error`.

    Transient: the first retry takes the batch as it is (a lock usually passes), later ones halve it. NeedsDecision:
    no retry mends data, so its rows are named. Everything else goes up at once, as does what was tried often enough
    by whom it comes from. `dice` gives 0 <= x < 1.
    """
    if isinstance(error, NeedsDecision):
        return Isolate()
    if not isinstance(error, Transient) or error.tried or attempt > MAX_RETRIES:
        return Escalate()
    wait = backoff(attempt, dice)
    if attempt == 1 or size < 2 * SMALLEST:
        return Retry(wait)
    return Halve(wait, (size + 1) // 2)


def backoff(attempt: int, dice: Callable[[], float]) -> float:
    """Seconds before retry number `attempt`: doubled each time, then between half of it and all of it by the dice."""
    full = min(MAX_WAIT, FIRST_WAIT * 2.0 ** (attempt - 1))
    return full * (0.5 + 0.5 * dice())


def grown(size: int, planned: int, went_well: int) -> int:
    """The size of the next batch after `went_well` batches of `size` rows in a row: doubled, up to what was planned."""
    return min(planned, size * 2) if went_well >= GROW_AFTER else size
