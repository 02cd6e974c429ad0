"""A streamed answer as servers send it, in the one form that the client library reads.

Servers differ in what they leave out (`object`, `role`, `index`, the closing `[DONE]`), in what they repeat in each
chunk (the role, the tokens so far), and some send the whole answer at once. What is no answer raises:

    NoModel    a web page, or other text
    Garbled    an event that is no JSON, JSON that is no answer, or an error that the server sends in the middle
    Ended      it ends before the answer does
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

_FIELDS = ("data", "event", "id", "retry", "")  #: of a line, before its colon; a comment has none
_DONE = "[DONE]"
_OBJECT = "chat.completion.chunk"
_WHOLE = "{"  #: begins what is no stream, but an answer in one piece


class NoModel(Exception):
    """What answers is no model's server."""


class Garbled(Exception):
    """What comes is no part of an answer."""


class Ended(Exception):
    """The stream is over, and the answer is not."""


def uniform(received: Iterable[bytes], refused: Callable[[], object] = lambda: None) -> Iterator[bytes]:
    """The events of an answer, whole, each with its text only; the role first, the count of tokens last, then `[DONE]`.

    `refused` is told when the model refuses: the client library drops that.
    """
    usage, finished, any_choice, data = None, False, False, ""
    for data in _events(received):
        if data.startswith(_DONE):
            finished = finished or any_choice
            break
        chunk = _chunk(data)
        usage = chunk.pop("usage", None) or usage
        chunk["choices"] = [_choice(number, one) for number, one in enumerate(_dicts(chunk, "choices"))]
        if not chunk["choices"]:
            continue
        for one in chunk["choices"]:
            one["delta"] = one["delta"] if any_choice else {"role": "assistant"} | one["delta"]
        any_choice = True
        finished = finished or any(one.get("finish_reason") for one in chunk["choices"])
        if any(one["delta"].get("refusal") for one in chunk["choices"]):
            refused()
        yield _written(chunk)
    if not finished:
        raise Garbled if data.startswith(_WHOLE) and not any_choice else Ended
    if usage:
        yield _written({"choices": [], "usage": usage, "object": _OBJECT})
    yield f"data: {_DONE}\n\n".encode()


def _events(received: Iterable[bytes]) -> Iterator[str]:
    """The data of each event. An answer that came in one piece is one event."""
    data, kind, begun = list[str](), "", False
    lines = _lines(received)
    for line in lines:
        if not begun and line.lstrip().startswith(_WHOLE):
            yield "\n".join((line, *lines))
            return
        if not begun and line.partition(":")[0] not in _FIELDS:
            raise NoModel
        begun = begun or bool(line)
        name, _, value = line.partition(":")
        if name == "data":
            data.append(value.removeprefix(" "))
        elif name == "event":
            kind = value.strip()
        elif not line:
            if kind == "error":
                raise Garbled
            if data:
                yield "\n".join(data)
            data, kind = [], ""
    if data and kind != "error":
        yield "\n".join(data)


def _lines(received: Iterable[bytes]) -> Iterator[str]:
    """Line by line as they come, also where a piece ends in the middle of one."""
    rest = b""
    for piece in received:
        *whole, rest = (rest + piece).replace(b"\r\n", b"\n").split(b"\n")
        yield from (line.decode("utf-8", "replace") for line in whole)
    if rest:
        yield rest.decode("utf-8", "replace")


def _chunk(data: str) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except ValueError as error:
        raise Garbled from error
    if not isinstance(found, dict) or found.get("error"):
        raise Garbled
    return found | {"object": _OBJECT}


def _choice(number: int, choice: dict[str, Any]) -> dict[str, Any]:
    """A choice with its `delta`, which is the whole message where the server does not stream."""
    found = choice.get("delta") or choice.get("message")
    delta = {name: value for name, value in found.items() if name != "role"} if isinstance(found, dict) else {}
    if delta.get("tool_calls"):
        delta["tool_calls"] = [{"index": n} | call for n, call in enumerate(_dicts(delta, "tool_calls"))]
    rest = {name: value for name, value in choice.items() if name != "message"}
    return {"index": number} | rest | {"delta": delta}


def _dicts(holder: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The objects of a list; what is none, the client library could not read."""
    found = holder.get(name) or []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Garbled
    return found


def _written(chunk: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(chunk)}\n\n".encode()
