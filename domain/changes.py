"""What a person may change about a plan, as data. A sentence, a YAML answer and a model's advice all end up here."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from ferryman.domain.coordination import Request
from ferryman.domain.filters import Filter
from ferryman.domain.findings import MissingCause
from ferryman.domain.mapping import Conflict, IdPolicy, Policy, Triggers
from ferryman.domain.model import Frozen
from ferryman.domain.transforms import Transform, ValuePair


class SetRequest(Frozen):
    """Ask for something else altogether."""

    do: Literal["set_request"] = "set_request"
    request: Request


class LeaveOut(Frozen):
    """Do not fill this target table."""

    do: Literal["leave_out"] = "leave_out"
    table: str


class Include(Frozen):
    """Fill this target table as well."""

    do: Literal["include"] = "include"
    table: str


class MapTable(Frozen):
    """This legacy table feeds that target table."""

    do: Literal["map_table"] = "map_table"
    source: str
    target: str


class MapColumn(Frozen):
    """This legacy column feeds that target column; `steps` empty: whatever the types call for."""

    do: Literal["map_column"] = "map_column"
    table: str  #: target table
    source: tuple[str, ...]
    target: str
    steps: tuple[Transform, ...] = ()


class UnmapColumn(Frozen):
    """Leave this target column empty (its default or NULL)."""

    do: Literal["unmap_column"] = "unmap_column"
    table: str
    target: str


class IgnoreColumn(Frozen):
    """Leave this legacy column behind, also out of the metadata."""

    do: Literal["ignore_column"] = "ignore_column"
    table: str  #: target table
    source: str


class SetFilter(Frozen):
    """Only these rows; None takes the filter away."""

    do: Literal["set_filter"] = "set_filter"
    table: str  #: target table
    filter: Filter | None


class MapValues(Frozen):
    """These old values become those new ones in a target column."""

    do: Literal["map_values"] = "map_values"
    table: str
    target: str
    pairs: tuple[ValuePair, ...]
    otherwise: Literal["keep", "null", "stop"] = "keep"


class SetIdentity(Frozen):
    do: Literal["set_identity"] = "set_identity"
    table: str
    identity: IdPolicy


class SetKey(Frozen):
    """Which legacy columns tell rows apart; ("rowid",) takes their position in the file."""

    do: Literal["set_key"] = "set_key"
    table: str
    key: tuple[str, ...]


class SetConflict(Frozen):
    do: Literal["set_conflict"] = "set_conflict"
    table: str
    conflict: Conflict


class SetTriggers(Frozen):
    """What becomes of the target table's triggers while its rows are written."""

    do: Literal["set_triggers"] = "set_triggers"
    table: str
    triggers: Triggers


class SetPolicy(Frozen):
    """What happens to rows with a given problem."""

    do: Literal["set_policy"] = "set_policy"
    table: str
    policy: Policy


class MigrateParents(Frozen):
    """Take the missing parent rows along although a filter leaves them out."""

    do: Literal["migrate_parents"] = "migrate_parents"
    table: str  #: the child
    columns: tuple[str, ...]  #: its referring target columns
    cause: MissingCause
    rows: int = 0


class SetBatchSize(Frozen):
    """Rows per batch; `factor` multiplies what there is. Tuning: not part of the plan's hash."""

    do: Literal["set_batch_size"] = "set_batch_size"
    table: str = ""  #: empty: every table
    rows: int | None = None
    factor: float | None = None


Change = Annotated[
    SetRequest
    | LeaveOut
    | Include
    | MapTable
    | MapColumn
    | UnmapColumn
    | IgnoreColumn
    | SetFilter
    | MapValues
    | SetIdentity
    | SetKey
    | SetConflict
    | SetTriggers
    | SetPolicy
    | MigrateParents
    | SetBatchSize,
    Field(discriminator="do"),
]


EMPTY = "empty"  #: the key of leaving a column empty; "null" would be no answer at all in a plan file


class Option(Frozen):
    """One answer to a question, and what taking it changes (nothing, when `changes` is empty)."""

    key: str  #: short and typeable: "orders", "skip", "a"
    text: str
    changes: tuple[Change, ...] = ()


class Question(Frozen):
    """Something only a person can say. It is open until `answer` names an option."""

    id: str  #: stable over re-planning, e.g. "table:orders" or "orphans:case_files.case_id:never_existed"
    table: str  #: target table it is about
    text: str
    options: tuple[Option, ...]
    recommended: str = ""  #: an option's key
    reason: str = ""
    answer: str | None = None
    taken: bool = False  #: the answer's changes are in the mapping

    @field_validator("answer")
    @classmethod
    def _by_its_name_now(cls, answer: str | None, info: ValidationInfo) -> str | None:
        """ "null", as it is said in databases, answers with the option that is called "empty"."""
        keys = {option.key for option in info.data.get("options", ())}
        return EMPTY if answer == "null" and "null" not in keys and EMPTY in keys else answer

    @property
    def open(self) -> bool:
        return self.answer is None

    def option(self, key: str) -> Option:
        """The option of that key. Raises KeyError when there is none."""
        for option in self.options:
            if option.key == key:
                return option
        raise KeyError(key)
