"""What a model may say: nothing that the facts do not. Hostile sentences, and honest ones, by the dozen."""

from __future__ import annotations

import pytest

from ferryman.agents.sayable import unsayable
from tests.model.corpus import (
    BRACKETS,
    HONEST,
    HONEST_HELD_BACK,
    HONEST_OUT_OF_NAMES,
    HOSTILE,
    HOSTILE_HELD_BACK,
    HOSTILE_OUT_OF_NAMES,
)

#: Honest, and refused all the same: the rules' own words are shown then, which costs little.
TOO_CAREFUL = {
    "audit_logins was not asked for.",
    "brackets gets its 1,569 rows from dispatch_bracket.",
    "You can still undo it.",
    "23 rows cannot go because their cases are not there.",
    "It keeps every connection as it was.",
    "audit_logins is left out: it was not asked for.",
}


@pytest.mark.parametrize(("text", "facts"), [*HOSTILE, *HOSTILE_HELD_BACK, *HOSTILE_OUT_OF_NAMES])
def test_what_the_facts_do_not_say_may_not_be_said(text: str, facts: str) -> None:
    assert unsayable(text, facts) != ""


def test_what_the_facts_say_may_be_said_in_other_words() -> None:
    honest = (*HONEST, *HONEST_HELD_BACK, *HONEST_OUT_OF_NAMES)
    refused = {text: why for text, facts in honest if (why := unsayable(text, facts))}
    assert refused.keys() == TOO_CAREFUL, refused


@pytest.mark.parametrize("text", ["", " \n", "x" * 601, "a\x1b[2Jb", "<b>yes</b>", "Look at www.evil.example."])
def test_a_text_is_plain_words_and_not_too_many(text: str) -> None:
    assert unsayable(text, BRACKETS) != ""


@pytest.mark.parametrize("place", range(4))
def test_a_lie_is_found_wherever_it_stands(place: int) -> None:
    honest = ["It holds catalog data.", "It is moved in phase 1 of 2.", "It gets new keys."]
    for lie, _ in [one for one in HOSTILE if one[1] == BRACKETS]:
        text = " ".join([*honest[:place], lie, *honest[place:]])
        assert unsayable(text, BRACKETS), text
