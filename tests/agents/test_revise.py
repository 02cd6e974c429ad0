import pytest

from ferryman.agents.data_mapping import propose
from ferryman.agents.difference import difference
from ferryman.agents.facts import Facts
from ferryman.agents.questions import carry, questions_about, settle
from ferryman.agents.revise import batch_sizes, revise, revise_all
from ferryman.domain.changes import (
    Change,
    IgnoreColumn,
    Include,
    LeaveOut,
    MapColumn,
    MapTable,
    MapValues,
    MigrateParents,
    Option,
    Question,
    SetBatchSize,
    SetConflict,
    SetFilter,
    SetIdentity,
    SetKey,
    SetPolicy,
    SetRequest,
    UnmapColumn,
)
from ferryman.domain.errors import Usage
from ferryman.domain.filters import Comparison, Operator
from ferryman.domain.findings import MissingCause
from ferryman.domain.mapping import (
    Action,
    Conflict,
    Derived,
    Kept,
    KeyPair,
    Mapping,
    Matched,
    Policy,
    Problem,
    Strategy,
)
from ferryman.domain.transforms import BooleanWords, Constant, EpochToTimestamp, ForeignKeyTo, ValuePair
from tests.catalogues import FILL, database, dispatch, facts, matches, named, profile, replanned

LINKS = "case_file_relationships"
ALIVE = Comparison(column="deleted_at", op=Operator.IS_NULL)
ORPHANS = Policy(
    problem=Problem.MISSING_PARENT,
    columns=("case_id",),
    cause=MissingCause.FILTERED_OUT,
    strategy=Strategy.QUARANTINE,
    rows=9,
)


@pytest.fixture(scope="module")
def known() -> Facts:
    return dispatch()


@pytest.fixture(scope="module")
def mapping(known: Facts) -> Mapping:
    return propose(FILL, known)[0]


FITTING: list[Change] = [
    SetRequest(request=named("brackets")),
    LeaveOut(table="brackets"),
    LeaveOut(table="notifications"),
    Include(table="projects"),
    Include(table="cases"),
    MapTable(source="dispatch_bracket", target="brackets"),
    MapTable(source="tmp_import_2009", target="notifications"),
    MapColumn(table="brackets", source=("gl_account",), target="name"),
    MapColumn(table="brackets", source=("name", "type"), target="name"),
    MapColumn(table="brackets", source=(), target="type", steps=(Constant(value="zone"),)),
    MapColumn(table="cases", source=("bracket_id",), target="bracket_id"),
    UnmapColumn(table="cases", target="bracket_id"),
    IgnoreColumn(table="brackets", source="gl_account"),
    SetFilter(table="cases", filter=ALIVE),
    SetFilter(table="cases", filter=None),
    MapValues(table="brackets", target="type", pairs=(ValuePair(old="Z", new="zone"),)),
    SetIdentity(table="files", identity=Derived(version=5)),
    SetKey(table="projects", key=("slug",)),
    SetConflict(table="files", conflict=Conflict.KEEP),
    SetPolicy(table=LINKS, policy=ORPHANS),
    MigrateParents(table=LINKS, columns=("case_id",), cause=MissingCause.FILTERED_OUT, rows=9),
    SetBatchSize(rows=100),
]


@pytest.mark.parametrize("change", FITTING, ids=lambda change: change.do)
def test_a_change_made_twice_is_made_once(change: Change, mapping: Mapping, known: Facts) -> None:
    once = revise(mapping, change, known)
    assert revise(once, change, known) == once


