"""Work on a thread of its own: the main thread hears a Ctrl-C while the database's library is at work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextvars import copy_context
from queue import SimpleQueue
from threading import Thread

from ferryman.domain.events import Event

Work = Callable[[Callable[[Event], None]], object]  #: gets what it tells its events to


def events_of(work: Work) -> Iterator[Event]:
    """The events of some work as they come, up to its end. What it raises is raised here."""
    told = SimpleQueue[Event | BaseException | None]()

    def run() -> None:
        try:
            work(told.put)
        except BaseException as error:  # it is raised again, where it is waited for
            told.put(error)
        else:
            told.put(None)

    Thread(target=copy_context().run, args=(run,), daemon=True).start()
    while (event := told.get()) is not None:
        if isinstance(event, BaseException):
            raise event
        yield event
