"""How it is proved that everything arrived."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from ferryman.domain.model import Frozen


class CheckKind(StrEnum):
    """The checks of a table, in the order they run."""

    COUNT_MATCH = "count_match"  #: rows accounted for = rows in scope, and the target grew by what was created
    SAMPLE = "sample_verification"  #: 50 rows, first, last, boundaries and random, field by field
    CHECKSUM = "checksum"  #: every migrated row's expected values against the target's
    INTEGRITY = "foreign_key_integrity"  #: no reference of ours without its parent
    ACCOUNTING = "accounting"  #: source = migrated + matched + merged + skipped + quarantined


class CheckStatus(StrEnum):
    PASS = "pass"
    FAIL = "fail"
    NOT_VALIDATED = "not_validated"  #: it was not looked at: never green


class CheckResult(Frozen):
    """One check of one table or batch. `expected` and `actual` are counts or digests, never rows' values."""

    kind: CheckKind
    status: CheckStatus
    expected: int | str | None = None
    actual: int | str | None = None
    samples: int = 0  #: rows compared
    passed: int = 0  #: of these, equal in every field
    fields: tuple[str, ...] = ()  #: target columns compared
    mismatched: tuple[str, ...] = ()  #: target columns that differed
    since: int = 0  #: rows that came into the old database or left it since the run began, which is no fault
    text: str = ""  #: one sentence


class BatchValidation(Frozen):
    """What is checked in a batch's own transaction, before it commits."""

    record_count: CheckResult
    sample_integrity: CheckResult
    references: CheckResult
    continue_execution: bool
    issues: tuple[str, ...] = ()


class TableValidation(Frozen):
    """All checks of one table after its last batch."""

    table: str
    checks: tuple[CheckResult, ...] = Field(default=())

    @property
    def status(self) -> CheckStatus:
        """fail if any failed; not_validated if any was not looked at, or there are none; else pass."""
        found = {check.status for check in self.checks}
        if CheckStatus.FAIL in found:
            return CheckStatus.FAIL
        if not found or CheckStatus.NOT_VALIDATED in found:
            return CheckStatus.NOT_VALIDATED
        return CheckStatus.PASS
