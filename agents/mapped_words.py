"""What happens to a table and to a column, from the plan's mapping."""

from __future__ import annotations

from collections.abc import Iterator

from ferryman.agents.answer_facts import NO_PLAN, AnswerFacts
from ferryman.agents.transform_words import filter_words, how
from ferryman.agents.wording import bullet, clean, count, names, one_line, records
from ferryman.domain.mapping import Action, Derived, Generated, Kept, Matched, TableMapping
from ferryman.domain.references import lost_columns
from ferryman.domain.schema import computed_anew
from ferryman.domain.transforms import AddMetadataJson


def of_table(table: str, facts: AnswerFacts) -> Iterator[str]:
    mapping = facts.mapping(table)
    finding = facts.findings.by_target.get(table) if facts.findings else None
    if mapping is None:
        yield from _unplanned(table, facts)
        return
    if mapping.action is Action.REFER:
        yield f"Nothing of {clean(table)} is moved: its rows are in the new system already, and others refer to them."
        return
    counts = facts.plan.counts_by_table.get(table) if facts.plan else None
    rows = f"{records(counts.in_scope, table)} of " if counts else ""
    yield f"{rows}{clean(mapping.source)} {'go' if not counts or counts.in_scope != 1 else 'goes'} into {clean(table)}."
    yield from bullet([*_about(mapping, facts), *([f"It is {finding.table_type.value} data."] if finding else [])])


def _about(mapping: TableMapping, facts: AnswerFacts) -> Iterator[str]:
    if mapping.filter is not None:
        yield f"Only rows whose {filter_words(mapping.filter)}."
    match mapping.identity:
        case Kept():
            yield "Its keys stay as they are."
        case Derived():
            yield "It gets new keys (UUIDs), the same ones whenever they are worked out from the old keys."
        case Generated():
            yield "The new database numbers its rows; the old number of each is remembered."
        case Matched():
            yield f"Rows that are there already are found by {names([pair.target for pair in mapping.identity.on])}."
    left = facts.plan.leftovers.get(mapping.target, ()) if facts.plan else ()
    if left:
        yield f"Kept as metadata, for want of a column: {names(left)}."
    for tables, lost in lost_columns(facts.plan.mapping) if facts.plan else ():
        if mapping in tables:
            yield f"Not moved, for nothing in the new table takes it: {names(lost)}."
    if facts.plan and any(mapping.target in phase.tables for phase in facts.plan.phases):
        phase = facts.plan.phase_of(mapping.target)
        yield f"It is moved in phase {phase.number} of {len(facts.plan.phases)}."


def _unplanned(table: str, facts: AnswerFacts) -> Iterator[str]:
    left = [one for one in (facts.plan.left_out if facts.plan else ()) if one.table == table]
    left += [one for one in (facts.findings.left_out if facts.findings else ()) if one.table == table]
    if left:
        yield f"{clean(table)} is left out: {one_line(left[0].reason)}."
        return
    finding = facts.findings.by_target.get(table) if facts.findings else None
    if finding and finding.source_table:
        yield (
            f"{clean(table)} is {finding.status.value} in the new system; {clean(finding.source_table)} in the old one"
            f" has {count(finding.record_count, 'row')} for it. It is not part of the plan."
        )
    elif finding or (facts.target and table in facts.target.by_name):
        yield f"I found no old table that would fill {clean(table)}. It is not part of the plan."
    else:
        yield f"{clean(table)} is not part of the plan."


def of_column(name: str, facts: AnswerFacts) -> Iterator[str]:
    table, _, column = name.rpartition(".")
    if facts.plan is None:
        yield NO_PLAN
        return
    from_old = [m for m in facts.plan.mapping.copied if m.source == table]
    if from_old:
        taken = [mapping for mapping in from_old if column not in mapping.ignored]
        for mapping in taken or from_old:
            yield from _old_column(mapping, column, facts)
    elif table in facts.plan.mapping.by_target:
        yield _new_column(facts.plan.mapping.by_target[table], column, facts)
    else:
        yield f"{clean(table)} is not part of the plan, and {clean(column)} with it."


def _old_column(mapping: TableMapping, column: str, facts: AnswerFacts) -> Iterator[str]:
    old, new = f"{clean(mapping.source)}.{clean(column)}", clean(mapping.target)
    nulls = _nulls(mapping.source, column, facts)
    if column in mapping.ignored:
        yield f"{old} is not moved: nothing in {new} takes it. {nulls}".strip()
        return
    lines = [line for line in mapping.columns if column in line.source]
    kept = [line for line in lines if line.uses(AddMetadataJson)]
    for line in lines:
        if line not in kept:
            yield f"{old} goes into {new}.{clean(line.target)}, {how(line)}. {nulls}".strip()
    for line in kept:
        place = f"kept in {new}.{clean(line.target)}, under its old name"
        yield f"{old} has no column of its own in {new}. It is {place}. {nulls}".strip()
    if not lines and facts.plan and column in facts.plan.leftovers.get(mapping.target, ()):
        yield f"{old} has no column in {new}; it is kept as metadata. {nulls}".strip()
    elif not lines and (again := _computed_anew(mapping, column, facts)):
        yield f"{old} is computed in both systems: {new}.{clean(again)} gets what the new one computes."
    elif not lines:
        yield f"{old} has no place in {new}; it stays in the old system. {nulls}".strip()


def _computed_anew(mapping: TableMapping, column: str, facts: AnswerFacts) -> str:
    old = facts.source.by_name.get(mapping.source) if facts.source else None
    new = facts.target.by_name.get(mapping.target) if facts.target else None
    return computed_anew(old, new).get(column, "") if old and new else ""


def _nulls(table: str, column: str, facts: AnswerFacts) -> str:
    found = facts.profile.by_name.get(table) if facts.profile else None
    profile = found.by_name.get(column) if found else None
    if found is None or profile is None or found.rows == 0:
        return ""
    if profile.nulls == 0:
        return "It has a value in every row." if not profile.sampled else ""
    return f"It is empty (NULL) in {profile.nulls:,} of {count(found.rows, 'row')}."


def _new_column(mapping: TableMapping, column: str, facts: AnswerFacts) -> str:
    line = mapping.by_target.get(column)
    new = f"{clean(mapping.target)}.{clean(column)}"
    if line is None:
        return f"Nothing of the old system fills {new}; it stays empty, or gets the default of the new system."
    if not line.source:
        return f"{new} is filled {how(line)}."
    nulls = _nulls(mapping.source, line.source[0], facts) if len(line.source) == 1 else ""
    return f"{new} comes from {names(line.source)} of {clean(mapping.source)}, {how(line)}. {nulls}".strip()
