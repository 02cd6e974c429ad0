"""One conversation over the graph: words in, events out, and what it waits for.

with ferryman.open("sqlite:///legacy.db", "sqlite:///new.db") as session:
    for event in session.say("my brackets table is empty in the new system"):
        print(event)
    print(session.payload.message)          # the plan, in words
    for event in session.say("go ahead"):
        print(event)
    print(session.outcome.status)
"""

from __future__ import annotations

import os

os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")  # read when langgraph is imported

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.types import Command

from ferryman.agents import context as agents
from ferryman.agents.advice import Adviser
from ferryman.agents.budget import Tally
from ferryman.agents.meaning import understand_with
from ferryman.domain.conversation import PAYLOAD, Choose, DecidePayload, Pause, Payload, Utterance
from ferryman.domain.coordination import Request
from ferryman.domain.errors import FerrymanError
from ferryman.domain.events import EVENT, Event, ModelWriting, Said, usage_of
from ferryman.domain.mapping import Strategy
from ferryman.domain.plan import Plan
from ferryman.domain.recovery import Decision
from ferryman.domain.run import Outcome, Status
from ferryman.domain.usage import Usage
from ferryman.graph.answering import open_decision
from ferryman.graph.build import build_graph
from ferryman.graph.checks import live_catalogues
from ferryman.graph.context import Context, Options, utc_now
from ferryman.graph.listening import hearing
from ferryman.graph.state import Place, State
from ferryman.sharing import samples
from ferryman.tools.databases.connect import Source, Target, check_pair, open_source, open_target
from ferryman.tools.move.ledger import Ledger
from ferryman.workspace import Workspace

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel  # loaded, it is a tenth of the start of a command

Sink = Callable[[Event], None]

LAST_SAID = 6  #: of the talk, shown where it is taken up again
_PLACES = {"review": Place.REVIEW, "decide": Place.DECIDE, "paused": Place.PAUSED}
MAX_STEPS = 10_000  #: of the graph in one call: a plan of 300 phases with recoveries stays far below


