"""What may stand in the way of a table, seen from the two catalogues and the profiles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ferryman.agents.bookkeeping import Book, books, words
from ferryman.agents.pairing import Pairing
from ferryman.agents.places_left import homeless, unfilled
from ferryman.agents.type_ids import type_id_pairs
from ferryman.agents.value_steps import can_become
from ferryman.agents.wording import count
from ferryman.domain.findings import Challenge, ChallengeKind
from ferryman.domain.profile import ColumnProfile, TableProfile
from ferryman.domain.schema import Column, Family, ForeignKey

_COMMA_LIST = re.compile(r"9+\+?( ?[,;|] ?9+\+?)+[,;|]?(\.\.\.)?")
_JSON_LIST = re.compile(r'\[ ?"?9+\+?"?( ?, ?"?9+\+?"?)*( ?\]|,? ?(\.\.\.)?)')
_ONE_KIND = frozenset(("integer", "real"))


@dataclass(frozen=True)
class Seen:
    """One pairing with what else is known of it."""

    pairing: Pairing
    references: tuple[ForeignKey, ...]
    profile: TableProfile | None
    ring: tuple[str, ...] = ()  #: target tables that refer to one another, when this is one of them
    elsewhere: frozenset[str] = frozenset()  #: legacy columns that other target tables take


def challenges(seen: Seen) -> tuple[Challenge, ...]:
    """Every challenge of a table, in the order of `ChallengeKind`."""
    return (*_of_keys(seen), *_of_references(seen), *_of_values(seen), *_of_places(seen))


def _of_keys(seen: Seen) -> Iterator[Challenge]:
    source, target = seen.pairing.source, seen.pairing.target
    if not source.key:
        text = f"{source.name} has no key: its rows cannot be told apart by a column"
        yield Challenge(kind=ChallengeKind.NO_KEY, table=target.name, text=text)
    for table in (source, target):
        if len(table.key) > 1:
            text = f"the key of {table.name} is made of {len(table.key)} columns"
            yield Challenge(kind=ChallengeKind.COMPOSITE_KEY, table=target.name, columns=table.key, text=text)


def _of_references(seen: Seen) -> Iterator[Challenge]:
    source, target = seen.pairing.source, seen.pairing.target
    if own := tuple(name for key in seen.references if key.parent == target.name for name in key.columns):
        text = f"rows of {target.name} refer to other rows of it: these are filled in a second pass"
        yield Challenge(kind=ChallengeKind.SELF_REFERENCE, table=target.name, columns=own, text=text)
    if len(seen.ring) > 1:
        text = f"{', '.join(seen.ring)} refer to one another in a ring"
        yield Challenge(kind=ChallengeKind.CYCLE, table=target.name, text=text)
    for kind, number in type_id_pairs(source, seen.profile):
        text = f"{number} refers to rows of several tables; {kind} says which"
        yield Challenge(kind=ChallengeKind.POLYMORPHIC, table=target.name, columns=(kind, number), text=text)


def _of_values(seen: Seen) -> Iterator[Challenge]:
    source, target = seen.pairing.source, seen.pairing.target
    for column in source.columns:
        profile = seen.profile.by_name.get(column.name) if seen.profile else None
        if profile is None:
            continue
        if packs_ids(column, profile):
            text = f"{column.name} holds several ids in one text"
            yield Challenge(kind=ChallengeKind.PACKED_IDS, table=target.name, columns=(column.name,), text=text)
        if kinds := mixed_kinds(profile):
            text = f"{column.name} holds {' and '.join(kinds)} side by side"
            yield Challenge(kind=ChallengeKind.MIXED_TYPES, table=target.name, columns=(column.name,), text=text)
    yield from _soft_deletion(seen)


def packs_ids(column: Column, profile: ColumnProfile) -> bool:
    """Whether a text column's shapes are lists of numbers: "12,15" or "[12, 15]". Decimals with a comma are not."""
    if column.family not in (Family.TEXT, Family.JSON, Family.OTHER):
        return False
    said = {word.rstrip("s") for word in words(column.name)}
    for shape in profile.shapes:
        commas = shape.count(",") + shape.count(";") + shape.count("|")
        if _JSON_LIST.fullmatch(shape) or (_COMMA_LIST.fullmatch(shape) and (commas > 1 or not said & _AMOUNTS)):
            return True
    return False


_AMOUNTS = frozenset(
    "price amount total sum cost rate value lat lon latitude longitude coordinate weight balance fee".split()
)


def mixed_kinds(profile: ColumnProfile) -> tuple[str, ...]:
    """The stored kinds of a column when there is more than one; whole and broken numbers count as one."""
    kinds = {kind for kind, rows in profile.storage.items() if rows and kind != "null"}
    return tuple(sorted(kinds)) if len(kinds) > 1 and not kinds <= _ONE_KIND else ()


def _soft_deletion(seen: Seen) -> Iterator[Challenge]:
    source, target = seen.pairing.source, seen.pairing.target
    column = books(source.columns, source.name).get(Book.DELETED)
    if column is None or _is_taken(column, seen):
        return
    theirs = books(target.columns, target.name).get(Book.DELETED)
    why = f"nothing fills {target.name}.{theirs.name}" if theirs else f"{target.name} has no such column"
    text = f"{column.name} marks deleted rows, and {why}: they would come back to life"
    yield Challenge(kind=ChallengeKind.SOFT_DELETED, table=target.name, columns=(column.name,), text=text)


def _is_taken(column: Column, seen: Seen) -> bool:
    """Whether some column of the target is to be filled from one that can become it."""
    profile = seen.profile.by_name.get(column.name) if seen.profile else None
    fed = [name for name, choice in seen.pairing.columns.items() if choice.source == column.name]
    return any(can_become(column, seen.pairing.target.column(name), profile) for name in fed)


def _of_places(seen: Seen) -> Iterator[Challenge]:
    target = seen.pairing.target
    if target.triggers:
        text = f"{target.name} has {count(len(target.triggers), 'trigger')}, run for every row written"
        yield Challenge(kind=ChallengeKind.TRIGGER, table=target.name, text=text)
    if without := tuple(name for name in homeless(seen.pairing, seen.profile) if name not in seen.elsewhere):
        columns = count(len(without), "old column")
        text = f"{columns} without a place in {target.name}"
        yield Challenge(kind=ChallengeKind.NO_COLUMN, table=target.name, columns=without, text=text)
    if missing := unfilled(seen.pairing):
        text = f"{', '.join(missing)} must be filled, and nothing in {seen.pairing.source.name} does"
        yield Challenge(kind=ChallengeKind.UNFILLED, table=target.name, columns=missing, text=text)
