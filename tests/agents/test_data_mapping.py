import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ferryman.agents.data_mapping import propose
from ferryman.agents.facts import Facts
from ferryman.agents.natural_key import natural_key
from ferryman.agents.questions import questions_about
from ferryman.agents.revise import revise_all
from ferryman.domain.changes import Change, LeaveOut, MapColumn, MapTable, MapValues, Question, SetIdentity, SetKey
from ferryman.domain.coordination import Request, RequestType
from ferryman.domain.findings import Match, Matches, TableMatches
from ferryman.domain.fits import mapping_misfits, misfits
from ferryman.domain.mapping import (
    Action,
    Conflict,
    Derived,
    Generated,
    IdPolicy,
    Kept,
    KeyPair,
    Mapping,
    Matched,
    TableMapping,
)
from ferryman.domain.profile import ColumnProfile, Profile
from ferryman.domain.schema import Database
from ferryman.domain.transforms import ValuePair
from ferryman.tools.prepare.suitable import suitable_identity
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


def uses(table: TableMapping, column: str) -> list[str]:
    return [step.use for step in table.by_target[column].steps]


def sources(table: TableMapping, column: str) -> tuple[str, ...]:
    return table.by_target[column].source


def ids(questions: tuple[Question, ...]) -> list[str]:
    return [question.id for question in questions]


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


def proposed(
    old: str,
    new: str,
    found: str,
    columns: dict[str, ColumnProfile] | None = None,
    there: dict[str, int] | None = None,
    identities: dict[str, IdPolicy | str] | None = None,
) -> tuple[Mapping, tuple[Question, ...], Facts]:
    source = database(old)
    rows = dict.fromkeys(source.by_name, 10)
    in_target = {name: column for name, column in (columns or {}).items() if name.startswith("new.")}
    ours = {name: column for name, column in (columns or {}).items() if not name.startswith("new.")}
    theirs = profile(there or {}, {name.removeprefix("new."): column for name, column in in_target.items()})
    known = facts(source, database(new), matches(found), profile(rows, ours), theirs, identities)
    return *propose(FILL, known), known


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


def test_columns_of_tables_that_are_a_guess_are_a_guess_by_what_they_would_score_in_full() -> None:
    old, new = database("a: id int key, x text"), database("b: id int key, y text")
    known = facts(old, new, GUESSED, profile({"a": 9}), profile({}))
    mapping, questions = propose(FILL, known)
    assert sources(mapping.by_target["b"], "y") == ("x",)
    assert ids(questions) == ["table:b", "column:b.y"]


def test_rows_that_are_there_are_recognised_by_what_is_unique_on_both_sides() -> None:
    mapping, questions, _ = proposed(
        "a: id int key, code text unique, name text",
        "b: id int key, code text unique, name text",
        "a -> b: id=id, code=code, name=name",
        there={"b": 4},
    )
    table = mapping.by_target["b"]
    assert table.identity == Matched(on=(KeyPair(source="code", target="code"),), otherwise=Kept())
    assert table.conflict is Conflict.KEEP
    assert questions == ()


def test_rows_that_are_there_and_cannot_be_recognised_are_asked_about() -> None:
    _, questions, _ = proposed(
        "a: id int key, name text", "b: id int key, name text", "a -> b: id=id, name=name", there={"b": 4}
    )
    assert ids(questions) == ["present:b"]
    assert [option.key for option in questions[0].options] == ["add", "name", "same_key", "leave_out"]
    assert (questions[0].recommended, questions[0].reason) == ("", "Nothing would be left to move without it.")
    _, questions, _ = proposed(
        "a: id int key, name text\nc: id int key",
        "b: id int key, name text\nd: id int key",
        "a -> b: id=id, name=name\nc -> d: id=id",
        there={"b": 4},
    )
    assert (questions[0].id, questions[0].recommended) == ("present:b", "leave_out")


def test_rows_that_are_there_are_recognised_by_their_key_only_where_both_keys_are_of_one_kind() -> None:
    _, questions, _ = proposed(
        "a: id int key, name text", "b: id uuid key, name text", "a -> b: id=id, name=name", there={"b": 4}
    )
    assert "same_key" not in {option.key for option in questions[0].options}


