"""Some rows of an old table into a new one, in words."""

from __future__ import annotations

import pytest

from ferryman.agents.understand import understand
from ferryman.domain.changes import MapTable, SetFilter
from ferryman.domain.conversation import Begin, ChangePlan
from ferryman.domain.filters import AnyOf, Filter
from tests.agents.test_conditions import CONTEXT, START, is_

GRAZ = is_("city", "=", "Graz")
ELSEWHERE = AnyOf(of=(is_("city", "!=", "Graz"), is_("city", "is null")))


def fed(*pairs: tuple[str, str, Filter | None]) -> tuple[MapTable | SetFilter, ...]:
    return tuple(
        change
        for source, target, test in pairs
        for change in (
            MapTable(source=source, target=target),
            *((SetFilter(table=target, filter=test),) if test else ()),
        )
    )


SAID = {
    "person goes into people where city is Graz": fed(("person", "people", GRAZ)),
    "fill people from person where city is Graz": fed(("person", "people", GRAZ)),
    "people whose city is Graz go into people": fed(("person", "people", GRAZ)),
    "put the persons who joined after 2015 into people": fed(("person", "people", is_("joined", ">=", "2016-01-01"))),
    "persons with city Graz go into people, the others into parcels": fed(
        ("person", "people", GRAZ), ("person", "parcels", ELSEWHERE)
    ),
    "persons with city Graz go to people and the rest to parcels": fed(
        ("person", "people", GRAZ), ("person", "parcels", ELSEWHERE)
    ),
    "persons with city Graz go into people, those with city Linz into parcels": fed(
        ("person", "people", GRAZ), ("person", "parcels", is_("city", "=", "Linz"))
    ),
    "parcel goes into parcels where weight is over 5, and persons whose city is Graz into people": fed(
        ("parcel", "parcels", is_("weight", ">", 5)), ("person", "people", GRAZ)
    ),
}


@pytest.mark.parametrize("words", SAID)
def test_a_condition_beside_a_pair_of_tables(words: str) -> None:
    changed = understand(words, CONTEXT)
    assert isinstance(changed, ChangePlan), changed
    assert changed.changes == SAID[words]


@pytest.mark.parametrize("words", SAID)
def test_the_same_as_the_first_sentence(words: str) -> None:
    begun = understand(words, START)
    assert isinstance(begun, Begin), begun
    assert (begun.changes, begun.not_understood) == (SAID[words], "")
    assert set(begun.request.tables) == {one.target for one in SAID[words] if isinstance(one, MapTable)}


@pytest.mark.parametrize(
    "words",
    [
        "person goes into people where unicorn is 4",
        "those with city Graz go into people",
        "persons with city Graz go into people, those with unicorn 4 into parcels",
        "persons go into people, the others into parcels",
    ],
)
def test_half_of_it_is_not_taken_for_the_whole(words: str) -> None:
    assert not isinstance(understand(words, CONTEXT), ChangePlan)


def test_only_may_stand_behind_the_table() -> None:
    changed = understand("people only where city is Graz", CONTEXT)
    assert isinstance(changed, ChangePlan), changed
    assert changed.changes == (SetFilter(table="people", filter=GRAZ),)
