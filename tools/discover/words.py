"""How alike lists of words are, as matrices: every name of one database against every name of the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process
from rapidfuzz.distance import JaroWinkler

from ferryman.tools.discover.names import Words, vocabulary, weight_of

Matrix = NDArray[np.float32]

SAME_WORD = 0.9  #: likeness of two members of one group of the vocabulary
NEAR_WORD = 0.6
NEAR_BY_SAME = 0.4  #: near a word that says the same
_ALIKE_FROM = 0.87  #: Jaro-Winkler: below it two words are strangers
_RAREST, _COMMONEST = 1.0, 0.25  #: weights of a word that occurs once, and of one that occurs in every name


@dataclass(frozen=True)
class WordSpace:
    """The words of both databases: how alike they are and how much each says."""

    source: dict[str, int]
    target: dict[str, int]
    likeness: Matrix  #: source words x target words, 0..1
    source_weight: Matrix
    target_weight: Matrix

    def turned(self) -> WordSpace:
        """The same space with source and target exchanged."""
        return WordSpace(self.target, self.source, self.likeness.T, self.target_weight, self.source_weight)


def word_space(source: Sequence[Words], target: Sequence[Words]) -> WordSpace:
    """The space of the words of all names. A word's weight falls with the number of names that have it."""
    counts = Counter(word for words in (*source, *target) for word in set(words))
    names = max(2, len(source) + len(target))
    ours, theirs = sorted({w for words in source for w in words}), sorted({w for words in target for w in words})
    return WordSpace(
        {word: i for i, word in enumerate(ours)},
        {word: i for i, word in enumerate(theirs)},
        _likeness(ours, theirs),
        np.array([_weight(word, counts[word], names) for word in ours], dtype=np.float32),
        np.array([_weight(word, counts[word], names) for word in theirs], dtype=np.float32),
    )


def _weight(word: str, count: int, names: int) -> float:
    rarity = 1 - np.log(max(count, 1)) / np.log(names)
    return float(weight_of(word) * (_COMMONEST + (_RAREST - _COMMONEST) * rarity))


def _likeness(ours: list[str], theirs: list[str]) -> Matrix:
    if not ours or not theirs:
        return np.zeros((len(ours), len(theirs)), dtype=np.float32)
    spelling = process.cdist(ours, theirs, scorer=JaroWinkler.similarity, dtype=np.float32)
    alike = np.where(spelling >= _ALIKE_FROM, (spelling - _ALIKE_FROM) / (1 - _ALIKE_FROM) * 0.35 + 0.6, 0.0)
    alike[_too_short(ours)[:, None] | _too_short(theirs)[None, :]] = 0.0
    book = vocabulary()
    near, same, over = book.near, book.same, _groups_joined(book.same, book.near)
    our_near, their_near = _membership(ours, near), _membership(theirs, near)
    our_same, their_same = _membership(ours, same), _membership(theirs, same)
    _raise(alike, our_same @ over, their_near, NEAR_BY_SAME)
    _raise(alike, our_near, their_same @ over, NEAR_BY_SAME)
    _raise(alike, our_near, their_near, NEAR_WORD)
    _raise(alike, our_same, their_same, SAME_WORD)
    index = {word: j for j, word in enumerate(theirs)}
    for i, word in enumerate(ours):
        if word in index:
            alike[i, index[word]] = 1.0
    return np.asarray(alike, dtype=np.float32)


def _raise(alike: Matrix, ours: Matrix, theirs: Matrix, least: float) -> None:
    """Lift the likeness of words that share a group to `least`, in place."""
    together = ours @ theirs.T > 0
    alike[together] = np.maximum(alike[together], least)


def _groups_joined(same: Sequence[frozenset[str]], near: Sequence[frozenset[str]]) -> Matrix:
    """Which groups of words that say the same have a member in which group of near words."""
    return np.array([[float(not first.isdisjoint(second)) for second in near] for first in same], dtype=np.float32)


def _too_short(words: list[str]) -> NDArray[np.bool_]:
    """Words in which one letter makes another word, and numbers."""
    return np.array([len(word) < 4 or word.isdigit() for word in words], dtype=bool)


def _membership(words: list[str], groups: Sequence[frozenset[str]]) -> Matrix:
    member = np.zeros((len(words), len(groups)), dtype=np.float32)
    index = {word: i for i, word in enumerate(words)}
    for j, group in enumerate(groups):
        for word in group:
            if word in index:
                member[index[word], j] = 1.0
    return member


def likeness(source: Sequence[Words], target: Sequence[Words], space: WordSpace) -> Matrix:
    """How alike two lists of names are, 0..1: the share of each name's weighted words that the other one has.

    Names that no shared word joins are compared by spelling, at a discount.
    """
    if not source or not target:
        return np.zeros((len(source), len(target)), dtype=np.float32)
    ours, theirs = list(dict.fromkeys(source)), list(dict.fromkeys(target))
    spoken = [[" ".join(words) for words in names] for names in (ours, theirs)]
    spelt = process.cdist(*spoken, scorer=fuzz.ratio, dtype=np.float32)
    best = np.maximum(_shared(ours, theirs, space), np.clip(spelt / 100 - 0.3, 0, 1) * 0.9)
    our_place, their_place = ({words: i for i, words in enumerate(names)} for names in (ours, theirs))
    rows, across = [our_place[words] for words in source], [their_place[words] for words in target]
    return np.asarray(best[np.ix_(rows, across)], dtype=np.float32)


def _shared(ours: Sequence[Words], theirs: Sequence[Words], space: WordSpace) -> Matrix:
    """Weighted Dice over words, each word counted with its best partner in the other name."""
    forward, our_total = _covered(ours, theirs, space)
    backward, their_total = _covered(theirs, ours, space.turned())
    return np.asarray((forward + backward.T) / (our_total[:, None] + their_total[None, :]), dtype=np.float32)


def _covered(names: Sequence[Words], others: Sequence[Words], space: WordSpace) -> tuple[Matrix, Matrix]:
    """(weight of each name's words found in each of the others, weight of all its words)."""
    flat = [space.target[word] for words in others for word in words]
    starts = np.cumsum([0] + [len(words) for words in others[:-1]])
    partner = np.maximum.reduceat(space.likeness[:, flat], starts, axis=1)
    has = np.zeros((len(names), len(space.source)), dtype=np.float32)
    for i, words in enumerate(names):
        for word in words:
            has[i, space.source[word]] = space.source_weight[space.source[word]]
    return has @ partner, has.sum(axis=1)
