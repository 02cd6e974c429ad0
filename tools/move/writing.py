"""Values as rows of the ledger; `reading.py` is the way back."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import Any

from ferryman.domain.approval import Amendment
from ferryman.domain.plan import Plan
from ferryman.domain.run import RunStatus, TableState, key_text
from ferryman.tools.move.records import Beginning, TableStart
from ferryman.tools.move.tables import LEDGER_VERSION


def run_values(beginning: Beginning) -> dict[str, Any]:
    """A run's row as it begins, but for its seal."""
    return {
        "run_id": beginning.run,
        "ledger_version": LEDGER_VERSION,
        "plan": beginning.plan.model_dump_json(),
        "plan_hash": beginning.plan.hash,
        "approval": beginning.approval.model_dump_json(),
        "source": beginning.source.model_dump_json(),
        "target": beginning.target.model_dump_json(),
        "source_schema": beginning.source_schema,
        "target_schema": beginning.target_schema,
        "outlines": beginning.outlines.model_dump_json(),
        "namespace": str(beginning.plan.mapping.namespace),
        "versions": f'{{"ferryman":"{version("ferryman")}","python":"{platform.python_version()}"}}',
        "run_started": beginning.run_started.isoformat(),
        "tables": len(beginning.tables),
        "amendments": 0,
        "status": RunStatus.RUNNING.value,
        "waiting_for": "",
        "intent": "",
        "deadline": beginning.deadline.isoformat() if beginning.deadline else None,
        "stop_requested": False,
        "stop_reason": "",
    }


def table_values(run: str, position: int, start: TableStart) -> dict[str, Any]:
    """The row of one of a run's tables as it begins, but for its seal."""
    scope = start.scope
    return {
        "run_id": run,
        "table_name": start.table,
        "source_name": start.source,
        "position": position,
        "state": TableState.PENDING.value,
        "upper": None if scope.upper is None else key_text(scope.upper),
        "source_rows": scope.source_rows,
        "total": scope.total,
        "null_keys": scope.null_keys,
        "target_before": scope.target_before,
        "batch_size": start.batch_size,
        "base_number": 0,
        "base_row": 0,
        "estimated_seconds": start.estimated_seconds,
        "batches": 0,
        "digest": "",
        "arrived_since": 0,
    }


def amendment_values(run: str, amendment: Amendment, plan: Plan) -> dict[str, Any]:
    """An amendment's row, but for its digest."""
    return {
        "run_id": run,
        "number": amendment.number,
        "decided_by": amendment.by,
        "at": amendment.at.isoformat(),
        "table_name": amendment.table,
        "cause": amendment.cause,
        "strategy": amendment.strategy,
        "reason": amendment.reason,
        "rows": amendment.rows,
        "hash_before": amendment.hash_before,
        "hash_after": amendment.hash_after,
        "plan": plan.model_dump_json(),
    }
