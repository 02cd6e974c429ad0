"""Questions, typed: what a sentence asks about, and which tables and columns it names."""

from __future__ import annotations

import re

from ferryman.agents.choosing import way_asked_about
from ferryman.agents.context import Place
from ferryman.agents.glossary import ASKED
from ferryman.agents.sentence import Sentence
from ferryman.agents.talk import Talk
from ferryman.agents.topics import TOPICS
from ferryman.domain.conversation import Ask, Topic
from ferryman.domain.run import RunStatus

#: Said politely as a question, and meant as an instruction.
POLITE = re.compile(
    r"^(?:(?:(?:can|could|would|will|may|might) you|(?:can|could) (?:it|this|that)(?= (?:go|be|run|work))"
    r"|(?:can|could|may) (?:we|i))(?: please| just| maybe| possibly| also| kindly)*(?: be so kind (?:as )?to)?"
    r"|(?:would|do) you mind|please|kindly|i (?:would like|want|need|wish)(?: you)? to|i would like"
    r"|i would prefer to|i would rather(?! not)|we (?:should|would like to|want to|need to|have to)"
    r"|you (?:should|could|can|must|may)|let us|let me|maybe|perhaps|(?:how|what) about(?= \w+ing\b)"
    r"|what about if (?:we|you)"
    r"|what if (?:we|you)|why do not (?:we|you)|why not|is it possible to|would it be possible to"
    r"|it would be (?:nice|great|good) (?:to|if you could)|i think (?:we should|you should)?|i suggest(?: we"
    r"| to)?|you know what|can not you|could not (?:you|we)"
    r"|make sure (?:to|that|you)|be sure to|(?:just|simply)(?= (?:leave|skip|drop|ignore|exclude|put|do not"
    r"|remove|show|tell|forget|save|pause|stop|undo|use|set|keep|make|give|map))|go ahead and|now|then|first|so"
    r"|and|also|ok|hey|hi|hello|well|actually|ferryman|dear ferryman) (?:, )?"
)
_STARTS = re.compile(
    r"^(?:what(?! you (?:recommend|think|suggest|like|prefer|propose|advise|said|want|would)\b)|which(?!ever)"
    r"|why|how|when"
    r"|where|who|whose|is|are|was|were|does|did|can|could|will|would|should|shall|has|am|may|might|any)\b"
    r"|^do(?! (?:take|keep|move|copy|migrate|bring|include|not|it|this|that|them"
    r"|only|just|the|all|everything|what|whatever|batches|smaller|bigger)\b)\b"
    r"|^have(?! (?:my|our|the|a|someone|somebody)\b)\b"
    r"|^(?:tell (?:me|us)|explain|describe|show (?:me|us)|show|remind me|help|list|summari[sz]e|repeat|say that again"
    r"|give me (?:an overview|a summary|the plan)|(?:walk|run|talk|take) me (?:through|over))\b"
    r"|^(?:the )?(?:status|progress|options|plan|questions)(?: please| now| report| again)*$"
    r"|^(?:i (?:do not|still do not) understand|i am (?:lost|confused|worried|scared|afraid|nervous|curious|wondering)"
    r"|i wonder|(?:let me|i want to|i would like to|i need to) (?:see|know|understand)|no clue what"
    r"|not sure (?:what|why|how))\b"
)
_SLOT = re.compile(
    r"^(?:and |so |but )?(?:what (?:will )?(?:happens?|happened|is done|becomes|do you do|will you do"
    r"|about)(?: to| with| of)?"
    r"|what about|how about|what (?:goes|comes|gets) (?:in|into|to)|where (?:does|do|will|did|is|are)"
    r"|will (?:i|we) (?:lose|keep|still have)|do (?:i|we|you) (?:lose|keep)|is|are|does|do|did|will|can|has"
    r"|have|tell me (?:more )?about|explain)"
    r" (?P<x>.+?)(?: (?:get|be|become|been|go|goes|come|come from|end up|land|stored|kept|lost|moved|copied"
    r"|migrated|then|now))*(?: \?)?$"
)

_WHAT_OF = re.compile(
    r"\b(?:what (?:will )?(?:happens?|happened|is done|becomes?|about|do you do|are you doing"
    r"|will you do)(?: to| with| of| become of)?|what about|how about|and"
    r"|where (?:does|do|will|is|are|did|has|have)|what (?:is|are|was)|how (?:is|are|do you|will|does|do|did"
    r"|many|big|large|much)|what (?:goes|comes|gets|feeds|fills|do you know about|will)|tell me (?:more )?about"
    r"|explain|describe"
    r"|will (?:i|we) (?:lose|keep|have|still have)|do (?:i|we|you) (?:lose|keep|have|move|take|need|migrate"
    r"|copy)|is|are|does|do|will|why|which|did|show|has|have)\b"
)


