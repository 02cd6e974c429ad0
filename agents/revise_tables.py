"""Changes of which tables take part and how: each a function from mapping to mapping."""

from __future__ import annotations

from collections.abc import Iterable

from ferryman.agents.facts import Facts
from ferryman.agents.natural_key import is_unique
from ferryman.agents.pairing import Fed, leads_elsewhere, named_after
from ferryman.agents.selection import referred, selected, with_parents
from ferryman.agents.table_mapping import bare_table, columns_of, fill, for_key, part_there
from ferryman.agents.wording import count
from ferryman.domain.changes import (
    Include,
    LeaveOut,
    MapTable,
    MigrateParents,
    SetConflict,
    SetFilter,
    SetIdentity,
    SetKey,
    SetPolicy,
    SetRequest,
    SetTriggers,
)
from ferryman.domain.coordination import RequestType
from ferryman.domain.errors import Usage
from ferryman.domain.filters import AllOf, Filter, of_one_value
from ferryman.domain.fit_names import closest
from ferryman.domain.fits import ROWID
from ferryman.domain.mapping import (
    Action,
    ColumnMapping,
    IdPolicy,
    Mapping,
    Matched,
    Policy,
    Problem,
    Strategy,
    TableMapping,
)
from ferryman.domain.references import of_the_same_rows, parent_of, parents_named, refers_to_the_same_row
from ferryman.domain.schema import Table
from ferryman.domain.transforms import ForeignKeyTo, KeyByType, NewId, Transform


def hint(name: str, names: Iterable[str]) -> str:
    """What was probably meant, as a sentence."""
    return sentence(closest(name, names))


def sentence(text: str) -> str:
    """A clause with a stop; names at its start keep their case."""
    known = ("did you mean", "there is", "an ", "a ", "give ", "the ", "leave ")
    said = text[:1].upper() + text[1:] if text.startswith(known) else text
    return said if not said or said.endswith(("?", ".")) else f"{said}."


def table_of(mapping: Mapping, name: str, facts: Facts) -> TableMapping:
    """The mapping of a target table. Raises Usage when it takes no part, or does not exist."""
    if name in mapping.by_target:
        return mapping.by_target[name]
    if name in facts.target.by_name:
        raise Usage(f"{name} takes no part in this plan.", f"Include it first. {hint(name, mapping.by_target)}")
    raise Usage(f"The new database has no table {name}.", hint(name, facts.target.by_name))


def copied_table_of(mapping: Mapping, name: str, facts: Facts) -> TableMapping:
    """The mapping of a target table whose rows move. Raises Usage as `table_of`, and where it is only referred to."""
    table = table_of(mapping, name, facts)
    if table.action is Action.REFER:
        raise Usage(f"{name} is only referred to by this plan, not copied.", f"Include {name} first.")
    return table


def fed_in(mapping: Mapping, facts: Facts) -> Fed:
    """Who feeds whom: as the mapping has it, and for all other tables as the matches have it."""
    return facts.fed_in(mapping)


def set_request(mapping: Mapping, change: SetRequest, facts: Facts) -> Mapping:
    """Another request: tables come and go, and what was decided about those that stay is kept.

    Named tables are moved with the parents that they need and no others; everything, or what is missing, comes beside
    what there is.
    """
    request = change.request
    for name in (*request.tables, *request.leave_out):
        if name not in facts.target.by_name and name not in facts.source.by_name:
            raise Usage(f"The new database has no table {name}.", hint(name, facts.target.by_name))
    named = request.type is RequestType.NAMED
    asked = _fed_by(request.tables, mapping, facts) if named else selected(request, facts)
    for name in asked:
        mapping = include(mapping, Include(table=name), facts)
    fed = fed_in(mapping, facts)
    kept = with_parents(asked, facts, fed) if named else {table.target for table in mapping.copied}
    gone = {*_fed_by(request.leave_out, mapping, facts)} | ({table.target for table in mapping.copied} - kept)
    for name in gone:
        mapping = leave_out(mapping, LeaveOut(table=name), facts)
    return mapping


def _fed_by(names: Iterable[str], mapping: Mapping, facts: Facts) -> tuple[str, ...]:
    """Target tables by their own names or by those of the old tables that feed them."""
    sources, wanted = fed_in(mapping, facts).sources, set(names)
    return tuple(name for name in facts.target.by_name if name in wanted or sources.get(name) in wanted)


def leave_out(mapping: Mapping, change: LeaveOut, facts: Facts) -> Mapping:
    """Without moving a table. Where others refer to rows it has, they go on doing so; else those references go."""
    if change.table not in facts.target.by_name:
        table_of(mapping, change.table, facts)
    known = mapping.by_target.get(change.table)
    if known is None or known.action is Action.REFER:
        return mapping
    kept = [table for table in mapping.tables if table.target != change.table]
    copied = [table.target for table in kept if table.action is Action.COPY]
    if change.table in referred(copied, facts, fed_in(mapping, facts)):
        return _refer(mapping, change.table, facts)
    return without_idle(_without_references(mapping.but(tables=tuple(kept)), change.table, facts))


