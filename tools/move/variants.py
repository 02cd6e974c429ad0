"""A compiled table seen another way: the part that SQL can say, a range of its rows."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import ColumnElement, FromClause, and_

from ferryman.domain.filters import AllOf, Filter
from ferryman.domain.run import Segment
from ferryman.domain.transforms import PythonFunction
from ferryman.tools.prepare.transform import CompiledTable


def pushable(compiled: CompiledTable) -> CompiledTable:
    """The same table with those columns alone that SQL can say; what Python makes is checked when it is made."""
    said = [c.target for c in compiled.mapping.columns if not c.uses(PythonFunction)]
    return replace(compiled, writes=tuple(name for name in compiled.writes if name in said))


def narrowed(compiled: CompiledTable, chosen: Filter) -> CompiledTable:
    """The same table as if the few rows that a filter chooses were all that the plan moves."""
    only = chosen if compiled.part is None else AllOf(of=(compiled.part, chosen))
    return replace(compiled, mapping=compiled.mapping.but(filter=only), few=True)


def within(compiled: CompiledTable, from_: FromClause, segment: Segment) -> ColumnElement[bool]:
    """The legacy rows of a range; none whose key holds a NULL, however composite keys compare."""
    keys = compiled.key_columns(from_)
    whole = [key.is_not(None) for key in keys] if len(keys) > 1 else []
    return and_(compiled.where(from_, segment), *whole)
