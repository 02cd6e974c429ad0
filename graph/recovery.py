"""What happens when a table stops: level 2 looks again, level 3 investigates, asks, and carries the choice out.

Nothing here deletes what verifies. A choice is an amendment in the ledger before it acts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

from langgraph.runtime import Runtime

from ferryman.agents.diagnosis import diagnose
from ferryman.agents.diagnosis import options as offer
from ferryman.agents.explain import verified_text
from ferryman.agents.recommending import recommended
from ferryman.agents.recovery_options import KEEP
from ferryman.agents.revise import revise_all
from ferryman.agents.stake import Stake, stake_of
from ferryman.domain.approval import Amendment
from ferryman.domain.changes import Change, MigrateParents, SetPolicy
from ferryman.domain.conversation import UTTERANCE, Choose, Rollback
from ferryman.domain.errors import FerrymanError, NeedsDecision, Refused
from ferryman.domain.events import (
    DecisionNeeded,
    DecisionTaken,
    Diagnosed,
    Escalated,
    FailureFound,
    OrphansIdentified,
    RecoveryStep,
    Said,
)
from ferryman.domain.findings import MissingGroup
from ferryman.domain.mapping import Problem, Strategy, TableMapping
from ferryman.domain.plan import Plan
from ferryman.domain.recovery import Decision, Failure, FailureType, RecoveryOption
from ferryman.domain.run import RunStatus, TableState
from ferryman.graph import delegate
from ferryman.graph.checks import binding_now, live_catalogues
from ferryman.graph.context import Context
from ferryman.graph.discovery import discovered
from ferryman.graph.facts import Analysis, Catalogues
from ferryman.graph.measuring import facts_for_agents
from ferryman.graph.moving import reproved
from ferryman.graph.state import State
from ferryman.graph.streams import emitter
from ferryman.graph.work import all_compiled, table_work
from ferryman.tools.move.copy import copy_table
from ferryman.tools.move.desk import copied_so_far, set_aside_so_far
from ferryman.tools.move.job import Stuck
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.look_back import look_back
from ferryman.tools.move.recall import hanging_on
from ferryman.tools.move.records import RunRecord
from ferryman.tools.move.resume import forget_stop, take_up
from ferryman.tools.move.rollback import rollback as undo
from ferryman.tools.move.rollback import tables_of_phase, undo_one
from ferryman.tools.move.sorting import Want
from ferryman.tools.move.supply import supply
from ferryman.tools.move.work import TableWork
from ferryman.tools.prepare.bonds import bond_of, bonds
from ferryman.tools.prepare.orphans import Ground, missing_groups
from ferryman.tools.prepare.remedies import decided
from ferryman.tools.prepare.transform import CompiledTable
from ferryman.tools.prove.dangling import dangling, to_come

LAST_STEP = "validate_relationship_integrity"
RETRY = "retry_failed"
SUPPLIED = ("migrate_missing_parents", "create_placeholders")


def stopped(state: State) -> Failure:
    """The failure that is dealt with now: one decision at a time, tables in the plan's order of naming."""
    return Failure.model_validate(next(failure for _, failure in sorted(state["failures"].items()) if failure))


def verify(state: State, runtime: Runtime[Context]) -> State:
    """Level 2: what is committed against its ledger, the target's schema against the plan; then one fresh try."""
    context, emit = runtime.context, emitter(runtime)
    failure, given = stopped(state), state.get("delegated", 0)
    schema, data = delegate.verification(given + 1, failure.table)
    emit(
        Escalated(
            level=2,
            trigger="agent_escalation",
            table=failure.table,
            investigation=(schema, data),
            recovery="coordinate_rollback_to_last_checkpoint",
        )
    )
    ledger = Ledger(context.target)
    with delegate.delegated(emit, schema):
        record = ledger.run(state["run"])
        binding, _ = binding_now(record.plan, context)
        same = not binding.changed(record.approval.token)
    with delegate.delegated(emit, data):
        ledger.verify(state["run"])
    number = state.get("rounds", 0) + 1
    update: State = {"delegated": given + 2, "rounds": number}
    if same:
        update["failures"] = dict.fromkeys(state["failures"])
    emit(Said(topic="notice", text=verified_text(same, number, failure.table)))
    return update


def missing_references(state: State, runtime: Runtime[Context]) -> State:
    """Schema analysis: which references of the stopped table lack their parents, and why."""
    context, emit = runtime.context, emitter(runtime)
    failure = stopped(state)
    task, _ = delegate.investigation(state.get("delegated", 0) + 1, failure)
    with delegate.delegated(emit, task):
        groups = _groups(state, failure, context)
    return {"groups": [group.model_dump(mode="json") for group in groups]}


