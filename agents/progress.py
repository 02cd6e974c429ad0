"""How far it is, what is being done and why that matters; how it ended; what can come next."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ferryman.agents.vocabulary import key
from ferryman.agents.wording import clean, count, first_upper, listed, names, one_line, records, spoken
from ferryman.domain.events import BatchCompleted
from ferryman.domain.findings import Findings, TableStatus, TableType
from ferryman.domain.guidance import OutcomeExplained, ProgressExplained, StatusExplained
from ferryman.domain.mapping import Conflict
from ferryman.domain.plan import Plan
from ferryman.domain.run import Outcome, RunStatus, Status, TableProgress, TableState
from ferryman.domain.validation import CheckKind, CheckStatus

_ORDINALS = "First Second Third Fourth Fifth Sixth Seventh Eighth Ninth Tenth".split()


def batch_message(table: str, batch: str, of: int) -> str:
    """What a finished batch is called: "First batch of brackets moved", "Last batch of brackets moved"."""
    if batch == str(of):
        which = "Last batch" if of > 1 else "The one batch"
    elif batch.isdigit() and int(batch) <= len(_ORDINALS):
        which = f"{_ORDINALS[int(batch) - 1]} batch"
    else:
        which = f"Batch {batch}"
    return f"{which} of {spoken(table)} moved"


def action_words(table: str, table_type: TableType | None, parents: Sequence[str] = ()) -> str:
    """Why this step matters, in a sentence."""
    match table_type:
        case TableType.CATALOG:
            return f"Moving {spoken(table)}, the values that other tables look up"
        case TableType.JUNCTION:
            ends = listed([spoken(parent) for parent in parents]) or "rows of other tables"
            return f"Connecting {ends}, so that each link points at the same rows as before"
        case TableType.TRANSACTIONAL if parents:
            return f"Moving {spoken(table)}, each tied to its {listed([_one(parent) for parent in parents], 3)} again"
        case _:
            return f"Moving {spoken(table)} in batches"


def _one(table: str) -> str:
    words = spoken(table).split()
    return " ".join([*words[:-1], key(words[-1])]) if words else ""


def explain_progress(batch: BatchCompleted, plan: Plan | None = None) -> ProgressExplained:
    """A committed batch as a person reads it."""
    kind, parents = _kind(batch.table, plan)
    done = f"{batch.records_completed:,} of {records(batch.records_total, batch.table)}"
    left = batch.estimated_time_remaining
    return ProgressExplained(
        message=f"Moved {done} ({batch.percentage}%)",
        time_remaining=f"About {left} left" if left and batch.records_completed < batch.records_total else "",
        current_action=batch.current_action or action_words(batch.table, kind, parents),
        details=_aside(batch),
    )


def _aside(batch: BatchCompleted) -> str:
    found = batch.accounting
    told = [
        f"{found.quarantined:,} set aside" if found.quarantined else "",
        f"{found.matched:,} were there already" if found.matched else "",
        f"{found.skipped:,} skipped" if found.skipped else "",
    ]
    told = [part for part in told if part]
    return f"In this batch {listed(told)}" if told else ""


def _kind(table: str, plan: Plan | None) -> tuple[TableType | None, tuple[str, ...]]:
    for phase in plan.phases if plan else ():
        for step in phase.steps:
            if step.target == table:
                return step.table_type, phase.prerequisites
    return None, ()


_RESTING = {
    RunStatus.WAITING: "The run waits for your decision",
    RunStatus.PAUSED: "The run is paused",
    RunStatus.SUCCESS: "The run is done",
    RunStatus.SUCCESS_WITH_QUARANTINE: "The run is done, with some rows set aside",
    RunStatus.FAILED: "The run ended with a failure",
    RunStatus.ROLLED_BACK: "The run was undone",
    RunStatus.CANCELLED: "The run was cancelled before anything was written",
}


def explain_status(status: Status, plan: Plan | None = None) -> StatusExplained:
    """Where a run stands, from the ledger's facts."""
    table = next((t for t in status.tables if t.table == status.current_table), None)
    kind, parents = _kind(status.current_table or "", plan)
    running = status.status is RunStatus.RUNNING
    if status.undoing:
        doing = "The run is being undone" if running else "The run is half undone"
    elif table and running:
        doing = action_words(table.table, kind, parents)
    else:
        doing = _RESTING.get(status.status, "Getting ready")
    return StatusExplained(
        user_message=f"{doing} ({status.overall_progress}% of all rows{' are there still' if status.undoing else ''})",
        progress_details=_details(status, table),
        time_remaining=_remaining(status) if running and not status.undoing else "",
        current_activity=_activity(table, status) if running else one_line(status.waiting_for),
    )


