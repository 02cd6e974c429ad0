"""What was measured for a table a moment ago: a plan that changes in one place is not measured anew in all others."""

from __future__ import annotations

import time
from collections.abc import Callable
from hashlib import sha256
from typing import TypeVar

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

    def recall(self, kind: type[Finding], table: CompiledTable, more: str = "") -> Finding | None:
        """What was kept for this table as it is planned now; `more` is what else it depends on."""
        at, finding = self._kept.get((kind, _depends_on(table, more)), (0.0, None))
        return finding if isinstance(finding, kind) and self._clock() - at < self._seconds else None

    def keep(self, finding: object, table: CompiledTable, more: str = "") -> None:
        """A finding, as it was measured now."""
        self._kept[type(finding), _depends_on(table, more)] = self._clock(), finding

    def forget(self) -> None:
        """Everything: rows have moved, or the catalogues were read anew."""
        self._kept.clear()


def _depends_on(table: CompiledTable, more: str) -> str:
    mappings = sorted(one.mapping.model_dump_json() for one in relied_on([table]))
    return sha256("\n".join((table.target.name, more, *mappings)).encode()).hexdigest()
