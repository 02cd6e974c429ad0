"""Every column of every table of the ledger, edited by hand while a run is paused, and rows that go or come twice.

A resume is refused with what is not as it was written and what to do, or the edit changes nothing that a run rests
on: `HARMLESS` says which, and why.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from itertools import product
from pathlib import Path

import pytest

from ferryman.domain.approval import Amendment
from ferryman.domain.errors import Corrupt, FerrymanError, Refused
from ferryman.domain.mapping import Conflict, Mapping, Policy, Problem, Strategy
from ferryman.domain.recovery import Failure, FailureType
from ferryman.domain.run import TableState
from ferryman.tools.databases.connect import open_target
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.resume import Present, resumable
from ferryman.tools.move.tables import ledger_tables
from ferryman.tools.prove.validate import validate_table
from tests.tools.pairs import CUSTOMERS, PURCHASES, RUN_STARTED, Run, fill, one, plan_of, shop, start, write

RUN = "run-1"
_LEASE = "a lease is held or not: the worst is that a run waits, or that a process finds its lease gone and stops"
_NUMBER = "a number of its own, by which nothing is looked up; the order of a batch's rows is under its digest"
HARMLESS = {
    "ferryman_run.stop_requested": "asks it to stop after its batch, as `ferryman pause` does; a resume forgets it",
    "ferryman_run.stop_reason": "words of whoever asked it to stop",
    **{f"ferryman_run.lease_{name}": _LEASE for name in ("owner", "until", "host", "pid", "process")},
    "ferryman_row.entry": _NUMBER,
    "ferryman_quarantine.entry": _NUMBER,
}
TABLES = {table.name: table for table in ledger_tables(None).all}
COLUMNS = [(table.name, column.name) for table in TABLES.values() for column in table.columns]
EDITS = {
    "other": "CASE WHEN typeof({0}) IN ('integer', 'real') THEN {0} + 1 ELSE coalesce({0}, '') || '1' END",
    "nonsense": "'nonsense'",
    "null": "NULL",
}


@pytest.fixture(scope="module")
def paused(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Customers are in and looked at, with one that was there and one in quarantine; purchases are in for the half,
    with two in quarantine; two decisions were taken."""
    apart = shop(tmp_path_factory.mktemp("apart"))
    start(*apart).copy("customers")
    third = one(apart[1], "SELECT id FROM customers WHERE legacy_id = 3")
    folder = tmp_path_factory.mktemp("paused")
    old, new = shop(folder)
    write(old, "UPDATE customer SET name = NULL WHERE id = 7; UPDATE purchase SET customer_id = 99 WHERE id IN (3, 13)")
    problems = (Problem.NULL_IN_REQUIRED, Problem.MISSING_PARENT)
    aside = [Policy(problem=problem, columns=(), strategy=Strategy.QUARANTINE) for problem in problems]
    customers = CUSTOMERS.but(policies=(aside[0],), conflict=Conflict.REPLACE)
    run = start(old, new, Mapping(tables=(customers, PURCHASES.but(policies=(aside[1],)))))
    there = run.compiled["customers"]
    fill(new, "customers", [(third, "As it was", None, 3, "2001-01-01 00:00:00")])
    assert run.copy("customers").complete
    checks = plan_of().validation
    validation = validate_table(run.source, run.target, run.ledger, RUN, there, checks)
    run.ledger.set_table(RUN, "customers", TableState.VALIDATED, validation=validation)
    for _ in range(2):
        decision = Amendment(number=0, by="anna", at=RUN_STARTED, table="purchases", cause="c", strategy="s", rows=2)
        run.ledger.amend(RUN, decision, run.ledger.run(RUN).plan)
    run.copy("purchases", batches=5)
    failure = Failure(type=FailureType.FOREIGN_KEY, table="purchases", affected_records=1)
    run.ledger.set_table(RUN, "purchases", failure=failure)
    run.ledger.release(RUN)
    return run


@pytest.fixture
def copy(paused: Run, tmp_path: Path) -> Path:
    return copied(paused, tmp_path / "new.sqlite")


def copied(paused: Run, to: Path) -> Path:
    return Path(shutil.copy(str(paused.target.engine.url.database).removeprefix("file:").partition("?")[0], to))


def resume(paused: Run, copy: Path) -> None:
    """As a resume begins, up to its first batch: every check, and every read of the ledger."""
    record = paused.ledger.run(RUN)
    present = Present(record.source, record.target, record.source_schema, record.target_schema)
    ledger = Ledger(open_target(str(copy)))
    resumable(ledger, RUN, present)
    ledger.acquire(RUN)
    ledger.tables_of(RUN)
    ledger.quarantined(RUN)


