"""Words of the program that a person may not know."""

from __future__ import annotations

import pytest

from ferryman.agents.answer_facts import AnswerFacts
from ferryman.agents.answers import answer
from ferryman.agents.context import Place
from ferryman.agents.glossary import _MEANING, explained
from ferryman.agents.understand import understand
from ferryman.domain.conversation import Ask, Topic
from tests.agents.said import DECIDING
from tests.agents.scenery import CLINIC, DISPATCH, SHOP_START

TERMS = sorted(_MEANING)


@pytest.mark.parametrize("form", ["what is a {}?", "What are {}s?", "what does {} mean?", "explain the word {}"])
def test_a_word_of_the_program_is_explained_wherever_it_is_asked_about(form: str) -> None:
    for term in TERMS:
        for context in (SHOP_START, DISPATCH, CLINIC, DECIDING):
            said = understand(form.format(term), context)
            assert isinstance(said, Ask) and said.topic is Topic.WORD, (form, term, said)
            assert answer(said, AnswerFacts(Place.REVIEW)) == _MEANING[term]


def test_other_words_are_not_explained() -> None:
    assert explained("what is a unicorn?") == ""
    for text in ("what is the plan?", "what is a wombat?", "what is the status?", "what is in files?"):
        said = understand(text, DISPATCH)
        assert not (isinstance(said, Ask) and said.topic is Topic.WORD), text
