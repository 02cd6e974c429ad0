"""Where in the conversation something is said, and what may be meant by it. Given to `understand` as an argument."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from ferryman.domain.changes import Question
from ferryman.domain.conversation import ChangePlan
from ferryman.domain.findings import Findings
from ferryman.domain.mapping import TableMapping
from ferryman.domain.plan import Plan
from ferryman.domain.recovery import Decision
from ferryman.domain.run import Status
from ferryman.domain.schema import Database


class Place(StrEnum):
    """Where we are. The same words mean different things in different places."""

    START = "start"  #: nothing was asked for yet
    REVIEW = "review"  #: a plan lies before the person
    DECIDE = "decide"  #: something stopped, and options lie before the person
    PAUSED = "paused"
    RUNNING = "running"
    DONE = "done"


@dataclass(frozen=True)
class Context:
    """Everything that a person's words may refer to."""

    place: Place
    source: Database
    target: Database
    findings: Findings = field(default_factory=Findings)
    plan: Plan | None = None
    questions: tuple[Question, ...] | None = (
        None  #: the open ones, the one put before the person first; None: the plan's
    )
    decision: Decision | None = None  #: the open one; at PAUSED, the one that was put off
    aside: int = 0  #: rows of the run last talked about that lie in quarantine
    table: str = ""  #: target name of the table last talked about
    changes: int = 0  #: of the plan, that can be taken back
    meant: str = ""  #: the sentence that was put before the person just now, for words that were not understood
    other: ChangePlan | None = None  #: the other request that was put before the person just now: a yes takes it
    taken_back: bool = False  #: a change was, and can be had again
    latest: ChangePlan | None = None  #: the last change, where it was said in words and is in the plan
    runs: tuple[Status, ...] = ()  #: that the target's ledger knows of
    today: date | None = None  #: for "yesterday" and "the last two years"; without it those are not understood

    @property
    def open_questions(self) -> tuple[Question, ...]:
        """The questions that wait for an answer, in the order they are put."""
        if self.questions is not None:
            return tuple(question for question in self.questions if question.open)
        return self.plan.open_questions if self.plan else ()

    @property
    def mapped(self) -> tuple[TableMapping, ...]:
        """The table mappings of the plan; () before there is one."""
        return self.plan.mapping.tables if self.plan else ()
