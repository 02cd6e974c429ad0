"""One frozen class per fact that a run makes known. Progress bars, pages, logs and reports are only readers of them.

Events carry counts, names and references; never a cell's value, a key's value, a URL or a secret.
`docs/events.md` is generated from these classes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from ferryman.domain.approval import Approval
from ferryman.domain.coordination import Agent, Delegation, Prerequisite
from ferryman.domain.findings import Diagnosis, MissingGroup, TableFinding
from ferryman.domain.guidance import FindingsExplained, OutcomeExplained
from ferryman.domain.model import Frozen
from ferryman.domain.plan import Handling, PhaseAgents
from ferryman.domain.recovery import Decision, Failure
from ferryman.domain.run import Accounting, Outcome
from ferryman.domain.usage import Usage
from ferryman.domain.validation import BatchValidation, TableValidation


class Delegated(Frozen):
    """The orchestrator handed work to an agent."""

    event: Literal["delegated"] = "delegated"
    delegation: Delegation


class DelegationEnded(Frozen):
    """An agent gave its work back."""

    event: Literal["delegation_ended"] = "delegation_ended"
    number: int
    agent: Agent
    task: str
    state: Literal["done", "failed"]


class Said(Frozen):
    """User Guidance said something to the person. `topic` tells what it is about."""

    event: Literal["said"] = "said"
    topic: str  #: findings, plan, progress, problem, outcome, answer, notice
    text: str
    findings: FindingsExplained | None = None  #: the same in parts, for the topic findings
    outcome: OutcomeExplained | None = None  #: the same in parts, for the topic outcome


class TableAnalyzed(Frozen):
    """Schema analysis finished with a target table."""

    event: Literal["table_analyzed"] = "table_analyzed"
    finding: TableFinding


class PlanMade(Frozen):
    """A plan is ready for review."""

    event: Literal["plan_made"] = "plan_made"
    plan_hash: str
    tables: int
    rows: int
    questions: int
    estimate: str


class Approved(Frozen):
    """A person said yes."""

    event: Literal["approved"] = "approved"
    approval: Approval


class RunStarted(Frozen):
    """The ledger holds the run; rows may move from now on."""

    event: Literal["run_started"] = "run_started"
    run: str
    tables: int
    rows: int
    resumed: bool = False


class PhaseStarted(Frozen):
    """A phase's prerequisites hold and its tables start."""

    event: Literal["phase_started"] = "phase_started"
    phase: int
    of: int
    name: str
    tables: tuple[str, ...]
    rationale: str
    prerequisites: tuple[Prerequisite, ...] = ()
    handling: Handling
    agents: PhaseAgents


class PhaseCompleted(Frozen):
    """Every table of a phase is copied and validated. `proceed_to` is the next phase, None after the last."""

    event: Literal["phase_completed"] = "phase_completed"
    phase: int
    proceed_to: int | None


class TablePrepared(Frozen):
    """Transforms and id maps are compiled against the live catalogue."""

    event: Literal["table_prepared"] = "table_prepared"
    table: str
    transformations: tuple[str, ...]
    path: str  #: push-down, straight or careful
    path_reason: str = ""


class BatchCompleted(Frozen):
    """A batch has committed, with its ledger row."""

    event: Literal["batch_completed"] = "batch_completed"
    table: str
    batch: str
    of: int
    records: str  #: ordinal rows, "501-1,000"
    records_processed: int  #: rows of the source that this batch accounted for
    records_completed: int  #: of the table so far
    records_total: int
    percentage: int
    time_elapsed: str
    seconds: float
    estimated_time_remaining: str
    accounting: Accounting
    next_validation_needed: str = "count_verification"
    status: Literal["completed"] = "completed"
    message: str = ""  #: "First batch of brackets migrated"
    current_action: str = ""  #: why this step matters, in a sentence


class BatchValidated(Frozen):
    """What was checked in the batch's own transaction."""

    event: Literal["batch_validated"] = "batch_validated"
    table: str
    batch: str
    validation: BatchValidation


