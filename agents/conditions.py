"""Which rows are meant: "created after 2015", "in Canada", "with status 3 or 4", "active", as a typed filter.

Every word of the sentence has to be accounted for: half a condition would leave out, or let in, the wrong rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from ferryman.agents.comparing import (
    ANY_COMPARE,
    EDGE,
    GLUE,
    NO_VALUE,
    NUMBER,
    RANGE,
    Found,
    Part,
    Scope,
    asked,
    columns,
    named_columns,
    negated,
    operator_of,
    spanned,
    typed,
    wanted_rows,
)
from ferryman.agents.lacking import BEING, happened, presence
from ferryman.agents.periods import AGE, PERIOD, YOUNGER, Period, age, period
from ferryman.agents.places import COUNTRIES
from ferryman.agents.sentence import split_name
from ferryman.agents.talk import Doubt
from ferryman.domain.filters import AllOf, AnyOf, Comparison, Filter, Operator
from ferryman.domain.schema import Column, Family

_AFTER = "after|later than|newer than|younger than|following|past"
_SINCE = (
    "since|from|starting(?: in| from| with| on)?|as of|beginning(?: in| with)?|not before|no older than|not older than"
    "|no earlier than|back to"
)
_BEFORE = "before|prior to|older than|earlier than|preceding"
_UNTIL = "until|up to|through|by|no later than|no newer than|not after|up until"
_IN = "in|during|on|of|for|dated|within"
_ONWARDS = "onwards|onward|on|and later|or later|and after|and newer|or newer|and up|to now|until now|to today"
_BACKWARDS = "or earlier|and earlier|or before|and before|or older|and older"
_NAMED = r"(?:last|past|this) |yesterday\b|today\b"  #: stretches of time that need no "in" before them
_BETWEEN = re.compile(
    rf"\b(?P<not>not )?(?:between|from) (?P<a>{PERIOD}) (?:and|to|until|through|till) (?P<b>{PERIOD})(?= |$)"
)
_MOMENT = re.compile(
    rf"\b(?P<not>not )?(?:(?:in|on|from|dated) )?(?:(?P<how>{_AFTER}|{_SINCE}|{_BEFORE}|{_UNTIL}|{_IN}) |(?={_NAMED}))"
    rf"(?P<a>{PERIOD})(?P<more>(?: (?:,|or|and|, or|, and)(?: in)? {PERIOD})*)"
    rf"(?: (?P<tail>{_ONWARDS}|{_BACKWARDS}))?(?= |$)"
)
_AMOUNT = re.compile(
    rf"(?<!\S)(?P<how>{ANY_COMPARE}) (?P<n>{NUMBER})(?: (?:dollars?|euros?|usd|eur|units?|pieces))?(?= |$)"
)
_SPANS = tuple(re.compile(rf"(?<!\S)(?P<not>not )?{span}(?= |$)") for span in (RANGE, EDGE))
_DENIED = re.compile(
    rf"(?:\b{BEING} )*\b(?:not|never)(?: {BEING})* (?P<verb>[a-z]+)(?: (?:in|out|up|off|on))? $"
)  #: what comes before the stretch of time in "who did not log in since 2020"
_SITE = r"(?:the )?(?!and |or |not )[^\s,]+(?: (?!and |or |, )[^\s,]+){0,3}"
_PLACE = re.compile(
    r"\b(?P<not>not )?(?:in|from|of|based in|living in|located in|out of)(?: the (?:country|city|state|region"
    rf"|town) of)? (?P<value>{_SITE}(?: (?:, or|, and|or|and|,) {_SITE})*)$"
)
_NUMERIC = (Family.INTEGER, Family.DECIMAL, Family.FLOAT)
Bounds = tuple[tuple[Operator, date], ...]
_MOMENT_VERBS = frozenset(
    """created made added entered updated modified changed opened closed born placed ordered hired uploaded sent paid
    recorded registered issued started ended finished published joined visited invoiced written held shipped due
    happened occurred taken received died""".split()
)


def condition(scope: Scope) -> Filter | Doubt | None:
    """The filter that a clause asks for; None where it asks for none, a Doubt where it is not clear."""
    parts = list[Part]()
    taken = scope.said.text
    for finder in (_ages, _between, _moments, columns, _amounts, _spans, presence, happened, _places, _adjectives):
        for found in finder(scope, taken):
            if isinstance(found, Doubt):
                return found
            parts.append(found)
            taken = taken[: found.start] + "~" * (found.stop - found.start) + taken[found.stop :]
    if not parts:
        return None
    left = set(re.findall(r"[^\s~]+", taken)) - GLUE - _own_words(scope)
    left -= _MOMENT_VERBS if "~" in taken else frozenset()
    if {word for word in left if not _is_verb(word, scope)} - {",", ".", "!", "or"}:
        return Doubt(())
    return _joined(parts, scope)


def _is_verb(word: str, scope: Scope) -> bool:
    """Whether a word pointed, alone or with the particle behind it, to the moment that is compared: "logged in"."""
    said = re.search(rf"\b{re.escape(word)}(?: (?:in|out|up|off|on))?\b", scope.said.text)
    return bool(said and scope.legacy.pointed_at(said.group()))


def _own_words(scope: Scope) -> set[str]:
    """Words of the columns that the conditions read: "with an invoice date after 2015"."""
    return {
        word
        for column in scope.legacy.table.columns
        if scope.legacy.is_moment(column)
        for word in split_name(column.name)
    }


def _joined(parts: list[Part], scope: Scope) -> Filter:
    parts.sort(key=lambda part: part.start)
    tests = tuple(part.test for part in parts)
    if len(tests) == 1:
        return tests[0]
    either = any(" or " in scope.said.text[a.stop : b.start] for a, b in pairwise(parts))
    either = either == scope.wanted
    return AnyOf(of=tests) if either else AllOf(of=tests)


def _of_number(scope: Scope, before: str) -> bool:
    """Whether what stands before an amount names a column of numbers: "ids up to 2015" speaks of no year."""
    words = before.split()
    found = [c for n in (3, 2, 1) if words[-n:] and len(words) >= n for c in named_columns(scope, tuple(words[-n:]))]
    return bool(found) and all(c.family in _NUMERIC and not scope.legacy.is_moment(c) for c in found)


def _between(scope: Scope, text: str) -> Iterator[Found]:
    for match in _BETWEEN.finditer(text):
        if _of_number(scope, text[: match.start()]):
            continue
        first, last = period(match["a"], scope.today), period(match["b"], scope.today)
        if first and last:
            yield _moment_part(scope, match, ((Operator.AT_LEAST, first.start), (Operator.LESS, last.stop)))


def _ages(scope: Scope, text: str) -> Iterator[Found]:
    """ "not older than 3 years", "more than 6 months ago": counted back from today."""
    for match in AGE.finditer(text):
        day = age(match, scope.today)
        if day is None:
            yield Doubt(())
            continue
        within = bool(match["not"]) != ((match["age"] or match["much"]) in YOUNGER)
        yield _moment_part(scope, match, ((Operator.AT_LEAST if within else Operator.LESS, day),))


def _moments(scope: Scope, text: str) -> Iterator[Found]:
    for match in _MOMENT.finditer(text):
        if _of_number(scope, text[: match.start()]):
            continue
        said = [match["a"], *re.split(r" (?:,|or|and|in)(?: (?:or|and|in))* ", match["more"])[1:]]
        when = [period(one, scope.today) for one in said]
        bounds = [_bounds(match, one) for one in when if one]
        if len(bounds) < len(said) or (len(said) > 1 and any(len(ends) == 1 for ends in bounds)):
            yield Doubt(())
        else:
            yield _moment_part(scope, match, *bounds)


def _bounds(match: re.Match[str], when: Period) -> Bounds:
    """What of a moment is compared with a stretch of time."""
    how, tail = match["how"] or "", match["tail"] or ""
    if re.fullmatch(_AFTER, how):
        return ((Operator.AT_LEAST, when.stop),)
    if re.fullmatch(_BEFORE, how):
        return ((Operator.LESS, when.start),)
    if re.fullmatch(_UNTIL, how) or re.fullmatch(_BACKWARDS, tail):
        return ((Operator.LESS, when.stop),)
    if re.fullmatch(_ONWARDS, tail) or (re.fullmatch(_SINCE, how) and not _whole(match["a"], how)):
        return ((Operator.AT_LEAST, when.start),)
    return (Operator.AT_LEAST, when.start), (Operator.LESS, when.stop)


def _whole(said: str, how: str) -> bool:
    """ "from the last two years" is that stretch; "from 2015" and "since last year" are open at the end."""
    return how == "from" and bool(re.search(r"\b(?:last|past|this)\b", said))


def _moment_part(scope: Scope, match: re.Match[str], *stretches: Bounds) -> Found:
    """The moment that is meant, within one of some stretches of time."""
    columns = scope.legacy.moments_of(scope.said.text)
    if len(columns) != 1:
        return Doubt(tuple(f"{_opening(scope)} whose {c.name} is {match.group().strip()}" for c in columns))
    within = list[Filter]()
    for bounds in stretches:
        ends = [(op, scope.legacy.moment_value(columns[0], day)) for op, day in bounds]
        if any(value is None for _, value in ends):
            return Doubt(())
        tests = tuple(Comparison(column=columns[0].name, op=op, values=(value,)) for op, value in ends)
        within.append(tests[0] if len(tests) == 1 else AllOf(of=tests))
    test = within[0] if len(within) == 1 else AnyOf(of=tuple(within))
    verb = _DENIED.search(scope.said.text[: match.start()])
    if verb and not (verb["verb"] in _MOMENT_VERBS or _is_verb(verb["verb"], scope)):
        verb = None
    denied = (match.re is not AGE and bool(match["not"])) != bool(verb)
    return Part(verb.start() if verb else match.start(), match.end(), asked(scope, test, denied=denied))


def _opening(scope: Scope) -> str:
    return f"{scope.lead} {scope.known.label}"


def _amounts(scope: Scope, text: str) -> Iterator[Found]:
    """ "over 20 dollars", "more than 10 points": of the column named behind the number, else of the only amount."""
    for match in _AMOUNT.finditer(text):
        columns, stop = _counted(scope, text, match.end())
        if _unsure(columns, stop == match.end(), scope):
            yield Doubt(tuple(f"{_opening(scope)} whose {c.name} is {match.group()}" for c in columns))
            continue
        value = typed(match["n"], columns[0])
        test = Comparison(column=columns[0].name, op=operator_of(match["how"]), values=(value,))
        yield Part(match.start(), stop, wanted_rows(scope, test))


def _spans(scope: Scope, text: str) -> Iterator[Found]:
    """ "between 10 and 20", "5 or more visits": of the column named behind, else of the only amount."""
    for match in (found for pattern in _SPANS for found in pattern.finditer(text)):
        columns, stop = _counted(scope, text, match.end())
        if unit := match.groupdict().get("unit"):
            columns, stop = _numbers(scope, unit), match.end()
        if _unsure(columns, not unit and stop == match.end(), scope):
            yield Doubt(tuple(f"{_opening(scope)} whose {c.name} is {match.group()}" for c in columns))
            continue
        test = spanned(columns[0], match.groupdict())
        yield Part(match.start(), stop, asked(scope, test, denied=bool(match["not"]))) if test else Doubt(())


def _counted(scope: Scope, text: str, start: int) -> tuple[tuple[Column, ...], int]:
    """The columns that an amount may be of, and where the words that say so end."""
    behind = re.match(r" (\w+)", text[start:])
    numbers = _numbers(scope, behind[1]) if behind else ()
    return (numbers, start + behind.end()) if behind and numbers else (scope.legacy.amounts, start)


def _unsure(columns: tuple[Column, ...], bare: bool, scope: Scope) -> bool:
    """Whether it is not clear which column is meant; a bare number is only of an amount: "under 30" may be years."""
    return len(columns) != 1 or (bare and not scope.legacy.is_amount(columns[0]))


def _numbers(scope: Scope, word: str) -> tuple[Column, ...]:
    named = named_columns(scope, (word,))
    return tuple(c for c in named if c.family in _NUMERIC)


def _places(scope: Scope, text: str) -> Iterator[Found]:
    match = _PLACE.search(re.sub(r"[ .!]+(please[ .!]*)?$", "", text))
    if match is None or "~" in match.group() or not scope.legacy.places:
        return
    if NO_VALUE.search(match["value"]):
        yield Doubt(())
        return
    folded = [one.removeprefix("the ") for one in re.split(r" (?:, or|, and|or|and|,) ", match["value"])]
    columns = scope.legacy.places
    if all(one in COUNTRIES for one in folded):
        columns = tuple(c for c in columns if "country" in scope.legacy.words(c.name)) or columns
    values = tuple(COUNTRIES.get(one) or said for one, said in zip(folded, _typed(scope, match, folded), strict=True))
    if len(columns) != 1:
        yield Doubt(tuple(f"{_opening(scope)} whose {c.name} is {' or '.join(values)}" for c in columns))
        return
    test = Comparison(column=columns[0].name, op=Operator.EQUAL if len(values) == 1 else Operator.ONE_OF, values=values)
    yield Part(match.start(), match.end(), asked(scope, test, denied=bool(match["not"])))


def _typed(scope: Scope, match: re.Match[str], folded: list[str]) -> Iterator[str]:
    """The places of a list, as they were typed."""
    at = match.start("value")
    for one in folded:
        at = scope.said.text.index(one, at)
        yield scope.said.part(at, at + len(one)).typed
        at += len(one)


_UN = {
    "inactive": "active",
    "unpublished": "published",
    "disabled": "enabled",
    "undeleted": "deleted",
    "unpaid": "paid",
}


def _adjectives(scope: Scope, text: str) -> Iterator[Found]:
    for match in re.finditer(r"\b(?P<no>not |non |no longer )?(?P<word>[a-z]{4,})\b", text):
        word, on = match["word"], scope.wanted != bool(match["no"])
        tests = _adjective(scope, word, on) or _adjective(scope, _UN.get(word, ""), not on)
        if len(tests) == 1:
            yield Part(match.start(), match.end(), tests[0])
        elif tests:
            yield Doubt(())


def _adjective(scope: Scope, word: str, on: bool) -> tuple[Filter, ...]:
    if not word or word in GLUE:
        return ()
    flags: tuple[Filter, ...] = tuple(scope.legacy.flag(column, on) for column in scope.legacy.flags(word))
    valued = scope.legacy.valued(word)
    return flags or tuple(test if on else negated(test, scope.legacy) for test in valued)
