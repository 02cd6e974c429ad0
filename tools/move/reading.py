"""Rows of the ledger as values."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from ferryman.domain.approval import Amendment, Approval, Identity
from ferryman.domain.mapping import Problem
from ferryman.domain.outline import Outlines
from ferryman.domain.plan import Plan
from ferryman.domain.recovery import Failure
from ferryman.domain.run import RunStatus, TableState
from ferryman.domain.validation import TableValidation
from ferryman.tools.move.batches import key_of
from ferryman.tools.move.records import QuarantinedRow, Row, RunRecord, Scope, TableRecord
from ferryman.tools.move.tables import QuarantineState


def run_of(
    row: Row, amendments: Sequence[tuple[Amendment, Plan]], half_undone: Sequence[str], *, running: bool
) -> RunRecord:
    """A row of ferryman_run, with its amendments, the plans that they led to, and the tables that are half undone."""
    plan = plan_of(row["plan"])
    return RunRecord(
        run=row["run_id"],
        status=RunStatus(row["status"]),
        plan=plan,
        amended=amendments[-1][1] if amendments else plan,
        approval=Approval.model_validate_json(row["approval"]),
        source=Identity.model_validate_json(row["source"]),
        target=Identity.model_validate_json(row["target"]),
        source_schema=row["source_schema"],
        target_schema=row["target_schema"],
        outlines=outlines_of(row["outlines"]),
        run_started=datetime.fromisoformat(row["run_started"]),
        versions=json.loads(row["versions"]),
        ledger_version=row["ledger_version"],
        waiting_for=row["waiting_for"],
        intent=row["intent"],
        deadline=_time(row["deadline"]),
        stop_requested=row["stop_requested"],
        stop_reason=row["stop_reason"],
        ended_at=_time(row["ended_at"]),
        running=running,
        amendments=tuple(amendment for amendment, _ in amendments),
        half_undone=tuple(half_undone),
    )


@lru_cache(maxsize=8)
def outlines_of(text: str) -> Outlines:
    """The structures as the ledger keeps them."""
    return Outlines.model_validate_json(text)


@lru_cache(maxsize=8)
def plan_of(text: str) -> Plan:
    """A plan as the ledger keeps it. It is asked for again and again, and never changes."""
    return Plan.model_validate_json(text)


def table_of(row: Row) -> TableRecord:
    """A row of ferryman_table."""
    return TableRecord(
        run=row["run_id"],
        table=row["table_name"],
        source=row["source_name"],
        state=TableState(row["state"]),
        scope=Scope(
            upper=key_of(row["upper"]),
            source_rows=row["source_rows"],
            total=row["total"],
            null_keys=row["null_keys"],
            target_before=row["target_before"],
        ),
        batch_size=row["batch_size"],
        base_number=row["base_number"],
        base_row=row["base_row"],
        estimated_seconds=row["estimated_seconds"],
        batches=row["batches"],
        digest=row["digest"],
        arrived_since=row["arrived_since"],
        validation=TableValidation.model_validate_json(row["validation"]) if row["validation"] else None,
        failure=Failure.model_validate_json(row["failure"]) if row["failure"] else None,
        set_aside=row["set_aside"] or "",
    )


def amendment_of(row: Row) -> Amendment:
    """A row of ferryman_amendment."""
    return Amendment(
        number=row["number"],
        by=row["decided_by"],
        at=datetime.fromisoformat(row["at"]),
        table=row["table_name"],
        cause=row["cause"],
        strategy=row["strategy"],
        reason=row["reason"],
        rows=row["rows"],
        hash_before=row["hash_before"],
        hash_after=row["hash_after"],
    )


def quarantined_of(row: Row) -> QuarantinedRow:
    """A row of ferryman_quarantine."""
    return QuarantinedRow(
        table=row["table_name"],
        batch=row["batch"],
        source_key=row["source_key"],
        problem=Problem(row["problem"]),
        cause=row["cause"],
        columns=tuple(json.loads(row["columns"])),
        reason=row["reason"],
        row=row["row"],
        state=QuarantineState(row["state"]),
        entry=row["entry"],
    )


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
