"""One of several offered ways: by number, by name, by what it does, by being the recommended or the safest one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from ferryman.agents.sentence import Sentence, read
from ferryman.agents.table_questions import ADD
from ferryman.agents.talk import Doubt, Talk
from ferryman.agents.vocabulary import NUMBERS, ORDINALS, key
from ferryman.agents.ways import WAYS
from ferryman.domain.changes import (
    LeaveOut,
    MapColumn,
    MapTable,
    MigrateParents,
    Option,
    Question,
    SetFilter,
    SetPolicy,
)
from ferryman.domain.conversation import AnswerQuestion, AnswerQuestions, Choose, Utterance
from ferryman.domain.mapping import Strategy
from ferryman.domain.recovery import Decision

_TAIL = (
    r"(?: (?:please|then|one|option|instead|for now|sounds (?:good|best|right)|seems (?:good|best|right|fine)"
    r"|is (?:fine|good|best|ok|right)|looks (?:good|best)|now|thanks|will do|it is))*"
)
_LEAD = (
    r"(?:(?:i|we|you|let us|let me|ok|yes|fine|well|sure|so|then|please|just|would|will|shall|should|want|like"
    r"|to|take|pick|choose|go|with|for|do|try|use|prefer"
    r"|select|say|think|rather|that|my|choice|answer|is|be|the|a|option|number|no|nr|#|variant|possibility"
    r"|solution|way|one|and|,|of|them|these|those|all|right|it|make) )*"
)
_NUMBERED = re.compile(rf"^{_LEAD}(?P<n>\d{{1,2}}|{'|'.join([*ORDINALS, *list(NUMBERS)[1:7]])}){_TAIL}$")
_RECOMMENDED = re.compile(
    r"\b(?:recommend\w*|recomend\w*|suggest\w*|advise\w*|propose\w*|(?:what|whatever"
    r"|whichever)(?: \w+){0,2} you (?:\w+ )?(?:think|like|prefer|would (?:do|take|pick|choose)|want|say|believe"
    r"|consider)(?: \w+)*|your (?:choice|pick|preference|call|advice)|you (?:decide|choose|pick|know best)"
    r"|up to you|best (?:one|option|choice|way)|the best|whatever is best|trust (?:you|your \w+)|as you (?:wish"
    r"|like|think"
    r"|say)|default(?: (?:one|option|choice|answer|value))?(?: please)?$)\b"
)
_SAFEST = re.compile(
    r"\b(?:safest|most secure|most careful|most cautious|least risky|lowest risk|without risk|safe (?:one"
    r"|option|choice|way)|safer(?: one| option)?)\b"
)
_FASTEST = re.compile(r"\b(?:fastest|quickest|quick one|faster one|quick option|fast one|least time)\b")
_ALL = re.compile(
    r"\b(?:all|every|everything|everywhere|them all|each|the lot|answers|recommendations|suggestions|defaults"
    r"|the rest)\b"
)
_NOT = re.compile(r"\b(?:not|never|no|neither|none|without|nothing)\b")

_WHICH = re.compile(
    r"(?:and |so |but )?(?:what|which|who|whose|how|where|when|why|by what|in what|from which)\b", re.IGNORECASE
)
_NEW = re.compile(
    r"\b(?:are|is|as) (?:all |both )?new(?: ones| rows| records)?\b|^all new\b|\bgive (?:them|all|each) new\b"
)
_CLOSE = 82  #: rapidfuzz token-set likeness of a sentence and an option's words
_APART = 8  #: by which the best must lead


@dataclass(frozen=True)
class Offered:
    """One way that is offered, whichever kind of thing offers it."""

    key: str
    text: str
    strategy: Strategy | None
    safety: str = ""
    time: str = ""


def chosen(said: Sentence, offers: Sequence[Offered], recommended: str, about: str) -> str | None:
    """The key of the one that a sentence means; None where it means none, several, or says which not to take.

    `about` is what the offers are about, in words: a sentence that speaks of something else means none of them.
    """
    text = " ".join(word.norm for word in said.words if word.norm != ",").rstrip(" .!")
    if not text or "?" in text or not offers:
        return None
    exact = [o.key for o in offers if text.removeprefix("the ") == _plain(o.key) or text == _plain(o.text)]
    if exact:
        return exact[0]
    number = _numbered(text, len(offers))
    if number:
        return offers[number - 1].key
    if _refusing(text) or _of_other_tables(text, offers, about):
        return None
    by_rank = _ranked(text, offers, recommended)
    return (
        by_rank or _by_strategy(text, offers, about) or _all_new(text, offers, about) or _by_words(text, offers, about)
    )


def _of_other_tables(text: str, offers: Sequence[Offered], about: str) -> bool:
    """ "leave the audit tables out", where neither the question nor an offer speaks of audit tables."""
    topic = " ".join((about, *(f"{offer.key} {offer.text}" for offer in offers)))
    known = {key(part) for word in read(topic).text.split() for part in word.split("_")}
    named = [match[1] for match in re.finditer(r"\b(\w+) tables?\b", text)]
    return any(word not in _CHATTER and not {key(part) for part in word.split("_")} & known for word in named)


def _whole_table(text: str, table: str) -> bool:
    """ "leave orders out" speaks of the table that stopped, and changes the plan; "leave them out" of its rows."""
    named = rf"(?:the |all |whole |entire |of ){{0,3}}{re.escape(read(table).text)}(?: tables?)?"
    said = rf"(?:no |but |then |please |so )*leave (?:out {named}|{named} (?:out|aside|behind|away))"
    words = " ".join(read(text).text.replace(",", " ").split()).rstrip(" .!")
    return bool(re.fullmatch(said + r"(?: please| then| altogether)*", words))


def _plain(text: str) -> str:
    return read(text).text.rstrip(" .!")


def _refusing(text: str) -> bool:
    """A "not" that does not belong to the way itself: "not the first one", but "the ones that are not there"."""
    return bool(re.match(r"^(?:\w+ ){0,3}(?:not|never|neither|none|no) ", text + " ")) and not re.match(
        r"^no (?:, )?\w+ (?:them|those|it)\b", text
    )


def _numbered(text: str, count: int) -> int | None:
    match = _NUMBERED.match(text)
    if match is None:
        return None
    said = match["n"]
    number = int(said) if said.isdigit() else ORDINALS.get(said) or NUMBERS[said]
    number = count if number == -1 else number
    return number if 1 <= number <= count else None


def _ranked(text: str, offers: Sequence[Offered], recommended: str) -> str | None:
    if _SAFEST.search(text):
        safest = [o.key for o in offers if "safest" in o.safety.casefold()]
        return safest[0] if len(safest) == 1 else recommended or None
    if _FASTEST.search(text):
        quick = [o.key for o in offers if re.search(r"immediate|at once|no extra", o.time.casefold())]
        return quick[0] if len(quick) == 1 else None
    return recommended or None if _RECOMMENDED.search(text) else None


def _by_strategy(text: str, offers: Sequence[Offered], about: str) -> str | None:
    for strategy, pattern in WAYS:
        match = re.search(pattern, text)
        fitting = [offer for offer in offers if offer.strategy is strategy]
        if match and len(fitting) == 1:
            within = " ".join(match.group().split()[1:-1])
            left = f"{text[: match.start()]} {within} {text[match.end() :]}"
            topic = f"{about} {fitting[0].text} {fitting[0].key}"
            return fitting[0].key if _beside(left, topic) else None
    return None


def _all_new(text: str, offers: Sequence[Offered], about: str) -> str | None:
    """Rows beside those that are there: "they are all new", "give them new keys"."""
    match, added = _NEW.search(text), next((offer for offer in offers if offer.key == ADD), None)
    if match is None or added is None:
        return None
    left = f"{text[: match.start()]} {text[match.end() :]}"
    return ADD if _beside(left, f"{about} {added.text} give new keys numbers ids") else None


def _beside(left: str, topic: str) -> bool:
    """Whether the words around a way are of the conversation, or of what it is about."""
    known = {key(word) for word in read(topic).text.split()}
    return all(word in _CHATTER or word.isdigit() or key(word) in known for word in left.split() if word.isalnum())


def _by_words(text: str, offers: Sequence[Offered], about: str) -> str | None:
    """By the words of the key or the text; a word or two must all be there, one offer must lead, and what else is said
    must not be of something else: "leave out orders" is an option, "leave out orders below 10" is none.
    """
    scores = sorted(((_likeness(text, offer), offer.key) for offer in offers), reverse=True)
    best, name = scores[0]
    second = scores[1][0] if len(scores) > 1 else 0.0
    if best < _CLOSE or best - second < _APART:
        return None
    taken = next(offer for offer in offers if offer.key == name)
    return name if _beside(text, f"{about} {taken.key} {taken.text}") else None


_CHATTER = frozenset(
    """
    repair mend solve sort settle by
    a after again ahead all along also am an and any are as aside at away bad be been before boss broken by came
    can cases check come continue could deal did do does else enough entries faulty fine first fix for from get
    go had hand hands has have here how i in instead into is it just later let like look manage manual manually
    may maybe me missing moment monday must my need not now of ok on once one ones ones' only or orphan orphaned
    orphans our out over parent parents placeholder please possible prefer problem rather record records review
    right row rows see shall should so some something soon still stuff sure table thanks that the them then
    there these they thing think this those time to today together tomorrow tonight too until up us want we well
    what when where who whole why will with work works would wrong yes yet you
    """.split()
)
_EMPTY_WORDS = frozenset("the a an it them to of and is i we in on please that this for with one take use".split())


def _likeness(text: str, offer: Offered) -> float:
    words = [word for word in text.split() if word not in _EMPTY_WORDS]
    if not words:
        return 0.0
    own = {*_plain(offer.key).split(), *_plain(offer.text).split()}
    if len(words) <= 2:
        return 100.0 if all(word in own for word in words) else 0.0
    return float(fuzz.token_set_ratio(" ".join(words), " ".join(sorted(own - _EMPTY_WORDS))))


_OF_ROWS = re.compile(r"\b(?:them|those|these|rows?|records?|ones|placeholders?)\b")
_OF_RUNS = (Strategy.ROLLBACK_TABLE, Strategy.PAUSE)


def way_meant(said: Sentence, about: str = "") -> Strategy | None:
    """The way with rows that a sentence speaks of and of nothing else, whether it is offered or not."""
    text = " ".join(word.norm for word in said.words if word.norm != ",").rstrip(" .!")
    if "?" in text or _refusing(text):
        return None
    found = next(((strategy, m) for strategy, pattern in WAYS if (m := re.search(pattern, text))), None)
    if found is None or found[0] in _OF_RUNS or not _OF_ROWS.search(text):
        return None
    strategy, match = found
    within = " ".join(match.group().split()[1:-1])
    left = f"{text[: match.start()]} {within} {text[match.end() :]}"
    return strategy if _beside(left, f"{about} placeholders rows records empty make create") else None


def decide(said: Sentence, decision: Decision) -> Choose | None:
    """One of a decision's options."""
    offers = [
        Offered(option.strategy.value, option.choice, option.strategy, option.safety, option.time)
        for option in decision.options
    ]
    about = f"{decision.situation} {decision.impact} {decision.diagnosis.issue} {decision.diagnosis.root_cause}"
    if _whole_table(said.text, decision.failure.table):
        return None
    taken = chosen(said, offers, decision.recommended.value, f"{about} {decision.failure.table}")
    return Choose(strategy=Strategy(taken)) if taken else None


