"""Tables that no name leads to: what a column without a place names, or holds, says what could fill them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.front.shapes import Shape, made, values
from tests.front.talking import hold

CLUB = """
CREATE TABLE tbl_instr (instr_no INTEGER PRIMARY KEY, vn TEXT, nn TEXT);
INSERT INTO tbl_instr VALUES {trainers};
CREATE TABLE tbl_member (member_no INTEGER PRIMARY KEY, vorname TEXT, email TEXT UNIQUE, status TEXT);
INSERT INTO tbl_member VALUES {members};
CREATE TABLE tbl_course (course_no INTEGER PRIMARY KEY, title TEXT, instr_no INTEGER, kind TEXT);
INSERT INTO tbl_course VALUES {courses};
CREATE TABLE tbl_visit (visit_no INTEGER PRIMARY KEY, member_no INTEGER, at TEXT);
INSERT INTO tbl_visit VALUES {visits};
CREATE TABLE tbl_note (note_no INTEGER PRIMARY KEY, subject_type TEXT, subject_id INTEGER, body TEXT);
INSERT INTO tbl_note VALUES {notes};
"""
NEW = """
CREATE TABLE coaches (id INTEGER PRIMARY KEY AUTOINCREMENT, first_name TEXT NOT NULL, last_name TEXT NOT NULL);
INSERT INTO coaches (first_name, last_name) VALUES ('Demo', 'Coach');
CREATE TABLE members (id INTEGER PRIMARY KEY AUTOINCREMENT, first_name TEXT NOT NULL, email TEXT NOT NULL UNIQUE,
    status TEXT CHECK (status IN ('active', 'left')));
INSERT INTO members (first_name, email) VALUES ('Demo', 'demo@club.example');
CREATE TABLE courses (id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT NOT NULL, kind TEXT,
    coach_id INTEGER NOT NULL REFERENCES coaches (id));
CREATE TABLE visits (id INTEGER PRIMARY KEY AUTOINCREMENT, member_id INTEGER NOT NULL REFERENCES members (id),
    visited_at TIMESTAMP NOT NULL);
CREATE TABLE notes (id INTEGER PRIMARY KEY AUTOINCREMENT, content_type TEXT, object_id INTEGER, body TEXT NOT NULL);
"""
STAFF, PEOPLE = 30, 200


@pytest.fixture
def club(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shape:
    monkeypatch.chdir(tmp_path)
    about = [("instr", n % STAFF + 1) if n % 2 else ("member", n % PEOPLE + 1) for n in range(1, 301)]
    rows = {
        "trainers": values([(n, f"T{n}", f"Trainer {n}") for n in range(1, STAFF + 1)]),
        "members": values([(n, f"V{n}", f"v{n}@club.example", "AX"[n % 2]) for n in range(1, PEOPLE + 1)]),
        "courses": values([(n, f"Course {n}", n * 7 % STAFF + 1, "AX"[n % 2]) for n in range(1, 61)]),
        "visits": values([(n, n * 3 % PEOPLE + 1, f"2024-03-{n % 28 + 1:02} 10:30:00") for n in range(1, 501)]),
        "notes": values([(n, *one, f"note {n}") for n, one in enumerate(about, 1)]),
    }
    return made(tmp_path, CLUB.format(**rows), NEW)


def flat(text: str) -> str:
    return " ".join(text.split())


def test_what_a_column_without_a_place_names_is_offered_for_its_parent(club: Shape) -> None:
    asked = flat(club.plan(code=5).err)
    assert "Every row of courses must refer to coaches, which takes no part in this plan." in asked
    assert "tbl_instr: Fill coaches from tbl_instr (recommended)" in asked
    assert "instr_no of tbl_course names rows of tbl_instr." in asked


def test_the_one_moment_without_a_place_is_recommended_for_a_moment_that_must_be_filled(club: Shape) -> None:
    asked = flat(club.plan(code=5).err)
    assert "visits.visited_at must be filled, and nothing in tbl_visit does." in asked
    assert "at: Fill it from at (recommended)" in asked


def test_a_table_that_a_person_chose_is_not_recommended_to_be_left_out_for_rows_that_are_there(club: Shape) -> None:
    asked = flat(club.plan("courses: tbl_instr", code=5).err)
    question = asked.partition("coaches has 1 row already")[2].partition("could double")[0]
    assert "add: Add all 30 rows beside them" in question
    assert "(recommended)" not in question


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("A means active and X means left", "members.status comes from status by value map (A becomes active, X bec"),
        ("A means open and X means full", 'You could say "kind of courses A means open", "status of members A means'),
    ],
)
def test_words_that_one_column_alone_may_hold_need_not_name_it(club: Shape, words: str, answer: str) -> None:
    assert answer in flat(hold(club.files, "move everything", words).after(words))


def test_a_word_beside_a_number_is_asked_about_when_its_table_takes_part_later(club: Shape) -> None:
    words = ["notes: by_name", "courses: tbl_instr", "coaches: add"]
    asked = flat(club.plan(*words, code=5).err)
    assert "subject_type of tbl_note says instr as well. Are those rows meant?" in asked
    said = ["coaches.first_name comes from vn", "coaches.last_name comes from nn", "members: add"]
    said += [
        "members.first_name comes from vorname",
        "visits: at",
        "notes: yes",
        "notes: yes",
        "A means active and X means left",
    ]
    club.plan(*words, *said)
    club.run()
    named = "SELECT n.body, n.{0}, c.{1} FROM {2} n JOIN {3} c ON c.{4} = n.{5} WHERE n.{0} = 'instr' ORDER BY 1"
    club.assert_same(
        named.format("subject_type", "vn", "tbl_note", "tbl_instr", "instr_no", "subject_id"),
        named.format("content_type", "first_name", "notes", "coaches", "id", "object_id"),
    )
    taught = "SELECT k.title, c.{0} FROM {1} k JOIN {2} c ON c.{3} = k.{4} ORDER BY 1"
    club.assert_same(
        taught.format("nn", "tbl_course", "tbl_instr", "instr_no", "instr_no"),
        taught.format("last_name", "courses", "coaches", "id", "coach_id"),
    )
    club.proved_and_undone()


def test_texts_without_a_place_are_offered_for_a_text_that_must_be_filled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing tells which of them is meant, if any: the empty text stays what is recommended."""
    monkeypatch.chdir(tmp_path)
    shape = made(
        tmp_path,
        """CREATE TABLE page (id INTEGER PRIMARY KEY, title TEXT, kurz TEXT, seen_at TEXT, hits INTEGER);
        INSERT INTO page VALUES (1, 'One', 'a word', '2024-01-02', 7), (2, 'Two', 'a few words', '2024-01-03', 8);""",
        "CREATE TABLE pages (id INTEGER PRIMARY KEY, title TEXT NOT NULL, strap TEXT NOT NULL);",
    )
    asked = flat(shape.plan(code=5).err)
    assert "constant: '' in every row (recommended) kurz: Fill it from kurz leave_out: Leave pages out" in asked
    shape.plan("pages: kurz")
    shape.run()
    shape.assert_same("SELECT id, kurz FROM page ORDER BY 1", "SELECT id, strap FROM pages ORDER BY 1")
