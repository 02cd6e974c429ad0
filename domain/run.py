"""A run and its parts, as the ledger knows them."""

from __future__ import annotations

import json
from datetime import datetime
from enum import StrEnum

from pydantic import Field

from ferryman.domain.coordination import Delegation
from ferryman.domain.model import Frozen
from ferryman.domain.usage import Usage
from ferryman.domain.validation import TableValidation

Key = tuple[int | float | str | None, ...]  #: the values of a legacy key, one per key column


def key_text(key: Key) -> str:
    """A key as the ledger writes it: a JSON array without blanks, e.g. [17] or ["a",2]."""
    return json.dumps(list(key), separators=(",", ":"), ensure_ascii=False)


def batch_ordinal(number: str) -> int:
    """15 for batch "15", its half "15.1", and "15+1", an addition: rows that came beside the order after batch 15."""
    return int(number.partition(".")[0].partition("+")[0])


class RunStatus(StrEnum):
    """What a run can be in. The last five are how it can end or rest."""

    RUNNING = "running"  #: a process holds its lease and moves rows
    WAITING = "waiting"  #: a person has to decide
    PAUSED = "paused"  #: stopped on request, or by a deadline; resumes from the ledger
    SUCCESS = "success"  #: every row accounted for, every check passed
    SUCCESS_WITH_QUARANTINE = "success_with_quarantine"  #: the same, and some rows lie in quarantine
    FAILED = "failed"  #: it ended with something unaccounted for, or a failed check
    ROLLED_BACK = "rolled_back"
    CANCELLED = "cancelled"  #: ended by a person before anything was written


class TableState(StrEnum):
    """What a table of a run can be in."""

    PENDING = "pending"
    COPYING = "copying"  #: at least one batch has committed
    COPIED = "copied"  #: the last batch has committed
    VALIDATED = "validated"  #: every check passed
    FAILED = "failed"  #: a check failed
    UNDOING = "undoing"  #: its undoing has begun, and is finished before anything else happens to it
    ROLLED_BACK = "rolled_back"


class BatchState(StrEnum):
    COMMITTED = "committed"
    ROLLED_BACK = "rolled_back"


class Segment(Frozen):
    """A half-open range of legacy keys in key order: `after` < key <= `upto`. Keysets go up, so the end is included."""

    after: Key | None = None  #: exclusive; None: from the beginning
    upto: Key | None = None  #: inclusive; None: to the end of the run's scope
    rows: int = 0


class Accounting(Frozen):
    """Where every legacy row in scope went. `source` counts all rows up to the run's upper key, filtered or not."""

    source: int = 0
    migrated: int = 0
    matched: int = 0
    merged: int = 0
    skipped: int = 0  #: by a filter or a decision
    quarantined: int = 0
    placeholders: int = 0  #: target rows outside the equation

    @property
    def accounted(self) -> int:
        return self.migrated + self.matched + self.merged + self.skipped + self.quarantined

    @property
    def balanced(self) -> bool:
        return self.source == self.accounted

    def plus(self, other: Accounting) -> Accounting:
        return Accounting(**{name: getattr(self, name) + getattr(other, name) for name in type(self).model_fields})


class BatchRecord(Frozen):
    """One committed batch, as the ledger holds it. `number` is "15", or "15.1" for a half of a halved batch.

    "15+1" is an addition: parents that a child missed, placeholders, rows out of quarantine. It covers no keys of its
    own, and its accounting says what becomes of rows that were counted before: one that a filter had skipped is
    skipped -1, migrated +1.
    """

    table: str
    number: str
    first_row: int  #: ordinal within the table, from 1
    last_row: int
    segment: Segment
    accounting: Accounting
    seconds: float
    state: BatchState = BatchState.COMMITTED
    committed_at: datetime | None = None


class TableProgress(Frozen):
    """One table of a run."""

    table: str
    source: str
    state: TableState
    total: int  #: rows in scope of the run, and newer ones that came beside the order
    in_scope: int = 0  #: the same with those that a filter leaves out
    done: int
    batches: int
    target_before: int  #: rows in the target before the run
    accounting: Accounting = Field(default_factory=Accounting)
    validation: TableValidation | None = None
    seconds: float = 0.0
    estimated_seconds: float = 0.0
    arrived_since: int = 0


class AsideCount(Frozen):
    """How many rows of a table were set aside for one reason, and what became of them."""

    table: str
    reason: str
    mending: str
    state: str  #: "open" while they lie there and nobody tried them again
    rows: int


class Status(Frozen):
    """Where a run stands: what `status --json` prints."""

    run: str
    status: RunStatus
    phase: str  #: discovery, planning, execution, validation, recovery or done
    overall_progress: int  #: percent, weighted by rows
    current_table: str | None
    technical_status: str  #: e.g. "processing_batch_12_of_16"
    estimated_completion: str  #: in words
    estimated_seconds: float | None
    last_successful_checkpoint: str | None  #: e.g. "brackets batch_3_completed"
    tables: tuple[TableProgress, ...] = ()
    held_back: tuple[str, ...] = ()  #: tables that do not begin, because one that they refer to was undone alone
    stopped: tuple[str, ...] = ()  #: tables that a person has to decide about
    delegations: tuple[Delegation, ...] = ()
    rollback_available: bool = False
    rollback_blocker: str = ""
    started_at: datetime | None = None
    waiting_for: str = ""
    undoing: bool = False  #: an undoing of it, or of some of its tables, has begun and is not finished
    finish_undoing: str = ""  #: the command that finishes an undoing that stopped in the middle
    model: Usage = Usage()  #: what asking a model has cost, as this folder's event log has it
    placeholders: dict[str, int] = Field(default_factory=dict)  #: target table -> those that stand there still
    aside: tuple[AsideCount, ...] = ()  #: rows in quarantine, by table and reason
    away: dict[str, tuple[str, ...]] = Field(default_factory=dict)  #: target table -> its keys and triggers set aside


class Outcome(Frozen):
    """How a run ended."""

    run: str
    status: RunStatus
    records_migrated: int
    records_quarantined: int = 0
    duration: str  #: "2m 14s"
    seconds: float  #: in which batches were moved; waiting for a person, and lying dead, is not in it
    validation: str  #: "PASSED", "FAILED" or "NOT VALIDATED"
    rollback_available: bool
    rollback_blocker: str = ""
    next_steps: tuple[str, ...] = ()
    placeholders: dict[str, int] = Field(default_factory=dict)  #: target table -> rows that stand in for missing ones
    stood_in: dict[str, int] = Field(default_factory=dict)  #: target table -> placeholders that it wrote real rows over
    undone: tuple[str, ...] = ()  #: tables that were undone alone: nothing of them is in the target by this run
    held_back: tuple[str, ...] = ()  #: tables that were not begun, because they refer to one that was undone alone


def duration_text(seconds: float) -> str:
    """ "0.4s", "14s", "2m 14s", "1h 03m"."""
    if seconds < 10:
        return f"{seconds:.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h {minutes:02d}m"
    return f"{minutes}m {rest:02d}s" if minutes else f"{rest}s"
