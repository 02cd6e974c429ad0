"""Proof that everything arrived: right migrations pass, and every planted fault is seen by the check that should."""

import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from ferryman.domain.filters import Comparison, Operator
from ferryman.domain.mapping import (
    Action,
    Conflict,
    Derived,
    Generated,
    Kept,
    Mapping,
    Policy,
    Problem,
    Shape,
    Strategy,
    TableMapping,
)
from ferryman.domain.transforms import AddMetadataJson, EpochToTimestamp, ForeignKeyTo, NewId, PreserveLegacyId
from ferryman.domain.validation import CheckKind, CheckResult, CheckStatus, TableValidation
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.prove.samples import SAMPLES
from ferryman.tools.prove.validate import validate_table
from tests.tools.demo_plan import CASE_FILES, Pair, brackets, column, junction, moved
from tests.tools.demo_plan import pair as pair_of

PASS, FAIL, NOT_VALIDATED = CheckStatus.PASS, CheckStatus.FAIL, CheckStatus.NOT_VALIDATED
COUNT, SAMPLE, CHECKSUM, INTEGRITY, ACCOUNTING = CheckKind

OLD = """
CREATE TABLE shop (id integer PRIMARY KEY, name text);
CREATE TABLE sale (
    id integer PRIMARY KEY, shop_id int, name text, price numeric, weight real, at int, day text, doc text);
INSERT INTO shop VALUES (1, 'North'), (2, 'South'), (3, 'West');
"""
NEW = """
CREATE TABLE shops (id CHAR(36) PRIMARY KEY, name VARCHAR(20) NOT NULL);
CREATE TABLE sales (
    id CHAR(36) PRIMARY KEY, shop_id CHAR(36) REFERENCES shops (id), name VARCHAR(40), price NUMERIC(10, 2),
    weight REAL, at TIMESTAMP, day DATE, metadata JSON, legacy_id INTEGER);
"""
SHOPS = TableMapping(
    source="shop",
    target="shops",
    key=("id",),
    identity=Derived(),
    columns=(column("id", "id", NewId()), column("name", "name")),
)
SALES = TableMapping(
    source="sale",
    target="sales",
    key=("id",),
    identity=Derived(),
    columns=(
        column("id", "id", NewId()),
        column("shop_id", "shop_id", ForeignKeyTo(parent="shops")),
        column("name", "name"),
        column("price", "price"),
        column("weight", "weight"),
        column("at", "at", EpochToTimestamp()),
        column("day", "day"),
        column("metadata", ("doc",), AddMetadataJson()),
        column("legacy_id", "id", PreserveLegacyId()),
    ),
)
ROWS = 400


@dataclass(frozen=True)
class Moved:
    """A pair whose plan was carried out."""

    pair: Pair
    ledger: Ledger

    def new(self, *statements: str) -> "Moved":
        """Change the new database behind everybody's back."""
        return self._run(self.pair.new, statements)

    def old(self, *statements: str) -> "Moved":
        """Change the old database, as its application might."""
        return self._run(self.pair.legacy, statements)

    def _run(self, path: Path, statements: tuple[str, ...]) -> "Moved":
        with closing(sqlite3.connect(path)) as database, database:
            for statement in statements:
                assert database.execute(statement).rowcount != 0, f"{statement} changed nothing"
        return self

    def validated(self, table: str = "sales") -> TableValidation:
        return validate_table(self.pair.source, self.pair.target, self.ledger, "r1", self.pair.compiled()[table])

    def check(self, kind: CheckKind, table: str = "sales") -> CheckResult:
        (found,) = [check for check in self.validated(table).checks if check.kind is kind]
        return found

    def failing(self, table: str = "sales") -> set[CheckKind]:
        return {check.kind for check in self.validated(table).checks if check.status is FAIL}


