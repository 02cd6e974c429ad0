"""Old tables that hold one row at most for each row of another, whose values belong into the new table of that one.

orders and order_addresses become orders: a value of the second is looked up by the key of the first, or by the
reference that the first makes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ferryman.agents.bookkeeping import book_of, content_words, words
from ferryman.agents.facts import Facts
from ferryman.agents.natural_key import is_unique
from ferryman.agents.pairing import LIKELY_PART, RULED, candidates_of, names_by_uuid
from ferryman.agents.value_steps import can_become, value_steps
from ferryman.agents.vocabulary import key as singular
from ferryman.agents.wording import count, listed
from ferryman.domain.changes import MapColumn, Option, Question, SetPolicy
from ferryman.domain.mapping import Action, Mapping, Policy, Problem, Strategy, TableMapping
from ferryman.domain.schema import Table
from ferryman.domain.transforms import Lookup, Rename, Transform

_CALLED = frozenset("name title label code caption description".split())
SIDE = "side"  #: the kind of these questions; an id is the kind, a colon, and NEW TABLE.OLD TABLE
FILL, APART = "fill", "apart"


@dataclass(frozen=True)
class _Way:
    """How the row of another legacy table is found for a row."""

    other: Table
    source: str  #: the row's own column
    key: str  #: the column of the other table that holds the same

    def step(self, value: str) -> Lookup:
        return Lookup(table=self.other.name, key=self.key, value=value)


def side_questions(table: TableMapping, mapping: Mapping, facts: Facts) -> Iterator[Question]:
    """Whether columns that nothing fills yet take the values of a table beside the one that feeds theirs."""
    if table.action is not Action.COPY:
        return
    for way in _ways(table, mapping, facts):
        if found := dict(_changes(table, way, facts)):
            changes = (*found.values(), *_without_one(table, way, found.values(), facts))
            taken = listed([f"{old} -> {change.target}" for old, change in found.items()])
            rows = count(facts.source_profile.rows(way.other.name), "row")
            yield Question(
                id=f"{SIDE}:{table.target}.{way.other.name}",
                table=table.target,
                text=(
                    f"{way.other.name} ({rows}) has one row at most for each of {table.source}. Shall its values go"
                    f" into {table.target} as well: {taken}?"
                ),
                options=(
                    Option(key=FILL, text=f"Yes, from {way.other.name}", changes=changes),
                    Option(key=APART, text="No, leave these columns as they are"),
                ),
                recommended=FILL,
                reason=f"Nothing else fills them, and nothing else takes {way.other.name}.",
            )


def from_the_side(table: TableMapping, column: str, mapping: Mapping, facts: Facts) -> list[Option]:
    """The options by which a column takes a value of a table beside."""
    return [
        Option(
            key=f"{way.other.name}_{column}",
            text=f"Fill it from {old} of {way.other.name}",
            changes=(change, *_without_one(table, way, (change,), facts)),
        )
        for way in _ways(table, mapping, facts)
        for old, change in _changes(table, way, facts)
        if change.target == column
    ]


def _without_one(table: TableMapping, way: _Way, lines: Iterable[MapColumn], facts: Facts) -> Iterator[SetPolicy]:
    """Rows for which the table beside has none leave the columns empty that may be."""
    theirs, rows = facts.target.table(table.target), facts.source_profile.rows(table.source)
    for line in lines if way.source in table.key else ():
        if theirs.column(line.target).nullable:
            problem, strategy = Problem.UNMAPPED_VALUE, Strategy.SET_NULL
            policy = Policy(problem=problem, columns=(line.target,), strategy=strategy, rows=rows)
            yield SetPolicy(table=table.target, policy=policy)


def _ways(table: TableMapping, mapping: Mapping, facts: Facts) -> Iterator[_Way]:
    """Tables with rows that feed nothing, each with the one way to its row."""
    taken = {*facts.fed.sources.values(), *(other.source for other in mapping.tables)}
    ours = facts.source.table(table.source)
    for other in facts.source.data_tables:
        if other.name in taken or not facts.source_profile.rows(other.name):
            continue
        down = [key for key in other.foreign_keys if key.parent == ours.name and key.parent_columns == table.key]
        up = [key for key in ours.foreign_keys if key.parent == other.name and len(key.columns) == 1]
        if len(down) == 1 and not up and len(down[0].columns) == 1 and _differ(other, down[0].columns[0], facts):
            yield _Way(other, table.key[0], down[0].columns[0])
        elif len(up) == 1 and not down and _differ(other, up[0].parent_columns[0], facts):
            yield _Way(other, up[0].columns[0], up[0].parent_columns[0])


def _differ(table: Table, column: str, facts: Facts) -> bool:
    """Whether no two rows have the same value there, by declaration or by count."""
    if (column,) in (table.primary_key, *table.uniques):
        return True
    return is_unique(facts.column(table.name, column), facts.source_profile.by_name.get(table.name))


def _is_of_another(way: _Way, value: str, name: str, ours: Table, theirs: Table) -> bool:
    """Whether what a row is called that many rows refer to would go where the name says that it is of something else:
    the name of a country is no account_name and no last_name, but a country_name and an address_country."""
    if way.source in ours.key or not _CALLED.issuperset(content_words(value, way.other.name)):
        return False
    asked = _singular(content_words(name, theirs.name))
    called = set(_singular((*words(way.other.name), *words(way.source))))
    return asked[-1] not in called and not called.union(content_words(value, way.other.name)).issuperset(asked)


def _singular(said: Iterable[str]) -> list[str]:
    return [singular(word) for word in said]


def _changes(table: TableMapping, way: _Way, facts: Facts) -> Iterator[tuple[str, MapColumn]]:
    """What would fill the columns that nothing fills, by the legacy column, each taken once."""
    theirs, apart = facts.target.table(table.target), {way.key, *way.other.key}
    bound = {*theirs.primary_key, *(name for key in theirs.foreign_keys for name in key.columns), *table.by_target}
    taken = set[str]()
    for name, choice in candidates_of(way.other, theirs, facts.matches):
        column, ours = theirs.column(name), way.other.column(choice.source)
        free = name not in bound and choice.source not in taken | apart and not way.other.reference(choice.source)
        if not free or column.generated or names_by_uuid(column) or book_of(column, theirs.name) in RULED:
            continue
        profile = facts.column(way.other.name, choice.source)
        if _is_of_another(way, choice.source, name, facts.source.table(table.source), theirs):
            continue
        if (choice.sure or choice.score >= LIKELY_PART) and can_become(ours, column, profile):
            bound.add(name)
            taken.add(choice.source)
            plain = (step for step in value_steps(ours, column, profile) if not isinstance(step, Rename))
            steps: tuple[Transform, ...] = (way.step(choice.source), *plain)
            yield choice.source, MapColumn(table=table.target, source=(way.source,), target=name, steps=steps)
