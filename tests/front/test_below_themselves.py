"""A table that refers to itself, and to rows that never were: a cause is asked about once, for the whole table."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from ferryman.tools.move.failpoint import VARIABLE
from tests.front.calling import Called, call, here
from tests.front.ported import ported
from tests.front.shapes import KEYS, PORT, Shape, made, values

NOBODY = 9_999
#: Whom employees work for, but for those who work for 1: in every batch somebody for nobody, and others below these.
BOSSES = {1: None, 50: 700} | dict.fromkeys((100, 700, 1300), NOBODY)
BOSSES |= {n: n - 10 for n in (110, 710, 1310, 120, 720, 1320)}
EMPLOYEES = [(n, f"E{n}", BOSSES.get(n, 1)) for n in range(1, 1401)]
ASKED = "SELECT cause, strategy FROM ferryman_amendment ORDER BY number"


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def shape(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shape]:
    monkeypatch.chdir(tmp_path)
    onto, key = request.param, KEYS["generated" if request.param == "postgresql" else "derived"]
    kind = key.split()[0]
    token = PORT.set(
        (lambda path: ported(request, onto if path.name == "new.db" else "sqlite", path)) if onto != "sqlite" else None
    )
    yield made(
        tmp_path,
        f"""CREATE TABLE employee (id INTEGER PRIMARY KEY, name TEXT NOT NULL, boss_id INTEGER REFERENCES employee);
        INSERT INTO employee VALUES {values(EMPLOYEES)};""",
        f"""CREATE TABLE employees (id {key}, name TEXT NOT NULL, boss_id {kind} REFERENCES employees (id));""",
    )
    PORT.reset(token)


def flat(done: Called) -> str:
    return " ".join(done.err.split())


def test_each_cause_is_one_decision_and_counted_in_all_after_a_kill(shape: Shape) -> None:
    assert here("plan", *shape.names, "-o", "plan.yaml", "--no-preflight").code == 0
    assert "3 rows of employees refer to employees that are not there" in flat(shape.run(code=5))
    skipped = "skip_orphaned_records"
    killed = call("resume", *shape.names, "--decide", skipped, env={VARIABLE: "before_commit:employees:3"})
    assert killed.code == -signal.SIGKILL, killed.err
    done = here("resume", *shape.names, "--decide", skipped)
    assert done.code == 3, done.err
    assert shape.new(ASKED) == [("never_existed", skipped), ("set_aside", skipped)]
    told = flat(done)
    for rows, cause in ((7, "it is set aside itself"), (3, "it never was in the old database")):
        name = "boss_id names a row of employees that is not there"
        assert f"{rows} rows of employees set aside in all: {name}: {cause}" in told
    assert shape.new("SELECT count(*) FROM employees") == [(1390,)]
    shape.proved_and_undone()


def test_rows_below_by_one_reference_or_another_are_one_decision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mothers and fathers by turns: each row hangs on the one before it by the other of the two."""
    monkeypatch.chdir(tmp_path)
    parents: dict[int, tuple[int | None, int | None]] = {20: (NOBODY, None), 30: (None, 20), 31: (20, None)}
    parents |= {n: (n - 10, None) if n % 20 == 0 else (None, n - 10) for n in range(40, 1000, 10)}
    horses = [(n, *parents.get(n, (1, 2) if n > 2 else (None, None))) for n in range(1, 1001)]
    key, horse = KEYS["derived"], "dam_id {0} REFERENCES {1}, sire_id {0} REFERENCES {1}"
    shape = made(
        tmp_path,
        f"""CREATE TABLE horse (id INTEGER PRIMARY KEY, {horse.format("INTEGER", "horse")});
        INSERT INTO horse VALUES {values(horses)};""",
        f"""CREATE TABLE horses (id {key}, {horse.format(key.split()[0], "horses (id)")});""",
    )
    assert here("plan", *shape.names, "-o", "plan.yaml", "--no-preflight").code == 0
    shape.run(code=5)
    done = here("resume", *shape.names, "--decide", "skip_orphaned_records")
    assert done.code == 3, done.err
    assert shape.new(ASKED) == [("never_existed", "skip_orphaned_records"), ("set_aside", "skip_orphaned_records")]
    assert shape.new("SELECT count(*) FROM horses") == [(1000 - 99,)]
    shape.proved_and_undone()


def test_a_decision_by_hand_for_any_column_keeps_out_what_hangs_on_later_rows_as_well(shape: Shape) -> None:
    """50 works for 700, who comes two batches later and works for nobody."""
    assert here("plan", *shape.names, "-o", "plan.yaml", "--no-preflight").code == 0
    policy = "policies: [{problem: missing_parent, columns: [], strategy: skip_orphaned_records}]"
    shape.edit(lambda text: text.replace("    columns:\n", f"    {policy}\n    columns:\n", 1))
    done = shape.run(code=3)
    assert "10 rows set aside" in flat(done)
    assert shape.new("SELECT name FROM employees WHERE boss_id IS NULL") == [("E1",)]
    assert shape.new("SELECT count(*) FROM employees") == [(1390,)]
    shape.proved_and_undone()
