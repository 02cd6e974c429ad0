"""A mapping as a person wants it: every `Change` as a pure function from mapping to mapping.

What does not fit the two catalogues is refused with a Usage error that names what would. Facts may be catalogues alone
(a plan that runs without discovery): then names decide instead of matches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ferryman.agents import revise_columns as columns
from ferryman.agents import revise_tables as tables
from ferryman.agents.facts import Facts
from ferryman.agents.table_mapping import with_further
from ferryman.domain.changes import (
    Change,
    IgnoreColumn,
    Include,
    LeaveOut,
    MapColumn,
    MapTable,
    MapValues,
    MigrateParents,
    SetBatchSize,
    SetConflict,
    SetFilter,
    SetIdentity,
    SetKey,
    SetPolicy,
    SetRequest,
    SetTriggers,
    UnmapColumn,
)
from ferryman.domain.errors import Usage
from ferryman.domain.fits import Misfit, mapping_misfits
from ferryman.domain.mapping import Mapping, TableMapping

Reviser = Callable[[Mapping, Any, Facts], Mapping]

_REVISERS: dict[type, Reviser] = {
    SetRequest: tables.set_request,
    LeaveOut: tables.leave_out,
    Include: tables.include,
    MapTable: tables.map_table,
    SetKey: tables.set_key,
    SetIdentity: tables.set_identity,
    SetConflict: tables.set_conflict,
    SetTriggers: tables.set_triggers,
    SetFilter: tables.set_filter,
    SetPolicy: tables.set_policy,
    MigrateParents: tables.migrate_parents,
    MapColumn: columns.map_column,
    UnmapColumn: columns.unmap_column,
    IgnoreColumn: columns.ignore_column,
    MapValues: columns.map_values,
}


def revise(mapping: Mapping, change: Change, facts: Facts) -> Mapping:
    """The mapping with one change made. Raises Usage when a name is unknown or the change does not fit.

    The same change twice gives the same mapping. `SetBatchSize` leaves the mapping alone: see `batch_sizes`.
    """
    reviser = _REVISERS.get(type(change))
    if reviser is None:
        return mapping
    revised = with_further(reviser(mapping, change, facts), facts)
    _refuse_misfits(mapping, revised, change, facts)
    return revised


def revise_all(mapping: Mapping, changes: Iterable[Change], facts: Facts) -> Mapping:
    """The changes one after the other."""
    for change in changes:
        mapping = revise(mapping, change, facts)
    return mapping


def batch_sizes(sizes: dict[str, int], change: SetBatchSize) -> dict[str, int]:
    """Rows per batch by target table, after a change of tuning. Raises Usage for an unknown table or no rows."""
    if change.table and change.table not in sizes:
        raise Usage(f"{change.table} is not copied by this plan.", tables.hint(change.table, sizes))
    asked = {name for name in sizes if change.table in ("", name)}
    resized = {name: _resized(size, change) if name in asked else size for name, size in sizes.items()}
    if any(size < 1 for size in resized.values()):
        raise Usage("A batch has at least one row.", "Give a number of rows such as 500.")
    return resized


def _resized(size: int, change: SetBatchSize) -> int:
    if change.rows is not None:
        return change.rows
    return max(1, round(size * change.factor)) if change.factor and change.factor > 0 else size


def _refuse_misfits(before: Mapping, after: Mapping, change: Change, facts: Facts) -> None:
    """Raises Usage for what fits no more in the table that was changed; what hangs on it elsewhere is asked about."""
    table = getattr(change, "table", "") or getattr(change, "target", "")
    known = {str(misfit) for misfit in mapping_misfits(before, facts.source, facts.target)}
    for misfit in mapping_misfits(after, facts.source, facts.target):
        if str(misfit) not in known and _is_of(misfit, after, table) and not _may_be_asked(misfit, change):
            raise Usage(tables.sentence(misfit.what), tables.sentence(misfit.would_fit))


def _is_of(misfit: Misfit, mapping: Mapping, table: str) -> bool:
    tables = mapping.further if misfit.path[1] == "further" else mapping.tables
    concerned: TableMapping = tables[int(misfit.path[2])]
    return concerned.target == table


def _may_be_asked(misfit: Misfit, change: Change) -> bool:
    """A required column that a new table leaves open is a question, not an error."""
    return bool(misfit.column) and not isinstance(change, UnmapColumn)
