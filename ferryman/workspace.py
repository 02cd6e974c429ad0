"""What stays beside the project: the folder `.ferryman/` with the conversation's checkpoints, facts and event logs.

    .ferryman/
    ├── checkpoints.sqlite     where each conversation stands (0600)
    ├── facts/                 catalogues, findings and plans, by digest
    └── runs/RUN/
        ├── events.jsonl       every event of the run, one JSON object a line
        └── transcript.jsonl   what was said, by whom

Losing the folder loses talk, never rows.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite import SqliteSaver

from ferryman.domain.errors import Configuration
from ferryman.domain.events import EVENT, Event
from ferryman.graph.context import Shelf

FOLDER = ".ferryman"


class Workspace:
    """One `.ferryman` folder. Files are made when something is first kept."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = (root or Path.cwd()) / FOLDER

    def _ready(self, folder: Path) -> Path:
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise Configuration(
                f"The folder {FOLDER} cannot be made here: {error.strerror}.",
                "Run Ferryman in a folder that you can write to.",
            ) from error
        return folder

    def shelf(self) -> Shelf:
        return Shelf(self._ready(self.root / "facts"))

    def checkpointer(self) -> SqliteSaver:
        """The checkpoints' database, readable by its owner only; plain JSON, no pickled classes."""
        path = self._ready(self.root) / "checkpoints.sqlite"
        path.touch(mode=0o600)
        connection = sqlite3.connect(path, check_same_thread=False, timeout=30)
        connection.execute("PRAGMA synchronous = NORMAL")
        return SqliteSaver(connection, serde=JsonPlusSerializer(allowed_msgpack_modules=None))

    def run_folder(self, run: str) -> Path:
        return self.root / "runs" / run

    def record(self, run: str, event: Event) -> None:
        """Append an event to the run's log, with the time it was seen."""
        self._append(run, "events.jsonl", {"at": _now()} | event.model_dump(mode="json"))

    def say(self, run: str, who: str, text: str) -> None:
        """Append to the run's transcript. Rows shown on the screen are never part of it."""
        self._append(run, "transcript.jsonl", {"at": _now(), "who": who, "text": text})

    def _append(self, run: str, name: str, line: dict[str, Any]) -> None:
        path = self._ready(self.run_folder(run)) / name
        with open(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a", encoding="utf-8") as log:
            log.write(json.dumps(line, ensure_ascii=False) + "\n")

    def events(self, run: str) -> Iterator[tuple[datetime, Event]]:
        """The run's events in order, each with its time. A last line that was cut by a crash is left out."""
        for line in self._lines(run, "events.jsonl"):
            at = datetime.fromisoformat(line.pop("at"))
            yield at, EVENT.validate_python(line)

    def transcript(self, run: str) -> Iterator[dict[str, str]]:
        """What was said: {"at", "who", "text"}."""
        yield from self._lines(run, "transcript.jsonl")

    def last_talk(self) -> str:
        """The run that was last talked about in this folder; "" where there was none."""
        found = sorted((self.root / "runs").glob("*/transcript.jsonl"), key=lambda path: path.stat().st_mtime_ns)
        return found[-1].parent.name if found else ""

    def _lines(self, run: str, name: str) -> Iterator[dict[str, Any]]:
        path = self.run_folder(run) / name
        if not path.exists():
            return
        for line in path.read_text(encoding="utf-8").split("\n"):
            if line.endswith("}"):
                yield json.loads(line)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
