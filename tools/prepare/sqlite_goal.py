"""Where a value goes, for the SQLite expressions."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import func

from ferryman.domain.schema import Column, Family
from ferryman.tools.prepare.sqlite_values import Expression, refused


@dataclass(frozen=True)
class Goal:
    """Where a value goes: a column of the target, or a family alone where a step asks for one."""

    column: Column
    dialect: str
    strict: bool  #: a value that does not fit stops the statement; else it becomes NULL
    landing: bool = True  #: the column's own affinity follows

    def towards(self, family: Family) -> Goal:
        """A goal on the way: the family alone."""
        column = Column(name=self.column.name, native="", family=family)
        return replace(self, column=column, landing=False)

    def refused(self, value: Expression) -> Expression:
        return refused(self.column.name, value, self.strict)

    def checked(self, made: Expression, of: Expression) -> Expression:
        """What a function made of a value, where NULL of a value that was none means that it does not fit."""
        return func.coalesce(made, self.refused(of)) if self.strict else made
