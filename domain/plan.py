"""The plan: what will happen, in which order, how long, how safe, how it is undone. One object and one YAML file.

`Plan.hash` covers meaning: namespace, tables, phases. Tuning, estimates, texts and questions' wording are outside it.
"""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from functools import cached_property
from typing import Any

from pydantic import Field

from ferryman.domain.changes import Question
from ferryman.domain.coordination import Agent, Priority, Request
from ferryman.domain.findings import LeftOut, MissingGroup, TableType
from ferryman.domain.mapping import Mapping, Triggers
from ferryman.domain.model import Frozen

PLAN_VERSION = 1


class MigrationStrategy(StrEnum):
    """The plan in one word, by the types of the tables it copies; the first that fits.

    catalog_migration: only catalogs. junction_migration: the last phase is of junctions, and one of them was asked for
    by name. dependency_ordered_migration: several phases. entity_migration: one phase.
    """

    CATALOG = "catalog_migration"
    ENTITY = "entity_migration"
    ORDERED = "dependency_ordered_migration"
    JUNCTION = "junction_migration"


class RiskLevel(StrEnum):
    """How likely a table is to need a person, and how hard it is to put right.

    high: preflight found rows that would fail and that nobody decided on, the target's rows are overwritten, or ids
    that may lead to rows with new keys move as they are.
    medium: such rows are decided on, a junction, a cycle or self-reference, rows in the target already, a trigger, more
    than a million rows, or a step of one's own code. low: everything else.
    """

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class RollbackKind(StrEnum):
    """How a table is undone.

    truncate: it was empty before, and nothing but this run's rows came since. delete_created: it had rows; exactly
    those that this run made go. restore_updated: the same, and rows that it changed (conflict replace or merge) get
    their before-image back. A plan's kind is the most careful of its tables'.
    """

    TRUNCATE = "truncate"
    DELETE_CREATED = "delete_created"
    RESTORE_UPDATED = "restore_updated"


class Risk(Frozen):
    table: str
    level: RiskLevel
    reasons: tuple[str, ...]


class Estimate(Frozen):
    """Seconds, from a timed probe: half and twice the probe's rate, never under a second in words."""

    low: float
    high: float
    rows_per_second: float | None = None

    @property
    def text(self) -> str:
        """The range in words: "under a minute", "2-3 minutes", "1-2 hours"."""
        return duration_range(self.low, self.high)


