"""What is offered for a column that must be filled and that nothing fills: no arbitrary word, none that is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.front.calling import here
from tests.front.shapes import made


@pytest.mark.parametrize(
    ("old", "new", "keys", "recommended"),
    [
        ("", "role TEXT NOT NULL CHECK (role IN ('admin', 'member'))", ["admin", "member", "leave_out"], ""),
        ("", "kind TEXT NOT NULL CHECK (kind IN ('vip', 'normal'))", ["normal", "vip", "leave_out"], "normal"),
        ("", "state TEXT NOT NULL CHECK (state IN ('banned', 'active'))", ["active", "banned", "leave_out"], "active"),
        ("", "is_active BOOLEAN NOT NULL", ["constant", "leave_out"], "constant"),
        ("", "motto TEXT NOT NULL", ["constant", "leave_out"], "constant"),
        (", zzz TEXT", "motto TEXT NOT NULL", ["constant", "zzz", "leave_out"], "constant"),
        (", zzz TEXT", "motto TEXT NOT NULL CHECK (length(motto) > 0)", ["zzz", "leave_out"], ""),
        (", zzz TEXT", "motto TEXT NOT NULL CHECK (motto <> '')", ["zzz", "leave_out"], ""),
    ],
)
def test_the_options(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, keys: list[str], recommended: str
) -> None:
    monkeypatch.chdir(tmp_path)
    shape = made(
        tmp_path,
        f"""CREATE TABLE member (id INTEGER PRIMARY KEY, name TEXT NOT NULL, place TEXT{old});
        INSERT INTO member (id, name, place) VALUES (1, 'Ada', 'here'), (2, 'Bo', 'there');""",
        f"CREATE TABLE members (id INTEGER PRIMARY KEY, name TEXT NOT NULL, place TEXT, {new});",
    )
    asked: list[dict[str, Any]] = here("plan", *shape.names, "-o", "plan.yaml", "--json").json["questions"]
    (question,) = [one for one in asked if one["id"].startswith("unfed:")]
    assert ([option["key"] for option in question["options"]], question["recommended"]) == (keys, recommended)
    if recommended:
        shape.plan(recommended)
        shape.run()
        expected = {"constant": "" if "motto" in new else 1}.get(recommended, recommended)
        assert shape.new(f"SELECT {new.split()[0]} FROM members") == [(expected,), (expected,)]
