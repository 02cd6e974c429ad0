"""Every way an answer can go wrong, through the real client: repaired, refused, tried again, or left to the rules."""

from __future__ import annotations

import json
import threading
import time
from typing import Annotated, Any

import pytest

from ferryman.agents.advice import Desk, Question, advise
from ferryman.agents.choices import OneOf, Told
from ferryman.agents.client import Method
from ferryman.domain.events import Event, ModelAsked, Said
from ferryman.prompts.render import Prompt
from tests.model.scripted import Script, Scripted, Turn, completion, says, status

GOOD = {"table": "orders"}


class Named(Told):
    """A table."""

    table: Annotated[str, OneOf("tables")]


def question(*tables: str) -> Question[Named]:
    return Question(
        call="understand",
        prompt=Prompt("Name a table.", "Which?"),
        shape=Named,
        choices={"tables": tables or ("orders", "customers")},
        check=lambda named: "" if named.table != "customers" else "customers is not meant",
    )


def ask(
    *script: Script, method: Method = Method.JSON_SCHEMA, timeout: float = 5.0, **limits: Any
) -> tuple[Named | None, ModelAsked, Scripted]:
    events = list[Event]()
    with Scripted(*script) as server:
        desk = Desk(server.adviser(method, timeout=timeout, **limits), events.append, threading.Event())
        found = advise(question(), desk)
    asked = [event for event in events if isinstance(event, ModelAsked)]
    assert len(asked) == 1
    return found, asked[0], server


@pytest.fixture(autouse=True)
def no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ferryman.agents.advice.WAITS", (0.0, 0.0))


def test_a_good_answer_is_taken_and_its_tokens_are_those_that_the_server_counted() -> None:
    found, asked, server = ask(says(GOOD))
    assert found == Named.model_construct(table="orders")
    assert (asked.outcome, asked.usage.calls, asked.usage.tokens) == ("taken", 1, 110)
    assert server.requests[0]["response_format"]["json_schema"]["strict"] is True


@pytest.mark.parametrize(
    "method", [Method.JSON_SCHEMA, Method.FUNCTION_CALLING, Method.JSON_MODE], ids=lambda method: str(method.value)
)
def test_each_method_gets_an_answer_of_the_shape(method: Method) -> None:
    call = [{"id": "1", "type": "function", "function": {"name": "Named", "arguments": json.dumps(GOOD)}}]
    turn = completion(None, tools=call) if method is Method.FUNCTION_CALLING else says(GOOD)
    found, asked, server = ask(turn, method=method)
    assert found is not None and asked.outcome == "taken"
    assert ("tools" in server.requests[0]) == (method is Method.FUNCTION_CALLING)


