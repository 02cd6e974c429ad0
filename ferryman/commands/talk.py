"""`ferryman chat` and `ferryman demo`."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

from ferryman.chat import Chat
from ferryman.commands.conversation import opened
from ferryman.commands.edge import Exit
from ferryman.commands.farewell import Way
from ferryman.commands.notify import Caller
from ferryman.commands.options import Where
from ferryman.commands.pair import TALK, last_talk, pair_of, remember, way_back
from ferryman.commands.voice import Voice
from ferryman.demo import build, play, story
from ferryman.domain.errors import Usage
from ferryman.graph.context import Options
from ferryman.model_settings import adviser
from ferryman.screen import Screen
from ferryman.settings import Pair, load
from ferryman.sharing import told


def chat(
    where: Where,
    by: str,
    as_json: bool,
    *,
    resume: bool = False,
    notify: str = "",
    share_samples: tuple[str, ...] = (),
) -> int:
    """Talk about two databases until the person leaves."""
    if as_json:
        raise Usage("A conversation cannot be one JSON object.", "For programs there are `ferryman plan` and `run`.")
    if resume and not (where.name or where.source or where.target):
        where = replace(last_talk(), rows_per_second=where.rows_per_second)
    voice, pair, caller = Voice(as_json), pair_of(where), Caller.of(notify)
    options = Options(connection_names=pair.names, deadline_minutes=load().deadline_minutes)
    with opened(pair, options, by, adviser(), share_samples) as session:
        screen = Screen(voice.console)
        if share_samples:
            screen.says("\n".join(told(session.context.adviser, share_samples)))
        return Chat(session, screen, _way(where, pair), caller=caller).talk(resume=resume)


def _way(where: Where, pair: Pair) -> Way:
    """The commands that lead back here, without a password."""
    named = {"": where.name, "--source": where.source and pair.names[0], "--target": where.target and pair.names[1]}
    words = (f"{option} {shlex.quote(text)}".strip() for option, text in named.items() if text)
    return replace(
        way_back(pair.names),
        chat=" ".join(("ferryman chat", *words)),
        keep=lambda run: remember(run, pair),
        keep_talk=lambda run: remember(run, pair, TALK),
    )


def demo(name: str, folder: Path | None, interactive: bool, as_json: bool) -> int:
    """Play one of the specification's examples, or let the reader type in its databases."""
    played = story(name)
    voice, stage = Voice(as_json), build(played, folder)
    outcome = play(played, stage, voice.console, interactive=interactive)
    voice.give({"folder": str(stage.folder), "outcome": outcome.model_dump(mode="json") if outcome else None})
    done = interactive or (outcome is not None and outcome.status is played.ends)
    return Exit.DONE if done else Exit.FAILED
