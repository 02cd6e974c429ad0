"""Where a yes or a no can be given, and what it then is: an approval, an answer, a choice, a word to the run."""

from __future__ import annotations

import re

from ferryman.agents.choosing import agreed, answer
from ferryman.agents.consent import Consent, consent
from ferryman.agents.context import Context, Place
from ferryman.agents.sentence import Sentence
from ferryman.agents.talk import Doubt, Talk
from ferryman.domain.conversation import Approve, Ask, Cancel, Choose, Pause, Resume, Topic, Utterance

LEAVING = re.compile(r"\b(?:cancel|stop|abort|quit|exit|scrap|forget|bye|enough|never)\b")
#: Nobody has decided yet: the plan stays as it is, and nothing is asked for.
_WAITING = re.compile(
    r"(?:(?:hmm?|hm|ok|well|no|oh|uh|um|please|,) )*(?:wait|hold on|hang on|let me (?:think|see|check|look|ask)|not yet"
    r"|(?:just )?(?:a|one|1) (?:moment|minute|second|sec|bit|while)|give me (?:a|one|some) (?:\w+)"
    r"|not so (?:fast|quick|quickly)|i (?:need|want|have|must)(?: to)? (?:think|time)(?: .*)?|i am (?:still )?thinking"
    r"|patience|slow down)"
    r"(?: (?:please|then|there|here|first|now|yet|about (?:it|that|this)|it over|(?:for )?(?:a|one|just a)"
    r" (?:moment|minute|second|sec|bit|while)|,|\.|!|i (?:need|want|have|must) to think|i am thinking))*"
)
#: Who has no answer is told why it is asked, and what is recommended.
_NO_IDEA = re.compile(
    r"(?:(?:hmm?|hm|well|oh|uh|um|sorry|honestly|,) )*(?:(?:i )?(?:have )?(?:no|not the faintest) (?:idea|clue)"
    r"|(?:i )?(?:really )?(?:do not|can ?not) (?:really )?(?:know|tell|say)|(?:i am )?not (?:so |really )?sure"
    r"|i am unsure|hard to say|how (?:should|would) i know)(?: (?:sorry|really|yet|about (?:it|that|this)|,|\.|!|\?))*"
)
_BY = re.compile(r"^(?:approved|yes|ok|i approve|go ahead) ,? ?(?:by|as|says|signed|signed by) ")
_NAME = re.compile(
    r"(?:by|as|says|signed)\s+(?P<by>[A-Z][\w'-]+(?:\s+(?:[A-Z][\w'.-]*|van|von|de|da|del|der)){0,3})\s*[.!]?\s*$"
)
_DAYS = frozenset("monday tuesday wednesday thursday friday saturday sunday today tomorrow mistake accident".split())


def yes_or_no(said: Sentence, talk: Talk) -> Utterance | Doubt | None:
    """A yes or a no that is nothing else, where one can be given."""
    at_review = talk.context.place is Place.REVIEW
    if at_review and _WAITING.fullmatch(said.text):
        return Ask(topic=Topic.STATUS)
    if _NO_IDEA.fullmatch(said.text) and (talk.context.open_questions if at_review else talk.context.decision):
        return Ask(topic=Topic.OPTIONS, tables=tuple(one.table for one in talk.context.open_questions[:1]))
    signed = _signed(said) if at_review else None
    meant = consent(said.text)
    if signed or meant is Consent.NEITHER:
        return signed
    yes = meant is Consent.YES
    if at_review:
        return _to_question(said, yes, talk) or (Approve() if yes else Cancel())
    return _granted(talk.context) if yes else _refused(said, talk.context.place)


def _to_question(said: Sentence, yes: bool, talk: Talk) -> Utterance | Doubt | None:
    """A yes or no that answers the open question put first, by its key or because it asks for one."""
    waiting = talk.context.open_questions
    if not waiting:
        return None
    return answer(said, talk) or (None if LEAVING.search(said.text) else agreed(yes, waiting[0]))


def _granted(context: Context) -> Utterance | None:
    if context.place is Place.DECIDE and context.decision:
        return Choose(strategy=context.decision.recommended)
    return Resume() if context.place is Place.PAUSED else None


def _refused(said: Sentence, place: Place) -> Utterance | None:
    if place is Place.PAUSED:
        return Pause()
    return _stopped(said) if place in (Place.DECIDE, Place.RUNNING) else Cancel()


def _stopped(said: Sentence) -> Utterance | None:
    return Pause() if re.search(r"\b(?:stop|cancel|abort|quit|enough|wait|exit)\b", said.text) else None


def _signed(said: Sentence) -> Approve | None:
    """ "approved by Anna Schmidt": a yes with the name of whose it is."""
    match, name = _BY.match(said.text), _NAME.search(said.original)
    if match is None or name is None or {w.casefold() for w in name["by"].split()} & _DAYS:
        return None
    words = len(name["by"].split())
    return Approve(by=name["by"]) if len(said.words) <= len(match.group().split()) + words + 1 else None
