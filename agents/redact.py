"""What may leave this machine: names, types, sizes by class, masked shapes. No row's value that was not shared.

Sizes stand as classes, so that a question to a model is the same for ten thousand rows and for a million.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ferryman.domain.changes import MapValues, Option, Question
from ferryman.domain.mapping import TableMapping
from ferryman.domain.profile import ColumnProfile
from ferryman.domain.schema import Column
from ferryman.domain.transforms import Constant, ValueMap

_CLASSES = ((1, "no rows"), (1_000, "hundreds"), (100_000, "thousands"), (10_000_000, "millions"))
MOST_SHAPES = 3


def size(rows: int) -> str:
    """How many rows, as a class: none, below 1,000, below 100,000, below ten million, more."""
    return next((told for below, told in _CLASSES if rows < below), "very many")


def column_told(column: Column, profile: ColumnProfile | None = None) -> str:
    """A column as a model may know it. A default's text and an enum's members are the catalogue's, no row's."""
    told = [column.family.value, "may be empty" if column.nullable else "never empty"]
    if profile is not None and profile.nulls:
        told.append("some are empty")
    if profile is not None and profile.shapes:
        most = sorted(profile.shapes, key=lambda shape: (-profile.shapes[shape], shape))[:MOST_SHAPES]
        told.append(f"looks like {' or '.join(sorted(most))}")
    return ", ".join(told)


def holds_value(text: str, shared: Mapping[str, Iterable[str]]) -> bool:
    """Whether a text repeats a value that was shared: a model may see it, what is kept of a conversation may not."""
    return without_values(text, shared) != text


def without_values(text: str, shared: Mapping[str, Iterable[str]]) -> str:
    """The text with dots in place of every shared value."""
    values = {value.strip() for several in shared.values() for value in several if value.strip()}
    for value in sorted(values, key=lambda one: (-len(one), one)):
        text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", "...", text, flags=re.IGNORECASE)
    return text


def may_be_told(question: Question) -> bool:
    """Whether a question's words hold nothing of a row: one about which number means what names the lowest."""
    return not any(_of_values(option) for option in question.options)


def _of_values(option: Option) -> bool:
    return any(isinstance(change, MapValues) for change in option.changes)


def free_of_values(table: TableMapping) -> bool:
    """Whether a table's mapping can be told in words that hold no value: it maps none, sets none, filters by none."""
    return table.filter is None and not any(column.uses(ValueMap, Constant) for column in table.columns)
