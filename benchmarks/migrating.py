"""For a child process: a whole migration by a session, from the catalogues to the validated end, asked nothing.

`python -m benchmarks.migrating OLD NEW`: open questions are answered as recommended, the plan is approved.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import ferryman
from benchmarks.child import tell
from ferryman.commands.edge import collect_less
from ferryman.domain.conversation import AnswerQuestion, Approve, ReviewPayload
from ferryman.domain.coordination import Request, RequestType
from ferryman.session import Session


def migrate(session: Session) -> int:
    """Let a session do everything it can; gives how many questions were answered on the way."""
    answered = 0
    list(session.ask_for(Request(type=RequestType.COMPLETE)))
    while isinstance(session.payload, ReviewPayload) and session.payload.plan.open_questions:
        question = session.payload.plan.open_questions[0]
        option = question.recommended or question.options[0].key
        list(session.say(AnswerQuestion(question=question.id, option=option)))
        answered += 1
    list(session.say(Approve()))
    return answered


def main(old: str, new: str) -> None:
    collect_less()  # as the command line does
    started = time.perf_counter()
    with ferryman.open(old, new, folder=Path.cwd()) as session:
        answered = migrate(session)
        seconds, outcome = time.perf_counter() - started, session.outcome
    tell(
        seconds=seconds,
        answered=answered,
        status=outcome.status.value if outcome else "unfinished",
        rows=outcome.records_migrated if outcome else 0,
    )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