_WHAT_IF = re.compile(
    r"^(?:(?:and|but|so|then) )*what (?:(?:happens|would happen|will happen|is|would be) )?(?:if|when|about) "
    r"(?:(?:i|we|you|they) )?(?:were to )?(?P<way>\S.*)$"
)


def way_asked_about(said: Sentence, decision: Decision) -> Choose | None:
    """The way that is asked about, and not taken: "what happens if I skip them?". It may be none of the options."""
    match = _WHAT_IF.match(said.text.rstrip(" ?.!"))
    if match is None:
        return None
    way = said.slot(match, "way")
    other = way_meant(way, decision.situation)
    return decide(way, decision) or (Choose(strategy=other) if other else None)


def answer(said: Sentence, talk: Talk) -> Utterance | Doubt | None:
    """An answer to the open questions: the first one's, unless the words name another's table or option."""
    questions = talk.context.open_questions
    if not questions:
        return None
    text = said.text.rstrip(" .!,")
    if takes_all(text) and (recommended := [q for q in questions if q.recommended]):
        return AnswerQuestions(answers=tuple(AnswerQuestion(question=q.id, option=q.recommended) for q in recommended))
    if takes_all(text) or (_RECOMMENDED.search(text) and not _NOT.search(text) and not questions[0].recommended):
        return Doubt(tuple(option.key for option in questions[0].options), "I recommend nothing here, so you decide.")
    if bare := _BARE.fullmatch(text):
        put = agreed(bare["no"] is None, questions[0]) if questions else None
        return put if isinstance(put, AnswerQuestion) else None
    tables = {known.target for known in talk.tables(said)}
    ordered = sorted(questions, key=lambda question: question.table not in tables)
    found = [
        (question, taken)
        for question in ordered
        if (taken := chosen(said, _offers(question), question.recommended, f"{question.text} {question.table}"))
        or (question.table in tables and (taken := _said_of_table(said, question, talk)))
    ]
    return AnswerQuestion(question=found[0][0].id, option=found[0][1]) if found else None


