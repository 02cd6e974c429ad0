"""Which rows of a table are to move: from a clause to a filter on a legacy table."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ferryman.agents.comparing import GLUE, Scope, negated
from ferryman.agents.conditions import condition
from ferryman.agents.hints import is_deletion
from ferryman.agents.known import Known
from ferryman.agents.likeness import keys
from ferryman.agents.names import SURE, Mention
from ferryman.agents.sentence import Sentence
from ferryman.agents.talk import Doubt, Edit, Talk
from ferryman.domain.changes import SetFilter
from ferryman.domain.filters import AllOf, AnyOf, Comparison, Filter, Operator, columns_of
from ferryman.domain.schema import Family
from ferryman.domain.transforms import Scalar

_VERBS = "take|move|migrate|copy|keep|use|bring|transfer|include|import|do|want|need|get|load|have|like|give|show"
_ONLY = re.compile(
    rf"^(?:(?:please|i|we|you|would|should|to|me|us|it|{_VERBS}|let us|there) )*(?:only|just|nothing but|solely"
    r"|exclusively)"
    rf" (?:(?:{_VERBS}|the|those|to|all) )*"
    r"|^(?:limit|restrict|narrow|reduce|filter|confine)(?: (?:it|this|that|down|the|plan))* (?:to )?(?:only )?(?:the )?"
)
#: "articles only where the type is post"
_LIMITED = re.compile(r"^(?P<table>.+?) (?:but )?only (?P<rows>(?:where|whose|with|without|if|when) .+)$")
_NOT = re.compile(
    r"^(?:please )?(?:skip|exclude|omit|drop|ignore|forget(?: about)?|remove|discard|without|no|not|but not"
    r"|except(?: for)?"
    rf"|leave (?:out|behind|off)|leave|do not (?:{_VERBS})|(?:i|we) do not (?:need|want)|get rid of) (?:(?:the"
    r"|any|all|those|that) )*"
)
_BEHIND = re.compile(
    r" (?:can |should |may )?(?:(?:be )?(?:left|stay|stays|remain|skipped|excluded|ignored|dropped"
    r"|kept))? ?(?:out|behind|away|there)$| (?:can|should|may) (?:be (?:skipped|ignored|excluded|dropped"
    r"|left out)|stay (?:behind|out))$| (?:can|may) stay$"
)
#: "everything except members without an email", "all bookings but the cancelled ones"
_EXCEPT = re.compile(
    rf"^(?:(?:please|i|we|want|would|like|to|let us|{_VERBS}|keep) )*(?:everything|everyone|all|every|all of it)"
    r"(?: (?:of )?(?:the |my |our )?(?P<x>.+?))??(?: ,)? (?:except(?: for)?|but(?: not)?|apart from|other than"
    r"|excluding|without|minus|besides|aside from) (?:(?:the|any|all|those|that|for) )*"
)
_ALL_THAT = re.compile(
    rf"^(?:(?:please|i|we|want|would|like|to|let us|{_VERBS}|keep) )*(?:all|every|any)(?: of| the| my| our| those)* "
    r"(?=.* (?:that|who|which|where|whose|with|without|from|since|after|before|between|until|in|older|newer"
    r"|younger|not)\b)"
)
#: Where the rows that are meant may begin to be told, in a request.
_SOME = re.compile(
    r"\b(?:who|whose|which|where|that|with|without|since|after|before|between|until|from|in|of|older|newer|younger|not"
    r"|except(?: for)?|but(?: only)?|only|if)\b"
)
_LONGEST_NAME = 3  #: words
_SYSTEM = frozenset("new old legacy system database application app side one".split())
_LOWER = frozenset((Operator.AT_LEAST, Operator.GREATER))
_OTHERS = frozenset((Operator.UNEQUAL, Operator.NONE_OF))
_UPPER = frozenset((Operator.AT_MOST, Operator.LESS))
_DROP = re.compile(
    r"\b(?:drop|remove|delete|clear|forget(?: about)?|lose|undo|take away|take off|cancel|without|no|lift|turn off"
    r"|switch off|get rid of)"
    r" (?:the |that |this |any |all |my |more )*(?:filters?|restrictions?|conditions?|limits?)\b"
)
_ALL_ROWS = re.compile(
    r"^(?:take |move |copy |migrate |bring |keep |use |i want |we want |we need )?(?:all"
    r"|every)(?: of)? (?:the )?(?:rows?|records?|of them|them)\b"
)

_WHOLE = re.compile(
    rf"^(?:(?:please|i|we|want|need|would|like|to|{_VERBS}) )*(?:all|every)(?: of| the| my| our)* (?P<x>.+?)"
    r"(?: please| after all| again| then| instead)*$"
)


def drop_filter(said: Sentence, talk: Talk) -> Edit:
    """ "drop the filter", "take all rows of cases", "take all cases" where only some are taken."""
    whole = _WHOLE.match(said.text.rstrip(" .!"))
    table = talk.item(said.slot(whole, "x")).one if whole else None
    if not _DROP.search(said.text) and not _ALL_ROWS.search(said.text) and table is None:
        return None
    filtered = [m.target for m in talk.context.mapped if m.filter is not None]
    wanted = [k.target for k in talk.tables(said)] or [t for t in filtered if t == talk.context.table] or filtered
    return tuple(SetFilter(table=table, filter=None) for table in wanted if table in filtered) or None


_BACK = re.compile(
    rf"^(?:(?:please|actually|no|,|do) )*(?:{_VERBS}|put|restore|add)"
    r" (?:(?:the|all|those|any|back|in|also) )*(?P<x>.+?)"
    r"(?: (?:please|after all|again|too|as well|back in|back|in|along|instead))*$"
)
#: Without one of these, "take people from Graz" may as well mean these alone.
_ALONG = re.compile(r"\b(?:do|actually|after all|again|back|too|also|as well|along|instead|restore|add|include)\b")
_ALONE = re.compile(r"\b(?:only|just|nothing but|solely|exclusively)\b")


def take_rows_back(said: Sentence, talk: Talk) -> Edit:
    """ "do take the sold cars": rows that were left out, in the words by which they were, come along again."""
    back = _BACK.match(said.text.rstrip(" .!"))
    rows = said.slot(back, "x") if back else None
    mention = _mention(rows, talk) if rows else None
    meant = _ALONG.search(said.text) and not _ALONE.search(said.text)
    if rows is None or not meant or (mention is None and not talk.context.table):
        return None
    rest = _without_name(rows, talk)
    for known in (mention.tables[0],) if mention else _tables(rest, talk):
        mapping = next((m for m in talk.context.mapped if m.target == known.target), None)
        asked = parts_of(mapping.filter if mapping else None)
        out = _condition(rest, known, talk, wanted=False) if asked and rest.words else None
        if out is None or isinstance(out, Doubt) or not set(parts_of(out)) <= set(asked):
            continue
        kept = tuple(part for part in asked if part not in parts_of(out))
        left = AllOf(of=kept) if len(kept) > 1 else next(iter(kept), None)
        return (SetFilter(table=known.target or "", filter=left),)
    return None


def rows_said(said: Sentence, talk: Talk) -> Sentence | None:
    """The end of a sentence that is about some of a table's rows: "who joined after 2015"; None where there is none."""
    for found in _SOME.finditer(said.text, 1):
        tail = said.part(found.start(), len(said.text.rstrip(" .!?")))
        rest = tail.part(len(found.group()) + 1, len(tail.text))
        if set(talk.unnamed(rest).split()) <= GLUE | _SYSTEM:
            continue
        named = _rows_of(rest, talk) or _rows_of(said, talk) or talk.names.known
        unnamed = _without_name(rest, talk)
        tests = [_condition(words, known, talk, wanted=True) for known in named for words in (tail, unnamed)]
        sure = any(test is not None and test != Doubt() for test in tests)
        if sure or (any(tests) and re.search(r"\d|\bwhose?\b", tail.text)):
            return tail
    return None


