"""One database laid out for comparing: tables sorted by name, all columns in one row of arrays, roles worked out.

Keys and references that the catalogue does not declare are read off the names (`patient_id`, or `patient` where there
is a table `patients`); that helps ranking only and is never reported as a fact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ferryman.domain.profile import ColumnProfile, Profile
from ferryman.domain.schema import Column, Database, Family, Table, TableKind
from ferryman.tools.discover.affinity import seen_family
from ferryman.tools.discover.names import Lexicon, Words, shared_prefix, without_mark
from ferryman.tools.discover.vocabulary import PERSON_ROLES, PERSON_TABLES

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_BOOKKEEPING = frozenset({"created", "updated", "deleted", "metadata"})
_LEGACY = frozenset({"legacy", "old", "external", "import", "imported", "original", "previous", "foreign", "former"})
_MARKS = frozenset({"number", "code", "key", "ref", "reference"})  #: what ends a reference where it is not "id"
_HOMES = frozenset({"id", "key", "code", "pk"})


@dataclass(frozen=True)
class Side:
    """A database in arrays, an entry per table or per column. Positions in `owner` and `parent` are of `tables`."""

    tables: tuple[Table, ...]
    columns: tuple[Column, ...]
    profiles: tuple[ColumnProfile | None, ...]
    families: tuple[Family, ...]
    owner: Ints  #: each column's table
    starts: Ints  #: each table's first column; tables without columns are left out of a side
    parent: Ints  #: the table that a column refers to; -1 for none
    declared: Bools  #: whether that reference stands in the catalogue
    is_key: Bools  #: the one column that tells rows apart
    is_bookkeeping: Bools  #: created, updated, deleted, metadata: what an application adds by itself
    is_home: Bools  #: legacy_id, old_id, external_id: where a legacy key may live on
    names: tuple[Words, ...]  #: tables, without the application's prefix
    whole_names: tuple[Words, ...]  #: tables, with it
    words: tuple[Words, ...]  #: columns as they are
    own_words: tuple[Words, ...]  #: columns, less the table's words and the prefix that the table's columns share
    prefix: str  #: the application's, "" for none
    rows: Ints  #: per table; -1 where nobody counted

    @property
    def is_ref(self) -> Bools:
        return np.asarray(self.parent >= 0)


def lay_out(database: Database, profile: Profile | None, lexicon: Lexicon) -> Side:
    """The side of a database: all but views and Ferryman's own tables, in order of name."""
    kinds = (TableKind.VIEW, TableKind.LEDGER)
    tables = tuple(sorted((t for t in database.tables if t.kind not in kinds and t.columns), key=lambda t: t.name))
    prefix = shared_prefix(t.name for t in tables)
    names = tuple(_bare(t.name, prefix, lexicon) for t in tables)
    columns = tuple(c for t in tables for c in t.columns)
    sizes = [len(t.columns) for t in tables]
    owner = np.repeat(np.arange(len(tables)), sizes)
    seen = [_profiles(t, profile) for t in tables]
    profiles = tuple(p for group in seen for p in group)
    words = tuple(lexicon.words(c.name) for c in columns)
    own = tuple(own for t, name in zip(tables, names, strict=True) for own in _own_words(t, name, lexicon))
    parent, declared = _references(tables, names, own, words, owner)
    return Side(
        tables, columns, profiles, tuple(map(seen_family, columns, profiles)), owner,
        np.cumsum([0, *sizes[:-1]]) if sizes else np.zeros(0, dtype=np.int64), parent, declared,
        _keys(tables, own, parent), np.array([_is_bookkeeping(w) for w in own], dtype=bool),
        np.array([_is_home(w) for w in words], dtype=bool), names, tuple(lexicon.words(t.name) for t in tables),
        words, own, prefix, np.array([_rows(t, profile) for t in tables], dtype=np.int64),
    )  # fmt: skip


def _bare(name: str, prefix: str, lexicon: Lexicon) -> Words:
    bare = name[len(prefix) :] if prefix and name.startswith(prefix) and name != prefix else name
    return without_mark(lexicon.words(bare))