def test_where_no_new_key_suits_rows_that_are_there_can_be_recognised_by_theirs() -> None:
    taken = "id of the new table is a number, and rows are there already that may have the same ones"
    _, questions, _ = proposed(
        "a: id int key, name text",
        "b: id int key, name text",
        "a -> b: id=id, name=name",
        there={"b": 4},
        identities={"b": taken},
    )
    (question,) = questions
    assert [option.key for option in question.options] == ["name", "same_key", "leave_out"]


def test_a_filled_parent_without_a_common_key_is_asked_about() -> None:
    mapping, questions, _ = proposed(
        "p: id int key, name text\nc: id int key, p_id int > p",
        "ps: id uuid key, name text\ncs: id int key, p_id uuid > ps",
        "p -> ps: id=id, name=name\nc -> cs: id=id, p_id=p_id",
        there={"ps": 12},
    )
    assert mapping.by_target["ps"].action is Action.REFER
    assert ids(questions) == ["link:ps"]
    assert [option.key for option in questions[0].options] == ["name", "without"]
    assert questions[0].options[1].changes == (LeaveOut(table="cs"),)


def test_a_reference_to_a_parent_that_nothing_fills_stays_empty() -> None:
    mapping, questions, _ = proposed(
        "c: id int key, owner int",
        "users: id int key\ncs: id int key, owner_id int? > users",
        "c -> cs: id=id, owner=owner_id",
    )
    assert "owner_id" not in mapping.by_target["cs"].by_target
    assert mapping.by_target["cs"].ignored == ("owner",)
    assert questions == ()


def test_zero_that_means_no_parent_becomes_null() -> None:
    mapping, _, _ = proposed(
        "p: id int key\nc: id int key, p_id int > p",
        "ps: id int key\ncs: id int key, p_id int? > ps",
        "p -> ps: id=id\nc -> cs: id=id, p_id=p_id",
        {"p.id": column_profile(lowest=1, highest=9), "c.p_id": column_profile(lowest=0, highest=9)},
    )
    assert uses(mapping.by_target["cs"], "p_id") == ["value_map", "foreign_key"]


def test_a_reference_by_another_column_than_the_key_is_looked_up() -> None:
    mapping, _, _ = proposed(
        "p: id int key, code text unique\nc: id int key, p_code text > p.code",
        "ps: id uuid key, code text\ncs: id int key, p_id uuid > ps",
        "p -> ps: id=id, code=code\nc -> cs: id=id, p_code=p_id",
    )
    assert uses(mapping.by_target["cs"], "p_id") == ["lookup", "foreign_key"]


def test_two_references_to_one_parent_go_by_their_names() -> None:
    mapping, _, _ = proposed(
        "p: id int key\nc: id int key, ship int > p, bill int > p",
        "ps: id int key\ncs: id int key, billing_id int > ps, shipping_id int > ps",
        "p -> ps: id=id\nc -> cs: id=id, bill=billing_id, ship=shipping_id",
    )
    table = mapping.by_target["cs"]
    assert (sources(table, "billing_id"), sources(table, "shipping_id")) == (("bill",), ("ship",))


def test_the_only_reference_between_two_tables_needs_no_name() -> None:
    mapping, questions, _ = proposed(
        "e: id int key, reports_to int? > e",
        "staff: id int key, manager_id int? > staff",
        "e -> staff: id=id, reports_to~manager_id",
    )
    assert sources(mapping.by_target["staff"], "manager_id") == ("reports_to",)
    assert questions == ()


def test_a_composite_reference_is_filled_like_its_parent() -> None:
    mapping, _, _ = proposed(
        "o: id int key\nl: o_id int key > o, pos int key\nn: o_id int key, pos int key | refers o_id pos > l o_id pos",
        "os: id uuid key\nls: o_id uuid key > os, pos int key\n"
        "ns: o_id uuid key, pos int key | refers o_id pos > ls o_id pos",
        "o -> os: id=id\nl -> ls: o_id=o_id, pos=pos\nn -> ns: o_id=o_id, pos=pos",
        identities={"os": Derived()},
    )
    table = mapping.by_target["ns"]
    assert table.by_target["o_id"].steps == mapping.by_target["ls"].by_target["o_id"].steps
    assert uses(table, "pos") == ["rename"]


