"""A conversation beside a run that is not over: what there is, what it waits for, and going on with it there."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ferryman.report import collect, markdown
from ferryman.tools.databases.connect import open_target
from ferryman.tools.move.ledger import Ledger
from ferryman.workspace import Workspace
from tests.front.calling import here
from tests.front.talking import Held, hold, runs
from tests.front.test_afterwards import BLIND, build, said

WHERE = "how many rows have moved?"


@pytest.fixture
def waiting(tmp_path: Path) -> tuple[Path, Path]:
    """A run that waits for a decision about 4 visits, left by the conversation that began it."""
    files = build(tmp_path)
    hold(files, "move everything", "yes", options=BLIND)
    return files


def beside(files: tuple[Path, Path], *words: str) -> Held:
    return hold(files, *words, options=BLIND)


def test_a_run_that_waits_is_told_and_gone_on_with(waiting: tuple[Path, Path]) -> None:
    asked = (WHERE, "why did it stop?", "show me the plan", "/status", "skip them", "show me the 4")
    held = beside(waiting, *asked, "resume", "skip them")
    run = str(runs(waiting[1])[0][0])
    for words in (WHERE, "/status", "skip them", "show me the 4"):
        told = said(held, words)
        assert told.startswith(f"Run {run} waits for a decision, with 25 of 85 rows done. 4 rows of visits refer to")
        assert 'Say "resume" to go on with it' in told
    assert "visits: 0 of 60 rows moved" in said(held, WHERE)
    assert "4 rows of visits lie" not in held.text and "60 rows of visits not moved yet" in said(held, asked[1])
    assert "There is no plan yet" not in held.text
    assert runs(waiting[1]) == [(run, "success_with_quarantine")]


def test_a_deadline_that_passed_is_one_story_everywhere(waiting: tuple[Path, Path]) -> None:
    run = str(runs(waiting[1])[0][0])
    target = open_target(str(waiting[1]))
    ledger = Ledger(target)
    ledger.set_deadline(run, datetime.now(UTC) - timedelta(hours=1))
    told = here("status", run, "--target", waiting[1])
    assert f"Run {run}: paused" in told.err and "waiting" not in told.err
    assert "waits for: nobody decided before" in told.err
    assert here("status", run, "--target", waiting[1], "--json").json["technical_status"] == "paused"
    assert "Nobody decided before the deadline" in markdown(collect(ledger, run, Workspace()))
    held = beside(waiting, WHERE)
    assert "is paused, with 25 of 85 rows done. Nobody decided before" in said(held, WHERE)
    target.dispose()


def test_a_run_that_was_withdrawn_says_why_it_does_not_go_on(waiting: tuple[Path, Path]) -> None:
    run = str(runs(waiting[1])[0][0])
    here("withdraw", run, "--target", waiting[1], "--by", "Ada")
    held = beside(waiting, "resume", f"/resume {run}")
    for words in ("resume", f"/resume {run}"):
        assert re.search(r"does not go on.* The approval was withdrawn by Ada\. Say \"undo it\"", said(held, words))


def test_resume_and_pause_while_a_change_waits_move_nothing_and_say_what_they_would_mean(tmp_path: Path) -> None:
    asked = ("resume", "/resume", "pause", "/pause")
    held = hold(build(tmp_path), "move everything", "yes", "leave visits out", *asked, "no", options=BLIND)
    assert "Shall the run go on with the plan changed like that?" in held.after("leave visits out")
    for words in asked[:2]:
        assert '"no" and then "resume" goes on with the plan as you approved it' in said(held, words)
    for words in asked[2:]:
        assert "It rests already, and nothing moves while your change waits" in said(held, words)
    assert "The plan stays as it was approved." in held.after("no")


def test_the_report_says_who_undid_a_table(waiting: tuple[Path, Path]) -> None:
    run = str(runs(waiting[1])[0][0])
    beside(waiting, "undo drugs", "yes")
    target = open_target(str(waiting[1]))
    assert "drugs: undone by anna, 5 rows taken out" in markdown(collect(Ledger(target), run, Workspace()))
    target.dispose()
