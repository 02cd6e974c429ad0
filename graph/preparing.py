"""From findings to a plan that is put up for review: map, plan, look for what would fail, present; and change it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from langgraph.runtime import Runtime

from ferryman.agents.cascades import cascades
from ferryman.agents.data_mapping import propose
from ferryman.agents.difference import difference
from ferryman.agents.facts import Facts
from ferryman.agents.plan_review import Read, review, still_said
from ferryman.agents.planning import make_plan
from ferryman.agents.preflight_questions import questions as preflight_questions
from ferryman.agents.questions import carry, leaving_something, questions_about, settle
from ferryman.agents.revise import batch_sizes, revise
from ferryman.agents.risk import AtStake, risk_of
from ferryman.agents.second_look import second_look
from ferryman.agents.under_way import looked_ahead, steady
from ferryman.agents.understand import understand
from ferryman.agents.user_guidance import clean, difference_text
from ferryman.agents.wording import bullet
from ferryman.domain.changes import Change, Include, LeaveOut, MapTable, Question, SetBatchSize, SetRequest
from ferryman.domain.conversation import (
    UTTERANCE,
    AnswerQuestion,
    AnswerQuestions,
    Begin,
    ChangePlan,
    TakeBack,
    Utterance,
)
from ferryman.domain.coordination import Request
from ferryman.domain.errors import Usage
from ferryman.domain.events import PlanMade, Said
from ferryman.domain.fits import misfits
from ferryman.domain.guidance import Advice
from ferryman.domain.mapping import Mapping
from ferryman.domain.model import Frozen
from ferryman.domain.plan import Counts, Handling, Plan, Preflight, Risk
from ferryman.graph import delegate
from ferryman.graph.amending import put_up, refuse_too_late, rows_before, waits_under_way
from ferryman.graph.checks import binding_now
from ferryman.graph.context import Context
from ferryman.graph.discovery import discovered
from ferryman.graph.facts import Analysis, Catalogues
from ferryman.graph.history import remembered, starting_point
from ferryman.graph.listening import hearing
from ferryman.graph.measuring import facts_for_agents, measured
from ferryman.graph.state import Place, State
from ferryman.graph.streams import emitter
from ferryman.graph.work import all_compiled
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.set_aside import announced, announced_first
from ferryman.tools.move.straight import way_of
from ferryman.tools.prepare.batching import batches_of
from ferryman.tools.prepare.preflight import looking, rows_ahead
from ferryman.tools.prepare.preflight import preflight as look_ahead
from ferryman.tools.prepare.side_by_side import Looks
from ferryman.tools.prepare.transform import CompiledTable


class Draft(Frozen):
    """A mapping and what is still to be asked about it."""

    mapping: Mapping
    questions: tuple[Question, ...] = ()


def _with_wishes(state: State, draft: Draft, facts: Facts) -> Draft:
    """A draft with what was said of it in the sentence that asked for it."""
    said = UTTERANCE.validate_python(state["answer"]) if state.get("answer") else None
    changes = said.changes if isinstance(said, Begin) else ()
    mapping, questions = draft.mapping, draft.questions
    for change in changes:
        mapping, questions = revise(mapping, change, facts), settle(questions, change)
    return Draft(mapping=mapping, questions=carry(questions, questions_about(mapping, facts))) if changes else draft


def map_tables(state: State, runtime: Runtime[Context]) -> State:
    """Data mapping: what feeds what, column by column; what is not sure becomes a question."""
    context, emit = runtime.context, emitter(runtime)
    request = Request.model_validate(state["request"])
    analysis = Analysis.of(state["facts"], context.shelf)
    number = state.get("delegated", 0) + 1
    with delegate.delegated(emit, delegate.mapping(number, request.tables)):
        facts = facts_for_agents(analysis, context)
        mapping, questions = propose(request, facts)
        draft = _with_wishes(state, Draft(mapping=mapping, questions=questions), facts)
    return {"draft": context.shelf.put(draft), "delegated": number}


def revise_plan(state: State, runtime: Runtime[Context]) -> State:
    """Take a person's change or answer into the mapping. A change that does not fit is said, and nothing changes."""
    context, emit = runtime.context, emitter(runtime)
    said = UTTERANCE.validate_python(state["answer"])
    shown = context.shelf.get(state["plan"], Plan)
    known = discovered(state["facts"], context, rows_before(state, context))
    facts = facts_for_agents(Analysis.of(known, context.shelf), context)
    try:
        start = starting_point(state, said)
        before = context.shelf.get(start, Plan)
        changes, questions = _wanted(said, before, facts)
        request, draft = redrafted(before, changes, questions, facts)
        sizes = (state.get("sizes", {}) if before is shown else _sizes(before)) | _resized(before, changes)
        if waits_under_way(state):
            refuse_too_late(state, draft.mapping, context)
    except Usage as error:
        emit(Said(topic="answer", text=f"{error.what} {error.do}".strip()))
        return {"facts": known, "shown": "", "waiting": ""}
    if isinstance(said, ChangePlan):
        _say_missed(said.not_understood, emit)
    _say_open(said, draft, emit)
    if before is shown and not _differs(shown, request, draft) and not _resized(before, changes):
        emit(Said(topic="plan", text=difference_text(())))
        return {"facts": known, "shown": "", "waiting": ""}
    return {
        "plan": start,
        **remembered(state, said),
        **put_up(state, said),
        "facts": known,
        "draft": context.shelf.put(draft),
        "shown": state["plan"],
        "waiting": "",
        "request": request.model_dump(mode="json"),
        "sizes": sizes,
    }