def _details(status: Status, table: TableProgress | None) -> str:
    done = [t for t in status.tables if t.state in (TableState.COPIED, TableState.VALIDATED)]
    told = (
        f"{len(done):,} of {count(len(status.tables), 'table')} {'is' if len(done) == 1 else 'are'} complete"
        if status.tables
        else ""
    )
    if status.held_back:
        are = "is" if len(status.held_back) == 1 else "are"
        told += f"; {names(status.held_back)} {are} held back by what was undone"
    if status.tables and status.status is not RunStatus.RUNNING:
        gone = (TableState.ROLLED_BACK,)
        moved = sum(t.accounting.migrated for t in status.tables if t.state not in gone)
        told = f"{moved:,} of {count(sum(max(t.in_scope, t.total) for t in status.tables), 'row')} moved; {told}"
    if table and status.status is RunStatus.RUNNING:
        now = f"{table.done:,} of {records(table.total, table.table)}"
        return f"{now}; {told}" if told else now
    aside = sum(t.accounting.quarantined for t in status.tables)
    return f"{told}; {count(aside, 'row')} set aside" if told and aside else told


def _remaining(status: Status) -> str:
    left = status.estimated_completion
    return f"About {left} left" if left else ""


def _activity(table: TableProgress | None, status: Status) -> str:
    if table is None:
        return clean(status.technical_status.replace("_", " "))
    if status.undoing:
        return f"Taking the rows of {spoken(table.table)} out again"
    return (
        f"Batch {table.batches + 1:,} of {spoken(table.table)}"
        if table.done < table.total
        else f"Checking {spoken(table.table)}"
    )


_ENDED = {
    RunStatus.SUCCESS: "Done: everything arrived",
    RunStatus.SUCCESS_WITH_QUARANTINE: "Done, with some rows set aside",
    RunStatus.FAILED: "The run did not end well",
    RunStatus.ROLLED_BACK: "The run was undone; the new system has the rows that it had before",
    RunStatus.CANCELLED: "Nothing was written",
    RunStatus.PAUSED: "The run is paused; what was moved is safe",
    RunStatus.WAITING: "The run waits for your decision; what was moved is safe",
    RunStatus.RUNNING: "The run is still going",
}


def explain_outcome(
    outcome: Outcome, plan: Plan | None = None, progress: Sequence[TableProgress] = ()
) -> OutcomeExplained:
    """How a run ended: what moved, what was checked, what it means, what can come next."""
    return OutcomeExplained(
        message=_headline(outcome),
        details=_moved(outcome, plan, progress),
        impact=_meaning(outcome, plan),
        next_steps=_next(outcome),
    )


def _headline(outcome: Outcome) -> str:
    if outcome.status is RunStatus.SUCCESS and outcome.validation != "PASSED":
        return "Done, but not everything has been checked"
    if outcome.status is RunStatus.SUCCESS and outcome.undone:
        return f"Done: everything arrived but what belongs into {names((*outcome.undone, *outcome.held_back))}"
    return _ENDED[outcome.status]


def _moved(outcome: Outcome, plan: Plan | None, progress: Sequence[TableProgress]) -> str:
    if outcome.status in (RunStatus.CANCELLED, RunStatus.ROLLED_BACK):
        return ""
    tables = [t.table for t in progress] or [m.target for m in (plan.mapping.copied if plan else ())]
    tables = [name for name in tables if name not in (*outcome.undone, *outcome.held_back)]
    moved = outcome.records_migrated
    what = records(moved, tables[0]) if len(tables) == 1 else count(moved, "record")
    told = f"{what} moved in {outcome.duration}"
    if len(tables) > 1:
        told = f"{what} of {count(len(tables), 'table')} moved in {outcome.duration}"
    if met := _there(outcome, plan, [table for table in progress if table.table in tables]):
        told = f"{told}; {met}" if moved else f"{first_upper(met)}, in {outcome.duration}"
    if outcome.records_quarantined:
        told += f"; {count(outcome.records_quarantined, 'row')} set aside for you to look at"
    if outcome.undone:
        told += f"; what was moved of {names(outcome.undone)} was undone"
    if outcome.held_back:
        told += f"; nothing went into {names(outcome.held_back)}, because of that"
    for table, rows in outcome.placeholders.items():
        told += f"; {count(rows, 'placeholder')} in {table} for rows that were not there"
    if outcome.placeholders:
        told += f" (listed by ferryman quarantine show {outcome.run}; a run that moves the real rows writes over them)"
    failed = [t.table for t in progress if t.validation and t.validation.status is CheckStatus.FAIL]
    return f"{told}; checks failed in {names(failed)}" if failed else told


