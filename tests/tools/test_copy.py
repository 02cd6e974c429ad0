"""Copying a table: real files, rows asserted."""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from sqlalchemy import event

from ferryman.domain.errors import NeedsDecision, Refused, Transient
from ferryman.domain.events import (
    BatchCompleted,
    BatchHalved,
    BatchValidated,
    Event,
    RowsQuarantined,
    SelfRecovery,
    TableCopied,
)
from ferryman.domain.filters import Comparison, Operator
from ferryman.domain.findings import MissingCause
from ferryman.domain.mapping import (
    Conflict,
    Derived,
    Generated,
    Kept,
    KeyPair,
    Mapping,
    Matched,
    Policy,
    Problem,
    Shape,
    Strategy,
    TableMapping,
)
from ferryman.domain.plan import Handling, Phase
from ferryman.domain.recovery import FailureType
from ferryman.domain.run import Accounting, TableState
from ferryman.domain.transforms import (
    ForeignKeyTo,
    NewId,
    PreserveLegacyId,
    PythonFunction,
    Trim,
)
from ferryman.domain.validation import CheckStatus
from ferryman.tools.databases import sqlite
from ferryman.tools.move.clock import Clock
from ferryman.tools.move.copy import copy_table
from ferryman.tools.move.lease import this_process
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.progress import accounting
from ferryman.tools.move.rollback import rollback
from ferryman.tools.move.second_pass import fill_references
from ferryman.tools.move.work import Ending
from ferryman.tools.prepare.own_function import source_hash
from ferryman.tools.prove.validate import validate_table
from tests.tools.pairs import (
    CUSTOMERS,
    PURCHASES,
    RUN_STARTED,
    Run,
    ask,
    column,
    fill,
    one,
    plan_of,
    resumed,
    rows_of,
    shop,
    start,
    write,
)

QUIET = Clock(sleep=lambda seconds: None, dice=lambda: 0.5)


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    return shop(tmp_path)


def shop_with(customers: TableMapping = CUSTOMERS, purchases: TableMapping = PURCHASES) -> Mapping:
    return Mapping(tables=(customers, purchases))


def run_with(pair: tuple[Path, Path], purchases: TableMapping, size: int = 10) -> Run:
    run = start(*pair, shop_with(purchases=purchases), size=size)
    assert run.copy("customers").complete
    return run


def policy(problem: Problem, *columns: str, strategy: Strategy = Strategy.QUARANTINE, **details: Any) -> Policy:
    return Policy(problem=problem, columns=columns, strategy=strategy, **details)


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


# Going on


def test_a_stopped_table_goes_on_where_it_was(pair: tuple[Path, Path]) -> None:
    run = start(*pair)
    run.copy("customers")
    asked = iter([False, False, True])
    result = run.copy("purchases", stop=lambda: next(asked))
    assert (result.ending, result.batches) == (Ending.STOPPED, 2)
    assert one(pair[1], "SELECT count(*) FROM purchases") == 20
    again = resumed(*pair)
    assert again.copy("purchases", batches=1).accounting.migrated == 30
    assert again.copy("purchases").complete
    assert again.copy("purchases").batches == 0
    assert one(pair[1], "SELECT count(*) FROM purchases") == 100
    again.ledger.verify("run-1")


def test_a_stop_request_from_elsewhere_stops_after_the_running_batch(pair: tuple[Path, Path]) -> None:
    run = start(*pair)

    def on(event: Event) -> None:
        if isinstance(event, BatchCompleted) and event.batch == "1":
            run.ledger.request_stop("run-1")

    result = run.copy("customers", emit=on)
    assert result.ending is Ending.COMPLETE or result.batches == 2
    result = run.copy("purchases")
    assert (result.ending, result.batches) == (Ending.STOPPED, 0)
    run.ledger.clear_stop("run-1")
    assert run.copy("purchases").complete


def test_a_deadline_stops_before_the_next_batch(pair: tuple[Path, Path]) -> None:
    run = start(*pair)
    run.ledger.set_deadline("run-1", RUN_STARTED)
    assert run.copy("customers").ending is Ending.STOPPED
    run.ledger.set_deadline("run-1", datetime.now(UTC) + timedelta(hours=1))
    assert run.copy("customers").complete


def test_another_size_of_batches_counts_on(pair: tuple[Path, Path]) -> None:
    run = start(*pair)
    run.copy("customers")
    run.copy("purchases", batches=3)
    run.ledger.set_batch_size("run-1", "purchases", 50)
    events: list[Event] = []
    assert run.copy("purchases", emit=events.append).complete
    assert [(e.batch, e.of, e.records) for e in events if isinstance(e, BatchCompleted)] == [
        ("4", 5, "31-80"),
        ("5", 5, "81-100"),
    ]
    run.ledger.verify("run-1")


def test_rows_that_arrive_later_are_the_next_runs(pair: tuple[Path, Path]) -> None:
    run = start(*pair)
    fill(pair[0], "customer", [(n, f"Late {n}", None) for n in (21, 22, 23)])
    assert run.copy("customers").accounting.migrated == 20
    assert run.ledger.table("run-1", "customers").arrived_since == 3


