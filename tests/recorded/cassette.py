"""One cassette: what is kept of a request and an answer, when a request is the recorded one, and what a miss says.

A miss is a `Missed`: no Exception, so that no client, retry, repair or fallback takes it for a bad answer of a model.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from difflib import unified_diff
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from vcr import VCR
from vcr.cassette import Cassette

from ferryman.agents.advice import Adviser
from ferryman.agents.budget import Limits
from ferryman.agents.chunks import Ended, Garbled, NoModel, uniform
from ferryman.agents.client import Endpoint, Method, chat_model
from tests.checkout import ROOT

FOLDER = ROOT / "cassettes"
HOST = "http://model.invalid"  #: stands for whichever host it was recorded from
KEPT_HEADERS = frozenset(("content-type", "server"))  #: every other one stays out: keys, cookies, request ids
COMPARED = ("model", "messages", "response_format", "tools", "tool_choice", "stream", "stream_options")


class Missed(BaseException):
    """A question that the cassette has no answer to. It ends the test, whatever stands between."""


def scrubbed_request(request: Any) -> Any:
    """The request as it is kept: no host, and of its headers what is on the list."""
    request.uri = HOST + urlsplit(request.uri).path
    request.headers = _kept(request.headers)
    return request


def scrubbed_response(response: dict[str, Any]) -> dict[str, Any]:
    return {**response, "headers": _kept(response["headers"])}


SETTINGS: dict[str, Any] = {
    "match_on": ["question"],
    "decode_compressed_response": True,
    "before_record_request": scrubbed_request,
    "before_record_response": scrubbed_response,
}


def _kept(headers: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in headers.items() if name.lower() in KEPT_HEADERS}


def asked(request: Any) -> dict[str, Any]:
    """What a request asks, as far as it is compared: the model, the messages, the schema."""
    body = json.loads(request.body or b"{}")
    return {"method": request.method, "path": urlsplit(request.uri).path} | {
        name: body[name] for name in COMPARED if name in body
    }


def same_question(new: Any, recorded: Any) -> None:
    """A matcher for vcrpy. Raises AssertionError where the two ask different things."""
    if asked(new) != asked(recorded):
        raise AssertionError(difference(asked(recorded), asked(new)))


def difference(recorded: dict[str, Any], new: dict[str, Any]) -> str:
    """Two questions line by line, with the lines of their messages."""
    lines = unified_diff(_lines(recorded), _lines(new), "recorded", "asked now", lineterm="", n=2)
    return "\n".join(lines)


def _lines(question: Mapping[str, Any]) -> list[str]:
    told = [f"{question.get('method')} {question.get('path')}", f"model: {question.get('model')}"]
    for message in question.get("messages", []):
        told += [f"{message.get('role')}:", *(f"    {line}" for line in str(message.get("content")).splitlines())]
    rest = {name: question[name] for name in COMPARED[2:] if name in question}
    return [*told, *json.dumps(rest, indent=1, sort_keys=True, ensure_ascii=False).splitlines()]


def strict(cassette: Cassette) -> None:
    """From now on a question that this cassette cannot answer raises Missed, with the difference to the next one."""
    known: Callable[[Any], bool] = cassette.can_play_response_for

    def can_play(request: Any) -> bool:
        if known(request):
            return True
        raise Missed(_missed(cassette, request))

    cassette.can_play_response_for = can_play


def _missed(cassette: Cassette, request: Any) -> str:
    left = [stored for n, stored in enumerate(cassette.requests) if not cassette.play_counts[n]]
    what = f"{_name(cassette)} has no answer to this question."
    do = "If the prompt was meant to change: make cassettes STALE=1"
    if not left:
        return f"{what} All {len(cassette)} that it has were played. {do}\n{difference({}, asked(request))}"
    return f"{what} {do}\n{difference(asked(left[0]), asked(request))}"


def unplayed(cassette: Cassette) -> str:
    """Which recorded questions were not asked, in words; "" where all were."""
    left = [n + 1 for n in range(len(cassette)) if not cassette.play_counts[n]]
    return f"{_name(cassette)}: of {len(cassette)} recorded questions these were not asked: {left}" if left else ""


def _name(cassette: Cassette) -> str:
    path = Path(cassette.path)
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name


def tape(**more: Any) -> VCR:
    """A recorder that compares, scrubs and decodes as all cassettes do."""
    made = VCR(**SETTINGS, **more)
    made.register_matcher("question", same_question)
    return made


@contextmanager
def replaying(path: Path) -> Iterator[Adviser]:
    """The model of a cassette: nothing answers at its address, and there is no key."""
    with tape(record_mode="none").use_cassette(str(path)) as played:
        strict(played)
        yield adviser_of(path)


def adviser_of(path: Path) -> Adviser:
    endpoint = Endpoint(model_of(path), "http://127.0.0.1:9/v1", "placeholder", Method(method_of(path)))
    return Adviser(chat_model(endpoint), endpoint.name, endpoint.method, Limits(seconds=None))


def interactions(path: Path) -> list[dict[str, Any]]:
    """The recorded questions and answers of a file, oldest first; [] where there is none."""
    if not path.exists():
        return []
    found = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    return list(found.get("interactions", []))


def model_of(path: Path) -> str:
    """The model's name as the first recorded question has it; "recorded" for a file without any."""
    for one in interactions(path):
        return str(json.loads(one["request"]["body"]).get("model", "recorded"))
    return "recorded"


def method_of(path: Path) -> str:
    """How the model was made to answer in a given shape."""
    for one in interactions(path):
        body = json.loads(one["request"]["body"])
        if "tools" in body:
            return "function_calling"
        return str(body.get("response_format", {}).get("type", "json_schema")).replace("json_object", "json_mode")
    return "json_schema"


CALLS = {
    "Meaning": "understand",
    "Picks": "mapping",
    "Review": "review",
    "Explanation": "explain",
    "Recommendation": "recovery",
}


def tokens_by_call(paths: Iterable[Path]) -> dict[str, list[tuple[int, int]]]:
    """(prompt tokens, answer tokens) of every question by its call, as the server counted them; repairs left out."""
    found: dict[str, list[tuple[int, int]]] = {name: [] for name in CALLS.values()}
    for one in (one for path in paths for one in interactions(path)):
        body, tokens = json.loads(one["request"]["body"]), _tokens(one)
        if len(body["messages"]) == 2 and "response_format" in body and tokens != (0, 0):
            found[CALLS[body["response_format"]["json_schema"]["name"]]].append(tokens)
    return found


def tokens_of(path: Path) -> tuple[int, int]:
    """(prompt tokens, answer tokens) of all that a file holds, as the server counted them."""
    prompt, answer = zip(*map(_tokens, interactions(path)), strict=True)
    return sum(prompt), sum(answer)


def _tokens(interaction: dict[str, Any]) -> tuple[int, int]:
    """(prompt tokens, answer tokens) as the server counted them at the end of its stream; (0, 0) where it did not."""
    body = interaction["response"]["body"]["string"]
    received = body if isinstance(body, bytes) else body.encode()
    usage: dict[str, int] = {}
    with suppress(Ended, Garbled, NoModel):
        for event in uniform([received]):
            if event.startswith(b"data: {"):
                usage = json.loads(event.removeprefix(b"data: ")).get("usage") or usage
    return usage.get("prompt_tokens", 0), usage.get("completion_tokens", 0)


def names(paths: Iterable[Path]) -> list[str]:
    return sorted(f"{path.parent.name}/{path.stem}" for path in paths)
