"""To leave a column empty that has a default is told as what becomes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.front.shapes import made
from tests.front.talking import hold


@pytest.mark.parametrize(
    ("said", "told", "held"),
    [
        ("leave status empty", "members.status is 'new' in every row, by its default.", ("new", "here")),
        ("leave place empty", "members.place stays empty.", ("x", None)),
    ],
)
def test_it_is_told_what_stands_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, told: str, held: tuple[str, str | None]
) -> None:
    monkeypatch.chdir(tmp_path)
    shape = made(
        tmp_path,
        """CREATE TABLE member (id INTEGER PRIMARY KEY, name TEXT NOT NULL, place TEXT, status TEXT);
        INSERT INTO member VALUES (1, 'Ada', 'here', 'x');""",
        """CREATE TABLE members (id INTEGER PRIMARY KEY, name TEXT NOT NULL, place TEXT,
            status TEXT NOT NULL DEFAULT 'new');""",
    )
    said_back = hold(shape.files, "move everything", said, "yes").after(said)
    assert told in " ".join(said_back.split())
    assert shape.new("SELECT status, place FROM members") == [held]
