"""Rows by whether something is there: "without an email", "who never logged in", "not shipped yet"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ferryman.agents.comparing import Found, Part, Scope, named_columns
from ferryman.agents.talk import Doubt
from ferryman.domain.filters import Comparison, Operator
from ferryman.domain.schema import Column

_PRESENCE = re.compile(
    r"\b(?P<how>without|with no|with|that have no|have no|that have|that has no|has no|do not have|does not have"
    r"|that has|having no|having|lacking|missing)(?: (?:a|an|any|the))* (?P<column>\w+(?: \w+){0,2})$"
)
_ABSENT = frozenset("without no not lacking missing".split())
BEING = r"(?:have|has|had|were|was|are|is|did|do|does|been|be|got|get)"
_HAPPENED = re.compile(
    rf"\b(?:(?P<no>(?:{BEING} )*(?:not|never)(?: (?:{BEING}|yet|ever|once|even|actually))*)"
    rf"|(?P<yes>(?:have|has|had)(?: (?:been|ever|already|at least once))*|already|ever))"
    r" (?P<verb>[a-z]{3,}(?: (?:in|out|up|off|on|back|over)(?= |$))?)"
    r"(?: (?:yet|before|at all|so far|ever|once))*(?= |$)"
)


def presence(scope: Scope, text: str) -> Iterator[Found]:
    """ "with a fax", "without an email": of the column that is named; of one that says yes or no, what it says."""
    match = _PRESENCE.search(text.rstrip(" .!"))
    columns = named_columns(scope, tuple(match["column"].split())) if match else ()
    if match and len(columns) == 1:
        there = _ABSENT.isdisjoint(match["how"].split())
        column = columns[0]
        test = scope.legacy.flag(column, there == scope.wanted) if scope.legacy.is_flag(column) else None
        yield Part(match.start(), match.end(), test or _is_there(scope, column, there))


def happened(scope: Scope, text: str) -> Iterator[Found]:
    """ "who never logged in", "that have been shipped": of the moment that the verb points to."""
    for match in _HAPPENED.finditer(text):
        there = match["no"] is None
        columns = tuple(column for column in scope.legacy.pointed_at(match["verb"]) if column.nullable)
        if len(columns) > 1:
            yield Doubt(tuple(_clear(scope, column, there) for column in columns))
        elif columns:
            yield Part(match.start(), match.end(), _is_there(scope, columns[0], there))


def _is_there(scope: Scope, column: Column, there: bool) -> Comparison:
    return Comparison(column=column.name, op=Operator.NOT_NULL if there == scope.wanted else Operator.IS_NULL)


def _clear(scope: Scope, column: Column, there: bool) -> str:
    return f"{scope.lead} {scope.known.label} whose {column.name} is {'not ' if there else ''}empty"
