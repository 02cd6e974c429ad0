"""Stop, go on, undo, save: what is said to the run itself."""

from __future__ import annotations

import re
from datetime import timedelta

from ferryman.agents.context import Context, Place
from ferryman.agents.sentence import Sentence
from ferryman.agents.sparing import UNDO, spared
from ferryman.agents.suggestions import unclear
from ferryman.agents.talk import Talk
from ferryman.domain.conversation import Pause, Resume, Rollback, SavePlan, Utterance
from ferryman.domain.mapping import Action
from ferryman.domain.run import Status

_NOT = re.compile(r"\b(?:not|never|no|without|instead of|nobody)\b")
_PAUSE = re.compile(
    r"^(?:pause|hold|hold it|hold on|wait|halt|stop|freeze|take a break|interrupt|suspend|break|hang on"
    r"|one moment|just a moment|stop it|stop that|stop now|stop here|stop please"
    r"|cancel|abort|quit|cancel it|abort it|pause it|pause this|pause that|pause the (?:run|migration|thing)"
    r"|stop the (?:run|migration|copy|thing|copying)|let us (?:pause|stop|wait)|i need (?:a break|to (?:stop"
    r"|pause|think|ask|leave|go))|we need to (?:stop|pause)"
    r"|(?:can|could) (?:we|you|i) (?:pause|stop|halt)(?: it| this| here| now)?)"
    r"(?: (?:here|now|please|for now|for a moment|for a while|for (?:a|one|just a) (?:minute|second|bit|sec"
    r"|little)|a moment|a second|a minute|immediately|right now"
    r"|right there|it|that|this|everything|the run|the migration|after this batch|until (?:later|tomorrow"
    r"|monday|next week)|until i .+|and .+ later|for today|then|there|i need to .+|i have to .+"
    r"|i want to (?:think|ask) .*))*$"
)
_PAUSE_ONLY = re.compile(r"^(?:pause|suspend|let us pause|take a break|hold (?:it|everything)|freeze)\b")
_RESUME = re.compile(
    r"^(?:resume|continue|carry on|go on|keep going|proceed|unpause|pick (?:it )?up|start again|restart"
    r"|go ahead|let us (?:continue|go on|resume|carry on|proceed|keep going)|back to work|you can (?:continue"
    r"|go on|resume|proceed|carry on)"
    r"|finish (?:it|the job|the rest|what you started)|(?:can|could) (?:you|we) (?:continue|go on|resume|carry on))"
    r"(?: (?:it|now|please|the (?:run|migration|rest|job|work)|then|where (?:we|you) (?:left off|stopped|were)"
    r"|again|working|moving|with (?:it|the rest|the migration)|from (?:there|where .+)|after all))*$"
)
_SAVE = re.compile(
    r"\b(?:save|store|export|write|dump|put|keep|print|download|give me)"
    r"(?: (?:down|out|me|the|this|my|our|whole|entire|current|a copy of|all of))* (?:plan|it|this|that"
    r"|everything)\b.*\b(?:as|to|into|in|under|file|disk|yaml|plan)\b|\bsave (?:the |this |my )?(?:plan|it|this"
    r"|that)\b|^save$|\bexport (?:the )?plan\b|\b(?:the )?plan (?:as (?:a )?)?(?:file|yaml)\b"
)
_WHO = (
    r"(?:engineer|engineers|developer|developers|dev|devs|dba|admin|administrator|colleague|colleagues|boss|team"
    r"|it (?:guy|person|department|team|people)|expert|specialist|technician|programmer|somebody|someone"
    r"|sysadmin|architect|consultant|database (?:person|guy|expert|administrator)|manager|chief|cto|husband|wife"
    r"|son|daughter|friend|coworker|partner|supervisor|lead|head)"
)
_LOOK = re.compile(
    r"\b(?:let|have|ask|get|show|send|give|forward|mail|email|want|need|first|must|should|can|could"
    rf"|may)\b.*\b{_WHO}\b.*\b(?:look|looks|check|checks|review|reviews|see|read|approve|approves|examine|verify"
    r"|decide|first|it|this|plan|over)\b"
    r"|\b(?:my|our|the|an?) \w+ (?:wants|needs|has|must|should|would like|will)(?: to)? (?:see|check|review"
    r"|look|approve"
    r"|read|examine)\b"
    rf"|\b(?:send|show|give|forward|mail|hand|pass)\b.*\b(?:to|it|this|plan)\b.*\b{_WHO}\b|\b{_WHO} (?:should"
    r"|must|has to|needs to|wants to|will|can) (?:look|check|review|see|read|approve|decide|have a look)\b"
    rf"|\b(?:second opinion|another pair of eyes|someone else (?:should|must|to))\b"
)
_COUNTED = ("one", "two", "three", "four", "five", "first", "second", "third", "fourth", "fifth")
_PHASE = re.compile(
    rf"\bphase (?:number )?(?P<after>\d{{1,4}}|{'|'.join(_COUNTED[:5])})\b"
    rf"|\b(?P<before>{'|'.join(_COUNTED[5:])}|last) phase\b"
)
_NO_SAVE = re.compile(r"\b(?:do not|never|not) (?:save|store|export|send|show|ask)\b")
_FILE = re.compile(r"(?<!\S)[~./\w-]*\w\.(?:ya?ml|json|md|txt)\b", re.IGNORECASE)
_NAMED_FILE = re.compile(r"\b(?:as|to|under|into|in) (?:a )?(?:file )?(?:called |named )?(?P<name>[\w-]+)$")