def _rows_of(said: Sentence, talk: Talk) -> tuple[Known, ...]:
    mention = _mention(said, talk)
    return talk.tables(said) or (mention.tables if mention else ())


def filter_rows(said: Sentence, talk: Talk) -> Edit:
    """ "only brackets created after 2015", "skip deleted ones"; None where the clause has no condition."""
    text = said.text.rstrip(" .!,?")
    told = _counted(said, talk) or _excepted(said, talk)
    if told:
        return told
    if limited := _LIMITED.match(text):
        rows = (*said.slot(limited, "table").words, *said.slot(limited, "rows").words)
        return _filtered(Sentence(said.original, rows), talk, wanted=True)
    lead = _ONLY.match(text) or _ALL_THAT.match(text)
    wanted = lead is not None
    behind = None if lead else _BEHIND.search(text)
    lead = lead or _NOT.match(text)
    if lead is None and behind is None:
        only = re.search(r" only$", text)
        if only is None:
            return None
        return _filtered(said.part(0, only.start()), talk, wanted=True)
    start, stop = lead.end() if lead else 0, behind.start() if behind else len(text)
    return _filtered(said.part(start, stop), talk, wanted)


_MANY = re.compile(
    r"\b(?:(?:only|just|most|to|any|random|move|take|copy|bring|migrate|import|limit) (?:the )?|the )?"
    r"(?P<rank>(?:first|last|newest|oldest|latest|youngest|top|random) )?(?P<n>\d+) "
    r"(?P<ranked>(?:newest|oldest|latest|youngest|first|last|random) )?(?P<of>\S+)"
)
_UPWARDS = frozenset(("", "first", "oldest", "top"))
_ROWS = frozenset("row rows record records entry entries one ones".split())
_NOT_BY_COUNT = (
    "A plan takes rows by what stands in them, not by how many there are: so a later run finds the same ones."
)


