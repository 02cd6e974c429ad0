"""Which word of one list stands for which of another: "conf" for "confirmed", "in" for "checked_in"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from ferryman.agents.vocabulary import key


def pair_off(old: Iterable[str], new: Iterable[str]) -> dict[str, str]:
    """The words of `old` with their only partner in `new`, by the strongest likeness that tells them apart.

    Each of `new` is taken once. What has no partner, or several that are equally like it, is left out.
    """
    left, free = list(dict.fromkeys(old)), list(dict.fromkeys(new))
    found: dict[str, str] = {}
    for alike in _LIKENESSES:
        likes = {word: [other for other in free if alike(word, other)] for word in left}
        for word, others in likes.items():
            if len(others) == 1 and sum(others[0] in theirs for theirs in likes.values()) == 1:
                found[word] = others[0]
        left = [word for word in left if word not in found]
        free = [word for word in free if word not in found.values()]
    return found


def _same(word: str, other: str) -> bool:
    return _plain(word) == _plain(other) != ""


def _same_stem(word: str, other: str) -> bool:
    return _stems(word) == _stems(other) != ()


def _begins(word: str, other: str) -> bool:
    """One is the beginning of the other: "canc" and "cancelled"."""
    short, long = sorted((_plain(word), _plain(other)), key=len)
    return bool(short) and long.startswith(short)


def _one_of_its_words(word: str, other: str) -> bool:
    """All words of one are among those of the other: "out" and "checked_out"."""
    mine, theirs = set(_stems(word)), set(_stems(other))
    return bool(mine and theirs) and (mine < theirs or theirs < mine)


def _letters_of(word: str, other: str) -> bool:
    """The letters of one in the other's order, from its first on: "cncl" and "cancelled"."""
    short, long = sorted((_plain(word), _plain(other)), key=len)
    if not short or short[0] != long[0]:
        return False
    letters = iter(long)
    return all(letter in letters for letter in short)


_LIKENESSES: tuple[Callable[[str, str], bool], ...] = (_same, _same_stem, _begins, _one_of_its_words, _letters_of)


def _plain(word: str) -> str:
    return "".join(character for character in word.casefold() if character.isalnum())


def _stems(word: str) -> tuple[str, ...]:
    return tuple(key(part) for part in re.findall(r"[^\W_]+", word.casefold()))
