"""Two or three things to say that would be understood here, with names of this migration."""

from __future__ import annotations

from ferryman.agents.context import Context, Place
from ferryman.domain.conversation import Unclear
from ferryman.domain.schema import TableKind

_MOST = 3


def unclear(text: str, context: Context, wordings: tuple[str, ...] = (), why: str = "") -> Unclear:
    """What was not understood, with wordings that are clear: the given ones first, else those of the place."""
    usual = _usual(context)
    suggestions = tuple(dict.fromkeys(w for w in wordings if w)) or usual
    if len(suggestions) < 2:
        suggestions = tuple(dict.fromkeys((*suggestions, *usual)))[:2]
    return Unclear(text=text.strip()[:500], suggestions=suggestions[:_MOST], why=why)


def _usual(context: Context) -> tuple[str, ...]:
    first, second = _tables(context)
    match context.place:
        case Place.REVIEW:
            return _review(context, first, second)
        case Place.DECIDE:
            return _decide(context)
        case Place.PAUSED:
            return "resume", "what is the status?", "undo what was done"
        case Place.RUNNING:
            return "what is the status?", "how long will it take?", "pause"
        case Place.DONE:
            return "what is the status?", f"show me three rows of {first}" if first else "what was left out?", "undo it"
        case Place.START:
            start = (f"my {first} table is empty in the new system", f"only {first} and {second}") if second else ()
            return (*start, "fill the missing tables", "move everything")[:_MOST]


def _review(context: Context, first: str, second: str) -> tuple[str, ...]:
    if context.open_questions:
        question = context.open_questions[0]
        return *(option.key for option in question.options[:2]), "what do you need to know?"
    return (
        "yes",
        f"leave {second or first} out" if first else "no",
        f"what happens to {first}?" if first else "show me the plan",
    )


def _decide(context: Context) -> tuple[str, ...]:
    options = context.decision.options if context.decision else ()
    return "what you recommend", *(option.choice for option in options[:1]), "what are my options?"


def _tables(context: Context) -> tuple[str, str]:
    """Two tables that are named as people can say them: the plan's, the empty ones found, else any."""
    if context.plan:
        names = [mapping.target for mapping in context.plan.mapping.copied]
    else:
        found = [f.target_table for f in context.findings.tables if f.source_table]
        names = found or [t.name for t in context.target.tables if t.kind is TableKind.DATA]
    first, second, *_ = (*names, "", "")
    return first, second
