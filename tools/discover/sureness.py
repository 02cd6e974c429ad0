"""Which matches need no question: those that would surprise if they were wrong.

Sure asks for several kinds of evidence that agree, best on both sides, and a clear distance to the runner-up.
"""

from __future__ import annotations

import numpy as np

from ferryman.tools.discover.affinity import Matrix
from ferryman.tools.discover.score import Scores

_TABLE_SCORE, _TABLE_MARGIN = 0.7, 0.12
_TABLE_NAMES, _TABLE_SUPPORT = 0.85, 0.5
_CLEAR_SCORE, _CLEAR_MARGIN = 0.7, 0.22  #: enough where names are no more than related
_KINDS, _AGREED = 0.6, 2  #: how many of names, columns and neighbours must reach which figure then
_COLUMN_SCORE, _COLUMN_MARGIN, _COLUMN_FIT = 0.78, 0.1, 0.6
_COLUMN_NAMES = 0.85


def margins(scores: Matrix) -> Matrix:
    """How far each cell lies above the best other cell of its row and column; negative where it is not the best."""
    return np.asarray(scores - np.maximum(_best_other(scores), _best_other(scores.T).T), dtype=np.float32)


def _best_other(scores: Matrix) -> Matrix:
    """For each cell the best of the rest of its row; 0 where there is no rest."""
    if scores.shape[1] < 2:
        return np.zeros_like(scores)
    top = np.argmax(scores, axis=1)
    first = scores.max(axis=1)
    second = np.partition(scores, -2, axis=1)[:, -2]
    others = np.repeat(first[:, None], scores.shape[1], axis=1)
    others[np.arange(len(scores)), top] = second
    return others


def sure_tables(scores: Scores) -> set[tuple[int, int]]:
    """Pairs of tables whose names, columns and, where there are any, neighbours agree."""
    agree = (scores.tables >= _TABLE_SCORE) & (margins(scores.tables) >= _TABLE_MARGIN)
    agree &= (scores.table_names >= _TABLE_NAMES) & (scores.support >= _TABLE_SUPPORT)
    agree &= np.isnan(scores.neighbours) | (scores.neighbours >= 0.3)
    kinds = np.stack([scores.table_names, scores.support, np.nan_to_num(scores.neighbours)])
    clear = (scores.tables >= _CLEAR_SCORE) & (margins(scores.tables) >= _CLEAR_MARGIN)
    agree |= clear & ((kinds >= _KINDS).sum(axis=0) >= _AGREED)
    return {(int(i), int(j)) for i, j in np.argwhere(agree)}


def sure_columns(scores: Scores, i: int, j: int) -> set[tuple[int, int]]:
    """Pairs of columns of a sure pair of tables whose names, types and parts in their tables agree."""
    source, target = scores.source, scores.target
    ours = slice(int(source.starts[i]), int(source.starts[i]) + len(source.tables[i].columns))
    theirs = slice(int(target.starts[j]), int(target.starts[j]) + len(target.tables[j].columns))
    local = scores.local[ours, theirs]
    keys = source.is_key[ours, None] & target.is_key[None, theirs]
    homes = source.is_key[ours, None] & target.is_home[None, theirs]
    agree = (local >= _COLUMN_SCORE) & (margins(local) >= _COLUMN_MARGIN)
    agree &= (scores.fit[ours, theirs] >= _COLUMN_FIT) & (scores.column_names[ours, theirs] >= _COLUMN_NAMES)
    return {(ours.start + int(a), theirs.start + int(b)) for a, b in np.argwhere(agree | keys | homes)}
