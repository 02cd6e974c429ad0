"""`ferryman demo`: the specification's examples, played for real on two databases made for each.

Nothing is pretended: two SQLite files are built, the conversation runs through the same chat as any other, and every
figure that is shown was measured.
"""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from ferryman import session as sessions
from ferryman.chat import Chat
from ferryman.commands.farewell import Way
from ferryman.commands.terminal import Reader
from ferryman.demo_data import build_brackets, build_junction
from ferryman.domain.errors import Configuration, Usage
from ferryman.domain.run import Outcome, RunStatus
from ferryman.graph.context import Options
from ferryman.screen import Screen


@dataclass(frozen=True)
class Story:
    """A demo: how its databases are made, and what the person says, in order."""

    title: str
    build: Callable[[Path], tuple[Path, Path]]
    words: tuple[str, ...]
    again: str  #: the command with which the reader types the sentences
    preflight: bool = True  #: False: nobody looks ahead, so that what is wrong shows on the way
    ends: RunStatus = RunStatus.SUCCESS  #: how it is to end


BRACKETS = Story(
    title="A dispatch application of 2012 moves into its new database. Somebody notices that a table is empty there.",
    build=build_brackets,
    words=(
        "I noticed that my brackets table is empty in the new system.",
        "Is that safe?",
        "Yes, go ahead.",
    ),
    again="ferryman demo --interactive",
)
JUNCTION = Story(
    title="Some weeks later: cases, files and the 15,420 connections between them follow. Nobody looked ahead into the "
    "rows this time, so what does not fit shows on the way.",
    build=build_junction,
    words=(
        "Fill the missing tables.",
        "Take all recommendations.",
        "Only cases where deleted_at is null.",
        "Yes, go ahead.",
        "Show me two of the 23.",
        "Find and migrate the missing cases first.",
        "Show me one of those that were set aside.",
    ),
    again="ferryman demo junction --interactive",
    preflight=False,
    ends=RunStatus.SUCCESS_WITH_QUARANTINE,
)
STORIES = {"brackets": BRACKETS, "junction": JUNCTION}


def story(name: str) -> Story:
    """The story of that name. Raises Usage for one that there is not."""
    if name not in STORIES:
        raise Usage(f'There is no demo "{name}".', f"There are: {', '.join(STORIES)}.")
    return STORIES[name]


@dataclass(frozen=True)
class Stage:
    """A story's two databases, in a folder of its own."""

    folder: Path
    legacy: Path
    new: Path

    @property
    def way(self) -> Way:
        """Commands that work from anywhere: the folder is named in them."""
        old, new = shlex.quote(str(self.legacy)), shlex.quote(str(self.new))
        return Way(
            chat=f"ferryman chat --source {old} --target {new}",
            pair=f"--source {old} --target {new}",
            target=f"--target {new}",
        )


def build(story: Story, folder: Path | None = None) -> Stage:
    """The story's databases, in a folder that is new each time where none is named.

    Raises Usage where the folder has a demo already, Configuration where it cannot be written.
    """
    try:
        place = folder or Path(tempfile.mkdtemp(prefix="ferryman-demo-"))
        legacy, new = story.build(place)
    except FileExistsError as error:
        raise Usage(f"The folder {folder} holds a demo already.", "Name another --folder, or none.") from error
    except OSError as error:
        raise Configuration(
            f"The demo's databases cannot be written: {error.strerror}.", "Name a --folder that you can write to."
        ) from error
    return Stage(place, legacy, new)


def play(story: Story, stage: Stage, console: Console, *, interactive: bool = False) -> Outcome | None:
    """Play a story, or let the reader type; gives how its last run ended."""
    screen = Screen(console)
    screen.says(story.title, "bold")
    screen.copyable(f"old: {stage.legacy}")
    screen.copyable(f"new: {stage.new}")
    names = (str(stage.legacy), str(stage.new))
    with sessions.open(*names, folder=stage.folder, options=_options(story, names, interactive)) as session:
        reader = None if interactive else reciting(story.words, screen)
        Chat(session, screen, stage.way, reader).talk(alone=interactive)
        if not interactive:
            screen.says("That was the demo. To say it in your own words, in two databases like these:")
            screen.copyable(story.again)
        return session.outcome


def _options(story: Story, names: tuple[str, str], interactive: bool) -> Options:
    """A reader who types is looked after as anybody is; a story that goes wrong is played without."""
    return Options(preflight=story.preflight or interactive, connection_names=names)


def reciting(words: Sequence[str], screen: Screen) -> Reader:
    """Says what a story's person says, line by line."""
    waiting = iter(words)

    def say(_prompt: str) -> str:
        line = next(waiting, None)
        if line is None:
            raise EOFError
        screen.person(line)
        return line

    return say
