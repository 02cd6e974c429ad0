"""A `ferryman` command in a process of its own, which is killed at a moment of our choosing.

Started afresh it is what a person starts. Forked from this process, which has the program loaded already, it runs the
same command line and dies the same way, a second or two sooner; so many more fit into a minute.
"""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import ferryman.commands.quarantine
import ferryman.commands.run
import ferryman.commands.undo  # noqa: F401 (what a fork has loaded already)
from ferryman.cli import main

POLL = 0.001  #: seconds between two looks at a process
_ROOT = Path(__file__).resolve().parents[2]
_PATIENCE = 600.0  #: seconds after which a process that does not end is a finding of its own


@dataclass
class Victim:
    """A process that was started."""

    pid: int
    began: float
    log: Path  #: its standard error
    output: Path
    code: int | None = None  #: its exit code, minus the signal's number when it was killed

    def ended(self) -> bool:
        """Whether it is over; never waits."""
        if self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.code = os.waitstatus_to_exitcode(status)
        return self.code is not None

    def wait(self) -> int:
        """Its exit code. One that does not end is killed."""
        while not self.ended():
            if time.monotonic() - self.began > _PATIENCE:
                os.kill(self.pid, signal.SIGKILL)
            time.sleep(POLL)
        assert self.code is not None
        return self.code

    def sleep(self, seconds: float) -> None:
        """Let it live so long, or to its own end."""
        until = time.monotonic() + seconds
        while not self.ended() and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, POLL))

    def kill(self) -> bool:
        """SIGKILL; whether it was alive until then."""
        if not self.ended():
            os.kill(self.pid, signal.SIGKILL)
            self.wait()
        return self.code == -signal.SIGKILL

    @property
    def said(self) -> str:
        """What it said last on standard error."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-6:])


def begin(folder: Path, *words: str, fork: bool, failpoint: str = "") -> Victim:
    """Start `ferryman WORDS` in a folder."""
    log, output = folder / "stderr.txt", folder / "stdout.txt"
    more = {"FERRYMAN_FAILPOINT": failpoint, "PYTHONPATH": str(_ROOT)}
    began = time.monotonic()
    pid = _forked(folder, words, log, output, more) if fork else _spawned(folder, words, log, output, more)
    return Victim(pid, began, log, output)


def call(folder: Path, *words: str, fork: bool, failpoint: str = "") -> Victim:
    """The same, to its end."""
    victim = begin(folder, *words, fork=fork, failpoint=failpoint)
    victim.wait()
    return victim


def _forked(folder: Path, words: tuple[str, ...], log: Path, output: Path, more: Mapping[str, str]) -> int:
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        _redirect(log, output)
        os.chdir(folder)
        os.environ |= more
        sys.argv = ["ferryman", *words]
        main()
    except SystemExit as end:
        code = int(end.code or 0)
    except BaseException:
        traceback.print_exc()
    os._exit(code)


def _redirect(log: Path, output: Path) -> None:
    sys.stdin = open(os.devnull)  # noqa: SIM115 (it lives as long as the process)
    sys.stdout, sys.stderr = output.open("w"), log.open("w")


def _spawned(folder: Path, words: tuple[str, ...], log: Path, output: Path, more: Mapping[str, str]) -> int:
    files = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
        (os.POSIX_SPAWN_OPEN, 2, log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
    ]
    command = [sys.executable, "-c", _IN, str(folder), *words]
    return os.posix_spawn(sys.executable, command, os.environ | more, file_actions=files)


_IN = "import os, sys; os.chdir(sys.argv.pop(1)); from ferryman.cli import main; main()"


class Log:
    """The events of all runs of a folder, read as they are written. What was read is not read again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / ".ferryman" / "runs"
        self._read: dict[Path, int] = {}

    def new(self) -> Iterator[str]:
        """Whole lines that came since the last look."""
        for path in sorted(self.folder.glob("*/events.jsonl")):
            with path.open("rb") as file:
                file.seek(self._read.get(path, 0))
                text = file.read()
            whole = text[: text.rfind(b"\n") + 1]
            self._read[path] = self._read.get(path, 0) + len(whole)
            yield from whole.decode(errors="replace").splitlines()

    def forget(self) -> None:
        """The folder was taken away."""
        self._read.clear()
