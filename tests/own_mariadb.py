"""A MariaDB of our own in a fresh folder, that can be killed and started; where its programs are installed.

The plugin of `conftest` makes it the fixture `own_mariadb`, a fresh server for the test.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pymysql
import pytest
from sqlalchemy import URL

_PROGRAMS = ("mariadb-install-db", "mariadbd")
_PATIENCE = 60.0  #: seconds until it answers
_SMALL = ("--innodb-buffer-pool-size=32M", "--innodb-log-file-size=16M", "--skip-log-bin", "--max-connections=40")


def installed() -> bool:
    return all(_program(name) for name in _PROGRAMS)


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


@dataclass
class OwnMariaDB:
    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = field(default=None)
    more: tuple[str, ...] = ()  #: options beside those that it needs

    @classmethod
    def make(cls) -> OwnMariaDB:
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            own = cls(Path(tempfile.mkdtemp(prefix="ferryman-mariadb-")), free.getsockname()[1])
        install = [_program("mariadb-install-db") or "", *own._where, "--auth-root-authentication-method=normal"]
        done = subprocess.run([*install, "--skip-test-db"], capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        own.start()
        return own

    @property
    def _where(self) -> tuple[str, ...]:
        me = pwd.getpwuid(os.geteuid()).pw_name
        return "--no-defaults", f"--datadir={self.folder / 'data'}", f"--user={me}"

    @property
    def base(self) -> URL:
        return URL.create("mysql", "root", host="127.0.0.1", port=self.port)

    def start(self) -> None:
        """Start it, and wait until it answers: after a kill it recovers first."""
        where = ("--bind-address=127.0.0.1", f"--port={self.port}", f"--socket={self.folder / 'socket'}")
        with (self.folder / "log").open("ab") as log:
            command = [_program("mariadbd") or "", *self._where, *where, *_SMALL, *self.more]
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        give_up = time.monotonic() + _PATIENCE
        while True:
            try:
                pymysql.connect(host="127.0.0.1", port=self.port, user="root", ssl_disabled=True).close()
                return
            except pymysql.OperationalError:
                assert time.monotonic() < give_up, (self.folder / "log").read_text()
                time.sleep(0.05)

    def kill(self) -> None:
        """As when the machine fails: the server does not get to say a word."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def remove(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture
def own_mariadb() -> Iterator[OwnMariaDB]:
    if not installed():
        pytest.skip("mariadbd is not installed here")
    own = OwnMariaDB.make()
    try:
        yield own
    finally:
        own.remove()