def _refer(mapping: Mapping, name: str, facts: Facts) -> Mapping:
    table = mapping.by_target[name]
    fed = fed_in(mapping, facts)
    bare = bare_table(facts.pairing(table.source, name, fed), Action.REFER, facts)
    return mapping.with_table(fill(bare, facts, fed, dict(mapping.by_target)))


def _without_references(mapping: Mapping, parent: str, facts: Facts) -> Mapping:
    """No column refers to a table that takes no part: its legacy column goes into the metadata."""
    for table in mapping.copied:
        kept = tuple(left for column in table.columns if (left := _without(column, parent)))
        if kept != table.columns:
            mapping = mapping.with_table(tidied(table.but(columns=kept), mapping, facts))
    return mapping


def _without(column: ColumnMapping, parent: str) -> ColumnMapping | None:
    """A column that refers to this parent no more; None where it referred to nothing else.

    A number that a type explains goes on for the other types: preflight asks about the rows of this one.
    """
    if not any(parent in parents_named(step) for step in column.steps):
        return column
    step = column.steps[0]
    left = tuple(pair for pair in step.parents if pair.parent != parent) if isinstance(step, KeyByType) else ()
    return column.but(steps=(step.but(parents=left), *column.steps[1:])) if left else None


def without_idle(mapping: Mapping) -> Mapping:
    """Without tables that are only referred to, and by nobody."""
    columns = [column for table in mapping.copied for column in table.columns]
    parents = {parent for column in columns for step in column.steps for parent in parents_named(step)}
    kept = (t for t in mapping.tables if t.action is Action.COPY or t.target in parents)
    return mapping.but(tables=tuple(kept))


def tidied(table: TableMapping, mapping: Mapping, facts: Facts) -> TableMapping:
    """The table with its metadata and what is left behind worked out anew."""
    return columns_of(table, facts, fed_in(mapping, facts), dict(mapping.by_target)).tidied(table)


def include(mapping: Mapping, change: Include, facts: Facts) -> Mapping:
    """With a table, and the parents that it needs."""
    if change.table not in facts.target.by_name:
        table_of(mapping, change.table, facts)
    known = mapping.by_target.get(change.table)
    if known and known.action is Action.COPY:
        return mapping
    source = known.source if known else facts.fed.sources.get(change.table)
    if source is None:
        finding = facts.findings.by_target.get(change.table)
        names = [match.source for match in finding.alternatives] if finding else []
        best = f"{', '.join(names[:3])} look closest" if names else "name one of the old tables"
        raise Usage(f"Nothing in the old database is known to feed {change.table}.", f"Say which table does; {best}.")
    return _with(mapping, change.table, source, facts)


def map_table(mapping: Mapping, change: MapTable, facts: Facts) -> Mapping:
    """This legacy table feeds that target table; its columns are worked out anew unless it did already."""
    if change.source not in facts.source.by_name:
        raise Usage(f"The old database has no table {change.source}.", hint(change.source, facts.source.by_name))
    if change.target not in facts.target.by_name:
        raise Usage(f"The new database has no table {change.target}.", hint(change.target, facts.target.by_name))
    known = mapping.by_target.get(change.target)
    if known and known.source == change.source:
        return mapping
    changed = _with(mapping, change.target, change.source, facts)
    linked = _linked_anew(changed, change.target, known.source if known else "", facts)
    return _filtered_alike(linked, change.target)


def _filtered_alike(mapping: Mapping, name: str) -> Mapping:
    """With the filter of the rows that a table takes parts of, where there is one."""
    part = mapping.by_target[name]
    wholes = (mapping.by_target[other] for other in of_the_same_rows(mapping)[name])
    whole = next((table for table in wholes if table.filter and refers_to_the_same_row(part, table)), None)
    return mapping.with_table(part.but(filter=both(whole.filter, part.filter))) if whole else mapping


def _linked_anew(mapping: Mapping, parent: str, before: str, facts: Facts) -> Mapping:
    """With the references to a table that another one feeds now: what names rows of the one before goes, but for those
    that an earlier run brought."""
    fed = fed_in(mapping, facts)
    for table in mapping.copied:
        ours, theirs = facts.source.table(table.source), facts.target.table(table.target)
        kept = tuple(
            _naming_the_same(column, ours, before, fed) if parent_of(column) == parent else column
            for column in table.columns
            if not _called_after(column, parent, fed)
            and not (parent_of(column) == parent and _leads_elsewhere(column, ours, theirs, fed))
        )
        if kept != table.columns:
            mapping = mapping.with_table(tidied(table.but(columns=kept), mapping, facts))
    return _with_references(mapping, {parent}, facts)


