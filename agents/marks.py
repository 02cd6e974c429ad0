"""How a column marks rows as deleted: by a moment, a number, a flag in words, or whatever an application made of it."""

from __future__ import annotations

from ferryman.agents.bookkeeping import MOMENTS
from ferryman.domain.filters import AnyOf, Comparison, Filter, Operator
from ferryman.domain.profile import ColumnProfile
from ferryman.domain.schema import Column, Family

NUMBERS = frozenset({Family.BOOLEAN, Family.INTEGER, Family.DECIMAL, Family.FLOAT})
_TEXTS = frozenset({Family.TEXT, Family.ENUM})
_BLANK = ("", " ")
_NO = (
    *("0", "n", "N", "no", "No", "NO", "f", "F", "false", "False", "FALSE"),
    *("0000-00-00", "0000-00-00 00:00:00"),
)


def in_words(marker: Column, profile: ColumnProfile) -> bool:
    """Whether the column holds texts that are no moments. SQLite may hold them in a column of any type."""
    if marker.family in MOMENTS:
        return bool(profile.storage) and (profile.empty > 0 or str(profile.lowest).startswith("0"))
    return marker.family in _TEXTS or bool(profile.storage.get("text"))


def marks(marker: Column, profile: ColumnProfile, rows: int) -> bool:
    """Whether it marks any row, as far as its figures say."""
    if in_words(marker, profile):
        return rows > profile.nulls + profile.empty
    return rows > profile.nulls if marker.family in MOMENTS else profile.highest not in (None, 0)


def still_alive(marker: Column, profile: ColumnProfile) -> Filter:
    """The rows that a column does not mark as deleted: no moment, 0, nothing, or a word for no."""
    if in_words(marker, profile):
        return _among(marker, (*_BLANK, *_NO))
    return _among(marker, (0,) if marker.family in NUMBERS else ())


def holds_nothing(marker: Column) -> Filter:
    """The rows in which a column of texts is empty."""
    return _among(marker, _BLANK)


def _among(marker: Column, values: tuple[str | int, ...]) -> Filter:
    null = Comparison(column=marker.name, op=Operator.IS_NULL)
    if marker.family is Family.ENUM:
        values = tuple(value for value in values if value in marker.members)
    if marker.family in NUMBERS and len(values) > 1:
        values = (0, *values)
    if not values:
        return null
    op = Operator.EQUAL if len(values) == 1 else Operator.ONE_OF
    return AnyOf(of=(null, Comparison(column=marker.name, op=op, values=values)))
