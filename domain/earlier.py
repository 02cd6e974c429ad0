"""What earlier runs brought from the same old database: the ledger knows under which keys those rows are there."""

from __future__ import annotations

from collections import Counter

from ferryman.domain.findings import Match, Matches
from ferryman.domain.mapping import IdPolicy
from ferryman.domain.model import Frozen


class Brought(Frozen):
    """A table that an earlier run copied and proved."""

    source: str
    target: str
    run: str
    key: tuple[str, ...]  #: the legacy columns that told its rows apart
    identity: IdPolicy  #: how their new keys came about: a reference finds them by the same policy


class Earlier(Frozen):
    """All such tables, the last run's where several brought one."""

    tables: tuple[Brought, ...] = ()

    def of(self, source: str, target: str) -> Brought | None:
        """What brought one table into another."""
        return next((one for one in self.tables if (one.source, one.target) == (source, target)), None)

    def settled(self, matches: Matches) -> Matches:
        """The matches, where what one table alone was brought into is sure to be fed by it: that was decided before."""
        times = Counter(one.target for one in self.tables)
        fed = {one.target: one.source for one in self.tables if times[one.target] == 1}
        known = [_settled(match, fed) for match in matches.tables]
        missing = fed.items() - {(match.target, match.source) for match in known}
        added = (Match(source=source, target=target, score=1.0, sure=True) for target, source in sorted(missing))
        brought = tuple((one.source, one.target) for one in self.tables)
        return matches.but(tables=(*known, *added), brought=brought)


def _settled(match: Match, fed: dict[str, str]) -> Match:
    if match.target not in fed and match.source not in fed.values():
        return match
    return match.but(sure=fed.get(match.target) == match.source)
