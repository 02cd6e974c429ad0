"""Which rows, named beside a type or in lists, will come although the target does not hold them yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, FromClause, and_, not_, true

from ferryman.domain.mapping import Action, TableMapping
from ferryman.tools.prepare.conditions import passes
from ferryman.tools.prepare.lineage import policies
from ferryman.tools.prepare.sqlite_scope import column_of

Stays = Callable[[FromClause], ColumnElement[bool]]  #: whether a legacy row stays out: true or false, never NULL


@dataclass(frozen=True)
class Outlook:
    """Before a run all rows that the plan moves are to come; in it, and afterwards, those of few tables or none."""

    to_come: frozenset[str] | None = None  #: target names; None: every table that is copied
    out: Mapping[str, Stays] = field(default_factory=dict)  #: per target name, the rows that will not come for all that

    def comes(self, parent: TableMapping, rows: FromClause) -> ColumnElement[bool] | None:
        """Whether a legacy row of a parent will come; None where none of them does."""
        is_copied = parent.action is Action.COPY and policies(parent)[1] is not None
        if not is_copied or (self.to_come is not None and parent.target not in self.to_come):
            return None
        inside = passes(parent.filter, lambda name: column_of(rows, name)) if parent.filter else true()
        stays = self.out.get(parent.target)
        return and_(inside, not_(stays(rows))) if stays else inside
