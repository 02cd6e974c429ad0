"""Whether a placeholder row can be made of a table: the rule behind `Strategy.PLACEHOLDERS`."""

from __future__ import annotations

from ferryman.domain.schema import Family, Table

#: Families that have a value which says nothing: "", 0, false, the run's start, {}.
FILLABLE = frozenset((
    Family.TEXT, Family.INTEGER, Family.DECIMAL, Family.FLOAT, Family.BOOLEAN, Family.DATE, Family.TIMESTAMP,
    Family.JSON,
))  # fmt: skip


def can_stand_in(parent: Table) -> bool:
    """Whether every required column besides the key can be filled without knowing more.

    One that refers to another table, or is checked or unique, cannot.
    """
    bound = {name for key in parent.foreign_keys for name in key.columns}
    bound |= {name for unique in parent.uniques for name in unique}
    checked = " ".join(parent.checks).lower()
    required = [column for column in parent.columns if column.required and column.name not in parent.primary_key]
    return all(c.family in FILLABLE and c.name not in bound and c.name.lower() not in checked for c in required)