def duration_range(low: float, high: float) -> str:
    """Seconds as people say them. 0.4 to 3 gives "a few seconds", 130 to 170 "2-3 minutes"."""
    if high < 10:
        return "a few seconds"
    if high < 60:
        return "under a minute"
    unit, seconds = ("minutes", 60.0) if high < 5400 else ("hours", 3600.0)
    first, last = max(1, int(low // seconds)), max(1, -int(-high // seconds))
    if first == last:
        return f"about {first} {unit if first > 1 else unit[:-1]}"
    return f"{first}-{last} {unit}"


class BatchPlan(Frozen):
    """How a table is cut. Tuning: outside the plan's hash."""

    table: str
    rows: int
    size: int
    batches: int
    reason: str
    estimate: Estimate


class Handling(Frozen):
    """The special care of a phase. Each switch turned off changes what the copy does, and what the plan says."""

    id_mapping: bool = True  #: legacy ids become new ids in references too; off: references are copied as they are
    foreign_key_validation: bool = True  #: every batch's references are checked before it commits
    orphan_detection: bool = True  #: preflight counts missing parents before a row is written


class PhaseAgents(Frozen):
    """Who does what in a phase."""

    primary: Agent = Agent.MIGRATION_EXECUTION
    support: tuple[Agent, ...] = (Agent.DATA_MAPPING, Agent.VALIDATION)
    critical: tuple[Agent, ...] = ()
    communication: Agent = Agent.USER_GUIDANCE


class Step(Frozen):
    """One table of a phase, as it is shown."""

    source: str
    target: str
    table_type: TableType
    priority: Priority = Priority.NORMAL
    transformations: tuple[str, ...] = ()  #: the names of the transforms that are used, each once
    rollback: RollbackKind = RollbackKind.TRUNCATE
    path: str = "push-down"  #: or "straight", or "careful"; why not in a faster way is in `path_reason`
    path_reason: str = ""

    @property
    def text(self) -> str:
        return f"{self.source} -> {self.target}"


class Phase(Frozen):
    """Tables that may go side by side, once their prerequisites hold."""

    number: int
    name: str  #: "catalogs", "entities", "junctions", "brackets_migration"
    tables: tuple[str, ...]  #: target names
    rationale: str  #: "no dependencies", "parent entities", "junctions: depend on parents"
    prerequisites: tuple[str, ...] = ()  #: parents, target names, that must be complete and validated, or present
    depends_on: tuple[int, ...] = ()
    handling: Handling = Field(default_factory=Handling)
    agents: PhaseAgents = Field(default_factory=PhaseAgents)
    steps: tuple[Step, ...] = ()
    #: "staff.manager_id": stays NULL in the copy, whichever phase that is in, and is filled at the end of this phase
    second_pass: tuple[str, ...] = ()


class ProblemFound(Frozen):
    """A class of rows that would fail, as preflight counted it. `policy` says what happens to them, once decided."""

    id: str
    table: str
    columns: tuple[str, ...]
    problem: str  #: mapping.Problem
    cause: str = ""  #: findings.MissingCause for missing parents
    rows: int
    text: str
    parents: int = 0  #: distinct missing parents; of ids in lists, those that the old database has
    never: int = 0  #: of values that are no moment: rows with a zero date, which says that there is none
    lost: tuple[MissingGroup, ...] = ()  #: of ids in lists: those that lead nowhere, by parent and cause
    decided: str = ""  #: a mapping.Strategy
    applicable: tuple[str, ...] = ()  #: the mapping.Strategy values that would mend it, besides leaving the table out


class Preflight(Frozen):
    """What would fail, found before a write. `classes` is what an approval binds; the counts are shown facts."""

    problems: tuple[ProblemFound, ...] = ()
    warnings: tuple[str, ...] = ()
    skipped: bool = False
    shortened: dict[str, tuple[str, ...]] = Field(default_factory=dict)  #: per target table: where values lose digits
    tables: dict[str, int] = Field(default_factory=dict)  #: rows in scope per target table

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(sorted({f"{p.table}.{','.join(p.columns)}:{p.problem}:{p.cause}" for p in self.problems}))


class Counts(Frozen):
    """Rows of a table at planning time. Shown facts: they may drift."""

    table: str
    source: int  #: rows in the legacy table
    in_scope: int  #: of these, rows that pass the filter
    target: int  #: rows in the target already


class Connections(Frozen):
    """Where the plan was made, for running it again: names or URLs without secrets. Not part of the hash."""

    source: str = ""
    target: str = ""


class Plan(Frozen):
    """What a person approves and what runs."""

    version: int = PLAN_VERSION
    request: Request
    strategy: MigrationStrategy
    connections: Connections = Field(default_factory=Connections)
    mapping: Mapping
    phases: tuple[Phase, ...]
    questions: tuple[Question, ...] = ()
    counts: tuple[Counts, ...] = ()
    batches: tuple[BatchPlan, ...] = ()
    risks: tuple[Risk, ...] = ()
    estimate: Estimate = Estimate(low=0, high=0)
    validation: tuple[str, ...] = ()  #: validation.CheckKind names, in the order they run
    rollback: RollbackKind = RollbackKind.TRUNCATE
    left_out: tuple[LeftOut, ...] = ()
    leftovers: dict[str, tuple[str, ...]] = Field(default_factory=dict)  #: target table -> columns kept as metadata
    preflight: Preflight = Field(default_factory=Preflight)
    sharing: tuple[str, ...] = ()  #: "TABLE.COLUMN" whose samples may be shown to a model

    @property
    def open_questions(self) -> tuple[Question, ...]:
        return tuple(question for question in self.questions if question.open)

    @cached_property
    def batch_plans(self) -> dict[str, BatchPlan]:
        return {batch.table: batch for batch in self.batches}

    @cached_property
    def counts_by_table(self) -> dict[str, Counts]:
        return {count.table: count for count in self.counts}

    def phase_of(self, table: str) -> Phase:
        """The phase that copies a target table. Raises KeyError when none does."""
        for phase in self.phases:
            if table in phase.tables:
                return phase
        raise KeyError(table)

    def comes_later(self, table: str, parent: str) -> bool:
        """Whether a parent's rows may come after the table's: it is the same table, or of the same or a later phase."""
        if parent == table:
            return True
        phases = {name: phase.number for phase in self.phases for name in phase.tables}
        return table in phases and parent in phases and phases[parent] >= phases[table]

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the plan's meaning, 64 hex digits."""
        return hashlib.sha256(json.dumps(meaning(self), sort_keys=True).encode()).hexdigest()


def _without_defaults(table: dict[str, Any]) -> None:
    """As in every plan from before these were choices."""
    if table["triggers"] == Triggers.FIRE:
        del table["triggers"]
    for step in (step for column in table["columns"] for step in column["steps"]):
        if step["use"] == "foreign_key" and not step["source"]:
            del step["source"]


def meaning(plan: Plan) -> dict[str, Any]:
    """The part of a plan that its hash covers, as plain JSON."""
    shown: Any = {"__all__": {"why": True, "columns": {"__all__": {"why"}}, "policies": {"__all__": {"rows"}}}}
    mapping = plan.mapping.model_dump(mode="json", exclude={"tables": shown, "further": shown})
    for table in (*mapping["tables"], *mapping["further"]):
        _without_defaults(table)
    if not mapping["further"]:
        del mapping["further"]
    phases = plan.model_dump(
        mode="json",
        include={
            "phases": {
                "__all__": {"number", "name", "tables", "prerequisites", "depends_on", "handling", "second_pass"}
            }
        },
    )
    return {"version": plan.version, "mapping": mapping, **phases, "validation": list(plan.validation)}
