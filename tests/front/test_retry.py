"""Rows out of quarantine with the rows that they refer to: three levels, of which the upper two were left out.

Region 1 and the customers 1 to 6 are deleted softly; the plan leaves such rows out, and sets aside what hangs on them.
"""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from ferryman import desk
from ferryman.domain.events import RowsAdded, RowsTried
from ferryman.domain.run import RunStatus, TableState
from ferryman.graph.retry import Retried
from ferryman.tools.databases.connect import open_target
from ferryman.tools.move.failpoint import VARIABLE
from ferryman.tools.move.ledger import Ledger
from tests.front.calling import call, here
from tests.front.shapes import Once, Shape, made, values
from tests.front.talking import opened
from tests.tools.pairs import write

GONE = "2020-01-01 00:00:00"
THEIRS = "ffffffff-0000-4000-8000-000000000000"
REGIONS = [(n, f"R{n}", GONE if n == 1 else None) for n in range(1, 6)]
CUSTOMERS = [(n, f"C{n}", n % 5 + 1, GONE if n <= 6 else None) for n in range(1, 31)]
INVOICES = [(n, n % 30 + 1, n * 10) for n in range(1, 301)]
WHOLE = "SELECT amount, c.name, r.name FROM {0} i JOIN {1} c ON c.id = i.customer_id JOIN {2} r ON r.id = c.region_id"
QUARANTINED = "SELECT table_name, count(*) FROM ferryman_quarantine WHERE state = 'open' GROUP BY 1 ORDER BY 1"


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Once:
    return Once(tmp_path_factory.mktemp("three_levels"))


@pytest.fixture
def shape(once: Once, monkeypatch: pytest.MonkeyPatch) -> Shape:
    monkeypatch.chdir(once.folder)
    return once.shape(three_levels)


def three_levels(folder: Path) -> Shape:
    """Moved: 4 regions, 19 customers and 190 invoices are in, the rest is left out or set aside."""
    shape = made(
        folder,
        f"""CREATE TABLE region (id INTEGER PRIMARY KEY, name TEXT NOT NULL, deleted_at TIMESTAMP);
        CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT NOT NULL, region_id INTEGER NOT NULL REFERENCES region,
            deleted_at TIMESTAMP);
        CREATE TABLE invoice (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customer, amount INTEGER);
        INSERT INTO region VALUES {values(REGIONS)};
        INSERT INTO customer VALUES {values(CUSTOMERS)};
        INSERT INTO invoice VALUES {values(INVOICES)};""",
        f"""CREATE TABLE regions (id CHAR(36) PRIMARY KEY, name TEXT NOT NULL);
        CREATE TABLE customers (id CHAR(36) PRIMARY KEY, name TEXT NOT NULL,
            region_id CHAR(36) NOT NULL REFERENCES regions (id));
        CREATE TABLE invoices (id CHAR(36) PRIMARY KEY, customer_id CHAR(36) NOT NULL REFERENCES customers (id),
            amount INTEGER);
        INSERT INTO regions VALUES ('{THEIRS}', 'Theirs');
        INSERT INTO customers VALUES ('{THEIRS}', 'Theirs', '{THEIRS}');""",
    )
    shape.plan("alive", "alive", "quarantine", "quarantine", "quarantine", "add", "add")
    shape.run(code=3)
    assert dict(shape.new(QUARANTINED)) == {"customers": 5, "invoices": 110}
    return shape


def all_arrived(shape: Shape) -> None:
    shape.assert_same(
        WHOLE.format("invoice", "customer", "region") + " ORDER BY 1",
        WHOLE.format("invoices", "customers", "regions") + " ORDER BY 1",
    )
    assert shape.new(QUARANTINED) == []