def _counted(said: Sentence, talk: Talk) -> Doubt | None:
    """ "only the first 50 donors": how many is no condition, and the doubt says so."""
    mentioned = {said.words[mention.start].norm for mention in talk.mentions(said)}
    for many in _MANY.finditer(said.text):
        rank = (many["rank"] or many["ranked"] or "").strip()
        if many.group().startswith(many["n"]) and not rank:
            continue
        if many["of"] in mentioned | _ROWS:
            upwards = talk.about(said)[:3] if rank in _UPWARDS else ()
            return Doubt(tuple(_by_key(known, many["n"], talk) for known in upwards), _NOT_BY_COUNT)
    return None


def _by_key(known: Known, most: str, talk: Talk) -> str:
    """The nearest thing to so many rows: a key up to that number."""
    legacy = talk.legacy(known)
    keys_ = [c for c in legacy.table.columns if (c.name,) == legacy.table.primary_key] if legacy else []
    numbered = [column.name for column in keys_ if column.family is Family.INTEGER]
    return f"only {known.label} whose {numbered[0]} is at most {most}" if numbered else ""


def _excepted(said: Sentence, talk: Talk) -> Edit:
    """ "everything except members without an email": the rows behind the word stay behind, where they are only some."""
    lead = _EXCEPT.match(said.text.rstrip(" .!,?"))
    if lead is None:
        return None
    rest = said.part(lead.end(), len(said.text.rstrip(" .!,?")))
    named = said.slot(lead, "x")
    if named.words and not talk.tables(rest):
        if len(_rows_of(named, talk)) != 1:
            return None
        rest = Sentence(said.original, (*named.words, *rest.words))
    return _filtered(rest, talk, wanted=False)


def _filtered(said: Sentence, talk: Talk, wanted: bool) -> Edit:
    mention = _mention(said, talk)
    rest = _without_name(said, talk)
    rest = Sentence(rest.original, tuple(w for w in rest.words if w.norm not in ("out", "behind")))
    if not rest.words:
        return None
    tables = (mention.tables[0],) if mention else _tables(rest, talk)
    changes, doubts = list[SetFilter](), list[Doubt]()
    for known in tables:
        found = _condition(rest, known, talk, wanted)
        if isinstance(found, Doubt):
            doubts.append(found)
        elif found is not None and known.target:
            changes.append(SetFilter(table=known.target, filter=_with(found, known, talk, wanted)))
    if changes and (mention or len(tables) == 1 or _deletion(rest)):
        return tuple(changes)
    if changes:
        return tuple(changes) if len(changes) == 1 and not doubts else Doubt(_wordings(changes, rest, wanted))
    return next((doubt for doubt in doubts if mention or doubt.wordings), None)


def _mention(said: Sentence, talk: Talk) -> Mention | None:
    """The table whose rows are meant: the first that is named, else what the words begin with, if that is a table."""
    return next((m for m in talk.mentions(said) if len(m.tables) == 1), None) or _leading(said, talk)


def _leading(said: Sentence, talk: Talk) -> Mention | None:
    """A table that is called like a word of the conversation, such as people."""
    words = [word.norm for word in said.words]
    start = next((n for n, word in enumerate(words) if word not in ("the", "all", "my", "our", "those", "of")), 0)
    for stop in range(min(len(words), start + _LONGEST_NAME), start, -1):
        tables, score = talk.names.table(keys(words[start:stop]), typed="_".join(words[start:stop]))
        if len(tables) == 1 and score >= SURE and not set(words[start:stop]) <= GLUE:
            return Mention(start, stop, score, tables)
    return None