def _there(outcome: Outcome, plan: Plan | None, progress: Sequence[TableProgress]) -> str:
    """What became of rows that were in the target already. A placeholder is no row of its own."""
    found = {t.table: t.accounting.matched - outcome.stood_in.get(t.table, 0) for t in progress}
    found = {table: rows for table, rows in found.items() if rows > 0}
    there, over = sum(found.values()), sum(outcome.stood_in.get(t.table, 0) for t in progress)
    told = []
    if there:
        told.append(f"{count(there, 'row')} {'was' if there == 1 else 'were'} there already{_met(plan, tuple(found))}")
    if over:
        became = "has become the real row" if over == 1 else "have become the real rows"
        told.append(f"{count(over, 'placeholder')} {became}")
    return ", ".join(told)


_MET = {
    Conflict.REPLACE: " and written over",
    Conflict.MERGE: " and completed",
    Conflict.KEEP: " and left as they were",
}


def _met(plan: Plan | None, tables: Sequence[str]) -> str:
    """What was done with rows that were there already, where it was the same in all these tables."""
    known = plan.mapping.by_target if plan else {}
    done = {known[name].conflict for name in tables if name in known}
    return _MET.get(done.pop(), "") if len(done) == 1 else ""


_CHECKS = {
    CheckKind.COUNT_MATCH: "counts",
    CheckKind.SAMPLE: "samples",
    CheckKind.CHECKSUM: "checksums",
    CheckKind.INTEGRITY: "references",
    CheckKind.ACCOUNTING: "the account of every row",
}


def _meaning(outcome: Outcome, plan: Plan | None) -> str:
    if outcome.status in (RunStatus.CANCELLED, RunStatus.ROLLED_BACK):
        return ""
    there = "The rows can be used in the new system now. " if outcome.validation == "PASSED" else ""
    told = f"{there}{_checked(outcome, plan)}"
    if outcome.rollback_available:
        return f"{told}. It can still be undone"
    blocker = one_line(outcome.rollback_blocker)
    return f"{told}. It cannot be undone: {blocker}" if blocker else told


def _checked(outcome: Outcome, plan: Plan | None) -> str:
    if outcome.validation == "FAILED":
        return "The checks found differences, so do not rely on it yet"
    if outcome.validation != "PASSED":
        return "It has not been validated"
    kinds = [_CHECKS[CheckKind(name)] for name in (plan.validation if plan else ()) if name in set(CheckKind)]
    return f"{first_upper(listed(kinds))} were checked and agree" if kinds else "All checks passed"


def _next(outcome: Outcome) -> str:
    if not outcome.next_steps:
        return ""
    return (
        f"Next could be {names(outcome.next_steps)}, still empty, with everything in place that"
        f" {'it refers' if len(outcome.next_steps) == 1 else 'they refer'} to"
    )


def next_steps(findings: Findings, done_tables: Collection[str] = ()) -> tuple[str, ...]:
    """The target tables that are still empty, have a source, and whose parents are now all there.

    A parent is there when it is done, or held rows before, or when nothing could fill it.
    """
    there = set(done_tables) | {
        finding.target_table
        for finding in findings.tables
        if finding.status is not TableStatus.EMPTY or finding.source_table is None
    }
    known = findings.by_target
    return tuple(
        finding.target_table
        for finding in findings.tables
        if finding.status is TableStatus.EMPTY
        and finding.source_table
        and finding.record_count
        and finding.target_table not in done_tables
        and all(p in there or p == finding.target_table or p not in known for p in finding.parents)
    )


def explain_pause(run: str, reason: str = "") -> str:
    """What a pause means."""
    why = f" ({clean_reason(reason)})" if reason else ""
    return (
        f"Paused{why}. Whatever was moved is in the new system and recorded there; nothing moves until you say so."
        f" Run {clean(run)} can go on from here at any time."
    )


def clean_reason(reason: str) -> str:
    return first_upper(one_line(reason)).rstrip(".") if reason else ""
