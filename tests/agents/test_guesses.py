"""What is no guess worth a question, however alike names and values look."""

from __future__ import annotations

import pytest

from ferryman.agents.data_mapping import propose
from tests.catalogues import database, facts, matches, named, profile


@pytest.mark.parametrize(
    ("old", "new", "fed"),
    [
        ("topic_id int", "title text?", False),
        ("topic_id int > topic", "title text?", False),
        ("about int > topic", "title text?", False),
        ("topic_id text", "title text?", True),
        ("topic_id int", "topic_ref text?", True),
        ("topic int", "title text?", True),
    ],
)
def test_a_number_that_names_a_row_is_no_guess_for_a_text(old: str, new: str, fed: bool) -> None:
    source = database(f"ticket: id int key, {old}\ntopic: id int key, subject text")
    target = database(f"tickets: id int key, {new}")
    ours, theirs = old.split()[0], new.split()[0]
    found = matches(f"ticket -> tickets: id=id, {ours}~{theirs}")
    mapping, _ = propose(named("tickets"), facts(source, target, found, profile({"ticket": 9, "topic": 3})))
    line = mapping.by_target["tickets"].by_target.get(theirs)
    assert (line is not None and line.source == (ours,)) == fed


@pytest.mark.parametrize(("old", "fed"), [("timemodified int", False), ("modified int > person", True)])
def test_when_a_row_was_changed_is_no_guess_for_who_changed_it(old: str, fed: bool) -> None:
    source = database(f"ticket: id int key, {old}\nperson: id int key")
    target = database("tickets: id int key, modified_by int? > people\npeople: id int key")
    ours = old.split()[0]
    found = matches(f"ticket -> tickets: id=id, {ours}~modified_by\nperson -> people: id=id")
    mapping, _ = propose(named("tickets", "people"), facts(source, target, found, profile({"ticket": 9, "person": 3})))
    line = mapping.by_target["tickets"].by_target.get("modified_by")
    assert (line is not None and line.source == (ours,)) == fed
