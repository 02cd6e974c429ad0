"""One value for every row: "tracker_id is always 1", "set kind to 'Issue' in every row"."""

from __future__ import annotations

import re

from ferryman.agents.comparing import typed
from ferryman.agents.known import Known
from ferryman.agents.new_columns import new_columns
from ferryman.agents.sentence import Sentence
from ferryman.agents.talk import Doubt, Edit, Talk
from ferryman.domain.changes import MapColumn, UnmapColumn
from ferryman.domain.transforms import Constant, Scalar

_IS = r"(?:is|are|be|=|:|gets|get|becomes|become|holds|hold|has|have|stays|equals|to|with)"
_OUGHT = r"(?:should |must |shall |will |has to |have to |ought to )?"
_EVERY = r"(?:in|for|of|on) (?:every|each|all)(?: of)?(?: the)?(?: new)? (?:rows?|records?|entry|entries|ones?|of them)"
_SAID = tuple(
    re.compile(pattern)
    for pattern in (
        rf"^(?P<c>.+?) {_OUGHT}(?:always|constantly) {_IS} (?P<v>.+?)(?: {_EVERY})?$",
        rf"^(?P<c>.+?) {_OUGHT}{_IS} (?:always|constantly)(?: be)? (?P<v>.+?)(?: {_EVERY})?$",
        rf"^(?:set|fill|make) (?P<c>.+?) (?:always )?(?:to|with|=) (?P<v>.+?) (?:{_EVERY}|everywhere|always)$",
        rf"^(?P<c>.+?) {_OUGHT}{_IS} (?P<v>.+?) (?:{_EVERY}|everywhere)$",
        rf"^(?:always )?(?:put|write|use) (?P<v>.+?) (?:in|into|for) (?P<c>.+?) (?:{_EVERY}|everywhere|always)$",
        r"^(?:set|fix) (?P<c>.+?) to (?P<v>.+)$",
    )
)
_AS_A_VALUE = re.compile(r"^(?:(?:the )?(?:fixed |constant |same )?(?:value|text|number|word) )")
_NOTHING = frozenset("null empty nothing blank none".split())


def constants(said: Sentence, talk: Talk) -> Edit:
    """A value that every row of a new column gets, in the one column that is called so. Nothing that is a column of the
    old table is a value: "set title to subject" says what feeds it."""
    for pattern in _SAID:
        match = pattern.match(said.text.rstrip(" .!"))
        if match is None:
            continue
        value = said.slot(match, "v")
        found = new_columns(said.slot(match, "c"), talk)
        if not found:
            continue
        if len(found) > 1:
            return Doubt(tuple(f"{column} of {known.target} is always {value.typed}" for known, column in found[:3]))
        known, column = found[0]
        if value.text in _NOTHING:
            return (UnmapColumn(table=known.target or "", target=column),)
        return _set(known, column, value, talk)
    return None


def _set(known: Known, column: str, said: Sentence, talk: Talk) -> Edit:
    target = talk.context.target.table(known.target or "").column(column)
    text = _AS_A_VALUE.sub("", said.typed.rstrip(" .!")).strip("\"'")
    legacy = talk.legacy(known)
    if legacy and text.casefold() in (name.casefold() for name in legacy.table.by_name):
        return None
    value: Scalar = typed(text, target)
    if value is None:
        why = f'"{text}" is no value that {column} can hold: it takes {target.family.value} values.'
        return Doubt((f"{column} stays empty", f"which values does {column} hold?"), why)
    return (MapColumn(table=known.target or "", source=(), target=column, steps=(Constant(value=value),)),)
