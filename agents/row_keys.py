"""What tells the rows of a table apart: "use rowid as key"."""

from __future__ import annotations

import re

from ferryman.agents.identifiers import name_words
from ferryman.agents.known import Known
from ferryman.agents.sentence import Sentence
from ferryman.agents.talk import Doubt, Edit, Talk, listed
from ferryman.domain.changes import Change, SetKey

_KEY = tuple(
    re.compile(pattern)
    for pattern in (
        r"^(?:use|take|with|make|set) (?P<x>.+?) (?:as|to be|for) (?:the |its |their |a |an )*(?:primary "
        r"|unique |row )*(?:key|id|identifier)(?: (?:for|of|in|on) (?P<t>.+))?$",
        r"^(?:the )?(?:primary |unique )?key (?:(?:of|for|in) (?P<t>.+?) )?(?:is|should be|=|:|must be) (?P<x>.+)$",
        r"^tell (?:the )?(?:rows|them|records)(?: of (?P<t>.+?))? apart by (?P<x>.+)$",
        r"^(?P<x>.+?) is (?:the |its |their )(?:primary |unique )?key(?: (?:of|for|in) (?P<t>.+))?$",
    )
)
_POSITION = re.compile(
    r"^(?:the |its |their )*(?:rowid|row id|row ids|row number|row numbers|row position|position|line number|row)$"
)


def set_key(said: Sentence, talk: Talk) -> Edit:
    """ "use rowid as key", "tell rows apart by NoteNo and Kind"."""
    match = next((m for pattern in _KEY if (m := pattern.match(said.text.rstrip(" .!")))), None)
    if match is None:
        return None
    tables = talk.about(said.slot(match, "t")) or talk.tables(said) or _keyless(talk)
    if len(tables) != 1 or not tables[0].target:
        return Doubt(tuple(f"use {match['x']} as key of {known.label}" for known in (tables or talk.planned)[:3]))
    key_columns = _key_columns(said.slot(match, "x"), tables[0], talk)
    changes: tuple[Change, ...] = (SetKey(table=tables[0].target, key=key_columns),)
    return changes if key_columns else Doubt()


def _keyless(talk: Talk) -> tuple[Known, ...]:
    """The tables whose key is asked about, else those whose legacy table has none."""
    asked = {question.table for question in talk.context.open_questions if "key" in question.id}
    without = [k for k in talk.planned if (legacy := talk.legacy(k)) and not legacy.table.key]
    return tuple(known for known in talk.planned if known.target in asked) or tuple(without)


def _key_columns(said: Sentence, known: Known, talk: Talk) -> tuple[str, ...]:
    if _POSITION.match(said.text):
        return ("rowid",)
    found = [talk.names.columns(name_words(item), (known,), "source") for item in listed(said)]
    return tuple(columns[0].column for columns in found) if all(len(columns) == 1 for columns in found) else ()
