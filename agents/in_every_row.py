"""One value for every row of a new column that must be filled, where nothing in the old table does."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from ferryman.agents.bookkeeping import words
from ferryman.agents.facts import Facts
from ferryman.agents.marks import Mark, mark_of
from ferryman.agents.table_questions import MOST_OPTIONS
from ferryman.domain.allowed_values import allowed_words
from ferryman.domain.changes import MapColumn, Option
from ferryman.domain.mapping import TableMapping
from ferryman.domain.schema import Column, Family, Table
from ferryman.domain.states import state
from ferryman.domain.transforms import Constant, Scalar

_ONLY = frozenset("primary main default current active preferred latest".split())
_NEUTRAL = frozenset("unknown other none normal default standard unspecified undefined general misc regular".split())
_EMPTY: dict[Family, Scalar] = {
    Family.TEXT: "",
    Family.INTEGER: 0,
    Family.DECIMAL: 0,
    Family.FLOAT: 0,
    Family.BOOLEAN: False,
    Family.JSON: "{}",
}


def in_every_row(table: TableMapping, column: Column, facts: Facts) -> list[Option]:
    """The values that may stand there; none where they must differ, or name rows."""
    target = facts.target.table(table.target)
    bound = (target.primary_key, *target.uniques, *(key.columns for key in target.foreign_keys))
    if any(column.name in names for names in bound):
        return []
    if listed_words := allowed_words(target, column):
        return _one_of(table, column, listed_words, facts.source.table(table.source).by_name)
    value = _EMPTY.get(column.family)
    if value is None or (value == "" and _must_say(column, target)):
        return []
    in_use = mark_of(column, target.name) is Mark.IN_USE
    return [
        _option(table, column, True if value is False and (in_use or _is_the_only_one(table, column, facts)) else value)
    ]


def _one_of(table: TableMapping, column: Column, listed_words: Sequence[str], names: Collection[str]) -> list[Option]:
    """The words that a column lists, one for every row: what says the least, or that a row is in use, first. `names`:
    the keys of other options."""
    offered = sorted(listed_words, key=lambda word: not _says_little(word))[: MOST_OPTIONS - 1]
    return [_option(table, column, word, f"always_{word}" if word in names else word) for word in offered]


def is_a_choice(listed_words: Sequence[str]) -> bool:
    """Whether a column lists words of which none is the one to take: "admin" is no better than "member"."""
    return len(listed_words) > 1 and not any(map(_says_little, listed_words))


def _says_little(word: str) -> bool:
    return word.casefold() in _NEUTRAL or state(word) == "active"


def _option(table: TableMapping, column: Column, value: Scalar, key: str = "constant") -> Option:
    change = MapColumn(table=table.target, source=(), target=column.name, steps=(Constant(value=value),))
    return Option(key=key, text=f"{value!r} in every row", changes=(change,))


def _must_say(column: Column, target: Table) -> bool:
    """Whether a CHECK of a table refuses an empty text."""
    name = re.escape(column.name)
    refusing = re.compile(
        rf"length\s*\(.*\b{name}\b.*>=?\s*[1-9]|length\s*\(.*\b{name}\b.*>\s*0|\b{name}\b.*(<>|!=)\s*''"
    )
    return any(refusing.search(check) for check in target.checks)


def _is_the_only_one(table: TableMapping, column: Column, facts: Facts) -> bool:
    """Whether a yes or no says which of several parts of a row is the main one, and each row has but one part."""
    pairing = facts.pairings.get(table.target)
    return bool(pairing and pairing.part_of) and not _ONLY.isdisjoint(words(column.name))
