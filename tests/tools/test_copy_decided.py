"""Copying rows that do not fit, have no parent, or are there already: what is asked, and what a policy makes of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ferryman.domain.events import (
    BatchCompleted,
    BatchValidated,
    Event,
    RowsQuarantined,
)
from ferryman.domain.filters import Comparison, Operator
from ferryman.domain.findings import MissingCause
from ferryman.domain.mapping import (
    Conflict,
    Derived,
    KeyPair,
    Matched,
    Problem,
    Strategy,
)
from ferryman.domain.plan import Handling
from ferryman.domain.recovery import FailureType
from ferryman.domain.run import Accounting
from ferryman.domain.validation import CheckStatus
from ferryman.tools.move.copy import copy_table
from tests.tools.copying import orphaned, policy, run_with, shop_with
from tests.tools.pairs import (
    CUSTOMERS,
    PURCHASES,
    Run,
    ask,
    fill,
    one,
    shop,
    start,
    write,
)


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    return shop(tmp_path)


# Missing parents


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
