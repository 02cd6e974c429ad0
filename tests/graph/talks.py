"""Conversations over real SQLite pairs, for the tests of the graph."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ferryman import session as sessions
from ferryman.demo_data import build_brackets, build_junction
from ferryman.domain.conversation import ReviewPayload, Utterance
from ferryman.domain.events import Event
from ferryman.graph.context import Options
from ferryman.session import Session


@dataclass
class Talk:
    """A session, what it said, and the two databases behind it."""

    session: Session
    legacy: Path
    new: Path
    events: list[Event] = field(default_factory=list)
    kept: dict[str, Any] = field(default_factory=dict)  #: what a test looks at later

    def say(self, *words: str | Utterance) -> list[Event]:
        """Say one thing after the other; gives the events of the last one."""
        heard: list[Event] = []
        for said in words:
            heard = list(self.session.say(said))
            self.events += heard
        return heard

    @property
    def review(self) -> ReviewPayload:
        """The plan that lies before the person; fails where nothing is up for review."""
        assert isinstance(self.session.payload, ReviewPayload)
        return self.session.payload

    def seen(self, name: str) -> list[Any]:
        """Every event of a name so far."""
        return [event for event in self.events if event.event == name]

    def said(self, heard: list[Event]) -> str:
        """What was said in words, of some events."""
        return "\n".join(event.text for event in heard if event.event == "said")

    def ask(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of the new database, with the old one attached as `legacy`."""
        with closing(sqlite3.connect(self.new)) as connection:
            connection.execute("ATTACH ? AS legacy", (f"file:{self.legacy}?mode=ro",))
            return connection.execute(sql, values).fetchall()

    def one(self, sql: str, *values: Any) -> Any:
        return self.ask(sql, *values)[0][0]


def brackets(folder: Path, **options: Any) -> Talk:
    """The specification's first example."""
    return _talk(folder, build_brackets, options)


def junction(folder: Path, **options: Any) -> Talk:
    """The specification's second and third example: 23 of 15,420 links refer to cases that will not be there."""
    return _talk(folder, build_junction, options)


def _talk(folder: Path, build: Callable[[Path], tuple[Path, Path]], options: dict[str, Any]) -> Talk:
    legacy, new = build(folder / "data")
    return again(folder, legacy, new, **options)


def again(folder: Path, legacy: Path, new: Path, **options: Any) -> Talk:
    """Another session over databases that are there already."""
    session = sessions.open(str(legacy), str(new), folder=folder, by="Grace", options=Options(**options))
    return Talk(session, legacy, new)
