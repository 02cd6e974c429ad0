"""Time zones: which names there are, and which columns hold moments of one."""

from __future__ import annotations

from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ferryman.domain.schema import Column, Family

UTC = "UTC"

_WITH_ZONE = ("timestamptz", "timestamp with time zone", "datetimeoffset", "datetimetz")


@cache
def is_zone(name: str) -> bool:
    """Whether this machine knows a time zone of that name."""
    try:
        return bool(name) and bool(ZoneInfo(name).key)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


def has_zone(column: Column, dialect: str) -> bool:
    """Whether a column's moments are the same wherever they are read: PostgreSQL's timestamptz, MariaDB's timestamp."""
    if column.family is not Family.TIMESTAMP:
        return False
    native = column.native.lower()
    if dialect == "mysql":
        return native.startswith("timestamp")
    return native.startswith(_WITH_ZONE) or (native.startswith("timestamp(") and native.endswith("with time zone"))


def local_to_zoned(ours: Column, source: str, theirs: Column, target: str) -> bool:
    """Whether moments that may name no zone become moments of one; `source` and `target` are dialects."""
    may_be_local = ours.family in (Family.TIMESTAMP, Family.DATE, Family.TEXT, Family.OTHER)
    return may_be_local and has_zone(theirs, target) and not has_zone(ours, source)