BAD = {
    "empty": completion(""),
    "nothing": completion(None),
    "prose": completion("I would say it is the orders table."),
    "half a JSON object": completion('{"table": "ord'),
    "a list": completion("[]"),
    "another field": says({"tables": "orders"}),
    "a field too many": says({"table": "orders", "approve": True}),
    "a name that does not exist": says({"table": "passwords"}),
    "what the check refuses": says({"table": "customers"}),
    "a refusal": completion(None, refusal="I cannot help with that."),
    "a truncation": completion('{"table": "orders"}', finish="length"),
    "a content filter": completion("", finish="content_filter"),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_a_bad_answer_is_quoted_with_its_error_and_the_next_one_is_taken(bad: Turn) -> None:
    found, asked, server = ask(bad, says(GOOD))
    assert found is not None and found.table == "orders"
    assert (asked.outcome, asked.usage.calls) == ("repaired", 2) and asked.reason
    last = server.requests[1]["messages"][-1]
    assert last["role"] == "user" and last["content"].startswith("That answer cannot be used: ")


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_after_two_repairs_the_rules_decide(bad: Turn) -> None:
    found, asked, server = ask(bad, bad, bad, says(GOOD))
    assert found is None
    assert (asked.outcome, asked.usage.calls, len(server.requests)) == ("refused", 3, 3)


def test_json_with_prose_around_it_is_read() -> None:
    found, asked, _ = ask(completion('Sure! Here it is:\n```json\n{"table": "orders"}\n```\nAnything else?'))
    assert found is not None and asked.outcome == "taken"


HICCUPS = {
    "408": status(408),
    "429": status(429, {"Retry-After": "0"}),
    "500": status(500),
    "503": status(503, {"Retry-After": "soon"}),
    "an error that says 200": Turn(200, b'{"error": "overloaded"}', {"Content-Type": "application/json"}),
    "a dropped answer": Turn(200, says(GOOD).body, {"Content-Type": "application/json"}, drop=True),
}


@pytest.mark.parametrize("hiccup", HICCUPS.values(), ids=HICCUPS)
def test_a_hiccup_is_tried_again(hiccup: Turn) -> None:
    found, asked, _ = ask(hiccup, says(GOOD))
    assert found is not None
    assert (asked.outcome, asked.usage.calls) == ("taken", 2)


@pytest.mark.parametrize("hiccup", HICCUPS.values(), ids=HICCUPS)
def test_what_does_not_pass_after_three_tries_is_left_to_the_rules(hiccup: Turn) -> None:
    found, asked, server = ask(hiccup, hiccup, hiccup, says(GOOD))
    assert found is None
    assert (asked.outcome, len(server.requests)) == ("failed", 3)


def test_retry_after_is_waited_for_and_a_long_one_is_not() -> None:
    began = time.monotonic()
    found, _, _ = ask(status(429, {"Retry-After": "0.7"}), says(GOOD))
    assert found is not None and time.monotonic() - began >= 0.7
    found, asked, server = ask(status(429, {"Retry-After": "3600"}), says(GOOD))
    assert found is None and asked.outcome == "failed" and len(server.requests) == 1


def test_a_server_that_does_not_answer_in_time_is_tried_again() -> None:
    found, asked, _ = ask(Turn(delay=1.0), says(GOOD), timeout=0.3)
    assert found is not None and asked.usage.calls == 2


def test_a_web_page_is_no_model_and_is_not_asked_again() -> None:
    page = Turn(200, b"<html><body>Welcome!</body></html>", {"Content-Type": "text/html"})
    found, asked, server = ask(page, says(GOOD))
    assert found is None and asked.outcome == "failed" and "there is no model" in asked.reason
    assert len(server.requests) == 1


@pytest.mark.parametrize("code", [400, 401, 403, 404, 422, 501])
def test_what_will_never_work_is_asked_once_and_the_model_is_left_alone_for_good(code: int) -> None:
    events = list[Event]()
    with Scripted(status(code), says(GOOD)) as server:
        desk = Desk(server.adviser(), events.append, threading.Event())
        assert advise(question(), desk) is None
        assert advise(question(), desk) is None
    assert len(server.requests) == 1
    assert [type(event) for event in events] == [ModelAsked, Said]
    said = events[1]
    assert isinstance(said, Said) and "rules decide alone" in said.text


def test_a_server_that_is_not_there_is_given_up_after_two_questions() -> None:
    events = list[Event]()
    with Scripted() as server:
        desk = Desk(server.adviser(timeout=0.5), events.append, threading.Event())
    for _ in range(4):
        assert advise(question(), desk) is None
    assert [type(event) for event in events] == [ModelAsked, ModelAsked, Said]


@pytest.mark.parametrize(
    ("limits", "asked"),
    [({"calls": 2}, 2), ({"tokens": 1_200}, 2), ({"tokens": 0}, 0), ({"cost": 0.0, "price_out": 1.0}, 0)],
    ids=str,
)
def test_past_a_limit_nothing_is_asked_and_that_is_said_once(limits: dict[str, Any], asked: int) -> None:
    events = list[Event]()
    with Scripted(always=says(GOOD)) as server:
        desk = Desk(server.adviser(**limits), events.append, threading.Event())
        found = [advise(question(), desk) for _ in range(5)]
    assert len(server.requests) == asked
    assert [one is not None for one in found] == [True] * asked + [False] * (5 - asked)
    assert [event.outcome for event in events if isinstance(event, ModelAsked)] == ["taken"] * asked + ["capped"]
    assert sum(isinstance(event, Said) for event in events) == 1


def test_what_it_costs_is_told_where_a_price_is_known() -> None:
    _, asked, _ = ask(says(GOOD), price_in=1.0, price_out=10.0)
    assert asked.usage.cost == pytest.approx((100 * 1.0 + 10 * 10.0) / 1_000_000)
    _, asked, _ = ask(says(GOOD))
    assert asked.usage.cost is None


def test_ctrl_c_does_not_wait_for_an_answer_and_hangs_up() -> None:
    events, stop = list[Event](), threading.Event()
    with Scripted(Turn(delay=20.0)) as server:
        desk = Desk(server.adviser(timeout=30.0), events.append, stop)
        threading.Timer(0.3, stop.set).start()
        began = time.monotonic()
        assert advise(question(), desk) is None
        assert time.monotonic() - began < 2.0
        assert server.hung_up.wait(2.0), "the request goes on although nobody waits for it"
    asking = [thread for thread in threading.enumerate() if thread.name == "model"]
    for thread in asking:
        thread.join(2.0)
    assert not [thread for thread in asking if thread.is_alive()]
    assert [event.outcome for event in events if isinstance(event, ModelAsked)] == ["interrupted"]


@pytest.mark.parametrize("tables", [("orders", "customers"), ("customers", "orders")], ids=str)
def test_the_order_of_the_choices_changes_nothing(tables: tuple[str, ...]) -> None:
    with Scripted(says(GOOD)) as server:
        found = advise(question(*tables), Desk(server.adviser(), lambda event: None, threading.Event()))
    assert found is not None and found.table == "orders"
    choices = server.requests[0]["response_format"]["json_schema"]["schema"]["properties"]["table"]["enum"]
    assert choices == list(tables)


class Strange(Exception):
    """Neither a model's fault nor a server's: a cassette that does not match, a bug."""


def test_an_error_that_is_no_models_passes_through_untouched(monkeypatch: pytest.MonkeyPatch) -> None:
    events = list[Event]()
    with Scripted(always=says(GOOD)) as server:
        adviser = server.adviser()
        client = adviser.model.root_client._client  # type: ignore[attr-defined]

        def refuse(*_: object, **__: object) -> None:
            raise Strange("no such request was recorded")

        monkeypatch.setattr(type(client._transport), "handle_request", refuse)
        with pytest.raises(Strange, match="no such request"):
            advise(question(), Desk(adviser, events.append, threading.Event()))
    assert events == []
