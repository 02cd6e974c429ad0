"""Events and payloads on a terminal, scrollback first: what was said stays above, one live bar stands below.

Every text passes `printable` and goes out as it stands: a name out of a database is never markup or a control code.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, Progress, ProgressColumn, TaskID, TextColumn
from rich.table import Table as Grid
from rich.text import Text

from ferryman.agents.explain import asked, present_plan
from ferryman.agents.user_guidance import clean, explain_problem
from ferryman.commands.voice import printable
from ferryman.domain.conversation import DecidePayload, PausedPayload, Payload, ReviewPayload
from ferryman.domain.errors import FerrymanError
from ferryman.domain.events import (
    Approved,
    BatchCompleted,
    BatchHalved,
    DecisionTaken,
    Delegated,
    Escalated,
    Event,
    FailureFound,
    PhaseStarted,
    RecoveryStep,
    RolledBack,
    RowsQuarantined,
    RunStarted,
    Said,
    SelfRecovery,
    TableValidated,
)
from ferryman.domain.plan import Plan, RollbackKind
from ferryman.domain.validation import CheckStatus, TableValidation

if TYPE_CHECKING:
    from ferryman.desk import RowShown

READABLE = 100  #: columns; longer lines of prose are hard to follow
STEP = 10  #: percent between two lines of progress
FEW = 3  #: tables in a phase that are told about batch by batch and check by check; of more, a line each
MOST_STEPS = 60  #: lines of a plan that is put up for review; /plan shows all

_LEAD = re.compile(r" *(?:- |\d+\. )?")
_UNDO = {
    RollbackKind.TRUNCATE: "empty it again",
    RollbackKind.DELETE_CREATED: "take these rows out",
    RollbackKind.RESTORE_UPDATED: "restore old values",
}
#: The columns of a plan that are left out, in this order, until it fits the terminal.
_SPARE = ("batches", "undo", "kind", "takes", "risk", "phase")
_NUMBERS = ("rows", "batches")


class Screen:
    """Shows a conversation. As a context manager it keeps the live bars; without a terminal there are lines only."""

    def __init__(self, console: Console, *, details: bool = False) -> None:
        self.console = console
        self.details = details  #: also show the agents' hand-overs and every batch
        self._bars: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._shown: dict[str, int] = {}
        self._closely = True
        self._last = ""

    def __enter__(self) -> Self:
        if self.console.is_terminal and self.console.file.isatty() and not self.console.is_dumb_terminal:
            self._bars = Progress(*_columns(self.console.width), console=self.console, transient=True)
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bars is not None:
            self._bars.stop()
        self._bars, self._tasks, self._shown = None, {}, {}

    def restore(self) -> None:
        """Give the terminal back as it was, for a process that leaves without another word."""
        if self._bars is not None:
            self.console.show_cursor(True)

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
        width = min(self.console.width, READABLE)
        for line in printable(text).splitlines():
            self.console.print(Text(_wrapped(line, width), style=style), soft_wrap=True)

    def asks(self, text: str) -> None:
        """What is waited for."""
        self.says(text, "bold")

    def line(self, text: str, style: str = "") -> None:
        """One of several lines that belong together. It is never broken: a path or a command can be copied whole."""
        self._apart("line")
        self.console.print(Text(f"  {printable(text)}", style=style), soft_wrap=True)

    def error(self, error: FerrymanError) -> None:
        """The two lines of an error: what happened, what to do."""
        self.says(error.what, "bold red")
        for line in printable(error.do).splitlines():
            self.console.print(Text(line), soft_wrap=True)

    def grid(self, heads: Sequence[str], rows: Iterable[Mapping[str, str]], spare: Sequence[str] = ()) -> None:
        """Rows under heads, without those columns of `spare` for which there is no room."""
        kept, left = list(rows), list(heads)
        for name in (*spare, ""):
            grid = _grid(left, kept)
            if not name or self.console.measure(grid).maximum <= self.console.width:
                break
            left = [head for head in left if head != name]
        self._apart("grid")
        self.console.print(grid)

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
                self.line(f"Run {event.run} {'goes on' if event.resumed else 'begins'}.")
            case PhaseStarted():
                self._phase(event)
            case BatchCompleted():
                self._progress(event)
            case TableValidated():
                self._checks(event.validation)
            case RolledBack():
                self.line(f"{clean(event.table)}: {_undone(event)}")
            case Delegated() if self.details:
                self.line(f"{event.delegation.agent.value}: {event.delegation.task}", "dim")
            case _:
                self._trouble(event)

    def _trouble(self, event: Event) -> None:
        match event:
            case SelfRecovery():
                tries = f"try {event.attempt} of {event.max_retries}"
                self.line(f"{event.issue} Again in {event.wait_seconds:.1f} s ({tries}).", "yellow")
            case BatchHalved():
                self.line(f"{clean(event.table)} goes on in smaller batches, of {event.rows:,} rows.")
            case RowsQuarantined():
                self.line(f"{event.rows:,} rows of {clean(event.table)} set aside: {event.reason}", "yellow")
            case FailureFound():
                self.line(f"{clean(event.failure.table)} stopped; what was moved before is kept.", "yellow")
            case DecisionTaken():
                how = "by the policy that was given" if event.as_policy else f"by {clean(event.by)}"
                self.line(f"Decided {how}: {_words(event.strategy)}.")
            case RecoveryStep() if event.state != "started":
                self.line(f"{_words(event.step)}: {event.state}")
            case Escalated():
                self.line(f"I look again before I go on: {_words(event.recovery)}.", "yellow")
            case _:
                pass

    def _phase(self, event: PhaseStarted) -> None:
        self._closely = len(event.tables) <= FEW
        if event.of > 1:
            tables = ", ".join(map(clean, event.tables))
            self._last = "phase"
            self.line(f"Phase {event.phase} of {event.of}: {tables} ({event.rationale})", "bold")

    def _progress(self, event: BatchCompleted) -> None:
        table, left = clean(event.table), "" if event.percentage >= 100 else event.estimated_time_remaining
        if self._bars is not None:
            task = self._tasks.get(event.table)
            if task is None:
                task = self._tasks[event.table] = self._bars.add_task(table, rows="", left="")
            rows = f"{event.records} of {event.records_total:,}"
            self._bars.update(task, completed=event.percentage, rows=rows, left=left)
        if event.table not in self._shown and self._closely and event.current_action:
            self.line(f"{table}: {event.current_action}")
        if self._due(event):
            name = "rows" if self._closely else f"{table}: rows"
            self.line(f"  {name} {event.records} of {event.records_total:,} ({event.percentage}%)")

    def _due(self, event: BatchCompleted) -> bool:
        """Whether a batch gets a line: the last one of a table always, the others by their distance."""
        before = self._shown.get(event.table, -STEP if self._closely else 0)
        due = self.details or event.percentage >= 100 or (self._closely and event.percentage - before >= STEP)
        self._shown[event.table] = event.percentage if due else max(0, before)
        return due

    def _checks(self, validation: TableValidation) -> None:
        table = clean(validation.table)
        if validation.status is CheckStatus.PASS and not self._closely:
            self.line(f"  {table}: all {len(validation.checks)} checks passed", "green")
            return
        self.line(f"{table}: checked against the old database")
        for check in validation.checks:
            style = "green" if check.status is CheckStatus.PASS else "bold red"
            self.console.print(Text(f"    {_words(check.status.value)}  {printable(check.text)}", style=style))

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
        changed = before is None or before.plan != plan
        if changed and (before is None or not waiting):
            self.plan(plan)
            if not waiting:
                self.writes(plan, payload.writes, ledger)
        if waiting:
            self.says("\n".join(asked(waiting[0], len(waiting) - 1)))
        self.asks(present_plan(plan).question)

    def plan(self, plan: Plan, most: int = MOST_STEPS) -> None:
        """The plan as a table, a line a step, and what is to be known about it."""
        told = present_plan(plan)
        self.says(told.summary)
        steps = [cells for phase in plan.phases for cells in _steps(plan, phase.number)]
        heads = ("phase", "from", "to", "kind", "rows", "batches", "takes", "risk", "undo")
        self.grid(heads if len(plan.phases) > 1 else heads[1:], steps[:most], _SPARE)
        if len(steps) > most:
            self.line(f"and {len(steps) - most:,} more; /plan shows all of them")
        details = told.details if len(plan.mapping.copied) > 1 else told.details[1:]  # the table says where it goes
        self.says("\n".join((*details, f"{told.time} {told.safety}")))

    def writes(self, plan: Plan, tables: Iterable[str], ledger: bool) -> None:
        """Which tables of the new database will be written, if the answer is yes."""
        ours = [clean(table) for table in tables if table.rpartition(".")[2].startswith("ferryman_")]
        self.says("If you say yes, this is written in the new database, and nothing in the old one:")
        for step in (step for phase in plan.phases for step in phase.steps):
            count = plan.counts_by_table.get(step.target)
            self.line(f"- {clean(step.target)}{f': {count.in_scope:,} rows' if count else ''}")
        how = "my own records, in" if ledger else "my own records, in new tables:"
        for text in textwrap.wrap(f"- {how} {', '.join(ours)}", READABLE - 4, subsequent_indent="  "):
            self.line(text)

    def _decision(self, payload: DecidePayload, seen: bool) -> None:
        told = explain_problem(payload.decision)
        if seen:
            self.asks(f'{told.question} ("what are my options?" shows them again)')
            return
        self.says(f"{told.situation} {told.impact}".strip())
        for number, (option, shown) in enumerate(zip(payload.decision.options, told.options, strict=True), 1):
            mark = " (recommended)" if option.strategy is payload.decision.recommended else ""
            self.says(f"  {number}. {shown.choice}{mark}", "bold")
            self._last = "option"
            rest = ". ".join(part.rstrip(".") for part in (shown.time, shown.safety, shown.tradeoff) if part)
            for text in textwrap.wrap(printable(rest), min(self.console.width, READABLE) - 5):
                self.console.print(Text(f"     {text}"))
        self.says(told.recommendation)
        self.asks(told.question)

    def row(self, shown: RowShown) -> None:
        """A legacy row beside its future form, for this screen only."""
        self._apart("paragraph")
        self.console.print(Text(printable(shown.title), style="bold"), soft_wrap=True)
        grid = Grid(box=None, padding=(0, 2, 0, 0), header_style="bold")
        heads = ("  in the old database", "", "in the new one", "") if shown.both else ("  in the old database", "")
        for head in heads:
            grid.add_column(head, overflow="fold")
        for beside in shown.lines:
            cells = (f"  {beside.old}", beside.before, beside.new, beside.after)
            grid.add_row(*(Text(printable(cell)) for cell in cells[: len(heads)]))
        self.console.print(grid)


def _columns(width: int) -> tuple[ProgressColumn, ...]:
    """The parts of a live bar; a narrow terminal has no room for the rows."""
    bar = (TextColumn("  {task.description}", markup=False), BarColumn(bar_width=28 if width >= 90 else 12))
    percent = TextColumn("{task.percentage:>3.0f}%", markup=False)
    if width < 60:
        return (*bar, percent)
    return (*bar, percent, TextColumn("rows {task.fields[rows]}  {task.fields[left]}", markup=False))


def _wrapped(line: str, width: int) -> str:
    """A line broken at blanks; what follows a bullet or a number stands under its own beginning."""
    lead = _LEAD.match(line)
    indent = " " * (lead.end() if lead else 0)
    return textwrap.fill(
        line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False, drop_whitespace=True
    )


def _grid(heads: Sequence[str], rows: Iterable[Mapping[str, str]]) -> Padding:
    grid = Grid(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for head in heads:
        grid.add_column(Text(head), justify="right" if head in _NUMBERS else "left", overflow="fold")
    for row in rows:
        grid.add_row(*(Text(printable(row[head])) for head in heads))
    return Padding(grid, (0, 0, 0, 2), expand=False)


def _steps(plan: Plan, number: int) -> Iterable[Mapping[str, str]]:
    risks = {risk.table: risk.level.value for risk in plan.risks}
    for step in next(phase for phase in plan.phases if phase.number == number).steps:
        batch, count = plan.batch_plans.get(step.target), plan.counts_by_table.get(step.target)
        yield {
            "phase": str(number),
            "from": clean(step.source),
            "to": clean(step.target),
            "kind": step.table_type.value,
            "rows": f"{count.in_scope:,}" if count else "",
            "batches": f"{batch.batches:,} of {batch.size:,}" if batch else "",
            "takes": batch.estimate.text if batch else "",
            "risk": risks.get(step.target, ""),
            "undo": _UNDO[step.rollback],
        }


def _undone(event: RolledBack) -> str:
    restored = f", {event.restored:,} rows have their old values again" if event.restored else ""
    return f"{event.rows:,} rows taken out again{restored}"


def _words(name: str) -> str:
    return name.replace("_", " ")
