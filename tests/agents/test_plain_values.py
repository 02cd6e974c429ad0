"""The steps of columns of content, by their types and what profiles saw in them."""

from __future__ import annotations

import pytest

from ferryman.agents.questions import questions_about
from ferryman.agents.revise import revise_all
from ferryman.domain.changes import Change, MapColumn, MapValues
from ferryman.domain.profile import ColumnProfile
from ferryman.domain.transforms import ValuePair
from tests.agents.proposing import ids, proposed, sources, uses
from tests.catalogues import (
    column_profile,
)

EPOCHS = column_profile(storage={"integer": 9}, lowest=10**9, highest=2 * 10**9)
COMPACT = column_profile(storage={"integer": 9}, lowest=19990101, highest=20201231)
BLANKS = column_profile(storage={"text": 9}, empty=3, shapes={"99": 6})
LANGUAGES = column_profile(storage={"text": 9}, languages={"en_US": 9, "de_DE": 4})
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
        ("json", "text", LANGUAGES, ["text_by_name"]),
        ("text", "text", LANGUAGES, ["text_by_name"]),
        ("json", "json", LANGUAGES, ["rename"]),
        ("json", "text", None, ["rename"]),
        ("int", "text", None, ["cast"]),
        ("int", "money", None, ["rename"]),
        ("bool", "int", None, ["rename"]),
        ("text", "bool", None, ["boolean_words"]),
        ("int", "bool", column_profile(storage={"integer": 9}, lowest=0, highest=1), ["rename"]),
        ("int", "bool", column_profile(storage={"integer": 9}, lowest=-1, highest=0), ["value_map"]),
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
