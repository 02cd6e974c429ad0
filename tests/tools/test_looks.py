"""Looks in turn at both databases: what was fetched for one serves the next, and none sees what another made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ferryman.domain.errors import FerrymanError
from ferryman.tools.prepare import side_by_side
from ferryman.tools.prepare.preflight import looking
from tests.tools.test_relay import Pair, made_pair

COUNT = "SELECT count(*) FROM legacy.purchase"


@pytest.fixture(params=["postgresql to sqlite", "mariadb to postgresql", "sqlite to sqlite"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Pair:
    pair = made_pair(request, tmp_path)
    pair.shop()
    return pair


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was fetched for, in turn."""
    real, seen = side_by_side.side_by_side, list[str]()

    @contextmanager
    def counted(*args: Any) -> Iterator[Any]:
        seen.append(", ".join(table.target.name for table in args[3]))
        with real(*args) as connection:
            yield connection

    monkeypatch.setattr(side_by_side, "side_by_side", counted)
    return seen


def test_a_look_at_less_uses_what_is_there_and_one_at_more_does_not(pair: Pair, opened: list[str]) -> None:
    run = pair.start()
    customers, purchases = run.compiled["customers"], run.compiled["purchases"]
    with looking(run.source, run.target) as looks:
        for about in ([customers], [customers, purchases], [purchases], [customers]):
            with looks.about(about) as connection:
                assert connection.exec_driver_sql("SELECT count(*) FROM legacy.customer").scalar() == 20
    assert opened == ["customers", "customers, purchases"]


def test_what_a_look_makes_is_gone_in_the_next(pair: Pair) -> None:
    run = pair.start()
    with looking(run.source, run.target) as looks:
        for _ in range(2):
            with looks.about(list(run.compiled.values())) as connection:
                connection.exec_driver_sql("CREATE TEMP TABLE ferryman_made_here (n)")
                assert connection.exec_driver_sql(COUNT).scalar() == 100


def test_an_error_in_a_look_is_told_as_one_of_the_database(pair: Pair) -> None:
    run = pair.start()
    with (
        pytest.raises(FerrymanError, match="Looking ahead"),
        looking(run.source, run.target) as looks,
        looks.about(list(run.compiled.values())) as connection,
    ):
        connection.exec_driver_sql("SELECT * FROM not_there")
