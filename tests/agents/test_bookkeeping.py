"""What an application writes down by itself: metadata, moments of creation and change, the legacy id."""

from __future__ import annotations

import pytest

from ferryman.agents.data_mapping import propose
from ferryman.domain.schema import Database
from tests.agents.proposing import proposed, sources
from tests.catalogues import (
    FILL,
    column_profile,
    database,
    facts,
    matches,
    profile,
)


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
