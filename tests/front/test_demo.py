"""The demo as a newcomer starts it: in an empty folder, without a terminal, at one, and typing themselves."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from ferryman.demo import BRACKETS, build
from ferryman.domain.errors import Usage
from tests.front.calling import Called, call
from tests.front.terminal import CTRL_D, Terminal
from tests.tools.pairs import one


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Called:
    return call("demo", cwd=tmp_path_factory.mktemp("empty"))


def new_database(text: str) -> Path:
    """The new one of the demo's files, as it is named in the text."""
    found = re.search(r"^  new: (.+)$", text, re.MULTILINE)
    assert found, text
    return Path(found[1])


def test_the_demo_plays_the_whole_story(played: Called) -> None:
    assert played.code == 0, played.err
    parts = (
        "> I noticed that my brackets table is empty in the new system.",
        "I found 1,569 brackets in your old system",
        "dispatch_bracket  brackets  catalog  1,569  4 of 500",
        "If you say yes, this is written in the new database, and nothing in the old one:",
        "ferryman_run",
        "Shall I go ahead?",
        "> Is that safe?",
        "Low risk. It can be undone",
        "Shall I go ahead?",
        "> Yes, go ahead.",
        "Approved by",
        "rows 1-500 of 1,569 (31%)",
        "rows 501-1,000 of 1,569 (63%)",
        "rows 1,501-1,569 of 1,569 (100%)",
        "pass  1,569 of 1,569 rows are there",
        "pass  50 of 1,569 rows compared field by field",
        "Done: everything arrived. 1,569 brackets",
        '"undo it" takes it all back',
        "To undo it:",
        "ferryman demo --interactive",
    )
    place = 0
    for part in parts:
        place = played.err.find(part, place)
        assert place >= 0, f"{part!r} is missing, or out of its place:\n{played.err}"


def test_without_a_terminal_it_is_plain_text(played: Called) -> None:
    assert "\x1b" not in played.err
    assert played.out == ""
    assert max(len(line) for line in played.err.splitlines() if "/" not in line) <= 100


def test_the_rows_are_in_the_database_and_the_offer_to_undo_works(played: Called) -> None:
    new = new_database(played.err)
    assert one(new, "SELECT count(*) FROM brackets") == 1_569
    assert one(new, "SELECT count(*) FROM brackets b JOIN projects p ON p.id = b.project_id") == 1_569
    offer = next(line.strip() for line in played.err.splitlines() if line.startswith("  ferryman rollback"))
    undone = call(*shlex.split(offer)[1:], "--yes")
    assert undone.code == 0, undone.err
    assert one(new, "SELECT count(*) FROM brackets") == 0


def test_each_time_it_has_a_folder_of_its_own_and_leaves_the_one_it_is_started_in_empty(played: Called) -> None:
    again = call("demo", "--json")
    assert again.code == 0
    assert Path(again.json["folder"]) == new_database(again.err).parent
    assert new_database(again.err) != new_database(played.err)
    assert again.json["outcome"]["records_migrated"] == 1_569
    assert list(Path().iterdir()) == []


def test_a_folder_that_has_a_demo_is_not_written_over() -> None:
    build(BRACKETS, Path("here"))
    with pytest.raises(Usage, match="holds a demo already"):
        build(BRACKETS, Path("here"))


def test_the_reader_types_at_a_terminal() -> None:
    with Terminal("demo", "--interactive", "--folder", "here") as terminal:
        terminal.wait_for("Tell me what is missing")
        terminal.say("my brackets table is empty")
        terminal.wait_for("Shall I go ahead?")
        terminal.say("approved by Ada")
        terminal.wait_for("Done: everything arrived.")
        terminal.wait_for("\n>")
        terminal.type(CTRL_D)
        assert terminal.end() == 0
    assert one(Path("here/new.sqlite"), "SELECT count(*) FROM brackets") == 1_569
    assert "Approved by Ada." in terminal.text
    way_back = terminal.text.splitlines()[-1].strip()
    assert re.fullmatch(r"ferryman rollback [0-9a-f-]+ --target here/new.sqlite", way_back)
