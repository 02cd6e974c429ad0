"""Ferryman inside another program: move what is missing, decide by rule, read the facts.

python examples/embed.py legacy.sqlite new.sqlite [table ...]
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import ferryman
from ferryman.domain.conversation import Approve, ReviewPayload
from ferryman.domain.coordination import Request, RequestType
from ferryman.domain.events import BatchCompleted


def move(legacy: str, new: str, tables: Sequence[str] = ()) -> str:
    """Fill tables of `new` from `legacy` (all that are empty, unless named); gives the run's status or "waiting"."""
    kind = RequestType.NAMED if tables else RequestType.FILL_MISSING
    with ferryman.open(legacy, new, by="nightly job") as session:
        list(session.ask_for(Request(type=kind, tables=tuple(tables))))
        if not isinstance(session.payload, ReviewPayload) or session.payload.plan.open_questions:
            return "waiting"
        for event in session.say(Approve(token=session.payload.token)):
            if isinstance(event, BatchCompleted):
                print(f"{event.table}: {event.records} of {event.records_total:,}")
        return session.outcome.status.value if session.outcome else "waiting"


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    print(move(sys.argv[1], sys.argv[2], sys.argv[3:]))
