"""What hangs on rows that would be set aside, and on those in turn: known before anybody is asked about the first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from ferryman.domain.findings import MissingCause
from ferryman.domain.mapping import Policy, Problem, Strategy
from ferryman.domain.plan import Plan, Preflight, ProblemFound
from ferryman.domain.references import references_of
from ferryman.domain.schema import Database

Look = Callable[[Plan], Preflight]
_BETTER = (Strategy.MIGRATE_PARENTS, Strategy.SET_NULL)


def cascades(found: Preflight, plan: Plan, target: Database, look: Look) -> dict[str, tuple[ProblemFound, ...]]:
    """By the problems of `found` that nobody decided on, by their ids: the rows that hang on theirs when these are set
    aside, and on those, table by table. `look` says what would fail by a plan. Where rows could go without what they
    refer to, nothing hangs on: they are asked about for themselves."""
    roots = [one for one in _staying(found) if not one.decided and _children(one.table, plan, target)]
    if not roots:
        return {}
    seen = found
    while more := [one for one in _staying(seen) if not one.decided]:
        plan = _set_aside(plan, more)
        seen = look(plan)
    hanging = {one.id: tuple(_below(one, seen, plan, target)) for one in roots}
    return {name: below for name, below in hanging.items() if below}


def _staying(preflight: Preflight) -> Iterator[ProblemFound]:
    """The rows that are best set aside, or were."""
    for one in preflight.problems:
        better = one.problem == Problem.MISSING_PARENT and set(_BETTER) & set(one.applicable)
        if Strategy.QUARANTINE in one.applicable and not better:
            yield one


def _children(table: str, plan: Plan, target: Database) -> set[tuple[str, frozenset[str]]]:
    """The other tables whose rows refer to a table, and by which columns."""
    found = (r for r in references_of(plan.mapping, target) if r.parent == table and r.child != table)
    return {(r.child, frozenset(r.columns)) for r in found}


def _set_aside(plan: Plan, problems: Iterable[ProblemFound]) -> Plan:
    mapping = plan.mapping
    for one in problems:
        table, policy = mapping.by_target[one.table], policy_of(one)
        others = (p for p in table.policies if (p.problem, p.columns, p.cause) != _concerns(policy))
        mapping = mapping.with_table(table.but(policies=(*others, policy)))
    return plan.but(mapping=mapping)


def policy_of(problem: ProblemFound) -> Policy:
    """That its rows are set aside."""
    return Policy(
        problem=Problem(problem.problem),
        columns=problem.columns,
        cause=MissingCause(problem.cause) if problem.cause else None,
        strategy=Strategy.QUARANTINE,
        rows=problem.rows,
    )


def _concerns(policy: Policy) -> tuple[object, ...]:
    return policy.problem, policy.columns, policy.cause


def _below(root: ProblemFound, seen: Preflight, plan: Plan, target: Database) -> Iterator[ProblemFound]:
    reached, known = [root.table], set[tuple[str, frozenset[str]]]()
    aside: Mapping[tuple[str, frozenset[str]], ProblemFound] = {
        (one.table, frozenset(one.columns)): one for one in _staying(seen) if one.cause == MissingCause.SET_ASIDE
    }
    while reached:
        children = _children(reached.pop(0), plan, target) & aside.keys()
        for child in sorted(children, key=lambda one: (one[0], sorted(one[1]))):
            if child not in known:
                reached += [child[0]]
                known.add(child)
                yield aside[child]
