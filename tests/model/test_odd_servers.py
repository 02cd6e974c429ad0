"""Whatever a server sends, the client neither breaks on it nor believes it: an answer, another try, or the rules."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatResult
from langchain_core.runnables import Runnable, RunnableLambda

from ferryman.agents.advice import Adviser, Desk, advise
from ferryman.agents.client import Method
from ferryman.domain.events import Event, ModelAsked
from tests.model.scripted import SSE, Scripted, Turn, chunk, says, status
from tests.model.test_advice import GOOD, ask, question

JSON = {"Content-Type": "application/json"}
DEEP = '{"table":' * 5_000 + "1" + "}" * 5_000
LONG_NUMBER = '{"table":' + "9" * 6_000 + "}"


@pytest.fixture(autouse=True)
def no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ferryman.agents.advice.WAITS", (0.0, 0.0))


def message(**fields: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "message": {"role": "assistant", **fields}, "finish_reason": "stop"}]}


def call(arguments: Any, name: Any = "Named") -> list[dict[str, Any]]:
    return [{"id": "1", "type": "function", "function": {"name": name, "arguments": arguments}}]


NO_ANSWERS = {
    "no content": Turn(204),
    **{
        name: Turn(200, json.dumps(body).encode(), JSON)
        for name, body in {
            "too deep": message(content=DEEP),
            "a number of thousands of digits": message(content=LONG_NUMBER),
            "arguments too deep": message(content=None, tool_calls=call(DEEP)),
            "arguments that are no object": message(content=None, tool_calls=call('"orders"')),
            "half a character": message(content="\ud800"),
            "choices are a text": {"choices": "abc"},
            "choices are numbers": {"choices": [1]},
            "the message is a text": {"choices": [{"message": "orders"}]},
            "the message is null": {"choices": [{"message": None, "finish_reason": "stop"}]},
            "content is a number": message(content=5),
            "content is an object": message(content=GOOD),
            "a call without a function": message(content=None, tool_calls=[{"id": None, "function": None}]),
            "a call whose name is a list": message(content=None, tool_calls=call("{}", name=["Named"])),
            "a call whose arguments are a number": message(content=None, tool_calls=call(5)),
        }.items()
    },
    **{
        name: Turn(headers=SSE, pieces=(b"data: " + event + b"\n\n",))
        for name, event in {
            "an event too deep": DEEP.encode(),
            "an index that is a text": b'{"choices": [{"index": "a", "delta": {"content": "x"}}]}',
            "a delta that is a text": b'{"choices": [{"index": 0, "delta": "x", "finish_reason": "stop"}]}',
            "odd fields": b'{"choices": [{"delta": {"audio": 5}, "logprobs": "z", "finish_reason": 7}]}',
        }.items()
    },
}


@pytest.mark.parametrize(
    ("streaming", "method"),
    [(True, Method.JSON_SCHEMA), (False, Method.JSON_SCHEMA), (False, Method.FUNCTION_CALLING)],
    ids=["streamed", "whole", "a call"],
)
@pytest.mark.parametrize("odd", NO_ANSWERS.values(), ids=NO_ANSWERS)
def test_what_is_no_answer_is_left_to_the_rules(odd: Turn, streaming: bool, method: Method) -> None:
    events = list[Event]()
    with Scripted(always=odd) as server:
        adviser = server.adviser(method)
        adviser.model.streaming = streaming  # type: ignore[attr-defined]
        assert advise(question(), Desk(adviser, events.append, threading.Event())) is None
    (asked,) = [event for event in events if isinstance(event, ModelAsked)]
    assert asked.outcome in ("refused", "failed") and asked.reason


@pytest.mark.parametrize(
    "usage", [[1, 2], "many", {"prompt_tokens": -999_999, "completion_tokens": -5}, {"prompt_tokens": 1.5},
              {"prompt_tokens": 0, "completion_tokens": 0}, {"prompt_tokens": "x", "prompt_tokens_details": 3}],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("streaming", [True, False], ids=["streamed", "whole"])
def test_a_count_of_tokens_that_cannot_be_is_not_believed(usage: Any, streaming: bool) -> None:
    pieces = (chunk({"content": json.dumps(GOOD)}, finish="stop"), chunk(usage=usage))
    whole = Turn(200, json.dumps(message(content=json.dumps(GOOD)) | {"usage": usage}).encode(), JSON)
    found, asked, _ = ask(Turn(headers=SSE, pieces=pieces) if streaming else whole)
    assert found is not None
    assert asked.usage.input_tokens > 0 and asked.usage.output_tokens > 0


def test_arguments_that_a_server_gives_as_an_object_are_read() -> None:
    body = json.dumps(message(content=None, tool_calls=call(GOOD))).encode()
    found, _, _ = ask(Turn(200, body, JSON), method=Method.FUNCTION_CALLING)
    assert found is not None


@pytest.mark.parametrize("code", [301, 302, 307, 308])
def test_a_question_goes_to_the_address_that_was_set_and_to_no_other(code: int) -> None:
    with Scripted(always=says(GOOD)) as other:
        found, asked, _ = ask(status(code, {"Location": f"{other.url}/chat/completions"}))
    assert found is None and not other.requests
    assert (asked.outcome, str(code) in asked.reason) == ("failed", True)


def test_an_answer_that_is_cut_leaves_no_traceback(capfd: pytest.CaptureFixture[str]) -> None:
    drip = tuple(chunk({"content": "a"}) for _ in range(60))
    _, asked, _ = ask(Turn(headers=SSE, pieces=drip, pause=0.1), longest=0.5)
    for thread in [one for one in threading.enumerate() if one.name == "model"]:
        thread.join(2.0)
    assert asked.outcome == "failed"
    assert "Traceback" not in capfd.readouterr().err


class Strange(Exception):
    """An error of a provider's own client."""


class Theirs(BaseChatModel):
    """A chat model of an embedder's that only fails."""

    @property
    def _llm_type(self) -> str:
        return "theirs"

    def _generate(self, *_: Any, **__: Any) -> ChatResult:
        raise Strange

    def with_structured_output(self, *_: Any, **__: Any) -> Runnable[Any, Any]:
        def fail(messages: Any) -> AIMessage:
            raise Strange

        return RunnableLambda(fail)


def test_an_error_of_an_embedders_own_model_is_left_to_the_rules() -> None:
    events = list[Event]()
    assert advise(question(), Desk(Adviser.of(Theirs()), events.append, threading.Event())) is None
    (asked,) = [event for event in events if isinstance(event, ModelAsked)]
    assert (asked.outcome, asked.usage.calls) == ("failed", 3) and "Strange" in asked.reason
