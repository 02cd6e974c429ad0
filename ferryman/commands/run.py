"""`ferryman run` and `ferryman resume`: rows move, under an approval, without asking."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import count as count_from
from pathlib import Path
from typing import Any

from ferryman.commands.conversation import moved, opened, strategies
from ferryman.commands.edge import Exit
from ferryman.commands.farewell import RESUME, Way, with_password
from ferryman.commands.notify import Caller, notice
from ferryman.commands.options import Where, Which
from ferryman.commands.pair import chosen_run, pair_of, remember, run_pair, target_ledger, way_back
from ferryman.commands.plan import plan_json, show_plan, write_file
from ferryman.commands.voice import Voice
from ferryman.domain import plan_file
from ferryman.domain.conversation import Approve, DecidePayload, Payload, ReviewPayload
from ferryman.domain.errors import Configuration, Refused, Usage
from ferryman.domain.events import Event, RunStarted
from ferryman.domain.fits import misfits
from ferryman.domain.plan import Plan
from ferryman.domain.recovery import FailureType
from ferryman.domain.run import Outcome, RunStatus
from ferryman.graph.checks import binding_now, live_catalogues, refuse_drift
from ferryman.graph.context import Options
from ferryman.graph.rehearse import TriedTable, rehearse
from ferryman.graph.standing import OVER
from ferryman.session import Session
from ferryman.settings import Pair, load
from ferryman.tools.move.leases import rests
from ferryman.tools.move.ledger import Ledger

_ENDS = {
    RunStatus.SUCCESS: Exit.DONE,
    RunStatus.SUCCESS_WITH_QUARANTINE: Exit.FINDINGS,
    RunStatus.ROLLED_BACK: Exit.FINDINGS,
    RunStatus.CANCELLED: Exit.WAITING,
}
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%")


@dataclass(frozen=True)
class RunWish:
    """What `ferryman run` was asked for."""

    plan: Path
    approve: str = ""
    where: Where = field(default_factory=Where)
    by: str = ""
    decide: tuple[str, ...] = ()
    preflight: bool = True
    dry_run: bool = False
    sample: str = ""
    notify: str = ""


def run(wish: RunWish, as_json: bool) -> int:
    """Run a plan from its file. Raises Refused while it must not: an open question, an approval that does not bind."""
    voice, part, text, caller = Voice(as_json), _share(wish.sample), _text(wish.plan), Caller.of(wish.notify)
    given = plan_file.load(text, str(wish.plan))
    pair = _pair(wish, given)
    options = _options(wish.decide, wish.preflight and not given.preflight.skipped, pair)
    with opened(pair, options, wish.by) as session:
        _refuse_other_databases(session, given, wish.approve)
        _refuse_misfits(session, given, text, wish.plan)
        _refuse_second(session, given, way_back(pair.names))
        list(session.take(given))
        review = _reviewed(session)
        if review.plan.open_questions:
            asked = _with_questions(review.plan, given, wish.plan)
            told = plan_json(review) | {"status": "waiting", "file": str(asked)}
            return voice.refuse(_open_question(review.plan, asked, wish.plan), told)
        if wish.dry_run or part is not None:
            return _rehearse(session, review, part, voice)
        approve = wish.approve or _asked(review, voice)
        if not approve:
            refused = Refused("The plan is not approved; nothing was written.", f"Approve it: --approve {review.token}")
            return voice.refuse(refused, plan_json(review) | {"status": "waiting"})
        return _drive(session, Approve(token=approve, by=wish.by), voice, pair, caller)


def resume(which: Which, by: str, decide: tuple[str, ...], as_json: bool, notify: str = "") -> int:
    """Go on with a run from its ledger."""
    voice, pair, caller = Voice(as_json), run_pair(which), Caller.of(notify)
    options = _options(decide, True, pair)
    with target_ledger(Which(Where(target=pair.target))) as ledger:
        record = chosen_run(ledger, which.run, lambda record: record.status not in OVER, "that could go on")
    with opened(pair, options, by) as session:
        return _drive(session, record.run, voice, pair, caller)


def _drive(session: Session, what: Approve | str, voice: Voice, pair: Pair, caller: Caller) -> int:
    """Let it run to its end or to where it waits; say how it ended."""
    resumed = what if isinstance(what, str) else ""
    events = session.reopen(what) if isinstance(what, str) else session.say(what)
    interrupts = moved(session, _kept(events, pair), voice, resumed)
    caller.call(notice(session), voice.say)
    ended = run_json(session.run, session.outcome, session.payload)
    way = way_back(pair.names)
    if error := _environment(session.payload, way):
        return voice.refuse(error, ended)
    voice.give(ended)
    if session.outcome is not None:
        return _ENDS.get(session.outcome.status, Exit.FAILED)
    _say_waiting(session, way, voice)
    return Exit.INTERRUPTED if interrupts.pressed else Exit.WAITING


def _kept(events: Iterator[Event], pair: Pair) -> Iterator[Event]:
    """The same events; when the run is in the ledger, this folder remembers where that is."""
    for event in events:
        if isinstance(event, RunStarted):
            remember(event.run, pair)
        yield event


def _environment(payload: Payload | None, way: Way) -> Configuration | None:
    """A full disk, a lost right: no decision about rows mends that, and the run goes on once it is mended."""
    if not isinstance(payload, DecidePayload) or payload.decision.failure.type is not FailureType.ENVIRONMENT:
        return None
    what, _, do = payload.decision.failure.error_detail.partition("\n")
    return Configuration(what, with_password(f"{do} Go on:  {way.command(RESUME, payload.run)}".strip()))


def run_json(run_id: str, outcome: Outcome | None, payload: Payload | None) -> dict[str, Any]:
    """How a run ended, or what it waits for, for a program."""
    waiting = RunStatus.WAITING if isinstance(payload, DecidePayload) else RunStatus.PAUSED
    return {
        "run": run_id,
        "status": (outcome.status if outcome else waiting).value,
        "outcome": outcome.model_dump(mode="json") if outcome else None,
        "payload": payload.model_dump(mode="json") if payload else None,
    }


def _say_waiting(session: Session, way: Way, voice: Voice) -> None:
    payload, go_on = session.payload, way.command(RESUME, session.run)
    if payload is None:
        return
    voice.say(payload.message)
    if isinstance(payload, DecidePayload):
        first = payload.decision.recommended
        others = [option.strategy.value for option in payload.decision.options if option.strategy is not first]
        voice.say(with_password(f"Decide:  {go_on} --decide STRATEGY"))
        voice.say(f"  {first.value} (recommended){''.join(f', {other}' for other in others)}")
    else:
        voice.say(with_password(f"Go on:  {go_on}"))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise Usage(f"The plan {path} cannot be read: {reason}.", "`ferryman plan ... -o FILE` writes one.") from error


def _refuse_other_databases(session: Session, given: Plan, approve: str) -> None:
    """An approval of other databases, or of other tables and columns in them, is refused before anything else."""
    binding, _ = binding_now(given, session.context)
    if binding.is_token(approve) and set(binding.changed(approve)) - {"plan", "preflight"}:
        refuse_drift(binding, approve)


def _refuse_second(session: Session, given: Plan, way: Way) -> None:
    """What a run at work, or one that stopped half-way, has written is half of something: it is not looked through."""
    for record in Ledger(session.context.target).runs():
        if record.running:
            raise Refused(
                f"Run {record.run} is {'being undone' if record.undoing else 'at work'} in this database.",
                f"{rests(record.run, record.undoing)}.",
            )
        if record.plan.hash == given.hash and record.status not in OVER and not record.intent:
            raise Refused(
                f"Run {record.run} of this plan stopped half-way and is not over.",
                with_password(
                    f"Go on with it: {way.command(RESUME, record.run)}; "
                    f"or take it back: {way.command('rollback', record.run)}"
                ),
            )


def _refuse_misfits(session: Session, given: Plan, text: str, path: Path) -> None:
    """An edit that does not fit the live catalogues is refused with its line and with what would fit."""
    catalogues = live_catalogues(session.context)
    if wrong := misfits(given, catalogues.source, catalogues.target):
        raise plan_file.refused(text, str(path), wrong)


def _pair(wish: RunWish, given: Plan) -> Pair:
    """The plan's own databases, unless others are named: the same plan runs on a rehearsal pair."""
    where, connections = wish.where, given.connections
    return pair_of(replace(where, source=where.source or connections.source, target=where.target or connections.target))


