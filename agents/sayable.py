"""Whether a text that a model wrote may be shown: it claims nothing that the facts do not say.

Every word of it is one that claims nothing by itself, or stands in the facts, and there in the same mood: what the
facts deny, or only hold possible, the text does not assert. A number, and a word for how much, is said of what the
facts say it of. So an invented name, an order to the person, a word for what was done or is safe falls through without
standing on a list. What is left may still be beside the point: it is shown beside the rules' own words, as the model's,
and never instead of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import dropwhile
from string import ascii_letters, digits

from ferryman.agents.clauses import Clause, Word, clauses, sentences
from ferryman.agents.plain_words import (
    ABOUT,
    AMOUNTS,
    CLAIMS,
    CONSENT,
    COUNTED,
    DOING,
    LEADS,
    LEVELS,
    MINDING,
    MODALS,
    MOVING,
    NEGATIONS,
    NOUNS,
    PLAIN,
    WORRIES,
    stem,
)

LONGEST = 600  #: characters of one text

_MORE = re.compile(r"(?<!\w)[-\u2013]\d|https?:|www\.|://|[<>`{}|\\]|\b[\w.-]+\.(?:com|net|org|io)\b", re.IGNORECASE)
_LETTERS = frozenset(ascii_letters + digits + "_ \n.,;:!?'\"()-\u2013\u2014/\u2019\u2018\u201c\u201d\u2026")
_YOURS = re.compile(
    r"\byour\b(?! (?:old|new|data|tables?|rows?|columns?|systems?|databases?|applications?)\b)", re.IGNORECASE
)
_SHOULD = re.compile(
    r"\b(?:persons?|people|users?)\b.*?\b(?:should|must|ha(?:s|ve) to|needs? to)\s+(?:first |also |then )?(\w+)"
)
_PIECES = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_VERBS = frozenset("type name order list place state key link group sort plan date record form question".split())
_NO_VERBS = PLAIN | MODALS | NEGATIONS | AMOUNTS.keys()
_OF = frozenset("of the these its their".split())
_TOWARDS = frozenset("into to from in first before after with as together by".split())
_BEING = frozenset("is are be being".split())
_DONE = frozenset("was were been has have had".split())
_MOVED = frozenset(word for word in MOVING if word.endswith("ed"))


def unsayable(text: str, facts: str) -> str:
    """Why a text is not to be shown, in words that its writer can mend it by; "" where it may be."""
    if not text.strip():
        return "the text is empty"
    if len(text) > LONGEST:
        return f"the text is longer than {LONGEST} characters"
    if "?" in text or _YOURS.search(text):
        return "the text asks the person for something"
    if not set(text) <= _LETTERS | set(facts) or _MORE.search(text):
        return "the text holds more than plain words"
    known = _Facts(facts)
    return next((why for sentence in sentences(text) for why in _unfounded(sentence, known) if why), "")


def reasoned(choice: str, reason: str) -> str:
    """A choice, and the reason that a model gave for it, as sentences; "" is no reason."""
    first, rest = reason.strip()[:1], reason.strip()[1:]
    begun = first.upper() if reason.split()[:1] and reason.split()[0] in PLAIN else first
    return f"{choice.rstrip('.')}. {begun}{rest}".strip()


class _Facts:
    """What was sent to the model, read word by word."""

    def __init__(self, text: str) -> None:
        self.sentences = [tuple(clauses(sentence)) for sentence in sentences(text)]
        every = [clause for sentence in self.sentences for clause in sentence]
        names = [word for word in re.findall(r"\w+", text) if len(_PIECES.findall(word)) > 1]
        pieces = (stem(piece) for name in names for piece in _PIECES.findall(name))
        self.whole = frozenset(stem(name) for name in names)
        self.names = self.whole | frozenset(pieces)  #: said in any mood, where they claim nothing
        self.amounts = {word.amount for clause in every for word in clause.words}
        self.asserted = {m for c in every if not (c.denied or c.possible) for m in c.meanings}
        self.supposed = {m for c in every if not c.denied for m in c.meanings}
        self.denials = [{word.text for word in clause.words} for clause in every if clause.denied]
        self.denied = {m for c in every if c.denied for m in c.meanings}
        self.moved = any(_was_moved(clause) for clause in every)  #: something, already

    def say_of(self, at: int, clause: Clause, nouns: frozenset[str] = frozenset()) -> bool:
        """Whether one sentence of the facts holds a word of a clause, what it counts and all else the clause
        speaks of, denied as there. A name may be put in the place of "it"."""
        rest = dropwhile(lambda word: word.text in _OF, clause.words[at + 1 :])
        counted = {word.meaning for word in list(rest)[:1] if word.text not in PLAIN or word.text in COUNTED}
        spoken = clause.about(nouns) - self.names | counted | {clause.words[at].meaning}
        for sentence in self.sentences:
            there = [part for part in sentence if not spoken.isdisjoint(part.meanings)]
            if spoken <= frozenset().union(*(part.meanings for part in there)):
                return any(part.denied for part in there) == clause.denied
        return False

    def names_it(self, word: Word) -> bool:
        """Whether a word is a name of the facts, or a piece of one that claims nothing by itself."""
        claims = word.text.endswith("ed") or word.text in CLAIMS
        return word.meaning in (self.whole if claims else self.names)

    def deny(self, meanings: frozenset[str]) -> bool:
        """Whether one sentence denies all of that."""
        return any(
            any(part.denied and not meanings.isdisjoint(part.meanings) for part in sentence)
            and meanings <= frozenset().union(*(part.meanings for part in sentence))
            for sentence in self.sentences
        )

    def rate(self, clause: Clause) -> bool:
        """Whether one sentence holds all that a clause speaks of, and this is more than how much is at stake."""
        spoken = frozenset(word.meaning for word in clause.words if word.text not in PLAIN | NEGATIONS)
        named = spoken - {stem(word) for word in LEVELS}
        together = (frozenset().union(*(part.meanings for part in sentence)) for sentence in self.sentences)
        return bool(named) and any(spoken <= there for there in together)


def _was_moved(clause: Clause) -> bool:
    words = [word.text for word in clause.words]
    return not _MOVED.isdisjoint(words) and not _DONE.isdisjoint(words)


def _unfounded(sentence: str, known: _Facts) -> Iterator[str]:
    """What of a sentence the facts do not bear out."""
    for part in sentence.split(": "):
        yield _order(part)
    for verb in _SHOULD.findall(sentence):
        yield "" if verb in MINDING else f'"{verb}" tells the person what to do'
    for clause in clauses(sentence):
        for at, word in enumerate(clause.words):
            yield _miscounted(at, clause, known) if word.amount else _unsaid(at, clause, known)
        yield _denial(clause, known)


def _order(part: str) -> str:
    """A sentence that begins with what is to be done, or with a verb and its object, tells the person to do it."""
    first, after = (*list(dropwhile(LEADS.__contains__, re.findall(r"\w+", part)))[:2], "", "")[:2]
    ordered = first in DOING or (
        after in ABOUT and (first in _VERBS or (first not in _NO_VERBS and first[-3:] != "ing"))
    )
    return f'"{first}" tells the person what to do' if ordered else ""


def _miscounted(at: int, clause: Clause, known: _Facts) -> str:
    word = clause.words[at]
    if word.amount not in known.amounts:
        return f'the number "{word.text}" does not stand in the facts'
    return "" if known.say_of(at, clause) else f'the facts do not say "{word.text}" of that'


def _unsaid(at: int, clause: Clause, known: _Facts) -> str:
    """A word that is neither plain nor in the facts, in the mood that it is said in."""
    word = clause.words[at]
    if word.text in NEGATIONS or word.text in PLAIN:
        fine = True
    elif word.text in CONSENT:
        fine = False
    elif word.text in LEVELS:
        fine = known.rate(clause)
    elif word.text in MOVING:
        fine = _on_the_way(at, clause, known)
    elif word.text in WORRIES:
        fine = clause.hedged or known.say_of(at, clause, NOUNS)
    elif known.names_it(word):
        fine = True
    elif clause.denied:
        fine = word.meaning in known.denied | known.supposed
    else:
        fine = word.meaning in (known.supposed if clause.possible else known.asserted)
    return "" if fine else f'the facts do not say "{word.text}"'


def _on_the_way(at: int, clause: Clause, known: _Facts) -> bool:
    """What is to be moved may be said; that something was, only after it was."""
    if known.moved:
        return True
    words = [word.text for word in clause.words]
    before, after = words[max(0, at - 2) : at], words[at + 1 : at + 2]
    if words[at] not in _MOVED:
        return _DONE.isdisjoint(before)
    return not _BEING.isdisjoint(before) and bool(after) and after[0] in _TOWARDS


def _denial(clause: Clause, known: _Facts) -> str:
    """What is denied, the facts deny; or it is only held possible."""
    at = clause.denied_from
    if at is None:
        return ""
    denied = [word for word in clause.words[at:] if word.text not in NEGATIONS]
    after = frozenset(word.meaning for word in denied if word.text not in PLAIN or word.meaning in known.names)
    first = next((word.meaning for word in denied if word.text not in PLAIN), "")
    if clause.hedged and clause.words[at].text == "not" and first and first not in known.supposed:
        return ""
    if any({word.text for word in clause.words} - _OF <= denial for denial in known.denials):
        return ""
    return "" if after and (after <= known.whole or known.deny(after)) else "the facts do not deny that"
