"""Copying that stops and goes on, and failures that pass."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from ferryman.domain.errors import Refused, Transient
from ferryman.domain.events import (
    BatchCompleted,
    BatchHalved,
    Event,
    SelfRecovery,
)
from ferryman.domain.recovery import FailureType
from ferryman.domain.run import Accounting
from ferryman.domain.validation import CheckStatus
from ferryman.tools.databases import sqlite
from ferryman.tools.move.clock import Clock
from ferryman.tools.move.lease import this_process
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.work import Ending
from ferryman.tools.prove.accounting import account
from ferryman.tools.prove.evidence import Drift, gather
from ferryman.tools.prove.validate import validate_table
from tests.tools.copying import QUIET
from tests.tools.pairs import (
    RUN_STARTED,
    fill,
    one,
    resumed,
    shop,
    start,
    write,
)


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    return shop(tmp_path)


# Going on


def test_a_stopped_table_goes_on_where_it_was(pair: tuple[Path, Path]) -> None:
    run = start(*pair)
    run.copy("customers")
    asked = iter([False, False, True])
    result = run.copy("purchases", stop=lambda: next(asked))
    assert (result.ending, result.batches) == (Ending.STOPPED, 2)
    assert one(pair[1], "SELECT count(*) FROM purchases") == 20
    again = resumed(*pair)
    assert again.copy("purchases", batches=1).accounting.migrated == 30
    assert again.copy("purchases").complete
    assert again.copy("purchases").batches == 0
    assert one(pair[1], "SELECT count(*) FROM purchases") == 100
    again.ledger.verify("run-1")


def test_a_stop_request_from_elsewhere_stops_after_the_running_batch(pair: tuple[Path, Path]) -> None:
    run = start(*pair)

    def on(event: Event) -> None:
        if isinstance(event, BatchCompleted) and event.batch == "1":
            run.ledger.request_stop("run-1")

    result = run.copy("customers", emit=on)
    assert result.ending is Ending.COMPLETE or result.batches == 2
    result = run.copy("purchases")
    assert (result.ending, result.batches) == (Ending.STOPPED, 0)
    run.ledger.clear_stop("run-1")
    assert run.copy("purchases").complete


def test_a_deadline_stops_before_the_next_batch(pair: tuple[Path, Path]) -> None:
    run = start(*pair)
    run.ledger.set_deadline("run-1", RUN_STARTED)
    assert run.copy("customers").ending is Ending.STOPPED
    run.ledger.set_deadline("run-1", datetime.now(UTC) + timedelta(hours=1))
    assert run.copy("customers").complete


def test_another_size_of_batches_counts_on(pair: tuple[Path, Path]) -> None:
    run = start(*pair)
    run.copy("customers")
    run.copy("purchases", batches=3)
    run.ledger.set_batch_size("run-1", "purchases", 50)
    events: list[Event] = []
    assert run.copy("purchases", emit=events.append).complete
    assert [(e.batch, e.of, e.records) for e in events if isinstance(e, BatchCompleted)] == [
        ("4", 5, "31-80"),
        ("5", 5, "81-100"),
    ]
    run.ledger.verify("run-1")


def test_rows_that_arrive_later_are_the_next_runs(pair: tuple[Path, Path]) -> None:
    run = start(*pair)
    fill(pair[0], "customer", [(n, f"Late {n}", None) for n in (21, 22, 23)])
    assert run.copy("customers").accounting.migrated == 20
    assert run.ledger.table("run-1", "customers").arrived_since == 3


def test_rows_that_drift_within_the_scope_are_moved_or_missed_but_never_refused(pair: tuple[Path, Path]) -> None:
    write(pair[0], "DELETE FROM purchase; DELETE FROM customer WHERE id = 5")
    run = start(*pair)
    write(pair[0], "INSERT INTO customer VALUES (5, 'Back', NULL); DELETE FROM customer WHERE id IN (12, 13)")
    result = run.copy("customers")
    assert result.accounting == Accounting(source=18, migrated=18)
    run.ledger.verify("run-1")


BACK = "INSERT INTO customer VALUES (5, 'Back', NULL)"


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (BACK, "", "19 + 1 that came into the old database since the run began = 20 migrated."),
        ("DELETE FROM customer WHERE id IN (12, 13)", "DELETE FROM customer WHERE id = 2",
         "19 = 17 migrated + 2 deleted in the old database since the run began."),
        ("DELETE FROM customer WHERE id IN (12, 13)", BACK,
         "19 = 17 migrated + 2 deleted in the old database since the run began."),
        (BACK, "DELETE FROM customer WHERE id = 2",
         "19 + 1 that came into the old database since the run began = 20 migrated."),
    ],
)  # fmt: skip
def test_rows_that_came_or_left_before_and_after_their_batch_are_accounted_for(
    pair: tuple[Path, Path], before: str, after: str, told: str
) -> None:
    """Customer 5 is not there when the run begins, and customers have keys that leave room for them."""
    write(pair[0], "DELETE FROM purchase; DELETE FROM customer WHERE id = 5")
    run = start(*pair)
    write(pair[0], before)
    run.copy("customers")
    write(pair[0], after)
    work = run.work("customers")
    checks = validate_table(work.source, work.target, work.ledger, work.run, work.compiled).checks
    assert [check.text for check in checks if check.status is not CheckStatus.PASS] == []
    assert checks[-1].text == told
    assert checks[-1].since


def test_rows_that_came_since_excuse_no_range_that_was_left_out(pair: tuple[Path, Path]) -> None:
    run = start(*pair)
    run.copy("customers")
    work = run.work("customers")
    whole = gather(work.source, work.target, work.ledger, work.run, work.compiled)
    first, _, *rest = whole.batches
    assert account(replace(whole, batches=(first, *rest), drift=Drift(came=10))).status is CheckStatus.FAIL


# Failures that pass


def test_a_lock_that_passes_is_tried_again_and_told(pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    run = start(*pair)
    monkeypatch.setenv("FERRYMAN_FAILPOINT", "before_commit:customers:2=error*1")
    events: list[Event] = []
    assert run.copy("customers", emit=events.append, clock=QUIET).complete
    (told,) = [e for e in events if isinstance(e, SelfRecovery)]
    assert (told.table, told.batch, told.attempt, told.max_retries, told.wait_seconds) == (
        "customers",
        "2",
        1,
        3,
        0.1875,
    )
    assert one(pair[1], "SELECT count(*) FROM customers") == 20
    run.ledger.verify("run-1")


def test_a_batch_that_keeps_failing_is_halved_and_the_size_grows_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start(*shop(tmp_path, customers=1_600, purchases=0), size=200)
    monkeypatch.setenv("FERRYMAN_FAILPOINT", "after_insert:customers:3=error")
    events: list[Event] = []
    assert run.copy("customers", emit=events.append, clock=QUIET).complete
    assert [e.batch for e in events if isinstance(e, BatchHalved)] == ["3.1", "3.2"]
    batches = [e.batch for e in events if isinstance(e, BatchCompleted)]
    assert batches == ["1", "2", "3.1", "3.2", "4", "5", "6", "7", "8"]
    run.ledger.verify("run-1")


def test_a_resume_finds_the_second_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = shop(tmp_path, customers=600, purchases=0)
    run = start(*pair, size=200)
    monkeypatch.setenv("FERRYMAN_FAILPOINT", "after_insert:customers:2=error,before_commit:customers:2.2=broken")
    with pytest.raises(RuntimeError):
        run.copy("customers", clock=QUIET)
    monkeypatch.delenv("FERRYMAN_FAILPOINT")
    events: list[Event] = []
    assert resumed(*pair).copy("customers", emit=events.append).complete
    assert [e.batch for e in events if isinstance(e, BatchCompleted)] == ["2.2", "3"]
    assert one(pair[1], "SELECT count(*) FROM customers") == 600
    run.ledger.verify("run-1")


def test_what_does_not_pass_goes_up_after_three_retries(
    pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start(*pair)
    monkeypatch.setenv("FERRYMAN_FAILPOINT", "before_insert:customers=error")
    events: list[Event] = []
    waits: list[float] = []
    result = run.copy("customers", emit=events.append, clock=Clock(sleep=waits.append, dice=lambda: 1.0))
    assert result.failure is not None
    assert (result.failure.type, result.failure.transient, result.failure.attempts) == (FailureType.TRANSIENT, True, 4)
    assert [e.attempt for e in events if isinstance(e, SelfRecovery)] == [1, 2, 3]
    assert waits == [0.25, 0.5, 1.0]


def test_a_target_that_another_program_locks_is_waited_for(
    pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start(*pair)
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.01)
    run = resumed(*pair)
    other = sqlite3.connect(pair[1], isolation_level=None, check_same_thread=False)
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        other.execute("ROLLBACK")

    events: list[Event] = []

    def on(event: Event) -> None:
        events.append(event)
        if isinstance(event, BatchCompleted) and event.batch == "1":
            other.execute("BEGIN IMMEDIATE")

    with closing(other):
        assert run.copy("customers", emit=on, clock=Clock(sleep=wait)).complete
    assert len(waits) == 1
    assert [e.issue for e in events if isinstance(e, SelfRecovery)] == [
        "Copying customers: the database is locked by another program."
    ]


def test_a_target_that_is_locked_from_the_start_is_waited_for_too(
    pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    start(*pair)
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.01)
    run = resumed(*pair)
    events: list[Event] = []
    with closing(sqlite3.connect(pair[1], isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        told = Clock(sleep=lambda seconds: other.rollback(), dice=lambda: 0.0)
        assert run.copy("customers", emit=events.append, clock=told).complete
    assert [(e.attempt, e.wait_seconds) for e in events if isinstance(e, SelfRecovery)] == [(1, 0.125)]
    with closing(sqlite3.connect(pair[1], isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Transient):
            run.copy("purchases", clock=QUIET)


def test_a_full_disk_ends_the_table_with_every_earlier_batch_kept(tmp_path: Path) -> None:
    pair = shop(tmp_path, customers=4_000, purchases=0)
    run = start(*pair, size=500)
    pages = int(str(one(pair[1], "PRAGMA page_count")))

    def small(connection: sqlite3.Connection, _: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages + 60}")

    event.listen(run.target.engine, "connect", small)
    result = run.copy("customers", clock=QUIET)
    assert result.failure is not None
    assert result.failure.type is FailureType.ENVIRONMENT
    assert "the disk is full" in result.failure.error_detail
    event.remove(run.target.engine, "connect", small)
    assert one(pair[1], "SELECT count(*) FROM customers") == result.accounting.migrated == result.batches * 500
    assert run.copy("customers").complete
    assert one(pair[1], "SELECT count(*) FROM customers") == 4_000
    run.ledger.verify("run-1")


def test_a_session_that_lost_the_run_commits_no_batch(pair: tuple[Path, Path]) -> None:
    run = start(*pair)
    late = Clock(now=lambda: datetime.now(UTC) + timedelta(hours=1))

    def on(event: Event) -> None:
        if isinstance(event, BatchCompleted):
            write(pair[1], "UPDATE ferryman_run SET lease_host = 'another machine'")
            Ledger(run.target, holder=this_process(), clock=late).acquire("run-1")

    with pytest.raises(Refused, match="taken over"):
        run.copy("customers", emit=on)
    assert one(pair[1], "SELECT count(*) FROM customers") == 10


def test_threads_of_one_process_take_turns(tmp_path: Path) -> None:
    pair = shop(tmp_path, customers=300, purchases=0)
    fill(pair[0], "purchase", ((n, None, n, None) for n in range(1, 301)))
    run = start(*pair, size=10)
    results: dict[str, bool] = {}

    def copy(table: str) -> None:
        results[table] = run.copy(table).complete

    threads = [threading.Thread(target=copy, args=(table,)) for table in ("customers", "purchases")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {"customers": True, "purchases": True}
    run.ledger.verify("run-1")
