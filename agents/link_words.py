"""References that no column declares, in a person's words: "author_ids holds ids of authors", "sold_by refers to
staff", "about_id refers to books where about_type is Book", "sold_by is no reference"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ferryman.agents.identifiers import name_words
from ferryman.agents.known import Known
from ferryman.agents.sentence import Sentence
from ferryman.agents.talk import Doubt, Edit, Talk
from ferryman.domain.changes import MapColumn
from ferryman.domain.schema import Family
from ferryman.domain.transforms import ForeignKeyTo, KeyByType, RemapIds, Rename, Transform, TypeParent

_PACKED = re.compile(
    r"^(?P<column>.+?) (?:holds?|contains?|lists?|packs?|has|have|stores?|keeps?) (?:a |an |the )?"
    r"(?:(?:comma separated |json )?(?:lists?|arrays?) of )?(?:the |old |legacy )*(?:ids?|keys?|numbers) (?:of|from) "
    r"(?:the )?(?P<parent>.+?)(?: (?:as|in) (?:a |an )?json(?: array| list)?)?$"
)
_NAMED = re.compile(
    r"^(?P<column>.+?) (?:(?:refers?|points?|leads?|links?) to (?:(?:the |a )?(?:rows?|keys?|ids?) (?:of|in) )?"
    r"|(?:holds?|names?|contains?|stores?|keeps?) (?:the |a )?(?:rows?|key|id|number) of )(?:the |old |legacy )*"
    r"(?P<parent>.+)$"
)
_UNNAMED = re.compile(
    r"^(?:(?:copy|move|take|write|keep|leave) (?P<a>.+?) (?:unchanged|as (?:it|they) (?:is|are|stands?|was|were))"
    r"|(?P<b>.+?) (?:(?:refers?|points?|leads?) to nothing|is (?:no|not a) reference"
    r"|is (?:just |only )?(?:a plain|any|some) number))$"
)
_TYPED = re.compile(
    r"^(?P<column>.+?) (?:refers?|points?|belongs?|leads?|links?) to (?:the )?(?P<parent>.+?) (?:where|when|if) "
    r"(?P<type>.+?) (?:is|=|says|equals|holds|reads) (?P<value>.+)$"
)
#: "30, courses where level is 50": one value, and what follows for the next table.
_AND = re.compile(
    r"^(?P<value>.+?) (?:, and|and|,|;) (?:to )?(?:the )?(?P<parent>[^,;]+?) (?:where|when|if) "
    r"(?P<type>.+?) (?:is|=|says|equals|holds|reads) (?P<more>.+)$"
)


def links(said: Sentence, talk: Talk) -> Edit:
    """Ids that a text packs, and ids whose parent a type beside them names. Several sentences add up."""
    text = said.text.rstrip(" .!")
    if match := _PACKED.match(text):
        return _packed(said.slot(match, "column"), said.slot(match, "parent"), talk, json=bool(re.search("json", text)))
    if match := _TYPED.match(text):
        return _typed(said.slot(match, "column"), tuple(_cases(said, match)), talk)
    if match := _UNNAMED.match(text):
        return _unnamed(said.slot(match, "a" if match["a"] else "b"), talk, said=bool(match["b"]))
    if match := _NAMED.match(text):
        return _named(said.slot(match, "column"), said.slot(match, "parent"), talk)
    return None


def _named(column: Sentence, parent: Sentence, talk: Talk) -> Edit:
    parents, found = _copied(parent, talk), dict.fromkeys((*_fed(column, talk), *_free(column, talk)))
    fed = [one for one in found if _may_lead(one[0], one[1], parents, talk)]
    if len(parents) != 1 or len(fed) != 1:
        return None
    known, target, source = fed[0]
    return (
        MapColumn(table=known.target or "", source=(source,), target=target, steps=(ForeignKeyTo(parent=parents[0]),)),
    )


def _may_lead(known: Known, target: str, parents: list[str], talk: Talk) -> bool:
    """Whether the new database does not say that the column leads elsewhere."""
    declared = talk.context.target.table(known.target or "").reference(target)
    return declared is None or declared.parent in parents


def _unnamed(column: Sentence, talk: Talk, *, said: bool) -> Edit:
    """A number goes as it is, though it was taken for a reference, or may be one where that is said."""
    fed = [one for one in dict.fromkeys(_fed(column, talk)) if said or _refers(one[0], one[1], talk)]
    if len(fed) != 1:
        return None
    known, target, source = fed[0]
    return (MapColumn(table=known.target or "", source=(source,), target=target, steps=(Rename(),)),)


def _refers(known: Known, target: str, talk: Talk) -> bool:
    legacy = talk.legacy(known)
    line = legacy.mapping.by_target.get(target) if legacy and legacy.mapping else None
    return line is not None and line.uses(ForeignKeyTo, KeyByType, RemapIds)


def _packed(column: Sentence, parent: Sentence, talk: Talk, *, json: bool) -> Edit:
    parents, fed = _copied(parent, talk), list(dict.fromkeys(_fed(column, talk)))
    if not parents or not fed:
        return None
    if len(fed) > 1 or len(parents) > 1:
        return Doubt(tuple(f"{name} of {known.target} holds ids of {p}" for known, name, _ in fed for p in parents)[:3])
    known, target, source = fed[0]
    steps = (_step(known, source, parents[0], talk, json=json),)
    return (MapColumn(table=known.target or "", source=(source,), target=target, steps=steps),)


def _step(known: Known, source: str, parent: str, talk: Talk, *, json: bool) -> Transform:
    """Several ids in a text, or the one that a number is."""
    column = talk.context.source.table(known.source or "").column(source)
    one = column.family in (Family.INTEGER, Family.DECIMAL)
    return ForeignKeyTo(parent=parent) if one else RemapIds(parent=parent, separator="" if json else ",")


_Case = tuple[Sentence, Sentence, Sentence]  #: parent, type, value


def _cases(said: Sentence, match: re.Match[str]) -> Iterator[_Case]:
    parent, kind, value = (said.slot(match, name) for name in ("parent", "type", "value"))
    while more := _AND.match(value.text):
        yield parent, kind, value.slot(more, "value")
        parent, kind, value = (value.slot(more, name) for name in ("parent", "type", "more"))
    yield parent, kind, value


def _typed(column: Sentence, cases: tuple[_Case, ...], talk: Talk) -> Edit:
    parents, fed = [_copied(parent, talk) for parent, _, _ in cases], list(dict.fromkeys(_fed(column, talk)))
    if len(fed) != 1 or any(len(found) != 1 for found in parents) or not all(value.words for _, _, value in cases):
        return None
    known, target, source = fed[0]
    named = [talk.columns(name_words(kind), (known,)) for _, kind, _ in cases]
    kinds = [next((one.column for one in found if one.side == "source"), "") for found in named]
    if len(set(kinds)) != 1 or not kinds[0]:
        return None
    legacy = talk.legacy(known)
    line = legacy.mapping.by_target.get(target) if legacy and legacy.mapping else None
    before = next((step for step in line.steps if isinstance(step, KeyByType)), None) if line else None
    meant = {pair.type: pair.parent for pair in before.parents} if before else {}
    meant |= {value.typed.rstrip(" .!"): found[0] for (_, _, value), found in zip(cases, parents, strict=True)}
    step = KeyByType(parents=tuple(TypeParent(type=said, parent=parent) for said, parent in meant.items()))
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


def _free(said: Sentence, talk: Talk) -> Iterator[tuple[Known, str, str]]:
    """The same for a column that both sides have and that the plan leaves alone: it was taken for another's number."""
    for found in talk.item(said).columns:
        legacy, name = talk.legacy(found.known), found.column
        if legacy is None or legacy.mapping is None or legacy.target is None or legacy.lines(name):
            continue
        filled = {line.target for line in legacy.mapping.columns}
        if name in legacy.table.by_name and name in legacy.target.by_name and name not in filled:
            yield found.known, name, name
