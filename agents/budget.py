"""What the model may cost: tokens are counted, what was used is added up, and past a limit the rules go on alone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from ferryman.domain.usage import Usage

if TYPE_CHECKING:
    import tiktoken

MARGIN = 1.2  #: a count without the model's own encoding may be that much too low
PATIENCE = 5.0  #: seconds for the encoding to be fetched, the first time

Item = TypeVar("Item")


@dataclass(frozen=True)
class Limits:
    """Per run. None: no limit."""

    calls: int | None = 60
    tokens: int | None = 300_000
    cost: float | None = None  #: in the currency of the prices
    seconds: float | None = 900.0  #: of waiting for the model
    prompt_tokens: int = 6_000  #: the longest prompt: what is least to the point is left out, item by item
    price_in: float | None = None  #: per million tokens
    price_out: float | None = None


class Tally:
    """What a run has used so far. Branches of the graph may add side by side."""

    def __init__(self, used: Usage | None = None) -> None:
        self._used = used or Usage()
        self._lock = threading.Lock()
        self._failed = 0
        self.off = ""  #: why the model is not asked any more; empty: it is

    @property
    def used(self) -> Usage:
        return self._used

    def add(self, more: Usage) -> None:
        with self._lock:
            self._used = self._used + more

    @property
    def in_doubt(self) -> bool:
        """Whether the last question got no answer, however often it was put."""
        return self._failed > 0

    def failed_again(self) -> int:
        """Count a question that got no answer; how many have not, in a row."""
        with self._lock:
            self._failed += 1
            return self._failed

    def answered(self) -> None:
        with self._lock:
            self._failed = 0

    def close(self, why: str) -> bool:
        """Ask no more, for that reason; whether this is news."""
        with self._lock:
            news, self.off = not self.off, self.off or why
            return news


def exceeded(limits: Limits, used: Usage, prompt: int, answer: int) -> str:
    """Which limit one more question would break, in words; empty when there is room. `answer` is the longest one."""
    cost = price(limits, prompt, answer)
    for limit, would, of in (
        (limits.calls, used.calls + 1, "questions"),
        (limits.tokens, used.tokens + prompt + answer, "tokens"),
        (limits.seconds, used.seconds, "seconds"),
        (limits.cost, (used.cost or 0.0) + (cost or 0.0), "of cost"),
    ):
        if limit is not None and would > limit:
            return f"the limit of {limit:,g} {of} for a run is reached"
    return ""


def price(limits: Limits, tokens_in: int, tokens_out: int) -> float | None:
    """What so many tokens cost; None where the settings name no price."""
    if limits.price_in is None and limits.price_out is None:
        return None
    return (tokens_in * (limits.price_in or 0.0) + tokens_out * (limits.price_out or 0.0)) / 1_000_000


def counted(text: str, model: str) -> int:
    """The tokens of a text. A count is compared with the limits; it never decides what stands in a prompt."""
    encoding = _encoding(model)
    return len(encoding.encode(text, disallowed_special=())) if encoding else approximate(text)


def approximate(text: str) -> int:
    """Tokens by length, a fifth too many rather than too few: four bytes of English make one."""
    return int(len(text.encode()) / 4 * MARGIN) + 1


@cache
def _encoding(model: str) -> tiktoken.Encoding | None:
    """The model's own encoding, where it is on this machine or can be fetched at once; else None."""
    found: list[tiktoken.Encoding] = []

    def fetch() -> None:
        import requests
        import tiktoken

        with suppress(KeyError, ValueError, OSError, requests.RequestException):
            found.append(tiktoken.encoding_for_model(model))

    fetching = threading.Thread(target=fetch, name="encoding", daemon=True)
    fetching.start()
    fetching.join(PATIENCE)
    return found[0] if found else None


def fitting(items: Iterable[Item], tokens: int, text: Callable[[Item], str] = str) -> tuple[Item, ...]:
    """The first items that fit into so many tokens, by length alone, so that every machine takes the same ones.

    An item goes in whole or not at all; give them with what is most to the point first.
    """
    kept, room = list[Item](), tokens
    for item in items:
        room -= approximate(text(item))
        if room < 0:
            break
        kept.append(item)
    return tuple(kept)