def known_facts(state: State, context: Context) -> Facts:
    """What the agents know, for words about the plan; a plan from a file may lie there without a discovery."""
    known = discovered(state["facts"], context, rows_before(state, context))
    return facts_for_agents(Analysis.of(known, context.shelf), context)


def _differs(plan: Plan, request: Request, draft: Draft) -> bool:
    """Whether a draft is about something else than a plan, or answers more of its questions."""
    answered = {question.id: question.answer for question in draft.questions if not question.open}
    before = {question.id: question.answer for question in plan.questions if not question.open}
    same = request.but(user_context=plan.request.user_context, leave_out=plan.request.leave_out)
    return same != plan.request or draft.mapping != plan.mapping or answered != before


def _sizes(plan: Plan) -> dict[str, int]:
    return {batch.table: batch.size for batch in plan.batches}


def _say_missed(words: str, emit: delegate.Emit) -> None:
    """Say which part of what was said was not understood: it is not in the plan."""
    if words:
        emit(Said(topic="answer", text=f'I did not understand this part: "{clean(words)}". It is not in the plan.'))


def _say_open(said: Utterance, draft: Draft, emit: delegate.Emit) -> None:
    """Say which questions are still open where every recommendation was taken: there is none for them."""
    left = (
        [q.text for q in draft.questions if q.open and not q.recommended] if isinstance(said, AnswerQuestions) else []
    )
    if left:
        emit(Said(topic="answer", text="\n".join(("I recommend nothing here, so you decide:", *bullet(left)))))


def _resized(plan: Plan, changes: Iterable[Change]) -> dict[str, int]:
    """The batch sizes that were asked for just now, by target table."""
    before = sizes = _sizes(plan)
    for change in changes:
        if isinstance(change, SetBatchSize):
            sizes = batch_sizes(sizes, change)
    return {table: size for table, size in sizes.items() if size != before[table]}


def redrafted(
    before: Plan, changes: Iterable[Change], questions: tuple[Question, ...], facts: Facts
) -> tuple[Request, Draft]:
    """The mapping after some changes, and the questions that are left; answers given before are carried along."""
    request, mapping = before.request, before.mapping
    for change in changes:
        request = _asked_now(request, change)
        mapping = revise(mapping, change, facts)
        questions = settle(questions, change)
    if not mapping.copied:
        raise Usage("That would leave nothing to move.", 'Say "no" if nothing shall be moved at all.')
    left = carry(questions, questions_about(mapping, facts))
    for change in changes:  # what it brought into the plan may be asked about for the first time
        left = settle(left, change) if isinstance(change, MapTable) else left
    return request, Draft(mapping=mapping, questions=tuple(q.but(taken=not q.open) for q in left))


