"""What the ledger holds, as values: a run, its tables, what a batch did. `tables.py` says how they are stored."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import Field

from ferryman.domain.approval import Amendment, Approval, Identity
from ferryman.domain.mapping import Problem
from ferryman.domain.model import Frozen
from ferryman.domain.outline import Outlines
from ferryman.domain.plan import Plan
from ferryman.domain.recovery import Failure
from ferryman.domain.run import Key, RunStatus, TableState
from ferryman.domain.validation import TableValidation
from ferryman.tools.move.tables import LEDGER_VERSION, QuarantineState, RowKind

UNDOING = "rollback"  #: an intent: the run's undoing has begun, and nothing else is done with it before it is finished
WITHDRAWN = "withdrawn"  #: an intent: whoever approved the run took that back; it is undone or stays as it is

Row = Mapping[Any, Any]  #: a row of a ledger table, by column name


def undo_command(run: str, tables: Sequence[str] = ()) -> str:
    """What undoes a run, or some of its tables, and goes on where an undoing of them stopped."""
    return shlex.join(("ferryman", "rollback", run, *(word for name in tables for word in ("--table", name))))


class Scope(Frozen):
    """Which legacy rows of a table a run deals with. Fixed when the run begins."""

    upper: Key | None  #: the last key in scope; None: there is no row
    source_rows: int  #: rows up to it, filtered or not, and those with a NULL in their key
    total: int  #: of these, rows that pass the filter and can be read in key order
    null_keys: int = 0  #: rows that no key range reaches
    target_before: int = 0  #: rows in the target table when the run began


class TableStart(Frozen):
    """One table as a run begins."""

    table: str  #: target name
    source: str
    scope: Scope
    batch_size: int
    estimated_seconds: float = 0.0


class Beginning(Frozen):
    """All that a run is bound to. It goes into the ledger in one transaction, before the first row moves."""

    run: str
    plan: Plan
    approval: Approval
    source: Identity
    target: Identity
    source_schema: str  #: fingerprints of the catalogues
    target_schema: str
    outlines: Outlines = Field(default_factory=Outlines)
    run_started: datetime  #: what add_created_at writes where legacy has nothing
    tables: tuple[TableStart, ...]
    deadline: datetime | None = None


class RunRecord(Frozen):
    """A run as the ledger has it. `plan` is the approved one, `amended` the same with every amendment taken in."""

    run: str
    status: RunStatus
    plan: Plan
    amended: Plan
    approval: Approval
    source: Identity
    target: Identity
    source_schema: str
    target_schema: str
    outlines: Outlines
    run_started: datetime
    versions: dict[str, str]
    ledger_version: int = LEDGER_VERSION
    waiting_for: str = ""
    intent: str = ""  #: UNDOING, WITHDRAWN or nothing
    deadline: datetime | None = None
    stop_requested: bool = False
    stop_reason: str = ""
    ended_at: datetime | None = None
    running: bool = False  #: a live process holds its lease
    amendments: tuple[Amendment, ...] = ()
    half_undone: tuple[str, ...] = ()  #: tables whose undoing has begun and is not finished

    @property
    def undoing(self) -> bool:
        """Whether an undoing has begun, of the whole run or of some of its tables."""
        return self.intent == UNDOING or bool(self.half_undone)

    @property
    def finish_undoing(self) -> str:
        """The command that does."""
        return undo_command(self.run, () if self.intent == UNDOING else self.half_undone)


class TableRecord(Frozen):
    """A table of a run as the ledger has it."""

    run: str
    table: str
    source: str
    state: TableState
    scope: Scope
    batch_size: int
    base_number: int = 0  #: batches of this size are counted on from here
    base_row: int = 0  #: and cover the rows after this one
    estimated_seconds: float = 0.0
    batches: int = 0
    digest: str = ""
    arrived_since: int = 0
    validation: TableValidation | None = None
    failure: Failure | None = None
    set_aside: str = ""  #: what is to be put back or taken away, as JSON; see away.py


@dataclass(frozen=True, slots=True)
class Entry:
    """What a batch did to one target row, or to a range of them. Keys are texts, as in the table `ferryman_row`."""

    kind: RowKind
    source_key: str | None
    target_key: str | None
    target_key_to: str | None = None
    rows: int = 1
    before: str | None = None


class QuarantinedRow(Frozen):
    """A legacy row that was set aside, with what is wrong and the row itself."""

    table: str
    batch: str
    source_key: str | None
    problem: Problem
    cause: str = ""
    columns: tuple[str, ...] = ()
    reason: str = ""
    row: str = "{}"  #: a JSON object of the legacy columns
    state: QuarantineState = QuarantineState.OPEN
    entry: int = 0  #: its number in the ledger; 0: not there yet


@dataclass(frozen=True)
class Written:
    """How many entries a batch has in `ferryman_row`, the target rows they stand for, and a digest of its ranges."""

    entries: int = 0
    rows: int = 0
    digest: str = ""