def _profiles(table: Table, profile: Profile | None) -> list[ColumnProfile | None]:
    found = profile.by_name.get(table.name) if profile else None
    return [found.by_name.get(c.name) if found and found.rows else None for c in table.columns]


def _rows(table: Table, profile: Profile | None) -> int:
    return profile.rows(table.name) if profile and table.name in profile.by_name else -1


def _own_words(table: Table, name: Words, lexicon: Lexicon) -> list[Words]:
    prefix = shared_prefix(c.name for c in table.columns) if len(table.columns) > 2 else ""
    own = []
    for column in table.columns:
        short = column.name[len(prefix) :] if prefix and column.name.startswith(prefix) else column.name
        words = lexicon.own(short, name) or lexicon.words(column.name)
        own.append(("name",) if words == name and column.family is Family.TEXT else words)
    return own


def _is_bookkeeping(own: Words) -> bool:
    return len(own) == 1 and own[0] in _BOOKKEEPING


def _is_home(words: Words) -> bool:
    return len(words) >= 2 and words[0] in _LEGACY and words[-1] in _HOMES


def _keys(tables: Sequence[Table], own: Sequence[Words], parent: Ints) -> Bools:
    marks: list[bool] = []
    for table in tables:
        places = range(len(marks), len(marks) + len(table.columns))
        guessed = _guessed_key(table, [own[at] for at in places], parent[places.start] < 0)
        declared = set(table.primary_key) if len(table.primary_key) == 1 else set()
        marks += [c.name in declared or i == guessed for i, c in enumerate(table.columns)]
    return np.array(marks, dtype=bool)


def _guessed_key(table: Table, own: Sequence[Words], first_is_free: bool) -> int | None:
    """Where no key is declared: the column that says "id", else the first if it sounds like one and is free."""
    if table.primary_key:
        return None
    said = next((i for i, words in enumerate(own) if words == ("id",)), None)
    if said is None and first_is_free and (own[0][-1] in _MARKS or table.columns[0].name.casefold().endswith("id")):
        return 0
    return said


def _references(
    tables: Sequence[Table], names: Sequence[Words], own: Sequence[Words], words: Sequence[Words], owner: Ints
) -> tuple[Ints, Bools]:
    """For each column the table it refers to (-1 for none) and whether the catalogue says so."""
    index = {t.name: i for i, t in enumerate(tables)}
    by_words: dict[Words, int] = {}
    for i, name in enumerate(names):
        by_words[name] = -1 if name in by_words else i
    parents, declared = [], []
    for at, column in enumerate(c for t in tables for c in t.columns):
        key = tables[owner[at]].reference(column.name)
        found = index.get(key.parent, -1) if key else -1
        declared.append(found >= 0)
        parents.append(found if found >= 0 else _guessed(words[at], own[at], by_words, int(owner[at]), column))
    return np.array(parents, dtype=np.int64), np.array(declared, dtype=bool)


def _guessed(words: Words, own: Words, by_words: dict[Words, int], owner: int, column: Column) -> int:
    """The table that a name points to: `case_id`, `id_case`, `last_case_id`, `owner_id`, `case`; -1 for none."""
    if own in (("parent", "id"), ("parent",)):
        return owner
    rest = tuple(word for word in words if word != "id")
    if len(rest) == len(words) > 1 and words[-1] in _MARKS:
        return _other(by_words.get(words[:-1], -1), owner)
    marked = len(rest) < len(words) and bool(rest)
    if not marked and column.family not in (Family.INTEGER, Family.UUID, Family.TEXT):
        return -1
    if not marked and column.family is Family.TEXT:
        return _other(by_words.get(words, -1), owner)
    for size in range(len(rest), 0, -1) if marked else (len(rest),):
        part = rest[:size] if words[0] == "id" else rest[-size:]
        found = _other(by_words.get(part, -1), owner)
        if found >= 0:
            return found
    return _persons(by_words) if rest and rest[-1] in PERSON_ROLES else -1


def _other(table: int, owner: int) -> int:
    return -1 if table == owner else table


def _persons(by_words: dict[Words, int]) -> int:
    """The table of the application's users; -1 where none is called so."""
    return next((by_words[word,] for word in PERSON_TABLES if by_words.get((word,), -1) >= 0), -1)
