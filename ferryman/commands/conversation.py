"""A conversation as a command holds it: opened, listened to, interrupted by Ctrl-C, closed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from ferryman import session as sessions
from ferryman.agents.advice import Adviser
from ferryman.agents.preflight_questions import KEYS
from ferryman.commands.interrupts import LEFT_AT_ONCE, Interrupts, elsewhere
from ferryman.commands.voice import Voice
from ferryman.domain.errors import Transient, Usage
from ferryman.domain.events import Event, RunStarted
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


@dataclass
class Leaving:
    """What Ctrl-C and a polite kill do while rows move: once, stop after the running batch; twice, leave at once."""

    session: Session
    screen: Screen
    run: str = ""  #: once it stands in the ledger

    def stop(self) -> None:
        self.screen.line("Stopping after the running batch; Ctrl-C once more leaves at once.", "yellow")
        self.session.pause()

    def abandon(self) -> None:
        """Say what is left, without a look at anything: the process ends right afterwards."""
        elsewhere(self.screen.restore)
        self.session.interrupt()
        self.screen.last_words(LEFT_AT_ONCE, f"Go on:  ferryman resume {self.run}" if self.run else "")


def moved(session: Session, events: Iterable[Event], voice: Voice, run: str = "") -> Interrupts:
    """Listen while rows move, showing people what happens; whether somebody interrupted it.

    A Transient error that is left when everything was tried says how to go on, once the run is in the ledger.
    """
    with Screen(voice.console) as screen:
        leaving = Leaving(session, screen, run)
        with Interrupts(leaving.stop, leaving.abandon) as interrupts:
            try:
                for event in events:
                    if isinstance(event, RunStarted):
                        leaving.run = event.run
                    screen.show(event)
            except Transient as error:
                if not leaving.run:
                    raise
                raise Transient(error.what, f"{error.do} Go on:  ferryman resume {leaving.run}") from error
    return interrupts


def heard(events: Iterable[Event], voice: Voice) -> list[Event]:
    """Listen to the end, showing people what happens; the events."""
    kept = []
    with Screen(voice.console) as screen:
        for event in events:
            screen.show(event)
            kept.append(event)
    return kept


def strategies(words: Iterable[str]) -> tuple[Strategy, ...]:
    """The strategies behind --decide, by their names or as questions call them. Raises Usage for other words."""
    known = {strategy.value: strategy for strategy in Strategy} | {word: chosen for chosen, word in KEYS.items()}
    found = []
    for word in words:
        chosen = known.get(word.strip().lower().replace("-", "_"))
        if chosen is None:
            raise Usage(f'"{word}" is no strategy.', f"Take one of {', '.join(known)}.")
        found.append(chosen)
    return tuple(found)
