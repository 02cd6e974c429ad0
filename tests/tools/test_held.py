"""A source on a server that is mirrored once for many questions."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import func, select

from ferryman.domain.errors import FerrymanError
from ferryman.tools.databases.connect import Source
from ferryman.tools.databases.dialect import clause
from ferryman.tools.databases.sqlite_guard import LEGACY
from ferryman.tools.prepare.mirror import beside
from ferryman.tools.prepare.side_by_side import held, side_by_side
from tests.servers import Made, Server
from tests.tools import pairs
from tests.tools.pairs import NEW, Run, resumed, write


@pytest.fixture(params=["postgresql", "mariadb"])
def old(request: pytest.FixtureRequest) -> Made:
    made = cast(Server, request.getfixturevalue(request.param)).database()
    made.run(pairs.LEGACY)
    made.run("INSERT INTO customer VALUES (1, 'Ada', 'Ulm'), (2, 'Bo', NULL);")
    made.run("INSERT INTO purchase VALUES (1, 1, 10, 'a'), (2, 2, 20, 'b'), (3, 2, 30, 'c');")
    return made


@pytest.fixture
def run(old: Made, tmp_path: Path) -> Run:
    return resumed(cast(Path, old.source), write(tmp_path / "new.sqlite", NEW))


def rows(run: Run, source: Source, target: str) -> int:
    compiled = run.compiled[target]
    with side_by_side(source, run.target, "counting", [compiled]) as connection:
        counted = select(func.count()).select_from(clause(beside(compiled).source, schema=LEGACY))
        return int(connection.execute(counted).scalar_one())


def test_a_table_is_fetched_when_it_is_asked_for_first_and_never_again(run: Run, old: Made) -> None:
    with held(run.source) as source:
        assert rows(run, source, "customers") == 2
        old.run("INSERT INTO customer VALUES (3, 'Cy', NULL);")
        assert rows(run, source, "customers") == 2
        old.run("INSERT INTO purchase VALUES (4, 2, 40, 'd');")
        assert rows(run, source, "purchases") == 4
        assert rows(run, source, "customers") == 2
    with held(run.source) as source:
        assert rows(run, source, "customers") == 3


def test_after_a_fetch_that_failed_everything_is_fetched_anew(run: Run, old: Made) -> None:
    with held(run.source) as source:
        assert rows(run, source, "customers") == 2
        old.run("ALTER TABLE purchase RENAME TO purchase_away;")
        with pytest.raises(FerrymanError):
            rows(run, source, "purchases")
        old.run("ALTER TABLE purchase_away RENAME TO purchase;\nINSERT INTO customer VALUES (3, 'Cy', NULL);")
        assert rows(run, source, "purchases") == 3
        assert rows(run, source, "customers") == 3
