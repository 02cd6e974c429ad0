"""Undoing a run: the target is as it was, to the row; what is not ours is never touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from ferryman.domain.errors import Corrupt, Refused, Usage
from ferryman.domain.events import Event, RolledBack, UndoingStarted
from ferryman.domain.mapping import (
    ColumnMapping,
    Conflict,
    Derived,
    Generated,
    Kept,
    KeyPair,
    Mapping,
    Matched,
    Problem,
    Shape,
    TableMapping,
)
from ferryman.domain.plan import RollbackKind
from ferryman.domain.run import RunStatus, TableState
from ferryman.domain.transforms import ForeignKeyTo, KeyByType, NewId, RemapIds, TypeParent
from ferryman.tools.discover.introspect import introspect
from ferryman.tools.move.lease import this_process
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.ours import Undoing
from ferryman.tools.move.rollback import children_first, kind_of, rollback, rollback_available
from tests.tools.copying import orphaned, policy, shop_with
from tests.tools.pairs import CUSTOMERS, PURCHASES, Run, ask, column, one, rows_of, shop, start, write
from tests.tools.test_copy_keys import STAFF_NEW, WORDS, keyed, staff, staff_pair

THEIRS = """
INSERT INTO customers VALUES ('theirs-1', 'Theirs', NULL, NULL, 'then');
INSERT INTO purchases VALUES ('theirs-2', 'theirs-1', 5, 'theirs', NULL, 'then');
"""


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    return shop(tmp_path)


def contents(new: Path, *tables: str) -> list[list[tuple[object, ...]]]:
    return [rows_of(new, table) for table in tables or ("customers", "purchases")]


def kinds(events: tuple[RolledBack, ...]) -> list[tuple[str, str, int, int]]:
    return [(event.table, event.kind, event.rows, event.restored) for event in events]


def test_a_table_that_was_empty_is_emptied_children_first(pair: tuple[Path, Path]) -> None:
    run = start(*pair)
    run.copy_all()
    assert rollback_available(run.target, "run-1") == (True, "")
    events: list[Event] = []
    done = rollback(run.target, "run-1", emit=events.append)
    assert kinds(done) == [("purchases", "truncate", 100, 0), ("customers", "truncate", 20, 0)]
    begun, *undone = events
    assert begun == UndoingStarted(run="run-1", tables=("purchases", "customers"), rows=120, whole=True)
    assert undone == list(done)
    assert contents(pair[1]) == [[], []]
    assert run.ledger.run("run-1").status is RunStatus.ROLLED_BACK
    assert {t.state for t in run.ledger.tables_of("run-1")} == {TableState.ROLLED_BACK}
    assert one(pair[1], "SELECT count(*) FROM ferryman_row") == 0
    assert ask(pair[1], "SELECT DISTINCT state FROM ferryman_batch") == [("rolled_back",)]
    assert rollback_available(run.target, "run-1") == (False, "Run run-1 was undone already.")
    run.ledger.verify("run-1")


def test_rows_that_were_there_or_came_since_stay(pair: tuple[Path, Path]) -> None:
    write(pair[1], THEIRS)
    before = contents(pair[1])
    run = start(*pair)
    run.copy_all()
    since = "INSERT INTO purchases VALUES ('since', 'theirs-1', 1, 'since', NULL, 'now')"
    write(pair[1], since)
    done = rollback(run.target, "run-1")
    assert kinds(done) == [("purchases", "delete_created", 100, 0), ("customers", "delete_created", 20, 0)]
    write(pair[1], "DELETE FROM purchases WHERE id = 'since'")
    assert contents(pair[1]) == before


def test_a_run_that_got_halfway_is_undone(pair: tuple[Path, Path]) -> None:
    orphaned(pair)
    write(pair[1], THEIRS)
    before = contents(pair[1])
    run = start(*pair)
    run.copy("customers")
    assert run.copy("purchases").failure is not None
    rollback(run.target, "run-1")
    assert contents(pair[1]) == before


@pytest.mark.parametrize("conflict", [Conflict.KEEP, Conflict.REPLACE, Conflict.MERGE])
def test_rows_that_were_changed_get_back_what_they_held(pair: tuple[Path, Path], conflict: Conflict) -> None:
    write(pair[0], "DELETE FROM purchase")
    first = start(*pair)
    first.copy("customers")
    first.ledger.release("run-1")
    write(pair[1], "UPDATE customers SET name = 'Mine', city = NULL WHERE legacy_id IN (3, 13)")
    write(pair[1], "DELETE FROM customers WHERE legacy_id > 18")
    before = contents(pair[1])
    run = start(*pair, shop_with(CUSTOMERS.but(conflict=conflict)), run="run-2")
    assert Run(run.source, run.target, run.ledger, run.compiled, "run-2").copy("customers").complete
    (done,) = rollback(run.target, "run-2")
    changed = {Conflict.KEEP: 0, Conflict.REPLACE: 2, Conflict.MERGE: 1}[conflict]
    assert (done.rows, done.restored) == (2, changed)
    assert done.kind == ("restore_updated" if changed else "delete_created")
    assert contents(pair[1]) == before


def test_one_table_is_undone_and_copied_again(pair: tuple[Path, Path]) -> None:
    orphaned(pair)
    answered = PURCHASES.but(policies=(policy(Problem.MISSING_PARENT, "customer_id"),))
    run = start(*pair, shop_with(purchases=answered))
    run.copy_all()
    done = rollback(run.target, "run-1", ["purchases"])
    assert kinds(done) == [("purchases", "truncate", 97, 0)]
    assert run.ledger.run("run-1").status is RunStatus.RUNNING
    with pytest.raises(Refused, match="was undone"):
        run.copy("purchases")
    assert [row.state.value for row in run.ledger.quarantined("run-1")] == ["rolled_back"] * 3
    run.ledger.reopen("run-1", "purchases")
    assert run.copy("purchases").accounting.quarantined == 3
    assert one(pair[1], "SELECT count(*) FROM purchases") == 97
    run.ledger.verify("run-1")
    rollback(run.target, "run-1")
    assert contents(pair[1]) == [[], []]


def test_a_table_that_was_undone_alone_is_not_undone_again_with_the_rest(pair: tuple[Path, Path]) -> None:
    run = start(*pair)
    run.copy_all()
    rollback(run.target, "run-1", ["purchases"])
    assert kinds(rollback(run.target, "run-1")) == [("customers", "truncate", 20, 0)]
    assert run.ledger.run("run-1").status is RunStatus.ROLLED_BACK


def test_our_own_children_that_stay_forbid_it_too(pair: tuple[Path, Path]) -> None:
    run = start(*pair)
    run.copy_all()
    with pytest.raises(Refused, match="100 rows of purchases refer to customers by customer_id"):
        rollback(run.target, "run-1", ["customers"])
    assert one(pair[1], "SELECT count(*) FROM customers") == 20


UNDECLARED = "CREATE TABLE purchases (id CHAR(36) PRIMARY KEY, customer_id CHAR(36), note VARCHAR(20))"
BESIDE = KeyByType(parents=(TypeParent(type="customer", parent="customers"),), otherwise="null")


@pytest.mark.parametrize(
    ("line", "rows"),
    [
        (column("customer_id", "customer_id", ForeignKeyTo(parent="customers")), 100),
        (column("customer_id", ("note", "customer_id"), BESIDE), 30),
        (column("customer_id", "amount", RemapIds(parent="customers")), 40),
    ],
)
def test_rows_that_only_the_plan_lets_refer_to_ours_forbid_it_too(
    pair: tuple[Path, Path], line: ColumnMapping, rows: int
) -> None:
    write(pair[1], f"DROP TABLE purchases; {UNDECLARED}")
    write(pair[0], "UPDATE purchase SET note = CASE WHEN id <= 30 THEN 'customer' ELSE 'nobody' END")
    write(pair[0], "UPDATE purchase SET amount = CASE WHEN id <= 40 THEN customer_id END")
    purchases = PURCHASES.but(columns=(PURCHASES.by_target["id"], line, column("note", "note")))
    run = start(*pair, shop_with(purchases=purchases))
    run.copy_all()
    with pytest.raises(Refused, match=f"{rows} rows of purchases refer to customers by customer_id") as refused:
        rollback(run.target, "run-1", ["customers"])
    assert refused.value.do.startswith("Undo purchases as well")
    assert one(pair[1], "SELECT count(*) FROM customers") == 20
    rollback(run.target, "run-1", ["customers", "purchases"])
    assert contents(pair[1]) == [[], []]


def test_a_run_of_which_only_what_had_failed_was_undone_is_a_success(pair: tuple[Path, Path]) -> None:
    run = start(*pair)
    run.copy_all()
    run.ledger.set_table("run-1", "customers", TableState.VALIDATED)
    run.ledger.set_table("run-1", "purchases", TableState.FAILED)
    run.ledger.set_status("run-1", RunStatus.FAILED)
    rollback(run.target, "run-1", ["purchases"])
    assert run.ledger.run("run-1").status is RunStatus.SUCCESS
    assert one(pair[1], "SELECT count(*) FROM customers") == 20


def test_rows_of_others_that_hang_on_ours_forbid_it_with_a_list(pair: tuple[Path, Path]) -> None:
    write(pair[1], "CREATE TABLE visits (id INTEGER PRIMARY KEY, who CHAR(36) REFERENCES customers (id));")
    run = start(*pair)
    run.copy_all()
    ours = "SELECT id FROM customers WHERE legacy_id IN (3, 4)"
    write(pair[1], f"INSERT INTO visits (who) {ours}; INSERT INTO visits (who) VALUES (NULL)")
    write(pair[1], f"INSERT INTO purchases SELECT 'since', id, 1, NULL, NULL, 'now' FROM ({ours}) LIMIT 1")
    before = contents(pair[1], "customers", "purchases", "visits")
    available, blocker = rollback_available(run.target, "run-1")
    assert not available
    assert "2 rows of visits refer to customers by who" in blocker
    assert "1 row of purchases refers to customers by customer_id" in blocker
    with pytest.raises(Refused) as refused:
        rollback(run.target, "run-1")
    assert set(refused.value.rows) == {"visits: id 1, id 2", "purchases: id since"}
    assert contents(pair[1], "customers", "purchases", "visits") == before
    write(pair[1], "DELETE FROM visits; DELETE FROM purchases WHERE id = 'since'")
    rollback(run.target, "run-1")
    assert contents(pair[1]) == [[], []]


def test_rows_of_ours_that_others_deleted_since_are_not_missed(pair: tuple[Path, Path]) -> None:
    run = start(*pair)
    run.copy_all()
    write(pair[1], "DELETE FROM purchases WHERE legacy_id IN (4, 5, 99)")
    done = rollback(run.target, "run-1")
    assert kinds(done)[0] == ("purchases", "truncate", 97, 0)
    assert contents(pair[1]) == [[], []]


def test_a_row_of_others_between_ours_is_not_deleted(pair: tuple[Path, Path]) -> None:
    """Text keys can lie between two UUIDs that follow each other; then nothing is deleted at all."""
    run = start(*pair)
    run.copy_all()
    between = "SELECT id || 'x', NULL, 1, 'between', NULL, 'now' FROM purchases WHERE legacy_id = 5"
    write(pair[1], f"INSERT INTO purchases {between}")
    before = contents(pair[1])
    with pytest.raises(Corrupt, match="nothing was deleted"):
        rollback(run.target, "run-1")
    assert one(pair[1], "SELECT count(*) FROM purchases WHERE note = 'between'") == 1
    assert contents(pair[1])[0] == before[0]


@pytest.mark.parametrize(
    ("identity", "key"),
    [
        (Kept(), "VARCHAR(20)"),
        (Derived(version=5), "CHAR(36)"),
        (Derived(version=5, shape=Shape.BINARY), "BINARY(16)"),
    ],
)
def test_rows_that_are_recorded_one_by_one_are_deleted_one_by_one(
    tmp_path: Path, identity: Kept | Derived, key: str
) -> None:
    pair = keyed(tmp_path, f"CREATE TABLE words (w {key} NOT NULL PRIMARY KEY, meaning TEXT)", {"word": WORDS})
    write(pair[1], "INSERT INTO words VALUES ('theirs', 'theirs')")
    columns = (column("w", "w", NewId()), column("meaning", "meaning"))
    table = TableMapping(source="word", target="words", key=("w",), identity=identity, columns=columns)
    run = start(*pair, Mapping(tables=(table,)), size=3)
    run.copy_all()
    assert kinds(rollback(run.target, "run-1")) == [("words", "delete_created", 8, 0)]
    assert rows_of(pair[1], "words") == [("theirs", "theirs")]


def test_composite_keys_are_undone(tmp_path: Path) -> None:
    new = "CREATE TABLE pairs (a INTEGER NOT NULL, b VARCHAR(5) NOT NULL, note TEXT, PRIMARY KEY (a, b))"
    pair = keyed(tmp_path, new, {"pair": [(n // 4, f"b{n % 4}", "x") for n in range(30)]})
    write(pair[1], "INSERT INTO pairs VALUES (3, 'mine', 'theirs')")
    columns = (column("a", "a"), column("b", "b"), column("note", "note"))
    run = start(*pair, Mapping(tables=(TableMapping(source="pair", target="pairs", key=("a", "b"), columns=columns),)))
    run.copy_all()
    assert kinds(rollback(run.target, "run-1")) == [("pairs", "delete_created", 30, 0)]
    assert rows_of(pair[1], "pairs") == [(3, "mine", "theirs")]


def test_generated_keys_are_undone(tmp_path: Path) -> None:
    pair = staff_pair(tmp_path, f"{STAFF_NEW} INSERT INTO employees (name) VALUES ('canary');")
    run = start(*pair, staff(Generated()), size=7)
    run.copy_all()
    write(pair[1], "INSERT INTO employees (name) VALUES ('since')")
    assert kinds(rollback(run.target, "run-1")) == [("employees", "delete_created", 30, 0)]
    assert ask(pair[1], "SELECT name FROM employees") == [("canary",), ("since",)]


def test_numbers_that_the_target_gave_are_undone(tmp_path: Path) -> None:
    new = "CREATE TABLE logs (id INTEGER PRIMARY KEY, at TEXT, text TEXT); INSERT INTO logs VALUES (7, 'c', 'canary');"
    pair = keyed(tmp_path, new, {"log": [(f"2020-01-{n:02}", f"line {n}") for n in range(1, 21)]})
    columns = (column("at", "at"), column("text", "text"))
    run = start(*pair, Mapping(tables=(TableMapping(source="log", target="logs", key=("rowid",), columns=columns),)))
    run.copy_all()
    rollback(run.target, "run-1")
    assert rows_of(pair[1], "logs") == [(7, "c", "canary")]


def test_a_table_without_a_key_is_undone_only_while_nothing_else_is_in_it(tmp_path: Path) -> None:
    pair = keyed(tmp_path, "CREATE TABLE logs (at TEXT, text TEXT)", {"log": [("a", "b"), ("c", "d")]})
    columns = (column("at", "at"), column("text", "text"))
    mapping = Mapping(tables=(TableMapping(source="log", target="logs", key=("rowid",), columns=columns),))
    run = start(*pair, mapping)
    run.copy_all()
    write(pair[1], "INSERT INTO logs VALUES ('since', 'since')")
    available, blocker = rollback_available(run.target, "run-1")
    assert (available, blocker) == (False, "logs has no key by which our 2 rows could be told from others.")
    with pytest.raises(Refused):
        rollback(run.target, "run-1")
    write(pair[1], "DELETE FROM logs WHERE at = 'since'")
    assert kinds(rollback(run.target, "run-1")) == [("logs", "truncate", 2, 0)]


def test_matched_and_merged_rows_are_left_as_they_are(pair: tuple[Path, Path]) -> None:
    write(pair[0], "DELETE FROM purchase; UPDATE customer SET name = 'Twin' WHERE id IN (2, 5, 15)")
    write(pair[1], "INSERT INTO customers VALUES ('theirs', 'Customer 7', NULL, NULL, 'then')")
    identity = Matched(on=(KeyPair(source="name", target="name"),), otherwise=Derived())
    run = start(*pair, shop_with(CUSTOMERS.but(identity=identity, conflict=Conflict.KEEP)))
    run.copy_all()
    assert kinds(rollback(run.target, "run-1")) == [("customers", "delete_created", 17, 0)]
    assert rows_of(pair[1], "customers") == [("theirs", "Customer 7", None, None, "then")]


def test_what_forbids_it_before_anything_else(pair: tuple[Path, Path]) -> None:
    run = start(*pair)
    assert rollback_available(run.target, "run-1") == (False, "Run run-1 has written nothing.")
    assert not rollback_available(run.target, "run-7")[0]
    run.copy("customers")
    with pytest.raises(Usage, match="did not write to nowhere"):
        rollback(run.target, "run-1", ["nowhere"])
    run.ledger.release("run-1")
    Ledger(run.target, holder=this_process()).acquire("run-1")
    available, blocker = rollback_available(run.target, "run-1")
    assert not available
    assert "at work" in blocker
    with pytest.raises(Refused, match="at work"):
        rollback(run.target, "run-1")


def test_a_run_that_wrote_nothing_is_cancelled_so_that_it_is_over(pair: tuple[Path, Path]) -> None:
    run = start(*pair)
    with pytest.raises(Refused, match="has written nothing"):
        rollback(run.target, "run-1", ["customers"])
    assert rollback(run.target, "run-1") == ()
    assert run.ledger.run("run-1").status is RunStatus.CANCELLED
    assert not run.ledger.run("run-1").running
    with pytest.raises(Refused, match="has written nothing"):
        rollback(run.target, "run-1")


PURCHASE_COLUMNS = """
    customer_id CHAR(36) REFERENCES customers (id) ON DELETE CASCADE, amount INTEGER, note VARCHAR(20),
    legacy_id INTEGER UNIQUE, created_at TIMESTAMP NOT NULL, raw BLOB DEFAULT x'00ff'"""


@pytest.mark.parametrize(
    "made",
    [
        f"CREATE TABLE purchases (id CHAR(36) NOT NULL PRIMARY KEY, {PURCHASE_COLUMNS}) WITHOUT ROWID",
        f"CREATE TABLE purchases (id CHAR(36) NOT NULL PRIMARY KEY, {PURCHASE_COLUMNS},"
        " twice INTEGER GENERATED ALWAYS AS (amount * 2) STORED, loud TEXT AS (upper(note)))",
        f"CREATE TABLE purchases (id CHAR(36) NOT NULL PRIMARY KEY, {PURCHASE_COLUMNS});"
        "CREATE UNIQUE INDEX by_note ON purchases (note, legacy_id) WHERE note IS NOT NULL",
    ],
)
@pytest.mark.parametrize("full", [False, True])
def test_tables_of_every_make_are_undone(pair: tuple[Path, Path], made: str, full: bool) -> None:
    write(pair[1], f"DROP TABLE purchases; {made};")
    if full:
        write(pair[1], THEIRS.splitlines()[1])
        into = "INSERT INTO purchases (id, customer_id, amount, created_at, raw)"
        write(pair[1], f"{into} VALUES ('theirs-2', 'theirs-1', 5, 'then', x'ff')")
    before = contents(pair[1])
    run = start(*pair)
    run.copy_all()
    assert one(pair[1], "SELECT count(*) FROM purchases") == 100 + full
    rollback(run.target, "run-1")
    assert contents(pair[1]) == before


def test_rows_are_not_looked_for_by_a_column_that_is_gone(pair: tuple[Path, Path]) -> None:
    write(pair[1], f"DROP TABLE purchases; CREATE TABLE purchases (id CHAR(36) UNIQUE, {PURCHASE_COLUMNS});")
    run = start(*pair)
    run.copy_all()
    write(pair[1], "ALTER TABLE purchases RENAME COLUMN id TO key")
    with pytest.raises(Refused, match="purchases has no column id any more"):
        rollback(run.target, "run-1")
    assert one(pair[1], "SELECT count(*) FROM purchases") == 100
    write(pair[1], "ALTER TABLE purchases RENAME COLUMN key TO id")
    rollback(run.target, "run-1")
    assert contents(pair[1]) == [[], []]


def test_what_a_trigger_wrote_elsewhere_stays(pair: tuple[Path, Path]) -> None:
    write(
        pair[1],
        "CREATE TABLE log (what TEXT, id TEXT);"
        "CREATE TRIGGER came AFTER INSERT ON customers BEGIN INSERT INTO log VALUES ('came', new.id); END;"
        "CREATE TRIGGER went AFTER DELETE ON customers BEGIN INSERT INTO log VALUES ('went', old.id); END;",
    )
    before = contents(pair[1])
    run = start(*pair)
    run.copy_all()
    rollback(run.target, "run-1")
    assert contents(pair[1]) == before
    assert ask(pair[1], "SELECT what, count(*) FROM log GROUP BY what") == [("came", 20), ("went", 20)]


def test_a_counter_goes_on_after_an_undoing(tmp_path: Path) -> None:
    pair = staff_pair(tmp_path, STAFF_NEW)
    run = start(*pair, staff(Generated()), size=4)
    run.copy_all()
    last = one(pair[1], "SELECT max(id) FROM employees")
    rollback(run.target, "run-1")
    assert one(pair[1], "SELECT count(*) FROM employees") == 0
    assert one(pair[1], "SELECT seq FROM sqlite_sequence WHERE name = 'employees'") == last


def test_an_undoing_that_is_refused_holds_nothing(pair: tuple[Path, Path]) -> None:
    run = start(*pair)
    run.copy_all()
    run.ledger.release("run-1")
    with pytest.raises(Refused):
        rollback(run.target, "run-1", ["customers"])
    assert not run.ledger.run("run-1").running


def test_an_edited_ledger_undoes_nothing(pair: tuple[Path, Path]) -> None:
    run = start(*pair)
    run.copy_all()
    write(pair[1], "UPDATE ferryman_row SET target_key_to = 'z' WHERE entry = 1")
    before = contents(pair[1])
    with pytest.raises(Corrupt):
        rollback(run.target, "run-1")
    assert contents(pair[1]) == before


@pytest.mark.parametrize("point", ["after_undo", "before_undo_commit", "after_undo_commit"])
@pytest.mark.parametrize("batch", ["5", "1"])
def test_an_undoing_that_was_cut_short_is_finished_by_the_next(
    pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, point: str, batch: str
) -> None:
    write(pair[1], THEIRS)
    before = contents(pair[1])
    run = start(*pair)
    run.copy_all()
    monkeypatch.setenv("FERRYMAN_FAILPOINT", f"{point}:purchases:{batch}=broken")
    with pytest.raises(RuntimeError):
        rollback(run.target, "run-1")
    monkeypatch.delenv("FERRYMAN_FAILPOINT")
    run.ledger.verify("run-1")
    assert run.ledger.run("run-1").intent == "rollback"
    rollback(run.target, "run-1")
    assert contents(pair[1]) == before
    assert run.ledger.run("run-1").intent == ""


def test_a_half_undone_table_is_undone_to_the_end_before_anything_else(
    pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(pair[1], THEIRS)
    run = start(*pair)
    run.copy_all()
    monkeypatch.setenv("FERRYMAN_FAILPOINT", "before_undo_commit:purchases:5=broken")
    with pytest.raises(RuntimeError):
        rollback(run.target, "run-1", ["purchases"])
    monkeypatch.delenv("FERRYMAN_FAILPOINT")
    assert one(pair[1], "SELECT count(*) FROM purchases") == 51
    assert run.ledger.table("run-1", "purchases").state is TableState.UNDOING
    with pytest.raises(Refused, match="purchases was undone"):
        run.copy("purchases")
    rollback(run.target, "run-1", ["purchases"])
    assert run.ledger.table("run-1", "purchases").state is TableState.ROLLED_BACK
    assert one(pair[1], "SELECT count(*) FROM purchases") == 1
    assert one(pair[1], "SELECT count(*) FROM customers") != 0
    run.ledger.verify("run-1")


def test_children_go_before_parents_also_in_a_ring(pair: tuple[Path, Path]) -> None:
    write(
        pair[1],
        "CREATE TABLE a (id INTEGER PRIMARY KEY, b INTEGER REFERENCES b (id));"
        "CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER REFERENCES a (id), customer CHAR(36) REFERENCES customers);",
    )
    run = start(*pair)
    with run.target.connect(reading=True) as connection:
        catalogue = introspect(connection, run.target.dialect)
    names = ("customers", "a", "b", "purchases")
    undone = {name: Undoing("run-1", catalogue.table(name), ("id",), 0, 1) for name in names}
    order = [one.name for one in children_first(undone, catalogue)]
    assert order.index("purchases") < order.index("customers")
    assert order.index("b") < order.index("customers")
    assert sorted(order) == sorted(names)


@pytest.mark.parametrize(
    ("before", "others", "changed", "expected"),
    [
        (0, 0, 0, RollbackKind.TRUNCATE),
        (0, 1, 0, RollbackKind.DELETE_CREATED),
        (5, 5, 0, RollbackKind.DELETE_CREATED),
        (5, 0, 0, RollbackKind.DELETE_CREATED),
        (0, 0, 1, RollbackKind.RESTORE_UPDATED),
        (5, 5, 1, RollbackKind.RESTORE_UPDATED),
    ],
)
def test_how_a_table_is_undone(
    pair: tuple[Path, Path], before: int, others: int, changed: int, expected: RollbackKind
) -> None:
    run = start(*pair)
    facts = run.compiled["customers"].target
    assert kind_of(Undoing("run-1", facts, ("id",), before, 10, changed), others) is expected


def test_rows_that_only_an_edited_ledger_calls_others_are_not_what_forbids_it(tmp_path: Path) -> None:
    old, new = shop(tmp_path)
    run = start(old, new)
    run.copy_all()
    write(new, "DELETE FROM ferryman_row WHERE table_name = 'purchases' AND batch = '2'")
    available, why = rollback_available(run.target, run.run)
    assert not available
    assert why.startswith("The ledger of purchases is not as it was written")
