"""Which tables of a run come next, by the ledger's states alone. Pure, so that a resume finds the same answer.

A table that closes a ring of references is copied in its own phase and proved later, when every table that it refers
to has been copied: until then it waits as COPIED. References to keys that the target made meanwhile are filled first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from ferryman.domain.plan import Phase, Plan
from ferryman.domain.references import Reference, references_of
from ferryman.domain.run import TableState
from ferryman.domain.schema import Database

FINISHED = (TableState.VALIDATED, TableState.ROLLED_BACK)
_BEGINNING = (TableState.PENDING, TableState.COPYING)
_COPIED = (TableState.COPIED, *FINISHED)

States = Mapping[str, TableState]


@dataclass(frozen=True)
class Course:
    """A plan's phases and the references between its tables."""

    plan: Plan
    references: tuple[Reference, ...]

    @classmethod
    def of(cls, plan: Plan, target: Database) -> Course:
        return cls(plan, references_of(plan.mapping, target))

    def waits(self, table: str, states: States) -> bool:
        """Whether a table that is copied refers to tables of the run that are not."""
        parents = {r.parent for r in self.references if r.child == table} - {table}
        return any(states[parent] not in _COPIED for parent in parents if parent in states)

    def in_ring(self, table: str, states: States) -> bool:
        """Whether a table that is copied gets its turn to be proved by way of `due`."""
        return self.waits(table, states) or bool(self.late_parents(table))

    def late_parents(self, table: str) -> tuple[str, ...]:
        """The tables that it refers to only in the second pass."""
        late = {column for phase in self.plan.phases for column in phase.second_pass}
        mine = [r for r in self.references if r.child == table and r.parent != table]
        return tuple(dict.fromkeys(r.parent for r in mine if any(f"{table}.{name}" in late for name in r.columns)))

    def held_back(self, states: States) -> frozenset[str]:
        """The tables that do not begin: one that their phase waits for was undone alone, or is held back as well."""
        waiting = [pair for pair in self._waited_for() if states.get(pair[0]) in _BEGINNING]
        undone = {table for table, state in states.items() if state is TableState.ROLLED_BACK}
        held: set[str] = set()
        while more := {child for child, parent in waiting if parent in undone | held} - held:
            held |= more
        return frozenset(held)

    def needed(self, tables: Collection[str]) -> frozenset[str]:
        """What these tables refer to, of what their phases wait for."""
        return frozenset(parent for child, parent in self._waited_for() if child in tables)

    def _waited_for(self) -> Iterator[tuple[str, str]]:
        awaited = {table: phase.prerequisites for phase in self.plan.phases for table in phase.tables}
        return ((r.child, r.parent) for r in self.references if r.parent in awaited.get(r.child, ()))

    def due(self, states: States) -> tuple[Phase, tuple[str, ...]] | None:
        """The first phase that has anything to do, and its tables; None when the run is through."""
        held = self.held_back(states)
        for phase in self.plan.phases:
            left = (t for t in phase.tables if states[t] not in FINISHED and t not in held)
            own = tuple(t for t in left if not self._put_off(t, phase, states))
            tables = own or tuple(t for t in self._closing(phase) if self._to_prove(t, states))
            if tables:
                return phase, tables
        return None

    def _put_off(self, table: str, phase: Phase, states: States) -> bool:
        """Whether nothing is left to do for it in its own phase."""
        if states[table] is TableState.COPIED and self.waits(table, states):
            return True
        later = (other for other in self.plan.phases if other.number > phase.number)
        return self._to_prove(table, states) and any(table in self._closing(other) for other in later)

    def _to_prove(self, table: str, states: States) -> bool:
        return states[table] in (TableState.COPIED, TableState.FAILED) and not self.waits(table, states)

    def _closing(self, phase: Phase) -> tuple[str, ...]:
        """The tables of earlier phases whose references this phase completes."""
        named = dict.fromkeys(column.rpartition(".")[0] for column in phase.second_pass)
        return tuple(table for table in named if table not in phase.tables)
