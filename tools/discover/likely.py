"""Tables whose rows a column may name, where names and values do not agree well enough for a reference to be inferred.

Values alone say little: small numbers are keys of any table that counts its rows. So a name has to say it, or to mark
the column as a key, or the values must lie in the keys more often than chance would have them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import exp, lgamma, log, log1p

from sqlalchemy import Connection

from ferryman.domain.profile import ColumnProfile, MayName, Profile, TableProfile
from ferryman.domain.schema import Column, Database, Family, Table
from ferryman.tools.discover.contain import SHARE, Containment, looked_up
from ferryman.tools.discover.names import Lexicon, Words, split_name, vocabulary, without_mark
from ferryman.tools.discover.references import References, alike, counts, measures, places
from ferryman.tools.discover.vocabulary import PERSON_ROLES, PERSON_TABLES

HALF = 0.5  #: of the values that are enough where the name says the table, or hints at it
CHANCE = 0.01  #: that so many values are keys without meaning them, at most
FEWEST = 8  #: different values that tell anything by themselves
LOOKED_AT = 4  #: tables for one column, the likeliest first
_MARKS = frozenset("id ids uuid guid fk ref by".split())  #: words of a name that make a column one that names rows
_ALIKE = 3  #: letters of a word that a shorter form of it begins with
_TEXTS = frozenset((Family.TEXT, Family.UUID))
_NUMBERS = frozenset((Family.INTEGER, Family.DECIMAL, Family.OTHER))


def with_likely(connection: Connection, database: Database, profile: Profile) -> Profile:
    """The profile with `may_name` for each column that no reference of the database, inferred ones too, takes up.

    Several tables stand there only where the same speaks for each.
    """
    search = _Search(connection, database, profile, References(database), Lexicon.of(_names(database)))
    return Profile(tables=tuple(search.told(table) for table in profile.tables))


def _names(database: Database) -> Iterator[str]:
    for table in database.data_tables:
        yield table.name
        yield from table.by_name


@dataclass(frozen=True)
class _Guess:
    """One table that a column may name rows of, before its values are looked up."""

    parent: Table
    said: bool  #: the name says the table
    hinted: bool  #: or something like it
    telling: bool  #: the values would hardly lie in its keys by chance
    marked: bool  #: the name says that rows are meant, and not of which table
    dense: float  #: the share of numbers between its lowest and highest key that are keys
    reach: float  #: how much of the range of its keys the values take up, 0.0 to 1.0

    @property
    def by_values(self) -> bool:
        """Whether nothing but the values speaks for it."""
        return not (self.said or self.hinted or self.marked)

    @property
    def strength(self) -> int:
        """What a name says outweighs what values tell, and they what remains: that the numbers lie in the keys."""
        return 3 if self.said else 2 if self.hinted else int(self.telling)

    @property
    def rank(self) -> tuple[int, float]:
        return -self.strength, -self.reach


@dataclass(frozen=True)
class _Search:
    connection: Connection
    database: Database
    profile: Profile
    references: References
    lexicon: Lexicon

    def told(self, found: TableProfile) -> TableProfile:
        table = self.database.by_name.get(found.table)
        if table is None or not found.rows:
            return found
        columns = (column.but(may_name=tuple(self._likely(table, column))) for column in found.columns)
        return found.but(columns=tuple(columns))

    def _likely(self, table: Table, found: ColumnProfile) -> Iterator[MayName]:
        column = table.column(found.name)
        if not found.distinct or table.reference(found.name) or table.primary_key == (found.name,):
            return
        if column.family not in _TEXTS | _NUMBERS or (counts(column) and len(split_name(column.name)) > 1):
            return
        if column.family in _NUMBERS and (measures(column) or places(column)):
            return
        ranked = sorted(self._guesses(table, column, found), key=lambda guess: guess.rank)[:LOOKED_AT]
        ranked = [guess for guess in ranked if guess.said] or ranked
        seen = {guess: self._looked_up(table, column, guess) for guess in ranked}
        ranked = [one for one in ranked if not one.by_values or chance(seen[one], one.dense) <= CHANCE]
        fitting = [guess for guess in ranked if seen[guess].share >= (HALF if guess.said or guess.hinted else SHARE)]
        strongest = [guess for guess in fitting if guess.strength == fitting[0].strength]
        for guess in strongest:
            if guess.reach >= HALF * max(one.reach for one in strongest):
                yield MayName(table=guess.parent.name, looked=seen[guess].looked, found=seen[guess].found)

    def _looked_up(self, table: Table, column: Column, guess: _Guess) -> Containment:
        parent = guess.parent
        return looked_up(self.connection, (table, column.name), (parent, parent.key[0]), self.profile)

    def _guesses(self, table: Table, column: Column, found: ColumnProfile) -> Iterator[_Guess]:
        said = {parent.name for parent, _ in self.references.candidates(table, column)}
        marked = bool(_MARKS & {*split_name(column.name)[:1], *split_name(column.name)[-1:]})
        for parent in self.database.data_tables:
            keys = self._keys(parent)
            own = parent.name == table.name
            itself = own and found.distinct == self.profile.rows(table.name) - found.nulls
            if keys is None or itself or not alike(column, parent.column(keys.name)):
                continue
            rows = self.profile.rows(parent.name)
            # a word like the table's own says what is in its rows: the rating of reviews
            hinted = not own and _hints(self.lexicon.words(column.name), without_mark(self.lexicon.words(parent.name)))
            dense = _density(column, keys, rows)
            telling, reach = _telling(found, dense), _reach(found, keys, rows)
            guess = _Guess(parent, parent.name in said, hinted, telling, marked, dense, reach)
            within = _within(found, keys) and (hinted or marked or guess.telling)
            if guess.said or within or ((hinted or marked) and _meets(found, keys)):
                yield guess

    def _keys(self, parent: Table) -> ColumnProfile | None:
        known = self.profile.by_name.get(parent.name)
        return known.by_name.get(parent.key[0]) if known and known.rows and len(parent.key) == 1 else None


def _hints(column: Words, table: Words) -> bool:
    """Whether a word of a column's name says the last word of a table's, a word near it, or a shorter form of it."""
    what, book = table[-1], vocabulary()
    near = {word for group in (*book.same, *book.near) if what in group for word in group}
    said = {word for word in column if word not in _MARKS}
    person = what in PERSON_TABLES and not said.isdisjoint(PERSON_ROLES)
    same = {word for group in book.same if not said.isdisjoint(group) for word in group} | said
    return person or not near.isdisjoint(same) or any(len(w) >= _ALIKE and what.startswith(w) for w in said)


def _within(found: ColumnProfile, keys: ColumnProfile) -> bool:
    """Whether the values lie between the lowest and the highest key, but for the 0 of "no parent"."""
    bounds = found.lowest, found.highest, keys.lowest, keys.highest
    low, high, first, last = (bound if isinstance(bound, int | float) else None for bound in bounds)
    if low is None or high is None or first is None or last is None:
        return True
    return high <= last and (low >= first or low == 0)


def _meets(found: ColumnProfile, keys: ColumnProfile) -> bool:
    """Whether some of the values may be keys: rows that are gone are still named, by numbers beyond those that are."""
    bounds = found.lowest, keys.highest
    low, last = (bound if isinstance(bound, int | float) else None for bound in bounds)
    return low is not None and last is not None and low <= last


def _reach(found: ColumnProfile, keys: ColumnProfile, rows: int) -> float:
    """By the range of the values; where some lie beyond it, by how many there are."""
    bounds = found.highest, keys.highest
    high, last = (bound if isinstance(bound, int | float) else 0 for bound in bounds)
    if last <= 0:
        return 0.0
    return high / last if high <= last else min(1.0, (found.distinct or 0) / rows)


def _density(column: Column, keys: ColumnProfile, rows: int) -> float:
    """How likely a number between the lowest and the highest key is one; 0.0 for texts, which are none by chance, and
    1.0 where the keys are no whole numbers."""
    if column.family in _TEXTS:
        return 0.0
    if not isinstance(keys.lowest, int) or not isinstance(keys.highest, int):
        return 1.0
    return min(1.0, rows / (keys.highest - keys.lowest + 1))


def _telling(found: ColumnProfile, dense: float) -> bool:
    """Whether so many different values would hardly all be keys by chance: never where numbers run without gaps."""
    distinct = found.distinct or 0
    return distinct >= FEWEST and dense**distinct <= CHANCE


def chance(seen: Containment, dense: float) -> float:
    """How likely at least so many of the values that were looked up are keys where each is one with this likelihood."""
    if dense <= 0.0 or dense >= 1.0:
        return dense
    n = seen.looked
    more = (
        exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + k * log(dense) + (n - k) * log1p(-dense))
        for k in range(seen.found, n + 1)
    )
    return min(1.0, sum(more))
