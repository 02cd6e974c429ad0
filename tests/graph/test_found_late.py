"""The 23 links of the junction demo, found while rows move: with an enforced constraint and without, where nobody
looked ahead, and where the old database changed after the look."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from ferryman.demo_data import CASE_FILES, ORPHANS
from ferryman.domain.conversation import DecidePayload
from ferryman.domain.mapping import Strategy
from ferryman.domain.run import RunStatus
from ferryman.tools.move.rollback import rollback
from tests.graph.talks import Talk, junction
from tests.graph.test_recovery import REQUEST
from tests.tools.pairs import rows_of

CONSTRAINT = "CONSTRAINT fk_case_file_case_id FOREIGN KEY (case_id) REFERENCES cases (id),"
MISSING = """NOT EXISTS (SELECT 1 FROM dispatch_case c WHERE c.id = l.case_id AND c.deleted_at IS NULL)"""
FREE = """SELECT id FROM dispatch_case WHERE deleted_at IS NULL
    AND id NOT IN (SELECT case_id FROM dispatch_casefile WHERE file_id = ?) LIMIT 1"""


@contextmanager
def writing(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path)) as connection, connection:
        yield connection


def unenforced(path: Path) -> None:
    """The same new table without its constraint on cases."""
    with writing(path) as connection:
        (sql,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'case_file_relationships'").fetchone()
        assert CONSTRAINT in sql
        connection.execute("DROP TABLE case_file_relationships")
        connection.execute(sql.replace(CONSTRAINT, ""))


def mended(path: Path) -> list[tuple[Any, ...]]:
    """Give every orphan a case; gives what it referred to before."""
    with writing(path) as connection:
        orphans = connection.execute(f"SELECT case_id, id, file_id FROM dispatch_casefile l WHERE {MISSING}").fetchall()
        for _, link, file in orphans:
            connection.execute(f"UPDATE dispatch_casefile SET case_id = ({FREE}) WHERE id = ?", (file, link))
    return [orphan[:2] for orphan in orphans]


def gone_on(talk: Talk, orphans: list[tuple[Any, ...]]) -> None:
    """Approve; as soon as the run is at work, somebody changes the old database."""
    for event in talk.session.say("yes"):
        talk.events.append(event)
        if event.event == "run_started" and orphans:
            with writing(talk.legacy) as connection:
                connection.executemany("UPDATE dispatch_casefile SET case_id = ? WHERE id = ?", orphans)


@pytest.mark.parametrize("enforced", [True, False])
@pytest.mark.parametrize("looked_ahead", [True, False])
def test_batch_15_stops_at_run_time_and_a_decision_is_offered_at_once(
    tmp_path: Path, enforced: bool, looked_ahead: bool
) -> None:
    talk = junction(tmp_path, preflight=looked_ahead)
    if not enforced:
        unenforced(talk.new)
    tables = ("cases", "files", "case_file_relationships")
    before = [rows_of(talk.new, table) for table in tables]
    orphans = mended(talk.legacy) if looked_ahead else []
    talk.say(*REQUEST)
    assert talk.review.plan.preflight.problems == ()
    gone_on(talk, orphans)
    payload = talk.session.payload
    assert isinstance(payload, DecidePayload)
    failure = payload.decision.failure
    name = "fk_case_file_case_id" if enforced else "fk_case_file_relationships_case_id"
    assert (failure.type, failure.constraint) == ("foreign_key_constraint_violation", name)
    assert (failure.batch, failure.affected_records) == ("15", ORPHANS)
    assert talk.one("SELECT count(*) FROM case_file_relationships") == 14_000
    told = [event.event for event in talk.events]
    assert "batch_completed" not in told[told.index("failure_found") :]
    solutions = {option.strategy for option in payload.decision.options}
    assert {Strategy.MIGRATE_PARENTS, Strategy.QUARANTINE, Strategy.PAUSE} <= solutions
    talk.say("find and migrate the missing cases first")
    assert talk.session.outcome is not None
    assert talk.session.outcome.status is RunStatus.SUCCESS_WITH_QUARANTINE
    aside = talk.one("SELECT count(*) FROM ferryman_quarantine")
    assert 0 < aside < ORPHANS
    assert talk.one("SELECT count(*) FROM case_file_relationships") == CASE_FILES - aside
    rollback(talk.session.context.target, talk.session.run)
    assert [rows_of(talk.new, table) for table in tables] == before
