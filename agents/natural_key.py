"""How rows that are in the target already are recognised: by their legacy id, or by a key that both sides share."""

from __future__ import annotations

from collections.abc import Iterator

from ferryman.agents.bookkeeping import Book, books, words
from ferryman.agents.facts import Facts
from ferryman.agents.pairing import Pairing
from ferryman.domain.mapping import KeyPair, Matched
from ferryman.domain.profile import ColumnProfile, Profile, TableProfile
from ferryman.domain.schema import Family, Table

#: Words of columns that name a row to people, the most telling first.
TELLING = (
    "code slug uuid guid email username login sku isbn barcode number no key symbol abbreviation name title".split()
)


def natural_key(pairing: Pairing, facts: Facts) -> Matched | None:
    """The key by which legacy rows are found among the target's: None when no column tells on both sides.

    A legacy id that is filled comes first, then unique sets that are declared, but for one by which none of the rows
    that are there is found where another column finds some: "en" and "en-gb" may be one English. That values
    happen to be different in every row (surnames, say) is no proof that equal ones mean the same row: a person is asked
    then.
    """
    return next(_natural_keys(pairing, facts), None)


def _natural_keys(pairing: Pairing, facts: Facts) -> Iterator[Matched]:
    kept = _by_legacy_id(pairing, facts)
    if kept:
        yield kept
    yield from (Matched(on=pairs) for pairs in _by_unique_sets(pairing, facts))


def _by_legacy_id(pairing: Pairing, facts: Facts) -> Matched | None:
    column = books(pairing.target.columns, pairing.target.name).get(Book.LEGACY_ID)
    key = pairing.source.key
    if column is None or len(key) != 1:
        return None
    profile = facts.target_column(pairing.target.name, column.name)
    rows = facts.target_profile.rows(pairing.target.name)
    comparable = column.family in (Family.TEXT, pairing.source.column(key[0]).family)
    filled = profile is not None and profile.nulls < rows
    return Matched(on=(KeyPair(source=key[0], target=column.name),)) if comparable and filled else None


def _by_unique_sets(pairing: Pairing, facts: Facts) -> Iterator[tuple[KeyPair, ...]]:
    references = {name for key in pairing.target.foreign_keys for name in key.columns}
    for unique in sorted(pairing.target.uniques, key=lambda names: (len(names), _telling(names[0]))):
        choices = [pairing.columns.get(name) for name in unique]
        if references.intersection(unique) or not all(choice and choice.sure for choice in choices):
            continue
        pairs = tuple(KeyPair(source=c.source, target=n) for c, n in zip(choices, unique, strict=True) if c)
        columns = tuple(pair.source for pair in pairs)
        if _unique_in_source(columns, pairing.source, facts) and not _finds_none(pairs, pairing, facts):
            yield pairs


def _finds_none(pairs: tuple[KeyPair, ...], pairing: Pairing, facts: Facts) -> bool:
    """Whether no row that is there is a legacy row by these columns, and some are by another text."""
    key, target = pairing.target.primary_key, pairing.target
    looked = [one for one in facts.looked.of(pairing.source.name, target.name) if one.way.on.target not in key]
    none = any((one.way.on,) == pairs and one.looked and not one.found for one in looked)
    return none and any(one.found and target.column(one.way.on.target).family is Family.TEXT for one in looked)


def _unique_in_source(columns: tuple[str, ...], table: Table, facts: Facts) -> bool:
    declared = any(set(unique) <= set(columns) for unique in (table.primary_key, *table.uniques) if unique)
    return declared or (len(columns) == 1 and is_unique(facts.column(table.name, columns[0]), _profile(table, facts)))


def _profile(table: Table, facts: Facts) -> TableProfile | None:
    return facts.source_profile.by_name.get(table.name)


def is_unique(column: ColumnProfile | None, table: TableProfile | None) -> bool:
    """Whether every row of a profiled table has a value of its own here, counted over all rows."""
    if column is None or table is None or table.rows == 0:
        return False
    return column.sampled == 0 and column.nulls == 0 and column.distinct == table.rows


def telling_pairs(pairing: Pairing, old: Profile, new: Profile) -> list[KeyPair]:
    """The sure pairs of text or whole-number columns that name a row to people, the most telling first; none that has a
    value twice on a side: it names several rows, as a part of a key does."""
    found = []
    for target, choice in pairing.columns.items():
        family = pairing.target.column(target).family
        told = _telling(target)
        if choice.sure and family in (Family.TEXT, Family.UUID, Family.INTEGER) and told < len(TELLING):
            found.append((told, KeyPair(source=choice.source, target=target)))
    own = {*pairing.target.primary_key, *(n for key in pairing.target.foreign_keys for n in key.columns)}
    ranked = (pair for _, pair in sorted(found, key=lambda item: item[0]) if pair.target not in own)
    ours, theirs = old.by_name.get(pairing.source.name), new.by_name.get(pairing.target.name)
    return [pair for pair in ranked if not (_repeats(ours, pair.source) or _repeats(theirs, pair.target))]


def _repeats(table: TableProfile | None, name: str) -> bool:
    """Whether a column was seen to hold a value more than once."""
    column = table.by_name.get(name) if table else None
    if table is None or column is None or column.distinct is None:
        return False
    return column.distinct + column.nulls < (column.sampled or table.rows)


def _telling(name: str) -> int:
    said = words(name)
    return min((TELLING.index(word) for word in said if word in TELLING), default=len(TELLING))
