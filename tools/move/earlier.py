"""What the ledger tells of runs that are over, for plans that come after them."""

from __future__ import annotations

from collections.abc import Iterator

from ferryman.domain.approval import Identity
from ferryman.domain.earlier import Brought, Earlier
from ferryman.domain.run import RunStatus, TableState
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.records import RunRecord

_OVER = (RunStatus.SUCCESS, RunStatus.SUCCESS_WITH_QUARANTINE, RunStatus.FAILED)


def earlier_runs(ledger: Ledger, source: Identity) -> Earlier:
    """The tables that runs on this old database brought, proved, and that nobody took back."""
    found: dict[tuple[str, str], Brought] = {}
    for record in ledger.runs():
        if record.status in _OVER and record.source.place == source.place:
            found |= {(one.source, one.target): one for one in _brought(ledger, record)}
    return Earlier(tables=tuple(found.values()))


def _brought(ledger: Ledger, record: RunRecord) -> Iterator[Brought]:
    proved = {one.table for one in ledger.tables_of(record.run) if one.state is TableState.VALIDATED}
    for table in record.amended.mapping.copied:
        if table.target in proved:
            yield Brought(
                source=table.source, target=table.target, run=record.run, key=table.key, identity=table.identity
            )
