"""Pairs of columns that name a row of one of several tables: one says of which, the other by its number."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from ferryman.agents.bookkeeping import words
from ferryman.domain.profile import TableProfile
from ferryman.domain.schema import Table

_ANY_ROW = re.compile(r"(?:item_?)?(?:object|instance|entity|record|subject|target|related)(?:_?id)?", re.IGNORECASE)
_MODEL = re.compile(r"(?:class|model|module|entity|table)(?:_?(?:id|name))?$", re.IGNORECASE)
_KIND = re.compile(r"(?:type|kind|level)(?:_?(?:id|name))?$", re.IGNORECASE)


def type_id_pairs(table: Table, profile: TableProfile | None = None) -> list[tuple[str, str]]:
    """Columns such as (owner_type, owner_id) or (content_type_id, object_id) whose id is no declared reference.

    A column of another name, as (owner_kind, owner_id) or (entity, entity_id), counts where it names tables. So does
    the one that says a kind beside a number that is called after no table: (contextlevel, instanceid).
    """
    lower = {column.name.lower(): column.name for column in table.columns}
    found = []
    for name, column in lower.items():
        labelled = profile is not None and column in profile.by_name and bool(profile.by_name[column].labels)
        stem = re.sub(r"_?type(_?id)?$", "", name)
        if stem == name and labelled:
            stem = re.sub(r"_?(type|kind|class|model|table|entity)?(_?name)?$", "", name) or name
        elif stem == name:
            continue
        numbers = ("object_id", "object_pk", "objectid") if stem == "content" else (f"{stem}_id", f"{stem}id")
        number = next((lower[n] for n in numbers if stem and n in lower and lower[n] != column), None)
        declared = number and (key := table.reference(number)) and key.enforced
        if number and not declared and not _is_its_own_id(table, number, stem):
            found.append((column, number))
    return [*found, *_by_kind(table, {name for pair in found for name in pair})]


def _by_kind(table: Table, taken: Collection[str]) -> Iterator[tuple[str, str]]:
    """The one number of a row of any table, beside the one column that says a kind."""
    numbers = [name for name in table.by_name if _ANY_ROW.fullmatch(name) and table.reference(name) is None]
    named = [[name for name in table.by_name if says.search(name) and name not in numbers] for says in (_MODEL, _KIND)]
    kinds = named[0] or named[1]
    if len(numbers) == len(kinds) == 1 and numbers[0] not in {*taken, *table.key}:
        yield kinds[0], numbers[0]


def _is_its_own_id(table: Table, number: str, stem: str) -> bool:
    """ "user_id" of "users" says which user the row is; "user_type" says what kind of user."""
    own = {word.rstrip("s") for word in words(table.name)}
    return number in table.key or number == table.columns[0].name or stem.rstrip("s") in own


def types_beside(
    source: Table, target: Table, numbers: Mapping[str, str], taken: Collection[str]
) -> Iterator[tuple[str, str]]:
    """(target, legacy) column that says of which table the row is, where the number beside it is fed by the one of a
    legacy pair (`numbers`, target -> legacy): one means nothing without the other."""
    kinds = {number: kind for kind, number in type_id_pairs(source)}
    for kind, number in type_id_pairs(target):
        ours = kinds.get(numbers.get(number, ""))
        if ours is None or ours in taken or kind in numbers or target.reference(kind):
            continue
        if source.column(ours).family is target.column(kind).family:
            yield kind, ours
