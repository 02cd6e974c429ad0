"""A model looks over a plan before a person does: why this order, what to look at, what to answer first.

It is text and closed choices, shown beside the plan; nothing of the plan hangs on it. After a change it is asked again
only where the plan now holds what it has not read: another table, source, kind or size, or a new problem.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Annotated, Any

from pydantic import Field

from ferryman.agents.advice import Desk, Question, advise
from ferryman.agents.budget import fitting
from ferryman.agents.choices import OneOf, Told
from ferryman.agents.redact import size
from ferryman.agents.sayable import unsayable
from ferryman.domain.guidance import Advice
from ferryman.domain.model import Frozen
from ferryman.domain.plan import Phase, Plan
from ferryman.prompts.render import render

NONE = "none"
MOST_REMARKS = 3
CONCERNS = {
    "wrong_source": "another old table may be the right one",
    "missing_rows": "rows may stay behind",
    "doubles": "rows may come twice",
    "meaning": "a column may mean something else in the new system",
    "private": "it holds data of persons",
    "order": "something may have to come first",
    "other": "anything else",
}


class Remark(Told):
    table: Annotated[str, OneOf("tables")]
    concern: Annotated[str, OneOf("concerns")]
    text: str


class Review(Told):
    """What a person should know before they decide."""

    rationale: str
    remarks: Annotated[list[Remark], Field(max_length=MOST_REMARKS)]
    ask_first: Annotated[str, OneOf("questions")]


class Read(Frozen):
    """What a model has read of a plan, line by line."""

    tables: tuple[str, ...] = ()  #: target names
    lines: tuple[str, ...] = ()

    @staticmethod
    def of(plan: Plan) -> Read:
        steps = [step for phase in plan.phases for step in _phase(phase, plan)["steps"]]
        lines = (" ".join(step[name] for name in ("source", "target", "kind", "rows")) for step in steps)
        problems = (_problem(p.table, p.problem, p.cause) for p in plan.preflight.problems)
        return Read(tables=tuple(step["target"] for step in steps), lines=tuple(sorted({*lines, *problems})))

    def covers(self, plan: Plan) -> bool:
        """Whether there is nothing in a plan that was not read."""
        return set(Read.of(plan).lines) <= set(self.lines)


def still_said(advice: Iterable[Advice], read: Read, plan: Plan) -> Iterator[Advice]:
    """Of what a model said about a plan, what holds for one that has nothing in it that it had not read."""
    gone = set(read.tables) - set(Read.of(plan).tables)
    waiting = {question.id for question in plan.open_questions}
    for one in advice:
        of_gone = one.about in gone or any(re.search(rf"\b{re.escape(name)}\b", one.text) for name in gone)
        if (one.kind in ("rationale", "remark") and not of_gone) or (one.kind == "ask_first" and one.about in waiting):
            yield one


def review(plan: Plan, desk: Desk | None) -> tuple[Advice, ...]:
    """The model's remarks on a plan."""
    if desk is None:
        return ()
    found = advise(question(plan, desk.adviser.limits.prompt_tokens), desk)
    return tuple(_advice(found)) if found else ()


def question(plan: Plan, room: int) -> Question[Review]:
    """The question that is put to the model about a plan."""
    phases = fitting([_phase(phase, plan) for phase in plan.phases], room // 2)
    asked = fitting([q.id for q in plan.open_questions], room // 4)
    prompt = render(
        "review",
        concerns=list(CONCERNS.items()),
        phases=phases,
        problems=fitting([_problem(p.table, p.problem, p.cause) for p in plan.preflight.problems], room // 8),
        questions=asked,
    )
    return Question(
        call="review",
        prompt=prompt,
        shape=Review,
        choices={
            "tables": tuple(step["target"] for phase in phases for step in phase["steps"]),
            "concerns": tuple(CONCERNS),
            "questions": (NONE, *asked),
        },
        trim=lambda found: _trimmed(found, prompt.user),
    )


def _phase(phase: Phase, plan: Plan) -> dict[str, Any]:
    risks = {risk.table: risk for risk in plan.risks}
    return {
        "name": phase.name,
        "rationale": phase.rationale,
        "steps": [
            {
                "target": step.target,
                "source": step.source,
                "kind": step.table_type.value,
                "rows": size(plan.counts_by_table[step.target].in_scope) if step.target in plan.counts_by_table else "",
                "risk": risks[step.target].level.value if step.target in risks else "low",
                "needs": ", ".join(phase.prerequisites),
            }
            for step in phase.steps
        ],
    }


def _problem(table: str, problem: str, cause: str) -> str:
    return f"{table}: {problem}{f', {cause}' if cause else ''}".replace("_", " ")


def _trimmed(found: Review, facts: str) -> tuple[Review, list[str]]:
    """The review without what may not be shown."""
    why = {text: unsayable(text, facts) for text in (found.rationale, *(remark.text for remark in found.remarks))}
    kept = [remark for remark in found.remarks if not why[remark.text]]
    left = [f"the remark on {r.table}: {why[r.text]}" for r in found.remarks if why[r.text]]
    if why[found.rationale]:
        left.insert(0, f"the rationale: {why[found.rationale]}")
    said = "" if why[found.rationale] else found.rationale
    return found.model_copy(update={"rationale": said, "remarks": kept}), left


def _advice(found: Review) -> Iterator[Advice]:
    if found.rationale:
        yield Advice(kind="rationale", text=found.rationale.strip())
    for remark in found.remarks:
        yield Advice(kind="remark", about=remark.table, text=remark.text.strip())
    if found.ask_first != NONE:
        yield Advice(kind="ask_first", about=found.ask_first, text="This question first.")
