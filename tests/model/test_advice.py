"""Every way an answer can go wrong, through the real client: repaired, refused, tried again, or left to the rules."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from typing import Annotated, Any

import pytest

from ferryman.agents.advice import Adviser, Desk, Question, advise
from ferryman.agents.choices import OneOf, Told
from ferryman.agents.client import Method
from ferryman.domain.errors import Configuration
from ferryman.domain.events import Event, ModelAsked, ModelWriting, Said
from ferryman.prompts.render import Prompt
from tests.model.scripted import DONE, SSE, Script, Scripted, Turn, chunk, completion, says, status, streamed

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
    *script: Script, method: Method = Method.JSON_SCHEMA, timeout: float = 5.0, longest: float = 60.0, **limits: Any
) -> tuple[Named | None, ModelAsked, Scripted]:
    events = list[Event]()
    with Scripted(*script) as server:
        desk = Desk(
            server.adviser(method, timeout=timeout, longest=longest, **limits), events.append, threading.Event()
        )
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


BEGUN = (chunk({"role": "assistant", "content": None}), chunk({"content": '{"ta'}), chunk({"content": 'ble": "'}))
HICCUPS = {
    "408": (status(408), 0),
    "429": (status(429, {"Retry-After": "0"}), 0),
    "500": (status(500), 0),
    "503": (status(503, {"Retry-After": "soon"}), 0),
    "an error that says 200": (Turn(200, b'{"error": "overloaded"}', {"Content-Type": "application/json"}), 0),
    "a dropped answer in one piece": (
        Turn(200, b" " + says(GOOD).body, {"Content-Type": "application/json"}, drop=True),
        0,
    ),
    "a line that drops in the middle": (Turn(headers=SSE, pieces=BEGUN, drop=True), 2),
    "a stream that ends in the middle": (Turn(headers=SSE, pieces=BEGUN), 2),
    "a stream that ends before it begins": (Turn(headers=SSE, pieces=(b": hello\n\n",)), 0),
    "a stream that is done before it begins": (Turn(headers=SSE, pieces=(DONE,)), 0),
    "garbage in the stream": (Turn(headers=SSE, pieces=(*BEGUN, b"data: {broken\n\n")), 2),
    "a list in the stream": (Turn(headers=SSE, pieces=(*BEGUN, b"data: []\n\n")), 2),
    "choices that are none": (Turn(headers=SSE, pieces=(*BEGUN, b'data: {"choices": ["a"]}\n\n')), 2),
    "an error in the stream": (Turn(headers=SSE, pieces=(*BEGUN, b'data: {"error": {"message": "oops"}}\n\n')), 2),
    "an error event": (Turn(headers=SSE, pieces=(*BEGUN, b'event: error\ndata: {"message": "oops"}\n\n')), 2),
    "silence in the middle": (Turn(headers=SSE, pieces=(BEGUN[1], b": \n\n"), pause=3.0), 1),
}


@pytest.mark.parametrize(("hiccup", "written"), HICCUPS.values(), ids=HICCUPS)
def test_a_hiccup_is_tried_again_and_what_had_come_of_its_answer_is_counted(hiccup: Turn, written: int) -> None:
    found, asked, _ = ask(hiccup, says(GOOD), timeout=1.0)
    assert found is not None
    assert (asked.outcome, asked.usage.calls) == ("taken", 2)
    refused = hiccup.status != 200
    assert (asked.usage.input_tokens > 100) == (not refused)
    assert (asked.usage.output_tokens > 10) == (written > 0)


@pytest.mark.parametrize(("hiccup", "written"), HICCUPS.values(), ids=HICCUPS)
def test_what_does_not_pass_after_three_tries_is_left_to_the_rules(hiccup: Turn, written: int) -> None:
    found, asked, server = ask(hiccup, hiccup, hiccup, says(GOOD), timeout=1.0)
    assert found is None
    assert (asked.outcome, len(server.requests)) == ("failed", 3)
    assert ("token" in asked.reason) == (written > 0) and "cannot be reached" not in asked.reason


def test_a_server_that_drips_is_not_waited_for_for_ever_and_not_asked_again() -> None:
    drip = Turn(headers=SSE, pieces=tuple(chunk({"content": "a"}) for _ in range(200)), pause=0.1)
    began = time.monotonic()
    found, asked, server = ask(drip, says(GOOD), timeout=0.5, longest=1.5)
    assert found is None and asked.outcome == "failed" and len(server.requests) == 1
    assert "was not whole after 2 s; it had written" in asked.reason and asked.usage.output_tokens > 0
    assert time.monotonic() - began < 10 and server.hung_up.wait(2.0)


#: What servers differ in, and what makes no difference.
ODDITIES = {
    "no [DONE]": streamed(says(GOOD)).pieces[:-1],
    "no count of tokens": streamed(says(GOOD)).pieces[:-2],
    "a count of tokens in each event": tuple(
        chunk({"content": text}, finish=finish, usage={"prompt_tokens": 100, "completion_tokens": n, "total_tokens": 1})
        for n, (text, finish) in enumerate([('{"table": ', None), ('"orders"}', "stop")], 9)
    ),
    "next to nothing around the text": (
        b'data:{"choices":[{"delta":{"content":"{\\"table\\": "}}]}\r\n\r\n',
        b'data:{"choices":[{"delta":{"content":"\\"orders\\"}"},"finish_reason":"stop"}]}\r\n\r\ndata:[DONE]\r\n\r\n',
    ),
    "no finish": (chunk({"content": json.dumps(GOOD)}), DONE),
    "a role in each event": tuple(
        chunk({"role": "assistant", "content": text}, finish=finish)
        for text, finish in [('{"table": ', None), ('"orders"}', "stop")]
    ),
    "signs of life between": tuple(b": waiting\n\n" + piece for piece in streamed(says(GOOD)).pieces),
    "events of another kind": (chunk(type="ping"), *streamed(says(GOOD)).pieces),
    "pieces that end anywhere": tuple(
        whole[start : start + 7]
        for whole in [b"".join(streamed(says(GOOD)).pieces)]
        for start in range(0, len(whole), 7)
    ),
    "all at once": (b" " + says(GOOD).body,),
}


@pytest.mark.parametrize("pieces", ODDITIES.values(), ids=ODDITIES)
@pytest.mark.parametrize("method", [Method.JSON_SCHEMA, Method.JSON_MODE], ids=str)
def test_streams_that_differ_give_the_same_answer(pieces: tuple[bytes, ...], method: Method) -> None:
    found, asked, _ = ask(Turn(headers=SSE, pieces=pieces), method=method)
    assert found is not None and (asked.outcome, asked.usage.calls) == ("taken", 1)
    assert 0 < asked.usage.output_tokens <= 10 and 0 < asked.usage.input_tokens <= 100


@pytest.mark.parametrize("code", [400, 422, 501])
def test_a_server_that_refuses_to_stream_is_asked_without_from_then_on(code: int) -> None:
    def turn(body: dict[str, Any]) -> Turn:
        return status(code) if body.get("stream") else says(GOOD)

    events = list[Event]()
    with Scripted(always=turn) as server:
        desk = Desk(server.adviser(), events.append, threading.Event())
        assert advise(question(), desk) is not None and advise(question(), desk) is not None
    assert [request.get("stream") for request in server.requests] == [True, False, False]
    assert [event.usage.tokens for event in events if isinstance(event, ModelAsked)] == [110, 110]


def test_how_far_an_answer_is_is_told_while_it_comes_and_its_words_are_not() -> None:
    events = list[Event]()
    with Scripted(replace(streamed(says(GOOD)), pause=0.15)) as server:
        assert advise(question(), Desk(server.adviser(), events.append, threading.Event())) is not None
    told = [event.tokens for event in events if isinstance(event, ModelWriting)]
    assert told[0] == 0 and len(told) > 2 and told == sorted(set(told))
    assert "orders" not in "".join(event.model_dump_json() for event in events)


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
    with Scripted(status(code), status(code), says(GOOD)) as server:
        desk = Desk(server.adviser(), events.append, threading.Event())
        assert advise(question(), desk) is None
        assert advise(question(), desk) is None
    assert len(server.requests) == (2 if code in (400, 422, 501) else 1), "once more without streaming, no more"
    events = [event for event in events if not isinstance(event, ModelWriting)]
    assert [type(event) for event in events] == [ModelAsked, Said]
    said = events[1]
    assert isinstance(said, Said) and "rules decide alone" in said.text


def test_a_server_that_is_not_there_is_given_up_after_two_questions() -> None:
    events = list[Event]()
    with Scripted() as server:
        desk = Desk(server.adviser(timeout=0.5), events.append, threading.Event())
    for _ in range(4):
        assert advise(question(), desk) is None
    told = [type(event) for event in events if not isinstance(event, ModelWriting)]
    assert told == [ModelAsked, ModelAsked, Said]


def test_after_a_question_without_any_answer_the_next_is_put_once_until_one_is_answered() -> None:
    out = [status(503)] * 3
    with Scripted(*out, says(GOOD), *out, status(503)) as server:
        desk = Desk(server.adviser(), lambda event: None, threading.Event())
        seen = list[tuple[bool, int]]()
        for _ in range(5):
            answered = advise(question(), desk) is not None
            seen.append((answered, len(server.requests)))
    assert seen == [(False, 3), (True, 4), (False, 7), (False, 8), (False, 8)]


@pytest.mark.parametrize("code", ["insufficient_quota", "billing_hard_limit_reached"])
def test_an_account_that_is_used_up_is_asked_once_for_all(code: str) -> None:
    body = json.dumps({"error": {"message": "You exceeded your current quota.", "code": code}}).encode()
    events = list[Event]()
    with Scripted(always=Turn(429, body, {"Content-Type": "application/json", "Retry-After": "0"})) as server:
        desk = Desk(server.adviser(), events.append, threading.Event())
        assert [advise(question(), desk) for _ in range(3)] == [None] * 3
    assert len(server.requests) == 1
    assert [event.text for event in events if isinstance(event, Said)] == [
        "The model's account is used up. From here on the rules decide alone."
    ]


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


UNDER_WAY = {
    "before it begins": Turn(delay=20.0),
    "in the middle": Turn(headers=SSE, pieces=tuple(chunk({"content": "a"}) for _ in range(400)), pause=0.05),
    "in a silence": Turn(headers=SSE, pieces=(chunk({"content": "a"}), b": \n\n"), pause=20.0),
}


@pytest.mark.parametrize("answer", UNDER_WAY.values(), ids=UNDER_WAY)
def test_ctrl_c_does_not_wait_for_an_answer_and_hangs_up(answer: Turn) -> None:
    events, stop = list[Event](), threading.Event()
    with Scripted(answer) as server:
        desk = Desk(server.adviser(timeout=30.0), events.append, stop)
        pressed = list[float]()
        threading.Thread(target=_press_once_asked, args=(server, stop, pressed), daemon=True).start()
        assert advise(question(), desk) is None
        assert time.monotonic() - pressed[0] < 3.0
        assert server.hung_up.wait(2.0), "the request goes on although nobody waits for it"
    _none_asking()
    (asked,) = [event for event in events if isinstance(event, ModelAsked)]
    assert asked.outcome == "interrupted" and asked.usage.input_tokens > 0
    least, most = {0.05: (1, 400), 20.0: (0, 1)}.get(answer.pause, (0, 0))  # the only piece of a silence may be held
    assert least <= asked.usage.output_tokens <= most


def _press_once_asked(server: Scripted, stop: threading.Event, pressed: list[float]) -> None:
    """The first request of a process waits for its imports."""
    while not server.requests:
        time.sleep(0.01)
    time.sleep(0.3)
    pressed.append(time.monotonic())
    stop.set()


def _none_asking() -> None:
    asking = [thread for thread in threading.enumerate() if thread.name == "model"]
    for thread in asking:
        thread.join(2.0)
    assert not [thread for thread in asking if thread.is_alive()]


def test_a_model_that_cannot_answer_in_a_shape_is_refused_when_it_is_brought() -> None:
    from langchain_core.language_models import FakeListChatModel

    with pytest.raises(Configuration, match="FakeListChatModel cannot answer in a given shape"):
        Adviser.of(FakeListChatModel(responses=["yes"]))
    with pytest.raises(Configuration, match="dict is no chat model"):
        Adviser.of({})  # type: ignore[arg-type]


@pytest.mark.parametrize("streaming", [True, False])
def test_a_chat_model_of_an_embedders_own_ends_at_its_next_piece_where_it_streams(streaming: bool) -> None:
    from langchain_openai import ChatOpenAI
    from pydantic import SecretStr

    slow = tuple(chunk({"content": "a"}) for _ in range(60))
    events, stop = list[Event](), threading.Event()
    with Scripted(Turn(headers=SSE, pieces=slow, pause=0.1) if streaming else Turn(delay=3.0)) as server:
        own = ChatOpenAI(model="own", base_url=server.url, api_key=SecretStr("none"), streaming=streaming)
        threading.Timer(0.5, stop.set).start()
        began = time.monotonic()
        assert advise(question(), Desk(Adviser.of(own), events.append, stop)) is None
        assert time.monotonic() - began < 3.0
        assert server.hung_up.wait(2.0) == streaming, "its line is its own: only it can hang up"
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
    assert [type(event) for event in events] == [ModelWriting]
