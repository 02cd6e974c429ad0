"""Two people in two processes answer the same decision: one answer holds, and nothing is done twice."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from tests.front.calling import command, environment, pair
from tests.front.talking import hold, runs
from tests.front.test_afterwards import BLIND, build
from tests.tools.pairs import one

PATIENCE = 90.0


class Person:
    """Somebody at a conversation of their own, in a folder of their own."""

    def __init__(self, files: tuple[Path, Path], folder: Path, name: str) -> None:
        folder.mkdir()
        self.seen = folder / "seen.txt"
        self.process = subprocess.Popen(
            command("chat", *pair(*files), "--by", name),
            cwd=folder,
            env=environment(None),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=self.seen.open("w"),
            text=True,
        )

    def says(self, words: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{words}\n")
        self.process.stdin.flush()

    def waits_for(self, text: str) -> None:
        until = time.monotonic() + PATIENCE
        while text not in self.seen.read_text():
            assert time.monotonic() < until, self.seen.read_text()
            time.sleep(0.05)

    def leaves(self) -> str:
        self.says("/quit")
        self.process.wait(PATIENCE)
        return " ".join(self.seen.read_text().split())


@pytest.mark.parametrize("second", ["leave them out", "make placeholders for them"])
def test_of_two_answers_at_once_one_holds_and_the_other_is_told(tmp_path: Path, second: str) -> None:
    files = build(tmp_path)
    hold(files, "move everything", "yes", options=BLIND)
    people = [Person(files, tmp_path / name, name) for name in ("Ada", "Ben")]
    for person in people:
        person.says("resume")
        person.waits_for("Which one shall it be?")
    for person, words in zip(people, ("leave them out", second), strict=True):
        person.says(words)
    told = [person.leaves() for person in people]
    decided = ["Decided by" in text for text in told]
    assert sorted(decided) == [False, True], told
    loser = told[decided.index(False)]
    assert "does not wait for this decision any more" in loser or "is at work on this target" in loser, loser
    assert "Traceback" not in loser
    assert one(files[1], "SELECT count(*) FROM ferryman_amendment") == 1
    held, aside = (one(files[1], f"SELECT count(*) FROM {name}") for name in ("visits", "ferryman_quarantine"))
    assert (held, aside) in ((56, 4), (60, 0))
    assert runs(files[1])[0][1] in ("success", "success_with_quarantine")
