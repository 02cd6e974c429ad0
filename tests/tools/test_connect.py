"""Opening databases: what is taken, what is refused and in which words, what is read and inserted."""

import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from sqlalchemy import select

from ferryman.domain.errors import Configuration, FerrymanError, NeedsDecision, Permanent, Transient
from ferryman.domain.schema import Family
from ferryman.tools.databases import sqlite
from ferryman.tools.databases.arrow import ARROW, record_batch, unfit
from ferryman.tools.databases.connect import check_pair, open_source, open_target
from ferryman.tools.databases.dialect import clause
from ferryman.tools.discover.introspect import introspect

SIMPLE = "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, n INT CHECK (n > 0))"


def build(path: Path, *statements: str) -> Path:
    connection = sqlite3.connect(path)
    for statement in statements or (SIMPLE, "INSERT INTO t VALUES (1, 'one', 1), (2, 'two', 2)"):
        connection.execute(statement)
    connection.commit()
    connection.close()
    return path


def opened(path: Path) -> list[tuple[object, ...]]:
    source = open_source(str(path))
    with source.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql("SELECT * FROM t")]


def refusal(doing: Callable[[], object], kind: type[FerrymanError], *words: str) -> FerrymanError:
    """The error of that type, of two full lines, with the words in it."""
    with pytest.raises(kind) as caught:
        doing()
    first, second = str(caught.value).splitlines()
    assert first and second
    for word in words:
        assert word in str(caught.value)
    return caught.value


@contextmanager
def as_nobody() -> Iterator[None]:
    """Without the rights of root, who may read and write everything."""
    if os.geteuid() == 0:
        os.seteuid(65534)
        try:
            yield
        finally:
            os.seteuid(0)
    else:
        yield


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that every user can reach, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_a_url_and_a_bare_path_open_the_same_database(tmp_path: Path) -> None:
    path = build(tmp_path / "shop.db")
    by_path, by_url = open_source(str(path)), open_source(f"sqlite:///{path}")
    assert by_path.identity == by_url.identity
    assert by_path.identity.name == "shop"
    assert by_path.identity.dialect == by_path.dialect.name == "sqlite"
    assert len(by_path.identity.place) == 64


@pytest.mark.parametrize(
    "name", ["what?.db", "a#b.db", "100%.db", "%41.db", "two words.db", "it's.db", 'a"b.db', "имя.db", "a&mode=rwc.db"]
)
def test_files_with_hostile_names_open_on_both_sides(tmp_path: Path, name: str) -> None:
    path = build(tmp_path / name)
    assert opened(path) == [(1, "one", 1), (2, "two", 2)]
    with open_target(str(path)).connect() as connection:
        connection.exec_driver_sql("INSERT INTO t VALUES (3, 'three', 3)")
        connection.commit()
    assert len(opened(path)) == 3
    assert [entry.name for entry in tmp_path.iterdir() if entry.is_file()] == [name]


def test_a_relative_path_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(tmp_path / "shop.db")
    monkeypatch.chdir(tmp_path)
    assert open_source("shop.db").identity == open_source(f"sqlite:///{tmp_path}/shop.db").identity


@pytest.mark.parametrize("side", [open_source, open_target])
@pytest.mark.parametrize(
    ("content", "word"),
    [
        (None, "There is no file"),
        (b"", "empty (0 bytes)"),
        (b"name,amount\n1,2\n" * 200, "not a SQLite database"),
        (b"x", "not a SQLite database"),
        (bytes(4096), "not a SQLite database"),
        (b"PK\x03\x04" + bytes(4000), "a zip archive"),
        (os.urandom(8192), "encrypted"),
    ],
)
def test_what_is_no_database_is_said_to_be_what_it_is(
    tmp_path: Path, side: Callable[[str], object], content: bytes | None, word: str
) -> None:
    path = tmp_path / "shop.db"
    if content is not None:
        path.write_bytes(content)
    refusal(lambda: side(str(path)), Configuration, word)
    assert path.exists() == (content is not None), "a database was created"


@pytest.mark.parametrize("side", [open_source, open_target])
def test_a_folder_is_no_database(tmp_path: Path, side: Callable[[str], object]) -> None:
    refusal(lambda: side(str(tmp_path)), Configuration, "is a folder")


