from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ferryman.agents.choosing import decide
from ferryman.agents.data_mapping import propose
from ferryman.agents.diagnosis import FAILURES, MISSING, PROBLEMS, diagnose, options
from ferryman.agents.problems import explain_problem
from ferryman.agents.revise import revise_all
from ferryman.agents.sentence import read
from ferryman.agents.stake import Stake, earlier_decision, stake_of
from ferryman.domain.approval import Amendment
from ferryman.domain.changes import MigrateParents, SetPolicy
from ferryman.domain.conversation import Choose
from ferryman.domain.findings import MissingCause, MissingGroup
from ferryman.domain.mapping import Problem, Strategy
from ferryman.domain.recovery import Decision, Failure, FailureType, RecoveryOption, Severity
from tests.catalogues import FILL, dispatch, planned

LINKS = "case_file_relationships"
FAILURE = Failure(
    type=FailureType.FOREIGN_KEY,
    table=LINKS,
    constraint="fk_case_file_case_id",
    columns=("case_id",),
    batch="15",
    affected_records=23,
    error_detail="Referenced case IDs not found in target cases table",
    problem=Problem.MISSING_PARENT,
)
MIGRATE, STAND_IN, NULL = Strategy.MIGRATE_PARENTS, Strategy.PLACEHOLDERS, Strategy.SET_NULL
THEY = "the parents"
ASIDE, SHORTEN = Strategy.QUARANTINE, Strategy.TRUNCATE
EACH = [MIGRATE, STAND_IN, ASIDE, NULL]
WAYS_OUT = [Strategy.ROLLBACK_TABLE, Strategy.PAUSE]


def group(cause: MissingCause, rows: int = 23, parents: int = 11) -> MissingGroup:
    return MissingGroup(
        table=LINKS,
        columns=("case_id",),
        parent="cases",
        constraint="fk_case_file_case_id",
        cause=cause,
        rows=rows,
        parents=parents,
    )


ALL = Stake(rows=15_420, nullable=True, stand_in=True, migratable=frozenset({"cases"}), junction=True)


def decided(*groups: MissingGroup, stake: Stake = ALL, failure: Failure = FAILURE) -> Decision:
    return options(failure, diagnose(failure, groups), stake)


def strategies(decision: Decision) -> list[Strategy]:
    return [option.strategy for option in decision.options]


def option(decision: Decision, strategy: Strategy) -> RecoveryOption:
    return next(option for option in decision.options if option.strategy is strategy)


@pytest.mark.parametrize(
    ("cause", "root", "solutions"),
    [
        (MissingCause.NOT_MIGRATED, "migration order dependency violation", EACH),
        (MissingCause.FILTERED_OUT, "the parents are left out by this plan", EACH),
        (MissingCause.SET_ASIDE, f"{THEY} are set aside themselves", [STAND_IN, ASIDE, NULL]),
        (MissingCause.DELETED_SINCE, f"{THEY} were deleted in the new database, or came too late to be moved", EACH),
        (MissingCause.NEVER_EXISTED, f"{THEY} were missing in the old application already", [STAND_IN, ASIDE, NULL]),
    ],
)  # fmt: skip
def test_each_cause_has_its_root_cause_and_strategies(
    cause: MissingCause, root: str, solutions: list[Strategy]
) -> None:
    diagnosis = diagnose(FAILURE, (group(cause),))
    assert diagnosis.issue == f"23 rows of {LINKS} refer to cases that are not there"
    assert diagnosis.root_cause == root
    assert diagnosis.solutions == tuple(solution.value for solution in solutions)
    assert diagnosis.affected_parents == 11


def test_every_cause_problem_and_failure_has_its_row() -> None:
    assert set(MISSING) == set(MissingCause)
    assert set(PROBLEMS) == set(Problem)
    assert set(FAILURES) == set(FailureType)


@pytest.mark.parametrize(
    ("problem", "offered"),
    [
        (Problem.MISSING_PARENT, [ASIDE, NULL]),
        (Problem.NULL_IN_REQUIRED, [ASIDE]),
        (Problem.TOO_LONG, [ASIDE, NULL, SHORTEN]),
        (Problem.DUPLICATE, [ASIDE]),
        (Problem.UNCASTABLE, [ASIDE, NULL]),
        (Problem.OUT_OF_RANGE, [ASIDE, NULL]),
        (Problem.CHECK_FAILED, [ASIDE, NULL]),
        (Problem.CONFLICT, [ASIDE]),
        (Problem.UNMAPPED_VALUE, [ASIDE, NULL]),
        (Problem.MISSING_KEY, [ASIDE]),
    ],
)
def test_each_problem_has_its_ways_on(problem: Problem, offered: list[Strategy]) -> None:
    failure = Failure(type=FailureType.VALUE, table="files", columns=("name",), affected_records=3, problem=problem)
    decision = decided(failure=failure)
    assert strategies(decision) == [*offered, *WAYS_OUT]
    assert decision.recommended is (NULL if problem is Problem.MISSING_PARENT else ASIDE)
    policy = decision.options[0].changes[0]
    assert isinstance(policy, SetPolicy)
    assert (policy.policy.problem, policy.policy.rows) == (problem, 3)


