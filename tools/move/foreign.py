"""The references of a table, as a batch checks them: which rows name a parent that is not in the target."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import FromClause, and_, exists, literal, select

from ferryman.domain.mapping import Generated, Matched
from ferryman.domain.run import Key, Segment
from ferryman.tools.databases.dialect import clause
from ferryman.tools.move.kept_out import KeptOut
from ferryman.tools.move.known import KnownParents
from ferryman.tools.move.records import Scope
from ferryman.tools.move.variants import pushable
from ferryman.tools.prepare.bonds import Bond, Condition, bonds
from ferryman.tools.prepare.sqlite_scope import column_of, schema_of
from ferryman.tools.prepare.transform import CompiledTable, compiled_as

Later = Callable[[str], Scope | None]  #: the scope of a parent whose rows may come after ours in this run, else None


@dataclass(frozen=True)
class Missing:
    """A parent that is not there."""

    old: Key  #: what the child's row calls it, in legacy
    new: tuple[Any, ...]  #: the key that the target's row will refer to; a part is None where nothing says it


@dataclass(frozen=True)
class ForeignCheck:
    """One reference of the target table, declared there or made by the mapping alone."""

    bond: Bond
    later: tuple[CompiledTable, Scope] | None = None  #: the parent, where its rows may come after ours
    known: KnownParents | None = None  #: spares most rows the lookup
    kept_out: KeptOut | None = None  #: of those that may come, the rows that will not

    def missing(self, from_: FromClause) -> Condition:
        """Whether a legacy row names a parent that is not there and will not come. True or false, never NULL."""
        unknown = [self.known.unknown(from_)] if self.known else []
        comes = [~self._comes(from_, *self.later)] if self.later else []
        return and_(self.bond.names_one(from_), *unknown, ~self._there(from_), *comes)

    def early(self, from_: FromClause) -> Condition | None:
        """Whether a legacy row names a parent that is not there yet and will come; None where none can."""
        if self.later is None:
            return None
        return and_(self.bond.names_one(from_), ~self._there(from_), self._comes(from_, *self.later))

    def _there(self, from_: FromClause) -> Condition:
        return self.bond.there(from_, schema_of(from_))

    def _comes(self, from_: FromClause, parent: CompiledTable, scope: Scope) -> Condition:
        """Whether the parent is among the legacy rows that this run copies."""
        old = clause(parent.source, schema=schema_of(from_)).alias()
        same = [column_of(old, there) == column_of(from_, here) for here, there in self.bond.pairs]
        inside = [parent.where(old, Segment(upto=scope.upper)), parent.in_filter(old)]
        inside += [~self.kept_out.holds(old)] if self.kept_out else []
        return exists(select(literal(1)).select_from(old).where(*same, *inside).correlate(from_))


def foreign_checks(compiled: CompiledTable, later: Later) -> tuple[ForeignCheck, ...]:
    """Every reference that the table's columns fill."""
    return tuple(ForeignCheck(bond, _later(compiled, bond, later)) for bond in bonds(pushable(compiled)))


def _later(compiled: CompiledTable, bond: Bond, later: Later) -> tuple[CompiledTable, Scope] | None:
    scope = later(bond.parent)
    mapping = compiled.plan.by_target.get(bond.parent)
    if scope is None or scope.upper is None or mapping is None or not bond.pairs or not bond.legacy_parent:
        return None
    same = bond.legacy_parent.name == mapping.source
    return (compiled_as(compiled, bond.parent), scope) if same else None


def made_late(bond: Bond) -> bool:
    """Whether the parent's keys are known only when its rows are there."""
    identity = bond.feeding.identity if bond.feeding else None
    return isinstance(identity.otherwise if isinstance(identity, Matched) else identity, Generated)
