"""`ferryman chat`: the conversation in a terminal, or through a pipe. A question never loses its place.

Ctrl-C while rows move: once, stop after the running batch; twice, leave with 130, and the database rolls the open batch
back. At the prompt it leaves.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from difflib import get_close_matches

from ferryman import beside, desk
from ferryman.agents.context import Context, Place
from ferryman.agents.understand import understand
from ferryman.agents.user_guidance import clean, explain_progress, explain_status
from ferryman.agents.wording import count, first_upper, names
from ferryman.commands.edge import Exit
from ferryman.commands.farewell import RESUME, Way, goodbye, what_next
from ferryman.commands.interrupts import Interrupts, Leaving
from ferryman.commands.notify import SOON, Caller, notice
from ferryman.commands.terminal import LONGEST, Reader, TypedAhead, listen
from ferryman.commands.voice import printable
from ferryman.commands.which import choose, show_runs, sure, with_what_hangs
from ferryman.domain.conversation import (
    Ask,
    Begin,
    Cancel,
    ChangePlan,
    Choose,
    DecidePayload,
    ExportRows,
    Pause,
    PausedPayload,
    Payload,
    Resume,
    RetryRows,
    ReviewPayload,
    Rollback,
    SavePlan,
    ShowRows,
    ShowValues,
    Topic,
    Unclear,
    Utterance,
)
from ferryman.domain.errors import FerrymanError
from ferryman.domain.events import BatchCompleted, Event, RunStarted
from ferryman.domain.run import Outcome, RunStatus, Status
from ferryman.domain.schema import Database
from ferryman.rows import Rows
from ferryman.screen import Screen
from ferryman.session import Session
from ferryman.tools.move.ledger import Ledger
from ferryman.value_list import show_values

COMMANDS = {
    "/plan": "show the plan again",
    "/status": "where the run stands",
    "/pause": "stop after the running batch, as Ctrl-C does; or put off a decision",
    "/resume": "go on with a run that is paused",
    "/rollback": "undo a run",
    "/quarantine": "the rows that were set aside; also: show, export FILE, retry",
    "/report": "write the report of a run to a file",
    "/runs": "the runs that the new database knows of",
    "/save": "save the plan, with a summary, for somebody else to look at",
    "/cost": "what the model has been asked so far, and what that took",
    "/help": "this list",
    "/quit": "leave; what was moved is kept",
}
LEAVING = frozenset(("/quit", "/exit", "/q", "quit", "exit", "bye", "goodbye"))
#: Where what was said changes nothing, by what is waited for.
_UNMOVED = {
    "review": "Nothing is running yet: a plan waits for your answer.",
    "decide": "That does not settle it: take one of the options.",
    "under way": 'The run rests: "yes" lets it go on with the change, "no" leaves the plan as you approved it.',
    "paused": "It stays as it is. /quit leaves; the run can go on at any time.",
}

#: The same two words while a change of the plan waits: which of the two plans it goes on with is not guessed.
_CHANGE_WAITS = {
    Resume: 'It does not go on while your change waits, for that would be with one plan or the other. "yes" takes the'
    ' change in; "no" and then "resume" goes on with the plan as you approved it.',
    Pause: "It rests already, and nothing moves while your change waits. You can leave: a change without a yes is gone"
    " then, and the run goes on from where it stands whenever you like.",
}

_OVER = (
    "That run is over, and its plan cannot be changed any more. Say what else shall be moved; or undo a table of it,"
    ' for example "undo {table}", and ask for it anew.'
)


class Chat:
    """One conversation with a person."""

    def __init__(
        self, session: Session, screen: Screen, way: Way, reader: Reader | None = None, caller: Caller | None = None
    ) -> None:
        self.session = session
        self.screen = screen
        self.way = way
        self.caller = caller or Caller()
        self.rows = Rows(session, screen, self._watch)
        self._read = reader or listen(screen, COMMANDS)
        self._ahead = TypedAhead(reader is None)
        self._runs: list[str] = []  #: begun or taken up in this conversation
        self._undone = ""  #: the run that was undone last, which need not be of this conversation
        self._seen: Payload | None = None
        self._ended: Outcome | None = None
        self._table = ""
        self._saved = ""
        self._error: FerrymanError | None = None

    def talk(self, *, alone: bool = True, resume: bool = False) -> int:
        """Until the person leaves; gives the exit code. `alone`: they have to find out what to say."""
        code = None
        self.greet(alone and not resume)
        try:
            if resume:
                self._take_up()
            while (words := self._ask("> ")).lower() not in LEAVING:
                self._turn(words)
        except EOFError:
            pass
        except KeyboardInterrupt:
            code = Exit.INTERRUPTED
        self.leave()
        return self.code if code is None else code

    # In and out

    def greet(self, alone: bool) -> None:
        """What is there, and how one begins."""
        old, new = desk.glance(self.session)
        listed = f"{len(new.empty):,} of them empty: {names(new.empty)}" if new.empty else "none of them empty"
        self.screen.says(
            f"Your old database, {clean(old.name)}, has {count(old.tables, 'table')}."
            f" The new one, {clean(new.name)}, has {new.tables:,}, {'all empty' if new.all_empty else listed}."
        )
        waiting = beside.unfinished(self.session)
        if waiting:
            self.screen.says("\n".join(map(beside.told, waiting[-3:])))
        if alone:
            example = f"my {clean(new.empty[0])} table is empty" if new.empty else "move everything"
            self.screen.says(
                f'Tell me what is missing, for example "{example}", or say "fill the missing tables".'
                " You see a plan first, and nothing is written before you have said yes."
                " /help lists what else I understand."
            )

    def leave(self) -> None:
        """What is kept, and the one way back."""
        try:
            undone = desk.run(self.session, self._undone) if self._undone else None
            planned = isinstance(self.session.payload, ReviewPayload)
            kept, command = goodbye(self.way, self._current() or undone, self._saved, planned=planned)
        except FerrymanError as error:
            kept, command = f"{error.what} What was moved is kept. To come back:", self.way.chat
        self.screen.says(f"Goodbye. {kept}")
        self.screen.copyable(command)

    @property
    def code(self) -> int:
        """The exit code, as things stand now."""
        outcome = self.session.outcome
        if self._error is not None:
            return self._error.exit_code
        payload = self.session.payload
        if isinstance(payload, DecidePayload | PausedPayload) or (payload and self._under_way(payload)):
            return Exit.WAITING
        if outcome is not None and outcome.status is RunStatus.FAILED:
            return Exit.FAILED
        aside = outcome is not None and outcome.status is RunStatus.SUCCESS_WITH_QUARANTINE
        return Exit.FINDINGS if aside else Exit.DONE

    @staticmethod
    def _under_way(payload: Payload) -> bool:
        return isinstance(payload, ReviewPayload) and payload.under_way

    def _current(self) -> Status | None:
        """The run of this conversation that was last at work."""
        return desk.run(self.session, self._runs[-1]) if self._runs else None

    # One turn

    def _ask(self, prompt: str) -> str:
        """What is said next. Raises EOFError when nobody says anything more."""
        ahead = self._ahead.next()
        if ahead is not None:
            self.screen.person(ahead)
        words = self._read(prompt) if ahead is None else ahead
        self.screen.heard()
        return printable(words.strip())[:LONGEST]

    def _turn(self, words: str) -> None:
        before, self._error = self.session.payload, None
        started, ended = time.monotonic(), self.session.outcome
        if not words:
            return
        try:
            if words.startswith("/"):
                self._obey(words)
            else:
                self._hear(words)
            self._place()
        except FerrymanError as error:
            self._error = error
            self.screen.error(error)
            self._recover(before)
        if (self.session.payload, self.session.outcome) != (before, ended):
            self._call_back(time.monotonic() - started)

    def _call_back(self, waited: float) -> None:
        """The bell and the person's own command, where they are needed and may not be looking any more."""
        answered = isinstance(self.session.payload, ReviewPayload) or not self._runs
        if answered and waited < SOON:
            return
        self.screen.bell()
        self.caller.call(notice(self.session), lambda text: self.screen.line(text, "yellow"))

    def _take_up(self) -> None:
        """The last conversation of this folder goes on where it stood."""
        run = self.session.workspace.last_talk() if self.session.workspace else ""
        if not run:
            self.screen.says("There was no conversation in this folder yet.")
            return
        self._recall(run)
        self.session.run = run
        try:
            self.session.restore()
            if any(known.run == run for known in desk.runs(self.session)):
                self._runs.append(run)
            self._place()
        except FerrymanError as error:
            self._error = error
            self.screen.error(error)

    def _recall(self, run: str) -> None:
        """The end of what was said about a run."""
        said = self.session.last_said(run)
        if said:
            self.screen.says("\n".join(("This is where we were:", *(f"  {printable(line)}" for line in said))))

    def _recover(self, before: Payload | None) -> None:
        """After an error the conversation goes on where it was, as far as that can be."""
        lost = self.session.payload is None and before is not None
        try:
            if lost and self.session.run not in self._runs:
                self.session.back()
            elif lost and (run := self._current()) and run.finish_undoing:
                self.screen.says('It is half undone. Say "undo it" to finish that.')
            elif lost:
                self.screen.says('Everything that was moved is kept. Say "resume" to try again from there.')
            self._place()
        except FerrymanError as error:
            self.screen.error(error)

    def _place(self) -> None:
        """What is waited for: whole when it is new, else its question only."""
        if isinstance(self.session.payload, DecidePayload | ReviewPayload) and self.session.payload != self._seen:
            self._ahead.forget()
        if self.session.payload is not None:
            there = Ledger(self.session.context.target).exists()
            self.screen.payload(self.session.payload, self._seen, ledger=there)
        elif self.session.outcome is not None and self.session.outcome != self._ended:
            self.screen.says(what_next(self.session.outcome))
        self._seen, self._ended = self.session.payload, self.session.outcome

    def _hear(self, words: str) -> None:
        undoable = desk.to_undo(desk.runs(self.session))
        leaving = self._leaving()
        with Interrupts(self.session.pause, leaving.abandon), self.screen:
            said = self.session.understood(
                words, runs=undoable, table=self._table, aside=self.rows.lying(self._run), show=self.screen.show
            )
        here, other = self.session.payload, self._beside()
        match said:
            case ShowRows():
                self._rows(said)
            case ShowValues():
                self._about((said.table,))
                self.screen.row(show_values(self.session, said))
            case ExportRows() if not other:
                self.rows.export(self._run, said)
            case RetryRows():
                self.rows.retry(self._run)
            case SavePlan():
                self._save(said.path)
            case Rollback():
                self._undo(said, words)
            case Resume() if here is None:
                self._resume("")
            case ChangePlan() if here is None:
                self.screen.says(_OVER.format(table=clean(self._filled()[0])))
            case Pause() if other and other.status is RunStatus.RUNNING:
                self.screen.says(beside.stop(self.session, other))
            case Ask() if other and said.topic in beside.TOPICS:
                self.screen.says(beside.answered(self.session, other, said))
            case Unclear() | Choose() | ExportRows() | Pause() | Cancel() if other:
                self.screen.says(beside.told(other))
            case Pause() | Cancel() if here is None:
                self.screen.says("Nothing is running, and nothing was written by that.")
            case Ask(topic=Topic.OPTIONS) if here is None and self.session.outcome is not None:
                self.screen.says(what_next(self.session.outcome))
            case Ask(topic=Topic.STATUS) if self._runs and not said.tables:
                self._status()
            case _:
                self._say(said, words)

    def _say(self, said: Utterance, words: str) -> None:
        """Say it to the session, and show what comes of it."""
        if isinstance(said, Begin) and self.session.payload is None and (self.session.outcome or self._runs):
            self.session.anew()
            self._table = ""
        if isinstance(said, Ask):
            self._about(said.tables)
        before = self.session.payload
        self.way.keep_talk(self.session.run)
        if not self._watch(self.session.say(said, text=words)) and before == self.session.payload is not None:
            if self._under_way(self.session.payload):
                self.screen.says(_CHANGE_WAITS.get(type(said), _UNMOVED["under way"]))
            else:
                self.screen.says(_UNMOVED[self.session.payload.kind])

    def _about(self, tables: tuple[str, ...]) -> None:
        """The table that "them" means from now on: the first of these that the plan fills."""
        filled = self._filled()
        self._table = next((table for table in tables if table in filled), self._table)

    def _filled(self) -> list[str]:
        """The tables that the plan fills."""
        return [table.target for table in self.session.plan.mapping.copied] if self.session.plan else []

    def _watch(self, events: Iterator[Event], again: str = RESUME) -> bool:
        """Show what happens; gives whether anything did. `again` is the command that goes on with it."""
        event = None
        leaving = self._leaving(again)
        with Interrupts(leaving.stop, leaving.abandon) as interrupts, self.screen:
            for event in events:
                if isinstance(event, RunStarted):
                    self._runs.append(event.run)
                    self.way.keep(event.run)
                leaving.hear(event)
                self.screen.show(event)
                if isinstance(event, BatchCompleted):
                    self._meanwhile(event, leaving.stop)
        if interrupts.killed:
            raise KeyboardInterrupt
        return event is not None

    def _leaving(self, again: str = RESUME) -> Leaving:
        return Leaving(self.screen, self.session.pause, self.way, self._run, self.session.interrupt, again)

    def _meanwhile(self, batch: BatchCompleted, stop: Callable[[], None]) -> None:
        """What is typed while rows move: a stop, a look at how far it is; anything else waits for its turn."""
        words = self._ahead.overhear()
        if not words:
            return
        self.screen.person(words)
        self.screen.heard()
        nothing = Database(dialect="")
        said = understand(words.lstrip("/"), Context(Place.RUNNING, source=nothing, target=nothing))
        if isinstance(said, Pause):
            stop()
        elif isinstance(said, Ask) and said.topic in (Topic.STATUS, Topic.TIME):
            self.screen.says(explain_progress(batch, self.session.plan).text)
        else:
            self._ahead.keep(words)
            self.screen.line(f'"{words}" has to wait until this rests; /pause stops after the running batch.', "yellow")

    # What is done beside the graph

    def _obey(self, line: str) -> None:
        name, _, rest = line.partition(" ")
        rest = rest.strip()
        match name.lower():
            case "/plan":
                self._plan()
            case "/status":
                self._status()
            case "/pause":
                self._pause()
            case "/resume":
                self._resume(rest)
            case "/rollback" | "/undo":
                self._undo(Rollback(run=rest), line)
            case "/runs":
                self._list_runs()
            case "/quarantine":
                self.rows.command(self._run, rest)
            case "/report":
                self._report(rest)
            case "/save":
                self._save(rest)
            case "/cost":
                self._cost()
            case "/help":
                self._help()
            case other:
                near = get_close_matches(other, COMMANDS, n=1)
                meant = f"Did you mean {near[0]}? " if near else ""
                self.screen.says(f"{other} is no command. {meant}/help lists them.")

    def _cost(self) -> None:
        adviser = self.session.context.adviser
        if adviser is None:
            self.screen.says("No model is configured: the rules do the whole job, and nothing is asked of anybody.")
            return
        told = f"{adviser.name}: {self.session.usage.text}."
        self.screen.says(f"{told} {adviser.tally.off}".strip())

    def _help(self) -> None:
        self.screen.says("You can talk to me in plain English, or use these:")
        for command, text in COMMANDS.items():
            self.screen.line(f"{command:10} {text}")
        self._say(Ask(topic=Topic.HELP), "/help")

    def _plan(self) -> None:
        other = self._beside()
        plan = beside.plan_of(self.session, other) if other else self.session.plan
        if other:
            self.screen.says(beside.told(other))
        if plan is None:
            self.screen.says('There is no plan yet. Say what is missing, or "move everything".')
        else:
            self.screen.plan(plan, most=sys.maxsize, begun=other is not None or desk.begun(self.session))

    def _rows(self, wish: ShowRows) -> None:
        self._about((wish.table,))
        if wish.table and wish.table != self._table and not wish.only_problem:
            self.screen.says(f"{clean(wish.table)} takes no part in this plan, so there are no rows of it to show.")
        elif self.session.plan is None and (run := self._beside()):
            self.screen.says(beside.told(run))
        else:
            wish = wish if wish.only_problem or wish.placeholders else wish.but(table=self._table)
            self.rows.show(self._run, wish)

    @property
    def _run(self) -> str:
        """The run of this conversation that was last at work."""
        return self._runs[-1] if self._runs else ""

    def _beside(self) -> Status | None:
        """A run that is not over, where this conversation has come to none and no plan lies there."""
        nothing = self.session.payload is None and self.session.outcome is None and not self._runs
        return beside.latest(self.session) if nothing else None

    def _status(self) -> None:
        run = self._current()
        if run is None and (other := self._beside()):
            self.screen.says(beside.answered(self.session, other, Ask(topic=Topic.STATUS)))
            return
        if isinstance(self.session.payload, ReviewPayload):
            self.screen.says("A plan waits for your answer; nothing of it has been written.")
        if run is not None:
            self.screen.says(f"Run {run.run}: {explain_status(run, self.session.plan).text}")
        elif self.session.payload is None:
            self.screen.says("Nothing has been written in this conversation. /runs lists earlier runs.")

    def _pause(self) -> None:
        here = self.session.payload
        if isinstance(here, DecidePayload) or (here and self._under_way(here)):
            self._say(Pause(), "/pause")
        elif isinstance(self.session.payload, PausedPayload):
            self.screen.says("It is paused already.")
        else:
            self.screen.says("Nothing is running. While rows move, /pause or Ctrl-C stops after the running batch.")

    def _resume(self, run: str) -> None:
        here = self.session.payload
        if isinstance(here, PausedPayload) or (here and self._under_way(here)):
            self._say(Resume(), "/resume")
            return
        if self.session.payload is not None:
            self.screen.says("One thing first:")
            return
        found = desk.runs(self.session)
        could = desk.to_resume(found)
        if not any(run in ("", one.run) for one in could) and (not_to_be := beside.stuck(found, run)):
            self.screen.says(beside.told(not_to_be))
            return
        one = self._choose(could, run, "that could go on")
        if one is not None:
            self._recall(one.run)
            self._watch(self.session.reopen(one.run))

    def _report(self, path: str) -> None:
        run = self._current() or self._choose(desk.runs(self.session), "", "to report on")
        if run is not None:
            self.screen.says(f"Written: {desk.save_report(self.session, run.run, path)}")

    def _save(self, path: str) -> None:
        plan, summary = desk.save_plan(self.session, path)
        self._saved = str(plan)
        self.screen.says(
            f"Saved: {plan} is the plan, to the last column; {summary} says in words what it does. Neither holds a row."
        )
        if isinstance(self.session.payload, ReviewPayload) and not self.session.payload.plan.open_questions:
            self.screen.says(
                'Whoever looks at it can approve it here, by name ("approved by Ada"), or run it with the command that'
                f" stands in {summary}."
            )

    def _list_runs(self) -> None:
        found = desk.runs(self.session)
        if found:
            show_runs(self.screen, found)
        else:
            self.screen.says("The new database knows of no run yet.")

    def _choose(self, found: tuple[Status, ...], run: str, fit: str) -> Status | None:
        meant = tuple(one for one in found if run in ("", one.run))
        return choose(self.screen, self._ask, meant, f"{clean(run)} {fit}".strip())

    def _undo(self, said: Rollback, words: str) -> None:
        """Undo a run, or tables of it: which one is asked where there are several, and once more before it is done."""
        here = self.session.payload
        if isinstance(here, DecidePayload | PausedPayload) and said.run in ("", here.run):
            run = self._current()
        else:
            run = self._choose(desk.to_undo(desk.runs(self.session)), said.run, "to undo")
        if run is None:
            return
        named = (*said.tables, *desk.of_phase(self.session, run.run, said.phase))
        tables = with_what_hangs(self.screen, run, named, lambda chosen: desk.hangs_on(self.session, run.run, chosen))
        if tables is None:
            return
        said = said.but(tables=tables, phase=0)
        if not sure(self.screen, self._ask, run, said.tables):
            return
        if isinstance(here, DecidePayload | PausedPayload) and run.run == here.run:
            self._say(said.but(run=run.run), words)
            return
        self._undone = run.run
        self._watch(desk.undo(self.session, run.run, said.tables))
        what = f"{first_upper(names(said.tables))} {'is' if len(said.tables) == 1 else 'are'} undone, and nothing else"
        self.screen.says(f"{what if said.tables else 'Undone'}. Run {run.run} stays in the list of /runs, as a record.")


def _words(name: str) -> str:
    return name.replace("_", " ")
