"""Missing parents supplied: the real ones past the plan's filter, with their own, or placeholders until they come."""

from __future__ import annotations

from pathlib import Path

import pytest

from ferryman.domain.events import DecisionTaken, Event
from ferryman.domain.filters import Comparison, Operator
from ferryman.domain.findings import MissingCause
from ferryman.domain.mapping import (
    ColumnMapping,
    Derived,
    Generated,
    IdPolicy,
    Kept,
    Mapping,
    Policy,
    Problem,
    Strategy,
    TableMapping,
)
from ferryman.domain.run import Accounting, TableState
from ferryman.domain.transforms import ForeignKeyTo, NewId
from ferryman.domain.validation import CheckStatus, TableValidation
from ferryman.tools.move.additions import bring, keys_filter
from ferryman.tools.move.copy import copy_table
from ferryman.tools.move.progress import accounting, progress
from ferryman.tools.move.rollback import rollback
from ferryman.tools.move.stand_ins import stand_ins
from ferryman.tools.prove.validate import validate_table
from tests.tools.pairs import CUSTOMERS, PURCHASES, SHOP, Run, ask, column, fill, one, rows_of, shop, start, write

IN_KOELN = CUSTOMERS.but(filter=Comparison(column="city", op=Operator.EQUAL, values=("Köln",)))


def policy(strategy: Strategy, cause: MissingCause | None = None, *columns: str, rows: int = 0) -> Policy:
    columns = columns or ("customer_id",)
    return Policy(problem=Problem.MISSING_PARENT, columns=columns, cause=cause, strategy=strategy, rows=rows)


TAKE = policy(Strategy.MIGRATE_PARENTS, MissingCause.FILTERED_OUT)
STAND_IN = policy(Strategy.PLACEHOLDERS, MissingCause.NEVER_EXISTED)


def shop_with(policies: tuple[Policy, ...], customers: TableMapping = CUSTOMERS) -> Mapping:
    return SHOP.but(tables=(customers, PURCHASES.but(policies=policies)))


def proved(run: Run, table: str) -> TableValidation:
    return validate_table(run.source, run.target, run.ledger, run.run, run.compiled[table])


def assert_proved(run: Run) -> None:
    """Every table adds up and passes every check, and the ledger is as it was written."""
    for table in run.compiled:
        assert accounting(run.ledger, run.run, table).balanced
        validation = proved(run, table)
        assert validation.status is CheckStatus.PASS, [check.text for check in validation.checks]
    run.ledger.verify(run.run)


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """20 customers, 6 of them in Cologne; 100 purchases, five of each customer's."""
    return shop(tmp_path)


def test_parents_that_a_filter_left_out_come_along(pair: tuple[Path, Path]) -> None:
    run = start(*pair, shop_with((TAKE,), IN_KOELN))
    run.copy_all()
    assert one(pair[1], "SELECT count(*) FROM purchases WHERE customer_id IS NOT NULL") == 100
    assert accounting(run.ledger, run.run, "customers") == Accounting(source=20, migrated=20)
    assert run.ledger.table(run.run, "customers").state is TableState.COPIED
    assert_proved(run)


def test_only_the_parents_that_are_needed_come(pair: tuple[Path, Path]) -> None:
    old = pair[0]
    write(old, "DELETE FROM purchase WHERE customer_id IN (1, 2, 4)")
    run = start(*pair, shop_with((TAKE,), IN_KOELN))
    run.copy_all()
    assert accounting(run.ledger, run.run, "customers") == Accounting(source=20, migrated=17, skipped=3)
    (customers,) = [table for table in progress(run.ledger, run.run) if table.table == "customers"]
    assert (customers.done, customers.total) == (17, 17)
    assert_proved(run)


def test_without_a_policy_the_table_stops_as_before(pair: tuple[Path, Path]) -> None:
    run = start(*pair, shop_with((), IN_KOELN))
    run.copy("customers")
    failure = run.copy("purchases").failure
    assert failure is not None
    assert failure.problem is Problem.MISSING_PARENT
    assert one(pair[1], "SELECT count(*) FROM customers") == 6


