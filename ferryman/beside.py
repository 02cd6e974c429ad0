"""A run between the same two databases that is not over and that this conversation has not come to: what it is in, and
what is said of it here, from its ledger."""

from __future__ import annotations

from collections.abc import Iterable

from ferryman import desk
from ferryman.agents.answers import AnswerFacts, answer
from ferryman.agents.became import moved_lines, of_run
from ferryman.agents.context import Place
from ferryman.agents.wording import bullet, count, first_upper, one_line
from ferryman.domain.conversation import Ask, Topic
from ferryman.domain.plan import Plan
from ferryman.domain.run import RunStatus, Status
from ferryman.graph.standing import OVER
from ferryman.session import Session
from ferryman.tools.move.ledger import Ledger

#: What is asked about a run; the rest is about names and words, and answered without one.
TOPICS = frozenset(Topic) - {Topic.HELP, Topic.WORD, Topic.MATCH, Topic.COLUMN, Topic.CHANGE, Topic.QUESTIONS}
_PLACES = {RunStatus.WAITING: Place.DECIDE, RunStatus.RUNNING: Place.RUNNING}


def unfinished(session: Session) -> tuple[Status, ...]:
    """The runs that are not over, oldest first."""
    return tuple(run for run in desk.runs(session) if run.status not in OVER)


def latest(session: Session) -> Status | None:
    return next(reversed(unfinished(session)), None)


def stuck(found: Iterable[Status], run: str) -> Status | None:
    """The run of that id, or the last of all, where it is not over and cannot be gone on with from here."""
    going = {one.run for one in desk.to_resume(tuple(found))}
    fitting = [one for one in found if one.status not in OVER and run in ("", one.run) and one.run not in going]
    return fitting[-1] if fitting else None


def told(run: Status) -> str:
    """Where a run stands, what it waits for, and what can be said about it here."""
    done, total = (sum(getattr(table, name) for table in run.tables) for name in ("done", "total"))
    why = f" {first_upper(one_line(run.waiting_for).rstrip('.'))}." if run.waiting_for else ""
    what, do = _standing(run)
    return f"Run {run.run} {what}, with {done:,} of {count(total, 'row')} done.{why} {do}"


def _standing(run: Status) -> tuple[str, str]:
    """What a run does, and what can be said to it."""
    if run.status is RunStatus.RUNNING and run.undoing:
        return "is being undone in another process", 'That goes to its end; "status" says how far it is.'
    if run.status is RunStatus.RUNNING:
        return "is at work in another process", '"status" says how far it is, "pause" stops it after its batch.'
    if not desk.to_resume((run,)):
        return "does not go on", 'Say "undo it" to take back what it moved.'
    if run.status is RunStatus.WAITING:
        return "waits for a decision", 'Say "resume" to go on with it: then its options lie before you.'
    return "is paused", 'Say "resume" to go on with it.'


def plan_of(session: Session, run: Status) -> Plan:
    """The plan that it goes by, with what was decided on the way."""
    return Ledger(session.context.target).run(run.run).amended


def answered(session: Session, run: Status, ask: Ask) -> str:
    """The answer to a question that is about the run."""
    status = desk.run(session, run.run)
    known = AnswerFacts(
        place=_PLACES.get(status.status, Place.PAUSED),
        plan=plan_of(session, run),
        status=status,
        reason=status.waiting_for,
    )
    if ask.topic is Topic.STATUS:
        return "\n".join((told(run), *bullet([*moved_lines(of_run(status, ask.tables))])))
    return f"Run {run.run} {_standing(run)[0]}. {answer(ask, known)}"


def stop(session: Session, run: Status) -> str:
    """Ask a run in another process to stop after its running batch; an undoing is not to be stopped."""
    if run.undoing:
        return told(run)
    Ledger(session.context.target).request_stop(run.run, "asked to pause from another conversation")
    return f'Run {run.run} stops after its running batch. Say "resume" then to go on with it here.'
