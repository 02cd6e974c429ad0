"""Which values a person asks to see, in their own words."""

from __future__ import annotations

import pytest

from ferryman.agents.understand import understand
from ferryman.domain.conversation import ShowRows, ShowValues
from tests.agents.said import FOUND_PROBLEM, TROUBLED
from tests.agents.scenery import CLINIC, SHOP


@pytest.mark.parametrize(
    ("words", "table", "column"),
    [
        ("which values does Composer hold?", "tracks", "Composer"),
        ("What values are in Track.Composer?", "tracks", "Composer"),
        ("show me the values of duration_ms", "tracks", "Milliseconds"),
        ("list all the different values in BillingCity", "orders", "BillingCity"),
        ("which codes are there in BillingCountry", "orders", "BillingCountry"),
        ("show the distinct values for Composer of Track", "tracks", "Composer"),
    ],
)
def test_the_values_of_a_column_are_asked_for(words: str, table: str, column: str) -> None:
    assert understand(words, SHOP) == ShowValues(table=table, column=column)


def test_the_codes_of_a_column_of_numbers_are_asked_for() -> None:
    found = understand("which values does Status have?", CLINIC)
    assert found == ShowValues(table="appointments", column="Status")


@pytest.mark.parametrize("words", ["which values are wrong?", "what values do you need?", "show me the plan"])
def test_other_questions_are_none_about_values(words: str) -> None:
    assert not isinstance(understand(words, SHOP), ShowValues)


@pytest.mark.parametrize(
    ("words", "count", "problem"),
    [
        ("show me the {rows} {table}", 0, True),
        ("list those {rows} {table} please", 0, True),
        ("show me {rows} {table}", 0, False),
        ("show me the 2 {table}", 2, False),
    ],
)
def test_as_many_of_a_table_as_cannot_go_are_those(words: str, count: int, problem: bool) -> None:
    said = words.format(rows=FOUND_PROBLEM.rows, table=FOUND_PROBLEM.table)
    wanted = ShowRows(table=FOUND_PROBLEM.table, count=count or FOUND_PROBLEM.rows, only_problem=problem)
    assert understand(said, TROUBLED) == wanted
