"""How one target table takes part: key, identity, conflict rule and columns, by the rules."""

from __future__ import annotations

from collections.abc import Container, Iterable

from ferryman.agents.bookkeeping import words
from ferryman.agents.column_mapping import Scope, TableColumns, left_behind
from ferryman.agents.counterparts import same_by
from ferryman.agents.facts import Facts
from ferryman.agents.known import prefix
from ferryman.agents.natural_key import TELLING, is_unique, natural_key, telling_pairs
from ferryman.agents.pairing import UUID_LENGTH, Fed, Pairing, is_content
from ferryman.agents.vocabulary import key as singular
from ferryman.domain.earlier import Brought
from ferryman.domain.filters import AllOf, Comparison, Filter, Operator
from ferryman.domain.findings import MissingCause
from ferryman.domain.fits import ROWID
from ferryman.domain.mapping import (
    Action,
    ColumnMapping,
    Conflict,
    Derived,
    Generated,
    IdPolicy,
    Kept,
    Mapping,
    Matched,
    Policy,
    Problem,
    Strategy,
    TableMapping,
)
from ferryman.domain.schema import Family, Table
from ferryman.domain.transforms import ForeignKeyTo, NewId

#: Words of a key that says what a row is, and does not number it.
NAMES = frozenset(TELLING) - {"uuid", "guid", "number", "no"}
_MARKS = frozenset("id no nr number key".split())


def build(copied: Iterable[str], referred: Iterable[str], facts: Facts, fed: Fed) -> Mapping:
    """The mapping of these tables, in the order of the target's catalogue.

    Columns are worked out once every table's key is known, parents first where one needs the other's columns.
    """
    actions = dict.fromkeys(referred, Action.REFER) | dict.fromkeys(copied, Action.COPY)
    names = [table.name for table in facts.target.tables if table.name in actions]
    bare = {name: bare_table(facts.pairing(fed.sources[name], name, fed), actions[name], facts) for name in names}
    for name in names:
        bare[name] = fill(bare[name], facts, fed, bare)
    filled = {name: fill(bare[name], facts, fed, bare) for name in names}
    return with_further(Mapping(namespace=facts.namespace, tables=tuple(filled[name] for name in names)), facts)


def bare_table(pairing: Pairing, action: Action, facts: Facts) -> TableMapping:
    """A table without its columns: what others need to know of it."""
    identity, conflict = identity_of(pairing, action, facts)
    brought = facts.earlier.of(pairing.source.name, pairing.target.name)
    return TableMapping(
        source=pairing.source.name,
        target=pairing.target.name,
        action=action,
        key=brought.key if brought else key_of(pairing, facts),
        identity=identity,
        conflict=conflict,
        filter=part_there(pairing, facts) if action is Action.COPY else None,
        why=pairing.why,
    )


def with_further(mapping: Mapping, facts: Facts) -> Mapping:
    """The mapping with the further legacy tables whose rows are in tables that are referred to: those that earlier runs
    brought, and those that a reference names."""
    steps = [s for t in mapping.copied for c in t.columns for s in c.steps if isinstance(s, ForeignKeyTo)]
    parents = {step.parent for step in steps} & mapping.by_target.keys()
    brought = [one for one in facts.earlier.tables if one.target in parents and one.source in facts.source.by_name]
    known = {(table.source, table.target): table for table in mapping.further}
    found = {(one.source, one.target): brought_table(one, facts) for one in brought}
    found |= {(s.source, s.parent): known[s.source, s.parent] for s in steps if (s.source, s.parent) in known}
    own = {(table.source, table.target) for table in mapping.tables}
    return mapping.but(further=tuple(table for pair, table in sorted(found.items()) if pair not in own))


def with_brought(mapping: Mapping, facts: Facts, named: Container[str] | None = None) -> Mapping:
    """The mapping with tables that take no part and that earlier runs brought, as others can refer to their rows: of
    the `named` alone, or all."""
    new = {
        one.target: brought_table(one, facts)
        for one in facts.earlier.tables
        if one.target not in mapping.by_target and one.source in facts.source.by_name
        if named is None or one.target in named
    }
    return mapping.but(tables=(*mapping.tables, *new.values())) if new else mapping


def brought_table(one: Brought, facts: Facts) -> TableMapping:
    """A table whose rows an earlier run brought, as others refer to it."""
    primary = facts.target.table(one.target).primary_key
    key = (ColumnMapping(target=primary[0], source=one.key, steps=(NewId(),)),) if len(primary) == 1 else ()
    return TableMapping(
        source=one.source,
        target=one.target,
        action=Action.REFER,
        key=one.key,
        identity=one.identity,
        conflict=Conflict.KEEP,
        columns=key,
        why=f"run {one.run} brought it",
    )


