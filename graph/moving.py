"""The nodes that move rows: begin a run, start a phase, carry a table over, settle, hold, report.

A phase is planned from the ledger, never from what branches returned: a branch that was paused or killed simply is
not validated there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from langgraph.runtime import Runtime
from langgraph.types import Send

from ferryman.agents.explaining import outcome_in_words
from ferryman.agents.user_guidance import action_words, batch_message, explain_outcome, in_the_models_words
from ferryman.agents.wording import count
from ferryman.domain.approval import Approval
from ferryman.domain.conversation import UTTERANCE, Approve
from ferryman.domain.coordination import Prerequisite
from ferryman.domain.errors import Refused
from ferryman.domain.events import (
    Approved,
    BatchCompleted,
    Event,
    FailureFound,
    PhaseCompleted,
    PhaseStarted,
    RunFinished,
    RunPaused,
    RunStarted,
    Said,
    TablePrepared,
)
from ferryman.domain.outline import outlines
from ferryman.domain.plan import Phase, Plan, Step
from ferryman.domain.recovery import Failure
from ferryman.domain.run import RunStatus, TableState
from ferryman.domain.transforms import PythonFunction
from ferryman.graph import delegate
from ferryman.graph.checks import binding_now, live_catalogues, refuse_drift
from ferryman.graph.context import Context
from ferryman.graph.due import Course, States
from ferryman.graph.facts import Catalogues
from ferryman.graph.outcome import outcome_of
from ferryman.graph.proving import prove
from ferryman.graph.state import Place, State, TableTask
from ferryman.graph.streams import emitter
from ferryman.graph.work import table_starts, table_work
from ferryman.tools.discover.profile import row_counts
from ferryman.tools.move.copy import copy_table
from ferryman.tools.move.failpoint import failpoint
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.look_back import look_back
from ferryman.tools.move.patience import patiently
from ferryman.tools.move.progress import progress
from ferryman.tools.move.records import Beginning
from ferryman.tools.move.resume import Present, refuse_over, resumable, take_up
from ferryman.tools.move.second_pass import fill_references
from ferryman.tools.move.set_aside import restore
from ferryman.tools.move.straight import way_of
from ferryman.tools.move.work import TableWork


def begin(state: State, runtime: Runtime[Context]) -> State:
    """Bind the approval, write the run into the ledger and take its lease. An open question sends back to review."""
    context, emit = runtime.context, emitter(runtime)
    plan = context.shelf.get(state["plan"], Plan)
    if plan.open_questions:
        emit(Said(topic="answer", text=_still_open(plan)))
        return {"approval": {}}
    said = UTTERANCE.validate_python(state["answer"])
    assert isinstance(said, Approve)
    binding, catalogues = binding_now(plan, context)
    refuse_drift(binding, said.token or state["token"])
    now = context.clock()
    approval = Approval(token=binding.token, by=said.by or context.by, at=now, skipped_preflight=plan.preflight.skipped)
    starts = table_starts(plan, catalogues, context, now)
    context.memory.forget()
    failpoint("before_run")
    Ledger(context.target).begin(
        Beginning(
            run=state["run"],
            plan=plan,
            approval=approval,
            source=context.source.identity,
            target=context.target.identity,
            source_schema=catalogues.source.fingerprint,
            target_schema=catalogues.target.fingerprint,
            outlines=outlines(catalogues.source, catalogues.target),
            run_started=now,
            tables=starts,
        )
    )
    failpoint("after_run")
    emit(Approved(approval=approval))
    emit(RunStarted(run=state["run"], tables=len(starts), rows=sum(start.scope.total for start in starts)))
    return {"approval": approval.model_dump(mode="json")}


def _still_open(plan: Plan) -> str:
    asked = "\n".join(f"- {question.text}" for question in plan.open_questions)
    return f"Before I start, I need your answer:\n{asked}"


def reopen(state: State, runtime: Runtime[Context]) -> State:
    """Go on with a run from the ledger alone. Raises Refused where anything that it was bound to has changed."""
    context, emit = runtime.context, emitter(runtime)
    ledger = Ledger(context.target)
    restore(ledger, state["run"], emit, goes_on=True)
    live = live_catalogues(context)
    present = Present(
        source=context.source.identity,
        target=context.target.identity,
        source_schema=live.source.fingerprint,
        target_schema=live.target.fingerprint,
        outlines=outlines(live.source, live.target),
    )
    failpoint("before_resume")
    record = resumable(ledger, state["run"], present)
    ledger.acquire(record.run)
    ledger.clear_stop(record.run)
    ledger.set_deadline(record.run, None)  # whoever resumes decides that it goes on
    failpoint("after_resume")
    tables = ledger.tables_of(record.run)
    rows = sum(table.scope.total for table in tables)
    emit(RunStarted(run=record.run, tables=len(tables), rows=rows, resumed=True))
    if unknown := _not_compared(record.amended):
        emit(Said(topic="notice", text=unknown))
    facts = {"source": context.shelf.put(live.source), "target": context.shelf.put(live.target)}
    return {
        "facts": {**state["facts"], **facts},  # with what was away when they were read
        "plan": context.shelf.put(record.amended),
        "request": record.amended.request.model_dump(mode="json"),
        "token": record.approval.token,
        "approval": record.approval.model_dump(mode="json"),
        "place": Place.PAUSED.value,
        "failures": {table.table: None for table in tables},
        "reason": "",
        "phase": 0,
        "reopen": False,
    }


def _not_compared(plan: Plan) -> str:
    """Functions of a plan that does not say what they were, in a sentence; "" where there is none."""
    steps = (step for table in plan.mapping.copied for column in table.columns for step in column.steps)
    named = dict.fromkeys(s.function for s in steps if isinstance(s, PythonFunction) and not s.source_hash)
    if not named:
        return ""
    return (
        f"Whether {' and '.join(named)} changed since the run began cannot be told: the plan has no source_hash for "
        f"{'it' if len(named) == 1 else 'them'}."
    )


def next_phase(state: State, runtime: Runtime[Context]) -> State:
    """The first phase that is not finished by the ledger, its prerequisites checked; nothing left ends the run."""
    context, emit = runtime.context, emitter(runtime)
    ledger = Ledger(context.target)
    take_up(ledger, state["run"])
    if state.get("reason"):  # it was paused, and goes on because somebody said so
        ledger.clear_stop(state["run"])
        ledger.set_deadline(state["run"], None)
    ledger.set_status(state["run"], RunStatus.RUNNING)
    plan = context.shelf.get(state["plan"], Plan)
    states, course = _states(ledger, state["run"]), _course(state, plan, context)
    due = course.due(states)
    if due is None:
        return {"sending": [], "reason": ""}
    phase, tables = due
    if phase.number != state.get("phase"):
        emit(_started(phase, tables, course, states, context))
    return {"sending": list(tables[: at_once(context)]), "phase": phase.number, "reason": ""}


def _states(ledger: Ledger, run: str) -> dict[str, TableState]:
    return {record.table: record.state for record in ledger.tables_of(run)}


def _course(state: State | TableTask, plan: Plan, context: Context) -> Course:
    return Course.of(plan, Catalogues.of(state["facts"], context.shelf).target)


def at_once(context: Context) -> int:
    """Tables side by side. SQLite has one write lock, so there one table goes after the other."""
    return 1 if context.target.dialect.name == "sqlite" else context.options.workers


def _started(phase: Phase, tables: Collection[str], course: Course, states: States, context: Context) -> PhaseStarted:
    """Raises Refused where a prerequisite does not hold. Of `tables` some may be there to be proved again."""
    met = prerequisites(phase, course, states, context)
    passed = course.held_back(states) | {table for table, state in states.items() if state is TableState.ROLLED_BACK}
    others = passed - course.needed(tables)  # of tables of the phase that do not begin
    _refuse_unmet(one for one in met if one.table not in tables and one.table not in others)
    return PhaseStarted(
        phase=phase.number,
        of=len(course.plan.phases),
        name=phase.name,
        tables=phase.tables,
        rationale=phase.rationale,
        prerequisites=met,
        handling=phase.handling,
        agents=phase.agents,
    )


def prerequisites(phase: Phase, course: Course, states: States, context: Context) -> tuple[Prerequisite, ...]:
    """Every parent by name: complete and validated in this run, copied where it closes a ring with what is still to
    come, or present in the target."""
    return tuple(_prerequisite(parent, course, states, context) for parent in phase.prerequisites)


def _prerequisite(parent: str, course: Course, states: States, context: Context) -> Prerequisite:
    state = states.get(parent)
    if state is TableState.COPIED and course.in_ring(parent, states):
        met, reason = True, "copied in this run; it is proved when what it refers to is there too"
    elif state is not None:
        met, reason = state is TableState.VALIDATED, f"{state.value} in this run"
    else:
        with context.target.connect(reading=True) as connection:
            rows = row_counts(connection, [parent])[parent]
        met, reason = rows > 0, f"{count(rows, 'row')} are there already"
    return Prerequisite(name="verify_parent_tables_complete", table=parent, met=met, reason=reason)


def _refuse_unmet(met: Iterable[Prerequisite]) -> None:
    missing = [p for p in met if not p.met]
    if missing:
        raise Refused(
            f"Phase cannot start: {missing[0].table} is not complete ({missing[0].reason}).",
            f"Fill {missing[0].table} first, or plan again so that it is part of the run.",
        )


def send_tables(state: State) -> str | list[Send]:
    """A branch for every table of the phase that is not finished."""
    if not state["sending"]:
        return "report"
    return [
        Send(
            "table",
            TableTask(
                run=state["run"],
                plan=state["plan"],
                facts=state["facts"],
                table=table,
                phase=state["phase"],
                delegated=state.get("delegated", 0) + place * delegate.PER_TABLE,
            ),
        )
        for place, table in enumerate(state["sending"])
    ]


def carry_over(state: TableTask, runtime: Runtime[Context]) -> State:
    """One table: data mapping prepares, migration execution copies, validation proves."""
    context, emit = runtime.context, emitter(runtime)
    ledger = Ledger(context.target)
    plan = context.shelf.get(state["plan"], Plan)
    phase = plan.phase_of(state["table"])
    step = next(step for step in phase.steps if step.target == state["table"])
    prepare, copy, validate = delegate.for_table(state["delegated"] + 1, phase, step)
    record = ledger.run(state["run"])
    with delegate.delegated(emit, prepare):
        work = table_work(plan, step.target, Catalogues.of(state["facts"], context.shelf), context, record)
        emit(_prepared(step, work))
    with delegate.delegated(emit, copy):
        result = copy_table(work, stop=context.stop.is_set, emit=_worded(emit, step, plan))
    if result.failure is not None:
        emit(FailureFound(failure=result.failure))
        return {"failures": {step.target: _dumped(result.failure)}}
    course = _course(state, plan, context)
    if not result.complete or course.waits(step.target, _states(ledger, state["run"])):
        return {}
    if context.stop.is_set() or ledger.stop_requested(state["run"]):  # to prove a large table takes its time
        return {}
    if failure := _looked_back(work, emit):
        return {"failures": {step.target: _dumped(failure)}}
    late = course.late_parents(step.target)
    patiently(lambda: fill_references(work, late), table=step.target, emit=emit)
    with delegate.delegated(emit, validate):
        return {"failures": {step.target: _dumped(prove(work, plan, emit))}}


def _looked_back(work: TableWork, emit: delegate.Emit) -> Failure | None:
    """What a person has to decide about rows that went before their parents; it is in the ledger and told by then."""
    failure = patiently(lambda: look_back(work, emit=emit), table=work.table, emit=emit)
    if failure:
        work.ledger.set_table(work.run, work.table, failure=failure)
        emit(FailureFound(failure=failure))
    return failure


def _worded(emit: delegate.Emit, step: Step, plan: Plan) -> delegate.Emit:
    """Every batch that was copied, with User Guidance's words: which one it was, and why this step matters."""
    parents = tuple(plan.phase_of(step.target).prerequisites)

    def tell(event: Event) -> None:
        if isinstance(event, BatchCompleted):
            why = action_words(step.target, step.table_type, parents)
            event = event.but(message=batch_message(step.target, event.batch, event.of), current_action=why)
        emit(event)

    return tell