def test_first_and_last_name_are_joined_where_the_target_has_one_column() -> None:
    mapping, questions, _ = proposed(
        "a: id int key, first_name text, last_name text",
        "b: id int key, full_name text",
        "a -> b: id=id, first_name~full_name",
    )
    assert sources(mapping.by_target["b"], "full_name") == ("first_name", "last_name")
    assert uses(mapping.by_target["b"], "full_name") == ["concat"]
    assert ids(questions) == ["column:b.full_name"]


def test_secrets_do_not_go_into_the_metadata() -> None:
    mapping, _, _ = proposed("a: id int key, password text, fax text", "b: id int key, metadata json", "a -> b: id=id")
    assert sources(mapping.by_target["b"], "metadata") == ("fax",)
    assert mapping.by_target["b"].ignored == ("password",)


def test_metadata_that_hold_something_already_are_left_alone() -> None:
    mapping, _, _ = proposed(
        "a: id int key, fax text, code text unique",
        "b: id int key, code text unique, metadata json?",
        "a -> b: id=id, code=code",
        {"new.b.metadata": column_profile(nulls=2)},
        {"b": 4},
    )
    assert "metadata" not in mapping.by_target["b"].by_target
    assert mapping.by_target["b"].ignored == ("fax",)


def test_an_invoice_date_is_no_moment_of_creation() -> None:
    mapping, _, _ = proposed(
        "a: id int key, InvoiceDate moment",
        "b: id int key, placed_at moment, created_at moment",
        "a -> b: id=id, InvoiceDate=placed_at",
    )
    assert sources(mapping.by_target["b"], "created_at") == ()


@pytest.mark.parametrize(
    ("columns", "made"),
    [
        ("b_time moment", ("b_time",)),
        ("reg_date moment, birth_date moment", ("reg_date",)),
        ("date_submitted moment, created moment", ("created",)),
        ("b_time moment, posted_on moment", ()),
        ("birth_date moment", ()),
        ("write_date moment", ()),
    ],
)
def test_a_row_was_made_when_the_nearest_moment_says_if_there_is_one(columns: str, made: tuple[str, ...]) -> None:
    old, new = f"b: id int key, {columns}", "b: id int key, created_at moment"
    mapping, _, _ = proposed(old, new, "b -> b: id=id")
    assert sources(mapping.by_target["b"], "created_at") == made


@pytest.mark.parametrize("old", ["write_date", "last_modified", "edited_on", "lastmod"])
def test_a_row_was_changed_last_when_its_column_says_so(old: str) -> None:
    mapping, _, _ = proposed(f"a: id int key, {old} moment", "b: id int key, date_modified moment", "a -> b: id=id")
    assert sources(mapping.by_target["b"], "date_modified") == (old,)


def test_what_looks_like_the_moment_of_creation_fills_it_where_it_fills_nothing_else() -> None:
    old = "a: id int key, opening moment"
    mapping, _, _ = proposed(old, "b: id int key, created_at moment", "a -> b: id=id, opening=created_at")
    assert sources(mapping.by_target["b"], "created_at") == ("opening",)
    new, found = "b: id int key, opened moment, created_at moment", "a -> b: id=id, opening=opened, opening=created_at"
    mapping, _, _ = proposed(old, new, found)
    assert sources(mapping.by_target["b"], "created_at") == ()


def test_of_two_moments_of_creation_or_change_each_takes_its_namesake() -> None:
    columns = "id int key, created moment, date_added moment, edited moment, modified moment"
    mapping, _, _ = proposed(f"b: {columns}", f"b: {columns}", "b -> b: id=id")
    found = {name: sources(mapping.by_target["b"], name) for name in ("created", "date_added", "edited", "modified")}
    assert found == {name: (name,) for name in found}
    assert mapping.by_target["b"].ignored == ()


EPOCHS = column_profile(storage={"integer": 9}, lowest=10**9, highest=2 * 10**9)
COMPACT = column_profile(storage={"integer": 9}, lowest=19990101, highest=20201231)
BLANKS = column_profile(storage={"text": 9}, empty=3, shapes={"99": 6})
TEXT = column_profile(storage={"text": 9}, longest=30, shapes={"Aa+": 9})


