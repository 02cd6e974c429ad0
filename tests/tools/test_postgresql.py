"""PostgreSQL as source and target: connecting, guarding, reading, writing."""

from __future__ import annotations

import pytest
from sqlalchemy import event, select, text

from ferryman.domain.schema import Database
from ferryman.tools.databases.connect import open_source, open_target
from ferryman.tools.databases.dialect import clause
from ferryman.tools.discover.introspect import introspect
from ferryman.tools.move.ledger import Ledger
from tests.servers import Made, Server

EVERYTHING = """
CREATE TYPE mood AS ENUM ('sad', 'it''s ok');
CREATE TABLE every (
    id bigint PRIMARY KEY, flag boolean, small smallint, price numeric(12, 3), any_number numeric, ratio float8,
    single real, words text, padded char(5), day date, clock time, made timestamp, seen timestamptz, doc json,
    docb jsonb, token uuid, data bytea, feeling mood, tags text[], span interval, cost money, bits bit(3));
INSERT INTO every VALUES
    (9223372036854775807, true, -32768, 1.500, 1e40, 0.1, 0.1, 'a "b"
\\. , ü 😀', 'ab', '2024-02-29', '12:30:00.5', '2024-02-29 23:59:59.999999', '2024-06-01 12:00:00+02', '{"a": 1}',
     '{"b": [1,2]}', '0B0E8F2A-0000-4000-8000-000000000001', '\\x00ff', 'it''s ok', '{a,"b c"}', '1 day', 12.5, '101'),
    (1, false, 0, 0, 0, 'NaN', 'Infinity', '', '', '0001-01-01', '00:00', '1970-01-01', '1970-01-01 00:00+00', 'null',
     '"x"', '00000000-0000-0000-0000-000000000000', '', 'sad', '{}', '0', 0, '000');
INSERT INTO every (id) VALUES (2);
"""


def catalogue(url: str) -> Database:
    target = open_target(url)
    with target.connect(reading=True) as connection:
        return introspect(connection, target.dialect)


@pytest.fixture(params=["postgresql", "postgresql_15"])
def server(request: pytest.FixtureRequest) -> Server:
    found: Server = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def made(server: Server) -> Made:
    return server.database()


def test_every_type_is_read_and_written_back(made: Made) -> None:
    made.run(EVERYTHING)
    source, target = open_source(made.source), open_target(made.url)
    table = catalogue(made.url).table("every")
    made.run("CREATE TABLE again (LIKE every)")
    with source.connect() as reading, target.connect() as writing:
        families = [column.family for column in table.columns]
        statement = select(*clause(table).c).order_by(text("id"))
        batches = list(source.dialect.read(reading, statement, families, 2))
        assert [batch.num_rows for batch in batches] == [2, 1]
        again = catalogue(made.url).table("again")
        assert sum(target.dialect.insert(writing, again, batch) for batch in batches) == 3
        writing.commit()
    assert made.ask("SELECT t::text FROM every AS t ORDER BY id") == made.ask(
        "SELECT t::text FROM again AS t ORDER BY id"
    )


def test_whether_there_is_a_ledger_is_asked_for_all_its_tables_at_once(made: Made) -> None:
    target, asked = open_target(made.url), []
    assert not Ledger(target).exists()
    Ledger(target).create()
    event.listen(target.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    assert Ledger(target).exists()
    assert len(asked) < 6, asked