@pytest.mark.parametrize(
    ("change", "what", "do"),
    [
        (LeaveOut(table="bracket"), "The new database has no table bracket.", "Did you mean brackets?"),
        (Include(table="notifications"), "Nothing in the old database is known to feed notifications.", ""),
        (MapTable(source="dispatch_brackt", target="brackets"), "The old database has no table", "dispatch_bracket"),
        (MapTable(source="dispatch_bracket", target="bracket"), "The new database has no table", "brackets"),
        (MapColumn(table="brackets", source=("nam",), target="name"), "dispatch_bracket has no column nam.", "name"),
        (MapColumn(table="brackets", source=("name",), target="nome"), "brackets has no column nome.", "name"),
        (MapColumn(table="brackets", source=(), target="name"), "Nothing was named that fills name.", ""),
        (MapColumn(table="notifications", source=("x",), target="body"), "notifications takes no part", "Include"),
        (UnmapColumn(table="brackets", target="name"), "brackets.name must be filled, and nothing does.", ""),
        (UnmapColumn(table="brackets", target="nam"), "brackets has no column nam.", "name"),
        (IgnoreColumn(table="brackets", source="gl_acount"), "dispatch_bracket has no column", "gl_account"),
        (IgnoreColumn(table="brackets", source="id"), "id tells the rows of dispatch_bracket apart.", ""),
        (SetFilter(table="cases", filter=ALIVE.but(column="deleted")), "dispatch_case has no column", "deleted_at"),
        (MapValues(table="brackets", target="updated_at", pairs=()), "Nothing fills brackets.updated_at yet.", ""),
        (SetKey(table="brackets", key=("idd",)), "dispatch_bracket has no column idd.", "id"),
        (
            SetIdentity(table="files", identity=Matched(on=(KeyPair(source="nme", target="filename"),))),
            "dispatch_file has no column nme.",
            "filename",
        ),
        (SetRequest(request=named("brakets")), "The new database has no table brakets.", "brackets"),
        (
            SetPolicy(table=LINKS, policy=ORPHANS.but(strategy=Strategy.SET_NULL)),
            "case_id does not take NULL.",
            "skip_orphaned_records",
        ),
        (
            MigrateParents(table=LINKS, columns=("case_id",), cause=MissingCause.NEVER_EXISTED),
            "parents that never existed cannot be migrated.",
            "",
        ),
        (
            MigrateParents(table="brackets", columns=("project_id",), cause=MissingCause.FILTERED_OUT),
            "projects is only referred to by this plan, not copied.",
            "Include projects first.",
        ),
        (
            MapColumn(table="brackets", source=("name",), target="created_at", steps=(EpochToTimestamp(),)),
            "epoch_to_timestamp takes numbers, and this is text.",
            "text_to_date",
        ),
        (
            MapColumn(table="brackets", source=("name",), target="project_id", steps=(ForeignKeyTo(parent="project"),)),
            "project_id refers to project, which is not in this plan.",
            "projects",
        ),
    ],
    ids=lambda value: getattr(value, "do", None),
)
def test_a_change_that_does_not_fit_names_what_would(
    change: Change, what: str, do: str, mapping: Mapping, known: Facts
) -> None:
    with pytest.raises(Usage) as refused:
        revise(mapping, change, known)
    assert what in refused.value.what
    assert do in refused.value.do


def test_a_parent_left_out_leaves_references_empty_and_keeps_the_old_key_as_metadata(
    mapping: Mapping, known: Facts
) -> None:
    cases = revise(mapping, LeaveOut(table="brackets"), known).by_target["cases"]
    assert "bracket_id" not in cases.by_target
    assert "bracket_id" in cases.by_target["metadata"].source


def test_a_parent_included_later_gets_its_references(mapping: Mapping, known: Facts) -> None:
    without = revise(mapping, LeaveOut(table="brackets"), known)
    again = revise(without, Include(table="brackets"), known)
    assert again.by_target["cases"].by_target["bracket_id"].uses(ForeignKeyTo)
    assert again == mapping


def test_a_table_that_nobody_refers_to_any_more_is_not_mentioned(known: Facts) -> None:
    mapping = propose(named("brackets"), known)[0]
    assert "projects" in mapping.by_target
    only_files = revise_all(mapping, [Include(table="files"), LeaveOut(table="brackets")], known)
    assert set(only_files.by_target) == {"files"}


