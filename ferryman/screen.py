"""Events and payloads on a terminal, scrollback first: what was said stays above, one live bar stands below.

Every text passes `printable` and goes out as it stands: a name out of a database is never markup or a control code.
"""

from __future__ import annotations

import os
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from ferryman.agents.explain import asked
from ferryman.agents.user_guidance import advice_lines, clean, present_plan
from ferryman.agents.wording import count, first_upper, one_line
from ferryman.commands.bars import Bars
from ferryman.commands.plan_rows import gist, rows_of, steps_of
from ferryman.commands.voice import printable
from ferryman.domain.changes import Question
from ferryman.domain.conversation import DecidePayload, PausedPayload, Payload, ReviewPayload
from ferryman.domain.errors import FerrymanError
from ferryman.domain.events import (
    Approved,
    BatchCompleted,
    BatchHalved,
    DecisionNeeded,
    DecisionTaken,
    Delegated,
    Escalated,
    Event,
    FailureFound,
    ModelAsked,
    ModelWriting,
    PhaseStarted,
    PlaceholdersMade,
    RecoveryStep,
    RolledBack,
    RowsAdded,
    RowsQuarantined,
    RowsTried,
    RunStarted,
    Said,
    SelfRecovery,
    TableCopied,
    TableValidated,
)
from ferryman.domain.guidance import Advice, PlanPresented
from ferryman.domain.plan import Plan
from ferryman.domain.run import Accounting, duration_text
from ferryman.domain.validation import CheckStatus, TableValidation
from ferryman.story import sentence

if TYPE_CHECKING:
    from ferryman.desk import RowShown

READABLE = 100  #: columns; longer lines of prose are hard to follow
STEP = 20  #: percent between two lines of progress, where a table has more than FEW_BATCHES
FEW_BATCHES, MANY_BATCHES = 5, 20  #: of a table
MANY = 6  #: tables that are not listed one by one in an approval, below a plan that does
FEW = 3  #: tables of a run that are told about batch by batch and check by check; of more, a line each
MOST_STEPS = 60  #: lines of a plan that is put up for review; /plan shows all

_LEAD = re.compile(r" *(?:- |\d+\. )?")  #: what a wrapped line goes on under
#: The columns of a plan that are left out, in this order, until it fits the terminal.
_SPARE = ("batches", "undo", "kind", "takes", "risk", "phase")
_NUMBERS = ("rows", "batches")


