"""Words that the rules do not understand, with a model's help; and what no answer of a model's can ever be."""

from __future__ import annotations

from pathlib import Path

import ferryman
from ferryman.demo_data import build_brackets
from ferryman.domain.conversation import ReviewPayload
from ferryman.domain.events import ModelAsked
from tests.model.scripted import Scripted, says

ODD = "please rescue those thingies with the curly shape"


def meaning(meaning: str, *tables: str, topic: str = "none", option: str = "none") -> dict[str, object]:
    return {"meaning": meaning, "tables": list(tables), "topic": topic, "option": option}


def test_a_request_in_words_of_ones_own_becomes_a_plan_for_what_was_meant(tmp_path: Path) -> None:
    legacy, new = build_brackets(tmp_path / "data")
    with (
        Scripted(says(meaning("only", "brackets"))) as server,
        ferryman.open(str(legacy), str(new), folder=tmp_path, model=server.adviser()) as session,
    ):
        events = list(session.say(ODD))
        payload = session.payload
    assert isinstance(payload, ReviewPayload)
    assert "brackets" in [table.target for table in payload.plan.mapping.copied]
    asked = [event for event in events if isinstance(event, ModelAsked)]
    assert [(event.call, event.outcome, event.usage.tokens) for event in asked] == [("understand", "taken", 110)]
    assert len(server.requests) == 1
