"""What may leave this machine: names, types, sizes by class, masked shapes. No row's value that was not shared.

Sizes stand as classes, so that a question to a model is the same for ten thousand rows and for a million.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ferryman.agents.plain_words import stem
from ferryman.domain.changes import MapValues, Option, Question
from ferryman.domain.mapping import TableMapping
from ferryman.domain.profile import ColumnProfile
from ferryman.domain.schema import Column
from ferryman.domain.transforms import Constant, ValueMap

_CLASSES = ((1, "no rows"), (1_000, "hundreds"), (100_000, "thousands"), (10_000_000, "millions"))
MOST_SHAPES = 3

Shared = Mapping[str, Iterable[str]]  #: "TABLE.COLUMN" -> values out of rows

_WORD = re.compile(r"[^\W\d_]+|\d+")
_TELLING = 3  #: letters that two words must begin with alike to be taken for one
_EVERYWHERE = frozenset("a an the and or of in on at to for by from is it as with this that".split())


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


def holds_value(text: str, shared: Shared) -> bool:
    """Whether a text repeats a value that was shared, or a piece of one: a model may see it, what is kept may not."""
    pieces = _pieces(shared)
    return any(_repeats(word, pieces) for word in _WORD.findall(text))


def without_values(text: str, shared: Shared) -> str:
    """The text with dots in place of every piece of a shared value, and of all that is quoted in it."""
    pieces = _pieces(shared)
    if not pieces:
        return text
    unquoted = re.sub(r"'.*'|\".*\"", "...", text, flags=re.DOTALL)
    return _WORD.sub(lambda found: "..." if _repeats(found.group(), pieces) else found.group(), unquoted)


def _pieces(shared: Shared) -> frozenset[str]:
    """What the shared values are made of, without words that are in every text and tell nobody apart."""
    values = (value for several in shared.values() for value in several)
    return frozenset(stem(word) for value in values for word in _WORD.findall(value)) - _EVERYWHERE


def _repeats(word: str, pieces: frozenset[str]) -> bool:
    """A form of a piece, a part of one, or a longer word that begins with one."""
    said = stem(word)
    return said in pieces or any(
        len(min(said, piece, key=len)) >= _TELLING and (said.startswith(piece) or piece.startswith(said))
        for piece in pieces
        if said not in _EVERYWHERE
    )


def may_be_told(question: Question) -> bool:
    """Whether a question's words hold nothing of a row: one about which number means what names the lowest."""
    return not any(_of_values(option) for option in question.options)


def _of_values(option: Option) -> bool:
    return any(isinstance(change, MapValues) for change in option.changes)


def free_of_values(table: TableMapping) -> bool:
    """Whether a table's mapping can be told in words that hold no value: it maps none, sets none, filters by none."""
    return table.filter is None and not any(column.uses(ValueMap, Constant) for column in table.columns)
