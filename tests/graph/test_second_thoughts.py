"""Several turns over one plan: asked about, objected to, corrected, taken back. What is approved stands last."""

from __future__ import annotations

from pathlib import Path

import pytest

from ferryman.domain.changes import LeaveOut
from ferryman.domain.conversation import AnswerQuestion, Approve, ChangePlan, TakeBack
from ferryman.domain.errors import Refused
from ferryman.domain.run import RunStatus
from tests.graph.talks import Talk, again
from tests.tools.pairs import write

LEGACY = """
CREATE TABLE tbl_case (id INTEGER PRIMARY KEY, case_no TEXT NOT NULL, status INTEGER NOT NULL, created TEXT);
CREATE TABLE tbl_file (id INTEGER PRIMARY KEY, case_id INTEGER REFERENCES tbl_case (id), name TEXT, uploaded TEXT);
CREATE TABLE audit_login (id INTEGER PRIMARY KEY, who TEXT, at TEXT);
CREATE TABLE audit_change (id INTEGER PRIMARY KEY, what TEXT, at TEXT);
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40)
INSERT INTO tbl_case SELECT i, 'C' || i, i % 4, (2010 + i % 10) || '-05-11' FROM n;
INSERT INTO tbl_file SELECT id, id, 'f' || id, created FROM tbl_case;
INSERT INTO audit_login SELECT id, 'u' || id, created FROM tbl_case;
INSERT INTO audit_change SELECT id, 'w' || id, created FROM tbl_case;
"""
NEW = """
CREATE TABLE cases (id INTEGER PRIMARY KEY, case_no TEXT NOT NULL, status TEXT NOT NULL, created_at TEXT);
CREATE TABLE files (id INTEGER PRIMARY KEY, case_id INTEGER REFERENCES cases (id), name TEXT, uploaded_at TEXT);
CREATE TABLE audit_logins (id INTEGER PRIMARY KEY, who TEXT, at TEXT);
CREATE TABLE audit_changes (id INTEGER PRIMARY KEY, what TEXT, at TEXT);
"""


@pytest.fixture
def talk(tmp_path: Path) -> Talk:
    talk = again(tmp_path, write(tmp_path / "old.db", LEGACY), write(tmp_path / "new.db", NEW))
    talk.say("fill the missing tables")
    return talk


def heard(talk: Talk, words: str) -> str:
    return talk.said(talk.say(words))


def copied(talk: Talk) -> set[str]:
    return {table.target for table in talk.review.plan.mapping.copied}


def test_a_question_about_the_order_is_answered_and_changes_nothing(talk: Talk) -> None:
    token = talk.review.token
    assert "files refers to cases" in heard(talk, "why is cases before files?")
    assert talk.review.token == token


def test_a_group_of_tables_is_left_out_and_put_back(talk: Talk) -> None:
    before = talk.review
    said = heard(talk, "leave the audit tables out")
    assert "audit_logins is left out" in said and "audit_changes is left out" in said
    without = talk.review
    assert copied(talk) == {"cases", "files"} and without.token != before.token
    assert "audit_logins is filled" in heard(talk, "put it back")
    assert talk.review.plan.hash == before.plan.hash and talk.review.token == before.token
    talk.say("put it back")
    assert talk.review.plan.hash == without.plan.hash


def test_a_filter_is_told_with_its_count_before_anybody_approves(talk: Talk) -> None:
    assert "created >= 2016-01-01 go into cases: 16 of 40" in heard(talk, "only cases created after 2015")
    assert talk.review.plan.counts_by_table["cases"].in_scope == 16


def test_a_correction_takes_the_place_of_what_it_corrects(talk: Talk) -> None:
    before = talk.review.plan.hash
    talk.say("only cases created after 2015")
    assert "created >= 2018-01-01 go into cases: 8 of 40" in heard(talk, "no, 2017")
    assert "created < 2014-01-01 go into cases: 16 of 40" in heard(talk, "actually, before 2014")
    talk.say("undo that change")
    assert talk.review.plan.hash == before


def test_a_value_is_given_another_meaning_and_another_table_is_meant(talk: Talk) -> None:
    assert "3 becomes archived, others stay as they are" in heard(talk, "status 3 means archived")
    assert "3 becomes closed, others stay as they are" in heard(talk, "no, closed")
    talk.say("leave audit logins out")
    talk.say("sorry, I meant audit changes")
    assert copied(talk) == {"cases", "files", "audit_logins"}


def test_an_objection_brings_the_evidence_and_what_to_say_instead(talk: Talk) -> None:
    token = talk.review.token
    said = heard(talk, "I don't think tbl_case is the right table")
    assert "I take tbl_case for cases: " in said and "goes into cases" in said
    assert talk.review.token == token


def test_what_was_shown_before_second_thoughts_can_no_longer_be_approved(talk: Talk) -> None:
    talk.say("leave the audit tables out")
    stale = talk.review.token
    talk.say("undo that change")
    with pytest.raises(Refused, match="the plan itself"):
        talk.say(Approve(token=stale))
    assert talk.ask("SELECT name FROM sqlite_master WHERE name LIKE 'ferryman%'") == []


