"""What people and the graph say to each other, typed: answers that go in, payloads that an interrupt hands out.

Both are versioned: an embedder that reads `version` 1 goes on working.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from ferryman.domain.changes import Change
from ferryman.domain.coordination import Request
from ferryman.domain.guidance import Advice, PlanPresented, ProblemExplained
from ferryman.domain.mapping import Strategy
from ferryman.domain.model import Frozen
from ferryman.domain.plan import Plan
from ferryman.domain.recovery import Decision

VERSION = 1


class Approve(Frozen):
    """Yes, go ahead. `token` binds what was shown; empty when the person answers the payload just put before them."""

    say: Literal["approve"] = "approve"
    token: str = ""
    by: str = ""


class ChangePlan(Frozen):
    """The plan, but different."""

    say: Literal["change"] = "change"
    changes: tuple[Change, ...]
    text: str = ""  #: what was said
    not_understood: str = ""  #: the part of it that no change stands for
    instead: bool = False  #: of the change before: that one is taken back first


class OtherRequest(Frozen):
    """Something else than the plan that lies there is asked for: before it takes the plan's place, that is asked."""

    say: Literal["other_request"] = "other_request"
    change: ChangePlan  #: what a yes does


class TakeBack(Frozen):
    """Take back the last change of the plan; `again`: have the change that was taken back after all; `everything`: take
    back all changes since the plan was proposed."""

    say: Literal["take_back"] = "take_back"
    again: bool = False
    everything: bool = False


class AnswerQuestion(Frozen):
    """One of a question's options."""

    say: Literal["answer"] = "answer"
    question: str
    option: str


class AnswerQuestions(Frozen):
    """Several questions at once: "yes to all recommended"."""

    say: Literal["answers"] = "answers"
    answers: tuple[AnswerQuestion, ...]


class Topic(StrEnum):
    """What a question is about."""

    PLAN = "plan"  #: "what will happen?", "show me the plan"
    TABLE = "table"  #: "what happens to brackets?"
    COLUMN = "column"  #: "what happens to Fax?"
    ORDER = "order"  #: "why is that after cases?"
    TIME = "time"  #: "how long does it take?"
    SAFETY = "safety"  #: "is that safe?", "can I undo it?"
    WRITES = "writes"  #: "what will be written where?"
    LEFT_OUT = "left_out"  #: "what is left out?"
    QUESTIONS = "questions"  #: "what do you need to know?"
    OPTIONS = "options"  #: "what can I do?", "why that one?"
    PROBLEM = "problem"  #: "what went wrong?", "why did it stop?"
    STATUS = "status"
    MATCH = "match"  #: "why do you think Invoice is orders?", "that is not the right table"
    CHANGE = "change"  #: another plan is wanted while the approved one is under way
    WORD = "word"  #: "what is a junction?"
    HELP = "help"


class Ask(Frozen):
    """A question; it is answered from facts, and the same place in the conversation returns."""

    say: Literal["ask"] = "ask"
    topic: Topic
    tables: tuple[str, ...] = ()  #: target names, in the order they were named
    columns: tuple[str, ...] = ()  #: "table.column" of the target or "table.column" of the source, as found
    text: str = ""


class ShowRows(Frozen):
    """Legacy rows beside their future form, on this screen only. `only_problem`: the rows of the open decision;
    `placeholders`: not legacy rows, but those that a run made in the place of missing ones."""

    say: Literal["show_rows"] = "show_rows"
    table: str = ""  #: target name; empty: the one being talked about
    count: int = 3
    only_problem: bool = False
    placeholders: bool = False


class ShowValues(Frozen):
    """The different values of a legacy column, on this screen only."""

    say: Literal["show_values"] = "show_values"
    table: str  #: target name
    column: str  #: legacy name


class ExportRows(Frozen):
    """The rows that cannot go, of the open decision or out of quarantine, in a file for a spreadsheet."""

    say: Literal["export_rows"] = "export_rows"
    path: str = ""
    table: str = ""  #: target name; empty: of all
    count: int = 0  #: those of the only kind that has so many; 0: of all kinds
    shown: bool = False  #: those that were shown last, where any were


