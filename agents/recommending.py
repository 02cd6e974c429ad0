"""Which way on a model would take after a failure: one of the options on offer, with a reason.

It stands beside the rules' recommendation. A plain yes takes the rules' one; the model's is taken by naming it.
"""

from __future__ import annotations

from typing import Annotated

from ferryman.agents.advice import Desk, Question, advise
from ferryman.agents.choices import OneOf, Told
from ferryman.agents.sayable import reasoned, unsayable
from ferryman.domain.guidance import Advice
from ferryman.domain.recovery import Decision
from ferryman.prompts.render import render


class Recommendation(Told):
    """One of the options."""

    option: Annotated[str, OneOf("options")]
    reason: str


def recommended(decision: Decision, desk: Desk | None) -> tuple[Advice, ...]:
    """The model's recommendation; () where there is none that may be shown."""
    if desk is None:
        return ()
    found = advise(question(decision), desk)
    if found is None:
        return ()
    chosen = next(option for option in decision.options if option.strategy.value == found.option)
    return (Advice(kind="option", about=found.option, text=reasoned(chosen.choice, found.reason)),)


def question(decision: Decision) -> Question[Recommendation]:
    """The question that is put to the model about an open decision. What failed before is not among its options."""
    offered = [option for option in decision.options if not option.failed_before]
    prompt = render(
        "recovery",
        situation=decision.situation,
        cause=decision.diagnosis.root_cause,
        impact=decision.impact,
        options=[
            {"name": o.strategy.value, "choice": o.choice, "safety": o.safety, "tradeoff": o.tradeoff} for o in offered
        ],
    )
    return Question(
        call="recovery",
        about=decision.failure.table,
        prompt=prompt,
        shape=Recommendation,
        choices={"options": tuple(option.strategy.value for option in offered)},
        trim=lambda found: _trimmed(found, prompt.user),
    )


def _trimmed(found: Recommendation, facts: str) -> tuple[Recommendation, tuple[str, ...]]:
    why = unsayable(found.reason, facts)
    return (found.model_copy(update={"reason": ""}), (f"the reason: {why}",)) if why else (found, ())
