"""The User Guidance agent: everything that the others found, planned, did or could not do, in plain English.

All of it is said from facts: numbers stand in them, and what was not measured is not claimed. The parts live in
`explain` (findings and plan), `progress` (batches, status, outcome), `problems`, `reasons` and `answers`.
"""

from __future__ import annotations

from collections.abc import Sequence

from ferryman.agents.answer_facts import AnswerFacts
from ferryman.agents.answers import answer
from ferryman.agents.difference import difference
from ferryman.agents.discoveries import explain_complexity, explain_findings
from ferryman.agents.explain import asked, present_plan
from ferryman.agents.problems import explain_problem
from ferryman.agents.progress import (
    action_words,
    batch_message,
    explain_outcome,
    explain_pause,
    explain_progress,
    explain_status,
    next_steps,
)
from ferryman.agents.reasons import why_match, why_step
from ferryman.agents.wording import bullet, clean, listed, one_line
from ferryman.domain.changes import Question
from ferryman.domain.conversation import Unclear
from ferryman.domain.guidance import Advice, PlanPresented
from ferryman.domain.plan import Plan

__all__ = [
    "AnswerFacts",
    "action_words",
    "advice_lines",
    "answer",
    "batch_message",
    "clean",
    "difference_text",
    "explain_complexity",
    "explain_findings",
    "explain_outcome",
    "explain_pause",
    "explain_problem",
    "explain_progress",
    "explain_status",
    "in_the_models_words",
    "next_steps",
    "not_understood",
    "present_plan",
    "why_match",
    "why_step",
]


def in_the_models_words(text: str) -> str:
    """A model's text, marked as such: whoever reads it knows that it is no fact of ours."""
    return f"In the model's words: {one_line(text)}"


def advice_lines(advice: Sequence[Advice], questions: Sequence[Question] = ()) -> tuple[str, ...]:
    """What a model suggests, one line each, as its own. `questions` gives the words of those that it speaks of."""
    told = {question.id: one_line(question.text) for question in questions}
    lines = [_advice_line(one, told.get(one.about, "")) for one in advice]
    return ("Suggested by the model; nothing hangs on it:", *bullet(lines)) if lines else ()


def _advice_line(advice: Advice, question: str) -> str:
    text = one_line(advice.text)
    match advice.kind:
        case "option":
            return f"{question} {text}".strip()
        case "rationale":
            return f"Why in this order: {text}"
        case "remark":
            return f"{clean(advice.about)}: {text}"
        case "ask_first":
            return f"What it would settle first: {question}"
        case _:
            return text


def present_change(before: Plan, after: Plan) -> PlanPresented:
    """A change of a plan that is under way, as it is put before a person."""
    told = difference(before, after)
    waiting = after.open_questions
    return PlanPresented(
        summary="The run waits. With your change it goes on like that:" if told else "The plan says that already.",
        time="",
        safety="What was moved stays as it is, and the rest of the plan as you approved it.",
        question="What is your answer?" if waiting else "Shall the run go on with the plan changed like that?",
        details=tuple(bullet(told)),
        asked=asked(waiting[0], len(waiting) - 1) if waiting else (),
    )


def not_understood(said: Unclear) -> str:
    """That a sentence was not understood, and what would be."""
    if said.read:
        offer = f'If you mean "{one_line(said.read)}", say so in these words, or "that is what I meant".'
        return f"I did not understand that for sure. {offer} {one_line(said.plainly)}".strip()
    tries = listed([f'"{one_line(suggestion)}"' for suggestion in said.suggestions], joined="or")
    return f"{one_line(said.why) or 'I did not understand that.'} You could say {tries}."


def difference_text(lines: Sequence[str], not_understood: str = "") -> str:
    """What a change changes about the plan, and what of the sentence was not understood."""
    told = (
        ["What is different now:", *(f"  - {line}" for line in lines)]
        if lines
        else ["That is what the plan says already: nothing in it changes."]
    )
    if not_understood:
        told.append(f'I did not understand this part: "{one_line(not_understood)}". It is not in the plan.')
    return "\n".join(told)
