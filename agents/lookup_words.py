"""A value of another old table: "description in issues comes from description in bug_text"."""

from __future__ import annotations

import re

from ferryman.agents.bookkeeping import words
from ferryman.agents.known import Known
from ferryman.agents.new_columns import new_columns
from ferryman.agents.sentence import Sentence
from ferryman.agents.talk import Doubt, Edit, Talk
from ferryman.agents.vocabulary import key
from ferryman.domain.changes import MapColumn
from ferryman.domain.schema import Family, Table
from ferryman.domain.transforms import Cast, Lookup, Transform

_OF = re.compile(r"^(?P<c>.+?) (?:of|in|from) (?:the )?(?P<t>.+?)(?: by (?P<by>.+))?$")
_MOST = 3  #: ways that are named where several come into question


def looked_up(old: Sentence, new: Sentence, talk: Talk) -> Edit:
    """A column of another old table: its value in the row that the row's own table refers to, or that is named by a
    column of its own ("address of emails by default_email_id")."""
    found = _OF.match(old.text)
    if found is None or not (other := _table(old.slot(found, "t"), talk)):
        return None
    column = _named(old.slot(found, "c"), other)
    places = [(known, name, legacy.table) for known, name in new_columns(new, talk) if (legacy := talk.legacy(known))]
    by = old.slot(found, "by") if found["by"] else None
    fits = [place for place in places if by or _ways(place[2], other)]
    if not column or not places:
        return None
    if len(fits) > 1:
        return Doubt(tuple(f"{name} of {k.target} comes from {column} of {other.name}" for k, name, _ in fits[:_MOST]))
    if not fits:
        return _which_row(places[0], other, column) if len(places) == 1 and places[0][2] != other else None
    known, name, ours = fits[0]
    ways = _by(by, ours, other) if by else _ways(ours, other)
    if len(ways) != 1:
        return _which_row(fits[0], other, column)
    steps: tuple[Transform, ...] = (
        Lookup(table=other.name, key=ways[0][1], value=column),
        *_cast(other.column(column).family, talk.context.target.table(known.target or "").column(name).family),
    )
    return (MapColumn(table=known.target or "", source=(ways[0][0],), target=name, steps=steps),)


def _ways(ours: Table, other: Table) -> list[tuple[str, str]]:
    """The columns of a table that name one row of the other, each with the column there that holds the same."""
    keys = [key for key in ours.foreign_keys if key.parent == other.name]
    return [(key.columns[0], key.parent_columns[0]) for key in keys if len(key.columns) == 1]


def _by(said: Sentence, ours: Table, other: Table) -> list[tuple[str, str]]:
    """The way by a column of ours that is named: to what it refers to there, to what refers to it or is called the
    same, or to the key. Our own key is no key of another table."""
    column = _named(said, ours)
    to = [there for mine, there in _ways(ours, other) if mine == column]
    back = [key.columns[0] for key in other.foreign_keys if (key.parent, key.parent_columns) == (ours.name, (column,))]
    same = [column] if column in other.by_name and (column,) != other.key else []
    keys = other.key if len(other.key) == 1 and (column,) != ours.key else ()
    return [(column, there) for there in (*to, *back, *same, *keys)[:1] if column]


def _which_row(place: tuple[Known, str, Table], other: Table, column: str) -> Doubt | None:
    """How to say which row of the other table belongs to a row: nothing does, or several columns do."""
    known, name, ours = place
    called = {key(word) for word in words(other.name)}
    likely = [mine for mine, _ in _ways(ours, other)] or [
        one.name for one in ours.columns if called & {key(word) for word in words(one.name)}
    ]
    wordings = tuple(f"{name} of {known.target} comes from {column} of {other.name} by {mine}" for mine in likely)
    why = f"Say which column of {ours.name} tells the row of {other.name}."
    return Doubt(wordings[:_MOST], why) if wordings else None


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
