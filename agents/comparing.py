"""Columns compared with values: "with status 3 or 4", "whose city is Paris", "where priority is at least 2"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from ferryman.agents.hints import Legacy
from ferryman.agents.known import Known
from ferryman.agents.names import Names
from ferryman.agents.sentence import Sentence, split_name
from ferryman.agents.talk import Doubt
from ferryman.agents.vocabulary import NUMBERS, key
from ferryman.domain.filters import AllOf, AnyOf, Comparison, Filter, Operator
from ferryman.domain.schema import Column, Family
from ferryman.domain.transforms import Scalar


@dataclass(frozen=True)
class Part:
    """One condition and the span of `text` that says it."""

    start: int
    stop: int
    test: Filter


Found = Part | Doubt

_COMPARE = {
    Operator.AT_LEAST: r">=|at least|no less than|not less than|not below|not under|minimum",
    Operator.AT_MOST: r"<=|at most|no more than|not more than|not over|not above|maximum",
    Operator.GREATER: (
        r">|above|over|more than|greater than|bigger than|larger than|higher than|exceeding|exceeds|beyond"
    ),
    Operator.LESS: r"<|under|below|less than|smaller than|fewer than|lower than",
}
ANY_COMPARE = "|".join(_COMPARE.values())
_NAMED_COMPARE = {
    Operator.AT_LEAST: "from|starting (?:at|from|with)",
    Operator.AT_MOST: "up to|until|till|through",
    Operator.GREATER: "after",
    Operator.LESS: "before",
}  #: of a column that is named before them; alone they speak of time
_OF_COLUMN = "|".join((ANY_COMPARE, *_NAMED_COMPARE.values()))
NUMBER = rf"-?\d+(?:\.\d+)?k?|{'|'.join(NUMBERS)}"
RANGE = rf"(?:between|from) (?P<low>{NUMBER}) (?:and|to) (?P<high>{NUMBER})"
_UP, _DOWN = "more|above|over|higher|up|greater", "less|below|under|fewer|lower"
EDGE = rf"(?P<edge>{NUMBER})(?: (?P<unit>\w+))?? (?:or|and) (?:(?P<up>{_UP})|{_DOWN})"
_IS = r"(?:is |are |was |were |being |has been |= |: |equals |equal to |equal |of )*"
_EMPTY = r"empty|null|missing|blank|unset|unknown|not set|not known|not given|not filled|nothing"
_FULL = r"not empty|not null|not missing|not blank|set|known|given|filled|present|filled in"
_TEST = re.compile(
    rf"^ (?:{_IS}(?P<full>(?:{_FULL}))(?= |$)|{_IS}(?P<empty>(?:{_EMPTY}))(?= |$)"
    rf"|{_IS}(?P<not>not )?(?:{RANGE}|{EDGE})(?= |$)"
    rf"|{_IS}(?P<how>{_OF_COLUMN}) (?P<n>{NUMBER})(?: on| onwards| and up)?(?= |$)"
    rf"|(?P<unequal>{_IS}(?:not equal to|not|!=|other than|different from|anything but) )(?P<other>.+)"
    rf"|(?P<equal>{_IS}(?:one of |in |either |exactly )?)(?P<value>.+))"
)
#: Words of a comparison: what holds one is no value, but a test that was not understood.
NO_VALUE = re.compile(
    r"^(?:starts?|begins?|contains?|ends?|includes?|matches|looks?|like|similar|has|have)\b"
    r"|\b(?:other than|except|rather than|instead of|more than|less than|fewer than|older than|newer than|not|never"
    r"|neither|but|who|whose|which|that (?:is|are|was|were|have|has|do|does))\b"
)
_NONE = frozenset("of out off from the them those these and is are was were be".split())  #: words that are no value
_SMALL = frozenset("on at by in no to of up off out".split())
_WHERE = frozenset("where whose with having if when have has and of".split())
GLUE = frozenset(
    """the a an that which who are is was were be been have has had having where whose with ones one those these rows
    row records record entries entry all any only just and then of my our please marked as flagged set to them they
    their dates date day now still dated table in it from for value values data worth
    costing priced totalling""".split()
)


@dataclass(frozen=True)
class Scope:
    """A clause, the legacy table that it is about, and what a clear wording would begin with."""

    said: Sentence  #: without the lead ("only", "skip") and without the table's name
    known: Known
    legacy: Legacy
    names: Names
    lead: str  #: "only" or "leave out"
    wanted: bool  #: False: these rows are to be left out
    today: date | None


def wanted_rows(scope: Scope, test: Filter) -> Filter:
    return asked(scope, test, denied=False)


def asked(scope: Scope, test: Filter, *, denied: bool) -> Filter:
    """The rows that stay in, where those of a test are wanted or not; `denied`: "not from Paris"."""
    return test if scope.wanted != denied else negated(test, scope.legacy)


_OPPOSITE = {
    Operator.EQUAL: Operator.UNEQUAL,
    Operator.LESS: Operator.AT_LEAST,
    Operator.AT_MOST: Operator.GREATER,
    Operator.ONE_OF: Operator.NONE_OF,
    Operator.IS_NULL: Operator.NOT_NULL,
}
_OPPOSITE |= {there: here for here, there in _OPPOSITE.items()}


def negated(test: Filter, legacy: Legacy) -> Filter:
    """The rows that a filter leaves out. A NULL, of which a comparison says nothing, stays in."""
    if isinstance(test, AllOf):
        return AnyOf(of=tuple(negated(part, legacy) for part in test.of))
    if isinstance(test, AnyOf):
        return AllOf(of=tuple(negated(part, legacy) for part in test.of))
    opposite = test.but(op=_OPPOSITE[test.op])
    if not test.values or not legacy.table.column(test.column).nullable:
        return opposite
    return AnyOf(of=(opposite, Comparison(column=test.column, op=Operator.IS_NULL)))


def columns(scope: Scope, text: str) -> Iterator[Found]:
    """Columns named in the clause, each with the test that follows it."""
    at = 0
    while found := _first_column(scope, text, at):
        start, stop, columns = found
        limit = _limit(text, stop)
        match = _TEST.match(text[stop:limit])
        if len(columns) > 1 or match is None:
            at = stop
            continue
        test = _tested(scope, columns[0], match, stop)
        if test is None:
            at = stop
            continue
        yield Part(start, stop + match.end(), asked(scope, test, denied=bool(match["not"])))
        text = text[:start] + "~" * (stop + match.end() - start) + text[stop + match.end() :]
        at = stop + match.end()


def _limit(text: str, start: int) -> int:
    """Where a test ends: before the next "and whose", "and where", or what is understood already."""
    stop = re.search(r" (?:and|but)(?: (?:whose|where|with|only|the|that))+ |~| ,? ?please\b", text[start:])
    return start + stop.start() if stop else len(text.rstrip(" .!"))


def _first_column(scope: Scope, text: str, at: int) -> tuple[int, int, tuple[Column, ...]] | None:
    words = list(re.finditer(r"[^\s~]+", text))
    whole = {tuple(split_name(column.name)) for column in scope.legacy.table.columns}
    for first, word in enumerate(words):
        if word.start() < at:
            continue
        for count in (3, 2, 1):
            span = words[first : first + count]
            if len(span) < count:
                continue
            if word.group() in GLUE and (count == 1 or tuple(w.group() for w in span) not in whole):
                continue  # but "is company" is the whole name of is_company
            columns = named_columns(scope, tuple(w.group() for w in span))
            if count > 1 and span[-1].group() in _SMALL and not _ends_so(columns, span[-1].group()):
                continue
            if columns and _introduced(text, words, first, first + count):
                return word.start(), span[-1].end(), columns
    return None


def _ends_so(columns: tuple[Column, ...], word: str) -> bool:
    """Whether a small word belongs to a column's name, as in created_on; else it begins what comes after: "on hold"."""
    return any(split_name(column.name)[-1] == word for column in columns)


