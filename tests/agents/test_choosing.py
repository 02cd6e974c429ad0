"""What is no answer to an open question, although its words are like an option's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ferryman.agents.context import Context
from ferryman.agents.understand import understand
from ferryman.domain.changes import SetFilter
from ferryman.domain.conversation import AnswerQuestion, ChangePlan
from tests.agents.scenery import CLINIC, CLINIC_PLAN, ORPHANS

QUESTION = ORPHANS.but(
    table="appointments",
    text="30 rows of appointments refer by patient_id to a row of patients that never was in the old database.",
    options=(ORPHANS.options[0].but(key="quarantine", text="Leave these 30 rows out and keep them in quarantine"),),
)


@pytest.fixture
def asked() -> Context:
    return replace(CLINIC, plan=CLINIC_PLAN.but(questions=(QUESTION,)))


@pytest.mark.parametrize("words", ["leave deleted patients out", "leave the deleted patients out please"])
def test_rows_of_another_kind_are_left_out_by_a_filter(words: str, asked: Context) -> None:
    found = understand(words, asked)
    assert isinstance(found, ChangePlan)
    (change,) = found.changes
    assert isinstance(change, SetFilter)
    assert change.table == "patients"


@pytest.mark.parametrize(
    "words", ["leave them out", "leave the 30 out", "leave these rows out", "set the 30 rows aside"]
)
def test_the_rows_of_the_question_are_left_out_by_answering_it(words: str, asked: Context) -> None:
    assert understand(words, asked) == AnswerQuestion(question=QUESTION.id, option="quarantine")
