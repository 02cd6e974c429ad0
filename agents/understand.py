"""What a person said, as typed data, by rules alone.

A sentence is a question, an answer to what was just asked, a word to the run, a change, a yes or no, or a request; the
place in the conversation says which of these can be. What fits none of them is Unclear, never guessed: above all no
approval, which takes a sentence that says yes and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable

from ferryman.agents.addressing import address, addressed
from ferryman.agents.agreeing import LEAVING, yes_or_no
from ferryman.agents.asking import ask, is_question, objection, second_source, without_politeness
from ferryman.agents.choosing import answer, answered_anew, decide, way_meant
from ferryman.agents.consent import Consent, after_lead, consent, hedged, idle
from ferryman.agents.context import Context, Place
from ferryman.agents.controls import control, rollback, saved_for_others, undoes_more
from ferryman.agents.edits import edited
from ferryman.agents.names import Names
from ferryman.agents.requesting import asked_anew, begun, one_request, request, strangers
from ferryman.agents.sentence import Sentence, read
from ferryman.agents.showing import aside, show_rows, show_values
from ferryman.agents.sparing import spares
from ferryman.agents.suggestions import unclear
from ferryman.agents.taking_back import corrected, take_back
from ferryman.agents.talk import Doubt, Talk
from ferryman.agents.value_words import values_answered
from ferryman.domain.changes import Change, Include, MapTable, SetRequest
from ferryman.domain.conversation import (
    AnswerQuestion,
    Approve,
    Ask,
    Begin,
    Cancel,
    ChangePlan,
    Choose,
    OtherRequest,
    Pause,
    Resume,
    SavePlan,
    ShowRows,
    ShowValues,
    TakeBack,
    Topic,
    Utterance,
)
from ferryman.domain.coordination import Request, RequestType

_JOINED = re.compile(
    r" (?:,? ?and(?: then| also)?|,? ?then|,? ?but|,) (?=(?:please |also |just |do not |never )?(?:leave|skip"
    r"|use|drop|ignore|exclude|put|move|migrate|copy|map|take|only|keep|make|set|show|tell|what|why|how|fill"
    r"|include|add|omit|remove|forget|bring|is|can|do|limit|rename|save|pause|undo|smaller|bigger|batches)\b)"
)
_REASON = re.compile(
    r" (?:, )?(?:because|as we|as i|as (?:it|they)(?! (?:is|are|was|were|stands?)$)"
    r"|since (?:we|i|it|they|that|this|the|nobody|no)|so that|for they|otherwise|in order (?:to|that))\b.*$"
)
_CONDITIONAL = re.compile(
    r"\b(?:if|unless|provided|assuming|once|as soon as|until i|until we|when i|when we|in case)\b"
)
_NEGATED = re.compile(r"\b(?:not|never|no|nobody|neither|nor)\b")
_ALL_RECOMMENDED = re.compile(
    r"(?:yes to |i )?(?:take |accept )?(?:all|everything)(?: of)?(?: your| the| that is| that you)? "
    r"(?:recommend|suggest)(?:ed|ations?|ions?)?"
)
_WHAT_IS_MISSING = re.compile(
    r"(?:and |so )?(?:what|which (?:tables|data|rows)) (?:is|are|do you see) (?:still |all )?"
    r"(?:missing|empty|not there|incomplete|lost)(?: (?:here|in the new (?:one|system|database|app|application)))?"
)
_MAY_I = re.compile(r"^(?:can|could|may|might) (?:i|we)\b")

#: Said while questions are open that ask which: neither an answer to them nor another request.
_YES_TO_ALL = re.compile(
    r"(?:yes|yeah|yep|ok|okay|sure|i agree|agreed)(?: ,)? (?:to |with )?(?:everything|all)(?: of (?:it|them|that))?"
)


def understand(text: str, context: Context) -> Utterance:
    """The person's words, typed. Never raises: what is not understood is Unclear, with things that would be."""
    asked = context.plan.questions if context.plan else ()
    if context.place is Place.REVIEW and (answered := addressed(text, context.open_questions, asked)):
        return answered
    talk = Talk(context, Names(context))
    said = read(text, talk.names.words)
    if context.other and (settled := _of_other(said, context.other)):
        return settled
    if context.open_questions and _YES_TO_ALL.fullmatch(said.text.rstrip(" .!")):
        return unclear(text, context, ("take all recommendations", address(context.open_questions[0])))
    found = _heard(said, talk) if said.words else None
    if isinstance(found, Doubt):
        return unclear(text, context, found.wordings, found.why)
    return _with_text(found, text) if found else unclear(text, context)


