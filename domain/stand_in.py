"""Whether a placeholder row can be made of a table, and what it holds: the rule behind `Strategy.PLACEHOLDERS`."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal

from ferryman.domain.mapping import Generated, Matched, TableMapping
from ferryman.domain.schema import Column, Family, Table
from ferryman.domain.transforms import AddMetadataJson

#: Families that have a value which says nothing: "", 0, false, the run's start, {}.
FILLABLE = frozenset((
    Family.TEXT, Family.INTEGER, Family.DECIMAL, Family.FLOAT, Family.BOOLEAN, Family.DATE, Family.TIMESTAMP,
    Family.JSON,
))  # fmt: skip
MARK = '{"ferryman": "placeholder"}'  #: in the column for metadata, where the table has one

Cell = str | int | float | bool | date | datetime | Decimal


def can_stand_in(parent: Table, mapping: TableMapping | None = None, referred: Collection[str] = ()) -> bool:
    """Whether every required column besides the key can be filled without knowing more, and the key be known.

    A column that refers to another table, or is checked or unique, cannot. `referred` are the parent's columns that the
    child's refer to: all of its primary key, where they are given. `mapping` says how the parent's rows get their key:
    one that is only ever found by other columns is not known.
    """
    bound = {name for key in parent.foreign_keys for name in key.columns}
    bound |= {name for unique in parent.uniques for name in unique}
    checked = " ".join(parent.checks).lower()
    known = not referred or (bool(parent.primary_key) and set(referred) == set(parent.primary_key))
    required = [column for column in parent.columns if column.required and column.name not in parent.primary_key]
    fillable = all(c.family in FILLABLE and c.name not in bound and c.name.lower() not in checked for c in required)
    return known and fillable and _key_known(parent, mapping)


def _key_known(parent: Table, mapping: TableMapping | None) -> bool:
    identity = mapping.identity if mapping else None
    if isinstance(identity, Matched):
        identity = identity.otherwise
        if identity is None:
            return False
    return not isinstance(identity, Generated) or len(parent.primary_key) == 1


def stand_in_cells(parent: Table, mapping: TableMapping | None, started: datetime) -> dict[str, Cell]:
    """What a placeholder holds besides its key: a value that says nothing where one is required, and the mark."""
    cells = {c.name: _nothing(c, started) for c in parent.columns if c.required and c.name not in parent.primary_key}
    marked = {c.target for c in mapping.columns if c.uses(AddMetadataJson)} if mapping else set()
    marked |= {c.name for c in parent.columns if c.name == "metadata"}
    json = (c.name for c in parent.columns if c.family is Family.JSON and c.name in marked)
    return cells | dict.fromkeys(json, MARK)


def _nothing(column: Column, started: datetime) -> Cell:
    values: dict[Family, Cell] = {
        Family.INTEGER: 0,
        Family.DECIMAL: Decimal(0),
        Family.FLOAT: 0.0,
        Family.BOOLEAN: False,
        Family.DATE: started.date(),
        Family.TIMESTAMP: started,
        Family.JSON: "{}",
    }
    return values.get(column.family, "")
