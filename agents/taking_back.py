"""Second thoughts about changes: "undo that change", "put it back", "start over", "no, 2017", "actually, in 2018"."""

from __future__ import annotations

import re

from ferryman.agents.context import Place
from ferryman.agents.names import SURE
from ferryman.agents.sentence import Sentence, read
from ferryman.agents.talk import Talk
from ferryman.agents.vocabulary import COMMON
from ferryman.domain.changes import MapValues, SetFilter
from ferryman.domain.conversation import TakeBack
from ferryman.domain.filters import AllOf, AnyOf, Comparison

_CHANGE = r"(?:change|changes|edit|correction|step|revision|adjustment|modification)"
_THAT = rf"(?:it|that|this|(?:the|my|that|this|your) (?:(?:last|latest|previous|most recent) )?(?:{_CHANGE}|one|thing))"
_TAIL = r"(?: (?:again|please|then|after all|now|for me))*"
_LEAD = r"(?:(?:no|oh|oops|ok|sorry|wait|hmm|actually|please|well|so|and|but|,|let us|i want to|i would like to) )*"
_BACK = re.compile(
    rf"{_LEAD}(?:(?:undo|revert|reverse|take back|withdraw|roll back|rollback) {_THAT}|take {_THAT} back"
    rf"|(?:cancel|drop|forget(?: about)?|discard|scrap|scratch|remove|ignore) (?:the|my|that|this) (?:last |latest"
    rf" |previous |most recent )?{_CHANGE}"
    r"|undo|(?:put|bring) (?:it|them|that|those|this|everything|things) back(?: in)?"
    r"|(?:(?:go|get|turn|switch|change it) )?back to (?:(?:the|what|how|where) )?(?:(?:plan|version|way|state|it|we"
    r"|that) )*(?:before|previous one|earlier one|was(?: before)?|were(?: before)?|had(?: before)?|(?:previous|earlier"
    r"|last|old) (?:plan|version|one|state))"
    r"|(?:put|make|leave|have|set|restore) (?:it|everything|that|things|the plan)(?: back)? (?:(?:to )?(?:as|the way"
    r"|how|like|what)) (?:it|they|that|things|we) (?:was|were|had(?: it)?)(?: before)?"
    rf"|(?:that|it|this)(?: {_CHANGE})? was (?:a mistake|wrong|an error|not what i (?:meant|wanted|said)))"
    rf"{_TAIL}"
)
_CHANGES = r"(?:changes|edits|corrections|steps|revisions|adjustments|modifications)"
_ALL = re.compile(
    rf"{_LEAD}(?:(?:start|begin)(?: it| this| that| the plan| everything)? (?:over|again|anew|afresh|from scratch"
    r"|from the (?:start|beginning))(?: again)?|from scratch|reset(?: it| this| everything| all| the plan)?"
    rf"|(?:undo|revert|reverse|discard|drop|forget(?: about)?|cancel|remove|withdraw|scrap|take back|reset)"
    rf" (?:all|everything)(?: of)?(?: (?:the|my|our|those|these|that))*"
    rf"(?: {_CHANGES}| (?:i|we) (?:have )?(?:changed|said|did|done|asked(?: for)?))+"
    r"|(?:(?:go|get|take me) )?back to (?:the (?:first|original|initial|proposed) (?:plan|one|version|proposal)"
    r"|(?:the |your )?(?:start|beginning|proposal)|(?:how|what) you (?:first )?proposed(?: it)?|square one)"
    rf"|forget (?:all|everything)(?: (?:i|we) (?:have )?said)?){_TAIL}"
)
_CLEAR = re.compile(rf"\b{_CHANGE}\b")  #: about the plan, whether or not anything was changed before
_AGAIN = re.compile(
    rf"{_LEAD}(?:redo(?: {_THAT})?|(?:put|bring) (?:it|them|that|this|those|the {_CHANGE}|the filter) back(?: in)?"
    rf"|(?:do|apply|make) (?:it|that|the {_CHANGE})(?: again| after all)+|undo the undo(?:ing)?"
    rf"|(?:no , |no )?keep (?:it|that|the {_CHANGE})|i (?:do )?want (?:it|that|the {_CHANGE}) back){_TAIL}"
)
_CORRECTING = re.compile(
    r"^(?:no|nope|actually|rather|sorry|oops|wait|correction|i mean|i meant|or rather|better|let us say|let us make it"
    r"|make it|make that|it should be|should be|that should be|instead|not that)\b(?: (?:,|no|actually|rather|sorry|i"
    r" mean|i meant|make it|make that|it should be|better|let us say|only|just|say|please|the ones|those|rows))*"
    r" (?:, )?(?P<new>.+?)(?: (?:instead|please|then|rather|i mean|i meant|not .+))*$"
)
_WITHOUT = re.compile(r"^(?:no|not that|better) (?!,|i mean|actually|sorry|rather)")  #: "no files" is no correction
_LITERAL = r"\d[\d.,:-]*"
_COMPARING = (
    r"(?:(?:on or )?(?:after|before|since|until|till|from|in|during|over|under|above|below|at least|at most|more than"
    r"|less than|up to|newer than|older than|not before|not after))"
)
_BOUND = re.compile(rf"^(?:(?P<how>{_COMPARING}) )?(?P<what>{_LITERAL})$")
_BOUND_BEFORE = re.compile(rf"(?P<how>\b{_COMPARING} )?(?P<what>(?<!\S){_LITERAL}(?!\S))")


