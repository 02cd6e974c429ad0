"""Names that were typed as one: "course_list", "audit-log", "orders.total", `"order items"`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ferryman.agents.sentence import Sentence, Word, split_name
from ferryman.agents.vocabulary import key, unaccented

_BETWEEN = re.compile(r"""["'`\]]?\.["'`\[]?|-|""")  #: what may stand between two words of one name
_QUOTED = re.compile(r"""(?<!\w)(?:"[^"\n]+"|'[^'\n]+'|`[^`\n]+`|\[[^]\n]+\])""")
_LONGEST = 60  #: characters of a quoted name
_AROUND = frozenset("the my our table column field old new legacy a an tables columns of".split())


@dataclass(frozen=True)
class Part:
    """Words `start` to `stop` (exclusive) of a sentence, between dots."""

    start: int
    stop: int
    text: str  #: as typed


def folded(name: str) -> str:
    """A name in one spelling, however its words are set apart; singular and plural stay two names.

    >>> folded("Audit-Log"), folded("audit_log"), folded("AuditLogs"), folded("Menü")
    ('auditlog', 'auditlog', 'auditlogs', 'menu')
    """
    return unaccented("".join(split_name(name)))


def name_words(said: Sentence) -> tuple[str, ...]:
    """The words of a name, without those that people put around one, as long as others are left."""
    found = [word.norm for word in said.words if word.norm not in ",.!"]
    named = [word for word in found if word not in _AROUND] or found
    return tuple(key(word) for i, word in enumerate(named, start=1) if word != "value" or i == len(named))


def typed_as_one(said: Sentence) -> Iterator[tuple[Part, ...]]:
    """Each name that was typed as one and is more than a plain word, cut at its dots."""
    start = 0
    for stop in range(1, len(said.words) + 1):
        if stop < len(said.words) and _joined(said, said.words[stop - 1], said.words[stop]):
            continue
        if stop - start > 1:
            yield _parts(said, start, stop)
        start = stop


def _joined(said: Sentence, one: Word, other: Word) -> bool:
    """Whether nothing but a joint stands between two words, or quotes around both."""
    if not (one.norm[:1].isalnum() and other.norm[:1].isalnum()):
        return False
    if one.start == other.start or _BETWEEN.fullmatch(said.original[one.end : other.start]):
        return True
    quoted = (found.span() for found in _QUOTED.finditer(said.original))
    return any(start < one.start and other.end < stop <= start + _LONGEST for start, stop in quoted)


def _parts(said: Sentence, start: int, stop: int) -> tuple[Part, ...]:
    parts, first = list[Part](), start
    for at in range(start + 1, stop + 1):
        if at == stop or "." in said.original[said.words[at - 1].end : said.words[at].start]:
            text = said.original[said.words[first].start : said.words[at - 1].end]
            parts.append(Part(first, at, text))
            first = at
    return tuple(parts)
