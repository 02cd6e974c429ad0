"""`ferryman plan`: a plan as a file, with the approval that running it asks for. Neither database is written."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ferryman.agents.addressing import address
from ferryman.agents.choosing import takes_all
from ferryman.agents.user_guidance import advice_lines
from ferryman.agents.wording import count
from ferryman.commands.conversation import heard, opened
from ferryman.commands.edge import Exit
from ferryman.commands.farewell import with_password
from ferryman.commands.options import Where, Which
from ferryman.commands.pair import pair_of, target_ledger, way_back
from ferryman.commands.voice import Voice
from ferryman.domain import plan_file
from ferryman.domain.changes import LeaveOut, Question
from ferryman.domain.conversation import (
    AnswerQuestion,
    AnswerQuestions,
    Begin,
    ChangePlan,
    ReviewPayload,
    Unclear,
    Utterance,
)
from ferryman.domain.coordination import Request, RequestType
from ferryman.domain.errors import Configuration, Usage
from ferryman.domain.events import Event, Said
from ferryman.domain.plan import Plan, Preflight
from ferryman.graph.checks import live_catalogues
from ferryman.graph.context import Options
from ferryman.model_settings import adviser
from ferryman.screen import Screen
from ferryman.session import Session
from ferryman.sharing import told

DEFAULT_REQUEST = "fill the missing tables"
ALL = "take all recommendations"
WISHES = (Begin, ChangePlan, AnswerQuestion, AnswerQuestions)
SUGGESTIONS = (DEFAULT_REQUEST, "only customers and their orders", "leave playlists out")


@dataclass(frozen=True)
class PlanWish:
    """What `ferryman plan` was asked for."""

    where: Where
    output: Path | None = None
    request: str = ""
    answers: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()
    preflight: bool = True
    force: bool = False
    share_samples: tuple[str, ...] = ()  #: "TABLE.COLUMN" of which a model may see a few values
    amended: str = ""  #: a run whose plan is wanted, with the decisions that were taken on the way


def plan(wish: PlanWish, as_json: bool) -> int:
    """Exit code 5 while questions are open; the file is written all the same."""
    _refuse_existing(wish)
    if wish.amended:
        return _with_amendments(wish, Voice(as_json))
    voice, pair = Voice(as_json), pair_of(wish.where)
    options = Options(preflight=wish.preflight, connection_names=pair.names)
    with opened(pair, options, model=adviser(), share_samples=wish.share_samples) as session:
        _show_shared(session, wish, voice)
        review = _review(session, wish, voice)
    if wish.output:
        write_file(wish.output, plan_file.dump(review.plan))
    elif not as_json:
        sys.stdout.write(plan_file.dump(review.plan))
    voice.give(plan_json(review) | {"file": str(wish.output) if wish.output else None})
    _tell(review, wish, voice)
    return Exit.WAITING if review.plan.open_questions else Exit.DONE


def _show_shared(session: Session, wish: PlanWish, voice: Voice) -> None:
    """The values that a model will see, before it does; at a terminal the person may still say no."""
    for line in told(session.context.adviser, wish.share_samples):
        voice.say(line)
    if session.context.adviser and wish.share_samples and voice.interactive and not voice.ask("Shall they go?"):
        raise Usage("Nothing was sent.", "Leave --share-samples away, or name other columns.")


def _with_amendments(wish: PlanWish, voice: Voice) -> int:
    """The plan of a run with every decision taken in as policy: for the next rehearsal, which looks ahead anew."""
    with target_ledger(Which(wish.where, wish.amended)) as ledger:
        record = ledger.run(wish.amended)
    made = record.amended.but(preflight=Preflight())
    if wish.output:
        write_file(wish.output, plan_file.dump(made))
    elif not voice.as_json:
        sys.stdout.write(plan_file.dump(made))
    taken = [amendment.model_dump(mode="json") for amendment in record.amendments]
    voice.give({"plan_hash": made.hash, "amendments": taken, "file": str(wish.output) if wish.output else None})
    for amendment in record.amendments:
        voice.say(
            f"{amendment.by} decided for {amendment.table}: {amendment.strategy} ({count(amendment.rows, 'row')})"
        )
    if wish.output:
        voice.say(f"Written: {wish.output}\nTry it:  ferryman run --plan {wish.output} --source URL --target URL")
    return Exit.DONE


def plan_json(review: ReviewPayload) -> dict[str, Any]:
    """A plan and what approving it binds, for a program."""
    made = review.plan
    shown = made.model_dump(
        mode="json",
        include={
            "strategy",
            "request",
            "connections",
            "phases",
            "counts",
            "batches",
            "risks",
            "preflight",
            "validation",
            "rollback",
            "left_out",
            "leftovers",
        },
    )
    return {
        "plan_hash": made.hash,
        "approval": review.token,
        "questions": [_question(question.model_dump(mode="json")) for question in made.questions],
        "open_questions": len(made.open_questions),
        **shown,
        "estimate": made.estimate.model_dump(mode="json") | {"text": made.estimate.text},
        "writes": list(review.writes),
        "advice": [advice.model_dump(mode="json") for advice in review.advice],
    }


def _question(question: dict[str, Any]) -> dict[str, Any]:
    options = [{"key": option["key"], "text": option["text"]} for option in question["options"]]
    return question | {"options": options, "open": question["answer"] is None}


def _review(session: Session, wish: PlanWish, voice: Voice) -> ReviewPayload:
    """The plan after everything that was said. Raises Usage for words that were not understood."""
    _refuse_unknown(session, wish)
    if wish.request:
        _listen(session.say(_understood(session, wish.request, Begin)), voice)
    else:
        kind = RequestType.NAMED if wish.only else RequestType.FILL_MISSING
        wanted = Request(type=kind, tables=wish.only, leave_out=wish.leave_out, user_context=DEFAULT_REQUEST)
        _listen(session.ask_for(wanted), voice)
    if wish.request and wish.leave_out:
        _listen(session.say(ChangePlan(changes=tuple(LeaveOut(table=table) for table in wish.leave_out))), voice)
    for answer in wish.answers:
        _take(session, answer, voice)
    if not isinstance(session.payload, ReviewPayload):
        raise Usage("There is nothing to plan.", "`ferryman analyze` says what was found.")
    return session.payload


def _take(session: Session, words: str, voice: Voice) -> None:
    """Take in an answer or a change. One that changes nothing is said to do so; raises Usage for one that cannot be."""
    before = session.plan
    asked = before.open_questions if before else ()
    if not asked and takes_all(words):
        return
    said = _listen(session.say(_understood(session, words, *WISHES)), voice)
    if before is None or session.plan is None or _gist(session.plan) != _gist(before):
        return
    refused = " ".join(event.text for event in said if isinstance(event, Said) and event.topic == "answer")
    how = f'Answer for example with "{address(asked[0])}", or "{ALL}".' if asked else "No question is open."
    if refused:
        raise Usage(f'"{words}" was not done: {refused}', how)
    voice.say(f'"{words}" changed nothing in the plan. {how}', "yellow")


def _gist(plan: Plan) -> tuple[object, ...]:
    return plan.request, plan.hash, plan.batches, [(q.id, q.answer) for q in plan.questions]


def _understood(session: Session, words: str, *wanted: type[Utterance]) -> Utterance:
    """The words as a request, a change or an answer. Raises Usage, with what would be understood, for anything else."""
    said = session.understood(words)
    missed = said.not_understood if isinstance(said, ChangePlan) else ""
    if isinstance(said, wanted) and not missed:
        return said
    asked = session.plan.open_questions if session.plan else ()
    answers = (*(address(question) for question in asked[:3]), ALL) if asked else ()
    would = answers or (said.suggestions if isinstance(said, Unclear) else SUGGESTIONS)
    quoted = ", ".join(f'"{text}"' for text in would)
    raise Usage(f'"{missed or words}" was not understood as a wish about the plan.', f"Say for example {quoted}.")


def _listen(events: Iterator[Event], voice: Voice) -> list[Event]:
    """On a terminal people see what is found; a program and a pipe get the result only."""
    return heard(events, voice) if voice.interactive else list(events)


def _refuse_unknown(session: Session, wish: PlanWish) -> None:
    """A table named by an option must be one of the new database."""
    tables = [table.name for table in live_catalogues(session.context).target.data_tables]
    for name in (*wish.only, *wish.leave_out):
        if name not in tables:
            near = get_close_matches(name, tables, n=3) or sorted(tables)[:8]
            raise Usage(f'The new database has no table "{name}".', f"There is, for example: {', '.join(near)}.")


def _refuse_existing(wish: PlanWish) -> None:
    if wish.output and wish.output.exists() and not wish.force:
        raise Usage(f"{wish.output} is there already.", "Give another name, or --force to write over it.")


def write_file(path: Path, text: str) -> None:
    """Write a file whole or not at all. Raises Configuration when it cannot be written."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise Configuration(f"{path} cannot be written: {error.strerror}.", "Give the path of another file.") from error


