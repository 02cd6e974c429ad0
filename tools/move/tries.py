"""What of rows that were tried in vain need not be tried again: as long as nothing has come that they may hang on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from ferryman.domain.mapping import Mapping as TablesMapping
from ferryman.domain.mapping import Matched
from ferryman.domain.references import references_of
from ferryman.domain.run import Key
from ferryman.domain.schema import Database

Stand = int  #: how many rows have come so far into the tables that a table's rows may hang on


@dataclass
class Tries:
    """The tries of one process. `above` has by table those that its rows may hang on, at whatever distance."""

    above: Mapping[str, Collection[str]]
    _came: Counter[str] = field(default_factory=Counter)
    _tried: dict[tuple[str, tuple[str, ...], Key], Stand | None] = field(default_factory=dict)

    @classmethod
    def of(cls, mapping: TablesMapping, target: Database) -> Tries:
        """For the tables of a mapping."""
        parents: dict[str, set[str]] = {table.target: set() for table in mapping.tables}
        for reference in references_of(mapping, target):
            parents[reference.child].add(reference.parent)
        above = {name: _reached(name, parents) for name in parents}
        met = {table.target: {table.target} for table in mapping.copied if isinstance(table.identity, Matched)}
        return cls({name: found | met.get(name, set()) for name, found in above.items()})

    @property
    def came(self) -> int:
        """How many rows have come so far."""
        return self._came.total()

    def come(self, table: str, rows: int) -> None:
        """Rows came into a table."""
        self._came[table] += rows

    def stand(self, table: str) -> Stand:
        """To be kept with a try, as it begins."""
        return sum(self._came[name] for name in self.above.get(table, ()))

    def note(self, table: str, columns: tuple[str, ...], keys: Iterable[Key], stand: Stand | None) -> None:
        """Rows of a table, by what legacy columns of theirs hold, were tried at that stand. None: all are there now."""
        self._tried |= dict.fromkeys(((table, columns, key) for key in keys), stand)

    def in_vain(self, table: str, columns: tuple[str, ...], key: Key) -> bool:
        """Whether to try a row again would bring nothing: it is there, or nothing came since that it may hang on."""
        one, never = (table, columns, key), -1
        stand = self._tried.get(one, never)
        return stand is None or stand == self.stand(table)


def _reached(name: str, parents: Mapping[str, Collection[str]]) -> set[str]:
    """The tables above one; itself where it is in a ring, or refers to itself."""
    found, open_ = set[str](), list(parents[name])
    while open_:
        if (parent := open_.pop()) not in found:
            found.add(parent)
            open_ += parents.get(parent, ())
    return found
