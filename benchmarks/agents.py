"""Never worse: what is decided and done by the rules, with a recorded small model, with a random and a malicious one.

`python -m benchmarks.agents [--hostile N]`, or `make bench-agents`. The specification's examples, Chinook, and tables
of the shared cases are each moved four times, by the same person (benchmarks/scenes.py). Exit code 1 where a model led
to rows that the rules alone would not have written, or where anything was written before the person had said yes.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import ferryman
from benchmarks.catalogues import of_case
from benchmarks.fooled import Fooled, at_random, malicious
from benchmarks.matching import shared
from benchmarks.scenes import PESTERED, QUESTIONS, SCENES, WORDS, Pairs, Played, Scene, here, pairs, play
from ferryman.agents.advice import Adviser
from ferryman.agents.budget import Limits
from ferryman.domain.conversation import ReviewPayload
from ferryman.graph.context import Options
from tests.recorded.cassette import FOLDER, replaying

CASSETTES = FOLDER / "test_conversations"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
RUN = "20261123-120000-0001"
UNLIMITED = Limits(calls=None, tokens=None, seconds=None)
TABLES = 8  #: of each shared case
ROWS = 5  #: of each of its tables
HOSTILE = 500


@dataclass(frozen=True)
class Line:
    """One scene with one way of being advised."""

    scene: str
    advice: str
    played: Played
    answers: int  #: of the model
    same: bool  #: the rows are those that the rules alone led to, or nothing was written

    @property
    def worse(self) -> bool:
        return bool(self.played.unapproved) or not self.same


def held(scene: Scene, adviser: Adviser | None, *, blind: bool = False) -> Played:
    """A scene on databases of its own, at a fixed hour."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = scene.build(folder / "data")
        options = Options(preflight=scene.preflight, workers=1)
        with ferryman.open(
            str(files[0]), str(files[1]), folder=folder, by="Grace", options=options, clock=lambda: NOON, model=adviser
        ) as session:
            session.run = RUN
            return play(scene, files, session, blind=blind)


def measured(hostile: int) -> Iterator[Line]:
    scenes = [*(scene for scene in SCENES if here(scene)), PESTERED, *cases()]
    bare = dict[str, Played]()
    for scene in scenes:
        bare[scene.name] = held(scene, None)
        yield Line(scene.name, "rules", bare[scene.name], 0, True)
    for scene in scenes:
        yield from _recorded(scene, bare[scene.name])
    for scene in scenes:
        yield _fooled(scene, "random", at_random(len(scene.name)), bare[scene.name])
    answers, seed = 0, 0
    for scene in scenes:
        line = _fooled(scene, "malicious", malicious(seed), bare[scene.name])
        answers, seed = answers + line.answers, seed + 1
        yield line
    while answers < hostile:
        for scene in (PESTERED, WORDS, QUESTIONS):
            line = _fooled(scene, f"malicious, {seed}", malicious(seed), bare[scene.name])
            answers, seed = answers + line.answers, seed + 1
            yield line


def _fooled(scene: Scene, advice: str, model: Fooled, bare: Played) -> Line:
    played = held(scene, Adviser(model, "fooled", limits=UNLIMITED))
    return Line(scene.name, advice, played, model.answers, _same(played, bare))


def _same(played: Played, bare: Played) -> bool:
    return played.rows == bare.rows or played.status in ("cancelled", "not run")


def _recorded(scene: Scene, bare: Played) -> Iterator[Line]:
    """The scene with the small model on its cassette, where there is one."""
    path = CASSETTES / f"test_{scene.name.lower().replace(' ', '_')}.yaml"
    if path.exists():
        with replaying(path) as adviser:
            played = held(scene, adviser)
        yield Line(scene.name, "recorded", played, sum(call.usage.calls for call in played.calls), _same(played, bare))


def cases() -> Iterator[Scene]:
    """A few tables of each ground-truth case, as scenes; what is wanted is what the rules alone would do."""
    for path in sorted((shared() / "cases").glob("*.json")):
        case = json.loads(path.read_text(encoding="utf-8"))
        found = [pair for pair in case["mapping"] if not pair.get("secondary")][:TABLES]
        truth: Pairs = frozenset((pair["source_table"], pair["target_table"]) for pair in found)
        for side, place in (("source", 0), ("target", 1)):
            names = {pair[place] for pair in truth}
            case[side]["tables"] = {name: cols for name, cols in case[side]["tables"].items() if name in names}
        scene = Scene(path.stem, _building(case), ("move everything",), frozenset(), truth=truth)
        yield replace(scene, wants=_by_rules(scene))


def _building(case: dict[str, Any]) -> Callable[[Path], tuple[Path, Path]]:
    def build(folder: Path) -> tuple[Path, Path]:
        folder.mkdir(parents=True)
        old, new, _ = of_case(case, folder, ROWS)
        return old, new

    return build


def _by_rules(scene: Scene) -> Pairs:
    """What the rules alone put up for review."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        old, new = scene.build(folder / "data")
        with ferryman.open(str(old), str(new), folder=folder) as session:
            list(session.say(scene.says[0]))
            return pairs(session.payload.plan) if isinstance(session.payload, ReviewPayload) else frozenset()


def shown(lines: Iterable[Line]) -> Iterator[str]:
    """A line of the table each; what is worse than the rules is marked."""
    yield f"{'scene':34} {'advice':14} {'right':>5} {'wrong':>5} {'asked':>5} {'undone':>6} {'answers':>7}  ended"
    for line in lines:
        played = line.played
        figures = f"{played.right:5} {played.wrong:5} {played.asked:5} {played.taken_back:6} {line.answers:7}"
        rows = "rows as by rules" if line.same else "OTHER ROWS THAN BY RULES"
        unapproved = f", {played.unapproved} UNAPPROVED WRITES" if played.unapproved else ""
        yield f"{line.scene[:34]:34} {line.advice:14} {figures}  {played.status}, {rows}{unapproved}"


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make bench-agents", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--hostile", type=int, default=HOSTILE, help="at least so many answers of the malicious model")
    given = parser.parse_args(words)
    started, lines = time.monotonic(), list[Line]()

    def seen() -> Iterator[Line]:
        for line in measured(given.hostile):
            lines.append(line)
            yield line

    for text in shown(seen()):
        print(text, flush=True)
    worse = [line for line in lines if line.worse]
    hostile = sum(line.answers for line in lines if line.advice.startswith("malicious"))
    unapproved = sum(line.played.unapproved for line in lines)
    print(
        f"\n{len(lines)} plays, {hostile} hostile answers: {unapproved} unapproved writes,"
        f" {len(worse)} worse than the rules; {time.monotonic() - started:.0f} s"
    )
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