_NO = (
    r"(?:no|nope|actually|rather|sorry|wait|oh|hm|hmm|please|then|or rather|better|not that|i mean|i meant"
    r"|i(?: have)? changed my mind|on second thoughts?|let us rather|but)"
)
#: What a sentence begins or ends with that says something else than was said or proposed before.
_ELSE = re.compile(
    rf"^(?:(?:(?:do )?not [^,]+ (?:, but|,|but)|(?:instead of|rather than) [^,]+ ,|{_NO}(?: [,:;])?) )+"
    rf"|(?: ,)? (?:instead|rather|after all)(?: (?:of|than) .+| please)?$| , not .+$"
)


def answered_anew(said: Sentence, talk: Talk) -> AnswerQuestion | Doubt | None:
    """ "no, rather placeholders", "not skip, bring the parents": another way with rows than was taken, or proposed."""
    text, plan = said.text.rstrip(" .!"), talk.context.plan
    start = match.end() if (match := _ELSE.match(text)) else 0
    stop = match.start() if (match := _ELSE.search(text, start)) and match.start() else len(text)
    if plan is None or "?" in text or (start, stop) == (0, len(text)):
        return None
    rest, waiting = said.part(start, stop), talk.context.open_questions
    for among in (waiting[:1], waiting, tuple(question for question in plan.questions if not question.open)):
        found = [(q, key) for q in among if (key := _way_with_rows(rest, q, talk)) and key != q.answer]
        if len(found) == 1:
            return AnswerQuestion(question=found[0][0].id, option=found[0][1])
        if found:
            return Doubt(tuple(f"{question.table}: {key}" for question, key in found))
    return None