def _options(decide: tuple[str, ...], preflight: bool, pair: Pair) -> Options:
    return Options(
        preflight=preflight,
        deadline_minutes=load().deadline_minutes,
        decisions=strategies(decide),
        connection_names=pair.names,
    )


def _reviewed(session: Session) -> ReviewPayload:
    if isinstance(session.payload, ReviewPayload):
        return session.payload
    raise Configuration("The plan could not be put up for review.", "Make it anew with `ferryman plan`.")


def _with_questions(plan: Plan, given: Plan, path: Path) -> Path:
    """The file that has every open question: the given one, else one beside it, which is written where it is not there.

    An answer that was written by hand can lead to questions that no plan has asked before.
    """
    if {question.id for question in plan.open_questions} <= {question.id for question in given.open_questions}:
        return path
    beside = (path.with_name(f"{path.stem}-{number}{path.suffix}") for number in count_from(2))
    free = next(file for file in beside if not file.exists() or _asks(file, plan))
    if not free.exists():
        write_file(free, plan_file.dump(plan))
    return free


def _asks(file: Path, plan: Plan) -> bool:
    """Whether a file is this plan with the same questions open, as an earlier try wrote it."""
    try:
        there = plan_file.load(_text(file), str(file))
    except Usage:
        return False  # another file of that name
    return there.hash == plan.hash and there.open_questions == plan.open_questions