def test_a_file_that_may_not_be_read(public: Path) -> None:
    path = build(public / "shop.db")
    path.chmod(0o000)
    with as_nobody():
        refusal(lambda: open_source(str(path)), Configuration, "cannot be read", "permission")


def test_a_file_in_a_folder_that_may_not_be_entered(public: Path) -> None:
    inner = public / "inner"
    inner.mkdir()
    path = build(inner / "shop.db")
    inner.chmod(0o000)
    with as_nobody():
        refusal(lambda: open_source(str(path)), Configuration, "cannot be read", "permission")
    inner.chmod(0o755)


def test_a_target_that_may_only_be_read_is_refused_before_any_write(public: Path) -> None:
    path = build(public / "shop.db")
    path.chmod(0o444)
    with as_nobody():
        assert opened(path)
        refusal(lambda: open_target(str(path)), Configuration, "cannot be written")
        assert sqlite3.connect(path).execute("SELECT count(*) FROM t").fetchone() == (2,)


def test_a_target_in_a_folder_that_may_only_be_read_is_refused(public: Path) -> None:
    path = build(public / "shop.db")
    path.chmod(0o666)
    with as_nobody():
        refusal(lambda: open_target(str(path)), Configuration, "cannot be written", "folder")


def test_a_damaged_file_is_said_to_be_damaged(tmp_path: Path) -> None:
    path = build(
        tmp_path / "shop.db", SIMPLE, *(f"INSERT INTO t VALUES ({i}, 'name {i}', {i})" for i in range(1, 2000))
    )
    content = bytearray(path.read_bytes())
    content[4096 : 4096 * 8] = b"\xff" * 4096 * 7
    path.write_bytes(content)
    refusal(lambda: opened(path), Permanent, "damaged", "backup")


def test_a_locked_file_is_transient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.1)
    path = build(tmp_path / "shop.db")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    refusal(lambda: open_source(str(path)), Transient, "locked", str(path))
    other.execute("ROLLBACK")
    assert opened(path)
    target = open_target(str(path))
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Transient, match="locked"), target.connect() as connection:
        connection.exec_driver_sql("INSERT INTO t VALUES (3, 'three', 3)")
    with target.connect(reading=True) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM t").scalar() == 2


def test_opening_a_database_again_leaves_the_locks_of_this_process_in_place(tmp_path: Path) -> None:
    path = build(tmp_path / "shop.db")
    target = open_target(str(path))
    try_to_write = """
import sqlite3, sys
sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None).execute("BEGIN IMMEDIATE")
"""
    with target.connect() as connection:
        connection.exec_driver_sql("INSERT INTO t VALUES (3, 'three', 3)")
        open_source(str(path)).dispose()
        open_target(str(path)).dispose()
        other = subprocess.run([sys.executable, "-c", try_to_write, str(path)], capture_output=True, check=False)
        assert b"database is locked" in other.stderr


def test_a_lock_that_goes_away_in_time_is_waited_for(tmp_path: Path) -> None:
    path = build(tmp_path / "shop.db")
    target = open_target(str(path))
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.3, lambda: other.execute("ROLLBACK"))
    release.start()
    with target.connect() as connection:
        connection.exec_driver_sql("INSERT INTO t VALUES (3, 'three', 3)")
        connection.commit()
    release.join()
    assert len(opened(path)) == 3


def test_after_a_lock_the_same_connection_can_try_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.1)
    path = build(tmp_path / "shop.db")
    target = open_target(str(path))
    other = sqlite3.connect(path, isolation_level=None)
    with target.connect() as connection:
        other.execute("BEGIN IMMEDIATE")
        table = introspect_one(path)
        rows = record_batch(["id", "name", "n"], [Family.INTEGER, Family.TEXT, Family.INTEGER], [(3, "three", 3)])
        refusal(lambda: target.dialect.insert(connection, table, rows), Transient, "locked")
        other.execute("ROLLBACK")
        connection.rollback()
        assert target.dialect.insert(connection, table, rows) == 1
        connection.commit()
    assert len(opened(path)) == 3


def introspect_one(path: Path):
    source = open_source(str(path))
    with source.connect() as connection:
        return introspect(connection, source.dialect).table("t")


def test_a_database_in_wal_mode_is_read_with_what_is_only_in_its_log(tmp_path: Path) -> None:
    path = build(tmp_path / "shop.db")
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("INSERT INTO t VALUES (3, 'three', 3)")
    assert len(opened(path)) == 3
    writer.close()
    assert len(opened(path)) == 3


