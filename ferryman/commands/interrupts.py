"""Ctrl-C and a polite kill while rows move: once, stop after the running batch; twice, leave at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from threading import Thread
from types import FrameType
from typing import Self

from ferryman.commands.edge import Exit

LEFT_AT_ONCE = "Left at once. The database takes the open batch back; everything before it is kept."
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