def sales_pair(
    folder: Path, sales: TableMapping = SALES, new: str = NEW, rows: int = ROWS, shops: TableMapping = SHOPS
) -> Pair:
    old_file, new_file = folder / "old.sqlite", folder / "new.sqlite"
    with closing(sqlite3.connect(old_file)) as old, old:
        old.executescript(OLD)
        old.executemany(
            "INSERT INTO sale VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (n, n % 3 + 1, f"Sale {n}", n + 0.25, n / 7, 1_500_000_000 + n, f"2020-01-{n % 28 + 1:02}", f"d{n}")
                for n in range(1, rows + 1)
            ),
        )
    with closing(sqlite3.connect(new_file)) as database, database:
        database.executescript(new)
    return pair_of(old_file, new_file, Mapping(tables=(shops, sales)))


@pytest.fixture(scope="module")
def once(tmp_path_factory) -> Path:
    """400 sales, moved rightly; the old database was last written to long ago."""
    pair = sales_pair(tmp_path_factory.mktemp("once"))
    quiet(pair.legacy)
    moved(pair, 100)
    return pair.legacy.parent


@pytest.fixture
def good(once, tmp_path) -> Moved:
    """A copy of these two files, for a fault to be planted in."""
    for name in ("old.sqlite", "new.sqlite"):
        shutil.copy2(once / name, tmp_path / name)
    pair = pair_of(tmp_path / "old.sqlite", tmp_path / "new.sqlite", Mapping(tables=(SHOPS, SALES)))
    return Moved(pair, Ledger(pair.target))


def quiet(path: Path) -> None:
    os.utime(path, (1_600_000_000, 1_600_000_000))


def new_id(legacy: int) -> str:
    return f"(SELECT id FROM sales WHERE legacy_id = {legacy})"


def test_a_right_migration_passes_every_check(good):
    validation = good.validated()
    assert [(check.kind, check.status) for check in validation.checks] == [(kind, PASS) for kind in CheckKind]
    count, sample, checksum, integrity, accounting = validation.checks
    assert (count.expected, count.actual) == (ROWS, ROWS)
    assert (sample.samples, sample.passed) == (SAMPLES, SAMPLES)
    assert set(sample.fields) == {c.target for c in SALES.columns}
    assert checksum.expected == checksum.actual
    assert (integrity.expected, integrity.actual) == (0, 0)
    assert (accounting.expected, accounting.actual) == (ROWS, ROWS)


def test_the_demo_is_proved(tmp_path):
    done = Moved(pair := brackets(tmp_path), moved(pair, 500))
    validation = done.validated("brackets")
    assert validation.status is PASS
    assert "the table held 0 before and holds 1,569 now" in validation.checks[0].text


def test_only_the_checks_of_the_plan_are_made_in_their_order(good):
    pair = good.pair
    found = validate_table(
        pair.source, pair.target, good.ledger, "r1", pair.compiled()["sales"], ("accounting", "count_match")
    )
    assert [check.kind for check in found.checks] == [COUNT, ACCOUNTING]


def test_it_can_be_done_again_and_writes_nothing(good):
    before = good.pair.new.read_bytes()
    assert good.validated() == good.validated()
    assert good.pair.new.read_bytes() == before


