"""Letters and words that rows hold, for those that a new column lists: asked about where each has its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.front.calling import here
from tests.front.shapes import made, values

OLD = ["M", "F", "U", "F"] * 4


@pytest.mark.parametrize(
    ("words", "recommended"),
    [("'male', 'female', 'unknown'", "by_name"), ("'man', 'woman', 'unknown'", None), ("'x', 'y', 'z'", None)],
)
def test_a_letter_is_its_word_where_all_have_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, recommended: str | None
) -> None:
    monkeypatch.chdir(tmp_path)
    shape = made(
        tmp_path,
        f"""CREATE TABLE patient (id INTEGER PRIMARY KEY, name TEXT NOT NULL, sex CHAR(1));
        INSERT INTO patient VALUES {values([(n, f"P {n}", sex) for n, sex in enumerate(OLD, 1)])};""",
        f"""CREATE TABLE patients (id INTEGER PRIMARY KEY, name TEXT NOT NULL,
            sex TEXT NOT NULL DEFAULT 'unknown' CHECK (sex IN ({words})));""",
    )
    asked = here("plan", *shape.names, "-o", "first.yaml", "--json").json["questions"]
    assert {one["id"]: one["recommended"] for one in asked}.get("values:patients.sex") == recommended
    if recommended:
        shape.plan("take all recommendations")
        shape.run()
        wanted = {"M": "male", "F": "female", "U": "unknown"}
        assert [row[0] for row in shape.new("SELECT sex FROM patients ORDER BY id")] == [wanted[sex] for sex in OLD]
        shape.proved_and_undone()


def test_words_go_by_what_they_say_of_how_a_row_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    held = ["enabled", "disabled", "banned", "enabled"] * 3
    shape = made(
        tmp_path,
        f"""CREATE TABLE member (id INTEGER PRIMARY KEY, name TEXT NOT NULL, status TEXT);
        INSERT INTO member VALUES {values([(n, f"M {n}", word) for n, word in enumerate(held, 1)])};""",
        """CREATE TABLE members (id INTEGER PRIMARY KEY, name TEXT NOT NULL,
            status TEXT NOT NULL CHECK (status IN ('active', 'inactive')));""",
    )
    shape.plan("take all recommendations")
    shape.run()
    wanted = ["active" if word == "enabled" else "inactive" for word in held]
    assert [row[0] for row in shape.new("SELECT status FROM members ORDER BY id")] == wanted
