"""Moments without a zone that become moments of one: by the clock that the old database's URL declares."""

from __future__ import annotations

from pathlib import Path

import pytest

from ferryman.domain.errors import Configuration
from ferryman.tools.databases.connect import open_source
from tests.front.calling import here
from tests.servers import Server
from tests.tools.pairs import write

MOMENTS = ["2024-01-15 10:00:00", "2024-07-15 10:00:00", "2024-10-27 02:30:00", "2024-03-31 02:30:00"]
ZONED = {"postgresql": "timestamptz", "mariadb": "timestamp NULL"}
#: What was a moment at all, and the doubtful ones as the first of two.
IN_UTC = ["2024-01-15 09:00:00", "2024-07-15 08:00:00", "2024-10-27 00:30:00", "2024-03-31 01:30:00"]


@pytest.fixture(params=["sqlite to postgresql", "mariadb to postgresql", "postgresql to mariadb"])
def pair(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[str, Server, str, str]:
    """Source URL, and the target's server, name and kind."""
    monkeypatch.chdir(tmp_path)
    source, _, kind = request.param.partition(" to ")
    rows = ", ".join(f"({n}, '{moment}', '{moment}')" for n, moment in enumerate(MOMENTS, 1))
    local = {"sqlite": "datetime", "mariadb": "datetime", "postgresql": "timestamp"}[source]
    old = (
        f"CREATE TABLE visit (id integer NOT NULL PRIMARY KEY, created_at {local}, seen {local});"
        f"\nINSERT INTO visit VALUES {rows};"
    )
    if source == "sqlite":
        url = f"sqlite:///{write(tmp_path / 'old.sqlite', old)}"
    else:
        made = request.getfixturevalue(source).database()
        made.run(old)
        url = made.source
    server: Server = request.getfixturevalue(kind)
    new = server.database()
    new.run(
        f"CREATE TABLE visit (id integer NOT NULL PRIMARY KEY, created_at {ZONED[kind]}, seen {ZONED[kind]}, "
        "said varchar(40));"
    )
    return url, server, new.name, new.url


def seen(pair: tuple[str, Server, str, str]) -> list[tuple[str, ...]]:
    _, server, name, url = pair
    in_utc = "{} AT TIME ZONE 'UTC'" if "postgresql" in url else "convert_tz({}, @@time_zone, '+00:00')"
    sql = f"SELECT {in_utc.format('created_at')}, {in_utc.format('seen')} FROM visit ORDER BY id"
    return [tuple(str(cell) for cell in row) for row in server.ask(name, sql)]


def zoned(url: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}time_zone=Europe/Berlin"


def test_without_a_zone_they_are_utc_and_the_plan_says_so(pair: tuple[str, Server, str, str]) -> None:
    where = ("--source", pair[0], "--target", pair[3])
    asked = here("plan", *where, "-o", "plan.yaml", "--json")
    assert asked.code == 0, asked.err
    (told,) = [one for one in asked.json["preflight"]["warnings"] if "time zone" in one]
    assert "visit.created_at, visit.seen" in told
    assert "read as UTC" in told
    done = here("run", *where, "--plan", "plan.yaml", "--approve", asked.json["approval"])
    assert done.code == 0, done.err
    assert seen(pair) == [(moment, moment) for moment in MOMENTS]


def test_with_a_zone_they_are_what_its_clock_showed(pair: tuple[str, Server, str, str]) -> None:
    where = ("--source", zoned(pair[0]), "--target", pair[3])
    asked = here("plan", *where, "--json")
    questions = {q["id"]: q for q in asked.json["questions"]}
    assert set(questions) == {"uncastable:visit.created_at", "uncastable:visit.seen"}
    assert {q["recommended"] for q in questions.values()} == {"first"}
    assert not any("time zone" in one for one in asked.json["preflight"]["warnings"])
    answers = [word for name in questions for word in ("--answer", f"{name}=first")]
    planned = here("plan", *where, "-o", "plan.yaml", *answers)
    assert planned.code == 0, planned.err
    approval = here("run", *where, "--plan", "plan.yaml", "--json").json["approval"]
    done = here("run", *where, "--plan", "plan.yaml", "--approve", approval)
    assert done.code == 0, done.err
    assert seen(pair) == [(moment, moment) for moment in IN_UTC]
    proved = here("validate", *where)
    assert proved.code == 0, proved.err


def test_a_zone_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path / "old.sqlite", "CREATE TABLE t (n INTEGER)")
    with pytest.raises(Configuration, match="Middle/Earth"):
        open_source(f"sqlite:///{file}?time_zone=Middle/Earth")
