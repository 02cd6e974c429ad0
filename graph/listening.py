"""What a person's words may refer to, at the place in the conversation where they are said."""

from __future__ import annotations

from ferryman.agents import context as agents
from ferryman.domain.conversation import ChangePlan
from ferryman.domain.findings import Findings
from ferryman.domain.plan import Plan
from ferryman.graph.answering import open_decision
from ferryman.graph.context import Context
from ferryman.graph.facts import Catalogues
from ferryman.graph.state import State


def hearing(state: State, context: Context) -> agents.Context:
    """The understanding agent's view of the conversation."""
    facts, shelf = state["facts"], context.shelf
    catalogues = Catalogues.known(facts, shelf)
    decision = open_decision(state)
    return agents.Context(
        place=agents.Place(state["place"]),
        source=catalogues.source,
        target=catalogues.target,
        findings=shelf.get(facts["findings"], Findings) if "findings" in facts else Findings(),
        plan=shelf.get(state["plan"], Plan) if state.get("plan") else None,
        decision=decision,
        table=decision.failure.table if decision else "",
        changes=len(state.get("past", ())),
        meant=state.get("meant", ""),
        other=ChangePlan.model_validate(state["other"]) if state.get("other") else None,
        taken_back=bool(state.get("ahead")),
        latest=ChangePlan.model_validate(state["latest"]) if state.get("latest") else None,
        today=context.clock().date(),
    )
