"""The rows that an open decision is about, or that lie in quarantine, as a conversation shows and exports them."""

from __future__ import annotations

import json
from collections.abc import Iterable

from ferryman.agents.wording import first_upper
from ferryman.aside import RowAside, cell, quarantined
from ferryman.desk import Beside, RowShown, problem_rows, shown, trouble_of
from ferryman.domain.conversation import DecidePayload
from ferryman.session import Session
from ferryman.tools.move.ledger import Ledger

MOST = 100_000  #: rows of each kind of an open decision in one file


def waiting(session: Session, run: str) -> tuple[RowAside, ...]:
    """The rows that an open decision is about; else those of a run that wait in quarantine."""
    if isinstance(session.payload, DecidePayload) and session.plan is not None:
        return tuple(
            RowAside(
                table=work.mapping.target,
                key=json.dumps([cell(row.get(name)) for name in work.mapping.key], ensure_ascii=False),
                reason=trouble_of(found)[1],
                mending=trouble_of(found)[2],
                cells={name: cell(value) for name, value in row.items()},
            )
            for work, found, row in problem_rows(session, session.plan, MOST)
        )
    return quarantined(Ledger(session.context.target), run, open_only=True) if run else ()


def shown_rows(rows: Iterable[RowAside]) -> tuple[RowShown, ...]:
    """Rows for the screen."""
    return tuple(
        RowShown(
            title=f"{row.table} {row.key}",
            lines=tuple(Beside(name, shown(value)) for name, value in row.cells.items()),
            note=f"{first_upper(row.reason)}. {row.mending}",
        )
        for row in rows
    )
