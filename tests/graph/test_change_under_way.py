"""A plan changed in words while its run waits: taken in where no moved row sees it, refused by name elsewhere."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from ferryman.domain.conversation import Choose, DecidePayload, PausedPayload
from ferryman.domain.mapping import Strategy
from ferryman.tools.move.ledger import Ledger
from tests.graph.talks import Talk, again
from tests.model.scripted import Scripted, by_shape

OLD = """
CREATE TABLE tbl_case (id INTEGER PRIMARY KEY, case_no TEXT NOT NULL);
CREATE TABLE tbl_file (id INTEGER PRIMARY KEY, case_id INTEGER REFERENCES tbl_case (id), name TEXT, uploaded TEXT);
CREATE TABLE tbl_note (id INTEGER PRIMARY KEY, file_id INTEGER REFERENCES tbl_file (id), body TEXT, status INTEGER,
    created TEXT);
CREATE TABLE audit_log (id INTEGER PRIMARY KEY, file_id INTEGER REFERENCES tbl_file (id), who TEXT);
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
INSERT INTO tbl_case SELECT i, 'C' || i FROM n;
INSERT INTO tbl_file SELECT id, CASE WHEN id IN (951, 960) THEN 77777 ELSE id END, 'f' || id,
    CASE WHEN id > 940 THEN '2030-01-01' ELSE (2010 + id % 10) || '-05-11' END FROM tbl_case;
INSERT INTO tbl_note SELECT id, id, 'n' || id, id % 4, (2010 + id % 10) || '-05-11' FROM tbl_case WHERE id < 900;
INSERT INTO audit_log SELECT id, id, 'u' || id FROM tbl_case WHERE id < 900;
"""
NEW = """
CREATE TABLE cases (id INTEGER PRIMARY KEY, case_no TEXT NOT NULL);
CREATE TABLE files (id INTEGER PRIMARY KEY, case_id INTEGER REFERENCES cases (id), name TEXT, uploaded_at TEXT);
CREATE TABLE notes (id INTEGER PRIMARY KEY, file_id INTEGER REFERENCES files (id), body TEXT, status TEXT,
    created_at TEXT);
