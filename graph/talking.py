"""The three places where a person is asked, and the answers that are given there.

An interrupt stands alone in its node: resuming runs the node again from its start.
"""

from __future__ import annotations

from langgraph.runtime import Runtime
from langgraph.types import interrupt

from ferryman.agents import user_guidance
from ferryman.agents.explaining import in_other_words
from ferryman.agents.other_request import other_request
from ferryman.agents.unoffered import cannot_choose
from ferryman.domain.conversation import (
    UTTERANCE,
    Ask,
    ChangePlan,
    Choose,
    DecidePayload,
    OtherRequest,
    PausedPayload,
    ReviewPayload,
    Unclear,
)
from ferryman.domain.errors import Usage
from ferryman.domain.events import Said
from ferryman.domain.guidance import Advice
from ferryman.domain.plan import Plan
from ferryman.domain.recovery import Decision
from ferryman.graph.answering import facts_for_answers, written_tables
from ferryman.graph.context import Context
from ferryman.graph.preparing import known_facts, redrafted
from ferryman.graph.state import Place, State
from ferryman.graph.streams import emitter


def review(state: State, runtime: Runtime[Context]) -> State:
    """[review]: put the plan before the person and hear what they say."""
    plan = runtime.context.shelf.get(state["plan"], Plan)
    presented = user_guidance.present_plan(plan)
    if state.get("back_to"):
        presented = user_guidance.present_change(runtime.context.shelf.get(state["standing"], Plan), plan)
    payload = ReviewPayload(
        run=state["run"],
        plan=plan,
        token=state["token"],
        other=bool(state.get("other")),
        under_way=bool(state.get("back_to")),
        writes=written_tables(plan, runtime.context.target),
        presented=presented,
        advice=() if state.get("back_to") else _advice(state),
        message=presented.text,
        question="Shall I plan that instead?" if state.get("other") else presented.question,
    )
    return {"heard": interrupt(payload.model_dump(mode="json")), "place": Place.REVIEW.value}


def decide(state: State, runtime: Runtime[Context]) -> State:
    """[decide]: put the options before the person."""
    decision = Decision.model_validate(state["decision"])
    explained = user_guidance.explain_problem(decision)
    payload = DecidePayload(
        run=state["run"],
        decision=decision,
        explained=explained,
        advice=_advice(state),
        message=explained.text,
        question=explained.question,
        deadline=state.get("deadline", ""),
    )
    return {"heard": interrupt(payload.model_dump(mode="json")), "place": Place.DECIDE.value}


def paused(state: State, runtime: Runtime[Context]) -> State:
    """[paused]: nothing runs; everything that was moved is safe."""
    payload = PausedPayload(
        run=state["run"],
        reason=state.get("reason", "asked to"),
        message=user_guidance.explain_pause(state["run"], state.get("reason", "")),
        question="Shall I go on?",
    )
    return {"heard": interrupt(payload.model_dump(mode="json")), "place": Place.PAUSED.value}


def _advice(state: State) -> tuple[Advice, ...]:
    return tuple(Advice.model_validate(one) for one in state.get("advice", []))


def answer(state: State, runtime: Runtime[Context]) -> State:
    """Answer a question from facts; the same place in the conversation returns."""
    said = UTTERANCE.validate_python(state["answer"])
    emit = emitter(runtime)
    if isinstance(said, Ask):
        facts = facts_for_answers(state, runtime.context)
        emit(Said(topic="answer", text=user_guidance.answer(said, facts)))
        words = in_other_words(said, facts, runtime.context.desk(emit))
        if words:
            emit(Said(topic="advice", text=user_guidance.in_the_models_words(words)))
    elif isinstance(said, OtherRequest):
        return _compare(state, said.change, runtime)
    elif isinstance(said, Choose):
        facts = facts_for_answers(state, runtime.context)
        emit(Said(topic="answer", text=cannot_choose(said.strategy, facts)))
    elif isinstance(said, Unclear):
        emit(Said(topic="answer", text=user_guidance.not_understood(said)))
    return {}


def _compare(state: State, change: ChangePlan, runtime: Runtime[Context]) -> State:
    """Say what another request would do to the plan; one that cannot be planned is refused at once."""
    emit, plan = emitter(runtime), runtime.context.shelf.get(state["plan"], Plan)
    facts = known_facts(state, runtime.context)
    try:
        _, draft = redrafted(plan, change.changes, plan.questions, facts)
    except Usage as error:
        emit(Said(topic="answer", text=f"{error.what} {error.do}".strip()))
        return {"other": {}}
    emit(Said(topic="answer", text=other_request(plan, draft.mapping)))
    return {}
