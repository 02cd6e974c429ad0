"""What happened, a sentence an event: for the report. Events that only a program cares about have none."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ferryman.agents.wording import count
from ferryman.domain.events import (
    Approved,
    BatchHalved,
    ConstraintsRestored,
    ConstraintsSetAside,
    DecisionNeeded,
    DecisionTaken,
    Diagnosed,
    Escalated,
    Event,
    FailureFound,
    IndexesSetUp,
    ModelAsked,
    PhaseStarted,
    PlaceholdersMade,
    PlanMade,
    RecoveryStep,
    RolledBack,
    RowsAdded,
    RowsQuarantined,
    RunFinished,
    RunPaused,
    RunStarted,
    SelfRecovery,
    TableCopied,
    TableValidated,
)
from ferryman.domain.recovery import Failure
from ferryman.domain.run import duration_text
from ferryman.domain.validation import CheckStatus


def gathered(heard: Iterable[tuple[datetime, Event]]) -> tuple[tuple[datetime, Event], ...]:
    """The events, where rows that batch after batch set aside for one reason are told of once, at the first of them."""
    found: list[tuple[datetime, Event]] = []
    places: dict[tuple[str, str], int] = {}
    for at, event in heard:
        if isinstance(event, RolledBack):
            places = {key: place for key, place in places.items() if key[0] != event.table}
        if isinstance(event, RowsQuarantined):
            place = places.setdefault((event.table, event.reason), len(found))
            if place < len(found):
                since, first = found[place]
                found[place] = since, event.but(rows=event.rows + getattr(first, "rows", 0))
                continue
        found.append((at, event))
    return tuple(found)


def sentence(event: Event) -> str:
    """The event in a sentence; "" where people need none."""
    text = ""
    match event:
        case PlanMade():
            found = count(event.tables, "table"), count(event.rows, "row"), count(event.questions, "open question")
            text = f"A plan was made: {', '.join(found)}."
        case Approved():
            text = f"{event.approval.by} approved it."
        case RunStarted():
            how = "went on" if event.resumed else "began"
            text = f"The run {how}: {count(event.tables, 'table')}, {count(event.rows, 'row')}."
        case PhaseStarted():
            text = f"Phase {event.phase} of {event.of} began: {', '.join(event.tables)} ({event.rationale})."
        case TableCopied():
            text = f"{event.table}: {count(event.accounting.migrated, 'row')} moved in {duration_text(event.seconds)}."
        case TableValidated():
            text = _validated(event)
        case RolledBack():
            by = f" by {event.by}" if event.by else ""
            text = f"{event.table}: undone{by}, {count(event.rows, 'row')} taken out{_restored(event)}."
        case RunFinished():
            text = f"The run ended: {event.outcome.status.value.replace('_', ' ')}, after {event.outcome.duration}."
        case ModelAsked():
            text = _asked(event)
        case _:
            text = trouble(event)
    return text


def _asked(event: ModelAsked) -> str:
    why = f" ({event.reason})" if event.reason else ""
    return {
        "taken": f"The model advised: {event.call}.",
        "repaired": f"The model advised, after its answer was sent back: {event.call}.",
    }.get(event.outcome, f"The model was no help, and the rules decided: {event.call}, {event.outcome}{why}.")


def _restored(event: RolledBack) -> str:
    return f", {event.restored:,} put back as they were" if event.restored else ""


def _validated(event: TableValidated) -> str:
    checks, name = event.validation.checks, event.validation.table
    passed = sum(check.status is CheckStatus.PASS for check in checks)
    return f"{name} was validated: {passed} of {len(checks)} checks passed."


def trouble(event: Event) -> str:
    """What went wrong on the way, and what was done about it; "" for everything else."""
    text = ""
    match event:
        case SelfRecovery():
            text = f"{_words(event.issue)} at {event.table or 'reading'}: try {event.attempt} of {event.max_retries}."
        case BatchHalved():
            text = f"Batch {event.batch} of {event.table} was cut to {count(event.rows, 'row')}."
        case Escalated():
            text = f"It went up to level {event.level}: {_words(event.trigger)}."
        case FailureFound():
            found = event.failure
            text = f"{found.table} stopped{_at(found)}: {_words(found.type.value)}{_concerned(found)}."
        case Diagnosed():
            text = f"Why {event.table} stopped: {event.diagnosis.root_cause}."
        case DecisionNeeded():
            missed = event.decision.not_offered
            text = f"A decision was needed: {event.decision.situation}{f'. {missed}' if missed else ''}"
        case DecisionTaken():
            how = "by the plan's policy" if event.as_policy else f"by {event.by}"
            text = f"Decided {how} for {count(event.rows, 'row')} of {event.table}: {_words(event.strategy)}."
        case RecoveryStep() if event.state != "started":
            why = f" ({event.detail})" if event.state == "failed" and event.detail else ""
            text = f"{event.table}: {_words(event.step)} {event.state}{why}."
        case ConstraintsSetAside(kept_reason=reason) if reason:
            text = f"{event.table} was loaded with its foreign keys in place: {reason}."
        case ConstraintsRestored(not_valid=names) if names:
            text = f"Rows of {event.table} break {', '.join(names)}, which is back and not valid for them."
        case IndexesSetUp(not_made_reason=reason) if reason:
            to = f"{event.referring} ({event.columns})"
            text = f"{event.table} is undone slowly, without an index on {to}: {reason}."
        case RunPaused():
            text = f"The run paused: {event.reason}."
        case RowsAdded():
            text = f"{count(event.rows, 'row')} of {event.table} came beside the order: {origin_words(event.origin)}."
        case PlaceholdersMade():
            made = f"{count(event.rows, 'placeholder')} {'was' if event.rows == 1 else 'were'} made"
            text = f"{made} in {event.table}, for rows of {event.child}."
        case RowsQuarantined():
            text = f"{count(event.rows, 'row')} of {event.table} set aside: {event.reason}."
    return text


def _at(failure: Failure) -> str:
    return f" at batch {failure.batch}" if failure.batch else ""


def _concerned(failure: Failure) -> str:
    """The rows of a batch alone, beside those of the whole table of which the decision speaks."""
    if not failure.affected_records:
        return ""
    least = "at least " if failure.at_least else ""
    return f", {least}{count(failure.affected_records, 'row')}{' of that batch' if failure.batch else ''} concerned"


def origin_words(origin: str) -> str:
    """Where rows came from that came beside the order."""
    return {
        "left_out": "the plan had left them out, and others refer to them",
        "quarantined": "they had been set aside, and fit by now",
        "since": "they are newer than the run, and others refer to them",
        "lost": "they had been moved, and were gone",
    }.get(origin, origin)


def _words(name: str) -> str:
    return name.replace("_", " ")
