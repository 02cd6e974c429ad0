"""The specification's second and third example: 23 links whose cases are missing, found early and found late."""

from __future__ import annotations

from pathlib import Path

import pytest

from ferryman.demo_data import (
    CASE_FILES,
    CASES,
    DELETED_CASES,
    DELETED_CASES_WITH_FILES,
    NEVER_EXISTED,
    ORPHANS,
    SOFT_DELETED,
)
from ferryman.domain.conversation import (
    Ask,
    Choose,
    DecidePayload,
    Pause,
    PausedPayload,
    Resume,
    ReviewPayload,
    Rollback,
    Topic,
)
from ferryman.domain.findings import MissingCause
from ferryman.domain.mapping import Strategy
from ferryman.domain.run import RunStatus, TableProgress
from ferryman.domain.validation import CheckStatus
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.progress import progress
from ferryman.tools.move.rollback import rollback
from tests.graph.talks import Talk, again, junction

REQUEST = ("fill the missing tables", "take all recommendations", "only cases where deleted_at is null")


@pytest.fixture
def stopped(tmp_path: Path) -> Talk:
    """A run that stopped in batch 15, because nobody looked ahead."""
    talk = junction(tmp_path, preflight=False)
    talk.say(*REQUEST, "yes")
    assert isinstance(talk.session.payload, DecidePayload)
    return talk


def test_preflight_finds_the_orphans_by_cause_before_a_row_is_written(tmp_path: Path) -> None:
    talk = junction(tmp_path)
    talk.say("fill the missing tables", "only cases where deleted_at is null")
    payload = talk.session.payload
    assert isinstance(payload, ReviewPayload)
    found = {problem.cause: problem.rows for problem in payload.plan.preflight.problems}
    assert found == {MissingCause.NEVER_EXISTED: NEVER_EXISTED, MissingCause.FILTERED_OUT: SOFT_DELETED}
    assert talk.one("SELECT count(*) FROM sqlite_master WHERE name LIKE 'ferryman%'") == 0


def test_batch_15_stops_as_a_whole_and_16_does_not_start(stopped: Talk) -> None:
    assert stopped.one("SELECT count(*) FROM case_file_relationships") == 14_000
    (failure,) = [event.failure for event in stopped.seen("failure_found")]
    assert failure.type == "foreign_key_constraint_violation"
    assert (failure.constraint, failure.batch, failure.affected_records) == ("fk_case_file_case_id", "15", ORPHANS)
    assert "cases" in failure.error_detail


def test_schema_analysis_and_validation_investigate_side_by_side(stopped: Talk) -> None:
    tasks = [e.delegation.task for e in stopped.seen("delegated") if e.delegation.phase == "recovery"]
    assert sorted(tasks) == ["analyze_missing_references", "identify_orphaned_records"]
    (diagnosed,) = stopped.seen("diagnosed")
    assert {group.cause: group.rows for group in diagnosed.diagnosis.groups} == {
        MissingCause.NEVER_EXISTED: NEVER_EXISTED,
        MissingCause.FILTERED_OUT: SOFT_DELETED,
    }


def test_a_question_at_the_decision_is_answered_and_the_decision_returns(stopped: Talk) -> None:
    heard = stopped.say(Ask(topic=Topic.OPTIONS))
    assert stopped.said(heard)
    assert isinstance(stopped.session.payload, DecidePayload)


def test_skipped_rows_lie_in_quarantine_and_every_row_is_accounted_for(stopped: Talk) -> None:
    stopped.say("skip these 23 for now")
    outcome = stopped.session.outcome
    assert outcome is not None
    assert (outcome.status, outcome.validation) == (RunStatus.SUCCESS_WITH_QUARANTINE, "PASSED")
    assert stopped.one("SELECT count(*) FROM case_file_relationships") == CASE_FILES - ORPHANS
    assert stopped.one("SELECT count(*) FROM ferryman_quarantine") == ORPHANS
    assert stopped.ask("SELECT decided_by, strategy, rows FROM ferryman_amendment") == [
        ("Grace", "skip_orphaned_records", ORPHANS)
    ]
    steps = [event.step for event in stopped.seen("recovery_step") if event.state == "done"]
    assert steps[-1] == "validate_relationship_integrity"


def test_a_decision_taken_up_front_needs_nobody(tmp_path: Path) -> None:
    talk = junction(tmp_path, preflight=False, decisions=(Strategy.QUARANTINE,))
    talk.say(*REQUEST, "yes")
    assert talk.session.outcome is not None
    assert talk.session.outcome.status is RunStatus.SUCCESS_WITH_QUARANTINE


