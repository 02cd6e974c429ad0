"""Old tables with several rows for one thing, such as a status in each language, of which the new table has one."""

from __future__ import annotations

from collections.abc import Iterator

from ferryman.agents.facts import Facts
from ferryman.agents.pairing import references
from ferryman.agents.table_mapping import numbering
from ferryman.agents.wording import count
from ferryman.domain.changes import LeaveOut, Option, Question, SetFilter
from ferryman.domain.filters import AllOf, Comparison, Filter, Operator, columns_of
from ferryman.domain.mapping import Mapping, TableMapping

VERSIONS = "versions"
_SHORT = 5  #: characters of a code that may stand in a plan: "en-gb"


def version_questions(table: TableMapping, mapping: Mapping, facts: Facts) -> Iterator[Question]:
    """Which of the rows for one thing goes into the new table, where others refer to the thing alone."""
    thing = numbering(facts.source.table(table.source), facts)
    beside = [name for name in table.key if name != thing]
    if not thing or len(beside) != 1 or len(facts.target.table(table.target).primary_key) != 1:
        return
    if thing not in table.key or (table.filter and beside[0] in columns_of(table.filter)):
        return
    waiting = list(_waiting(table, thing, mapping, facts))
    known = facts.column(table.source, beside[0])
    if not waiting or known is None or not known.distinct:
        return
    ends = dict.fromkeys((known.lowest, known.highest))
    values = [v for v in ends if isinstance(v, int) or (isinstance(v, str) and len(v) <= _SHORT)]
    one_each = tuple(_one_each(table, beside[0], value) for value in values)
    more = (
        f' Others can be said: "only {table.target} where {beside[0]} is ...".' if known.distinct > len(values) else ""
    )
    yield Question(
        id=f"{VERSIONS}:{table.target}",
        table=table.target,
        text=(
            f"{table.source} has a row for each {thing} and {beside[0]}, of which there are {known.distinct:,};"
            f" {' and '.join(waiting)} would name one by {thing} alone. Which of them go into {table.target}?"
        ),
        options=(
            *one_each,
            Option(key="all", text=f"All of them, and {' and '.join(waiting)} {_stay(waiting)} empty"),
            Option(key="leave_out", text=f"Leave {table.target} out", changes=(LeaveOut(table=table.target),)),
        ),
        recommended=one_each[0].key if one_each else "",
        reason=f"One row for each {thing} is what {count(len(waiting), 'reference')} can find.{more}",
    )


def _stay(names: list[str]) -> str:
    return "stays" if len(names) == 1 else "stay"


def _one_each(table: TableMapping, column: str, value: int | str) -> Option:
    only = Comparison(column=column, op=Operator.EQUAL, values=(value,))
    filter_: Filter = AllOf(of=(table.filter, only)) if table.filter else only
    text = f"Those whose {column} is {value}: one for each"
    return Option(key=f"only_{value}", text=text, changes=(SetFilter(table=table.target, filter=filter_),))


def _waiting(table: TableMapping, thing: str, mapping: Mapping, facts: Facts) -> Iterator[str]:
    """The new columns that refer to the table and that one old column would fill, if a row was told by one."""
    for child in mapping.copied:
        pairing = facts.paired(child, mapping)
        for key in references(pairing, facts.fed_in(mapping), facts.target):
            if key.parent == table.target and len(key.columns) == 1 and key.columns[0] in pairing.columns:
                yield f"{child.target}.{key.columns[0]}"
