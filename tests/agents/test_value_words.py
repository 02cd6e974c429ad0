"""What old values become, in words: every value that is named is meant, as it is spelt."""

from __future__ import annotations

import pytest

from ferryman.agents.understand import understand
from ferryman.domain.changes import MapValues
from ferryman.domain.conversation import ChangePlan
from tests.agents.test_conditions import CONTEXT

STATUS, LEVEL = ("parcels", "status"), ("people", "level")
SAID: dict[str, tuple[tuple[str, str], list[tuple[object, object]]]] = {
    "status open becomes started, closed becomes finished": (STATUS, [("open", "started"), ("closed", "finished")]),
    "in parcels status open means started, closed means over": (STATUS, [("open", "started"), ("closed", "over")]),
    "status of parcels: open becomes started, pending and on-hold become waiting": (
        STATUS,
        [("open", "started"), ("pending", "waiting"), ("on-hold", "waiting")],
    ),
    "level pre-paid means early, post_paid means late": (LEVEL, [("pre-paid", "early"), ("post_paid", "late")]),
    "level of people a-b and c mean x": (LEVEL, [("a-b", "x"), ("c", "x")]),
    "status of parcels: 1 and 2 mean open, 3 means closed": (STATUS, [(1, "open"), (2, "open"), (3, "closed")]),
    "level of people a, b and c mean x": (LEVEL, [("a", "x"), ("b", "x"), ("c", "x")]),
    "in level, a and b mean x": (LEVEL, [("a", "x"), ("b", "x")]),
    "level 1 or 2 means low, 3 means high": (LEVEL, [(1, "low"), (2, "low"), (3, "high")]),
    "open becomes started and pending becomes waiting in status of parcels": (
        STATUS,
        [("open", "started"), ("pending", "waiting")],
    ),
}


@pytest.mark.parametrize("words", SAID)
def test_each_value_gets_its_new_one(words: str) -> None:
    changed = understand(words, CONTEXT)
    assert isinstance(changed, ChangePlan), changed
    (change,) = changed.changes
    assert isinstance(change, MapValues), change
    assert ((change.table, change.target), [(pair.old, pair.new) for pair in change.pairs]) == SAID[words]


def test_a_word_that_is_left_over_is_not_passed_over() -> None:
    assert not isinstance(understand("status of parcels 1 means open, foo 2 means closed", CONTEXT), ChangePlan)
