"""What copying a table takes and gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from ferryman.domain.plan import Handling
from ferryman.domain.recovery import Failure
from ferryman.domain.run import Accounting
from ferryman.tools.databases.connect import Source, Target
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.prepare.transform import CompiledTable


@dataclass(frozen=True)
class TableWork:
    """One table of a run. Scope, batch size and how far it is stand in the ledger."""

    source: Source
    target: Target
    compiled: CompiledTable
    ledger: Ledger
    run: str
    handling: Handling = field(default_factory=Handling)
    aside: frozenset[str] = frozenset()  #: foreign keys that are set aside: the target looks at none of these

    @property
    def table(self) -> str:
        """The target table's name."""
        return self.compiled.target.name


class Ending(StrEnum):
    """How a call of `copy_table` ended."""

    COMPLETE = "complete"  #: the last batch has committed
    STOPPED = "stopped"  #: asked to, or the given number of batches is done
    FAILED = "failed"  #: see `CopyResult.failure`


@dataclass(frozen=True)
class CopyResult:
    """What became of a table. Whatever the ending, every committed batch is whole and in the ledger."""

    table: str
    ending: Ending
    batches: int  #: committed by this call
    accounting: Accounting  #: of the whole table so far
    failure: Failure | None = None

    @property
    def complete(self) -> bool:
        return self.ending is Ending.COMPLETE
