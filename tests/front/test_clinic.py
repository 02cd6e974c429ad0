"""A clinic whose doctors have codes for keys and get numbers, with columns of which it must be asked what they hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.front.talking import hold
from tests.tools.pairs import ask, fill, one, write

OLD = """
CREATE TABLE "tbl Doctor" (
    doc_code TEXT PRIMARY KEY, full_name TEXT, supervisor TEXT REFERENCES "tbl Doctor" (doc_code), hired INTEGER);
CREATE TABLE visit (visit_no INTEGER PRIMARY KEY, doc_code TEXT REFERENCES "tbl Doctor", status INTEGER);
"""
NEW = """
CREATE TABLE doctors (
    id INTEGER PRIMARY KEY, code VARCHAR(10) NOT NULL UNIQUE, name VARCHAR(200) NOT NULL,
    supervisor_id INTEGER REFERENCES doctors (id), hired_on DATE);
CREATE TABLE visits (
    id INTEGER PRIMARY KEY, doctor_id INTEGER NOT NULL REFERENCES doctors (id),
    status VARCHAR(20) CHECK (status IN ('planned', 'done', 'cancelled')));
"""
DAY = 86_400


@pytest.fixture
def clinic(tmp_path: Path) -> tuple[Path, Path]:
    old, new = write(tmp_path / "old.sqlite", OLD), write(tmp_path / "new.sqlite", NEW)
    doctors = [(f"D{n:02}", f"Dr {n}", f"D{n // 2:02}" if n else None, 14_610 * DAY + n) for n in range(30)]
    fill(old, "tbl Doctor", doctors)
    fill(old, "visit", [(n, f"D{n % 30:02}", n % 3 + 1) for n in range(1, 301)])
    return old, new


def test_rows_are_shown_before_there_are_numbers_for_them(clinic: tuple[Path, Path]) -> None:
    said = hold(clinic, "only the doctors", "show me three of them").after("show me three of them")
    assert "tbl Doctor D02" in said
    assert "Dr 2" in said
    assert "a number of its own" in said


def test_nothing_is_asked_about_values_while_it_is_open_what_fills_the_column(clinic: tuple[Path, Path]) -> None:
    said = " ".join(hold(clinic, "move everything", "what do you need to know?").text.split())
    assert "-> doctors.code? The new column must be filled." in said
    assert "takes only planned, done, cancelled" in said
    assert "code must have a value, and nothing fills it: 30 rows of doctors would fail. What shall" not in said
    assert "break a rule of the new database about status" in said
    assert "'done', 'cancelled'). What shall" not in said


def test_all_recommendations_leave_nothing_out_that_can_be_filled(clinic: tuple[Path, Path]) -> None:
    hold(
        clinic,
        "move everything",
        "take all recommendations",
        "1 is planned, 2 is done and 3 is cancelled",
        "yes",
    )
    assert one(clinic[1], "SELECT count(*) FROM doctors d JOIN doctors s ON s.id = d.supervisor_id") == 29
    assert ask(clinic[1], "SELECT status, count(*) FROM visits GROUP BY 1 ORDER BY 1") == [
        ("cancelled", 100),
        ("done", 100),
        ("planned", 100),
    ]
    assert ask(clinic[1], "SELECT DISTINCT hired_on FROM doctors") == [("2010-01-01",)]


def test_a_reference_of_several_columns_becomes_one_of_a_single_column(tmp_path: Path) -> None:
    """Named in another order than the parent's key, with numbers that fit both ways round."""
    old = """
    CREATE TABLE visit (patient INTEGER, number INTEGER, reason TEXT, PRIMARY KEY (patient, number));
    CREATE TABLE visit_drug (
        id INTEGER PRIMARY KEY, nr INTEGER, pat INTEGER, drug TEXT,
        FOREIGN KEY (nr, pat) REFERENCES visit (number, patient));
    """
    new = """
    CREATE TABLE visits (id CHAR(36) PRIMARY KEY, reason TEXT, legacy_id TEXT);
    CREATE TABLE visit_drugs (
        id INTEGER PRIMARY KEY, visit_id CHAR(36) NOT NULL REFERENCES visits (id), drug TEXT);
    """
    files = write(tmp_path / "old.sqlite", old), write(tmp_path / "new.sqlite", new)
    fill(files[0], "visit", [(p, n, f"patient {p}, number {n}") for p in range(1, 21) for n in range(1, 21)])
    fill(files[0], "visit_drug", [(p * 100 + n, n, p, f"drug {p}.{n}") for p in range(1, 21) for n in range(1, 21)])
    hold(files, "move everything", "take all recommendations", "yes")
    found = ask(files[1], "SELECT d.id, v.reason FROM visit_drugs d JOIN visits v ON v.id = d.visit_id ORDER BY d.id")
    assert found == [(p * 100 + n, f"patient {p}, number {n}") for p in range(1, 21) for n in range(1, 21)]