def test_rows_that_drift_within_the_scope_are_moved_or_missed_but_never_refused(pair: tuple[Path, Path]) -> None:
    write(pair[0], "DELETE FROM purchase; DELETE FROM customer WHERE id = 5")
    run = start(*pair)
    write(pair[0], "INSERT INTO customer VALUES (5, 'Back', NULL); DELETE FROM customer WHERE id IN (12, 13)")
    result = run.copy("customers")
    assert result.accounting == Accounting(source=18, migrated=18)
    run.ledger.verify("run-1")


# Missing parents


def orphaned(pair: tuple[Path, Path]) -> None:
    """Purchases 43, 45 and 47 refer to customers that never were."""
    write(pair[0], "UPDATE purchase SET customer_id = 900 + id WHERE id IN (43, 45, 47)")


@pytest.mark.parametrize("enforced", [True, False])
def test_an_orphan_stops_its_batch_whole_and_the_next_does_not_start(tmp_path: Path, enforced: bool) -> None:
    pair = shop(tmp_path)
    if not enforced:
        write(
            pair[1],
            "DROP TABLE purchases; CREATE TABLE purchases (id CHAR(36) NOT NULL PRIMARY KEY, customer_id CHAR(36),"
            "amount INTEGER, note VARCHAR(20), legacy_id INTEGER UNIQUE, created_at TIMESTAMP NOT NULL)",
        )
    orphaned(pair)
    run = run_with(pair, PURCHASES)
    result = run.copy("purchases")
    failure = result.failure
    assert failure is not None
    assert (failure.type, failure.table, failure.batch) == (FailureType.FOREIGN_KEY, "purchases", "5")
    assert (failure.constraint, failure.columns) == ("fk_purchases_customer_id", ("customer_id",))
    assert (failure.affected_records, failure.problem) == (3, Problem.MISSING_PARENT)
    assert failure.error_detail == "Referenced customer_id not found in target customers table"
    assert one(pair[1], "SELECT max(legacy_id) FROM purchases") == 40
    assert run.ledger.table("run-1", "purchases").failure == failure
    assert result.accounting.migrated == 40


def test_a_policy_quarantines_orphans_with_their_row_and_reason(pair: tuple[Path, Path]) -> None:
    orphaned(pair)
    run = run_with(pair, PURCHASES.but(policies=(policy(Problem.MISSING_PARENT, "customer_id", rows=3),)))
    events: list[Event] = []
    result = run.copy("purchases", emit=events.append)
    assert result.complete
    assert result.accounting == Accounting(source=100, migrated=97, quarantined=3)
    rows = run.ledger.quarantined("run-1")
    assert [row.source_key for row in rows] == ["[43]", "[45]", "[47]"]
    assert json.loads(rows[0].row) == {"id": 43, "customer_id": 943, "amount": 301, "note": "note 43"}
    assert rows[0].cause == MissingCause.NEVER_EXISTED
    assert rows[0].reason == (
        "customer_id names a row of customers that is not there: it never was in the old database"
    )
    assert [e.rows for e in events if isinstance(e, RowsQuarantined)] == [3]
    assert one(pair[1], "SELECT count(*) FROM purchases WHERE legacy_id IN (43, 45, 47)") == 0
    run.ledger.verify("run-1")


def test_a_policy_asks_again_when_there_are_more_than_it_was_decided_on(pair: tuple[Path, Path]) -> None:
    write(pair[0], "UPDATE purchase SET customer_id = 900 WHERE id IN (3, 13, 14)")
    run = run_with(pair, PURCHASES.but(policies=(policy(Problem.MISSING_PARENT, "customer_id", rows=2),)))
    result = run.copy("purchases")
    assert result.failure is not None
    assert (result.failure.batch, result.failure.affected_records) == ("2", 2)
    assert result.accounting.quarantined == 1


@pytest.mark.parametrize(
    ("cause", "left"), [(MissingCause.FILTERED_OUT, 1), (MissingCause.NEVER_EXISTED, 5), (None, 0)]
)
def test_a_policy_for_one_cause_does_not_answer_another(
    pair: tuple[Path, Path], cause: MissingCause | None, left: int
) -> None:
    write(pair[0], "UPDATE purchase SET customer_id = 900 WHERE id = 3")
    few = CUSTOMERS.but(filter=Comparison(column="id", op=Operator.LESS, values=(20,)))
    answered = PURCHASES.but(policies=(policy(Problem.MISSING_PARENT, "customer_id", cause=cause),))
    run = start(*pair, shop_with(few, answered), size=100)
    run.copy("customers")
    result = run.copy("purchases")
    assert (result.failure.affected_records if result.failure else 0) == left
    if result.complete:
        causes = [row.cause for row in run.ledger.quarantined("run-1")]
        assert sorted(causes) == ["filtered_out"] * 5 + ["never_existed"]


def test_set_null_lets_orphans_go_without_a_parent(pair: tuple[Path, Path]) -> None:
    orphaned(pair)
    mend = policy(Problem.MISSING_PARENT, "customer_id", strategy=Strategy.SET_NULL)
    run = run_with(pair, PURCHASES.but(policies=(mend,)))
    result = run.copy("purchases")
    assert result.accounting == Accounting(source=100, migrated=100)
    assert ask(pair[1], "SELECT legacy_id FROM purchases WHERE customer_id IS NULL") == [(43,), (45,), (47,)]


def test_a_row_without_a_reference_is_no_orphan(pair: tuple[Path, Path]) -> None:
    write(pair[0], "UPDATE purchase SET customer_id = NULL WHERE id = 7")
    start(*pair).copy_all()
    assert one(pair[1], "SELECT count(*) FROM purchases WHERE customer_id IS NULL") == 1


