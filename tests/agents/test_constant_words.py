"""One value for every row, in words."""

from __future__ import annotations

import pytest

from ferryman.agents.understand import understand
from ferryman.domain.changes import MapColumn, UnmapColumn
from ferryman.domain.conversation import ChangePlan, Unclear
from ferryman.domain.transforms import Constant, Scalar
from tests.agents.scenery import SHOP


@pytest.mark.parametrize(
    ("words", "table", "column", "value"),
    [
        ("title of albums is always Hello World", "albums", "title", "Hello World"),
        ("set the title of albums to 'Blues'", "albums", "title", "Blues"),
        ("the quantity should always be 3", "order_items", "quantity", 3),
        ("quantity is 3 in all rows", "order_items", "quantity", 3),
        ("unit_price in order_items is always 1.5", "order_items", "unit_price", 1.5),
        ("put 'x' into the title of albums for every row", "albums", "title", "x"),
        ("artist_id is always 1", "albums", "artist_id", "1"),
        ("country of customers is always the value Germany", "customers", "country", "Germany"),
    ],
)
def test_one_value_for_every_row_is_said(words: str, table: str, column: str, value: Scalar) -> None:
    said = understand(words, SHOP)
    assert isinstance(said, ChangePlan), said
    wanted = MapColumn(table=table, source=(), target=column, steps=(Constant(value=value),))
    assert (said.changes, said.not_understood) == ((wanted,), "")


def test_always_empty_is_no_value() -> None:
    said = understand("email of staff is always empty", SHOP)
    assert isinstance(said, ChangePlan) and said.changes == (UnmapColumn(table="staff", target="email"),)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("quantity is always many", "it takes integer values"),
        ("price is always 3", "unit_price of tracks is always 3"),
        ("albums are always late", ""),
    ],
)
def test_what_cannot_be_such_a_value_is_not_taken_for_one(words: str, told: str) -> None:
    said = understand(words, SHOP)
    assert isinstance(said, Unclear) and told in f"{said.why} {said.suggestions}"