_DO_THAT = re.compile(
    r"(?:(?:yes|ok|sure|please|,) )*(?:plan|do|take|make|use) (?:that|it|this|so)(?: instead| please)*"
)


def _of_other(said: Sentence, other: ChangePlan) -> Utterance | None:
    """A yes or a no to the other request that was asked about: it is planned, or the plan stays. Neither approves."""
    text = said.text.rstrip(" .!")
    meant = consent(text)
    if meant is Consent.YES or _DO_THAT.fullmatch(text):
        return other
    return Ask(topic=Topic.STATUS, text=said.original) if meant is Consent.NO and not LEAVING.search(text) else None


Heard = Utterance | Doubt | None


def _heard(said: Sentence, talk: Talk) -> Heard:
    """A yes or no first; then clause by clause where each is understood; then the sentence as a whole."""
    consented = yes_or_no(said, talk)
    if consented:
        return consented
    if talk.context.place is not Place.REVIEW and spares(said):
        return rollback(said, talk)
    if talk.context.place is Place.REVIEW and (anew := answered_anew(said, talk)):
        return anew
    meant = corrected(said, talk)
    instead = _changed(meant, talk) if meant else None
    if meant and isinstance(instead, ChangePlan | OtherRequest):
        return _within(instead, lambda change: change.but(text=meant.original, instead=True))
    sentences = [clause for clause in said.clauses() if not idle(clause.text)]
    clauses = [part for clause in sentences for part in _cut(clause)]
    found = [yes_or_no(clause, talk) or _one(clause, talk) for clause in clauses] if len(clauses) > 1 else []
    if found and not any(one is None or isinstance(one, Doubt) for one in found):
        return _together(clauses, found, talk)
    whole = _one(sentences[0], talk) if len(sentences) == 1 else None
    if whole and not isinstance(whole, Doubt):
        return whole
    return (_together(clauses, found, talk) if found else None) or whole


def _with_text(said: Utterance, text: str) -> Utterance:
    if isinstance(said, Ask) and not said.text:
        return said.but(text=text.strip()[:500])
    if isinstance(said, ChangePlan | OtherRequest):
        return _within(said, lambda change: change.but(text=change.text or text.strip()[:500]))
    return said


def _within(said: ChangePlan | OtherRequest, made: Callable[[ChangePlan], ChangePlan]) -> ChangePlan | OtherRequest:
    return said.but(change=made(said.change)) if isinstance(said, OtherRequest) else made(said)


def _one(said: Sentence, talk: Talk) -> Heard:
    """One clause, without what leads up to it ("yes, but", "no,", "ok and")."""
    rest = said.part(after_lead(said.text), len(said.text))
    found = take_back(said, talk) or _said(rest if rest.words else said, talk)
    return found or (_said(said, talk) if talk.context.place in (Place.RUNNING, Place.DECIDE, Place.PAUSED) else None)


def _said(said: Sentence, talk: Talk) -> Heard:
    """One clause. The order of these rules is the order of what a person would be most surprised to see misread."""
    looked = None if talk.context.place is Place.DECIDE else saved_for_others(said)
    if looked:
        return looked
    asked = said
    said = without_politeness(said)
    polite = len(said.words) < len(asked.words)
    if not said.words:
        return None
    shown = aside(said, talk) or show_values(said, talk) or show_rows(said, talk)
    if shown:
        return shown
    if _MAY_I.match(asked.text):
        changed = _told(said, talk)
        return changed if isinstance(changed, ChangePlan | SavePlan | Pause) else _questioned(asked, talk)
    if is_question(said) and not _instruction(said, polite):
        return _questioned(said, talk)
    return _told(said, talk) or (ask(said, talk) if asked.text.endswith("?") else None)


def _instruction(said: Sentence, polite: bool) -> bool:
    """A question only in form: "could you leave playlists out?", once "could you" is gone."""
    return polite and not re.match(
        r"^(?:what|which|why|how|when|where|who|is|are|does|did|will|explain|tell|describe)\b", said.text
    )


