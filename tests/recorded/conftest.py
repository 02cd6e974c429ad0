"""What a recorded test gets: a conversation with a model that answers from the cassette, or for real while recording.

The recorder sets FERRYMAN_RECORDING; the endpoint is then that of FERRYMAN_MODEL_*.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from vcr import VCR
from vcr.cassette import Cassette

from ferryman import session as sessions
from ferryman.agents.advice import Adviser
from ferryman.agents.budget import Limits
from ferryman.agents.client import chat_model
from ferryman.domain.events import ModelAsked
from ferryman.graph.context import Options
from ferryman.model_settings import ModelSettings, load_model
from tests.graph.talks import Talk
from tests.recorded import cassette as cassettes
from tests.recorded.keeping import WORDS

FOLDER = Path(os.environ.get("FERRYMAN_CASSETTES") or cassettes.FOLDER)
REFRESH = bool(os.environ.get("FERRYMAN_WORDS"))  #: write the snapshots of words anew, from what is replayed
SETTINGS: ModelSettings | None = (
    load_model() if os.environ.get("FERRYMAN_RECORDING") else None
)  #: read before tests hide the environment
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
RUN = "20261123-120000-0001"
_MOVING = (
    (re.compile(r"\b\d+(?:\.\d+)?s\b"), "0.0s"),
    (re.compile(r"\bshould take [^.]+\."), "should take a few seconds."),  # more on a busy machine
    (re.compile(r"\b\d{8}-\d{6}-[0-9a-f]{4}\b"), RUN),
)


def pytest_recording_configure(config: pytest.Config, vcr: VCR) -> None:
    vcr.register_matcher("question", cassettes.same_question)


@pytest.fixture(scope="module")
def vcr_cassette_dir(request: pytest.FixtureRequest) -> str:
    return str(FOLDER / Path(str(request.path)).stem)


@pytest.fixture
def vcr_config() -> dict[str, Any]:
    return dict(cassettes.SETTINGS)


@dataclass
class Recorded:
    """A conversation whose model is on a cassette."""

    adviser: Adviser
    folder: Path
    talks: list[Talk] = field(default_factory=list)
    asked: list[ModelAsked] = field(default_factory=list)

    def talk(self, files: tuple[Path, Path], **options: Any) -> Talk:
        """A conversation about two databases, one table at a time, at a fixed hour."""
        session = sessions.open(
            str(files[0]),
            str(files[1]),
            folder=self.folder / f"talk-{len(self.talks)}",
            by="Grace",
            options=Options(workers=1, **options),
            clock=lambda: NOON,
            model=self.adviser,
            sink=lambda event: self.asked.append(event) if isinstance(event, ModelAsked) else None,
        )
        session.run = RUN
        talk = Talk(session, *files)
        self.talks.append(talk)
        return talk

    @property
    def words(self) -> str:
        """Everything that was said, by whom, and what the model was asked; times and ids stand still."""
        lines = [f"{said['who']}: {said['text']}" for talk in self.talks for said in _transcript(talk)]
        lines += ["", *(f"model, {one.call} {one.about}: {one.outcome} {one.reason}".strip() for one in self.asked)]
        text = "\n".join(lines)
        for pattern, still in _MOVING:
            text = pattern.sub(still, text)
        return text.replace(str(self.folder), "").strip() + "\n"


def _transcript(talk: Talk) -> Iterator[dict[str, str]]:
    assert talk.session.workspace is not None
    return talk.session.workspace.transcript(talk.session.run)


@pytest.fixture
def recorded(vcr: Cassette, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorded]:
    """The model of this test. At the end: every answer was played, and the words are those of the snapshot."""
    path, started = Path(vcr.path), time.monotonic()
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    if SETTINGS is None:
        cassettes.strict(vcr)
    made = Recorded(_adviser(path), tmp_path)
    try:
        yield made
    finally:
        for talk in made.talks:
            talk.session.close()
    if SETTINGS is None:
        assert not cassettes.unplayed(vcr), cassettes.unplayed(vcr)
        _same_words(path.with_suffix(WORDS), made.words)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(WORDS).write_text(made.words, encoding="utf-8")
        path.with_suffix(".json").write_text(json.dumps(_notes(made, time.monotonic() - started)), encoding="utf-8")


def _adviser(path: Path) -> Adviser:
    """The endpoint of the settings while recording; at replay nothing answers at the address, and there is no key."""
    if SETTINGS is None:
        return cassettes.adviser_of(path)
    endpoint = SETTINGS.endpoint
    limits, longest = Limits(seconds=None), endpoint.longest
    return Adviser(chat_model(endpoint), endpoint.name, endpoint.method, limits, answer_seconds=longest)


def _same_words(path: Path, words: str) -> None:
    if REFRESH:
        path.write_text(words, encoding="utf-8")
        return
    kept = path.read_text(encoding="utf-8") if path.exists() else ""
    assert words == kept, f"other words than in {path.name}; if they are meant: make cassettes STALE=1"


def _notes(made: Recorded, seconds: float) -> dict[str, Any]:
    """What the recorder tells of this test in its README."""
    return {
        "seconds": round(seconds),
        "calls": sum(one.usage.calls for one in made.asked),
        "tokens": sum(one.usage.tokens for one in made.asked),
        "refused": [
            f"{one.call}{f' ({one.about})' if one.about else ''}: {one.outcome}: {one.reason}"
            for one in made.asked
            if one.outcome != "taken"
        ],
    }
