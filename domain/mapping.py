"""What feeds what: tables, columns, identities, filters and policies. This is the meaning that a plan's hash covers."""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal
from uuid import UUID, uuid5

from pydantic import Field

from ferryman.domain.filters import Filter
from ferryman.domain.findings import MissingCause
from ferryman.domain.model import Frozen
from ferryman.domain.transforms import NewId, Transform

NAMESPACE = UUID("6f0c1d0e-0b7e-5d0a-9c59-66657272796d")  #: root of every namespace, so that same names give same ids


def namespace_of(source_name: str) -> UUID:
    """The namespace of a legacy application's ids: version 5 over its database's name."""
    return uuid5(NAMESPACE, source_name)


class Shape(StrEnum):
    """How a UUID is stored."""

    DASHED = "dashed"  #: CHAR(36) and native UUID types
    HEX = "hex"  #: CHAR(32), as Django writes it
    BINARY = "binary"  #: 16 bytes


class Kept(Frozen):
    """The legacy key is the new key."""

    kind: Literal["kept"] = "kept"


class Derived(Frozen):
    """A UUID that is a pure function of namespace, legacy table and legacy key: the same wherever it is computed.

    Version 8 (ordered, shows the legacy integer) holds one integer key from 0 to 2**48 - 1; everything else, and
    ids that must not be guessable, take version 5.
    """

    kind: Literal["derived"] = "derived"
    version: Literal[5, 8] = 8
    shape: Shape = Shape.DASHED


class Generated(Frozen):
    """The target's own next integer; the ledger keeps legacy key -> new key row by row."""

    kind: Literal["generated"] = "generated"


class KeyPair(Frozen):
    """A legacy column and the target column that holds the same value."""

    source: str
    target: str


class Matched(Frozen):
    """Rows that are in the target already are found by a natural key; those that are not get `otherwise`."""

    kind: Literal["matched"] = "matched"
    on: tuple[KeyPair, ...]
    otherwise: Kept | Derived | Generated | None = None  #: None: an unmatched row is a missing parent


IdPolicy = Annotated[Kept | Derived | Generated | Matched, Field(discriminator="kind")]


class Action(StrEnum):
    COPY = "copy"  #: rows move
    REFER = "refer"  #: nothing moves: its rows are in the target already, and others refer to them


class Conflict(StrEnum):
    """What happens to a legacy row whose counterpart is in the target already."""

    KEEP = "keep"  #: the target's row stays as it is
    REPLACE = "replace"  #: every mapped column is overwritten; the before-image is kept
    MERGE = "merge"  #: only the target's NULLs are filled; the before-image is kept
    STOP = "stop"  #: it is a problem that a person decides


class Triggers(StrEnum):
    """What becomes of a target table's triggers while Ferryman writes its rows, or undoes them."""

    FIRE = "fire"  #: they run for every row, as for any other program
    ASIDE = "set_aside"  #: they are taken away and put back just as they were


class Problem(StrEnum):
    """What keeps a row out, found by preflight or by a batch."""

    MISSING_PARENT = "missing_parent"
    NULL_IN_REQUIRED = "null_in_required"
    TOO_LONG = "too_long"
    DUPLICATE = "duplicate"
    UNCASTABLE = "uncastable"
    OUT_OF_RANGE = "out_of_range"
    CHECK_FAILED = "check_failed"
    CONFLICT = "conflict"  #: the target holds a row of that key already, and the policy is stop
    KEY_TAKEN = "key_taken"  #: another row of the target, by its natural key, has the key that a row is to keep
    UNMAPPED_VALUE = "unmapped_value"  #: a value map says stop for it
    MISSING_KEY = "missing_key"  #: a NULL in the legacy key


class Strategy(StrEnum):
    """What can be done about rows that cannot go as they are.

    Offered only where it applies: the missing parents can be migrated when legacy has them; placeholders can be made
    when every required column of the parent can be filled; NULL can be written where the column takes NULL; rows can
    always be quarantined, the table rolled back, the run paused. A table of which no check failed, but not all could be
    made, can be kept as it was copied.
    """

    MIGRATE_PARENTS = "migrate_missing_parents_first"
    PLACEHOLDERS = "create_placeholders"
    QUARANTINE = "skip_orphaned_records"  #: skip and quarantine, for any problem
    SET_NULL = "set_null"
    TRUNCATE = "truncate_text"
    KEEP_COPIED = "keep_as_copied"
    ROLLBACK_TABLE = "rollback_table"
    PAUSE = "pause"