def test_the_plan_that_stands_last_is_the_one_that_runs(talk: Talk) -> None:
    talk.say("leave the audit tables out", "status 3 means archived", "undo that change", "put it back", "go ahead")
    assert talk.session.outcome is not None and talk.session.outcome.status is RunStatus.SUCCESS
    assert talk.one("SELECT count(*) FROM cases WHERE status = 'archived'") == 10
    assert talk.one("SELECT count(*) FROM audit_logins") == 0


def test_with_nothing_to_take_back_that_is_said(talk: Talk) -> None:
    token = talk.review.token
    assert "no change to take back" in heard(talk, "undo the last change")
    assert "none to have again" in talk.said(talk.say(TakeBack(again=True)))
    assert talk.review.token == token


def test_a_change_that_changes_nothing_is_not_what_undo_takes_back(talk: Talk) -> None:
    before = talk.review.plan.hash
    talk.say("leave audit_logins out")
    talk.say(ChangePlan(changes=(LeaveOut(table="audit_logins"),)))
    talk.say("undo that change")
    assert talk.review.plan.hash == before


def test_an_answer_is_taken_back_like_any_change(talk: Talk) -> None:
    talk.say("only cases created after 2015")
    (question,) = talk.review.plan.open_questions
    talk.say(AnswerQuestion(question=question.id, option=question.options[0].key))
    assert not talk.review.plan.open_questions
    talk.say("undo that")
    assert [one.id for one in talk.review.plan.open_questions] == [question.id]


def test_an_option_is_not_taken_by_a_sentence_about_other_tables(talk: Talk) -> None:
    talk.say("only cases created after 2015")
    assert talk.review.plan.open_questions
    talk.say("leave the audit tables out")
    assert talk.review.plan.open_questions and copied(talk) == {"cases", "files"}


def test_second_thoughts_go_on_in_another_process(talk: Talk, tmp_path: Path) -> None:
    before, run = talk.review.token, talk.session.run
    talk.say("leave the audit tables out")
    talk.session.close()
    later = again(tmp_path, talk.legacy, talk.new)
    later.session.run = run
    later.session.restore()
    later.say("undo that change")
    assert later.review.token == before


@pytest.mark.parametrize("words", ["start over", "undo all my changes", "back to the original plan"])
def test_every_change_is_taken_back_at_once_and_can_be_had_again(talk: Talk, words: str) -> None:
    proposed = talk.review.plan.hash
    for said in ("leave the audit tables out", "only cases created after 2015", "status 3 means archived"):
        talk.say(said)
    changed = talk.review.plan.hash
    told = heard(talk, words)
    assert "audit_logins is filled" in told and "All rows of tbl_case" in told
    assert talk.review.plan.hash == proposed
    talk.say("put it back")
    assert talk.review.plan.hash == changed
    assert "as I proposed it" in heard(talk, words) + heard(talk, words)


def test_what_values_mean_adds_up_and_a_later_word_replaces_the_earlier_for_its_value(talk: Talk) -> None:
    for words in ("status 3 means archived", "status 1 is open, 2 is closed", "status 3 means gone"):
        told = heard(talk, words)
    assert "1 becomes open, 2 becomes closed, 3 becomes gone, others stay as they are" in told


def test_what_a_request_says_besides_is_taken_into_the_plan_before_it_is_shown(tmp_path: Path) -> None:
    talk = again(tmp_path, write(tmp_path / "old.db", LEGACY), write(tmp_path / "new.db", NEW))
    told = heard(talk, "move everything except cases created before 2015")
    assert "created >= 2015-01-01" in told
    assert copied(talk) == {"cases", "files", "audit_logins", "audit_changes"}


def test_of_all_that_is_said_with_a_request_nothing_is_lost_and_no_yes_is_heard(tmp_path: Path) -> None:
    talk = again(tmp_path, write(tmp_path / "old.db", LEGACY), write(tmp_path / "new.db", NEW))
    told = heard(
        talk,
        "It was a long winter. Move everything; audit_login into audit_changes, audit_change into audit_logins; "
        "only cases created after 2015; case_no goes into status; the files must come in colour; go ahead",
    )
    copied_from = {table.target: table.source for table in talk.review.plan.mapping.copied}
    assert copied_from["audit_changes"] == "audit_login" and copied_from["audit_logins"] == "audit_change"
    assert "created >= 2016-01-01" in told and "status comes from case_no" in told
    assert 'I did not understand this part: "the files must come in colour' in told and "winter" not in told


def test_texts_of_a_condition_are_corrected_and_other_words_are_no_texts(talk: Talk) -> None:
    assert "case_no = C1 go" in heard(talk, "only cases whose case_no is C1")
    assert "case_no in (C2, C3) go into cases: 2 of 40" in heard(talk, "no, C2 and C3")
    assert "files is left out" in heard(talk, "no, leave files out")