def take_back(said: Sentence, talk: Talk) -> TakeBack | None:
    """To undo the last change of the plan, or to have it again; None where the words are about something else."""
    context, text = talk.context, said.text.rstrip(" .!?")
    if context.place is not Place.REVIEW:
        return None
    if _ALL.fullmatch(text):
        return TakeBack(everything=True)
    if context.taken_back and _AGAIN.fullmatch(text):
        return TakeBack(again=True)
    if _BACK.fullmatch(text) and (context.changes or context.taken_back or _CLEAR.search(text)):
        return TakeBack()
    return None


def corrected(said: Sentence, talk: Talk) -> Sentence | None:
    """The change before, as it is meant now: its own words with another bound, table or value in them.

    None where the words correct nothing, or where it is not clear which part of the change they replace.
    """
    context = talk.context
    match = _CORRECTING.match(said.text.rstrip(" .!?"))
    if context.place is not Place.REVIEW or match is None or context.latest is None or not context.latest.text:
        return None
    before, new = read(context.latest.text, talk.names.words), said.slot(match, "new")
    text = _with_bound(before, new)
    if text is None and not _WITHOUT.match(said.text):
        text = _with_table(before, new, talk) or _with_value(before, new, talk) or _with_texts(before, new, talk)
    return read(text, talk.names.words) if text else None


def _with_bound(before: Sentence, new: Sentence) -> str | None:
    """ "after 2018", "2017": the one number or date of the change is another one."""
    wanted, there = _BOUND.match(new.text), list(_BOUND_BEFORE.finditer(before.text))
    if wanted is None or len(there) != 1:
        return None
    (old,) = there
    how = f"{wanted['how']} " if wanted["how"] else old["how"] or ""
    return f"{before.text[: old.start()]}{how}{wanted['what']}{before.text[old.end() :]}"


def _with_table(before: Sentence, new: Sentence, talk: Talk) -> str | None:
    """ "I meant files": the one table that the change named is another one."""
    mentioned = [mention for mention in talk.mentions(before) if mention.score >= SURE]
    wanted = [m for m in talk.mentions(new) if m.score >= SURE and m.stop - m.start >= len(_bare(new).words)]
    if len(mentioned) != 1 or len(wanted) != 1:
        return None
    first, last = before.words[mentioned[0].start], before.words[mentioned[0].stop - 1]
    return f"{before.original[: first.start]}{new.typed}{before.original[last.end :]}"


def _with_value(before: Sentence, new: Sentence, talk: Talk) -> str | None:
    """ "no, closed": the one value of the change means another one."""
    latest = talk.context.latest
    changes = latest.changes if latest else ()
    if len(changes) != 1 or not isinstance(changes[0], MapValues) or len(changes[0].pairs) != 1:
        return None
    meant, typed = str(changes[0].pairs[0].new), before.typed
    wanted = re.sub(r"^(?:it |that )?(?:means |is )?(?:the |a |an )?", "", new.typed.strip(" ."))
    if typed.count(meant) != 1 or len(wanted.split()) != 1:
        return None
    return typed.replace(meant, wanted)


def _with_texts(before: Sentence, new: Sentence, talk: Talk) -> str | None:
    """ "no, Austria and France": the texts that the change asks for are others. Words of the conversation are none."""
    latest = talk.context.latest
    changes = latest.changes if latest else ()
    wanted = changes[0].filter if len(changes) == 1 and isinstance(changes[0], SetFilter) else None
    tests = wanted.of if isinstance(wanted, AllOf | AnyOf) else (wanted,)
    said = before.typed.casefold()
    for test in tests:
        values = [v.casefold() for v in test.values if isinstance(v, str)] if isinstance(test, Comparison) else []
        if not values or not all(said.count(value) == 1 for value in values):
            continue
        first, last = min(map(said.index, values)), max(said.index(value) + len(value) for value in values)
        words = [word.norm for word in new.words if word.norm not in (",", "and", "or", "the", "from", "in")]
        if words and not talk.mentions(new) and COMMON.isdisjoint(words):
            return f"{before.typed[:first]}{re.sub(r'^(?:from|in|the) ', '', new.typed)}{before.typed[last:]}"
    return None


def _bare(said: Sentence) -> Sentence:
    return Sentence(said.original, tuple(word for word in said.words if word.norm not in ("the", "table", ",")))
