"""References that no column declares, in a person's words: "author_ids holds ids of authors", "about_id refers to books
where about_type is Book"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ferryman.agents.known import Known
from ferryman.agents.mapping_words import name_words
from ferryman.agents.sentence import Sentence
from ferryman.agents.talk import Doubt, Edit, Talk
from ferryman.domain.changes import MapColumn
from ferryman.domain.transforms import KeyByType, RemapIds, TypeParent

_PACKED = re.compile(
    r"^(?P<column>.+?) (?:holds?|contains?|lists?|packs?|has|have|stores?|keeps?) (?:a |an |the )?"
    r"(?:(?:comma separated |json )?(?:lists?|arrays?) of )?(?:the |old |legacy )*(?:ids?|keys?|numbers) (?:of|from) "
    r"(?:the )?(?P<parent>.+?)(?: (?:as|in) (?:a |an )?json(?: array| list)?)?$"
)
_TYPED = re.compile(
    r"^(?P<column>.+?) (?:refers?|points?|belongs?|leads?|links?) to (?:the )?(?P<parent>.+?) (?:where|when|if) "
    r"(?P<type>.+?) (?:is|=|says|equals|holds|reads) (?P<value>.+)$"
)


def links(said: Sentence, talk: Talk) -> Edit:
    """Ids that a text packs, and ids whose parent a type beside them names. One sentence for each type; they add up."""
    text = said.text.rstrip(" .!")
    if match := _PACKED.match(text):
        return _packed(said.slot(match, "column"), said.slot(match, "parent"), talk, json=bool(re.search("json", text)))
    if match := _TYPED.match(text):
        column, parent, kind = (said.slot(match, name) for name in ("column", "parent", "type"))
        return _typed(column, parent, kind, said.slot(match, "value"), talk)
    return None


def _packed(column: Sentence, parent: Sentence, talk: Talk, *, json: bool) -> Edit:
    parents, fed = _copied(parent, talk), list(dict.fromkeys(_fed(column, talk)))
    if not parents or not fed:
        return None
    if len(fed) > 1 or len(parents) > 1:
        return Doubt(tuple(f"{name} of {known.target} holds ids of {p}" for known, name, _ in fed for p in parents)[:3])
    known, target, source = fed[0]
    steps = (RemapIds(parent=parents[0], separator="" if json else ","),)
    return (MapColumn(table=known.target or "", source=(source,), target=target, steps=steps),)


def _typed(column: Sentence, parent: Sentence, kind: Sentence, value: Sentence, talk: Talk) -> Edit:
    parents, fed = _copied(parent, talk), list(dict.fromkeys(_fed(column, talk)))
    if len(parents) != 1 or len(fed) != 1 or not value.words:
        return None
    known, target, source = fed[0]
    kinds = [one.column for one in talk.columns(name_words(kind), (known,)) if one.side == "source"]
    legacy = talk.legacy(known)
    line = legacy.mapping.by_target.get(target) if legacy and legacy.mapping else None
    before = next((step for step in line.steps if isinstance(step, KeyByType)), None) if line else None
    if not kinds:
        return None
    said = value.typed.rstrip(" .!")
    others = tuple(pair for pair in before.parents if pair.type != said) if before else ()
    step = KeyByType(parents=(*others, TypeParent(type=said, parent=parents[0])))
    return (MapColumn(table=known.target or "", source=(kinds[0], source), target=target, steps=(step,)),)


def _copied(said: Sentence, talk: Talk) -> list[str]:
    """The target tables of the plan that the words name."""
    mapped = {table.target for table in talk.context.mapped}
    return [known.target for known in talk.tables(said) if known.target in mapped]


def _fed(said: Sentence, talk: Talk) -> Iterator[tuple[Known, str, str]]:
    """(table, target column, its legacy column that holds ids) for the words of a column on either side."""
    for found in talk.item(said).columns:
        legacy = talk.legacy(found.known)
        if legacy is None or legacy.mapping is None:
            continue
        for line in legacy.mapping.columns:
            if line.source and found.column == (line.target if found.side == "target" else line.source[-1]):
                yield found.known, line.target, line.source[-1]
