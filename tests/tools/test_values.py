"""Values survive every way from one database into another: docs/values.md, as a property."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from ferryman.domain.schema import Family
from ferryman.tools.databases.arrow import ARROW, unfit
from ferryman.tools.databases.connect import Target, open_target
from ferryman.tools.databases.dialect import clause
from ferryman.tools.discover.introspect import introspect
from tests.tools.pairs import write

KINDS = ("sqlite", "postgresql", "mariadb")

#: Decimals of at most 15 digits: what SQLite's NUMERIC holds exactly; see docs/values.md.
#: Name -> family, type in PostgreSQL, in MariaDB, and what it holds in all three. SQLite takes PostgreSQL's words.
COLUMNS: dict[str, tuple[Family, str, str, st.SearchStrategy[Any]]] = {
    "whole": (Family.INTEGER, "bigint", "bigint", st.integers(-(2**63), 2**63 - 1)),
    "price": (
        Family.DECIMAL, "numeric(30, 6)", "decimal(30, 6)",
        st.decimals(-99_999_999, 99_999_999, places=6).map(lambda d: f"{d:f}"),
    ),
    "ratio": (Family.FLOAT, "double precision", "double", st.floats(allow_nan=False, allow_infinity=False)),
    "words": (
        Family.TEXT, "text", "longtext",
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40),
    ),
    "day": (Family.DATE, "date", "date", st.dates()),
    "clock": (Family.TIME, "time", "time(6)", st.times()),
    "made": (Family.TIMESTAMP, "timestamp", "datetime(6)", st.datetimes()),
    "flag": (Family.BOOLEAN, "boolean", "tinyint(1)", st.booleans()),
    "data": (Family.BINARY, "bytea", "longblob", st.binary(max_size=40)),
    "token": (Family.UUID, "uuid", "uuid", st.uuids(version=5).map(str)),
    "doc": (Family.JSON, "json", "json", st.sampled_from(['{"a": [1, 2.50, "ü\\n"]}', "[]", '"x"', "null"])),
}  # fmt: skip

rows = st.lists(
    st.fixed_dictionaries({name: st.none() | values for name, (_, _, _, values) in COLUMNS.items()}),
    min_size=1, max_size=8,
)  # fmt: skip


def table(kind: str) -> str:
    at = 2 if kind == "mariadb" else 1
    listed = ", ".join(f"{name} {what[at]} NULL" for name, what in COLUMNS.items())
    return f"CREATE TABLE every (id bigint PRIMARY KEY, {listed});\n"


@pytest.fixture
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], Target]:
    def make(kind: str) -> Target:
        if kind == "sqlite":
            return open_target(str(write(tmp_path / f"{len(list(tmp_path.iterdir()))}.sqlite", table(kind))))
        made = request.getfixturevalue(kind).database()
        made.run(table(kind))
        return open_target(made.url)

    return make


class Side:
    """One database: rows go in, and come out."""

    def __init__(self, target: Target) -> None:
        self.target = target
        with target.connect(reading=True) as connection:
            self.table = introspect(connection, target.dialect).table("every")

    def through(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch as it comes out after it went in; nothing stays."""
        families = [self.table.column(name).family for name in batch.schema.names]
        with self.target.connect() as connection:
            assert self.target.dialect.insert(connection, self.table, batch) == len(batch)
            found = clause(self.table)
            wanted = select(*(found.c[name] for name in batch.schema.names)).order_by(found.c.id)
            (read,) = self.target.dialect.read(connection, wanted, families, 1000)
            connection.rollback()
        return read


def plain(batch: pa.RecordBatch, unsigned_zero: bool) -> list[dict[str, Any]]:
    """Decimals by their value: 1.50 and 1.5 are one; floats digit by digit, and where asked 0.0 for -0.0."""
    made: list[dict[str, Any]] = batch.to_pylist()
    for row in made:
        row["price"] = None if row["price"] is None else Decimal(row["price"])
        row["ratio"] = repr(0.0 if unsigned_zero and row["ratio"] == 0 else row["ratio"])
    return made


@pytest.mark.parametrize("to", KINDS)
@pytest.mark.parametrize("since", KINDS)
def test_values_arrive_as_they_left(since: str, to: str, target: Callable[[str], Target]) -> None:
    sides = [Side(target(since)), Side(target(to))]
    unsigned_zero = {since, to} != {"postgresql"}  # SQLite keeps -0.0 as 0; MariaDB now and then
    schema = pa.schema([("id", pa.int64()), *((name, ARROW[what[0]]) for name, what in COLUMNS.items())])

    @settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
    @given(rows)
    def holds(made: list[dict[str, Any]]) -> None:
        batch = pa.RecordBatch.from_pylist([{"id": n, **row} for n, row in enumerate(made)], schema)
        expected = plain(batch, unsigned_zero)
        for side in sides:
            batch = side.through(batch)
            assert not any(unfit(field) for field in batch.schema)
            assert plain(batch, unsigned_zero) == expected

    holds()


#: What no column type of Arrow holds, or only one database has: it comes as text that says so, never as another value.
ODD = {
    "postgresql": (
        "CREATE TABLE every (id int PRIMARY KEY, made timestamp, seen timestamptz, day date, clock time,"
        " loose numeric)",
        "INSERT INTO every VALUES (1, 'infinity', '-infinity', '0044-03-15 BC', '24:00', 'NaN'),"
        " (2, '2024-01-01', '2024-01-01 12:00+02', '2024-01-01', '12:00', 1.5)",
        {"made": "infinity", "seen": "-infinity", "day": "0044-03-15 BC", "clock": "24:00:00", "loose": "NaN"},
    ),
    "mariadb": (
        "CREATE TABLE every (id int PRIMARY KEY, made datetime, day date, clock time, flag tinyint(1),"
        " big bigint unsigned)",
        "SET SESSION sql_mode = '';\nINSERT INTO every VALUES"
        " (1, '0000-00-00', '2024-00-10', '-100:00:00', 2, 18446744073709551615),"
        " (2, '2024-01-01', '2024-01-01', '12:00', 1, 1)",
        {"made": "0000-00-00 00:00:00", "day": "2024-00-10", "clock": "-100:00:00", "flag": "2",
         "big": "18446744073709551615"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", ODD)
def test_what_does_not_fit_says_so(kind: str, request: pytest.FixtureRequest) -> None:
    made = request.getfixturevalue(kind).database()
    create, fill, expected = ODD[kind]
    made.run(f"{create};\n{fill};\n")
    target = open_target(made.url)
    with target.connect(reading=True) as connection:
        found = introspect(connection, target.dialect).table("every")
        every = clause(found)
        families = [column.family for column in found.columns]
        (batch,) = target.dialect.read(connection, select(*every.c).order_by(every.c.id), families, 10)
    assert {name: batch.column(name)[0].as_py() for name in expected} == expected
    assert all(unfit(batch.schema.field(name)) for name in expected)
    assert not unfit(batch.schema.field("id"))