def test_a_decision_put_off_pauses_and_the_run_goes_on_from_the_ledger_alone(stopped: Talk, tmp_path: Path) -> None:
    stopped.say(Pause())
    assert isinstance(stopped.session.payload, PausedPayload)
    run = stopped.session.run
    stopped.session.close()
    other = again(tmp_path / "elsewhere", stopped.legacy, stopped.new, decisions=(Strategy.QUARANTINE,))
    list(other.session.reopen(run))
    assert other.session.outcome is not None
    assert other.session.outcome.status is RunStatus.SUCCESS_WITH_QUARANTINE
    assert other.one("SELECT count(*) FROM case_file_relationships") == CASE_FILES - ORPHANS


def test_rollback_at_the_decision_leaves_nothing_of_the_run(stopped: Talk) -> None:
    stopped.say(Rollback())
    assert stopped.session.outcome is not None
    assert stopped.session.outcome.status is RunStatus.ROLLED_BACK
    for table in ("cases", "files", "case_file_relationships"):
        assert stopped.one(f"SELECT count(*) FROM {table}") == 0
    assert stopped.one("SELECT count(*) FROM brackets") == 1569


def test_a_paused_run_resumes_where_it_was(tmp_path: Path) -> None:
    talk = junction(tmp_path)
    talk.say("fill the missing tables", "take all recommendations", "take all recommendations")
    for event in talk.session.say("yes"):
        if event.event == "batch_completed" and event.table == "case_file_relationships" and event.batch == "3":
            talk.session.pause()
    assert isinstance(talk.session.payload, PausedPayload)
    assert talk.one("SELECT count(*) FROM case_file_relationships") in (3_000, 4_000)
    talk.say(Resume())
    assert talk.session.outcome is not None
    assert talk.session.outcome.status is RunStatus.SUCCESS_WITH_QUARANTINE
    assert talk.one("SELECT count(DISTINCT legacy_id) FROM case_file_relationships") == CASE_FILES - NEVER_EXISTED


def test_missing_parents_come_along_and_the_rest_is_set_aside(stopped: Talk) -> None:
    stopped.say("find and migrate the missing cases first")
    outcome = stopped.session.outcome
    assert outcome is not None
    assert (outcome.status, outcome.validation) == (RunStatus.SUCCESS_WITH_QUARANTINE, "PASSED")
    assert stopped.one("SELECT count(*) FROM case_file_relationships") == CASE_FILES - NEVER_EXISTED
    assert stopped.one("SELECT count(*) FROM cases") == CASES - DELETED_CASES + DELETED_CASES_WITH_FILES
    assert stopped.one("SELECT count(*) FROM ferryman_quarantine WHERE cause = 'never_existed'") == NEVER_EXISTED
    assert stopped.one("SELECT count(*) FROM ferryman_quarantine") == NEVER_EXISTED
    cases = next(table for table in _progress(stopped) if table.table == "cases")
    assert cases.accounting.balanced
    assert (cases.accounting.source, cases.accounting.skipped) == (CASES, DELETED_CASES - DELETED_CASES_WITH_FILES)
    assert all(table.validation and table.validation.status is CheckStatus.PASS for table in _progress(stopped))
    steps = [event.step for event in stopped.seen("recovery_step") if event.state == "done"]
    assert steps == [
        "identify_missing_parent_records",
        "migrate_missing_parents",
        "quarantine_records",
        "retry_failed_junction_batch",
        "validate_relationship_integrity",
    ]


def test_taking_parents_along_is_undone_with_the_run(stopped: Talk) -> None:
    stopped.say("find and migrate the missing cases first")
    rollback(stopped.session.context.target, stopped.session.run)
    for table in ("cases", "files", "case_file_relationships"):
        assert stopped.one(f"SELECT count(*) FROM {table}") == 0


def test_what_cannot_stand_in_is_not_offered(stopped: Talk) -> None:
    assert isinstance(stopped.session.payload, DecidePayload)
    offered = {option.strategy for option in stopped.session.payload.decision.options}
    assert Strategy.PLACEHOLDERS not in offered  # cases.case_number is required and unique
    stopped.say(Choose(strategy=Strategy.PLACEHOLDERS))
    assert isinstance(stopped.session.payload, DecidePayload)
    assert stopped.one("SELECT count(*) FROM case_file_relationships") == 14_000


def _progress(talk: Talk) -> tuple[TableProgress, ...]:
    return progress(Ledger(talk.session.context.target), talk.session.run)
