"""The model behind an OpenAI-compatible endpoint: one question, one structured answer, one typed error.

    Busy          Transient: no answer in time, a dropped connection, 408, 409, 429, 5xx: worth another try
    Unusable      Permanent: 401, 403, 404, 400: the same question will never be answered
    Interrupted   the person pressed Ctrl-C

Anything else passes through as it is: it is no fault of a model's, and nobody shall take it for one.
"""

from __future__ import annotations

import contextvars
import json
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ferryman.domain.errors import FerrymanError, Permanent, Transient

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

OPENAI = "https://api.openai.com/v1"
_ADDRESS = "Check FERRYMAN_MODEL and FERRYMAN_MODEL_BASE_URL (which mostly ends in /v1)."
_POLL = 0.1  #: seconds between two looks at whether the person has pressed Ctrl-C


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


class Busy(Transient):
    """The model did not answer this time. `wait` is what the server asks for, in seconds, where it says so."""

    def __init__(self, what: str, do: str = "", *, wait: float | None = None) -> None:
        super().__init__(what, do)
        self.wait = wait


class Unusable(Permanent):
    """The model cannot be asked with these settings."""

    exit_code = 4


class Interrupted(FerrymanError):
    """The person did not want to wait."""

    exit_code = 130


@dataclass(frozen=True)
class Reply:
    """What came back: `data` where it was JSON, `text` as it was, `fault` why it cannot be used."""

    data: Any = None
    text: str = ""
    fault: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None


def chat_model(endpoint: Endpoint) -> BaseChatModel:
    """A LangChain chat model of that endpoint. Its own retries are off: ours know what a person decided."""
    from langchain_openai import ChatOpenAI
    from openai import DefaultHttpxClient
    from pydantic import SecretStr

    return ChatOpenAI(
        model=endpoint.name,
        base_url=endpoint.base_url,
        api_key=SecretStr(endpoint.key or "none"),
        timeout=endpoint.timeout,
        max_retries=0,
        temperature=0,
        max_completion_tokens=endpoint.answer_tokens,
        use_responses_api=False,
        default_headers={"Connection": "close"},  # a line of its own for each question: it can be cut
        http_client=DefaultHttpxClient(
            timeout=endpoint.timeout, event_hooks={"request": [_watched], "response": [_refuse_strange]}
        ),
    )


def _refuse_strange(response: Any) -> None:
    """What says 200 and is no chat completion: a web page, another service, an error in the clothes of an answer."""
    if response.status_code != 200:
        return
    try:
        found = json.loads(response.read())
    except ValueError as error:
        raise Unusable("What answers there is no model: it sends a page, or other text.", _ADDRESS) from error
    if not isinstance(found, dict) or not found.get("choices"):
        raise Busy("The model's server sends something else than an answer.", _ADDRESS)


class _Line:
    """The connection that a question went out on. Whoever does not wait for the answer cuts it."""

    def __init__(self) -> None:
        self._streams: list[Any] = []  #: the connection; the same one again once it is encrypted
        self._cut = False

    def trace(self, name: str, info: Mapping[str, Any]) -> None:
        """Told by the HTTP library at each step of a request, in its thread."""
        if name in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._streams.append(info["return_value"])
        if self._cut:
            raise Interrupted("The model's answer was not waited for.")

    def cut(self) -> None:
        """End the request, from another thread: closing alone would leave the one that reads waiting."""
        self._cut = True
        for stream in reversed(self._streams):
            with suppress(OSError):
                stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)


_LINE: contextvars.ContextVar[_Line] = contextvars.ContextVar("the line of the question that this thread asks")


def _watched(request: Any) -> None:
    line = _LINE.get(None)
    if line is not None:
        request.extensions["trace"] = line.trace


def asked(
    model: BaseChatModel,
    messages: Sequence[BaseMessage],
    schema: dict[str, Any],
    method: Method,
    stop: threading.Event,
) -> Reply:
    """Ask once. Raises Busy, Unusable or Interrupted; a bad answer is a Reply with a fault."""
    extra: dict[str, Any] = {"strict": True} if method is Method.JSON_SCHEMA else {}
    runnable = model.with_structured_output(schema, method=method.value, include_raw=True, **extra)
    return _read(_unless_stopped(lambda: _typed(lambda: runnable.invoke(list(messages))), stop))


