"""Two machines at one target, whose clocks are hours apart: a lease is judged by the server's, where there is one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ferryman.domain.errors import Refused
from ferryman.tools.move.clock import Clock
from ferryman.tools.move.lease import this_process
from ferryman.tools.move.ledger import Ledger
from tests.tools.pairs import Run, shop, start, write
from tests.tools.test_relay import Pair, made_pair

HOURS = timedelta(hours=5)


@pytest.fixture(params=["sqlite to postgresql", "sqlite to mariadb"])
def onto_server(request: pytest.FixtureRequest, tmp_path: Path) -> Pair:
    return made_pair(request, tmp_path)


def machine(run: Run, name: str, apart: timedelta) -> Run:
    """The run as another machine has it, whose clock is that far from ours."""
    clock = Clock(now=lambda: datetime.now(UTC) + apart)
    return replace(run, ledger=Ledger(run.target, holder=replace(this_process(), host=name), clock=clock))


def renewed(run: Run) -> None:
    """As every batch does."""
    with run.target.connect() as connection:
        run.ledger.renew(connection, run.run)
        connection.commit()


@pytest.mark.parametrize("apart", [HOURS, -HOURS], ids=["ahead", "behind"])
def test_a_lease_holds_and_ends_by_the_servers_clock(onto_server: Pair, apart: timedelta) -> None:
    onto_server.shop(customers=20, purchases=20)
    begun = onto_server.start()
    begun.ledger.release(begun.run)
    theirs, ours = machine(begun, "theirs", apart), machine(begun, "ours", timedelta(0))
    theirs.ledger.acquire(theirs.run)
    renewed(theirs)
    with pytest.raises(Refused, match="at work on this target, in a process on another machine"):
        ours.ledger.acquire(ours.run)
    schema = "ferryman." if "postgresql" in onto_server.new.url else ""
    until = onto_server.new.one(f"SELECT lease_until FROM {schema}ferryman_run")
    assert abs(datetime.fromisoformat(until) - datetime.now(UTC) - timedelta(seconds=120)) < timedelta(seconds=60)


def test_on_a_file_it_is_said_by_how_much_the_other_clock_is_ahead(tmp_path: Path) -> None:
    pair = shop(tmp_path)
    begun = start(*pair)
    begun.ledger.release(begun.run)
    theirs, ours = machine(begun, "theirs", HOURS), machine(begun, "ours", timedelta(0))
    theirs.ledger.acquire(theirs.run)
    with pytest.raises(Refused, match=r"its clock is [45]h [05]\dm ahead of this one's"):
        ours.ledger.acquire(ours.run)
    write(pair[1], "UPDATE ferryman_run SET lease_until = '2020-01-01T00:00:00+00:00'")
    ours.ledger.acquire(ours.run)
    with pytest.raises(Refused, match="taken over by another process"):
        renewed(theirs)
