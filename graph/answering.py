"""The facts that a person's question may be answered from, at the place in the conversation where it is asked."""

from __future__ import annotations

from ferryman.agents.answers import AnswerFacts
from ferryman.agents.context import Place
from ferryman.domain.findings import Findings
from ferryman.domain.plan import Plan
from ferryman.domain.profile import Profile
from ferryman.domain.recovery import Decision
from ferryman.graph.context import Context
from ferryman.graph.facts import Catalogues
from ferryman.graph.state import State
from ferryman.tools.databases.connect import Target
from ferryman.tools.move.ledger import Ledger


def facts_for_answers(state: State, context: Context) -> AnswerFacts:
    """Everything that is known now; what is not, is None."""
    facts, shelf = state["facts"], context.shelf
    catalogues = Catalogues.of(facts, shelf)
    plan = shelf.get(state["plan"], Plan) if state.get("plan") else None
    return AnswerFacts(
        place=Place(state["place"]),
        findings=shelf.get(facts["findings"], Findings) if "findings" in facts else None,
        plan=plan,
        source=catalogues.source,
        target=catalogues.target,
        profile=shelf.get(facts["source_profile"], Profile) if "source_profile" in facts else None,
        decision=Decision.model_validate(state["decision"]) if state.get("decision") else None,
        writes=written_tables(plan, context.target) if plan else (),
    )


def written_tables(plan: Plan, target: Target) -> tuple[str, ...]:
    """Every table that a run would write: the plan's in the order of its phases, then the ledger's."""
    ledger = tuple(table.fullname for table in Ledger(target).tables.all)
    return (*(table for phase in plan.phases for table in phase.tables), *ledger)
