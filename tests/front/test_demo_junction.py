"""`ferryman demo junction`: the specification's second and third example, played to their end."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from ferryman.demo import story
from ferryman.domain.errors import Usage
from tests.front.calling import Called, call
from tests.front.terminal import CTRL_D, Terminal
from tests.tools.pairs import ask, one

PARTS = (
    "> Fill the missing tables.",
    "The table case_file_relationships links cases and files.",
    "> Only cases where deleted_at is null.",
    "> Yes, go ahead.",
    "Phase 1 of 2: cases, files (parent entities)",
    "Phase 2 of 2: case_file_relationships (junction depends on parents)",
    "rows 12,001-13,000 of 15,420",
    "case_file_relationships stopped",
    "23 rows of case_file_relationships refer to cases that are not there: 14 rows",
    "1. Find and migrate the 6 missing cases first, and set the rest aside (recommended)",
    "Against the filter on cases: 4,194 of its rows go instead of 4,188",
    "> Show me two of the 23.",
    "no such row, neither old nor new",
    "> Find and migrate the missing cases first.",
    "identify missing parent records: done",
    "6 rows of cases came beside the order",
    "retry failed junction batch: done",
    "4,200 = 4,194 migrated + 6 skipped.",
    "validate relationship integrity: done",
    "15,420 = 15,406 migrated + 14 quarantined.",
    "Done, with some rows set aside.",
    "> Show me one of those that were set aside.",
    "Enter the missing row",
    "ferryman demo junction --interactive",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("junction")


@pytest.fixture(scope="module")
def played(folder: Path) -> Called:
    return call("demo", "junction", "--folder", "here", cwd=folder)


def test_the_story_stops_at_23_rows_and_goes_on_as_it_was_decided(played: Called) -> None:
    assert played.code == 0, played.err
    place, told = 0, " ".join(played.err.split())
    for part in PARTS:
        place = told.find(part, place)
        assert place >= 0, f"{part!r} is missing, or out of its place:\n{played.err}"


def test_what_it_left_can_be_looked_at_and_undone(played: Called, folder: Path) -> None:
    new = folder / "here" / "new.sqlite"
    listed = call("quarantine", "list", "--target", new, "--json").json
    assert [(group["rows"], group["table"]) for group in listed["groups"]] == [(14, "case_file_relationships")]
    assert one(new, "SELECT count(*) FROM case_file_relationships") == 15_406
    offer = re.search(r"ferryman (rollback \S+ --target here/new.sqlite)", played.err)
    assert offer
    assert call(*shlex.split(offer[1]), "--yes", cwd=folder).code == 0
    assert ask(new, "SELECT (SELECT count(*) FROM cases), (SELECT count(*) FROM case_file_relationships)") == [(0, 0)]
    assert one(new, "SELECT count(*) FROM brackets") == 1_569


def test_a_reader_who_types_is_asked_before_a_row_moves_and_can_undo_it(tmp_path: Path) -> None:
    new = tmp_path / "here" / "new.sqlite"
    with Terminal("demo", "junction", "--folder", tmp_path / "here", "--interactive") as terminal:
        terminal.say("fill the missing tables")
        terminal.say("only cases where deleted_at is null")
        terminal.wait_for("9 rows of case_file_relationships refer by case_id to 6 rows of cases")
        terminal.say("take all recommendations")
        assert ask(new, "SELECT name FROM sqlite_master WHERE name LIKE 'ferryman%'") == []
        terminal.say("yes")
        terminal.wait_for("Done, with some rows set aside")
        assert one(new, "SELECT count(*) FROM case_file_relationships") == 15_406
        terminal.say("undo only the case_file_relationships")
        terminal.say("yes")
        terminal.wait_for("taken out again")
        assert one(new, "SELECT count(*) FROM case_file_relationships") == 0
        assert one(new, "SELECT count(*) > 0 FROM cases")
        terminal.say("undo it")
        terminal.say("yes")
        terminal.wait_for("taken out again")
        terminal.wait_for("\n>")
        terminal.type(CTRL_D)
        assert terminal.end() == 0
    assert one(new, "SELECT count(*) FROM cases") == 0


def test_a_story_that_there_is_not_is_refused() -> None:
    with pytest.raises(Usage, match="no demo"):
        story("nothing")
