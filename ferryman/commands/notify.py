"""Calling a person back: the terminal's bell, and a command of their own, when they are needed or a run has ended.

The command is started without a shell; it gets one JSON object on standard input:

    {"version": 1, "event": "decision_needed", "run": "...", "status": "waiting", "message": "...", "question": "..."}

`event` is review, decision_needed, paused or ended. A command that fails is reported and stops nothing.
"""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ferryman.agents.wording import rows_were
from ferryman.domain.conversation import DecidePayload, PausedPayload, ReviewPayload
from ferryman.domain.errors import Usage
from ferryman.session import Session

VERSION = 1
PATIENCE = 10.0  #: seconds that the command may take
SOON = 10.0  #: seconds: whoever waited for less is still there


@dataclass(frozen=True)
class Caller:
    """The command that calls a person back; no words, no command."""

    words: tuple[str, ...] = ()

    @staticmethod
    def of(command: str) -> Caller:
        """Raises Usage where the command line cannot be taken apart."""
        try:
            return Caller(tuple(shlex.split(command)))
        except ValueError as error:
            raise Usage(
                f"--notify: {error}.", "Give one command as you would type it, with its quotes closed."
            ) from None

    def call(self, notice: dict[str, Any] | None, report: Callable[[str], object]) -> None:
        """Run the command with a notice; what goes wrong is reported, and that is all."""
        if notice is None or not self.words:
            return
        try:
            ran = subprocess.run(
                self.words, input=json.dumps(notice).encode(), capture_output=True, timeout=PATIENCE, check=False
            )
        except subprocess.TimeoutExpired:
            report(f"The command that calls you ({self.words[0]}) took longer than {PATIENCE:.0f} s and was stopped.")
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            report(f"The command that calls you ({self.words[0]}) cannot be run: {why}.")
        else:
            if ran.returncode:
                report(f"The command that calls you ({self.words[0]}) failed with exit code {ran.returncode}.")


def notice(session: Session) -> dict[str, Any] | None:
    """What a person is called for, as things stand; None where nobody is needed and nothing has ended."""
    payload, outcome = session.payload, session.outcome
    match payload:
        case ReviewPayload():
            return _notice(session, "review", "waiting", payload.message, payload.question)
        case DecidePayload():
            return _notice(session, "decision_needed", "waiting", payload.message, payload.question)
        case PausedPayload():
            return _notice(session, "paused", "paused", payload.message, payload.question)
    if outcome is None:
        return None
    return _notice(session, "ended", outcome.status.value, f"{rows_were(outcome.records_migrated)} moved.", "")


def _notice(session: Session, event: str, status: str, message: str, question: str) -> dict[str, Any]:
    told = {"event": event, "run": session.run, "status": status, "message": message, "question": question}
    return {"version": VERSION, **told}
