"""A table that another old table feeds than the matches say: it is asked about as any other."""

from __future__ import annotations

import pytest

from ferryman.agents.data_mapping import propose
from ferryman.agents.facts import Facts
from ferryman.agents.questions import questions_about
from ferryman.agents.revise import revise
from ferryman.domain.changes import MapColumn, MapTable, Question
from ferryman.domain.mapping import Generated
from ferryman.domain.references import references_of
from ferryman.domain.transforms import Constant, Rename, Transform
from tests.catalogues import FILL, database, facts, matches, named, profile

OLD = database("""
guest: id int key, mail text, room int
clerk: clerk_no int key, login text, pay int, mail text, desk int
""")
NEW = database("""
people: id int key, login text unique, email text?, salary int?, added_by int > people, org_id int? > orgs
orgs: id int key, name text
""")
FOUND = matches("""
guest -> people: id=id, mail=email
clerk -> people: clerk_no=id, login~login, mail=email, pay~salary
""")


def known() -> Facts:
    rows = profile({"guest": 90, "clerk": 9})
    return facts(OLD, NEW, FOUND, rows, profile({"people": 2, "orgs": 0}), {"people": Generated()})


def clerks() -> tuple[Facts, list[Question]]:
    about = known()
    mapping, _ = propose(named("people"), about)
    return about, list(questions_about(revise(mapping, MapTable(source="clerk", target="people"), about), about))


def question(kind: str, found: list[Question]) -> Question:
    return next(one for one in found if one.id.startswith(kind))


def test_its_doubtful_columns_are_asked_about() -> None:
    _, found = clerks()
    assert "pay -> salary" in question("columns:people", found).text


def test_by_what_its_rows_are_recognised_is_its_own() -> None:
    _, found = clerks()
    assert "mail = email" in " ".join(option.text for option in question("present:people", found).options)


def test_no_number_that_is_at_hand_stands_for_a_row_of_a_table_that_is_filled() -> None:
    _, found = clerks()
    asked = question("unfed:people.added_by", found)
    assert [option.key for option in asked.options] == ["leave_out"]
    assert asked.recommended == ""
    assert '"added_by is always 1"' in asked.reason


def test_one_value_for_every_row_names_a_row_that_was_there_before_where_keys_are_new() -> None:
    about, _ = clerks()
    mapping, _ = propose(FILL, about)
    one = MapColumn(table="people", source=(), target="added_by", steps=(Constant(value=1),))
    assert not [r for r in references_of(revise(mapping, one, about), NEW) if r.columns == ("added_by",)]
    by_number = MapColumn(table="people", source=("desk",), target="added_by")
    assert [r for r in references_of(revise(mapping, by_number, about), NEW) if r.columns == ("added_by",)]


def test_a_filled_table_that_nothing_feeds_has_a_row_for_all() -> None:
    new = database("people: id int key, email text?, rank_id int > ranks\nranks: id int key, name text")
    found = matches("clerk -> people: clerk_no=id, mail=email")
    about = facts(OLD, new, found, profile({"guest": 90, "clerk": 9}), profile({"people": 0, "ranks": 3}))
    asked = question("parent:people.rank_id", list(propose(named("people"), about)[1]))
    assert asked.recommended == ""
    assert '"rank_id is always 1"' in asked.reason


@pytest.mark.parametrize("steps", [(), (Rename(),)], ids=["said", "as it is"])
def test_rows_are_recognised_by_the_unique_column_that_a_person_said(steps: tuple[Transform, ...]) -> None:
    old = database("clerk: clerk_no int key, badge text unique, pay int")
    new = database("people: id int key, pass_code text unique, salary int?")
    about = facts(
        old, new, matches("clerk -> people: clerk_no=id, pay=salary"), profile({"clerk": 9}), profile({"people": 2})
    )
    mapping, found = propose(named("people"), about)
    assert question("present:people", list(found)).recommended != "pass_code"
    mapping = revise(mapping, MapColumn(table="people", source=("badge",), target="pass_code", steps=steps), about)
    asked = question("present:people", list(questions_about(mapping, about)))
    assert asked.recommended == "pass_code"
    assert asked.option("pass_code").text == "Rows with the same badge = pass_code are the same"
