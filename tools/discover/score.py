"""The scores of every pair of tables and every pair of columns, worked out together in a few rounds.

Columns speak for their tables, tables for their columns, and a reference for the tables at both of its ends (similarity
flooding, Melnik et al. 2002, cut to catalogues). Everything is a matrix, source down, target across.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ferryman.domain.findings import CONTEXT
from ferryman.tools.discover.affinity import Matrix
from ferryman.tools.discover.column_scores import column_facts, local_scores
from ferryman.tools.discover.side import Ints, Side
from ferryman.tools.discover.words import WordSpace, likeness, word_space

ROUNDS = 3
NAMES, NEIGHBOURS = 0.47, 0.25  #: shares of names against columns, and of neighbours, in the score of tables
_TAKEN = 0.5  #: factor: the target column has a partner in the same source table that suits it all but perfectly
_PERFECT, _BEHIND = 0.9, 0.85  #: the partner's score from which, and the share of it below which, that holds
_RIVALRY = 1.0  #: power of a column's score over that of its best rival


@dataclass(frozen=True)
class Scores:
    """What is known of every pair; each figure 0..1, source down, target across."""

    source: Side
    target: Side
    tables: Matrix
    columns: Matrix  #: tables' scores included: comparable over all target columns
    local: Matrix  #: columns, whatever their tables
    table_names: Matrix
    column_names: Matrix
    fit: Matrix  #: kinds of values
    values: Matrix  #: from profiles of both; 0.5 where unknown
    support: Matrix  #: of tables by their columns
    neighbours: Matrix  #: of tables by what they refer to and what refers to them; NaN where neither has any


def score(source: Side, target: Side) -> Scores:
    """The scores of all pairs of two non-empty sides."""
    space = _space(source, target)
    facts = column_facts(source, target, space)
    names = np.maximum(
        likeness(source.names, target.names, space), likeness(source.whole_names, target.whole_names, space)
    )
    neighbours = np.full(names.shape, np.nan, dtype=np.float32)
    tables = names
    for _ in range(ROUNDS):
        support = _support(source, target, local_scores(source, target, facts, tables))
        neighbours = _neighbours(source, target, _tables(names, support, neighbours))
        tables = _tables(names, support, neighbours)
    local = local_scores(source, target, facts, tables)
    context = CONTEXT + (1 - CONTEXT) * _rivalled(tables)
    columns = _unrivalled(source, local) * context[np.ix_(source.owner, target.owner)]
    return Scores(
        source, target, tables, columns, local, names, facts.names, facts.fit, facts.values, support, neighbours
    )


def _space(source: Side, target: Side) -> WordSpace:
    ours, theirs = ([*side.words, *side.own_words, *side.names, *side.whole_names] for side in (source, target))
    return word_space(ours, theirs)


def _unrivalled(source: Side, local: Matrix) -> Matrix:
    """Scores of columns, lower where another column of the same source table suits the target column better."""
    best = np.maximum.reduceat(local, source.starts, axis=0)[source.owner]
    taken = np.where((best >= _PERFECT) & (local < _BEHIND * best), _TAKEN, 1.0).astype(np.float32)
    return np.asarray(local * (local / np.maximum(best, 1e-6)) ** _RIVALRY * taken, dtype=np.float32)


def _support(source: Side, target: Side, local: Matrix) -> Matrix:
    """Of tables, by how well the columns of each find partners in the other; a column found everywhere says little."""
    sharp = local**2
    to_tables = np.maximum.reduceat(sharp, target.starts, axis=1)
    from_tables = np.maximum.reduceat(sharp, source.starts, axis=0)
    ours, theirs = _telling(to_tables), _telling(from_tables.T)
    forward = (
        np.add.reduceat(to_tables * ours[:, None], source.starts, axis=0)
        / np.add.reduceat(ours, source.starts)[:, None]
    )
    backward = np.add.reduceat(from_tables * theirs[None, :], target.starts, axis=1) / np.add.reduceat(
        theirs, target.starts
    )
    return np.asarray(np.sqrt(0.5 * forward + 0.3 * backward + 0.2 * np.minimum(forward, backward)), dtype=np.float32)


def _telling(partners: Matrix) -> Matrix:
    """How much each column tells of its table: 1 where one table has a partner for it, near 0 where all have."""
    tables = partners.shape[1]
    found = np.maximum(1, (partners > 0.5).sum(axis=1))
    return np.asarray(np.clip(1 - np.log(found) / np.log(tables + 1), 0.05, 1), dtype=np.float32)


def _tables(names: Matrix, support: Matrix, neighbours: Matrix) -> Matrix:
    plain = NAMES * names + (1 - NAMES) * support
    return np.asarray(
        np.where(np.isnan(neighbours), plain, (1 - NEIGHBOURS) * plain + NEIGHBOURS * np.nan_to_num(neighbours)),
        dtype=np.float32,
    )


def _neighbours(source: Side, target: Side, tables: Matrix) -> Matrix:
    """Mean of how well parents find parents and children find children; NaN where neither table of a pair has any."""
    rivalled = _rivalled(tables)
    up = _linked(rivalled, _links(source.owner, source.parent), _links(target.owner, target.parent))
    down = _linked(rivalled, _links(source.owner, source.parent)[:, ::-1], _links(target.owner, target.parent)[:, ::-1])
    both = np.stack([up, down])
    known = ~np.isnan(both)
    total = known.sum(axis=0)
    return np.asarray(np.where(total > 0, np.nansum(both, axis=0) / np.maximum(total, 1), np.nan), dtype=np.float32)


def _links(owner: Ints, parent: Ints) -> Ints:
    """Distinct (table, other table) pairs, in order; self-references left out."""
    linked = (parent >= 0) & (parent != owner)
    return np.unique(np.stack([owner[linked], parent[linked]], axis=1), axis=0).reshape(-1, 2)


def _linked(tables: Matrix, ours: Ints, theirs: Ints) -> Matrix:
    """For each pair of tables, how well what the one is linked to finds partners in what the other is linked to."""
    result = np.full(tables.shape, np.nan, dtype=np.float32)
    ours, theirs = ours[np.argsort(ours[:, 0], kind="stable")], theirs[np.argsort(theirs[:, 0], kind="stable")]
    if not len(ours) or not len(theirs):
        return result
    ours_at, ours_from, theirs_at, theirs_from = (*_groups(ours[:, 0]), *_groups(theirs[:, 0]))
    ends = tables[np.ix_(ours[:, 1], theirs[:, 1])]
    forward = _mean(np.maximum.reduceat(ends, theirs_from, axis=1), ours_from)
    backward = _mean(np.maximum.reduceat(ends, ours_from, axis=0).T, theirs_from).T
    result[ours_at, :] = 0.0
    result[:, theirs_at] = 0.0
    result[np.ix_(ours_at, theirs_at)] = (forward + backward) / 2
    return result


def _groups(sorted_tables: Ints) -> tuple[Ints, Ints]:
    at, first = np.unique(sorted_tables, return_index=True)
    return at, first


def _mean(rows: Matrix, starts: Ints) -> Matrix:
    sizes = np.diff(np.append(starts, len(rows)))
    return np.asarray(np.add.reduceat(rows, starts, axis=0) / sizes[:, None], dtype=np.float32)


def _rivalled(tables: Matrix) -> Matrix:
    """Scores against the best rival: a pair that is best on both sides keeps its score, the others lose."""
    best = np.maximum(tables.max(axis=1, keepdims=True), tables.max(axis=0, keepdims=True))
    return np.asarray(tables * (tables / np.maximum(best, 1e-6)) ** 2, dtype=np.float32)
