"""TLS with real servers that show a certificate of their own making, and servers that say nothing, or go away."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL

from ferryman.domain.errors import Configuration, Transient
from ferryman.tools.databases.connect import open_target
from tests.own_mariadb import OwnMariaDB, installed
from tests.servers import Own

NAME = "db.example.org"


def certificate(folder: Path) -> tuple[Path, Path]:
    """A key and a certificate for `NAME` that nobody but itself vouches for."""
    key, shown = folder / "server.key", folder / "server.crt"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={NAME}"]
    more = ["-addext", f"subjectAltName=DNS:{NAME}", "-keyout", str(key), "-out", str(shown)]
    subprocess.run([*command, *more], check=True, capture_output=True)
    return key, shown


@contextmanager
def secured_postgresql(folder: Path) -> Iterator[tuple[URL, Path]]:
    """By the system's programs: those of the package do not speak TLS."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if not programs:
        pytest.skip("no PostgreSQL is installed in /usr/lib/postgresql")
    own, (key, shown) = Own.make(programs[-1].parent.parent), certificate(folder)
    there = [Path(shutil.copy(path, own.folder / "data" / path.name)) for path in (key, shown)]
    for path in there:
        path.chmod(0o600)
        if own.user is not None:
            os.chown(path, own.user, -1)

    try:
        with psycopg.connect(own.base.render_as_string(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET ssl = on")
            connection.execute("SELECT pg_reload_conf()")
        yield own.base, shown
    finally:
        own.remove()


@contextmanager
def secured_mariadb(folder: Path) -> Iterator[tuple[URL, Path]]:
    if not installed():
        pytest.skip("mariadbd is not installed here")
    own, (key, shown) = OwnMariaDB.make(), certificate(folder)
    try:
        own.kill()
        own.more = (f"--ssl-key={key}", f"--ssl-cert={shown}")
        own.start()
        yield own.base.set(database="mysql"), shown
    finally:
        own.remove()


SECURED = {"postgresql": secured_postgresql, "mariadb": secured_mariadb}
AUTHORITY = {"postgresql": "sslrootcert", "mariadb": "ssl_ca"}
ENCRYPTED = {
    "postgresql": "SELECT CASE WHEN ssl THEN version ELSE '' END FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
    "mariadb": "SELECT variable_value FROM information_schema.session_status WHERE variable_name = 'Ssl_version'",
}


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed here")
@pytest.mark.parametrize("kind", list(SECURED))
def test_a_server_elsewhere_must_show_a_certificate_that_is_vouched_for_and_names_it(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with SECURED[kind](tmp_path) as (base, shown):
        found = socket.getaddrinfo("127.0.0.1", base.port, type=socket.SOCK_STREAM)
        vouched = {AUTHORITY[kind]: str(shown)}

        def url(host: str, **options: str) -> str:
            return base.set(host=host).update_query_dict(options).render_as_string()

        with monkeypatch.context() as patch:
            patch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
            for refused in (url(NAME), url("another.example.org", **vouched)):
                with pytest.raises(Configuration, match="certificate could not be verified") as raised:
                    open_target(refused)
                assert AUTHORITY[kind] in raised.value.do
                assert len(str(raised.value).splitlines()) == 2
            target = open_target(url(NAME, **vouched))
            with target.connect(reading=True) as connection:
                assert str(connection.exec_driver_sql(ENCRYPTED[kind]).scalar()).startswith("TLS")
            target.dispose()


@contextmanager
def listening(*, closes: bool) -> Iterator[int]:
    """A port where somebody takes every connection, and says nothing, or goes away at once."""
    held = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    line, _ = server.accept()
                    line.close() if closes else held.append(line)

        threading.Thread(target=serve, daemon=True).start()
        yield int(server.getsockname()[1])
    for line in held:
        line.close()


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_who_says_nothing_is_not_waited_for_without_an_end(kind: str) -> None:
    with listening(closes=False) as port, pytest.raises(Configuration, match="the server does not answer") as raised:
        open_target(f"{kind}://me:hidden@127.0.0.1:{port}/db?connect_timeout=2")
    assert "hidden" not in str(raised.value)
    assert len(str(raised.value).splitlines()) == 2


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_who_goes_away_may_be_back_in_a_moment(kind: str) -> None:
    with listening(closes=True) as port, pytest.raises(Transient, match="lost while it was made") as raised:
        open_target(f"{kind}://me:hidden@127.0.0.1:{port}/db")
    assert len(str(raised.value).splitlines()) == 2
