"""Conversations held in this process: what is said is given up front, what is shown comes back as text."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from rich.console import Console

from ferryman import session as sessions
from ferryman.chat import Chat
from ferryman.commands.farewell import Way
from ferryman.commands.notify import Caller
from ferryman.demo import reciting
from ferryman.graph.context import Options
from ferryman.screen import Screen
from ferryman.session import Session
from tests.tools.pairs import ask

FRONT = Way(chat="ferryman chat --source OLD --target NEW")


@dataclass(frozen=True)
class Held:
    """A conversation that is over."""

    text: str
    code: int
    run: str  #: the last one

    def after(self, words: str) -> str:
        """What was shown after somebody said that first, up to the next thing said."""
        return self.text.partition(f"> {words}\n")[2].partition("\n> ")[0].partition("\nGoodbye.")[0]


def screen(width: int = 100) -> Screen:
    """A screen that is no terminal."""
    return Screen(Console(file=StringIO(), width=width, highlight=False, markup=False, emoji=False))


def shown(screen: Screen) -> str:
    """What such a screen shows."""
    assert isinstance(screen.console.file, StringIO)
    return screen.console.file.getvalue()


@contextmanager
def opened(files: tuple[Path | str, Path | str], options: Options | None = None) -> Iterator[Session]:
    with sessions.open(str(files[0]), str(files[1]), by="anna", options=options) as session:
        yield session


def hold(
    files: tuple[Path | str, Path | str],
    *words: str,
    width: int = 100,
    options: Options | None = None,
    notify: str = "",
    resume: bool = False,
) -> Held:
    """A conversation from its greeting to its end."""
    paper = screen(width)
    with opened(files, options) as session:
        chat = Chat(session, paper, FRONT, reciting(words, paper), Caller.of(notify))
        code = chat.talk(resume=resume)
        return Held(shown(paper), code, session.run)


def runs(target: Path) -> list[tuple[object, ...]]:
    """(run, status) of the ledger, oldest first; [] where there is none."""
    try:
        return ask(target, "SELECT run_id, status FROM ferryman_run ORDER BY run_started, run_id")
    except sqlite3.OperationalError:
        return []
