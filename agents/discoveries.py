"""What analysis found, in plain English: what there is, what it means, what is recommended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ferryman.agents.wording import bullet, clean, count, first_upper, listed, names, one_line, records, spoken
from ferryman.domain.coordination import Request, RequestType
from ferryman.domain.findings import ChallengeKind, Complexity, Findings, TableFinding, TableStatus, TableType
from ferryman.domain.guidance import ComplexityExplained, FindingsExplained
from ferryman.domain.plan import Plan

TYPE_WORDS = {
    TableType.CATALOG: "catalog (reference data)",
    TableType.TRANSACTIONAL: "everyday data",
    TableType.JUNCTION: "connections between other tables",
}
_IMPACT = {
    TableType.CATALOG: "Other tables look their values up here, so those need it first",
    TableType.TRANSACTIONAL: "These are the records that people work with every day",
    TableType.JUNCTION: "They say which rows of other tables belong together",
}
_RISKY = frozenset(
    {
        ChallengeKind.NO_KEY,
        ChallengeKind.CYCLE,
        ChallengeKind.MIXED_TYPES,
        ChallengeKind.TRIGGER,
        ChallengeKind.UNFILLED,
        ChallengeKind.POLYMORPHIC,
        ChallengeKind.PACKED_IDS,
    }
)
_MOST_NOTES = 6


def concerned(findings: Findings, about: Request | Plan | None) -> tuple[TableFinding, ...]:
    """The findings that a request or a plan is about: what would be moved."""
    fed = [finding for finding in findings.tables if finding.source_table]
    if isinstance(about, Plan):
        copied = {mapping.target for mapping in about.mapping.copied}
        return tuple(finding for finding in fed if finding.target_table in copied)
    if about and about.type is RequestType.NAMED:
        return tuple(f for f in fed if f.target_table in about.tables or f.source_table in about.tables)
    missing = [finding for finding in fed if finding.status is not TableStatus.POPULATED]
    left = set(about.leave_out) if about else set()
    return tuple(finding for finding in missing if finding.target_table not in left)


def explain_findings(findings: Findings, about: Request | Plan | None = None) -> FindingsExplained:
    """What analysis found about what was asked for (everything that is missing, when nothing was named)."""
    tables = concerned(findings, about)
    if not tables:
        return _nothing(findings, about)
    return FindingsExplained(
        message=_message(tables),
        type=_types(tables),
        impact=_impact(tables),
        recommendation=_recommendation(tables),
        notes=bullet(_notes(tables, findings)),
        complexity=explain_complexity(findings, tuple(f.target_table for f in tables)),
    )


def _nothing(findings: Findings, about: Request | Plan | None) -> FindingsExplained:
    asked = names(about.tables) if isinstance(about, Request) and about.tables else ""
    message = (
        f"Nothing in the old system fits {asked}" if asked else "Nothing is missing that the old system could fill"
    )
    return FindingsExplained(
        message=message,
        type="nothing to move",
        impact="No table of the new system would be filled",
        recommendation=(
            "Say which old table it should come from, for example with the words: old table goes into new table"
            if asked
            else "Nothing has to be done"
        ),
    )


def _message(tables: Sequence[TableFinding]) -> str:
    rows = sum(finding.record_count for finding in tables)
    if len(tables) > 1:
        empty = sum(finding.status is TableStatus.EMPTY for finding in tables)
        state = "all empty" if empty == len(tables) else f"{empty:,} of them empty" if empty else "none of them empty"
        return (
            f"I found {count(rows, 'record')} in your old system for {count(len(tables), 'table')} of the new one,"
            f" {state}"
        )
    finding = tables[0]
    found = (
        f"I found {records(rows, finding.target_table)} in your old system, in the table"
        f" {clean(finding.source_table or '')}"
    )
    if finding.status is TableStatus.EMPTY:
        return f"{found}; {clean(finding.target_table)} is empty in the new one"
    return f"{found}; {clean(finding.target_table)} in the new one has {count(finding.target_count, 'row')} already"


def _types(tables: Sequence[TableFinding]) -> str:
    kinds = Counter(finding.table_type for finding in tables)
    if len(kinds) == 1:
        return TYPE_WORDS[tables[0].table_type]
    return listed([f"{n:,} {kind.value}" for kind, n in kinds.most_common()])


def _impact(tables: Sequence[TableFinding]) -> str:
    if len(tables) == 1:
        return _IMPACT[tables[0].table_type]
    kinds = Counter(finding.table_type for finding in tables)
    labels = {
        TableType.CATALOG: ("one is a catalog", "{} are catalogs"),
        TableType.TRANSACTIONAL: ("one holds everyday data", "{} hold everyday data"),
        TableType.JUNCTION: ("one connects other tables", "{} connect other tables"),
    }
    told = [labels[kind][0] if n == 1 else labels[kind][1].format(f"{n:,}") for kind, n in kinds.most_common()]
    return first_upper(listed(told))


def _recommendation(tables: Sequence[TableFinding]) -> str:
    hard = [f.target_table for f in tables if any(c.kind in _RISKY for c in f.challenges)]
    waiting = sorted({parent for f in tables for parent in f.dependencies} - {f.target_table for f in tables})
    if hard:
        return f"It can be moved, but {names(hard)} {'needs' if len(hard) == 1 else 'need'} a closer look first"
    if waiting:
        return f"It can be moved together with {names(waiting)}, which it refers to"
    present = any(f.target_count for f in tables)
    if present:
        return "It can be moved; rows that are there already need care"
    simple = all(f.complexity is Complexity.LOW for f in tables)
    return f"Nothing stands in the way of moving it{', and it is a simple case' if simple else ''}"


def _notes(tables: Sequence[TableFinding], findings: Findings) -> list[str]:
    notes = [
        f"{clean(finding.target_table)}: {one_line(challenge.text)}"
        for finding in tables
        for challenge in finding.challenges
        if challenge.text
    ]
    notes += [
        f"{names(ring)} refer to each other in a ring" for ring in findings.cycles if set(ring) & _targets(tables)
    ]
    more = len(notes) - _MOST_NOTES
    return [*notes[:_MOST_NOTES], f"and {count(more, 'more remark')}"] if more > 0 else notes


def _targets(tables: Sequence[TableFinding]) -> set[str]:
    return {finding.target_table for finding in tables}


def explain_complexity(findings: Findings, tables: Sequence[str]) -> ComplexityExplained | None:
    """Why junctions among these tables take an extra step; None where there are none."""
    junctions = [f for f in findings.tables if f.target_table in tables and f.table_type is TableType.JUNCTION]
    if not junctions:
        return None
    waiting = sorted({parent for f in junctions for parent in f.dependencies})
    first = junctions[0]
    ends = listed([spoken(parent) for parent in first.parents]) or "other tables"
    which = names([f.target_table for f in junctions])
    return ComplexityExplained(
        situation=(
            f"The {'table' if len(junctions) == 1 else 'tables'} {which} {'links' if len(junctions) == 1 else 'link'}"
            f" {ends if len(junctions) == 1 else 'rows of other tables'}"
        ),
        complexity=(
            f"{'Its' if len(junctions) == 1 else 'Their'} rows hold little but references, "
            "and each of those has to find the right row under its new key"
        ),
        dependencies=(
            f"Before the links can be made, {names(waiting)} {'has' if len(waiting) == 1 else 'have'} to be moved"
            if waiting
            else "Everything they refer to is in the new system already"
        ),
        timeline="That takes one phase more, and every link is checked before it is kept"
        if waiting
        else "No extra step is needed",
    )
