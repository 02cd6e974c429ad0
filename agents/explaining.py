"""The facts in other words: a model explains, and answers a question, from facts alone.

Its text stands beside the rules' own words, never instead of them, and only when every number, name and claim in it
stands in the facts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ferryman.agents.advice import Desk, Question, advise
from ferryman.agents.answer_facts import AnswerFacts
from ferryman.agents.answers import answer
from ferryman.agents.budget import fitting
from ferryman.agents.choices import Told
from ferryman.agents.redact import free_of_values
from ferryman.agents.sayable import unsayable
from ferryman.agents.wording import rows_were
from ferryman.domain.conversation import Ask, Topic
from ferryman.domain.run import Outcome
from ferryman.prompts.render import render

#: Questions whose answers hold neither a row's value nor a time that was measured here.
TOPICS = (Topic.TABLE, Topic.COLUMN, Topic.ORDER, Topic.WRITES, Topic.LEFT_OUT, Topic.MATCH, Topic.PROBLEM)


class Explanation(Told):
    """The facts in plain words."""

    known: bool
    text: str


def in_other_words(ask: Ask, facts: AnswerFacts, desk: Desk | None) -> str:
    """The answer to a question in a model's words; "" where there is none that may be shown."""
    of_plan = facts.status is None or (facts.decision is not None and ask.topic is Topic.PROBLEM)
    if desk is None or ask.topic not in TOPICS or not of_plan or not _tellable(ask, facts):
        return ""
    about = "About a plan that nobody has approved yet:" if facts.status is None else "About a run that has stopped:"
    return explain(about, answer(ask, facts).splitlines(), ask.text, desk)


def outcome_in_words(outcome: Outcome, desk: Desk | None) -> str:
    """How a run ended, in a model's words; "" where there is none that may be shown."""
    return explain("How a migration has ended:", list(_ended(outcome)), "", desk)


def explain(about: str, facts: Sequence[str], question: str, desk: Desk | None) -> str:
    """The facts in a model's words; "" where there is none that may be shown."""
    if desk is None:
        return ""
    kept = fitting([fact.strip() for fact in facts if fact.strip()], desk.adviser.limits.prompt_tokens // 2)
    known = "\n".join(kept)
    asked = Question(
        call="explain",
        prompt=render("explain", about=about, facts=kept, question=question),
        shape=Explanation,
        check=lambda found: unsayable(found.text, known) if found.known else "",
    )
    found = advise(asked, desk)
    return found.text.strip() if found and found.known else ""


def _tellable(ask: Ask, facts: AnswerFacts) -> bool:
    """Whether what is asked about can be told without a value."""
    copied = facts.plan.mapping.copied if facts.plan else ()
    return all(free_of_values(table) for table in copied)


def _ended(outcome: Outcome) -> Iterable[str]:
    yield f"The run ended as: {outcome.status.value.replace('_', ' ')}."
    yield f"{rows_were(outcome.records_migrated)} moved."
    if outcome.records_quarantined:
        yield f"{rows_were(outcome.records_quarantined)} set aside, with the reason, for later."
    yield f"The check against the old database: {outcome.validation.lower()}."
    if outcome.rollback_available:
        yield "It can still be undone."
