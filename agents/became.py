"""What became of the rows of a run that has begun: how many were moved, which were not, and why. From its ledger."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from ferryman.agents.transform_words import filter_words
from ferryman.agents.wording import clean, count, names, one_line
from ferryman.domain.findings import MissingCause
from ferryman.domain.mapping import Policy, Problem, Strategy, TableMapping
from ferryman.domain.plan import Plan
from ferryman.domain.run import Status, TableProgress, TableState

OPEN = "open"  #: the state of a row that lies in quarantine


def of_run(status: Status, tables: Collection[str]) -> tuple[TableProgress, ...]:
    """The tables of a run that are named; all where none of them is."""
    named = tuple(one for one in status.tables if one.table in tables)
    return named or status.tables


def moved_lines(tables: Iterable[TableProgress]) -> Iterator[str]:
    """Of each table, how many of its rows are in the new database by the run."""
    for one in tables:
        if one.state is TableState.ROLLED_BACK:
            yield f"{clean(one.table)}: undone, nothing of it is there by this run"
        else:
            yield f"{clean(one.table)}: {one.accounting.migrated:,} of {count(_all(one), 'row')} moved"


def unmoved_lines(status: Status, plan: Plan | None, tables: Iterable[TableProgress]) -> Iterator[str]:
    """Every kind of rows that were not moved, or not as they were, with the reason."""
    for one in tables:
        if one.state is TableState.ROLLED_BACK:
            yield f"{clean(one.table)}: what was moved of it was undone"
            continue
        mapping = plan.mapping.by_target.get(one.table) if plan else None
        yield from _set_aside(status, one)
        yield from _elsewhere(one, mapping)
        yield from _otherwise(mapping, status)


def _all(one: TableProgress) -> int:
    return max(one.in_scope, one.total)


def _set_aside(status: Status, one: TableProgress) -> Iterator[str]:
    lying = [found for found in status.aside if found.table == one.table]
    if one.accounting.quarantined and not lying:
        yield f"{_rows(one.accounting.quarantined, one)}, set aside with the reason"
    for found in lying:
        if found.state == OPEN:
            lie = "lies" if found.rows == 1 else "lie"
            yield f"{_rows(found.rows, one)} {lie} in quarantine: {one_line(found.reason)}. {found.mending}"


def _elsewhere(one: TableProgress, mapping: TableMapping | None) -> Iterator[str]:
    found, rest = one.accounting, one.total - one.done
    if found.skipped:
        only = f": only rows whose {filter_words(mapping.filter)}" if mapping and mapping.filter else ", as decided"
        yield f"{_rows(found.skipped, one)} left out by the plan{only}"
    if found.matched:
        yield f"{_rows(found.matched, one)} {'was' if found.matched == 1 else 'were'} there already"
    if found.merged:
        yield f"{_rows(found.merged, one)} merged into others"
    if rest > 0:
        yield f"{_rows(rest, one)} not moved yet"
    if one.arrived_since:
        yield f"{_rows(one.arrived_since, one)} came into the old database after the run began; a new run takes them"


def _rows(rows: int, one: TableProgress) -> str:
    return f"{count(rows, 'row')} of {clean(one.table)}"


_GONE = {
    MissingCause.NEVER_EXISTED: "what it refers to never was in the old database",
    MissingCause.FILTERED_OUT: "what it refers to is left out by the plan",
    MissingCause.SET_ASIDE: "what it refers to is set aside",
    MissingCause.NOT_MIGRATED: "what it refers to is not moved",
}


def _otherwise(mapping: TableMapping | None, status: Status) -> Iterator[str]:
    """Rows that were moved, but not as they were."""
    for policy in mapping.policies if mapping else ():
        columns = names(policy.columns) or "a value"
        where = f"{clean(mapping.target)}: {columns}" if mapping else columns
        if policy.strategy is Strategy.SET_NULL:
            yield f"{where} was left empty where {_why(policy)} ({count(policy.rows, 'row')} when it was decided)"
        elif policy.strategy is Strategy.TRUNCATE:
            yield f"{where} was shortened where it was too long ({count(policy.rows, 'row')} when it was decided)"
        elif policy.strategy is Strategy.PLACEHOLDERS and status.placeholders:
            yield f"{where} refers to a placeholder where {_why(policy)}"


def _why(policy: Policy) -> str:
    if policy.problem is Problem.MISSING_PARENT:
        return _GONE.get(policy.cause, "what it refers to is not there") if policy.cause else "the parent is missing"
    return f"the value does not fit ({policy.problem.value.replace('_', ' ')})"


def placeholder_lines(status: Status) -> Iterator[str]:
    for table, rows in status.placeholders.items():
        yield f"{count(rows, 'placeholder')} in {clean(table)} for rows that were not there"
