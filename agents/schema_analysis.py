"""The Schema Analysis agent, by rules: what each target table is, what feeds it, what stands in the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ferryman.agents.challenges import Seen, challenges
from ferryman.agents.feeding import fed_by, pairings
from ferryman.agents.pairing import Pairing, references
from ferryman.agents.table_type import Surroundings, complexity, first_type, table_type
from ferryman.agents.wording import listed
from ferryman.domain.findings import (
    Challenge,
    ChallengeKind,
    Findings,
    LeftOut,
    Match,
    Matches,
    TableFinding,
    TableStatus,
)
from ferryman.domain.profile import Profile
from ferryman.domain.references import rings
from ferryman.domain.schema import Database, ForeignKey, Table, TableKind

NOTHING_FEEDS = "nothing in the old application feeds it"
FEEDS_NOTHING = "it feeds nothing in the new application"
NO_ROWS = "it has no rows and feeds nothing in the new application"
LEAST_SECOND = 0.4  #: likeness from which a second old table for one new table is spoken of


def analyze(
    source: Database, target: Database, source_profile: Profile, target_profile: Profile, matches: Matches
) -> Findings:
    """Findings for every data table of the target, in its order, and what nothing will be done with.

    Facts come from the catalogues, the profiles' counts and the matches; a table that only a guess feeds has
    `sure=False`.
    """
    analysis = _Analysis(source, target, source_profile, target_profile, matches)
    tables = tuple(analysis.finding(table) for table in target.data_tables)
    return Findings(tables=tables, left_out=_left_out(analysis), cycles=analysis.cycles)


class _Analysis:
    """The facts of one analysis, and what is worked out of them once for all tables."""

    def __init__(
        self, source: Database, target: Database, source_profile: Profile, target_profile: Profile, matches: Matches
    ) -> None:
        self.source, self.target = source, target
        self.source_profile, self.target_profile = source_profile, target_profile
        self.pairings = pairings(source, target, matches)
        self.candidates = _by_target(matches.tables)
        self.seconds = _seconds(self.pairings, source, source_profile, matches)
        self.fed = fed_by(self.pairings, matches)
        self.references = {table.name: self._references(table) for table in target.data_tables}
        self.children = _children(self.references)
        self.cycles = _cycles(self.references)

    def _references(self, table: Table) -> tuple[ForeignKey, ...]:
        pairing = self.pairings.get(table.name)
        return references(pairing, self.fed, self.target) if pairing else table.foreign_keys

    def rows(self, table: str) -> int:
        """Rows of the legacy table that feeds a target table, else its own."""
        pairing = self.pairings.get(table)
        return self.source_profile.rows(pairing.source.name) if pairing else self.target_profile.rows(table)

    def status(self, table: str) -> TableStatus:
        return status_of(self.target_profile.rows(table), self.rows(table) if table in self.pairings else None)

    def must_be_filled(self, table: str) -> bool:
        return table in self.pairings and self.rows(table) > 0 and self.status(table) is not TableStatus.POPULATED

    def finding(self, table: Table) -> TableFinding:
        pairing, keys = self.pairings.get(table.name), self.references[table.name]
        around = self._around(table.name)
        kind, evidence = table_type(table, around)
        found = challenges(self._seen(pairing)) if pairing else ()
        parents = tuple(dict.fromkeys(key.parent for key in keys if key.parent != table.name))
        return TableFinding(
            target_table=table.name,
            source_table=pairing.source.name if pairing else None,
            part_of=pairing.part_of if pairing else "",
            status=self.status(table.name),
            record_count=self.rows(table.name) if pairing else 0,
            target_count=self.target_profile.rows(table.name),
            first_type=first_type(table, around),
            table_type=kind,
            type_evidence=evidence,
            parents=parents,
            relationships=tuple(relationship(key) for key in keys),
            source_relationships=tuple(_legacy_relationship(k) for k in pairing.source.foreign_keys) if pairing else (),
            dependencies=tuple(parent for parent in parents if self.must_be_filled(parent)),
            complexity=complexity(kind, keys, found, sure=pairing.sure if pairing else True),
            challenges=(*found, *self._second(table.name)),
            score=pairing.score if pairing else 0.0,
            sure=pairing.sure if pairing else True,
            alternatives=self._alternatives(table.name),
        )

    def _second(self, table: str) -> Iterator[Challenge]:
        for match in self.seconds.values():
            if match.target == table:
                told = _second_words(match, self).replace("it looks", f"{match.source} looks", 1)
                yield Challenge(kind=ChallengeKind.OTHER, table=table, text=f"{told}. {_way_for(match, self)}")

    def _around(self, table: str) -> Surroundings:
        children = [child for child in self.children.get(table, ()) if child != table]
        largest = max((self.rows(child) for child in children), default=0)
        own = self.pairings[table].own if table in self.pairings else {}
        references = tuple(key for key in self.references[table] if own.keys().isdisjoint(key.columns))
        return Surroundings(self.rows(table), references, children, largest)

    def _seen(self, pairing: Pairing) -> Seen:
        name = pairing.target.name
        ring = next((ring for ring in self.cycles if name in ring), ())
        profile = self.source_profile.by_name.get(pairing.source.name)
        return Seen(pairing, self.references[name], profile, ring, self._taken_elsewhere(pairing))

    def _taken_elsewhere(self, pairing: Pairing) -> frozenset[str]:
        """The legacy columns that tables made of the same rows take; for one that takes parts of rows, all of them."""
        if pairing.part_of:
            return frozenset(pairing.source.by_name)
        parts = (part for part in self.pairings.values() if part.part_of == pairing.target.name)
        return frozenset(choice.source for part in parts for choice in part.columns.values())

    def _alternatives(self, table: str) -> tuple[Match, ...]:
        pairing = self.pairings.get(table)
        chosen = pairing.source.name if pairing else None
        return tuple(match for match in self.candidates.get(table, ()) if match.source != chosen)


def status_of(target_rows: int, source_rows: int | None) -> TableStatus:
    """How full a target table is, by the rule of `TableStatus`; `source_rows` is None when nothing feeds it."""
    if target_rows == 0:
        return TableStatus.EMPTY
    if source_rows is not None and target_rows < source_rows:
        return TableStatus.PARTIAL
    return TableStatus.POPULATED


def relationship(key: ForeignKey) -> str:
    """A reference as it is shown: "project_id -> projects.id"."""
    return f"{', '.join(key.columns)} -> {key.parent}.{', '.join(key.parent_columns)}"


def _legacy_relationship(key: ForeignKey) -> str:
    return f"{', '.join(key.columns)} -> {key.parent}"


def _seconds(chosen: Mapping[str, Pairing], source: Database, profile: Profile, matches: Matches) -> dict[str, Match]:
    """Legacy tables with rows that feed nothing, and look like a new table that another one surely feeds; by name."""
    feeding = {pairing.source.name for pairing in chosen.values()}
    free = {table.name for table in source.data_tables if table.name not in feeding and profile.rows(table.name)}
    found: dict[str, Match] = {}
    for match in sorted(matches.tables, key=lambda match: (-match.score, match.target)):
        sure = match.target in chosen and chosen[match.target].sure
        if match.source in free and sure and match.score >= LEAST_SECOND and not _beside(match, chosen, source):
            found.setdefault(match.source, match)
    return found


def _beside(match: Match, chosen: Mapping[str, Pairing], source: Database) -> bool:
    """Whether the rows of a legacy table belong to rows of the one that feeds the target table: they are none of it."""
    return any(key.parent == chosen[match.target].source.name for key in source.table(match.source).foreign_keys)


def _by_target(found: Iterable[Match]) -> dict[str, list[Match]]:
    candidates: dict[str, list[Match]] = {}
    for match in sorted(found, key=lambda m: (not m.sure, -m.score, m.source)):
        candidates.setdefault(match.target, []).append(match)
    return candidates


def _children(references_of: Mapping[str, tuple[ForeignKey, ...]]) -> dict[str, list[str]]:
    children: dict[str, list[str]] = {}
    for child, keys in references_of.items():
        for parent in dict.fromkeys(key.parent for key in keys):
            children.setdefault(parent, []).append(child)
    return children


def _cycles(references_of: Mapping[str, tuple[ForeignKey, ...]]) -> tuple[tuple[str, ...], ...]:
    parents = {child: [key.parent for key in keys] for child, keys in references_of.items()}
    return tuple(ring for ring in rings(tuple(references_of), parents) if len(ring) > 1)


def _left_out(analysis: _Analysis) -> tuple[LeftOut, ...]:
    feeding = set(analysis.fed.sources.values())
    ours = [_source_left_out(t, analysis) for t in analysis.source.tables if t.name not in feeding]
    theirs = [
        _target_left_out(table, analysis)
        for table in analysis.target.tables
        if table.name not in analysis.pairings and table.kind is not TableKind.LEDGER
    ]
    return (*ours, *theirs)


def _source_left_out(table: Table, analysis: _Analysis) -> LeftOut:
    rows = _counted(table, analysis.source_profile)
    reason = NO_ROWS if rows == 0 else _second_of(table, analysis) or _named_still(table, analysis) or FEEDS_NOTHING
    return LeftOut(side="source", table=table.name, rows=rows, reason=_kind_reason(table) or reason)


def _second_of(table: Table, analysis: _Analysis) -> str:
    """What to do with the second of two old tables for one new table; "" where it is none."""
    match = analysis.seconds.get(table.name)
    return f"{_second_words(match, analysis)}. {_way_for(match, analysis)}" if match else ""


def _named_still(table: Table, analysis: _Analysis) -> str:
    """What references without a place name a legacy table, where new ones that nothing fills lead to one new table: its
    rows may belong there, beside those of another legacy table. "" where there are none."""
    found = {name: pair for name, p in analysis.pairings.items() if (pair := _without_place(p, table.name, analysis))}
    if not found:
        return ""
    (first, (old, new)), *_ = found.items()
    later = listed(name for name, (_, other) in found.items() if other.parent == new.parent)
    source = analysis.pairings[first].source.name
    return (
        f"{', '.join(old.columns)} of {source} names its rows, and nothing fills {', '.join(new.columns)} of {first},"
        f" which names {new.parent}. If they belong there as well, leave {later} out for now, then say"
        f' "move {table.name} into {new.parent}", and "move {later}" last'
    )


def _without_place(pairing: Pairing, parent: str, analysis: _Analysis) -> tuple[ForeignKey, ForeignKey] | None:
    """The first legacy reference to a table that feeds nothing, and the first new one that nothing fills."""
    placed = {choice.source for choice in pairing.columns.values()}
    ours = (k for k in pairing.source.foreign_keys if k.parent == parent and placed.isdisjoint(k.columns))
    empty = (k for k in analysis.references[pairing.target.name] if not any(map(pairing.feeds, k.columns)))
    theirs = (key for key in empty if key.parent in analysis.fed.sources and key.parent != pairing.target.name)
    pair = next(ours, None), next(theirs, None)
    return (pair[0], pair[1]) if pair[0] and pair[1] else None


def _second_words(match: Match, analysis: _Analysis) -> str:
    first = analysis.fed.sources[match.target]
    return f"it looks like {match.target} as well, which {first} fills, and a plan fills a new table from one old table"


def _way_for(match: Match, analysis: _Analysis) -> str:
    """The plan of its own by which a second table comes, with what refers to it: only there its new keys are known."""
    below = {child.name for child, _ in analysis.source.children(match.source)} - {match.source}
    fed = [name for name, source in analysis.fed.sources.items() if source in below and name != match.target]
    asked = listed((match.target, *fed))
    return f'When that is done, ask for it anew: "fill {asked}", then "{match.source} goes into {match.target}"'


def _target_left_out(table: Table, analysis: _Analysis) -> LeftOut:
    rows = _counted(table, analysis.target_profile)
    return LeftOut(side="target", table=table.name, rows=rows, reason=_kind_reason(table) or NOTHING_FEEDS)


def _counted(table: Table, profile: Profile) -> int | None:
    found = profile.by_name.get(table.name)
    return found.rows if found else None


def _kind_reason(table: Table) -> str:
    said = {
        TableKind.DATA: "",
        TableKind.VIEW: "a view: computed, not stored",
        TableKind.FRAMEWORK: "the framework's own table",
        TableKind.LEDGER: "Ferryman's own records",
    }[table.kind]
    return said if table.kind is TableKind.DATA else table.kind_reason or said
