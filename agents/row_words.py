"""Some rows of an old table into a new one: "posts whose type is page go into pages, the others into articles"."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ferryman.agents.comparing import Scope, negated
from ferryman.agents.conditions import condition
from ferryman.agents.filtering import parts_of, wanted_as_well
from ferryman.agents.hints import Legacy
from ferryman.agents.mapping_words import map_names, table_named
from ferryman.agents.sentence import Sentence
from ferryman.agents.talk import Doubt, Edit, Talk
from ferryman.domain.changes import MapTable, SetFilter
from ferryman.domain.filters import AllOf, Filter

_INTO = r"(?:(?:in to|into)|(?:go|goes|belong|belongs|move|moves|come|comes) (?:to|in|under|onto)|->)"
_ONLY = r"(?:(?:,|but|and|only|just|the ones|those|for (?:those|rows)) )*"
_GO = r"(?:(?:should|must|shall|will|go|goes|belong|belongs|come|comes|are|is|be|put|moved) )*"
_WHERE = r"(?:where|whose|with|without|having|if|when|which|that|who)"
#: "wp_posts goes into pages where type is page", "fill pages from wp_posts where type is page"
_BEHIND = re.compile(rf"^(?P<pair>.+?) {_ONLY}(?P<rows>{_WHERE} .+)$")
#: "posts with type page go into pages", "those with type page into pages"
_BETWEEN = re.compile(
    rf"^(?:(?:please|put|move|copy|bring|take|send|migrate|all|the|my|our|only) )*(?P<old>.+?) (?P<rows>{_WHERE} .+?)"
    rf" {_GO}{_INTO} (?P<new>.+)$"
)
_OTHERS = re.compile(
    rf"^(?:and |all )?(?:the )?(?:others?|rest|remaining(?: ones| rows)?|other ones|other rows|everything else) "
    rf"{_GO}(?:{_INTO}|to|in) "
    r"(?P<new>.+)$"
)
_SAME = re.compile(r"^(?:(?:the )?(?:ones|those|rows|records)|they|all those)$")
_CUT = re.compile(r" (?:, and|, but|and|but|,|;) ")


@dataclass(frozen=True)
class _Rows:
    """Those rows of an old table that go into a new one; no test: all of them, as far as this says."""

    source: str
    target: str
    test: Filter | None

    def changes(self, talk: Talk) -> tuple[MapTable | SetFilter, ...]:
        pair = MapTable(source=self.source, target=self.target)
        mapped = next((m for m in talk.context.mapped if m.target == self.target), None)
        if self.test is None:
            return (pair,)
        already = mapped.filter if mapped and mapped.source == self.source else None
        return (pair, SetFilter(table=self.target, filter=wanted_as_well(self.test, already)))


def map_rows(said: Sentence, talk: Talk) -> Edit:
    """Rows of a table by a condition into another table, one pair or several; None where no condition is said."""
    found = _several(said.part(0, len(said.text.rstrip(" .!,"))), talk)
    if isinstance(found, Doubt):
        return found
    if not any(rows.test is not None for rows in found):
        return None
    return tuple(change for rows in found for change in rows.changes(talk))


def _several(said: Sentence, talk: Talk) -> list[_Rows] | Doubt:
    """Piece by piece, each as long as it makes sense; nothing where a piece is left that makes none."""
    cuts = list(_CUT.finditer(said.text))
    ends = [len(said.text), *(cut.start() for cut in reversed(cuts))]
    next_start = {cut.start(): cut.end() for cut in cuts}
    doubt: Doubt | None = None

    def from_(start: int, before: tuple[_Rows, ...]) -> list[_Rows] | None:
        nonlocal doubt
        for end in sorted(end for end in ends if end > start):
            found = _one(said.part(start, end), before, talk)
            if isinstance(found, Doubt):
                doubt = doubt or found
            elif found and end == len(said.text):
                return [*before, found]
            elif found and (whole := from_(next_start[end], (*before, found))):
                return whole
        return None

    return from_(0, ()) or doubt or []


def _one(said: Sentence, before: Iterable[_Rows], talk: Talk) -> _Rows | Doubt | None:
    if others := _OTHERS.match(said.text):
        return _others(said.slot(others, "new"), tuple(before), talk)
    if (behind := _BEHIND.match(said.text)) and (pair := _pair(said.slot(behind, "pair"), talk)):
        return _tested(pair, said.slot(behind, "rows"), talk)
    if between := _BETWEEN.match(said.text):
        old, new = said.slot(between, "old"), table_named(said.slot(between, "new"), talk, "target")
        same = [rows.source for rows in before][-1:] if _SAME.match(old.text) else []
        named = None if same else table_named(old, talk, "source")
        source = same[0] if same else (named.source if named else None)
        if source and new and new.target:
            return _tested(MapTable(source=source, target=new.target), said.slot(between, "rows"), talk)
    pair = _pair(said, talk)
    return _Rows(pair.source, pair.target, None) if pair else None


def _pair(said: Sentence, talk: Talk) -> MapTable | None:
    found = map_names(said, talk)
    pairs = [one for one in found if isinstance(one, MapTable)] if isinstance(found, tuple) else []
    return pairs[0] if len(pairs) == 1 and isinstance(found, tuple) and len(found) == 1 else None


def _tested(pair: MapTable, said: Sentence, talk: Talk) -> _Rows | Doubt | None:
    known = next((one for one in talk.names.known if one.source == pair.source), None)
    if known is None:
        return None
    test = condition(Scope(said, known, _legacy(pair, talk), talk.names, "only", True, talk.context.today))
    return test if test is None or isinstance(test, Doubt) else _Rows(pair.source, pair.target, test)


def _others(new: Sentence, before: tuple[_Rows, ...], talk: Talk) -> _Rows | None:
    """The rows of the table before that none of its tests takes."""
    target, tests = table_named(new, talk, "target"), [rows.test for rows in before if rows.test]
    one_table = len({rows.source for rows in before}) == 1 and len(tests) == len(before)
    if not target or not target.target or not one_table:
        return None
    pair = MapTable(source=before[0].source, target=target.target)
    none = [part for test in tests for part in parts_of(negated(test, _legacy(pair, talk)))]
    return _Rows(pair.source, pair.target, AllOf(of=tuple(none)) if len(none) > 1 else none[0])


def _legacy(pair: MapTable, talk: Talk) -> Legacy:
    mapped = next((m for m in talk.context.mapped if (m.source, m.target) == (pair.source, pair.target)), None)
    known = talk.context.target.by_name
    return Legacy(talk.context.source.table(pair.source), mapped, known.get(pair.target))