def _leads_elsewhere(column: ColumnMapping, ours: Table, theirs: Table, fed: Fed) -> bool:
    return any(leads_elsewhere(ours, old, theirs, column.target, fed) for old in column.source)


def _called_after(column: ColumnMapping, parent: str, fed: Fed) -> bool:
    """Whether a reference to one of two tables that the same legacy rows become is called after the other."""
    other = parent_of(column)
    if column.is_said or other in ("", parent) or fed.sources.get(other) != fed.sources.get(parent):
        return False
    return named_after(column.target, (other, parent)) == parent


def _naming_the_same(column: ColumnMapping, ours: Table, before: str, fed: Fed) -> ColumnMapping:
    """A reference that names rows which an earlier run brought goes on naming them, whatever feeds its parent now."""
    steps: list[Transform] = []
    for step in column.steps:
        if isinstance(step, ForeignKeyTo):
            legacy = ours.reference(column.source[0]) if len(column.source) == 1 else None
            told = (step.source, legacy.parent if legacy else "", before)
            meant = next((one for one in told if (one, step.parent) in fed.brought), "")
            if step.source != fed.sources[step.parent]:
                step = step.but(source="" if meant == fed.sources[step.parent] else meant)
        steps.append(step)
    return column.but(steps=tuple(steps))


def _with(mapping: Mapping, target: str, source: str, facts: Facts) -> Mapping:
    """A table copied from a source, with its parents, and the references to it that could not be filled before."""
    before = {table.target for table in mapping.tables}
    fed = facts.fed_with({**{table.target: table.source for table in mapping.tables}, target: source})
    new = {name for name in with_parents([target], facts, fed) if name == target or name not in before}
    copied = {table.target for table in mapping.copied} | new
    refer = set(referred(copied, facts, fed)) - before
    for name in facts.target.by_name:
        if name in new | refer:
            action = Action.COPY if name in new else Action.REFER
            mapping = mapping.with_table(bare_table(facts.pairing(fed.sources[name], name, fed), action, facts))
    for name in new | refer:
        mapping = mapping.with_table(fill(mapping.by_target[name], facts, fed, dict(mapping.by_target)))
    return in_order(_with_references(mapping, (new | refer) - before, facts), facts)


def _with_references(mapping: Mapping, parents: set[str], facts: Facts) -> Mapping:
    """The references of copied tables to parents that take part from now on."""
    fed = fed_in(mapping, facts)
    for table in mapping.copied:
        found = columns_of(table, facts, fed, dict(mapping.by_target))
        added = tuple(c for c in found.mappings() if parent_of(c) in parents and c.target not in table.by_target)
        if added:
            mapping = mapping.with_table(found.tidied(table.but(columns=(*table.columns, *added))))
    return mapping


def in_order(mapping: Mapping, facts: Facts) -> Mapping:
    """The tables in the order of the target's catalogue."""
    place = {name: number for number, name in enumerate(facts.target.by_name)}
    return mapping.but(tables=tuple(sorted(mapping.tables, key=lambda table: place.get(table.target, len(place)))))


def set_key(mapping: Mapping, change: SetKey, facts: Facts) -> Mapping:
    """Other columns tell the legacy rows apart; what is made of the key follows."""
    table = table_of(mapping, change.table, facts)
    source = facts.source.table(table.source)
    for name in change.key if change.key != ROWID else ():
        if name not in source.by_name:
            raise Usage(f"{table.source} has no column {name}.", hint(name, source.by_name))
    _refuse_a_part(table, change.key, facts)
    keyed = table.but(key=change.key, identity=_for_key(table.identity, change.key, source))
    found = columns_of(keyed, facts, fed_in(mapping, facts), dict(mapping.by_target))
    follows = {c.target: c for c in found.mappings() if c.source == change.key}
    columns = tuple(follows.get(c.target, c) if c.source == table.key or c.uses(NewId) else c for c in table.columns)
    mapping = _with_new_key(mapping.with_table(found.tidied(keyed.but(columns=columns))), change.table, facts)
    widened = len(table.key) > 1 and len(change.key) == 1  # one column names a row from now on
    return _with_references(mapping, {change.table}, facts) if widened else mapping


