"""Which table feeds which, and which column which: ranked candidates with evidence, from two catalogues.

Facts only: names, types, keys, references and, where given, profiles. The same catalogues give the same answer in
whatever order their tables stand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from ferryman.domain.findings import Match, Matches, TableMatches
from ferryman.domain.profile import Profile
from ferryman.domain.schema import Database
from ferryman.tools.discover.affinity import Matrix
from ferryman.tools.discover.evidence import columns_of, of_columns, of_tables
from ferryman.tools.discover.names import Lexicon
from ferryman.tools.discover.score import Scores, score
from ferryman.tools.discover.side import lay_out
from ferryman.tools.discover.sureness import sure_columns, sure_tables

TABLES_KEPT = 5  #: candidates per source table
COLUMNS_KEPT = 10  #: candidates per source column over all target columns
IN_PAIR_KEPT = 3  #: candidates per source column within a pair of tables worth a look
_LOOKED_AT = 3  #: target tables per source table, and the other way round, whose columns are compared in full
_LEAST_TABLE = 0.2
_LEAST_COLUMN = 0.08
_LEAST_LOCAL = 0.35


def match(
    source: Database, target: Database, source_profile: Profile | None = None, target_profile: Profile | None = None
) -> Matches:
    """Every source table's and column's candidates in the target, best first, scores 0..1.

    Views and Ferryman's own tables are left out; tables of frameworks are ranked, so that a person can ask for them,
    but `decide` leaves them alone. `columns` holds each pair of tables worth a look (up to 3 candidates per source
    column) and each source column's 10 best over all target tables; column scores compare across pairs of tables.
    """
    tables = [t for database in (source, target) for t in database.tables]
    lexicon = Lexicon.of(name for t in tables for name in (t.name, *(c.name for c in t.columns)))
    ours, theirs = lay_out(source, source_profile, lexicon), lay_out(target, target_profile, lexicon)
    if not ours.tables or not theirs.tables:
        return Matches()
    scores = score(ours, theirs)
    sure = sure_tables(scores)
    return Matches(tables=_tables(scores, sure), columns=_columns(scores, sure), beside=tuple(_beside(scores)))


def _best(row: Matrix, kept: int, least: float) -> list[int]:
    """The positions of the highest figures of a row, best first; the earlier one of equals."""
    kept = min(kept, len(row))
    found = np.argpartition(-row, kept - 1)[:kept]
    return [int(j) for j in found[np.lexsort((found, -row[found]))] if row[j] >= least]


def _tables(scores: Scores, sure: set[tuple[int, int]]) -> tuple[Match, ...]:
    source, target = scores.source, scores.target
    return tuple(
        Match(
            source=source.tables[i].name, target=target.tables[j].name, score=_rounded(scores.tables[i, j]),
            evidence=of_tables(scores, i, j), sure=(i, j) in sure,
        )
        for i in range(len(source.tables))
        for j in _best(scores.tables[i], TABLES_KEPT, _LEAST_TABLE)
    )  # fmt: skip


def _rounded(value: float) -> float:
    return round(min(1.0, max(0.0, float(value))), 4)


def _columns(scores: Scores, sure: set[tuple[int, int]]) -> tuple[TableMatches, ...]:
    source, target = scores.source, scores.target
    chosen: dict[tuple[int, int], set[tuple[int, int]]] = defaultdict(set)
    for pair in _looked_at(scores):
        chosen[pair] |= _in_pair(scores, *pair)
    for a in range(len(source.columns)):
        for b in _best(scores.columns[a], COLUMNS_KEPT, _LEAST_COLUMN):
            chosen[int(source.owner[a]), int(target.owner[b])].add((a, b))
    order = sorted(chosen, key=lambda p: (p[0], -float(scores.tables[p]), p[1]))
    return tuple(_pair(scores, i, j, chosen[i, j], (i, j) in sure) for i, j in order)


def _looked_at(scores: Scores) -> set[tuple[int, int]]:
    forward = {(i, j) for i, row in enumerate(scores.tables) for j in _best(row, _LOOKED_AT, _LEAST_TABLE)}
    backward = {(i, j) for j, row in enumerate(scores.tables.T) for i in _best(row, _LOOKED_AT, _LEAST_TABLE)}
    return forward | backward


def _beside(scores: Scores) -> Iterator[TableMatches]:
    """Of each source table, the columns of the target tables that refer to its best candidate or that this refers to:
    one old table often fills two or three new ones."""
    source, target = scores.source, scores.target
    linked = target.is_ref & (target.parent != target.owner)
    up = {(int(a), int(b)) for a, b in zip(target.owner[linked], target.parent[linked], strict=True)}
    links = up | {(b, a) for a, b in up}
    for i, row in enumerate(scores.tables):
        best = set(_best(row, 1, _LEAST_TABLE))
        for j in sorted({b for a, b in links if a in best} - best):
            found = sorted(_in_pair(scores, i, j), key=lambda p: (p[0], -float(scores.local[p]), p[1]))
            columns = (
                Match(
                    source=source.columns[a].name, target=target.columns[b].name, score=_rounded(scores.local[a, b]),
                    evidence=of_columns(scores, a, b),
                )
                for a, b in found
            )  # fmt: skip
            yield TableMatches(source=source.tables[i].name, target=target.tables[j].name, columns=tuple(columns))


def _in_pair(scores: Scores, i: int, j: int) -> set[tuple[int, int]]:
    source, target = scores.source, scores.target
    ours, theirs = columns_of(source, i), columns_of(target, j)
    block = scores.local[ours, theirs]
    return {
        (ours.start + a, theirs.start + b)
        for a, row in enumerate(block)
        for b in _best(row, IN_PAIR_KEPT, _LEAST_LOCAL)
    }


def _pair(scores: Scores, i: int, j: int, chosen: set[tuple[int, int]], sure: bool) -> TableMatches:
    source, target = scores.source, scores.target
    certain = sure_columns(scores, i, j) if sure else set()
    ranked = sorted(chosen, key=lambda p: (p[0], -float(scores.columns[p]), p[1]))
    return TableMatches(
        source=source.tables[i].name,
        target=target.tables[j].name,
        columns=tuple(
            Match(
                source=source.columns[a].name, target=target.columns[b].name, score=_rounded(scores.columns[a, b]),
                evidence=of_columns(scores, a, b), sure=(a, b) in certain,
            )
            for a, b in ranked
        ),
    )  # fmt: skip
