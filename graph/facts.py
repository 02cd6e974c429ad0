"""The facts of a conversation, fetched from the shelf by the names that state keeps."""

from __future__ import annotations

from dataclasses import dataclass

from ferryman.domain.counterparts import Looked
from ferryman.domain.earlier import Earlier
from ferryman.domain.findings import Findings, Matches
from ferryman.domain.profile import Profile
from ferryman.domain.schema import Database
from ferryman.graph.context import Shelf


@dataclass(frozen=True)
class Catalogues:
    """Both catalogues as they were read."""

    source: Database
    target: Database

    @staticmethod
    def of(facts: dict[str, str], shelf: Shelf) -> Catalogues:
        return Catalogues(shelf.get(facts["source"], Database), shelf.get(facts["target"], Database))

    @staticmethod
    def known(facts: dict[str, str], shelf: Shelf) -> Catalogues:
        """With the references that discovery inferred from names and values, once it has."""
        known = (facts.get(f"{side}_known", facts[side]) for side in ("source", "target"))
        return Catalogues(*(shelf.get(digest, Database) for digest in known))


@dataclass(frozen=True)
class Analysis:
    """What discovery found. The catalogues here also hold references that were inferred from names and values."""

    source: Database
    target: Database
    source_profile: Profile
    target_profile: Profile
    matches: Matches
    findings: Findings
    looked: Looked
    earlier: Earlier

    @staticmethod
    def of(facts: dict[str, str], shelf: Shelf) -> Analysis:
        return Analysis(
            source=shelf.get(facts["source_known"], Database),
            target=shelf.get(facts["target_known"], Database),
            source_profile=shelf.get(facts["source_profile"], Profile),
            target_profile=shelf.get(facts["target_profile"], Profile),
            matches=shelf.get(facts["matches"], Matches),
            findings=shelf.get(facts["findings"], Findings),
            looked=shelf.get(facts["looked"], Looked),
            earlier=shelf.get(facts["earlier"], Earlier),
        )

    @staticmethod
    def known(facts: dict[str, str]) -> bool:
        return "earlier" in facts
