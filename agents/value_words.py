"""What old values mean: "status 3 means archived", "1 is open and 2 is closed"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ferryman.agents.comparing import typed
from ferryman.agents.flag_values import says
from ferryman.agents.identifiers import name_words
from ferryman.agents.known import Known
from ferryman.agents.names import ColumnFound
from ferryman.agents.sentence import Sentence, Word, read, split_name
from ferryman.agents.talk import Doubt, Edit, Talk
from ferryman.agents.value_questions import AS_READ, AS_THEY_ARE, VALUES
from ferryman.domain.allowed_values import allowed_words
from ferryman.domain.changes import MapColumn, MapValues, Question
from ferryman.domain.conversation import ChangePlan
from ferryman.domain.schema import Column, Family
from ferryman.domain.transforms import Scalar, ValueMap, ValuePair

_MEANS = (
    r"(?:means|mean|stands for|stand for|represents|represent|is short for|indicates|is the code for|->|becomes|become"
    r"|turns into|turn into)"
)
_IS = (
    r"(?:is|are|was|=|becomes|become|should be|should become|should read|to|into|equals|:|as|should mean|must be"
    r"|must become|would be|turns into)"
)
_VALUE = re.compile(
    rf"^(?P<col>.*?)(?:(?:^|(?<= ))(?P<old>\S+) {_MEANS}|(?:^|(?<= ))(?P<code>-?\d+|[a-z]{{1,2}}|true"
    rf"|false) {_IS}) (?P<new>.+)$"
)
_ELLIPTIC = re.compile(rf"^(?P<col>)(?:(?P<old>$)|(?P<code>\S+)) (?:(?:for|{_IS}) )?(?P<new>\S.*)$")
_REST = re.compile(
    r"(?:(?:,|and|but|;) )*\b(?:(?:the|all|any) )*(?:rest|others?|(?:anything|everything|all) else|remaining(?: ones)?"
    rf"|other (?:ones|values|numbers|codes|\w+))(?: of (?:it|them))?"
    r" (?:(?P<stay>(?:stays?|remains?|(?:is|are) (?:kept|left|unchanged|the same|fine))\b.*)"
    rf"|(?:{_MEANS}|{_IS}|becomes?) (?P<all>.+))$"
)
_NOTHING = re.compile(r"(?:set to |left )?(?:null|empty|nothing|blank|none)(?: please)?")
_GLUE = re.compile(
    r"^(?:(?:in|treat|regard|count|consider|interpret|read|for|of|the|a|an|value|values|column|field|where|when|if|and|old|with|map|turn|change|convert"
    r"|translate|by|here|:|,|number|code|is|code) ?)+|(?:(?:^| )(?:is|of|value|values|=|:|,|column|code|in|a"
    r"|the|number|field|and))+ ?$"
)
_TOLD = re.compile(r"[^\s,.?]+")  #: values in a question
_AROUND = frozenset("the in of for my our old a an , :".split())
_KINDS = frozenset(
    "status state type kind stage phase level category flag code priority mode role gender sex grade condition".split()
)


def values_answered(said: Sentence, talk: Talk) -> ChangePlan | None:
    """What values become, said of those that the first open question asks about: "1 is yes and 2 is no" is none of its
    options, however like one it sounds. What the question reads of the others stays so."""
    question = next(iter(talk.context.open_questions), None)
    text = said.text.rstrip(" .!")
    if question is None or "?" in text or text in (read(option.text).text for option in question.options):
        return None
    found = map_values(said, talk) if _asked_about(talk) else None
    changes = [change for change in found if isinstance(change, MapValues)] if isinstance(found, tuple) else []
    if len(changes) != 1 or question.id != f"{VALUES}:{changes[0].table}.{changes[0].target}":
        return None
    return ChangePlan(changes=(_beside_what_is_read(changes[0], question),))


def _beside_what_is_read(change: MapValues, question: Question) -> MapValues:
    as_read = next((option for option in question.options if option.key in (AS_READ, AS_THEY_ARE)), None)
    if as_read and not as_read.changes:
        return change
    steps = [step for one in (as_read.changes if as_read else ()) if isinstance(one, MapColumn) for step in one.steps]
    named = {str(pair.old) for pair in change.pairs}
    read_so = (pair for step in steps if isinstance(step, ValueMap) for pair in step.pairs)
    kept = tuple(pair for pair in read_so if str(pair.old) not in named)
    return change.but(pairs=(*kept, *change.pairs), otherwise="stop")


def map_values(said: Sentence, talk: Talk) -> Edit:
    """ "status 3 means archived, the rest stays". What the rest becomes, if anything, has to be said value by value."""
    if rest := _REST.search(said.text.rstrip(" .!")):
        return _and_the_rest(said.part(0, rest.start()), rest, talk)
    pieces = _pieces(said)
    matches = [
        (piece, _VALUE.match(piece.text) or (_ELLIPTIC.match(piece.text) if n else None))
        for n, piece in enumerate(pieces)
    ]
    first = matches[0][1] if matches else None
    if first is None or any(match is None for _, match in matches):
        return None
    pairs, where = list[tuple[Sentence, Sentence]](), Sentence(said.original, ())
    for n, (piece, match) in enumerate(matches):
        assert match is not None
        column, olds = _old_values(piece, match)
        where = where if n else column
        if not {word.norm for word in column.words} <= _AROUND | {word.norm for word in where.words}:
            return None
        pairs += [(old, piece.slot(match, "new")) for old in olds]
    last_new, tail = _column_tail(pairs[-1][1], talk)
    if tail is not None:
        pairs[-1] = (pairs[-1][0], last_new)
    if any("," in new.text for _, new in pairs):
        return Doubt()
    return _valued(_described(tail or where), pairs, talk)


_AND = frozenset(("and", "or", "plus"))


def _old_values(piece: Sentence, match: re.Match[str]) -> tuple[Sentence, list[Sentence]]:
    """The words that name the column, and the old values behind them: "pending and on-hold mean waiting" has two."""
    last = piece.slot(match, "old" if match["old"] is not None else "code")
    words = list(piece.words[: piece.words.index(last.words[-1]) + 1]) if last.words else []
    olds: list[Sentence] = []
    while words:
        start = _begin_of_last(words, piece.original)
        olds.insert(0, Sentence(piece.original, tuple(words[start:])))
        named = {word.norm for word in words[: max(0, start - 2)]} - _AROUND
        joined = {*_AND, ","} if len(olds) > 1 and named else _AND
        if start < 2 or words[start - 1].norm not in joined or words[start - 2].norm in (*_AND, ","):
            return Sentence(piece.original, tuple(words[:start])), olds
        words = words[: start - 1]
    return Sentence(piece.original, ()), olds


def _begin_of_last(words: list[Word], original: str) -> int:
    """Where the last value begins: "post-trashed" and "post_paid" are one, though read as two words."""
    at = len(words) - 1
    while at and (words[at - 1].start == words[at].start or original[words[at - 1].end : words[at].start] == "-"):
        at -= 1
    return at


def _and_the_rest(said: Sentence, rest: re.Match[str], talk: Talk) -> Edit:
    found = map_values(said, talk) if said.words else None
    if not isinstance(found, tuple) or rest["stay"]:
        return found
    changes = [change for change in found if isinstance(change, MapValues)]
    if _NOTHING.fullmatch(rest["all"]):
        return tuple(change.but(otherwise="null") for change in changes)
    why = "What each value becomes is said value by value; those that are not named stay, or become empty."
    return Doubt((said.typed, *(f"which values does {change.target} hold?" for change in changes)), why)


def _pieces(said: Sentence) -> list[Sentence]:
    """The clause, cut at the commas and "and"s that a new pair follows."""
    text = said.text.rstrip(" .!")
    first = re.search(rf" (?:{_MEANS}|{_IS}) ", text)
    begin = first.end() if first else 0
    cuts = list(
        re.finditer(rf" (?:, and|,|and|;) (?=(?:\w+ ){{0,5}}\S+ {_MEANS} |(?:\S+ (?:{_IS}|for) )|-?\d+ )", text)
    )
    cuts = [cut for cut in cuts if cut.start() >= begin]
    kept = [cut for cut, before in zip(cuts, [None, *cuts], strict=False) if _tells(text, before, cut)]
    starts, stops = [0, *(m.end() for m in kept)], [*(m.start() for m in kept), len(text)]
    return [said.part(a, b) for a, b in zip(starts, stops, strict=True)]


_TELLS = re.compile(rf" {_MEANS} |(?:^| )(?:-?\d+|[a-z]{{1,2}}|true|false) {_IS} |^\S+ (?:(?:for|{_IS}) )?\S+$")


def _tells(text: str, before: re.Match[str] | None, cut: re.Match[str]) -> bool:
    """Whether what stands before a cut says what a value becomes: "pending" of "pending and on-hold mean waiting" does
    not."""
    return bool(_TELLS.search(text[before.end() if before else 0 : cut.start()]))


def _column_tail(said: Sentence, talk: Talk) -> tuple[Sentence, Sentence | None]:
    match = re.search(r" (?:in|for|of) (?:the )?(?P<c>.+)$", said.text)
    if match and (talk.columns(name_words(said.slot(match, "c"))) or talk.tables(said.slot(match, "c"))):
        return said.part(0, match.start()), said.slot(match, "c")
    return said, None


def _described(said: Sentence) -> Sentence:
    """The words that name the column, without those around them."""
    text = said.text
    start = len(m.group()) if (m := _GLUE.match(text)) else 0
    rest = text[start:]
    stop = start + (m.start() if (m := _GLUE.search(rest)) and m.start() else len(rest))
    return said.part(start, stop)


def _valued(where: Sentence, pairs: list[tuple[Sentence, Sentence]], talk: Talk) -> Edit:
    fits = list(dict.fromkeys(_value_columns(where, talk)))
    if not where.words and (asked := _asked_about(talk, [old.typed for old, _ in pairs])):
        fits = [asked]
    if len(fits) > 1 and (current := [fit for fit in fits if fit[0].target == talk.context.table]):
        fits = current
    if len(fits) > 1 and not where.words and (taking := [fit for fit in fits if _takes(*fit, pairs, talk)]):
        fits = taking
    if len(fits) != 1:
        old, new = pairs[0][0].typed, pairs[0][1].typed
        return (
            Doubt(tuple(f"{column} of {known.label} {old} means {new}" for known, column in fits[:3])) if fits else None
        )
    known, target = fits[0]
    return (MapValues(table=known.target or "", target=target, pairs=tuple(_typed_pairs(known, target, pairs, talk))),)


def _asked_about(talk: Talk, values: Sequence[str] = ()) -> tuple[Known, str] | None:
    """The table and the new column of which the first open question asks what these values are."""
    question = next(iter(talk.context.open_questions), None)
    kind, _, name = question.id.partition(":") if question else ("", "", "")
    known = next((one for one in talk.planned if question and one.target == question.table), None)
    if question is None or known is None or kind != VALUES:
        return None
    told = set(_TOLD.findall(question.text))
    return (known, name.removeprefix(f"{known.target}.")) if told.issuperset(values) else None


def _takes(known: Known, target: str, pairs: list[tuple[Sentence, Sentence]], talk: Talk) -> bool:
    """Whether the new database allows a few words alone in a column, and those that were said are among them."""
    legacy = talk.legacy(known)
    if not legacy or not legacy.target or target not in legacy.target.by_name:
        return False
    allowed = {word.casefold() for word in allowed_words(legacy.target, legacy.target.by_name[target])}
    return {new.typed.strip(" .!").casefold() for _, new in pairs} <= allowed


def _value_columns(where: Sentence, talk: Talk) -> Iterator[tuple[Known, str]]:
    """(table, target column) for what the words name; for no words, the columns that hold kinds and states."""
    tables = talk.tables(where)
    if where.words and not (tables and not set(talk.unnamed(where).split()) - _AROUND):
        words = name_words(where)
        named = talk.item(where).columns
        within = tuple(found for found in named if found.known in tables)
        for found in within or named or talk.columns(words, tables) or talk.columns(words):
            yield from ((found.known, target) for target in _fed(found, talk))
        return
    for known in tables or [k for k in talk.planned if k.target == talk.context.table] or talk.planned:
        legacy = talk.legacy(known)
        for column in legacy.table.columns if legacy else ():
            if _KINDS & set(split_name(column.name)) and not legacy.table.reference(column.name):  # type: ignore[union-attr]
                yield from ((known, line.target) for line in legacy.lines(column.name))  # type: ignore[union-attr]


def _fed(found: ColumnFound, talk: Talk) -> tuple[str, ...]:
    if found.side == "target":
        return (found.column,)
    legacy = talk.legacy(found.known)
    return tuple(line.target for line in legacy.lines(found.column)) if legacy else ()


def _typed_pairs(known: Known, target: str, pairs: list[tuple[Sentence, Sentence]], talk: Talk) -> Iterator[ValuePair]:
    legacy = talk.legacy(known)
    line = legacy.mapping.by_target.get(target) if legacy and legacy.mapping else None
    old = legacy.table.by_name.get(line.source[0]) if legacy and line and line.source else None
    new = legacy.target.by_name.get(target) if legacy and legacy.target else None
    for left, right in pairs:
        value = _scalar(right, new)
        said = says(value, new, known.target or "") if new and isinstance(value, str) else None
        yield ValuePair(old=_scalar(left, old), new=value if said is None else "yes" if said else "no")


def _scalar(said: Sentence, column: Column | None) -> Scalar:
    text = re.sub(r"^(?:the|a|an) ", "", said.typed.rstrip(" .!"))
    if text.casefold() in ("null", "nothing", "empty"):
        return None
    value = typed(text, column) if column and column.family is not Family.BOOLEAN else None
    return text if value is None else value
