"""Moments in a column that is declared to hold them, in several forms of ISO 8601 that come in step with the rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.front.shapes import made, values

FORMS = ("2024-01-02 10:00:00", "2024-01-02T10:00:00", "2024-01-02 10:00:00.125", "2024-01-02 10:00", "2024-01-02",
         "2024-01-02T10:00:00Z", "2024-01-02 12:00:00+02:00", "2024-01-02 10:00:00")  # fmt: skip
READ = ("10:00:00", "10:00:00", "10:00:00.125000", "10:00:00", "00:00:00", "10:00:00", "10:00:00", "10:00:00")


def test_all_of_them_are_read_whichever_were_sampled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shape = made(
        tmp_path,
        f"""CREATE TABLE visit (id INTEGER PRIMARY KEY, at TIMESTAMP);
        INSERT INTO visit VALUES {values([(n, FORMS[n % 8]) for n in range(1, 8001)])};""",
        "CREATE TABLE visits (id INTEGER PRIMARY KEY, at TIMESTAMP);",
    )
    shape.plan()
    shape.run()
    assert dict(shape.new("SELECT id % 8, min(at) FROM visits GROUP BY 1")) == {
        n: f"2024-01-02 {time}" for n, time in enumerate(READ)
    }
    assert shape.new("SELECT count(DISTINCT at), count(*) FROM visits") == [(3, 8000)]


def test_one_that_nobody_knows_stays_unknown_where_it_may_be_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When a vase was made is no matter of the run's; a row that must have a moment gets the run's start."""
    monkeypatch.chdir(tmp_path)
    shape = made(
        tmp_path,
        """CREATE TABLE vase (id INTEGER PRIMARY KEY, made_on TEXT, created_at TEXT, updated_at TEXT);
        INSERT INTO vase VALUES (1, '1911-05-06', '2001-01-01 10:00:00', NULL);
        INSERT INTO vase VALUES (2, NULL, NULL, '2002-02-02 10:00:00');""",
        """CREATE TABLE vases (id INTEGER PRIMARY KEY, made_on DATE, created_at TIMESTAMP NOT NULL,
            updated_at TIMESTAMP);
        CREATE TABLE shelves (id INTEGER PRIMARY KEY);""",
    )
    shape.plan()
    shape.run()
    assert [row[0] for row in shape.new("SELECT made_on FROM vases ORDER BY id")] == ["1911-05-06", None]
    assert [row[0] for row in shape.new("SELECT substr(updated_at, 1, 4) FROM vases ORDER BY id")] == [None, "2002"]
    began = shape.new("SELECT substr(run_started, 1, 4) FROM ferryman_run")[0][0]
    assert [row[0] for row in shape.new("SELECT substr(created_at, 1, 4) FROM vases ORDER BY id")] == ["2001", began]
    shape.proved_and_undone()
