"""How the agents hand work to each other."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import Field

from ferryman.domain.model import Frozen


class Agent(StrEnum):
    """The seven."""

    ORCHESTRATOR = "orchestrator"
    SCHEMA_ANALYSIS = "schema-analysis"
    PLANNING = "planning"
    DATA_MAPPING = "data-mapping"
    MIGRATION_EXECUTION = "migration-execution"
    VALIDATION = "validation"
    USER_GUIDANCE = "user-guidance"


class RequestType(StrEnum):
    """How much was asked for.

    complete_migration: everything that can be moved. fill_missing: only target tables that are empty or partial.
    named_tables: the tables that were named, and the parents that they need.
    """

    COMPLETE = "complete_migration"
    FILL_MISSING = "fill_missing"
    NAMED = "named_tables"


class Priority(StrEnum):
    """high: the person asked for it by name. normal: part of what was asked for. low: taken along as a parent."""

    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class Request(Frozen):
    """What a person wants, typed."""

    type: RequestType
    priority: str = "fill_missing_data"  #: what comes first: fill_missing_data, as_named or everything
    tables: tuple[str, ...] = ()  #: target tables, for named_tables; asked-for-first otherwise
    leave_out: tuple[str, ...] = ()  #: target tables
    user_context: str = ""  #: the sentence, as it was said


class Delegation(Frozen):
    """One hand-over from the orchestrator to an agent. `number` counts them within a run, from 1."""

    number: int
    agent: Agent
    task: str
    phase: str  #: discovery, planning, prepare, copy, validate, recovery, guidance
    objective: str
    priority: Priority = Priority.NORMAL
    depends_on: tuple[int, ...] = ()  #: numbers of delegations that come first
    support: tuple[Agent, ...] = ()
    config: dict[str, Any] = Field(default_factory=dict)  #: counts and names only
    state: str = "given"  #: given, done or failed


class Prerequisite(Frozen):
    """What has to be so before a phase may start."""

    name: str  #: e.g. "verify_parent_tables_complete"
    table: str  #: the parent, target name
    met: bool
    reason: str
