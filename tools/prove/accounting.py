"""Where every legacy row in scope went: source = migrated + matched + merged + skipped + quarantined."""

from __future__ import annotations

from ferryman.domain.run import Accounting
from ferryman.domain.validation import CheckKind, CheckResult, CheckStatus
from ferryman.tools.move.scope import still_there
from ferryman.tools.prove.evidence import Evidence


def account(evidence: Evidence) -> CheckResult:
    """The check: the rows that the run's scope counted against what its batches did with them, by the ledger alone.

    Rows whose key holds a NULL are dealt with by a table's first batch. Where rows are missing, the old database is
    asked whether it is they that were deleted there since, beside those that had been copied.
    """
    scope = evidence.record.scope
    since = sum(batch.accounting.source for batch in evidence.batches if "+" in batch.number)
    missing = scope.source_rows + since - evidence.accounting.accounted
    here = _here(evidence) + evidence.drift.left if missing > 0 else 0
    gone = missing if missing > 0 and here == scope.source_rows - missing else 0
    return balance(evidence.accounting, source=scope.source_rows + since, without_key=scope.null_keys, gone=gone)


def _here(evidence: Evidence) -> int:
    """Rows in scope that the old database has now, those without a whole key as they were counted."""
    scope = evidence.record.scope
    return still_there(evidence.source, evidence.compiled, scope.upper) + scope.null_keys


def balance(accounting: Accounting, *, source: int, without_key: int = 0, gone: int = 0) -> CheckResult:
    """`source` counts every row in scope, `without_key` those of them without a whole key, `gone` those that were
    deleted in the old database before their batch came."""
    accounted = accounting.accounted + gone
    unaccounted = source - accounted
    parts = {
        "migrated": accounting.migrated,
        "matched": accounting.matched,
        "merged": accounting.merged,
        "skipped": accounting.skipped,
        "quarantined": accounting.quarantined,
    }
    told = " + ".join(f"{rows:,} {name}" for name, rows in parts.items() if rows) or "0"
    told += f" + {gone:,} deleted in the old database since the run began" if gone else ""
    text = f"{source:,} = {told}."
    if unaccounted:
        text = f"{source:,} legacy rows, and {accounted:,} accounted for ({told})."
    if unaccounted and without_key:
        text += f" {without_key:,} rows have no key."
    if accounting.placeholders:
        made = "placeholder was" if accounting.placeholders == 1 else "placeholders were"
        text += f" {accounting.placeholders:,} {made} made besides."
    status = CheckStatus.FAIL if unaccounted else CheckStatus.PASS
    return CheckResult(kind=CheckKind.ACCOUNTING, status=status, expected=source, actual=accounted, text=text)
