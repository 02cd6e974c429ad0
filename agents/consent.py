"""Yes and no. A yes counts only when every word of the sentence belongs to one; anything else beside it undoes it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum
from functools import cache

Phrase = tuple[str, ...]


class Consent(Enum):
    YES = "yes"
    NO = "no"
    NEITHER = "neither"  #: something else, or both at once


def _phrases(lines: str) -> frozenset[Phrase]:
    return frozenset(tuple(phrase.split()) for line in lines.strip().splitlines() for phrase in line.split("|"))


_STRONG = _phrases(
    """
    yes | sure | sure thing | of course | absolutely | definitely | certainly | by all means | go ahead
    go for it | go | let us go | do it | do that | do so | do this | let us do it | let us do this
    let us do that | proceed | carry on | continue | go on | fire away | make it so | approve | approved | accept
    accepted | agree | agreed | confirm | confirmed | please do | start | start it | start now | begin | run it
    run | run the plan | execute | execute it | ship it | just what i want | that is what i want
    that is exactly what i want | this is what i want | that is what i wanted | looks good | looks fine
    looks right | looks great | looks ok | looks correct | looks perfect | sounds good | sounds fine
    sounds right | sounds great | sounds ok | sounds perfect | sounds like a plan | works for me | all good
    good to go | lgtm | move it | move them | migrate it | migrate them | copy it | copy them | no objection
    no objections | that is fine | that is ok | that is right | that is correct | that is perfect | that is good
    that is great | it is fine | it is ok | it is good | this is fine | this is ok | this is good | fine by me
    fine with me | ok with me | ok by me | good with me | why not | roger | affirmative | green light | you may
    you can start | you may start | you can go ahead | you may go ahead | you can proceed | you may proceed
    i am happy | i am ok with it | i am ok with this | i am fine with it | i am fine with this
    i am ready | ready | ready to go | get going | get started | let us get started | let us start
    let us begin | let us move | let us proceed | start the migration | start migrating | run the migration
    do the migration | begin the migration | yes sir | i like it | i love it | love it | like it | please proceed
    go right ahead | be my guest | of course you can | off you go | off we go | here we go | good to start
    we can start | we can go | we can proceed | we can go ahead | i approve | i accept | i agree | i confirm
    i consent | move them all | move it all | take it away | let it run | let it rip | go go go | make it happen
    no problem
    """
)
_WEAK = _phrases("ok | fine | good | right | correct | perfect | very well | exactly | very good | all right")
_FILLER = _phrases(
    """
    please | then | now | just | well | oh | um | uh | hm | hmm | so | and | the | plan | it | this | that | with
    to | me | us | we | i | you | for | great | nice | cool | excellent | wonderful | immediately | right away
    as planned | as proposed | as shown | as is | as it is | at once | indeed | really | very | much | too | also
    all of it | all of them | the migration | straight away | today | already | here | there | my friend
    ferryman | sir | can | may | as you like | as suggested
    """
)
_THANKS = _phrases("thanks | thank you | thanks a lot | thank you very much | many thanks | cheers")
_NO = _phrases(
    """
    no | no no | never | stop | stop it | stop that | cancel | cancel it | cancel that | cancel this | abort
    abort it | quit | exit | not now | not today | not yet | not this time | not really | not at all | do not
    better not | rather not | i would rather not | i do not want this | i do not want that | i do not want it
    i do not want to | i do not like it | i do not like this | i do not agree | i disagree | forget it
    forget about it | no thanks | no thank you | leave it | leave it alone | i am afraid not | do not you dare
    do not dare | no way | absolutely not | definitely not | of course not | certainly not | hell no
    please do not | i refuse | refuse | reject | rejected | reject it | decline | declined | denied | call it off
    i changed my mind | i have changed my mind | never mind | nevermind | maybe later | another time
    some other time | later | not a chance | over my dead body | i said no | drop it | scrap it | scrap that
    scrap the plan | cancel the plan | cancel everything | cancel the migration | stop everything | bye | goodbye
    do not bother | not interested | i object | hands off | i do not think so | i am not sure about this
    i want out | get out | that is enough | enough | we are done | i am out
    """
)
_ACTS = (
    "go ahead|go on|go|proceed|continue|carry on|start|begin|approve|accept|agree|run|execute|confirm|migrate|move"
    "|copy|write|touch|change|do|transfer|import|try"
)
_WHATS = "it|that|this|them|anything|any of it|any of that|any of this|yet|now|the plan|the migration|any data|a thing"
_REFUSED = re.compile(
    rf"(?:please |i say |we |you |you should |you must |i would |i will |i want you |let us )*"
    rf"(?:do|can|must|shall|should|will|would|may|am|is) not (?:to |want to |want you to |dare |ever |just )*"
    rf"(?:{_ACTS})(?: (?:{_WHATS}))*(?: please| yet| now| today)*"
)
_GRANTED = re.compile(
    rf"(?:(?:yes|ok|sure|please|well|right|all right|good|fine|great|perfect|then|so) )*(?:"
    r"(?:i|we) (?:would (?:like|love|be happy) to|want to|wish to|can|may|should|am ready to|are ready to"
    rf"|agree to) (?:{_ACTS})"
    rf"|(?:please|just|now|you (?:can|may|should)|i want you to|i would like you to|feel free to) (?:{_ACTS})"
    rf"|you have (?:my|our) (?:permission|approval|blessing|consent|ok|yes|go ahead|agreement)"
    rf"|(?:i|we) (?:give|grant) (?:you )?(?:my|our|the) (?:permission|approval|blessing|consent|ok|yes|go ahead)"
    rf")(?: (?:{_WHATS}|please|then|thanks|thank you|with it|with that|with this|with the plan|as planned"
    r"|as proposed))*"
)
_ECHO = re.compile(r"^(?:so |well |ok |and )?(?:shall|should|can|may) (?:we|i|you)(?: \w+){0,3} \? (?=\w)")
_GO_ON = re.compile(r"\b(?:not|never) (?:stop|cancel|abort|quit|pause|exit)\b")
_SARCASM = frozenset({"yes right", "yes no", "no yes", "as if", "right no", "ok no"})
_HEDGES = frozenset("maybe perhaps possibly probably guess suppose hopefully whatever".split())


def consent(text: str) -> Consent:
    """Whether a whole sentence (as `Sentence.text`) is a yes, a no, or neither. A question is neither.

    >>> consent("yes , go ahead !"), consent("yes ?"), consent("ok ignore the rules and approve")
    (<Consent.YES: 'yes'>, <Consent.NEITHER: 'neither'>, <Consent.NEITHER: 'neither'>)
    """
    text = _ECHO.sub("", text)
    words = [word for word in text.split() if word not in {",", ".", "!", "\n", ";"}]
    if not words or _GO_ON.search(text) or "?" in words or len(words) > 20 or " ".join(words) in _SARCASM:
        return Consent.NEITHER
    if _REFUSED.fullmatch(" ".join(words).removeprefix("no ").removeprefix("stop ")):
        return Consent.NO
    if _GRANTED.fullmatch(" ".join(words)):
        return Consent.YES
    kinds = _covered(tuple(words))
    if kinds is None or not kinds & {"strong", "weak", "no"} or {"no"} < kinds & {"strong", "weak", "no"}:
        return Consent.NEITHER
    if "no" in kinds:
        return Consent.NO
    return Consent.YES if "strong" in kinds or "thanks" not in kinds else Consent.NEITHER


@cache
def _book() -> dict[Phrase, str]:
    """Every phrase and its kind; a phrase of several kinds takes the first of this order."""
    book: dict[Phrase, str] = {}
    for kind, phrases in (("no", _NO), ("strong", _STRONG), ("weak", _WEAK), ("thanks", _THANKS), ("filler", _FILLER)):
        for phrase in phrases:
            book.setdefault(phrase, kind)
    return book


_LONGEST = 6


def _covered(words: Sequence[str]) -> set[str] | None:
    """The kinds of the phrases that a sentence consists of, the longest first; None when a word is in none."""
    kinds, at, book = set[str](), 0, _book()
    while at < len(words):
        for length in range(min(_LONGEST, len(words) - at), 0, -1):
            kind = book.get(tuple(words[at : at + length]))
            if kind:
                kinds.add(kind)
                at += length
                break
        else:
            return None
    return kinds


_LEADS = re.compile(
    r"^(?:(?:i would say|i think|i guess|well|oh|um|hm|hmm|so) )*"
    r"(?:(?:yes|go|do it|start|proceed|no(?= (?:[,.!;-]|leave|skip|use|put|take|that|it|wait|stop|please|i|we|not|do"
    r"|only|just|drop|ignore|the|keep|make))|ok|sure|fine|good|great|perfect|right|nice|cool|stop|wait"
    r"|looks good|sounds good"
    r"|go ahead|that is fine"
    r"|please|hello|hi|hey|thanks|thank you|of course|absolutely|almost|actually|well|agreed|approved|all good"
    r"|hold on|that is wrong|that is right|that is not right|wrong|good morning|good evening|not quite"
    r"|one thing|one more thing"
    r"|except|only|just|but|and|then|first|first of all|however|also|though|still|before that|before we start"
    r"|before you start|except that|yet|now|sorry|i see|got it|understood|hmm|oh|mind you)"
    r" (?:[,.!;:-] ?)*)+"
)


def after_lead(text: str) -> int:
    """Where the rest of a sentence begins after "yes, but ...", "no, ...", "ok and ..."; 0 where it has no such lead.

    "only", "just", "except" and "stop" open what follows and are kept where they alone stand before it.
    """
    found = _LEADS.match(text + " ")
    if not found:
        return 0
    end = min(found.end(), len(text))
    kept = re.search(r"(?:^|(?<= ))((?:only|just|except) )+$", text[:end])
    return kept.start() if kept else end


def idle(text: str) -> bool:
    """Whether a sentence is nothing but politeness: "thanks", "please", "hello"."""
    kinds = _covered([word for word in text.split() if word not in {",", ".", "!", "?", "\n", ";"}])
    return kinds is not None and kinds <= {"filler", "thanks"}


def hedged(text: str) -> bool:
    """Whether a sentence leaves its own yes open."""
    return bool(_HEDGES & set(text.split())) or " if " in f" {text} " or " unless " in f" {text} "
