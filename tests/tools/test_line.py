"""The connection that reads of the ledger share."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from ferryman.domain.errors import FerrymanError
from ferryman.tools.databases.connect import open_target
from ferryman.tools.move.clock import SYSTEM
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.line import IDLE
from tests.servers import Server


@pytest.fixture(params=["postgresql", "mariadb"])
def server(request: pytest.FixtureRequest) -> Server:
    found: Server = request.getfixturevalue(request.param)
    return found


def test_reads_of_the_ledger_share_a_connection_as_long_as_it_is_sure(server: Server) -> None:
    now = [0.0]
    ledger = Ledger(open_target(server.database().url), clock=replace(SYSTEM, seconds=lambda: now[0]))
    asked = "SELECT connection_id()" if ledger.target.dialect.name == "mysql" else "SELECT pg_backend_pid()"

    def session() -> int:
        with ledger.reading() as connection:
            return int(connection.execute(text(asked)).scalar_one())

    assert session() != session()
    with ledger.on_one_line():
        first = session()
        assert session() == first
        with ledger.reading():
            assert session() != first  # a read within a read
        assert session() == first
        with pytest.raises(FerrymanError), ledger.reading() as connection:
            connection.execute(text("SELECT nothing FROM nowhere"))
        second = session()
        assert second != first
        now[0] += IDLE + 1
        assert session() != second
    assert session() != session()


def test_each_read_sees_what_is_there_by_then(server: Server) -> None:
    made = server.database()
    made.run("CREATE TABLE one (id integer);")
    ledger = Ledger(open_target(made.url))
    with ledger.on_one_line():
        for count in range(3):
            with ledger.reading() as connection:
                assert connection.execute(text("SELECT count(*) FROM one")).scalar_one() == count
            made.run("INSERT INTO one VALUES (1);")