def test_a_wal_database_that_cannot_be_read_says_what_to_do(public: Path) -> None:
    path = build(public / "shop.db")
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("PRAGMA journal_mode = WAL")
    writer.close()
    path.chmod(0o444)
    with as_nobody():
        refusal(lambda: open_source(str(path)), Configuration, "WAL", "copy")


def test_a_crashed_writers_journal_says_what_to_do(tmp_path: Path) -> None:
    path = build(
        tmp_path / "shop.db", SIMPLE, *(f"INSERT INTO t VALUES ({i}, 'name {i}', {i})" for i in range(1, 2000))
    )
    script = (
        "import os, sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "c.execute('PRAGMA cache_size = 2'); c.execute('BEGIN'); c.execute('UPDATE t SET n = n + 1');"
        "os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", script, str(path)], check=False)
    assert Path(f"{path}-journal").exists()
    refusal(lambda: opened(path), Configuration, "crashed", "-journal")


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "sqlite:///x.db?mode=rwc", "sqlite:///file:x.db"])
def test_sqlite_urls_that_name_no_file(url: str) -> None:
    refusal(lambda: open_source(url), Configuration, "bare path")


def test_another_sqlite_library_is_refused() -> None:
    refusal(lambda: open_source("sqlite+pysqlcipher://:key@/x.db"), Configuration, "pysqlcipher")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("oracle://me:hidden@host/db", "oracle"),
        ("mssql+pyodbc://me:hidden@host/db", "mssql"),
    ],
)
def test_databases_that_are_not_spoken_are_named(url: str, name: str) -> None:
    error = refusal(lambda: open_target(url), Configuration, "speaks SQLite", name)
    assert "hidden" not in str(error)


@pytest.mark.parametrize("key", ["password", "PASSWORD", "sslpassword", "passwd", "pwd"])
def test_a_password_in_a_query_string_is_refused_and_not_repeated(key: str) -> None:
    error = refusal(lambda: open_source(f"postgresql://host/db?{key}=hidden"), Configuration, "query string")
    assert "hidden" not in str(error)


@pytest.mark.parametrize("end", ["db&password=hidden", "db;password=hidden", "db&schema=a&password=hidden"])
@pytest.mark.parametrize("start", ["postgresql://host/", "mysql://host/", "postgresql://host", "mysql://me@host:1/"])
def test_options_without_a_question_mark_are_refused_and_not_repeated(start: str, end: str) -> None:
    error = refusal(lambda: open_source(start + end), Configuration, "without a ?")
    assert "hidden" not in str(error)


def test_nonsense_is_refused_without_repeating_it() -> None:
    error = refusal(lambda: open_source("://me:hidden@host"), Configuration, "URL")
    assert "hidden" not in str(error)
    refusal(lambda: open_source("postgresql://me:hidden@host:port/db"), Configuration, "URL")
    refusal(lambda: open_source(" "), Configuration, "No database")


def test_the_same_database_on_both_sides_is_refused_by_whatever_name(tmp_path: Path) -> None:
    path = build(tmp_path / "shop.db")
    (tmp_path / "soft.db").symlink_to(path)
    (tmp_path / "hard.db").hardlink_to(path)
    source = open_source(str(path))
    for name in ("shop.db", "soft.db", "hard.db"):
        target = open_target(str(tmp_path / name))
        refusal(lambda target=target: check_pair(source, target), Configuration, "same one")  # type: ignore[misc]
    check_pair(source, open_target(str(build(tmp_path / "other.db"))))


def test_the_source_sees_one_snapshot_for_the_whole_of_a_connection(tmp_path: Path) -> None:
    path = build(tmp_path / "shop.db")
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("PRAGMA journal_mode = WAL")
    with open_source(str(path)).connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM t").scalar() == 2
        writer.execute("INSERT INTO t VALUES (3, 'three', 3)")
        assert connection.exec_driver_sql("SELECT count(*) FROM t").scalar() == 2
    assert len(opened(path)) == 3


