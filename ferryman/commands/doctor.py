"""`ferryman doctor`: whether everything that Ferryman needs is there."""

from __future__ import annotations

import platform
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from pydantic import ValidationError

from ferryman.agents.choices import Told, schema_of
from ferryman.agents.client import Method, Reply, asked, chat_model
from ferryman.agents.line import Patience
from ferryman.agents.unanswered import Busy, Unusable
from ferryman.commands.connections import named
from ferryman.commands.edge import Exit
from ferryman.commands.options import Where
from ferryman.commands.pair import pair_of
from ferryman.commands.voice import Voice
from ferryman.domain.errors import FerrymanError
from ferryman.model_settings import ModelSettings, load_model
from ferryman.settings import Settings, load
from ferryman.tools.databases.connect import check_pair, open_source, open_target
from ferryman.workspace import FOLDER, Workspace

OLDEST_SQLITE = (3, 37, 0)
_DRIVERS = {"PostgreSQL": ("psycopg", "postgresql"), "MariaDB": ("pymysql", "mysql")}


@dataclass(frozen=True)
class Look:
    """One thing that was looked at."""

    name: str
    well: bool
    found: str
    do: str = ""


def doctor(where: Where, as_json: bool) -> int:
    voice = Voice(as_json)
    looks = list(_looks(where))
    well = all(look.well for look in looks)
    voice.give({"well": well, "looks": [asdict(look) for look in looks]})
    if not as_json:
        voice.table(("", "what", "found"), [("ok" if look.well else "NOT", look.name, look.found) for look in looks])
        for look in looks:
            if look.do:
                voice.say(f"{look.name}: {look.do}")
    return Exit.DONE if well else Exit.CONFIGURATION


def _looks(where: Where) -> Iterator[Look]:
    yield Look("Ferryman", True, _version("ferryman"))
    yield Look("Python", True, f"{platform.python_version()} on {platform.system()}")
    old = sqlite3.sqlite_version_info < OLDEST_SQLITE
    yield Look("SQLite", not old, sqlite3.sqlite_version, "Use a Python with SQLite 3.37 or newer." if old else "")
    for package in ("langgraph", "sqlalchemy", "pyarrow"):
        yield Look(package, True, _version(package))
    for name, (module, extra) in _DRIVERS.items():
        there = find_spec(module) is not None
        yield Look(name, True, "driver installed" if there else f"no driver (pip install 'ferryman[{extra}]')")
    yield _model()
    yield _workspace()
    try:
        settings = load()
    except FerrymanError as error:
        yield Look("settings", False, error.what, error.do)
        return
    yield from _databases(where, settings)


class _Ready(Told):
    """Whether the model is ready."""

    ready: bool


def _model() -> Look:
    """Whether the model that is set answers, by which method, and how fast."""
    try:
        settings = load_model()
    except FerrymanError as error:
        return Look("model", False, error.what, error.do)
    if not settings.name:
        return Look("model", True, "none configured: the rules alone do the whole job")
    who = f"{settings.name} at {settings.base_url}"
    found = _asked(settings, settings.method)
    if isinstance(found, Reply):
        other = f", as {found.model}," if found.model not in ("", settings.name) else ""
        return Look("model", True, f"{who}{other} answers by {settings.method.value}, {_pace(found)}")
    if not isinstance(found, Busy):
        others = (method for method in Method if method is not settings.method)
        works = next((method.value for method in others if isinstance(_asked(settings, method), Reply)), "")
        if works:
            found = Unusable(found.what, f"Set FERRYMAN_MODEL_METHOD to {works}: that works.")
    return Look("model", False, f"{who}, by {settings.method.value}: {found.what}", found.do)


def _pace(reply: Reply) -> str:
    """How the answer came: "streamed: the first token after 0.8 s, then 9.3 a second"."""
    if reply.first is None or reply.pieces == 1:
        why = "it sends all at once" if reply.pieces else "it refuses to stream"
        return f"in {reply.seconds:.1f} s, not streamed: {why}"
    pace = (reply.pieces - 1) / max(reply.last - reply.first, 0.001)
    return f"streamed: the first token after {reply.first:.1f} s, then {pace:,.1f} a second"


def _asked(settings: ModelSettings, method: Method) -> Reply | FerrymanError:
    """The answer to one small question, or what is wrong with it."""
    from langchain_core.messages import HumanMessage

    said = 'Answer with one JSON object and nothing else: {"ready": true}'
    schema, patience = schema_of(_Ready, {}), Patience(threading.Event(), settings.endpoint.longest)
    try:
        reply = asked(chat_model(settings.endpoint), [HumanMessage(said)], schema, method, patience)
        if not reply.fault:
            _Ready.model_validate(reply.data)
    except (Busy, Unusable) as error:
        return error
    except ValidationError:
        return Unusable("It answers, but in another shape than it was asked for.", "Take a model that writes JSON.")
    fault = reply.fault[:1].upper() + reply.fault[1:]
    return Unusable(f"{fault}.", "Take a model that writes JSON.") if reply.fault else reply


def _workspace() -> Look:
    try:
        Workspace().checkpointer().conn.close()
    except (FerrymanError, OSError, sqlite3.Error) as error:
        found = error.what if isinstance(error, FerrymanError) else str(error)
        return Look("workspace", False, found, "Run Ferryman in a folder that you can write to.")
    return Look("workspace", True, f"{FOLDER} can be written")


def _databases(where: Where, settings: Settings) -> Iterator[Look]:
    """The named databases; and the pair in question, where one was named or only one can be meant."""
    for one in named(settings):
        yield Look(f"{one.name} {one.side}", one.answers, one.url if one.answers else one.what, one.do)
    if where == Where():
        return
    try:
        pair = pair_of(where, settings)
        source, target = open_source(pair.source), open_target(pair.target)
        check_pair(source, target)
    except FerrymanError as error:
        yield Look("databases", False, error.what, error.do)
    else:
        told = f"{source.identity.name} ({source.url}) into {target.identity.name} ({target.url})"
        yield Look("databases", True, told, " ".join(source.cautions))


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
