"""A benchmark's work in a process of its own, so that its memory is its own and nothing is warm from before."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
_LINES_SHOWN = 20  #: of a failed child's standard error


class Failed(Exception):
    """A child did not do its work; the message is the end of what it said."""


@dataclass(frozen=True)
class Ran:
    """A process that has ended."""

    code: int
    output: str
    errors: str
    seconds: float  #: from its start to its end, the interpreter's included
    cpu: float  #: seconds of processor time, which other processes on the machine move less


def ran(arguments: Sequence[str], folder: Path, allowed: Sequence[int] = (0,)) -> Ran:
    """Run a module of this checkout in a folder. Raises Failed for an exit code that is not allowed."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    started, before = time.perf_counter(), _cpu_of_children()
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - started
    if done.returncode not in allowed:
        end = "\n".join(done.stderr.splitlines()[-_LINES_SHOWN:])
        raise Failed(f"python -m {arguments[0]} ended with {done.returncode}:\n{end}")
    return Ran(done.returncode, done.stdout, done.stderr, seconds, _cpu_of_children() - before)


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def told(arguments: Sequence[str], folder: Path) -> dict[str, Any]:
    """Run a module whose last line of output is a JSON object; that object, with the whole process's seconds."""
    done = ran(arguments, folder)
    facts: dict[str, Any] = json.loads(done.output.splitlines()[-1])
    return facts | {"process_seconds": done.seconds, "process_cpu": done.cpu}


def tell(**facts: object) -> None:
    """For a child: its facts as JSON, with the most memory that it ever held."""
    print(json.dumps(facts | {"peak_mb": peak_mb()}))


def peak_mb() -> float:
    """The most resident memory of this process, in MB of 2**20 bytes."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return _peak_by_usage()
    held = next((line for line in lines if line.startswith("VmHWM:")), "")
    return int(held.split()[1]) / 1024 if held else _peak_by_usage()


def _peak_by_usage() -> float:
    """Where there is no /proc; on Linux this would also count what the parent held at the fork."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 1024