def _read(found: Any) -> Reply:
    if isinstance(found, Reply):
        return found
    raw, data = found["raw"], found["parsed"]
    usage = raw.usage_metadata or {}
    counts: dict[str, Any] = {"input_tokens": usage.get("input_tokens"), "output_tokens": usage.get("output_tokens")}
    text = raw.content if isinstance(raw.content, str) else json.dumps(raw.content)
    if raw.additional_kwargs.get("refusal"):
        return Reply(text=text, fault="the model refused to answer", **counts)
    if raw.response_metadata.get("finish_reason") == "length":
        return Reply(text=text, fault="the answer was cut off: it was too long", **counts)
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
    except json.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None


def _typed(call: Callable[[], Any]) -> Any:
    """The call's result, or its error as one of ours; an answer that was cut off is a Reply with that fault."""
    import openai

    try:
        return call()
    except openai.LengthFinishReasonError as error:
        usage = error.completion.usage
        return Reply(
            fault="the answer was cut off: it was too long",
            input_tokens=usage.prompt_tokens if usage else None,
            output_tokens=usage.completion_tokens if usage else None,
        )
    except openai.ContentFilterFinishReasonError:
        return Reply(fault="the model refused to answer")
    except openai.APITimeoutError as error:
        raise Busy("The model did not answer in time.", "FERRYMAN_MODEL_TIMEOUT gives it longer.") from error
    except openai.APIStatusError as error:
        raise _of_status(error.status_code, error.response.headers.get("retry-after")) from error
    except openai.APIConnectionError as error:
        if isinstance(error.__cause__, FerrymanError):
            raise error.__cause__ from error
        raise Busy("The model cannot be reached.", "Check FERRYMAN_MODEL_BASE_URL, and that it is running.") from error
    except openai.APIError as error:
        raise Busy("The model's answer broke off.") from error


def _of_status(status: int, retry_after: str | None) -> FerrymanError:
    if status in (408, 409, 425, 429) or (status >= 500 and status not in (501, 505)):
        return Busy(f"The model's server says {status}.", "It is busy or ill.", wait=_seconds(retry_after))
    told = {
        401: "The model's server does not take the key.",
        403: "The model's server does not let this key use this model.",
        404: "The model's server does not know this model, or answers at another address.",
    }
    what = told.get(status, f"The model's server does not take the question: it says {status}.")
    mend = {
        401: "Set FERRYMAN_MODEL_KEY.",
        403: "Set FERRYMAN_MODEL_KEY, or FERRYMAN_MODEL to one that it may use.",
        404: _ADDRESS,
        501: _ADDRESS,
        505: _ADDRESS,
    }
    return Unusable(what, mend.get(status, "Try another FERRYMAN_MODEL_METHOD; `ferryman doctor` tells them apart."))


def _seconds(retry_after: str | None) -> float | None:
    """Retry-After in seconds. A date there is not read: our own waiting time stands in."""
    try:
        return max(float(retry_after), 0.0) if retry_after else None
    except ValueError:
        return None


def _unless_stopped(call: Callable[[], Any], stop: threading.Event) -> Any:
    """The call's result, from a thread of its own: on Ctrl-C its connection is cut. A chat model that an embedder
    brought has connections of its own; its answer is left behind."""
    done, line = threading.Event(), _Line()
    got: list[Any] = []
    wrong: list[BaseException] = []

    def work() -> None:
        _LINE.set(line)
        try:
            got.append(call())
        except BaseException as error:  # handed to the thread that waits, which raises it
            wrong.append(error)
        finally:
            done.set()

    inherited = contextvars.copy_context()
    threading.Thread(target=inherited.run, args=(work,), name="model", daemon=True).start()
    while not done.wait(_POLL):
        if stop.is_set():
            line.cut()
            raise Interrupted("The model's answer was not waited for.")
    if wrong:
        raise wrong[0]
    return got[0]
