"""A model's advice, checked: a prompt, an answer of a given shape, what code says to it; or nothing, and the rules.

Every question takes the same way: within the budget it is asked (again after a hiccup, as often as the server's own
Retry-After allows); its answer must be of the shape and pass the caller's check; else the error is quoted and it is
asked anew, twice at most; then the rules go on without it. An event says what became of it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from pydantic import ValidationError

from ferryman.agents.budget import Limits, Tally, counted, exceeded, price
from ferryman.agents.choices import Choices, Told, schema_of
from ferryman.agents.client import Method, Reply, asked
from ferryman.agents.line import Patience
from ferryman.agents.redact import without_values
from ferryman.agents.unanswered import Busy, Interrupted, Slow, Unusable
from ferryman.domain.errors import Configuration
from ferryman.domain.events import Event, ModelAsked, ModelWriting, Said
from ferryman.domain.usage import Usage
from ferryman.prompts.render import Prompt

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

REPAIRS = 2  #: rounds in which the error is quoted
TRIES = 3  #: of one question that gets no answer; of the next one after it, a single one
WAITS = (1.0, 4.0)  #: seconds before the second and the third try, where the server names none
_BRING = "Bring one that has a with_structured_output or a bind_tools of its own, or none: the rules do the whole job."
PATIENCE = 60.0  #: a server that asks for a longer wait is not waited for
FAILURES = 2  #: questions in a row without any answer, and the model is left alone

CallName = Literal["understand", "mapping", "review", "explain", "recovery"]
Outcome = Literal["taken", "repaired", "refused", "failed", "capped", "interrupted"]
Out = TypeVar("Out", bound=Told)
Emit = Callable[[Event], object]
Check = Callable[[Any], str]  #: what is wrong with an answer, in a sentence that the model reads; "" where nothing is


@dataclass(frozen=True)
class Adviser:
    """A model that may be asked, how, and how much. Made by a front door; agents read no environment."""

    model: BaseChatModel = field(repr=False)
    name: str
    method: Method = Method.JSON_SCHEMA
    limits: Limits = field(default_factory=Limits)
    answer_tokens: int = 1_000
    answer_seconds: float = 300.0  #: for a whole answer
    #: "TABLE.COLUMN" -> values out of rows that a person lets it see; in memory only
    shared: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    tally: Tally = field(default_factory=Tally, repr=False)

    @staticmethod
    def of(model: BaseChatModel | Adviser) -> Adviser:
        """An adviser of a chat model that an embedder brings, with the usual limits.

        Raises Configuration for what is no chat model of LangChain's, and for one that cannot answer in a given shape.
        """
        from langchain_core.language_models import BaseChatModel as Base

        if isinstance(model, Adviser):
            return model
        kind: type = type(model)
        if not issubclass(kind, Base):
            raise Configuration(f"{kind.__name__} is no chat model of LangChain's.", _BRING)
        if (kind.with_structured_output, kind.bind_tools) == (Base.with_structured_output, Base.bind_tools):
            raise Configuration(f"{kind.__name__} cannot answer in a given shape.", _BRING)
        name = getattr(model, "model_name", None) or getattr(model, "model", None)
        return Adviser(model=model, name=name if isinstance(name, str) else type(model).__name__)


@dataclass(frozen=True)
class Question(Generic[Out]):
    """One question to a model."""

    call: CallName
    prompt: Prompt
    shape: type[Out]
    choices: Choices = field(default_factory=dict)  #: the names that the shape's closed choices stand for
    check: Check = lambda answer: ""
    #: the answer without texts beside its choices that may not be shown, and why; it is not asked for others
    trim: Callable[[Out], tuple[Out, Sequence[str]]] = lambda answer: (answer, ())
    about: str = ""


@dataclass(frozen=True)
class Desk:
    """Where a question is put: the model, where events go, and the person's Ctrl-C."""

    adviser: Adviser
    emit: Emit
    stop: threading.Event


def advise(question: Question[Out], desk: Desk | None) -> Out | None:
    """The checked answer; None where there is no model or no answer that passes, and the rules decide.

    Once a person has cut a question short, nothing more is asked until they say something again.
    """
    if desk is None or desk.adviser.tally.off:
        return None
    asking = _Asking(question, desk)
    if desk.stop.is_set():
        asking.passed_over()
        return None
    return asking.answer()


class _Capped(Exception):
    """A limit of the run is reached; its text says which."""


