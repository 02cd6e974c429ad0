"""Parents that the plan at hand does not move: whether an earlier run brought the one that a row refers to."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import FromClause, and_, exists, literal, select

from ferryman.domain.mapping import Action, Generated
from ferryman.domain.schema import Column
from ferryman.tools.databases.dialect import clause
from ferryman.tools.prepare.bonds import Bond, Condition, Expression
from ferryman.tools.prepare.brought import brought, lies_aside
from ferryman.tools.prepare.lineage import policies
from ferryman.tools.prepare.sqlite_scope import column_of
from ferryman.tools.prepare.transform import CompiledTable, compiled_as


@dataclass(frozen=True)
class Elsewhere:
    """The parent of a reference, where the plan knows how its rows came to be there and moves none of them."""

    bond: Bond
    parent: CompiledTable
    rows: FromClause  #: its legacy rows

    def was_brought(self, from_: FromClause) -> Condition:
        """Whether the ledger says that the parent of a legacy row came, be it there still or not."""
        parent = self.parent.mapping
        return self._one(from_, brought(parent.target, parent.source, self.source_key, self.new_key(from_)))

    def is_aside(self, from_: FromClause) -> Condition:
        """Whether the parent of a legacy row lies in quarantine since an earlier run."""
        parent = self.parent.mapping
        return self._one(from_, lies_aside(parent.target, parent.source, self.source_key))

    @property
    def source_key(self) -> Expression:
        """The parent's legacy key, as the ledger writes it."""
        return self.parent.source_key(self.rows)

    def new_key(self, from_: FromClause) -> dict[Column, Expression]:
        """The key that the parent of a legacy row has in the target; {} where nothing but the id map tells it."""
        target, (_, policy) = self.parent.target, policies(self.parent.mapping)
        key = target.primary_key or self.parent.mapping.id_columns
        if isinstance(policy, Generated) or not key:
            return {}
        if len(key) == 1:
            return {target.column(key[0]): self.parent.new_key(self.rows)}
        if set(key) != set(self.bond.parent_columns):
            return {}
        asked = dict(zip(self.bond.parent_columns, self.bond.new_key(from_), strict=True))
        return {target.column(name): asked[name] for name in key}

    def named(self, from_: FromClause) -> Condition:
        """Whether a legacy row refers to a row of the parent."""
        pairs = zip(self.bond.old_key(from_), self.bond.pointed_at, strict=True)
        return and_(*(column_of(self.rows, there) == here for here, there in pairs))

    def _one(self, from_: FromClause, such: Condition) -> Condition:
        found = select(literal(1)).select_from(self.rows).where(self.named(from_), such)
        return exists(found.correlate_except(self.rows))


def elsewhere(bond: Bond, legacy: str | None) -> Elsewhere | None:
    """The parent of a reference as one that is only referred to; None where the plan moves it, or does not know it.
    `legacy` is where the source's tables are."""
    parent, known = bond.legacy_parent, bond.feeding
    if parent is None or known is None or known.action is not Action.REFER or known.source != parent.name:
        return None
    return Elsewhere(bond, compiled_as(bond.child, known), clause(parent, schema=legacy).alias())
