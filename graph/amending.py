"""A change of the plan while the run waits: refused where it comes too late, else put up, approved and written down.

What a person approves is one amendment, from the plan as the ledger has it to the changed one, and nothing else. Rows
that moved are not touched. A process that dies before the amendment is committed leaves the plan as it was.
"""

from __future__ import annotations

from collections.abc import Iterable

from langgraph.runtime import Runtime

from ferryman.agents.difference import difference
from ferryman.agents.under_way import Seen, both, changed_tables, seen_by, too_late
from ferryman.domain.approval import Amendment
from ferryman.domain.conversation import UTTERANCE, Approve, ChangePlan
from ferryman.domain.errors import Refused, Usage
from ferryman.domain.events import DecisionTaken, Said
from ferryman.domain.filters import Filter
from ferryman.domain.mapping import Mapping
from ferryman.domain.plan import Plan
from ferryman.domain.run import Key, RunStatus, TableState
from ferryman.graph.checks import binding_now, refuse_drift
from ferryman.graph.context import Context
from ferryman.graph.facts import Catalogues
from ferryman.graph.state import State
from ferryman.graph.streams import emitter
from ferryman.graph.work import all_compiled, table_start
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.midway import reached, rescoped, rows_up_to
from ferryman.tools.move.records import RunRecord, TableRecord, TableStart
from ferryman.tools.move.resume import forget_stop, take_up
from ferryman.tools.prepare.transform import compile_table

STRATEGY = "change_plan"
CAUSE = "changed_in_words"
_WAITS = (RunStatus.WAITING, RunStatus.PAUSED)
_MOST_NAMED = 3  #: tables that an amendment names


def waits_under_way(state: State) -> bool:
    """Whether the plan that lies there is one that a run goes by already."""
    return bool(state.get("approval"))


def refuse_too_late(state: State, after: Mapping, context: Context) -> None:
    """Raises Usage for a change of a table of which rows are moved that would have been different by it."""
    standing = context.shelf.get(state.get("standing") or state["plan"], Plan)
    records = _records(state, context)
    begun = {name for name, record in records.items() if _begun(record)}
    free = tuple(table.target for table in standing.mapping.copied if table.target not in begun)
    stopped = next(iter(state.get("failures", {})), "")
    for table in changed_tables(standing.mapping, after):
        if table not in begun:
            continue
        moved, concerned = _concerned(state, table, standing.mapping, after, context)
        if concerned is None or concerned:
            raise Usage(too_late(table, moved, concerned or 0, free, here=table == stopped), "")


def rows_before(state: State, context: Context) -> dict[str, int]:
    """Rows that the target's tables had when the run that is under way began; {} where none is.

    A table that was undone is left out: what it has now was not moved by the run.
    """
    if not waits_under_way(state):
        return {}
    records = _records(state, context).items()
    return {name: r.scope.target_before for name, r in records if r.state is not TableState.ROLLED_BACK}


def _records(state: State, context: Context) -> dict[str, TableRecord]:
    return {record.table: record for record in Ledger(context.target).tables_of(state["run"])}


def _begun(record: TableRecord) -> bool:
    """Whether rows of it are moved and there."""
    return record.state is not TableState.ROLLED_BACK and (
        bool(record.batches) or record.state in (TableState.COPIED, TableState.VALIDATED)
    )


def _concerned(state: State, table: str, before: Mapping, after: Mapping, context: Context) -> tuple[int, int | None]:
    """(rows that are moved, how many of them would be different); None where that cannot be told by rows."""
    upto = reached(Ledger(context.target), state["run"], table)
    counted = _Counted(state, before, table, upto, context)
    moved = counted.rows(before.by_target[table].filter)
    seen = seen_by(before.by_target[table], after.by_target[table]) if table in after.by_target else None
    return moved, None if seen is None else _different(seen, moved, counted)


def _different(seen: Seen, moved: int, counted: _Counted) -> int:
    stay = counted.rows(seen.both)
    filtered = (moved - stay) + (counted.rows(seen.after) - stay) if seen.before != seen.after else 0
    return filtered + sum(counted.rows(both(seen.before, one)) for one in seen.values if one.values)


class _Counted:
    """Rows of a begun table, up to where it is copied, by a filter."""

    def __init__(self, state: State, mapping: Mapping, table: str, upto: Key | None, context: Context) -> None:
        self.mapping, self.table, self.upto, self.context = mapping, table, upto, context
        self.catalogues = Catalogues.of(state["facts"], context.shelf)

    def rows(self, condition: Filter | None) -> int:
        if self.upto is None:
            return 0
        asked = self.mapping.with_table(self.mapping.by_target[self.table].but(filter=condition))
        found = self.catalogues
        work = compile_table(asked, self.table, found.source, found.target, run_started=self.context.clock())
        return rows_up_to(self.context.source, work, self.upto)


