"""A zero date says that there is none: where the new column may be empty, its row arrives with nothing there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.front.calling import here
from tests.front.shapes import made, values
from tests.servers import Server

DAYS = ["2020-01-02", "0000-00-00", "2021-03-04", "0000-00-00"] * 6
NEVER = sum(day.startswith("0000") for day in DAYS)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("also", "new", "answers", "said", "aside"),
    [
        ([], "DATE", ("empty",), "All of them hold a zero date", 0),
        (["soon", "2020-02-30"], "DATE", ("none", "quarantine"), f"{NEVER} of them hold a zero date", 2),
        ([], "DATE NOT NULL", ("quarantine",), "All of them hold a zero date", NEVER),
    ],
)
def test_it_is_recommended_to_leave_it_empty_where_it_may_be(
    tmp_path: Path, also: list[str], new: str, answers: tuple[str, ...], said: str, aside: int
) -> None:
    days = [*DAYS, *also]
    shape = made(
        tmp_path,
        f"""CREATE TABLE patient (id INTEGER PRIMARY KEY, name TEXT NOT NULL, discharged DATE);
        INSERT INTO patient VALUES {values([(n, f"Patient {n}", day) for n, day in enumerate(days, 1)])};""",
        f"CREATE TABLE patients (id INTEGER PRIMARY KEY, name TEXT NOT NULL, discharged {new});",
    )
    asked = here("plan", *shape.names, "-o", "first.yaml", "--json")
    (question,) = asked.json["questions"]
    assert said in question["text"] and question["recommended"] == answers[0]
    shape.plan(*answers)
    shape.run(code=3 if aside else 0)
    assert shape.new("SELECT count(*) FROM patients") == [(len(days) - aside,)]
    wanted = [(n, day) for n, day in enumerate(DAYS, 1) if not day.startswith("0000")]
    assert shape.new("SELECT id, discharged FROM patients WHERE discharged IS NOT NULL ORDER BY id") == wanted
    if not aside:
        shape.proved_and_undone()


def test_those_of_mariadb_are_left_empty_by_taking_all_recommendations(mariadb: Server, postgresql: Server) -> None:
    old, new = mariadb.database(), postgresql.database()
    rows = values([(n, f"Patient {n}", day, f"{day} 00:00:00") for n, day in enumerate([*DAYS, "2024-00-10"], 1)])
    old.run(
        [
            "SET sql_mode = ''",
            "CREATE TABLE patient (id INT PRIMARY KEY, name VARCHAR(40), born DATE, seen DATETIME(3) NOT NULL)",
            f"INSERT INTO patient VALUES {rows}",
        ]
    )
    new.run("CREATE TABLE patients (id integer PRIMARY KEY, name text NOT NULL, born date, seen timestamp(3))")
    sides = "--source", old.source, "--target", new.url
    asked = here("plan", *sides, "-o", "plan.yaml", "--json")
    told = {question["id"]: question["recommended"] for question in asked.json["questions"]}
    assert told == {"uncastable:patients.born": "none", "uncastable:patients.seen": "none"}
    done = here(
        "plan", *sides, "-o", "plan.yaml", "--force", "--json",
        "--answer", "take all recommendations", "--answer", "take all recommendations",
    )  # fmt: skip
    run = here("run", "--plan", "plan.yaml", *sides, "--approve", done.json["approval"], "--json")
    assert run.code == 3, run.err
    assert new.ask("SELECT count(*), count(born), count(seen) FROM patients") == [
        (len(DAYS), len(DAYS) - NEVER, len(DAYS) - NEVER)
    ]