def _prepared(step: Step, work: TableWork) -> TablePrepared:
    path, reason = way_of(work.compiled, work.target.slow_load)
    return TablePrepared(
        table=step.target, transformations=work.compiled.transformations, path=path, path_reason=reason
    )


def reproved(
    state: State, context: Context, emit: delegate.Emit, leave: Iterable[str] = ()
) -> dict[str, dict[str, Any] | None]:
    """Prove tables of earlier phases anew that rows came into beside the order; gives those that failed."""
    ledger = Ledger(context.target)
    plan = context.shelf.get(state["plan"], Plan)
    states, course = _states(ledger, state["run"]), _course(state, plan, context)
    waiting = [name for name, held in states.items() if held is TableState.COPIED and not course.in_ring(name, states)]
    failed: dict[str, dict[str, Any] | None] = {}
    for table in (table for table in waiting if table not in leave):
        record = ledger.run(state["run"])
        work = table_work(plan, table, Catalogues.of(state["facts"], context.shelf), context, record)
        if failure := _looked_back(work, emit) or prove(work, plan, emit):
            failed[table] = _dumped(failure)
    return failed


def _dumped(failure: Failure | None) -> dict[str, Any] | None:
    return failure.model_dump(mode="json") if failure else None


def settle(state: State, runtime: Runtime[Context]) -> State:
    """After every branch of a phase: was a stop asked for, is the phase complete?"""
    context, emit = runtime.context, emitter(runtime)
    ledger, run = Ledger(context.target), state["run"]
    update: State = {"delegated": state.get("delegated", 0) + delegate.PER_TABLE * len(state["sending"])}
    if again := reproved(state, context, emit, leave=state["sending"]):
        update["failures"] = again
    plan = context.shelf.get(state["plan"], Plan)
    due = _course(state, plan, context).due(_states(ledger, run))
    if due is None or due[0].number != state["phase"]:
        last = state["phase"] == len(plan.phases)
        emit(PhaseCompleted(phase=state["phase"], proceed_to=None if last else state["phase"] + 1))
        update["rounds"] = 0
    record = ledger.run(run)
    if due is not None and (context.stop.is_set() or record.stop_requested):  # with nothing left there is no pause
        update["reason"] = record.stop_reason or "asked to stop"
    elif record.deadline is not None and context.clock() >= record.deadline:
        update["reason"] = "its deadline passed"
    return update


