"""The model behind an OpenAI-compatible endpoint: one question, one structured answer, one typed error.

Answers are streamed, so that a sign of life is seen, and held back until they are whole. A server that refuses to
stream is asked again without, and from then on. What is no answer is an error of `unanswered`; anything else passes
through as it is: it is no fault of a model's, and nobody shall take it for one.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ferryman.agents.line import CURRENT, Line, Patience, waited_for
from ferryman.agents.unanswered import NO_KEY, Unusable, gone, late, typed
from ferryman.agents.wording import clean

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

OPENAI = "https://api.openai.com/v1"
_STREAMLESS = (400, 422, 501)  #: what a server may say that does not know `stream` or `stream_options`
_AT_MOST = 5  #: times the seconds without a sign of life, where no time for a whole answer is set
_PROXY = "Name another in HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, or put the model's host into NO_PROXY."
_CUT_OFF = "the answer was cut off: it was too long"
_REFUSED = "the model refused to answer"


class Method(StrEnum):
    """How an endpoint is made to answer in a given shape. Servers differ; `ferryman doctor` tries the one set."""

    JSON_SCHEMA = "json_schema"  #: the server keeps the answer within the schema
    FUNCTION_CALLING = "function_calling"  #: the answer is the arguments of a tool
    JSON_MODE = "json_mode"  #: any JSON object; the prompt alone says which


@dataclass(frozen=True)
class Endpoint:
    """Where a model answers, and how it is asked."""

    name: str
    base_url: str = OPENAI
    key: str = field(default="", repr=False)
    method: Method = Method.JSON_SCHEMA
    timeout: float = 60.0  #: seconds without a sign of life
    answer_tokens: int = 1_000  #: the longest answer
    answer_seconds: float | None = None  #: for a whole answer; None: five times the timeout

    @property
    def longest(self) -> float:
        """Seconds for a whole answer."""
        return self.answer_seconds or _AT_MOST * self.timeout


@dataclass(frozen=True)
class Reply:
    """What came back: `data` where it was JSON, `text` as it was, `fault` why it cannot be used."""

    data: Any = None
    text: str = ""
    fault: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None
    pieces: int = 0  #: that it came in; 0: it was not streamed
    first: float | None = None  #: seconds until the first of them
    last: float = 0.0  #: seconds until the last
    seconds: float = 0.0  #: that the whole answer took
    model: str = ""  #: as the server names what answered


def chat_model(endpoint: Endpoint) -> BaseChatModel:
    """A LangChain chat model of that endpoint. Its own retries are off: ours know what a person decided."""
    from langchain_openai import ChatOpenAI
    from pydantic import SecretStr

    return ChatOpenAI(
        model=endpoint.name,
        base_url=endpoint.base_url,
        api_key=SecretStr(endpoint.key or NO_KEY),
        timeout=endpoint.timeout,
        max_retries=0,
        temperature=0,
        max_completion_tokens=endpoint.answer_tokens,
        use_responses_api=False,
        streaming=True,
        stream_usage=True,
        default_headers={"Connection": "close"},  # a line of its own for each question: it can be cut
        http_client=_lines(endpoint.timeout),
    )


def _lines(timeout: float) -> Any:
    """The HTTP client. Raises Unusable where the environment names a proxy that it cannot go through."""
    from openai import DefaultHttpxClient

    try:
        return DefaultHttpxClient(
            timeout=timeout,
            follow_redirects=False,  # what is asked goes to the address that was set, and to no other
            event_hooks={"request": [_watched], "response": [_refuse_strange]},
        )
    except (ImportError, ValueError) as error:
        raise Unusable("The proxy that the environment names cannot be used for the model.", _PROXY) from error


def _watched(request: Any) -> None:
    if (line := CURRENT.get(None)) is not None:
        line.watch(request)


def _refuse_strange(response: Any) -> None:
    """What says that all is well and is no chat completion: a web page, an error in the clothes of an answer."""
    line = CURRENT.get(None)
    if response.is_success and line is not None:
        line.straighten(response, bool(json.loads(response.request.content).get("stream")))


def asked(
    model: BaseChatModel,
    messages: Sequence[BaseMessage],
    schema: dict[str, Any],
    method: Method,
    patience: Patience,
) -> Reply:
    """Ask once. Raises Busy, Unusable or Interrupted; a bad answer is a Reply with a fault.

    Where the server refuses to stream, `model` stops asking for it.
    """
    try:
        return _answer(model, messages, schema, method, patience)
    except Unusable as error:
        if error.status not in _STREAMLESS or not getattr(model, "streaming", False):
            raise
    unstreamed = model.model_copy(update={"streaming": False})
    reply = _answer(unstreamed, messages, schema, method, patience)
    model.streaming = False  # type: ignore[attr-defined]  # the switch that was just read
    return reply


def _answer(
    model: BaseChatModel,
    messages: Sequence[BaseMessage],
    schema: dict[str, Any],
    method: Method,
    patience: Patience,
) -> Reply:
    from langchain_core.runnables.config import ensure_config, merge_configs

    extra: dict[str, Any] = {"strict": True} if method is Method.JSON_SCHEMA else {}
    runnable = model.with_structured_output(schema, method=method.value, include_raw=True, **extra)
    line = Line()
    config = merge_configs(ensure_config(), {"callbacks": [line]})  # beside what an embedder listens with

    def ask() -> Reply:
        return _read(lambda: typed(lambda: runnable.invoke(list(messages), config), line), line)

    reply = waited_for(line, ask, patience, lambda: gone(line), lambda: late(line, patience.longest))
    return replace(reply, pieces=line.pieces, first=line.first, last=line.last, seconds=line.seconds)


def _read(call: Any, line: Line) -> Reply:
    import openai

    try:
        found = call()
    except openai.LengthFinishReasonError as error:
        told = error.completion.usage
        prompt, answer = (told.prompt_tokens, told.completion_tokens) if told else (None, line.tokens)
        return Reply(fault=_CUT_OFF, input_tokens=prompt, output_tokens=answer)
    except openai.ContentFilterFinishReasonError:
        return Reply(fault=_REFUSED, output_tokens=line.tokens)
    raw, data = found["raw"], found["parsed"]
    usage = raw.usage_metadata or {}
    counts: dict[str, Any] = {"input_tokens": usage.get("input_tokens"), "output_tokens": usage.get("output_tokens")}
    counts["model"] = clean(str(raw.response_metadata.get("model_name") or ""))
    text = raw.content if isinstance(raw.content, str) else json.dumps(raw.content)
    if line.refused or raw.additional_kwargs.get("refusal"):
        return Reply(text=text, fault=_REFUSED, **counts)
    if raw.response_metadata.get("finish_reason") == "length":
        return Reply(text=text, fault=_CUT_OFF, **counts)
    if isinstance(data, dict):
        return Reply(data=data, text=text or json.dumps(data), **counts)
    fault = "the answer was empty" if not text.strip() else "the answer was not one JSON object of the schema"
    return Reply(data=_within(text), text=text, fault="" if _within(text) is not None else fault, **counts)


def _within(text: str) -> Any:
    """The one JSON object in a text that talks around it; None where there is none."""
    start = text.find("{")
    if start < 0:
        return None
    try:
        found, _ = json.JSONDecoder().raw_decode(text[start:])
    except (ValueError, RecursionError):  # broken, a number of thousands of digits, or too deep
        return None
    return found if isinstance(found, dict) else None