class Policy(Frozen):
    """A decision about a class of problem, taken once and applied wherever it occurs again."""

    problem: Problem
    columns: tuple[str, ...]  #: target columns
    cause: MissingCause | None = None  #: for missing parents
    strategy: Strategy
    rows: int = 0  #: the count it was decided on: it asks again when there are more (not part of the hash)


#: `ColumnMapping.why` of what a person asked for in so many words: nothing is asked about it again, but whose rows its
#: numbers name; not that either where it was said that they go as they are.
AS_SAID = "as you said"
AS_IT_IS = "as it is, as you said"
#: How the `why` of a reference ends that names and values alone tell, and of a number that may be one.
INFERRED = "no foreign key says so"
UNFOLLOWED = "it goes as it stands, and is not checked"


class ColumnMapping(Frozen):
    """How one target column is filled. The cast to its own type comes last and is implied."""

    target: str
    source: tuple[str, ...] = ()  #: legacy columns, in the order that the first step takes them
    steps: tuple[Transform, ...] = ()
    why: str = ""  #: for the reader; not part of the hash

    def uses(self, *kinds: type) -> bool:
        return any(isinstance(step, kinds) for step in self.steps)

    @property
    def is_said(self) -> bool:
        return self.why in (AS_SAID, AS_IT_IS)


class TableMapping(Frozen):
    """How one target table is filled from one legacy table."""

    source: str
    target: str
    action: Action = Action.COPY
    key: tuple[str, ...]  #: legacy columns that tell rows apart; ("rowid",) where the position has to do
    identity: IdPolicy = Field(default_factory=Kept)
    columns: tuple[ColumnMapping, ...] = ()
    filter: Filter | None = None
    conflict: Conflict = Conflict.STOP
    triggers: Triggers = Triggers.FIRE
    policies: tuple[Policy, ...] = ()
    ignored: tuple[str, ...] = ()  #: legacy columns that nothing takes: left behind by decision or for want of a column
    why: str = ""  #: for the reader; not part of the hash

    @cached_property
    def by_target(self) -> dict[str, ColumnMapping]:
        return {column.target: column for column in self.columns}

    @property
    def id_columns(self) -> tuple[str, ...]:
        """The target columns that hold the row's new key."""
        return tuple(column.target for column in self.columns if column.uses(NewId))

    @property
    def keeps_unmatched(self) -> bool:
        """Whether a row that no natural key matches keeps its legacy key, under which another row may be there."""
        return isinstance(self.identity, Matched) and isinstance(self.identity.otherwise, Kept)


class Mapping(Frozen):
    """Every table that takes part. Tables are told apart by their target name."""

    namespace: UUID = NAMESPACE
    tables: tuple[TableMapping, ...] = ()
    #: Rows of further legacy tables that stand in the same new tables, as other runs brought them: they are only
    #: referred to, by `foreign_key` steps that name their source.
    further: tuple[TableMapping, ...] = ()

    @cached_property
    def by_target(self) -> dict[str, TableMapping]:
        return {table.target: table for table in self.tables}

    def feeding(self, target: str, source: str = "") -> TableMapping | None:
        """How rows of a legacy table come to be in a target table; empty: of the one that the plan has for it."""
        own = self.by_target.get(target)
        if own is None or source in ("", own.source):
            return own
        return next((table for table in self.further if (table.target, table.source) == (target, source)), None)

    def sources_of(self, target: str) -> tuple[TableMapping, ...]:
        """The same for every legacy table that the plan knows rows of there, its own first."""
        own = self.by_target.get(target)
        return (*([own] if own else []), *(table for table in self.further if table.target == target))

    def among_others(self, table: TableMapping) -> bool:
        """Whether a key that the legacy table does not have may be there all the same, as that of another's row."""
        policy = table.identity.otherwise if isinstance(table.identity, Matched) else table.identity
        return isinstance(policy, Kept) and len(self.sources_of(table.target)) > 1

    def takes_stand_ins(self, table: TableMapping | None) -> bool:
        """Whether a placeholder for a row of a legacy table would be taken for that, and could have its key."""
        return table is None or not (table in self.further or self.among_others(table))

    @property
    def copied(self) -> tuple[TableMapping, ...]:
        return tuple(table for table in self.tables if table.action is Action.COPY)

    def with_table(self, changed: TableMapping) -> Mapping:
        """The same mapping with one table replaced (or added at the end)."""
        kept = tuple(changed if t.target == changed.target else t for t in self.tables)
        if changed.target not in self.by_target:
            kept = (*kept, changed)
        return self.but(tables=kept)
