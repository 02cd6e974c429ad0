"""What goes wrong on a server, in two lines: who deals with it next, what is broken, and no value of a row."""

from __future__ import annotations

import socket
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from ferryman.domain.errors import Configuration, FerrymanError, NeedsDecision, Transient
from ferryman.tools.databases.connect import open_source, open_target, said_by
from ferryman.tools.databases.dialect import clause
from ferryman.tools.databases.postgresql_errors import at_connect
from ferryman.tools.discover.introspect import introspect
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.ours import Ours, Undoing
from tests.own_mariadb import OwnMariaDB
from tests.servers import LOCKED, PASSWORD, READER, Made, MariaDBServer, Own, Server

KINDS = ("postgresql", "mariadb")


def nothing_listens() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture(params=KINDS)
def server(request: pytest.FixtureRequest) -> Server:
    found: Server = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def made(server: Server) -> Made:
    return server.database()


def refused(url: str, *words: str) -> None:
    for opens in (open_source, open_target):
        with pytest.raises(Configuration) as raised:
            opens(url)
        assert all(word in f"{raised.value.what} {raised.value.do}" for word in words), raised.value
        assert len(str(raised.value).splitlines()) == 2
        assert "hidden" not in str(raised.value)


def test_what_keeps_from_connecting(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    url = made.server.base.set(database=made.name)
    kind = url.get_backend_name()
    refused(made.server.locked(made.name, "hidden"), "password", "%40")
    refused(f"{kind}://me:hidden@127.0.0.1:{nothing_listens()}/db", "nothing answers", "port")
    refused(made.server.url("no_such_database"), "no database of that name")
    refused(f"{kind}://me:hidden@127.0.0.1", "names a server, but no database")
    secure = "sslmode=require" if kind == "postgresql" else "ssl=yes"
    refused(f"{made.url}?{secure}", "does not speak TLS")
    refused(f"{made.url}?sslpassword=hidden", "query string")
    refused(f"{made.url}?colour=red", '"colour"', "Known are")

    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    with monkeypatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", unknown)
        refused(f"{kind}://me:hidden@db.example.org/db", "no host of that name")


def test_a_url_that_leads_to_a_server_of_the_other_kind(postgresql: Server, mariadb: Server) -> None:
    for kind, there, named in (
        ("mysql", postgresql, "PostgreSQL, not"),
        ("postgresql", mariadb, "MariaDB or MySQL, not"),
    ):
        url = there.base.set(drivername=kind, database="db", query={"connect_timeout": "2"}).render_as_string()
        refused(url, f"what answers at that port is {named}", f"{there.base.get_backend_name()}://")


def test_a_server_elsewhere_must_speak_tls(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name leads to this machine; what counts is that it is not known to."""
    found = socket.getaddrinfo("127.0.0.1", made.server.base.port, type=socket.SOCK_STREAM)
    elsewhere = made.server.base.set(host="db.example.org", database=made.name).render_as_string()
    off = "sslmode=disable" if "postgresql" in elsewhere else "ssl=no"
    with monkeypatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        refused(elsewhere, "does not speak TLS")
        assert open_target(f"{elsewhere}?{off}").identity.name == made.name


RULES = """
CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE child (id int PRIMARY KEY, email varchar(5) NOT NULL, small smallint, parent_id int,
    made timestamp NULL, price decimal(5, 2),
    CONSTRAINT one_email UNIQUE (email), CONSTRAINT small_enough CHECK (small < 1000),
    CONSTRAINT has_parent FOREIGN KEY (parent_id) REFERENCES parent (id));
INSERT INTO child VALUES (1, 'taken', 1, NULL, NULL, NULL);
"""


@pytest.mark.parametrize(
    ("row", "constraint"),
    [
        ({"email": "taken"}, "UNIQUE"),
        ({"email": None}, "NOT NULL"),
        ({"parent_id": 77}, "FOREIGN KEY has_parent"),
        ({"small": 5000}, "CHECK"),
        ({"small": 70_000}, "TYPE"),
        ({"email": "too long for it"}, "TYPE email"),
        ({"price": "123456.7"}, "TYPE"),
        ({"price": "secret"}, "TYPE price"),
        ({"made": "yesteryear"}, "TYPE made"),
    ],
)
def test_broken_rules_are_named_without_values(made: Made, row: dict[str, object], constraint: str) -> None:
    made.run(RULES)
    target = open_target(made.url)
    with target.connect(reading=True) as connection:
        child = introspect(connection, target.dialect).table("child")
    whole = {"id": 2, "email": "free", **row}
    batch = pa.RecordBatch.from_pylist([{"id": 3, "email": "fine", **dict.fromkeys(row)} | {"email": "fine"}, whole])
    with target.connect() as connection, pytest.raises(NeedsDecision) as raised:
        target.dialect.insert(connection, child, batch)
    assert set(constraint.split()) <= set(raised.value.constraint.replace(".", " ").split()), raised.value.constraint
    assert raised.value.table == "child"
    for value in row.values():
        assert value is None or str(value) not in str(raised.value)
    assert made.ask("SELECT id FROM child") == [(1,)]


def test_an_error_is_told_of_the_database_that_said_it(made: Made, tmp_path: Path) -> None:
    """While a table is copied three may speak: both sides, and the SQLite file that stands in for them."""
    with closing(sqlite3.connect(tmp_path / "old.db")) as file:
        file.execute("CREATE TABLE city (id INTEGER PRIMARY KEY)")
    old, new = open_source(f"sqlite:///{tmp_path}/old.db"), open_target(made.url)
    with old.connect() as connection, pytest.raises(DBAPIError) as raised:
        connection.exec_driver_sql("SELECT nonsense FROM")
    assert said_by(raised.value, "copying", new, old).what.startswith("Copying: SQLite says")
    assert said_by(raised.value, "copying", new).what.startswith("Copying, in a temporary copy: SQLite says")
    old.dispose()
    new.dispose()


def test_a_lock_passes_by_itself(made: Made) -> None:
    made.run("CREATE TABLE held (id int PRIMARY KEY);\nINSERT INTO held VALUES (1);\n")
    target = open_target(made.url)
    patience = (
        "lock_timeout = '1s'" if made.server.base.get_backend_name() == "postgresql" else "innodb_lock_wait_timeout = 1"
    )
    with target.connect() as first:
        first.exec_driver_sql("UPDATE held SET id = 2")
        with pytest.raises(Transient), target.connect() as second:
            second.exec_driver_sql(f"SET SESSION {patience}")
            second.exec_driver_sql("UPDATE held SET id = 3")


def test_who_waits_for_a_lock_says_so_after_a_while(made: Made) -> None:
    postgresql = made.server.base.get_backend_name() == "postgresql"
    asked = "SELECT current_setting('lock_timeout')" if postgresql else "SELECT @@lock_wait_timeout"
    for side in (open_target(made.url), open_source(made.source)):
        with side.connect() as connection:
            assert connection.exec_driver_sql(asked).scalar() == ("30s" if postgresql else 30)


def test_limits_of_time_that_are_set_for_a_role_or_a_database_end_nothing_of_ours(postgresql: Server) -> None:
    made = postgresql.database()
    for limit in ("statement_timeout", "idle_in_transaction_session_timeout", "transaction_timeout"):
        made.run(f"ALTER DATABASE {made.name} SET {limit} = '500ms'")
    made.run(f"ALTER DATABASE {made.name} SET idle_session_timeout = '500ms'")
    for side in (open_target(made.url), open_source(made.source)):
        with side.connect() as connection:
            assert connection.exec_driver_sql("SELECT pg_sleep(0.7)").rowcount == 1
            time.sleep(0.7)
            assert connection.exec_driver_sql("SELECT 1").scalar() == 1
            connection.rollback()
            time.sleep(0.7)
            assert connection.exec_driver_sql("SELECT 1").scalar() == 1


def test_limits_and_lax_rules_of_mariadb_are_not_ours(own_mariadb: OwnMariaDB) -> None:
    made = MariaDBServer(own_mariadb.base).prepare().database()
    odd = "max_statement_time = 9, idle_transaction_timeout = 9, sql_safe_updates = 1, check_constraint_checks = 0"
    made.server.run("mysql", [f"SET GLOBAL {odd}, unique_checks = 0, sql_select_limit = 1"])
    off = "max_statement_time idle_transaction_timeout idle_readonly_transaction_timeout idle_write_transaction_timeout"
    wanted = {**dict.fromkeys([*off.split(), "sql_safe_updates"], 0), "unique_checks": 1, "check_constraint_checks": 1}
    wanted["sql_select_limit"] = 2**64 - 1
    for side in (open_target(made.url), open_source(made.source)):
        with side.connect() as connection:
            asked = "SELECT " + ", ".join(f"@@SESSION.{name}" for name in wanted)
            found = connection.exec_driver_sql(asked).one()
        assert dict(zip(wanted, map(int, found), strict=True)) == wanted


@pytest.mark.parametrize(
    "said",
    [
        "FATAL:  sorry, too many clients already",
        'FATAL:  too many connections for role "few"',
        "FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute",
    ],
)
def test_a_server_of_postgresql_without_a_free_connection_is_told(said: str) -> None:
    told = at_connect(psycopg.OperationalError(said), "db.example", "shop")
    assert isinstance(told, Transient) and "no connection left" in told.what


def test_a_deadlock_passes_by_itself(made: Made) -> None:
    import threading

    made.run("CREATE TABLE held (id int PRIMARY KEY, n int);\nINSERT INTO held VALUES (1, 0), (2, 0);\n")
    target, raised = open_target(made.url), []
    both = threading.Barrier(2)

    def swap(first: int, second: int) -> None:
        try:
            with target.connect() as connection:
                connection.exec_driver_sql(f"UPDATE held SET n = 1 WHERE id = {first}")
                both.wait(10)
                connection.exec_driver_sql(f"UPDATE held SET n = 2 WHERE id = {second}")
        except FerrymanError as error:
            raised.append(error)

    threads = [threading.Thread(target=swap, args=pair) for pair in ((1, 2), (2, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [type(error) for error in raised] == [Transient]


def end(connection: Connection, made: Made) -> None:
    """End a session on the server, as an administrator does."""
    if connection.dialect.name == "postgresql":
        made.ask("SELECT pg_terminate_backend(%s)", connection.exec_driver_sql("SELECT pg_backend_pid()").scalar())
    else:
        made.run([f"KILL CONNECTION {connection.exec_driver_sql('SELECT CONNECTION_ID()').scalar()}"])


def test_an_ended_session_passes_by_itself(made: Made) -> None:
    with pytest.raises(Transient), open_target(made.url).connect() as connection:
        end(connection, made)
        connection.exec_driver_sql("SELECT 1")


def test_an_error_that_comes_from_the_driver_itself_is_told_like_any_other(made: Made) -> None:
    target = open_target(made.url)
    with target.engine.connect() as connection:
        cursor = connection.connection.cursor()
        end(connection, made)
        with pytest.raises(Transient), target.told("opening a session"):
            cursor.execute("SELECT 1")
        connection.invalidate()


def test_an_ended_session_took_its_temporary_tables_along(made: Made) -> None:
    made.run(["CREATE TABLE staff (id INTEGER PRIMARY KEY)"])
    target = open_target(made.url)
    ledger = Ledger(target)
    ledger.create()
    with target.connect() as connection:
        staff = introspect(connection, target.dialect).table("staff")
    undoing = Undoing("run", staff, ("id",), target_before=0, made=1)
    with pytest.raises(Transient), target.connect() as connection, Ours(connection, ledger.tables) as ours:
        ours.gets_back(undoing, clause(staff), ())
        end(connection, made)
        connection.exec_driver_sql("SELECT 1")


def test_a_killed_server_passes_by_itself(postgresql: Server, own_postgresql: Own) -> None:
    made = postgresql.database()
    made.run("CREATE TABLE kept (id int)")
    source = open_source(made.source)
    try:
        with pytest.raises(Transient), source.connect() as connection:
            connection.exec_driver_sql("SELECT 1")
            own_postgresql.kill()
            connection.exec_driver_sql("SELECT 1")
        with pytest.raises(Transient), source.connect():
            pass
        refused(made.url, "nothing answers")
    finally:
        own_postgresql.start()
    with source.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM kept").scalar() == 0


def test_no_right_is_exit_4(made: Made) -> None:
    made.run("CREATE TABLE kept (id int);\n")
    with pytest.raises(Configuration, match="insert") as raised:
        open_target(made.source)
    assert raised.value.exit_code == 4


def test_no_right_to_look_into_it(postgresql: Server, mariadb: Server) -> None:
    made = postgresql.database()
    made.ask("SELECT 1")
    with psycopg.connect(made.url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA closed")
        connection.execute(f"REVOKE CONNECT ON DATABASE {made.name} FROM PUBLIC".encode())
        refused(postgresql.url(made.name, READER), "may not connect to it", "GRANT CONNECT")
        connection.execute(f"GRANT CONNECT ON DATABASE {made.name} TO {READER}".encode())
        refused(f"{made.source}?schema=closed", 'no schema "closed"', "GRANT USAGE")
    name = mariadb.database().name
    refused(mariadb.locked(name, PASSWORD), "no right to that database", f"GRANT SELECT ON `{name}`.* TO '{LOCKED}'@'")


def test_a_nul_byte_is_a_data_error(postgresql: Server) -> None:
    made = postgresql.database()
    made.run("CREATE TABLE kept (words text)")
    target = open_target(made.url)
    with target.connect() as connection, pytest.raises(NeedsDecision, match="NUL"):
        kept = introspect(connection, target.dialect).table("kept")
        target.dialect.insert(connection, kept, pa.RecordBatch.from_pylist([{"words": "a\0b"}]))