class Screen:
    """Shows a conversation. As a context manager it keeps the live bars; without a terminal there are lines only."""

    def __init__(self, console: Console, *, details: bool = False) -> None:
        self.console = console
        self.details = details  #: also show the agents' hand-overs and every batch
        self._bars: Bars | None = None
        self._shown: dict[str, int] = {}  #: by table, the percentage that had a line
        self._moved: dict[str, TableCopied] = {}
        self._aside: dict[tuple[str, str], list[int]] = {}  #: (table, reason): the rows of each batch
        self._policies: set[tuple[str, str]] = set()  #: (table, strategy) that were told
        self._untold = ""  #: what has to be decided, until it is put before the person
        self._added: dict[tuple[str, str], list[int]] = {}  #: (table, origin): the rows of each addition
        self._closely = True  #: few tables: each batch and each check is told
        self._last = ""
        self._advised: set[Advice] = set()  #: shown already: it stands above

    def __enter__(self) -> Self:
        if self.console.is_terminal and self.console.file.isatty() and not self.console.is_dumb_terminal:
            self._bars = Bars(self.console)
            self._bars.live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bars is not None:
            self._bars.live.stop()
        self._bars, self._shown, self._moved = None, {}, {}

    def restore(self) -> None:
        """Take the bars away, for a process that leaves in the middle."""
        if self._bars is not None:
            self._bars.live.stop()

    def last_words(self, text: str, command: str = "") -> None:
        """What is said by a process that leaves in the middle, and the command that goes on, past the console.

        A signal comes at any moment, also while the console writes: what it is given then, it writes when that is done.
        """
        lines = ["", text, *([f"  {printable(command)}"] if command else []), ""]
        os.write(self.console.file.fileno(), "\n".join(lines).encode())

    def bell(self) -> None:
        """Call a person who looks at something else; only a terminal rings."""
        if self.console.is_terminal and not self.console.is_dumb_terminal:
            self.console.bell()

    # Words

    def heard(self) -> None:
        """A person has typed a line: what comes next stands apart from it."""
        self._last = "person"

    def person(self, text: str) -> None:
        """What a person said, where they did not type it here: in a played conversation, or through a pipe."""
        self._apart("person")
        self.console.print(Text.assemble(("> ", "bold cyan"), (printable(text), "bold")), soft_wrap=True)

    def says(self, text: str, style: str = "") -> None:
        """A paragraph of ours."""
        self._apart("paragraph")
        for line in text.splitlines():
            self._print(line, style)

    def asks(self, text: str) -> None:
        """What is waited for."""
        self.says(text, "bold")

    def line(self, text: str, style: str = "") -> None:
        """One of several lines that belong together."""
        self._apart("line")
        self._print(f"  {text}", style)

    def copyable(self, text: str) -> None:
        """A command or a path. It is never broken, so that it can be copied whole."""
        self._apart("line")
        self.console.print(Text(f"  {printable(text)}"), soft_wrap=True)

    def error(self, error: FerrymanError) -> None:
        """The two lines of an error: what happened, what to do."""
        self.says(error.what, "bold red")
        for line in printable("\n  ".join((error.do, *error.rows))).splitlines():
            self.console.print(Text(line), soft_wrap=True)

    def grid(self, heads: Sequence[str], rows: Iterable[Mapping[str, str]], spare: Sequence[str] = ()) -> None:
        """Rows under heads, without those columns of `spare` for which there is no room."""
        kept, left = list(rows), list(heads)
        roomy = self.console.options.update(width=10_000)
        for name in (*spare, ""):
            grid = _grid(left, kept)
            if not name or Measurement.get(self.console, roomy, grid).maximum <= self.console.width:
                break
            left = [head for head in left if head != name]
        self._apart("grid")
        self.console.print(grid)

    def _print(self, line: str, style: str = "") -> None:
        wrapped = _wrapped(printable(line), min(self.console.width, READABLE))
        self.console.print(Text(wrapped, style=style), soft_wrap=True)

    def _apart(self, kind: str) -> None:
        """A blank line where something else begins: paragraphs stand alone, lines stand together."""
        if self._last and (kind != self._last or kind in ("paragraph", "grid")):
            self.console.print()
        self._last = kind

    # Events

    def show(self, event: Event) -> None:
        """One event, if it is for people."""
        match event:
            case Said():
                self.says(event.text)
            case Approved():
                self.line(f"Approved by {clean(event.approval.by)}.")
            case RunStarted():
                self._closely = event.tables <= FEW
                self.line(f"Run {event.run} {'goes on' if event.resumed else 'begins'}.")
            case PhaseStarted() if event.of > 1:
                self._last = self._last and "phase"
                tables = ", ".join(map(clean, event.tables))
                self.line(f"Phase {event.phase} of {event.of}: {tables} ({event.rationale})", "bold")
            case BatchCompleted():
                self._batch(event)
            case TableCopied():
                self._moved[event.table] = event
                self._all_beside_the_order()
                self._all_set_aside(event)
                if self._bars is not None:
                    self._bars.done(event.table)
            case TableValidated():
                self._checks(event.validation)
            case RolledBack():
                self.line(f"{clean(event.table)}: {_undone(event)}")
            case Delegated():
                self._delegated(event)
            case ModelWriting():
                if self._bars is not None:
                    self._bars.writing(event.tokens)
            case ModelAsked() if event.outcome not in ("taken", "repaired"):
                self.line("The model was no help here; the rules go on.", "dim")
            case _:
                self._trouble(event)

    def _set_aside(self, event: RowsQuarantined) -> None:
        """A cause when it is met first; how many there were of it is said when the table is through."""
        before = self._aside.setdefault((event.table, event.reason), [])
        if not before or self.details:
            self.line(f"{count(event.rows, 'row')} of {clean(event.table)} set aside: {event.reason}", "yellow")
        before.append(event.rows)

    def _all_set_aside(self, event: TableCopied) -> None:
        for reason, rows in event.set_aside.items():
            if self._aside.pop((event.table, reason), []) != [rows]:
                self.line(f"{count(rows, 'row')} of {clean(event.table)} set aside in all: {reason}", "yellow")
        self._aside = {of: rows for of, rows in self._aside.items() if of[0] != event.table}

    def _decided(self, event: DecisionTaken) -> None:
        """A person's decision each time; a policy of the plan when it is met first."""
        if not event.as_policy:
            if self._untold:  # the answer was given before anybody asked
                self.line(self._untold)
                self._untold = ""
            self.line(f"Decided by {clean(event.by)}: {_words(event.strategy)}.")
        elif (event.table, event.strategy) not in self._policies:
            self._policies.add((event.table, event.strategy))
            self.line(f"Decided by the plan, for {clean(event.table)}: {_words(event.strategy)}.")

    def _beside_the_order(self, event: RowsAdded) -> None:
        """Parents of a batch when they are met first; how many came is said when the table is through."""
        before = self._added.setdefault((event.table, event.origin), [])
        if not before or self.details:
            self.line(one_line(sentence(event)))
        before.append(event.rows)

    def _tried(self, event: RowsTried) -> None:
        """Rows out of quarantine: that it begins, and of many how far it is."""
        percentage = event.rows * 100 // max(event.of, 1)
        if not event.rows:
            self._added = {of: rows for of, rows in self._added.items() if of[0] != event.table}
            self.line(f"{clean(event.table)}: trying {count(event.of, 'row')} again")
        elif event.rows < event.of and percentage - self._shown.get(event.table, 0) >= STEP:
            self.line(f"  {event.rows:,} of {event.of:,} tried, {event.came:,} came in ({percentage}%)")
        else:
            return
        self._shown[event.table] = percentage

    def _all_beside_the_order(self) -> None:
        for (table, _), rows in self._added.items():
            if len(rows) > 1:
                self.line(f"{count(sum(rows), 'row')} of {clean(table)} came beside the order in all.")
        self._added.clear()

    def _trouble(self, event: Event) -> None:
        match event:
            case SelfRecovery():
                tries = f"try {event.attempt} of {event.max_retries}"
                self.line(f"{event.issue} Again in {event.wait_seconds:.1f} s ({tries}).", "yellow")
            case BatchHalved():
                self.line(f"{clean(event.table)} goes on in smaller batches, of {count(event.rows, 'row')}.")
            case RowsQuarantined():
                self._set_aside(event)
            case RowsAdded():
                self._beside_the_order(event)
            case RowsTried():
                self._tried(event)
            case PlaceholdersMade():
                self.line(clean(sentence(event)))
            case FailureFound():
                self.line(f"{clean(event.failure.table)} stopped; what was moved before is kept.", "yellow")
            case DecisionNeeded():
                self._untold = event.decision.situation
            case DecisionTaken():
                self._decided(event)
            case RecoveryStep() if event.state != "started":
                why = f" ({clean(event.detail)})" if event.state == "failed" and event.detail else ""
                self.line(f"{_words(event.step)}: {event.state}{why}")
            case Escalated():
                self.line(f"I look again before I go on: {_words(event.recovery)}.", "yellow")
            case _:
                pass

    def _delegated(self, event: Delegated) -> None:
        if self._bars is not None:
            self._bars.doing(event)
        if self.details:
            self.line(f"{event.delegation.agent.value}: {event.delegation.task}", "dim")

    def _batch(self, event: BatchCompleted) -> None:
        table = clean(event.table)
        if self._bars is not None:
            self._bars.show(event)
        if event.table not in self._shown and self._closely and event.current_action:
            self.line(event.current_action)
        if self._due(event):
            name = "  rows" if self._closely else f"{table}: rows"
            self.line(f"{name} {event.records} of {event.records_total:,} ({event.percentage}%)")

    def _due(self, event: BatchCompleted) -> bool:
        """Whether a batch gets a line: of few tables every fifth of the rows, of many only in long ones."""
        step = 0 if event.of <= FEW_BATCHES else STEP
        before = self._shown.get(event.table, -step if self._closely else 0)
        far = event.percentage >= 100 or event.percentage - before >= step
        due = self.details or (far and (self._closely or (event.of > MANY_BATCHES and event.percentage < 100)))
        self._shown[event.table] = event.percentage if due else max(0, before)
        return due

    def _checks(self, validation: TableValidation) -> None:
        table = clean(validation.table)
        moved = self._moved.pop(validation.table, None)  # told once: more may come beside the order
        if validation.status is CheckStatus.PASS and not self._closely:
            told = f"{_went(moved.accounting)} in {duration_text(moved.seconds)}; " if moved else ""
            self.line(f"{table}: {told}all {len(validation.checks)} checks passed")
            for check in validation.checks:
                if check.since:
                    self.line(f"  {check.text}")
            return
        self.line(f"{table}: checked against the old database")
        for check in validation.checks:
            style = "green" if check.status is CheckStatus.PASS else "bold red"
            self.line(f"  {_words(check.status.value)}  {check.text}", style)

    # What is waited for

    def payload(self, payload: Payload, before: Payload | None = None, *, ledger: bool = True) -> None:
        """What is waited for. What the person has seen already is not shown again: only the question returns.

        `ledger`: whether the new database has the ledger's tables already.
        """
        match payload:
            case ReviewPayload():
                self._review(payload, before if isinstance(before, ReviewPayload) else None, ledger)
            case DecidePayload():
                self._decision(payload, seen=payload == before)
            case PausedPayload() if payload != before:
                self.says(payload.message)
                self.asks(payload.question)
            case PausedPayload():
                self.asks(payload.question)

    def _review(self, payload: ReviewPayload, before: ReviewPayload | None, ledger: bool) -> None:
        plan, waiting = payload.plan, payload.plan.open_questions
        if payload.other:
            self.asks(payload.question)
            return
        if payload.under_way:
            if before is None or before.message != payload.message:
                self.says(payload.message)
            self.asks(payload.question)
            return
        changed = before is None or gist(before.plan) != gist(plan)
        if changed and (before is None or not waiting):
            self.plan(plan, payload.presented)
            if not waiting:
                self.writes(plan, payload.writes, ledger)
        if waiting and changed:
            self.says("\n".join(asked(waiting[0], len(waiting) - 1)))
        elif waiting:
            self.says("\n".join(asked(waiting[0].but(reason=""), lead="Still open:")))
        if changed:
            self.advice(payload.advice, waiting)
        self.asks(payload.question)

    def advice(self, advice: Sequence[Advice], waiting: Sequence[Question] = ()) -> None:
        """What a model suggests beside the rules. Of the questions, only the one that is put first is spoken of."""
        first = waiting[0].id if waiting else ""
        shown = [
            one
            for one in advice
            if (one.kind != "option" or one.about in ("", first))
            and (one.kind != "ask_first" or one.about != first)
            and one not in self._advised
        ]
        self._advised.update(shown)
        if shown:
            self.says("\n".join(advice_lines(shown, waiting)))

    def plan(
        self, plan: Plan, told: PlanPresented | None = None, most: int = MOST_STEPS, *, begun: bool = False
    ) -> None:
        """The plan as a table, a line a step, and what is to be known about it, in words of `told` or of the rules.

        `begun`: a run went by it already, so that nothing is foretold.
        """
        told = told or present_plan(plan)
        self.says(told.summary)
        steps = [cells for phase in plan.phases for cells in steps_of(plan, phase)]
        heads = ("phase", "from", "to", "kind", "rows", "batches", "takes", "risk", "undo")
        self.grid(heads if len(plan.phases) > 1 else heads[1:], steps[:most], _SPARE)
        if len(steps) > most:
            self.line(f"and {len(steps) - most:,} more; /plan shows all of them")
        details = told.details if len(plan.mapping.copied) > 1 else told.details[1:]  # the table says where it goes
        foretold = (
            ("This plan was approved; /status says how far it came.",) if begun else (f"{told.time} {told.safety}",)
        )
        self.says("\n".join((*details, *foretold)))

    def writes(self, plan: Plan, tables: Iterable[str], ledger: bool) -> None:
        """Which tables of the new database will be written, if the answer is yes."""
        self.says("If you say yes, this is written in the new database, and nothing in the old one:")
        self._apart("list")
        filled = [table for phase in plan.phases for table in phase.tables]
        if len(filled) > MANY:
            self._print(f"  - {rows_of(plan, filled)} in {len(filled):,} tables: {', '.join(map(clean, filled))}")
        else:
            for table in filled:
                self._print(f"  - {clean(table)}: {rows_of(plan, (table,))}")
        ours = [clean(table) for table in tables if table.rpartition(".")[2].startswith("ferryman_")]
        self._print(f"  - my own records, in {'' if ledger else 'new tables: '}{', '.join(ours)}")

    def _decision(self, payload: DecidePayload, seen: bool) -> None:
        told, self._untold = payload.explained, ""
        if seen:
            self.asks(f'{told.question} ("what are my options?" shows them again)')
            return
        self.says(_sentences(told.situation, told.impact))
        self._apart("options")
        for number, (option, shown) in enumerate(zip(payload.decision.options, told.options, strict=True), 1):
            mark = " (recommended)" if option.strategy is payload.decision.recommended else ""
            self._print(f"  {number}. {shown.choice}{mark}", "bold")
            self._print(f"     {_sentences(shown.time, shown.safety, shown.tradeoff)}")
        until = (
            f"If nobody decides before {_clock(payload.deadline)}, the run pauses by itself" if payload.deadline else ""
        )
        self.says(_sentences(told.recommendation, told.not_offered, until))
        self.advice([one.but(about="") for one in payload.advice])
        self.asks(told.question)

    def row(self, shown: RowShown) -> None:
        """A legacy row beside its future form, for this screen only."""
        self._apart("paragraph")
        self.console.print(Text(printable(shown.title), style="bold"), soft_wrap=True)
        if shown.note:
            self._print(f"  {shown.note}")
        if not shown.lines:
            return
        grid = Grid(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
        for head in ("  in the old database", "", "in the new one", ""):
            grid.add_column(head, overflow="fold")
        for beside in shown.lines:
            cells = (f"  {beside.old}", beside.before, beside.new, beside.after)
            grid.add_row(*(Text(printable(cell)) for cell in cells))
        self.console.print(grid)


def _wrapped(line: str, width: int) -> str:
    """A line broken at blanks; what follows a bullet or a number stands under its own beginning."""
    lead = _LEAD.match(line)
    indent = " " * (lead.end() if lead else 0)
    return textwrap.fill(
        line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False, drop_whitespace=True
    )


def _grid(heads: Sequence[str], rows: Iterable[Mapping[str, str]]) -> Padding:
    grid = Grid(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for head in heads:
        grid.add_column(Text(head), justify="right" if head in _NUMBERS else "left", overflow="fold")
    for row in rows:
        grid.add_row(*(Text(printable(row[head])) for head in heads))
    return Padding(grid, (0, 0, 0, 2), expand=False)


def _clock(moment: str) -> str:
    """An ISO time as the clock on the wall has it."""
    return f"{datetime.fromisoformat(moment).astimezone():%H:%M}"


def _sentences(*parts: str) -> str:
    """The parts that say something, each a sentence."""
    told = (part.strip().rstrip(".") for part in parts if part.strip())
    return " ".join(f"{first_upper(part) if part.partition(' ')[0].isalpha() else part}." for part in told)


def _went(accounting: Accounting) -> str:
    """Where a table's rows went; rows that were moved first."""
    kinds = ("matched", "there already"), ("merged", "merged"), ("skipped", "skipped"), ("quarantined", "set aside")
    rest = (f", {getattr(accounting, name):,} {said}" for name, said in kinds if getattr(accounting, name))
    return f"{count(accounting.migrated, 'row')} moved{''.join(rest)}"


def _undone(event: RolledBack) -> str:
    if not event.rows and not event.restored:
        return "nothing of it was there to be taken out"
    restored = (
        f", {count(event.restored, 'row')} {'has its' if event.restored == 1 else 'have their'} old values again"
        if event.restored
        else ""
    )
    return f"{count(event.rows, 'row')} taken out again{restored}"


def _words(name: str) -> str:
    return name.replace("_", " ")