def test_the_rows_that_they_refer_to_come_along_with_their_own(shape: Shape) -> None:
    assert here("quarantine", "retry", "--no-parents", "--json").code == 3
    assert dict(shape.new(QUARANTINED)) == {"customers": 5, "invoices": 110}
    told = here("quarantine", "retry", "--json")
    assert told.code == 0, told.err
    by_table = {one["table"]: one for one in told.json["tables"]}
    assert by_table["customers"]["along"] == {"regions": 1}
    assert by_table["invoices"]["along"] == {"customers": 6}
    all_arrived(shape)
    assert here("status", "--json").json["status"] == "success"
    decided = shape.new("SELECT table_name, cause, strategy, rows FROM ferryman_amendment ORDER BY number")
    assert ("customers", "filtered_out", "migrate_missing_parents_first", 5) in decided
    assert here("quarantine", "retry", "--json").json["came"] == 0
    shape.proved_and_undone()


def test_what_cannot_come_stays_with_what_hangs_on_it_and_the_rest_comes(shape: Shape) -> None:
    write(shape.files[0], "DELETE FROM customer WHERE id = 3")
    told = here("quarantine", "retry", "--json")
    assert told.code == 3
    assert (told.json["came"], told.json["left"]) == (105, 10)
    assert shape.new(QUARANTINED) == [("invoices", 10)]
    shape.undone()


def test_rows_newer_than_the_run_that_came_along_are_not_said_to_be_the_next_runs(shape: Shape) -> None:
    late = "INSERT INTO region VALUES (90, 'R90', NULL), (91, 'R91', NULL); UPDATE customer SET region_id = 90"
    write(shape.files[0], f"{late} WHERE region_id = 1 AND id > 6")
    assert here("quarantine", "retry", "--table", "customers").code == 0
    table = here("status", "--json").json["tables"][0]
    assert table["table"] == "regions"
    told = table["validation"]["checks"][0]["text"]
    assert "1 row arrived in the old database since: they are the next run's" in told


def test_rows_that_the_old_database_does_not_have_any_more_are_told(shape: Shape) -> None:
    write(shape.files[0], "DELETE FROM customer WHERE id = 3; DELETE FROM invoice WHERE customer_id = 3 AND id > 100")
    told = here("quarantine", "retry", "--json")
    assert [(one["table"], one["left"], one["gone"]) for one in told.json["tables"]] == [
        ("customers", 0, 0), ("invoices", 10, 6),
    ]  # fmt: skip
    assert "10 stay set aside. The old database does not have 6 of these any more." in " ".join(told.err.split())
    shape.undone()


def test_rows_are_tried_again_only_where_something_came_that_they_may_hang_on(shape: Shape) -> None:
    write(shape.files[0], "UPDATE customer SET region_id = 99 WHERE id = 3")
    run, tried = shape.new("SELECT run_id FROM ferryman_run")[0][0], list[tuple[str, int, int]]()
    with opened(shape.files) as session:
        for event in desk.retry(session, run, found=[]):
            if isinstance(event, RowsTried):
                tried.append((event.table, event.rows, event.of))
    assert tried == [("customers", 0, 5), ("customers", 5, 5), ("invoices", 0, 110), ("invoices", 110, 110)]
    assert shape.new(QUARANTINED) == [("invoices", 10)]


def test_a_decision_that_brings_nothing_is_written_down_once(shape: Shape) -> None:
    write(shape.files[0], "UPDATE customer SET region_id = 99 WHERE id = 3")
    here("quarantine", "retry")
    decided = "SELECT table_name, cause, rows FROM ferryman_amendment ORDER BY number"
    assert here("quarantine", "retry", "--json").json["came"] == 0
    written = shape.new(decided)
    assert here("quarantine", "retry", "--json").json["came"] == 0
    assert shape.new(decided) == written
    assert shape.new(QUARANTINED) == [("invoices", 10)]
    shape.undone()


def test_a_table_that_waits_for_a_decision_is_not_proved_before_it(shape: Shape) -> None:
    ledger = Ledger(open_target(str(shape.files[1])))
    (run,) = (record.run for record in ledger.runs())
    ledger.set_table(run, "customers", TableState.COPIED)
    ledger.set_status(run, RunStatus.WAITING, "customers")
    here("quarantine", "retry", "--table", "invoices", "--no-parents")
    states = {table.table: table.state for table in ledger.tables_of(run)}
    assert (states["customers"], ledger.run(run).status) == (TableState.COPIED, RunStatus.WAITING)


