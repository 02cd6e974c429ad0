"""Rows that only the new database refuses: which they are, why, and how many are to be expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from ferryman.domain.mapping import Policy, Problem, Strategy
from ferryman.domain.recovery import Failure
from ferryman.tools.move import copy
from ferryman.tools.move.work import Ending
from tests.tools.test_relay import Pair, made_pair
from tests.tools.test_trial import mapped

RULES = """price integer, name varchar(9),
    CONSTRAINT fair CHECK (price > 0), CONSTRAINT named CHECK (name <> 'bad')"""
ROWS = 40


@pytest.fixture(params=["sqlite to sqlite", "sqlite to postgresql", "sqlite to mariadb"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Pair:
    """Every fourth price is wrong, and every fifth name; four rows are wrong in both."""
    pair = made_pair(request, tmp_path)
    pair.new.run(f"CREATE TABLE things (id integer NOT NULL PRIMARY KEY, {RULES});")
    pair.old.run("CREATE TABLE thing (id integer NOT NULL PRIMARY KEY, price integer, name varchar(9));")
    pair.old.fill("thing", ((n, -1 if n % 4 == 0 else 1, "bad" if n % 5 == 0 else "good") for n in range(1, ROWS + 1)))
    return pair


def asides(*columns: str, rows: int = 0) -> list[Policy]:
    kind, away = Problem.CHECK_FAILED, Strategy.QUARANTINE
    return [Policy(problem=kind, columns=(name,), strategy=away, rows=rows) for name in columns]


def stopped(pair: Pair, *policies: Policy, run: str = "run-1") -> Failure:
    begun = pair.start(mapped(("id", "price", "name"), *policies), size=10, run=run)
    result = begun.copy("things")
    begun.ledger.release(run)
    assert result.failure is not None
    return result.failure


def test_a_failure_counts_the_rows_of_one_reason_and_of_one_that_nobody_decided_on(pair: Pair) -> None:
    first = stopped(pair)
    assert (first.columns, first.affected_records, first.expected, first.refused) == (("price",), 2, 8, True)
    second = stopped(pair, *asides("price"), run="run-2")
    assert (second.columns, second.problem) == (("name",), Problem.CHECK_FAILED)
    assert second.affected_records == 2


def test_rows_refused_for_two_reasons_stay_away_and_all_others_come(pair: Pair) -> None:
    run = pair.start(mapped(("id", "price", "name"), *asides("price", "name")), size=10)
    result = run.copy("things")
    assert result.ending is Ending.COMPLETE, result.failure
    assert pair.new.ask("SELECT id FROM things ORDER BY id") == [(n,) for n in range(1, ROWS + 1) if n % 4 and n % 5]


def test_where_more_are_refused_than_are_looked_for_it_is_told_and_the_rest_is_reckoned_from_those(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 40 rows in one batch, prices are wrong in every fourth and names in every fifth: 3 in the first 8."""
    monkeypatch.setattr(copy, "ENOUGH", 3)
    begun = pair.start(mapped(("id", "price", "name")), size=ROWS)
    failure = begun.copy("things").failure
    assert failure is not None
    assert (failure.columns, failure.affected_records, failure.at_least) == (("price",), 2, True)
    assert failure.expected == 2 * ROWS // 8


def test_where_all_refused_rows_are_found_none_is_left_open(pair: Pair) -> None:
    failure = stopped(pair)
    assert not failure.at_least
