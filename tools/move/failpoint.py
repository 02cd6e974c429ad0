"""Named places where a test can make this process die or fail. For tests: nothing happens unless the variable is set.

    FERRYMAN_FAILPOINT="before_commit"                     die by SIGKILL the first time a batch is about to commit
    FERRYMAN_FAILPOINT="after_insert:brackets:3"           the same, for batch 3 of that table only
    FERRYMAN_FAILPOINT="before_ledger:brackets:3=error"    raise Transient there instead, every time it is passed
    FERRYMAN_FAILPOINT="before_ledger:brackets:3=error*2"  the first two times only
    FERRYMAN_FAILPOINT="before_insert=broken"              raise what no rule knows, as a fault of our own would
    FERRYMAN_FAILPOINT="before_validation=hang"            stop there by SIGSTOP, until SIGCONT

Several are separated by commas. An empty table or batch means any. `POINTS` names all places.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from ferryman.domain.errors import Transient, Usage

VARIABLE = "FERRYMAN_FAILPOINT"

#: In the order a batch passes them.
OF_A_BATCH = (
    "before_begin",
    "before_insert",
    "after_insert",
    "before_ledger",
    "before_commit",
    "after_commit",
)
#: In the order the undoing of a batch passes them.
OF_AN_UNDOING = (
    "before_undo",
    "after_undo",
    "before_undo_ledger",
    "before_undo_commit",
    "after_undo_commit",
)
#: Of a run as a whole, in the order it passes them; those of a table name it.
OF_A_RUN = (
    "before_run",  # approved, and not in the ledger yet
    "after_run",  # in the ledger, and no row moved
    "before_resume",
    "after_resume",
    "before_reference_commit",  # of the second pass
    "after_reference_commit",
    "before_validation",
    "after_validation",  # proved, and not written down
    "before_end",
)
#: Where foreign keys are set aside and put back, in the order a table passes them; they name it.
OF_SETTING_ASIDE = (
    "before_set_aside",
    "after_set_aside",
    "before_put_back",
    "after_put_back",
    "before_restored",
    "after_restored",
)
#: Where an index is set up for an undoing, and taken away; they name the table whose rows go.
OF_INDEXES = ("before_index", "after_index", "before_index_gone", "after_index_gone")
#: The same of triggers; "between" is passed after each of them.
OF_TRIGGERS = (
    "before_triggers_go",
    "between_triggers_go",
    "after_triggers_go",
    "before_triggers_come",
    "between_triggers_come",
    "after_triggers_come",
)
#: Where batches are taken back in the middle of a copy; they name the batch.
OF_TAKING_BACK = ("before_taken_back", "after_taken_back")
#: Where rows of a ring that went are set aside after all.
OF_A_RECALL = ("before_recall_commit", "after_recall_commit")
#: Where a change of the plan of a run that waits is written down.
OF_AN_AMENDMENT = ("before_amendment_commit", "after_amendment_commit")
#: Of `ferryman finish`.
OF_AN_END = ("before_archive", "before_drop")
POINTS = (
    *OF_A_BATCH,
    *OF_AN_UNDOING,
    *OF_A_RUN,
    *OF_SETTING_ASIDE,
    *OF_INDEXES,
    *OF_TRIGGERS,
    *OF_TAKING_BACK,
    *OF_A_RECALL,
    *OF_AN_AMENDMENT,
    *OF_AN_END,
)

_passed: Counter[str] = Counter()


class Act(StrEnum):
    KILL = "kill"  #: SIGKILL: no handler, no clean-up, as a power cut
    ERROR = "error"  #: Transient, as a lock or a lost connection
    BROKEN = "broken"  #: RuntimeError
    HANG = "hang"  #: SIGSTOP: it is there and does nothing


@dataclass(frozen=True)
class Failpoint:
    """One entry of the variable."""

    name: str
    table: str = ""
    batch: str = ""
    act: Act = Act.KILL
    times: int = 0  #: how often it acts; 0: always

    def meets(self, name: str, table: str, batch: str) -> bool:
        return self.name == name and self.table in ("", table) and self.batch in ("", batch)


def parse(text: str) -> tuple[Failpoint, ...]:
    """The entries of the variable. Raises Usage for a place or an act that does not exist."""
    return tuple(_entry(part.strip()) for part in text.split(",") if part.strip())


def _entry(text: str) -> Failpoint:
    place, _, act = text.partition("=")
    name, table, batch = [*place.split(":"), "", ""][:3]
    act, _, times = (act or "kill").partition("*")
    if name not in POINTS or act not in list(Act) or not (times or "0").isdigit():
        raise Usage(f"{VARIABLE}: {text!r} is no failpoint.", f"Take one of {', '.join(POINTS)}, and kill or error.")
    return Failpoint(name, table, batch, Act(act), int(times or 0))


def failpoint(name: str, table: str = "", batch: str = "") -> None:
    """Do what the variable says for this place; nothing when it is not set."""
    text = os.environ.get(VARIABLE)
    if not text:
        return
    for point in parse(text):
        if point.meets(name, table, batch):
            _act(point, f"{text}/{point}")


def _act(point: Failpoint, seen: str) -> None:
    _passed[seen] += 1
    if point.times and _passed[seen] > point.times:
        return
    if point.act is Act.KILL:
        os.kill(os.getpid(), signal.SIGKILL)
    if point.act is Act.HANG:
        signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)  # sent to the process, this thread might run on
        return
    where = f"failpoint {point.name}"
    if point.act is Act.BROKEN:
        raise RuntimeError(where)
    raise Transient(f"A test asked for a failure at {where}.", "Nothing: it passes.", table=point.table)
