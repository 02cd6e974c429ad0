"""What an answer may be taken from."""

from __future__ import annotations

from dataclasses import dataclass

from ferryman.agents.context import Place
from ferryman.domain.findings import Findings
from ferryman.domain.mapping import TableMapping
from ferryman.domain.plan import Plan
from ferryman.domain.profile import Profile
from ferryman.domain.recovery import Decision
from ferryman.domain.run import Outcome, Status
from ferryman.domain.schema import Database

NO_PLAN = "There is no plan yet. Say what you want to move, and I will make one before anything is written."


@dataclass(frozen=True)
class AnswerFacts:
    """Everything that an answer may be taken from; None for what there is not (yet)."""

    place: Place
    findings: Findings | None = None
    plan: Plan | None = None
    source: Database | None = None
    target: Database | None = None
    profile: Profile | None = None  #: of the old database
    decision: Decision | None = None
    status: Status | None = None  #: of the run that goes by the plan, once it has begun
    reason: str = ""  #: why it is paused
    outcome: Outcome | None = None
    writes: tuple[str, ...] = ()  #: every table that will be written, the ledger's too

    def mapping(self, target: str) -> TableMapping | None:
        return self.plan.mapping.by_target.get(target) if self.plan else None