def _asked_now(request: Request, change: Change) -> Request:
    """The request after a change: it says which tables a person wants to leave out."""
    out = request.leave_out
    match change:
        case SetRequest():
            return change.request
        case LeaveOut(table=table) if table not in out:
            return request.but(leave_out=(*out, table))
        case Include(table=table) | MapTable(target=table) if table in out:
            return request.but(leave_out=tuple(name for name in out if name != table))
        case _:
            return request


def _wanted(said: Utterance, plan: Plan, facts: Facts) -> tuple[tuple[Change, ...], tuple[Question, ...]]:
    """The changes that were asked for, and the plan's questions as they are answered by that."""
    match said:
        case Begin():
            return (SetRequest(request=said.request), *said.changes), plan.questions
        case ChangePlan():
            return said.changes, plan.questions
        case TakeBack():
            return (), plan.questions
        case AnswerQuestion():
            return _answered(plan, (said,))
        case AnswerQuestions():
            return _answered(plan, _together(plan, said.answers, facts))
        case _:
            raise AssertionError(said.say)


def _together(plan: Plan, said: tuple[AnswerQuestion, ...], facts: Facts) -> tuple[AnswerQuestion, ...]:
    """Of answers given at once, those that go together, one after the other: what is moot by one before is asked anew
    or not any more. Raises Usage where none can be taken."""
    taken, refused = list[AnswerQuestion](), list[Usage]()
    for answer in said:
        try:
            redrafted(plan, *_answered(plan, (*taken, answer)), facts)
        except Usage as error:
            refused.append(error)
        else:
            taken.append(answer)
    if refused and not taken:
        raise refused[0]
    return tuple(taken)


def _answered(plan: Plan, said: tuple[AnswerQuestion, ...]) -> tuple[tuple[Change, ...], tuple[Question, ...]]:
    taken = {answer.question: _asked(plan, answer).option(answer.option) for answer in said}
    questions = tuple(q.but(answer=taken[q.id].key) if q.id in taken else q for q in plan.questions)
    changes = [change for option in taken.values() for change in option.changes]
    gone = {change.table for change in changes if isinstance(change, LeaveOut)}
    return tuple(c for c in changes if isinstance(c, LeaveOut) or _about(c) not in gone), questions


def _about(change: Change) -> str:
    """The new table that an answer is about."""
    return change.target if isinstance(change, MapTable) else str(getattr(change, "table", ""))


def _asked(plan: Plan, said: AnswerQuestion) -> Question:
    for question in plan.questions:
        if question.id == said.question and any(option.key == said.option for option in question.options):
            return question
    known = "; ".join(f"{q.id}: {', '.join(o.key for o in q.options)}" for q in plan.open_questions) or "none is open"
    raise Usage(f'There is no question "{said.question}" with an answer "{said.option}".', f"The open ones: {known}.")


def plan(state: State, runtime: Runtime[Context]) -> State:
    """Planning: order, batches from a timed probe, risks, the way back."""
    context, emit = runtime.context, emitter(runtime)
    request = Request.model_validate(state["request"])
    draft = context.shelf.get(state["draft"], Draft)
    if not draft.mapping.copied:
        raise Usage(
            "Nothing that was asked for can be moved: no old table feeds an empty table of the new system.",
            "See `ferryman analyze` for what was found, or say which old table goes into which new one.",
        )
    facts = facts_for_agents(Analysis.of(state["facts"], context.shelf), context)
    catalogues = Catalogues.of(state["facts"], context.shelf)
    number = state.get("delegated", 0) + 1
    found = measured(request, draft.mapping, facts, catalogues, state.get("sizes", {}), context)
    if state.get("plan"):
        found = replace(found, handling=_care(context.shelf.get(state["plan"], Plan)))
    made = make_plan(request, draft.mapping, draft.questions, facts, found)
    if state.get("back_to"):
        made = steady(context.shelf.get(state["standing"], Plan), made, state.get("sizes", {}))
    tables = tuple(table.target for table in draft.mapping.copied)
    task = delegate.planning(number, made.strategy.value, delegate.urgency(request), tables)
    with delegate.delegated(emit, task):
        digest = context.shelf.put(made)
    return {"plan": digest, "delegated": number}


