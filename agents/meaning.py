"""What a person may have meant where the rules do not understand them: asked of a model, within a closed set.

No answer of a model's is a yes, and none changes a plan that lies there: it cannot approve, leave a table out, answer
a question, choose a recovery, resume or undo. What it takes the words for is put before the person as a sentence; they
say it themselves, or that it is what they meant. A plain yes is a yes to what was there before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated

from rapidfuzz import fuzz

from ferryman.agents.advice import Desk, Question, advise
from ferryman.agents.budget import fitting
from ferryman.agents.choices import OneOf, Told
from ferryman.agents.context import Context, Place
from ferryman.agents.known import Known
from ferryman.agents.names import Names
from ferryman.agents.redact import may_be_told
from ferryman.agents.suggestions import unclear
from ferryman.agents.understand import understand
from ferryman.agents.wording import listed
from ferryman.domain.changes import LeaveOut, SetRequest
from ferryman.domain.conversation import (
    AnswerQuestion,
    AnswerQuestions,
    Approve,
    Ask,
    Begin,
    ChangePlan,
    Choose,
    OtherRequest,
    Resume,
    Topic,
    Unclear,
    Utterance,
)
from ferryman.domain.coordination import Request, RequestType
from ferryman.prompts.render import Prompt, render

NONE = "none"
_LONGEST = 2_000  #: characters; a longer speech is left to the rules, for half of one may mean the opposite

_IS = r"(?:that is|that's|thats)"
_MEANT = re.compile(
    rf"(?:(?:yes|yeah|right|exactly|ok)\W+)?(?:{_IS} (?:exactly |just )?(?:what i (?:meant|mean|wanted|want)|it)"
    r"|i (?:(?:do|did) )?(?:meant|mean) (?:exactly )?(?:that|it|this)|(?:exactly )?that(?: one)?"
    r"|(?:let us |let's )?do that)\W*",
    re.IGNORECASE,
)
#: It may be said of what was offered or of what lies there: it is not guessed which.
_EITHER = re.compile(
    rf"(?:(?:yes|ok)\W+)?(?:(?:{_IS} )?(?:right|correct|true|fine|good|ok)|exactly|precisely|indeed"
    r"|(?:let us |let's )?do (?:it|so|this))\W*",
    re.IGNORECASE,
)
_MEANINGS = {
    "everything": "move all there is",
    "missing": "fill what is empty or incomplete in the new system, whichever tables that are",
    "only": "move these tables, and no others but the parents that they need",
    "leave_out": "do not move these tables",
    "answer": "the person answers an open question with one of the options below",
    "option": "the person speaks for one of the options below",
    "ask": "a question, or a wish to be told something",
    "unclear": "anything else, and whenever you are not sure",
}
_AT = {
    Place.START: ("everything", "missing", "only", "ask", "unclear"),
    Place.DONE: ("everything", "missing", "only", "ask", "unclear"),
    Place.REVIEW: ("everything", "missing", "only", "leave_out", "answer", "ask", "unclear"),
    Place.DECIDE: ("option", "leave_out", "ask", "unclear"),
    Place.PAUSED: ("leave_out", "ask", "unclear"),
    Place.RUNNING: ("ask", "unclear"),
}
_PLACES = {
    Place.START: "nothing was asked for yet",
    Place.DONE: "a migration has ended",
    Place.REVIEW: "a plan lies before the person; nothing has been written",
    Place.DECIDE: "the migration has stopped, and the person has to choose one of the options",
    Place.PAUSED: "the migration is paused",
    Place.RUNNING: "rows are being moved",
}
_TOPICS = {
    Topic.PLAN: "what will happen",
    Topic.TABLE: "what happens to a table, or what feeds it",
    Topic.ORDER: "why one table comes before or after another",
    Topic.TIME: "how long it takes",
    Topic.SAFETY: "whether it is safe, what can be undone",
    Topic.WRITES: "what is written where",
    Topic.LEFT_OUT: "what is not moved",
    Topic.QUESTIONS: "what the person is still asked",
    Topic.OPTIONS: "what can be done now",
    Topic.PROBLEM: "what went wrong, and why",
    Topic.STATUS: "how far it is",
    Topic.MATCH: "why one table was taken for another",
    Topic.HELP: "what can be said here",
}
_KINDS = {"everything": RequestType.COMPLETE, "missing": RequestType.FILL_MISSING, "only": RequestType.NAMED}
#: What a plain yes means where something else was offered.
_WITHOUT: dict[type[Utterance], str] = {
    Approve: "A plain yes goes ahead without that.",
    AnswerQuestion: "A plain yes answers the open question, without that.",
    AnswerQuestions: "A plain yes answers the open question, without that.",
    Resume: "A plain yes goes on without that.",
}


class Meaning(Told):
    """What was meant."""

    meaning: Annotated[str, OneOf("meanings")]
    tables: list[Annotated[str, OneOf("tables")]]
    topic: Annotated[str, OneOf("topics")]
    option: Annotated[str, OneOf("options")]


def understand_with(text: str, context: Context, desk: Desk | None) -> Utterance:
    """The person's words, typed: by the rules, and where these do not understand them, with a model's help."""
    if context.meant and _MEANT.fullmatch(text.strip()):
        return understand(context.meant, context)
    if context.meant and _EITHER.fullmatch(text.strip()):
        return _offered(context.meant, text, context)
    said = understand(text, context)
    if not isinstance(said, Unclear) or desk is None or not 0 < len(text.strip()) <= _LONGEST:
        return said
    meant = advise(question(text, context, desk.adviser.limits.prompt_tokens), desk)
    return (_typed(meant, text, context) if meant else None) or said


def question(text: str, context: Context, room: int) -> Question[Meaning]:
    """The question that is put to the model about a sentence."""
    tables = fitting(_by_relevance(text, context), room // 2, lambda known: known.label)
    options = fitting(_options(context), room // 4, lambda option: option[0] + option[1])
    needed = {"answer": options, "option": options, "only": tables, "leave_out": tables}
    meanings = tuple(one for one in _AT[context.place] if needed.get(one, one))
    return Question(
        call="understand",
        prompt=_prompt(text, context, tables, options, meanings),
        shape=Meaning,
        choices={
            "meanings": meanings,
            "tables": tuple(known.label for known in tables),
            "topics": (NONE, *(topic.value for topic in _TOPICS)),
            "options": (NONE, *(name for name, _ in options)),
        },
        check=_sensible,
    )


def _prompt(
    text: str,
    context: Context,
    tables: Sequence[Known],
    options: Sequence[tuple[str, str]],
    meanings: Sequence[str],
) -> Prompt:
    copied = {mapping.target for mapping in context.mapped}
    return render(
        "understand",
        meanings=[(word, _MEANINGS[word]) for word in meanings],
        topics=[(topic.value, told) for topic, told in _TOPICS.items()],
        place=_PLACES[context.place],
        tables=[(known.label, ", in the plan" if known.label in copied else "") for known in tables],
        options=options,
        said=text.strip(),
    )


def _by_relevance(text: str, context: Context) -> list[Known]:
    """Every table that can be named, those first whose names are most like the words."""
    low = text.casefold()
    own = {table.name for side in (context.source, context.target) for table in side.data_tables}
    known = [one for one in Names(context).known if one.label in own]
    return sorted(known, key=lambda one: (-fuzz.partial_ratio(one.label.casefold(), low), one.label))


def _options(context: Context) -> list[tuple[str, str]]:
    if context.place is Place.DECIDE and context.decision:
        return [(option.choice, option.strategy.value.replace("_", " ")) for option in context.decision.options]
    if context.place is Place.REVIEW and context.open_questions:
        first = context.open_questions[0]
        return [(option.key, option.text) for option in first.options] if may_be_told(first) else []
    return []


def _sensible(meant: Meaning) -> str:
    if meant.meaning in ("only", "leave_out") and not meant.tables:
        return f'"{meant.meaning}" needs at least one of the tables'
    if meant.meaning in ("answer", "option") and meant.option == NONE:
        return f'"{meant.meaning}" needs one of the options'
    if meant.meaning == "ask" and meant.topic == NONE:
        return '"ask" needs a topic'
    return ""


def _typed(meant: Meaning, text: str, context: Context) -> Utterance | None:
    tables = tuple(dict.fromkeys(meant.tables))
    if meant.meaning == "ask":
        return Ask(topic=Topic(meant.topic), tables=tables, text=text.strip()[:500])
    sentence = _sentence(meant, tables, context)
    if sentence and context.place in (Place.START, Place.DONE):
        return _request(meant.meaning, tables, text)
    if not sentence:
        return None
    said = understand(sentence, context)
    return _offered(sentence, text, context) if _means(said, meant, tables, context) else unclear(text, context)


def _sentence(meant: Meaning, tables: tuple[str, ...], context: Context) -> str:
    """What was meant, as the rules understand it; "" where there is no such sentence here."""
    match meant.meaning:
        case "everything":
            return "move everything"
        case "missing":
            return "fill the missing tables"
        case "only":
            return f"only {listed(tables)}"
        case "leave_out":
            left = _planned(tables, context)
            return f"leave {listed(left)} out" if left else ""
        case "answer" | "option":
            return meant.option
    return ""


def _planned(tables: tuple[str, ...], context: Context) -> list[str]:
    planned = {mapping.target for mapping in context.mapped}
    return [table for table in tables if table in planned]


def _request(meaning: str, tables: tuple[str, ...], text: str) -> Begin:
    priority = {"everything": "everything", "missing": "fill_missing_data", "only": "as_named"}[meaning]
    named = tables if meaning == "only" else ()
    said = text.strip()[:500]
    return Begin(request=Request(type=_KINDS[meaning], priority=priority, tables=named, user_context=said))


def _means(said: Utterance, meant: Meaning, tables: tuple[str, ...], context: Context) -> bool:
    """Whether a sentence, understood by the rules, comes to what was meant, and to nothing else."""
    match said:
        case OtherRequest():
            return _means(said.change, meant, tables, context)
        case AnswerQuestion():
            return meant.meaning == "answer" and said.option == meant.option
        case Choose():
            offered = context.decision.options if context.decision else ()
            return meant.meaning == "option" and any(
                option.strategy is said.strategy and option.choice == meant.option for option in offered
            )
        case ChangePlan(changes=(SetRequest(request=wanted),)):
            kind = _KINDS.get(meant.meaning)
            return wanted.type is kind and (kind is not RequestType.NAMED or set(wanted.tables) == set(tables))
        case ChangePlan():
            left = {change.table if isinstance(change, LeaveOut) else None for change in said.changes}
            return meant.meaning == "leave_out" and left == set(_planned(tables, context))
    return False


def _offered(sentence: str, text: str, context: Context) -> Unclear:
    """The sentence, for the person to say, and what a yes would be instead."""
    otherwise = understand("yes", context)
    if isinstance(otherwise, Choose) and otherwise == understand(sentence, context):
        plainly = "A plain yes takes that too: it is what the rules recommend."
    elif isinstance(otherwise, Choose) and context.decision:
        taken = next(o.choice for o in context.decision.options if o.strategy is otherwise.strategy)
        plainly = f'A plain yes takes "{taken}", without that.'
    else:
        plainly = _WITHOUT.get(type(otherwise), "A plain yes does nothing here.")
    return unclear(text, context, (sentence,)).but(read=sentence, plainly=plainly)