def test_a_filled_table_that_is_left_out_goes_on_being_referred_to(mapping: Mapping, known: Facts) -> None:
    copied = revise(mapping, Include(table="projects"), known)
    assert copied.by_target["projects"].action is Action.COPY
    left = revise(copied, LeaveOut(table="projects"), known)
    assert left.by_target["projects"].action is Action.REFER
    assert left.by_target["brackets"].by_target["project_id"].uses(ForeignKeyTo)


def test_a_column_unmapped_goes_into_the_metadata_and_one_ignored_does_not(mapping: Mapping, known: Facts) -> None:
    unmapped = revise(mapping, UnmapColumn(table="cases", target="bracket_id"), known).by_target["cases"]
    assert "bracket_id" in unmapped.by_target["metadata"].source
    ignored = revise(mapping, IgnoreColumn(table="cases", source="related_cases"), known).by_target["cases"]
    assert "related_cases" not in ignored.by_target["metadata"].source
    assert ignored.ignored == ("related_cases",)


def test_metadata_that_a_person_took_away_do_not_come_back(known: Facts) -> None:
    old, new = database("a: id int key, x text, y text"), database("b: id int key, x text, metadata json?")
    facts_ = facts(old, new, matches("a -> b: id=id, x=x"), profile({"a": 3}))
    changes: list[Change] = [UnmapColumn(table="b", target="metadata"), MapColumn(table="b", source=("y",), target="x")]
    table = revise_all(propose(FILL, facts_)[0], changes, facts_).by_target["b"]
    assert "metadata" not in table.by_target
    assert table.ignored == ("x",)


def test_a_column_mapped_gets_the_steps_that_its_types_call_for(mapping: Mapping, known: Facts) -> None:
    change = MapColumn(table="brackets", source=("gl_account",), target="is_active")
    table = revise(mapping, change, known).by_target["brackets"]
    assert table.by_target["is_active"].steps == (BooleanWords(),)
    assert "is_active" in table.by_target["metadata"].source


def test_a_reference_mapped_by_name_becomes_a_reference(mapping: Mapping, known: Facts) -> None:
    change = MapColumn(table="cases", source=("opened",), target="bracket_id")
    assert revise(mapping, change, known).by_target["cases"].by_target["bracket_id"].uses(ForeignKeyTo)


def test_another_key_takes_other_ids_and_children_look_it_up() -> None:
    old = database("p: id int key, code text unique\nc: id int key, p_id int > p")
    new = database("ps: id uuid key, code text\ncs: id int key, p_id uuid > ps")
    found = matches("p -> ps: id=id, code=code\nc -> cs: id=id, p_id=p_id")
    known = facts(old, new, found, profile({"p": 3, "c": 3}))
    mapping = revise(propose(FILL, known)[0], SetKey(table="ps", key=("code",)), known)
    assert mapping.by_target["ps"].identity == Derived(version=5)
    assert mapping.by_target["ps"].by_target["id"].source == ("code",)
    assert [step.use for step in mapping.by_target["cs"].by_target["p_id"].steps] == ["lookup", "foreign_key"]


def test_a_policy_takes_the_place_of_the_one_before(mapping: Mapping, known: Facts) -> None:
    first = revise(mapping, SetPolicy(table=LINKS, policy=ORPHANS), known)
    second = revise(first, SetPolicy(table=LINKS, policy=ORPHANS.but(strategy=Strategy.PLACEHOLDERS)), known)
    assert [policy.strategy for policy in second.by_target[LINKS].policies] == [Strategy.PLACEHOLDERS]


def test_migrating_parents_is_a_policy_of_the_child(mapping: Mapping, known: Facts) -> None:
    change = MigrateParents(table=LINKS, columns=("case_id",), cause=MissingCause.FILTERED_OUT, rows=9)
    (policy,) = revise(mapping, change, known).by_target[LINKS].policies
    assert (policy.strategy, policy.cause, policy.rows) == (Strategy.MIGRATE_PARENTS, MissingCause.FILTERED_OUT, 9)


def test_a_decision_needs_the_catalogues_only(mapping: Mapping, known: Facts) -> None:
    bare = Facts(known.source, known.target)
    assert revise(mapping, SetPolicy(table=LINKS, policy=ORPHANS), bare).by_target[LINKS].policies == (ORPHANS,)


