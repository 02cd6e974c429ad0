"""What User Guidance says, in parts: each has the specification's fields, and `text`, the whole as it is read."""

from __future__ import annotations

from typing import Literal

from ferryman.domain.model import Frozen


def _sentences(*parts: str) -> str:
    """The parts that say something, one after the other, each ending like a sentence."""
    said = (part.strip() for part in parts if part.strip())
    return " ".join(part if part.endswith((".", "!", "?", ":")) else f"{part}." for part in said)


class ComplexityExplained(Frozen):
    """Why tables that connect others take an extra step."""

    situation: str
    complexity: str
    dependencies: str
    timeline: str

    @property
    def text(self) -> str:
        return _sentences(self.situation, self.complexity, self.dependencies, self.timeline)


class FindingsExplained(Frozen):
    """What was found, what kind of data it is, what that means, what is recommended."""

    message: str
    type: str
    impact: str
    recommendation: str
    notes: tuple[str, ...] = ()  #: what else should be known before planning
    complexity: ComplexityExplained | None = None  #: where tables that connect others are among them

    @property
    def text(self) -> str:
        lines = [_sentences(self.message, self.impact, self.recommendation)]
        lines += [self.complexity.text] if self.complexity else []
        return "\n".join((*lines, *self.notes))


class PlanPresented(Frozen):
    """The plan as it is put before a person."""

    summary: str
    time: str
    safety: str
    question: str
    details: tuple[str, ...] = ()  #: phases, what is left out, what would fail: one line each
    asked: tuple[str, ...] = ()  #: the first open question: its text and its options, one line each

    @property
    def text(self) -> str:
        return "\n".join((self.summary, *self.details, _sentences(self.time, self.safety), *self.asked))


class ProgressExplained(Frozen):
    """How far a table is."""

    message: str
    time_remaining: str
    current_action: str
    details: str = ""

    @property
    def text(self) -> str:
        return _sentences(self.message, self.current_action, self.time_remaining, self.details)


class OptionExplained(Frozen):
    """One way on, as it is offered."""

    choice: str
    time: str
    safety: str
    tradeoff: str = ""

    @property
    def text(self) -> str:
        return _sentences(f"{self.choice} ({self.time})" if self.time else self.choice, self.safety, self.tradeoff)


class ProblemExplained(Frozen):
    """What stopped, what it means, what can be done."""

    situation: str
    impact: str
    options: tuple[OptionExplained, ...]
    recommendation: str
    question: str
    severity: str = ""
    not_offered: str = ""  #: ways that do not apply, and why

    @property
    def text(self) -> str:
        lines = [_sentences(self.situation, self.impact)]
        lines += [f"  {number}. {option.text}" for number, option in enumerate(self.options, start=1)]
        return "\n".join((*lines, _sentences(self.recommendation, self.not_offered)))


class OutcomeExplained(Frozen):
    """How a run ended."""

    message: str
    details: str
    impact: str
    next_steps: str

    @property
    def text(self) -> str:
        return _sentences(self.message, self.details, self.impact, self.next_steps)


class StatusExplained(Frozen):
    """Where a run stands."""

    user_message: str
    progress_details: str
    time_remaining: str
    current_activity: str

    @property
    def text(self) -> str:
        return _sentences(self.user_message, self.progress_details, self.current_activity, self.time_remaining)


class Advice(Frozen):
    """What a model suggests beside the rules: shown as its own, and taken only when a person says so."""

    kind: Literal["option", "table_type", "rationale", "remark", "ask_first", "explanation"]
    about: str = ""  #: a question's id, a target table or a strategy
    text: str