class Session:
    """A conversation about one pair of databases. Not for use from several threads, but for `pause`."""

    def __init__(
        self,
        context: Context,
        *,
        workspace: Workspace | None = None,
        checkpointer: BaseCheckpointSaver[Any] | None = None,
        sink: Sink | None = None,
    ) -> None:
        self.context = context
        self.workspace = workspace
        self._saver = checkpointer or (workspace or Workspace()).checkpointer()
        self._graph = build_graph(self._saver)
        self._sink = sink
        self.run = context.new_id()
        self.payload: Payload | None = None  #: what it waits for, after `say` has been read to its end
        self.outcome: Outcome | None = None  #: how the run ended, once it has
        self.plan: Plan | None = None  #: the plan that was last put before the person
        self.decision: Decision | None = None  #: what a person has to decide, or has put off

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def say(self, words: str | Utterance, *, text: str = "") -> Iterator[Event]:
        """Say something, in words or typed, and get the events up to where it waits again or ends.

        `text` is what was said where it comes typed: the transcript keeps it. Raises FerrymanError when something
        cannot go on; what was committed stays, and the run resumes.
        """
        self._attend()
        return self._say(words, text)

    def _say(self, words: str | Utterance, text: str) -> Iterator[Event]:
        heard = {"text": words} if isinstance(words, str) else words.model_dump(mode="json")
        self._note("person", words if isinstance(words, str) else text or f"[{words.say}]")
        yield from self._expire()
        if self.payload is not None:
            yield from self._drive(Command(resume=heard))
        else:
            yield from self._drive({"run": self.run, "heard": heard, "place": Place.START.value})

    def _expire(self) -> Iterator[Event]:
        """An open decision whose deadline has passed is a pause by now: what is said is said to that."""
        payload = self.payload
        if isinstance(payload, DecidePayload) and payload.deadline:
            until = datetime.fromisoformat(payload.deadline)
            if self.context.clock() >= until:
                put_off = Pause(reason=f"nobody decided before {until:%Y-%m-%d %H:%M} UTC")
                yield from self._stream(Command(resume=put_off.model_dump(mode="json")))

    def ask_for(self, request: Request) -> Iterator[Event]:
        """Start with a typed request instead of a sentence."""
        self._attend()
        return self._drive(
            {
                "run": self.run,
                "heard": {"say": "request", "request": request.model_dump(mode="json")},
                "place": Place.START.value,
            }
        )

    def take(self, plan: Plan) -> Iterator[Event]:
        """Start from a plan that was made before, e.g. read from a file: it is checked and put up for review."""
        self._attend()
        return self._drive({"run": self.run, "plan": self.context.shelf.put(plan), "given": True})

    def reopen(self, run: str) -> Iterator[Event]:
        """Go on with a run from the ledger alone."""
        self.run = run
        self._recall()
        self._attend()
        return self._drive({"run": run, "reopen": True})

    def _attend(self) -> None:
        """Something was said: what was asked to stop before rests by now, and what is asked from here on holds."""
        self.context.stop.clear()

    def anew(self) -> None:
        """Begin another run in the same conversation. What the one before it moved stays as it is."""
        self.run = self.context.new_id()
        self.payload = self.outcome = self.plan = self.decision = None
        self._recall()

    def _recall(self) -> None:
        """The limits are per run: what this one has used already stands in its log."""
        if self.context.adviser is None:
            return
        logged = (event for _, event in self.workspace.events(self.run)) if self.workspace else ()
        adviser = replace(self.context.adviser, tally=Tally(usage_of(logged)))
        self.context = replace(self.context, adviser=adviser)

    def back(self) -> None:
        """After an error between a plan and its start: the plan lies before the person again."""
        self._graph.update_state(self._config(), {"place": Place.REVIEW.value}, as_node="present")
        for _ in self._drive(None):
            pass

    @property
    def usage(self) -> Usage:
        """What this run has asked of a model so far."""
        return self.context.adviser.tally.used if self.context.adviser else Usage()

    def understood(
        self,
        words: str,
        *,
        runs: tuple[Status, ...] = (),
        table: str = "",
        aside: int = 0,
        show: Sink = lambda event: None,
    ) -> Utterance:
        """The words as they would be taken here and now; before the first request that reads both catalogues.

        `runs` are those that may be spoken of ("what we did yesterday"), `table` is the one last talked about, `aside`
        how many rows of the current run lie in quarantine. `show` gets the events where a model is asked.
        """
        if "facts" not in self._state():
            catalogues = live_catalogues(self.context)
            put = self.context.shelf.put
            facts = {"source": put(catalogues.source), "target": put(catalogues.target)}
        else:
            facts = self._state()["facts"]
        at = _PLACES[self.payload.kind] if self.payload else Place.START
        heard = hearing({**self._state(), "facts": facts, "place": at}, self.context)
        over = heard.place is agents.Place.START and self.outcome is not None
        place_now = agents.Place.DONE if over else heard.place
        here = replace(heard, runs=runs, table=heard.table or table, place=place_now, aside=aside)
        self.context.stop.clear()
        return understand_with(words, here, self.context.desk(lambda event: show(self._seen(event))))

    def interrupt(self) -> None:
        """Give up the running batch: called right before the process leaves. The database rolls the batch back."""
        self._note("person", "[interrupted]")

    def restore(self) -> None:
        """Find out where the conversation of `run` stands, from its checkpoint.

        One that was killed while it worked at an answer to a plan stands before that plan again. Raises FerrymanError
        as planning does.
        """
        self._recall()
        self._look(noted=True)
        cut_off = self.payload is None and self.outcome is None and self.plan is not None
        if cut_off and not self._state().get("approval"):
            self.back()

    def last_said(self, run: str) -> tuple[str, ...]:
        """The end of the talk about a run, "who: what", each its first line; () where this folder knows of none."""
        said = list(self.workspace.transcript(run))[-LAST_SAID:] if self.workspace else []
        return tuple(f"{one['who']}: {one['text'].strip().partition(chr(10))[0]}" for one in said)

    def pause(self) -> None:
        """Ask the running copy to stop after its batch. May be called from a signal handler or another thread."""
        self.context.stop.set()

    def close(self) -> None:
        """Give back the lease and the connections. What is undecided stays as it is, and can be resumed."""
        try:
            if self._state().get("approval"):
                Ledger(self.context.target).release(self.run)
        finally:
            connection = getattr(self._saver, "conn", None)
            if self.workspace is not None and connection is not None:
                connection.close()
            self.context.source.dispose()
            self.context.target.dispose()

    def _config(self) -> RunnableConfig:
        """LangGraph waits for streamed events on one of its own workers: with a single one nothing else would run."""
        workers = self.context.options.workers + 1
        return {"configurable": {"thread_id": self.run}, "recursion_limit": MAX_STEPS, "max_concurrency": workers}

    def _drive(self, step: State | Command[Any] | None) -> Iterator[Event]:
        """Let the graph run to where it waits or ends; decisions that were taken up front are given at once, unless it
        was asked to stop meanwhile."""
        yield from self._stream(step)
        while (chosen := taken_up_front(self.payload, self.context.options.decisions)) is not None:
            said = self._stopped() or Choose(strategy=chosen, by=f"{self.context.by} (decided up front)")
            yield from self._stream(Command(resume=said.model_dump(mode="json")))

    def _stopped(self) -> Pause | None:
        """What is said at a question for somebody who asked the run to stop before it came up."""
        record = Ledger(self.context.target).run(self.run)
        if not (self.context.stop.is_set() or record.stop_requested):
            return None
        return Pause(reason=record.stop_reason or "asked to stop")

    def _stream(self, step: State | Command[Any] | None) -> Iterator[Event]:
        self.payload = None
        try:
            for part in self._graph.stream(
                step,
                self._config(),
                context=self.context,
                stream_mode=["custom", "updates"],
                durability="sync",
                version="v2",
            ):
                if part["type"] == "custom":
                    yield self._seen(EVENT.validate_python(part["data"]))
        except FerrymanError:
            with suppress(FerrymanError):  # whoever goes on, here too, is not held up by a session that stopped
                ledger = Ledger(self.context.target)
                if ledger.exists():
                    ledger.release(self.run)
            raise
        self._look()

    def _seen(self, event: Event) -> Event:
        if self.workspace is not None and not isinstance(event, ModelWriting):
            self.workspace.record(self.run, event)
        if isinstance(event, Said):
            self._note("ferryman", event.text)
        if self._sink is not None:
            self._sink(event)
        return event

    def _state(self) -> State:
        return cast(State, self._graph.get_state(self._config()).values)

    def _look(self, *, noted: bool = False) -> None:
        """What it waits for; `noted`: the transcript has that already."""
        snapshot = self._graph.get_state(self._config())
        state = snapshot.values
        if snapshot.interrupts:
            self.payload = PAYLOAD.validate_python(snapshot.interrupts[0].value)
            if not noted:
                self._note("ferryman", f"{self.payload.message}\n{self.payload.question}")
        at = _PLACES[self.payload.kind] if self.payload else Place.START
        self.decision = open_decision(cast(State, {**state, "place": at}))
        if state.get("plan"):
            self.plan = self.context.shelf.get(state["plan"], Plan)
        if state.get("finished"):
            self.outcome = Outcome.model_validate(state["outcome"])

    def _note(self, who: str, text: str) -> None:
        if self.workspace is not None:
            self.workspace.say(self.run, who, text)


