"""The plans before this one, in the conversation: what "undo that change" goes back to, and "put it back" forward.

State holds digests only: the plan as it was proposed and the last of those after it, `MOST` in all. The plans
themselves lie on the shelf.
"""

from __future__ import annotations

from ferryman.domain.conversation import ChangePlan, TakeBack, Utterance
from ferryman.domain.errors import Usage
from ferryman.graph.state import State

MOST = 20  #: plans to go back to


def starting_point(state: State, said: Utterance) -> str:
    """The digest of the plan that what was said starts from. Raises Usage where there is no change to go back over."""
    past, ahead = state.get("past", []), state.get("ahead", [])
    match said:
        case TakeBack(again=True):
            if not ahead:
                raise Usage("No change was taken back, so there is none to have again.", "")
            return ahead[-1]
        case TakeBack():
            if not past:
                raise Usage("The plan is as I proposed it: there is no change to take back.", "")
            return past[0] if said.everything else past[-1]
        case ChangePlan(instead=True) if past:
            return past[-1]
        case _:
            return state["plan"]


def remembered(state: State, said: Utterance) -> State:
    """The history after what was said has changed the plan."""
    past, ahead = state.get("past", []), state.get("ahead", [])
    match said:
        case TakeBack(again=True):
            return {"past": [*past, state["plan"]], "ahead": ahead[:-1], "latest": {}}
        case TakeBack():
            return {"past": [] if said.everything else past[:-1], "ahead": [*ahead, state["plan"]], "latest": {}}
        case ChangePlan():
            latest = said.model_dump(mode="json")
        case _:
            latest = {}
    known = past if isinstance(said, ChangePlan) and said.instead and past else [*past, state["plan"]]
    known = known if len(known) <= MOST else [known[0], *known[1 - MOST :]]
    return {"past": known, "ahead": [], "latest": latest}
