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


PRESENT = QUESTION.but(
    id="present:patients",
    table="patients",
    text="patients has 2 rows already, and no column tells which of them are legacy rows. What now?",
    options=(
        ORPHANS.options[0].but(key="add", text="Add all 36 rows beside them"),
        ORPHANS.options[0].but(key="name", text="Rows with the same name are the same"),
        ORPHANS.options[0].but(key="leave_out", text="Leave patients out"),
    ),
    recommended="leave_out",
)


@pytest.mark.parametrize(
    "words",
    [
        "they are all new",
        "these are new rows",
        "the patients are all new: give them new keys",
        "give them new numbers",
        "add them as new ones",
    ],
)
def test_rows_that_are_called_new_are_added(words: str, asked: Context) -> None:
    asked = replace(asked, plan=CLINIC_PLAN.but(questions=(PRESENT,)))
    assert understand(words, asked) == AnswerQuestion(question=PRESENT.id, option="add")


@pytest.mark.parametrize("words", ["the appointments are all new", "none of them is new", "are they new?"])
def test_other_rows_that_are_called_new_are_not(words: str, asked: Context) -> None:
    asked = replace(asked, plan=CLINIC_PLAN.but(questions=(PRESENT,)))
    assert not isinstance(understand(words, asked), AnswerQuestion)
