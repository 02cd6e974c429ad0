"""MariaDB as source and target: connecting, guarding, reading, writing."""

from __future__ import annotations

import gc
import sys

import pytest
from sqlalchemy import select, text

from ferryman.domain.errors import Transient
from ferryman.domain.schema import Database, Family
from ferryman.tools.databases.connect import open_source, open_target
from ferryman.tools.databases.dialect import clause
from ferryman.tools.discover.introspect import introspect
from tests.servers import Made, Server

EVERYTHING = r"""
CREATE TABLE every (
    id bigint PRIMARY KEY AUTO_INCREMENT, flag tinyint(1), small smallint, large bigint unsigned, price decimal(12, 3),
    ratio double, single float, words text, padded char(5), day date, clock time(6), made datetime(6),
    seen timestamp(6) NULL, doc json, token uuid, data varbinary(20), feeling enum('sad', 'it''s ok'),
    tags set('a', 'b'), born year, bits bit(9), one bit(1), place point);
SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES';
SET SESSION time_zone = '+02:00';
INSERT INTO every VALUES
    (9223372036854775807, 1, -32768, 18446744073709551615, 1.5, 0.1, 0.1, 'a "b" ''c''\\n\\. , ü 😀
new', 'ab', '2024-02-29', '12:30:00.5', '2024-02-29 23:59:59.999999', '2024-06-01 12:00:00', '{"a": 1}',
     '0b0e8f2a-0000-1000-8000-000000000001', X'00FF27', 'it''s ok', 'a,b', 2024, b'100000001', b'1',
     ST_GeomFromText('POINT(1 2)')),
    (0, 2, 0, 0, 0, -1e300, 16777217, '', '', '0000-00-00', '-838:59:59', '0000-00-00 00:00:00', NULL, 'null',
     '00000000-0000-0000-0000-000000000000', '', 'sad', '', 0, 0, 0, NULL);
INSERT INTO every (id) VALUES (1);
"""


def catalogue(url: str) -> Database:
    target = open_target(url)
    with target.connect(reading=True) as connection:
        return introspect(connection, target.dialect)


@pytest.fixture
def made(mariadb: Server) -> Made:
    return mariadb.database()


def test_every_type_is_read_and_written_back(made: Made) -> None:
    made.run(EVERYTHING)
    source, target = open_source(made.source), open_target(made.url)
    table = catalogue(made.url).table("every")
    made.run("CREATE TABLE again LIKE every")
    with source.connect() as reading, target.connect() as writing:
        families = [column.family for column in table.columns]
        statement = select(*clause(table).c).where(text("id <> 0")).order_by(text("id"))
        batches = list(source.dialect.read(reading, statement, families, 1))
        assert [batch.num_rows for batch in batches] == [1, 1]
        again = catalogue(made.url).table("again")
        assert sum(target.dialect.insert(writing, again, batch) for batch in batches) == 2
        writing.commit()
    columns = ", ".join(f"hex({column.name})" for column in table.columns)
    assert made.ask(f"SELECT {columns} FROM every WHERE id <> 0 ORDER BY id") == made.ask(
        f"SELECT {columns} FROM again ORDER BY id"
    )


def test_a_line_that_is_lost_among_the_rows_is_an_error_and_nothing_more(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", beside.append)
    source = open_source(made.source)
    with pytest.raises(Transient), source.connect() as connection:
        number = connection.exec_driver_sql("SELECT connection_id()").scalar()
        rows = source.dialect.read(
            connection, select(text("repeat('x', 1000) AS word FROM seq_1_to_1000000")), [Family.TEXT], 100
        )
        next(rows)
        made.run(f"KILL {number}")
        list(rows)
    del rows
    gc.collect()
    assert beside == []