class SelfRecovery(Frozen):
    """Level 1: an agent tries again by itself."""

    event: Literal["self_recovery"] = "self_recovery"
    agent: Agent
    issue: str
    recovery: tuple[str, ...]
    attempt: int
    max_retries: int
    wait_seconds: float
    escalate_if: str = "still_failing_after_retries"
    table: str = ""
    batch: str = ""


class BatchHalved(Frozen):
    """A batch was cut in two after a time-out, a lock or its size."""

    event: Literal["batch_halved"] = "batch_halved"
    table: str
    batch: str
    rows: int


class Escalated(Frozen):
    """Level 2 or 3: what the spot could not mend goes up."""

    event: Literal["escalated"] = "escalated"
    level: Literal[2, 3]
    trigger: str
    table: str = ""
    investigation: tuple[Delegation, ...] = ()
    recovery: str = ""
    user_notification: bool = True


class FailureFound(Frozen):
    """A table stopped. Its siblings stop after their running batch."""

    event: Literal["failure_found"] = "failure_found"
    failure: Failure
    immediate: tuple[str, ...] = ("pause_current_migration", "preserve_current_state", "notify_user_guidance_agent")


class OrphansIdentified(Frozen):
    """Validation counted the rows whose parents are missing, by cause."""

    event: Literal["orphans_identified"] = "orphans_identified"
    table: str
    groups: tuple[MissingGroup, ...]


class Diagnosed(Frozen):
    """Why it failed and what would mend it."""

    event: Literal["diagnosed"] = "diagnosed"
    table: str
    diagnosis: Diagnosis


class DecisionNeeded(Frozen):
    """Level 3: a person has to choose."""

    event: Literal["decision_needed"] = "decision_needed"
    trigger: str = "unable_to_auto_recover"
    decision: Decision
    await_user_decision: bool = True
    timeout_behavior: str = "safe_pause_with_state_preservation"


class DecisionTaken(Frozen):
    """A person (or their policy) chose; it is an amendment now."""

    event: Literal["decision_taken"] = "decision_taken"
    table: str
    strategy: str
    by: str
    amendment: int
    as_policy: bool = False
    rows: int = 0


class RecoveryStep(Frozen):
    """One named step of a strategy."""

    event: Literal["recovery_step"] = "recovery_step"
    table: str
    strategy: str
    step: str
    state: Literal["started", "done", "failed"]
    on_success: str = "resume_normal_migration"
    on_failure: str = "escalate_to_user_with_detailed_analysis"
    detail: str = ""


class RowsQuarantined(Frozen):
    """Rows were set aside with a reason; they lie in the target's quarantine table."""

    event: Literal["rows_quarantined"] = "rows_quarantined"
    table: str
    rows: int
    reason: str


class RowsAdded(Frozen):
    """Rows came beside the order of a table: parents that others missed, or rows out of quarantine.

    `origin` says what the accounting had said of them: left_out, quarantined, since or lost.
    """

    event: Literal["rows_added"] = "rows_added"
    table: str
    batch: str  #: the ledger's number, e.g. "14+1"
    rows: int
    origin: str


class RowsTried(Frozen):
    """So many of the rows of a table that were set aside have been tried again."""

    event: Literal["rows_tried"] = "rows_tried"
    table: str
    rows: int  #: tried so far; 0: it begins
    of: int
    came: int = 0  #: of those tried, in the target now


class PlaceholdersMade(Frozen):
    """Placeholders were made for parents that rows of `child` refer to and that are not there."""

    event: Literal["placeholders_made"] = "placeholders_made"
    table: str
    batch: str
    rows: int
    child: str


class ConstraintsSetAside(Frozen):
    """Foreign keys were taken away for the time that a table is loaded; its batches look for the parents."""

    event: Literal["constraints_set_aside"] = "constraints_set_aside"
    table: str
    constraints: tuple[str, ...]
    kept_reason: str = ""  #: why others, or all, stayed where they are


class ConstraintsRestored(Frozen):
    """They are back as they were, and in force."""

    event: Literal["constraints_restored"] = "constraints_restored"
    table: str
    constraints: tuple[str, ...]
    not_valid: tuple[str, ...] = ()  #: those that a row breaks which is there already
    seconds: float