def _care(before: Plan) -> dict[str, Handling]:
    """The switches of every table's phase, as they were set in the plan that is changed."""
    return {table: phase.handling for phase in before.phases for table in phase.tables}


def adopt(state: State, runtime: Runtime[Context]) -> State:
    """A plan from a file: it must fit the live catalogues; answers that were written into it are taken in."""
    context = runtime.context
    given = _recounted(context.shelf.get(state["plan"], Plan))
    catalogues = Catalogues.of(state["facts"], context.shelf)
    wrong = misfits(given, catalogues.source, catalogues.target)
    if wrong:
        raise Usage(
            f"The plan does not fit these databases: {wrong[0].what}.", f"What would fit: {wrong[0].would_fit}."
        )
    update: State = {
        "plan": context.shelf.put(given),
        "request": given.request.model_dump(mode="json"),
        "place": Place.REVIEW.value,
    }
    new = [q for q in given.questions if not q.open and not q.taken]
    if new:
        known = discovered(state["facts"], context)
        facts = facts_for_agents(Analysis.of(known, context.shelf), context)
        changes = [change for q in new for change in q.option(q.answer or "").changes]
        _, draft = redrafted(given, changes, given.questions, facts)
        update |= {"facts": known, "draft": context.shelf.put(draft)}
    return update


def _recounted(plan: Plan) -> Plan:
    """Batches as many as their size makes: it may have been edited in the file."""
    return plan.but(batches=tuple(b.but(batches=batches_of(b.rows, b.size)) for b in plan.batches))


def _counted_now(plan: Plan, found: Preflight) -> Plan:
    """A plan from a file with the rows that are in scope now: a filter may have been edited there."""
    now = found.tables
    return _recounted(
        plan.but(
            counts=tuple(c.but(in_scope=now.get(c.table, c.in_scope)) for c in plan.counts),
            batches=tuple(b.but(rows=now.get(b.table, b.rows)) for b in plan.batches),
        )
    )


def preflight(state: State, runtime: Runtime[Context]) -> State:
    """What would fail, found before a write; every class of it that nobody decided becomes a question."""
    context = runtime.context
    made = context.shelf.get(state["plan"], Plan)
    catalogues, ledger = Catalogues.of(state["facts"], context.shelf), Ledger(context.target)
    work = all_compiled(made.mapping, catalogues, context.clock())

    def rows(plan: Plan, looks: Looks) -> Preflight:
        compiled = all_compiled(plan.mapping, catalogues, context.clock())
        return rows_ahead(context.source, context.target, plan, compiled, memory=context.memory, looks=looks)

    with looking(context.source, context.target) as looks:
        found = look_ahead(
            context.source,
            context.target,
            catalogues.source,
            catalogues.target,
            made,
            work,
            ledger=() if ledger.exists() else ledger.statements(),
            skip_data=not context.options.preflight,
            memory=context.memory,
            looks=looks,
        )
        made = _counted_now(made, found) if state.get("given") and not state.get("back_to") else made
        found = found.but(warnings=(*found.warnings, *_set_aside(made, found, work, context)))
        if state.get("back_to"):
            found = looked_ahead(context.shelf.get(state["standing"], Plan), made, found)
        below = {}
        if context.options.preflight:
            below = cascades(found, made, catalogues.target, lambda plan: rows(plan, looks))
    known = Analysis.known(state["facts"])
    profile = Analysis.of(state["facts"], context.shelf).source_profile if known else None
    asked = leaving_something(
        preflight_questions(found, made, catalogues.source, catalogues.target, below, profile), made.mapping
    )
    still = {question.id for question in made.questions if question.open}
    new = {question.id: question for question in asked if question.id not in still}
    made = made.but(
        preflight=found,
        # A class that is there although its question was answered is asked about again.
        questions=(*(question for question in made.questions if question.id not in new), *new.values()),
        risks=_risks(state, made, found, context),
    )
    return {"plan": context.shelf.put(made)}


