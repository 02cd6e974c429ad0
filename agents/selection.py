"""Which tables a request takes along: what was asked for, the parents that it needs, and the parents that are there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ferryman.agents.facts import Facts
from ferryman.agents.natural_key import natural_key
from ferryman.agents.pairing import Fed, references
from ferryman.domain.coordination import Request, RequestType
from ferryman.domain.findings import TableFinding, TableStatus
from ferryman.domain.schema import ForeignKey

EVERYTHING = "everything"  #: the priority that takes filled tables along as well


def selected(request: Request, facts: Facts) -> tuple[str, ...]:
    """The target tables to copy for a request, in the target's order."""
    asked = {name for name in _asked(request, facts) if name not in request.leave_out}
    chosen = with_parents(asked, facts, facts.fed, request.leave_out)
    return tuple(f.target_table for f in facts.findings.tables if f.target_table in chosen)


def _asked(request: Request, facts: Facts) -> Iterator[str]:
    for finding in facts.findings.tables:
        name = finding.target_table
        if finding.source_table is None or finding.source_table in request.leave_out:
            continue
        if request.type is RequestType.NAMED:
            wanted = name in request.tables or finding.source_table in request.tables
        else:
            wanted = must_be_filled(finding) or (_filled_as_well(request, finding) and _recognisable(name, facts))
        if wanted:
            yield name


def must_be_filled(finding: TableFinding) -> bool:
    """Whether the old application has rows for a table that the new one lacks."""
    return bool(finding.source_table) and finding.record_count > 0 and finding.status is not TableStatus.POPULATED


def _filled_as_well(request: Request, finding: TableFinding) -> bool:
    everything = request.type is RequestType.COMPLETE and request.priority == EVERYTHING
    return everything and finding.record_count > 0


def _recognisable(table: str, facts: Facts) -> bool:
    """Rows on both sides can be told to be the same: otherwise a filled table would get them twice."""
    pairing = facts.pairings.get(table)
    return pairing is not None and natural_key(pairing, facts) is not None


def with_parents(tables: Iterable[str], facts: Facts, fed: Fed, leave_out: Iterable[str] = ()) -> set[str]:
    """The tables and, all the way up, the parents that must be filled before them."""
    chosen, open_ = set(tables), list(tables)
    while open_:
        for parent in needed_parents(open_.pop(), facts, fed):
            finding = facts.findings.by_target.get(parent)
            if parent not in chosen and parent not in leave_out and finding and must_be_filled(finding):
                chosen.add(parent)
                open_.append(parent)
    return chosen


def needed_parents(table: str, facts: Facts, fed: Fed) -> tuple[str, ...]:
    """The parents whose keys a table's rows will hold: a reference that nothing feeds needs none."""
    return tuple(dict.fromkeys(key.parent for key in fed_references(table, facts, fed) if key.parent != table))


def fed_references(table: str, facts: Facts, fed: Fed) -> tuple[ForeignKey, ...]:
    """The references of a target table whose columns all have a legacy column."""
    source = fed.sources.get(table)
    if source is None:
        return ()
    pairing = facts.pairing(source, table, fed)
    found = references(pairing, fed, facts.target)
    return tuple(key for key in found if all(pairing.feeds(name) for name in key.columns))


def referred(copied: Iterable[str], facts: Facts, fed: Fed) -> tuple[str, ...]:
    """The parents of copied tables that are not copied and whose rows are in the target already."""
    copied = set(copied)
    parents = {parent for table in copied for parent in needed_parents(table, facts, fed)} - copied
    return tuple(
        table.name
        for table in facts.target.tables
        if table.name in parents and table.name in fed.sources and facts.target_profile.rows(table.name) > 0
    )
