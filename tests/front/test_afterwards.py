"""What is asked after a run, at a decision and at a pause is answered from the run, not from a plan."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ferryman.graph.context import Options
from tests.front.talking import Held, hold

OLD = """
CREATE TABLE vet (id integer NOT NULL PRIMARY KEY, name varchar(40));
CREATE TABLE visit (id integer NOT NULL PRIMARY KEY, vet_id integer, day varchar(10));
CREATE TABLE drug (id integer NOT NULL PRIMARY KEY, label varchar(20));
"""
NEW = """
CREATE TABLE vets (id integer NOT NULL PRIMARY KEY, name varchar(40) NOT NULL);
CREATE TABLE visits (id integer NOT NULL PRIMARY KEY, vet_id integer NOT NULL REFERENCES vets (id), day varchar(10));
CREATE TABLE drugs (id integer NOT NULL PRIMARY KEY, label varchar(20));
"""
CLOSED = """
CREATE TRIGGER sundays BEFORE INSERT ON visits WHEN new.day = 'sunday' BEGIN SELECT RAISE(ABORT, 'we are closed'); END;
"""
BLIND = Options(preflight=False)
FOUR, LATER = "show me the 4", "leave them out for now"


@pytest.fixture
def clinic(tmp_path: Path) -> tuple[Path, Path]:
    """20 vets, 2 without a name; 60 visits, 4 of a vet who never was."""
    return build(tmp_path, nameless=2)


def build(folder: Path, nameless: int = 0, rules: str = "") -> tuple[Path, Path]:
    files = folder / "old.db", folder / "new.db"
    with closing(sqlite3.connect(files[0])) as old, closing(sqlite3.connect(files[1])) as new:
        old.executescript(OLD)
        new.executescript(NEW + rules)
        old.executemany("INSERT INTO vet VALUES (?, ?)", [(n, None if n <= nameless else f"Vet {n}") for n in _to(20)])
        days = ("monday", "sunday", "friday")
        rows = [(n, 900 + n if n <= 4 and not rules else 5 + n % 15, days[n % 3]) for n in _to(60)]
        old.executemany("INSERT INTO visit VALUES (?, ?, ?)", rows)
        old.executemany("INSERT INTO drug VALUES (?, ?)", [(n, f"D{n}") for n in _to(5)])
        old.commit()
    return files


def _to(last: int) -> range:
    return range(1, last + 1)


def said(held: Held, words: str) -> str:
    return " ".join(held.after(words).split())


def test_after_a_run_it_is_told_what_did_not_move_and_why(clinic: tuple[Path, Path]) -> None:
    asked = (
        "why are some visits missing?",
        "which rows did not move?",
        "what did you leave out?",
        "why are some drugs missing?",
        "how many rows have moved?",
        "how many vets have moved?",
        "where are the missing vets?",
        "show me the plan",
        "/plan",
    )
    held = hold(clinic, "move everything", "leave them out for now", "leave them out for now", "yes", *asked)
    visits = "4 rows of visits lie in quarantine: vet_id names a row of vets that is not there"
    vets = "2 rows of vets lie in quarantine: name is empty and must not be."
    assert visits in said(held, asked[0]) and vets not in said(held, asked[0])
    for words in asked[1:3]:
        assert visits in said(held, words) and vets in said(held, words)
    assert said(held, asked[3]) == "No row is missing: - drugs: 5 of 5 rows moved"
    assert "79 of 85 rows moved" in said(held, asked[4])
    for words in asked[5:7]:
        assert said(held, words).startswith("vets: 18 of 20 rows moved")
    for words in asked:
        assert "empty now" not in said(held, words)
        assert "What is your answer" not in said(held, words)


def test_after_a_run_the_rows_are_shown_that_are_meant(clinic: tuple[Path, Path]) -> None:
    asked = (
        "show me three of them",
        FOUR,
        "show me the vets that were set aside",
        "give me a spreadsheet",
        LATER,
        "make placeholders for them",
    )
    held = hold(clinic, "move everything", "leave them out", "leave them out", "yes", *asked)
    assert said(held, asked[0]).count("then try it again") == 3
    assert said(held, FOUR).count("visits [") == 4 and "vets [" not in said(held, FOUR)
    assert said(held, asked[2]).count("vets [") == 2 and "visits [" not in said(held, asked[2])
    assert "6 rows, each with what is wrong" in said(held, asked[3])
    assert said(held, LATER).startswith("That is what was done: 2 rows of vets and 4 rows of visits lie in quarantine.")
    assert "That run is over" in said(held, "make placeholders for them")


def test_a_spreadsheet_of_them_holds_the_rows_that_were_shown(clinic: tuple[Path, Path]) -> None:
    asked = (
        "give me a spreadsheet of them as all.csv",
        FOUR,
        "give me a spreadsheet of them",
        "give me a spreadsheet of the 2",
        "give me a spreadsheet of the visits as 2.csv",
        "a spreadsheet as 4.csv",
    )
    held = hold(clinic, "move everything", "leave them out", "leave them out", "yes", *asked)
    for words, rows in zip(asked, (6, 0, 4, 2, 4, 6), strict=True):
        assert not rows or f"{rows} rows, each with what is wrong" in said(held, words), words


def test_before_a_run_a_spreadsheet_holds_the_rows_that_were_shown(clinic: tuple[Path, Path]) -> None:
    asked = ("show me the 4", "give me a spreadsheet of them", "give me a spreadsheet")
    held = hold(clinic, "move everything", *asked)
    assert "4 rows, each with what is wrong" in said(held, asked[1])
    assert "4 rows, each with what is wrong" not in said(held, asked[2])


def test_placeholders_are_shown_when_they_are_asked_for(tmp_path: Path) -> None:
    files = build(tmp_path)
    with closing(sqlite3.connect(files[1])) as new:
        new.executescript("DROP TABLE vets; CREATE TABLE vets (id integer NOT NULL PRIMARY KEY, name varchar(40));")
    held = hold(files, "move everything", "make placeholders", "yes", "show me the placeholders")
    assert said(held, "show me the placeholders").count("It stands in for the row") == 4


def test_at_a_decision_and_a_pause_the_same_rows_are_meant(tmp_path: Path) -> None:
    asked = ("how many rows have moved?", FOUR, "which rows did not move?", "leave it empty for these rows")
    late = (
        "show me the 4 rows",
        "give me a spreadsheet",
        LATER,
        "why did it stop?",
        "how many rows have moved by now?",
    )
    held = hold(build(tmp_path), "move everything", "yes", *asked, "pause", *late, options=BLIND)
    assert "25 of 85 rows moved" in said(held, asked[0])
    for words in (FOUR, late[0]):
        assert said(held, words).count("vets: no such row, neither old nor new") == 4
    assert "4 rows of visits refer to vets that are not there" in said(held, asked[2])
    assert "60 rows of visits not moved yet" in said(held, asked[2])
    assert "none of the options here: the value must not be empty" in said(held, asked[3])
    assert "4 rows, each with what is wrong" in said(held, late[1])
    assert "The decision about visits is put off" in said(held, LATER)
    assert "25 of 85 rows moved" in said(held, late[4])


def test_rows_that_only_the_new_database_refuses_are_not_said_to_be_none(tmp_path: Path) -> None:
    asked = ("show me three of them", "give me a spreadsheet")
    held = hold(build(tmp_path, rules=CLOSED), "move everything", "1", "yes", *asked, options=BLIND)
    for words in asked:
        assert "It is the new database that refuses these rows of visits" in said(held, words)
        assert "we are closed" in said(held, words)


def test_what_only_batches_find_is_decided_once_for_those_that_follow_at_this_rate(tmp_path: Path) -> None:
    """One nameless vet in each of six batches: five more decisions would say nothing new."""
    files = build(tmp_path, nameless=0)
    with closing(sqlite3.connect(files[0])) as old:
        names = [(n, None if n % 500 == 250 else f"Vet {n}") for n in range(21, 3_001)]
        old.executemany("INSERT INTO vet VALUES (?, ?)", names)
        old.execute("UPDATE visit SET vet_id = 5 WHERE vet_id > 20")
        old.commit()
    held = hold(files, "move everything", "yes", LATER, options=BLIND)
    told = " ".join(held.text.split())
    assert "1 row of vets cannot go as it is in name" in told
    assert "Skip this row, and those that follow for the same reason (about 6 in all at this rate)" in told
    assert "6 rows set aside for you to look at" in told


def test_one_way_that_is_asked_about_is_told_by_itself_and_not_taken(clinic: tuple[Path, Path]) -> None:
    ways = {
        "what happens if I skip them?": "Skip",
        "what would happen if I undo the table?": "Undo",
        "what if I pause?": "Pause",
    }
    other = "and what about placeholders?"
    held = hold(clinic, "move everything", "yes", *ways, other, options=BLIND)
    assert "1. Skip these 2 rows" in said(held, other)
    for words, way in ways.items():
        told = said(held, words)
        assert told[3:].startswith(way), told
        assert told.endswith('Which one shall it be? ("what are my options?" shows them again)')
        assert sum(f"{other} " in told for other in ways.values()) == 1
