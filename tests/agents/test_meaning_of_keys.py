"""What a legacy key says beside which row it is: it is named, or kept as metadata, where rows are numbered anew."""

from __future__ import annotations

import pytest

from ferryman.agents.data_mapping import propose
from ferryman.domain.mapping import Generated, Kept
from ferryman.domain.profile import MayName
from tests.catalogues import FILL, column_profile, database, facts, matches, profile


@pytest.mark.parametrize(
    ("key", "identity", "left"),
    [
        ("a: k int key, d int key, who text", Generated(), ("k", "d")),
        ("a: code text key, who text", Generated(), ("code",)),
        ("a: k int key, who text", Kept(), ()),
        ("a: k uuid key, who text", Generated(), ()),
    ],
)
def test_what_a_key_says_is_not_lost_where_the_new_table_numbers_its_rows(
    key: str, identity: Kept | Generated, left: tuple[str, ...]
) -> None:
    new = database("b: id int key auto, who text")
    mapping, _ = propose(FILL, facts(database(key), new, matches("a -> b: who=who"), profile({"a": 9}), profile({})))
    table = mapping.by_target["b"]
    assert (table.identity, table.ignored) == (identity, left)


def test_what_a_key_says_goes_into_the_metadata_where_there_is_a_column_for_it() -> None:
    old, new = database("a: k int key, d int key, who text"), database("b: id int key auto, who text, metadata json?")
    mapping, _ = propose(FILL, facts(old, new, matches("a -> b: who=who"), profile({"a": 9}), profile({})))
    assert mapping.by_target["b"].by_target["metadata"].source == ("k", "d")


def test_a_part_of_a_key_is_no_way_to_find_rows_that_are_there() -> None:
    old = database("ward: site int key, ward_no int key, beds int\nnurse: id int key, ward_no int, site int")
    new = database("wards: id int key auto, ward_no int, beds int\nnurses: id int key, beds int")
    found = matches("ward -> wards: ward_no=ward_no, beds=beds")
    for repeats, offered in ((2, False), (9, True)):
        seen = profile({"ward": 9, "nurse": 9}, {"ward.ward_no": column_profile(distinct=repeats)})
        _, questions = propose(FILL.but(priority="everything"), facts(old, new, found, seen, profile({"wards": 2})))
        keys = [option.key for question in questions for option in question.options]
        assert ("ward_no" in keys) is offered


def test_a_reference_is_no_candidate_for_a_number_that_names_no_row() -> None:
    old = database("p: id int key, who text\na: id int key, p_id int > p, size int")
    new = database("q: id int key auto, who text\nb: id int key auto, q_id int > q, place int")
    found = matches("p -> q: who=who\na -> b: p_id=q_id, p_id~place, size~place")
    weak = tuple(match.but(score=0.35) if match.target == "place" else match for match in found.columns[1].columns)
    found = found.but(columns=(found.columns[0], found.columns[1].but(columns=weak)))
    _, (question,) = propose(FILL, facts(old, new, found, profile({"p": 9, "a": 9}), profile({})))
    assert [option.key for option in question.options] == ["size", "constant", "leave_out"]
    assert question.recommended == "size"
    named = profile({"p": 9, "a": 9}, {"a.size": column_profile(may_name=(MayName(table="p", looked=9, found=9),))})
    _, (question,) = propose(FILL, facts(old, new, found, named, profile({})))
    assert question.recommended == ""


def test_a_key_fills_no_number_of_another_row_and_nothing_is_recommended_for_one() -> None:
    old, new = database("a: id int key, who text"), database("b: id int key auto, who text, kind_id int, n int")
    found = matches("a -> b: who=who, id~kind_id, id~n")
    (columns,) = found.columns
    weak = tuple(match.but(score=0.35) if match.source == "id" else match for match in columns.columns)
    found = found.but(columns=(columns.but(columns=weak),))
    _, questions = propose(FILL, facts(old, new, found, profile({"a": 9}), profile({})))
    asked = {question.id: question for question in questions}
    assert [option.key for option in asked["unfed:b.kind_id"].options] == ["constant", "leave_out"]
    assert asked["unfed:b.kind_id"].recommended == "" and '"kind_id is always 1"' in asked["unfed:b.kind_id"].reason
    assert asked["unfed:b.n"].recommended == "constant"


def test_a_column_of_ids_that_is_called_after_one_table_takes_no_reference_to_another() -> None:
    old = database(
        "topic: id int key, title text\npost: id int key, body text\n"
        "forum: id int key, who text, last_post_id int? > post, opening_topic_id int? > topic"
    )
    new = database(
        "topics: id int key auto, title text\nposts: id int key auto, body text\n"
        "forums: id int key auto, who text, topic_id int?"
    )
    found = "topic -> topics: title=title\npost -> posts: body=body\nforum -> forums: who=who, {}=topic_id"
    rows = profile({"topic": 9, "post": 9, "forum": 9})
    fed = {}
    for column in ("last_post_id", "opening_topic_id"):
        mapping, _ = propose(FILL, facts(old, new, matches(found.format(column)), rows, profile({})))
        line = mapping.by_target["forums"].by_target.get("topic_id")
        fed[column] = line.source if line else ()
    assert fed == {"last_post_id": (), "opening_topic_id": ("opening_topic_id",)}


def test_a_column_is_called_after_a_table_of_many_by_its_name_for_one() -> None:
    old = database("cat: id int key, who text\npost: id int key, body text\nboard: id int key, post_id int? > post")
    new = database(
        "categories: id int key auto, who text\nposts: id int key auto, body text\n"
        "boards: id int key auto, category_id int?"
    )
    found = matches("cat -> categories: who=who\npost -> posts: body=body\nboard -> boards: id=id, post_id=category_id")
    mapping, _ = propose(FILL, facts(old, new, found, profile({"cat": 9, "post": 9, "board": 9}), profile({})))
    assert "category_id" not in mapping.by_target["boards"].by_target
