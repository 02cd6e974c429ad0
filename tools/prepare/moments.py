"""Texts as dates, times and timestamps, and back: one spelling out, a few in. Nothing here knows a database."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

EPOCH = datetime(1970, 1, 1)
_TIMESTAMP = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?) ?(Z|[+-]\d\d:?(?:\d\d)?)?)?", re.ASCII
)
_TIME = re.compile(r"\d\d:\d\d(:\d\d(\.\d{1,9})?)?", re.ASCII)
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
    """By a strptime format; None where the text does not follow it."""
    try:
        return datetime.strptime(text, form)
    except ValueError:
        return None


def has_clock(form: str) -> bool:
    """Whether a strptime format gives a time of day."""
    return any(token in form for token in _CLOCK)


def from_epoch(number: int | float, unit: str) -> datetime | None:
    """Seconds ("s") or milliseconds ("ms") since 1970 UTC, to the microsecond; None outside the years 1 to 9999."""
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