def _questioned(said: Sentence, talk: Talk) -> Heard:
    asked = ask(said, talk)
    if talk.context.plan and asked and asked.topic is Topic.LEFT_OUT:
        return asked
    moved = {known.label for known in talk.planned} if talk.context.place is Place.DONE else set()
    named = {known.label for known in talk.tables(said)}
    if talk.context.place is Place.START and _WHAT_IS_MISSING.fullmatch(said.text.rstrip(" ?.!")):
        return Begin(request=Request(type=RequestType.FILL_MISSING, user_context=said.original.strip()[:500]))
    if talk.context.place in (Place.START, Place.DONE) and not named <= moved:
        wanted = request(said, talk)
        if wanted and wanted.priority == "fill_missing_data" and re.match(r"^(?:why|where|how come)\b", said.text):
            return Begin(request=wanted)
    return asked


def _told(said: Sentence, talk: Talk) -> Heard:
    context = talk.context
    said = said.part(0, len(said.text.rstrip(" ?!.")))
    decided = _decided(said, talk)
    if decided:
        return decided
    back = take_back(said, talk)
    if back:
        return back
    if context.place is Place.REVIEW and not _CONDITIONAL.search(said.text):
        answered = values_answered(said, talk) or answer(said, talk)
        if answered:
            return answered
    told = second_source(said, talk) or control(said, talk) or _vain(said, talk)
    if told:
        return told
    if context.place is Place.REVIEW and context.plan:
        return _changed(said, talk) or objection(said, talk)
    if context.place in (Place.DECIDE, Place.PAUSED):
        changed = edited(said, talk)
        return ChangePlan(changes=changed) if isinstance(changed, tuple) else None
    if context.place in (Place.START, Place.DONE, Place.REVIEW):
        return strangers(said, talk) or begun(said, talk)
    return None


def _vain(said: Sentence, talk: Talk) -> ChangePlan | Ask | None:
    """What comes too late: recommendations where no question is open, a change of a plan that has run."""
    context = talk.context
    if context.place is Place.REVIEW and context.plan and _ALL_RECOMMENDED.fullmatch(said.text):
        return None if context.open_questions else Ask(topic=Topic.QUESTIONS)
    if context.place is not Place.DONE or context.plan is None:
        return None
    changed, fed = edited(said, talk), {(table.source, table.target) for table in context.mapped}
    if not isinstance(changed, tuple) or any(_is_more(change, fed) for change in changed):
        return None
    return ChangePlan(changes=changed)


def _is_more(change: Change, fed: Collection[tuple[str, str]]) -> bool:
    """Whether a change asks for what a run did not do: that begins another one."""
    return isinstance(change, Include) or (isinstance(change, MapTable) and (change.source, change.target) not in fed)


def _decided(said: Sentence, talk: Talk) -> Utterance | None:
    """A choice at an open decision, or a way with rows that comes too late. "leave the audit logs out" while files
    waits for one is none: it is a change.
    """
    decision, place = talk.context.decision, talk.context.place
    if place is Place.DECIDE and decision is not None:
        if other := _of_another_table(said, talk):
            return other
        taken = None if undoes_more(said, talk) else decide(said, decision)
        return taken or _way(said, f"{decision.situation} {' '.join(decision.failure.columns)}")
    late = place in (Place.PAUSED, Place.DONE) or (place is Place.START and bool(talk.context.runs))
    return _way(said) if late and not talk.tables(said) else None


def _way(said: Sentence, about: str = "") -> Choose | None:
    """A way that is not offered here: it is told why."""
    meant = way_meant(said, about)
    return Choose(strategy=meant) if meant else None


def _of_another_table(said: Sentence, talk: Talk) -> ChangePlan | None:
    named = [known.target for known in talk.tables(said)]
    if not named or talk.context.table in named:
        return None
    changed = edited(said, talk)
    return ChangePlan(changes=changed) if isinstance(changed, tuple) else None


