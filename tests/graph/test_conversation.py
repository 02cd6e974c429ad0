"""A conversation from the first sentence to the proved end, over real databases: what is asked, changed and moved."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import pytest

from ferryman.domain.conversation import AnswerQuestion, Approve, Cancel, ReviewPayload
from ferryman.domain.coordination import Agent, Request, RequestType
from ferryman.domain.errors import Refused, Usage
from ferryman.domain.run import RunStatus
from tests.graph.talks import Talk, again, brackets, junction


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def talk(tmp_path: Path) -> Talk:
    return brackets(tmp_path)


def test_the_brackets_arrive_are_proved_and_can_be_undone(talk: Talk) -> None:
    talk.say("my brackets table is empty in the new system")
    assert isinstance(talk.session.payload, ReviewPayload)
    assert [step.text for phase in talk.review.plan.phases for step in phase.steps] == ["dispatch_bracket -> brackets"]
    talk.say("yes, go ahead")
    outcome = talk.session.outcome
    assert outcome is not None
    assert (outcome.status, outcome.records_migrated, outcome.validation) == (RunStatus.SUCCESS, 1569, "PASSED")
    assert outcome.rollback_available
    assert talk.one("SELECT count(*) FROM brackets") == 1569
    assert talk.one(
        "SELECT count(*) FROM brackets b JOIN projects p ON p.id = b.project_id"
        " JOIN legacy.dispatch_bracket l ON l.id = b.legacy_id AND l.project_id = p.legacy_id AND l.name = b.name"
    ) == 1569  # fmt: skip


def test_nothing_is_written_before_a_clear_yes(talk: Talk) -> None:
    before = digest(talk.new), digest(talk.legacy)
    talk.say("fill the missing tables", "what happens to gl_account?", "is it safe?", "hmm", "smaller batches")
    talk.say("no, leave files out")
    assert isinstance(talk.session.payload, ReviewPayload)
    assert (digest(talk.new), digest(talk.legacy)) == before


def test_a_no_cancels_and_leaves_both_databases_as_they_were(talk: Talk) -> None:
    before = digest(talk.new)
    talk.say("my brackets table is empty", Cancel())
    assert talk.session.outcome is not None
    assert talk.session.outcome.status is RunStatus.CANCELLED
    assert digest(talk.new) == before


def test_a_question_is_answered_from_facts_and_the_plan_stays_in_place(talk: Talk) -> None:
    talk.say("my brackets table is empty")
    token = talk.review.token
    said = talk.said(talk.say("what happens to gl_account?"))
    assert "metadata" in said and "gl_account" in said
    assert talk.review.token == token


def test_what_is_not_understood_is_said_with_things_that_would_be(talk: Talk) -> None:
    said = talk.said(talk.say("colourless green ideas sleep furiously"))
    assert "did not understand" in said
    assert talk.session.payload is None


def test_a_change_is_shown_as_a_difference_and_binds_a_new_token(talk: Talk) -> None:
    talk.say("fill the missing tables")
    before = talk.review
    said = talk.said(talk.say("no, leave files out"))
    after = talk.review
    assert "files" in said
    assert after.plan.hash != before.plan.hash and after.token != before.token
    assert "files" not in [table for phase in after.plan.phases for table in phase.tables]


def test_batch_sizes_are_tuning_and_leave_the_hash_as_it_is(talk: Talk) -> None:
    talk.say("my brackets table is empty")
    before = talk.review.plan
    talk.say("smaller batches")
    after = talk.review.plan
    assert after.batch_plans["brackets"].size < before.batch_plans["brackets"].size
    assert after.hash == before.hash


def test_an_approval_of_another_plan_is_refused_and_nothing_is_written(talk: Talk) -> None:
    talk.say("fill the missing tables")
    old = talk.review.token
    talk.say("leave case_file_relationships out", "take all recommendations")
    assert not talk.review.plan.open_questions
    before = digest(talk.new)
    with pytest.raises(Refused, match="the plan itself"):
        talk.say(Approve(token=old))
    assert digest(talk.new) == before


def test_a_yes_with_an_open_question_starts_nothing(tmp_path: Path) -> None:
    talk = junction(tmp_path)
    talk.say("fill the missing tables")
    assert talk.review.plan.open_questions
    before = digest(talk.new)
    assert "need your answer" in talk.said(talk.say(Approve()))
    assert digest(talk.new) == before
    assert isinstance(talk.session.payload, ReviewPayload)


def test_an_answer_to_no_question_says_what_is_asked(tmp_path: Path) -> None:
    talk = junction(tmp_path)
    talk.say("fill the missing tables")
    said = talk.said(talk.say(AnswerQuestion(question="table:nothing", option="x")))
    assert "table:nothing" in said


def test_every_hand_over_is_a_delegation_with_what_comes_before_it(talk: Talk) -> None:
    talk.say("my brackets table is empty", "yes")
    given = [event.delegation for event in talk.seen("delegated")]
    assert [(d.agent, d.phase) for d in given] == [
        (Agent.SCHEMA_ANALYSIS, "discovery"),
        (Agent.DATA_MAPPING, "planning"),
        (Agent.PLANNING, "planning"),
        (Agent.DATA_MAPPING, "prepare"),
        (Agent.MIGRATION_EXECUTION, "copy"),
        (Agent.VALIDATION, "validate"),
    ]
    assert [d.number for d in given] == [1, 2, 3, 4, 5, 6]
    assert [d.depends_on for d in given] == [(), (1,), (2,), (), (4,), (5,)]
    assert [event.state for event in talk.seen("delegation_ended")] == ["done"] * 6


def test_a_typed_request_needs_no_words(talk: Talk) -> None:
    list(talk.session.ask_for(Request(type=RequestType.NAMED, tables=("brackets",))))
    talk.say(Approve())
    assert talk.session.outcome is not None
    assert talk.session.outcome.status is RunStatus.SUCCESS


def test_the_conversation_goes_on_in_another_process(tmp_path: Path) -> None:
    first = brackets(tmp_path)
    first.say("my brackets table is empty")
    run, token = first.session.run, first.review.token
    first.session.close()
    second = again(tmp_path, first.legacy, first.new)
    second.session.run = run
    second.session.restore()
    assert second.review.token == token
    second.say("yes")
    assert second.one("SELECT count(*) FROM brackets") == 1569


def test_a_plan_that_changes_in_another_process_is_asked_about_the_same(tmp_path: Path) -> None:
    for name, script in (
        (
            "old.db",
            """CREATE TABLE client (id INTEGER PRIMARY KEY, name TEXT NOT NULL, active BOOLEAN, seen INTEGER,
                boss INTEGER REFERENCES client (id));
            INSERT INTO client VALUES (1, 'A', 1, 1500000000000, 0), (2, 'B', 0, 1600000000000, 1);
            CREATE TABLE town (id INTEGER PRIMARY KEY, name TEXT NOT NULL); INSERT INTO town VALUES (1, 'Bern');""",
        ),
        (
            "new.db",
            """CREATE TABLE clients (id INTEGER PRIMARY KEY, name TEXT NOT NULL, seen TIMESTAMP, boss INTEGER
                REFERENCES clients (id));
            CREATE TABLE towns (id INTEGER PRIMARY KEY, name TEXT NOT NULL);""",
        ),
    ):
        with closing(sqlite3.connect(tmp_path / name)) as connection:
            connection.executescript(script)
    first = again(tmp_path, tmp_path / "old.db", tmp_path / "new.db")
    first.say("fill towns")
    run = first.session.run
    first.session.close()
    second = again(tmp_path, first.legacy, first.new)
    second.session.run = run
    second.session.restore()
    second.say("client goes into clients")
    assert [question.id for question in second.review.plan.open_questions] == ["deleted:clients"]
    second.say("take all recommendations", "yes")
    assert second.ask("SELECT name, seen, boss FROM clients ORDER BY id") == [
        ("A", "2017-07-14 02:40:00", None),
        ("B", "2020-09-13 12:26:40", 1),
    ]
    second.session.close()


def test_a_conversation_that_was_killed_while_it_planned_anew_stands_before_its_plan(tmp_path: Path) -> None:
    first = brackets(tmp_path)
    first.say("fill the missing tables")
    run, asked = first.session.run, first.review.plan.open_questions
    assert asked
    cut = first.session.say("take all recommendations")
    assert isinstance(cut, Generator)
    next(cut)
    cut.close()  # as if it was killed: the graph has begun and does not come to its end
    first.session.close()
    second = again(tmp_path, first.legacy, first.new)
    second.session.run = run
    second.session.restore()
    assert second.review.plan.open_questions == asked
    second.say("take all recommendations")
    assert not second.review.plan.open_questions


def test_nothing_that_can_be_moved_is_said_in_two_lines(tmp_path: Path) -> None:
    talk = brackets(tmp_path)
    talk.say("my brackets table is empty", "yes")
    done = again(tmp_path, talk.legacy, talk.new)
    with pytest.raises(Usage, match="Nothing that was asked for"):
        list(
            done.session.ask_for(
                Request(type=RequestType.FILL_MISSING, leave_out=("cases", "files", "case_file_relationships"))
            )
        )
