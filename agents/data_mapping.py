"""The Data Mapping agent, by rules: what is sure is mapped, what is not is mapped as a guess and asked about."""

from __future__ import annotations

from ferryman.agents.facts import Facts
from ferryman.agents.questions import questions_about
from ferryman.agents.selection import referred, selected
from ferryman.agents.table_mapping import build
from ferryman.domain.changes import Question
from ferryman.domain.coordination import Request
from ferryman.domain.mapping import Mapping


def propose(request: Request, facts: Facts) -> tuple[Mapping, tuple[Question, ...]]:
    """The mapping for a request, and what only a person can say about it.

    A guess stands in the mapping so that the plan can be seen whole; its question is open, and a plan with an open
    question does not run.
    """
    copied = selected(request, facts)
    fed = facts.fed
    mapping = build(copied, referred(copied, facts, fed), facts, fed)
    return mapping, questions_about(mapping, facts)
