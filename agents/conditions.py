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
    GLUE,
    NUMBER,
    Found,
    Part,
    Scope,
    columns,
    named_columns,
    negated,
    operator_of,
    typed,
    wanted_rows,
)
from ferryman.agents.periods import PERIOD, period
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
_BETWEEN = re.compile(rf"\b(?:between|from) (?P<a>{PERIOD}) (?:and|to|until|through|till) (?P<b>{PERIOD})(?= |$)")
_MOMENT = re.compile(
    rf"\b(?:(?:in|on|from|dated) )?(?P<how>{_AFTER}|{_SINCE}|{_BEFORE}|{_UNTIL}|{_IN}) (?P<a>{PERIOD})"
    rf"(?: (?P<tail>{_ONWARDS}|{_BACKWARDS}))?(?= |$)"
)
_AMOUNT = re.compile(
    rf"(?<!\S)(?P<how>{ANY_COMPARE}) (?P<n>{NUMBER})(?: (?:dollars?|euros?|usd|eur|units?|pieces))?(?= |$)"
)
_PLACE = re.compile(
    r"\b(?:in|from|of|based in|living in|located in|out of)(?: the (?:country|city|state|region"
    r"|town) of)? (?P<value>(?:the )?(?!and |or )\S+(?: (?!and |or |, )\S+){0,3})$"
)
_PRESENCE = re.compile(
    r"\b(?P<how>without|with no|with|that have no|have no|that have|that has no|that has|having no|having"
    r"|lacking|missing)(?: (?:a|an|any|the))* (?P<column>\w+(?: \w+){0,2})$"
)
_MOMENT_VERBS = frozenset(
    """created made added entered updated modified changed opened closed born placed ordered hired uploaded sent paid
    recorded registered issued started ended finished published joined visited invoiced written held shipped due
    happened occurred taken received died""".split()
)


def condition(scope: Scope) -> Filter | Doubt | None:
    """The filter that a clause asks for; None where it asks for none, a Doubt where it is not clear."""
    parts = list[Part]()
    taken = scope.said.text
    for finder in (_between, _moments, columns, _amounts, _presence, _places, _adjectives):
        for found in finder(scope, taken):
            if isinstance(found, Doubt):
                return found
            parts.append(found)
            taken = taken[: found.start] + "~" * (found.stop - found.start) + taken[found.stop :]
    if not parts:
        return None
    left = set(re.findall(r"[^\s~]+", taken)) - GLUE - _own_words(scope)
    if left - (_MOMENT_VERBS if "~" in taken else frozenset()) - {",", ".", "!", "or"}:
        return Doubt(())
    return _joined(parts, scope)


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


def _between(scope: Scope, text: str) -> Iterator[Found]:
    for match in _BETWEEN.finditer(text):
        first, last = period(match["a"], scope.today), period(match["b"], scope.today)
        if first and last:
            yield _moment_part(scope, match, ((Operator.AT_LEAST, first.start), (Operator.LESS, last.stop)))


def _moments(scope: Scope, text: str) -> Iterator[Found]:
    for match in _MOMENT.finditer(text):
        when = period(match["a"], scope.today)
        if when is None:
            yield Doubt(())
            continue
        how, tail = match["how"], match["tail"] or ""
        bounds: tuple[tuple[Operator, date], ...]
        if re.fullmatch(_AFTER, how):
            bounds = ((Operator.AT_LEAST, when.stop),)
        elif re.fullmatch(_BEFORE, how):
            bounds = ((Operator.LESS, when.start),)
        elif re.fullmatch(_UNTIL, how) or re.fullmatch(_BACKWARDS, tail):
            bounds = ((Operator.LESS, when.stop),)
        elif re.fullmatch(_ONWARDS, tail) or (re.fullmatch(_SINCE, how) and not _whole(match["a"], how)):
            bounds = ((Operator.AT_LEAST, when.start),)
        else:
            bounds = ((Operator.AT_LEAST, when.start), (Operator.LESS, when.stop))
        yield _moment_part(scope, match, bounds)


def _whole(said: str, how: str) -> bool:
    """ "from the last two years" is that stretch; "from 2015" and "since last year" are open at the end."""
    return how == "from" and bool(re.search(r"\b(?:last|past|this)\b", said))


def _moment_part(scope: Scope, match: re.Match[str], bounds: tuple[tuple[Operator, date], ...]) -> Found:
    columns = scope.legacy.moments_of(frozenset(re.findall(r"[a-z]+", scope.said.text)))
    if len(columns) != 1:
        return Doubt(tuple(f"{_opening(scope)} whose {c.name} is {match.group().strip()}" for c in columns))
    tests = []
    for op, day in bounds:
        value = scope.legacy.moment_value(columns[0], day)
        if value is None:
            return Doubt(())
        tests.append(Comparison(column=columns[0].name, op=op, values=(value,)))
    test: Filter = tests[0] if len(tests) == 1 else AllOf(of=tuple(tests))
    return Part(match.start(), match.end(), wanted_rows(scope, test))


def _opening(scope: Scope) -> str:
    return f"{scope.lead} {scope.known.label}"


def _amounts(scope: Scope, text: str) -> Iterator[Found]:
    """ "over 20 dollars", "more than 10 points": of the column named behind the number, else of the only amount."""
    for match in _AMOUNT.finditer(text):
        columns, stop = _counted(scope, text, match.end())
        if len(columns) != 1:
            yield Doubt(tuple(f"{_opening(scope)} whose {c.name} is {match.group()}" for c in columns))
            continue
        value = typed(match["n"], columns[0])
        test = Comparison(column=columns[0].name, op=operator_of(match["how"]), values=(value,))
        yield Part(match.start(), stop, wanted_rows(scope, test))


def _counted(scope: Scope, text: str, start: int) -> tuple[tuple[Column, ...], int]:
    """The columns that an amount may be of, and where the words that say so end."""
    behind = re.match(r" (\w+)", text[start:])
    named = named_columns(scope, (behind[1],)) if behind else ()
    numbers = tuple(c for c in named if c.family in (Family.INTEGER, Family.DECIMAL, Family.FLOAT))
    return (numbers, start + behind.end()) if behind and numbers else (scope.legacy.amounts, start)


def _presence(scope: Scope, text: str) -> Iterator[Found]:
    match = _PRESENCE.search(text.rstrip(" .!"))
    columns = named_columns(scope, tuple(match["column"].split())) if match else ()
    if match and len(columns) == 1:
        without = any(word in match["how"] for word in ("without", "no", "lacking", "missing"))
        op = Operator.IS_NULL if without == scope.wanted else Operator.NOT_NULL
        yield Part(match.start(), match.end(), Comparison(column=columns[0].name, op=op))


def _places(scope: Scope, text: str) -> Iterator[Found]:
    match = _PLACE.search(re.sub(r"[ .!]+(please[ .!]*)?$", "", text))
    if match is None or "~" in match.group() or not scope.legacy.places:
        return
    folded = match["value"].removeprefix("the ")
    value = scope.said.part(match.end() - len(folded), match.end()).typed
    columns = scope.legacy.places
    if folded in COUNTRIES:
        columns = tuple(c for c in columns if "country" in scope.legacy.words(c.name)) or columns
        value = COUNTRIES[folded]
    if len(columns) != 1:
        yield Doubt(tuple(f"{_opening(scope)} whose {c.name} is {value}" for c in columns))
        return
    test = Comparison(column=columns[0].name, op=Operator.EQUAL, values=(value,))
    yield Part(match.start(), match.end(), wanted_rows(scope, test))


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
