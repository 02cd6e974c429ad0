"""Rows of the new database that were looked for in the old one, before anybody says by what they are recognised."""

from __future__ import annotations

from ferryman.domain.mapping import KeyPair
from ferryman.domain.model import Frozen


class Way(Frozen):
    """One way to find the rows of a target table again in the legacy table that feeds it."""

    source: str
    target: str
    on: KeyPair
    compared: tuple[KeyPair, ...] = ()  #: other columns that tell rows apart, and hold the same in rows that are one


class Counterparts(Frozen):
    """What came of one way: counts over a bounded number of the target's rows."""

    way: Way
    looked: int  #: rows of the target
    found: int  #: of them, those that have a legacy row of that value
    compared: int = 0  #: of those that were found, the rows of which other columns could be compared
    alike: int = 0  #: of these, those where most of the columns hold the same


class Looked(Frozen):
    """All ways that were tried."""

    ways: tuple[Counterparts, ...] = ()

    def of(self, source: str, target: str) -> tuple[Counterparts, ...]:
        """The ways of one pair of tables, by the key first."""
        return tuple(one for one in self.ways if (one.way.source, one.way.target) == (source, target))