def _without_name(said: Sentence, talk: Talk) -> Sentence:
    mention = _mention(said, talk)
    if mention is None:
        return said
    return Sentence(said.original, (*said.words[: mention.start], *said.words[mention.stop :]))


def _condition(rest: Sentence, known: Known, talk: Talk, wanted: bool) -> Filter | Doubt | None:
    legacy = talk.legacy(known)
    if legacy is None:
        return None
    lead = "only" if wanted else "leave out"
    return condition(Scope(rest, known, legacy, talk.names, lead, wanted, talk.context.today))


def _tables(rest: Sentence, talk: Talk) -> tuple[Known, ...]:
    """Where no table is named: the one talked about; for deleted rows every table that marks them; else any."""
    current = talk.names.of_target(talk.context.table)
    if current:
        return (current,)
    if _deletion(rest):
        return tuple(
            k for k in talk.planned if (old := talk.legacy(k)) and any(is_deletion(c) for c in old.table.columns)
        )
    return talk.planned


def _deletion(rest: Sentence) -> bool:
    return any(word.norm in ("deleted", "removed", "trashed") for word in rest.words)


def _wordings(changes: list[SetFilter], rest: Sentence, wanted: bool) -> tuple[str, ...]:
    lead = "only" if wanted else "leave out"
    return tuple(f"{lead} {change.table} {_tail(rest)}" for change in changes[:3])


def _tail(rest: Sentence) -> str:
    return re.sub(r"^(?:the )?(?:ones|those|rows|records) ", "", rest.typed)


def _with(new: Filter, known: Known, talk: Talk, wanted: bool) -> Filter:
    """A new condition beside what the table's filter asks already.

    What is left out is left out as well, unless it is just what was asked for. "only" says anew what it speaks of: the
    same column, or the same end of it.
    """
    mapping = next((m for m in talk.context.mapped if m.target == known.target), None)
    already = mapping.filter if mapping else None
    if wanted:
        return wanted_as_well(new, already)
    added, legacy = parts_of(new), talk.legacy(known)
    kept = tuple(part for part in parts_of(already) if part not in added)
    if legacy is not None:
        kept = tuple(part for part in kept if negated(part, legacy) not in added and not _none_left(part, added))
    return AllOf(of=(*kept, *added)) if kept else new


def wanted_as_well(new: Filter, already: Filter | None) -> Filter:
    """A condition on the rows that are wanted, beside what was asked before of other columns."""
    added = parts_of(new)
    kept = tuple(part for part in parts_of(already) if part not in added and not any(_anew(part, one) for one in added))
    return AllOf(of=(*kept, *added)) if kept else new


def parts_of(test: Filter | None) -> tuple[Filter, ...]:
    return test.of if isinstance(test, AllOf) else (test,) if test is not None else ()


def _anew(old: Filter, new: Filter) -> bool:
    """Whether a condition takes the place of an older one: of the same columns, unless one says how much at least and
    the other how much at most, and something lies between."""
    if not set(columns_of(old)) & set(columns_of(new)):
        return False
    if not (isinstance(old, Comparison) and isinstance(new, Comparison)):
        return True
    for low, high in ((old, new), (new, old)):
        if low.op in _LOWER and high.op in _UPPER:
            return not _below(low.values[0], high.values[0])
    return True


def _none_left(old: Filter, added: Iterable[Filter]) -> bool:
    """Whether the values that were asked for are just those that are left out now."""
    if not isinstance(old, Comparison) or old.op not in (Operator.EQUAL, Operator.ONE_OF):
        return False
    same = [one for one in added if columns_of(one) and set(columns_of(one)) == {old.column}]
    return any(not any(_accepts(one, value) for value in old.values) for one in same)


def _accepts(test: Filter, value: Scalar) -> bool:
    """Whether a row with a value passes a test of that one column; of spans it is not asked."""
    if isinstance(test, AnyOf | AllOf):
        return (any if isinstance(test, AnyOf) else all)(_accepts(one, value) for one in test.of)
    if test.op in (Operator.EQUAL, Operator.ONE_OF):
        return value in test.values
    return test.op is not Operator.IS_NULL and not (test.op in _OTHERS and value in test.values)


def _below(low: Scalar, high: Scalar) -> bool:
    if isinstance(low, str) and isinstance(high, str):
        return low < high
    return isinstance(low, int | float) and isinstance(high, int | float) and low <= high