def part_there(pairing: Pairing, facts: Facts) -> Filter | None:
    """Of legacy rows that make rows of a second table: those that have what must be filled there. None for all."""
    if not pairing.part_of:
        return None
    conditions: list[Filter] = []
    for name, choice in pairing.columns.items():
        profile = facts.column(pairing.source.name, choice.source)
        needed = pairing.target.column(name).required and is_content(pairing.target.column(name), pairing.target)
        if not needed or profile is None:
            continue
        if profile.nulls:
            conditions.append(Comparison(column=choice.source, op=Operator.NOT_NULL))
        if profile.empty:
            conditions.append(Comparison(column=choice.source, op=Operator.NONE_OF, values=("", " ")))
    return conditions[0] if len(conditions) == 1 else AllOf(of=tuple(conditions)) if conditions else None


def key_of(pairing: Pairing, facts: Facts) -> tuple[str, ...]:
    """The legacy columns that tell rows apart: what surely fills a key that is a name, else the catalogue's key (of
    several columns the one that numbers the rows, where it does alone), else the column that others refer to, else one
    that is unique by count, else the rows' position, else those that are so together, else every column."""
    named = pairing.columns.get(pairing.target.primary_key[0]) if wants_names(pairing) else None
    if named and named.sure and named.source in names_of_rows(pairing.source, facts):
        return (named.source,)
    if pairing.source.key:
        return _alone(pairing, facts) or pairing.source.key
    referred_to = referred_columns(pairing.source, facts)
    if referred_to:
        return referred_to[:1]
    unique = unique_columns(pairing.source, facts)
    if unique and _names_the_row(unique[0]):
        return (unique[0],)
    if pairing.source.rowid:
        return ROWID
    known = facts.source_profile.by_name.get(pairing.source.name)
    every = tuple(column.name for column in pairing.source.columns)
    return (unique[0],) if unique else (known.together if known else ()) or every


def _alone(pairing: Pairing, facts: Facts) -> tuple[str, ...]:
    """The column of a key of several that numbers the things, where it is different in every row and the new key is one
    column: others refer to the row by it alone."""
    numbers = numbering(pairing.source, facts) if len(pairing.target.primary_key) == 1 else ""
    return (numbers,) if numbers in unique_columns(pairing.source, facts) else ()


def numbering(table: Table, facts: Facts) -> str:
    """The column of a key of several that is called after its table, order_status_id of oc_order_status with a row for
    each in one language or another; "" for none."""
    if len(table.key) < 2:
        return ""
    said = [singular(word) for word in words(table.name)]
    named = said[1:] if said[0] == prefix(facts.source) else said
    found = [name for name in table.key if _numbered(name) == named]
    return found[0] if len(found) == 1 else ""


def _numbered(column: str) -> list[str]:
    """What a column's name says is numbered by it: order_status_id gives order, status."""
    said = words(column)
    return [singular(word) for word in (said[:-1] if said[-1:] and said[-1] in _MARKS else said)]


def wants_names(pairing: Pairing) -> bool:
    """Whether the new key is a text that is called like a name, where the old one is a number: neither that number nor
    a UUID says what belongs there."""
    keys = [pairing.target.column(name) for name in pairing.target.primary_key]
    numbered = [pairing.source.column(name).family for name in pairing.source.key] == [Family.INTEGER]
    if not numbered or len(keys) != 1 or keys[0].family is not Family.TEXT or pairing.target.reference(keys[0].name):
        return False
    return not NAMES.isdisjoint(words(keys[0].name))


def referred_columns(table: Table, facts: Facts) -> tuple[str, ...]:
    """The columns of a legacy table that other legacy tables refer to, each alone."""
    found = (key.parent_columns for _, key in facts.source.children(table.name) if len(key.parent_columns) == 1)
    return tuple(dict.fromkeys(names[0] for names in found))


def unique_columns(table: Table, facts: Facts) -> tuple[str, ...]:
    """The columns whose values are all different by count, those that look like a key first."""
    profile = facts.source_profile.by_name.get(table.name)
    found = [
        column.name
        for column in table.columns
        if column.family in (Family.INTEGER, Family.TEXT, Family.UUID)
        and is_unique(facts.column(table.name, column.name), profile)
    ]
    return tuple(sorted(found, key=lambda name: not _names_the_row(name)))


def names_of_rows(table: Table, facts: Facts) -> tuple[str, ...]:
    """The texts that are different and there in every row, as the catalogue says or by count."""
    declared = [names[0] for names in table.uniques if len(names) == 1 and not table.column(names[0]).nullable]
    found = dict.fromkeys((*declared, *unique_columns(table, facts)))
    return tuple(name for name in found if table.column(name).family is Family.TEXT)


def _names_the_row(column: str) -> bool:
    name = column.lower()
    return name.endswith(("id", "_no", "number", "code", "key", "uuid", "guid")) or name in ("no", "nr", "pk")