def is_question(said: Sentence) -> bool:
    """Whether a sentence asks something: it ends in a question mark, or begins as a question does."""
    return said.text.rstrip(" .!").endswith("?") or bool(_STARTS.match(said.text))


def without_politeness(said: Sentence) -> Sentence:
    """ "could you please leave playlists out?" as the instruction that it is."""
    while match := POLITE.match(said.text):
        said = said.part(match.end(), len(said.text))
    return said


_WHY_ASKED = re.compile(
    r"^(?:but |and |ok |so )?why(?: that| this| so| is that"
    r"| (?:do you (?:ask|want|need)|must you|should i|do i (?:have|need))\b.*)?(?: \?)*$"
)


def ask(said: Sentence, talk: Talk) -> Ask | None:
    """The topic of a question; None where it is about nothing that can be answered from facts."""
    if re.match(ASKED, said.text):
        return Ask(topic=Topic.WORD)
    if talk.context.place is Place.REVIEW and talk.context.open_questions and _WHY_ASKED.match(said.text):
        return Ask(topic=Topic.OPTIONS, tables=(talk.context.open_questions[0].table,))
    decision = talk.context.decision if talk.context.place is Place.DECIDE else None
    if decision and way_asked_about(said, decision):
        return Ask(topic=Topic.OPTIONS)
    named = _slot(said, talk) or _meaning(said, talk)
    if named:
        return named
    tables = tuple(dict.fromkeys(known.label for known in talk.tables(said) if known.label))
    topic = _topic(said.text, tables, talk)
    columns = _columns(said, talk) if topic in (None, Topic.MATCH) else ()
    if topic is None or (topic is Topic.MATCH and not tables and not columns):
        topic = Topic.COLUMN if columns else Topic.TABLE if tables and _WHAT_OF.search(said.text) else topic
    if topic is Topic.TABLE and not tables:
        return None
    return Ask(topic=topic, tables=tables, columns=columns) if topic else None


_ALSO = re.compile(r"\b(?:as well|too|also|both|together|combine\w*|merge\w*|plus|additionally|besides|join\w*)\b")
_INTO = re.compile(r"\b(?:in|into|to|from|with|out of|of)\b")


def second_source(said: Sentence, talk: Talk) -> Ask | None:
    """ "put suppliers into contacts as well", where customers fills contacts: what can be done is told, and nothing is
    changed by half. "suppliers goes into contacts" is no such thing: it goes there instead."""
    named, place = talk.tables(said), talk.context.place
    if place not in (Place.START, Place.REVIEW, Place.DONE) or not _INTO.search(said.text) or len(named) < 2:
        return None
    for second in (known for known in named if known.target is None):
        for first in (known for known in named if known.target and known.source):
            found = talk.context.findings.by_target.get(first.target or "")
            alike = found is not None and any(match.source == second.source for match in found.alternatives)
            spoken = re.search(rf"\b{re.escape((first.source or '').casefold())}\b", said.text)
            if alike and (spoken or _ALSO.search(said.text) or place is Place.START):
                return Ask(topic=Topic.LEFT_OUT, tables=(second.label,))
    return None


_OBJECTING = re.compile(
    r"\b(?:i do not (?:think|believe|agree)|i doubt|i am not sure|not convinced)\b.*\b(?:right|correct|true|same"
    r"|belongs?|fits?|match(?:es)?|feeds?|good|it)\b"
    r"|\b(?:that|this|it|mapping|match|pair) (?:is|looks|seems|was) (?:just |totally |completely |obviously |all "
    r"|clearly )*(?:wrong|not (?:right|correct|true)|incorrect|mistaken)\b|\bis the wrong (?:one|table|column)\b"
    r"|\b(?:can not|could not) be (?:right|true|correct)\b|\bnot the (?:right|correct|same) (?:one|table|column)\b"
    r"|\bwrong (?:one|table|column)$|^(?:wrong|not (?:right|correct|true))$"
)
_SAID_OF_COLUMN = 0.9  #: how well a column's name has to fit for a question to be about it
_MOST_OBJECTED = 3  #: tables whose evidence is told where none is named