def _open_question(plan: Plan, file: Path, given: Path) -> Refused:
    first, *others = plan.open_questions
    more = f" (and {len(others):,} more)" if others else ""
    keys = ", ".join(option.key for option in first.options)
    how = (
        f"Answer it in {file}, or by `ferryman plan --answer`"
        if file == given
        else f"It came with the answers in {given}. Answer it in {file}, which has them too: ferryman run --plan {file}"
    )
    return Refused(f"A question of the plan is open{more}: {first.text}", f"{how}; the answers are: {keys}.")


def _asked(review: ReviewPayload, voice: Voice) -> str:
    """The approval of whoever sits here; nothing where nobody does, or where it is a no."""
    if not voice.interactive:
        return ""
    show_plan(review, voice)
    voice.say(f"\nWritten would be: {', '.join(review.writes)}.")
    return review.token if voice.ask(review.question) else ""


def _share(sample: str) -> float | None:
    """ "1%" as 0.01. Raises Usage for what is no percentage."""
    if not sample:
        return None
    found = _PERCENT.fullmatch(sample.strip())
    if found is None or not 0 < float(found[1]) <= 100:
        raise Usage(f'"{sample}" is no share of the rows.', 'Give a percentage, e.g. --sample "1%".')
    return float(found[1]) / 100


def _rehearse(session: Session, review: ReviewPayload, share: float | None, voice: Voice) -> int:
    """Everything but the commit: before and after, side by side. Exit code 3 when something would not go through."""
    tried = rehearse(session.context, review.plan, share)
    voice.give(tried.model_dump(mode="json") | {"passed": tried.passed})
    if not voice.as_json:
        voice.table(
            ("from", "to", "tried", "of", "before", "after", "set aside", "went"),
            [
                (t.source, t.table, t.tried, t.in_scope, t.before, t.after, t.accounting.quarantined, _went(t))
                for t in tried.tables
            ],
        )
        for caution in tried.cautions:
            voice.say(caution)
        voice.say("Nothing of it was kept." if tried.passed else "Something would not go through; nothing was kept.")
    return Exit.DONE if tried.passed else Exit.FINDINGS


def _went(table: TriedTable) -> str:
    if table.failure:
        return f"stopped: {table.failure.error_detail or table.failure.type.value}"
    return f"well, checks: {table.validation.status.value}" if table.validation else "well"