def _set_aside(plan: Plan, found: Preflight, work: dict[str, CompiledTable], context: Context) -> Iterator[str]:
    """What becomes of foreign keys while their tables are loaded."""
    for name, table in work.items():
        yield from announced_first(plan, table.target_database, name)
        counts = plan.counts_by_table.get(name) or Counts(table=name, source=0, in_scope=0, target=0)
        if table.target.foreign_keys and way_of(table)[0] == "straight":
            rows = found.tables.get(name, counts.in_scope)
            yield from announced(context.target, name, rows, counts.target)


def _risks(state: State, plan: Plan, found: Preflight, context: Context) -> tuple[Risk, ...]:
    """Every table's risk, with what was found now. Without discovery a plan from a file keeps what stands in it."""
    if not Analysis.known(state["facts"]):
        return plan.risks
    findings = Analysis.of(state["facts"], context.shelf).findings.by_target
    return tuple(
        risk_of(
            AtStake(
                plan.mapping.by_target[risk.table],
                plan.counts_by_table[risk.table],
                findings.get(risk.table),
                tuple(problem for problem in found.problems if problem.table == risk.table),
            )
        )
        for risk in plan.risks
    )


def present(state: State, runtime: Runtime[Context]) -> State:
    """What an approval would bind, and, after a change, what is different now."""
    context, emit = runtime.context, emitter(runtime)
    made = context.shelf.get(state["plan"], Plan)
    binding, _ = binding_now(made, context)
    if state.get("shown"):
        there = Catalogues.of(state["facts"], context.shelf).target
        changed = difference(context.shelf.get(state["shown"], Plan), made, there)
        emit(Said(topic="plan", text=difference_text(changed)))
    emit(
        PlanMade(
            plan_hash=made.hash,
            tables=len(made.mapping.copied),
            rows=sum(count.in_scope for count in made.counts),
            questions=len(made.open_questions),
            estimate=made.estimate.text,
        )
    )
    if taken := _what_waited(state, context, emit):
        return {"token": binding.token, "shown": "", **taken}
    advised = {} if state.get("back_to") else _advised(state, made, context, emit)
    return {"token": binding.token, "shown": "", "waiting": ""} | advised


def _what_waited(state: State, context: Context, emit: delegate.Emit) -> State:
    """What was said beside the request, as a change of the plan that there is now. Nothing else is heard in it: a yes
    to a plan that nobody has seen is none."""
    if not state.get("waiting"):
        return {}
    said = understand(state["waiting"], hearing({**state, "place": Place.REVIEW.value}, context))
    if isinstance(said, ChangePlan):
        return {"answer": said.model_dump(mode="json"), "place": Place.REVIEW.value}
    _say_missed(state["waiting"], emit)
    return {}


def _advised(state: State, made: Plan, context: Context, emit: delegate.Emit) -> State:
    """What a model suggests beside the plan: on questions that names and types settle, and on the whole."""
    desk = context.desk(emit)
    if desk is None:
        return {"advice": []}
    shown = context.shelf.get(state["shown"], Plan) if state.get("shown") else None
    waiting = {question.id for question in made.open_questions}
    given = [Advice.model_validate(one) for one in state.get("advice", [])] if shown else []
    found = [one for one in given if one.kind == "option" and one.about in waiting]
    if Analysis.known(state["facts"]):
        facts = facts_for_agents(Analysis.of(state["facts"], context.shelf), context)
        found += second_look(made.questions, made.mapping, facts, desk, shown.mapping if shown else None)
    reviewed = context.shelf.get(state["reviewed"], Read) if state.get("reviewed") else Read()
    if shown and reviewed.covers(made):
        found += still_said(given, reviewed, made)
    else:
        found += review(made, desk)
        reviewed = Read.of(made)
    advice = [one.model_dump(mode="json") for one in found]
    return {"advice": advice, "reviewed": context.shelf.put(reviewed)}
