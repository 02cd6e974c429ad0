"""Masked shapes: what a text looks like without saying what it is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

SHAPES_KEPT = 12  #: the most frequent ones of a column
OTHERS = "..."  #: stands for all further shapes of a column
_LONGEST = 32

_RUN = re.compile(r"A{2,}|a{2,}|9{5,}| {2,}")
_NUMBERED = re.compile(r"\s*([0-9]{1,2})([/.-]) ?([0-9]{1,2})\2[0-9]{2,4}(?![0-9])")
_MONTHS = 12
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_HEX = re.compile(r"(?=.*[0-9])(?=.*[a-fA-F])[0-9a-fA-F]{16,}")


class _Mask(dict[int, str]):
    """Code point -> A, a, 9, a space, the ASCII punctuation itself, or ? for all else."""

    def __missing__(self, point: int) -> str:
        character = chr(point)
        if character.isalpha():
            masked = "A" if character.isupper() else "a"
        elif character.isdigit():
            masked = "9"
        elif character.isspace():
            masked = " "
        else:
            masked = character if 32 < point < 127 else "?"
        self[point] = masked
        return masked


_mask = _Mask()


def shape(text: str) -> str:
    """'Anna Berg' -> 'Aa+ Aa+', '2009-01-31' -> '9999-99-99', 'INV-104233' -> 'A+-9+', '' -> ''.

    Letters become A or a, digits 9; runs of letters and runs of more than four digits become one and a plus.
    UUIDs and long hexadecimal texts have shapes of their own.
    """
    if _UUID.fullmatch(text):
        return "<uuid>"
    if _HEX.fullmatch(text):
        return f"<hex {len(text)}>"
    masked = _RUN.sub(lambda run: run[0][0] + "+", text[:200].translate(_mask))
    return masked if len(masked) <= _LONGEST else masked[:_LONGEST] + OTHERS


def shapes(values: Iterable[object]) -> dict[str, int]:
    """The most frequent shapes of the values that are not None, with their counts; bytes have the shape `<bytes>`."""
    counts: Counter[str] = Counter()
    for value, times in Counter(value for value in values if value is not None).items():
        counts["<bytes>" if isinstance(value, bytes) else shape(str(value))] += times
    kept = dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:SHAPES_KEPT])
    rest = counts.total() - sum(kept.values())
    return {**kept, OTHERS: kept.get(OTHERS, 0) + rest} if rest else kept


def beyond_months(values: Iterable[object]) -> tuple[int, int]:
    """Of texts like 12/31/2009: in how many the first number, and in how many the second, can be no month."""
    first = second = 0
    for value in values:
        found = _NUMBERED.match(value) if isinstance(value, str) else None
        if found:
            first += int(found[1]) > _MONTHS
            second += int(found[3]) > _MONTHS
    return first, second