def taken_up_front(payload: Payload | None, decisions: Sequence[Strategy]) -> Strategy | None:
    """The first strategy given up front that an open decision offers and that has not failed yet, if any."""
    if not isinstance(payload, DecidePayload):
        return None
    offered = {option.strategy for option in payload.decision.options if not option.failed_before}
    return next((strategy for strategy in decisions if strategy in offered), None)


def open(  # noqa: PLR0913 (every argument but two has a default)
    source: str | Source,
    target: str | Target,
    *,
    folder: Path | None = None,
    checkpointer: BaseCheckpointSaver[Any] | None = None,
    sink: Sink | None = None,
    clock: Callable[[], datetime] = utc_now,
    by: str = "",
    options: Options | None = None,
    model: BaseChatModel | Adviser | None = None,
    share_samples: Sequence[str] = (),
) -> Session:
    """Open a conversation about two databases.

    `source` and `target` are SQLAlchemy URLs (or opened ones). Checkpoints, facts and logs go to `folder`/.ferryman
    (default: the current folder). `checkpointer` replaces the checkpoints' SQLite file by one of your own; `sink` is
    called with every event. `model` advises: any LangChain chat model that knows `with_structured_output`, or an
    Adviser, which also says how it is asked and how much it may cost; None: the rules alone do the whole job.
    `share_samples` names columns of the old database ("TABLE.COLUMN") of which it may see a few values; they stand in
    `session.context.adviser.shared`, and none goes before the first thing is said. Raises Configuration when a database
    cannot be opened, or both are the same one; Usage for a column that is not there.
    """
    opened = open_source(source) if isinstance(source, str) else source
    goal = open_target(target) if isinstance(target, str) else target
    check_pair(opened, goal)
    shared = samples(opened, share_samples)
    adviser = Adviser.of(model) if model is not None else None
    workspace = Workspace(folder)
    given: dict[str, Any] = {"by": by} if by else {}
    context = Context(
        source=opened,
        target=goal,
        shelf=workspace.shelf(),
        clock=clock,
        stop=threading.Event(),
        options=replace(options or Options(), sharing=tuple(shared)),
        adviser=replace(adviser, shared=shared) if adviser and shared else adviser,
        **given,
    )
    return Session(context, workspace=workspace, checkpointer=checkpointer, sink=sink)
