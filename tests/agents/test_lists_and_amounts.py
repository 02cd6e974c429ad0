"""Lists of tables with a stranger among them, and numbers that are keys, bounds or how many."""

from __future__ import annotations

import pytest

from ferryman.agents.context import Context
from ferryman.agents.understand import understand
from ferryman.agents.user_guidance import not_understood
from ferryman.domain.changes import LeaveOut, MapValues, SetFilter
from ferryman.domain.conversation import ChangePlan, OtherRequest, Unclear
from ferryman.domain.filters import Comparison
from tests.agents.sayings import where
from tests.agents.scenery import CLINIC, SHOP, SHOP_START


@pytest.mark.parametrize(
    ("text", "context", "instead"),
    [
        ("leave playlists, unicorns and tracks out", SHOP, "leave playlists and tracks out"),
        ("move customers, unicorns and tracks", SHOP, "move customers and tracks"),
        ("only customers and unicorns", SHOP, "only customers"),
        ("move customers, unicorns and tracks", SHOP_START, "move customers and tracks"),
    ],
)
def test_a_list_with_a_stranger_is_not_done_by_half(text: str, context: Context, instead: str) -> None:
    said = understand(text, context)
    assert isinstance(said, Unclear) and said.suggestions[0] == instead
    assert not_understood(said).startswith('There is no table or column called "unicorns".')


def test_a_no_before_each_item_is_said_of_all_of_them() -> None:
    said = understand("no playlists, no tracks, no genres", SHOP)
    assert isinstance(said, ChangePlan)
    assert said.changes == tuple(LeaveOut(table=table) for table in ("playlists", "tracks", "genres"))


@pytest.mark.parametrize(
    ("text", "test"),
    [
        ("only customers with id up to 5", where("CustomerId", "<=", 5)),
        ("only customers with ids below 100", where("CustomerId", "<", 100)),
        ("only customers with id up to 2015", where("CustomerId", "<=", 2015)),
        ("only customers whose id is from 7 on", where("CustomerId", ">=", 7)),
        ("leave out customers with ids after 30", where("CustomerId", "<=", 30)),
    ],
)
def test_a_bound_of_a_column_of_numbers_is_no_time(text: str, test: Comparison) -> None:
    said = understand(text, SHOP)
    assert isinstance(said, ChangePlan) and said.changes == (SetFilter(table="customers", filter=test),)


def test_so_many_rows_are_refused_with_the_reason() -> None:
    first, newest = (understand(f"only the {which} 50 customers", SHOP) for which in ("first", "newest"))
    assert isinstance(first, Unclear) and isinstance(newest, Unclear)
    assert first.suggestions[0] == "only customers whose CustomerId is at most 50"
    assert "not by how many" in first.why == newest.why
    assert not any("50" in suggestion for suggestion in newest.suggestions)


@pytest.mark.parametrize(
    ("rest", "otherwise"), [("the rest stays as it is", "keep"), ("all others become null", "null")]
)
def test_the_rest_of_the_values_stays_or_becomes_empty(rest: str, otherwise: str) -> None:
    said = understand(f"status 1 means booked, {rest}", CLINIC)
    assert isinstance(said, ChangePlan)
    (change,) = said.changes
    assert isinstance(change, MapValues) and change.otherwise == otherwise and len(change.pairs) == 1


def test_only_some_tables_is_another_request_where_the_plan_lacks_one_of_them() -> None:
    assert isinstance(understand("move customers instead", SHOP), OtherRequest)