def test_undoing_the_run_takes_them_out_and_leaves_what_others_wrote(pair: tuple[Path, Path]) -> None:
    run = start(*pair, shop_with((TAKE,), IN_KOELN))
    fill(pair[1], "customers", [("ffffffff-0000-4000-8000-000000000000", "theirs", None, None, "2020-01-01")])
    before = rows_of(pair[1], "customers")
    run.copy_all()
    rollback(run.target, run.run)
    assert rows_of(pair[1], "customers") == before
    assert rows_of(pair[1], "purchases") == []


@pytest.mark.parametrize("place", ["before_commit", "after_commit", "before_ledger", "after_insert"])
def test_a_failure_at_any_moment_of_it_is_made_good_by_going_on(
    pair: tuple[Path, Path], place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start(*pair, shop_with((TAKE,), IN_KOELN))
    run.copy("customers")
    monkeypatch.setenv("FERRYMAN_FAILPOINT", f"{place}:customers:1+1=broken")
    with pytest.raises(RuntimeError):
        run.copy("purchases")
    monkeypatch.delenv("FERRYMAN_FAILPOINT")
    run.copy_all()
    assert one(pair[1], "SELECT count(*) FROM purchases") == 100
    assert_proved(run)


def test_a_lock_meanwhile_is_tried_again_at_the_spot(pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    run = start(*pair, shop_with((TAKE,), IN_KOELN))
    run.copy("customers")
    monkeypatch.setenv("FERRYMAN_FAILPOINT", "before_commit:customers=error*1")
    assert run.copy("purchases").complete
    assert_proved(run)


def test_a_policy_that_is_to_supply_more_than_it_was_decided_on_asks(pair: tuple[Path, Path]) -> None:
    write(pair[0], "DELETE FROM purchase WHERE id > 30")
    enough = policy(Strategy.MIGRATE_PARENTS, MissingCause.FILTERED_OUT, rows=7)
    run = start(*pair, shop_with((enough,), IN_KOELN))
    run.copy("customers")
    told: list[Event] = []
    result = run.copy("purchases", emit=told.append)
    assert result.failure is not None  # 7 rows of the first ten, and as many again in the second
    assert result.batches == 1
    (announced,) = [event for event in told if isinstance(event, DecisionTaken)]
    assert (announced.as_policy, announced.rows, announced.strategy) == (True, 7, Strategy.MIGRATE_PARENTS)


def test_what_was_supplied_counts_in_another_process_too(pair: tuple[Path, Path]) -> None:
    """Each batch of ten purchases has seven whose customer was left out."""
    enough = policy(Strategy.MIGRATE_PARENTS, MissingCause.FILTERED_OUT, rows=10)
    run = start(*pair, shop_with((enough,), IN_KOELN))
    run.copy("customers")
    assert run.copy("purchases", batches=1).failure is None
    failure = run.copy("purchases", batches=1).failure
    assert failure is not None
    assert (failure.batch, failure.problem) == ("2", Problem.MISSING_PARENT)


@pytest.mark.parametrize("identity", [Derived(), Derived(version=5), Generated(), Kept()])
def test_placeholders_count_in_another_process_too(tmp_path: Path, identity: IdPolicy) -> None:
    mapping = library(identity)
    members, loaned = mapping.tables
    capped = loaned.but(policies=(policy(Strategy.PLACEHOLDERS, None, "member_id", rows=1),))
    run = start(*loans(tmp_path, identity), mapping.but(tables=(members, capped)), size=3)
    run.copy("members")
    assert run.copy("loans", batches=1).failure is None  # one of its three
    failure = run.copy("loans").failure
    assert failure is not None
    assert (failure.batch, failure.affected_records) == ("2", 1)


def test_their_own_parents_come_first(tmp_path: Path) -> None:
    old = write(
        tmp_path / "old.sqlite",
        """
        CREATE TABLE region (id integer PRIMARY KEY, name text, old int);
        CREATE TABLE club (id integer PRIMARY KEY, region_id int REFERENCES region (id), name text, old int);
        CREATE TABLE player (id integer PRIMARY KEY, club_id int REFERENCES club (id), name text);
        INSERT INTO region VALUES (1, 'north', 0), (2, 'south', 1), (3, 'west', 1);
        INSERT INTO club VALUES (1, 1, 'a', 0), (2, 2, 'b', 1), (3, 3, 'c', 1), (4, 2, 'd', 1);
        INSERT INTO player VALUES (1, 1, 'x'), (2, 2, 'y'), (3, 4, 'z');
        """,
    )
    new = write(
        tmp_path / "new.sqlite",
        """
        CREATE TABLE regions (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
        CREATE TABLE clubs (id INTEGER PRIMARY KEY, region_id INTEGER NOT NULL REFERENCES regions (id), name TEXT);
        CREATE TABLE players (id INTEGER PRIMARY KEY, club_id INTEGER NOT NULL REFERENCES clubs (id), name TEXT);
        """,
    )
    current = Comparison(column="old", op=Operator.EQUAL, values=(0,))
    run = start(
        old,
        new,
        Mapping(
            tables=(
                table("region", "regions", column("name", "name")).but(filter=current),
                table("club", "clubs", refers("region_id", "regions"), column("name", "name")).but(filter=current),
                table("player", "players", refers("club_id", "clubs"), column("name", "name")).but(
                    policies=(policy(Strategy.MIGRATE_PARENTS, MissingCause.FILTERED_OUT, "club_id"),)
                ),
            )
        ),
    )
    run.copy_all()
    assert ask(new, "SELECT id FROM clubs ORDER BY id") == [(1,), (2,), (4,)]
    assert ask(new, "SELECT id FROM regions ORDER BY id") == [(1,), (2,)]
    assert one(new, "SELECT count(*) FROM players") == 3
    assert_proved(run)
    rollback(run.target, run.run)
    assert all(rows_of(new, name) == [] for name in ("regions", "clubs", "players"))


def test_rows_of_the_same_table_come_before_the_row_that_refers_to_them(tmp_path: Path) -> None:
    old = write(
        tmp_path / "old.sqlite",
        """
        CREATE TABLE staff (id integer PRIMARY KEY, boss_id int REFERENCES staff (id), active int);
        INSERT INTO staff VALUES (1, NULL, 0), (2, 1, 0), (3, 2, 1), (4, 3, 1), (5, 9, 1), (6, NULL, 0), (9, NULL, 0);
        """,
    )
    new = write(tmp_path / "new.sqlite", "CREATE TABLE staff (id INTEGER PRIMARY KEY, boss_id INT REFERENCES staff);")
    staff = table("staff", "staff", refers("boss_id", "staff")).but(
        filter=Comparison(column="active", op=Operator.EQUAL, values=(1,)),
        policies=(policy(Strategy.MIGRATE_PARENTS, MissingCause.FILTERED_OUT, "boss_id"),),
    )
    run = start(old, new, Mapping(tables=(staff,)), size=1)
    run.copy_all()
    assert ask(new, "SELECT id FROM staff ORDER BY id") == [(1,), (2,), (3,), (4,), (5,), (9,)]
    assert accounting(run.ledger, run.run, "staff") == Accounting(source=7, migrated=6, skipped=1)
    assert_proved(run)


def test_a_parent_that_came_after_the_run_began_is_counted_besides(pair: tuple[Path, Path]) -> None:
    take = policy(Strategy.MIGRATE_PARENTS, MissingCause.NOT_MIGRATED)
    run = start(*pair, shop_with((take,)))
    run.copy("customers")
    write(pair[0], "INSERT INTO customer VALUES (77, 'late', NULL); UPDATE purchase SET customer_id = 77 WHERE id = 50")
    run.copy("purchases")
    assert one(pair[1], "SELECT count(*) FROM customers WHERE legacy_id = 77") == 1
    assert accounting(run.ledger, run.run, "customers") == Accounting(source=21, migrated=21)
    (customers,) = (table for table in progress(run.ledger, run.run) if table.table == "customers")
    assert (customers.done, customers.total, customers.accounting.migrated) == (21, 21, 21)
    assert_proved(run)


def test_a_parent_that_was_deleted_since_comes_back_as_the_row_that_it_was(pair: tuple[Path, Path]) -> None:
    take = policy(Strategy.MIGRATE_PARENTS, MissingCause.DELETED_SINCE)
    run = start(*pair, shop_with((take,)))
    run.copy("customers")
    before = rows_of(pair[1], "customers")
    write(pair[1], "DELETE FROM customers WHERE legacy_id IN (3, 4)")
    run.copy("purchases")
    assert rows_of(pair[1], "customers") == before
    assert accounting(run.ledger, run.run, "customers") == Accounting(source=20, migrated=20)
    assert_proved(run)


@pytest.mark.parametrize("identity", [Derived(), Derived(version=5), Generated(), Kept()])
def test_a_parent_that_came_where_the_run_had_been_already_is_counted_and_undone(
    tmp_path: Path, identity: IdPolicy
) -> None:
    old, new = loans(tmp_path, identity)
    write(old, "INSERT INTO member VALUES (9, 'Cy', '2003-03-03')")
    mapping = library(identity)
    take = policy(Strategy.MIGRATE_PARENTS, None, "member_id")
    run = start(old, new, mapping.but(tables=(mapping.tables[0], mapping.tables[1].but(policies=(take,)))))
    run.copy("members")
    write(old, "INSERT INTO member VALUES (7, 'Di', '2004-04-04'), (8, 'Ed', '2005-05-05')")
    if not isinstance(identity, Generated):  # by its number alone one that is gone does not come back
        write(new, "DELETE FROM members WHERE name = 'Bo'")
    run.copy("loans")
    assert one(new, "SELECT count(*) FROM loans l JOIN members m ON m.id = l.member_id") == 4
    assert accounting(run.ledger, run.run, "members") == Accounting(source=5, migrated=5)
    assert_proved(run)
    rollback(run.target, run.run)
    assert rows_of(new, "members") == rows_of(new, "loans") == []


def test_a_parent_that_cannot_come_stops_the_child_with_the_reason(pair: tuple[Path, Path]) -> None:
    write(pair[0], "UPDATE customer SET name = NULL WHERE id = 5")
    run = start(*pair, shop_with((TAKE,), IN_KOELN))
    run.copy("customers")
    failure = run.copy("purchases").failure
    assert failure is not None
    assert failure.table == "purchases"
    assert failure.error_detail == "customers: Name must have a value and has none"


@pytest.mark.parametrize("identity", [Derived(), Derived(version=5), Generated(), Kept()])
def test_placeholders_let_the_rows_come(tmp_path: Path, identity: IdPolicy) -> None:
    pair = loans(tmp_path, identity)
    run = start(*pair, library(identity))
    run.copy_all()
    new = pair[1]
    assert one(new, "SELECT count(*) FROM loans l JOIN members m ON m.id = l.member_id") == 4
    marked = "SELECT count(*) FROM members WHERE json_extract(metadata, '$.ferryman') = 'placeholder'"
    assert one(new, marked) == 2
    assert ask(new, "SELECT DISTINCT name, joined FROM members WHERE name = ''")[0][0] == ""
    assert accounting(run.ledger, run.run, "members") == Accounting(source=2, migrated=2, placeholders=2)
    assert [(one_.table, one_.rows) for one_ in stand_ins(run.target, run.ledger, run.run)] == [("members", 2)]
    assert_proved(run)
    rollback(run.target, run.run)
    assert rows_of(new, "members") == rows_of(new, "loans") == []
    assert stand_ins(run.target, run.ledger) == ()


@pytest.mark.parametrize("identity", [Derived(), Generated(), Kept()])
def test_the_real_parent_takes_the_place_of_its_placeholder_in_a_later_run(tmp_path: Path, identity: IdPolicy) -> None:
    old, new = loans(tmp_path, identity)
    mapping = library(identity)
    first = start(old, new, mapping)
    first.copy_all()
    first.ledger.release(first.run)
    with_placeholders = rows_of(new, "members")
    write(old, "DELETE FROM member; INSERT INTO member VALUES (8, 'Hanna', '2019-02-03')")
    only = mapping.but(tables=(mapping.tables[0],))
    second = start(old, new, only, run="run-2")
    assert copy_table(second.work("members")).complete
    assert one(new, "SELECT count(*) FROM members WHERE name = 'Hanna'") == 1
    assert one(new, "SELECT count(*) FROM loans l JOIN members m ON m.id = l.member_id WHERE m.name = 'Hanna'") == 1
    assert [one_.rows for one_ in stand_ins(second.target, second.ledger)] == [1]
    assert accounting(second.ledger, "run-2", "members") == Accounting(source=1, matched=1)
    assert proved(second, "members").status is CheckStatus.PASS
    rollback(second.target, "run-2")
    assert rows_of(new, "members") == with_placeholders


def test_a_table_that_the_run_does_not_copy_gets_placeholders_too_and_they_are_undone(tmp_path: Path) -> None:
    old, new = loans(tmp_path, Kept())
    write(new, "INSERT INTO members VALUES (1, 'Ada', '2020-01-01', '{}'), (2, 'Bo', '2020-01-01', '{}')")
    mapping = library(Kept())
    run = start(old, new, mapping.but(tables=(mapping.tables[1].but(columns=(
        column("id", "id", NewId()), column("member_id", "member_id")
    )),)))  # fmt: skip
    run.copy_all()
    assert one(new, "SELECT count(*) FROM loans") == 4
    assert {record.table: record.state for record in run.ledger.tables_of(run.run)}["members"] is TableState.VALIDATED
    rollback(run.target, run.run)
    assert ask(new, "SELECT name FROM members ORDER BY id") == [("Ada",), ("Bo",)]


def test_out_of_quarantine_a_row_moves_from_one_side_of_the_accounting_to_the_other(pair: tuple[Path, Path]) -> None:
    write(pair[0], "UPDATE purchase SET customer_id = 900 + id WHERE id IN (13, 57)")
    run = start(*pair, shop_with((policy(Strategy.QUARANTINE),)))
    run.copy_all()
    assert accounting(run.ledger, run.run, "purchases") == Accounting(source=100, migrated=98, quarantined=2)
    write(pair[0], "UPDATE purchase SET customer_id = 4 WHERE id = 13")
    wanted = keys_filter(("id",), [(13,), (57,)])
    brought = bring(run.work("purchases"), wanted, forgiving=True)
    assert (brought.rows, brought.left) == (1, 1)
    assert accounting(run.ledger, run.run, "purchases") == Accounting(source=100, migrated=99, quarantined=1)
    assert ask(pair[1], "SELECT state, source_key FROM ferryman_quarantine ORDER BY entry") == [
        ("retried", "[13]"),
        ("open", "[57]"),
    ]
    assert_proved(run)
    again = bring(run.work("purchases"), wanted, forgiving=True)
    assert (again.rows, again.left) == (0, 1)
    assert accounting(run.ledger, run.run, "purchases").balanced
    rollback(run.target, run.run)
    assert rows_of(pair[1], "purchases") == []


def table(source: str, target: str, *columns: ColumnMapping, identity: IdPolicy | None = None) -> TableMapping:
    return TableMapping(
        source=source,
        target=target,
        key=("id",),
        identity=identity or Kept(),
        columns=(column("id", "id", NewId()), *columns),
    )


def refers(name: str, parent: str) -> ColumnMapping:
    return column(name, name, ForeignKeyTo(parent=parent))


def loans(folder: Path, identity: IdPolicy) -> tuple[Path, Path]:
    """Two members, four loans: of member 1, 2, and of 7 and 8, who never were."""
    key = "CHAR(36)" if isinstance(identity, Derived) else "INTEGER"
    old = write(
        folder / "old.sqlite",
        """
        CREATE TABLE member (id integer PRIMARY KEY, name text, joined text);
        CREATE TABLE loan (id integer PRIMARY KEY, member_id int);
        INSERT INTO member VALUES (1, 'Ada', '2001-01-01'), (2, 'Bo', '2002-02-02');
        INSERT INTO loan VALUES (1, 1), (2, 2), (3, 7), (4, 8);
        """,
    )
    new = write(
        folder / "new.sqlite",
        f"""
        CREATE TABLE members (
            id {key} NOT NULL PRIMARY KEY, name VARCHAR(40) NOT NULL, joined DATE NOT NULL, metadata JSON);
        CREATE TABLE loans (id {key} NOT NULL PRIMARY KEY, member_id {key} NOT NULL REFERENCES members (id));
        """,
    )
    return old, new


def library(identity: IdPolicy) -> Mapping:
    return Mapping(
        tables=(
            table("member", "members", column("name", "name"), column("joined", "joined"), identity=identity),
            table("loan", "loans", refers("member_id", "members"), identity=identity).but(
                policies=(policy(Strategy.PLACEHOLDERS, None, "member_id"),)
            ),
        )
    )