def _groups(state: State, failure: Failure, context: Context) -> tuple[MissingGroup, ...]:
    """None where the rows stopped for another reason: orphans that were decided on are not what is asked about."""
    if failure.type is not FailureType.FOREIGN_KEY:
        return ()
    if failure.missing and not failure.batch:  # found when all was copied: what is decided by then is not asked again
        return failure.missing
    plan = context.shelf.get(state["plan"], Plan)
    record = Ledger(context.target).run(state["run"])
    catalogues = Catalogues.of(state["facts"], context.shelf)
    ledger = Ledger(context.target)
    ground = Ground(
        all_compiled(plan.mapping, catalogues, record.run_started), copied=copied_so_far(ledger, state["run"])
    )
    compiled = ground.compiled[failure.table]
    found = missing_groups(context.source, context.target, compiled, ground, _to_come(plan, compiled))
    groups = tuple({(group.columns, group.cause): group for group in (*found, *failure.missing)}.values())
    mapping = plan.mapping.by_target[failure.table]
    return tuple(group for group in groups if not _answered(mapping, group)) or groups


def _answered(mapping: TableMapping, group: MissingGroup) -> bool:
    return decided(mapping, Problem.MISSING_PARENT, group.columns, group.cause, group.rows) is not None


def _to_come(plan: Plan, compiled: CompiledTable) -> set[str]:
    """The columns that are filled when another table is there; rows of the table itself are looked for as they come."""
    later = {name.partition(".")[2] for name in plan.phase_of(compiled.target.name).second_pass}
    return later - {name for bond in bonds(compiled) if bond.to_itself for name in bond.columns}


def orphaned_records(state: State, runtime: Runtime[Context]) -> State:
    """Validation: how many rows of the stopped table are concerned, in all of it, by cause."""
    context, emit = runtime.context, emitter(runtime)
    failure = stopped(state)
    _, task = delegate.investigation(state.get("delegated", 0) + 1, failure)
    with delegate.delegated(emit, task):
        groups = _groups(state, failure, context)
        emit(OrphansIdentified(table=failure.table, groups=groups))
    return {}


def options(state: State, runtime: Runtime[Context]) -> State:
    """Level 3: the diagnosis, and what can be done; the run waits for a person from here on."""
    context, emit = runtime.context, emitter(runtime)
    failure = stopped(state)
    groups = tuple(MissingGroup.model_validate(group) for group in state.get("groups", []))
    diagnosis = diagnose(failure, groups)
    emit(Diagnosed(table=failure.table, diagnosis=diagnosis))
    decision = offer(failure, diagnosis, _stake(state, failure, groups, context))
    emit(DecisionNeeded(decision=decision))
    Ledger(context.target).set_status(state["run"], RunStatus.WAITING, waiting_for=decision.situation)
    minutes = context.options.deadline_minutes
    deadline = context.clock() + timedelta(minutes=minutes) if minutes else None
    Ledger(context.target).set_deadline(state["run"], deadline)
    advice = recommended(decision, context.desk(emit))
    Ledger(context.target).release(state["run"])  # whoever answers takes it up, in this process or in another
    return {
        "decision": decision.model_dump(mode="json"),
        "advice": [one.model_dump(mode="json") for one in advice],
        "delegated": state.get("delegated", 0) + 2,
        "deadline": deadline.isoformat() if deadline else "",
    }


def _stake(state: State, failure: Failure, groups: tuple[MissingGroup, ...], context: Context) -> Stake:
    """What hangs on the failure: from plan and catalogue, what was tried, and what was decided on the cause before."""
    plan = context.shelf.get(state["plan"], Plan)
    stake = stake_of(plan, Catalogues.of(state["facts"], context.shelf).target, failure, groups)
    causes = {group.cause.value for group in groups} or {str(failure.problem or "")}
    decided = Ledger(context.target).run(state["run"]).amendments
    late = failure.missing and not failure.batch
    return replace(
        stake,
        below=tuple(hanging_on(_work_of(failure.table, plan, state, context), groups).items()) if late else (),
        failed=frozenset(Strategy(name) for name in state.get("tried", {}).get(failure.table, [])),
        earlier=next((amendment for amendment in reversed(decided) if amendment.cause in causes), None),
    )


