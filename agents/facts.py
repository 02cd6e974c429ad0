"""What tools measured and analysis found, as the mapping and planning agents take it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from uuid import UUID

from ferryman.agents.feeding import fed_by, feeding, pairings
from ferryman.agents.pairing import Choice, Fed, Pairing, pair
from ferryman.domain.counterparts import Looked
from ferryman.domain.earlier import Earlier
from ferryman.domain.findings import Findings, Match, Matches
from ferryman.domain.mapping import NAMESPACE, IdPolicy, TableMapping
from ferryman.domain.mapping import Mapping as TablesMapping
from ferryman.domain.profile import ColumnProfile, Profile
from ferryman.domain.schema import Database
from ferryman.domain.transforms import Rename
from ferryman.domain.zones import UTC


@dataclass(frozen=True)
class Facts:
    """One look at both databases. Nothing here changes while a plan is discussed.

    The catalogues alone will do for taking in a decision; discovery gives the rest.
    """

    source: Database
    target: Database
    source_profile: Profile = field(default_factory=Profile)
    target_profile: Profile = field(default_factory=Profile)
    matches: Matches = field(default_factory=Matches)
    findings: Findings = field(default_factory=Findings)
    #: By target table: the policy that suits its keys, or the reason why none does.
    identities: Mapping[str, IdPolicy | str] = field(default_factory=dict)
    namespace: UUID = NAMESPACE
    time_zone: str = UTC  #: of the old application's clock, where its moments name none
    looked: Looked = field(default_factory=Looked)  #: for rows of the target among the old ones
    earlier: Earlier = field(default_factory=Earlier)  #: tables that runs before this one brought

    @cached_property
    def pairings(self) -> dict[str, Pairing]:
        """Who feeds whom by the matches alone."""
        return pairings(self.source, self.target, self.matches)

    @cached_property
    def fed(self) -> Fed:
        """Which legacy table feeds which target table, by the matches alone."""
        return fed_by(self.pairings, self.matches)

    def fed_in(self, mapping: TablesMapping) -> Fed:
        """Who feeds whom: as a mapping has it, and for all other tables as the matches have it."""
        ours = {table.target: table.source for table in mapping.tables}
        return self.fed_with(ours)

    def fed_with(self, ours: Mapping[str, str]) -> Fed:
        """Who feeds whom, these target tables by these legacy tables (target -> source)."""
        sources = {**self.fed.sources, **ours}
        whole = {n: p.score for n, p in self.pairings.items() if sources[n] == p.source.name and not p.part_of}
        found = feeding(sources, {*self.fed.sure, *ours}, self.target, whole)
        return replace(found, brought=self.fed.brought)

    def pairing(self, source: str, target: str, fed: Fed) -> Pairing:
        """The pairing of two tables; one that the matches did not choose is taken as decided by a person.

        Where a parent is fed by another table than the matches say, what refers to it is chosen anew.
        """
        known = self.pairings.get(target)
        if known and known.source.name == source:
            parents = {key.parent for key in known.target.foreign_keys} | {*known.own.values()} - {target}
            same = fed.parts == self.fed.parts
            if same and all(fed.sources.get(name) == self.fed.sources.get(name) for name in parents):
                return known
            match = Match(source=source, target=target, score=known.score, sure=known.sure)
            return replace(pair(known.source, known.target, match, self.matches, fed), why=known.why)
        decided = Match(source=source, target=target, score=1.0, sure=True)
        return pair(self.source.table(source), self.target.table(target), decided, self.matches, fed)

    def paired(self, table: TableMapping, mapping: TablesMapping) -> Pairing:
        """The pairing of a table of a mapping with the one that feeds it there, and the columns as a person said."""
        found = self.pairing(table.source, table.target, self.fed_in(mapping))
        plain = (column for column in table.columns if column.is_said and len(column.source) == 1)
        said = {c.target: Choice(c.source[0], True, 1.0) for c in plain if all(isinstance(s, Rename) for s in c.steps)}
        return replace(found, columns={**found.columns, **said}) if said else found

    def column(self, table: str, name: str) -> ColumnProfile | None:
        """The profile of a legacy column, where it was read."""
        found = self.source_profile.by_name.get(table)
        return found.by_name.get(name) if found else None

    def target_column(self, table: str, name: str) -> ColumnProfile | None:
        """The profile of a target column, where it was read."""
        found = self.target_profile.by_name.get(table)
        return found.by_name.get(name) if found else None