@pytest.mark.parametrize(
    "kind", [FailureType.COUNT, FailureType.SAMPLE, FailureType.TRANSIENT, FailureType.ENVIRONMENT]
)
def test_what_no_row_is_to_blame_for_can_be_undone_or_put_off(kind: FailureType) -> None:
    decision = decided(failure=Failure(type=kind, table="files"))
    assert strategies(decision) == WAYS_OUT
    assert decision.recommended is Strategy.PAUSE


def test_a_table_of_which_no_check_failed_can_be_kept_as_it_was_copied() -> None:
    failure = Failure(type=FailureType.VALIDATION, table="files", affected_records=2, undecided=True)
    decision = decided(failure=failure)
    assert strategies(decision) == [Strategy.KEEP_COPIED, *WAYS_OUT]
    assert decision.recommended is Strategy.KEEP_COPIED
    assert decision.situation.startswith("2 rows of files differ from the old database as it is by now: ")
    assert "cannot go" not in decision.impact
    assert strategies(decided(failure=failure.but(undecided=False))) == WAYS_OUT
    assert decided(failure=failure.but(affected_records=ALL.rows)).recommended is Strategy.PAUSE
    for words in ("keep it as it was copied", "go on anyway", "leave files as they are", "take your recommendation"):
        assert decide(read(words), decision) == Choose(strategy=Strategy.KEEP_COPIED), words
    for words in ("undo it", "wait", "do not keep it as it was copied"):
        assert decide(read(words), decision) != Choose(strategy=Strategy.KEEP_COPIED), words


def test_the_specification_s_options() -> None:
    decision = decided(group(MissingCause.NOT_MIGRATED), stake=replace(ALL, stand_in=False))
    assert strategies(decision) == [MIGRATE, ASIDE, *WAYS_OUT]
    first, second = decision.options[:2]
    assert first.choice == "Find and migrate the missing cases first"
    assert first.safety.startswith("Safest option")
    assert second.choice == "Skip these 23 connections for manual review later"
    assert second.time == "Continue immediately"
    assert second.tradeoff == "You will need to connect them by hand later"
    assert decision.recommended is MIGRATE
    assert decision.recommendation.startswith("Option 1: it is what we would do for production data")
    assert decision.why == decision.recommendation.removeprefix("Option 1: ")
    assert first.steps == (
        "identify_missing_parent_records",
        "migrate_missing_parents",
        "retry_failed_junction_batch",
        "validate_relationship_integrity",
    )
    assert decision.severity is Severity.LOW


@pytest.mark.parametrize(
    ("stake", "offered"),
    [
        (replace(ALL, migratable=frozenset()), [STAND_IN, ASIDE, NULL]),
        (replace(ALL, stand_in=False), [MIGRATE, ASIDE, NULL]),
        (replace(ALL, nullable=False), [MIGRATE, STAND_IN, ASIDE]),
        (Stake(), [ASIDE]),
    ],
)
def test_only_what_applies_is_offered(stake: Stake, offered: list[Strategy]) -> None:
    assert strategies(decided(group(MissingCause.FILTERED_OUT), stake=stake)) == [*offered, *WAYS_OUT]


def test_to_take_rows_along_is_not_recommended_where_that_undoes_a_filter() -> None:
    decision = decided(group(MissingCause.FILTERED_OUT), stake=replace(ALL, undone=frozenset({"cases"})))
    assert MIGRATE in strategies(decision)
    assert decision.recommended is NULL


NEVER, FILTERED, ASIDE_TOO = MissingCause.NEVER_EXISTED, MissingCause.FILTERED_OUT, MissingCause.SET_ASIDE


@pytest.mark.parametrize(
    ("cause", "stake", "told"),
    [
        (FILTERED, ALL, ""),
        (NEVER, ALL, "Not offered: to take the missing rows along, because the old database does not have them"),
        (
            ASIDE_TOO,
            ALL,
            "Not offered: to take the missing rows along, because they are set aside",
        ),
        (
            NEVER,
            replace(ALL, nullable=False, required=("case_id",)),
            "; to leave the column empty, because case_id must not be empty",
        ),
        (FILTERED, replace(ALL, stand_in=False), "Not offered: placeholders, because a row of cases cannot be made up"),
    ],
)
def test_what_is_not_offered_is_said_with_its_reason(cause: MissingCause, stake: Stake, told: str) -> None:
    decision = decided(group(cause), stake=stake)
    assert told in decision.not_offered
    assert bool(told) == bool(decision.not_offered)
    assert decision.not_offered in explain_problem(decision).text


def test_every_option_ends_with_the_check_of_relationships() -> None:
    for cause in MissingCause:
        for offered in decided(group(cause)).options:
            assert offered.steps[-1] == "validate_relationship_integrity"
            assert offered.choice and offered.time and offered.safety


