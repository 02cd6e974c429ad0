"""Whether a plan fits two live catalogues: every name is there, every value can become what it must, the order holds.

Nothing here reads a row. `misfits` gives what does not fit, where it stands in the plan, and what would.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ferryman.domain.filters import Comparison, Filter, Operator
from ferryman.domain.findings import OUT_OF_REACH, MissingCause
from ferryman.domain.fit_columns import column_misfits
from ferryman.domain.fit_names import Misfit, Path, closest, unknown
from ferryman.domain.fit_phases import phase_misfits
from ferryman.domain.mapping import (
    Action,
    Derived,
    Generated,
    IdPolicy,
    KeyPair,
    Mapping,
    Matched,
    Policy,
    Problem,
    Strategy,
    TableMapping,
)
from ferryman.domain.plan import Plan
from ferryman.domain.schema import Database, Family, Table
from ferryman.domain.validation import CheckKind

ROWID = ("rowid",)

__all__ = ["Misfit", "mapping_misfits", "misfits"]


def misfits(plan: Plan, source: Database, target: Database) -> tuple[Misfit, ...]:
    """Everything in a plan that does not fit the two databases, in the plan's order; () when it can run.

    A required column without a value is let through while a question about it is open: the plan cannot run then.
    """
    open_ids = {question.id for question in plan.open_questions}
    in_mapping = (m for m in mapping_misfits(plan.mapping, source, target) if not _asked_about(m, open_ids))
    return (*in_mapping, *phase_misfits(plan, target), *_of_questions(plan, target), *_of_the_rest(plan))


def _asked_about(misfit: Misfit, open_ids: set[str]) -> bool:
    return bool(misfit.column) and any(id_.endswith(f":{misfit.column}") for id_ in open_ids)


def mapping_misfits(mapping: Mapping, source: Database, target: Database) -> Iterator[Misfit]:
    """What of a mapping does not fit, table by table."""
    seen: set[str] = set()
    for number, table in enumerate(mapping.tables):
        path: Path = ("mapping", "tables", number)
        if table.target in seen:
            yield Misfit((*path, "target"), f"{table.target} is filled twice", "one entry for each target table")
        seen.add(table.target)
        yield from table_misfits(path, table, mapping, source, target)
    yield from _of_further(mapping, source, target)


def _of_further(mapping: Mapping, source: Database, target: Database) -> Iterator[Misfit]:
    """Tables that are only referred to, beside the one that the plan has for the same target table."""
    seen = {(table.source, table.target) for table in mapping.tables}
    for number, table in enumerate(mapping.further):
        path: Path = ("mapping", "further", number)
        if table.target not in mapping.by_target:
            would = f"add it to the tables, copied or referred to from {table.source}"
            yield Misfit((*path, "target"), f"{table.target} is not among the tables of this plan", would)
        elif (table.source, table.target) in seen:
            what = f"rows of {table.source} in {table.target} are in the plan twice"
            yield Misfit((*path, "source"), what, "one entry for each old table")
        if table.action is not Action.REFER:
            what = f"a plan copies one old table into {table.target}"
            yield Misfit((*path, "action"), what, f"refer, and a plan of its own that copies {table.source}")
        seen.add((table.source, table.target))
        yield from table_misfits(path, table, mapping, source, target)


def table_misfits(
    path: Path, table: TableMapping, mapping: Mapping, source: Database, target: Database
) -> Iterator[Misfit]:
    """What of one table of a mapping does not fit."""
    ours, theirs = source.by_name.get(table.source), target.by_name.get(table.target)
    if ours is None:
        yield unknown((*path, "source"), "the old database", "table", table.source, source.by_name)
    if theirs is None:
        yield unknown((*path, "target"), "the new database", "table", table.target, target.by_name)
    if ours is None or theirs is None:
        return
    yield from _of_key(path, table, ours)
    yield from _of_identity((*path, "identity"), table, ours, theirs)
    if table.filter is not None:
        yield from _of_filter((*path, "filter"), table.filter, ours)
    yield from _of_policies(path, table, theirs)
    for number, name in enumerate(table.ignored):
        if name not in ours.by_name:
            yield unknown((*path, "ignored", number), ours.name, "column", name, ours.by_name)
    yield from column_misfits(path, table, mapping, source, target)


def _of_key(path: Path, table: TableMapping, ours: Table) -> Iterator[Misfit]:
    if table.key == ROWID and "rowid" not in ours.by_name:
        if not ours.rowid:
            yield Misfit((*path, "key"), f"rows of {ours.name} have no position", "the columns that tell them apart")
        return
    if not table.key:
        yield Misfit((*path, "key"), "the key is empty", f"columns of {ours.name} that tell its rows apart")
    for number, name in enumerate(table.key):
        if name not in ours.by_name:
            yield unknown((*path, "key", number), ours.name, "column", name, ours.by_name)


def _of_identity(path: Path, table: TableMapping, ours: Table, theirs: Table) -> Iterator[Misfit]:
    identity = table.identity
    if isinstance(identity, Matched):
        yield from _of_pairs(path, identity.on, ours, theirs)
        yield from _of_policy((*path, "otherwise"), identity.otherwise, table, ours, theirs)
    else:
        yield from _of_policy(path, identity, table, ours, theirs)


def _of_pairs(path: Path, pairs: Iterable[KeyPair], ours: Table, theirs: Table) -> Iterator[Misfit]:
    found = tuple(pairs)
    if not found:
        yield Misfit((*path, "on"), "rows are matched by nothing", "at least one pair of columns")
    for number, pair in enumerate(found):
        if pair.source not in ours.by_name:
            yield unknown((*path, "on", number, "source"), ours.name, "column", pair.source, ours.by_name)
        if pair.target not in theirs.by_name:
            yield unknown((*path, "on", number, "target"), theirs.name, "column", pair.target, theirs.by_name)


def _of_policy(
    path: Path, policy: IdPolicy | None, table: TableMapping, ours: Table, theirs: Table
) -> Iterator[Misfit]:
    if isinstance(policy, Derived) and policy.version == 8 and not _one_integer(table, ours):
        what = f"version 8 ids hold one integer, and the key of {ours.name} is {', '.join(table.key) or 'empty'}"
        yield Misfit((*path, "version"), what, "version: 5")
    if isinstance(policy, Generated) and len(theirs.primary_key) != 1:
        yield Misfit(path, f"{theirs.name} has no single key column that the database could fill", "kept or derived")


def _one_integer(table: TableMapping, ours: Table) -> bool:
    if table.key == ROWID:
        return True
    families = [ours.column(name).family for name in table.key if name in ours.by_name]
    return families in ([Family.INTEGER], [Family.OTHER], [Family.DECIMAL])


def _of_filter(path: Path, condition: Filter, ours: Table) -> Iterator[Misfit]:
    if not isinstance(condition, Comparison):
        for number, part in enumerate(condition.of):
            yield from _of_filter((*path, "of", number), part, ours)
        return
    if condition.column not in ours.by_name:
        yield unknown((*path, "column"), ours.name, "column", condition.column, ours.by_name)
    fits = _ARITY.get(condition.op, len(condition.values) == 1)
    if (callable(fits) and not fits(len(condition.values))) or fits is False:
        wanted = (
            "no value" if condition.op in _NULL_TESTS else "at least one" if condition.op in _ARITY else "one value"
        )
        yield Misfit((*path, "values"), f"{condition.op.value} has {len(condition.values)} values", wanted)


_NULL_TESTS = (Operator.IS_NULL, Operator.NOT_NULL)
_ARITY = {op: (lambda n: n == 0) for op in _NULL_TESTS} | {
    op: (lambda n: n > 0) for op in (Operator.ONE_OF, Operator.NONE_OF)
}


def _of_policies(path: Path, table: TableMapping, theirs: Table) -> Iterator[Misfit]:
    for number, policy in enumerate(table.policies):
        here: Path = (*path, "policies", number)
        for at, name in enumerate(policy.columns):
            if name not in theirs.by_name:
                yield unknown((*here, "columns", at), theirs.name, "column", name, theirs.by_name)
        yield from _of_one_policy(here, policy, theirs)


def _of_one_policy(path: Path, policy: Policy, theirs: Table) -> Iterator[Misfit]:
    columns = [theirs.column(name) for name in policy.columns if name in theirs.by_name]
    if policy.strategy is Strategy.SET_NULL and columns and not any(column.nullable for column in columns):
        told = ", ".join(column.name for column in columns)
        yield Misfit((*path, "strategy"), f"{told} does not take NULL", Strategy.QUARANTINE.value)
    if policy.strategy is Strategy.MIGRATE_PARENTS and policy.cause in OUT_OF_REACH:
        would = f"{Strategy.PLACEHOLDERS.value} or {Strategy.QUARANTINE.value}"
        why = "never existed" if policy.cause is MissingCause.NEVER_EXISTED else "are set aside"
        yield Misfit((*path, "strategy"), f"parents that {why} cannot be migrated", would)
    if policy.cause is not None and policy.problem is not Problem.MISSING_PARENT:
        yield Misfit((*path, "cause"), f"{policy.problem.value} has no cause", "leave `cause` out")


def _of_questions(plan: Plan, target: Database) -> Iterator[Misfit]:
    seen: set[str] = set()
    for number, question in enumerate(plan.questions):
        if question.table not in target.by_name:
            yield unknown(("questions", number, "table"), "the new database", "table", question.table, target.by_name)
        if question.id in seen:
            yield Misfit(("questions", number, "id"), f"{question.id} is asked twice", "one entry for each question")
        seen.add(question.id)
        keys = [option.key for option in question.options]
        if question.answer is not None and question.answer not in keys:
            what = f'"{question.answer}" is no answer to {question.id}'
            yield Misfit(("questions", number, "answer"), what, closest(question.answer, keys))


def _of_the_rest(plan: Plan) -> Iterator[Misfit]:
    kinds = [kind.value for kind in CheckKind]
    for number, name in enumerate(plan.validation):
        if name not in kinds:
            yield Misfit(("validation", number), f"there is no check called {name}", closest(name, kinds))
    copied = {table.target for table in plan.mapping.tables if table.action is Action.COPY}
    for number, batch in enumerate(plan.batches):
        if batch.table not in copied:
            what = f"{batch.table} is not copied by this plan"
            yield Misfit(("batches", number, "table"), what, closest(batch.table, copied))
        if batch.size < 1:
            yield Misfit(("batches", number, "size"), f"a batch of {batch.size} rows", "at least 1")
