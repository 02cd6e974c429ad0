"""Why a table comes when it comes, and why it is believed to be fed from where it is."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ferryman.agents.wording import clean, listed, names, one_line
from ferryman.domain.conversation import Ask
from ferryman.domain.findings import Evidence, Findings, Match, TableStatus
from ferryman.domain.mapping import TableMapping
from ferryman.domain.plan import Phase, Plan


def why_step(plan: Plan, findings: Findings | None, tables: Sequence[str]) -> str:
    """Why a table is where it is in the order; of two, why one comes before the other, by the chain of references."""
    known = [table for table in tables if any(table in phase.tables for phase in plan.phases)]
    if len(known) >= 2:
        return _two(plan, findings, known[0], known[1])
    unmoved = [table for table in tables if table not in known]
    if known and unmoved:
        apart = _not_moved(plan, findings, unmoved[0])
        return f"{apart} So there is no order between the two: {_one(plan, findings, known[0])}"
    if known:
        return _one(plan, findings, known[0])
    if tables:
        return f"{names(tables)} {'is' if len(tables) == 1 else 'are'} not moved by this plan."
    order = [f"phase {phase.number} moves {names(phase.tables)} ({one_line(phase.rationale)})" for phase in plan.phases]
    return f"A row can only be written once the rows that it refers to are there. So {listed(order)}."


def _one(plan: Plan, findings: Findings | None, table: str) -> str:
    phase = plan.phase_of(table)
    parents = [p for p in _parents(plan, findings, table) if p != table]
    moved = [p for p in parents if any(p in other.tables for other in plan.phases)]
    there = [p for p in parents if p not in moved and _there(plan, findings, p)]
    apart = [p for p in parents if p not in moved and p not in there]
    told = [f"{clean(table)} is in phase {phase.number} of {len(plan.phases)}"]
    if moved:
        told.append(f"it refers to {names(moved)}, which {'has' if len(moved) == 1 else 'have'} to be there first")
    if there:
        told.append(
            f"{names(there)}, which it refers to, {'is' if len(there) == 1 else 'are'} in the new system already"
        )
    if apart:
        told.append(
            f"{names(apart)}, which it refers to, {'takes' if len(apart) == 1 else 'take'} no part in this plan"
        )
    if not parents:
        told.append("it refers to no other table, so it has to wait for nothing")
    waiting = [t for p in plan.phases for t in p.tables if t != table and table in _parents(plan, findings, t)]
    if waiting:
        told.append(f"{names(waiting)} {'waits' if len(waiting) == 1 else 'wait'} for it")
    return "; ".join(told) + "."


def _there(plan: Plan, findings: Findings | None, table: str) -> bool:
    """Whether a table that is not moved has its rows in the new system: the plan refers to them, or some were found."""
    finding = findings.by_target.get(table) if findings else None
    return table in plan.mapping.by_target or (finding is not None and finding.status is not TableStatus.EMPTY)


def _not_moved(plan: Plan, findings: Findings | None, table: str) -> str:
    if _there(plan, findings, table):
        return f"{clean(table)} is not moved by this plan: its rows are in the new system already."
    return f"{clean(table)} is not moved by this plan."


def _two(plan: Plan, findings: Findings | None, first: str, second: str) -> str:
    early, late = sorted((first, second), key=lambda table: plan.phase_of(table).number)
    one, other = plan.phase_of(early), plan.phase_of(late)
    if one.number == other.number:
        return (
            f"{clean(first)} and {clean(second)} go side by side in phase {one.number}; neither has to wait for the"
            " other."
        )
    chain = _chain(plan, findings, late, early)
    if chain:
        links = [f"{clean(a)} refers to {clean(b)}" for a, b in pairwise(chain)]
        why = (
            f"{listed(links)}. The rows of {clean(early)} get their new keys first, so that those of {clean(late)}"
            " can point at them"
        )
    else:
        why = f"They do not refer to each other: {_group(one)}, {_group(other)}"
    return f"{clean(late)} comes after {clean(early)}: {why}."


def _group(phase: Phase) -> str:
    return f"phase {phase.number} is for {names(phase.tables)} ({one_line(phase.rationale)})"


def _parents(plan: Plan, findings: Findings | None, table: str) -> tuple[str, ...]:
    finding = findings.by_target.get(table) if findings else None
    if finding:
        return finding.parents
    return plan.phase_of(table).prerequisites if any(table in p.tables for p in plan.phases) else ()


def _chain(plan: Plan, findings: Findings | None, child: str, ancestor: str) -> list[str]:
    """The shortest way by references from a table to another; [] where there is none."""
    ways, seen = [[child]], {child}
    while ways:
        way = ways.pop(0)
        for parent in _parents(plan, findings, way[-1]):
            if parent == ancestor:
                return [*way, parent]
            if parent not in seen:
                seen.add(parent)
                ways.append([*way, parent])
    return []


def why_match(ask: Ask, plan: Plan | None, findings: Findings | None) -> str:
    """The evidence for a pair of tables, or of columns; "" where nothing is known about it."""
    told = [_column_match(name, plan) for name in ask.columns] if plan else []
    told += [_table_match(table, plan, findings) for table in ask.tables]
    return "\n".join(dict.fromkeys(line for line in told if line))


def _table_match(table: str, plan: Plan | None, findings: Findings | None) -> str:
    finding = findings.by_target.get(table) if findings else None
    mapping = plan.mapping.by_target.get(table) if plan else None
    source = mapping.source if mapping else finding.source_table if finding else None
    if source is None:
        return f"I know of no old table that would fill {clean(table)}."
    match = next((m for m in (finding.alternatives if finding else ()) if m.source == source), None)
    reasons = _reasons(match) or (one_line(mapping.why) if mapping and mapping.why else "")
    others = [m.source for m in (finding.alternatives if finding else ()) if m.source != source][:3]
    rest = f' Next best: {names(others)}. To take it: "{clean(others[0])} goes into {clean(table)}".' if others else ""
    return f"I take {clean(source)} for {clean(table)}{f': {reasons}' if reasons else ', as the plan says'}.{rest}"


def _reasons(match: Match | None) -> str:
    if match is None:
        return ""

    def weight(evidence: Evidence) -> float:
        return -evidence.weight

    told = [one_line(evidence.text) for evidence in sorted(match.evidence, key=weight) if evidence.weight > 0]
    return listed(told, 4)


def _column_match(name: str, plan: Plan) -> str:
    table, _, column = name.rpartition(".")
    for mapping in plan.mapping.copied:
        for line in mapping.columns:
            if (mapping.source == table and column in line.source) or (
                mapping.target == table and line.target == column
            ):
                return _line_match(mapping, line.source, line.target, line.why)
    return ""


def _line_match(mapping: TableMapping, source: tuple[str, ...], target: str, why: str) -> str:
    told = f"{names(source)} of {clean(mapping.source)} goes into {clean(mapping.target)}.{clean(target)}"
    return f"{told}: {one_line(why)}." if why else f"{told}, as the plan says."
