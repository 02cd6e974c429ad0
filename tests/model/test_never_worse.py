"""A model that answers at random, or means harm, decides nothing: rows are as by the rules, and none before a yes.

`make bench-agents` plays every scene, with 500 hostile answers.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from benchmarks.agents import held
from benchmarks.fooled import Fooled, at_random, malicious
from benchmarks.scenes import PESTERED, WORDS, Played, Scene
from ferryman.agents.advice import Adviser
from ferryman.agents.budget import Limits
from ferryman.agents.client import Method, asked
from ferryman.agents.line import Patience

UNLIMITED = Limits(calls=None, tokens=None, seconds=None)


@pytest.fixture(scope="module")
def by_rules() -> dict[str, Played]:
    return {scene.name: held(scene, None) for scene in (WORDS, PESTERED)}


@pytest.mark.parametrize("scene", [WORDS, PESTERED], ids=lambda scene: scene.name)
@pytest.mark.parametrize("model", [at_random(7), malicious(7), malicious(8)], ids=["random", "malicious", "another"])
def test_the_rows_are_those_of_the_rules_and_nothing_is_written_before_a_yes(
    scene: Scene, model: Fooled, by_rules: dict[str, Played]
) -> None:
    played = held(scene, Adviser(model, "fooled", limits=UNLIMITED))
    assert model.answers > 0
    assert played.unapproved == 0
    assert played.wrong == 0
    assert (played.status, played.rows) == ("success", by_rules[scene.name].rows)


def test_whoever_says_yes_to_everything_gets_the_plan_of_the_rules() -> None:
    bare = held(PESTERED, None, blind=True)
    found = [held(PESTERED, Adviser(malicious(n), "fooled", limits=UNLIMITED), blind=True) for n in range(3)]
    read = [text for played in found for text in played.texts if "If you mean" in text]
    assert read, "the model's reading was never put before the person: this test shows nothing"
    assert {(played.status, played.rows) for played in found} == {("success", bare.rows)}


@pytest.mark.parametrize("made", [at_random, malicious])
def test_a_fooled_model_is_asked_as_a_real_one_is(made: Any) -> None:
    import threading

    from langchain_core.messages import HumanMessage

    schema = {"title": "Word", "type": "object", "properties": {"word": {"type": "string", "enum": ["a", "b"]}}}
    model, patience = made(1), Patience(threading.Event())
    replies = [asked(model, [HumanMessage("?")], schema, Method.JSON_SCHEMA, patience) for _ in range(20)]
    assert model.answers == 20
    assert any(isinstance(reply.data, dict) for reply in replies)
    assert json.dumps([reply.data for reply in replies])