FILTER = "only cases created after 2015"


def test_a_table_that_is_named_again_takes_nothing_out_of_the_plan(talk: Talk) -> None:
    heard(talk, FILTER)
    heard(talk, "leave the audit tables out")
    before = talk.review
    assert "That is what the plan says already" in heard(talk, "move the files")
    assert talk.review == before


def test_only_some_tables_of_the_plan_leave_what_was_decided_about_them(talk: Talk) -> None:
    heard(talk, FILTER)
    kept = talk.review.plan.mapping.by_target["cases"].filter
    assert kept and "files is left out" in heard(talk, "only the cases")
    assert copied(talk) == {"cases"}
    assert talk.review.plan.mapping.by_target["cases"].filter == kept


def test_another_request_is_asked_about_first_and_a_yes_to_that_approves_nothing(talk: Talk) -> None:
    heard(talk, FILTER)
    heard(talk, "leave the audit tables out")
    before = talk.review.plan
    said = heard(talk, "only cases and audit logins")
    assert "leaves out files" in said and "decided about cases is kept" in said
    assert (talk.review.plan, talk.review.question) == (before, "Shall I plan that instead?")
    heard(talk, "no")
    assert talk.review.plan == before and talk.review.question != "Shall I plan that instead?"
    heard(talk, "only cases and audit logins")
    heard(talk, "yes")
    assert copied(talk) == {"cases", "audit_logins"} and talk.session.outcome is None
    assert talk.review.plan.mapping.by_target["cases"].filter == before.mapping.by_target["cases"].filter


def test_everything_comes_beside_what_was_decided(talk: Talk) -> None:
    heard(talk, FILTER)
    heard(talk, "leave files out")
    assert "files is filled from tbl_file as well" in heard(talk, "move everything")
    assert talk.review.plan.mapping.by_target["cases"].filter


def test_a_change_that_is_refused_is_said_to_be_and_nothing_else(talk: Talk) -> None:
    before = talk.review
    said = heard(talk, "only the cases and leave cases out")
    assert "nothing to move" in said and "says already" not in said
    assert talk.review == before


def test_why_a_table_is_left_out_is_said_as_it_is(talk: Talk) -> None:
    heard(talk, "leave files out")
    assert "left out, as you asked" in heard(talk, "why are files left out?")
    heard(talk, "only the cases")
    assert "not asked for" in heard(talk, "why are the audit logins left out?")
    assert "go into cases" in heard(talk, "why are cases left out?")
    heard(talk, "files too")
    assert "go into files" in heard(talk, "why are files left out?")


def test_what_a_person_says_feeds_a_table_is_not_asked_about_it(tmp_path: Path) -> None:
    old = "CREATE TABLE entry (id INTEGER PRIMARY KEY, what TEXT, day TEXT); INSERT INTO entry VALUES (1, 'a', 'b');"
    new = "CREATE TABLE happenings (id INTEGER PRIMARY KEY, what TEXT, at TEXT);"
    files = write(tmp_path / "old.db", LEGACY + old), write(tmp_path / "new.db", NEW + new)
    talk = again(tmp_path, *files)
    talk.say("move cases")
    heard(talk, "entry goes into happenings")
    assert copied(talk) == {"cases", "happenings"}
    assert "table:happenings" in {question.id for question in talk.review.plan.questions}
    assert "table:happenings" not in {question.id for question in talk.review.plan.open_questions}


@pytest.fixture
def lost(tmp_path: Path) -> Talk:
    """Files of which one is of a case that never was; a case must be named, and nothing else of a case."""
    legacy = LEGACY + "UPDATE tbl_file SET case_id = 999 WHERE id = 7;"
    new = NEW.replace("TEXT NOT NULL", "TEXT").replace("case_id INTEGER", "case_id INTEGER NOT NULL")
    talk = again(tmp_path, write(tmp_path / "old.db", legacy), write(tmp_path / "new.db", new))
    talk.say("fill the missing tables")
    return talk


def way_taken(talk: Talk) -> str | None:
    (question,) = [q for q in talk.review.plan.questions if q.id.startswith("orphans:files")]
    return question.answer


@pytest.mark.parametrize(
    "words",
    [
        "no, rather placeholders",
        "not skip, make placeholders",
        "rather than skipping, make placeholders",
        "placeholders instead",
        "I changed my mind: make placeholders",
        "make placeholders instead of skipping them",
    ],
)
def test_a_way_with_rows_is_changed_in_one_sentence_before_and_after_it_was_taken(lost: Talk, words: str) -> None:
    lost.say(words)
    assert way_taken(lost) == "placeholders"
    lost.say("no, skip them instead")
    assert way_taken(lost) == "quarantine"
    lost.say(words)
    assert way_taken(lost) == "placeholders"


def test_to_leave_a_table_out_instead_is_no_way_with_its_rows(lost: Talk) -> None:
    lost.say("skip them", "no, leave files out")
    assert copied(lost) == {"cases", "audit_logins", "audit_changes"}
