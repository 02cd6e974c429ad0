"""A conversation as a command holds it: opened, listened to, interrupted by Ctrl-C, closed."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from ferryman import session as sessions
from ferryman.agents.advice import Adviser
from ferryman.commands.voice import Voice
from ferryman.domain.errors import Usage
from ferryman.domain.events import Event
from ferryman.domain.mapping import Strategy
from ferryman.graph.context import Options
from ferryman.screen import Screen
from ferryman.session import Session
from ferryman.settings import Pair


@contextmanager
def opened(
    pair: Pair,
    options: Options | None = None,
    by: str = "",
    model: Adviser | None = None,
    share_samples: Sequence[str] = (),
) -> Iterator[Session]:
    """A conversation about two databases, closed at the end. Where nobody talks, no model is asked."""
    with sessions.open(
        pair.source, pair.target, by=by, options=options, model=model, share_samples=share_samples
    ) as session:
        yield session


class Interrupts:
    """What Ctrl-C did: once, stop after the running batch; twice, leave at once."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.pressed = False

    def press(self, _signal: int, _frame: FrameType | None) -> None:
        if self.pressed:
            self.session.interrupt()
            os._exit(130)  # threads of the graph may be inside the database's library, where nothing else reaches them
        self.pressed = True
        self.session.pause()


@contextmanager
def interruptible(session: Session) -> Iterator[Interrupts]:
    """While rows move: Ctrl-C and a polite kill pause after the running batch; a second one leaves with 130."""
    interrupts = Interrupts(session)
    before = {number: signal.signal(number, interrupts.press) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield interrupts
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def heard(events: Iterable[Event], voice: Voice) -> list[Event]:
    """Listen to the end, showing people what happens; the events."""
    kept = []
    with Screen(voice.console) as screen:
        for event in events:
            screen.show(event)
            kept.append(event)
    return kept


def strategies(words: Iterable[str]) -> tuple[Strategy, ...]:
    """The strategies behind --decide. Raises Usage for a word that is none."""
    found = []
    for word in words:
        try:
            found.append(Strategy(word.strip().lower().replace("-", "_")))
        except ValueError:
            known = ", ".join(strategy.value for strategy in Strategy)
            raise Usage(f'"{word}" is no strategy.', f"Take one of {known}.") from None
    return tuple(found)
