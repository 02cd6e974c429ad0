"""What of a structure is another now is named, and whatever changes a fingerprint is."""

import pytest

from ferryman.domain.outline import differences, outline
from tests.catalogues import database

SHOP = """
customers: id int key, name text, code text? unique
orders: id int key, customer_id int > customers, note text?
"""


@pytest.mark.parametrize(
    ("was", "is_", "told"),
    [
        ("note text?", "note text?, rush int?", ["column rush of orders is new"]),
        (", note text?", "", ["column note of orders is gone"]),
        ("note text?", "remark text?", ["column note of orders is gone", "column remark of orders is new"]),
        ("note text?", "note int?", ["column note of orders is int now, and was text"]),
        ("note text?", "note text", ["column note of orders is text not null now, and was text"]),
        (" > customers", "", ["the foreign keys of orders changed"]),
        ("code text? unique", "code text?", ["what must be unique of customers changed"]),
        (
            "name text, code text? unique",
            "code text? unique, name text",
            ["the order of the columns of customers changed"],
        ),
        ("orders:", "purchases:", ["table orders is gone", "table purchases is new"]),
    ],
)
def test_what_is_another_is_named(was: str, is_: str, told: list[str]) -> None:
    assert was in SHOP
    before, now = database(SHOP), database(SHOP.replace(was, is_))
    assert before.fingerprint != now.fingerprint
    assert list(differences(outline(before), outline(now))) == told
    assert not list(differences(outline(before), outline(before)))
