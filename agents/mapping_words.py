"""What feeds what, in a person's words: "Invoice goes into orders", "put Name into title"."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from ferryman.agents.identifiers import name_words
from ferryman.agents.known import Known
from ferryman.agents.lookup_words import looked_up
from ferryman.agents.names import SURE
from ferryman.agents.sentence import Sentence
from ferryman.agents.talk import Doubt, Edit, Talk, listed
from ferryman.domain.changes import MapColumn, MapTable
from ferryman.domain.transforms import Concat, Transform

_INTO = r"(?:into|in to|to|in|onto|under|with|as)"
_FORWARD = tuple(
    re.compile(pattern)
    for pattern in (
        r"^(?:put|move|map|copy|write|send|store|load|merge|assign|feed|bring|save|rename|turn|migrate|transfer"
        rf"|link|match|connect) (?P<a>.+?) {_INTO} (?P<b>.+)$",
        r"^(?P<a>.+?) (?:should |must |shall |will |has to |have to |needs to |need to |ought to |really "
        r"|actually |better |can )*"
        r"(?:go|goes|belong|belongs|map|maps|end up|ends up|land|lands|correspond|corresponds|move|moves|fit"
        r"|fits|turn|turns|be put|be mapped|be moved|be stored|be copied|be written|is put|is mapped|is stored"
        rf"|is written|match|matches|come|comes) {_INTO} (?P<b>.+)$",
        r"^(?P<a>.+?) (?:should |must |shall |will |really |actually |has to |ought to )*(?:feed|feeds|become"
        r"|becomes|fill|fills|is called|is now called|was renamed to|is the new|is the old|is the same as"
        r"|are the same as|is now|are now|replaces|is named|equals|=|->|is|are|be) (?:the (?:new "
        r"|old )?)?(?P<b>.+)$",
        r"^(?:use|take) (?P<a>.+?) (?:for|as|to fill|to feed) (?P<b>.+)$",
        r"^(?P<a>.+?) (?:into|in to|->|=>) (?P<b>.+)$",
    )
)
_BACKWARD = tuple(
    re.compile(pattern)
    for pattern in (
        r"^(?P<b>.+?) (?:should |must |shall |will |really |actually |has to |ought to )*(?:come|comes"
        r"|get filled|gets filled|be filled|is filled|are filled|be fed|is fed|be taken|is taken|be read"
        r"|is made|be made|derive|derives|stem|stems|originates|was|were|is)(?: originally)? (?:from|with|by"
        r"|out of|of|called|named) (?P<a>.+)$",
        r"^(?:fill|feed|populate|load|make|build) (?P<b>.+?) (?:from|with|by|using|out of) (?P<a>.+)$",
    )
)
_OF = re.compile(r" (?:of|from|in) (?P<t>.+)$")


def map_names(said: Sentence, talk: Talk) -> Edit:
    """Tables into tables, columns into columns; both ends have to be names that this migration knows."""
    pairs = _several(said, talk)
    if pairs:
        return pairs
    text = re.sub(r"(?: please| instead| then| now)+$", "", said.text.rstrip(" .!,"))
    doubt: Doubt | None = None
    for pattern in (*_BACKWARD, *_FORWARD):
        match = pattern.match(text)
        if match:
            found = _pair(said.slot(match, "a"), said.slot(match, "b"), talk)
            if isinstance(found, Doubt):
                doubt = doubt or found
            elif found:
                return found
    return doubt


def _several(said: Sentence, talk: Talk) -> Edit:
    """ "A goes into B and C into D": each pair by itself, where every one of them is clear."""
    cuts = list(
        re.finditer(r" (?:, and|and|,) (?=.+ (?:in to|into|->|feeds|becomes|(?:comes?|filled) from) )", said.text)
    )
    starts, stops = [0, *(cut.end() for cut in cuts)], [*(cut.start() for cut in cuts), len(said.text)]
    parts = [said.part(a, b) for a, b in zip(starts, stops, strict=True)] if cuts else []
    found = [map_names(part.part(0, len(_TOO.sub("", part.text))), talk) for part in parts]
    if not found or not all(isinstance(one, tuple) for one in found):
        return next((one for one in found if isinstance(one, Doubt) and one.why == ONE_SOURCE), None)
    changes = tuple(change for one in found if isinstance(one, tuple) for change in one)
    return _one_source([change for change in changes if isinstance(change, MapTable)]) or changes


ONE_SOURCE = (
    "A plan fills a new table from one old table. The next one comes in a plan of its own when that is done, with what "
    "refers to it."
)
_TOO = re.compile(r"(?: too| also| as well)+[ .!]*$")


def _one_source(pairs: list[MapTable]) -> Doubt | None:
    """What is said where two old tables are to fill one new table."""
    fed = Counter(pair.target for pair in pairs)
    if not any(times > 1 for times in fed.values()):
        return None
    return Doubt(tuple(f"{pair.source} goes into {pair.target}" for pair in pairs if fed[pair.target] > 1), ONE_SOURCE)


def _pair(old: Sentence, new: Sentence, talk: Talk) -> Edit:
    target, sources = table_named(new, talk, "target"), [table_named(one, talk, "source") for one in listed(old)]
    if target and target.target and len(sources) > 1 and all(sources):
        named = [one.source for one in sources if one and one.source]
        return _one_source([MapTable(source=name, target=target.target) for name in dict.fromkeys(named)])
    for one, other in ((old, new), (new, old)):
        source, target = table_named(one, talk, "source"), table_named(other, talk, "target")
        if source and target and source.source and target.target:
            return (MapTable(source=source.source, target=target.target),)
    return _columns(old, new, talk) or looked_up(old, new, talk)


def table_named(said: Sentence, talk: Talk, side: str) -> Known | None:
    """The one table of a side that words name; an old one may feed several new ones."""
    spelt = [known for known in talk.names.spelt(said.typed) if getattr(known, side)]
    if len({getattr(known, side) for known in spelt}) == 1:
        return spelt[0]
    if any(word.norm in ("column", "field") for word in said.words):
        return None
    tables, score = talk.names.table(name_words(said), side)
    return tables[0] if len({getattr(known, side) for known in tables}) == 1 and score >= SURE else None


def _columns(old: Sentence, new: Sentence, talk: Talk) -> Edit:
    """Every mapped pair of tables that has both ends; one: it is meant, several: a doubt."""
    olds, news = talk.tables(_tail(old)), talk.tables(_tail(new))
    within = tuple(known for known in olds if known in news) if olds and news else olds or news
    if olds and news and not within:
        return None
    sources = [_cut(item) for item in listed(old)]
    target = name_words(_cut(new))
    fits = dict.fromkeys(
        _fits(sources, target, within or tuple(k for k in talk.names.known if k.source and k.target), talk)
    )
    if len(fits) > 1:
        exact = [c for c in fits if c.table == talk.context.table]
        fits = dict.fromkeys(exact) if len(exact) == 1 else fits
    if len(fits) > 1:
        return Doubt(tuple(f"{' and '.join(c.source)} of {c.table} goes into {c.target}" for c in list(fits)[:3]))
    return tuple(fits) or None


def _tail(said: Sentence) -> Sentence:
    match = _OF.search(said.text)
    return said.slot(match, "t") if match else Sentence(said.original, ())


def _cut(said: Sentence) -> Sentence:
    match = _OF.search(said.text)
    return said.part(0, match.start()) if match else said


def _fits(
    sources: list[Sentence], target: tuple[str, ...], within: tuple[Known, ...], talk: Talk
) -> Iterator[MapColumn]:
    if not sources or not target:
        return
    found = [(_in_table(talk, [name_words(s) for s in sources], target, known), known) for known in within]
    best = max((fit[2] for fit, _ in found if fit), default=0.0)
    for fit, known in found:
        if fit and fit[2] >= best - 0.05 and known.target:
            steps: tuple[Transform, ...] = (Concat(),) if len(fit[0]) > 1 else ()
            yield MapColumn(table=known.target, source=fit[0], target=fit[1], steps=steps)


def _in_table(
    talk: Talk, sources: list[tuple[str, ...]], target: tuple[str, ...], known: Known
) -> tuple[tuple[str, ...], str, float] | None:
    """(legacy columns, target column, how well the names fit) within one pair of tables."""
    if not (known.source and known.target):
        return None
    ours = [talk.names.columns(words, (known,), "source") for words in sources]
    theirs = talk.names.columns(target, (known,), "target")
    if len(theirs) != 1 or any(len(found) != 1 for found in ours):
        return None
    score = min([theirs[0].score, *(found[0].score for found in ours)])
    return tuple(found[0].column for found in ours), theirs[0].column, score
