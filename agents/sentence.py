"""A sentence as the rules read it: words in lower case, contractions written out, misspellings mended.

Every word remembers where it stood, so that a value ("Canada") can be taken exactly as it was typed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property, lru_cache

from ferryman.agents.vocabulary import COMMON, CONTRACTIONS, SPELLINGS, spelled

_TOKEN = re.compile(
    r"""(?P<date>\d{4}-\d{1,2}-\d{1,2}(?!\w)|\d{1,2}[./]\d{1,2}[./]\d{4}(?!\w))
    |(?P<file>(?:[~.]{0,2}/)?[\w./-]*\w\.(?:ya?ml|json|md|txt)\b)
    |(?P<number>-?\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\w)|(?<![\w-])-?\d+(?:\.\d+)?(?![\w]))
    |(?P<word>\w+(?:'\w+)*)
    |(?P<mark>->|=>|<=|>=|!=|<>|==|[=<>.,;:?!()&+\n])""",
    re.VERBOSE,
)
_MARKS = {"=>": "->", "==": "=", "<>": "!=", "&": "and", "+": "and"}
_QUOTED_NAMES = ("][", "``", '""')  #: around the dot between two of them
_LONGEST = 2_000  #: characters: what comes after is not read
END_MARKS = frozenset(".;?!\n")


@dataclass(frozen=True)
class Word:
    norm: str
    start: int  #: of what was typed
    end: int  #: exclusive


@dataclass(frozen=True)
class Sentence:
    """What was said. `text` is the words joined by single blanks: the rules are patterns over it."""

    original: str
    words: tuple[Word, ...]

    @cached_property
    def text(self) -> str:
        return " ".join(word.norm for word in self.words)

    @cached_property
    def _starts(self) -> tuple[int, ...]:
        starts, at = [], 0
        for word in self.words:
            starts.append(at)
            at += len(word.norm) + 1
        return tuple(starts)

    def part(self, start: int, end: int) -> Sentence:
        """The words that lie within a span of `text`."""
        inside = [
            word
            for word, at in zip(self.words, self._starts, strict=True)
            if at >= start and at + len(word.norm) <= end
        ]
        return Sentence(self.original, tuple(inside))

    def slot(self, match: re.Match[str], group: str | int) -> Sentence:
        """What a group of a pattern over `text` caught; no words where it caught nothing."""
        return self.part(*match.span(group)) if match.group(group) is not None else Sentence(self.original, ())

    @property
    def typed(self) -> str:
        """What was typed, from the first word to the last, quotes around it left off."""
        if not self.words:
            return ""
        return self.original[self.words[0].start : self.words[-1].end].strip(" \t\"'")

    def clauses(self) -> tuple[Sentence, ...]:
        """Its sentences, cut after each of . ; ? ! and line ends; all but a ; stay with the one that they end."""
        found, current = list[Sentence](), list[Word]()
        for word in self.words:
            if word.norm != ";":
                current.append(word)
            if word.norm in END_MARKS:
                found.append(Sentence(self.original, tuple(current)))
                current = []
        found.append(Sentence(self.original, tuple(current)))
        return tuple(clause for clause in found if any(w.norm not in END_MARKS for w in clause.words))


def plain(text: str) -> str:
    """A text with straight quotes and dashes, without control characters and overlong tails."""
    text = unicodedata.normalize("NFKC", text[:_LONGEST])
    text = text.translate({0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"', 0x2192: "->", 0x2013: "-", 0x2014: "-"})
    return "".join(c if c == "\n" or unicodedata.category(c)[0] != "C" else " " for c in text)


def read(text: str, names: Collection[str] = frozenset()) -> Sentence:
    """A text as a Sentence. `names` are the words that the catalogues use, in lower case."""
    original = plain(text).strip().removeprefix("/")
    words = list[Word]()
    for found in _TOKEN.finditer(original):
        for norm in _norms(found, original, names):
            words.append(Word(norm, found.start(), found.end()))
    return Sentence(original, tuple(words))


def _norms(found: re.Match[str], original: str, names: Collection[str]) -> list[str]:
    token = found.group()
    if found["date"] or found["file"]:
        return [token]
    if found["number"]:
        return [token.replace(",", "")]
    if found["mark"]:
        around = original[found.start() - 1 : found.start()] + original[found.end() : found.end() + 1]
        inside = token == "." and (around[-1:].isalnum() or around in _QUOTED_NAMES)
        return [] if inside else [_MARKS.get(token, token)]
    return _word_norms(token, names)


def _word_norms(token: str, names: Collection[str]) -> list[str]:
    folded = token.casefold()
    if folded in CONTRACTIONS:
        return CONTRACTIONS[folded].split()
    folded = re.sub(r"'s$|'$", "", folded)
    parts = split_name(token.split("'")[0])
    if folded in COMMON or folded in SPELLINGS or (len(parts) < 2 and folded in names):
        return [spelled(folded, names)]
    return [spelled(part, names) for part in parts]


@lru_cache(maxsize=65_536)
def split_name(name: str) -> tuple[str, ...]:
    """The parts of a name in lower case: cut at everything but letters and digits, and where the case changes.

    >>> split_name("InvoiceLineId"), split_name("dispatch-case_file"), split_name("HTTPStatus2")
    (('invoice', 'line', 'id'), ('dispatch', 'case', 'file'), ('http', 'status2'))
    """
    parts, current = list[str](), ""
    for position, char in enumerate(name):
        before, after = name[position - 1 : position], name[position + 1 : position + 2]
        rises = char.isupper() and (before.islower() or before.isdigit() or (before.isupper() and after.islower()))
        if current and (not char.isalnum() or rises):
            parts.append(current)
            current = ""
        current += char.casefold() if char.isalnum() else ""
    return tuple(part for part in (*parts, current) if part)
