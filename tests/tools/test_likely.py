"""What chance may do where values alone speak for a column's naming rows."""

from __future__ import annotations

import pytest

from ferryman.domain.schema import Column, Family
from ferryman.tools.discover.contain import Containment
from ferryman.tools.discover.likely import chance
from ferryman.tools.discover.references import counts, measures


@pytest.mark.parametrize(
    ("looked", "found", "dense", "likely"),
    [
        (724, 693, 0.942, True),  # a quantity among keys with few gaps: as many as chance gives
        (724, 724, 0.942, False),
        (20, 20, 0.5, False),
        (20, 19, 0.9, True),
        (8, 8, 0.0, False),  # texts
        (8, 8, 1.0, True),  # keys without gaps
    ],
)
def test_values_tell_something_only_where_chance_would_not_give_as_many(
    looked: int, found: int, dense: float, likely: bool
) -> None:
    assert (chance(Containment(looked, found), dense) > 0.01) is likely


def _number(name: str) -> Column:
    return Column(name=name, native="int", family=Family.INTEGER)


@pytest.mark.parametrize(
    "name", ["sort_order", "sortorder", "menu_order", "DisplayOrder", "order", "max_loans", "user_posts"]
)
def test_a_place_in_a_list_and_a_count_name_no_row(name: str) -> None:
    assert counts(_number(name))


@pytest.mark.parametrize("name", ["purchase_order", "order_id", "sort_order_id", "parent", "billing_user"])
def test_other_names_may_name_a_row(name: str) -> None:
    assert not counts(_number(name))


def test_how_much_is_told_by_the_last_word() -> None:
    assert [measures(_number(name)) for name in ("quantity", "rating", "total_id", "author")] == [
        True, True, False, False
    ]  # fmt: skip