def _introduced(text: str, words: list[re.Match[str]], first: int, stop: int) -> bool:
    """A column is a condition's when "where", "with" and the like come before it, or a test after it."""
    before = {w.group() for w in words[max(0, first - 2) : first]}
    after = text[words[stop - 1].end() :]
    return bool(before & _WHERE) or bool(
        re.match(rf" (?:=|!=|<|>|:|is |are |was |equals |not |(?:{_OF_COLUMN}) |between |-?\d)", after)
    )


def named_columns(scope: Scope, words: tuple[str, ...]) -> tuple[Column, ...]:
    found = scope.names.columns(tuple(key(word) for word in words), (scope.known,))
    by_source = [f.column for f in found if f.side == "source"]
    for one in found:
        if one.side == "target" and scope.legacy.mapping and one.column in scope.legacy.mapping.by_target:
            by_source += scope.legacy.mapping.by_target[one.column].source[:1]
    return tuple(scope.legacy.table.column(name) for name in dict.fromkeys(by_source))


def _tested(scope: Scope, column: Column, match: re.Match[str], offset: int) -> Filter | None:
    def compare(op: Operator, *values: Scalar) -> Comparison:
        return Comparison(column=column.name, op=op, values=values)

    if match["empty"]:
        return compare(Operator.IS_NULL)
    if match["full"]:
        return compare(Operator.NOT_NULL)
    if match["low"] or match["edge"]:
        return spanned(column, match.groupdict())
    if match["how"]:
        number = typed(match["n"], column)
        return None if number is None or isinstance(number, str) else compare(operator_of(match["how"]), number)
    group = "other" if match["other"] else "value"
    start, stop = (offset + edge for edge in match.span(group))
    said = scope.said.part(start, stop)
    values = tuple(typed(text, column) for text in _values(said))
    if not values or None in values or NO_VALUE.search(said.text) or {word.norm for word in said.words} <= _NONE:
        return None
    if match["other"]:
        return compare(Operator.UNEQUAL if len(values) == 1 else Operator.NONE_OF, *values)
    return compare(Operator.EQUAL if len(values) == 1 else Operator.ONE_OF, *values)


