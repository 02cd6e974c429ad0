"""The demo's whole job after installation, as a newcomer starts it: a process from its start to its end."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.child import Failed, ran
from benchmarks.figure import Figure, Wish, under

LIMIT = 10.0  #: seconds
RUNS = 2


def figures(wish: Wish) -> Iterator[Figure]:
    seconds = []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as folder:
            done = ran(["ferryman", "demo", "--json", "--folder", "demo"], Path(folder))
        status = json.loads(done.output)["outcome"]["status"]
        if status != "success":
            raise Failed(f"the demo ended with {status}")
        seconds.append(done.seconds)
    note = f"best of {RUNS}, worst {max(seconds):.1f} s"
    yield under("demo", "the demo from start to validated end, one process", min(seconds), LIMIT, note)
