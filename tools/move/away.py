"""What a run took away from a table or lent to it, as the table's row in the ledger keeps it until all is as it was.

Two things go, each by a module of its own: foreign keys (`set_aside`), where they would slow a load or let
no row be the first, until the rows are there; triggers (`quiet`), where the plan says so, for each block that writes.
One comes: indexes that find what refers to the table (`indexed`), while its rows are undone. The ledger keeps them in
one column, so that whoever resumes or undoes a run finds what is to be put right in one place.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from sqlalchemy import Connection

from ferryman.tools.databases.postgresql_constraints import Key
from ferryman.tools.databases.postgresql_indexes import Index
from ferryman.tools.databases.triggers import Aside
from ferryman.tools.move.ledger import Ledger


@dataclass(frozen=True)
class Away:
    """Foreign keys and triggers that have to be put back, and indexes that have to go."""

    table: str
    keys: tuple[Key, ...] = ()
    triggers: tuple[Aside, ...] = ()
    indexes: tuple[Index, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Of what is missing."""
        return (*(key.name for key in self.keys), *(trigger.name for trigger in self.triggers))

    def but(
        self,
        keys: Sequence[Key] | None = None,
        triggers: Sequence[Aside] | None = None,
        indexes: Sequence[Index] | None = None,
    ) -> Away:
        """The same with one of its parts replaced."""
        return replace(
            self,
            keys=self.keys if keys is None else tuple(keys),
            triggers=self.triggers if triggers is None else tuple(triggers),
            indexes=self.indexes if indexes is None else tuple(indexes),
        )


def away(ledger: Ledger, run: str, table: str) -> Away:
    """What is away from a table of a run."""
    kept = json.loads(ledger.table(run, table).set_aside or "[]")
    return Away(
        table,
        tuple(Key(**one) for one in kept if "definition" in one),
        tuple(Aside(**one) for one in kept if "back" in one),
        tuple(Index(**one) for one in kept if "index" in one),
    )


def note(connection: Connection, ledger: Ledger, run: str, away: Away) -> None:
    """Write down what is away, in the caller's transaction."""
    kept = [*map(asdict, away.keys), *map(asdict, away.triggers), *map(asdict, away.indexes)]
    ledger.book(run, away.table).move(connection, set_aside=json.dumps(kept) if kept else "")
