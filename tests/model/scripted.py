"""A scripted model: an HTTP server on this machine that plays what a test wrote, through the real client.

    with Scripted(says({"meaning": "ask", ...}), status(429, {"Retry-After": "0"})) as server:
        adviser = server.adviser()

Each turn answers one request; a request too many is answered with 599, and `requests` keeps every body that came.
A completion goes out in pieces where the request says `stream`, as real servers do it.
"""

from __future__ import annotations

import json
import select
import socket
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from ferryman.agents.advice import Adviser
from ferryman.agents.budget import Limits
from ferryman.agents.client import Endpoint, Method, chat_model

MODEL = "scripted"


@dataclass(frozen=True)
class Turn:
    """What one request gets back."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    drop: bool = False  #: the connection ends in the middle of the body
    pieces: tuple[bytes, ...] = ()  #: of the body, each sent `pause` seconds after the last
    pause: float = 0.0


Script = Turn | Callable[[dict[str, Any]], Turn]


def completion(content: str | None, *, finish: str = "stop", refusal: str | None = None, tools: Any = None) -> Turn:
    """An answer as an OpenAI-compatible server gives it."""
    message: dict[str, Any] = {"role": "assistant", "content": content, "refusal": refusal}
    if tools is not None:
        message["tool_calls"] = tools
    made = {
        "id": "scripted",
        "object": "chat.completion",
        "created": 0,
        "model": MODEL,
        "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": None}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110},
    }
    return Turn(body=json.dumps(made).encode(), headers={"Content-Type": "application/json"})


def says(data: Any) -> Turn:
    return completion(json.dumps(data))


DONE = b"data: [DONE]\n\n"
SSE = {"Content-Type": "text/event-stream"}


def chunk(delta: dict[str, Any] | None = None, *, finish: str | None = None, **more: Any) -> bytes:
    """One event of a streamed answer; without a delta it has no choices."""
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    made = {"id": "scripted", "object": "chat.completion.chunk", "created": 0, "model": MODEL, "choices": choices}
    return b"data: " + json.dumps(made | more).encode() + b"\n\n"


def streamed(turn: Turn) -> Turn:
    """A completion in pieces of a few letters: the role, its text or the arguments of its call, why it ends, tokens."""
    whole = json.loads(turn.body)
    message, finish = whole["choices"][0]["message"], whole["choices"][0]["finish_reason"]
    parts = [chunk({"role": "assistant", "content": None})]
    parts += [chunk({name: text}) for name in ("content", "refusal") for text in _few(message.get(name) or "")]
    for number, call in enumerate(message.get("tool_calls") or ()):
        named = {**call, "index": number, "function": {**call["function"], "arguments": ""}}
        texts = _few(call["function"]["arguments"])
        parts.append(chunk({"tool_calls": [named]}))
        parts += [chunk({"tool_calls": [{"index": number, "function": {"arguments": text}}]}) for text in texts]
    parts += [chunk({}, finish=finish), chunk(usage=whole["usage"]), DONE]
    return replace(turn, headers=turn.headers | SSE, pieces=tuple(parts))


def _few(text: str) -> list[str]:
    return [text[start : start + 4] for start in range(0, len(text), 4)]


def status(code: int, headers: dict[str, str] | None = None) -> Turn:
    body = json.dumps({"error": {"message": "scripted", "type": "scripted"}}).encode()
    return Turn(code, body, {"Content-Type": "application/json"} | (headers or {}))


def shape_of(body: dict[str, Any]) -> str:
    """Which answer a request asks for: the name of its schema."""
    if "response_format" in body:
        return str(body["response_format"].get("json_schema", {}).get("name", "json"))
    return str(body["tools"][0]["function"]["name"])


def by_shape(**answers: Any) -> Callable[[dict[str, Any]], Turn]:
    """Answers each request by the shape that it asks for, e.g. by_shape(Meaning={...}); 599 for any other."""

    def turn(body: dict[str, Any]) -> Turn:
        shape = shape_of(body)
        return says(answers[shape]) if shape in answers else status(599)

    return turn


class Scripted:
    """The server, while a `with` lasts."""

    def __init__(self, *script: Script, always: Script | None = None) -> None:
        self.script = list(script)
        self.always = always
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.hung_up = threading.Event()  #: somebody did not wait for the answer
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    @property
    def sent(self) -> str:
        """Every text that any request held."""
        return "\n".join(json.dumps(request, ensure_ascii=False) for request in self.requests)

    def adviser(
        self, method: Method = Method.JSON_SCHEMA, *, timeout: float = 5.0, longest: float = 60.0, **limits: Any
    ) -> Adviser:
        """An adviser that asks this server through the real client."""
        model = chat_model(Endpoint(MODEL, self.url, method=method, timeout=timeout))
        return Adviser(model=model, name=MODEL, method=method, limits=Limits(**limits), answer_seconds=longest)

    def turn(self, body: dict[str, Any], headers: Iterable[tuple[str, str]]) -> Turn:
        with self._lock:
            self.requests.append(body)
            self.headers.append(dict(headers))
            step = self.script.pop(0) if self.script else self.always or status(599)
        made = step if isinstance(step, Turn) else step(body)
        whole = body.get("stream") and not made.pieces and made.body.startswith(b'{"id": "scripted"')
        return streamed(made) if whole else made

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                turn = server.turn(body, self.headers.items())
                if select.select([self.connection], [], [], turn.delay)[0]:
                    server.hung_up.set()
                    self.close_connection = True
                    return
                self.send_response(turn.status)
                for name, value in turn.headers.items():
                    self.send_header(name, value)
                if turn.pieces:
                    self.close_connection = True
                    self.send_header("Transfer-Encoding", "chunked")
                    self.end_headers()
                    self._piecemeal(turn)
                    return
                self.send_header("Content-Length", str(len(turn.body)))
                self.end_headers()
                if turn.drop:
                    self.wfile.write(turn.body[: len(turn.body) // 2])
                    self.wfile.flush()
                    self.connection.shutdown(socket.SHUT_RDWR)
                    self.close_connection = True
                    return
                self.wfile.write(turn.body)

            def _piecemeal(self, turn: Turn) -> None:
                for number, piece in enumerate(turn.pieces):
                    if select.select([self.connection], [], [], turn.pause if number else 0.0)[0]:
                        server.hung_up.set()
                        return
                    with suppress(OSError):
                        self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
                        self.wfile.flush()
                if turn.drop:
                    self.connection.shutdown(socket.SHUT_RDWR)
                else:
                    self.wfile.write(b"0\r\n\r\n")

            def log_message(self, *_: object) -> None:
                pass

        return Handler
