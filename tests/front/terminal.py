"""A real pseudo-terminal with a command in it: what is typed goes through the terminal's own line discipline."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from tests.front.calling import command, environment

TIMEOUT = 60
ENTER, CTRL_C, CTRL_D = "\r", "\x03", "\x04"

_CODES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[()][A-Z0-9]|\x1b[=>78]|\x07")


class Terminal:
    """`python -m ferryman WORDS` at a terminal of its own, closed at the end of the block."""

    def __init__(self, *words: object, width: int = 100, env: Mapping[str, str] | None = None) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
        self.process = subprocess.Popen(
            command(*words),
            env=environment({"TERM": "xterm-256color", **(env or {})}),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0) and None,  # noqa: PLW1509 - nothing else can
        )
        os.close(slave)
        self.raw = ""
        self._seen = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._master)

    @property
    def text(self) -> str:
        """Everything that was shown so far, without control codes."""
        return _CODES.sub("", self.raw).replace("\r", "")

    @property
    def lines(self) -> list[str]:
        """What stands there in the end, line by line: what was drawn over is gone."""
        plain = _CODES.sub("", self.raw).split("\n")
        return [line.rstrip("\r").rpartition("\r")[2] for line in plain]

    def wait_for(self, text: str) -> str:
        """Until a text is shown that comes after the last one waited for; what stood between, and the text."""
        give_up = time.monotonic() + TIMEOUT
        while (place := self.text.find(text, self._seen)) < 0:
            assert time.monotonic() < give_up, f"{text!r} did not come:\n{self.text}"
            assert self._read(0.2), f"{text!r} did not come before the end:\n{self.text}"
        start, self._seen = self._seen, place + len(text)
        return self.text[start : self._seen]

    def type(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def say(self, line: str) -> None:
        """Type a line once the prompt is there."""
        self.wait_for("\n>")
        self.type(line + ENTER)

    def end(self) -> int:
        """Read to the end; the exit code."""
        while self._read(TIMEOUT):
            pass
        return self.process.wait(TIMEOUT)

    def _read(self, seconds: float) -> bool:
        """Take what is there; False at the end."""
        if not select.select([self._master], [], [], seconds)[0]:
            return True
        try:
            found = os.read(self._master, 65_536)
        except OSError:  # Linux: the other side is closed
            return False
        self.raw += found.decode(errors="replace")
        return bool(found)
