"""A request that says which old table goes into which new one, where nothing else shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.front.calling import here
from tests.front.shapes import made, values
from tests.front.talking import hold

LOANS = [(n, f"reader {n}", f"book {n}") for n in range(1, 31)]


@pytest.mark.parametrize("request_", ["move everything, loans go into checkouts", "loans go into checkouts"])
def test_it_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request_: str) -> None:
    monkeypatch.chdir(tmp_path)
    shape = made(
        tmp_path,
        f"""CREATE TABLE loans (id INTEGER PRIMARY KEY, who TEXT, what TEXT);
        INSERT INTO loans VALUES {values(LOANS)};""",
        "CREATE TABLE checkouts (id INTEGER PRIMARY KEY, patron TEXT, item TEXT);",
    )
    planned = here("plan", *shape.names, "-o", "plan.yaml", "--request", request_)
    assert planned.code == 0, planned.err
    shape.run()
    assert shape.new("SELECT count(*) FROM checkouts") == [(len(LOANS),)]
    shape.proved_and_undone()


def test_what_is_found_is_told_of_the_table_that_was_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shape = made(
        tmp_path,
        f"""CREATE TABLE patrons (id INTEGER PRIMARY KEY, name TEXT, street TEXT, town TEXT);
        CREATE TABLE staff (id INTEGER PRIMARY KEY, name TEXT);
        INSERT INTO patrons SELECT value, 'P' || value, 'S', 'T' FROM json_each('{[*range(1, 31)]}');
        INSERT INTO staff SELECT id, name FROM patrons WHERE id < 5;""",
        "CREATE TABLE patrons (id INTEGER PRIMARY KEY, name TEXT, street TEXT, town TEXT);",
    )
    held = hold(shape.files, "staff goes into patrons")
    assert "I found 4 patrons in your old system, in the table staff;" in " ".join(held.text.split())
