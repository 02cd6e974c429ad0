"""Record the model answers that tests replay: `make cassettes`, or `make cassettes STALE=1`.

Any OpenAI-compatible endpoint, as FERRYMAN_MODEL_* name it. First it says what that will cost. A test is recorded into
a folder of its own and replayed from there; only then does the new file take the old one's place. Stopped in the
middle, it goes on with the tests that are left. `--stale` records only what no longer matches, and writes the snapshots
of words anew where nothing else has changed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ferryman.model_settings import ModelSettings, load_model
from tests.checkout import ROOT
from tests.recorded.cassette import FOLDER, interactions, tokens_by_call, tokens_of
from tests.recorded.keeping import WORDS, recorded_tests

UNDER_WAY = FOLDER / ".recording"
NOTES = FOLDER / "recorded.json"
LONGEST = 3600  #: seconds of one test


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make cassettes", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--stale", action="store_true", help="only what no longer matches")
    parser.add_argument("--only", default="", metavar="TEXT", help="only tests whose name holds this")
    parser.add_argument("--quantisation", default="", help="what the README says of the model's numbers, e.g. Q4_K_M")
    given = parser.parse_args(words)
    settings = load_model()
    wanted = [name for name in recorded_tests() if given.only in name]
    if given.stale:
        wanted = [name for name in wanted if not _replays(name, FOLDER, refresh=True)]
    else:
        done = _done()
        wanted = [name for name in wanted if name not in done]
    if not wanted:
        _say("Nothing to record: every cassette matches.")
        _write_readme()
        return 0
    if not settings.name:
        _say("There is no model. Set FERRYMAN_MODEL, and FERRYMAN_MODEL_BASE_URL where it is not OpenAI.")
        return 4
    _announce(wanted, settings)
    failed = [name for name in wanted if not _recorded(name, settings, given.quantisation)]
    if not failed:
        (UNDER_WAY / "done").unlink(missing_ok=True)
    _write_readme()
    _say(f"{len(wanted) - len(failed)} recorded.")
    if failed:
        _say(f"Not passed, and the old files are kept: {', '.join(failed)}")
    return 1 if failed else 0


def _announce(wanted: Iterable[str], settings: ModelSettings) -> None:
    known, notes = 0, _notes()
    calls = tokens = seconds = 0
    for name in wanted:
        old = notes.get(name)
        if old:
            known += 1
            calls, tokens, seconds = calls + old["calls"], tokens + old["tokens"], seconds + old["seconds"]
    new = len(list(wanted)) - known
    _say(f"Recording from {settings.name} ({settings.method.value}):")
    _say(f"  {known} tests as last time: {calls:,} calls, {tokens:,} tokens, about {seconds / 60:.0f} minutes then")
    if new:
        _say(f"  {new} tests for the first time: what they take is not known yet")


def _recorded(name: str, settings: ModelSettings, quantisation: str) -> bool:
    """Record one test beside the old file, replay it, and put it in its place."""
    started, new = time.monotonic(), UNDER_WAY / name
    for suffix in (".yaml", WORDS, ".json"):
        new.with_suffix(suffix).unlink(missing_ok=True)
    _say(f"{name} ...")
    if not _pytest(name, UNDER_WAY, "--record-mode=rewrite", FERRYMAN_RECORDING="1") or not interactions(
        new.with_suffix(".yaml")
    ):
        _say("  did not pass, or asked nothing")
        return False
    note = json.loads(new.with_suffix(".json").read_text(encoding="utf-8"))
    new.with_suffix(".json").unlink()
    if not _replays(name, UNDER_WAY):
        _say("  passed, and does not replay: something in the questions differs from one time to the next")
        return False
    goal = FOLDER / name
    goal.parent.mkdir(parents=True, exist_ok=True)
    for suffix in (".yaml", WORDS):
        os.replace(new.with_suffix(suffix), goal.with_suffix(suffix))
    _keep(name, note, settings, quantisation, goal.with_suffix(".yaml"))
    _say(f"  {note['calls']} calls, {note['tokens']:,} tokens, {time.monotonic() - started:.0f} s")
    return True


def _replays(name: str, folder: Path, refresh: bool = False) -> bool:
    extra = {"FERRYMAN_WORDS": "1"} if refresh else {}
    return (folder / name).with_suffix(".yaml").exists() and _pytest(name, folder, **extra)


def _pytest(name: str, folder: Path, *options: str, **extra: str) -> bool:
    module, _, test = name.partition("/")
    command = [sys.executable, "-m", "pytest", "-q", "-x", f"--timeout={LONGEST}", *options]
    hidden = {"FERRYMAN_RECORDING": "", "FERRYMAN_WORDS": ""}
    ran = subprocess.run(
        [*command, f"tests/recorded/{module}.py::{test}"],
        check=False,
        cwd=ROOT,
        env={**os.environ, **hidden, "FERRYMAN_CASSETTES": str(folder), **extra},
        capture_output=True,
        text=True,
    )
    if ran.returncode and options:
        _say(ran.stdout[-3000:])
    return ran.returncode == 0


def _done() -> set[str]:
    """What a recording that was stopped has done already."""
    path = UNDER_WAY / "done"
    return set(path.read_text(encoding="utf-8").split()) if path.exists() else set()


def _notes() -> dict[str, Any]:
    return dict(json.loads(NOTES.read_text(encoding="utf-8"))) if NOTES.exists() else {}


def _keep(name: str, note: dict[str, Any], settings: ModelSettings, quantisation: str, file: Path) -> None:
    server = {value for one in interactions(file) for value in _values(one["response"]["headers"], "server")}
    prompt, answer = tokens_of(file)
    about = {
        "model": settings.name,
        "quantisation": quantisation or "not told",
        "server": ", ".join(sorted(server)) or "not told",
        "method": settings.method.value,
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "prompt_tokens": prompt,
        "answer_tokens": answer,
    }
    notes = {**_notes(), name: {**about, **note}}
    known = recorded_tests()
    kept = {test: notes[test] for test in sorted(notes) if test in known}
    NOTES.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    with (UNDER_WAY / "done").open("a", encoding="utf-8") as done:
        done.write(f"{name}\n")


def _values(headers: dict[str, Any], name: str) -> list[str]:
    return [str(value) for key, values in headers.items() if key.lower() == name for value in values]


def _write_readme() -> None:
    """cassettes/README.md: where the answers come from, and what the checks did not let pass."""
    notes = _notes()
    lines = [
        "# Recorded model answers",
        "",
        "Written by `make cassettes`; not by hand. Each file holds the answers of a real model to the questions of one",
        "test, as they came: nothing in them is edited, also where the model was wrong. Tests replay them without a",
        "network. The model is small and often wrong, which is what the checks are for.",
        "",
        "| test | model | quantisation | server | method | date | calls | tokens in, out | seconds |",
        "|---|---|---|---|---|---|--:|--:|--:|",
    ]
    for name, note in notes.items():
        cells = (name, note["model"], note["quantisation"], note["server"], note["method"], note["date"], note["calls"])
        lines.append(
            f"| {' | '.join(map(str, cells))} | {note['prompt_tokens']:,}, {note['answer_tokens']:,}"
            f" | {note['seconds']} |"
        )
    lines += [
        "",
        "## What each call takes",
        "",
        "Tokens of one question and its answer, as the server counted them.",
        "",
    ]
    lines += ["| call | questions | tokens in | tokens out |", "|---|--:|--:|--:|"]
    for call, pairs in tokens_by_call(sorted(FOLDER.rglob("*.yaml"))).items():
        spans = (span(side) for side in zip(*pairs, strict=True)) if pairs else ("", "")
        lines.append(f"| {call} | {len(pairs)} | {' | '.join(spans)} |")
    lines += ["", "## What the checks refused or had repaired", ""]
    refused = [f"- `{name}`: {_plain(one)}" for name, note in notes.items() for one in note["refused"]]
    lines += refused or ["Nothing."]
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "README.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def span(figures: Iterable[int]) -> str:
    """ "180-240", or one figure."""
    known = sorted(figures)
    low, high = known[0], known[-1]
    return f"{low:,}" if low == high else f"{low:,}-{high:,}"


def _plain(text: str) -> str:
    return " ".join(text.replace("`", "'").replace("<", "&lt;").split())


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