def hold(state: State, runtime: Runtime[Context]) -> State:
    """Nothing runs from here on; the lease is given back, so that any process may go on."""
    ledger, run = Ledger(runtime.context.target), state["run"]
    said = state.get("answer", {})
    asked = said.get("reason", "") if said.get("say") == "pause" else ""
    reason = state.get("reason") or asked or "a decision was put off"
    ledger.acquire(run)
    refuse_over(ledger.run(run))
    ledger.set_status(run, RunStatus.PAUSED)
    ledger.set_deadline(run, None)
    ledger.release(run)
    runtime.context.stop.clear()
    emitter(runtime)(RunPaused(run=run, reason=reason))
    return {"reason": reason}


def report(state: State, runtime: Runtime[Context]) -> State:
    """How it ended: from the ledger, or cancelled before anything was written."""
    context, emit = runtime.context, emitter(runtime)
    outcome = outcome_of(state, context)
    late = False
    if state.get("approval"):
        ledger = Ledger(context.target)
        restore(ledger, state["run"], emit)
        failpoint("before_end")
        asked = context.stop.is_set() or ledger.stop_requested(state["run"])
        late = asked and outcome.status in (RunStatus.SUCCESS, RunStatus.SUCCESS_WITH_QUARANTINE, RunStatus.FAILED)
        ledger.set_status(state["run"], outcome.status)
        ledger.release(state["run"])
    emit(RunFinished(outcome=outcome))
    tables = progress(Ledger(context.target), state["run"]) if state.get("approval") else ()
    told = explain_outcome(outcome, context.shelf.get(state["plan"], Plan), tables)
    emit(Said(topic="outcome", text=told.text, outcome=told))
    if late:
        emit(Said(topic="notice", text="It was asked to stop when nothing was left to stop: the run was at its end."))
    words = outcome_in_words(outcome, context.desk(emit)) if state.get("approval") else ""
    if words:
        emit(Said(topic="advice", text=in_the_models_words(words)))
    return {"outcome": outcome.model_dump(mode="json"), "finished": True}