def _refuse_a_part(table: TableMapping, key: tuple[str, ...], facts: Facts) -> None:
    """Raises Usage where a part of the catalogue's key would name several rows, as far as they were counted."""
    whole = facts.source.table(table.source).key
    profile, known = facts.source_profile.by_name.get(table.source), facts.column(table.source, key[0])
    beside = [name for name in whole if name not in key]
    if len(key) > 1 or not set(key) < set(whole) or known is None or is_unique(known, profile):
        return
    if not of_one_value(table.filter).keys() >= set(beside):
        raise Usage(
            f"{key[0]} alone does not tell the rows of {table.source} apart: it has {known.distinct or 0:,} different"
            f" values in {count(profile.rows if profile else 0, 'row')}.",
            f'Say which of them go: "only {table.target} where {beside[0]} is ...".',
        )


def _with_new_key(mapping: Mapping, parent: str, facts: Facts) -> Mapping:
    """References to a parent look its rows up by the key that it has now."""
    for table in mapping.copied:
        found = columns_of(table, facts, fed_in(mapping, facts), dict(mapping.by_target))
        made = {column.target: column for column in found.mappings() if parent_of(column) == parent}
        columns = tuple(made.get(c.target, c) if parent_of(c) == parent else c for c in table.columns)
        mapping = mapping.with_table(table.but(columns=columns))
    return mapping


def _for_key(policy: IdPolicy, key: tuple[str, ...], source: Table) -> IdPolicy:
    if not isinstance(policy, Matched):
        return for_key(policy, key, source)
    return policy.but(otherwise=for_key(policy.otherwise, key, source)) if policy.otherwise else policy


def set_identity(mapping: Mapping, change: SetIdentity, facts: Facts) -> Mapping:
    table = table_of(mapping, change.table, facts)
    return mapping.with_table(table.but(identity=change.identity))


def set_conflict(mapping: Mapping, change: SetConflict, facts: Facts) -> Mapping:
    return mapping.with_table(copied_table_of(mapping, change.table, facts).but(conflict=change.conflict))


def set_triggers(mapping: Mapping, change: SetTriggers, facts: Facts) -> Mapping:
    return mapping.with_table(copied_table_of(mapping, change.table, facts).but(triggers=change.triggers))


def set_filter(mapping: Mapping, change: SetFilter, facts: Facts) -> Mapping:
    """The parts of the table's rows in other tables go with them, unless a person said which of those move. Where one
    value is left for all columns of the key but one, that one tells the rows apart."""
    table = copied_table_of(mapping, change.table, facts)
    changed = mapping.with_table(table.but(filter=change.filter))
    key = _key_under(change.filter, table, facts)
    if key != table.key:
        changed = set_key(changed, SetKey(table=table.target, key=key), facts)
    fed = fed_in(mapping, facts)
    for name in of_the_same_rows(mapping)[table.target]:
        part = mapping.by_target[name]
        there = part_there(facts.pairing(part.source, name, fed), facts)
        if refers_to_the_same_row(part, table) and part.filter == both(table.filter, there):
            changed = changed.with_table(part.but(filter=both(change.filter, there)))
    return changed


def _key_under(wanted: Filter | None, table: TableMapping, facts: Facts) -> tuple[str, ...]:
    """What tells the rows apart that a filter lets through; a key that a person said, or an earlier run had, stays."""
    whole = facts.source.table(table.source).key
    if len(facts.target.table(table.target).primary_key) != 1 or facts.earlier.of(table.source, table.target):
        return table.key
    before, now = (tuple(n for n in whole if n not in of_one_value(one)) for one in (table.filter, wanted))
    if table.key not in (whole, before):
        return table.key
    return now if len(now) == 1 else whole


def both(one: Filter | None, other: Filter | None) -> Filter | None:
    """The rows that pass two filters."""
    return AllOf(of=(one, other)) if one and other else one or other


def set_policy(mapping: Mapping, change: SetPolicy, facts: Facts) -> Mapping:
    """The policy takes the place of an earlier one for the same problem, columns and cause."""
    table = table_of(mapping, change.table, facts)
    others = tuple(policy for policy in table.policies if _concerns(policy) != _concerns(change.policy))
    return mapping.with_table(table.but(policies=(*others, change.policy)))


def _concerns(policy: Policy) -> tuple[object, ...]:
    return policy.problem, policy.columns, policy.cause


def migrate_parents(mapping: Mapping, change: MigrateParents, facts: Facts) -> Mapping:
    """The missing parents come along: a policy of the child. The plan must know how to copy them."""
    table = table_of(mapping, change.table, facts)
    policy = Policy(
        problem=Problem.MISSING_PARENT,
        columns=change.columns,
        cause=change.cause,
        strategy=Strategy.MIGRATE_PARENTS,
        rows=change.rows,
    )
    for name in change.columns:
        parent = parent_of(table.by_target[name]) if name in table.by_target else ""
        if parent:
            copied_table_of(mapping, parent, facts)
    return set_policy(mapping, SetPolicy(table=change.table, policy=policy), facts)
