"""What failed, how bad it is, what can be done."""

from __future__ import annotations

import re
from enum import StrEnum

from ferryman.domain.changes import Change
from ferryman.domain.findings import Diagnosis, MissingGroup
from ferryman.domain.mapping import Problem, Strategy
from ferryman.domain.model import Frozen


class FailureType(StrEnum):
    FOREIGN_KEY = "foreign_key_constraint_violation"
    NOT_NULL = "not_null_violation"
    UNIQUE = "unique_violation"
    CHECK = "check_violation"
    VALUE = "value_does_not_fit"
    COUNT = "count_mismatch"
    SAMPLE = "sample_mismatch"
    VALIDATION = "validation_failed"
    TRANSIENT = "temporary_failure"
    ENVIRONMENT = "environment"  #: full disk, lost rights, a file that is gone


class Severity(StrEnum):
    """How much hangs on a failure.

    high: more than a tenth of the table's rows, or the target already changed in a way only a rollback mends.
    medium: other tables depend on the failed one, or more than 1 % of its rows. low: everything else.
    """

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Failure(Frozen):
    """One thing that stopped a table. Counts and names; the rows are read when a person asks for them."""

    type: FailureType
    table: str
    constraint: str = ""  #: from the catalogue, else fk_<table>_<columns>
    columns: tuple[str, ...] = ()
    batch: str = ""
    affected_records: int = 0
    at_least: bool = False  #: the batch may hold more of them: it was not looked at to its end
    error_detail: str = ""
    problem: Problem | None = None
    transient: bool = False
    attempts: int = 0
    refused: bool = False  #: row by row by the new database itself: no batch can mend such rows on the way
    expected: int = 0  #: rows of the whole table, at the rate so far, where only its batches can tell; 0: no others
    missing: tuple[MissingGroup, ...] = ()  #: rows without parents, where only the batch that failed could tell
    undecided: bool = False  #: no check failed, and not all passed: the old database was written to since, say


class RecoveryOption(Frozen):
    """One way on, as it is offered."""

    strategy: Strategy
    choice: str  #: a sentence in the imperative
    time: str
    safety: str
    tradeoff: str = ""
    rows: int = 0
    dependants: tuple[str, ...] = ()  #: target tables that wait for it
    steps: tuple[str, ...] = ()  #: what will be done, the last always validate_relationship_integrity
    changes: tuple[Change, ...] = ()
    failed_before: bool = False


class Decision(Frozen):
    """What is put before a person: the situation, the options, one recommended with its reason."""

    failure: Failure
    diagnosis: Diagnosis
    severity: Severity
    situation: str
    impact: str
    options: tuple[RecoveryOption, ...]
    recommended: Strategy
    recommendation: str  #: "Option 1: ..."
    not_offered: str = ""  #: which ways a person might miss, and why they do not apply, in one sentence

    @property
    def why(self) -> str:
        """Why the recommended option is, without its number."""
        return re.sub(r"^Option \d+: ", "", self.recommendation)
