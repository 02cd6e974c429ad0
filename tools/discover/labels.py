"""Words in a column that are names of tables: what "Post" in commentable_type and "App\\Models\\Post" stand for."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from ferryman.domain.allowed_values import allowed_words
from ferryman.domain.schema import Column, Database, Family, Table
from ferryman.tools.discover.names import Words, singular, split_name

MOST_LABELS = 50  #: different values, beyond which a column says something else than which table is meant
_LONGEST = 120  #: characters of a name with its modules
_SAYS_WHICH = re.compile(r"(type|kind|class|model|table|entity)(_?name)?$", re.IGNORECASE)
_PARTS = re.compile(r"[\\/.:#]+")


@dataclass(frozen=True)
class TableNames:
    """The data tables of a database by the words of their names: whole, and less a prefix that several share."""

    whole: dict[str, str]
    tails: dict[str, str]

    @classmethod
    def of(cls, database: Database) -> TableNames:
        """A spelling that two tables share names none of them."""
        names = {table.name: _words(table.name) for table in database.data_tables}
        heads = Counter(words[0] for words in names.values() if len(words) > 1)
        tails = ((name, words[1:]) for name, words in names.items() if len(words) > 1 and heads[words[0]] > 1)
        return cls(_by_spelling(names.items()), _by_spelling(tails))

    def meant(self, label: str) -> str:
        """The table that a label names in some spelling; "" for none, or several.

        Case, plural and separators do not matter, nor does what stands before the last part of a dotted name.
        """
        if len(label) > _LONGEST or not label.isprintable():
            return ""
        spelt = "".join(_words(label)), "".join(_words(_PARTS.split(label.strip())[-1]))
        found = (known[one] for known in (self.whole, self.tails) for one in spelt if one in known)
        return next(found, "")


def labels(table: Table, column: Column, values: Iterable[object], names: TableNames) -> tuple[dict[str, str], int]:
    """By label, the table that it names; and how many other words there are. ({}, 0) for a column of another kind.

    `values`: those that were sampled; what the column's type or a CHECK lists counts as well.
    """
    if column.family not in (Family.TEXT, Family.ENUM) or not _SAYS_WHICH.search(column.name):
        return {}, 0
    held = {value for value in values if isinstance(value, str) and value.strip()}
    if len(held) > MOST_LABELS:
        return {}, 0
    every = sorted(held | set(allowed_words(table, column)))[:MOST_LABELS]
    found = {label: name for label in every if (name := names.meant(label))}
    return (found, len(held - found.keys())) if found else ({}, 0)


def _words(name: str) -> Words:
    return tuple(singular(word) for word in split_name(name))


def _by_spelling(names: Iterable[tuple[str, Words]]) -> dict[str, str]:
    found: dict[str, list[str]] = defaultdict(list)
    for name, words in names:
        found["".join(words)].append(name)
    return {spelt: tables[0] for spelt, tables in found.items() if spelt and len(tables) == 1}
