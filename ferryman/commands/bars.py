"""The live part of a terminal while something is done: what it is, a bar a table, and why the step matters."""

from __future__ import annotations

from rich.console import Console, Group
from rich.live import Live
from rich.padding import Padding
from rich.progress import BarColumn, Progress, ProgressColumn, TaskID, TextColumn
from rich.spinner import Spinner
from rich.text import Text

from ferryman.agents.user_guidance import clean
from ferryman.agents.wording import count
from ferryman.commands.voice import printable
from ferryman.domain.events import BatchCompleted, Delegated

NARROW, WIDE = 70, 95  #: columns below which the rows are left out, and from which the time left is shown

#: What is being done, by the phase of the hand-over; of the copying the bars tell.
_DOING = {
    "discovery": "Looking at both databases",
    "planning": "Making the plan",
    "validate": "Comparing with the old database",
    "recovery": "Looking into what happened",
}


class Bars:
    """The live part of the screen: a bar for each table that moves, and why the step matters. Gone when it stops."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(*_columns(console.width), console=console)
        self._tasks: dict[str, TaskID] = {}
        self._why = ""
        self._spinner = Spinner("line", text=Text("One moment ...", style="dim"), style="dim")
        self.live = Live(console=console, transient=True, get_renderable=self._now, refresh_per_second=8)

    def show(self, event: BatchCompleted) -> None:
        """How far a table is."""
        task = self._tasks.get(event.table)
        if task is None:
            task = self._tasks[event.table] = self._progress.add_task(clean(event.table), rows="", left="")
        rows = f"{event.records} of {event.records_total:,}"
        left = "" if event.percentage >= 100 else f"{event.estimated_time_remaining} left"
        self._progress.update(task, completed=event.percentage, rows=rows, left=left)
        self._why = event.current_action

    def doing(self, event: Delegated) -> None:
        """What the agents are at, where there is no bar to look at."""
        self._say(f"{_DOING.get(event.delegation.phase, 'Getting ready')} ...")

    def writing(self, tokens: int) -> None:
        """How far a model's answer is, which nobody reads before it is whole and checked."""
        self._say(f"The model is writing, {count(tokens, 'token')} ..." if tokens else "Asking the model ...")

    def _say(self, text: str) -> None:
        self._spinner.update(text=Text(text, style="dim"))

    def done(self, table: str) -> None:
        """A table needs no bar any more."""
        if table in self._tasks:
            self._progress.remove_task(self._tasks.pop(table))
        self._why = self._why if self._tasks else ""

    def _now(self) -> Group:
        if not self._tasks:
            return Group(Padding(self._spinner, (0, 0, 0, 2)))
        why = Text(f"  {printable(self._why)}", style="dim", no_wrap=True)
        return Group(self._progress.get_renderable(), why)


def _columns(width: int) -> tuple[ProgressColumn, ...]:
    """The parts of a bar, as many as there is room for."""
    bar = BarColumn(bar_width=28 if width >= WIDE else 12)
    parts = (
        TextColumn("  {task.description}", markup=False),
        bar,
        TextColumn("{task.percentage:>3.0f}%", markup=False),
    )
    if width < NARROW:
        return parts
    left = "  {task.fields[left]}" if width >= WIDE else ""
    return (*parts, TextColumn(f"rows {{task.fields[rows]}}{left}", markup=False))
