"""Which row of a batch a server names when it refuses it: it is that row, or none is named."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from ferryman.domain.errors import NeedsDecision
from ferryman.domain.mapping import Policy, Problem, Strategy
from ferryman.tools.databases.connect import Target, open_target
from ferryman.tools.discover.introspect import introspect
from ferryman.tools.move.bench import Bench
from ferryman.tools.move.work import Ending
from tests.servers import Server
from tests.tools.test_relay import made_pair
from tests.tools.test_trial import mapped

THINGS = """CREATE TABLE things (id integer PRIMARY KEY, price integer NOT NULL, name varchar(9) UNIQUE, {kind},
CONSTRAINT fair CHECK (price < 100), day date);"""
KINDS = {
    "postgresql": "twice integer GENERATED ALWAYS AS (price * 2) STORED",
    "mariadb": "twice tinyint AS (price * 2)",
}

#: What is wrong with the row at place 3.
WRONG: dict[str, dict[str, object]] = {
    "check": {"price": 100},
    "empty": {"price": None},
    "repeated": {"name": "n1"},
    "repeated key": {"id": 1},
    "too long": {"name": "a very long name"},
    "no number": {"price": "dear"},
    "no day": {"day": "2024-02-30"},
}


@pytest.fixture(params=["postgresql", "postgresql_15", "mariadb"])
def target(request: pytest.FixtureRequest) -> Target:
    server: Server = request.getfixturevalue(request.param)
    made = server.database()
    made.run(THINGS.format(kind=KINDS[request.param.partition("_")[0]]))
    return open_target(made.url)


def named(target: Target, rows: list[dict[str, object]]) -> int | None:
    with target.connect(reading=True) as connection:
        things = introspect(connection, target.dialect).table("things")
    texts = {name: pa.array([None if v is None else str(v) for v in (row[name] for row in rows)]) for name in rows[0]}
    with target.connect() as connection, pytest.raises(NeedsDecision) as raised:
        target.dialect.insert(connection, things, pa.RecordBatch.from_pydict(texts))
    return raised.value.row


def things(count: int, names: str = "n{n}") -> list[dict[str, object]]:
    return [{"id": n, "price": 1, "name": names.format(n=n), "day": "2024-01-01"} for n in range(count)]


@pytest.mark.parametrize("wrong", WRONG)
def test_the_row_that_breaks_a_rule_is_named(target: Target, wrong: str) -> None:
    rows = things(6)
    rows[3] |= WRONG[wrong]
    assert named(target, rows) == 3


def test_a_row_behind_texts_of_several_lines_is_named(target: Target) -> None:
    rows = things(1) + things(7, "a\nb\r\n\r{n}")[1:]
    rows[5]["price"] = 100
    assert named(target, rows) == 5


def test_where_the_first_row_has_several_lines_it_is_the_right_row_or_none(target: Target) -> None:
    rows = things(7, "a\rb\n{n}")
    rows[5]["price"] = 100
    assert named(target, rows) in (5, None)


def test_a_text_that_reads_like_the_name_of_a_row_names_none_other(target: Target) -> None:
    rows = things(4)
    rows[2] |= {"price": "\nCOPY things, line 1"}
    assert named(target, rows) in (2, None)


def test_rules_that_are_asked_at_the_end_name_no_row(postgresql: Server) -> None:
    made = postgresql.database()
    made.run("CREATE TABLE things (id integer PRIMARY KEY, price integer UNIQUE DEFERRABLE, name text, day date);")
    assert named(open_target(made.url), things(5)) is None


def test_rows_that_a_server_names_take_a_try_each(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = list[int]()
    insert = Bench.insert

    def counted(bench: Bench, rows: pa.RecordBatch) -> int:
        tries.append(rows.num_rows)
        return insert(bench, rows)

    for onto in ("postgresql", "mariadb"):
        request.param = f"sqlite to {onto}"
        (folder := tmp_path / onto).mkdir()
        pair = made_pair(request, folder)
        pair.new.run("CREATE TABLE things (id integer PRIMARY KEY, price integer, CONSTRAINT fair CHECK (price > 0));")
        pair.old.run("CREATE TABLE thing (id integer NOT NULL PRIMARY KEY, price integer);")
        pair.old.fill("thing", ((n, -1 if n * 37 % 100 < 7 else n) for n in range(1, 1001)))
        policy = Policy(problem=Problem.CHECK_FAILED, columns=("price",), strategy=Strategy.QUARANTINE, rows=99)
        run = pair.start(mapped(("id", "price"), policy), size=1000)
        tries.clear()
        with monkeypatch.context() as patched:
            patched.setattr(Bench, "insert", counted)
            result = run.copy("things")
        assert result.ending is Ending.COMPLETE, result.failure
        assert result.accounting.quarantined == 70
        assert pair.new.one("SELECT count(*) FROM things WHERE price > 0") == 930
        assert len(tries) < 2 * 70
        assert sum(tries) < 30 * 1000
