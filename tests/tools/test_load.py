"""LOAD DATA LOCAL: the same bytes as statements of many rows make, and the same refusals."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import ferryman
from ferryman.domain.conversation import Approve
from ferryman.domain.errors import Configuration, FerrymanError, NeedsDecision
from ferryman.domain.events import TablePrepared
from ferryman.domain.findings import TableType
from ferryman.domain.plan import Phase, Step
from ferryman.domain.schema import Table
from ferryman.domain.validation import CheckKind
from ferryman.tools.databases.connect import Target, open_target
from ferryman.tools.discover.introspect import introspect
from tests.own_mariadb import OwnMariaDB
from tests.servers import Made, MariaDBServer, Server
from tests.tools.pairs import NEW, plan_of, shop

MOVED = {"customers": "customer", "purchases": "purchase"}
STEPS = [Step(source=old, target=new, table_type=TableType.TRANSACTIONAL) for new, old in MOVED.items()]
PHASES = tuple(
    Phase(number=number, name=step.target, tables=(step.target,), rationale="", steps=(step,))
    for number, step in enumerate(STEPS, 1)
)
_CHARACTERS = st.characters(exclude_categories=["Cs"])
_NASTY = st.sampled_from(["", "\\N", "NULL", "\\", "\\\\n", "\t", "\n", "\r\n", "a\\", "\0", "'", " x ", "😀\t"])
_TEXTS = _NASTY | st.text(_CHARACTERS | st.sampled_from("\\\t\n\r\0'\"N,"), max_size=12)

#: Name -> the column's type in MariaDB, the Arrow type that the values come in, the values.
COLUMNS: dict[str, tuple[str, pa.DataType, st.SearchStrategy[Any]]] = {
    "words": ("longtext", pa.string(), _TEXTS),
    "short": ("varchar(40)", pa.large_string(), _TEXTS),
    "padded": ("char(40)", pa.string(), _TEXTS),
    "west": ("varchar(40) CHARACTER SET latin1", pa.string(), st.text(st.sampled_from("aéß\\\t\n'"), max_size=8)),
    "whole": ("bigint", pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    "large": ("bigint unsigned", pa.string(), st.integers(0, 2**64 - 1).map(str)),
    "small": ("tinyint", pa.int64(), st.integers(-128, 127)),
    "told": ("varchar(20)", pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    "price": ("decimal(30, 6)", pa.string(), st.decimals(-(10**20), 10**20, places=6).map(lambda d: f"{d:f}")),
    "ratio": ("double", pa.float64(), st.floats(allow_nan=False, allow_infinity=False)),
    "single": ("float", pa.float64(), st.floats(allow_nan=False, allow_infinity=False, width=32)),
    "flag": ("tinyint(1)", pa.bool_(), st.booleans()),
    "one": ("bit(1)", pa.bool_(), st.booleans()),
    "bits": ("bit(12)", pa.int64(), st.integers(0, 2**12 - 1)),
    "born": ("year", pa.int64(), st.just(0) | st.integers(1901, 2155)),
    "day": ("date", pa.date32(), st.dates()),
    "clock": ("time(6)", pa.time64("us"), st.times()),
    "made": ("datetime(6)", pa.timestamp("us"), st.datetimes()),
    "seen": ("datetime(6)", pa.timestamp("us", "UTC"), st.datetimes(timezones=st.just(UTC))),
    "token": ("uuid", pa.string(), st.uuids(version=5).map(str)),
    "bytes": ("longblob", pa.binary(), st.binary(max_size=12)),
    "fixed": ("binary(16)", pa.binary(16), st.binary(min_size=16, max_size=16)),
    "doc": ("json", pa.string(), st.sampled_from(['{"a": "ü\\n\\t\\\\"}', "[]", '"x"', "null", '{"a":\t1}\n'])),
    "feeling": ("enum('sad', '1', 'a\\\\b')", pa.string(), st.sampled_from(["sad", "1", "a\\b"])),
    "place": ("enum('a', 'b', '3')", pa.int64(), st.integers(1, 3)),
    "tags": ("set('a', 'b', '2')", pa.string(), st.sampled_from(["", "a", "a,b", "2"])),
}  # fmt: skip

_ROW = st.fixed_dictionaries({name: st.none() | values for name, (_, _, values) in COLUMNS.items()})
_ROWS = st.lists(_ROW, min_size=1, max_size=6)


@pytest.fixture
def made(mariadb: Server) -> Made:
    return mariadb.database()


def table_of(target: Target, name: str) -> Table:
    with target.connect(reading=True) as connection:
        return introspect(connection, target.dialect).table(name)


def test_the_same_bytes_arrive_as_by_statements(made: Made) -> None:
    listed = ", ".join(f"{name} {type_} NULL" for name, (type_, _, _) in COLUMNS.items())
    made.run(f"CREATE TABLE inserted (id int PRIMARY KEY, {listed});\nCREATE TABLE loaded LIKE inserted;\n")
    target = open_target(made.url)
    schema = pa.schema([("id", pa.int64()), *((name, kind) for name, (_, kind, _) in COLUMNS.items())])
    inserted, loaded = (table_of(target, name) for name in ("inserted", "loaded"))
    hexed = ", ".join(f"hex({column.name})" for column in inserted.columns)

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(_ROWS)
    def holds(rows: list[dict[str, Any]]) -> None:
        batch = pa.RecordBatch.from_pylist([{"id": n, **row} for n, row in enumerate(rows)], schema)
        with target.connect() as connection:
            assert target.dialect.insert(connection, inserted, batch) == len(rows)
            assert target.dialect.load(connection, loaded, [batch, batch.slice(0, 0)]) == len(rows)
            wanted = "SELECT {} FROM {} ORDER BY id"
            one = connection.exec_driver_sql(wanted.format(hexed, "inserted")).all()
            other = connection.exec_driver_sql(wanted.format(hexed, "loaded")).all()
            connection.rollback()
        assert one == other

    holds()


def test_a_value_of_more_bytes_than_a_packet_and_a_table_of_one_column_are_loaded(made: Made) -> None:
    made.run("CREATE TABLE wide (words longtext, data longblob)")
    made.run("CREATE TABLE narrow (words varchar(10))")
    target = open_target(made.url)
    large = pa.RecordBatch.from_pydict({"words": ["é\t" * 4_000_000, "x"], "data": [b"\n", bytes(9_000_000)]})
    small = pa.RecordBatch.from_pydict({"words": ["", None, "", "\n"]})
    with target.connect() as connection:
        assert target.dialect.load(connection, table_of(target, "wide"), [large]) == 2
        assert target.dialect.load(connection, table_of(target, "narrow"), [small, small]) == 8
        connection.commit()
    assert made.ask("SELECT char_length(words), md5(words) = md5(repeat('é\t', 4000000)), length(data) FROM wide") == [
        (8_000_000, 1, 1), (1, 0, 9_000_000),
    ]  # fmt: skip
    assert sorted(made.ask("SELECT words FROM narrow"), key=str) == [("",)] * 4 + [("\n",)] * 2 + [(None,)] * 2


def test_a_row_that_no_packet_of_the_server_takes_is_told_so_and_not_taken_for_a_lost_line(made: Made) -> None:
    made.run("CREATE TABLE wide (id int PRIMARY KEY, data longblob)")
    target, most = open_target(made.url), made.one("SELECT @@max_allowed_packet")
    batch = pa.RecordBatch.from_pydict({"id": [1, 2], "data": [b"x", bytes(most // 2 + 1)]})
    with pytest.raises(Configuration, match="max_allowed_packet"), target.connect() as connection:
        target.dialect.insert(connection, table_of(target, "wide"), batch)
    assert made.one("SELECT count(*) FROM wide") == 0


REFUSED = {
    "a text that is too long": ("varchar(3)", ["abc", "abcd"]),
    "blanks that are too many": ("varchar(3)", ["abc", "abc "]),
    "bytes that are too many": ("varbinary(3)", [b"abc", b"abcd"]),
    "a number out of range": ("tinyint", [1, 128]),
    "bits that are too many": ("bit(3)", [1, 8]),
    "a decimal that is too large": ("decimal(4, 2)", ["1", "100"]),
    "a decimal that has to be cut": ("decimal(4, 2)", ["1.00", "1.005"]),
    "a word that is no number": ("int", ["1", "one"]),
    "a day that there is none of": ("date", ["2024-01-01", "2024-02-30"]),
    "a member that the list lacks": ("enum('a')", ["a", "b"]),
    "a number that the list lacks": ("enum('a')", [1, 2]),
    "a text that is no document": ("json", ["{}", "{"]),
    "nothing where something must be": ("int NOT NULL", [1, None]),
    "the same twice": ("int UNIQUE", [1, 1]),
    "what the table's rule forbids": ("int CHECK (it > 0)", [1, 0]),
    "a character that the column lacks": ("varchar(3) CHARACTER SET latin1", ["a", "😀"]),
    "what a trigger forbids": ("int", [1, 99]),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_a_statement_refuses_is_refused(made: Made, what: str) -> None:
    type_, values = REFUSED[what]
    made.run(
        f"CREATE TABLE some (it {type_});\nCREATE TRIGGER no BEFORE INSERT ON some FOR EACH ROW "
        "IF NEW.it = '99' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no'; END IF;\n"
    )
    target = open_target(made.url)
    some = table_of(target, "some")
    batch = pa.RecordBatch.from_pydict({"it": values})

    def told(put: str, what: pa.RecordBatch | list[pa.RecordBatch]) -> FerrymanError | None:
        with target.connect() as connection:
            try:
                getattr(target.dialect, put)(connection, some, what)
            except FerrymanError as error:
                return error
            finally:
                connection.rollback()
        return None

    loaded, inserted = told("load", [batch]), told("insert", batch)
    assert type(loaded) is type(inserted)
    assert isinstance(loaded, NeedsDecision)
    assert made.one("SELECT count(*) FROM some") == 0


@pytest.mark.parametrize("loaded", [True, False], ids=["loaded", "by statements"])
def test_what_the_server_rounds_in_its_own_columns_is_no_reason_to_refuse(made: Made, loaded: bool) -> None:
    made.run(
        "CREATE TABLE articles (net decimal(30, 10), gross decimal(30, 10) AS (net * 1.19) STORED, "
        "half decimal(30, 2) AS (net / 2) PERSISTENT)"
    )
    target = open_target(made.url)
    nets = [f"{n}.0123456789" for n in range(100)]  # more notes than a server keeps by its own setting
    take = target.dialect.load if loaded else lambda c, t, batches: sum(target.dialect.insert(c, t, b) for b in batches)
    with target.connect() as connection:
        articles = table_of(target, "articles")
        assert take(connection, articles, [pa.RecordBatch.from_pydict({"net": nets})]) == 100
        connection.commit()
        with pytest.raises(FerrymanError, match="net"):
            take(connection, articles, [pa.RecordBatch.from_pydict({"net": ["1.01234567891", *nets]})])
        connection.rollback()
    assert made.ask("SELECT gross FROM articles WHERE net < 1") == [(Decimal("0.0146913579"),)]


def test_a_column_without_a_value_is_refused(made: Made) -> None:
    made.run("CREATE TABLE some (id int PRIMARY KEY, must int NOT NULL)")
    target = open_target(made.url)
    with target.connect() as connection, pytest.raises(FerrymanError):
        target.dialect.load(connection, table_of(target, "some"), [pa.RecordBatch.from_pydict({"id": [1]})])


def test_what_fails_among_the_rows_comes_out_as_it_is_and_the_connection_goes_on(made: Made) -> None:
    made.run("CREATE TABLE some (id int PRIMARY KEY)")
    target = open_target(made.url)

    def failing() -> Iterator[pa.RecordBatch]:
        yield pa.RecordBatch.from_pydict({"id": list(range(200_000))})
        raise LookupError("the old database is gone")

    with target.connect() as connection:
        with pytest.raises(LookupError):
            target.dialect.load(connection, table_of(target, "some"), failing())
        connection.rollback()
        assert connection.exec_driver_sql("SELECT count(*) FROM some").scalar() == 0


def test_a_server_that_asks_for_a_file_gets_none(made: Made, tmp_path: Path) -> None:
    made.run("CREATE TABLE some (words text)")
    secret = tmp_path / "secret"
    secret.write_text("secret\n")
    target = open_target(made.url)
    with target.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        with pytest.raises(RuntimeError):
            raw.cursor().execute(f"LOAD DATA LOCAL INFILE '{secret}' INTO TABLE some")
        raw.close()
    assert made.one("SELECT count(*) FROM some") == 0


def test_a_server_that_takes_no_files_gets_statements_and_the_plan_says_so(
    own_mariadb: OwnMariaDB, tmp_path: Path
) -> None:
    server = MariaDBServer(own_mariadb.base).prepare()
    made = server.database()
    made.run(NEW)
    server.run("mysql", ["SET GLOBAL local_infile = OFF"])
    old, _ = shop(tmp_path)
    with ferryman.open(str(old), made.url, folder=tmp_path) as session:
        list(session.take(plan_of(phases=PHASES).but(validation=tuple(CheckKind))))
        assert session.plan is not None
        assert [why for why in session.plan.preflight.warnings if "local_infile is off" in why]
        told = [event for event in session.say(Approve()) if isinstance(event, TablePrepared)]
    assert {(event.path, "local_infile is off" in event.path_reason) for event in told} == {("straight", True)}
    assert made.one("SELECT count(*) FROM purchases") == 100
