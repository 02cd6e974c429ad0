"""What a change did to a plan, in words: one short sentence for each thing that is different."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ferryman.agents.wording import clean, count
from ferryman.domain.changes import Question, SetPolicy
from ferryman.domain.filters import describe
from ferryman.domain.mapping import Action, ColumnMapping, IdPolicy, Matched, Policy, Strategy, TableMapping, Triggers
from ferryman.domain.plan import Plan
from ferryman.domain.references import parent_of
from ferryman.domain.schema import Database, Table
from ferryman.domain.transforms import AddMetadataJson, Constant, Lookup, Scalar, Transform, ValueMap

MOST_PAIRS = 6  #: of a value map that are told
_VALUE = re.compile(r"'[^']*'|-?[\d.]+|true|false", re.IGNORECASE)  #: of a default that is written out


def difference(before: Plan, after: Plan, target: Database | None = None) -> tuple[str, ...]:
    """What is different, tables first, then columns, order, batches and questions; () for the same plan. `target`: the
    new database's catalogue, where it is known."""
    settled = _settled_policies(before, after)
    return (
        *_of_tables(before, after),
        *(line for pair in _pairs(before, after) for line in _of_table(*pair, after, settled, target)),
        *_of_order(before, after),
        *_of_batches(before, after),
        *_of_questions(before, after),
    )


def _pairs(before: Plan, after: Plan) -> Iterator[tuple[TableMapping, TableMapping]]:
    for table in after.mapping.tables:
        known = before.mapping.by_target.get(table.target)
        if known is not None and known.action is table.action:
            yield known, table


def _of_tables(before: Plan, after: Plan) -> Iterator[str]:
    old, new = ({t.target: t for t in plan.mapping.copied} for plan in (before, after))
    there = {table.target for table in after.mapping.tables}
    for name, table in new.items():
        if name not in old:
            yield f"{name} is filled from {table.source} as well."
    for name in old:
        if name not in new:
            yield (
                f"{name} is left as it is; its rows are only referred to." if name in there else f"{name} is left out."
            )


def _of_table(
    old: TableMapping,
    new: TableMapping,
    plan: Plan,
    settled: frozenset[tuple[str, Policy]],
    target: Database | None,
) -> Iterator[str]:
    """`settled`: what is told with the question that it answers."""
    if old.source != new.source:
        yield f"{new.target} is filled from {new.source} instead of {old.source}."
        return
    yield from _of_columns(old, new, target.table(new.target) if target else None)
    if old.filter != new.filter:
        told = f"Only rows of {new.source} where {describe(new.filter)}" if new.filter else f"All rows of {new.source}"
        counts = plan.counts_by_table.get(new.target)
        measured = f": {counts.in_scope:,} of {counts.source:,}" if counts else ""
        yield f"{told} go into {new.target}{measured}."
    if old.key != new.key:
        yield f"Rows of {new.source} are told apart by {', '.join(new.key)}."
    if old.identity != new.identity:
        yield f"Rows of {new.target} {_identity(new.identity)}."
    if old.conflict != new.conflict:
        yield f"Where {new.target} has a row already: {new.conflict.value}."
    if old.triggers != new.triggers:
        what = "are set aside" if new.triggers is Triggers.ASIDE else "fire"
        yield f"The triggers of {new.target} {what} while its rows are written."
    for policy in new.policies:
        if policy not in old.policies and policy.strategy is Strategy.MIGRATE_PARENTS:
            yield _parents_along(new, policy, plan)
        elif policy not in old.policies and (new.target, policy) not in settled:
            cause = f" ({policy.cause.value.replace('_', ' ')})" if policy.cause else ""
            problem = policy.problem.value.replace("_", " ")
            yield f"{new.target}.{', '.join(policy.columns)}: for {problem}{cause}, {_words(policy.strategy.value)}."
    left = [name for name in new.ignored if name not in old.ignored]
    if left:
        yield f"{', '.join(left)} of {new.source} is left behind."


def _parents_along(table: TableMapping, policy: Policy, plan: Plan) -> str:
    """What comes beside a filter, said as such."""
    line = table.by_target.get(policy.columns[0])
    named = parent_of(line) if line else ""
    parent = plan.mapping.by_target.get(named)
    filtered = ", against the filter on it" if parent and parent.filter else ""
    of = f" of {named}" if named else ""
    return f"Rows{of} that {table.target}.{', '.join(policy.columns)} refers to come along{filtered}."


def _identity(policy: IdPolicy) -> str:
    if isinstance(policy, Matched):
        return f"are found by {', '.join(pair.target for pair in policy.on)}"
    return {"kept": "keep their keys", "derived": "get UUIDs made of their old keys"}.get(
        policy.kind, "are numbered by the new database"
    )