def recover(state: State, runtime: Runtime[Context]) -> State:
    """Carry out the chosen strategy, step by step; a step that fails marks the strategy and asks again."""
    context, emit = runtime.context, emitter(runtime)
    said = UTTERANCE.validate_python(state["answer"])
    assert isinstance(said, Choose)
    decision = Decision.model_validate(state["decision"])
    chosen = next(option for option in decision.options if option.strategy is said.strategy)
    table = decision.failure.table
    Ledger(context.target).set_deadline(state["run"], None)
    if chosen.strategy is Strategy.PAUSE:
        return {"reason": f"the decision about {table} was put off"}
    record = take_up(Ledger(context.target), state["run"])
    _still_asked(record)
    forget_stop(Ledger(context.target), record)
    plan, amendment = _amend(state, decision, chosen, said.by or context.by, context)
    Ledger(context.target).set_status(state["run"], RunStatus.RUNNING)  # nobody is waited for while it is carried out
    emit(
        DecisionTaken(
            table=table, strategy=chosen.strategy, by=amendment.by, amendment=amendment.number, rows=chosen.rows
        )
    )
    if chosen.strategy is Strategy.ROLLBACK_TABLE:
        over = undo_one(context.target, state["run"], table, emit=emit, by=said.by or context.by)
        after: State = {"undone": True} if over else {"reason": f"{table} was rolled back"}
        return {"plan": context.shelf.put(plan), "failures": {table: None}, **after}
    return _carry_out(state, plan, chosen, decision.failure, context, emit)


def _still_asked(record: RunRecord) -> None:
    """A question is answered once: another process may have taken the run up while this one waited."""
    if record.status is not RunStatus.WAITING:
        raise Refused(
            f"Run {record.run} does not wait for this decision any more: it is {record.status.value}.",
            f"`ferryman status {record.run}` shows where it stands; `ferryman resume {record.run}` goes on from there.",
        )


def _amend(
    state: State, decision: Decision, chosen: RecoveryOption, by: str, context: Context
) -> tuple[Plan, Amendment]:
    """The plan with the choice taken in, and the amendment that the ledger keeps of it."""
    before = context.shelf.get(state["plan"], Plan)
    known = Analysis.of(discovered(state["facts"], context), context.shelf)
    changes = [_with_those_before(change, state["run"], context) for change in chosen.changes]
    after = before.but(mapping=revise_all(before.mapping, changes, facts_for_agents(known, context)))
    amendment = Amendment(
        number=1,
        by=by,
        at=context.clock(),
        table=decision.failure.table,
        cause=decision.diagnosis.groups[0].cause if decision.diagnosis.groups else str(decision.failure.problem or ""),
        strategy=chosen.strategy,
        reason=decision.why if chosen.strategy is decision.recommended else "",
        rows=chosen.rows,
        hash_before=before.hash,
        hash_after=after.hash,
    )
    return after, Ledger(context.target).amend(state["run"], amendment, after)


def _with_those_before(change: Change, run: str, context: Context) -> Change:
    """A policy for rows that only their batch could count lets those of earlier batches stay as they were decided."""
    if not isinstance(change, SetPolicy) or change.policy.cause:
        return change
    policy = change.policy
    before = set_aside_so_far(Ledger(context.target), run, change.table, policy.problem, policy.columns)
    return change.but(policy=policy.but(rows=policy.rows + before))


def _carry_out(
    state: State, plan: Plan, chosen: RecoveryOption, failure: Failure, context: Context, emit: delegate.Emit
) -> State:
    digest, work = context.shelf.put(plan), _work_of(failure.table, plan, state, context)
    for step in chosen.steps[:-1]:
        with _step(failure.table, chosen.strategy, step, emit) as end:
            stuck = _do(step, work, chosen, failure, context, emit)
            if stuck is not None:
                end("failed", stuck.error_detail)
                left = _groups({**state, "plan": digest}, stuck, context)
                return _failed_again(state, digest, chosen, failure, stuck, left)
    return {"plan": digest, "failures": {failure.table: None}}


def _work_of(table: str, plan: Plan, state: State, context: Context) -> TableWork:
    record = Ledger(context.target).run(state["run"])
    return table_work(plan, table, Catalogues.of(state["facts"], context.shelf), context, record)