def refusal(paused: Run, copy: Path) -> FerrymanError:
    with pytest.raises(FerrymanError) as refused:
        resume(paused, copy)
    assert refused.value.what
    assert refused.value.do
    assert "\n" not in refused.value.what + refused.value.do
    return refused.value


def test_an_untouched_copy_is_resumed(paused: Run, copy: Path) -> None:
    resume(paused, copy)
    for table in TABLES:
        assert int(str(one(copy, f"SELECT count(*) FROM {table}"))) > 0, table


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_an_edited_value_is_refused_or_harmless(paused: Run, tmp_path: Path, table: str, column: str) -> None:
    for how, where in product(EDITS, ("min", "max")):
        copy = copied(paused, tmp_path / f"{how}-{where}.sqlite")
        if not edited(copy, table, column, how, where):
            continue
        if f"{table}.{column}" not in HARMLESS:
            refusal(paused, copy)
            continue
        try:
            resume(paused, copy)
        except FerrymanError as refused:
            assert refused.do


def edited(copy: Path, table: str, column: str, how: str, where: str) -> bool:
    """Whether the first or last row holds another value now; the ledger's own constraints refuse some."""
    row = f"WHERE rowid = (SELECT {where}(rowid) FROM {table})"
    before = one(copy, f"SELECT {column} FROM {table} {row}")
    try:
        write(copy, f"UPDATE {table} SET {column} = {EDITS[how].format(column)} {row}")
    except sqlite3.IntegrityError:
        return False
    return how != "null" or before is not None


@pytest.mark.parametrize("table", [name for name in TABLES if name != "ferryman_run"])
@pytest.mark.parametrize("where", ["min", "max"])
def test_a_row_that_is_gone_is_missed(paused: Run, copy: Path, table: str, where: str) -> None:
    write(copy, f"DELETE FROM {table} WHERE rowid = (SELECT {where}(rowid) FROM {table})")
    assert isinstance(refusal(paused, copy), Corrupt)


@pytest.mark.parametrize("table", [name for name in TABLES if name != "ferryman_run"])
def test_a_row_that_is_there_twice_is_noticed(paused: Run, copy: Path, table: str) -> None:
    """Under another key, since the ledger's own keys let no row in twice."""
    again = {
        "ferryman_table": "table_name = 'again'",
        "ferryman_batch": "sequence = 99",
        "ferryman_amendment": "number = 3",
    }.get(table, "entry = 99999")
    with closing(sqlite3.connect(copy)) as connection, connection:
        connection.execute(f"CREATE TABLE doubled AS SELECT * FROM {table} LIMIT 1")
        connection.execute(f"UPDATE doubled SET {again}")
        connection.execute(f"INSERT INTO {table} SELECT * FROM doubled")
        connection.execute("DROP TABLE doubled")
    assert isinstance(refusal(paused, copy), Corrupt)


def test_a_run_that_is_there_twice_is_none(paused: Run, copy: Path) -> None:
    with closing(sqlite3.connect(copy)) as connection, connection:
        connection.execute("CREATE TABLE doubled AS SELECT * FROM ferryman_run")
        connection.execute("UPDATE doubled SET run_id = 'run-2'")
        connection.execute("INSERT INTO ferryman_run SELECT * FROM doubled")
        connection.execute("DROP TABLE doubled")
    with pytest.raises(Corrupt, match="run-2 is not as it was written"):
        Ledger(open_target(str(copy))).run("run-2")


def test_a_scope_that_shrinks_while_the_run_is_at_work_stops_it(tmp_path: Path) -> None:
    run = start(*shop(tmp_path))
    run.copy("customers")
    run.copy("purchases", batches=2)
    write(tmp_path / "new.sqlite", "UPDATE ferryman_table SET upper = '[20]' WHERE table_name = 'purchases'")
    with pytest.raises(Corrupt, match="purchases in run run-1 is not as it was written"):
        run.copy("purchases")


def test_a_ledger_of_the_version_before_is_refused_with_what_to_do(paused: Run, copy: Path) -> None:
    write(copy, "ALTER TABLE ferryman_table DROP COLUMN seal")
    refused = refusal(paused, copy)
    assert isinstance(refused, Refused)
    assert "another version of Ferryman" in refused.what
    assert "ferryman finish" in refused.do
