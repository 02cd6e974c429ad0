"""The old database is never written, whatever statement reaches its connection."""

import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from ferryman.domain.errors import FerrymanError
from ferryman.tools.databases.connect import Source, open_source, open_target
from ferryman.tools.databases.sqlite import attach_source
from ferryman.tools.discover.introspect import introspect
from ferryman.tools.discover.profile import profile

SCHEMA = """
CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE child (id INTEGER PRIMARY KEY AUTOINCREMENT, parent_id INT REFERENCES parent, note TEXT);
CREATE INDEX by_note ON child (note);
CREATE VIEW seen AS SELECT * FROM child;
CREATE TRIGGER through INSTEAD OF INSERT ON seen BEGIN INSERT INTO child (note) VALUES (new.note); END;
INSERT INTO parent VALUES (1, 'one'), (2, 'two');
INSERT INTO child (parent_id, note) VALUES (1, 'a'), (1, 'b'), (2, 'c');
"""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "old.db"
    connection = sqlite3.connect(path)
    connection.executescript(SCHEMA)
    connection.close()
    return path


@pytest.fixture
def new(tmp_path: Path) -> Path:
    path = tmp_path / "new.db"
    connection = sqlite3.connect(path)
    connection.executescript("CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT)")
    connection.close()
    return path


@pytest.fixture
def source(old: Path) -> Iterator[Source]:
    """The source; in the end its file is the same, byte for byte, and nothing was left beside it."""
    before, beside = hashlib.sha256(old.read_bytes()).hexdigest(), set(old.parent.iterdir())
    yield open_source(str(old))
    assert hashlib.sha256(old.read_bytes()).hexdigest() == before
    assert [path for path in set(old.parent.iterdir()) - beside if not path.name.startswith("new.db")] == []


