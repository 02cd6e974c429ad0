"""Where every legacy row in scope went: source = migrated + matched + merged + skipped + quarantined."""

from __future__ import annotations

from ferryman.domain.run import Accounting
from ferryman.domain.validation import CheckKind, CheckResult, CheckStatus
from ferryman.tools.move.scope import still_there
from ferryman.tools.prove.evidence import Evidence


def account(evidence: Evidence) -> CheckResult:
    """The check: the rows that the run's scope counted against what its batches did with them, by the ledger alone.

    Rows whose key holds a NULL are dealt with by a table's first batch. Where rows are missing, or too many, the old
    database is asked whether it is they that were deleted there, or came, before their batch did.
    """
    scope = evidence.record.scope
    since = sum(batch.accounting.source for batch in evidence.batches if "+" in batch.number)
    missing = scope.source_rows + since - evidence.accounting.accounted
    drifted = missing if missing and _drifted(evidence, missing) else 0
    return balance(evidence.accounting, source=scope.source_rows + since, without_key=scope.null_keys, drifted=drifted)


def _drifted(evidence: Evidence, missing: int) -> bool:
    """Whether the old database explains that so many rows of the scope met no batch, or (negative) that more did.

    A row of which a batch lost sight would look like one that came later: where some did, rows are missing without
    fault only where the batches left out no key.
    """
    drift, then = evidence.drift, evidence.record.scope.source_rows - missing
    if missing > 0 and drift.came:
        return _without_gap(evidence)
    return _here(evidence) - drift.came + drift.left == then


def _without_gap(evidence: Evidence) -> bool:
    """Whether the batches' ranges follow one another from the first key to the last of the scope."""
    ranges = [batch.segment for batch in evidence.batches if "+" not in batch.number]
    ends = [one.upto for one in ranges]
    return [one.after for one in ranges] == [None, *ends[:-1]] and ends[-1:] == [evidence.record.scope.upper]


def _here(evidence: Evidence) -> int:
    """Rows in scope that the old database has now, those without a whole key as they were counted."""
    scope = evidence.record.scope
    return still_there(evidence.source, evidence.compiled, scope.upper) + scope.null_keys


def balance(accounting: Accounting, *, source: int, without_key: int = 0, drifted: int = 0) -> CheckResult:
    """`source` counts every row in scope, `without_key` those of them without a whole key, `drifted` those that were
    deleted in the old database before their batch came (negative: that came into it)."""
    accounted, came = accounting.accounted + max(drifted, 0), max(-drifted, 0)
    source += came
    unaccounted = source - accounted
    parts = {
        "migrated": accounting.migrated,
        "matched": accounting.matched,
        "merged": accounting.merged,
        "skipped": accounting.skipped,
        "quarantined": accounting.quarantined,
    }
    told = " + ".join(f"{rows:,} {name}" for name, rows in parts.items() if rows) or "0"
    told += f" + {drifted:,} deleted in the old database since the run began" if drifted > 0 else ""
    text = f"{source:,} = {told}."
    if came:
        text = f"{source - came:,} + {came:,} that came into the old database since the run began = {told}."
    if unaccounted:
        text = f"{source:,} legacy rows, and {accounted:,} accounted for ({told})."
    if unaccounted and without_key:
        text += f" {without_key:,} rows have no key."
    if accounting.placeholders:
        made = "placeholder was" if accounting.placeholders == 1 else "placeholders were"
        text += f" {accounting.placeholders:,} {made} made besides."
    status = CheckStatus.FAIL if unaccounted else CheckStatus.PASS
    return CheckResult(
        kind=CheckKind.ACCOUNTING,
        status=status,
        expected=source,
        actual=accounted,
        since=abs(drifted),
        text=text,
    )
