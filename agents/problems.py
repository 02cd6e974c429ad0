"""What stopped and what can be done about it, as a person reads it."""

from __future__ import annotations

from ferryman.agents.wording import first_upper
from ferryman.domain.guidance import OptionExplained, ProblemExplained
from ferryman.domain.recovery import Decision


def explain_problem(decision: Decision) -> ProblemExplained:
    """A decision as it is put before a person: situation, impact, numbered options, the recommended one."""
    return ProblemExplained(
        situation=first_upper(decision.situation),
        impact=first_upper(decision.impact),
        options=tuple(
            OptionExplained(
                choice=first_upper(option.choice) + (" (tried before, and it failed)" if option.failed_before else ""),
                time=option.time,
                safety=option.safety,
                tradeoff=option.tradeoff,
            )
            for option in decision.options
        ),
        recommendation=decision.recommendation,
        not_offered=decision.not_offered,
        question="Which one shall it be?" if len(decision.options) > 1 else "Shall I do that?",
        severity=decision.severity.value,
    )
