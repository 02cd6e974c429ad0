import pytest

from ferryman.agents.along import along
from ferryman.agents.data_mapping import propose
from ferryman.agents.difference import difference
from ferryman.agents.explain import present_plan
from ferryman.agents.planning import total
from ferryman.agents.questions import ring_questions
from ferryman.agents.revise import revise
from ferryman.agents.risk import AtStake, risk_of
from ferryman.domain.changes import LeaveOut, MapTable
from ferryman.domain.coordination import Agent, Priority, Request, RequestType
from ferryman.domain.findings import Matches
from ferryman.domain.fits import misfits
from ferryman.domain.plan import Estimate, MigrationStrategy, Plan, Preflight, ProblemFound, RiskLevel, RollbackKind
from ferryman.domain.references import Reference, references_of
from tests.catalogues import FILL, database, dispatch, facts, matches, named, planned, profile, replanned


@pytest.fixture(scope="module")
def brackets() -> Plan:
    return planned(named("brackets"), dispatch())


@pytest.fixture(scope="module")
def everything() -> Plan:
    return planned(FILL, dispatch())


def test_the_specification_s_plan_for_brackets(brackets: Plan) -> None:
    (phase,) = brackets.phases
    (step,) = phase.steps
    assert brackets.strategy is MigrationStrategy.CATALOG
    assert phase.name == "brackets_migration"
    assert step.text == "dispatch_bracket -> brackets"
    assert brackets.batch_plans["brackets"].size == 500
    assert phase.depends_on == ()
    assert {"add_created_at", "add_updated_at", "add_metadata_json", "preserve_legacy_id"} <= set(step.transformations)
    assert brackets.estimate.text
    assert [(risk.table, risk.level) for risk in brackets.risks] == [("brackets", RiskLevel.LOW)]
    assert {"count_match", "sample_verification"} <= set(brackets.validation)
    assert (brackets.rollback, step.rollback) == (RollbackKind.TRUNCATE, RollbackKind.TRUNCATE)
    assert phase.prerequisites == ("projects",)
    assert step.priority is Priority.HIGH
    assert brackets.leftovers == {"brackets": ("gl_account",)}
    assert brackets.open_questions == ()


def test_phases_by_kind_within_what_references_allow(everything: Plan) -> None:
    assert [(phase.name, phase.tables, phase.rationale) for phase in everything.phases] == [
        ("catalogs", ("brackets",), "no dependencies"),
        ("entities", ("cases", "files"), "parent entities"),
        ("junctions", ("case_file_relationships",), "junction depends on parents"),
    ]
    assert everything.strategy is MigrationStrategy.ORDERED


def test_a_junction_s_phase_has_its_prerequisites_handling_and_agents(everything: Plan) -> None:
    junction = everything.phases[2]
    assert junction.prerequisites == ("cases", "files")
    assert junction.agents.critical == (Agent.DATA_MAPPING,)
    assert junction.agents.support == (Agent.VALIDATION,)
    assert junction.agents.primary is Agent.MIGRATION_EXECUTION
    assert all(junction.handling.model_dump().values())
    assert everything.risks[-1].level is RiskLevel.MEDIUM
    assert "orphaned connections" in everything.risks[-1].reasons[0]


def test_a_junction_that_was_asked_for_names_the_strategy() -> None:
    plan = planned(named("case_file_relationships"), dispatch())
    assert plan.strategy is MigrationStrategy.JUNCTION
    priorities = {step.target: step.priority for phase in plan.phases for step in phase.steps}
    assert priorities["case_file_relationships"] is Priority.HIGH
    assert priorities["cases"] is Priority.LOW


def test_several_phases_of_a_kind_are_counted() -> None:
    old = database("a: id int key\nb: id int key, a_id int > a\nc: id int key, b_id int > b")
    found = matches("a -> a: id=id\nb -> b: id=id, a_id=a_id\nc -> c: id=id, b_id=b_id")
    plan = planned(FILL, facts(old, old, found, profile({"a": 1, "b": 1, "c": 1})))
    assert [phase.name for phase in plan.phases] == ["catalogs_1", "catalogs_2", "entities"]


def test_what_is_not_taken_says_why() -> None:
    request = Request(type=RequestType.FILL_MISSING, leave_out=("files",))
    reasons = {left.table: left.reason for left in planned(request, dispatch()).left_out}
    assert reasons["files"] == "left out, as you asked"
    assert reasons["notifications"] == "nothing in the old application feeds it"
    not_asked = {left.table: left.reason for left in planned(named("brackets"), dispatch()).left_out}
    assert not_asked["cases"] == "not asked for"


def test_a_table_that_a_person_lets_be_fed_is_not_left_out() -> None:
    old, new = database("loans: id int key\nnews: id int key"), database("checkouts: id int key\npages: id int key")
    known = facts(old, new, Matches(), profile({"loans": 9, "news": 9}), profile({"checkouts": 0, "pages": 0}))
    mapping, questions = propose(FILL, known)
    plan = replanned(FILL, revise(mapping, MapTable(source="loans", target="checkouts"), known), questions, known)
    assert [left.table for left in plan.left_out] == ["news", "pages"]