def test_parents_in_memory_are_forgotten_when_somebody_deletes_one(tmp_path: Path) -> None:
    pair = shop(tmp_path, customers=20, purchases=200)
    run = start(*pair, size=50)
    run.copy("customers")
    assert run.copy("purchases", batches=2).accounting.migrated == 100

    def on(event: Event) -> None:
        if isinstance(event, BatchCompleted) and event.batch == "3":
            write(pair[1], "DELETE FROM customers WHERE legacy_id = 7")

    failure = run.copy("purchases", emit=on).failure
    assert failure is not None
    assert (failure.batch, failure.type) == ("4", FailureType.FOREIGN_KEY)


def test_switching_off_the_check_of_references_lets_orphans_through(pair: tuple[Path, Path]) -> None:
    orphaned(pair)
    run = run_with(pair, PURCHASES)
    events: list[Event] = []
    off = Handling(foreign_key_validation=False)
    assert copy_table(run.work("purchases", off), emit=events.append).complete
    assert one(pair[1], "SELECT count(*) FROM purchases") == 100
    told = next(e.validation for e in events if isinstance(e, BatchValidated))
    assert told.references.status is CheckStatus.NOT_VALIDATED


def test_switching_off_the_mapping_of_ids_copies_references_as_they_are(pair: tuple[Path, Path]) -> None:
    run = run_with(pair, PURCHASES)
    assert copy_table(run.work("purchases", Handling(id_mapping=False, foreign_key_validation=False))).complete
    assert one(pair[1], "SELECT customer_id FROM purchases WHERE legacy_id = 1") == "2"


# Values that do not fit


@pytest.mark.parametrize(
    ("change", "kind", "problem"),
    [
        ("UPDATE purchase SET note = 'a note that is much too long' WHERE id IN (12, 15)", FailureType.VALUE,
         Problem.TOO_LONG),
        ("UPDATE purchase SET amount = 'many' WHERE id IN (12, 15)", FailureType.VALUE, Problem.UNCASTABLE),
    ],
)  # fmt: skip
@pytest.mark.parametrize("preflighted", [False, True])
def test_a_value_that_does_not_fit_stops_its_batch(
    tmp_path: Path, change: str, kind: FailureType, problem: Problem, preflighted: bool
) -> None:
    pair = shop(tmp_path)
    write(pair[0], change)
    run = start(*pair, preflighted=False)
    run.copy("customers")
    failure = run.copy("purchases").failure
    assert failure is not None
    assert (failure.type, failure.problem, failure.batch) == (kind, problem, "2")
    assert failure.affected_records == 2
    assert one(pair[1], "SELECT max(legacy_id) FROM purchases") == 10


def test_what_preflight_did_not_see_is_named_all_the_same(pair: tuple[Path, Path]) -> None:
    run = start(*pair, preflighted=True)
    write(pair[0], "UPDATE customer SET name = NULL WHERE id IN (14, 15)")
    failure = run.copy("customers").failure
    assert failure is not None
    assert (failure.type, failure.columns, failure.affected_records) == (FailureType.NOT_NULL, ("name",), 2)
    assert failure.batch == "2"


def test_required_values_that_are_missing_are_quarantined_by_policy(pair: tuple[Path, Path]) -> None:
    write(pair[0], "DELETE FROM purchase; UPDATE customer SET name = NULL WHERE id = 14")
    customers = CUSTOMERS.but(policies=(policy(Problem.NULL_IN_REQUIRED, "name"),))
    run = start(*pair, shop_with(customers))
    assert run.copy("customers").accounting == Accounting(source=20, migrated=19, quarantined=1)


@pytest.mark.parametrize(("strategy", "note"), [(Strategy.TRUNCATE, "a note that is much "), (Strategy.SET_NULL, None)])
def test_texts_that_are_too_long_are_mended_by_policy(tmp_path: Path, strategy: Strategy, note: str | None) -> None:
    pair = shop(tmp_path)
    write(pair[0], "UPDATE purchase SET note = 'a note that is much too long' WHERE id BETWEEN 11 AND 21")
    run = run_with(pair, PURCHASES.but(policies=(policy(Problem.TOO_LONG, "note", strategy=strategy),)))
    assert run.copy("purchases").accounting == Accounting(source=100, migrated=100)
    assert ask(pair[1], "SELECT DISTINCT note FROM purchases WHERE legacy_id BETWEEN 11 AND 21") == [(note,)]


def unique_notes(pair: tuple[Path, Path]) -> None:
    write(pair[1], "CREATE UNIQUE INDEX notes ON purchases (note)")
    write(pair[0], "UPDATE purchase SET note = 'same' WHERE id IN (5, 16, 17, 33)")


def test_rows_that_repeat_a_unique_value_are_counted(pair: tuple[Path, Path]) -> None:
    unique_notes(pair)
    run = run_with(pair, PURCHASES)
    failure = run.copy("purchases").failure
    assert failure is not None
    assert (failure.type, failure.columns, failure.problem) == (FailureType.UNIQUE, ("note",), Problem.DUPLICATE)
    assert (failure.batch, failure.affected_records) == ("2", 2)
    assert one(pair[1], "SELECT count(*) FROM purchases") == 10


