"""A person is called back by a command of theirs and by the bell, and nothing that goes wrong there stops a run."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

import pytest

from ferryman.commands.notify import Caller
from ferryman.demo_data import build_brackets, build_junction
from ferryman.domain.errors import Usage
from ferryman.graph.context import Options
from tests.front.calling import call
from tests.front.talking import hold
from tests.tools.pairs import ask

KEEP = "import sys; open('called.jsonl', 'a').write(sys.stdin.read() + chr(10))"


def keeping() -> str:
    return f"{shlex.quote(sys.executable)} -c {shlex.quote(KEEP)}"


def called() -> list[dict[str, object]]:
    path = Path("called.jsonl")
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_the_command_gets_the_end_of_a_run_as_json(tmp_path: Path) -> None:
    held = hold(build_brackets(tmp_path / "data"), "my brackets table is empty", "go ahead", notify=keeping())
    last = called()[-1]
    assert (last["version"], last["event"], last["status"], last["run"]) == (1, "ended", "success", held.run)
    assert last["message"] == "1,569 rows were moved."


def test_a_decision_calls_the_person(tmp_path: Path) -> None:
    said = ("fill case_file_relationships", "take all recommendations", "go ahead")
    hold(build_junction(tmp_path / "data"), *said, options=Options(preflight=False), notify=keeping())
    last = called()[-1]
    assert (last["event"], last["status"]) == ("decision_needed", "waiting") and last["question"]


def test_the_command_is_called_for_a_run_without_a_conversation_too(tmp_path: Path) -> None:
    old, new = map(str, build_brackets(tmp_path / "data"))
    wanted = ("--request", "my brackets table is empty", "-o", "plan.yaml", "--json")
    made = json.loads(call("plan", "--source", old, "--target", new, *wanted).out)
    approve = ("--source", old, "--target", new, "--approve", made["approval"])
    ran = call("run", "--plan", "plan.yaml", *approve, "--notify", keeping())
    assert ran.code == 0, ran.err
    assert [(one["event"], one["status"]) for one in called()] == [("ended", "success")]


@pytest.mark.parametrize(
    "command", ["/nowhere/at-all", f"{sys.executable} -c 'import sys; sys.exit(3)'", "sh -c 'sleep"]
)
def test_a_command_that_fails_is_reported_and_the_run_goes_on(tmp_path: Path, command: str) -> None:
    files = build_brackets(tmp_path / "data")
    if command.count("'") % 2:
        with pytest.raises(Usage, match="--notify"):
            Caller.of(command)
        return
    held = hold(files, "my brackets table is empty", "go ahead", notify=command)
    assert "The command that calls you" in held.text
    assert ask(files[1], "SELECT count(*) FROM brackets") == [(1569,)] and held.code == 0


def test_no_shell_sees_the_command(tmp_path: Path) -> None:
    hold(
        build_brackets(tmp_path / "data"),
        "my brackets table is empty",
        "go ahead",
        notify="echo hello > made.txt; true",
    )
    assert not Path("made.txt").exists()


def test_a_conversation_is_taken_up_where_it_stood(tmp_path: Path) -> None:
    files = build_brackets(tmp_path / "data")
    hold(files, "my brackets table is empty", "batches of 300")
    said = [json.loads(line)["text"] for line in next(Path(".ferryman/runs").glob("*/transcript.jsonl")).open()]
    later = hold(files, "go ahead", resume=True)
    assert "This is where we were:" in later.text and "person: batches of 300" in later.text
    assert later.text.count("Shall I go ahead?") >= 1 and later.code == 0
    assert ask(files[1], "SELECT count(*) FROM brackets") == [(1569,)]
    assert ask(files[1], "SELECT max(rows) FROM ferryman_batch") == [(300,)]
    again = [json.loads(line)["text"] for line in next(Path(".ferryman/runs").glob("*/transcript.jsonl")).open()]
    assert again[: len(said)] == said and again[len(said)] == "go ahead"


def test_without_a_conversation_there_is_nothing_to_take_up(tmp_path: Path) -> None:
    held = hold(build_brackets(tmp_path / "data"), resume=True)
    assert "no conversation in this folder yet" in held.text and held.code == 0


def test_the_transcript_is_the_owners_alone_and_holds_no_value(tmp_path: Path) -> None:
    files = build_brackets(tmp_path / "data")
    held = hold(files, "my brackets table is empty", "show me three brackets", "go ahead")
    path = next(Path(".ferryman/runs").glob("*/transcript.jsonl"))
    assert path.stat().st_mode & 0o777 == 0o600
    names = [str(name) for (name,) in ask(files[0], "SELECT name FROM dispatch_bracket ORDER BY id LIMIT 3")]
    assert all(name in held.text for name in names)
    assert not [name for name in names if name in path.read_text()]
