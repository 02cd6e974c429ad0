"""A request that says which old table goes into which new one, where nothing else shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.front.calling import here
from tests.front.shapes import made, values

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
