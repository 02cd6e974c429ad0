"""Time and chance, from outside: a test gives its own."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Clock:
    """What moving rows needs to know of time: the hour for the books, seconds for rates, waiting, and dice."""

    now: Callable[[], datetime] = utc_now  #: with a zone
    seconds: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    dice: Callable[[], float] = random.random  #: 0 <= x < 1


SYSTEM = Clock()
