"""A conversation as a command holds it: opened, listened to, interrupted by Ctrl-C, closed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from ferryman import session as sessions
from ferryman.agents.advice import Adviser
from ferryman.agents.preflight_questions import KEYS
from ferryman.commands.farewell import RESUME
from ferryman.commands.interrupts import Interrupts, Leaving
from ferryman.commands.voice import Voice
from ferryman.domain.errors import Transient, Usage
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


def moved(session: Session, events: Iterable[Event], voice: Voice, run: str = "", *, again: str = RESUME) -> Interrupts:
    """Listen while rows move, showing people what happens; whether somebody interrupted it.

    A Transient error that is left when everything was tried says how to go on, once the run is in the ledger.
    """
    with Screen(voice.console) as screen:
        leaving = Leaving(screen, session.pause, run=run, note=session.interrupt, again=again)
        with Interrupts(leaving.stop, leaving.abandon) as interrupts:
            try:
                for event in events:
                    leaving.hear(event)
                    screen.show(event)
            except Transient as error:
                if not leaving.run:
                    raise
                raise Transient(error.what, f"{error.do} Go on:  ferryman {again} {leaving.run}") from error
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
