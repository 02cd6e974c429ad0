"""What an operator sets: the names of databases. The environment first, then `ferryman.toml` in the working folder.

    # ferryman.toml
    [connections.shop]
    source = "sqlite:///legacy.db"
    target = "postgresql://app:${SHOP_PASSWORD}@db.example/shop"

    [databases]
    archive = "sqlite:///archive.db"

The same in the environment: FERRYMAN_CONNECTIONS__SHOP__SOURCE, FERRYMAN_DATABASES__ARCHIVE. Where a command names no
database, FERRYMAN_CONNECTION (a name) or FERRYMAN_SOURCE and FERRYMAN_TARGET are taken. Secrets come from the
environment only: a password in the file is refused. The model's settings stand in `model_settings.py`.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from ferryman.domain.errors import Configuration, Usage
from ferryman.tools.databases.pace import OPTION

FILE = "ferryman.toml"
PREFIX = "FERRYMAN_"

_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
_SECRET_KEYS = ("password", "passwd", "pwd", "secret", "token")


class PairSettings(BaseModel):
    """A named connection: where a migration reads and where it writes."""

    model_config = ConfigDict(extra="forbid")

    source: str = Field(repr=False)
    target: str = Field(repr=False)


class Layered(BaseSettings):
    """Settings that the environment gives first, then `ferryman.toml` in the working folder."""

    @classmethod
    def in_file(cls, path: Path) -> dict[str, Any]:
        """What the file says of these settings. Raises Configuration where it must not."""
        raise NotImplementedError

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, InitSettingsSource(settings_cls, cls.in_file(Path.cwd() / FILE))


class Settings(Layered):
    """All settings. Values may hold secrets: they are never printed; `masked` is what people see."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid")

    connection: str = ""  #: the name that is meant where none is given
    source: str = Field(default="", repr=False)
    target: str = Field(default="", repr=False)
    connections: dict[str, PairSettings] = Field(default_factory=dict)
    databases: dict[str, str] = Field(default_factory=dict, repr=False)
    deadline_minutes: float | None = Field(default=None, gt=0)  #: an open decision becomes a pause after that long

    @classmethod
    def in_file(cls, path: Path) -> dict[str, Any]:
        found = read_file(path)
        found.pop("model", None)
        for names in ("connections", "databases"):  # the environment knows no capitals
            if isinstance(found.get(names), dict):
                found[names] = {name.lower(): value for name, value in found[names].items()}
        return found


class Pair(BaseModel):
    """Both databases, resolved. `names` are what people and plans see: a name, or a URL without its password."""

    source: str = Field(repr=False)
    target: str = Field(repr=False)
    names: tuple[str, str]

    def paced(self, rows_per_second: int) -> Pair:
        """The same, the old database read no faster than that; 0 leaves it as its URL says. Raises Usage for a file."""
        if not rows_per_second:
            return self
        url = make_url(self.source) if "://" in self.source else None
        if url is None or url.get_backend_name() == "sqlite":
            raise Usage("A file is not read more slowly.", "Leave --max-rows-per-second away.")
        slow = url.update_query_dict({OPTION: str(rows_per_second)})
        return self.model_copy(update={"source": slow.render_as_string(hide_password=False)})


def load() -> Settings:
    """The settings as they are now. Raises Configuration for what cannot be taken as it stands."""
    try:
        return Settings()
    except ValidationError as error:
        loc = [str(part) for part in error.errors()[0]["loc"]]
        known = PairSettings if len(loc) > 1 and loc[0] == "connections" else Settings
        raise refused(error, "", PREFIX + "__".join(loc).upper(), known.model_fields) from error


def refused(error: ValidationError, above: str, variable: str, known: Iterable[str]) -> Configuration:
    """What is wrong with the settings, and where it stands. `above` leads to them in the file; `variable` is the
    environment's name for what is wrong, `known` are the names that there are."""
    found = error.errors(include_url=False, include_input=False)
    first = next((one for one in found if one["type"] == "extra_forbidden"), found[0])
    where, name = ".".join((above, *map(str, first["loc"]))).lstrip("."), str(first["loc"][-1])
    if first["type"] == "extra_forbidden":
        near = get_close_matches(name, list(known), n=1)
        meant = f"Did you mean {near[0]}? " if near else ""
        return Configuration(f"There is no setting {where}.", f"{meant}Mend it in {FILE}.")
    place = f"the environment ({variable})" if variable in os.environ else FILE
    return Configuration(f"The setting {where} is not right: {first['msg'].lower()}.", f"Mend it in {place}.")


def read_file(path: Path) -> dict[str, Any]:
    """What ferryman.toml says; {} without one. Raises Configuration where it cannot be read, or holds a password."""
    try:
        with path.open("rb") as file:
            found = tomllib.load(file)
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Configuration(f"{FILE} cannot be read: {error}.", f"Mend that place in {FILE}.") from error
    except OSError as error:
        raise Configuration(f"{FILE} cannot be read: {error.strerror}.", "Check the file's rights.") from error
    for where, text in _texts(found):
        if holds_secret(text):
            raise Configuration(
                f"{FILE} holds a password, in {where}.",
                "Write ${NAME_OF_A_VARIABLE} in its place and put the password into that environment variable.",
            )
    return found


