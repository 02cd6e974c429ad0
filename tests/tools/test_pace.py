"""Reading no faster than a source's owner allows."""

from __future__ import annotations

import pytest
from sqlalchemy import make_url

from ferryman.domain.errors import Configuration, Usage
from ferryman.domain.schema import Family
from ferryman.settings import Pair
from ferryman.tools.databases.connect import open_source
from ferryman.tools.databases.dialect import clause
from ferryman.tools.databases.pace import Pace
from ferryman.tools.discover.introspect import introspect
from tests.servers import Server


class Day:
    """A clock that moves when somebody sleeps."""

    now = 100.0

    def seconds(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_so_many_rows_take_as_long_as_they_may_and_a_pause_is_not_caught_up() -> None:
    day = Day()
    pace = Pace(50, day.seconds, day.sleep)
    assert pace.most(1_000) == 50
    for _ in range(4):
        pace.took(50)
    assert day.now == pytest.approx(104.0)
    day.now += 60
    pace.took(25)
    pace.took(25)
    assert day.now == pytest.approx(165.0)


def test_without_a_limit_nobody_waits() -> None:
    day = Day()
    pace = Pace(0, day.seconds, day.sleep)
    pace.took(10**9)
    assert (day.now, pace.most(7)) == (100.0, 7)


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_a_source_is_read_in_steps_of_a_second(kind: str, request: pytest.FixtureRequest) -> None:
    server: Server = request.getfixturevalue(kind)
    made = server.database()
    made.run("CREATE TABLE t (id integer PRIMARY KEY);")
    made.run(f"INSERT INTO t VALUES {', '.join(f'({n})' for n in range(230))};")
    url = make_url(made.source).update_query_dict({"max_rows_per_second": "200"})
    source = open_source(url.render_as_string(hide_password=False))
    with source.connect() as connection:
        from_ = clause(introspect(connection, source.dialect).table("t"))
        batches = source.dialect.read(connection, from_.select(), [Family.INTEGER], 10_000)
        assert [batch.num_rows for batch in batches] == [200, 30]


def test_a_limit_that_is_none_is_refused(postgresql: Server) -> None:
    url = make_url(postgresql.database().source).update_query_dict({"max_rows_per_second": "fast"})
    with pytest.raises(Configuration, match="no number of rows"):
        open_source(url.render_as_string(hide_password=False))


def test_the_option_goes_into_the_url_of_a_server_and_a_file_has_none() -> None:
    pair = Pair(source="mysql://anna:x%40@host/old", target="new.db", names=("old", "new"))
    assert pair.paced(500).source == "mysql://anna:x%40@host/old?max_rows_per_second=500"
    assert pair.paced(0) == pair
    with pytest.raises(Usage, match="file"):
        pair.model_copy(update={"source": "old.db"}).paced(500)