def _changed(said: Sentence, talk: Talk) -> ChangePlan | OtherRequest | Doubt | None:
    reason = _REASON.search(said.text)
    said = said.part(0, reason.start()) if reason else said
    if _CONDITIONAL.search(said.text) and not re.search(r"\b(?:only|just)\b.* if\b", said.text):
        return None
    found = edited(said, talk)
    if isinstance(found, tuple):
        return ChangePlan(changes=found)
    found = found or strangers(said, talk)
    wanted = None if found or hedged(said.text) else request(said, talk)
    if wanted and not (_NEGATED.search(said.text) and not wanted.leave_out and wanted.priority != "fill_missing_data"):
        return asked_anew(wanted, said, talk)
    return found


def _together(clauses: list[Sentence], found: list[Heard], talk: Talk) -> Heard:
    """What several clauses come to: every change; else a request; else a question; a yes only where all say yes."""
    plans = [one.change if isinstance(one, OtherRequest) else one for one in found]
    changes = tuple(change for one in plans if isinstance(one, ChangePlan) for change in one.changes)
    if changes:
        several = _several(changes, clauses, found)
        return OtherRequest(change=several) if any(isinstance(one, OtherRequest) for one in found) else several
    wanted = [one for one in found if isinstance(one, Begin)]
    if wanted:
        named = [(c, one) for c, one in zip(clauses, found, strict=True) if _names_something(c, talk)]
        return one_request(wanted).but(not_understood=_missed(named))
    moving = (Approve, Cancel, Choose, Resume, AnswerQuestion, TakeBack)
    others = [one for one in found if one and not isinstance(one, (*moving, Doubt))]
    if others:
        shown = [one for one in others if isinstance(one, ShowRows | ShowValues)]
        return shown[-1] if shown else others[0]
    if None in found or any(isinstance(one, Doubt) for one in found):
        return _lone(found) or next((one for one in found if isinstance(one, Doubt)), None)
    return found[0] if len({repr(one) for one in found}) == 1 else _yes_and_an_answer(found)


def _yes_and_an_answer(found: list[Heard]) -> Heard:
    """ "yes, the first one": an answer or a choice beside a yes is that answer, and so is an answer after a no."""
    said = [one for n, one in enumerate(found) if not isinstance(one, Approve) and (n or not isinstance(one, Cancel))]
    if isinstance(found[0], Cancel) and not all(isinstance(one, AnswerQuestion) for one in said):
        return None
    return said[0] if len(said) == 1 and isinstance(said[0], AnswerQuestion | Choose) else None


def _lone(found: list[Heard]) -> Utterance | None:
    """One thing that was understood among others that were not: taken only where it moves nothing."""
    understood = [one for one in found if isinstance(one, Cancel | Pause)]
    others = [one for one in found if one and not isinstance(one, Cancel | Pause)]
    return understood[0] if understood and not others and None not in found else None


def _several(changes: tuple[Change, ...], clauses: list[Sentence], found: list[Heard]) -> ChangePlan:
    kept = changes
    if any(isinstance(c, SetRequest) and c.request.type is RequestType.COMPLETE for c in changes) and len(changes) > 1:
        kept = tuple(c for c in changes if not isinstance(c, SetRequest)) or changes
    return ChangePlan(changes=tuple(dict.fromkeys(kept)), not_understood=_missed(zip(clauses, found, strict=True)))


def _missed(heard: Iterable[tuple[Sentence, Heard]]) -> str:
    """What was said in clauses that came to nothing, or not to all of it, as it was typed."""
    return "; ".join(clause.typed.rstrip(" .") for clause, one in heard if not one or _in_part(one))


def _names_something(said: Sentence, talk: Talk) -> bool:
    """Whether a word of either database stands in it ("in" of "log in" is none), or a number, as in no small talk."""
    names = (word.norm for word in said.words if len(word.norm) > 2 or word.norm.isdigit())
    return any(name in talk.names.words or any(map(str.isdigit, name)) for name in names)


def _in_part(heard: Heard) -> bool:
    return isinstance(heard, Doubt) or bool(getattr(heard, "not_understood", ""))


def _cut(clause: Sentence) -> list[Sentence]:
    cuts = list(_JOINED.finditer(clause.text))
    starts = [0, *(match.end() for match in cuts)]
    stops = [*(match.start() for match in cuts), len(clause.text)]
    return [part for a, b in zip(starts, stops, strict=True) if (part := clause.part(a, b)).words]
