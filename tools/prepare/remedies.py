"""What can be done about a class of rows that would fail, as the target's structure allows it. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ferryman.domain.findings import OUT_OF_REACH, MissingCause
from ferryman.domain.mapping import Action, Mapping, Policy, Problem, Strategy, TableMapping
from ferryman.domain.references import meant
from ferryman.domain.schema import Table
from ferryman.domain.stand_in import can_stand_in

_NULLABLE = (
    *(Problem.TOO_LONG, Problem.UNCASTABLE, Problem.OUT_OF_RANGE, Problem.UNMAPPED_VALUE),
    Problem.MISSING_PARENT,  # of an id in a list, or beside a type: see `remedies_for_orphans` for plain references
)


def remedies(table: Table, problem: Problem, columns: Sequence[str]) -> tuple[Strategy, ...]:
    """The strategies that would mend rows of a target table whose values do not fit. Quarantine does, but not
    for rows whose key another has: what refers to them would go, and refer to that one."""
    if problem is Problem.KEY_TAKEN:
        return ()
    found: list[Strategy] = []
    empty = all(_may_be_null(table, name) for name in columns)
    if problem in _NULLABLE:
        found += [Strategy.SET_NULL] if empty and len(columns) == 1 else []
        found += [Strategy.TRUNCATE] if problem is Problem.TOO_LONG and not _is_key(table, columns) else []
    return (*found, Strategy.QUARANTINE)


def remedies_for_orphans(
    table: Table, columns: Sequence[str], cause: MissingCause, parent: Table, mapping: Mapping
) -> tuple[Strategy, ...]:
    """The strategies for rows whose parent is missing, by the rules that `Strategy` states."""
    referred = next((key.parent_columns for key in table.foreign_keys if set(key.columns) == set(columns)), ())
    known = meant(mapping, mapping.by_target[table.name], columns, parent.name)
    possible = {
        Strategy.MIGRATE_PARENTS: cause not in OUT_OF_REACH and known is not None and known.action is Action.COPY,
        Strategy.PLACEHOLDERS: mapping.takes_stand_ins(known) and can_stand_in(parent, known, referred),
        Strategy.SET_NULL: all(_may_be_null(table, name) for name in columns),
        Strategy.QUARANTINE: True,
    }
    return tuple(strategy for strategy, applies in possible.items() if applies)


def decided(
    table: TableMapping, problem: Problem, columns: Sequence[str], cause: MissingCause | None, rows: int
) -> Policy | None:
    """The policy that answers a class of problems. One that was decided on fewer rows does not: it asks again.

    A policy without columns, cause or count is for any; none is for what nothing in `remedies` mends.
    """
    if problem is Problem.KEY_TAKEN:
        return None
    for policy in table.policies:
        if policy.problem is not problem or (policy.columns and set(policy.columns) != set(columns)):
            continue
        if policy.cause in (None, cause) and (not policy.rows or rows <= policy.rows):
            return policy
    return None


def _may_be_null(table: Table, name: str) -> bool:
    return table.column(name).nullable and name not in table.primary_key


def _is_key(table: Table, columns: Sequence[str]) -> bool:
    return any(name in table.primary_key for name in columns)
