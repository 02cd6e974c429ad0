"""Values that one kind of database has and another has not: each arrives as what it says, or preflight finds it and
asks; none changes without a word, and none stops a run in its middle. docs/values.md is the table of these."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from tests.front.calling import here
from tests.front.odd_values import ASKED, CASES
from tests.front.ported import engine_of

KINDS = ("sqlite", "postgresql", "mariadb")


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str, str, list[str]], tuple[str, str]]:
    """A database of a kind in which statements were run: its URLs as a source and as a target."""

    def make(kind: str, name: str, statements: list[str]) -> tuple[str, str]:
        if kind == "sqlite":
            path = tmp_path / f"{name}.sqlite"
            with closing(sqlite3.connect(path)) as connection:
                connection.executescript(";\n".join(statements))
            return str(path), str(path)
        made = request.getfixturevalue(kind).database()
        made.run(statements)
        return made.source, made.url

    return make


def asked(url: str, sql: str) -> list[dict[str, Any]]:
    if "://" not in url:
        with closing(sqlite3.connect(url)) as connection:
            connection.row_factory = sqlite3.Row
            connection.text_factory = _text
            return [dict(row) for row in connection.execute(sql)]
    parsed = make_url(url)
    with engine_of(parsed).connect() as connection:
        if parsed.drivername == "postgresql":
            connection.exec_driver_sql("SET timezone = 'UTC'")
        return [dict(row._mapping) for row in connection.exec_driver_sql(sql)]


def _text(raw: bytes) -> str | bytes:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


def as_text(name: str, kind: str) -> str:
    """A moment as the server prints it: Python has no infinite one, and none before the year 1."""
    return f"{name}::text AS {name}" if kind in ("date", "time", "timestamp", "timestamptz") else name


def same(found: Any, expected: Any) -> Any:
    """Whether a value is what was expected, whatever type its driver brings it in."""
    if isinstance(expected, dict | list) or (isinstance(found, str) and found[:1] in '{"' and found != expected):
        found = json.loads(found) if isinstance(found, str) else found
    if isinstance(expected, float):
        return found is not None and abs(float(found)) == abs(expected)
    if isinstance(expected, set):
        return (set(found.split(",")) if isinstance(found, str) else found) == expected
    if isinstance(expected, bytes | list):
        return found == expected
    return bool(found == expected) or str(found) == expected


@pytest.mark.parametrize("to", KINDS)
@pytest.mark.parametrize("since", KINDS)
def test_each_value_arrives_as_it_is_or_is_asked_about(
    since: str, to: str, database: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    cases = [one for one in CASES[since] if to in one.into]
    null = " NULL" if since == "mariadb" else ""
    old = ", ".join(f"{c.name} {c.of.removesuffix(' NULL')}{null}" for c in cases)
    new = ", ".join(f"{c.name} {c.into[to][0]}" for c in cases)
    filled = [f"INSERT INTO things (id, {c.name}) VALUES ({n}, {c.value})" for n, c in enumerate(cases, 1)]
    loose = ["SET SESSION sql_mode = ''"] if since == "mariadb" else []
    source, _ = database(since, "old", [*loose, f"CREATE TABLE things (id integer PRIMARY KEY, {old})", *filled])
    _, target = database(to, "new", [f"CREATE TABLE things (id integer NOT NULL PRIMARY KEY, {new})"])
    names = ("--source", source, "--target", target)
    first = here("plan", *names, "-o", "plan.yaml", "--json")
    assert first.code in (0, 5), first.err
    problems = first.json["preflight"]["problems"]
    found = {column for problem in problems for column in problem["columns"]}
    expected = {c.name for c in cases if c.into[to][1] == ASKED}
    wrong = {f"{name}: not found ahead" for name in expected - found} | {f"{n}: asked about" for n in found - expected}
    words = ["--answer", "as_they_are"] if "as_they_are" in first.out else []
    words += [word for _ in problems for word in ("--answer", "quarantine")]
    planned = here("plan", *names, "-o", "plan.yaml", "--force", *words, "--json")
    run = here("run", "--plan", "plan.yaml", *names, "--approve", planned.json.get("approval", ""), "--json")
    assert run.code in (0, 3), f"{sorted(wrong)}\n{run.err}{run.out[-1500:]}"
    listed = ", ".join(as_text(c.name, c.into[to][0]) if to == "postgresql" else c.name for c in cases)
    rows = {row["id"]: row for row in asked(target, f"SELECT id, {listed} FROM things")}
    for number, one in enumerate(cases, 1):
        value = one.into[to][1]
        if value != ASKED and number in rows and not same(rows[number][one.name], value):
            wrong.add(f"{one.name}: {rows[number][one.name]!r} for {value!r}")
        if (value == ASKED) is (number in rows):
            wrong.add(f"{one.name}: {'arrived as ' + repr(rows[number][one.name]) if number in rows else 'is missing'}")
    assert not wrong, "\n".join(sorted(wrong))
    assert here("validate", *names).code == 0