class RetryRows(Frozen):
    """Try the rows in quarantine again."""

    say: Literal["retry_rows"] = "retry_rows"


class Choose(Frozen):
    """One of the offered strategies."""

    say: Literal["choose"] = "choose"
    strategy: Strategy
    by: str = ""


class Pause(Frozen):
    say: Literal["pause"] = "pause"
    reason: str = ""  #: empty: somebody asked for it


class Resume(Frozen):
    say: Literal["resume"] = "resume"


class Rollback(Frozen):
    """Undo a run, or some of its tables. `run` empty: ask which where there are several."""

    say: Literal["rollback"] = "rollback"
    run: str = ""
    tables: tuple[str, ...] = ()
    phase: int = 0  #: the tables of this phase of its plan; 0: no phase was named


class Cancel(Frozen):
    """No; nothing is written."""

    say: Literal["cancel"] = "cancel"


class SavePlan(Frozen):
    """Put the plan and a summary into files, for somebody else to look at."""

    say: Literal["save_plan"] = "save_plan"
    path: str = ""


class Begin(Frozen):
    """A request: what is to be moved."""

    say: Literal["request"] = "request"
    request: Request
    changes: tuple[Change, ...] = ()  #: what was said besides of the plan that is to be made: old table into new table
    not_understood: str = ""  #: the part of what was said that the request does not hold, such as which rows


class Unclear(Frozen):
    """Not understood; two or three things that would be."""

    say: Literal["unclear"] = "unclear"
    text: str
    suggestions: tuple[str, ...]
    why: str = ""  #: what is in the way, as a sentence; empty: it was not understood at all
    read: str = ""  #: what a model takes it for, as a sentence that the person may say; nothing is done by it
    plainly: str = ""  #: beside `read`: what a plain yes means here, in a sentence


Utterance = Annotated[
    Begin
    | Approve
    | ChangePlan
    | OtherRequest
    | TakeBack
    | AnswerQuestion
    | AnswerQuestions
    | Ask
    | ShowRows
    | ShowValues
    | ExportRows
    | RetryRows
    | Choose
    | Pause
    | Resume
    | Rollback
    | Cancel
    | SavePlan
    | Unclear,
    Field(discriminator="say"),
]
UTTERANCE: TypeAdapter[Utterance] = TypeAdapter(Utterance)


class ReviewPayload(Frozen):
    """Handed out by [review]: the plan, and the token that approving it will bind."""

    kind: Literal["review"] = "review"
    version: int = VERSION
    run: str
    plan: Plan
    token: str
    other: bool = False  #: the question is about another request: a yes plans that, a no keeps this plan
    under_way: bool = False  #: the run has begun: a yes takes the change in, a no leaves the plan as it was
    writes: tuple[str, ...]  #: every table that will be written, the ledger's too
    presented: PlanPresented  #: the plan in words, in parts
    advice: tuple[Advice, ...] = ()  #: what a model suggests beside it; nothing hangs on it
    message: str  #: the plan in plain words
    question: str  #: "Shall we proceed?"


class DecidePayload(Frozen):
    """Handed out by [decide]."""

    kind: Literal["decide"] = "decide"
    version: int = VERSION
    run: str
    decision: Decision
    explained: ProblemExplained  #: the decision in words, in parts
    advice: tuple[Advice, ...] = ()  #: what a model suggests beside it; nothing hangs on it
    message: str
    question: str
    deadline: str = ""  #: ISO time when the run pauses by itself; empty: none


class PausedPayload(Frozen):
    """Handed out by [paused]."""

    kind: Literal["paused"] = "paused"
    version: int = VERSION
    run: str
    reason: str
    message: str
    question: str


Payload = Annotated[ReviewPayload | DecidePayload | PausedPayload, Field(discriminator="kind")]
PAYLOAD: TypeAdapter[Payload] = TypeAdapter(Payload)