def _words(name: str) -> str:
    return name.replace("_", " ")


def _of_columns(old: TableMapping, new: TableMapping, table: Table | None) -> Iterator[str]:
    if new.action is not Action.COPY:
        return
    for column in new.columns:
        known = old.by_target.get(column.target)
        if column.uses(AddMetadataJson):
            yield from _of_metadata(known, column, new)
        elif known is None or (known.source, known.steps) != (column.source, column.steps):
            yield f"{new.target}.{column.target} {_filled(column)}."
    for column in old.columns:
        if column.target not in new.by_target:
            default = table.column(column.target).default if table else None
            yield f"{new.target}.{column.target} {default_words(default) if default else 'stays empty'}."


def default_words(default: str) -> str:
    """What becomes of a column that nothing fills: "is 'new' in every row, by its default"."""
    plain = default.split("::")[0]
    return f"is {clean(plain)} in every row, by its default" if _VALUE.fullmatch(plain) else "gets its default"


def _of_metadata(known: ColumnMapping | None, column: ColumnMapping, table: TableMapping) -> Iterator[str]:
    added = [name for name in column.source if known is None or name not in known.source]
    if added:
        yield f"{', '.join(added)} of {table.source} goes into {table.target}.{column.target}."


def _filled(column: ColumnMapping) -> str:
    fixed = [step.value for step in column.steps if isinstance(step, Constant)]
    if fixed and not column.source:
        return f"is {clean(str(fixed[0]))} in every row"
    if looked := [step for step in column.steps if isinstance(step, Lookup)]:
        return f"comes from {looked[0].value} of {looked[0].table}, by {', '.join(column.source)}"
    told = [_step(step) for step in column.steps if step.use != "rename"]
    steps = f" by {', '.join(told)}" if told else ""
    return f"comes from {', '.join(column.source) or 'no old column'}{steps}"


def _step(step: Transform) -> str:
    """A step's name; of a map of values also what becomes of them: it is the person who said so."""
    if not isinstance(step, ValueMap):
        return step.use.replace("_", " ")
    pairs = [f"{_value(pair.old)} becomes {_value(pair.new)}" for pair in step.pairs[:MOST_PAIRS]]
    more = len(step.pairs) - len(pairs)
    others = {"keep": "others stay as they are", "null": "others become NULL", "stop": "others stop the run"}
    return f"value map ({', '.join((*pairs, *((f'{more} more',) if more else ()), others[step.otherwise]))})"


def _value(value: Scalar) -> str:
    return "empty" if value is None else clean(str(value)) or "''"


def _of_order(before: Plan, after: Plan) -> Iterator[str]:
    old, new = ({name: phase.number for phase in plan.phases for name in phase.tables} for plan in (before, after))
    if len(before.phases) != len(after.phases):
        yield f"It takes {count(len(after.phases), 'phase')} instead of {len(before.phases)}."
        return
    for name, number in new.items():
        if name in old and old[name] != number:
            yield f"{name} goes in phase {number} instead of {old[name]}."


def _of_batches(before: Plan, after: Plan) -> Iterator[str]:
    changed = [b for b in after.batches if (o := before.batch_plans.get(b.table)) and o.size != b.size]
    sizes = {(before.batch_plans[batch.table].size, batch.size) for batch in changed}
    if len(changed) > 1 and len(sizes) == 1:
        old, new = sizes.pop()
        yield f"Batches have {count(new, 'row')} instead of {old:,}."
        return
    for batch in changed:
        old = before.batch_plans[batch.table].size
        yield f"{batch.table} goes in batches of {count(batch.size, 'row')} instead of {old:,}."


def _of_questions(before: Plan, after: Plan) -> Iterator[str]:
    old = {question.id for question in before.questions}
    settled = {question.id for question in _settled(before, after)}
    for question in after.questions:
        if question.open and question.id not in old:
            yield f"A new question: {question.text}"
        elif question.id in settled:
            option = next((o.text for o in question.options if o.key == question.answer), str(question.answer))
            yield f"Settled: {question.text} {option}."


def _settled(before: Plan, after: Plan) -> Iterator[Question]:
    """The questions that were open and are answered now, as they stand after it."""
    was_open = {question.id for question in before.questions if question.open}
    yield from (question for question in after.questions if not question.open and question.id in was_open)


def _settled_policies(before: Plan, after: Plan) -> frozenset[tuple[str, Policy]]:
    """What becomes of rows by the answers just given, as table and policy."""
    asked = {question.id: question for question in before.questions}
    return frozenset(
        (change.table, change.policy)
        for question in _settled(before, after)
        for option in (*question.options, *asked[question.id].options)
        if option.key == question.answer
        for change in option.changes
        if isinstance(change, SetPolicy)
    )