def test_rows_that_repeat_a_unique_value_are_quarantined_by_policy(pair: tuple[Path, Path]) -> None:
    unique_notes(pair)
    run = run_with(pair, PURCHASES.but(policies=(policy(Problem.DUPLICATE, "note"),)), size=25)
    assert run.copy("purchases").accounting == Accounting(source=100, migrated=97, quarantined=3)
    assert [row.source_key for row in run.ledger.quarantined("run-1")] == ["[16]", "[17]", "[33]"]
    run.ledger.verify("run-1")


def test_a_broken_check_is_counted(pair: tuple[Path, Path]) -> None:
    write(pair[0], "DELETE FROM purchase; UPDATE customer SET city = 'Rom' WHERE id IN (4, 5)")
    write(
        pair[1],
        "DROP TABLE customers; CREATE TABLE customers (id CHAR(36) NOT NULL PRIMARY KEY, name VARCHAR(40) NOT NULL,"
        "city VARCHAR(40) CHECK (city <> 'Rom'), legacy_id INTEGER UNIQUE, created_at TIMESTAMP NOT NULL)",
    )
    failure = start(*pair).copy("customers").failure
    assert failure is not None
    assert (failure.type, failure.affected_records, failure.batch) == (FailureType.CHECK, 2, "1")


# Rows that are there already


def with_rows_there(pair: tuple[Path, Path], conflict: Conflict) -> Run:
    """A second run over customers, after the first brought them all and somebody changed two."""
    write(pair[0], "DELETE FROM purchase")
    first = start(*pair)
    first.copy("customers")
    first.ledger.release("run-1")
    write(pair[1], "UPDATE customers SET name = 'Kept', city = NULL WHERE legacy_id IN (3, 13)")
    fill(pair[0], "customer", [(21, "New", "Bonn")])
    run = start(*pair, shop_with(CUSTOMERS.but(conflict=conflict)), run="run-2")
    return Run(run.source, run.target, run.ledger, run.compiled, "run-2")


def names(pair: tuple[Path, Path]) -> list[tuple[object, ...]]:
    return ask(pair[1], "SELECT legacy_id, name, city FROM customers WHERE legacy_id IN (3, 4, 21) ORDER BY legacy_id")


def test_rows_that_are_there_stop_the_run_unless_told_otherwise(pair: tuple[Path, Path]) -> None:
    failure = with_rows_there(pair, Conflict.STOP).copy("customers").failure
    assert failure is not None
    assert (failure.type, failure.problem, failure.affected_records) == (FailureType.UNIQUE, Problem.CONFLICT, 10)


def test_keep_leaves_them_as_they_are(pair: tuple[Path, Path]) -> None:
    run = with_rows_there(pair, Conflict.KEEP)
    assert run.copy("customers").accounting == Accounting(source=21, migrated=1, matched=20)
    assert names(pair) == [(3, "Kept", None), (4, "Customer 4", None), (21, "New", "Bonn")]
    kinds = "SELECT kind, count(*) FROM ferryman_row WHERE run_id = 'run-2' GROUP BY kind ORDER BY kind"
    assert ask(pair[1], kinds) == [("created", 1), ("matched", 20)]
    run.ledger.verify("run-2")


def test_replace_overwrites_them_and_keeps_what_was_there(pair: tuple[Path, Path]) -> None:
    run = with_rows_there(pair, Conflict.REPLACE)
    assert run.copy("customers").accounting == Accounting(source=21, migrated=1, matched=20)
    assert names(pair) == [(3, "Customer 3", "Köln"), (4, "Customer 4", None), (21, "New", "Bonn")]
    before = "SELECT source_key, before FROM ferryman_row WHERE kind = 'updated' ORDER BY entry"
    assert ask(pair[1], before) == [
        ("[3]", '{"name":"Kept","city":null}'),
        ("[13]", '{"name":"Kept"}'),
    ]


def test_a_missing_parent_is_emptied_in_rows_that_are_there_too(pair: tuple[Path, Path]) -> None:
    write(pair[1], "INSERT INTO purchases VALUES ('theirs', NULL, 1, 'note 5', NULL, 'then')")
    write(pair[0], "UPDATE purchase SET customer_id = 999 WHERE id IN (5, 6)")
    table = PURCHASES.but(
        identity=Matched(on=(KeyPair(source="note", target="note"),), otherwise=Derived()),
        conflict=Conflict.REPLACE,
        policies=(policy(Problem.MISSING_PARENT, "customer_id", strategy=Strategy.SET_NULL),),
    )
    assert run_with(pair, table).copy("purchases").accounting == Accounting(source=100, migrated=99, matched=1)
    assert ask(pair[1], "SELECT customer_id, amount FROM purchases WHERE note IN ('note 5', 'note 6')") == [
        (None, 35),
        (None, 42),
    ]


def test_merge_fills_only_what_is_empty(pair: tuple[Path, Path]) -> None:
    run = with_rows_there(pair, Conflict.MERGE)
    assert run.copy("customers").complete
    assert names(pair) == [(3, "Kept", "Köln"), (4, "Customer 4", None), (21, "New", "Bonn")]
    assert ask(pair[1], "SELECT source_key, before FROM ferryman_row WHERE kind = 'updated'") == [
        ("[3]", '{"city":null}')
    ]