@pytest.mark.parametrize(
    ("fault", "columns"),
    [
        ("UPDATE sales SET name = name || '!' WHERE legacy_id = 17", {"name"}),
        ("UPDATE sales SET name = NULL WHERE legacy_id = 17", {"name"}),
        ("UPDATE sales SET price = CAST(price AS INTEGER) WHERE legacy_id = 17", {"price"}),
        ("UPDATE sales SET price = price + 0.01 WHERE legacy_id = 17", {"price"}),
        ("UPDATE sales SET weight = round(weight, 3) WHERE legacy_id = 17", {"weight"}),
        ("UPDATE sales SET at = datetime(at, '+1 hour') WHERE legacy_id = 17", {"at"}),
        ("UPDATE sales SET at = datetime(at, '+1 hour')", {"at"}),
        ("UPDATE sales SET day = date(day, '-1 day') WHERE legacy_id = 17", {"day"}),
        ("UPDATE sales SET metadata = json_set(metadata, '$.legacy.doc', 'x') WHERE legacy_id = 17", {"metadata"}),
        ("UPDATE sales SET name = 'x', price = 0 WHERE legacy_id IN (17, 18)", {"name", "price"}),
        ("UPDATE sales SET legacy_id = 100017 WHERE legacy_id = 17", {"legacy_id"}),
    ],
)
def test_the_checksum_sees_a_changed_value_and_names_its_column(good, fault, columns):
    check = good.new(fault).check(CHECKSUM)
    assert (check.status, set(check.mismatched)) == (FAIL, columns)
    assert check.expected != check.actual
    assert good.check(COUNT).status is PASS


def test_the_checksum_sees_two_values_swapped_between_rows(good):
    good.new(
        "UPDATE sales SET name = CASE legacy_id WHEN 17 THEN 'Sale 18' ELSE 'Sale 17' END WHERE legacy_id IN (17, 18)"
    )
    check = good.check(CHECKSUM)
    assert (check.status, check.mismatched, check.passed) == (FAIL, ("name",), ROWS - 2)
    assert "2 rows differ in name" in check.text


def test_a_missing_row_is_seen_by_count_and_checksum(good):
    good.new("DELETE FROM sales WHERE legacy_id = 17")
    assert {COUNT, CHECKSUM} <= good.failing()
    count = good.check(COUNT)
    assert (count.expected, count.actual) == (ROWS, ROWS - 1)
    assert "1 row of this run is gone" in good.check(CHECKSUM).text


def test_a_missing_row_is_seen_though_another_was_added(good):
    good.new("DELETE FROM sales WHERE legacy_id = 17", "INSERT INTO sales (id, name) VALUES ('theirs', 'Sale 17')")
    assert good.failing() >= {COUNT, CHECKSUM}


def test_a_row_too_many_is_seen_by_its_mark(good):
    good.new("INSERT INTO sales SELECT 'again', shop_id, name, price, weight, at, day, metadata, 17 FROM sales LIMIT 1")
    check = good.check(COUNT)
    assert (check.status, check.actual) == (FAIL, ROWS + 1)
    assert "1 row too many" in check.text


def test_a_row_of_others_is_told_and_is_no_fault(good):
    good.new("INSERT INTO sales (id, name) VALUES ('theirs', 'x')")
    assert good.validated().status is PASS
    assert "1 row came from others" in good.check(COUNT).text


def test_a_row_that_the_filter_left_out_must_not_be_there(tmp_path):
    few = SALES.but(filter=Comparison(column="id", op=Operator.UNEQUAL, values=(17,)))
    pair = sales_pair(tmp_path, few)
    quiet(pair.legacy)
    done = Moved(pair, moved(pair, 100))
    assert done.validated().status is PASS
    assert done.check(ACCOUNTING).text == f"{ROWS:,} = {ROWS - 1:,} migrated + 1 skipped."
    done.new("INSERT INTO sales (id, legacy_id) SELECT replace(id, '012', '011'), 17 FROM sales WHERE legacy_id = 18")
    assert done.failing() == {COUNT}


def test_a_reference_to_another_parent_that_exists_is_seen(good):
    west = "(SELECT id FROM shops WHERE name = 'West')"
    first = f"(SELECT min(legacy_id) FROM sales WHERE shop_id <> {west})"
    good.new(f"UPDATE sales SET shop_id = {west} WHERE legacy_id = {first}")
    assert good.failing() >= {CHECKSUM, INTEGRITY}
    check = good.check(INTEGRITY)
    assert (check.mismatched, check.actual) == (("shop_id",), 2)
    assert good.check(CHECKSUM).mismatched == ("shop_id",)