def control(said: Sentence, talk: Talk) -> Utterance | None:
    """A word to the run; None where the sentence is about something else, or says not to."""
    text = said.text.rstrip(" .!?,")
    saved = _saved(said, text, talk) or saved_for_others(said)
    if saved:
        return saved
    if _NOT.search(text):
        return None
    place = talk.context.place
    if UNDO.search(text):
        return rollback(said, talk)
    stopping = _PAUSE.match(text) if place in (Place.RUNNING, Place.DECIDE, Place.PAUSED) else _PAUSE_ONLY.match(text)
    if stopping and _PAUSE.match(text):
        return Pause()
    if _RESUME.match(text) and (place in (Place.PAUSED, Place.START, Place.DONE) or text.startswith("resume")):
        return Resume()
    return None


def saved_for_others(said: Sentence) -> SavePlan | None:
    """ "let my engineer look", also as a question."""
    text = re.sub(r"\bit\b", "it people", said.text) if re.search(r"\bIT\b", said.original) else said.text
    if not _LOOK.search(text) or _NO_SAVE.search(said.text):
        return None
    file = _FILE.search(said.original)
    return SavePlan(path=file.group() if file else "")


def _saved(said: Sentence, text: str, talk: Talk) -> SavePlan | None:
    if not _SAVE.search(text) or _NO_SAVE.search(text) or talk.context.plan is None:
        return None
    file = _FILE.search(said.original)
    named = _NAMED_FILE.search(text)
    if file:
        return SavePlan(path=file.group())
    ignored = {"file", "disk", "yaml", "plan", "it", "here", "safe"}
    return SavePlan(path=named["name"] if named and named["name"] not in ignored else "")


def undoes_more(said: Sentence, talk: Talk) -> bool:
    """Whether a sentence at [decide] wants more undone than the table that stopped, or another one."""
    if not UNDO.search(said.text):
        return False
    here = talk.context.decision.failure.table if talk.context.decision else ""
    others = any(known.target != here for known in talk.tables(said))
    return others or bool(re.search(r"\b(?:everything|all|whole|run|migration|complete|tables|entire)\b", said.text))


def rollback(said: Sentence, talk: Talk) -> Utterance | None:
    """Undo a run, or tables of it. At [decide], "this table" is the failed one.

    Of what is to stay and what goes, it is asked again where it is not said so that the opposite cannot be meant.
    """
    context, runs = talk.context, _runs_meant(said, talk.context)
    here = context.decision.failure.table if context.decision else context.table
    planned = [mapping.target for mapping in context.mapped if mapping.action is Action.COPY]
    moved = [table.table for table in runs[0].tables] if len(runs) == 1 else planned
    chosen = spared(said, talk, moved, here)
    if chosen is not None:
        if not chosen or _PHASE.search(said.text):
            return unclear(said.original, context, tuple(f"undo only {name}" for name in moved[:2]))
        return Rollback(run=runs[0].run if len(runs) == 1 else "", tables=chosen)
    tables = tuple(known.target for known in talk.tables(said) if known.target)
    if not tables and here and re.search(r"\b(?:this|that) table\b", said.text):
        tables = (here,)
    if context.place in (Place.START, Place.REVIEW) and not context.runs and not tables:
        return (
            None if re.search(r"\b(?:undo|revert) (?:that|it|this|the (?:last )?change)\b", said.text) else Rollback()
        )
    return Rollback(run=runs[0].run if len(runs) == 1 else "", tables=tables, phase=_phase(said, talk))


def _phase(said: Sentence, talk: Talk) -> int:
    """ "phase 2", "the second phase", "the last phase"; 0 where none is named."""
    found = _PHASE.search(said.text)
    if found is None:
        return 0
    word = found["after"] or found["before"]
    if word == "last":
        return len(talk.context.plan.phases) if talk.context.plan else 0
    return int(word) if word.isdigit() else _COUNTED.index(word) % 5 + 1


def _runs_meant(said: Sentence, context: Context) -> tuple[Status, ...]:
    """The runs that the words fit: by id, by day, "the last one"; all that are known where they say nothing."""
    named = tuple(run for run in context.runs if run.run and run.run.casefold() in said.original.casefold())
    if named or not context.runs:
        return named
    if context.place in (Place.RUNNING, Place.DECIDE, Place.PAUSED):
        return ()
    if re.search(r"\b(?:last|latest|most recent|previous) (?:run|one|migration|time)\b", said.text):
        return (max(context.runs, key=lambda run: run.started_at.timestamp() if run.started_at else 0.0),)
    day = None
    if context.today and re.search(r"\b(?:yesterday|today|this morning|this afternoon|tonight)\b", said.text):
        day = context.today - timedelta(days="yesterday" in said.text)
    if day:
        return tuple(run for run in context.runs if run.started_at and run.started_at.date() == day)
    return context.runs
