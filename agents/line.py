"""The line that a question goes out on: cut by whoever does not wait, watched for how far its answer is.

The question is asked in a thread of its own. What can be cut at once is a connection of ours; a chat model that an
embedder brings ends at its next piece, where it streams, and is else left behind: its thread ends with its answer.
"""

from __future__ import annotations

import contextvars
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from langchain_core.callbacks import BaseCallbackHandler

from ferryman.agents.chunks import uniform, whole

POLL = 0.1  #: seconds between two looks at whether the person has pressed Ctrl-C, and at how far the answer is
BYTES_A_TOKEN = 4  #: of a piece that holds several
#: Steps of a request that still end it once it is cut. What comes later, the connection that is shut ends; an error
#: raised while that is tidied up would be printed.
_BEFORE = ("connect_tcp.complete", "start_tls.complete", "send_request_headers.started", "send_request_body.started")

Result = TypeVar("Result")
Overdue = Callable[[], BaseException]


class _LeftBehind(BaseException):
    """Nobody waits for this answer any more. No Exception, so that no client takes it for a fault and tries again."""


@dataclass(frozen=True)
class Patience:
    """How long an answer is waited for, and who is told how far it is."""

    stop: threading.Event  #: the person's Ctrl-C
    longest: float = 300.0  #: seconds for a whole answer, however lively it drips
    written: Callable[[int], object] = lambda tokens: None  #: told the tokens so far, in the thread that waits


class Line(BaseCallbackHandler):
    """One question on its way, and what has come of its answer."""

    def __init__(self) -> None:
        self._streams: list[Any] = []  #: the connection; the same one again once it is encrypted
        self._cut = False
        self._ours = self._sent = False
        self._pieces: list[str] = []
        self._began = time.monotonic()
        self.first: float | None = None  #: seconds until the first piece
        self.last = 0.0  #: seconds until the last one
        self.refused = False

    @property
    def seconds(self) -> float:
        """Since the question went out."""
        return time.monotonic() - self._began

    @property
    def received(self) -> str:
        """The answer so far."""
        return "".join(self._pieces)

    @property
    def pieces(self) -> int:
        return len(self._pieces)

    @property
    def tokens(self) -> int:
        """Of the answer so far, about: a piece is one, or by its length where a server sends several at once."""
        return max(self.pieces, len(self.received.encode()) // BYTES_A_TOKEN)

    @property
    def taken(self) -> bool:
        """Whether the server has the question, so that it costs. Of a chat model with lines of its own: likely."""
        return self._sent or not self._ours

    @property
    def ours(self) -> bool:
        """Whether it went out through our own client, whose every error is known."""
        return self._ours

    def on_llm_new_token(self, token: Any, *, chunk: Any = None, **_: Any) -> None:
        """Told by LangChain at each piece, in the thread that asks."""
        if self._cut:
            raise _LeftBehind
        calls = getattr(getattr(chunk, "message", None), "tool_call_chunks", ())
        piece = f"{token if isinstance(token, str) else ''}{''.join(call.get('args') or '' for call in calls)}"
        if piece:
            self.last = self.seconds
            self.first = self.last if self.first is None else self.first
            self._pieces.append(piece)

    def trace(self, name: str, info: Mapping[str, Any]) -> None:
        """Told by the HTTP library at each step of a request, in the thread that asks."""
        if name in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._streams.append(info["return_value"])
        self._sent = self._sent or name.endswith("send_request_body.complete")
        if self._cut and name.endswith(_BEFORE):
            raise _LeftBehind

    def watch(self, request: Any) -> None:
        """Follow a request of our own client."""
        self._ours, self._began = True, time.monotonic()
        request.extensions["trace"] = self.trace

    def straighten(self, response: Any, stream: bool) -> None:
        """Give the client library the answer in the form that it reads. Called before any of it was read."""
        received = response.iter_bytes
        response.iter_bytes = lambda: uniform(received(), self._refuse) if stream else iter((whole(received()),))
        if not stream:
            response.read()

    def _refuse(self) -> None:
        self.refused = True

    def cut(self) -> None:
        """End the request, from another thread: closing alone would leave the one that reads waiting."""
        self._cut = True
        for stream in reversed(self._streams):
            with suppress(OSError):
                stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)


CURRENT: contextvars.ContextVar[Line] = contextvars.ContextVar("the line of the question that this thread asks")


def waited_for(line: Line, call: Callable[[], Result], patience: Patience, gone: Overdue, late: Overdue) -> Result:
    """The call's result, from a thread of its own. Raises `gone` on Ctrl-C, `late` past the longest time."""
    done = threading.Event()
    got: list[Result] = []
    wrong: list[BaseException] = []

    def work() -> None:
        CURRENT.set(line)
        try:
            got.append(call())
        except BaseException as error:  # handed to the thread that waits, which raises it
            wrong.append(error)
        finally:
            done.set()

    inherited = contextvars.copy_context()
    until, told = time.monotonic() + patience.longest, 0
    threading.Thread(target=inherited.run, args=(work,), name="model", daemon=True).start()
    while not done.wait(POLL):
        if patience.stop.is_set() or time.monotonic() > until:
            line.cut()
            raise gone() if patience.stop.is_set() else late()
        if line.tokens > told:
            told = line.tokens
            patience.written(told)
    if wrong:
        raise wrong[0]
    return got[0]
