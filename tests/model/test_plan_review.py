"""The model's look at a plan: asked again where the plan holds what it has not read, and only there."""

from __future__ import annotations

from pathlib import Path

import ferryman
from ferryman.domain.conversation import ReviewPayload
from ferryman.domain.guidance import Advice
from tests.model.scripted import Scripted, by_shape, shape_of
from tests.model.test_whole_conversations import GOOD, shop

REVIEW = {
    "rationale": "Parents come first.",
    "remarks": [
        {"table": "orders", "concern": "meaning", "text": "Look at the orders."},
        {"table": "customers", "concern": "private", "text": "It holds data of persons."},
    ],
    "ask_first": "none",
}


def _reviews(server: Scripted) -> int:
    return sum(shape_of(request) == "Review" for request in server.requests)


def _about(session: ferryman.Session) -> set[tuple[str, str]]:
    assert isinstance(session.payload, ReviewPayload)
    return {(one.kind, one.about) for one in session.payload.advice}


def test_it_is_asked_again_only_where_the_plan_holds_what_it_has_not_read(tmp_path: Path) -> None:
    legacy, new = shop(tmp_path / "data", 60)
    answers = by_shape(**GOOD | {"Review": REVIEW})
    with (
        Scripted(always=answers) as server,
        ferryman.open(legacy, new, folder=tmp_path, model=server.adviser()) as session,
    ):
        list(session.say("move everything"))
        first = _about(session)
        assert _reviews(server) == 1 and {("remark", "orders"), ("remark", "customers")} < first
        list(session.say("batches of 20"))
        assert _reviews(server) == 1 and _about(session) == first
        list(session.say("leave orders out"))
        assert _reviews(server) == 1
        assert ("remark", "orders") not in _about(session) and ("remark", "customers") in _about(session)
        list(session.say("undo that change"))
        assert _reviews(server) == 1


def test_it_is_asked_again_about_a_table_that_came_in(tmp_path: Path) -> None:
    legacy, new = shop(tmp_path / "data", 60)
    with (
        Scripted(always=by_shape(**GOOD | {"Review": REVIEW})) as server,
        ferryman.open(legacy, new, folder=tmp_path, model=server.adviser()) as session,
    ):
        list(session.say("only customers"))
        assert _reviews(server) >= 1
        before = _reviews(server)
        list(session.say("include orders"))
        assert _reviews(server) == before + 1
        assert isinstance(session.payload, ReviewPayload)
        assert Advice(kind="remark", about="orders", text="Look at the orders.") in session.payload.advice