def test_a_check_that_failed_is_told_also_of_a_table_that_rows_came_into_before_a_kill(shape: Shape) -> None:
    assert call("quarantine", "retry", env={VARIABLE: "after_commit:regions:1+1"}).code == -signal.SIGKILL
    write(shape.files[1], "UPDATE regions SET name = 'edited' WHERE name = 'R2'")
    for left in ("", ": no row of it was set aside"):
        told = here("quarantine", "retry")
        assert told.code == 1
        assert f"regions{left}" in told.err
        assert "A check did not pass" in told.err
    write(shape.files[1], "UPDATE regions SET name = 'R2' WHERE name = 'edited'")
    assert here("resume").code == 0
    all_arrived(shape)
    shape.proved_and_undone()


MOMENTS = [
    "before_commit:regions:1+1",
    "after_commit:regions:1+1",
    "before_commit:customers:1+1",
    "after_commit:customers:1+1",
    "before_commit:invoices:1+1",
    "after_commit:invoices:1+1",
    "after_validation:customers",
]
OTHERS = [(MOMENTS[n], way) for n in (1, 5) for way in ("resume", "rollback")]


@pytest.mark.parametrize(("moment", "goes_on"), [*((moment, "retry") for moment in MOMENTS), *OTHERS])
def test_killed_meanwhile_nothing_is_lost_or_doubled(shape: Shape, moment: str, goes_on: str) -> None:
    assert call("quarantine", "retry", env={VARIABLE: moment}).code == -signal.SIGKILL
    found = here("status", "--json").json
    assert (found["status"], found["technical_status"]) == ("paused", "process_gone")
    assert here("finish", "--yes").code == 5
    if goes_on == "rollback":
        shape.undone()
        return
    if goes_on == "resume":
        assert here("resume").code in (0, 3)
        assert here("status", "--json").json["status"].startswith("success")
        assert here("validate").code == 0
    assert here("quarantine", "retry").code == 0
    all_arrived(shape)
    assert here("status", "--json").json["status"] == "success"
    shape.proved_and_undone()


@pytest.mark.parametrize("way", ["here", "another terminal"])
def test_trying_rows_again_stops_after_a_batch_and_goes_on_from_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = values([(n, "A" if n <= 10 else None) for n in range(1, 2_511)])
    shape = made(
        tmp_path,
        f"CREATE TABLE city (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO city VALUES {rows};",
        "CREATE TABLE city (id INTEGER PRIMARY KEY, name TEXT NOT NULL);",
    )
    shape.plan("quarantine")
    shape.run(code=3)
    write(shape.files[0], "UPDATE city SET name = 'B' WHERE name IS NULL")
    run, found = shape.new("SELECT run_id FROM ferryman_run")[0][0], list[Retried]()
    with opened(shape.files) as session:
        tries = desk.retry(session, run, found=found)
        next(event for event in tries if isinstance(event, RowsTried) and event.rows)
        if way == "here":
            session.pause()
        else:
            assert here("pause", run, "--target", shape.files[1]).code == 0
        list(tries)
    came = shape.new("SELECT count(*) FROM city")[0][0] - 10
    assert (found[0].came, found[0].left) == (came, 2_500 - came)
    assert 1_000 <= came < 2_500
    assert shape.new("SELECT status, stop_requested FROM ferryman_run") == [("paused", 0)]
    with opened(shape.files) as session:
        list(desk.retry(session, run, found=found))
    assert (found[-1].came, found[-1].left) == (2_500 - came, 0)
    assert shape.new("SELECT status FROM ferryman_run") == [("success",)]
    shape.proved_and_undone()


def test_a_run_is_brought_to_its_end_where_trying_rows_again_was_stopped(shape: Shape) -> None:
    run, found = shape.new("SELECT run_id FROM ferryman_run")[0][0], list[Retried]()
    with opened(shape.files) as session:
        for event in desk.retry(session, run, found=found):
            if isinstance(event, RowsAdded):
                session.pause()
    assert shape.new("SELECT status FROM ferryman_run") == [("paused",)]
    assert here("resume", run).code == 3
    shape.proved_and_undone()