def _do(
    step: str, work: TableWork, chosen: RecoveryOption, failure: Failure, context: Context, emit: delegate.Emit
) -> Failure | None:
    """One step of a strategy; gives what stops it. What only says what the retried batch will do has nothing to do."""
    if step.startswith(RETRY):
        done = copy_table(work, stop=context.stop.is_set, emit=emit, batches=1)
        return done.failure or (look_back(work, emit=emit) if done.complete else None)
    if step == KEEP:
        held = work.ledger.table(work.run, work.table)
        work.ledger.set_table(work.run, work.table, TableState.VALIDATED, validation=held.validation)
    if step not in SUPPLIED:
        return None
    try:
        supply(work, _wants(work, chosen), emit=emit)
    except Stuck as stuck:
        return failure.but(error_detail=f"{stuck.failure.table}: {stuck.failure.error_detail}")
    except NeedsDecision as error:
        return failure.but(error_detail=error.what)
    return None


def _wants(work: TableWork, chosen: RecoveryOption) -> Iterator[Want]:
    """The missing parents that an option supplies, out of what it changes in the mapping."""
    for change in chosen.changes:
        match change:
            case MigrateParents():
                bond = bond_of(work.compiled, change.columns)
                yield Want(bond, change.cause, Strategy.MIGRATE_PARENTS, None, change.rows)
            case SetPolicy() if change.policy.strategy is Strategy.PLACEHOLDERS:
                bond = bond_of(work.compiled, change.policy.columns)
                yield Want(bond, change.policy.cause, Strategy.PLACEHOLDERS, None, change.policy.rows)


def _failed_again(
    state: State,
    plan: str,
    chosen: RecoveryOption,
    before: Failure,
    failure: Failure,
    left: Sequence[MissingGroup] = (),
) -> State:
    """The strategy is marked where it left what it was chosen for; not where other rows come up behind these, or rows
    that lack their parents for another cause are `left`."""
    known, met = (before.problem, before.columns), (failure.problem, failure.columns)
    asked = {group.cause for group in Decision.model_validate(state["decision"]).diagnosis.groups}
    others = bool(left) and not asked & {group.cause for group in left}
    behind = failure.problem is not None and (met != known or failure.affected_records > chosen.rows or others)
    update: State = {"plan": plan, "failures": {failure.table: failure.model_dump(mode="json")}}
    return update if behind else {**update, "tried": _marked(state, failure.table, chosen.strategy)}


def _marked(state: State, table: str, strategy: Strategy) -> dict[str, list[str]]:
    tried = state.get("tried", {})
    return {**tried, table: [*tried.get(table, []), strategy.value]}


@contextmanager
def _step(table: str, strategy: Strategy, name: str, emit: delegate.Emit) -> Iterator[Callable[[str, str], None]]:
    """Make a step known: started, and how it ended. Give what is yielded "failed" and why, where it did not go well."""
    ended: list[tuple[str, str]] = []

    def tell(state: str, detail: str = "") -> None:
        said = {"table": table, "strategy": strategy, "step": name, "state": state, "detail": detail}
        emit(RecoveryStep.model_validate(said))

    tell("started")
    try:
        yield lambda state, detail: ended.append((state, detail))
    except FerrymanError as error:
        tell("failed", error.what)
        raise
    state, detail = ended[-1] if ended else ("done", "")
    tell(state, detail)


def integrity(state: State, runtime: Runtime[Context]) -> State:
    """The last step of every strategy: no reference of what was copied lacks its parent."""
    context, emit = runtime.context, emitter(runtime)
    decision = Decision.model_validate(state["decision"])
    said = UTTERANCE.validate_python(state["answer"])
    table = decision.failure.table
    if state.get("reason") or state.get("undone") or state.get("failures") or not isinstance(said, Choose):
        return {}
    with _step(table, said.strategy, LAST_STEP, emit) as end:
        later = to_come(Ledger(context.target), state["run"])
        broken = dangling(context.target, live_catalogues(context).target, table, later)
        if not broken:
            return {"failures": reproved(state, context, emit, leave=(table,))}
        end("failed", f"{broken:,} references lead nowhere")
    failure = decision.failure.but(affected_records=broken, error_detail="references are still broken")
    emit(FailureFound(failure=failure))
    tried = _marked(state, table, said.strategy)
    return {"failures": {table: failure.model_dump(mode="json")}, "tried": tried}


def rollback(state: State, runtime: Runtime[Context]) -> State:
    """Undo the whole run, or the tables that were named."""
    context, emit = runtime.context, emitter(runtime)
    said = UTTERANCE.validate_python(state["answer"])
    tables = said.tables if isinstance(said, Rollback) else ()
    if isinstance(said, Rollback) and said.phase:
        tables = (*tables, *tables_of_phase(Ledger(context.target).run(state["run"]), said.phase))
    undo(context.target, state["run"], tables or None, emit=emit, by=context.by)
    return {"failures": dict.fromkeys(state.get("failures", {})), "reason": ""}
