"""Decisions over time: deadlines, strategies that fail, policies for the next rehearsal. On a small shop."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ferryman import session as sessions
from ferryman.domain.conversation import Choose, DecidePayload, PausedPayload, Resume
from ferryman.domain.mapping import Strategy
from ferryman.domain.run import RunStatus
from ferryman.graph.context import Options
from ferryman.graph.standing import now
from ferryman.tools.move.ledger import Ledger
from tests.front.calling import here, pair
from tests.graph.talks import Talk
from tests.tools.pairs import ask, one, shop, write

NOON = datetime(2024, 3, 4, 12, 0, tzinfo=UTC)


class Watch:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """100 purchases of 20 customers; three of a customer who is nowhere."""
    found = shop(tmp_path)
    write(found[0], "UPDATE purchase SET customer_id = 999 WHERE id IN (10, 40, 70)")
    return found


def opened(files: tuple[Path, Path], folder: Path, watch: Watch, **options: object) -> Talk:
    session = sessions.open(
        str(files[0]), str(files[1]), folder=folder, by="Grace", clock=watch, options=Options(**options)  # type: ignore[arg-type]
    )  # fmt: skip
    return Talk(session, *files)


@pytest.fixture
def waiting(files: tuple[Path, Path], tmp_path: Path, watch: Watch) -> Iterator[Talk]:
    """A run that waits for a decision, for ten minutes at most."""
    talk = opened(files, tmp_path / "a", watch, preflight=False, deadline_minutes=10)
    talk.say("move everything", "yes")
    assert isinstance(talk.session.payload, DecidePayload)
    yield talk
    talk.session.close()


def test_before_its_deadline_a_decision_is_taken_and_the_deadline_is_gone(waiting: Talk, watch: Watch) -> None:
    assert isinstance(waiting.session.payload, DecidePayload)
    assert waiting.session.payload.deadline == (NOON + timedelta(minutes=10)).isoformat()
    assert waiting.one("SELECT deadline FROM ferryman_run") == waiting.session.payload.deadline
    watch.at += timedelta(minutes=9)
    waiting.say(Choose(strategy=Strategy.QUARANTINE))
    watch.at += timedelta(minutes=60)
    assert waiting.session.outcome is not None
    assert waiting.session.outcome.status is RunStatus.SUCCESS_WITH_QUARANTINE
    assert waiting.one("SELECT deadline FROM ferryman_run") is None


def test_after_its_deadline_a_decision_is_a_pause_that_keeps_everything(waiting: Talk, watch: Watch) -> None:
    before = waiting.ask("SELECT * FROM customers ORDER BY id")
    watch.at += timedelta(minutes=11)
    waiting.say(Choose(strategy=Strategy.QUARANTINE))
    payload = waiting.session.payload
    assert isinstance(payload, PausedPayload)
    assert payload.reason == "nobody decided before 2024-03-04 12:10 UTC"
    assert waiting.one("SELECT status FROM ferryman_run") == "paused"
    assert waiting.one("SELECT count(*) FROM ferryman_amendment") == 0
    assert waiting.ask("SELECT * FROM customers ORDER BY id") == before
    waiting.say(Resume())
    assert isinstance(waiting.session.payload, DecidePayload)
    waiting.say(Choose(strategy=Strategy.QUARANTINE))
    assert waiting.session.outcome is not None
    assert waiting.session.outcome.validation == "PASSED"


def test_from_another_terminal_it_is_a_pause_too_and_resumes_from_the_ledger_alone(
    waiting: Talk, files: tuple[Path, Path], tmp_path: Path, watch: Watch
) -> None:
    run = waiting.session.run
    assert now(Ledger(waiting.session.context.target).run(run)) is RunStatus.PAUSED  # that noon was long ago
    watch.at += timedelta(days=3)
    other = opened(files, tmp_path / "b", watch, decisions=(Strategy.QUARANTINE,), deadline_minutes=10)
    list(other.session.reopen(run))
    assert other.session.outcome is not None
    assert other.session.outcome.status is RunStatus.SUCCESS_WITH_QUARANTINE
    assert other.one("SELECT count(*) FROM purchases") == 97
    other.session.close()


def test_a_deadline_that_passes_while_rows_move_is_a_pause_after_the_batch(
    files: tuple[Path, Path], tmp_path: Path, watch: Watch
) -> None:
    write(files[0], "UPDATE purchase SET customer_id = 1 WHERE customer_id = 999")
    talk = opened(files, tmp_path / "a", watch)
    talk.say("move everything")
    for event in talk.session.say("yes"):
        if event.event == "phase_started":
            Ledger(talk.session.context.target).set_deadline(talk.session.run, NOON - timedelta(minutes=1))
    assert isinstance(talk.session.payload, PausedPayload)
    assert talk.session.payload.reason == "its deadline passed"
    talk.say(Resume())
    assert talk.session.outcome is not None
    assert talk.session.outcome.status is RunStatus.SUCCESS
    talk.session.close()


def test_a_strategy_that_fails_is_marked_and_not_recommended_again(tmp_path: Path, watch: Watch) -> None:
    files = shop(tmp_path, customers=700, purchases=700)
    write(files[0], "UPDATE customer SET name = NULL WHERE id = 5")
    talk = opened(files, tmp_path / "a", watch, preflight=False)
    talk.say("move everything", "only customers where id is greater than 6", "yes")
    asked = talk.session.payload
    assert isinstance(asked, DecidePayload)
    assert asked.decision.recommended is Strategy.MIGRATE_PARENTS
    talk.say(Choose(strategy=Strategy.MIGRATE_PARENTS))
    again = talk.session.payload
    assert isinstance(again, DecidePayload)
    tried = {option.strategy for option in again.decision.options if option.failed_before}
    assert tried == {Strategy.MIGRATE_PARENTS}
    assert again.decision.recommended is not Strategy.MIGRATE_PARENTS
    assert len(talk.seen("diagnosed")) == 2
    failed = [event for event in talk.seen("recovery_step") if event.state == "failed"]
    assert [event.step for event in failed] == ["migrate_missing_parents"]
    assert "name" in failed[0].detail.lower()
    talk.say(Choose(strategy=Strategy.QUARANTINE))
    assert talk.session.outcome is not None
    assert talk.session.outcome.validation == "PASSED"
    talk.session.close()


def test_what_was_decided_for_one_batch_can_be_decided_for_a_later_one(tmp_path: Path, watch: Watch) -> None:
    """Each has more than twice the rows that were to be expected by those before."""
    files = shop(tmp_path, customers=1200, purchases=1)
    write(files[0], "UPDATE customer SET name = NULL WHERE id = 7 OR id BETWEEN 600 AND 610 OR id >= 1160")
    talk = opened(files, tmp_path / "a", watch, preflight=False)
    talk.say("move customers", "yes")
    for batch in ("1", "2", "3"):
        asked = talk.session.payload
        assert isinstance(asked, DecidePayload)
        assert asked.decision.failure.batch == batch
        assert [option.strategy for option in asked.decision.options if option.failed_before] == []
        talk.say(Choose(strategy=Strategy.QUARANTINE))
    assert talk.session.outcome is not None
    assert talk.session.outcome.status is RunStatus.SUCCESS_WITH_QUARANTINE
    assert ask(files[1], "SELECT count(*) FROM customers") == [(1147,)]
    talk.session.close()


def test_level_2_tells_its_beginning_and_its_end_twice_at_most(
    files: tuple[Path, Path], tmp_path: Path, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = opened(files, tmp_path / "a", watch, preflight=False)
    talk.say("move everything")
    monkeypatch.setenv("FERRYMAN_FAILPOINT", "before_commit:customers=error")
    talk.say("yes")
    told = [event for event in talk.events if event.event == "escalated" or getattr(event, "topic", "") == "notice"]
    assert [event.event for event in told] == ["escalated", "said", "escalated", "said"]
    assert isinstance(talk.session.payload, DecidePayload)
    talk.session.close()


def test_decisions_become_policy_for_the_next_rehearsal(
    files: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    approval = here("plan", *pair(*files), "-o", "plan.yaml", "--no-preflight", "--json").json["approval"]
    done = here("run", "--plan", "plan.yaml", "--approve", approval, "--by", "Ada", "--json", "--decide", "set_null")
    assert done.code == 0, done.err
    run = done.json["run"]
    told = here("plan", "--target", files[1], "--with-amendments", run, "-o", "next.yaml", "--json")
    assert told.code == 0, told.err
    assert [(a["strategy"], a["rows"]) for a in told.json["amendments"]] == [("set_null", 3)]
    (tmp_path / "fresh").mkdir()
    fresh = shop(tmp_path / "fresh")
    write(fresh[0], "UPDATE purchase SET customer_id = 999 WHERE id IN (10, 40, 70)")
    asked = here("run", "--plan", "next.yaml", *pair(*fresh), "--json")
    assert asked.json["open_questions"] == 0
    again = here("run", "--plan", "next.yaml", *pair(*fresh), "--approve", asked.json["approval"], "--json")
    assert again.code == 0, again.err
    assert one(fresh[1], "SELECT count(*) FROM purchases WHERE customer_id IS NULL") == 3
    assert ask(fresh[1], "SELECT count(*) FROM ferryman_amendment") == [(0,)]
    (tmp_path / "more").mkdir()
    more = shop(tmp_path / "more")
    write(more[0], "UPDATE purchase SET customer_id = 999 WHERE id IN (10, 40, 70, 71)")
    asked = here("run", "--plan", "next.yaml", *pair(*more), "--json")
    assert asked.json["open_questions"] == 1  # four where it was decided on three
