"""Rows that the new table holds already: by what they are recognised, or that it is asked."""

from __future__ import annotations

from ferryman.agents.natural_key import natural_key
from ferryman.domain.changes import LeaveOut
from ferryman.domain.mapping import (
    Action,
    Conflict,
    Kept,
    KeyPair,
    Matched,
)
from tests.agents.proposing import ids, proposed
from tests.catalogues import (
    column_profile,
    database,
    facts,
    matches,
    profile,
)


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
