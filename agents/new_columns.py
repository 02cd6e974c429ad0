"""The new columns that words name: "kind", "kind of issues", "the field kind in issues"."""

from __future__ import annotations

import re

from ferryman.agents.identifiers import folded, name_words
from ferryman.agents.known import Known
from ferryman.agents.sentence import Sentence
from ferryman.agents.talk import Talk

_WITHIN = re.compile(r" (?:of|in|for|from) (?:the )?(?P<t>.+)$")


def new_columns(said: Sentence, talk: Talk) -> list[tuple[Known, str]]:
    """They, each with its table: those of the tables that are named with them, else of all that the plan copies. Of
    several, those that are spelt just so."""
    cut = _WITHIN.search(said.text)
    tables = talk.tables(said.slot(cut, "t")) if cut else ()
    named = said.part(0, cut.start()) if cut and tables else said
    found = [
        (known, column.column)
        for known in tables or talk.tables(said) or talk.planned
        if known.target
        for column in talk.names.columns(name_words(named), (known,), "target")
    ]
    spelt = [(known, column) for known, column in found if folded(column) == folded(named.typed)]
    return list(dict.fromkeys(spelt or found))