@pytest.mark.parametrize(
    ("old", "new", "profiled", "steps"),
    [
        ("text", "text", TEXT, ["rename"]),
        ("text", "text(10)", TEXT, ["rename"]),
        ("text", "text(10)", TEXT.but(shapes={"Aa+ ": 9}), ["trim"]),
        ("text?", "int?", BLANKS, ["trim", "empty_to_null", "cast"]),
        ("text?", "text? unique", TEXT.but(empty=3), ["trim", "empty_to_null"]),
        ("text?", "text?", TEXT.but(empty=3), ["rename"]),
        ("int", "text", None, ["cast"]),
        ("int", "money", None, ["rename"]),
        ("bool", "int", None, ["rename"]),
        ("text", "bool", None, ["boolean_words"]),
        ("int", "bool", column_profile(storage={"integer": 9}, lowest=0, highest=1), ["rename"]),
        ("int", "bool", column_profile(storage={"integer": 9}, lowest=-1, highest=0), ["cast"]),
        ("int", "moment", EPOCHS, ["epoch_to_timestamp"]),
        ("int", "date", COMPACT, ["cast", "text_to_date"]),
        ("text", "date", column_profile(shapes={"99.99.9999": 9}, longest=10), ["text_to_date"]),
        ("text", "moment", column_profile(shapes={"9999-99-99": 4, "9999-99-99 99:99:99": 5}), ["cast"]),
        ("moment", "moment", None, ["rename"]),
        ("moment", "moment", EPOCHS, ["epoch_to_timestamp"]),
        ("moment", "date", None, ["rename"]),
        ("uuid", "text", None, ["rename"]),
        ("text", "json", None, ["rename"]),
    ],
)  # fmt: skip
def test_the_steps_of_a_plain_value(old: str, new: str, profiled: ColumnProfile | None, steps: list[str]) -> None:
    mapping, _, _ = proposed(
        f"a: id int key, x {old}",
        f"b: id int key, x {new}",
        "a -> b: id=id, x=x",
        {"a.x": profiled} if profiled else {},
    )
    assert uses(mapping.by_target["b"], "x") == steps


@pytest.mark.parametrize(
    ("shape", "longest", "form"),
    [
        ("9999-99-99", 10, "%Y-%m-%d"),
        ("9999-99-99 99:99:99", 19, "%Y-%m-%d %H:%M:%S"),
        ("9999-99-99A99:99:99", 19, "%Y-%m-%dT%H:%M:%S"),
        ("9.9.9999", 8, "%d.%m.%Y"),
        ("99.99.99", 8, "%d.%m.%y"),
        ("99.99.9999 99:99", 16, "%d.%m.%Y %H:%M"),
        ("9999/99/99", 10, "%Y/%m/%d"),
        ("99-Aa+-9999", 11, "%d-%b-%Y"),
        ("9+", 8, "%Y%m%d"),
    ],
)
def test_the_format_of_a_text_date_is_read_from_its_masked_shape(shape: str, longest: int, form: str) -> None:
    seen = column_profile(shapes={shape: 9}, shortest=longest, longest=longest)
    mapping, questions, _ = proposed(
        "a: id int key, x text", "b: id int key, x moment", "a -> b: id=id, x=x", {"a.x": seen}
    )
    (step,) = mapping.by_target["b"].by_target["x"].steps
    assert step.model_dump() == {"use": "text_to_date", "format": form}
    assert questions == ()


def test_a_date_that_can_be_read_two_ways_is_asked_about() -> None:
    seen = column_profile(shapes={"99/99/9999": 9})
    _, questions, _ = proposed("a: id int key, x text", "b: id int key, x date", "a -> b: id=id, x=x", {"a.x": seen})
    assert ids(questions) == ["format:b.x"]
    assert [option.key for option in questions[0].options] == ["day_first", "month_first"]


@pytest.mark.parametrize(
    ("beyond", "form"), [((3, 0), "%d/%m/%Y"), ((0, 3), "%m/%d/%Y"), ((0, 0), None), ((2, 1), None)]
)
def test_a_number_that_can_be_no_month_says_which_comes_first(beyond: tuple[int, int], form: str | None) -> None:
    seen = column_profile(shapes={"99/99/9999": 9}, beyond_months=beyond)
    mapping, questions, _ = proposed(
        "a: id int key, x text", "b: id int key, x date", "a -> b: id=id, x=x", {"a.x": seen}
    )
    (step,) = mapping.by_target["b"].by_target["x"].steps
    assert ids(questions) == ([] if form else ["format:b.x"])
    assert form in (None, step.model_dump()["format"])


