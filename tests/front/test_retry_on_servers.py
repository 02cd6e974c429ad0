"""Rows out of quarantine tried again where one of the databases, or both, are on servers."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from ferryman.tools.move.failpoint import VARIABLE
from tests.front.calling import call, here
from tests.front.ported import ported
from tests.front.shapes import PORT, Shape
from tests.front.test_retry import QUARANTINED, all_arrived, three_levels

PAIRS = [("mariadb", "mariadb"), ("mariadb", "postgresql"), ("postgresql", "sqlite"), ("sqlite", "postgresql")]


@pytest.fixture(params=PAIRS, ids="-".join)
def shape(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shape]:
    monkeypatch.chdir(tmp_path)
    kinds = dict(zip(("old.db", "new.db"), request.param, strict=True))
    token = PORT.set(lambda path: ported(request, kinds[path.name], path))
    yield three_levels(tmp_path)
    PORT.reset(token)


def retry(shape: Shape, moment: str = "") -> int:
    return call("quarantine", "retry", *shape.names, env={VARIABLE: moment}).code


def test_the_rows_that_they_refer_to_come_along_with_their_own(shape: Shape) -> None:
    told = here("quarantine", "retry", *shape.names, "--json")
    assert told.code == 0, told.err
    along = {one["table"]: one["along"] for one in told.json["tables"]}
    assert along == {"customers": {"regions": 1}, "invoices": {"customers": 6}}
    all_arrived(shape)
    assert here("quarantine", "retry", *shape.names, "--json").json["came"] == 0
    shape.proved_and_undone()


def test_killed_time_and_again_nothing_is_lost_or_doubled(shape: Shape) -> None:
    for moment in ("before_commit:regions:1+1", "after_commit:customers", "before_commit:invoices"):
        assert retry(shape, moment) == -signal.SIGKILL
    assert dict(shape.new(QUARANTINED)) == {"invoices": 110}
    assert retry(shape) == 0
    all_arrived(shape)
    shape.proved_and_undone()
