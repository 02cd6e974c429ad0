"""What schema analysis found: which table feeds which, what each is, what stands in the way."""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property

from pydantic import Field

from ferryman.domain.model import Frozen


class TableStatus(StrEnum):
    """How full a target table is, against the legacy table that feeds it.

    empty: no rows. partial: fewer rows than the source. populated: at least as many.
    """

    EMPTY = "empty"
    PARTIAL = "partial"
    POPULATED = "populated"


class TableType(StrEnum):
    """What a table is for, by rules over its references.

    junction: no other table refers to it, and it has two or more required references of its own, which together are
    its key or a unique set, or which leave at most four columns besides references, key and bookkeeping, none of
    them a long text. catalog: other tables refer to it, it refers to at most one other table, has at most 5,000 rows,
    or a tenth of its largest child's, and its own columns are those of a catalog. transactional: everything else.

    By its size and its own columns alone: catalog with at most 5,000 rows, and at most eight columns besides key,
    references and bookkeeping, none of them a moment, an amount, or a way to reach a person; else transactional.

    Bookkeeping: when a row was made, changed or deleted, its legacy id, and a JSON column of metadata.
    """

    CATALOG = "catalog"
    TRANSACTIONAL = "transactional"
    JUNCTION = "junction"


class Complexity(StrEnum):
    """How much care a table needs.

    high: junction, a cycle, a self-reference, a composite key, no key, a type/id pair, a required column that nothing
    feeds, or a source that is not sure. medium: transactional with references, or a column that holds ids packed into
    one or more than one kind of value. low: everything else.
    """

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Evidence(Frozen):
    """One reason to believe a match. `weight` is its share of the score, -1 to 1."""

    kind: str  #: name, type, key, reference, values, neighbours, position
    weight: float
    text: str  #: one clause in plain English, with names of tables and columns but no values


class Match(Frozen):
    """A candidate: this source feeds that target. `score` is 0 to 1, `sure` says it needs no question."""

    source: str
    target: str
    score: float
    evidence: tuple[Evidence, ...] = ()
    sure: bool = False


CONTEXT = 0.25  #: share of a column's score that stays where its tables have nothing in common


def in_full(column: float, tables: float) -> float:
    """What a column's score would be if its tables, now at `tables`, matched in full."""
    return column / (CONTEXT + (1 - CONTEXT) * tables)


class TableMatches(Frozen):
    """For one pair of tables, the candidates between their columns, best first."""

    source: str
    target: str
    columns: tuple[Match, ...] = ()  #: source and target are bare column names here


class Matches(Frozen):
    """All candidates, best first within each source."""

    tables: tuple[Match, ...] = ()
    columns: tuple[TableMatches, ...] = ()  #: for every table pair worth a look
    #: For source tables and the tables that stand beside a likely target of theirs: scores as if the tables matched.
    beside: tuple[TableMatches, ...] = ()
    brought: tuple[tuple[str, str], ...] = ()  #: (source, target) of tables that earlier runs brought

    @cached_property
    def by_pair(self) -> dict[tuple[str, str], TableMatches]:
        return {(m.source, m.target): m for m in self.columns}

    @cached_property
    def by_part(self) -> dict[tuple[str, str], TableMatches]:
        return {(m.source, m.target): m for m in self.beside}


class ChallengeKind(StrEnum):
    """What may stand in the way of a table, found before anything is planned."""

    NO_KEY = "no_key"  #: rows cannot be told apart
    COMPOSITE_KEY = "composite_key"
    SELF_REFERENCE = "self_reference"
    CYCLE = "cycle"
    POLYMORPHIC = "polymorphic"  #: a type/id pair that refers to rows of several tables
    PACKED_IDS = "packed_ids"  #: ids inside JSON or a comma list
    SOFT_DELETED = "soft_deleted"
    MIXED_TYPES = "mixed_types"  #: a column that holds more than one kind of value
    TRIGGER = "trigger"  #: the target has a trigger on the table
    NO_COLUMN = "no_column"  #: a legacy column that has no place in the target
    UNFILLED = "unfilled"  #: a required target column that nothing feeds
    OTHER = "other"


class Challenge(Frozen):
    kind: ChallengeKind
    table: str
    columns: tuple[str, ...] = ()
    text: str = ""


class TableFinding(Frozen):
    """Everything known of one target table before planning."""

    target_table: str
    source_table: str | None
    part_of: str = ""  #: the target table beside which this one takes parts of the same source rows
    status: TableStatus
    record_count: int  #: rows in the source table; 0 without one
    target_count: int  #: rows already in the target
    first_type: TableType  #: by its size and its own columns alone
    table_type: TableType  #: by its references as well
    type_evidence: tuple[str, ...] = ()  #: what changed the type, or confirmed it
    parents: tuple[str, ...] = ()  #: target tables it refers to
    relationships: tuple[str, ...] = ()  #: "project_id -> projects.id" of the target
    source_relationships: tuple[str, ...] = ()  #: "project_id -> dispatch_project" of the legacy table
    dependencies: tuple[str, ...] = ()  #: the parents that still have to be filled
    complexity: Complexity = Complexity.LOW
    challenges: tuple[Challenge, ...] = ()
    score: float = 0.0  #: of the match with the source table
    sure: bool = True  #: False: `source_table` is the best guess, and a person has to say
    alternatives: tuple[Match, ...] = ()


class LeftOut(Frozen):
    """A table that nothing will be done with, and why."""

    side: str  #: "source" or "target"
    table: str
    rows: int | None = None  #: None where they were not counted, as of views
    reason: str


class Findings(Frozen):
    """The result of schema analysis."""

    tables: tuple[TableFinding, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    cycles: tuple[tuple[str, ...], ...] = Field(default=())

    @cached_property
    def by_target(self) -> dict[str, TableFinding]:
        return {finding.target_table: finding for finding in self.tables}


class MissingCause(StrEnum):
    """Why a referenced parent is not in the target."""

    NEVER_EXISTED = "never_existed"  #: not in the legacy database either
    FILTERED_OUT = "filtered_out"  #: in legacy, left out by this plan
    SET_ASIDE = "set_aside"  #: in legacy, but set aside itself, by a decision or in quarantine already
    #: In legacy, but not copied yet: in scope, or of a table that the plan only refers to.
    NOT_MIGRATED = "not_migrated"
    #: Its range of keys was copied: gone from the target, or come into legacy since. Of a table that the plan only
    #: refers to: an earlier run brought it, and the target has it no more.
    DELETED_SINCE = "deleted_since"


#: Causes for which no run can take the parent along.
OUT_OF_REACH = frozenset((MissingCause.NEVER_EXISTED, MissingCause.SET_ASIDE))


class MissingGroup(Frozen):
    """Rows of one table whose parent is missing for one cause. Counts only: rows are read when a person asks."""

    table: str  #: the child, target name
    columns: tuple[str, ...]  #: its referring columns, target names
    parent: str  #: target name
    constraint: str
    cause: MissingCause
    rows: int
    parents: int  #: distinct missing parents
    below: int = 0  #: other rows of the table that hang on rows like these, and are set aside where these are


class Diagnosis(Frozen):
    """The answer to "why did this fail": grouped by cause, with the strategies that would mend it."""

    issue: str
    root_cause: str
    groups: tuple[MissingGroup, ...] = ()
    affected_parents: int = 0
    solutions: tuple[str, ...] = ()
