"""A text in parts that say one thing each: the words of a part, the numbers in it, and whether it denies or only
supposes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ferryman.agents.plain_words import AMOUNTS, HEDGES, MODALS, NEGATIONS, PLAIN, folded, said_of
from ferryman.agents.quantities import counted

_TOKEN = re.compile(r"\d+(?:[.,:/-]\d+)*(?:%|\w+)?|\w+(?:'\w+)?")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?!\d)")
_SENTENCE = re.compile(r"[.!?;]+(?=\s|$|[\"')])|\n|\s[\u2013\u2014-]\s")
_CLAUSE = re.compile(
    r"[()\"]|[,:](?=\s|$)|\b(?:and|but|or|while|which|who|because|so|since|although|though|where|when|that|with|then)\b"
)


@dataclass(frozen=True)
class Word:
    """A word as it stands there, in lower case, or several that come to one number."""

    text: str
    amount: str = ""  #: the number, "of 40" in "3 of 40", or the word for how much

    @cached_property
    def meaning(self) -> str:
        """Forms of one word are one."""
        return self.amount or said_of(self.text)


@dataclass(frozen=True)
class Clause:
    """A part of a sentence that says one thing."""

    words: tuple[Word, ...]
    hedged: bool = False  #: it, or what comes before it in its sentence, says "may"

    @cached_property
    def denied_from(self) -> int | None:
        """The place of the first word that denies; None where none does."""
        said = (n for n, word in enumerate(self.words) if word.text in NEGATIONS or word.text.endswith("n't"))
        return next(said, None)

    @property
    def denied(self) -> bool:
        return self.denied_from is not None

    @cached_property
    def possible(self) -> bool:
        return self.hedged or any(word.text in MODALS for word in self.words)

    @cached_property
    def meanings(self) -> frozenset[str]:
        return frozenset(word.meaning for word in self.words)

    def about(self, nouns: frozenset[str] = frozenset()) -> frozenset[str]:
        """What it speaks of: the meanings of its words, without numbers and plain words other than these."""
        words = (word for word in self.words if not word.amount and word.text not in NEGATIONS)
        return frozenset(word.meaning for word in words if word.text not in PLAIN or word.text in nouns)


def sentences(text: str) -> Iterator[str]:
    return (part for part in _SENTENCE.split(folded(text)) if part and part.strip())


def clauses(sentence: str) -> Iterator[Clause]:
    """The parts of one sentence, of `sentences`."""
    hedged = False
    for part in _CLAUSE.split(sentence):
        words = tuple(_words(part))
        hedged = hedged or any(word.text in HEDGES for word in words)
        if words:
            yield Clause(words, hedged)


def _words(text: str) -> Iterator[Word]:
    found = [match.group().removesuffix("'s") for match in _TOKEN.finditer(text)]
    spelled = {start: (stop, value) for start, stop, value in counted(found)}
    before, at = list[Word](), 0
    while at < len(found):
        stop, amount = spelled.get(at, (at + 1, _amount(found[at])))
        told = [word for word in before[-3:] if word.text not in ("the", "its")][-2:]
        whole = amount[:1].isdigit() and [bool(word.amount) or word.text for word in told] == [True, "of"]
        before.append(Word(" ".join(found[at:stop]), f"of {amount}" if whole else amount))
        yield before[-1]
        at = stop


def _amount(word: str) -> str:
    if word[0].isdigit():
        return word.replace(",", "") if _GROUPED.fullmatch(word) else word
    return AMOUNTS.get(word, "")