def test_rows_are_matched_by_a_natural_key_and_several_become_one(pair: tuple[Path, Path]) -> None:
    write(pair[0], "DELETE FROM purchase; UPDATE customer SET name = 'Twin' WHERE id IN (2, 5, 15)")
    write(pair[1], "INSERT INTO customers VALUES ('theirs', 'Customer 7', NULL, NULL, 'then')")
    identity = Matched(on=(KeyPair(source="name", target="name"),), otherwise=Derived())
    fill(pair[0], "purchase", ((n, n, 1, None) for n in range(1, 21)))
    run = start(*pair, shop_with(CUSTOMERS.but(identity=identity, conflict=Conflict.KEEP)))
    assert run.copy("customers").accounting == Accounting(source=20, migrated=17, matched=1, merged=2)
    assert run.copy("purchases").complete
    of = "SELECT c.name FROM purchases p JOIN customers c ON c.id = p.customer_id WHERE p.legacy_id = ?"
    assert [one(pair[1], of, n) for n in (2, 5, 15, 7)] == ["Twin", "Twin", "Twin", "Customer 7"]
    assert one(pair[1], "SELECT customer_id FROM purchases WHERE legacy_id = 7") == "theirs"
    run.ledger.verify("run-1")


# Filters and keys


def test_rows_that_a_filter_leaves_out_are_accounted_for(pair: tuple[Path, Path]) -> None:
    write(pair[0], "DELETE FROM purchase")
    only = CUSTOMERS.but(filter=Comparison(column="city", op=Operator.EQUAL, values=("Köln",)))
    run = start(*pair, shop_with(only), size=2)
    result = run.copy("customers")
    assert result.accounting == Accounting(source=20, migrated=6, skipped=14)
    assert result.batches == 3
    assert run.ledger.table("run-1", "customers").scope.total == 6


def test_a_filter_that_leaves_out_everything_is_accounted_for(pair: tuple[Path, Path]) -> None:
    none = CUSTOMERS.but(filter=Comparison(column="city", op=Operator.EQUAL, values=("Ulm",)))
    result = start(*pair, shop_with(none)).copy("customers")
    assert result.complete
    assert result.accounting == Accounting(source=20, skipped=20)


OLD_KEYS = """
CREATE TABLE word (w varchar(20) NOT NULL PRIMARY KEY, meaning text);
CREATE TABLE pair (a integer NOT NULL, b varchar(5) NOT NULL, note text, PRIMARY KEY (a, b));
CREATE TABLE log (at text, text text);
CREATE TABLE loose (k integer UNIQUE, text text);
"""


def keyed(folder: Path, new: str, rows: dict[str, list[Any]]) -> tuple[Path, Path]:
    old, target = write(folder / "old.sqlite", OLD_KEYS), write(folder / "new.sqlite", new)
    for table, values in rows.items():
        fill(old, table, values)
    return old, target


WORDS = [(w, f"means {w}") for w in ("äpfel", "Zebra", "apple", "zoo", "O'Neill", "", "北京", '"q"')]


@pytest.mark.parametrize(
    ("identity", "key"),
    [
        (Kept(), "w VARCHAR(20)"),
        (Derived(version=5), "w CHAR(36)"),
        (Derived(version=5, shape=Shape.BINARY), "w BINARY(16)"),
    ],
)
def test_text_keys_are_recorded_row_by_row(tmp_path: Path, identity: Kept | Derived, key: str) -> None:
    pair = keyed(tmp_path, f"CREATE TABLE words ({key} NOT NULL PRIMARY KEY, meaning TEXT)", {"word": WORDS})
    table = TableMapping(
        source="word",
        target="words",
        key=("w",),
        identity=identity,
        columns=(column("w", "w", NewId()), column("meaning", "meaning")),
    )
    run = start(*pair, Mapping(tables=(table,)), size=3)
    assert run.copy("words").accounting == Accounting(source=8, migrated=8)
    assert {m for (m,) in ask(pair[1], "SELECT meaning FROM words")} == {m for _, m in WORDS}
    assert one(pair[1], "SELECT count(*) FROM ferryman_row WHERE target_key_to IS NULL AND rows = 1") == 8
    run.ledger.verify("run-1")


