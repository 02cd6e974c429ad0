"""Where the graph goes next, as a table: no database, no model, no graph."""

from __future__ import annotations

import pytest
from langgraph.graph import END

from ferryman.domain.recovery import Failure, FailureType
from ferryman.graph import routes
from ferryman.graph.state import Json, Place, State, merged


def failure(*, transient: bool) -> Json:
    return Failure(type=FailureType.TRANSIENT, table="cases", transient=transient).model_dump(mode="json")


@pytest.mark.parametrize(
    ("place", "say", "node"),
    [
        ("start", "request", "analyze"),
        ("start", "ask", "answer"),
        ("start", "approve", "answer"),
        ("start", "unclear", "answer"),
        ("review", "approve", "begin"),
        ("review", "change", "revise"),
        ("review", "answer", "revise"),
        ("review", "answers", "revise"),
        ("review", "request", "revise"),
        ("review", "cancel", "report"),
        ("review", "ask", "answer"),
        ("review", "choose", "answer"),
        ("review", "unclear", "answer"),
        ("decide", "choose", "recover"),
        ("decide", "pause", "hold"),
        ("decide", "cancel", "hold"),
        ("decide", "rollback", "rollback"),
        ("decide", "approve", "answer"),
        ("decide", "ask", "answer"),
        ("paused", "resume", "next_phase"),
        ("paused", "approve", "next_phase"),
        ("paused", "rollback", "rollback"),
        ("paused", "unclear", "answer"),
    ],
)
def test_what_was_said_leads_on_by_the_place_where_it_was_said(place: str, say: str, node: str) -> None:
    assert routes.after_understanding({"place": place, "answer": {"say": say}}) == node


@pytest.mark.parametrize(
    ("place", "node"), [("start", END), ("review", "review"), ("decide", "decide"), ("paused", "paused")]
)
def test_an_answer_returns_to_the_same_place(place: str, node: str) -> None:
    assert routes.after_answer({"place": Place(place)}) == node


@pytest.mark.parametrize(
    ("state", "node"),
    [
        ({}, "next_phase"),
        ({"reason": "asked to stop"}, "hold"),
        ({"reason": "asked to stop", "failures": {"cases": failure(transient=False)}}, "hold"),
        ({"failures": {"cases": failure(transient=True)}}, "verify"),
        ({"failures": {"cases": failure(transient=True)}, "rounds": 1}, "verify"),
        ({"failures": {"cases": failure(transient=True)}, "rounds": 2}, routes.INVESTIGATION),
        ({"failures": {"cases": failure(transient=False)}}, routes.INVESTIGATION),
        ({"failures": {"a": failure(transient=True), "b": failure(transient=False)}}, routes.INVESTIGATION),
    ],
)
def test_after_a_phase_a_pause_comes_first_then_failures_by_type(state: State, node: str | list[str]) -> None:
    assert routes.after_settling(state) == node


@pytest.mark.parametrize(
    ("state", "node"),
    [
        ({}, "understand"),
        ({"given": True}, "adopt"),
        ({"reopen": True}, "reopen"),
        ({"reopen": True, "given": True}, "reopen"),
    ],
)
def test_a_run_in_the_ledger_goes_on_a_given_plan_is_checked_words_are_understood(state: State, node: str) -> None:
    assert routes.after_introspection(state) == node


def test_an_approval_that_does_not_bind_leads_back_to_the_review() -> None:
    assert routes.after_begin({"approval": {}}) == "review"
    assert routes.after_begin({"approval": {"by": "Ada"}}) == "next_phase"


def test_failures_of_branches_that_run_side_by_side_are_merged_and_none_takes_one_away() -> None:
    assert merged({"a": {"x": 1}}, {"b": {"y": 2}}) == {"a": {"x": 1}, "b": {"y": 2}}
    assert merged({"a": {"x": 1}, "b": {"y": 2}}, {"a": None}) == {"b": {"y": 2}}
