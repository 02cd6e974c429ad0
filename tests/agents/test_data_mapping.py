"""What is proposed for tables and columns, and what is asked about it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ferryman.agents.data_mapping import propose
from ferryman.agents.questions import questions_about
from ferryman.agents.revise import revise_all
from ferryman.domain.changes import LeaveOut, MapColumn, MapTable, Question, SetIdentity, SetKey
from ferryman.domain.coordination import Request, RequestType
from ferryman.domain.findings import Match, Matches, TableMatches
from ferryman.domain.fits import mapping_misfits, misfits
from ferryman.domain.mapping import (
    Action,
    Conflict,
    Generated,
    KeyPair,
    Mapping,
    Matched,
)
from ferryman.domain.profile import Profile
from ferryman.domain.schema import Database
from ferryman.tools.prepare.suitable import suitable_identity
from tests.agents.proposing import ids, proposed, sources, uses
from tests.catalogues import (
    FAMILIES,
    FILL,
    column_profile,
    database,
    dispatch,
    facts,
    matches,
    named,
    planned,
    profile,
    replanned,
)

GUESSED = Matches(
    tables=(Match(source="a", target="b", score=0.55),),
    columns=(TableMatches(source="a", target="b", columns=(Match(source="x", target="y", score=0.4),)),),
)


@pytest.fixture(scope="module")
def brackets() -> tuple[Mapping, tuple[Question, ...]]:
    return propose(named("brackets"), dispatch())


def test_example_1_needs_no_question(brackets: tuple[Mapping, tuple[Question, ...]]) -> None:
    mapping, questions = brackets
    assert questions == ()
    assert [(table.target, table.action) for table in mapping.tables] == [
        ("projects", Action.REFER),
        ("brackets", Action.COPY),
    ]


def test_parents_that_are_there_are_found_by_their_legacy_id(brackets: tuple[Mapping, tuple[Question, ...]]) -> None:
    projects = brackets[0].by_target["projects"]
    assert projects.identity == Matched(on=(KeyPair(source="id", target="legacy_id"),))
    assert projects.conflict is Conflict.KEEP
    assert projects.id_columns == ("id",)


@pytest.mark.parametrize(
    ("column", "source", "steps"),
    [
        ("id", ("id",), ["new_id"]),
        ("name", ("name",), ["rename"]),
        ("project_id", ("project_id",), ["foreign_key"]),
        ("is_active", ("is_active",), ["boolean_words"]),
        ("legacy_id", ("id",), ["preserve_legacy_id"]),
        ("created_at", ("created_on",), ["text_to_date", "add_created_at"]),
        ("updated_at", (), ["add_updated_at"]),
        ("metadata", ("gl_account",), ["add_metadata_json"]),
    ],
)
def test_each_column_of_brackets_gets_the_steps_its_types_call_for(
    brackets: tuple[Mapping, tuple[Question, ...]], column: str, source: tuple[str, ...], steps: list[str]
) -> None:
    table = brackets[0].by_target["brackets"]
    assert (sources(table, column), uses(table, column)) == (source, steps)


def test_missing_tables_are_all_that_are_empty_with_a_source() -> None:
    mapping, questions = propose(FILL, dispatch())
    assert [table.target for table in mapping.copied] == ["brackets", "cases", "files", "case_file_relationships"]
    assert ids(questions) == ["column:files.size_bytes"]
    assert uses(mapping.by_target["cases"], "opened_at") == ["epoch_to_timestamp"]


def test_a_named_table_takes_the_parents_that_it_needs_along() -> None:
    mapping, _ = propose(named("case_file_relationships"), dispatch())
    assert [table.target for table in mapping.copied] == ["brackets", "cases", "files", "case_file_relationships"]


def test_what_was_left_out_stays_out_and_its_children_ask() -> None:
    request = Request(type=RequestType.FILL_MISSING, leave_out=("files",))
    mapping, questions = propose(request, dispatch())
    assert "files" not in mapping.by_target
    assert "file_id" not in mapping.by_target["case_file_relationships"].by_target
    assert "parent:case_file_relationships.file_id" in ids(questions)


def test_the_proposal_fits_but_for_what_is_asked() -> None:
    known = dispatch()
    mapping, _ = propose(FILL, known)
    assert list(mapping_misfits(mapping, known.source, known.target)) == []


def test_an_unsure_table_is_mapped_as_a_guess_and_asked_about() -> None:
    mapping, questions, _ = proposed("Invoice: id int key", "orders: id int key", "Invoice ~> orders: id=id")
    assert mapping.by_target["orders"].source == "Invoice"
    (question,) = questions
    assert question.id == "table:orders"
    assert [option.key for option in question.options] == ["Invoice", "leave_out"]
    assert question.options[0].changes == (MapTable(source="Invoice", target="orders"),)
    assert question.options[1].changes == (LeaveOut(table="orders"),)
    assert question.recommended == "Invoice"


def test_a_required_guess_is_a_question_of_its_own_and_optional_ones_share_one() -> None:
    mapping, questions, _ = proposed(
        "a: id int key, x text, y text, z text",
        "b: id int key, must text, may text?, might text?",
        "a -> b: id=id, x~must, y~may, z~might",
    )
    assert ids(questions) == ["column:b.must", "columns:b"]
    assert sources(mapping.by_target["b"], "might") == ("z",)
    assert questions[0].options[0].changes == (MapColumn(table="b", source=("x",), target="must"),)


def test_namesakes_are_sure_whatever_the_score() -> None:
    _, questions, _ = proposed(
        "a: id int key, ClosedDate text, active text", "b: id int key, closed_at moment?, is_active text?",
        "a -> b: id=id, ClosedDate~closed_at, active~is_active",
    )  # fmt: skip
    assert questions == ()


def test_a_table_without_a_key_asks_how_rows_are_told_apart() -> None:
    mapping, questions, _ = proposed(
        "log: no int?, text text | rowid",
        "logs: id int key auto, text text",
        "log -> logs: text=text",
        {"log.no": column_profile(distinct=10, nulls=0)},
    )
    assert mapping.by_target["logs"].key == ("no",)
    assert ids(questions) == ["key:logs"]
    assert [option.key for option in questions[0].options] == ["no", "position", "leave_out"]
    assert questions[0].options[1].changes == (SetKey(table="logs", key=("rowid",)),)


def test_columns_that_tell_rows_apart_together_are_their_key_where_there_is_none() -> None:
    old, new = database("link: a_id int, b_id int, kind int"), database("links: id int key auto, kind int")
    seen = profile({"link": 9})
    (table,) = seen.tables
    known = facts(
        old, new, matches("link -> links: kind=kind"), Profile(tables=(table.but(together=("a_id", "b_id")),))
    )
    mapping, questions = propose(FILL, known)
    assert mapping.by_target["links"].key == ("a_id", "b_id")
    asked = next(question for question in questions if question.id == "key:links")
    assert [option.key for option in asked.options] == ["together", "leave_out"] and asked.recommended == "together"
    assert asked.options[0].text == "By a_id and b_id together, which are different in every row"


def test_position_stands_in_where_no_column_is_unique() -> None:
    mapping, _, _ = proposed("log: text text | rowid", "logs: id int key auto, text text", "log -> logs: text=text")
    assert mapping.by_target["logs"].key == ("rowid",)


def test_a_reason_against_every_identity_is_asked_about() -> None:
    _, questions, _ = proposed(
        "a: id text key", "b: id int key auto", "a -> b: id=id", identities={"b": "texts do not become whole numbers"}
    )
    assert ids(questions) == ["identity:b"]
    assert questions[0].options[0].changes == (SetIdentity(table="b", identity=Generated()),)


def test_a_required_column_that_nothing_feeds_is_asked_about() -> None:
    _, questions, known = proposed(
        "a: id int key, x text", "b: id int key, x text, kind text, n int, d int default", "a -> b: id=id, x=x"
    )
    assert ids(questions) == ["unfed:b.kind", "unfed:b.n"]
    assert [option.key for option in questions[0].options] == ["constant", "leave_out"]
    assert known.findings.by_target["b"].challenges[-1].columns == ("kind", "n")


def test_a_required_number_that_nothing_feeds_may_be_any_that_goes_nowhere_and_0_is_not_recommended() -> None:
    _, (question,), _ = proposed("a: id int key, w int, x text", "b: id int key, n int", "a -> b: id=id")
    assert [option.key for option in question.options] == ["w", "constant", "leave_out"]
    assert question.recommended == ""


def test_an_amount_stands_for_no_whole_number_that_must_be_filled() -> None:
    parted = {"a.total": column_profile(storage={"real": 9}, lowest=0.5, highest=99.25)}
    _, (question,), _ = proposed("a: id int key, total money", "b: id int key, number int", "a -> b: id=id", parted)
    assert [option.key for option in question.options] == ["constant", "leave_out"]
    assert question.recommended == ""


def test_columns_of_tables_that_are_a_guess_are_a_guess_by_what_they_would_score_in_full() -> None:
    old, new = database("a: id int key, x text"), database("b: id int key, y text")
    known = facts(old, new, GUESSED, profile({"a": 9}), profile({}))
    mapping, questions = propose(FILL, known)
    assert sources(mapping.by_target["b"], "y") == ("x",)
    assert ids(questions) == ["table:b", "column:b.y"]


def test_first_and_last_name_are_joined_where_the_target_has_one_column() -> None:
    mapping, questions, _ = proposed(
        "a: id int key, first_name text, last_name text",
        "b: id int key, full_name text",
        "a -> b: id=id, first_name~full_name",
    )
    assert sources(mapping.by_target["b"], "full_name") == ("first_name", "last_name")
    assert uses(mapping.by_target["b"], "full_name") == ["concat"]
    assert ids(questions) == ["column:b.full_name"]


def test_everything_takes_filled_tables_along_where_rows_can_be_recognised() -> None:
    known = facts(
        database("a: id int key, code text unique"),
        database("b: id int key, code text unique"),
        matches("a -> b: id=id, code=code"),
        profile({"a": 3}),
        profile({"b": 3}),
    )
    everything = Request(type=RequestType.COMPLETE, priority="everything")
    assert [table.target for table in propose(everything, known)[0].copied] == ["b"]
    assert propose(FILL, known)[0].copied == ()


FAMILY_NAMES = st.sampled_from(sorted(FAMILIES))
CONTENT = ["name", "price", "created_at", "is_open", "legacy_id", "metadata", "first_name", "last_name", "code"]


@st.composite
def catalogue(draw: st.DrawFn, side: str, count: int) -> Database:
    """A database of some tables; a reference has the family of what it refers to, and may refer to any table."""
    keys = [draw(st.sampled_from(["int", "uuid", "text", "text(36)"])) for _ in range(count)]
    lines = []
    for number in range(count):
        columns = draw(st.lists(st.sampled_from(CONTENT), unique=True, max_size=6))
        text = [f"id {keys[number]} {draw(st.sampled_from(['key', 'key', 'unique', '']))}"]
        text += [f"{name} {draw(FAMILY_NAMES)}{draw(NULL)}" for name in columns]
        if draw(st.booleans()):
            parent = draw(st.integers(0, count - 1))
            text.append(f"ref {keys[parent]}{draw(NULL)} > {side}{parent}")
        lines.append(f"{side}{number}: {', '.join(text)} | rowid")
    return database("\n".join(lines))


NULL = st.sampled_from(["", "?"])


@st.composite
def catalogues(draw: st.DrawFn) -> tuple[Database, Database, Matches]:
    """Two databases, each table fed by the one of the same number, and any columns matched by any."""
    count = draw(st.integers(1, 4))
    old, new = draw(catalogue("o", count)), draw(catalogue("n", count))
    pairs = []
    for ours, theirs in zip(old.tables, new.tables, strict=True):
        names = st.tuples(st.sampled_from(list(ours.by_name)), st.sampled_from(list(theirs.by_name)))
        sign, arrow = draw(st.sampled_from("=~")), draw(st.sampled_from(["->", "~>"]))
        columns = dict(draw(st.lists(names)))
        pairs.append(f"{ours.name} {arrow} {theirs.name}: {', '.join(f'{a}{sign}{b}' for a, b in columns.items())}")
    return old, new, matches("\n".join(pairs))


@settings(max_examples=150, deadline=None)
@given(catalogues(), st.booleans())
def test_whatever_is_proposed_fits_or_is_asked_about(made: tuple[Database, Database, Matches], filled: bool) -> None:
    old, new, found = made
    there = dict.fromkeys(new.by_name, 2) if filled else {}
    identities = {
        theirs.name: suitable_identity(ours, theirs, None, there.get(theirs.name, 0))
        for ours, theirs in zip(old.tables, new.tables, strict=True)
    }
    known = facts(old, new, found, profile(dict.fromkeys(old.by_name, 5)), profile(there), identities)
    plan = planned(FILL, known)
    assert misfits(plan, old, new) == ()
    for question in plan.questions:
        assert question.recommended in ("", *(option.key for option in question.options))
        for option in question.options:
            revised = revise_all(plan.mapping, option.changes, known)
            again = replanned(FILL, revised, questions_about(revised, known), known)
            assert misfits(again, old, new) == ()
