"""From a URL to a database: a source that cannot be written, a target that can."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from ferryman.domain.approval import Identity
from ferryman.domain.errors import Configuration, FerrymanError
from ferryman.domain.zones import UTC, is_zone
from ferryman.tools.databases.dialect import Dialect
from ferryman.tools.databases.mysql import MySQL
from ferryman.tools.databases.postgresql import PostgreSQL
from ferryman.tools.databases.sqlite import SQLite

#: By the name before `+` or `://` in a URL; what follows the `+` there, a driver, is ours to choose.
DIALECTS: dict[str, Dialect] = {
    "sqlite": SQLite(),
    "postgresql": PostgreSQL(),
    "postgres": PostgreSQL(),
    "mysql": MySQL(),
    "mariadb": MySQL(),
}

TIME_ZONE = "time_zone"  #: the option of a source's URL

_OPTION = re.compile(r"[&;?#]\s*\w+=")  #: where the question mark before it was forgotten
_SECRET = ("password", "passwd", "pwd", "secret", "token")


@dataclass(frozen=True)
class Source:
    """The old database: read, never written."""

    engine: Engine
    dialect: Dialect
    identity: Identity
    url: str  #: for people: without a password
    cautions: tuple[str, ...] = ()  #: what a person should know before it is read, e.g. that its role could write
    time_zone: str = UTC  #: of the clock that moments without a zone were read from, as the URL says

    @contextmanager
    def connect(self, doing: str = "reading the old database") -> Iterator[Connection]:
        """A connection whose reads see one snapshot from its first statement to its end, where the database has them.

        A driver's error inside the block leaves it as a `FerrymanError`; `doing` stands in its text.
        """
        with _translated(self, doing), self.engine.connect() as connection:
            yield connection

    def dispose(self) -> None:
        """Close what is open. The source can be connected to again."""
        self.engine.dispose()


@dataclass(frozen=True)
class Target:
    """The new database: read and written."""

    engine: Engine
    dialect: Dialect
    identity: Identity
    url: str  #: for people: without a password
    slow_load: str = ""  #: why rows do not go in the fastest way that this kind of database has

    @contextmanager
    def connect(self, doing: str = "writing the new database", *, reading: bool = False) -> Iterator[Connection]:
        """A connection; the caller commits, leaving the block without a commit rolls back.

        `reading` promises not to write: no write lock is taken. Errors as in `Source.connect`.
        """
        engine = self.engine.execution_options(ferryman_reading=reading)
        with _translated(self, doing), engine.connect() as connection:
            yield connection

    def told(self, doing: str) -> AbstractContextManager[None]:
        """A driver's error inside the block leaves it as a `FerrymanError`, and the connection stays open."""
        return _translated(self, doing)

    def dispose(self) -> None:
        """Close what is open. The target can be connected to again."""
        self.engine.dispose()


def open_source(url: str) -> Source:
    """The source behind a URL or the path of a SQLite file. Raises Configuration, or Transient where it is locked."""
    given, dialect = _resolve(url)
    parsed, zone = given.difference_update_query([TIME_ZONE]), str(given.query.get(TIME_ZONE, UTC))
    if not is_zone(zone):
        raise Configuration(
            f"The database URL has a {TIME_ZONE} that this machine does not know: {zone}.",
            "Give a name of the IANA list, such as Europe/Berlin; the package tzdata brings them where they lack.",
        )
    engine = dialect.source_engine(parsed)
    shown = engine.url.render_as_string(hide_password=True)
    return Source(engine, dialect, dialect.identity(engine), shown, dialect.cautions(engine), zone)


def open_target(url: str) -> Target:
    """The target behind a URL or the path of a SQLite file; never creates one. Raises as `open_source` does."""
    parsed, dialect = _resolve(url)
    engine = dialect.target_engine(parsed)
    shown = engine.url.render_as_string(hide_password=True)
    return Target(engine, dialect, dialect.identity(engine), shown, dialect.slow_load(engine))


def check_pair(source: Source, target: Target) -> None:
    """Raises Configuration when both sides are the same database, under whatever names."""
    same = source.identity.place == target.identity.place
    if not same and source.dialect.name == target.dialect.name:
        same = source.dialect.same(source.engine, target.engine)
    if same:
        raise Configuration(
            f"The old and the new database are the same one: {source.identity.name}.",
            "Give two different databases; a move within one database is not possible.",
        )


def _resolve(text: str) -> tuple[URL, Dialect]:
    url = _parse(text.strip())
    name = url.get_backend_name()
    if name in DIALECTS:
        return url, DIALECTS[name]
    raise Configuration(
        f'Ferryman speaks SQLite, PostgreSQL and MariaDB (MySQL too, which is not tested); "{name}" it does not.',
        "Give a URL such as postgresql://user@host/database, sqlite:///path/to/file.db, or the path of a SQLite file.",
    )


def _parse(text: str) -> URL:
    if not text:
        raise Configuration("No database was given.", "Give a URL such as sqlite:///path/to/file.db, or a file's path.")
    if "://" not in text or Path(text).exists():
        return URL.create("sqlite", database=str(Path(text).expanduser()))
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:
        raise Configuration(
            "The database URL cannot be read.", "Write it as sqlite:///path/to/file.db; encode special characters."
        ) from error
    if "@" in (url.host or ""):
        raise Configuration(
            "The database URL has more than one @ before its host.",
            "Encode the special characters of its password: @ as %40, / as %2F, : as %3A.",
        )
    if url.get_backend_name() != "sqlite" and any(
        _OPTION.search(part) for part in (url.host or "", url.database or "")
    ):
        raise Configuration(
            "The database URL has options behind its database, or its host, without a ? before them.",
            "Write them as /database?name=value&name=value, and a password before the host (user:password@host).",
        )
    if any(word in key.lower() for key in url.query for word in _SECRET):
        raise Configuration(
            "The database URL has a password in its query string, where it is not kept secret.",
            "Put it before the host (user:password@host), from an environment variable.",
        )
    return url


@contextmanager
def _translated(side: Source | Target, doing: str) -> Iterator[None]:
    """An error of another kind of database, from a block within this one, is not this side's to explain.

    What a session is told as soon as it is there goes to the driver itself: its errors come as they are.
    """
    ours = side.engine.dialect.loaded_dbapi.Error
    try:
        yield
    except (DBAPIError, ours) as error:
        if isinstance(error, ours) or isinstance(error.orig, ours):
            raise side.dialect.translate(error, doing) from error
        raise


def said_by(error: DBAPIError, doing: str, *sides: Source | Target) -> FerrymanError:
    """An error as ours, by whichever of these databases said it; else by the SQLite file that stands in for them."""
    for side in sides:
        if isinstance(error.orig, side.engine.dialect.loaded_dbapi.Error):
            return side.dialect.translate(error, doing)
    return DIALECTS["sqlite"].translate(error, f"{doing}, in a temporary copy")
