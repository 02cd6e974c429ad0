"""How alike columns are, every one against every other: names, kinds of values, parts they play in their tables.

What does not depend on the tables is worked out once (`column_facts`); `local_scores` adds what the tables at the other
end of references say.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ferryman.domain.schema import Family
from ferryman.tools.discover.affinity import FAMILIES, Matrix, closeness, fitting, numbers
from ferryman.tools.discover.side import Bools, Side
from ferryman.tools.discover.values import portrait, values_alike
from ferryman.tools.discover.words import WordSpace, likeness

#: shares of a column's score; with a perfect figure in each it would be a little over 1, and is cut there
NAMES_SHARE, FIT_SHARE, LENGTH_SHARE, SCALE_SHARE, VALUES_SHARE = 0.84, 0.1, 0.04, 0.02, 0.06
_OWN = 0.98  #: both columns' own words: a whole name that is the same goes before
_PARTLY = 0.95  #: a column's own words against the other's whole name
_BOOKKEEPING_ALONE = 0.6  #: factor: only one of the two is what an application adds by itself
_ROLE_CLASH = 0.8  #: factor: a key or reference against an ordinary column
_HOME_CLASH = 0.5  #: factor: an ordinary column against one that was made for legacy keys
_SAME_NAME_EXCUSES = 4  #: power of the likeness of names that lifts those factors
_UNFIT = 0.7  #: factor: kinds of values that cannot become one another
_HOME = 0.8  #: likeness of a legacy key to the column made for it
_ENDS_SHARE = 0.45  #: of a reference's likeness that its parents decide
_ALONE = 0.8  #: times the parents' score: likeness of references that are the only ones to parents that match
_VALUES_SPEAK, _VALUES_ALONE = 0.85, 0.35  #: values so alike stand in for names, as names so alike
_APART = 0.35  #: parents that score less are not the same thing
_IDLIKE = frozenset({Family.INTEGER, Family.UUID, Family.TEXT, Family.BINARY, Family.DECIMAL})


@dataclass(frozen=True)
class ColumnFacts:
    """What is known of every pair of columns before their tables are compared; each figure 0..1."""

    names: Matrix
    fit: Matrix  #: kinds of values
    values: Matrix  #: from profiles of both; 0.5 where unknown
    near: Matrix  #: the part of the score that names have no say in
    factor: Matrix  #: parts that clash, kinds that do not fit


def column_facts(source: Side, target: Side, space: WordSpace) -> ColumnFacts:
    """The facts of all pairs of columns."""
    names = _names(source, target, space)
    fit = _fit(source, target)
    values = values_alike(
        portrait(source.profiles, source.rows[source.owner]), portrait(target.profiles, target.rows[target.owner])
    )
    (our_lengths, our_scales), (their_lengths, their_scales) = numbers(source.columns), numbers(target.columns)
    near = FIT_SHARE * fit + VALUES_SHARE * values
    near += LENGTH_SHARE * closeness(our_lengths, their_lengths, 5)
    near += SCALE_SHARE * closeness(our_scales, their_scales, 6)
    factor = _roles(source, target)
    factor += (1 - factor) * (names * names) ** (_SAME_NAME_EXCUSES / 2)
    factor[:, target.is_home] = np.where(source.is_key | source.is_home, 1.0, _HOME_CLASH)[:, None]
    factor *= _UNFIT + (1 - _UNFIT) * np.minimum(1, fit / 0.5)
    return ColumnFacts(names, fit, values, near, factor)


def _names(source: Side, target: Side, space: WordSpace) -> Matrix:
    names = likeness(source.words, target.words, space)
    np.maximum(names, likeness(source.own_words, target.own_words, space) * _OWN, out=names)
    np.maximum(names, likeness(source.own_words, target.words, space) * _PARTLY, out=names)
    np.maximum(names, likeness(source.words, target.own_words, space) * _PARTLY, out=names)
    return np.asarray(names, dtype=np.float32)


def _fit(source: Side, target: Side) -> Matrix:
    position = {family: i for i, family in enumerate(FAMILIES)}
    ours, theirs = ([position[f] for f in side.families] for side in (source, target))
    our_links, their_links = (_links(side) for side in (source, target))
    fit = fitting()[np.ix_(ours, theirs)]
    both = our_links[:, None] & their_links[None, :]
    fit[both] = np.maximum(fit[both], 0.9)
    return fit


def _links(side: Side) -> Bools:
    """Keys and references of a kind that ids have: a whole number may become a UUID there."""
    return np.array([family in _IDLIKE for family in side.families], dtype=bool) & (side.is_ref | side.is_key)


def _roles(source: Side, target: Side) -> Matrix:
    """Factors for columns whose parts in their tables differ: keys, references, bookkeeping."""
    factor = np.ones((len(source.columns), len(target.columns)), dtype=np.float32)
    factor[source.is_key[:, None] != target.is_key[None, :]] *= _ROLE_CLASH
    factor[_unanswered(source, target)] *= _ROLE_CLASH
    factor[_unanswered(target, source).T] *= _ROLE_CLASH
    factor[source.is_bookkeeping[:, None] != target.is_bookkeeping[None, :]] *= _BOOKKEEPING_ALONE
    return factor


def _unanswered(side: Side, other: Side) -> Bools:
    """Declared references of a side against columns of the other that refer to nothing."""
    references = side.declared & ~side.is_key
    return np.asarray(references[:, None] & ~other.is_ref[None, :], dtype=bool)


def local_scores(source: Side, target: Side, facts: ColumnFacts, tables: Matrix) -> Matrix:
    """The scores of all pairs of columns, whatever tables they stand in, given the scores of all pairs of tables."""
    said = np.maximum(facts.names, np.where(facts.values >= _VALUES_SPEAK, _VALUES_ALONE, 0)).astype(np.float32)
    _say_references(said, source, target, tables)
    keys = np.ix_(source.is_key, target.is_key)
    said[keys] = 0.6 + 0.4 * said[keys]
    said[np.ix_(source.is_key, target.is_home)] = _HOME
    score = (NAMES_SHARE * said + facts.near) * facts.factor
    return np.asarray(np.minimum(1, score) * np.clip(said * 2.5, 0, 1), dtype=np.float32)


def _say_references(said: Matrix, source: Side, target: Side, tables: Matrix) -> None:
    """Let the parents have their say, in place, where both columns are references."""
    refs, others = np.flatnonzero(source.is_ref), np.flatnonzero(target.is_ref)
    if not refs.size or not others.size:
        return
    ends = tables[np.ix_(source.parent[refs], target.parent[others])]
    here = np.ix_(refs, others)
    names = said[here]
    linked = np.maximum((1 - _ENDS_SHARE) * names + _ENDS_SHARE * ends, names * np.where(ends < _APART, 0.75, 1.0))
    alone = _alone(source)[refs][:, None] & _alone(target)[others][None, :]
    said[here] = np.where(alone, np.maximum(linked, _ALONE * ends), linked)


def _alone(side: Side) -> Bools:
    """Columns that are their table's only reference to their parent."""
    pairs = np.where(side.parent >= 0, side.owner * len(side.tables) + side.parent, -1 - np.arange(len(side.parent)))
    _, place, count = np.unique(pairs, return_inverse=True, return_counts=True)
    return np.asarray(count[place] == 1)