def amend(state: State, runtime: Runtime[Context]) -> State:
    """Write the change that was approved into the ledger: the amendment and the tables that it touches, at once."""
    context, emit = runtime.context, emitter(runtime)
    plan = context.shelf.get(state["plan"], Plan)
    if plan.open_questions:
        asked = "\n".join(f"- {question.text}" for question in plan.open_questions)
        emit(Said(topic="answer", text=f"Before that can be taken in, I need to know:\n{asked}"))
        return {}
    said = UTTERANCE.validate_python(state["answer"])
    assert isinstance(said, Approve)
    standing = context.shelf.get(state["standing"], Plan)
    binding, _ = binding_now(plan, context)
    refuse_drift(binding, said.token or state["token"])
    ledger = Ledger(context.target)
    record = take_up(ledger, state["run"])
    try:
        _refuse_moved_on(record, standing)
        forget_stop(ledger, record)
        refuse_too_late(state, plan.mapping, context)
        amendment = _written(state, plan, said.by or context.by, record, context)
    finally:
        ledger.release(state["run"])
    emit(DecisionTaken(table=amendment.table, strategy=STRATEGY, by=amendment.by, amendment=amendment.number))
    changed = changed_tables(standing.mapping, plan.mapping)
    update = _back(state)
    update["failures"] = dict.fromkeys(name for name in state.get("failures", {}) if name in changed)
    return update


def _refuse_moved_on(record: RunRecord, standing: Plan) -> None:
    if record.status not in _WAITS or record.amended.hash != standing.hash:
        raise Refused(
            f"Run {record.run} has gone on meanwhile: it is {record.status.value}, and the change was not taken in.",
            f"`ferryman status {record.run}` shows where it stands.",
        )


def _written(state: State, plan: Plan, by: str, record: RunRecord, context: Context) -> Amendment:
    standing = context.shelf.get(state["standing"], Plan)
    changed = changed_tables(standing.mapping, plan.mapping)
    copied = {table.target for table in plan.mapping.copied}
    amendment = Amendment(
        number=1,
        by=by,
        at=context.clock(),
        table=", ".join(changed[:_MOST_NAMED]) or "the plan",
        cause=CAUSE,
        strategy=STRATEGY,
        reason=" ".join(difference(standing, plan)),
        hash_before=standing.hash,
        hash_after=plan.hash,
    )
    starts = _starts(state, plan, [name for name in changed if name in copied], record, context)
    gone = [name for name in changed if name not in copied]
    ledger = Ledger(context.target)
    written = ledger.amend(record.run, amendment, plan, starts, gone)
    for table, size in _resized(standing, plan):
        ledger.set_batch_size(record.run, table, size)
    return written


def _starts(state: State, plan: Plan, tables: Iterable[str], record: RunRecord, context: Context) -> list[TableStart]:
    """How the changed tables begin, or go on. Which of their rows are in scope was fixed when the run began."""
    work = all_compiled(plan.mapping, Catalogues.of(state["facts"], context.shelf), record.run_started)
    known, starts = _records(state, context), list[TableStart]()
    for name in tables:
        before, start = known.get(name), table_start(plan, work[name], context)
        same_rows = before is not None and before.source == start.source
        if before is not None and same_rows and record.amended.mapping.by_target[name].key == work[name].mapping.key:
            start = start.but(scope=rescoped(context.source, work[name], before.scope))
        starts.append(start)
    return starts


def _resized(before: Plan, after: Plan) -> list[tuple[str, int]]:
    changed = set(changed_tables(before.mapping, after.mapping))
    old = before.batch_plans
    return [
        (b.table, b.size)
        for b in after.batches
        if b.table in old and b.table not in changed and old[b.table].size != b.size
    ]


def drop(state: State, runtime: Runtime[Context]) -> State:
    """Leave the plan as it stands."""
    emitter(runtime)(Said(topic="answer", text="The plan stays as it was approved."))
    return _back(state) | {"plan": state["standing"]}


def _back(state: State) -> State:
    gone: State = {"back_to": "", "standing": "", "past": [], "ahead": [], "shown": "", "latest": {}}
    return {**gone, "place": state["back_to"]}


def put_up(state: State, said: object) -> State:
    """What state keeps from the moment on that a change is put up; {} where that is so already, or no run waits."""
    if not waits_under_way(state) or state.get("back_to") or not isinstance(said, ChangePlan):
        return {}
    return {"standing": state["plan"], "back_to": state["place"], "past": [state["plan"]], "ahead": []}
