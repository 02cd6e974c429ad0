"""Calls the command line, as a process of its own or here, and looks at everything that comes out of it."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from ferryman.cli import app
from ferryman.commands.edge import guarded

TIMEOUT = 120


@dataclass(frozen=True)
class Called:
    """What a command left."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one JSON object on standard output; anything beside it is an error."""
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found

    @property
    def lines(self) -> list[str]:
        return self.err.splitlines()


def call(
    *words: object,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    before: Callable[[], None] | None = None,
) -> Called:
    """Run a command line to its end. `before` runs in the child, as for a limit on the size of files."""
    done = subprocess.run(
        command(*words),
        cwd=cwd,
        env=environment(env),
        preexec_fn=before,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    return Called(done.returncode, done.stdout, done.stderr)


def here(*words: object) -> Called:
    """The same without a process, where none is needed: most of a short command's time is its imports."""
    command = typer.main.get_command(app)
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), _stdin(io.StringIO()):
        code = guarded(
            lambda args: command.main(args, "ferryman", standalone_mode=False), [str(word) for word in words]
        )
    return Called(code, out.getvalue(), err.getvalue())


@contextmanager
def _stdin(stream: io.StringIO) -> Iterator[None]:
    before, sys.stdin = sys.stdin, stream
    try:
        yield
    finally:
        sys.stdin = before


def start(*words: object, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """Start a command line and go on; for what is done to a running process."""
    return subprocess.Popen(
        command(*words),
        env=environment(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "ferryman", *map(str, words)]


def environment(more: Mapping[str, str] | None) -> dict[str, str]:
    return {**os.environ, **(more or {})}


def refused(done: Called, code: int) -> list[str]:
    """The two lines of an error: what happened, what to do. No traceback, nothing on standard output."""
    assert done.code == code, done.err
    assert "Traceback" not in done.err
    assert done.out == ""
    last = done.lines[-2:]
    assert len(last) == 2
    assert all(line.strip() for line in last), done.err
    return last


def pair(source: Path, target: Path) -> tuple[str, ...]:
    return ("--source", str(source), "--target", str(target))


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