def _way_with_rows(said: Sentence, question: Question, talk: Talk) -> str | None:
    """The key of the option that a sentence names by what it does with rows. "leave files out" is about a table."""
    out = Strategy.QUARANTINE if talk.tables(said) else None
    offers = [offer for offer in _offers(question) if offer.strategy not in (None, out)]
    return chosen(said, offers, "", f"{question.text} {question.table}") if offers else None


_LEAST_OF_TEXT = 3  #: words, without the table's name, that are taken for an option's text


def _said_of_table(said: Sentence, question: Question, talk: Talk) -> str | None:
    """An option in its own words with the table's name among them: "add all departments beside them"."""
    named = {n for m in talk.mentions(said) for n in range(m.start, m.stop)}
    words = [word.norm for n, word in enumerate(said.words) if n not in named and word.norm not in (",", "to", "the")]
    text = " ".join(words).rstrip(" .!")
    if "?" in text or _NOT.search(text):
        return None
    exact = [option.key for option in question.options if text == _plain(option.key)]
    if exact or len(words) < _LEAST_OF_TEXT:
        return exact[0] if exact else None
    offers = _offers(question)
    return _all_new(text, offers, question.text) or _by_words(text, offers, question.text)


def takes_all(words: str) -> bool:
    """Whether it is every recommendation that is taken, however many there are."""
    text = read(words).text
    return bool(_RECOMMENDED.search(text) and _ALL.search(text)) and not _NOT.search(text)


#: A yes or no and nothing else is about the question that was put, whatever other questions there are.
_BARE = re.compile(r"(?:yes|yeah|yep|sure|ok|okay|(?P<no>no|nope))(?: please| thanks)?")


def agreed(yes: bool, question: Question) -> AnswerQuestion | Doubt | None:
    """A bare yes or no to a question that can be answered so: its recommendation, or a doubt which other is meant.

    To a question that asks what or which a yes means its recommendation; without one, and for a no, None: the yes or no
    is about the plan.
    """
    asking = re.search(r"[^.!?]*\?", question.text)
    if asking is None or _WHICH.match(asking.group().strip()):
        return (
            AnswerQuestion(question=question.id, option=question.recommended) if yes and question.recommended else None
        )
    said = "yes" if yes else "no"
    plain = [o.key for o in question.options if o.key == said or re.match(rf"{said}\b", o.text, re.IGNORECASE)]
    if len(plain) == 1:
        return AnswerQuestion(question=question.id, option=plain[0])
    if yes and question.recommended:
        return AnswerQuestion(question=question.id, option=question.recommended)
    return Doubt((*(option.text for option in question.options if option.key != question.recommended), "cancel"))


def _offers(question: Question) -> list[Offered]:
    return [Offered(option.key, option.text, _strategy(option)) for option in question.options]


def _strategy(option: Option) -> Strategy | None:
    """What taking an option does to rows, where it does one thing."""
    for change in option.changes:
        if isinstance(change, SetPolicy):
            return change.policy.strategy
        if isinstance(change, MigrateParents):
            return Strategy.MIGRATE_PARENTS
        if isinstance(change, LeaveOut | MapTable | MapColumn | SetFilter):
            return None
    return None
