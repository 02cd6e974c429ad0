"""Columns that tell the rows of a table without a key apart together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from pathlib import Path

import pytest

from ferryman.tools.databases.connect import open_source
from ferryman.tools.discover import profile as profiling
from ferryman.tools.discover.introspect import introspect
from ferryman.tools.discover.profile import profile
from tests.servers import Server
from tests.tools.test_profile import build, profiled

LINK = "CREATE TABLE link (note TEXT, kind INTEGER, group_id INTEGER, user_id INTEGER)"
EVERY = [("x", 1, a, b) for a, b in product(range(20), range(30))]


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        (EVERY, ("group_id", "user_id")),
        ([*EVERY, ("x", 2, 5, 5)], ("group_id", "user_id", "kind")),
        ([*EVERY, ("y", 1, 5, 5), ("y", 2, 5, 5)], ("note", "kind", "group_id", "user_id")),
        ([*EVERY, ("x", 1, 5, 5)], ()),
        ([("x", 1, 1, None), ("x", 1, 1, 2)], ()),
        ([("x", n, 1, 1) for n in range(9)], ()),
    ],
    ids=["two", "three", "all", "alike", "one empty", "one alone"],
)
def test_the_fewest_by_which_no_two_rows_are_alike(
    tmp_path: Path, rows: Sequence[tuple[object, ...]], found: tuple[str, ...]
) -> None:
    assert profiled(build(tmp_path / "a.db", LINK, link=rows)).by_name["link"].together == found


def test_a_table_with_a_key_needs_none(tmp_path: Path) -> None:
    path = build(tmp_path / "a.db", LINK.replace(")", ", PRIMARY KEY (group_id, user_id))"), link=EVERY)
    assert profiled(path).by_name["link"].together == ()


def test_what_differs_in_a_sample_alone_is_none(mariadb: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profiling, "SAMPLE_ROWS", 300)
    monkeypatch.setattr(profiling, "SHAPE_ROWS", 300)
    made = mariadb.database()
    made.run("CREATE TABLE link (group_id integer, user_id integer, kind integer)")
    rows = [f"({n % 90}, {n // 90}, {n % 3})" for n in range(4000)]
    made.run(f"INSERT INTO link VALUES {', '.join(rows)}")
    source = open_source(made.source)

    def seen() -> tuple[str, ...]:
        with source.connect() as connection:
            database = introspect(connection, source.dialect)
            return profile(connection, database, source.dialect).by_name["link"].together

    assert seen() == ("group_id", "user_id")
    made.run("INSERT INTO link SELECT * FROM link WHERE group_id = 17 AND user_id = 3")
    assert seen() == ()