def _texts(tree: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a file, with its dotted name."""
    for name, value in tree.items():
        where = f"{above}.{name}" if above else name
        if isinstance(value, dict):
            yield from _texts(value, where)
        elif isinstance(value, str):
            yield where, value


def holds_secret(text: str) -> bool:
    """Whether a URL carries a password, before its host or in its query, that is more than a `${NAME}`."""
    if "://" not in text:
        return False
    bare = _PLACEHOLDER.sub("", text)
    url = _parsed(bare)
    if url is None:
        return ":" in bare.partition("://")[2].rpartition("@")[0]
    return bool(url.password) or any(value for key, value in url.query.items() if _secret(key))


def masked(text: str) -> str:
    """A URL or path as people may see it: without a password."""
    if "://" not in text:
        return text
    url = _parsed(text)
    if url is None or "@" in (url.host or ""):  # a password with an @ of its own: a part of it would be the host
        return f"{text.partition('://')[0]}://***"
    kept = {key: value for key, value in url.query.items() if not _secret(key)}
    return url.set(query=kept).render_as_string(hide_password=True)


def _parsed(text: str) -> URL | None:
    try:
        return make_url(text)
    except (ArgumentError, ValueError):
        return None


def _secret(key: str) -> bool:
    return any(word in key.lower() for word in _SECRET_KEYS)


def resolve_pair(name_or_source: str, target: str, settings: Settings) -> Pair:
    """Both databases behind what was typed.

    One text names a connection; two are source and target, each a URL, a path, or the name of a database or of a
    connection, whose side is taken. One that is left out comes from FERRYMAN_SOURCE or FERRYMAN_TARGET; where both
    are, FERRYMAN_CONNECTION or else the only connection is meant. Raises Usage when that does not give two databases.
    """
    left, right = name_or_source or settings.source, target or settings.target
    if not left and not right:
        left = right = settings.connection or _only(settings)
    elif name_or_source.lower() in settings.connections:
        right = target or name_or_source
    if left and not right:
        _refuse_unknown_name(left, settings)
    if not left or not right:
        raise _missing("target" if left else "source", settings)
    source, source_name = resolve_side("source", left, settings)
    goal, target_name = resolve_side("target", right, settings)
    return Pair(source=source, target=goal, names=(source_name, target_name))


def _only(settings: Settings) -> str:
    return next(iter(settings.connections)) if len(settings.connections) == 1 else ""


def resolve_side(side: str, text: str, settings: Settings) -> tuple[str, str]:
    """One database as its URL (or path) and its name; `side` ("source" or "target") chooses within a connection.

    A URL whose password was masked is looked for among the settings. Raises Configuration for a variable that is not
    set, Usage for a masked URL that the settings do not know.
    """
    name = text.strip().lower()
    if name in settings.connections:
        return _filled(getattr(settings.connections[name], side)), name
    if name in settings.databases:
        return _filled(settings.databases[name]), name
    if ":***@" in text:
        if whole := next((url for url in _known(side, settings) if masked(url) == text), ""):
            return whole, text
        raise Usage(
            f"The {side} is known without its password only: {text}.",
            f"Give --{side} with the whole URL, or the name of a connection in {FILE}.",
        )
    return _filled(text), masked(text) if holds_secret(text) else text


def _known(side: str, settings: Settings) -> Iterator[str]:
    """Every URL of the settings that may be meant for a side, with its password; those that lack one are left out."""
    pairs = (getattr(pair, side) for pair in settings.connections.values())
    for url in (getattr(settings, side), *settings.databases.values(), *pairs):
        if all(name in os.environ for name in _PLACEHOLDER.findall(url)):
            yield _filled(url)


def _filled(url: str) -> str:
    """The URL with each ${NAME} taken from the environment; before the host, its special characters are encoded."""
    host = url.rfind("@")

    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name not in os.environ:
            raise Configuration(
                f"The environment variable {name} is not set.", f"Set {name}: the URL of a database asks for it."
            )
        return quote(os.environ[name], safe="") if found.start() < host else os.environ[name]

    return _PLACEHOLDER.sub(value, url)


def _refuse_unknown_name(text: str, settings: Settings) -> None:
    """A single word that is no path was meant as a connection's name."""
    if "://" in text or os.sep in text or text.lower() in settings.databases or Path(text).exists():
        return
    known = ", ".join(sorted(settings.connections)) or "none"
    raise Usage(
        f'There is no connection named "{text}".',
        f"Known: {known}. Name one in {FILE}, or give --source URL --target URL.",
    )


def _missing(side: str, settings: Settings) -> Usage:
    known = ", ".join(sorted(settings.connections))
    spoken = {"source": "the old database (source)", "target": "the new database (target)"}[side]
    other = f"one of these connections: {known}" if known else f"name both in {FILE}"
    return Usage(f"It was not said which is {spoken}.", f"Give --source URL --target URL, or {other}.")
