"""The ledger: what it keeps, what it notices, whom it lets in."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.dialects import mysql, postgresql, sqlite

from ferryman.domain.approval import Amendment
from ferryman.domain.errors import Configuration, Corrupt, Refused, Usage
from ferryman.domain.mapping import Problem
from ferryman.domain.recovery import Failure, FailureType
from ferryman.domain.run import Accounting, BatchRecord, RunStatus, Segment, TableState
from ferryman.tools.move.archive import archive, drop
from ferryman.tools.move.clock import Clock
from ferryman.tools.move.lease import Holder, Lease, Standing, process_began, standing, this_process
from ferryman.tools.move.ledger import Ledger, table_names
from ferryman.tools.move.progress import accounting, last_batch, progress
from ferryman.tools.move.records import Entry, QuarantinedRow
from ferryman.tools.move.resume import Present, resumable
from ferryman.tools.move.tables import LEDGER_VERSION, QuarantineState, RowKind, ddl
from tests.tools.pairs import RUN_STARTED, ask, beginning, begun, one, opened, plan_of, shop, write

NAMES = ("run", "table", "batch", "row", "quarantine", "amendment")


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    return shop(tmp_path)


def batch(number: str, first: int, last: int, after: int | None, upto: int, **counted: int) -> BatchRecord:
    rows = last - first + 1
    counted = {"source": rows, "migrated": rows} | counted
    segment = Segment(after=None if after is None else (after,), upto=(upto,), rows=rows)
    return BatchRecord(
        table="customers",
        number=number,
        first_row=first,
        last_row=last,
        segment=segment,
        accounting=Accounting(**counted),
        seconds=0.5,
    )


def write_batch(ledger: Ledger, record: BatchRecord, *entries: Entry) -> None:
    book = ledger.book("run-1", "customers")
    with ledger.target.connect() as connection:
        book.add_entries(connection, record.number, entries)
        book.write(connection, record, RUN_STARTED)
        connection.commit()


def created(first: str, last: str | None = None, rows: int = 1) -> Entry:
    return Entry(RowKind.CREATED, None, first, last, rows)


def two_batches(pair: tuple[Path, Path]) -> Ledger:
    ledger = begun(*pair)
    write_batch(ledger, batch("1", 1, 10, None, 10), created("a", "j", 10))
    write_batch(ledger, batch("2", 11, 20, 10, 25), created("k", "p", 6), created("q", None, 1), created("r", "t", 3))
    return ledger


# The tables


@pytest.mark.parametrize("dialect", [sqlite, postgresql, mysql])
def test_the_script_for_a_dba_creates_every_table_on_every_dialect(dialect: object) -> None:
    script = ddl(dialect.dialect())  # type: ignore[attr-defined]
    for name in NAMES:
        assert re.search(rf"CREATE TABLE IF NOT EXISTS (ferryman\.)?ferryman_{name} ", script)
    assert ("CREATE SCHEMA" in script) is (dialect is postgresql)


def test_the_script_and_create_make_the_same_tables(pair: tuple[Path, Path], tmp_path: Path) -> None:
    ledger = Ledger(opened(*pair)[1])
    assert not ledger.exists()
    by_script = write(tmp_path / "by-script.sqlite", ledger.ddl())
    ledger.create()
    ledger.create()
    assert ledger.exists()
    schema = "SELECT type, name, sql FROM sqlite_schema WHERE tbl_name LIKE 'ferryman%' ORDER BY name"
    spaces = str.maketrans("", "", " \t\n")
    made, scripted = ask(pair[1], schema), ask(by_script, schema)
    assert [str(row).translate(spaces) for row in made] == [str(row).translate(spaces) for row in scripted]


def test_names_have_the_schema_where_there_are_schemas() -> None:
    assert table_names("sqlite")[0] == "ferryman_run"
    assert table_names("postgresql")[0] == "ferryman.ferryman_run"


def test_without_the_right_to_create_tables_there_is_no_ledger_anywhere(pair: tuple[Path, Path]) -> None:
    source, target = opened(*pair)
    from sqlalchemy import event

    def no_tables(connection: sqlite3.Connection, _: object) -> None:
        deny = (sqlite3.SQLITE_CREATE_TABLE,)
        connection.set_authorizer(lambda act, *_: sqlite3.SQLITE_DENY if act in deny else sqlite3.SQLITE_OK)

    event.listen(target.engine, "connect", no_tables)
    with pytest.raises(Configuration, match="cannot be created") as raised:
        Ledger(target).begin(beginning(source, target))
    assert raised.value.exit_code == 4
    assert "ferryman ledger ddl" in raised.value.do
    assert one(pair[1], "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'ferryman%'") == 0
    assert one(pair[0], "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'ferryman%'") == 0


# Runs


def test_a_run_comes_back_as_it_was_begun(pair: tuple[Path, Path]) -> None:
    ledger = begun(*pair)
    record = ledger.run("run-1")
    assert record.plan == record.amended == plan_of()
    assert record.status is RunStatus.RUNNING
    assert record.running
    assert record.run_started == RUN_STARTED
    assert (record.source, record.target) == tuple(side.identity for side in opened(*pair))
    assert [t.table for t in ledger.tables_of("run-1")] == ["customers", "purchases"]
    assert ledger.runs() == (record,)


def test_there_are_no_runs_without_a_ledger(pair: tuple[Path, Path]) -> None:
    ledger = Ledger(opened(*pair)[1])
    assert ledger.runs() == ()
    with pytest.raises(Usage, match="no run run-1"):
        ledger.run("run-1")


def test_a_runs_id_is_taken_once(pair: tuple[Path, Path]) -> None:
    ledger = begun(*pair)
    with pytest.raises(Refused, match="already"):
        ledger.begin(beginning(*opened(*pair)))


def test_states_and_failures_are_kept(pair: tuple[Path, Path]) -> None:
    ledger = begun(*pair)
    failure = Failure(type=FailureType.FOREIGN_KEY, table="purchases", affected_records=23)
    ledger.set_table("run-1", "purchases", failure=failure)
    ledger.set_status("run-1", RunStatus.WAITING, "23 purchases without a customer")
    assert ledger.table("run-1", "purchases").failure == failure
    assert ledger.run("run-1").waiting_for == "23 purchases without a customer"
    assert ledger.run("run-1").ended_at is None
    ledger.set_status("run-1", RunStatus.FAILED)
    assert ledger.run("run-1").ended_at is not None
    ledger.set_table("run-1", "purchases", TableState.FAILED)
    assert ledger.table("run-1", "purchases").failure is None


def test_amendments_are_appended_and_the_last_ones_plan_holds(pair: tuple[Path, Path]) -> None:
    ledger = begun(*pair)
    amended = plan_of().but(sharing=("customer.name",))
    decision = Amendment(number=0, by="anna", at=RUN_STARTED, table="purchases", cause="c", strategy="s", rows=23)
    assert [ledger.amend("run-1", decision, amended).number for _ in range(2)] == [1, 2]
    record = ledger.run("run-1")
    assert record.amended == amended
    assert record.plan == plan_of()
    assert [amendment.number for amendment in record.amendments] == [1, 2]
    write(pair[1], "UPDATE ferryman_amendment SET rows = 24 WHERE number = 1")
    with pytest.raises(Corrupt, match="Amendment 1"):
        ledger.run("run-1")


# Batches


def test_batches_add_up(pair: tuple[Path, Path]) -> None:
    ledger = two_batches(pair)
    assert accounting(ledger, "run-1", "customers") == Accounting(source=20, migrated=20)
    table = progress(ledger, "run-1")[0]
    assert (table.table, table.state, table.done, table.batches) == ("customers", TableState.COPYING, 20, 2)
    last = last_batch(ledger, "run-1")
    assert last is not None
    assert last.number == "2"
    with ledger.target.connect(reading=True) as connection:
        assert ledger.book("run-1", "customers").last(connection) == last
    ledger.verify("run-1")


@pytest.mark.parametrize(
    ("edit", "what"),
    [
        ("DELETE FROM ferryman_batch WHERE sequence = 1", "2 batches were written and 1 are there"),
        ("DELETE FROM ferryman_batch WHERE sequence = 2", "2 batches were written and 1 are there"),
        ("DELETE FROM ferryman_batch", "2 batches were written and 0 are there"),
        ("DELETE FROM ferryman_table", "2 tables were written and 0 are there"),
        ("UPDATE ferryman_batch SET migrated = 9, skipped = 1 WHERE sequence = 1", "batch 1, or what"),
        ("UPDATE ferryman_batch SET migrated = 9 WHERE sequence = 1", "does not account"),
        ("UPDATE ferryman_batch SET upto_key = '[11]' WHERE sequence = 1", "does not begin where"),
        ("UPDATE ferryman_batch SET upto_key = '[26]' WHERE sequence = 2", "batch 2, or what"),
        ("UPDATE ferryman_batch SET sequence = 3 WHERE sequence = 2", "batch 2 of 2 is missing"),
        ("UPDATE ferryman_table SET batches = 3 WHERE table_name = 'customers'", "customers in run run-1 is not as"),
        ("UPDATE ferryman_row SET target_key_to = 'z' WHERE target_key = 'k'", "batch 2, or what"),
        ("UPDATE ferryman_row SET rows = 7 WHERE target_key = 'k'", "batch 2 wrote 3 entries"),
        ("DELETE FROM ferryman_row WHERE target_key = 'q'", "batch 2 wrote 3 entries and 2 are there"),
        ("INSERT INTO ferryman_row SELECT 99, run_id, table_name, '7', kind, NULL, 'u', NULL, 1, NULL "
         "FROM ferryman_row LIMIT 1", "batch 7, which is not there"),
    ],
)  # fmt: skip
def test_an_edited_ledger_is_noticed(pair: tuple[Path, Path], edit: str, what: str) -> None:
    ledger = two_batches(pair)
    write(pair[1], edit)
    with pytest.raises(Corrupt, match=what):
        ledger.verify("run-1")


def test_a_run_whose_table_rows_are_gone_is_corrupt(pair: tuple[Path, Path]) -> None:
    ledger = two_batches(pair)
    write(pair[1], "DELETE FROM ferryman_table WHERE table_name = 'customers'")
    with pytest.raises(Corrupt, match="2 tables were written and 1 are there"):
        ledger.verify("run-1")


@pytest.mark.parametrize("column", ["plan", "approval", "target_schema", "run_started"])
def test_an_edited_run_is_noticed(pair: tuple[Path, Path], column: str) -> None:
    ledger = begun(*pair)
    write(pair[1], f"UPDATE ferryman_run SET {column} = {column} || ' '")
    with pytest.raises(Corrupt, match="not as it was written"):
        ledger.run("run-1")


def test_a_batch_is_not_written_where_somebody_else_wrote_one(pair: tuple[Path, Path]) -> None:
    ledger = two_batches(pair)
    write_batch(ledger, batch("2", 11, 20, 10, 25), created("k", "t", 10))
    with pytest.raises(Corrupt, match="does not begin where"):
        ledger.verify("run-1")


def test_quarantined_rows_come_back_and_change_state(pair: tuple[Path, Path]) -> None:
    ledger = begun(*pair)
    row = QuarantinedRow(
        table="customers",
        batch="1",
        source_key="[17]",
        problem=Problem.TOO_LONG,
        columns=("name",),
        reason="too long",
        row='{"id":17}',
    )
    with ledger.target.connect() as connection:
        ledger.book("run-1", "customers").add_quarantined(connection, [row, row.but(source_key="[18]")], RUN_STARTED)
        connection.commit()
    first, second = ledger.quarantined("run-1")
    assert first == row.but(entry=first.entry)
    ledger.set_quarantine("run-1", (second.entry,), QuarantineState.RELEASED)
    assert ledger.quarantined("run-1", "customers", state=QuarantineState.OPEN) == (first,)


# Another version


def test_a_ledger_of_another_version_is_refused(pair: tuple[Path, Path]) -> None:
    ledger = begun(*pair)
    write(pair[1], "UPDATE ferryman_run SET ledger_version = 99")
    with pytest.raises(Refused, match="version 99"):
        ledger.run("run-1")
    write(pair[1], "ALTER TABLE ferryman_batch DROP COLUMN entry_rows")
    with pytest.raises(Refused, match=r"ferryman_batch\.entry_rows"):
        Ledger(ledger.target).runs()


# Lease and stop

NOW = datetime(2024, 1, 1, tzinfo=UTC)
ME = Holder("me", "here", 10, "t0")


@pytest.mark.parametrize(
    ("holder", "left", "began", "expected"),
    [
        (Holder("me", "here", 10, "t0"), 60, "t0", Standing.OURS),
        (Holder("me", "here", 10, "t0"), -60, "t0", Standing.OURS),
        (Holder("other", "here", 11, "t1"), 60, "t1", Standing.LIVE),
        (Holder("other", "here", 11, "t1"), 60, None, Standing.DEAD),
        (Holder("other", "here", 11, "t1"), 60, "t2", Standing.DEAD),
        (Holder("other", "here", 11, "t1"), -1, "t1", Standing.LIVE),
        (Holder("other", "here", 11, "t1"), -1, None, Standing.DEAD),
        (Holder("other", "here", 11, ""), -1, "", Standing.DEAD),
        (Holder("other", "here", 11, "t1"), 86_400, None, Standing.DEAD),  # its clock was a day ahead
        (Holder("other", "there", 11, "t1"), 86_400, None, Standing.LIVE),
        (Holder("other", "there", 11, "t1"), 60, None, Standing.LIVE),
        (Holder("other", "there", 11, "t1"), -1, None, Standing.DEAD),
    ],
)
def test_what_a_lease_means(holder: Holder, left: int, began: str | None, expected: Standing) -> None:
    assert standing(Lease("run-1", holder, NOW + timedelta(seconds=left)), ME, NOW, began) is expected


def test_a_process_tells_when_it_began() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        assert process_began(child.pid) == process_began(child.pid)
        assert process_began(child.pid) is not None
    finally:
        child.communicate(b"\n")
    assert process_began(child.pid) is None


def test_a_second_session_is_refused_while_the_first_is_at_work(pair: tuple[Path, Path]) -> None:
    first = begun(*pair)
    second = Ledger(opened(*pair)[1], holder=this_process())
    with pytest.raises(Refused, match="at work") as raised:
        second.acquire("run-1")
    assert len(str(raised.value).splitlines()) == 2
    with pytest.raises(Refused, match="at work"):
        second.begin(beginning(*opened(*pair), run="run-2"))
    with pytest.raises(Refused, match="at work"):
        drop(second)
    first.release("run-1")
    second.acquire("run-1")
    assert second.run("run-1").running


def test_a_session_that_lost_its_lease_commits_nothing(pair: tuple[Path, Path]) -> None:
    late = Clock(now=lambda: datetime.now(UTC) + timedelta(hours=1))
    first = begun(*pair)
    write(pair[1], "UPDATE ferryman_run SET lease_host = 'another machine'")
    Ledger(opened(*pair)[1], clock=late, holder=this_process()).acquire("run-1")
    with pytest.raises(Refused, match="taken over"), first.target.connect() as connection:
        first.renew(connection, "run-1")


def test_the_lease_of_a_dead_process_is_taken_at_once(pair: tuple[Path, Path]) -> None:
    code = (
        "import sys; from pathlib import Path; from tests.tools.pairs import begun;"
        "begun(Path(sys.argv[1]), Path(sys.argv[2])); import os; os._exit(9)"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code, *map(str, pair)], cwd=root, check=False)
    assert done.returncode == 9
    assert one(pair[1], "SELECT lease_owner FROM ferryman_run") is not None
    ledger = Ledger(opened(*pair)[1])
    assert not ledger.run("run-1").running
    ledger.acquire("run-1")
    assert one(pair[1], "SELECT lease_pid FROM ferryman_run") == os.getpid()


def test_a_stop_request_is_seen_with_the_next_renewal(pair: tuple[Path, Path]) -> None:
    ledger = begun(*pair)
    other = Ledger(opened(*pair)[1])
    with ledger.target.connect() as connection:
        assert not ledger.renew(connection, "run-1")
        connection.commit()
    other.request_stop("run-1", "lunch")
    assert ledger.stop_requested("run-1")
    with ledger.target.connect() as connection:
        assert ledger.renew(connection, "run-1")
        connection.commit()
    assert ledger.run("run-1").stop_reason == "lunch"
    ledger.clear_stop("run-1")
    assert not ledger.stop_requested("run-1")


def test_a_stop_request_gets_in_between_two_writers_turns(pair: tuple[Path, Path]) -> None:
    ledger = begun(*pair)
    done = threading.Event()

    def hold() -> None:
        with closing(sqlite3.connect(pair[1], isolation_level=None)) as writer:
            while not done.is_set():
                writer.execute("BEGIN IMMEDIATE")
                time.sleep(0.1)
                writer.execute("COMMIT")
                time.sleep(0.002)

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        began = time.monotonic()
        ledger.request_stop("run-1")
        assert time.monotonic() - began < 2
    finally:
        done.set()
        thread.join()


# Resuming


def present(pair: tuple[Path, Path]) -> Present:
    source, target = opened(*pair)
    return Present(source.identity, target.identity, "a" * 64, "b" * 64)


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ({"source_schema": "c"}, "old database's structure changed"),
        ({"target_schema": "c"}, "new database's structure changed"),
        ({"plan_hash": "c"}, "plan changed"),
    ],
)
def test_a_resume_names_what_changed(pair: tuple[Path, Path], what: dict[str, str], reason: str) -> None:
    ledger = begun(*pair)
    assert resumable(ledger, "run-1", present(pair)).run == "run-1"
    with pytest.raises(Refused, match=reason):
        resumable(ledger, "run-1", replace(present(pair), **what))  # type: ignore[arg-type]


def test_a_resume_on_other_databases_is_refused(pair: tuple[Path, Path], tmp_path: Path) -> None:
    ledger = begun(*pair)
    (tmp_path / "other").mkdir()
    other = shop(tmp_path / "other")
    found = present((other[0], pair[1]))
    renamed = replace(found, source=found.source.but(name="archive"))
    with pytest.raises(Refused, match=rf"the old database is another one \(archive, and it was {found.source.name}\)"):
        resumable(ledger, "run-1", renamed)
    with pytest.raises(Refused, match=rf"the old database is another one \(also called {found.source.name}\)"):
        resumable(ledger, "run-1", present((other[0], pair[1])))


def test_a_resume_is_refused_when_the_rows_are_gone_or_the_run_is_over(pair: tuple[Path, Path]) -> None:
    ledger = two_batches(pair)
    with pytest.raises(Refused, match="it made 20 rows in customers, and 0 are there"):
        resumable(ledger, "run-1", present(pair))
    ledger.set_status("run-1", RunStatus.SUCCESS)
    with pytest.raises(Refused, match="it is complete"):
        resumable(ledger, "run-1", present(pair))


def test_a_resume_is_refused_while_an_undo_is_under_way(pair: tuple[Path, Path]) -> None:
    ledger = begun(*pair)
    ledger.set_intent("run-1", "rollback")
    with pytest.raises(Refused, match="being undone"):
        resumable(ledger, "run-1", present(pair))


# The end


def test_the_ledger_is_archived_for_its_owners_eyes_and_dropped(pair: tuple[Path, Path], tmp_path: Path) -> None:
    ledger = two_batches(pair)
    path = tmp_path / "archive.jsonl"
    rows = archive(ledger, path)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert lines[0] == {"ferryman_ledger": LEDGER_VERSION}
    assert rows == len(lines) - 1 == 1 + 2 + 2 + 4
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(Configuration, match="cannot be written"):
        archive(ledger, path)
    ledger.release("run-1")
    drop(ledger)
    assert one(pair[1], "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'ferryman%'") == 0
    assert ledger.runs() == ()


def test_this_process_holds_by_a_token_of_its_own() -> None:
    assert this_process().owner != this_process().owner
    assert this_process("me").owner == "me"
