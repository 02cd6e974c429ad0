"""What is said where something ends: a run, or the conversation."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass

from ferryman.agents.wording import count, first_upper, names
from ferryman.desk import made
from ferryman.domain.run import Outcome, RunStatus, Status
from ferryman.graph.standing import OVER

RESUME, RETRY = "resume", "quarantine retry"  #: commands that read the old database, too


@dataclass(frozen=True)
class Way:
    """The way back, as commands that work where the conversation was held."""

    chat: str = ""  #: begins such a conversation again
    pair: str = ""  #: how `ferryman resume RUN` is told of the databases; empty where the folder remembers
    target: str = ""  #: the same for `status` and `rollback`
    keep: Callable[[str], None] = lambda run: None  #: called when a run begins
    keep_talk: Callable[[str], None] = lambda run: None  #: called when something is said

    def command(self, name: str, run: str) -> str:
        """`ferryman NAME RUN`, with what it needs to find the databases."""
        command = f"ferryman {name} {run}"
        return f"{command} {self.pair}".strip() if name in (RESUME, RETRY) else self.there(command)

    def there(self, command: str) -> str:
        """A command that looks into the ledger alone, with what it needs to find it."""
        return f"{command} {self.target}".strip()


PASSWORD = "The password goes in place of ***; or ${NAME}, for the environment variable NAME that holds it."


def with_password(said: str) -> str:
    """Words with a command in them, and how its password is given where it takes one that is kept nowhere."""
    return f"{said}\n  {PASSWORD}" if "***" in said else said


def goodbye(way: Way, run: Status | None, saved: str = "", *, planned: bool = False) -> tuple[str, str]:
    """What is kept, and the one command that leads back. `run` is the last one of the conversation; `planned`: a plan
    waits for an answer."""
    kept, command = _goodbye(way, run, saved, planned)
    return (f"{kept.removesuffix(':')}, with the password in place of ***:" if "***" in command else kept), command


def _goodbye(way: Way, run: Status | None, saved: str, planned: bool) -> tuple[str, str]:
    if run is None and saved:
        return "Nothing was written; the plan is kept. To run it:", f"ferryman run --plan {shlex.quote(saved)}"
    if run is None and planned:
        return "Nothing was written, and the plan waits. To go on with it:", f"{way.chat} --resume"
    if run is None:
        return "Nothing was written. To come back:", way.chat
    if run.status is RunStatus.ROLLED_BACK:
        return f"What run {run.run} had moved was taken out again. To come back:", way.chat
    rows = count(made(run), "row")
    if run.finish_undoing:
        return f"Run {run.run} is half undone: what was not undone yet is there still. To finish it:", way.there(
            run.finish_undoing
        )
    if run.status in OVER:
        return f"{rows} of run {run.run} are in the new database. To undo it:", way.command("rollback", run.run)
    return f"{rows} of run {run.run} are moved and kept. To go on:", way.command("resume", run.run)


def what_next(outcome: Outcome) -> str:
    """What can be said after a run."""
    if outcome.status in (RunStatus.ROLLED_BACK, RunStatus.CANCELLED):
        return "Say what you would like instead, or /quit."
    then = f'"fill {names(outcome.next_steps, 3)}" goes on from here; ' if outcome.next_steps else ""
    undo = '"undo it" takes it all back; ' if outcome.rollback_available else ""
    return f"What next? {first_upper(f'{then}{undo}/report writes down what was done; /quit leaves.')}"
