"""`ferryman connections`: the named databases, masked, and whether they answer."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from ferryman.commands.edge import Exit
from ferryman.commands.voice import Voice
from ferryman.domain.errors import FerrymanError
from ferryman.settings import FILE, Settings, load, masked, resolve_side
from ferryman.tools.databases.connect import open_source, open_target


@dataclass(frozen=True)
class Named:
    """One database that has a name, and whether it answers."""

    name: str
    side: str  #: source, target, or "database" where it may be either
    url: str  #: without a password; variables are not filled in
    answers: bool
    what: str = ""  #: why it does not
    do: str = ""


def connections(as_json: bool) -> int:
    voice = Voice(as_json)
    found = named(load())
    voice.give({"connections": [asdict(one) for one in found]})
    if not as_json and found:
        voice.table(("name", "side", "database", "answers"), [(n.name, n.side, n.url, n.answers) for n in found])
        for one in found:
            if not one.answers:
                voice.say(f"{one.name} ({one.side}): {one.what}\n  {one.do}")
    elif not found:
        voice.say(
            f"No connection has a name yet.\nWrite a section [connections.NAME] with source and target into {FILE}."
        )
    return Exit.DONE if all(one.answers for one in found) else Exit.CONFIGURATION


def named(settings: Settings) -> list[Named]:
    """Every named database, each opened once and closed again."""
    places = [("source", settings.source, "(FERRYMAN_SOURCE)"), ("target", settings.target, "(FERRYMAN_TARGET)")]
    found = [_try(label, side, text, settings) for side, text, label in places if text]
    for name, pair in settings.connections.items():
        found += [_try(name, "source", pair.source, settings), _try(name, "target", pair.target, settings)]
    return found + [_try(name, "database", url, settings) for name, url in settings.databases.items()]


def _try(name: str, side: str, text: str, settings: Settings) -> Named:
    try:
        url, _ = resolve_side(side, text, settings)
        if side == "target":
            open_target(url).dispose()
        else:
            open_source(url).dispose()
    except FerrymanError as error:
        return Named(name, side, masked(text), False, error.what, error.do)
    return Named(name, side, masked(text), True)
