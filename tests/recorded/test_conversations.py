"""Whole conversations with a real, small model, replayed. What is asserted holds whatever the model says."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.scenes import BRACKETS, Played, Scene, play
from tests.graph.talks import Talk
from tests.recorded.conftest import Recorded

pytestmark = pytest.mark.vcr


def played(scene: Scene, recorded: Recorded, folder: Path) -> tuple[Played, Talk]:
    """The scene with the recorded model; nothing was written before a yes, and what ran is what was wanted."""
    files = scene.build(folder / "data")
    talk = recorded.talk(files, preflight=scene.preflight)
    found = play(scene, files, talk.session)
    assert found.unapproved == 0
    assert found.wrong == 0 and found.right == len(scene.wants)
    return found, talk


def test_the_whole_brackets_conversation(recorded: Recorded, tmp_path: Path) -> None:
    found, talk = played(BRACKETS, recorded, tmp_path)
    assert found.status == "success"
    assert talk.one("SELECT count(*) FROM brackets") == 1_569
