"""Which legacy tables feed which target tables: the best matches, then tables that take parts of rows fed already.

One old table often fills two or three new ones: users -> users and user_emails. The second is told by its reference to
the first, or the other way round, and by the old columns that have no place in the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ferryman.agents.bookkeeping import content_words, words
from ferryman.agents.pairing import LEAST_TABLE, LIKELY_PART, Choice, Fed, Pairing, is_content, named_after, pair
from ferryman.agents.places_left import homeless, unfilled
from ferryman.agents.vocabulary import key as singular
from ferryman.agents.wording import listed
from ferryman.domain.findings import Evidence, Match, Matches
from ferryman.domain.schema import Database, Family, Table

MOST_OTHERS = 3  #: candidates beside the one that was chosen for a table
_SAME = 0.9  #: of a column's score, as of one whose name says the same
_HALF = 0.5  #: of the columns of content
_BOTH = 2  #: columns of content that two tables share where each takes whole rows of its own
_NO_SOURCE = frozenset((Family.BOOLEAN, Family.ENUM))  #: what may be asked for where nothing else is missing


def pairings(source: Database, target: Database, matches: Matches) -> dict[str, Pairing]:
    """The pairing of every target table that a legacy table feeds, by target name, in the target's order.

    A legacy table feeds one target table, the sure and then the best match first; and those that take what has no place
    there.
    """
    chosen = _choose_tables(source, target, matches)
    sure, brought = {match.target for match in chosen if match.sure}, frozenset(matches.brought)
    fed = Fed({match.target: match.source for match in chosen}, sure, brought=brought)
    made = _paired(chosen, source, target, matches, fed)
    if found := _parts(target, matches, made, fed):
        chosen = [*chosen, *(part.match for part in found)]
        parts = {part.match.target: part.main for part in found}
        fed = Fed({match.target: match.source for match in chosen}, fed.sure, parts, brought)
        made = _paired(chosen, source, target, matches, fed)
    return {table.name: made[table.name] for table in target.tables if table.name in made}


def other_pairings(
    found: Mapping[str, Pairing], source: Database, target: Database, matches: Matches
) -> Iterator[Pairing]:
    """The next best candidates for tables that another one feeds, a few for each: a person may choose one of them."""
    fed, left, ours = (
        fed_by(found, matches),
        dict.fromkeys(found, MOST_OTHERS),
        {table.name for table in source.data_tables},
    )
    for match in sorted(matches.tables, key=lambda m: (-m.score, m.source, m.target)):
        chosen = found.get(match.target)
        if chosen and left[match.target] and match.source in ours - {chosen.source.name}:
            left[match.target] -= 1
            yield pair(source.table(match.source), chosen.target, match, matches, fed)


def fed_by(found: Mapping[str, Pairing], matches: Matches) -> Fed:
    """Which legacy table feeds which target table, out of the pairings."""
    return Fed(
        {name: pairing.source.name for name, pairing in found.items()},
        {name for name, pairing in found.items() if pairing.sure},
        {name: pairing.part_of for name, pairing in found.items() if pairing.part_of},
        frozenset(matches.brought),
    )


def feeding(sources: Mapping[str, str], sure: Iterable[str], target: Database, mains: Mapping[str, float]) -> Fed:
    """Who feeds whom, with the tables that take parts of another's rows. `mains`: the score of each table that the
    matches chose for a legacy table as a whole."""
    parts: dict[str, str] = {}
    for source in dict.fromkeys(sources.values()):
        fed = [name for name, feeds in sources.items() if feeds == source and name in target.by_name]
        if len(fed) > 1:
            main = max(fed, key=lambda name: (name in mains, mains.get(name, 0.0), _is_called(name, source)))
            parts |= {name: main for name in fed if name != main and _is_part(name, main, target)}
    return Fed(sources, frozenset(sure), parts)


def _is_called(target: str, source: str) -> bool:
    return [singular(word) for word in words(target)] == [singular(word) for word in words(source)]


def _is_part(one: str, main: str, target: Database) -> bool:
    """Whether a table's rows are parts of another's: either refers to the other, and they do not hold the same."""
    ours, theirs = target.table(one), target.table(main)
    mine, its = ({content_words(c.name, t.name) for c in t.columns if is_content(c, t)} for t in (ours, theirs))
    shared = len(mine & its)
    return are_linked(ours, theirs) and not (shared >= _BOTH and shared >= _HALF * min(len(mine), len(its)))


def are_linked(one: Table, other: Table) -> bool:
    """Whether one of two tables refers to the other, by declaration or by a column that is called after it."""
    return any(
        any(key.parent == there.name for key in here.foreign_keys)
        or any(named_after(column.name, (there.name,)) for column in here.columns)
        for here, there in ((one, other), (other, one))
    )


def _choose_tables(source: Database, target: Database, matches: Matches) -> list[Match]:
    left, right = ({t.name for t in (*side.data_tables, *side.framework_lists)} for side in (source, target))
    chosen = []
    for match in sorted(matches.tables, key=lambda m: (not m.sure, -m.score, m.source, m.target)):
        if match.source in left and match.target in right and (match.sure or match.score >= LEAST_TABLE):
            chosen.append(match)
            left.discard(match.source)
            right.discard(match.target)
    return chosen


def _paired(chosen: list[Match], source: Database, target: Database, matches: Matches, fed: Fed) -> dict[str, Pairing]:
    return {
        match.target: pair(source.table(match.source), target.table(match.target), match, matches, fed)
        for match in chosen
    }


@dataclass(frozen=True)
class _Part:
    """A target table that may take what has no place in another one."""

    match: Match
    main: str
    takes: frozenset[str]  #: legacy columns


def _parts(target: Database, matches: Matches, made: Mapping[str, Pairing], fed: Fed) -> list[_Part]:
    """The likely parts, each table of one main table, each legacy column taken by the likeliest."""
    free = [table for table in target.data_tables if table.name not in made]
    likely = [part for table in free for main in made.values() for part in _likely(table, main, target, matches, fed)]
    found: list[_Part] = []
    for part in sorted(likely, key=lambda part: (-part.match.score, part.match.target, part.main)):
        rivals = (other for other in found if other.match.source == part.match.source)
        if part.match.target not in {other.match.target for other in found} and not any(
            part.takes & other.takes for other in rivals
        ):
            found.append(part)
    return found


def _likely(table: Table, main: Pairing, target: Database, matches: Matches, fed: Fed) -> Iterator[_Part]:
    if not are_linked(table, main.target) or not _is_part(table.name, main.target.name, target):
        return
    source, name = main.source, table.name
    trial = Fed({**fed.sources, name: source.name}, fed.sure, {name: main.target.name}, fed.brought)
    whole = Match(source=source.name, target=main.target.name, score=main.score, sure=main.sure)
    rest = set(homeless(pair(source, main.target, whole, matches, trial)))
    pairing = pair(source, table, Match(source=source.name, target=name, score=1.0), matches, trial)
    content = [c for c in table.columns if is_content(c, table) and c.name not in pairing.own]
    taken = {c.name: choice for c in content if (choice := pairing.columns.get(c.name)) and choice.source in rest}
    missing = [c for c in unfilled(pairing) if table.column(c).family not in _NO_SOURCE]
    if missing or len(taken) < _HALF * len(content) or not _speak(taken, table):
        return
    columns = tuple(dict.fromkeys(choice.source for choice in taken.values()))
    told = (
        f"{listed(columns)} of {source.name} {'has' if len(columns) == 1 else 'have'} no place in"
        f" {main.target.name}, and {'fits' if len(columns) == 1 else 'fit'} here"
    )
    score = round(sum(choice.score for choice in taken.values()) / len(content), 4)
    evidence = (Evidence(kind="part", weight=score, text=told),)
    match = Match(source=source.name, target=name, score=score, evidence=evidence)
    yield _Part(match, main.target.name, frozenset(columns))


def _speak(taken: Mapping[str, Choice], table: Table) -> bool:
    """Whether columns say by their names that they belong together: one by itself has to say the very same."""
    if any(choice.sure or choice.score >= _SAME for choice in taken.values()):
        return True
    likely = sum(choice.score >= LIKELY_PART for choice in taken.values())
    what = singular(words(table.name)[-1])
    return likely > 1 or any(content_words(choice.source)[-1:] == (what,) for choice in taken.values())