def raw(connection: Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


WRITES = [
    "INSERT INTO parent VALUES (9, 'x')",
    "INSERT INTO seen (note) VALUES ('x')",
    "REPLACE INTO parent VALUES (1, 'x')",
    "UPDATE parent SET name = 'x'",
    "DELETE FROM child",
    "WITH n AS (SELECT 1) DELETE FROM child WHERE id IN n",
    "INSERT INTO parent VALUES (1, 'x') ON CONFLICT DO UPDATE SET name = 'x'",
    "INSERT INTO parent VALUES (9, 'x') RETURNING id",
    "UPDATE sqlite_sequence SET seq = 99",
    "UPDATE sqlite_schema SET sql = ''",
    "CREATE TABLE x (a)",
    "CREATE TABLE x AS SELECT * FROM parent",
    "CREATE TEMP TABLE x (a)",
    "CREATE TEMP TRIGGER x AFTER INSERT ON parent BEGIN DELETE FROM child; END",
    "CREATE TEMP VIEW x AS SELECT 1",
    "CREATE VIEW x AS SELECT 1",
    "CREATE INDEX x ON parent (name)",
    "CREATE TRIGGER x AFTER INSERT ON parent BEGIN DELETE FROM child; END",
    "CREATE VIRTUAL TABLE x USING fts5(a)",
    "DROP TABLE child",
    "DROP INDEX by_note",
    "DROP VIEW seen",
    "DROP TRIGGER through",
    "ALTER TABLE parent RENAME TO x",
    "ALTER TABLE parent ADD COLUMN x",
    "ALTER TABLE parent DROP COLUMN name",
    "REINDEX",
    "ANALYZE",
    "VACUUM",
    "VACUUM INTO '{folder}/copy.db'",
    "ATTACH '{old}' AS rw",
    "ATTACH 'file:{old}?mode=rw' AS rw",
    "ATTACH 'file:{folder}/made.db?mode=rwc' AS rw",
    "ATTACH ':memory:' AS m",
    "DETACH main",
    "SAVEPOINT s",
    "SELECT load_extension('/tmp/x.so')",
    "SELECT fts3_tokenizer('simple', x'00')",
    "PRAGMA writable_schema = ON",
    "PRAGMA writable_schema = RESET",
    "PRAGMA journal_mode = WAL",
    "PRAGMA journal_mode = DELETE",
    "PRAGMA main.journal_mode = MEMORY",
    "PRAGMA journal_mode(OFF)",
    "PRAGMA query_only = OFF",
    "PRAGMA query_only(0)",
    "PRAGMA user_version = 7",
    "PRAGMA application_id = 7",
    "PRAGMA schema_version = 7",
    "PRAGMA auto_vacuum = FULL",
    "PRAGMA incremental_vacuum",
    "PRAGMA page_size = 8192",
    "PRAGMA encoding = 'UTF-16'",
    "PRAGMA wal_checkpoint(TRUNCATE)",
    "PRAGMA optimize",
    "PRAGMA locking_mode = EXCLUSIVE",
    "PRAGMA temp_store_directory = '/tmp'",
    "PRAGMA data_store_directory = '/tmp'",
    "PRAGMA trusted_schema = ON",
    "PRAGMA ignore_check_constraints = ON",
    "PRAGMA foreign_keys = ON",
    "PRAGMA max_page_count = 1",
    "PRAGMA secure_delete = ON",
    "SELECT 1; DELETE FROM child",
    "SELECT 1; COMMIT; DROP TABLE child",
]


@pytest.mark.parametrize("statement", WRITES)
def test_nothing_that_could_write_gets_through(source: Source, old: Path, statement: str) -> None:
    statement = statement.format(old=old, folder=old.parent)
    with pytest.raises(FerrymanError), source.connect() as connection:
        connection.exec_driver_sql(statement)
    with source.connect() as connection, pytest.raises((sqlite3.Error, sqlite3.Warning)):
        raw(connection).execute(statement)


@pytest.mark.parametrize("statement", ["COMMIT", "ROLLBACK", "END"])
def test_leaving_the_transaction_opens_no_way_out(source: Source, statement: str) -> None:
    with source.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
        raw(connection).execute(statement)
        for write in ("DELETE FROM child", "BEGIN IMMEDIATE; DELETE FROM child", "PRAGMA journal_mode = WAL"):
            with pytest.raises((sqlite3.Error, sqlite3.Warning)):
                raw(connection).execute(write)


def test_a_script_of_several_statements_stops_at_its_first_write(source: Source) -> None:
    with source.connect() as connection, pytest.raises(sqlite3.DatabaseError):
        raw(connection).executescript("SELECT 1; COMMIT; DELETE FROM child; SELECT 2")


def test_the_second_lock_holds_without_the_first(source: Source, old: Path) -> None:
    with source.connect() as connection:
        raw(connection).set_authorizer(None)
        for statement in ("DELETE FROM child", "CREATE TABLE x (a)"):
            with pytest.raises(sqlite3.Error, match="readonly"):
                raw(connection).execute(statement)
        with pytest.raises(sqlite3.Error, match="too many attached databases"):
            raw(connection).execute(f"ATTACH 'file:{old}?mode=rw' AS rw")


def test_every_thread_and_every_connection_is_guarded(source: Source) -> None:
    for _ in range(3):
        with pytest.raises(FerrymanError, match="guard"), source.connect() as connection:
            connection.execute(text("DELETE FROM child"))
        source.dispose()


def test_reading_goes_through_all_of_it(source: Source) -> None:
    with source.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM seen")).scalar() == 3
        recursive = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT sum(i) FROM n"
        assert connection.execute(text(recursive)).scalar() == 15
        assert connection.execute(text("SELECT upper(name) FROM parent ORDER BY 1")).scalars().all() == ["ONE", "TWO"]
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "delete"
        database = introspect(connection, source.dialect)
        assert profile(connection, database, source.dialect).rows("child") == 3


def test_a_source_that_is_being_written_by_its_application_is_not_held_up_by_us(source: Source, old: Path) -> None:
    with source.connect() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM child")
    before = old.read_bytes()
    writer = sqlite3.connect(old, timeout=0)
    writer.execute("INSERT INTO parent VALUES (9, 'nine')")
    writer.commit()
    writer.close()
    old.write_bytes(before)


def test_a_source_with_a_trap_in_its_schema_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "trap.db"
    connection = sqlite3.connect(path)
    connection.executescript(
        """CREATE TABLE t (a, b GENERATED ALWAYS AS (upper(a)));
        INSERT INTO t VALUES ('x');
        CREATE VIEW v AS SELECT load_extension('/tmp/evil.so') FROM t;"""
    )
    connection.close()
    source = open_source(str(path))
    with source.connect() as reading:
        assert introspect(reading, source.dialect).by_name["t"].column("b").generated
        assert reading.exec_driver_sql("SELECT b FROM t").scalar() == "X"
    with pytest.raises(FerrymanError), source.connect() as reading:
        reading.exec_driver_sql("SELECT * FROM v")


PUSH = "INSERT INTO main.notes SELECT id, note FROM legacy.child"


def test_rows_are_pushed_down_from_the_attached_source(source: Source, new: Path) -> None:
    target = open_target(str(new))
    with target.connect() as connection:
        attach_source(connection, source)
        assert connection.exec_driver_sql(PUSH).rowcount == 3
        connection.commit()
    assert sqlite3.connect(new).execute("SELECT * FROM notes").fetchall() == [(1, "a"), (2, "b"), (3, "c")]


def test_a_batch_and_its_ledger_row_are_one_transaction(source: Source, new: Path) -> None:
    target = open_target(str(new))
    with target.connect() as connection:
        attach_source(connection, source)
        connection.exec_driver_sql("CREATE TABLE ferryman_batch (n INT)")
        connection.exec_driver_sql(PUSH)
        connection.rollback()
        assert connection.exec_driver_sql("SELECT count(*) FROM notes").scalar() == 0
        connection.exec_driver_sql("CREATE TABLE ferryman_batch (n INT)")
        connection.exec_driver_sql(PUSH)
        connection.commit()
        connection.exec_driver_sql("CREATE TEMP TABLE keys (k)")
        connection.exec_driver_sql("PRAGMA foreign_keys")
    assert sqlite3.connect(new).execute("SELECT count(*) FROM notes, ferryman_batch").fetchone() == (0,)


BESIDE = [
    "INSERT INTO legacy.parent VALUES (9, 'x')",
    "UPDATE legacy.parent SET name = 'x'",
    "DELETE FROM legacy.child",
    "DELETE FROM child",
    "CREATE TABLE legacy.x (a)",
    "CREATE INDEX legacy.x ON parent (name)",
    "CREATE VIEW legacy.x AS SELECT 1",
    "DROP TABLE legacy.child",
    "DROP TABLE LEGACY.child",
    "DROP INDEX legacy.by_note",
    "ALTER TABLE legacy.parent ADD COLUMN x",
    "ALTER TABLE legacy.parent RENAME TO x",
    "REINDEX legacy.by_note",
    "ANALYZE legacy",
    "VACUUM legacy",
    "VACUUM INTO '{folder}/copy.db'",
    "VACUUM legacy INTO '{folder}/copy.db'",
    "ATTACH 'file:{old}?mode=rw' AS rw",
    "DETACH legacy",
    "PRAGMA legacy.journal_mode = WAL",
    "PRAGMA journal_mode = WAL",
    "PRAGMA main.journal_mode = WAL",
    "PRAGMA legacy.user_version = 7",
    "PRAGMA user_version = 7",
    "PRAGMA legacy.wal_checkpoint",
    "PRAGMA writable_schema = ON",
    "PRAGMA synchronous = OFF",
    "SELECT load_extension('/tmp/x.so')",
]


@pytest.mark.parametrize("statement", BESIDE)
def test_beside_an_attached_source_nothing_of_it_can_be_written(
    source: Source, old: Path, new: Path, statement: str
) -> None:
    before = hashlib.sha256(new.read_bytes()).hexdigest()
    target = open_target(str(new))
    with target.connect() as connection:
        attach_source(connection, source)
        with pytest.raises(sqlite3.Error):
            raw(connection).execute(statement.format(old=old, folder=old.parent))
    assert hashlib.sha256(new.read_bytes()).hexdigest() == before


def test_a_trigger_of_the_target_cannot_reach_into_the_source(source: Source, new: Path) -> None:
    with open_target(str(new)).connect() as connection:
        attach_source(connection, source)
        connection.exec_driver_sql("CREATE TEMP TRIGGER x AFTER INSERT ON main.notes BEGIN DELETE FROM child; END")
        with pytest.raises(DBAPIError, match="not authorized"):
            connection.exec_driver_sql(PUSH)


def test_what_was_attached_to_one_connection_does_not_show_in_the_next(source: Source, new: Path) -> None:
    target = open_target(str(new))
    with target.connect() as connection:
        attach_source(connection, source)
    with target.connect() as connection:
        names = [row[1] for row in connection.exec_driver_sql("PRAGMA database_list")]
        assert names == ["main"]


def test_a_source_with_a_hostile_path_is_attached(tmp_path: Path, old: Path, new: Path) -> None:
    hostile = tmp_path / "it's 100%?mode=rwc#.db"
    old.rename(hostile)
    with open_target(str(new)).connect() as connection:
        attach_source(connection, open_source(str(hostile)))
        assert connection.exec_driver_sql("SELECT count(*) FROM legacy.child").scalar() == 3


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_the_journal_mode_of_the_target_stays_as_it_was(source: Source, new: Path, mode: str) -> None:
    connection = sqlite3.connect(new)
    connection.execute(f"PRAGMA journal_mode = {mode}")
    connection.close()
    with open_target(str(new)).connect() as target:
        attach_source(target, source)
        target.exec_driver_sql(PUSH)
        target.commit()
    assert sqlite3.connect(new).execute("PRAGMA journal_mode").fetchone() == (mode,)