def objection(said: Sentence, talk: Talk) -> Ask | None:
    """ "that is not the right table": answered with the evidence, and with how to say what is right instead."""
    if not _OBJECTING.search(said.text.rstrip(" .!")):
        return None
    about = talk.about(said) or talk.planned[:_MOST_OBJECTED]
    tables = tuple(dict.fromkeys(known.label for known in about if known.label))
    columns = _columns(said, talk)
    return Ask(topic=Topic.MATCH, tables=() if columns else tables, columns=columns) if tables or columns else None


def _slot(said: Sentence, talk: Talk) -> Ask | None:
    """ "what happens to X?", where X is the name of a table or column and nothing else."""
    match = _SLOT.match(said.text)
    named = talk.item(said.slot(match, "x")) if match else None
    if named is None or (named.tables and not named.one and not named.group):
        return None
    tables = tuple(dict.fromkeys(known.label for known in (*talk.tables(said), *named.tables)))
    if named.columns:
        return Ask(topic=Topic.COLUMN, tables=tables, columns=tuple(column.text for column in named.columns))
    return Ask(topic=Topic.TABLE, tables=tables) if tables and named.tables else None


_NEXT = re.compile(
    r"^(?:(?:and|so|ok|well|now|then|great|thanks|fine) (?:, )?)*what(?: \w+){0,4} (?:next|now)\b"
    r"|^(?:(?:and|so|ok|well) (?:, )?)*what else (?:is there|can|could|should|shall|remains|is left|is missing)\b"
)


_MEANING = re.compile(
    r"^(?:and |so |but )?what (?:(?:does|do) (?P<x>.+?) (?:mean|stand for|hold|contain)"
    r"|(?:is|are|was) (?P<of>.+ of .+?))(?: \?)?$"
)


def _meaning(said: Sentence, talk: Talk) -> Ask | None:
    """ "what does returned mean?", "what is the status of members?": about a column, where there is one so called."""
    match = _MEANING.match(said.text)
    columns = talk.item(said.slot(match, "x" if match["x"] else "of")).columns if match else ()
    named = tuple(column.text for column in columns if column.score >= _SAID_OF_COLUMN)
    return Ask(topic=Topic.COLUMN, columns=named) if named else None


_AHEAD = re.compile(r"\bwhat (?:is|are) (?:wrong|the (?:problems?|issues?|errors?|trouble))\b")  #: before anything ran


def _topic(text: str, tables: tuple[str, ...], talk: Talk) -> Topic | None:
    if talk.context.place is Place.DONE and not tables and _NEXT.search(text):
        return Topic.STATUS  # which says what can be filled next; the order of phases is over
    found = next((topic for topic, pattern in TOPICS if re.search(pattern, text)), None)
    if found is Topic.OPTIONS and talk.context.place is not Place.DECIDE and not talk.context.open_questions:
        found = Topic.SAFETY if "recommend" in text or "advise" in text or "would you" in text else Topic.HELP
        return Topic.PLAN if talk.context.plan and found is Topic.SAFETY else found
    begun = (Place.DECIDE, Place.PAUSED, Place.RUNNING, Place.DONE)
    if found is Topic.PROBLEM and talk.context.place not in begun and not _run_waits(talk):
        ahead = talk.context.plan and _AHEAD.search(text)
        return None if tables else Topic.PROBLEM if ahead else Topic.PLAN
    if found is Topic.PLAN and tables and not re.search(r"\bplan\b", text):
        return Topic.TABLE
    return found


def _run_waits(talk: Talk) -> bool:
    """Whether nothing was asked for yet, and a run that is not over is known."""
    resting = (RunStatus.WAITING, RunStatus.PAUSED, RunStatus.RUNNING)
    return talk.context.place is Place.START and any(run.status in resting for run in talk.context.runs)


def _columns(said: Sentence, talk: Talk) -> tuple[str, ...]:
    """The columns that a question names; a table's own name is not looked for among the columns."""
    mentions = talk.mentions(said)
    covered = {n for m in mentions for n in range(m.start, m.stop)}
    tables = talk.tables(said)
    words = said.words
    for length in (3, 2, 1):
        for start in range(len(words) - length + 1):
            span = range(start, start + length)
            if covered & set(span) or any(words[n].norm in _NO_COLUMN for n in span):
                continue
            found = talk.columns([words[n].norm for n in span], tables)
            if found and found[0].score >= (0.9 if length == 1 else 0.7):
                return tuple(column.text for column in found)
    return ()


_NO_COLUMN = frozenset(
    """what which why how when where who is are was were do does did can could will would should the a an to of in for
    with and or about happens happen go goes it that this my our me i you we they them be on at by from into happening
    plan ? , . ! not no new old out left keep kept lose""".split()
)
