"""What the matcher would put into a mapping by itself: each target table fed by one source table, column by column."""

from __future__ import annotations

from ferryman.domain.findings import Match, Matches, TableMatches, in_full
from ferryman.domain.schema import Database, TableKind

LEAST_TABLE = 0.5
LEAST_COLUMN = 0.48  #: of a column's score as it would be in tables that match in full
_LEAST_CLEAR, _CLEAR = 0.4, 0.08  #: a table that scores less is taken when it is ahead of every rival by so much


def decide(matches: Matches, source: Database, target: Database) -> Matches:
    """The chosen part of `matches`: pairs of data tables, and within each pair columns, one to one, best score first.

    A source key may have two places, the target's key and a column for legacy keys. What is not `sure` is a proposal
    that a person should be asked about.
    """
    tables = _tables(matches, source, target)
    columns = (
        _columns(matches.by_pair[m.source, m.target], m) for m in tables if (m.source, m.target) in matches.by_pair
    )
    return Matches(tables=tables, columns=tuple(columns))


def _tables(matches: Matches, source: Database, target: Database) -> tuple[Match, ...]:
    left, right = ({t.name for t in side.tables if t.kind is TableKind.DATA} for side in (source, target))
    chosen: list[Match] = []
    for found in sorted(matches.tables, key=lambda m: (-m.score, m.source, m.target)):
        worth = found.score >= LEAST_TABLE or (found.score >= _LEAST_CLEAR and _ahead(found, matches))
        if worth and found.source in left and found.target in right:
            chosen.append(found)
            left.discard(found.source)
            right.discard(found.target)
    return tuple(sorted(chosen, key=lambda m: (m.source, m.target)))


def _ahead(found: Match, matches: Matches) -> bool:
    """Whether no other pair with the same source or target comes near."""
    rivals = (m for m in matches.tables if (m.source == found.source) != (m.target == found.target))
    return all(found.score - m.score >= _CLEAR for m in rivals)


def _columns(pair: TableMatches, tables: Match) -> TableMatches:
    ours: set[str] = set()
    theirs: set[str] = set()
    chosen: list[Match] = []
    for found in sorted(pair.columns, key=lambda m: (-m.score, m.source, m.target)):
        if in_full(found.score, tables.score) < LEAST_COLUMN or found.target in theirs:
            continue
        home = any(e.kind == "key" and e.weight > 0.5 for e in found.evidence)
        if home or found.source not in ours:
            chosen.append(found)
            theirs.add(found.target)
            if not home:
                ours.add(found.source)
    return TableMatches(source=pair.source, target=pair.target, columns=tuple(chosen))