def test_composite_keys_are_walked_in_order(tmp_path: Path) -> None:
    rows = [(n // 4, f"b{n % 4}", f"note {n}") for n in range(30)]
    new = "CREATE TABLE pairs (a INTEGER NOT NULL, b VARCHAR(5) NOT NULL, note TEXT, PRIMARY KEY (a, b))"
    pair = keyed(tmp_path, new, {"pair": rows})
    table = TableMapping(
        source="pair",
        target="pairs",
        key=("a", "b"),
        columns=(column("a", "a"), column("b", "b"), column("note", "note")),
    )
    run = start(*pair, Mapping(tables=(table,)), size=7)
    assert run.copy("pairs").accounting == Accounting(source=30, migrated=30)
    assert ask(pair[1], "SELECT * FROM pairs ORDER BY a, b") == rows
    assert one(pair[1], "SELECT target_key FROM ferryman_row WHERE entry = 6") == '["1","b1"]'
    run.ledger.verify("run-1")


def test_a_position_stands_in_for_a_key(tmp_path: Path) -> None:
    rows = [(f"2020-01-{n:02}", f"line {n}") for n in range(1, 21)]
    pair = keyed(tmp_path, "CREATE TABLE logs (id INTEGER PRIMARY KEY, at TEXT, text TEXT)", {"log": rows})
    table = TableMapping(
        source="log", target="logs", key=("rowid",), columns=(column("at", "at"), column("text", "text"))
    )
    run = start(*pair, Mapping(tables=(table,)), size=6)
    write(pair[1], "INSERT INTO logs VALUES (41, 'theirs', 'theirs')")
    assert run.copy("logs").accounting == Accounting(source=20, migrated=20)
    assert ask(pair[1], "SELECT target_key, target_key_to, rows FROM ferryman_row") == [
        ("42", "47", 6),
        ("48", "53", 6),
        ("54", "59", 6),
        ("60", "61", 2),
    ]


def test_rows_without_a_key_are_quarantined_by_policy_and_stop_the_table_without(tmp_path: Path) -> None:
    rows: list[tuple[object, ...]] = [(1, "a"), (None, "b"), (2, "c"), (None, "d")]
    new = "CREATE TABLE looses (id CHAR(36) NOT NULL PRIMARY KEY, text TEXT)"
    pair = keyed(tmp_path, new, {"loose": rows})
    table = TableMapping(
        source="loose",
        target="looses",
        key=("k",),
        identity=Derived(),
        columns=(column("id", "k", NewId()), column("text", "text")),
    )
    run = start(*pair, Mapping(tables=(table,)))
    failure = run.copy("looses").failure
    assert failure is not None
    assert (failure.problem, failure.affected_records) == (Problem.MISSING_KEY, 2)
    run.ledger.release("run-1")
    answered = table.but(policies=(policy(Problem.MISSING_KEY),))
    run = start(*pair, Mapping(tables=(answered,)), run="run-2")
    result = Run(run.source, run.target, run.ledger, run.compiled, "run-2").copy("looses")
    assert result.accounting == Accounting(source=4, migrated=2, quarantined=2)
    proved = validate_table(run.source, run.target, run.ledger, "run-2", run.compiled["looses"])
    assert [check.text for check in proved.checks if check.kind == "accounting"] == ["4 = 2 migrated + 2 quarantined."]
    assert {check.status for check in proved.checks} == {"pass"}


def test_kept_integers_are_recorded_as_ranges(tmp_path: Path) -> None:
    rows: list[tuple[object, ...]] = [(n, f"t{n}") for n in (*range(-3, 4), 9, 10)]
    pair = keyed(tmp_path, "CREATE TABLE looses (id INTEGER PRIMARY KEY, text TEXT)", {"loose": rows})
    table = TableMapping(
        source="loose", target="looses", key=("k",), columns=(column("id", "k", NewId()), column("text", "text"))
    )
    run = start(*pair, Mapping(tables=(table,)), size=50)
    assert run.copy("looses").complete
    assert ask(pair[1], "SELECT target_key, target_key_to, rows FROM ferryman_row") == [("-3", "3", 7), ("9", "10", 2)]


# Keys that the target makes

STAFF_OLD = "CREATE TABLE staff (id integer NOT NULL PRIMARY KEY, name text, boss integer REFERENCES staff (id));"
STAFF_NEW = """
CREATE TABLE employees (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, boss_id INTEGER REFERENCES employees (id), legacy_id INTEGER);
INSERT INTO employees (name) VALUES ('theirs'); DELETE FROM employees;
"""


def staff(identity: Generated | Derived) -> Mapping:
    table = TableMapping(
        source="staff",
        target="employees",
        key=("id",),
        identity=identity,
        columns=(
            column("id", "id", NewId()),
            column("name", "name"),
            column("boss_id", "boss", ForeignKeyTo(parent="employees")),
            column("legacy_id", "id", PreserveLegacyId()),
        ),
    )
    return Mapping(tables=(table,))


def staff_pair(folder: Path, new: str = STAFF_NEW) -> tuple[Path, Path]:
    pair = write(folder / "old.sqlite", STAFF_OLD), write(folder / "new.sqlite", new)
    fill(pair[0], "staff", ((n * 10, f"S{n}", (31 - n) * 10 if n % 2 else None) for n in range(1, 31)))
    return pair


def bosses(pair: tuple[Path, Path]) -> list[tuple[object, ...]]:
    return ask(
        pair[1], "SELECT e.legacy_id, b.legacy_id FROM employees e JOIN employees b ON b.id = e.boss_id ORDER BY 1"
    )


EXPECTED_BOSSES = [(n * 10, (31 - n) * 10) for n in range(1, 31, 2)]


def test_generated_keys_are_mapped_and_references_to_later_rows_filled_at_the_end(tmp_path: Path) -> None:
    pair = staff_pair(tmp_path)
    run = start(*pair, staff(Generated()), size=7)
    assert run.copy("employees").complete
    assert one(pair[1], "SELECT min(id) FROM employees") == 2
    assert bosses(pair) == EXPECTED_BOSSES
    assert ask(pair[1], "SELECT source_key, target_key FROM ferryman_row LIMIT 2") == [("[10]", "2"), ("[20]", "3")]
    run.ledger.verify("run-1")


def test_more_references_than_are_looked_at_at_once_are_filled(tmp_path: Path) -> None:
    pair, rows = staff_pair(tmp_path), 11_000
    write(pair[0], "DELETE FROM staff")
    fill(pair[0], "staff", ((n, f"S{n}", rows + 1 - n) for n in range(1, rows + 1)))
    assert start(*pair, staff(Generated()), size=2 * rows).copy("employees").complete
    assert bosses(pair) == [(n, rows + 1 - n) for n in range(1, rows + 1)]


def test_a_table_that_refers_to_itself_may_point_forward(tmp_path: Path) -> None:
    new = STAFF_NEW.replace("id INTEGER PRIMARY KEY AUTOINCREMENT", "id CHAR(36) PRIMARY KEY")
    pair = staff_pair(tmp_path, new.replace("boss_id INTEGER", "boss_id CHAR(36)"))
    assert start(*pair, staff(Derived()), size=7).copy("employees").complete
    assert bosses(pair) == EXPECTED_BOSSES


def test_a_reference_to_itself_that_leads_nowhere_is_an_orphan(tmp_path: Path) -> None:
    pair = staff_pair(tmp_path)
    write(pair[0], "UPDATE staff SET boss = 999 WHERE id = 150")
    failure = start(*pair, staff(Generated()), size=7).copy("employees").failure
    assert failure is not None
    assert (failure.batch, failure.affected_records) == ("3", 1)


def test_a_ring_of_tables_is_closed_when_both_are_there(tmp_path: Path) -> None:
    """Teams have a leader among the people, whose numbers the target makes; people have a team."""
    old = write(
        tmp_path / "old.sqlite",
        "CREATE TABLE team (id integer PRIMARY KEY, name text, leader integer);"
        "CREATE TABLE person (id integer PRIMARY KEY, name text, team integer NOT NULL);",
    )
    new = write(
        tmp_path / "new.sqlite",
        "CREATE TABLE teams (id CHAR(36) PRIMARY KEY, name TEXT, leader_id INTEGER REFERENCES people (id));"
        "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, team_id CHAR(36) NOT NULL REFERENCES teams (id));"
        "INSERT INTO people VALUES (100, 'theirs', 'theirs'); INSERT INTO teams VALUES ('theirs', 'theirs', 100);",
    )
    fill(old, "team", ((n, f"T{n}", n * 10) for n in range(1, 6)))
    fill(old, "person", ((n, f"P{n}", 1 + n % 5) for n in range(1, 61)))
    teams, people = (
        TableMapping(
            source=source,
            target=target,
            key=("id",),
            identity=identity,
            columns=(
                column("id", "id", NewId()),
                column("name", "name"),
                column(reference, by, ForeignKeyTo(parent=parent)),
            ),
        )
        for source, target, identity, reference, by, parent in (
            ("team", "teams", Derived(), "leader_id", "leader", "people"),
            ("person", "people", Generated(), "team_id", "team", "teams"),
        )
    )
    mapping = Mapping(tables=(teams, people))
    handling = Handling()
    phases = (
        Phase(number=1, name="a", tables=("teams",), rationale="", handling=handling, second_pass=("teams.leader_id",)),
        Phase(number=2, name="b", tables=("people",), rationale="", handling=handling),
    )
    run = start(old, new, plan_of(mapping, phases=phases))
    assert run.copy("teams").complete
    assert one(new, "SELECT count(*) FROM teams WHERE leader_id IS NULL") == 5
    assert run.copy("people").complete
    assert fill_references(run.work("teams"), ("people",)) == 5
    assert fill_references(run.work("teams"), ("people",)) == 0
    leads = (
        "SELECT t.name, p.name FROM teams t JOIN people p ON p.id = t.leader_id WHERE t.id <> 'theirs' ORDER BY t.id"
    )
    assert ask(new, leads) == [(f"T{n}", f"P{n * 10}") for n in range(1, 6)]
    rollback(run.target, "run-1")
    assert rows_of(new, "teams") == [("theirs", "theirs", 100)]
    assert rows_of(new, "people") == [(100, "theirs", "theirs")]


def test_a_key_of_bytes_is_refused_in_words(tmp_path: Path) -> None:
    old = write(
        tmp_path / "old.sqlite", "CREATE TABLE t (k BLOB PRIMARY KEY, v text); INSERT INTO t VALUES (x'00', 'a')"
    )
    new = write(tmp_path / "new.sqlite", "CREATE TABLE t (k BLOB PRIMARY KEY, v TEXT)")
    table = TableMapping(source="t", target="t", key=("k",), columns=(column("k", "k", NewId()), column("v", "v")))
    with pytest.raises(NeedsDecision, match="binary values"):
        start(old, new, Mapping(tables=(table,)))


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


# Failures that pass


def test_a_lock_that_passes_is_tried_again_and_told(pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    run = start(*pair)
    monkeypatch.setenv("FERRYMAN_FAILPOINT", "before_commit:customers:2=error*1")
    events: list[Event] = []
    assert run.copy("customers", emit=events.append, clock=QUIET).complete
    (told,) = [e for e in events if isinstance(e, SelfRecovery)]
    assert (told.table, told.batch, told.attempt, told.max_retries, told.wait_seconds) == (
        "customers",
        "2",
        1,
        3,
        0.1875,
    )
    assert one(pair[1], "SELECT count(*) FROM customers") == 20
    run.ledger.verify("run-1")


def test_a_batch_that_keeps_failing_is_halved_and_the_size_grows_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start(*shop(tmp_path, customers=1_600, purchases=0), size=200)
    monkeypatch.setenv("FERRYMAN_FAILPOINT", "after_insert:customers:3=error")
    events: list[Event] = []
    assert run.copy("customers", emit=events.append, clock=QUIET).complete
    assert [e.batch for e in events if isinstance(e, BatchHalved)] == ["3.1", "3.2"]
    batches = [e.batch for e in events if isinstance(e, BatchCompleted)]
    assert batches == ["1", "2", "3.1", "3.2", "4", "5", "6", "7", "8"]
    run.ledger.verify("run-1")


def test_a_resume_finds_the_second_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = shop(tmp_path, customers=600, purchases=0)
    run = start(*pair, size=200)
    monkeypatch.setenv("FERRYMAN_FAILPOINT", "after_insert:customers:2=error,before_commit:customers:2.2=broken")
    with pytest.raises(RuntimeError):
        run.copy("customers", clock=QUIET)
    monkeypatch.delenv("FERRYMAN_FAILPOINT")
    events: list[Event] = []
    assert resumed(*pair).copy("customers", emit=events.append).complete
    assert [e.batch for e in events if isinstance(e, BatchCompleted)] == ["2.2", "3"]
    assert one(pair[1], "SELECT count(*) FROM customers") == 600
    run.ledger.verify("run-1")


def test_what_does_not_pass_goes_up_after_three_retries(
    pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start(*pair)
    monkeypatch.setenv("FERRYMAN_FAILPOINT", "before_insert:customers=error")
    events: list[Event] = []
    waits: list[float] = []
    result = run.copy("customers", emit=events.append, clock=Clock(sleep=waits.append, dice=lambda: 1.0))
    assert result.failure is not None
    assert (result.failure.type, result.failure.transient, result.failure.attempts) == (FailureType.TRANSIENT, True, 4)
    assert [e.attempt for e in events if isinstance(e, SelfRecovery)] == [1, 2, 3]
    assert waits == [0.25, 0.5, 1.0]


def test_a_target_that_another_program_locks_is_waited_for(
    pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start(*pair)
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.01)
    run = resumed(*pair)
    other = sqlite3.connect(pair[1], isolation_level=None, check_same_thread=False)
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        other.execute("ROLLBACK")

    events: list[Event] = []

    def on(event: Event) -> None:
        events.append(event)
        if isinstance(event, BatchCompleted) and event.batch == "1":
            other.execute("BEGIN IMMEDIATE")

    with closing(other):
        assert run.copy("customers", emit=on, clock=Clock(sleep=wait)).complete
    assert len(waits) == 1
    assert [e.issue for e in events if isinstance(e, SelfRecovery)] == [
        "Copying customers: the database is locked by another program."
    ]


def test_a_target_that_is_locked_from_the_start_is_waited_for_too(
    pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    start(*pair)
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.01)
    run = resumed(*pair)
    events: list[Event] = []
    with closing(sqlite3.connect(pair[1], isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        told = Clock(sleep=lambda seconds: other.rollback(), dice=lambda: 0.0)
        assert run.copy("customers", emit=events.append, clock=told).complete
    assert [(e.attempt, e.wait_seconds) for e in events if isinstance(e, SelfRecovery)] == [(1, 0.125)]
    with closing(sqlite3.connect(pair[1], isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Transient):
            run.copy("purchases", clock=QUIET)


def test_a_full_disk_ends_the_table_with_every_earlier_batch_kept(tmp_path: Path) -> None:
    pair = shop(tmp_path, customers=4_000, purchases=0)
    run = start(*pair, size=500)
    pages = int(str(one(pair[1], "PRAGMA page_count")))

    def small(connection: sqlite3.Connection, _: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages + 60}")

    event.listen(run.target.engine, "connect", small)
    result = run.copy("customers", clock=QUIET)
    assert result.failure is not None
    assert result.failure.type is FailureType.ENVIRONMENT
    assert "the disk is full" in result.failure.error_detail
    event.remove(run.target.engine, "connect", small)
    assert one(pair[1], "SELECT count(*) FROM customers") == result.accounting.migrated == result.batches * 500
    assert run.copy("customers").complete
    assert one(pair[1], "SELECT count(*) FROM customers") == 4_000
    run.ledger.verify("run-1")


def test_a_session_that_lost_the_run_commits_no_batch(pair: tuple[Path, Path]) -> None:
    run = start(*pair)
    late = Clock(now=lambda: datetime.now(UTC) + timedelta(hours=1))

    def on(event: Event) -> None:
        if isinstance(event, BatchCompleted):
            write(pair[1], "UPDATE ferryman_run SET lease_host = 'another machine'")
            Ledger(run.target, holder=this_process(), clock=late).acquire("run-1")

    with pytest.raises(Refused, match="taken over"):
        run.copy("customers", emit=on)
    assert one(pair[1], "SELECT count(*) FROM customers") == 10


def test_threads_of_one_process_take_turns(tmp_path: Path) -> None:
    pair = shop(tmp_path, customers=300, purchases=0)
    fill(pair[0], "purchase", ((n, None, n, None) for n in range(1, 301)))
    run = start(*pair, size=10)
    results: dict[str, bool] = {}

    def copy(table: str) -> None:
        results[table] = run.copy(table).complete

    threads = [threading.Thread(target=copy, args=(table,)) for table in ("customers", "purchases")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {"customers": True, "purchases": True}
    run.ledger.verify("run-1")


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