def test_a_target_connection_left_without_commit_keeps_nothing(tmp_path: Path) -> None:
    path = build(tmp_path / "shop.db")
    with open_target(str(path)).connect() as connection:
        connection.exec_driver_sql("INSERT INTO t VALUES (3, 'three', 3)")
        connection.exec_driver_sql("CREATE TABLE u (a)")
    assert len(opened(path)) == 2


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("INSERT INTO t VALUES (1, 'x', 1)", "UNIQUE t.id"),
        ("INSERT INTO t VALUES (9, 'one', 1)", "UNIQUE t.name"),
        ("INSERT INTO t VALUES (9, NULL, 1)", "NOT NULL t.name"),
        ("INSERT INTO t VALUES (9, 'x', 0)", "CHECK n > 0"),
        ("INSERT INTO child VALUES (9)", "FOREIGN KEY"),
        ("INSERT INTO firm VALUES ('word')", "TYPE INT firm.a"),
        ("INSERT INTO watched VALUES (1)", "TRIGGER not today"),
    ],
)
def test_a_broken_rule_asks_for_a_decision_and_names_the_rule(tmp_path: Path, statement: str, constraint: str) -> None:
    path = build(
        tmp_path / "shop.db",
        SIMPLE,
        "INSERT INTO t VALUES (1, 'one', 1)",
        "CREATE TABLE child (t_id REFERENCES t)",
        "CREATE TABLE firm (a INT) STRICT",
        "CREATE TABLE watched (a)",
        "CREATE TRIGGER guard BEFORE INSERT ON watched BEGIN SELECT raise(ABORT, 'not today'); END",
    )
    target = open_target(str(path))

    def broken() -> None:
        with target.connect("writing rows") as connection:
            connection.connection.driver_connection.execute("PRAGMA foreign_keys = ON")  # type: ignore[union-attr]
            connection.exec_driver_sql(statement)

    error = refusal(broken, NeedsDecision, "Writing rows", constraint)
    assert isinstance(error, NeedsDecision)
    assert error.constraint == constraint


def test_drift_interrupts_and_full_disks_have_words_of_their_own(tmp_path: Path) -> None:
    target = open_target(str(build(tmp_path / "shop.db")))

    def run(*statements: str) -> None:
        with target.connect("writing rows") as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    refusal(lambda: run("SELECT * FROM gone"), NeedsDecision, "structure", "no such table")
    refusal(lambda: run("INSERT INTO t (gone) VALUES (1)"), NeedsDecision, "structure")
    full = "WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n) INSERT INTO t SELECT i, i, 1 FROM n"
    refusal(lambda: run("PRAGMA max_page_count = 8", full), Configuration, "disk is full", "nothing of this batch")
    assert len(opened(tmp_path / "shop.db")) == 2

    def interrupted() -> None:
        with target.connect("writing rows") as connection:
            raw = connection.connection.driver_connection
            assert isinstance(raw, sqlite3.Connection)
            threading.Timer(0.2, raw.interrupt).start()
            connection.exec_driver_sql(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
            )

    refusal(interrupted, Permanent, "interrupted")


def read(path: Path, families: list[Family], size: int = 100) -> list[pa.RecordBatch]:
    source = open_source(str(path))
    with source.connect() as connection:
        table = introspect(connection, source.dialect).table("t")
        return list(source.dialect.read(connection, select(clause(table)), families, size))


