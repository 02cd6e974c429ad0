"""A number called status is no yes or no: 0 is what is well in many an old application."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.front.shapes import made, values

USERS = [(n, f"user {n}", f"u{n}@example.org", int(n % 9 == 0)) for n in range(1, 41)]


@pytest.mark.parametrize(("old", "filled"), [("user_status", 40), ("active", sum(on for *_, on in USERS))])
def test_only_a_number_that_says_so_fills_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, filled: int
) -> None:
    monkeypatch.chdir(tmp_path)
    shape = made(
        tmp_path,
        f"""CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, email TEXT, {old} INTEGER NOT NULL DEFAULT 0);
        INSERT INTO users VALUES {values(USERS)};""",
        """CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, email TEXT,
            is_active BOOLEAN NOT NULL DEFAULT 1);""",
    )
    done = shape.planned()
    if done.code:
        assert "user_status says 0 in 36 rows and 1 in 4 rows" in " ".join(done.err.split())
        shape.plan("same")
    shape.run()
    assert shape.new("SELECT sum(is_active) FROM users") == [(filled,)]
