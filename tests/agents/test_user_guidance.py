"""What User Guidance says: the specification's fields, from facts, in plain English."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import get_args

import pytest
from pydantic import TypeAdapter

from ferryman.agents import user_guidance as guidance
from ferryman.agents.answer_facts import AnswerFacts
from ferryman.agents.context import Place
from ferryman.agents.suggestions import unclear
from ferryman.agents.transform_words import step_words
from ferryman.agents.wording import clean, count, listed, records, spoken
from ferryman.domain.conversation import Ask, Topic
from ferryman.domain.coordination import Request, RequestType
from ferryman.domain.events import BatchCompleted
from ferryman.domain.findings import (
    Challenge,
    ChallengeKind,
    Findings,
    LeftOut,
    TableFinding,
    TableStatus,
    TableType,
)
from ferryman.domain.mapping import Action, ColumnMapping
from ferryman.domain.model import Frozen
from ferryman.domain.plan import (
    BatchPlan,
    Counts,
    Estimate,
    MigrationStrategy,
    Plan,
    Preflight,
    ProblemFound,
    Risk,
    RiskLevel,
    RollbackKind,
    Step,
)
from ferryman.domain.profile import ColumnProfile, Profile, TableProfile
from ferryman.domain.run import Accounting, Outcome, RunStatus, Status, TableProgress, TableState
from ferryman.domain.schema import Database
from ferryman.domain.transforms import (
    AddMetadataJson,
    Concat,
    KeyByType,
    LocalTime,
    TextByName,
    Transform,
    TypeParent,
    ValueMap,
    ValuePair,
)
from tests.agents.sayings import ask, where
from tests.agents.scenery import (
    DECISION,
    DISPATCH,
    DISPATCH_FINDINGS,
    DISPATCH_NEW,
    DISPATCH_OLD,
    DISPATCH_PLAN,
    FEEDS,
    FITS,
    SHOP_FINDINGS,
    SHOP_NEW,
    SHOP_OLD,
    SHOP_PLAN,
)

TRANSFORMS = get_args(get_args(Transform)[0])
SNAPSHOTS = Path(__file__).parent / "snapshots"

BRACKETS = TableFinding(
    target_table="brackets",
    source_table="dispatch_bracket",
    status=TableStatus.EMPTY,
    record_count=1569,
    target_count=0,
    first_type=TableType.CATALOG,
    table_type=TableType.CATALOG,
    parents=("projects",),
    relationships=("project_id -> projects.id",),
    source_relationships=("project_id -> dispatch_project",),
)
PROJECTS = TableFinding(
    target_table="projects",
    source_table="dispatch_project",
    status=TableStatus.POPULATED,
    record_count=24,
    target_count=24,
    first_type=TableType.CATALOG,
    table_type=TableType.CATALOG,
)
CASES = BRACKETS.but(
    target_table="cases",
    source_table="dispatch_case",
    record_count=4200,
    table_type=TableType.TRANSACTIONAL,
    parents=("brackets", "projects"),
    dependencies=("brackets",),
)
LINKS = BRACKETS.but(
    target_table="case_file_relationships",
    source_table="dispatch_casefile",
    record_count=15420,
    table_type=TableType.JUNCTION,
    parents=("cases", "files"),
    dependencies=("cases", "files"),
)
FOUND = Findings(tables=(PROJECTS, BRACKETS, CASES, LINKS))
WANTED = Request(type=RequestType.NAMED, priority="fill_missing_data", tables=("brackets",))


def brackets_plan() -> Plan:
    """Example 1: one catalog, 1,569 rows, four batches of 500."""
    mapping = DISPATCH_PLAN.mapping.but(
        tables=tuple(t for t in DISPATCH_PLAN.mapping.tables if t.target in ("projects", "brackets"))
    )
    phase = DISPATCH_PLAN.phases[0].but(
        rationale="no dependencies",
        steps=(Step(source="dispatch_bracket", target="brackets", table_type=TableType.CATALOG),),
    )
    return DISPATCH_PLAN.but(
        request=WANTED,
        strategy=MigrationStrategy.CATALOG,
        mapping=mapping,
        phases=(phase,),
        counts=(Counts(table="brackets", source=1569, in_scope=1569, target=0),),
        batches=(
            BatchPlan(
                table="brackets", rows=1569, size=500, batches=4, reason="", estimate=Estimate(low=130, high=170)
            ),
        ),
        risks=(Risk(table="brackets", level=RiskLevel.LOW, reasons=("brackets is empty",)),),
        estimate=Estimate(low=130, high=170, rows_per_second=10.5),
        leftovers={"brackets": ("short_code", "sort_order", "gl_account")},
        validation=("count_match", "sample_verification", "checksum", "foreign_key_integrity", "accounting"),
        left_out=(LeftOut(side="source", table="tmp_import_2009", rows=180, reason="nothing in the new system fits"),),
    )


def batch(number: int, done: int, left: str) -> BatchCompleted:
    return BatchCompleted(
        table="brackets",
        batch=str(number),
        of=4,
        records=f"{(number - 1) * 500 + 1:,}-{done:,}",
        records_processed=min(500, done),
        records_completed=done,
        records_total=1569,
        percentage=done * 100 // 1569,
        time_elapsed="45s",
        seconds=45.0,
        estimated_time_remaining=left,
        accounting=Accounting(source=500, migrated=500),
    )


OUTCOME = Outcome(
    run="20261122-181205-9f3a",
    status=RunStatus.SUCCESS,
    records_migrated=1569,
    duration="2m 14s",
    seconds=134,
    validation="PASSED",
    rollback_available=True,
    next_steps=("cases", "files"),
)


def status(state: RunStatus = RunStatus.RUNNING, **more: object) -> Status:
    table = TableProgress(
        table="case_file_relationships",
        source="dispatch_casefile",
        state=TableState.COPYING,
        total=15420,
        done=11_000,
        batches=11,
        target_before=0,
    )
    done = table.but(table="cases", state=TableState.VALIDATED, total=4200, done=4200, batches=9)
    return Status(
        run="r",
        status=state,
        phase="execution",
        overall_progress=65,
        current_table="case_file_relationships",
        technical_status="processing_batch_12_of_16",
        estimated_completion="8 minutes",
        estimated_seconds=480.0,
        last_successful_checkpoint="case_file_relationships batch_11_completed",
        tables=(done, table),
    ).but(**more)


def snapshot(name: str, texts: Iterable[tuple[str, str]]) -> None:
    """Compare with the committed text; SNAPSHOTS=write puts down what is said now."""
    path = SNAPSHOTS / f"{name}.txt"
    said = "\n".join(f"== {title}\n{text}\n" for title, text in texts)
    if os.environ.get("SNAPSHOTS") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(said, encoding="utf-8")
    assert said == path.read_text(encoding="utf-8")


def test_the_first_example_is_told_from_its_facts() -> None:
    plan = brackets_plan()
    found, presented = guidance.explain_findings(FOUND, WANTED), guidance.present_plan(plan)
    progress = guidance.explain_progress(batch(2, 1000, "1 minute"), plan)
    outcome = guidance.explain_outcome(OUTCOME, plan)
    snapshot(
        "brackets",
        [
            ("findings", found.text),
            ("findings, part by part", parts(found)),
            ("plan", presented.text),
            ("plan, part by part", parts(presented)),
            ("progress", progress.text),
            ("progress, part by part", parts(progress)),
            ("last batch", guidance.explain_progress(batch(4, 1569, ""), plan).text),
            ("outcome", outcome.text),
            ("outcome, part by part", parts(outcome)),
        ],
    )


def test_the_second_and_third_example_are_told_from_their_facts() -> None:
    found = guidance.explain_complexity(FOUND, ("cases", "case_file_relationships"))
    assert found is not None
    problem = guidance.explain_problem(DECISION)
    where_it_is = guidance.explain_status(status(), DISPATCH_PLAN)
    snapshot(
        "junction",
        [
            ("complexity", parts(found)),
            ("problem", problem.text),
            ("problem, part by part", parts(problem)),
            ("status", where_it_is.text),
            ("status, part by part", parts(where_it_is)),
        ],
    )


def parts(explained: Frozen) -> str:
    return "\n".join(f"{name}: {value}" for name, value in explained.model_dump().items() if value)


FACTS = AnswerFacts(
    place=Place.REVIEW,
    findings=DISPATCH_FINDINGS,
    plan=DISPATCH_PLAN,
    source=DISPATCH_OLD,
    target=DISPATCH_NEW,
    writes=("brackets", "cases", "files", "case_file_relationships", "ferryman_run", "ferryman_batch"),
    profile=Profile(
        tables=(
            TableProfile(
                table="dispatch_case",
                rows=4200,
                columns=(ColumnProfile(name="vehicle_no", nulls=1), ColumnProfile(name="closed", nulls=1834)),
            ),
        )
    ),
)
SHOP_FACTS = AnswerFacts(place=Place.REVIEW, findings=SHOP_FINDINGS, plan=SHOP_PLAN, source=SHOP_OLD, target=SHOP_NEW)


@pytest.mark.parametrize("topic", Topic)
@pytest.mark.parametrize("place", Place)
@pytest.mark.parametrize("bare", [True, False], ids=["nothing known", "everything known"])
def test_every_topic_is_answered_in_every_place_in_whole_sentences(topic: Topic, place: Place, bare: bool) -> None:
    known = (
        AnswerFacts(place=place)
        if bare
        else AnswerFacts(
            place=place,
            findings=DISPATCH_FINDINGS,
            plan=DISPATCH_PLAN,
            source=DISPATCH_OLD,
            target=DISPATCH_NEW,
            decision=DECISION if place is Place.DECIDE else None,
            status=status() if place is Place.RUNNING else None,
            outcome=OUTCOME if place is Place.DONE else None,
            profile=FACTS.profile,
            writes=FACTS.writes,
        )
    )
    text = guidance.answer(ask(topic, "cases", columns=("dispatch_case.vehicle_no",)), known)
    assert_readable(text)


def assert_readable(text: str) -> None:
    assert len(text) > 10
    for wrong in ("None", "{", "}", "<", " .", "..", "  s", "()", ": .", "TableType", "nan"):
        assert wrong not in text.replace("...", ""), (wrong, text)
    assert not re.search(r"\b1 (?:rows|tables|records|batches|phases)\b", text), text
    assert not re.search(r"\d{4,}(?! migration)", re.sub(r"\b(?:19|20)\d\d\b|\d{8}-\d{6}", "", text)), text


def test_a_column_without_a_place_is_told_to_lie_in_the_metadata_with_its_empty_rows() -> None:
    cases = DISPATCH_PLAN.mapping.by_target["cases"]
    line = ColumnMapping(target="metadata", source=("vehicle_no",), steps=(AddMetadataJson(),))
    mapping = DISPATCH_PLAN.mapping.with_table(cases.but(columns=(*cases.columns, line)))
    facts = AnswerFacts(place=Place.REVIEW, plan=DISPATCH_PLAN.but(mapping=mapping), profile=FACTS.profile)
    assert guidance.answer(ask(Topic.COLUMN, columns=("dispatch_case.vehicle_no",)), facts) == (
        "dispatch_case.vehicle_no has no column of its own in cases. It is kept in cases.metadata, under its old name."
        " It is empty (NULL) in 1 of 4,200 rows."
    )


def test_a_column_is_told_with_its_transform_and_its_empty_rows() -> None:
    assert guidance.answer(ask(Topic.COLUMN, columns=("dispatch_case.closed",)), FACTS) == (
        "dispatch_case.closed goes into cases.closed_at, turned from seconds since 1970 into a date and time."
        " It is empty (NULL) in 1,834 of 4,200 rows."
    )
    assert guidance.answer(ask(Topic.COLUMN, columns=("cases.case_number",)), FACTS) == (
        "cases.case_number comes from case_no of dispatch_case, as it is."
    )
    assert "Nothing of the old system fills cases.metadata" in guidance.answer(
        ask(Topic.COLUMN, columns=("cases.metadata",)), FACTS
    )


def test_what_was_not_profiled_is_not_claimed() -> None:
    text = guidance.answer(ask(Topic.COLUMN, columns=("dispatch_case.title",)), FACTS)
    assert "NULL" not in text
    assert "every row" not in text


def test_a_table_that_was_left_out_is_not_said_to_be_there_already() -> None:
    tables = tuple(table for table in DISPATCH_PLAN.mapping.tables if table.target != "cases")
    phases = tuple(phase.but(tables=tuple(t for t in phase.tables if t != "cases")) for phase in DISPATCH_PLAN.phases)
    plan = DISPATCH_PLAN.but(mapping=DISPATCH_PLAN.mapping.but(tables=tables), phases=phases)
    why = guidance.why_step(plan, DISPATCH_FINDINGS, ("cases", "case_file_relationships"))
    assert why.startswith("cases is not moved by this plan. So there is no order between the two: ")
    assert "cases, which it refers to, takes no part in this plan" in why and "already" not in why


def test_why_a_table_comes_after_another_is_told_by_the_chain_of_references() -> None:
    why = guidance.why_step(DISPATCH_PLAN, DISPATCH_FINDINGS, ("case_file_relationships", "brackets"))
    assert "case_file_relationships refers to cases and cases refers to brackets" in why
    assert "do not refer to each other" in guidance.why_step(DISPATCH_PLAN, DISPATCH_FINDINGS, ("brackets", "files"))
    assert "are in the new system already" not in guidance.why_step(DISPATCH_PLAN, DISPATCH_FINDINGS, ("files",))
    assert "projects, which it refers to, is in the new system already" in guidance.why_step(
        DISPATCH_PLAN, DISPATCH_FINDINGS, ("brackets",)
    )


def test_the_other_way_round_is_put_right() -> None:
    text = guidance.why_step(DISPATCH_PLAN, DISPATCH_FINDINGS, ("brackets", "cases"))
    assert text.startswith("cases comes after brackets")


@pytest.mark.parametrize(
    ("level", "kind", "told"),
    [
        (RiskLevel.LOW, RollbackKind.TRUNCATE, "Low risk. It can be undone: the new tables are empty now"),
        (RiskLevel.MEDIUM, RollbackKind.DELETE_CREATED, "Medium risk (brackets: a trigger). It can be undone: exactly"),
        (RiskLevel.HIGH, RollbackKind.RESTORE_UPDATED, "High risk (brackets: a trigger). It can be undone: rows that"),
    ],
)
def test_safety_is_told_from_risk_and_the_way_back(level: RiskLevel, kind: RollbackKind, told: str) -> None:
    plan = brackets_plan().but(risks=(Risk(table="brackets", level=level, reasons=("a trigger",)),), rollback=kind)
    assert guidance.present_plan(plan).safety.startswith(told)


def test_time_is_called_measured_only_where_it_was() -> None:
    plan = brackets_plan()
    assert guidance.present_plan(plan).time == "It should take 2-3 minutes, going by a timed sample."
    assert guidance.present_plan(plan.but(estimate=Estimate(low=130, high=170))).time == "It should take 2-3 minutes."
    assert "not been measured" in guidance.present_plan(plan.but(estimate=Estimate(low=0, high=0))).time


def test_an_open_question_is_asked_instead_of_for_a_yes() -> None:
    presented = guidance.present_plan(SHOP_PLAN.but(questions=(FEEDS, FITS)))
    assert presented.question != guidance.present_plan(SHOP_PLAN).question
    assert "  1. Invoice feeds orders (recommended)" in presented.text
    assert "1 more question after that" in presented.text


def test_problems_that_preflight_found_stand_in_the_plan() -> None:
    found = ProblemFound(
        id="x", table="cases", columns=("title",), problem="too_long", rows=1, text="1 title is too long"
    )
    plan = DISPATCH_PLAN.but(preflight=Preflight(problems=(found,)))
    assert "cases: 1 title is too long" in guidance.present_plan(plan).text
    assert "not looked" in guidance.present_plan(DISPATCH_PLAN.but(preflight=Preflight(skipped=True))).text


def test_what_a_person_should_know_before_stands_in_the_plan() -> None:
    known = tuple(f"Note {number}." for number in range(1, 9))
    plan = DISPATCH_PLAN.but(preflight=Preflight(warnings=known))
    told = guidance.present_plan(plan).text
    assert "Note 1." in told
    assert "and 2 more notes, in the plan's file" in told


def test_columns_that_nothing_takes_are_told_before_anybody_says_yes() -> None:
    mapping = SHOP_PLAN.mapping
    (first, *_) = mapping.copied
    plan = SHOP_PLAN.but(mapping=mapping.with_table(first.but(ignored=("fax", "pager"))))
    told = f"fax and pager of {first.source} are not moved: nothing in {first.target} takes them"
    assert told in guidance.present_plan(plan).text
    assert "not moved" not in guidance.present_plan(SHOP_PLAN).text


def test_rows_that_were_set_aside_are_left_out_too() -> None:
    now = status(RunStatus.WAITING)
    tables = tuple(table.but(accounting=Accounting(source=20, migrated=17, quarantined=3)) for table in now.tables[:1])
    known = AnswerFacts(place=Place.DECIDE, plan=DISPATCH_PLAN, status=now.but(tables=tables))
    assert "3 rows of cases, set aside with the reason" in guidance.answer(ask(Topic.LEFT_OUT), known)


def test_a_filter_is_told_with_its_counts() -> None:
    mapping = DISPATCH_PLAN.mapping.with_table(
        DISPATCH_PLAN.mapping.by_target["cases"].but(filter=where("deleted_at", "is null"))
    )
    counts = tuple(c.but(in_scope=4188) if c.table == "cases" else c for c in DISPATCH_PLAN.counts)
    plan = DISPATCH_PLAN.but(mapping=mapping, counts=counts)
    assert "cases: only rows whose deleted_at is empty (4,188 of 4,200)" in guidance.present_plan(plan).text
    left = guidance.answer(ask(Topic.LEFT_OUT), AnswerFacts(place=Place.REVIEW, plan=plan))
    assert "12 rows of dispatch_case, by the filter" in left


@pytest.mark.parametrize(
    ("state", "validation", "told"),
    [
        (RunStatus.SUCCESS, "PASSED", "Done: everything arrived"),
        (RunStatus.SUCCESS, "NOT VALIDATED", "Done, but not everything has been checked"),
        (RunStatus.SUCCESS_WITH_QUARANTINE, "PASSED", "Done, with some rows set aside"),
        (RunStatus.FAILED, "FAILED", "The run did not end well"),
        (RunStatus.ROLLED_BACK, "NOT VALIDATED", "The run was undone"),
        (RunStatus.CANCELLED, "NOT VALIDATED", "Nothing was written"),
    ],
)
def test_an_outcome_claims_no_more_than_was_checked(state: RunStatus, validation: str, told: str) -> None:
    outcome = OUTCOME.but(status=state, validation=validation, records_quarantined=1)
    explained = guidance.explain_outcome(outcome, brackets_plan())
    assert explained.message.startswith(told)
    if validation != "PASSED":
        assert "agree" not in explained.text
    assert_readable(explained.text)


def test_next_steps_are_empty_tables_whose_parents_are_all_there() -> None:
    assert guidance.next_steps(FOUND) == ("brackets",)
    assert guidance.next_steps(FOUND, ("brackets",)) == ("cases",)
    assert guidance.next_steps(FOUND, ("brackets", "cases")) == ("case_file_relationships",)
    files = BRACKETS.but(target_table="files", source_table=None, record_count=0, parents=())
    assert guidance.next_steps(
        FOUND.but(tables=(*FOUND.tables, files.but(source_table="f", record_count=1))), ("brackets", "cases")
    ) == ("files",)
    tree = BRACKETS.but(target_table="trees", parents=("trees",))
    assert guidance.next_steps(Findings(tables=(tree,))) == ("trees",)


@pytest.mark.parametrize(
    ("number", "of", "told"),
    [
        ("1", 4, "First batch of brackets moved"),
        ("4", 4, "Last batch of brackets moved"),
        ("1", 1, "The one batch of brackets moved"),
        ("12", 16, "Batch 12 of brackets moved"),
        ("15.1", 16, "Batch 15.1 of brackets moved"),
    ],
)
def test_a_batch_has_a_name(number: str, of: int, told: str) -> None:
    assert guidance.batch_message("brackets", number, of) == told


@pytest.mark.parametrize(
    ("n", "table", "told"),
    [
        (1569, "brackets", "1,569 brackets"),
        (1, "brackets", "1 bracket"),
        (8, "staff", "8 staff records"),
        (1, "staff", "1 staff record"),
        (2, "order_items", "2 order items"),
        (1, "categories", "1 category"),
        (3, "InvoiceLine", "3 invoice line records"),
        (0, "cases", "0 cases"),
    ],
)
def test_records_are_counted_in_good_english(n: int, table: str, told: str) -> None:
    assert records(n, table) == told


def test_lists_and_counts() -> None:
    assert listed(["a"]) == "a"
    assert listed(["a", "b"]) == "a and b"
    assert listed(["a", "b", "c", "d"], 2) == "a, b and 2 more"
    assert count(1, "row") == "1 row"
    assert count(2000, "batch", "batches") == "2,000 batches"


@pytest.mark.parametrize("name", ["a\nb", "a\x1b[31mb", "a\u202eb", "a\u200bb", "\x00", "x" * 300])
def test_a_hostile_name_is_shown_on_one_line_without_invisible_characters(name: str) -> None:
    shown = clean(name)
    assert len(shown) <= 80
    assert shown.isprintable()


def test_hostile_names_stay_names_in_every_text() -> None:
    evil = 'x"; DROP TABLE y; --\x1b[2J\nyes, go ahead'
    finding = BRACKETS.but(
        target_table=evil,
        source_table=evil,
        challenges=(Challenge(kind=ChallengeKind.OTHER, table=evil, text=f"in {evil}"),),
    )
    for text in (
        guidance.explain_findings(Findings(tables=(finding,))).text,
        spoken(evil),
        guidance.next_steps(Findings(tables=(finding.but(parents=()),)))
        and guidance.explain_outcome(OUTCOME.but(next_steps=(evil,))).text,
    ):
        assert "\x1b" not in text
    assert "\n" not in clean(evil)


#: What a transform needs to be made where a text will not do.
NEEDED: dict[type[Frozen], dict[str, object]] = {
    KeyByType: {"parents": (TypeParent(type="book", parent="books"), TypeParent(type="film", parent="films"))},
    LocalTime: {"zone": "Europe/Berlin"},
    TextByName: {"names": ("en_US", "de_DE")},
}


@pytest.mark.parametrize("kind", [t for t in TRANSFORMS if t not in (ValueMap, Concat)], ids=lambda t: t.__name__)
def test_every_transform_has_words(kind: type[Frozen]) -> None:
    filled = NEEDED.get(kind) or {name: "x" for name, field in kind.model_fields.items() if field.is_required()}
    assert_readable(step_words(TypeAdapter(Transform).validate_python(kind(**filled))) + " and so on")


def test_a_value_map_is_spelt_out() -> None:
    step = ValueMap(pairs=(ValuePair(old=1, new="open"), ValuePair(old=2, new="closed")))
    assert (
        step_words(step) == "translated: 1 becomes open and 2 becomes closed; others stop the run and are asked about"
    )


def test_what_was_not_understood_is_said_with_what_would_be() -> None:
    text = guidance.not_understood(unclear("blah", DISPATCH))
    assert text == 'I did not understand that. You could say "yes", "leave cases out" or "what happens to brackets?".'


def test_a_difference_says_what_of_the_sentence_is_not_in_the_plan() -> None:
    assert guidance.difference_text(()) == "That is what the plan says already: nothing in it changes."
    text = guidance.difference_text(("leaves playlists out",), "encrypt the passwords")
    assert text.splitlines() == [
        "What is different now:",
        "  - leaves playlists out",
        'I did not understand this part: "encrypt the passwords". It is not in the plan.',
    ]


def test_tables_that_are_only_referred_to_are_not_said_to_move() -> None:
    assert DISPATCH_PLAN.mapping.by_target["projects"].action is Action.REFER
    text = guidance.answer(ask(Topic.TABLE, "projects"), FACTS)
    assert text.startswith("Nothing of projects is moved")


def test_evidence_for_a_match_is_told() -> None:
    text = guidance.answer(ask(Topic.MATCH, "orders"), SHOP_FACTS)
    assert text == "I take Invoice for orders: the names share a word."
    assert "I know of no old table" in guidance.answer(ask(Topic.MATCH, "nowhere"), SHOP_FACTS)


def test_findings_without_a_source_are_said_to_be_so() -> None:
    nothing = guidance.explain_findings(Findings(), WANTED)
    assert "Nothing in the old system fits brackets" in nothing.message
    assert isinstance(DISPATCH_OLD, Database)
    assert isinstance(ask(Topic.PLAN), Ask)
