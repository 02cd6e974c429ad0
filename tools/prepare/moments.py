"""Texts as dates, times and timestamps, and back: one spelling out, a few in. Nothing here knows a database."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1)
_TIMESTAMP = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?) ?(Z|[+-]\d\d:?(?:\d\d)?)?)?", re.ASCII
)
_TIME = re.compile(r"\d\d:\d\d(:\d\d(\.\d{1,9})?)?", re.ASCII)
_WIDTHS = {"%Y": 4, "%m": 2, "%d": 2, "%H": 2, "%M": 2, "%S": 2}
_PADDED = re.compile(r"(^|[-/.]) (?=[0-9](?![0-9]))")
_CLOCK = ("%H", "%M", "%S")  #: what makes a timestamp of a strptime format


def parse_timestamp(text: str) -> datetime | None:
    """'2009-01-31', with a time after a blank or T, with Z or an offset; None for anything else.

    Naive, in UTC where the text has an offset. Digits past the microsecond are cut off; the year is 1 to 9999.
    """
    found = _TIMESTAMP.fullmatch(text)
    if found is None:
        return None
    day, clock, zone = found.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{_micros(clock or '00:00')}")
        if zone and zone != "Z":
            moment = datetime.fromisoformat(moment.isoformat() + _offset(zone)).astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None
    return moment


def parse_local(text: str, zone: str, doubtful: str) -> datetime | None:
    """As `parse_timestamp`, where a text that names no zone is what a clock of this one showed; see `in_utc`."""
    moment, found = parse_timestamp(text), _TIMESTAMP.fullmatch(text)
    return moment if moment is None or (found and found[3]) else in_utc(moment, zone, doubtful)


def in_utc(moment: datetime, zone: str, doubtful: str) -> datetime | None:
    """What a clock showed, in UTC, without saying so; None where `doubtful` is "stop" and it showed that twice or
    never, and beyond the years 1 to 9999. See `transforms.LocalTime`."""
    there = _zone(zone)
    try:
        first, second = (moment.replace(tzinfo=there, fold=fold).astimezone(UTC) for fold in (0, 1))
    except OverflowError:
        return None
    if first != second and doubtful == "stop":
        return None
    set_back = first < second
    return (second if set_back and doubtful == "second" else first).replace(tzinfo=None)


_zone = lru_cache(ZoneInfo)


def parse_date(text: str) -> date | None:
    """A date, or a timestamp of midnight; None for anything else: a time of day is never dropped."""
    moment = parse_timestamp(text)
    return moment.date() if moment is not None and moment.time() == time() else None


def parse_time(text: str) -> time | None:
    """'07:30', '07:30:15' or '07:30:15.25'; None for anything else."""
    try:
        return time.fromisoformat(_micros(text)) if _TIME.fullmatch(text) else None
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def parse_format(text: str, form: str) -> datetime | None:
    """By a strptime format, with a blank for a leading 0 (" 3-11-1955"); None where the text does not follow it."""
    try:
        return datetime.strptime(_PADDED.sub(r"\g<1>0", text), form)
    except ValueError:
        return None


def has_clock(form: str) -> bool:
    """Whether a strptime format gives a time of day."""
    return any(token in form for token in _CLOCK)


@dataclass(frozen=True)
class Places:
    """A strptime format whose every part has a fixed width."""

    parts: tuple[str | None, ...]  #: per character what stands there, None for a digit
    at: dict[str, tuple[int, int]]  #: where each token begins, counted from 1, and how long it is


def places(form: str) -> Places | None:
    """A format taken apart; None where a part has no fixed width, or year, month and day are not all there once."""
    parts: list[str | None] = []
    at: dict[str, tuple[int, int]] = {}
    for token in re.findall(r"%.|.", form, re.DOTALL):
        if len(token) == 1:
            parts.append(token)
        elif token in at or token not in _WIDTHS:
            return None
        else:
            at[token] = (len(parts) + 1, _WIDTHS[token])
            parts += [None] * _WIDTHS[token]
    return Places(tuple(parts), at) if {"%Y", "%m", "%d"} <= set(at) else None


def from_epoch(number: int | float, unit: str) -> datetime | None:
    """Seconds ("s") or milliseconds ("ms") since 1970 UTC, to the microsecond; None outside the years 1 to 9999."""
    number = int(number) if isinstance(number, float) and number.is_integer() else number
    try:
        micros = number * 1_000_000 if unit == "s" else number * 1_000
        return EPOCH + timedelta(microseconds=round(micros))
    except (OverflowError, ValueError):
        return None


def naive(moment: datetime) -> datetime:
    """In UTC, without saying so."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def timestamp_text(moment: datetime) -> str:
    """'YYYY-MM-DD HH:MM:SS', with six more digits where there are microseconds; in UTC."""
    return naive(moment).isoformat(sep=" ")


def _micros(clock: str) -> str:
    whole, point, fraction = clock.partition(".")
    return f"{whole}.{fraction[:6].ljust(6, '0')}" if point else whole


def _offset(zone: str) -> str:
    digits = zone[1:].replace(":", "").ljust(4, "0")
    return f"{zone[0]}{digits[:2]}:{digits[2:]}"
