"""Rows that a plan writes beside those in its scope, because others refer to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

from ferryman.agents.wording import count
from ferryman.domain.mapping import Strategy
from ferryman.domain.plan import Plan, ProblemFound
from ferryman.domain.references import parents_named


def along(plan: Plan, tables: Collection[str]) -> str:
    """ ", and at least 36 more that others refer to, and 5 placeholders"; empty where a plan writes none into these.

    At least, as parents have parents of their own, which are found when they come.
    """
    parents, made = (_fewest(plan, tables, way) for way in (Strategy.MIGRATE_PARENTS, Strategy.PLACEHOLDERS))
    told = f", and at least {parents:,} more that others refer to" if parents else ""
    return f"{told}, and {count(made, 'placeholder')}" if made else told


def _fewest(plan: Plan, tables: Collection[str], strategy: Strategy) -> int:
    """The rows of the parents that are surely written: two references may name the same rows of a table."""
    named = dict[frozenset[str], Counter[tuple[str, tuple[str, ...]]]]()
    for parents, found in _decided(plan, tables, strategy):
        named.setdefault(parents, Counter())[found.table, found.columns] += found.parents
    return sum(max(references.values()) for references in named.values())


def _decided(plan: Plan, tables: Collection[str], strategy: Strategy) -> Iterator[tuple[frozenset[str], ProblemFound]]:
    """The problems that are decided so, each with the tables whose rows are named."""
    for found in plan.preflight.problems:
        if found.decided != strategy:
            continue
        columns = (c for c in plan.mapping.by_target[found.table].columns if c.target in found.columns)
        parents = frozenset(name for column in columns for step in column.steps for name in parents_named(step))
        if parents & set(tables):
            yield parents, found
