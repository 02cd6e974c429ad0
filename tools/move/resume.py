"""Whether a run may go on: every reason that forbids it is named, with what to do. Rows of the source may drift."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Connection, func, select

from ferryman.domain.approval import Identity
from ferryman.domain.errors import Refused
from ferryman.domain.outline import Outlines, TableOutline, differences
from ferryman.domain.run import RunStatus, TableState
from ferryman.tools.databases.dialect import clause
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.progress import progress
from ferryman.tools.move.records import UNDOING, WITHDRAWN, RunRecord

_OVER = {
    RunStatus.SUCCESS: "it is complete",
    RunStatus.SUCCESS_WITH_QUARANTINE: "it is complete",
    RunStatus.ROLLED_BACK: "it was undone",
    RunStatus.CANCELLED: "it was cancelled",
}

_MOST_TOLD = 5  #: of what is another in a structure


@dataclass(frozen=True)
class Present:
    """What the run finds now. `plan_hash` is that of the plan it is resumed with; empty: the ledger's own."""

    source: Identity
    target: Identity
    source_schema: str
    target_schema: str
    outlines: Outlines = field(default_factory=Outlines)
    plan_hash: str = ""


def changed(record: RunRecord, present: Present) -> tuple[str, ...]:
    """What is not as the approval bound it, in words."""
    then, now = record.outlines, present.outlines
    old, new = _in_words(then.source, now.source), _in_words(then.target, now.target)
    found = {
        f"the old database is another one{_named(record.source, present.source)}": (
            record.source.place != present.source.place
        ),
        f"the new database is another one{_named(record.target, present.target)}": (
            record.target.place != present.target.place
        ),
        f"the old database's structure changed{old}": record.source_schema != present.source_schema,
        f"the new database's structure changed{new}": record.target_schema != present.target_schema,
        "the plan changed": present.plan_hash not in ("", record.amended.hash),
    }
    return tuple(what for what, so in found.items() if so)


def _named(then: Identity, now: Identity) -> str:
    """ " (archive, and it was shop)"; of two with one name, that it is so."""
    return f" ({now.name}, and it was {then.name})" if now.name != then.name else f" (also called {now.name})"


def _in_words(then: dict[str, TableOutline], now: dict[str, TableOutline]) -> str:
    """ " (column kind of specimen is gone)"; "" where nobody kept what it was."""
    told = list(differences(then, now)) if then and now else []
    more = f", and {len(told) - _MOST_TOLD} more" if len(told) > _MOST_TOLD else ""
    return f" ({', '.join(told[:_MOST_TOLD])}{more})" if told else ""


def resumable(ledger: Ledger, run: str, present: Present) -> RunRecord:
    """The run, if it may go on from here. It takes no lease: `Ledger.acquire` does.

    Raises Refused when it is over, being undone, bound to something else, or when rows that it wrote are gone;
    Corrupt when its ledger is not as it was written; Usage when there is none.
    """
    record = ledger.run(run)
    refuse_intent(record)
    refuse_over(record)
    if different := changed(record, present):
        raise Refused(
            f"Run {run} cannot be resumed: {', '.join(different)}.",
            "Put that back as it was, or plan and approve anew; what was moved can be undone or is matched then.",
        )
    ledger.verify(run)
    _refuse_emptied(ledger, run)
    return record


def refuse_over(record: RunRecord) -> None:
    """Raises Refused where the run is at its end."""
    if record.status in _OVER:
        raise Refused(f"Run {record.run} cannot be resumed: {_OVER[record.status]}.", "Plan a new run.")


def refuse_intent(record: RunRecord) -> None:
    """Raises Refused where the run is to be undone, or where its approval was taken back."""
    if record.undoing:
        what = "it" if record.intent == UNDOING else ", ".join(record.half_undone)
        raise Refused(
            f"Run {record.run} cannot be resumed: {what} is being undone.",
            f"Finish that first: `{record.finish_undoing}`.",
        )
    if record.intent == WITHDRAWN:
        raise Refused(
            f"Run {record.run} cannot be resumed: {record.stop_reason}.",
            f"Undo it with `ferryman rollback {record.run}`, or plan and approve anew: what was moved is matched then.",
        )


def take_up(ledger: Ledger, run: str) -> RunRecord:
    """The run with its lease taken, for whoever was at it before and goes on. Raises Refused where it is over by now,
    or is not to go on, as another process may have seen to meanwhile."""
    ledger.acquire(run)
    record = ledger.run(run)
    try:
        refuse_intent(record)
        refuse_over(record)
    except Refused:
        ledger.release(run)
        raise
    return record


def forget_stop(ledger: Ledger, record: RunRecord) -> None:
    """Somebody answers a run that rests: what asked it to stop until then has had its way."""
    if record.stop_requested:
        ledger.clear_stop(record.run)


def _refuse_emptied(ledger: Ledger, run: str) -> None:
    """A target table that holds fewer rows than this run made was emptied since (or another tool undid it)."""
    with ledger.target.connect("counting rows", reading=True) as connection:
        for table in progress(ledger, run):
            made = table.accounting.migrated + table.accounting.placeholders
            there = _count(connection, table.table) if made and table.state is not TableState.ROLLED_BACK else made
            if there < made:
                raise Refused(
                    f"Run {run} cannot be resumed: it made {made:,} rows in {table.table}, and {there:,} are there.",
                    f"Restore them, or undo the run with `ferryman rollback {run}` and begin anew.",
                )


def _count(connection: Connection, table: str) -> int:
    return int(connection.execute(select(func.count()).select_from(clause(table))).scalar_one())