CREATE TABLE audit_logs (id INTEGER PRIMARY KEY, file_id INTEGER REFERENCES files (id), who TEXT);
"""


@pytest.fixture
def stopped(tmp_path: Path) -> Iterator[Talk]:
    """A run of four tables that stopped at files after 900 rows: cases are moved, notes and audit_logs are not."""
    files = tmp_path / "old.sqlite", tmp_path / "new.sqlite"
    for file, script in zip(files, (OLD, NEW), strict=True):
        with closing(sqlite3.connect(file)) as connection:
            connection.executescript(script)
    talk = again(tmp_path, *files, preflight=False)
    talk.say("move everything", "batches of 100", "yes")
    assert isinstance(talk.session.payload, DecidePayload)
    assert talk.session.payload.decision.failure.table == "files" and talk.one("SELECT count(*) FROM files") == 900
    yield talk
    with suppress(sqlite3.ProgrammingError):  # a test closed it
        talk.session.close()


def test_words_that_only_a_model_reads_change_it_when_the_person_says_them(stopped: Talk) -> None:
    meant = {"meaning": "leave_out", "tables": ["audit_logs"], "topic": "none", "option": "none"}
    with Scripted(always=by_shape(Meaning=meant)) as server:
        stopped.session.context = replace(stopped.session.context, adviser=server.adviser())
        before = stopped.session.payload
        told = stopped.said(stopped.say("pray spare us whatever smells of sign-ins"))
        assert 'If you mean "leave audit_logs out", say so' in told and stopped.session.payload == before
        stopped.say("that is what I meant")
        assert stopped.review.under_way and "audit_logs is left out" in stopped.review.message
        stopped.say("yes")
    assert _amendments(stopped) == [("change_plan", "audit_logs")]


def _amendments(talk: Talk) -> list[tuple[str, str]]:
    record = Ledger(talk.session.context.target).run(talk.session.run)
    return [(amendment.strategy, amendment.table) for amendment in record.amendments]


def _end(talk: Talk, strategy: Strategy = Strategy.QUARANTINE) -> str:
    talk.say(Choose(strategy=strategy))
    assert talk.session.outcome is not None
    assert talk.session.outcome.validation == "PASSED"
    return talk.session.outcome.status.value


def test_what_has_not_begun_is_changed_over_several_turns_and_by_one_approval(stopped: Talk) -> None:
    heard = stopped.say("leave the audit logs out")
    assert "audit_logs is left out" in stopped.said(heard)
    assert stopped.review.under_way and "Shall the run go on" in stopped.review.question
    stopped.say("why is files before notes?")
    assert stopped.review.under_way
    heard = stopped.say("only notes created after 2015")
    assert "where created >= 2016-01-01 go into notes: 360 of 899" in stopped.said(heard)
    assert "audit_logs is left out" in stopped.review.message and "360 of 899" in stopped.review.message
    stopped.say("undo that change")
    assert "360 of 899" not in stopped.review.message
    stopped.say("only notes created after 2015", "status 3 means archived")
    assert "3 becomes archived" in stopped.review.message
    assert _amendments(stopped) == []
    before = Ledger(stopped.session.context.target).run(stopped.session.run).amended.hash
    stopped.say("yes")
    record = Ledger(stopped.session.context.target).run(stopped.session.run)
    assert [(a.strategy, a.by, a.hash_before, a.hash_after) for a in record.amendments] == [
        ("change_plan", "Grace", before, record.amended.hash)
    ]
    assert isinstance(stopped.session.payload, DecidePayload)
    assert _end(stopped) == "success_with_quarantine"
    assert stopped.one("SELECT count(*) FROM audit_logs") == 0
    assert stopped.one("SELECT count(*), min(created_at) FROM notes") == 360
    assert dict(stopped.ask("SELECT status, count(*) FROM notes GROUP BY 1"))["archived"] == stopped.one(
        "SELECT count(*) FROM legacy.tbl_note WHERE status = 3 AND created >= '2016'"
    )
    assert stopped.one("SELECT count(*) FROM files") == 998


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("leave cases out", "cases has begun: 1,000 of its rows are moved"),
        ("only files uploaded after 2015", "of the 900 rows of files that are moved already would be different"),
    ],
)
def test_what_rows_that_moved_would_see_is_refused_and_says_what_can_be_done(
    stopped: Talk, words: str, why: str
) -> None:
    before = stopped.session.payload
    told = stopped.said(stopped.say(words))
    assert "too late for this run" in told and why in told
    assert "notes" in told and "can still be changed" in told
    assert stopped.session.payload == before and _amendments(stopped) == []
    assert _end(stopped) == "success_with_quarantine"
    assert stopped.one("SELECT count(*) FROM files") == 998


def test_a_begun_table_is_changed_where_no_moved_row_sees_it_and_the_run_goes_on(stopped: Talk) -> None:
    stopped.say("only files uploaded before 2025")
    assert stopped.review.under_way and "940 of 1,000" in stopped.review.message
    stopped.say("yes")
    assert stopped.session.outcome is not None, "the rows that had no case are left out: nothing is to be decided"
    assert stopped.session.outcome.status.value == "success" and stopped.session.outcome.validation == "PASSED"
    assert stopped.one("SELECT count(*) FROM files") == 940
    assert _amendments(stopped) == [("change_plan", "files")]


def test_a_no_leaves_the_plan_as_it_was_approved(stopped: Talk) -> None:
    before = stopped.session.payload
    stopped.say("leave the audit logs out")
    told = stopped.said(stopped.say("no"))
    assert "stays as it was approved" in told and stopped.session.payload == before
    assert _end(stopped) == "success_with_quarantine"
    assert stopped.one("SELECT count(*) FROM audit_logs") == 899


def test_a_paused_run_is_changed_and_resumed_by_another_process(stopped: Talk, tmp_path: Path) -> None:
    stopped.say("pause")
    assert isinstance(stopped.session.payload, PausedPayload)
    stopped.say("leave the audit logs out", "yes")
    assert isinstance(stopped.session.payload, PausedPayload)
    run = stopped.session.run
    stopped.session.close()
    other = again(tmp_path / "elsewhere", stopped.legacy, stopped.new)
    list(other.session.reopen(run))
    assert isinstance(other.session.payload, DecidePayload)
    assert _end(other) == "success_with_quarantine"
    assert other.one("SELECT count(*) FROM audit_logs") == 0 and other.one("SELECT count(*) FROM notes") == 899
    other.session.close()


@pytest.mark.parametrize("way", ["reopened elsewhere", "reopened", "restored"])
def test_a_change_in_another_process_counts_no_row_that_the_run_moved_as_there_before(
    stopped: Talk, tmp_path: Path, way: str
) -> None:
    run = stopped.session.run
    stopped.session.close()
    other = again(tmp_path / "elsewhere" if way == "reopened elsewhere" else tmp_path, stopped.legacy, stopped.new)
    if way == "restored":
        other.session.run = run
        other.session.restore()
    else:
        list(other.session.reopen(run))
    told = other.said(other.say("leave the audit logs out", "only notes created after 2015"))
    assert "360 of 899" in told and other.review.under_way
    assert other.session.plan is not None and other.session.plan.open_questions == ()
    assert {c.table: c.target for c in other.session.plan.counts} == {"cases": 0, "files": 0, "notes": 0}
    other.say("yes")
    assert _amendments(other) == [("change_plan", "audit_logs, notes")]
    assert _end(other) == "success_with_quarantine"
    assert other.one("SELECT count(*) FROM audit_logs") == 0 and other.one("SELECT count(*) FROM notes") == 360
    other.session.close()


def test_a_change_that_nobody_approved_is_gone_when_the_run_is_taken_up_elsewhere(
    stopped: Talk, tmp_path: Path
) -> None:
    stopped.say("leave the audit logs out")
    run = stopped.session.run
    other = again(tmp_path / "elsewhere", stopped.legacy, stopped.new)
    list(other.session.reopen(run))
    assert _end(other) == "success_with_quarantine"
    assert other.one("SELECT count(*) FROM audit_logs") == 899
    other.session.close()


def test_a_table_that_was_undone_is_copied_anew_as_it_is_wanted_now(stopped: Talk) -> None:
    stopped.say(Choose(strategy=Strategy.ROLLBACK_TABLE))
    assert isinstance(stopped.session.payload, PausedPayload) and stopped.one("SELECT count(*) FROM files") == 0
    stopped.say("only files uploaded before 2025")
    assert stopped.review.under_way
    stopped.say("yes", "resume")
    assert stopped.session.outcome is not None and stopped.session.outcome.validation == "PASSED"
    assert stopped.one("SELECT count(*) FROM files") == 940 and stopped.one("SELECT count(*) FROM notes") == 899
