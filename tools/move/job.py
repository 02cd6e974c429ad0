"""What copying a table's batches has in common, and what one of them ends with."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ferryman.domain.findings import MissingCause
from ferryman.domain.mapping import Conflict, Derived, Kept
from ferryman.domain.plan import Plan
from ferryman.domain.recovery import Failure
from ferryman.domain.run import BatchRecord
from ferryman.domain.validation import BatchValidation
from ferryman.tools.move.batches import BatchBook
from ferryman.tools.move.bench import Bench
from ferryman.tools.move.clock import Clock
from ferryman.tools.move.foreign import ForeignCheck
from ferryman.tools.move.kept_out import KeptOut
from ferryman.tools.move.losers import Losers
from ferryman.tools.move.records import QuarantinedRow, Scope
from ferryman.tools.move.relay import Relay
from ferryman.tools.move.rowkeys import RowKeys
from ferryman.tools.move.scan import Obstacle, Sight
from ferryman.tools.move.work import TableWork
from ferryman.tools.prepare.orphans import Ground

if TYPE_CHECKING:
    from ferryman.tools.move.sorting import Applied


class Stuck(Exception):
    """A batch cannot go as it is: it is rolled back whole, and `failure` says why."""

    def __init__(self, failure: Failure, validation: BatchValidation | None = None) -> None:
        super().__init__(failure.error_detail)
        self.failure = failure
        self.validation = validation


@dataclass(frozen=True)
class Job:
    """What stays the same for all batches of a table, on one connection."""

    work: TableWork
    plan: Plan  #: with every amendment
    bench: Bench
    book: BatchBook
    scope: Scope
    keys: RowKeys
    sight: Sight
    checks: tuple[ForeignCheck, ...]
    values: tuple[Obstacle, ...]  #: what can be wrong with a row by itself
    parents: tuple[Obstacle, ...]  #: the parents that it can lack
    present: Obstacle | None  #: that its counterpart is in the target already
    stood_in: Obstacle | None  #: that a placeholder of ours is there in its place
    stranger: Obstacle | None  #: that another row is there under the number it is to keep
    losers: Losers | None  #: rows that merge into another's
    ground: Ground
    relay: Relay | None  #: fetches what a batch can meet in the target, where the bench does not see it
    clock: Clock
    supplied: Counter[tuple[tuple[str, ...], MissingCause | None]]  #: rows that parents were supplied for, by reason
    own: KeptOut | None = None  #: what is known of the table's own rows that will not come, where these refer to it

    @property
    def name(self) -> str:
        return self.work.table

    @property
    def trusting(self) -> bool:
        """Whether the target itself can be left to refuse what does not go: preflight found nothing, every reference
        is a foreign key that it enforces, and nothing is looked up in it. What it refuses is looked at before the
        next try."""
        mapping, enforces = self.work.compiled.mapping, self.bench.refuses_early_rows
        tables = (mapping, *(reference.parent for reference in self.work.compiled.references))
        plain = all(isinstance(table.identity, Kept | Derived) for table in tables)
        kept = all(check.bond.key.name not in self.work.aside for check in self.checks)
        enforced = enforces and all(check.bond.key.in_force and not check.bond.to_itself for check in self.checks)
        keyed = self.present is not None and self.keys.names == self.work.compiled.target.primary_key
        alone = not (mapping.policies or self.losers or self.stood_in) and mapping.conflict is Conflict.STOP
        return not self.sight.values and plain and enforced and kept and keyed and alone

    def forget(self) -> None:
        """The transaction was rolled back: what was remembered in it is gone."""
        for check in self.checks:
            if check.known:
                check.known.forget()


@dataclass(frozen=True)
class Moved:
    """A batch that is ready to be committed."""

    record: BatchRecord
    validation: BatchValidation
    quarantined: tuple[QuarantinedRow, ...] = ()
    applied: tuple[Applied, ...] = ()  #: the policies that were applied to its rows
    stop: bool = False  #: somebody asked the run to stop
