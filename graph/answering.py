"""The facts that a person's question may be answered from, at the place in the conversation where it is asked."""

from __future__ import annotations

from ferryman.agents.answers import AnswerFacts
from ferryman.agents.context import Place
from ferryman.domain.findings import Findings
from ferryman.domain.plan import Plan
from ferryman.domain.profile import Profile
from ferryman.domain.recovery import Decision
from ferryman.domain.run import Outcome
from ferryman.graph.context import Context
from ferryman.graph.facts import Catalogues
from ferryman.graph.standing import status_of
from ferryman.graph.state import State
from ferryman.tools.databases.connect import Target
from ferryman.tools.move.ledger import Ledger


def facts_for_answers(state: State, context: Context) -> AnswerFacts:
    """Everything that is known now; what is not, is None."""
    facts, shelf = state["facts"], context.shelf
    catalogues = Catalogues.of(facts, shelf)
    plan = shelf.get(state["plan"], Plan) if state.get("plan") else None
    over = bool(state.get("finished")) and state["place"] == Place.START
    begun = bool(state.get("approval"))
    return AnswerFacts(
        place=Place.DONE if over else Place(state["place"]),
        findings=shelf.get(facts["findings"], Findings) if "findings" in facts else None,
        plan=plan,
        source=catalogues.source,
        target=catalogues.target,
        profile=shelf.get(facts["source_profile"], Profile) if "source_profile" in facts else None,
        decision=open_decision(state),
        status=status_of(Ledger(context.target), state["run"]) if begun else None,
        outcome=Outcome.model_validate(state["outcome"]) if over else None,
        reason=state.get("reason", ""),
        writes=written_tables(plan, context.target) if plan else (),
    )


def open_decision(state: State) -> Decision | None:
    """The decision that a person is asked for, or has put off; None where nothing stands at a failure."""
    waits = any(state.get("failures", {}).values()) and state["place"] in (Place.DECIDE, Place.PAUSED)
    return Decision.model_validate(state["decision"]) if waits and state.get("decision") else None


def written_tables(plan: Plan, target: Target) -> tuple[str, ...]:
    """Every table that a run would write: the plan's in the order of its phases, then the ledger's."""
    ledger = tuple(table.fullname for table in Ledger(target).tables.all)
    return (*(table for phase in plan.phases for table in phase.tables), *ledger)
