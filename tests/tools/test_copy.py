"""Copying a table: real files, rows asserted."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from ferryman.domain.events import (
    BatchCompleted,
    BatchValidated,
    Event,
    TableCopied,
)
from ferryman.domain.mapping import (
    Derived,
    Mapping,
    Problem,
    Strategy,
    TableMapping,
)
from ferryman.domain.run import Accounting, TableState
from ferryman.domain.transforms import (
    NewId,
    PythonFunction,
    Trim,
)
from ferryman.domain.validation import CheckStatus
from ferryman.tools.move.progress import accounting
from ferryman.tools.prepare.own_function import source_hash
from tests.tools.copying import orphaned, policy, run_with, shop_with
from tests.tools.pairs import (
    CUSTOMERS,
    PURCHASES,
    Run,
    ask,
    column,
    one,
    rows_of,
    shop,
    start,
    write,
)


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    return shop(tmp_path)


# Whole tables


def test_every_row_arrives_with_its_new_id_on_the_row_it_belonged_to(pair: tuple[Path, Path]) -> None:
    run = start(*pair)
    run.copy_all()
    assert one(pair[1], "SELECT count(*) FROM purchases") == 100
    with closing(sqlite3.connect(pair[1])) as both:
        both.execute("ATTACH ? AS old", (str(pair[0]),))
        apart = """
            SELECT p.legacy_id, c.legacy_id, p.amount, p.note FROM purchases p JOIN customers c ON c.id = p.customer_id
            EXCEPT SELECT id, customer_id, amount, note FROM old.purchase"""
        assert both.execute(apart).fetchall() == []
    assert one(pair[1], "SELECT DISTINCT created_at FROM purchases") == "2024-03-04 12:00:00"
    assert accounting(run.ledger, "run-1", "purchases") == Accounting(source=100, migrated=100)
    assert run.ledger.table("run-1", "purchases").state is TableState.COPIED
    run.ledger.verify("run-1")


def test_1569_rows_by_500_are_told_as_four_batches(tmp_path: Path) -> None:
    run = start(*shop(tmp_path, customers=1_569, purchases=0), size=500)
    events: list[Event] = []
    assert run.copy("customers", emit=events.append).complete
    batches = [event for event in events if isinstance(event, BatchCompleted)]
    assert [(b.batch, b.of, b.records, b.percentage) for b in batches] == [
        ("1", 4, "1-500", 31),
        ("2", 4, "501-1,000", 63),
        ("3", 4, "1,001-1,500", 95),
        ("4", 4, "1,501-1,569", 100),
    ]
    assert [b.message for b in batches] == [
        "First batch of customers migrated",
        "Second batch completed",
        "Third batch completed",
        "Final batch completed",
    ]
    assert batches[-1].estimated_time_remaining == "none"
    validations = [event.validation for event in events if isinstance(event, BatchValidated)]
    assert [v.continue_execution for v in validations] == [True] * 4
    assert {v.sample_integrity.status for v in validations} == {CheckStatus.PASS}
    assert 2 <= validations[0].sample_integrity.samples <= 10
    assert isinstance(events[-1], TableCopied)
    assert ask(pair_new(run), "SELECT rows, target_key_to IS NOT NULL FROM ferryman_row") == [
        (500, 1),
        (500, 1),
        (500, 1),
        (69, 1),
    ]


def pair_new(run: Run) -> Path:
    return Path(run.target.engine.url.database or "")


def test_an_empty_table_is_complete_without_a_batch(tmp_path: Path) -> None:
    run = start(*shop(tmp_path, customers=0, purchases=0))
    assert run.copy("customers").complete
    assert run.ledger.table("run-1", "customers").state is TableState.COPIED


def test_created_ranges_have_no_gap_in_which_a_row_of_others_could_lie(pair: tuple[Path, Path]) -> None:
    write(pair[0], "DELETE FROM purchase; DELETE FROM customer WHERE id IN (3, 4, 9)")
    run = start(*pair, size=100)
    run.copy("customers")
    ranges = ask(pair[1], "SELECT substr(target_key, -2), substr(target_key_to, -2), rows FROM ferryman_row")
    assert ranges == [("01", "02", 2), ("05", "08", 4), ("0a", "14", 11)]


def test_the_source_is_never_written(pair: tuple[Path, Path]) -> None:
    before = pair[0].read_bytes()
    start(*pair).copy_all()
    assert pair[0].read_bytes() == before
    assert [path.name for path in pair[0].parent.iterdir() if path.name.startswith("old")] == ["old.sqlite"]


def test_hostile_names_are_only_names(tmp_path: Path) -> None:
    name, key, text = 'or"der; DROP TABLE x', "select", "a b'c"
    q = {n: '"' + n.replace('"', '""') + '"' for n in (name, key, text)}
    old = write(tmp_path / "old.sqlite", f"CREATE TABLE {q[name]} ({q[key]} integer PRIMARY KEY, {q[text]} text)")
    new = write(tmp_path / "new.sqlite", f"CREATE TABLE {q[name]} ({q[key]} CHAR(36) PRIMARY KEY, {q[text]} TEXT)")
    with closing(sqlite3.connect(old)) as connection, connection:
        connection.executemany(f"INSERT INTO {q[name]} VALUES (?, ?)", ((n, f"x{n}") for n in range(1, 31)))
    table = TableMapping(
        source=name,
        target=name,
        key=(key,),
        identity=Derived(),
        columns=(column(key, key, NewId()), column(text, text, Trim())),
    )
    run = start(old, new, Mapping(tables=(table,)), size=8)
    assert run.copy(name).accounting.migrated == 30
    assert len(rows_of(new, name.replace('"', '""'))) == 30


# Python on the way


def shout(values: pa.Array) -> pa.Array:
    return pc.utf8_upper(values)


def crop(values: pa.Array) -> pa.Array:
    return pa.array([None if value.as_py() == "Customer 5" else value.as_py() for value in values])


def with_function(name: str, function: object) -> TableMapping:
    step = PythonFunction(function=f"{__name__}:{name}", source_hash=source_hash(function))  # type: ignore[arg-type]
    columns = tuple(column("name", "name", step) if c.target == "name" else c for c in CUSTOMERS.columns)
    return CUSTOMERS.but(columns=columns)


def test_a_function_of_ones_own_takes_the_careful_path(pair: tuple[Path, Path]) -> None:
    run = start(*pair, shop_with(with_function("shout", shout)), size=7)
    assert not run.compiled["customers"].push_down
    run.copy_all()
    assert one(pair[1], "SELECT name FROM customers WHERE legacy_id = 13") == "CUSTOMER 13"
    assert one(pair[1], "SELECT count(*) FROM purchases p JOIN customers c ON c.id = p.customer_id") == 100
    assert one(pair[1], "SELECT sum(rows) FROM ferryman_row WHERE table_name = 'customers'") == 20


def test_what_a_function_makes_and_does_not_fit_is_named_or_quarantined(pair: tuple[Path, Path]) -> None:
    write(pair[0], "DELETE FROM purchase")
    run = start(*pair, shop_with(with_function("crop", crop)), size=7)
    failure = run.copy("customers").failure
    assert failure is not None
    assert (failure.problem, failure.columns, failure.affected_records) == (Problem.NULL_IN_REQUIRED, ("name",), 1)
    run.ledger.release("run-1")
    answered = with_function("crop", crop).but(policies=(policy(Problem.NULL_IN_REQUIRED, "name"),))
    run = start(*pair, shop_with(answered), size=7, run="run-2")
    result = Run(run.source, run.target, run.ledger, run.compiled, "run-2").copy("customers")
    assert result.accounting == Accounting(source=20, migrated=19, quarantined=1)


def test_a_missing_parent_is_emptied_on_the_careful_path_too(pair: tuple[Path, Path]) -> None:
    orphaned(pair)
    step = PythonFunction(function=f"{__name__}:shout", source_hash=source_hash(shout))
    columns = tuple(column("note", "note", step) if c.target == "note" else c for c in PURCHASES.columns)
    mend = policy(Problem.MISSING_PARENT, "customer_id", strategy=Strategy.SET_NULL)
    run = run_with(pair, PURCHASES.but(columns=columns, policies=(mend,)))
    assert run.copy("purchases").accounting == Accounting(source=100, migrated=100)
    assert ask(pair[1], "SELECT legacy_id FROM purchases WHERE customer_id IS NULL") == [(43,), (45,), (47,)]
    assert one(pair[1], "SELECT note FROM purchases WHERE legacy_id = 43") == "NOTE 43"
