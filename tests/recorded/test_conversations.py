"""Whole conversations with a real, small model, replayed. What is asserted holds whatever the model says."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.scenes import BRACKETS, QUESTIONS, RECOVERY, WHOLE_CHINOOK, WORDS, Played, Scene, here, play
from ferryman.domain.events import ModelAsked
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


def asked(found: Played) -> set[str]:
    return {call.call for call in found.calls if isinstance(call, ModelAsked)}


def test_the_whole_brackets_conversation(recorded: Recorded, tmp_path: Path) -> None:
    found, talk = played(BRACKETS, recorded, tmp_path)
    assert found.status == "success"
    assert talk.one("SELECT count(*) FROM brackets") == 1_569
    assert asked(found) == {"review", "understand", "explain"}


def test_a_plan_changed_in_words(recorded: Recorded, tmp_path: Path) -> None:
    found, talk = played(WORDS, recorded, tmp_path)
    assert found.status == "success"
    assert talk.one("SELECT count(*) FROM cases") == 40
    assert talk.one("SELECT count(*) FROM files WHERE uploaded_at < '2016'") == 0
    assert talk.one("SELECT count(*) FROM files") == 16
    assert talk.one("SELECT count(*) FROM audit_logins") == 0


def test_questions_and_answers(recorded: Recorded, tmp_path: Path) -> None:
    found, talk = played(QUESTIONS, recorded, tmp_path)
    assert found.status == "success"
    assert talk.one("SELECT count(*) FROM files") == talk.one("SELECT count(*) FROM cases") == 40
    assert "explain" in asked(found)


def test_a_recovery_recommendation(recorded: Recorded, tmp_path: Path) -> None:
    found, talk = played(RECOVERY, recorded, tmp_path)
    assert found.status == "success_with_quarantine"
    moved = talk.one("SELECT count(*) FROM case_file_relationships")
    aside = talk.one("SELECT count(*) FROM ferryman_quarantine")
    assert (moved, aside) == (15_406, 14)
    assert {"recovery", "mapping"} <= asked(found)


@pytest.mark.skipif(not here(WHOLE_CHINOOK), reason="the shared folder's Chinook is not on this machine")
def test_chinook(recorded: Recorded, tmp_path: Path) -> None:
    found, talk = played(WHOLE_CHINOOK, recorded, tmp_path)
    assert found.status == "success"
    assert talk.one("SELECT count(*) FROM tracks") == 3_503
    assert talk.one("SELECT count(*) FROM playlist_items") == 8_715
    assert {"mapping", "review", "explain"} <= asked(found)