def test_numbers_for_words_are_asked_about() -> None:
    _, questions, _ = proposed(
        "a: id int key, status int",
        "b: id int key, status text(10) | check status IN ('open', 'closed')",
        "a -> b: id=id, status=status",
        {"a.status": column_profile(storage={"integer": 9}, lowest=1, highest=2)},
    )
    assert ids(questions) == ["values:b.status"]
    assert questions[0].options[0].text == "1 is open, 2 is closed"


def test_words_for_other_words_are_asked_about_with_those_that_look_alike() -> None:
    mapping, questions, known = proposed(
        "a: id int key, state text(10) | check state IN ('conf', 'in', 'canc')",
        "b: id int key, state text(20) | check state IN ('confirmed', 'checked_in', 'cancelled', 'lost')",
        "a -> b: id=id, state=state",
    )
    assert ids(questions) == ["values:b.state"]
    assert questions[0].recommended == "by_name"
    assert questions[0].options[0].text == "conf is confirmed, in is checked_in, canc is cancelled"
    assert questions_about(revise_all(mapping, questions[0].options[0].changes, known), known) == ()


def test_words_without_a_partner_each_are_asked_about_without_a_proposal() -> None:
    _, (question,), _ = proposed(
        "a: id int key, state text(10) | check state IN ('x', 'open')",
        "b: id int key, state text(20) | check state IN ('open', 'closed')",
        "a -> b: id=id, state=state",
    )
    assert question.recommended == ""
    assert [option.key for option in question.options] == ["as_they_are", "leave_out"]


@pytest.mark.parametrize(
    "change",
    [
        MapValues(table="b", target="must", pairs=(ValuePair(old="x", new="y"),)),
        MapColumn(table="b", source=("y",), target="must"),
        MapColumn(table="b", source=("x",), target="must"),
    ],
)
def test_what_a_person_said_of_a_column_is_asked_about_no_more(change: Change) -> None:
    mapping, questions, known = proposed(
        "a: id int key, x text, y text", "b: id int key, must text", "a -> b: id=id, x~must, y~must"
    )
    assert ids(questions) == ["column:b.must"]
    assert questions_about(revise_all(mapping, (change,), known), known) == ()


def test_a_value_that_can_become_nothing_of_the_kind_stays_where_it_is() -> None:
    mapping, _, _ = proposed("a: id int key, x blob", "b: id int key, x int?, metadata json", "a -> b: id=id, x=x")
    assert "x" not in mapping.by_target["b"].by_target
    assert sources(mapping.by_target["b"], "metadata") == ("x",)


def test_a_generated_column_is_never_written() -> None:
    mapping, _, _ = proposed("a: id int key, x int", "b: id int key, x int generated", "a -> b: id=id, x=x")
    assert "x" not in mapping.by_target["b"].by_target


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


def test_values_that_happen_to_be_different_everywhere_do_not_tell_which_rows_are_the_same() -> None:
    """Surnames that are distinct on both sides are no key: another Smith would be taken for the old one."""
    apart = {name: column_profile(distinct=4) for name in ("a.name", "b.name")}
    known = facts(
        database("a: id int key, name text"),
        database("b: id int key, name text"),
        matches("a -> b: id=id, name=name"),
        profile({"a": 4}, {"a.name": apart["a.name"]}),
        profile({"b": 4}, {"b.name": apart["b.name"]}),
        {"b": Kept()},
    )
    table = known.pairings["b"]
    assert natural_key(table, known) is None


@pytest.mark.parametrize(
    ("old", "new", "kept"), [("int", "big", True), ("text", "big", False), ("int", "money", False)]
)
def test_a_number_without_places_takes_the_legacy_id(old: str, new: str, kept: bool) -> None:
    """As for an unsigned key, which no integer of PostgreSQL holds."""
    native = {"big": "NUMERIC(20)", "money": "NUMERIC(10, 2)"}[new]
    there = database("orders: id uuid key, note text?, legacy_id money?").tables[0]
    scale = 0 if new == "big" else 2
    columns = tuple(c.but(native=native, scale=scale) if c.name == "legacy_id" else c for c in there.columns)
    goal = Database(dialect="sqlite", tables=(there.but(columns=columns),))
    begun = database(f"sale: id {old} key, note text?")
    known = facts(begun, goal, matches("sale -> orders: note=note"), profile({"sale": 5}), profile({"orders": 0}))
    assert ("legacy_id" in propose(FILL, known)[0].by_target["orders"].by_target) is kept