class IndexesSetUp(Frozen):
    """A table that refers to one whose rows are undone was given an index for that time, or could not be."""

    event: Literal["indexes_set_up"] = "indexes_set_up"
    table: str  #: whose rows go
    referring: str
    columns: str
    not_made_reason: str = ""  #: why it goes without, and slowly


class TriggersSetAside(Frozen):
    """The triggers of a table were taken away, as the plan says, while its rows are written or undone."""

    event: Literal["triggers_set_aside"] = "triggers_set_aside"
    table: str
    triggers: tuple[str, ...]


class TriggersRestored(Frozen):
    """They are back as they were."""

    event: Literal["triggers_restored"] = "triggers_restored"
    table: str
    triggers: tuple[str, ...]


class TableCopied(Frozen):
    """The last batch of a table has committed."""

    event: Literal["table_copied"] = "table_copied"
    table: str
    accounting: Accounting
    seconds: float
    set_aside: dict[str, int] = Field(default_factory=dict)  #: rows in quarantine, by reason


class TableValidated(Frozen):
    """All checks of a table ran."""

    event: Literal["table_validated"] = "table_validated"
    validation: TableValidation


class RunPaused(Frozen):
    """Stopped after the running batch; nothing is lost."""

    event: Literal["run_paused"] = "run_paused"
    run: str
    reason: str


class UndoingStarted(Frozen):
    """Rows begin to be taken out again. It goes to its end, whatever is asked meanwhile."""

    event: Literal["undoing_started"] = "undoing_started"
    run: str
    tables: tuple[str, ...]  #: in the order in which they are undone
    rows: int  #: that the run made in them
    whole: bool  #: all of the run, not some of its tables


class RolledBack(Frozen):
    """A table (or the whole run) was undone."""

    event: Literal["rolled_back"] = "rolled_back"
    table: str
    kind: str
    rows: int
    restored: int = 0
    by: str = ""  #: who had it undone


class ModelWriting(Frozen):
    """A sign of life of a model that is being asked. It streams out like the others, and is in no log."""

    event: Literal["model_writing"] = "model_writing"
    call: Literal["understand", "mapping", "review", "explain", "recovery"]
    model: str
    tokens: int  #: of its answer so far, about; 0: it was asked just now


class ModelAsked(Frozen):
    """The model was asked, and this is what became of its answer. Neither the question nor the answer stands here."""

    event: Literal["model_asked"] = "model_asked"
    call: Literal["understand", "mapping", "review", "explain", "recovery"]
    about: str = ""  #: a target table, where it was about one
    model: str
    outcome: Literal[
        "taken",  #: the first answer was used
        "repaired",  #: a later one was, after the error was quoted
        "refused",  #: no answer passed the checks; the rules decide
        "failed",  #: no answer came; the rules decide
        "capped",  #: a limit is reached; the rules decide
        "interrupted",  #: nobody wanted to wait; the rules decide
    ]
    reason: str = ""  #: why an answer was not used, or why none came
    usage: Usage = Usage()


class RunFinished(Frozen):
    """A run reached its end."""

    event: Literal["run_finished"] = "run_finished"
    outcome: Outcome


Event = Annotated[
    Delegated
    | DelegationEnded
    | Said
    | TableAnalyzed
    | PlanMade
    | Approved
    | RunStarted
    | PhaseStarted
    | PhaseCompleted
    | TablePrepared
    | BatchCompleted
    | BatchValidated
    | SelfRecovery
    | BatchHalved
    | Escalated
    | FailureFound
    | OrphansIdentified
    | Diagnosed
    | DecisionNeeded
    | DecisionTaken
    | RecoveryStep
    | RowsQuarantined
    | RowsAdded
    | RowsTried
    | PlaceholdersMade
    | ConstraintsSetAside
    | ConstraintsRestored
    | IndexesSetUp
    | TriggersSetAside
    | TriggersRestored
    | TableCopied
    | TableValidated
    | RunPaused
    | UndoingStarted
    | RolledBack
    | ModelWriting
    | ModelAsked
    | RunFinished,
    Field(discriminator="event"),
]

EVENT: TypeAdapter[Event] = TypeAdapter(Event)


def usage_of(events: Iterable[Event]) -> Usage:
    """What asking a model has cost, added up."""
    return sum((event.usage for event in events if isinstance(event, ModelAsked)), Usage())