def test_rows_come_as_the_types_of_their_families(tmp_path: Path) -> None:
    path = build(
        tmp_path / "shop.db",
        """CREATE TABLE t (b BOOLEAN, i INT, n NUMERIC(10,2), f REAL, s TEXT, d DATE, h TIME, m DATETIME,
           j JSON, u UUID, x BLOB)""",
        """INSERT INTO t VALUES (1, 5, 9.90, 0.1, 'ä', '2009-01-31', '10:30:00.5', '2009-01-31 10:30:00.25',
           '{"a": 1}', '6e3a', x'00ff'), (0, -5, 12345678901, 2, '', '0001-01-01', '10:30', '2009-01-31', '1', '', x''),
           (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)""",
    )
    families = [
        Family.BOOLEAN, Family.INTEGER, Family.DECIMAL, Family.FLOAT, Family.TEXT, Family.DATE, Family.TIME,
        Family.TIMESTAMP, Family.JSON, Family.UUID, Family.BINARY,
    ]  # fmt: skip
    (batch,) = read(path, families)
    assert batch.schema.types[:8] == [ARROW[family] for family in families][:8]
    assert [unfit(field) for field in batch.schema] == [()] * 8 + [("integer", "text")] + [()] * 2
    assert [tuple(row.values()) for row in batch.to_pylist()] == [
        (True, 5, "9.9", 0.1, "ä", date(2009, 1, 31), time(10, 30, 0, 500_000),
         datetime(2009, 1, 31, 10, 30, 0, 250_000), '{"a": 1}', "6e3a", b"\x00\xff"),
        (False, -5, "12345678901", 2.0, "", date(1, 1, 1), time(10, 30), datetime(2009, 1, 31), "1", "", b""),
        (None,) * 11,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("family", "values", "expected"),
    [
        (Family.INTEGER, [1, "many", 2.5], ["1", "many", "2.5"]),
        (Family.BOOLEAN, [1, 2], ["1", "2"]),
        (Family.FLOAT, [0.1, 2**53 + 1], ["0.1", "9007199254740993"]),
        (Family.DECIMAL, [1, "n/a"], ["1", "n/a"]),
        (Family.DECIMAL, [float("inf")], ["inf"]),
        (Family.DATE, ["2009-01-31", "31.1.2009"], ["2009-01-31", "31.1.2009"]),
        (Family.DATE, ["2009-01-31 10:00:00"], ["2009-01-31 10:00:00"]),
        (Family.TIMESTAMP, [1231231231], ["1231231231"]),
        (Family.TIMESTAMP, ["0000-00-00 00:00:00"], ["0000-00-00 00:00:00"]),
        (Family.TIMESTAMP, ["2009-01-31T10:00:00Z"], ["2009-01-31T10:00:00Z"]),
        (Family.TIMESTAMP, ["2009-01-31 10:00:00.1234567"], ["2009-01-31 10:00:00.1234567"]),
        (Family.TIME, ["24:00:00"], ["24:00:00"]),
        (Family.TEXT, ["a", 5, b"\x00\xff"], ["a", "5", "X'00FF'"]),
        (Family.BINARY, [b"a", "b"], ["X'61'", "b"]),
        (Family.OTHER, [1, 2.5], ["1", "2.5"]),
    ],
)
def test_values_that_do_not_fit_come_as_text_that_loses_nothing_and_say_so(
    family: Family, values: list[object], expected: list[str]
) -> None:
    batch = record_batch(["c"], [family], [(value,) for value in [*values, None]])
    assert batch.column(0).to_pylist() == [*expected, None]
    assert batch.schema.field(0).type == pa.string()
    assert unfit(batch.schema.field(0))


def test_one_value_that_does_not_fit_changes_its_own_batch_only(tmp_path: Path) -> None:
    path = build(tmp_path / "shop.db", "CREATE TABLE t (n INT)", "INSERT INTO t VALUES (1), (2), ('x'), (4), (5)")
    batches = read(path, [Family.INTEGER], size=2)
    assert [batch.column(0).to_pylist() for batch in batches] == [[1, 2], ["x", "4"], [5]]


def test_text_that_is_not_utf8_comes_as_its_bytes_and_no_row_is_lost(tmp_path: Path) -> None:
    path = build(
        tmp_path / "shop.db",
        "CREATE TABLE t (s TEXT)",
        *(f"INSERT INTO t VALUES ('good {i}')" for i in range(5)),
        "INSERT INTO t VALUES (CAST(x'ff41' AS TEXT))",
        *(f"INSERT INTO t VALUES ('fine {i}')" for i in range(3)),
    )
    batches = read(path, [Family.TEXT], size=2)
    values = [value for batch in batches for value in batch.column(0).to_pylist()]
    assert values == [*(f"good {i}" for i in range(5)), "X'FF41'", *(f"fine {i}" for i in range(3))]
    assert [bool(unfit(batch.schema.field(0))) for batch in batches] == [False, False, True, False, False]