def _tell(review: ReviewPayload, wish: PlanWish, voice: Voice) -> None:
    """The plan in words, and how it is run."""
    made = review.plan
    if not voice.as_json:
        show_plan(review, voice)
    asked = made.open_questions
    if asked:
        voice.say(f"\n{count(len(asked), 'question')} before this can run:", "bold")
        for question in asked:
            voice.say(f"  {question.text}")
            for option in question.options:
                mark = " (recommended)" if option.key == question.recommended else ""
                voice.say(f"    {option.key}: {option.text}{mark}")
            if question.reason:
                voice.say(f"    {question.reason}")
        voice.say(f'Answer in {wish.output or "the file"}, or by --answer "TABLE: KEY", for example {_answers(asked)}.')
    for line in advice_lines(review.advice, asked):
        voice.say(line)
    if wish.output:
        voice.say(f"\nWritten: {wish.output}")
        if not asked:
            pair = way_back((made.connections.source, made.connections.target)).pair
            command = " ".join(filter(None, (f"ferryman run --plan {wish.output}", pair, f"--approve {review.token}")))
            voice.say(with_password(f"Run it:  {command}"))


def _answers(asked: Sequence[Question]) -> str:
    return " ".join(f'--answer "{words}"' for words in dict.fromkeys(address(question) for question in asked[:2]))


def show_plan(review: ReviewPayload, voice: Voice) -> None:
    """The whole plan as a table, and in words."""
    Screen(voice.console).plan(review.plan, review.presented, most=sys.maxsize)