def test_a_reference_without_its_parent_is_seen(good):
    good.new("UPDATE sales SET shop_id = 'nowhere' WHERE legacy_id = 17")
    check = good.check(INTEGRITY)
    assert check.status is FAIL
    assert "1 without a parent, by shop_id" in check.text


def test_a_deleted_parent_is_seen(good):
    good.new("DELETE FROM shops WHERE name = 'West'")
    assert good.check(INTEGRITY).status is FAIL
    assert good.failing("shops") >= {COUNT, CHECKSUM}


def test_a_sampled_row_that_changed_is_seen(good):
    check = good.new("UPDATE sales SET name = 'x'").check(SAMPLE)
    assert (check.status, check.samples, check.passed, check.mismatched) == (FAIL, SAMPLES, 0, ("name",))


def test_the_same_value_written_in_another_way_is_no_difference(good):
    good.new(
        "UPDATE sales SET at = replace(at, ' ', 'T') || '+00:00' WHERE legacy_id % 2",
        "UPDATE sales SET at = strftime('%Y-%m-%d %H:%M:%S', at, '+2 hours') || '+02:00' WHERE legacy_id = 18",
        "UPDATE sales SET metadata = json_object('origin', metadata -> 'origin', 'legacy', metadata -> 'legacy')",
        "UPDATE sales SET weight = weight * (1 + 1e-15)",
    )
    assert good.validated().status is PASS


def test_no_result_holds_a_value(good):
    good.new("UPDATE sales SET name = 'Secret-Person' WHERE legacy_id IN (1, 17)")
    told = good.validated().model_dump_json()
    assert "Secret-Person" not in told
    assert "Sale 17" not in told


def test_rows_that_were_deleted_in_the_old_database_since_are_told_and_no_fault(good):
    good.old("DELETE FROM sale WHERE id IN (17, 18)")
    check = good.check(CHECKSUM)
    assert check.status is PASS
    assert "2 rows left the old database since" in check.text
    assert good.validated().status is PASS
    assert "rows came into it or left it since they were copied" in good.check(INTEGRITY).text


def test_rows_that_came_where_batches_had_been_are_told_and_no_fault(good):
    good.old("INSERT INTO sale SELECT 0, shop_id, name, price, weight, at, day, doc FROM sale WHERE id = 17")
    assert [check.text for check in good.validated().checks if check.status is not PASS] == []
    assert "1 row came into the old database since" in good.check(CHECKSUM).text
    assert "49 of 400 rows compared field by field: all equal; 1 sampled besides came" in good.check(SAMPLE).text


def test_rows_that_came_excuse_none_that_is_lost_or_refers_elsewhere(good):
    good.old("INSERT INTO sale SELECT 0, shop_id, name, price, weight, at, day, doc FROM sale WHERE id = 17")
    good.new("UPDATE sales SET shop_id = NULL WHERE legacy_id = 17")
    assert good.check(INTEGRITY).status is not PASS
    good.new("DELETE FROM sales WHERE legacy_id = 17")
    assert {COUNT, SAMPLE, CHECKSUM} <= good.failing()


def test_rows_that_came_since_are_the_next_runs(good):
    good.old(f"INSERT INTO sale (id, name) VALUES ({ROWS + 1}, 'new')")
    assert good.validated().status is PASS
    assert "1 row arrived in the old database since" in good.check(COUNT).text


def test_rows_that_changed_in_the_old_database_since_are_never_green_and_no_proof_of_a_fault(good):
    good.old("UPDATE sale SET name = 'changed' WHERE id = 17")
    check = good.check(CHECKSUM)
    assert (check.status, check.mismatched) == (NOT_VALIDATED, ("name",))
    assert "the old database was written to" in check.text


def test_a_legacy_value_that_does_not_fit_any_more_is_told(good):
    good.old("UPDATE sale SET day = 'someday' WHERE id = 17")
    check = good.check(CHECKSUM)
    assert check.status is NOT_VALIDATED
    assert "1 row of the old database by now with values" in check.text


