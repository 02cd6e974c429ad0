"""Every payload of the coordination specification, field by field: the class that is it, and a run that produces it.

Each test names a payload, takes it from a real run over real databases, and says which of our fields is which of the
specification's. What is compared are facts (counts, names, closed values), or that a text is there and says the facts.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ferryman.agents.user_guidance import explain_progress, explain_status
from ferryman.domain.conversation import DecidePayload, ReviewPayload
from ferryman.domain.coordination import Agent, Delegation, Priority, Request, RequestType
from ferryman.domain.events import (
    BatchCompleted,
    BatchValidated,
    DecisionNeeded,
    Escalated,
    PhaseCompleted,
    PhaseStarted,
    RecoveryStep,
    Said,
    SelfRecovery,
    TableValidated,
)
from ferryman.domain.findings import Complexity, TableFinding, TableStatus, TableType
from ferryman.domain.mapping import Strategy
from ferryman.domain.plan import MigrationStrategy, Plan, RiskLevel, RollbackKind
from ferryman.domain.run import RunStatus, Status
from ferryman.domain.validation import CheckKind, CheckStatus
from ferryman.graph.standing import status_of
from ferryman.tools.move.ledger import Ledger
from tests.graph.talks import Talk, brackets, junction

BRACKETS = 1_569
LINKS = 15_420
ORPHANS = 23


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    """Example 1: the brackets, from the sentence to the end."""
    talk = brackets(tmp_path_factory.mktemp("first"))
    talk.say("I noticed that the brackets table is empty in the new system")
    talk.kept["review"] = talk.review
    talk.say("yes")
    yield talk
    talk.session.close()


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    """Examples 2 and 3: cases and files, then the junction, which stops in batch 15 and is recovered."""
    talk = junction(tmp_path_factory.mktemp("second"), preflight=False)
    talk.say("fill the missing tables", "take all recommendations", "only cases where deleted_at is null")
    talk.kept["review"] = talk.review
    for event in talk.session.say("yes"):
        talk.events.append(event)
        if event.event == "batch_completed" and (event.table, event.batch) == ("case_file_relationships", "12"):
            talk.kept["status"] = _status(talk)
    talk.kept["decide"] = talk.session.payload
    talk.say("find and migrate the missing cases first")
    yield talk
    talk.session.close()


def _status(talk: Talk) -> Status:
    return status_of(Ledger(talk.session.context.target), talk.session.run, talk.events)


def review_of(talk: Talk) -> ReviewPayload:
    found = talk.kept["review"]
    assert isinstance(found, ReviewPayload)
    return found


def plan_of(talk: Talk) -> Plan:
    return review_of(talk).plan


def finding_of(talk: Talk, table: str) -> TableFinding:
    found: list[TableFinding] = [event.finding for event in talk.seen("table_analyzed")]
    return next(finding for finding in found if finding.target_table == table)


def delegations(talk: Talk, **wanted: Any) -> list[Delegation]:
    given = [event.delegation for event in talk.seen("delegated")]
    return [d for d in given if all(getattr(d, name) == value for name, value in wanted.items())]


class TestBracketsDiscovery:
    def test_user_request(self, first: Talk) -> None:
        request: Request = plan_of(first).request
        assert request.type is RequestType.NAMED  # type: the brackets were named
        assert request.priority == "fill_missing_data"  # priority
        assert "brackets table is empty" in request.user_context  # userContext

    def test_coordinate_discovery(self, first: Talk) -> None:
        (discovery,) = delegations(first, phase="discovery")  # phase
        assert {discovery.agent, *discovery.support} == {Agent.SCHEMA_ANALYSIS, Agent.USER_GUIDANCE}  # agents
        assert discovery.objective == "analyze_brackets"  # objective

    def test_schema_findings(self, first: Talk) -> None:
        found = finding_of(first, "brackets")  # targetTable
        assert found.status is TableStatus.EMPTY  # status
        assert found.source_table == "dispatch_bracket"  # sourceTable
        assert found.record_count == BRACKETS  # recordCount
        assert found.table_type is TableType.CATALOG  # tableType
        assert found.source_relationships == ("project_id -> dispatch_project",)  # relationships
        assert found.complexity is Complexity.LOW  # complexity

    def test_user_explanation(self, first: Talk) -> None:
        said = next(event for event in first.seen("said") if event.topic == "findings").findings
        assert "1,569" in said.message  # message
        assert "catalog" in said.type  # type
        assert said.impact  # impact
        assert said.recommendation  # recommendation


class TestBracketsPlanning:
    def test_delegate_planning(self, first: Talk) -> None:
        (planning,) = delegations(first, agent=Agent.PLANNING)
        assert planning.task == "create_catalog_migration_plan"  # task
        assert planning.config["schema_analysis"][0] == "brackets"  # schemaAnalysis
        assert planning.priority is Priority.HIGH  # priority: asked for by name

    def test_migration_plan(self, first: Talk) -> None:
        plan = plan_of(first)
        assert plan.strategy is MigrationStrategy.CATALOG  # strategy
        (phase,) = plan.phases  # phases
        assert phase.name == "brackets_migration"  # name
        assert [step.text for step in phase.steps] == ["dispatch_bracket -> brackets"]  # tables
        assert plan.batch_plans["brackets"].size == 500  # batchSize
        assert phase.depends_on == ()  # dependencies
        assert {"add_created_at", "add_updated_at", "add_metadata_json", "preserve_legacy_id"} <= set(
            phase.steps[0].transformations
        )  # transformations
        assert plan.batch_plans["brackets"].estimate.text == "a few seconds"  # estimatedTime, as measured here
        assert [risk.level for risk in plan.risks] == [RiskLevel.LOW]  # riskLevel
        assert plan.validation[:2] == ("count_match", "sample_verification")  # validation
        assert plan.rollback is RollbackKind.TRUNCATE  # rollback

    def test_user_confirmation(self, first: Talk) -> None:
        presented = review_of(first).presented
        assert "1,569 brackets" in presented.summary  # summary
        assert plan_of(first).estimate.text in presented.time  # time
        assert "undone" in presented.safety  # safety
        assert presented.question.endswith("?")  # question


class TestBracketsExecution:
    def test_coordinate_parallel(self, first: Talk) -> None:
        (prepare,) = delegations(first, phase="prepare")
        (copy,) = delegations(first, phase="copy")
        (validate,) = delegations(first, phase="validate")
        assert (prepare.agent, copy.agent, validate.agent) == (
            Agent.DATA_MAPPING,
            Agent.MIGRATION_EXECUTION,
            Agent.VALIDATION,
        )  # agent
        assert "brackets" in prepare.task and "brackets" in copy.task and "brackets" in validate.task  # task
        assert prepare.config["transformations"] == list(plan_of(first).phases[0].steps[0].transformations)  # config
        assert copy.depends_on == (prepare.number,)  # dependencies
        assert validate.depends_on == (copy.number,)

    def test_progress_updates(self, first: Talk) -> None:
        batches: list[BatchCompleted] = first.seen("batch_completed")
        assert [b.batch for b in batches] == ["1", "2", "3", "4"]  # batch
        assert [b.records for b in batches] == ["1-500", "501-1,000", "1,001-1,500", "1,501-1,569"]  # records
        assert {b.status for b in batches} == {"completed"}  # status
        assert all("brackets" in b.message for b in batches)  # message

    def test_progress_told_to_the_person(self, first: Talk) -> None:
        batch = first.seen("batch_completed")[1]
        assert (batch.records_completed, batch.percentage) == (1000, 63)  # recordsCompleted, percentage
        told = explain_progress(batch, plan_of(first))
        assert "1,000 of 1,569" in told.message  # message
        assert told.time_remaining  # timeRemaining
        assert told.current_action  # currentAction


class TestBracketsCompletion:
    def test_validation_results(self, first: Talk) -> None:
        (event,) = first.seen("table_validated")
        assert isinstance(event, TableValidated)
        checks = {check.kind: check for check in event.validation.checks}
        count, sample = checks[CheckKind.COUNT_MATCH], checks[CheckKind.SAMPLE]
        assert (count.expected, count.actual, count.status) == (BRACKETS, BRACKETS, CheckStatus.PASS)  # countMatch
        assert (sample.samples, sample.passed, sample.status) == (50, 50, CheckStatus.PASS)  # sampleCheck
        assert {"name", "type", "project_id"} <= set(sample.fields)  # fieldMatches
        assert checks[CheckKind.INTEGRITY].status is CheckStatus.PASS  # integrityCheck

    def test_migration_complete(self, first: Talk) -> None:
        outcome = first.session.outcome
        assert outcome is not None
        assert outcome.status is RunStatus.SUCCESS  # status
        assert outcome.records_migrated == BRACKETS  # recordsMigrated
        assert outcome.duration.endswith("s")  # duration
        assert outcome.validation == "PASSED"  # validation
        assert outcome.rollback_available is True  # rollbackAvailable

    def test_success_told_to_the_person(self, first: Talk) -> None:
        said = next(event for event in first.seen("said") if event.topic == "outcome")
        assert isinstance(said, Said) and said.outcome is not None
        assert said.outcome.message  # message
        assert "1,569" in said.outcome.details  # details
        assert said.outcome.impact  # impact
        assert "cases" in said.outcome.next_steps  # nextSteps: empty, and its parents are all there now


class TestJunctionDiscovery:
    def test_complex_discovery(self, second: Talk) -> None:
        found = finding_of(second, "case_file_relationships")  # table
        assert (found.first_type, found.table_type) == (TableType.TRANSACTIONAL, TableType.JUNCTION)  # actualType
        assert found.type_evidence
        assert found.parents == ("cases", "files")  # parentTables
        assert found.relationships == ("case_id -> cases.id", "file_id -> files.id")  # relationships
        assert found.record_count == LINKS  # recordCount
        assert found.complexity is Complexity.HIGH  # complexity
        assert found.dependencies == ("cases", "files")  # dependencies

    def test_dependency_analysis(self, second: Talk) -> None:
        plan = plan_of(second)
        assert [(phase.number, phase.tables) for phase in plan.phases] == [
            (1, ("cases", "files")),
            (2, ("case_file_relationships",)),
        ]  # migrationOrder: phase, tables
        assert plan.phases[0].rationale == "parent entities"  # reason
        assert "junction" in plan.phases[1].rationale
        risk = next(risk for risk in plan.risks if risk.table == "case_file_relationships")
        assert any("orphan" in reason for reason in risk.reasons)  # risks

    def test_complexity_explanation(self, second: Talk) -> None:
        said = next(event for event in second.seen("said") if event.topic == "findings").findings
        assert said.complexity.situation  # situation
        assert said.complexity.complexity  # complexity
        assert "cases" in said.complexity.dependencies.lower()  # dependencies
        assert said.complexity.timeline  # timeline

    def test_execute_phase(self, second: Talk) -> None:
        started, _ = second.seen("phase_started")
        assert isinstance(started, PhaseStarted)
        assert started.phase == 1  # phase
        assert started.agents.primary is Agent.MIGRATION_EXECUTION  # agents.primary
        assert set(started.agents.support) == {Agent.DATA_MAPPING, Agent.VALIDATION}  # agents.support
        assert started.agents.communication is Agent.USER_GUIDANCE  # agents.communication
        assert started.tables == ("cases", "files")  # tables
        ended = second.seen("phase_completed")[0]
        assert isinstance(ended, PhaseCompleted) and ended.proceed_to == 2  # onComplete

    def test_execute_phase_two(self, second: Talk) -> None:
        _, started = second.seen("phase_started")
        assert {p.name for p in started.prerequisites} == {"verify_parent_tables_complete"}  # preRequisites
        assert {p.table: p.met for p in started.prerequisites} == {"cases": True, "files": True}
        assert started.agents.critical == (Agent.DATA_MAPPING,)  # agents.critical
        assert Agent.VALIDATION in started.agents.support  # agents.validation
        care = started.handling  # specialHandling
        assert (care.id_mapping, care.foreign_key_validation, care.orphan_detection) == (True, True, True)


class TestErrorRecovery:
    def test_migration_error(self, second: Talk) -> None:
        failure = second.seen("failure_found")[0].failure
        assert failure.type == "foreign_key_constraint_violation"  # type
        assert failure.table == "case_file_relationships"  # table
        assert failure.constraint == "fk_case_file_case_id"  # constraint
        assert failure.batch == "15"  # batch
        assert failure.affected_records == ORPHANS  # affectedRecords
        assert "cases" in failure.error_detail  # errorDetail

    def test_handle_error(self, second: Talk) -> None:
        assert second.seen("failure_found")[0].immediate == (
            "pause_current_migration",
            "preserve_current_state",
            "notify_user_guidance_agent",
        )  # immediate
        looked = delegations(second, phase="recovery")
        assert {(d.agent, d.task) for d in looked} == {
            (Agent.SCHEMA_ANALYSIS, "analyze_missing_references"),
            (Agent.VALIDATION, "identify_orphaned_records"),
        }  # investigation: agent, task
        assert all(
            (d.config["table"], d.config["constraint"], d.config["batch"], d.config["affected_records"])
            == ("case_file_relationships", "fk_case_file_case_id", "15", ORPHANS)
            for d in looked
        )  # context: migrationError

    def test_diagnostic_results(self, second: Talk) -> None:
        diagnosis = second.seen("diagnosed")[0].diagnosis
        assert "23" in diagnosis.issue and "cases" in diagnosis.issue  # issue
        assert diagnosis.root_cause  # rootCause
        assert diagnosis.affected_parents == 17  # affectedCases: counted, their keys stay in the databases
        assert diagnosis.solutions[:3] == (
            "migrate_missing_parents_first",
            "create_placeholders",
            "skip_orphaned_records",
        )  # solutions
        assert {group.cause.value: (group.rows, group.parents) for group in diagnosis.groups} == {
            "never_existed": (14, 11),
            "filtered_out": (9, 6),
        }

    def test_error_explanation(self, second: Talk) -> None:
        payload = second.kept["decide"]
        assert isinstance(payload, DecidePayload)
        told = payload.explained
        assert "23" in told.situation  # situation
        assert told.impact  # impact
        assert all(option.choice and option.time for option in told.options)  # options: choice, time
        assert any(option.safety for option in told.options)  # safety
        assert any(option.tradeoff for option in told.options)  # tradeoff
        assert payload.decision.recommended is Strategy.MIGRATE_PARENTS  # recommendation
        assert told.recommendation.startswith("Option 1: it is what we would do for production data")

    def test_execute_recovery(self, second: Talk) -> None:
        steps: list[RecoveryStep] = second.seen("recovery_step")
        assert {step.strategy for step in steps} == {Strategy.MIGRATE_PARENTS}  # strategy: userChoice.selectedOption
        ((reason,),) = second.ask("SELECT reason FROM ferryman_amendment")
        assert reason.startswith("it is what we would do for production data")
        assert [step.step for step in steps if step.state == "done"] == [
            "identify_missing_parent_records",
            "migrate_missing_parents",
            "quarantine_records",  # the 14 whose case is nowhere
            "retry_failed_junction_batch",
            "validate_relationship_integrity",
        ]  # steps
        assert {step.on_success for step in steps} == {"resume_normal_migration"}  # onSuccess
        assert {step.on_failure for step in steps} == {"escalate_to_user_with_detailed_analysis"}  # onFailure


class TestPatterns:
    def test_schema_to_planning(self, second: Talk) -> None:
        found = {event.finding.target_table: event.finding for event in second.seen("table_analyzed")}
        assert (found["cases"].table_type, found["cases"].complexity) == (
            TableType.TRANSACTIONAL,
            Complexity.MEDIUM,
        )  # tableClassifications: type, complexity
        assert found["case_file_relationships"].dependencies == ("cases", "files")  # dependencies
        assert found["cases"].relationships  # relationshipMaps
        assert any(finding.challenges for finding in found.values())  # migrationChallenges

    def test_planning_response(self, second: Talk) -> None:
        plan = plan_of(second)
        assert [phase.number for phase in plan.phases] == [1, 2]  # migrationPhases: order
        assert all(phase.tables and phase.rationale for phase in plan.phases)  # tables, rationale
        assert {risk.table for risk in plan.risks} == {"cases", "files", "case_file_relationships"}  # riskAssessments
        assert plan.batch_plans["case_file_relationships"].batches == 16  # batchStrategies
        assert plan.batch_plans["case_file_relationships"].reason

    def test_execution_to_validation(self, first: Talk) -> None:
        batch = first.seen("batch_completed")[2]
        assert batch.event == "batch_completed"  # event
        assert batch.table == "brackets"  # table
        assert batch.batch == "3"  # batch
        assert batch.records_processed == 500  # recordsProcessed
        assert batch.time_elapsed.endswith("s")  # timeElapsed
        assert batch.next_validation_needed == "count_verification"  # nextValidationNeeded

    def test_validation_response(self, first: Talk) -> None:
        event = first.seen("batch_validated")[2]
        assert isinstance(event, BatchValidated)
        checked = event.validation
        count = checked.record_count  # batchValidation.recordCount
        assert (count.expected, count.actual, count.status) == (500, 500, CheckStatus.PASS)
        sample = checked.sample_integrity  # batchValidation.sampleIntegrity
        assert (sample.samples, sample.passed, sample.status) == (10, 10, CheckStatus.PASS)
        assert checked.continue_execution is True  # continueExecution
        assert checked.issues == ()  # issues

    def test_orchestrator_to_guidance(self, second: Talk) -> None:
        status: Status = second.kept["status"]
        assert status.phase == "execution"  # phase
        done = 100 * (4_188 + 9_300 + 12_000) / 28_908
        assert done - 1 < status.overall_progress < done + 8  # overallProgress, weighted by rows: it goes on meanwhile
        assert status.current_table == "case_file_relationships"  # currentTable
        assert status.technical_status  # technical_status
        assert status.estimated_completion  # estimatedCompletion
        assert status.last_successful_checkpoint in {
            f"case_file_relationships batch_{number}_completed" for number in (12, 13, 14)
        }  # lastSuccessfulCheckpoint

    def test_guidance_to_user(self, second: Talk) -> None:
        told = explain_status(second.kept["status"], plan_of(second))
        assert told.user_message  # userMessage
        assert told.progress_details  # progressDetails
        assert told.time_remaining  # timeRemaining
        assert told.current_activity  # currentActivity


class TestEscalation:
    def test_level_1_self_recovery(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        talk = brackets(tmp_path)
        talk.say("my brackets table is empty")
        monkeypatch.setenv("FERRYMAN_FAILPOINT", "before_commit:brackets:2=error*1")
        talk.say("yes")
        (tried,) = talk.seen("self_recovery")
        assert isinstance(tried, SelfRecovery)
        assert tried.agent is Agent.MIGRATION_EXECUTION  # agent
        assert tried.issue  # issue
        assert "retry_with_exponential_backoff" in tried.recovery  # recovery
        assert tried.max_retries == 3  # maxRetries
        assert tried.escalate_if == "still_failing_after_retries"  # escalateIf
        assert talk.one("SELECT count(*) FROM brackets") == BRACKETS

    def test_level_2_orchestrator_and_level_3_person(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        talk = brackets(tmp_path)
        talk.say("my brackets table is empty")
        monkeypatch.setenv("FERRYMAN_FAILPOINT", "before_commit:brackets=error")
        talk.say("yes")
        rounds: list[Escalated] = talk.seen("escalated")
        assert [event.level for event in rounds] == [2, 2]
        assert rounds[0].trigger == "agent_escalation"  # trigger
        assert [(d.agent, d.task) for d in rounds[0].investigation] == [
            (Agent.SCHEMA_ANALYSIS, "verify_target_schema"),
            (Agent.VALIDATION, "check_data_integrity"),
        ]  # investigation
        assert rounds[0].recovery == "coordinate_rollback_to_last_checkpoint"  # recovery
        assert rounds[0].user_notification is True  # userNotification
        (asked,) = talk.seen("decision_needed")
        assert isinstance(asked, DecisionNeeded)
        assert asked.trigger == "unable_to_auto_recover"  # trigger
        assert asked.decision.severity  # presentation.severity
        assert asked.decision.options  # presentation.options
        assert asked.decision.recommendation  # presentation.recommendation
        assert asked.await_user_decision is True  # awaitUserDecision
        assert asked.timeout_behavior == "safe_pause_with_state_preservation"  # timeoutBehavior
        assert talk.one("SELECT count(*) FROM brackets") == 0