def test_two_causes_are_one_decision() -> None:
    decision = decided(group(MissingCause.NEVER_EXISTED, 14, 11), group(MissingCause.FILTERED_OUT, 9, 6))
    assert decision.diagnosis.root_cause == (
        f"14 rows: {THEY} were missing in the old application already; 9 rows: {THEY} are left out by this plan"
    )
    migrate = option(decision, MIGRATE)
    assert migrate.choice == "Find and migrate the 6 missing cases first, and set the rest aside"
    assert "quarantine_records" in migrate.steps
    aside, taken = migrate.changes
    assert isinstance(aside, SetPolicy) and isinstance(taken, MigrateParents)
    assert (aside.policy.strategy, aside.policy.rows) == (ASIDE, 14)
    assert (taken.cause, taken.rows) == (MissingCause.FILTERED_OUT, 9)
    assert migrate.rows == 23


def test_two_parents_are_named_each_with_its_cause() -> None:
    files = group(MissingCause.NEVER_EXISTED, rows=5).but(columns=("file_id",), parent="files")
    decision = decided(group(MissingCause.FILTERED_OUT, rows=9, parents=6), files)
    assert decision.diagnosis.root_cause == (
        "9 rows by case_id to cases: the parents are left out by this plan; "
        "5 rows by file_id to files: the parents were missing in the old application already"
    )
    along = option(decision, MIGRATE)
    assert along.choice == "Find and migrate the 6 missing cases first, and set the rest aside"
    assert along.tradeoff.startswith("The other 5 are set aside: their files are nowhere to be found")


def test_parents_that_a_filter_leaves_out_are_taken_along_against_it() -> None:
    left_out = replace(ALL, nullable=False, filtered=(("cases", 4_188),))
    decision = decided(group(MissingCause.FILTERED_OUT, parents=6), stake=left_out)
    assert option(decision, MIGRATE).tradeoff == "Against the filter on cases: 4,194 of its rows go instead of 4,188"


def test_to_set_rows_aside_says_what_hangs_on_them() -> None:
    below = group(MissingCause.SET_ASIDE, rows=5).but(below=4)
    decision = decided(below, stake=replace(ALL, below=(("notes", 3),)))
    skipped = option(decision, ASIDE)
    assert skipped.tradeoff.startswith(f"3 rows of notes and 4 rows of {LINKS} hang on them and are set aside as well.")
    (change,) = skipped.changes
    assert isinstance(change, SetPolicy) and change.policy.rows == 9
    (other,) = option(decision, NULL).changes
    assert isinstance(other, SetPolicy) and other.policy.rows == 5


def test_a_strategy_that_failed_is_marked_and_not_recommended() -> None:
    stake = replace(ALL, failed=frozenset({MIGRATE}))
    decision = decided(group(MissingCause.NOT_MIGRATED), stake=stake)
    assert option(decision, MIGRATE).failed_before
    assert not option(decision, ASIDE).failed_before
    assert decision.recommended is ASIDE


def test_an_earlier_decision_on_the_same_cause_is_named() -> None:
    amendment = Amendment(
        number=1, by="Anna", at=datetime(2026, 11, 1, tzinfo=UTC), table="notes", cause="not_migrated", strategy=ASIDE
    )
    assert earlier_decision([amendment], ["never_existed"]) is None
    earlier = earlier_decision([amendment], ["not_migrated"])
    decision = decided(group(MissingCause.NOT_MIGRATED), stake=replace(ALL, earlier=earlier))
    assert decision.recommended is ASIDE
    assert decision.recommendation == "Option 3: it is what Anna decided for the same cause in notes"


@pytest.mark.parametrize("once", [Strategy.ROLLBACK_TABLE, Strategy.PAUSE])
def test_to_undo_or_to_pause_once_is_not_recommended_for_the_next_time(once: Strategy) -> None:
    earlier = Amendment(
        number=1, by="Anna", at=datetime(2026, 11, 1, tzinfo=UTC), table="notes", cause="not_migrated", strategy=once
    )
    decision = decided(group(MissingCause.NOT_MIGRATED), stake=replace(ALL, earlier=earlier))
    assert decision.recommended is decided(group(MissingCause.NOT_MIGRATED), stake=ALL).recommended is not once


def test_what_is_at_stake_is_told_by_plan_and_catalogue() -> None:
    known = dispatch()
    plan = planned(FILL, known)
    orphans = (group(MissingCause.FILTERED_OUT),)
    stake = stake_of(plan, known.target, FAILURE, orphans)
    required = ("case_id",)
    assert stake == Stake(rows=15_420, required=required, stand_in=True, migratable=frozenset({"cases"}), junction=True)
    cases = stake_of(plan, known.target, FAILURE.but(table="cases", columns=("bracket_id",)))
    assert (cases.dependants, cases.nullable) == ((LINKS,), True)


@pytest.mark.parametrize("cause", list(MissingCause))
def test_every_option_that_applies_can_be_taken(cause: MissingCause) -> None:
    known = dispatch()
    mapping = propose(FILL, known)[0]
    orphans = (group(cause),)
    stake = stake_of(planned(FILL, known), known.target, FAILURE, orphans)
    for offered in decided(*orphans, stake=stake).options:
        revised = revise_all(mapping, offered.changes, known)
        assert (revised != mapping) is (offered.strategy not in WAYS_OUT)
