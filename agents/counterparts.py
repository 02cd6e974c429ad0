"""Whether rows that are in the new database already are rows of the old one, as far as their values tell."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from ferryman.agents.facts import Facts
from ferryman.agents.natural_key import is_unique, telling_pairs
from ferryman.agents.pairing import Pairing
from ferryman.agents.wording import count
from ferryman.domain.counterparts import Counterparts, Way
from ferryman.domain.mapping import Kept, KeyPair, TableMapping
from ferryman.domain.profile import Profile
from ferryman.domain.schema import Family

_TEXTS = frozenset((Family.TEXT, Family.UUID, Family.ENUM))
_NUMBERS = frozenset((Family.INTEGER, Family.DECIMAL))
MOST_WAYS = 3  #: besides the key
_MOST = 0.9  #: of the rows that were compared must be alike: some were changed in the new application since
_MADE = 32  #: characters of keys that programs make up
_HALF = 0.5  #: of a column's values must be different for it to tell rows apart; of text keys that nothing else proves


def ways_to_look(found: Iterable[Pairing], old: Profile, new: Profile, leave: Collection[str] = ()) -> tuple[Way, ...]:
    """The ways in which rows of a filled table may be rows of the table that feeds it: by their keys, where both are of
    one kind, and by pairs of columns that tell the rows of either side apart, those that name a row to people first."""
    filled = (p for p in found if p.target.name not in leave and new.rows(p.target.name) and old.rows(p.source.name))
    return tuple(way for pairing in filled for way in _ways(pairing, old, new))


def _ways(pairing: Pairing, old: Profile, new: Profile) -> Iterator[Way]:
    source, target = pairing.source, pairing.target
    compared = tuple(_telling_apart(pairing, old))
    named = dict.fromkeys((*telling_pairs(pairing, old, new), *(pair for pair in compared if _is_text(pair, pairing))))
    for on in (*_keys(pairing), *[pair for pair in named if _once(pair, pairing, old, new)][:MOST_WAYS]):
        others = tuple(pair for pair in compared if on.target != pair.target and on.source != pair.source)
        yield Way(source=source.name, target=target.name, on=on, compared=others)


def _keys(pairing: Pairing) -> Iterator[KeyPair]:
    """Both keys, where they are one column of a kind each that refers to nothing."""
    ours, theirs = pairing.source.key, pairing.target.primary_key
    if len(ours) != 1 or len(theirs) != 1 or ours[0] not in pairing.source.by_name:
        return
    if pairing.source.reference(ours[0]) is None and pairing.target.reference(theirs[0]) is None:
        families = {pairing.source.column(ours[0]).family, pairing.target.column(theirs[0]).family}
        if any(families <= kind for kind in (_TEXTS, _NUMBERS)):
            yield KeyPair(source=ours[0], target=theirs[0])


def _is_text(pair: KeyPair, pairing: Pairing) -> bool:
    return pairing.target.column(pair.target).family in _TEXTS


def _once(pair: KeyPair, pairing: Pairing, old: Profile, new: Profile) -> bool:
    sides = (old, pairing.source.name, pair.source), (new, pairing.target.name, pair.target)
    tables = [(profile.by_name.get(table), name) for profile, table, name in sides]
    return all(table is not None and is_unique(table.by_name.get(name), table) for table, name in tables)


def _telling_apart(pairing: Pairing, old: Profile) -> Iterator[KeyPair]:
    """The columns that hold the same in rows that are the same, and hardly by chance."""
    known = old.by_name[pairing.source.name]
    bound = {*pairing.target.primary_key, *(name for key in pairing.target.foreign_keys for name in key.columns)}
    for name, choice in pairing.columns.items():
        ours, profile = pairing.source.column(choice.source), known.by_name.get(choice.source)
        families = {ours.family, pairing.target.column(name).family}
        alike = any(families <= kind for kind in (_TEXTS, _NUMBERS))
        if not choice.sure or name in bound or not alike or pairing.source.reference(choice.source):
            continue
        if profile and profile.distinct and profile.distinct >= _HALF * (profile.sampled or known.rows):
            yield KeyPair(source=choice.source, target=name)


def same_by(source: str, target: str, facts: Facts) -> Counterparts | None:
    """The way by which the rows that are there are surely rows of the old table; None where none tells."""
    looked = facts.looked.of(source, target)
    surely = (one for one in looked if _are_the_same(one, facts))
    return next(surely, None) or next((one for one in looked if _is_one_list(one, facts)), None)


def _is_one_list(one: Counterparts, facts: Facts) -> bool:
    """Whether all rows that are there are found by a text, and are at least half of the old ones: two lists of the same
    few things, English and Deutsch, whatever stands beside them. Keys such as "T1" are no such text: of rows that hold
    something else in all that was compared, they prove nothing."""
    if one.way.on.target in facts.target.table(one.way.target).primary_key and one.compared and not one.alike:
        return False
    column = facts.target.table(one.way.target).column(one.way.on.target)
    there, old = facts.target_profile.rows(one.way.target), facts.source_profile.rows(one.way.source)
    return column.family is Family.TEXT and there == one.found >= 2 and there >= _HALF * old


def _are_the_same(one: Counterparts, facts: Facts) -> bool:
    """Equal numbers prove nothing unless all that was compared agrees; equal texts hardly come about by chance."""
    family = facts.target.table(one.way.target).column(one.way.on.target).family
    if one.compared:
        return one.alike == one.compared if family in _NUMBERS else one.alike >= _MOST * one.compared
    return family in _TEXTS and one.found > 0 and one.found >= _HALF * one.looked


def are_others(table: TableMapping, facts: Facts) -> bool:
    """Whether not one of the rows that are there is a row of the old table by anything that would tell, and none has
    the key that one is to have.

    Numbers and UUIDs that a database makes tell nothing where they are others.
    """
    looked, key = facts.looked.of(table.source, table.target), facts.target.table(table.target).primary_key
    told = [one for one in looked if one.compared or one.way.on.target not in key or _is_said(one, facts)]
    kept = isinstance(table.identity, Kept)
    taken = any(one.found for one in looked if kept and one.way.on.target in key)
    return bool(told) and not taken and all(not one.alike and one.found == one.compared for one in looked)


def _is_said(one: Counterparts, facts: Facts) -> bool:
    """Whether both keys are texts that people give, such as "EUR"."""
    sides = (
        (facts.source, facts.column, one.way.source, one.way.on.source),
        (*(facts.target, facts.target_column, one.way.target, one.way.on.target),),
    )
    families = {database.table(table).column(name).family for database, _, table, name in sides}
    profiles = [profile(table, name) for _, profile, table, name in sides]
    return families <= _TEXTS - {Family.UUID} and not any(p and (p.shortest or 0) >= _MADE for p in profiles)


def key_taken(table: TableMapping, facts: Facts) -> Counterparts | None:
    """What was seen of rows that are there and have the text that is the key of a legacy row; None where none has.

    Numbers are no matter: where rows are there, the new database numbers those that come.
    """
    looked, target = facts.looked.of(table.source, table.target), facts.target.table(table.target)
    key = target.primary_key
    texts = len(key) == 1 and target.column(key[0]).family is Family.TEXT
    return next((one for one in looked if texts and one.way.on.target in key and one.found), None)


def in_words(one: Counterparts) -> str:
    """ "All 4 rows that are there are in customer by code, and hold the same." """
    rows = f"All {one.looked:,} rows" if one.found == one.looked > 1 else f"{one.found:,} of {count(one.looked, 'row')}"
    also = ", and hold the same" if one.alike else ""
    return (
        f"{rows} that {'is' if one.looked == 1 else 'are'} there are in {one.way.source} by {one.way.on.source}{also}."
    )
