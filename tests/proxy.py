"""A line to a database server that goes wrong: between client and server, with a fault when it is asked for.

What a client sends is passed on as it is. `COMMIT` is told by its text, which PostgreSQL's and MariaDB's protocols
carry plainly as long as the line is not encrypted.
"""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from sqlalchemy import make_url

_AT_ONCE = 65_536


@dataclass
class Faults:
    """What goes wrong. Counted over all connections, from when it was set."""

    latency: float = 0.0  #: seconds before anything is passed on
    cut_after: int | None = None  #: bytes from the server, then every line is reset once
    lose_commit: int | None = None  #: the acknowledgement of so many-th COMMIT: done there, never heard of here
    lose_each: Iterator[bool] | None = None  #: for one COMMIT after the other, whether its acknowledgement is lost
    drop_each: Iterator[bool] | None = None  #: for one message of a client after the other, whether it is cut off
    stays_away: bool = False  #: after the first fault nobody gets through any more
    struck: int = 0  #: faults that came to pass


@dataclass
class Proxy:
    """Use as a context manager; `url` is that of the server, through the proxy."""

    server: str
    faults: Faults = field(default_factory=Faults)

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lines: list[tuple[socket.socket, socket.socket]] = []
        self._lock = threading.Lock()
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.close()
        self._reset()

    @property
    def url(self) -> str:
        host, port = self._listener.getsockname()
        return make_url(self.server).set(host=host, port=port).render_as_string(hide_password=False)

    def _serve(self) -> None:
        there = make_url(self.server)
        assert there.host and there.port
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self.faults.stays_away and self.faults.struck:
                    _reset(client)
                    continue
                server = socket.create_connection((there.host, there.port))
                with self._lock:
                    self._lines.append((client, server))
                line = _Line(self, client, server)
                threading.Thread(target=line.from_client, daemon=True).start()
                threading.Thread(target=line.from_server, daemon=True).start()

    def _reset(self) -> None:
        with self._lock:
            lines, self._lines = self._lines, []
        for line in lines:
            for end in line:
                _reset(end)

    def next(self, whether: Iterator[bool]) -> bool:
        """The next of a choice that all lines share; no more when it has ended."""
        with self._lock:
            return next(whether, False)

    def strike(self) -> None:
        """Reset every line that is open."""
        self.faults.struck += 1
        self._reset()


@dataclass
class _Line:
    proxy: Proxy
    client: socket.socket
    server: socket.socket
    losing: bool = False  #: what the server says next is not passed on

    def from_client(self) -> None:
        faults = self.proxy.faults
        with suppress(OSError):
            while data := self.client.recv(_AT_ONCE):
                time.sleep(faults.latency)
                if faults.drop_each is not None and self.proxy.next(faults.drop_each):
                    faults.struck += 1
                    break
                self.losing = b"COMMIT" in data[:16].upper() and self._loses(faults)
                self.server.sendall(data)
        self._end()

    def _loses(self, faults: Faults) -> bool:
        if faults.lose_each is not None:
            return self.proxy.next(faults.lose_each)
        if faults.lose_commit is not None:
            faults.lose_commit -= 1
        return faults.lose_commit == 0

    def from_server(self) -> None:
        faults = self.proxy.faults
        with suppress(OSError):
            while data := self.server.recv(_AT_ONCE):
                if self.losing:
                    faults.lose_commit = None
                    faults.struck += 1
                    break
                if faults.cut_after is not None:
                    faults.cut_after -= len(data)
                    if faults.cut_after <= 0:
                        faults.cut_after = None
                        self.client.sendall(data[: len(data) // 2])
                        self.proxy.strike()
                        break
                time.sleep(faults.latency)
                self.client.sendall(data)
        self._end()

    def _end(self) -> None:
        for end in (self.client, self.server):
            _reset(end)


def _reset(end: socket.socket) -> None:
    """Close so that the other side is told of an error, not of an end."""
    with suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        end.shutdown(socket.SHUT_RDWR)
    end.close()
