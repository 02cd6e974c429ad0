"""Old keys that are decimals without places, as databases have them that came from Oracle: numbers like any other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.front.calling import here
from tests.front.test_hard_values import KINDS, asked, database

__all__ = ["database"]

OLD = [
    "CREATE TABLE person (id {key} NOT NULL PRIMARY KEY, name varchar(9))",
    "CREATE TABLE visit (id {key} NOT NULL PRIMARY KEY, person_id {key}, note varchar(9))",
    "INSERT INTO person VALUES {persons}",
    "INSERT INTO visit VALUES {visits}",
]
NEW = [
    "CREATE TABLE persons (id bigint NOT NULL PRIMARY KEY, name varchar(9))",
    "CREATE TABLE visits (id bigint NOT NULL PRIMARY KEY, person_id bigint, note varchar(9),"
    " FOREIGN KEY (person_id) REFERENCES persons (id))",
]
PERSONS = [3 * n for n in range(-2, 500)]
VISITS = [(n, 3 * (n % 500) if n != 777 else 1, "n") for n in range(1, 1201)]  #: one names nobody


@pytest.mark.parametrize("to", KINDS)
@pytest.mark.parametrize("since", KINDS)
def test_they_stay_as_they_are_and_so_do_references(
    since: str, to: str, database: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    filled = {
        "persons": ", ".join(f"({n}, 'p{n}')" for n in PERSONS),
        "visits": ", ".join(map(str, VISITS)),
        "key": "numeric(12,0)",
    }
    source, _ = database(since, "old", [one.format(**filled) for one in OLD])
    _, target = database(to, "new", NEW)
    names = ("--source", source, "--target", target)
    planned = here("plan", *names, "-o", "plan.yaml", "--answer", "visits: quarantine", "--json")
    assert planned.code == 0, planned.err
    done = here("run", "--plan", "plan.yaml", *names, "--approve", planned.json["approval"])
    assert done.code == 3, done.err
    assert [row["id"] for row in asked(target, "SELECT id FROM persons ORDER BY id")] == PERSONS
    there = {(row["id"], row["person_id"]) for row in asked(target, "SELECT id, person_id FROM visits")}
    assert there == {(n, person) for n, person, _ in VISITS if n != 777}
    assert here("validate", *names).code == 0
    undone = here("rollback", "--yes")
    assert undone.code == 0, undone.err
    assert asked(target, "SELECT id FROM persons") == asked(target, "SELECT id FROM visits") == []
