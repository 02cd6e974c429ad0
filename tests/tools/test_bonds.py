"""Rows that are named by several columns."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import create_engine, func, select

from ferryman.tools.databases.dialect import clause
from ferryman.tools.prepare.bonds import among

HELD = 5_000


def test_of_several_columns_a_row_that_is_not_there_is_no_reason_to_look_through_all(tmp_path: Path) -> None:
    path = tmp_path / "some.sqlite"
    with closing(sqlite3.connect(path)) as made, made:
        made.execute("CREATE TABLE held (a INTEGER NOT NULL, b INTEGER NOT NULL, PRIMARY KEY (a, b))")
        made.execute("CREATE TABLE asked (a, b)")
        made.executemany("INSERT INTO held VALUES (?, ?)", ((n, n) for n in range(HELD)))
        made.executemany("INSERT INTO asked VALUES (?, ?)", ((n, n) for n in range(HELD - 100, HELD + 1_000)))
        made.execute("INSERT INTO asked VALUES (NULL, 1), (1, NULL), (1, 2)")
    steps = [0]

    def step() -> None:
        steps[0] += 1

    held, asked = clause("held", ["a", "b"]), clause("asked", ["a", "b"])
    there = among([asked.c.a, asked.c.b], select(held.c.a, held.c.b))
    with create_engine(f"sqlite:///{path}").connect() as connection:
        connection.connection.driver_connection.set_progress_handler(step, 1_000)  # type: ignore[union-attr]
        counts = [connection.execute(select(func.count()).where(one)).scalar() for one in (there, ~there)]
    assert counts == [100, 1_003]
    assert steps[0] < 500  # thousands of instructions; to look through all for each takes 20,000 and more