def identity_of(pairing: Pairing, action: Action, facts: Facts) -> tuple[IdPolicy, Conflict]:
    """The identity policy of a table, and what happens to legacy rows whose counterpart is there already.

    Rows that an earlier run brought are referred to by the keys that it gave them, whatever they hold today.
    """
    brought = facts.earlier.of(pairing.source.name, pairing.target.name)
    if brought and action is Action.REFER:
        return brought.identity, Conflict.KEEP
    present = facts.target_profile.rows(pairing.target.name) > 0
    shared = natural_key(pairing, facts) if present else None
    if action is Action.REFER:
        return shared or guessed_key(pairing, facts), Conflict.KEEP
    own = own_identity(pairing, facts)
    return (shared.but(otherwise=own), Conflict.KEEP) if shared else (own, Conflict.STOP)


def own_identity(pairing: Pairing, facts: Facts) -> OwnPolicy:
    """The policy for rows that are not there yet: the identity tool's for this pair, else by the families of both keys.

    How rows that are there are recognised is `natural_key`'s to say.
    """
    if wants_names(pairing) and key_of(pairing, facts) != pairing.source.key:
        return Kept()
    given = facts.identities.get(pairing.target.name)
    finding = facts.findings.by_target.get(pairing.target.name)
    same_pair = finding is None or finding.source_table == pairing.source.name
    policy = given.otherwise if isinstance(given, Matched) else given
    if policy is not None and not isinstance(policy, str) and same_pair:
        return for_key(policy, key_of(pairing, facts), pairing.source)
    ours = [pairing.source.column(name).family for name in pairing.source.key]
    theirs = [pairing.target.column(name) for name in pairing.target.primary_key]
    if len(theirs) == 1 and (theirs[0].family is Family.UUID or theirs[0].length == UUID_LENGTH):
        return Kept() if ours == [Family.UUID] else Derived(version=8 if ours == [Family.INTEGER] else 5)
    others = facts.target_profile.rows(pairing.target.name) > 0 and not same_pair  # which may have the same numbers
    no_number = [column.family for column in theirs] == [Family.INTEGER] and ours not in ([], [Family.INTEGER])
    return Generated() if (others or no_number) and len(theirs) == 1 and theirs[0].autoincrement else Kept()


OwnPolicy = Kept | Derived | Generated


def for_key(policy: OwnPolicy, key: tuple[str, ...], source: Table) -> OwnPolicy:
    """The policy as a key allows: version 8 ids hold one integer (or a position), any other key takes version 5."""
    families = [source.column(name).family for name in key if name in source.by_name]
    if isinstance(policy, Derived) and key != ROWID and families != [Family.INTEGER]:
        return policy.but(version=5)
    return policy


def guessed_key(pairing: Pairing, facts: Facts) -> Matched | Kept:
    """By what rows are best recognised that nothing declared tells apart: by what was seen to tell, else by the most
    telling pair of columns, else by their keys. A person is asked about it."""
    seen = same_by(pairing.source.name, pairing.target.name, facts)
    if seen and seen.way.on.target in pairing.target.primary_key:
        return Kept()
    pairs = [seen.way.on] if seen else telling_pairs(pairing, facts.source_profile, facts.target_profile)
    return Matched(on=(pairs[0],)) if pairs else Kept()


def fill(table: TableMapping, facts: Facts, fed: Fed, others: dict[str, TableMapping]) -> TableMapping:
    """The table with its columns; one that is only referred to has its key."""
    columns = columns_of(table, facts, fed, others)
    if table.action is Action.REFER:
        return table.but(columns=_key_only(columns))
    filled = table.but(columns=columns.mappings())
    return filled.but(ignored=left_behind(filled, columns), policies=_of_parts(filled, columns, others))


def _of_parts(table: TableMapping, columns: TableColumns, others: dict[str, TableMapping]) -> tuple[Policy, ...]:
    """References that may stay empty to parts of the same rows: they do where a row has no such part."""
    policies = {policy.columns: policy for policy in table.policies}
    for name, parent in columns.pairing.own.items():
        column, part = columns.pairing.target.column(name), others.get(parent)
        if name in table.by_target and column.nullable and part and part.filter is not None:
            cause, rows = MissingCause.FILTERED_OUT, columns.scope.facts.source_profile.rows(table.source)
            policy = Policy(
                problem=Problem.MISSING_PARENT, columns=(name,), cause=cause, strategy=Strategy.SET_NULL, rows=rows
            )
            policies.setdefault((name,), policy)
    return tuple(policies.values())


def columns_of(table: TableMapping, facts: Facts, fed: Fed, others: dict[str, TableMapping]) -> TableColumns:
    """The rules for a table's columns, among the other tables of its mapping."""
    return TableColumns(facts.pairing(table.source, table.target, fed), table.key, Scope(facts, fed, others))


def _key_only(columns: TableColumns) -> tuple[ColumnMapping, ...]:
    primary = columns.pairing.target.primary_key
    if len(primary) != 1:
        return ()
    return (ColumnMapping(target=primary[0], source=columns.key, steps=(NewId(),)),)
