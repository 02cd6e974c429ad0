"""Rows in quarantine, counted by table and reason; why they lie there, and how each is mended."""

from __future__ import annotations

import json

from sqlalchemy import func, select

from ferryman.agents.mending import mend
from ferryman.domain.findings import MissingCause
from ferryman.domain.mapping import Problem
from ferryman.domain.run import AsideCount
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.tables import QuarantineState

_LYING = (QuarantineState.OPEN, QuarantineState.RELEASED)
_PAST = {QuarantineState.RETRIED: "it went in later", QuarantineState.ROLLED_BACK: "its batch was undone"}
_NOTHING = "Nothing is to be done"


def counted(ledger: Ledger, run: str) -> tuple[AsideCount, ...]:
    """What lies in quarantine, counted in the database: the rows themselves are not read."""
    row = ledger.tables.quarantine
    by = (row.c.table_name, row.c.problem, row.c.cause, row.c["columns"], row.c.reason, row.c.state)
    wanted = select(*by, func.count()).filter_by(run_id=run).group_by(*by).order_by(*by)
    wanted = wanted.where(row.c.state != QuarantineState.RESTATED.value)
    with ledger.target.connect("reading the ledger", reading=True) as connection:
        found = connection.execute(wanted).all()
    return tuple(
        AsideCount(
            table=table,
            reason=reason_of(reason, QuarantineState(state)),
            mending=mending_of(problem, tuple(json.loads(columns)), cause, QuarantineState(state)),
            state=state,
            rows=rows,
        )
        for table, problem, cause, columns, reason, state, rows in found
    )


def reason_of(reason: str, state: QuarantineState) -> str:
    """Why a row lies there; of one that lies there no more, why it did."""
    return reason if state in _LYING else f"{_PAST[state]}; before: {reason}"


def mending_of(problem: Problem, columns: tuple[str, ...], cause: str, state: QuarantineState) -> str:
    return mend(problem, columns, MissingCause(cause) if cause else None) if state in _LYING else _NOTHING
