"""An answer as servers send it, streamed or not, in the one form that the client library reads.

Servers differ in what they leave out (`object`, `role`, `index`, the closing `[DONE]`), in what they repeat in each
chunk (the role, the tokens so far), and some send the whole answer at once. Only what is read of an answer goes on,
each field of its own type: the client library takes the rest on trust, and breaks on it. What is no answer raises:

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
_WHOLE = "{"  #: begins what is no stream, but an answer in one piece
_LONGEST = 64_000_000  #: bytes of an answer


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
    for data in _events(_no_longer_than(_LONGEST, received)):
        if data.startswith(_DONE):
            finished = finished or any_choice
            break
        chunk = _read(data)
        usage = _usage(chunk) or usage
        choice = _choice(chunk)
        if choice is None:
            continue
        said, why = _said(choice), _ended(choice)
        finished = finished or bool(why)
        if said.get("refusal"):
            refused()
        delta = said if any_choice else {"role": "assistant"} | said
        any_choice = True
        yield _event(chunk, choices=[{"index": 0, "delta": delta, "finish_reason": why}])
    if not finished:
        raise Garbled if data.startswith(_WHOLE) and not any_choice else Ended
    if usage:
        yield _event({}, choices=[], usage=usage)
    yield f"data: {_DONE}\n\n".encode()


def whole(received: Iterable[bytes]) -> bytes:
    """An answer that was not asked for as a stream."""
    found = b"".join(_no_longer_than(_LONGEST, received))
    if not found.lstrip().startswith(_WHOLE.encode()):
        raise NoModel
    answer = _read(found.decode("utf-8", "replace"))
    choice = _choice(answer)
    if choice is None:
        raise Garbled
    message = {"role": "assistant", "content": None} | _said(choice)
    calls = message.get("tool_calls", ())
    if any(not _is_object(call["function"]["arguments"]) for call in calls):  # the library would break on it
        del message["tool_calls"]
        message["content"] = "".join(call["function"]["arguments"] for call in calls)
    told = {"index": 0, "message": message, "finish_reason": _ended(choice) or "stop"}
    return _written(answer, "chat.completion", {"choices": [told], "usage": _usage(answer)})


def _no_longer_than(most: int, received: Iterable[bytes]) -> Iterator[bytes]:
    for piece in received:
        most -= len(piece)
        if most < 0:
            raise Garbled
        yield piece


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


def _read(data: str) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Garbled from error
    if not isinstance(found, dict) or found.get("error"):
        raise Garbled
    return found


def _choice(answer: dict[str, Any]) -> dict[str, Any] | None:
    """The first choice; one was asked for."""
    found = _objects(answer.get("choices"))
    return next((one for one in found if one.get("index") in (0, None)), None)


def _said(choice: dict[str, Any]) -> dict[str, Any]:
    """What a choice says: its `delta`, or the whole message where the server does not stream."""
    found = choice.get("delta") or choice.get("message") or {}
    if not isinstance(found, dict):
        raise Garbled
    told: dict[str, Any] = {name: _text(found.get(name)) for name in ("content", "refusal")}
    told["tool_calls"] = [_call(number, call) for number, call in enumerate(_objects(found.get("tool_calls")))]
    return {name: value for name, value in told.items() if value}


def _text(found: Any) -> str:
    """A text, or one in parts."""
    if isinstance(found, list):
        return "".join(_text(part.get("text")) for part in _objects(found))
    if not isinstance(found, str | None):
        raise Garbled
    return (found or "").encode("utf-8", "replace").decode()  # half a character is none


def _call(number: int, call: dict[str, Any]) -> dict[str, Any]:
    """A call of a tool. Some servers give its arguments as an object."""
    function, place = call.get("function"), call.get("index", number)
    if not isinstance(function, dict) or not isinstance(place, int):
        raise Garbled
    given = function.get("arguments")
    arguments = json.dumps(given) if isinstance(given, dict) else _text(given)
    told: dict[str, Any] = {"index": place, "function": {"arguments": arguments}}
    if call.get("id") or function.get("name"):
        told |= {"id": _text(call.get("id")) or f"call_{place}", "type": "function"}
        told["function"]["name"] = _text(function.get("name"))
    return told


def _is_object(arguments: str) -> bool:
    try:
        return isinstance(json.loads(arguments), dict)
    except (ValueError, RecursionError):
        return False


def _ended(choice: dict[str, Any]) -> str | None:
    """Why the answer ends with this; None: it goes on."""
    found = choice.get("finish_reason")
    return found if isinstance(found, str | None) else "stop"


def _usage(answer: dict[str, Any]) -> dict[str, int] | None:
    """The tokens as the server counted them; None where it has not, or no question has so many."""
    found = answer.get("usage")
    if not isinstance(found, dict):
        return None
    prompt, said = found.get("prompt_tokens"), found.get("completion_tokens")
    if not isinstance(prompt, int) or not isinstance(said, int) or prompt <= 0 or said < 0:
        return None
    return {"prompt_tokens": prompt, "completion_tokens": said, "total_tokens": prompt + said}


def _objects(found: Any) -> list[dict[str, Any]]:
    """The objects of a list; what is none, the client library could not read."""
    if not isinstance(found or [], list) or not all(isinstance(one, dict) for one in found or []):
        raise Garbled
    return list(found or [])


def _event(chunk: dict[str, Any], **told: Any) -> bytes:
    return b"data: " + _written(chunk, "chat.completion.chunk", told) + b"\n\n"


def _written(answer: dict[str, Any], kind: str, told: dict[str, Any]) -> bytes:
    model = answer.get("model")
    about = {"id": "", "object": kind, "created": 0, "model": model if isinstance(model, str) else ""}
    return json.dumps(about | told).encode()