def test_a_ring_of_required_references_is_a_question_where_the_target_numbers_the_rows() -> None:
    old = database("a: id int key, b_id int > b\nb: id int key, a_id int > a")
    found = matches("a -> a: id=id, b_id=b_id\nb -> b: id=id, a_id=a_id")
    plan = planned(FILL, facts(old, old, found, profile({"a": 1, "b": 1})))
    assert plan.open_questions == ()
    numbered = (
        Reference(child="a", columns=("b_id",), parent="b", required=True, made_late=True, name="a_has_b"),
        Reference(child="b", columns=("a_id",), parent="a", required=True, made_late=True),
    )
    (question,) = ring_questions(numbered)
    assert question.id == "ring:a,b"
    assert "constraint a_has_b" in question.text
    assert "constraint fk_b_a_id" in question.text
    assert [option.changes for option in question.options] == [(LeaveOut(table="a"),), (LeaveOut(table="b"),)]


def test_a_ring_of_references_that_cannot_be_set_aside_is_a_question_and_another_none() -> None:
    old = database("a: id int key, b_id int > b\nb: id int key, a_id int > a")
    found = matches("a -> a: id=id, b_id=b_id\nb -> b: id=id, a_id=a_id")
    mapping = planned(FILL, facts(old, old, found, profile({"a": 1, "b": 1}))).mapping
    assert [r.at_once for r in references_of(mapping, old)] == [False, False]
    staying = [table.but(foreign_keys=tuple(key.but(stays=True) for key in table.foreign_keys)) for table in old.tables]
    checked = references_of(mapping, old.but(tables=tuple(staying)))
    assert [r.at_once for r in checked] == [True, True]
    assert "refuses a row that comes before" in ring_questions(checked)[0].text


def test_a_plan_fits_the_databases_it_was_made_for(everything: Plan) -> None:
    known = dispatch()
    assert misfits(everything, known.source, known.target) == ()


def test_the_same_facts_give_the_same_plan() -> None:
    assert planned(FILL, dispatch()) == planned(FILL, dispatch())


def test_estimates_add_up() -> None:
    assert total([Estimate(low=1, high=2), Estimate(low=3, high=4)]) == Estimate(low=4, high=6)


def test_nothing_differs_between_a_plan_and_itself(everything: Plan) -> None:
    assert difference(everything, everything) == ()


def test_the_difference_between_two_requests(brackets: Plan, everything: Plan) -> None:
    told = difference(brackets, everything)
    assert "cases is filled from dispatch_case as well." in told
    assert "It takes 3 phases instead of 1." in told
    assert "files is left out." in difference(everything, brackets)


def test_rows_that_two_references_may_both_name_are_counted_once() -> None:
    old = database("p: id int key\nc: id int key, a int > p, b int > p")
    new = database("p2: id int key\nc2: id int key, a int > p2, b int > p2")
    known = facts(
        old, new, matches("p -> p2: id=id\nc -> c2: id=id, a=a, b=b"), profile({"p": 90, "c": 90}), profile({})
    )
    found = ProblemFound(
        id="1", table="c2", columns=("a",), problem="missing_parent", cause="not_migrated", rows=30, text="",
        parents=20, decided="migrate_missing_parents_first",
    )  # fmt: skip
    others = found.but(id="2", cause="filtered_out", parents=4), found.but(id="3", columns=("b",), parents=22)
    plan = planned(FILL, known).but(preflight=Preflight(problems=(found, *others)))
    assert along(plan, ("p2",)) == ", and at least 24 more that others refer to"


def test_a_row_with_two_columns_that_are_wrong_is_counted_once_in_the_risk(brackets: Plan) -> None:
    one = ProblemFound(
        id="1", table="brackets", columns=("project_id",), problem="missing_parent", cause="never_existed", rows=1_000,
        text="", decided="skip_orphaned_records",
    )  # fmt: skip
    same_column = one.but(id="2", cause="set_aside", rows=78)
    other_column = one.but(id="3", columns=("name",), problem="too_long", cause="", rows=36)
    table, counts = brackets.mapping.by_target["brackets"], brackets.counts_by_table["brackets"]
    told = [
        risk_of(AtStake(table, counts, problems=problems)).reasons[0]
        for problems in ((one, same_column), (one, same_column, other_column), (other_column.but(rows=1),))
    ]
    assert told == [
        "1,078 rows do not go as they are, as decided",
        "at least 1,078 rows do not go as they are, as decided",
        "1 row does not go as it is, as decided",
    ]


def test_rows_that_would_fail_are_told_with_their_columns(brackets: Plan) -> None:
    one = ProblemFound(id="1", table="brackets", columns=("name",), problem="too_long", rows=5, text="Too long.")
    more = one.but(id="2", columns=("project_id",), rows=3, text="Gone.")
    table, counts = brackets.mapping.by_target["brackets"], brackets.counts_by_table["brackets"]
    told = [risk_of(AtStake(table, counts, problems=found)).reasons for found in ((one,), (one, more))]
    assert told == [
        ("5 rows would fail, by name: Too long.",),
        ("at least 5 rows would fail, by name and project_id: Too long. Gone.",),
    ]


def test_problems_that_are_not_named_can_be_asked_for(brackets: Plan) -> None:
    one = ProblemFound(id="", table="brackets", columns=("name",), problem="too_long", rows=1, text="it is too long")
    found = Preflight(problems=tuple(one.but(id=str(n)) for n in range(10)))
    details = present_plan(brackets.but(preflight=found)).details
    assert '  - and 4 more problems: "what is wrong?" names all of them' in details