def test_values_are_inserted_as_sqlite_should_hold_them(tmp_path: Path) -> None:
    path = build(
        tmp_path / "new.db",
        "CREATE TABLE t (b BOOL, n NUMERIC(20,4), m DATETIME, z DATETIME, d DATE, h TIME, u CHAR(36), x BLOB, e TEXT)",
    )
    target = open_target(str(path))
    batch = pa.RecordBatch.from_pydict(
        {
            "b": pa.array([True, False, None]),
            "n": pa.array(["9.9000", "12345678901234567890.5", "007"]),
            "m": pa.array([datetime(2009, 1, 31, 10), datetime(2009, 1, 31, 10, 0, 0, 5), None], pa.timestamp("us")),
            "z": pa.array([datetime(2009, 1, 31, 10, tzinfo=UTC), None, None], pa.timestamp("us", "UTC")),
            "d": pa.array([date(2009, 1, 31), date(1, 1, 1), None]),
            "h": pa.array([time(10, 30), time(10, 30, 0, 500_000), None]),
            "u": pa.array(["6E3A", "6e3a", None]),
            "x": pa.array([b"\x00", b"", None]),
            "e": pa.array(["same", "same", None]).dictionary_encode(),
        }
    )
    with target.connect() as connection:
        table = introspect(connection, target.dialect).table("t")
        assert target.dialect.insert(connection, table, batch) == 3
        connection.commit()
    rows = sqlite3.connect(path).execute("SELECT * FROM t").fetchall()
    assert rows == [
        (1, 9.9, "2009-01-31 10:00:00", "2009-01-31 10:00:00+00:00", "2009-01-31", "10:30:00", "6E3A", b"\x00", "same"),
        (0, 1.2345678901234567e19, "2009-01-31 10:00:00.000005", None, "0001-01-01", "10:30:00.500000", "6e3a", b"",
         "same"),
        (None, 7, None, None, None, None, None, None, None),
    ]  # fmt: skip


def test_decimals_keep_their_digits_where_sqlite_can_hold_them(tmp_path: Path) -> None:
    path = build(tmp_path / "new.db", "CREATE TABLE t (n NUMERIC(38,10))")
    target = open_target(str(path))
    numbers = [Decimal("0.1"), Decimal("0.30000000000000004"), Decimal("-9223372036854775808"), Decimal("100.00")]
    with target.connect() as connection:
        table = introspect(connection, target.dialect).table("t")
        batch = pa.RecordBatch.from_pydict({"n": pa.array(numbers, pa.decimal128(38, 17))})
        target.dialect.insert(connection, table, batch)
        connection.commit()
    stored = [row[0] for row in sqlite3.connect(path).execute("SELECT n FROM t")]
    assert stored == [0.1, 0.30000000000000004, -9223372036854775808, 100]
    assert [type(value) for value in stored] == [float, float, int, int]


def test_what_was_inserted_reads_back_equal(tmp_path: Path) -> None:
    columns = "b BOOLEAN, i INT, n NUMERIC(10,2), f REAL, s TEXT, d DATE, h TIME, m DATETIME, x BLOB"
    old = build(
        tmp_path / "old.db",
        f"CREATE TABLE t ({columns})",
        """INSERT INTO t VALUES (1, 9223372036854775807, 0.07, 1e300, 'a' || char(10) || '😀', '2009-01-31', '10:30:00',
        '2009-01-31 10:30:00.000001', x'00'),
        (0, -1, -3, -0.5, '', '9999-12-31', '00:00:00', '1969-12-31 23:59:59', x'')""",
    )
    new = build(tmp_path / "new.db", f"CREATE TABLE t ({columns})")
    families = [
        Family.BOOLEAN, Family.INTEGER, Family.DECIMAL, Family.FLOAT, Family.TEXT, Family.DATE, Family.TIME,
        Family.TIMESTAMP, Family.BINARY,
    ]  # fmt: skip
    (batch,) = read(old, families)
    target = open_target(str(new))
    with target.connect() as connection:
        target.dialect.insert(connection, introspect(connection, target.dialect).table("t"), batch)
        connection.commit()
    assert opened(new) == opened(old)
    assert read(new, families)[0].equals(batch)


def test_a_batch_that_breaks_a_rule_says_which_and_rolls_back_whole(tmp_path: Path) -> None:
    path = build(tmp_path / "new.db")
    target, table = open_target(str(path)), introspect_one(path)
    rows = [(3, "three", 3), (4, "two", 4), (5, "five", 5)]
    batch = record_batch(["id", "name", "n"], [Family.INTEGER, Family.TEXT, Family.INTEGER], rows)
    with target.connect() as connection:
        error = refusal(lambda: target.dialect.insert(connection, table, batch), NeedsDecision, "UNIQUE t.name")
        connection.rollback()
    assert isinstance(error, NeedsDecision)
    assert (error.table, error.constraint) == ("t", "UNIQUE t.name")
    assert len(opened(path)) == 2
