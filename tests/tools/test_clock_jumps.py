"""The system's clock is set back or forward while a run is at work: rows, books, lease and undoing do not mind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from ferryman.domain.errors import Refused
from ferryman.domain.run import RunStatus
from ferryman.graph.standing import status_of
from ferryman.tools.move.clock import Clock
from ferryman.tools.move.lease import this_process
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.progress import last_batch
from ferryman.tools.move.rollback import rollback, rollback_available
from ferryman.tools.move.work import Ending
from tests.tools.pairs import Run, one, rows_of, shop, start

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
YEAR = timedelta(days=365)


@dataclass
class Hands:
    """A clock that a test sets."""

    at: datetime = NOON

    def now(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at

    @property
    def clock(self) -> Clock:
        return Clock(now=self.now)


def with_clock(run: Run, hands: Hands) -> Run:
    return Run(run.source, run.target, Ledger(run.target, clock=hands.clock), run.compiled, run.run)


@pytest.mark.parametrize(
    "jump",
    [lambda n: -YEAR, lambda n: YEAR, lambda n: YEAR if n % 2 else -YEAR, lambda n: -timedelta(seconds=3)],
    ids=["back", "forward", "to and fro", "a little back"],
)
def test_a_run_goes_on_whatever_the_clock_says_between_its_batches(
    tmp_path: Path, jump: Callable[[int], timedelta]
) -> None:
    pair, hands = shop(tmp_path), Hands()
    before = [rows_of(pair[1], table) for table in ("customers", "purchases")]
    run = with_clock(start(*pair), hands)
    for table in run.compiled:
        for number in count(1):
            result = run.copy(table, batches=1, clock=hands.clock)
            assert result.failure is None
            hands.at += jump(number)
            if result.complete:
                break
            last = last_batch(run.ledger, run.run)
            assert last is not None
            if last.table == table:
                assert last.number == str(number)
    assert one(pair[1], "SELECT count(*) FROM purchases JOIN customers c ON c.id = customer_id") == 100
    run.ledger.verify(run.run)
    assert status_of(run.ledger, run.run).status is RunStatus.RUNNING
    assert rollback_available(run.target, run.run) == (True, "")
    rollback(run.target, run.run, clock=hands.clock)
    assert [rows_of(pair[1], table) for table in ("customers", "purchases")] == before


def test_a_deadline_that_the_clock_jumps_over_is_a_pause_and_one_that_it_jumps_away_from_comes_later(
    tmp_path: Path,
) -> None:
    pair, hands = shop(tmp_path), Hands()
    run = with_clock(start(*pair), hands)
    run.ledger.set_deadline(run.run, NOON + timedelta(minutes=10))
    assert run.copy("customers", batches=1, clock=hands.clock).batches == 1
    hands.at += YEAR
    stopped = run.copy("customers", clock=hands.clock)
    assert (stopped.ending, stopped.batches) == (Ending.STOPPED, 0)
    hands.at -= 2 * YEAR
    assert run.copy("customers", clock=hands.clock).complete


@pytest.mark.parametrize("jump", [-YEAR, YEAR])
def test_on_one_machine_a_lease_is_a_matter_of_the_process_and_not_of_the_clock(
    tmp_path: Path, jump: timedelta
) -> None:
    pair, hands = shop(tmp_path), Hands()
    run = with_clock(start(*pair), hands)
    run.copy("customers", batches=1, clock=hands.clock)
    hands.at += jump
    other = Ledger(run.target, holder=this_process(), clock=hands.clock)
    with pytest.raises(Refused, match="at work"):
        other.acquire(run.run)
    assert run.copy("customers", clock=hands.clock).complete
