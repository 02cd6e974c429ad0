"""What the nodes work with: databases, clock, ids, the shelf. Passed anew on every call, never checkpointed."""

from __future__ import annotations

import getpass
import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from ferryman.agents.advice import Adviser, Desk, Emit
from ferryman.domain.errors import Corrupt
from ferryman.domain.mapping import Strategy
from ferryman.tools.databases.connect import Source, Target
from ferryman.tools.prepare.memory import Memory

Model = TypeVar("Model", bound=BaseModel)


class Shelf:
    """Facts by digest, in memory and, with a folder, as files (0600), so that another process finds them again.

    What a model excludes from its JSON (the ranges of a profile) is there in memory only.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self._kept: dict[str, BaseModel] = {}

    def put(self, model: BaseModel) -> str:
        """Keep a model; its digest (16 hex digits of SHA-256 over its JSON) names it from now on."""
        text = model.model_dump_json()
        digest = hashlib.sha256(f"{type(model).__name__}:{text}".encode()).hexdigest()[:16]
        self._kept[digest] = model
        if self.folder:
            self._write(self.folder, digest, text)
        return digest

    @staticmethod
    def _write(folder: Path, digest: str, text: str) -> None:
        path = folder / f"{digest}.json"
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.write_text(text, encoding="utf-8")

    def get(self, digest: str, kind: type[Model]) -> Model:
        """The model of that digest. Corrupt where neither memory nor the folder has it."""
        kept = self._kept.get(digest)
        if isinstance(kept, kind):
            return kept
        path = self.folder / f"{digest}.json" if self.folder else None
        if path is None or not path.exists():
            raise Corrupt(
                f"The conversation's {kind.__name__.lower()} is not on this machine any more.",
                "Start the conversation again; rows that were moved are safe in the ledger.",
            )
        model = kind.model_validate_json(path.read_text(encoding="utf-8"))
        self._kept[digest] = model
        return model


def utc_now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def new_run_id() -> str:
    """A run's id: date, time and the second's fraction in four hex digits, e.g. "20261122-181205-9f3a": sorts by time,
    short enough to type."""
    now = datetime.now(UTC)
    return f"{now:%Y%m%d-%H%M%S}-{now.microsecond * 0x10000 // 1_000_000:04x}"


def user_name() -> str:
    """Who sits here, for approvals; "unknown" where the system does not say."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


@dataclass(frozen=True)
class Options:
    """What an operator chose for this run."""

    preflight: bool = True  #: False leaves out data checks only
    workers: int = 4  #: tables side by side; a SQLite target always takes one
    deadline_minutes: float | None = None  #: an open decision becomes a pause after that long
    decisions: tuple[Strategy, ...] = ()  #: taken by themselves, first applicable first, when nobody is there to ask
    connection_names: tuple[str, str] = ("", "")  #: how the plan names the two databases
    sharing: tuple[str, ...] = ()  #: "TABLE.COLUMN" of which a model sees samples; the plan says so


@dataclass(frozen=True)
class Context:
    """Everything a node needs that is not state. An embedder brings its own clock, ids and shelf."""

    source: Source
    target: Target
    shelf: Shelf = field(default_factory=Shelf)
    clock: Callable[[], datetime] = utc_now
    new_id: Callable[[], str] = new_run_id
    stop: threading.Event = field(default_factory=threading.Event)
    by: str = field(default_factory=user_name)
    options: Options = field(default_factory=Options)
    memory: Memory = field(default_factory=Memory)  #: of what was measured for a plan that is still being made
    adviser: Adviser | None = None  #: None: the rules alone do the whole job

    def desk(self, emit: Emit) -> Desk | None:
        """Where the model may be asked; None without one."""
        return Desk(self.adviser, emit, self.stop) if self.adviser else None
