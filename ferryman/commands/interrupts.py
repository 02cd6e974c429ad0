"""Ctrl-C and a polite kill while rows move: once, stop after the running batch; twice, leave at once.

An undoing goes on to its end at the first, because there is nothing to be done with a half of it but to finish it.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Thread
from types import FrameType
from typing import Self

from ferryman.commands.edge import Exit
from ferryman.commands.farewell import RESUME, Way
from ferryman.domain.events import Event, RunFinished, RunPaused, RunStarted, UndoingStarted
from ferryman.screen import Screen
from ferryman.tools.move.records import undo_command

STOPPING = "Stopping after the running batch; Ctrl-C once more leaves at once."
NOTHING_YET = "Nothing is being written yet; Ctrl-C once more leaves at once."
LEFT_AT_ONCE = "Left at once. The database takes the open batch back; everything before it is kept."
TO_ITS_END = "The undoing goes on to its end, so that nothing stays half undone; Ctrl-C once more leaves at once."
HALF_UNDONE = "Left at once, in the middle of the undoing; what was not undone yet is there still. To finish it:"

SOON = 0.5  #: seconds in which a sentence is on the screen, unless the interrupted thread holds it


def elsewhere(work: Callable[[], None]) -> None:
    """Let another thread write: the one that a signal interrupted cannot enter again what it is writing just now.

    Where it holds the screen, the other one writes as soon as it has gone on.
    """
    other = Thread(target=work, daemon=True)
    other.start()
    other.join(SOON)


class Interrupts:
    """While the graph works: Ctrl-C and a polite kill stop after the running batch; a second one leaves at once."""

    def __init__(self, stop: Callable[[], None], abandon: Callable[[], None]) -> None:
        self.stop = stop  #: asks for a stop after the running batch, and says so
        self.abandon = abandon  #: says what is left, past the console; the process ends right afterwards
        self.pressed = False
        self.killed = False  #: by SIGTERM: there is nobody to ask how to go on

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._press) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _press(self, number: int, _frame: FrameType | None) -> None:
        if self.pressed:
            self.abandon()
            os._exit(Exit.INTERRUPTED)  # threads may be inside the database's library, where nothing else reaches them
        self.pressed, self.killed = True, number == signal.SIGTERM
        elsewhere(self.stop)


@dataclass
class Leaving:
    """What Ctrl-C and a polite kill do to what is at work, and what they say, by the events that it tells."""

    screen: Screen
    pause: Callable[[], None]  #: asks for a stop after the running batch
    way: Way = field(default_factory=Way)
    run: str = ""  #: once it stands in the ledger
    note: Callable[[], None] = lambda: None  #: called right before the process leaves
    again: str = RESUME  #: the command that goes on with it
    undoing: UndoingStarted | None = None  #: what is being undone just now
    stopping: bool = False  #: it was asked for

    def hear(self, event: Event) -> None:
        """Take in what happens."""
        match event:
            case RunStarted():
                self.run = event.run
            case UndoingStarted():
                self.undoing = event
                if self.stopping:  # just before
                    self.stop()
            case RunPaused() | RunFinished():
                self.undoing = None

    def stop(self) -> None:
        """The first one."""
        self.stopping = True
        if self.undoing is None:
            self.pause()
        self.screen.line(TO_ITS_END if self.undoing else STOPPING if self.run else NOTHING_YET, "yellow")

    def abandon(self) -> None:
        """Say what is left, without a look at anything: the process ends right afterwards."""
        elsewhere(self.screen.restore)
        self.note()
        if self.undoing:
            tables = () if self.undoing.whole else self.undoing.tables
            self.screen.last_words(HALF_UNDONE, self.way.there(undo_command(self.undoing.run, tables)))
        else:
            self.screen.last_words(LEFT_AT_ONCE, self.way.command(self.again, self.run) if self.run else "")