@pytest.mark.parametrize(
    ("change", "sizes"),
    [
        (SetBatchSize(rows=100), {"a": 100, "b": 100}),
        (SetBatchSize(table="a", rows=100), {"a": 100, "b": 500}),
        (SetBatchSize(factor=0.5), {"a": 500, "b": 250}),
        (SetBatchSize(table="b", factor=2), {"a": 1000, "b": 1000}),
    ],
)
def test_batch_sizes_are_tuning(change: SetBatchSize, sizes: dict[str, int]) -> None:
    assert batch_sizes({"a": 1000, "b": 500}, change) == sizes


@pytest.mark.parametrize("change", [SetBatchSize(table="c", rows=1), SetBatchSize(rows=0)])
def test_a_batch_size_that_makes_no_sense_is_refused(change: SetBatchSize) -> None:
    with pytest.raises(Usage):
        batch_sizes({"a": 1000}, change)


def test_an_answer_closes_its_question_and_stays_over_a_new_planning() -> None:
    old, new = database("Invoice: id int key\nBill: id int key"), database("orders: id int key")
    known = facts(
        old, new, matches("Invoice ~> orders: id=id\nBill ~> orders: id=id"), profile({"Invoice": 3, "Bill": 2})
    )
    mapping, asked = propose(FILL, known)
    assert [question.id for question in asked] == ["table:orders"]
    other = MapTable(source="Bill", target="orders")
    (settled,) = settle(asked, other)
    assert settled.answer == "Bill"
    revised = revise(mapping, other, known)
    assert revised.by_target["orders"].source == "Bill"
    kept = carry((settled,), questions_about(revised, known))
    assert [(question.id, question.answer) for question in kept] == [("table:orders", "Bill")]


def test_leaving_a_table_out_answers_its_questions() -> None:
    known = dispatch()
    _, asked = propose(FILL, known)
    (settled,) = settle(asked, LeaveOut(table="files"))
    assert (settled.id, settled.answer) == ("column:files.size_bytes", "leave_out")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (LeaveOut(table="brackets"), "brackets is left out."),
        (LeaveOut(table="brackets"), "cases.bracket_id stays empty."),
        (Include(table="projects"), "projects is filled from dispatch_project as well."),
        (SetFilter(table="cases", filter=ALIVE), "Only rows of dispatch_case where deleted_at is null go into cases."),
        (SetIdentity(table="files", identity=Kept()), "Rows of files keep their keys."),
        (SetConflict(table="files", conflict=Conflict.KEEP), "Where files has a row already: keep."),
        (IgnoreColumn(table="brackets", source="gl_account"), "gl_account of dispatch_bracket is left behind."),
        (
            SetPolicy(table=LINKS, policy=ORPHANS),
            f"{LINKS}.case_id: for missing parent (filtered out), skip orphaned records.",
        ),
        (MapColumn(table="brackets", source=("type",), target="name"), "brackets.name comes from type."),
    ],
)
def test_what_a_change_did_is_said_in_words(change: Change, told: str, mapping: Mapping, known: Facts) -> None:
    before = replanned(FILL, mapping, questions_about(mapping, known), known)
    revised = revise(mapping, change, known)
    lines = difference(before, replanned(FILL, revised, questions_about(revised, known), known))
    assert any(line.startswith(told.rstrip(".")) for line in lines)


def test_what_an_answer_does_is_told_once(mapping: Mapping, known: Facts) -> None:
    kept = SetPolicy(table=LINKS, policy=ORPHANS)
    option = Option(key="quarantine", text="Keep them in quarantine", changes=(kept,))
    question = Question(id="orphans", table=LINKS, text="What shall become of them?", options=(option,))
    before = replanned(FILL, mapping, (question,), known)
    after = replanned(FILL, revise(mapping, kept, known), (question.but(answer="quarantine"),), known)
    assert difference(before, after) == ("Settled: What shall become of them? Keep them in quarantine.",)
