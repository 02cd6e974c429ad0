"""A 0 among seconds since 1970 is no moment: it is left empty, and creation is told by the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.front.shapes import made, values

MOMENTS = [(n, f"User {n}", 0 if n % 4 == 0 else 1_300_000_000 + n, 0 if n % 3 == 0 else 1_400_000_000_000 + n * 1000)
           for n in range(1, 25)]  # fmt: skip


def test_what_counts_from_1970_and_never_was_is_left_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shape = made(
        tmp_path,
        f"""CREATE TABLE member (id INTEGER PRIMARY KEY, name TEXT NOT NULL, created_ts INTEGER NOT NULL DEFAULT 0,
            last_login INTEGER NOT NULL DEFAULT 0);
        INSERT INTO member VALUES {values(MOMENTS)};""",
        """CREATE TABLE members (id INTEGER PRIMARY KEY, name TEXT NOT NULL,
            created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, last_login TIMESTAMP);""",
    )
    shape.plan()
    shape.run()
    shape.assert_same(
        "SELECT id, iif(last_login = 0, NULL, datetime(last_login / 1000, 'unixepoch')) FROM member ORDER BY id",
        "SELECT id, last_login FROM members ORDER BY id",
    )
    shape.assert_same(
        "SELECT id, datetime(created_ts, 'unixepoch') FROM member WHERE created_ts > 0 ORDER BY id",
        "SELECT id, created_at FROM members WHERE created_at < '2015-01-01' ORDER BY id",
    )
    assert shape.new("SELECT count(*) FROM members WHERE created_at < '1971-01-01'") == [(0,)]
    shape.proved_and_undone()