def test_quarantined_rows_are_left_out_and_accounted_for(tmp_path):
    policies = (Policy(problem=Problem.MISSING_PARENT, columns=("case_id",), strategy=Strategy.QUARANTINE),)
    found = junction(tmp_path)
    pair = Pair(
        found.source, found.target, found.mapping.with_table(CASE_FILES.but(policies=policies)), found.legacy, found.new
    )
    done = Moved(pair, moved(pair))
    validation = done.validated("case_file_relationships")
    assert validation.status is PASS
    assert done.check(ACCOUNTING, "case_file_relationships").text == "15,420 = 15,397 migrated + 23 quarantined."
    assert done.check(COUNT, "case_file_relationships").expected == 15_397


@pytest.mark.parametrize(
    "identity", [Derived(version=5), Derived(version=5, shape=Shape.HEX), Derived(shape=Shape.HEX)], ids=str
)
def test_every_kind_of_derived_key_is_proved(tmp_path, identity):
    pair = sales_pair(tmp_path, SALES.but(identity=identity))
    assert Moved(pair, moved(pair, 100)).validated().status is PASS


@pytest.mark.parametrize("identity", [Kept(), Generated()], ids=str)
def test_integer_keys_are_proved(tmp_path, identity):
    integers = NEW.replace("id CHAR(36) PRIMARY KEY, shop_id", "id INTEGER PRIMARY KEY, shop_id")
    pair = sales_pair(tmp_path, SALES.but(identity=identity), integers)
    quiet(pair.legacy)
    done = Moved(pair, moved(pair, 100))
    assert done.validated().status is PASS
    assert {COUNT, CHECKSUM} <= done.new("DELETE FROM sales WHERE legacy_id = 17").failing()


def test_references_to_parents_whose_keys_the_target_made_are_proved(tmp_path):
    integers = NEW.replace("id CHAR(36) PRIMARY KEY", "id INTEGER PRIMARY KEY").replace("_id CHAR(36)", "_id INTEGER")
    pair = sales_pair(tmp_path, SALES.but(identity=Generated()), integers, shops=SHOPS.but(identity=Generated()))
    quiet(pair.legacy)
    done = Moved(pair, moved(pair, 100))
    assert done.validated().status is PASS
    elsewhere = "UPDATE sales SET shop_id = 1 + shop_id % 3 WHERE legacy_id = 17"
    assert INTEGRITY in done.new(elsewhere).failing()


def test_keys_that_the_target_numbers_itself_are_proved(tmp_path):
    integers = NEW.replace("id CHAR(36) PRIMARY KEY, shop_id", "id INTEGER PRIMARY KEY, shop_id")
    numbered = SALES.but(columns=SALES.columns[1:])
    pair = sales_pair(tmp_path, numbered, integers)
    quiet(pair.legacy)
    done = Moved(pair, moved(pair, 100))
    assert done.check(CHECKSUM).status is PASS
    assert done.check(SAMPLE).status is NOT_VALIDATED
    assert done.new("UPDATE sales SET name = 'x' WHERE legacy_id = 17").check(CHECKSUM).status is FAIL


def test_a_table_without_a_key_is_proved_where_it_was_empty(tmp_path):
    bare = NEW.replace("id CHAR(36) PRIMARY KEY, shop_id", "shop_id")
    pair = sales_pair(tmp_path, SALES.but(columns=SALES.columns[1:]), bare)
    quiet(pair.legacy)
    done = Moved(pair, moved(pair, 100))
    assert done.check(CHECKSUM).status is PASS
    swapped = "UPDATE sales SET name = CASE legacy_id WHEN 17 THEN 'Sale 18' ELSE 'Sale 17' END"
    assert done.new(f"{swapped} WHERE legacy_id IN (17, 18)").check(CHECKSUM).status is FAIL


