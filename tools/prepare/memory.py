"""What was measured for a table a moment ago: a plan that changes in one place is not measured anew in all others."""

from __future__ import annotations

import time
from collections.abc import Callable
from hashlib import sha256
from typing import Any, TypeVar

from ferryman.domain.mapping import Problem, Strategy, TableMapping
from ferryman.tools.prepare.reach import relied_on
from ferryman.tools.prepare.transform import CompiledTable

KEEP = 600.0  #: seconds after which a finding is too old: people go on working in the old application

Finding = TypeVar("Finding")


class Memory:
    """One finding of a kind per table and everything in the plan that it depends on: the mapping of the table, of its
    parents, and of theirs. For one pair of databases; it has to `forget` when rows move there."""

    def __init__(self, seconds: float = KEEP, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self._kept: dict[tuple[type, str], tuple[float, object]] = {}

    def recall(
        self, kind: type[Finding], table: CompiledTable, more: str = "", *, aside: bool = True
    ) -> Finding | None:
        """What was kept for this table as it is planned now; `more` is what else it depends on, and `aside` says
        whether it does on which rows decisions set aside."""
        at, finding = self._kept.get((kind, _depends_on(table, more, aside)), (0.0, None))
        return finding if isinstance(finding, kind) and self._clock() - at < self._seconds else None

    def keep(self, finding: object, table: CompiledTable, more: str = "", *, aside: bool = True) -> None:
        """A finding, as it was measured now."""
        self._kept[type(finding), _depends_on(table, more, aside)] = self._clock(), finding

    def forget(self) -> None:
        """Everything: rows have moved, or the catalogues were read anew."""
        self._kept.clear()


def _depends_on(table: CompiledTable, more: str, aside: bool) -> str:
    mappings = sorted(_meaning(one.mapping, aside) for one in relied_on([table]))
    mappings += [one.model_dump_json(exclude={"why"}) for one in table.plan.further]
    return sha256("\n".join((table.target.name, more, *mappings)).encode()).hexdigest()


def _meaning(mapping: TableMapping, aside: bool) -> str:
    """All of a mapping that changes what rows become. Which rows are set aside is the same in any order."""
    said: dict[str, Any] = {"why": True, "policies": True, "columns": {"__all__": {"why"}}}
    out = [policy for policy in mapping.policies if policy.strategy is Strategy.QUARANTINE]
    others = [policy for policy in mapping.policies if policy.strategy is not Strategy.QUARANTINE]
    # What is decided about values that cannot be read has them looked at one by one.
    out = [policy for policy in out if aside or policy.problem is Problem.UNCASTABLE]
    listed = [[policy.model_dump_json(exclude={"rows"}) for policy in some] for some in (others, out)]
    return "\n".join((mapping.model_dump_json(exclude=said), *listed[0], *sorted(listed[1])))