class _Asking(Generic[Out]):
    """One question on its way."""

    def __init__(self, question: Question[Out], desk: Desk) -> None:
        self.question = question
        self.desk = desk
        self.used = Usage()
        self.schema = schema_of(question.shape, question.choices)

    def passed_over(self) -> None:
        self._told("interrupted", "It was not asked any more.")

    def answer(self) -> Out | None:
        try:
            return self._until_it_passes()
        except Interrupted as error:
            self._told("interrupted", error.what)
        except _Capped as error:
            self._told("capped", str(error))
            self._leave_alone(f"From here on the rules decide alone: {error}.")
        except (Busy, Unusable) as error:
            self._told("failed", error.what)
            if isinstance(error, Unusable) or self.desk.adviser.tally.failed_again() >= FAILURES:
                self._leave_alone(f"{error.what} From here on the rules decide alone.")
        return None

    def _until_it_passes(self) -> Out | None:
        """The first answer that passes; None when none did, the repairs included."""
        messages, faults = _messages(self.question.prompt), list[str]()
        while len(faults) <= REPAIRS:
            reply = self._reply(messages)
            found, wrong = self._judged(reply)
            if found is not None:
                kept, left = self.question.trim(found)
                self._told(
                    "repaired" if faults else "taken", "; ".join((*faults, *(f"left away: {why}" for why in left)))
                )
                return kept
            faults.append(wrong)
            messages = [*messages, *_quoted(reply, wrong)]
        self._told("refused", faults[-1])
        return None

    def _judged(self, reply: Reply) -> tuple[Out | None, str]:
        """The answer, or why it is none."""
        if reply.fault:
            return None, reply.fault
        try:
            found = self.question.shape.model_validate(reply.data, context=dict(self.question.choices))
        except ValidationError as error:
            return None, _in_words(error)
        wrong = self.question.check(found)
        return (None, wrong) if wrong else (found, "")

    def _reply(self, messages: Sequence[Any]) -> Reply:
        """The model's reply, tried again after a hiccup. Raises _Capped where a limit forbids to ask."""
        adviser = self.desk.adviser
        tries = 1 if adviser.tally.in_doubt else TRIES
        for attempt in range(tries):
            prompt = sum(counted(str(message.content), adviser.name) for message in messages)
            over = exceeded(adviser.limits, adviser.tally.used, prompt, adviser.answer_tokens)
            if over:
                raise _Capped(over)
            started = time.monotonic()
            self._written(0)
            try:
                reply = asked(adviser.model, messages, self.schema, adviser.method, self._patience())
            except (Busy, Unusable, Interrupted) as error:
                lost = error.received
                answer = counted(lost, adviser.name) if lost else 0
                self._count(0 if lost is None else prompt, answer, started)
                if not isinstance(error, Busy) or isinstance(error, Slow) or attempt == tries - 1:
                    raise
                self._wait(error, WAITS[attempt])
                continue
            answer = counted(reply.text, adviser.name) if reply.output_tokens is None else reply.output_tokens
            self._count(prompt if reply.input_tokens is None else reply.input_tokens, answer, started)
            return reply
        raise AssertionError

    def _patience(self) -> Patience:
        return Patience(self.desk.stop, self.desk.adviser.answer_seconds, self._written)

    def _written(self, tokens: int) -> None:
        """A sign of life. What is written is shown to nobody before it has passed."""
        self.desk.emit(ModelWriting(call=self.question.call, model=self.desk.adviser.name, tokens=tokens))

    def _wait(self, error: Busy, usual: float) -> None:
        seconds = usual if error.wait is None else error.wait
        if seconds > PATIENCE:
            raise error
        if self.desk.stop.wait(seconds):
            raise Interrupted("The model's answer was not waited for.")

    def _count(self, prompt: int, answer: int, started: float) -> None:
        cost = price(self.desk.adviser.limits, prompt, answer)
        seconds = time.monotonic() - started
        used = Usage(calls=1, input_tokens=prompt, output_tokens=answer, cost=cost, seconds=seconds)
        self.used = self.used + used
        self.desk.adviser.tally.add(used)

    def _leave_alone(self, why: str) -> None:
        """Ask no more in this run, and say so once."""
        if self.desk.adviser.tally.close(why):
            self.desk.emit(Said(topic="notice", text=why))

    def _told(self, outcome: Outcome, reason: str) -> None:
        if outcome in ("taken", "repaired", "refused"):
            self.desk.adviser.tally.answered()
        self.desk.emit(
            ModelAsked(
                call=self.question.call,
                about=self.question.about,
                model=self.desk.adviser.name,
                outcome=outcome,
                reason=without_values(reason, self.desk.adviser.shared)[:300],
                usage=self.used,
            )
        )


def _messages(prompt: Prompt) -> list[Any]:
    from langchain_core.messages import HumanMessage, SystemMessage

    return [SystemMessage(prompt.system), HumanMessage(prompt.user)]


def _quoted(reply: Reply, wrong: str) -> list[Any]:
    from langchain_core.messages import AIMessage, HumanMessage

    told = f"That answer cannot be used: {wrong}. Answer again: one JSON object of the same schema and nothing else."
    return [AIMessage(reply.text or "(nothing)"), HumanMessage(told)]


def _in_words(error: ValidationError) -> str:
    """What does not fit, field by field, without pydantic's addresses."""
    found: list[Mapping[str, Any]] = list(error.errors(include_url=False))
    told = [f"{'.'.join(map(str, one['loc'])) or 'the answer'}: {one['msg']}" for one in found[:5]]
    return "; ".join(told).replace(": Value error, ", ": ")