def test_a_table_without_a_key_that_held_rows_is_not_validated(tmp_path):
    bare = NEW.replace("id CHAR(36) PRIMARY KEY, shop_id", "shop_id") + "INSERT INTO sales (name) VALUES ('theirs');"
    pair = sales_pair(tmp_path, SALES.but(columns=SALES.columns[1:]), bare)
    done = Moved(pair, moved(pair, 100))
    assert done.check(CHECKSUM).status is NOT_VALIDATED
    assert done.validated().status is NOT_VALIDATED


def test_keys_of_two_columns_and_hostile_names_are_proved(tmp_path):
    old, new = tmp_path / "old.sqlite", tmp_path / "new.sqlite"
    with closing(sqlite3.connect(old)) as database, database:
        database.execute(
            """CREATE TABLE "li;ne""s" ("a b" int, "select" text, v text, PRIMARY KEY ("a b", "select"))"""
        )
        rows = ((n // 10, f"x'{n % 10}", f"v{n}") for n in range(200))
        database.executemany("""INSERT INTO "li;ne""s" VALUES (?, ?, ?)""", rows)
    with closing(sqlite3.connect(new)) as database, database:
        database.execute("""CREATE TABLE "lin es" (a int, "b--" varchar(9), v text, PRIMARY KEY (a, "b--"))""")
    lines = TableMapping(
        source='li;ne"s',
        target="lin es",
        key=("a b", "select"),
        columns=(column("a", "a b"), column("b--", "select"), column("v", "v")),
    )
    pair = pair_of(old, new, Mapping(tables=(lines,)))
    quiet(old)
    done = Moved(pair, moved(pair, 50))
    assert done.validated("lin es").status is PASS
    done.new("""UPDATE "lin es" SET v = 'x' WHERE a = 3""", """DELETE FROM "lin es" WHERE a = 4 AND "b--" = 'x''1'""")
    check = done.check(CHECKSUM, "lin es")
    assert (check.status, check.mismatched) == (FAIL, ("v",))
    assert "1 row of this run is gone; 10 rows differ in v" in check.text
    assert done.check(COUNT, "lin es").actual == 199


def test_an_empty_table_is_proved(tmp_path):
    pair = sales_pair(tmp_path, rows=0)
    assert Moved(pair, moved(pair)).validated().status is PASS


def test_a_run_that_was_stopped_is_judged_by_what_it_did_and_does_not_add_up(good, tmp_path):
    """The ledger's last batch is taken away with its rows, as if it had never been."""
    last = "run_id = 'r1' AND table_name = 'sales' AND"
    good.new(
        "DELETE FROM sales WHERE legacy_id > 300",
        f"DELETE FROM ferryman_row WHERE {last} batch = '4'",
        f"DELETE FROM ferryman_batch WHERE {last} number = '4'",
    )
    found = {check.kind: check.status for check in good.validated().checks}
    assert found == {COUNT: PASS, SAMPLE: PASS, CHECKSUM: PASS, INTEGRITY: PASS, ACCOUNTING: FAIL}


def test_rows_of_a_later_run_are_not_taken_for_ours(good):
    good.old(f"INSERT INTO sale (id, shop_id, name) VALUES ({ROWS + 1}, 1, 'new')")
    later = SALES.but(filter=Comparison(column="id", op=Operator.GREATER, values=(ROWS,)))
    second = Pair(good.pair.source, good.pair.target, Mapping(tables=(later,)), good.pair.legacy, good.pair.new)
    shops_too = second.mapping.but(tables=(SHOPS.but(action=Action.REFER), later))
    moved(Pair(second.source, second.target, shops_too, second.legacy, second.new), run="r2")
    count = good.check(COUNT)
    assert (count.status, count.actual) == (PASS, ROWS)
    assert good.check(CHECKSUM).status is PASS


def test_references_to_a_table_that_is_still_to_be_copied_are_not_validated_yet(tmp_path):
    pair = sales_pair(tmp_path)
    quiet(pair.legacy)
    done = Moved(pair, moved(pair, 100, only=("sales",)))
    check = done.check(INTEGRITY)
    assert check.status is NOT_VALIDATED
    assert "rows of shops are still to come" in check.text


@pytest.mark.parametrize(
    ("strategy", "problem", "columns"),
    [
        (Strategy.SET_NULL, Problem.MISSING_PARENT, ("shop_id",)),
        (Strategy.QUARANTINE, Problem.MISSING_PARENT, ("shop_id",)),
        (Strategy.SET_NULL, Problem.UNCASTABLE, ("day",)),
        (Strategy.TRUNCATE, Problem.TOO_LONG, ("name",)),
    ],
)
def test_rows_that_a_decision_mends_are_proved_as_they_were_mended(tmp_path, strategy, problem, columns):
    policy = Policy(problem=problem, columns=columns, strategy=strategy)
    pair = sales_pair(tmp_path, SALES.but(policies=(policy,)))
    with closing(sqlite3.connect(pair.legacy)) as old, old:
        old.execute("UPDATE sale SET shop_id = 9 WHERE id = 17" if columns == ("shop_id",) else "SELECT 1")
        old.execute("UPDATE sale SET day = 'someday' WHERE id = 17" if columns == ("day",) else "SELECT 1")
        old.execute("UPDATE sale SET name = printf('%.50c', 'x') WHERE id = 17" if columns == ("name",) else "SELECT 1")
    quiet(pair.legacy)
    done = Moved(pair, moved(pair, 100))
    assert done.validated().status is PASS
    if strategy is not Strategy.QUARANTINE:
        assert done.new(f"UPDATE sales SET {columns[0]} = 'y' WHERE legacy_id = 17").check(CHECKSUM).status is FAIL


def with_a_row_of_others(folder: Path, conflict: Conflict) -> Moved:
    """Sale 17 was in the new database before, under its own key, with another name and no day."""
    integers = NEW.replace("id CHAR(36) PRIMARY KEY, shop_id", "id INTEGER PRIMARY KEY, shop_id")
    there = integers + "INSERT INTO sales (id, name) VALUES (17, 'theirs');"
    pair = sales_pair(folder, SALES.but(identity=Kept(), conflict=conflict), there)
    quiet(pair.legacy)
    return Moved(pair, moved(pair, 100))


@pytest.mark.parametrize("conflict", [Conflict.KEEP, Conflict.REPLACE, Conflict.MERGE], ids=str)
def test_rows_that_were_there_before_are_accounted_for_as_matched(tmp_path, conflict):
    done = with_a_row_of_others(tmp_path, conflict)
    validation = done.validated()
    assert validation.status is PASS, validation
    assert done.check(COUNT).expected == ROWS
    assert done.check(ACCOUNTING).text == f"{ROWS:,} = {ROWS - 1:,} migrated + 1 matched."


def test_what_was_overwritten_or_filled_is_compared_and_nothing_else_of_that_row(tmp_path):
    for conflict, fault, expected in (
        (Conflict.KEEP, "name", PASS),
        (Conflict.MERGE, "name", PASS),
        (Conflict.MERGE, "day", FAIL),
        (Conflict.REPLACE, "name", FAIL),
    ):
        folder = tmp_path / f"{conflict}-{fault}"
        folder.mkdir()
        done = with_a_row_of_others(folder, conflict).new(f"UPDATE sales SET {fault} = '2001-01-01' WHERE id = 17")
        check = done.check(CHECKSUM)
        assert (check.status, check.mismatched) == (expected, (fault,) if expected is FAIL else ())


def test_a_matched_row_that_is_gone_is_seen(tmp_path):
    done = with_a_row_of_others(tmp_path, Conflict.KEEP).new("DELETE FROM sales WHERE id = 17")
    check = done.check(COUNT)
    assert (check.status, check.expected, check.actual) == (FAIL, ROWS, ROWS - 1)
