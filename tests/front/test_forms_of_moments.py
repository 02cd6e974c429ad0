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
