"""Stretches of time as people name them: "2015", "January 2012", "March 3 2015", "last year". Half-open."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

_MONTHS = "january february march april may june july august september october november december".split()
_NUMBER = {name: n for n, month in enumerate(_MONTHS, start=1) for name in (month, month[:3])} | {"sept": 9}
_MONTH = "|".join(sorted(_NUMBER, key=len, reverse=True))
_YEAR = r"(?:19|20)\d\d"
_UNITS = {"day": 1, "week": 7, "month": 30, "year": 365}
_COUNT = r"\d+|one|two|three|four|five|six|seven|eight|nine|ten|twelve|few|couple of"
_COUNTS = {w: n for n, w in enumerate("zero one two three four five six seven eight nine ten".split())} | {
    "twelve": 12,
    "few": 3,
    "couple of": 2,
}

#: A pattern over `Sentence.text` for one stretch of time.
PERIOD = (
    rf"(?:the )?(?:(?:year |start of |beginning of )*(?:\d{{4}}-\d{{1,2}}-\d{{1,2}}|\d{{1,2}}[./]\d{{1,2}}[./]{_YEAR}"
    rf"|(?:{_MONTH})(?: the)? \d{{1,2}}(?:st|nd|rd|th)?(?: ,)? {_YEAR}"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?(?: of)? (?:{_MONTH})(?: of)?(?: ,)? {_YEAR}"
    rf"|(?:{_MONTH})(?: of)?(?: ,)? {_YEAR}|q[1-4] {_YEAR}|{_YEAR}(?!\d)"
    rf"|(?:last|past) (?:(?:{_COUNT}) )?(?:days?|weeks?|months?|years?)|this (?:month|year)|yesterday|today))"
)

YOUNGER = frozenset("newer younger later less under fewer".split())
#: How long ago, in a pattern over `Sentence.text`: "older than 3 years", "less than 6 months ago"; "3 years" is none.
AGE = re.compile(
    r"\b(?P<not>not |no )?(?:(?P<age>older|newer|younger|earlier|later)|(?P<much>more|less|fewer|over|under))(?: than)?"
    rf" (?P<n>{_COUNT}|a|an) (?P<unit>days?|weeks?|months?|years?)(?(much) (?:old|ago)|(?: old| ago)?)(?= |$)"
)


@dataclass(frozen=True)
class Period:
    start: date
    stop: date  #: exclusive


def period(text: str, today: date | None) -> Period | None:
    """The stretch that a text of the form PERIOD names; None for a day that does not exist, or without `today`."""
    text = re.sub(r"\b(?:the|of|start|beginning)\b|\byear (?=\d)|,", " ", text)
    text = re.sub(r"(\d)(?:st|nd|rd|th)\b", r"\1", text)
    words = text.split()
    try:
        return _relative(words, today) or _absolute(words)
    except (ValueError, IndexError):
        return None


def age(said: re.Match[str], today: date | None) -> date | None:
    """The day that a match of AGE counts back to; None without `today`."""
    count = 1 if said["n"] in ("a", "an") else int(said["n"]) if said["n"].isdigit() else _COUNTS[said["n"]]
    return _back(today, count, said["unit"].rstrip("s")) if today else None


def _back(today: date, count: int, unit: str) -> date:
    if unit == "year":
        return date(today.year - count, today.month, min(today.day, 28))
    return today - timedelta(days=count * _UNITS[unit])


def _absolute(words: list[str]) -> Period | None:
    if len(words) == 1 and re.fullmatch(r"\d{4}-\d{1,2}-\d{1,2}", words[0]):
        return _day(*(int(part) for part in words[0].split("-")))
    if len(words) == 1 and re.fullmatch(r"\d{1,2}[./]\d{1,2}[./]\d{4}", words[0]):
        return _slashed(words[0])
    if len(words) == 1 and words[0].isdigit():
        return Period(date(int(words[0]), 1, 1), date(int(words[0]) + 1, 1, 1))
    if words[0][0] == "q" and words[0][1:].isdigit():
        first = 3 * int(words[0][1]) - 2
        return _months(int(words[1]), first, 3)
    months = [_NUMBER[word] for word in words if word in _NUMBER]
    numbers = [int(word) for word in words if word.isdigit()]
    if len(months) != 1 or not numbers:
        return None
    return _months(numbers[-1], months[0], 1) if len(numbers) == 1 else _day(numbers[-1], months[0], numbers[0])


def _slashed(text: str) -> Period | None:
    """Day and month by the dot (day first); with a slash only where one of them can be no month, or both agree."""
    first, second, year = (int(part) for part in re.split(r"[./]", text))
    if "." in text or first > 12:
        return _day(year, second, first)
    if second > 12 or first == second:
        return _day(year, first, second)
    return None


def _day(year: int, month: int, day: int) -> Period:
    return Period(date(year, month, day), date(year, month, day) + timedelta(days=1))


def _months(year: int, first: int, count: int) -> Period:
    beyond = first + count
    return Period(date(year, first, 1), date(year + (beyond > 12), (beyond - 1) % 12 + 1, 1))


def _relative(words: list[str], today: date | None) -> Period | None:
    if not ({"last", "past", "this", "yesterday", "today"} & set(words)) or today is None:
        return None
    unit = words[-1].rstrip("s")
    if words[-1] in ("yesterday", "today"):
        day = today - timedelta(days=words[-1] == "yesterday")
        return Period(day, day + timedelta(days=1))
    if words[0] == "this":
        return _months(today.year, today.month, 1) if unit == "month" else _months(today.year, 1, 12)
    if len(words) == 2 and unit == "year":
        return _months(today.year - 1, 1, 12)
    said = " ".join(words[1:-1]) or "one"
    count = int(said) if said.isdigit() else _COUNTS.get(said, 1)
    return Period(_back(today, count, unit), today + timedelta(days=1))
