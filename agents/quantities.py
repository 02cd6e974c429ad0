"""Numbers in a text, in digits or in words, as what they come to: "fifty-six" is 56, "the second" is 2."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    " eighteen nineteen"
).split()
_TENS = {w: 10 * n for n, w in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2)}
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_ORDINALS = {
    word: str(n)
    for n, word in enumerate("second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split(), 2)
}
_VALUES = {word: n for n, word in enumerate(_SMALL)} | _TENS | {"fourty": 40}
#: Before or after these "one" stands for a thing, and counts nothing.
_POINTING = frozenset("this that the which another other each new old right wrong".split())


def counted(words: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """(first, past the last, value) of every number in words, lower case."""
    at = 0
    while at < len(words):
        stop = _end(words, at)
        if stop > at:
            yield at, stop, _value(words[at:stop])
        elif words[at] in _ORDINALS:
            stop = at + 1
            yield at, stop, _ORDINALS[words[at]]
        at = max(stop, at + 1)


def _end(words: Sequence[str], at: int) -> int:
    stop = at
    while stop < len(words) and (words[stop] in _VALUES or words[stop] in _SCALES):
        stop += 1
        if words[stop : stop + 1] == ["and"] and words[stop - 1] in _SCALES and words[stop + 1 : stop + 2]:
            stop += words[stop + 1] in _VALUES
    if words[at:stop] == ["one"] and ((at and words[at - 1] in _POINTING) or words[stop : stop + 1] == ["another"]):
        return at
    return stop


def _value(words: Sequence[str]) -> str:
    total = part = 0
    for word in words:
        if word in _SCALES:
            part = max(part, 1) * _SCALES[word]
            if _SCALES[word] >= 1_000:
                total, part = total + part, 0
        else:
            part += _VALUES.get(word, 0)
    return str(total + part)
