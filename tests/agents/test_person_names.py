"""A whole name, taken apart into a first and a last one: when it is asked about, and what becomes of it."""

from __future__ import annotations

import pytest

from ferryman.agents.data_mapping import propose
from ferryman.agents.facts import Facts
from ferryman.agents.questions import questions_about
from ferryman.domain.changes import Question
from ferryman.domain.mapping import ColumnMapping
from ferryman.domain.transforms import Split
from ferryman.tools.prepare.texts import part_of
from tests.catalogues import FILL, column_profile, database, facts, matches, profile

STUDENTS = "students: id int key, first_name text, last_name text"


def known(shapes: dict[str, int], old: str = "pupils: id int key, name text", new: str = STUDENTS) -> Facts:
    seen = profile({"pupils": 99}, {"pupils.name": column_profile(shapes=shapes)})
    found = matches("pupils -> students: id=id, name=first_name")
    return facts(database(old), database(new), found, seen, profile({}))


def questions(about: Facts) -> dict[str, Question]:
    return {question.id.partition(":")[0]: question for question in propose(FILL, about)[1]}


@pytest.mark.parametrize(
    ("shapes", "told"),
    [
        (
            {"Aa+, Aa+": 90, "a+ Aa+, Aa+ A.": 5, "Aa+": 4},
            "first_name is what stands after the first comma and last_name is what stands before the first comma",
        ),
        (
            {"Aa+ Aa+": 60, "Aa+ A. Aa+": 39},
            "first_name is what stands before the last blank and last_name is what stands after the last blank",
        ),
    ],
)
def test_a_whole_name_is_taken_apart_where_a_person_says_so(shapes: dict[str, int], told: str) -> None:
    about = known(shapes)
    asked = questions(about)["parts"]
    assert asked.text == "pupils.name looks like the whole name of a person. Shall it be taken apart?"
    assert (asked.options[0].text, asked.recommended) == (f"Yes: {told}", "split")
    students = propose(FILL, about)[0].by_target["students"]
    assert [column.source for column in students.columns if column.uses(Split)] == [("name",), ("name",)]


@pytest.mark.parametrize(
    ("shapes", "old", "new"),
    [
        ({"Aa+": 99}, "pupils: id int key, name text", STUDENTS),
        ({"Aa+ Aa+": 50, "Aa+": 49}, "pupils: id int key, name text", STUDENTS),
        ({"Aa+ Aa+": 99}, "pupils: id int key, name text, surname text", STUDENTS),
        ({"Aa+ Aa+": 99}, "pupils: id int key, name text", "students: id int key, first_name text, city text"),
        ({"Aa+ Aa+": 99}, "pupils: id int key, name text, display_name text", STUDENTS),
    ],
)
def test_what_is_not_surely_a_whole_name_is_not_taken_apart(shapes: dict[str, int], old: str, new: str) -> None:
    assert "parts" not in questions(known(shapes, old, new))


@pytest.mark.parametrize(
    ("whole", "separator", "first", "last"),
    [
        ("Müller, Anna Maria", ", ", "Anna Maria", "Müller"),
        ("Smith, Jr., John", ", ", "Jr., John", "Smith"),
        ("Anna Maria Müller", " ", "Anna Maria", "Müller"),
        ("Cher", " ", None, "Cher"),
    ],
)
def test_no_part_of_a_name_is_lost(whole: str, separator: str, first: str | None, last: str) -> None:
    comma = separator == ", "
    assert part_of(whole, separator, 2 if comma else -2, rest=True) == first
    assert part_of(whole, separator, 1 if comma else -1, rest=False) == last


def test_a_split_that_somebody_wrote_into_the_plan_is_no_whole_name() -> None:
    about = known({"Aa+": 99}, old="pupils: id int key, name text, place text", new="students: id int key, town text")
    mapping = propose(FILL, about)[0]
    town = ColumnMapping(target="town", source=("place",), steps=(Split(separator=" "),))
    table = mapping.by_target["students"]
    written = mapping.with_table(table.but(columns=(*table.columns, town)))
    assert not [question for question in questions_about(written, about) if question.id.startswith("parts:")]
