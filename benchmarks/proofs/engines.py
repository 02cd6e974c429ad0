"""The databases that the proofs run on. A dialect joins by saying how an empty database of its is made and dropped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool


class Engine(Protocol):
    """One kind of target."""

    name: str

    def database(self, folder: Path, name: str) -> str:
        """A new, empty database; its URL as `ferryman` takes it. One of that name is replaced."""

    def drop(self, url: str) -> None:
        """Take it away again."""


class SQLite:
    name = "sqlite"

    def database(self, folder: Path, name: str) -> str:
        path = folder / f"{name}.sqlite"
        _unlink(path)
        path.touch()
        return f"sqlite:///{path}"

    def drop(self, url: str) -> None:
        _unlink(Path(url.removeprefix("sqlite:///")))


def _unlink(path: Path) -> None:
    for ending in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + ending).unlink(missing_ok=True)


ENGINES: dict[str, Engine] = {"sqlite": SQLite()}


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """A connection in a transaction that commits; nothing of it stays open, so that this process may fork."""
    engine = create_engine(url, poolclass=NullPool)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()
