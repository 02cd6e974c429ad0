"""Which tries of rows would be in vain."""

from __future__ import annotations

import pytest

from ferryman.domain.run import Key
from ferryman.tools.move.tries import Tries

ABOVE = {"regions": (), "customers": ("regions",), "invoices": ("customers", "regions"), "people": ("people",)}
ONE: Key = (1,)


@pytest.mark.parametrize(
    ("table", "came", "vain"),
    [
        ("invoices", "", True),
        ("invoices", "invoices", True),
        ("invoices", "customers", False),
        ("invoices", "regions", False),
        ("regions", "invoices", True),
        ("people", "people", False),
    ],
)
def test_a_row_that_stayed_is_tried_again_when_something_came_that_it_may_hang_on(
    table: str, came: str, vain: bool
) -> None:
    tries = Tries(ABOVE)
    assert not tries.in_vain(table, ("id",), ONE)
    tries.note(table, ("id",), [ONE], tries.stand(table))
    assert tries.in_vain(table, ("id",), ONE)
    assert not tries.in_vain(table, ("code",), ONE)
    if came:
        tries.come(came, 1)
    assert tries.in_vain(table, ("id",), ONE) is vain


def test_a_row_that_is_there_is_not_brought_again() -> None:
    tries = Tries(ABOVE)
    tries.note("customers", ("id",), [ONE], None)
    tries.come("regions", 1)
    assert tries.in_vain("customers", ("id",), ONE)
