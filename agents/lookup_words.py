"""A value of another old table: "description in issues comes from description in bug_text"."""

from __future__ import annotations

import re

from ferryman.agents.known import Known
from ferryman.agents.new_columns import new_columns
from ferryman.agents.sentence import Sentence
from ferryman.agents.talk import Doubt, Edit, Talk
from ferryman.agents.vocabulary import key
from ferryman.domain.changes import MapColumn
from ferryman.domain.schema import Family, Table
from ferryman.domain.transforms import Cast, Lookup, Transform

_OF = re.compile(r"^(?P<c>.+?) (?:of|in|from) (?:the )?(?P<t>.+)$")


def looked_up(old: Sentence, new: Sentence, talk: Talk) -> Edit:
    """A column of an old table that the row's own old table refers to: its value there, found by that reference."""
    found = _OF.match(old.text)
    if found is None or not (other := _table(old.slot(found, "t"), talk)):
        return None
    column = _named(old.slot(found, "c"), other)
    fits = [(known, name) for known, name in new_columns(new, talk) if _refers(known, other, talk)]
    if not column or not fits:
        return None
    if len(fits) > 1:
        return Doubt(tuple(f"{name} of {k.target} comes from {column} of {other.name}" for k, name in fits[:3]))
    known, name = fits[0]
    legacy, target = talk.legacy(known), talk.context.target.table(known.target or "").column(name)
    keys = [key for key in legacy.table.foreign_keys if key.parent == other.name] if legacy else []
    ways = [key for key in keys if len(key.columns) == 1]
    if len(ways) != 1:
        return None
    steps: tuple[Transform, ...] = (
        Lookup(table=other.name, key=ways[0].parent_columns[0], value=column),
        *_cast(other.column(column).family, target.family),
    )
    return (MapColumn(table=known.target or "", source=ways[0].columns, target=name, steps=steps),)


def _cast(ours: Family, theirs: Family) -> tuple[Transform, ...]:
    return () if ours is theirs else (Cast(to=theirs.value),)


def _table(said: Sentence, talk: Talk) -> Table | None:
    spelt = {known.source for known in talk.names.spelt(said.typed) if known.source}
    named = spelt or {known.source for known in talk.tables(said) if known.source}
    return talk.context.source.table(named.pop()) if len(named) == 1 else None


def _named(said: Sentence, table: Table) -> str:
    typed, words = said.typed.casefold(), key("".join(word.norm for word in said.words if word.norm != "the"))
    exact = [name for name in table.by_name if typed == name.casefold()]
    return next(iter(exact or [name for name in table.by_name if key(name.replace("_", "").casefold()) == words]), "")


def _refers(known: Known, other: Table, talk: Talk) -> bool:
    legacy = talk.legacy(known)
    return legacy is not None and any(key.parent == other.name for key in legacy.table.foreign_keys)