def spanned(column: Column, said: Mapping[str, str | None]) -> Filter | None:
    """The test of a match of RANGE or EDGE, by its groups; None where the column holds no numbers."""

    def compare(op: Operator, text: str) -> Comparison | None:
        number = typed(text, column)
        numeric = isinstance(number, int | float) and not isinstance(number, bool)
        return Comparison(column=column.name, op=op, values=(number,)) if numeric else None

    if edge := said.get("edge"):
        return compare(Operator.AT_LEAST if said["up"] else Operator.AT_MOST, edge)
    ends = (compare(Operator.AT_LEAST, said["low"] or ""), compare(Operator.AT_MOST, said["high"] or ""))
    tests = tuple(test for test in ends if test is not None)
    return AllOf(of=tests) if len(tests) == len(ends) else None


def operator_of(how: str) -> Operator:
    return next(op for book in (_COMPARE, _NAMED_COMPARE) for op, some in book.items() if re.fullmatch(some, how))


def _values(said: Sentence) -> list[str]:
    """The values of a list, as typed: "3, 4 or 5", "Canada and Mexico"."""
    pieces, current = list[list[int]](), list[int]()
    for place, word in enumerate(said.words):
        if word.norm in (",", "or", "and"):
            pieces.append(current)
            current = []
        elif word.norm not in (".", "!"):
            current.append(place)
    pieces.append(current)
    return [Sentence(said.original, said.words[p[0] : p[-1] + 1]).typed for p in pieces if p]


def typed(text: str, column: Column) -> Scalar:
    """A value as its column's family writes it; None where it cannot be one."""
    folded = text.casefold()
    if column.family is Family.BOOLEAN:
        return {
            "true": True,
            "yes": True,
            "1": True,
            "on": True,
            "false": False,
            "no": False,
            "0": False,
            "off": False,
        }.get(folded)
    if column.family in (Family.INTEGER, Family.DECIMAL, Family.FLOAT):
        if folded in NUMBERS:
            return NUMBERS[folded]
        number = re.fullmatch(r"(-?\d+(?:\.\d+)?)(k?)", text.replace(",", "").casefold())
        if number is None:
            return None
        value = float(number[1]) * (1000 if number[2] else 1)
        return int(value) if value == int(value) else value
    return text or None
