"""Where the graph goes next. Pure functions of the state, tested as a table."""

from __future__ import annotations

from langgraph.graph import END

from ferryman.domain.recovery import Decision, Failure
from ferryman.graph.state import Place, State

VERIFY_ROUNDS = 2  #: level 2 tries that often, then a person decides
INVESTIGATION = ["missing_references", "orphaned_records"]  #: side by side

HEARD: dict[Place, dict[str, str]] = {
    Place.START: {"request": "analyze"},
    Place.REVIEW: {
        "approve": "begin",
        "change": "revise",
        "take_back": "revise",
        "answer": "revise",
        "answers": "revise",
        "request": "revise",
        "cancel": "report",
    },
    Place.DECIDE: {
        "choose": "recover",
        "change": "revise",
        "pause": "hold",
        "rollback": "rollback",
        "cancel": "hold",
    },
    Place.PAUSED: {"change": "revise", "resume": "next_phase", "approve": "next_phase", "rollback": "rollback"},
}
UNDER_WAY = {"approve": "amend", "cancel": "drop"}  #: at the review of a change while a run is under way


def after_introspection(state: State) -> str:
    """A run that is in the ledger already goes on from there; a plan from a file is checked; words are understood."""
    if state.get("reopen"):
        return "reopen"
    return "adopt" if state.get("given") else "understand"


def after_adopting(state: State) -> str:
    """Answers in the file change the mapping, so it is planned anew; else the file's plan stands as it is."""
    return "plan" if state.get("draft") else "preflight"


def after_understanding(state: State) -> str:
    """What was said decides, by the place where it was said; everything else is answered, and so is a choice that is
    not among the options."""
    said = state["answer"]
    if said["say"] == "choose" and Place(state["place"]) is Place.DECIDE and state.get("decision"):
        offered = Decision.model_validate(state["decision"]).options
        if said["strategy"] not in [option.strategy for option in offered]:
            return "answer"
    if state.get("back_to") and said["say"] in UNDER_WAY:
        return UNDER_WAY[said["say"]]
    return HEARD[Place(state["place"])].get(said["say"], "answer")


def after_answer(state: State) -> str:
    """The same place in the conversation returns; before there is a plan, the person's turn."""
    return {Place.REVIEW: "review", Place.DECIDE: "decide", Place.PAUSED: "paused"}.get(Place(state["place"]), END)


def after_presenting(state: State) -> str:
    """What was said beside the request is taken into the plan before it is reviewed."""
    return "revise" if state.get("waiting") else "review"


def after_revising(state: State) -> str:
    """A change is planned; one that is refused, or that is no change, leaves the conversation where it was."""
    return "plan" if state.get("shown") else state["place"]


def after_amending(state: State) -> str:
    """Back to where the change was asked for; on, where it settled what the run had stopped at."""
    if state.get("back_to"):
        return "review"
    settled = state["place"] == Place.DECIDE.value and not state.get("failures")
    return "next_phase" if settled else state["place"]


def after_begin(state: State) -> str:
    """Without an approval that binds, back to the review."""
    return "next_phase" if state.get("approval") else "review"


def after_settling(state: State) -> str | list[str]:
    """Pause first, then failures by type, then on to the next phase."""
    if state.get("reason"):
        return "hold"
    failures = [Failure.model_validate(failure) for failure in state.get("failures", {}).values()]
    if not failures:
        return "next_phase"
    if all(failure.transient for failure in failures) and state.get("rounds", 0) < VERIFY_ROUNDS:
        return "verify"
    return INVESTIGATION


def after_verification(state: State) -> str | list[str]:
    """One fresh try when what was committed verifies; else a person decides."""
    return INVESTIGATION if state.get("failures") else "next_phase"


def after_integrity(state: State) -> str | list[str]:
    """A strategy that did not help goes back to diagnosis."""
    if state.get("undone"):
        return "report"
    if state.get("reason"):
        return "hold"
    return INVESTIGATION if state.get("failures") else "next_phase"
