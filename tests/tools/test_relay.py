"""Copying where no connection sees both databases: to and from PostgreSQL and MariaDB, and between a server
and a SQLite file. What is asserted are rows, as the target's own driver gives them."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import make_url

from ferryman.domain.errors import Corrupt, Refused
from ferryman.domain.mapping import (
    Conflict,
    Derived,
    Generated,
    IdPolicy,
    Kept,
    KeyPair,
    Mapping,
    Matched,
    Policy,
    Problem,
    Strategy,
    TableMapping,
)
from ferryman.domain.plan import Phase, Plan
from ferryman.domain.transforms import ForeignKeyTo, NewId, Rename
from ferryman.domain.validation import CheckStatus
from ferryman.tools.databases.connect import open_target
from ferryman.tools.move.failpoint import OF_A_BATCH, OF_AN_UNDOING
from ferryman.tools.move.rollback import rollback
from ferryman.tools.move.work import Ending
from ferryman.tools.prepare.preflight import preflight
from ferryman.tools.prove.evidence import gather
from ferryman.tools.prove.validate import validate_table
from tests.servers import PASSWORD, READER, Made, Server
from tests.tools.pairs import CUSTOMERS, LEGACY, NEW, PURCHASES, SHOP, Run, column, plan_of, start
from tests.tools.test_crash import copy_on, forked


@dataclass(frozen=True)
class Side:
    """One database of a test, whatever it is."""

    url: str  #: as a target
    source: str
    run: Callable[[str], None]
    ask: Callable[..., list[tuple[Any, ...]]]

    def fill(self, table: str, rows: Iterable[Sequence[object]]) -> None:
        listed = (", ".join("NULL" if c is None else f"'{c}'" for c in row) for row in rows)
        if values := ", ".join(f"({cells})" for cells in listed):
            self.run(f"INSERT INTO {table} VALUES {values};")

    def one(self, sql: str) -> Any:
        return self.ask(sql)[0][0]

    def writer(self) -> str:
        """The same as a target, by a user who may write there, the ledger too, and alter nothing: on PostgreSQL."""
        for schema in ("public", "ferryman"):
            self.run(
                f"GRANT ALL ON SCHEMA {schema} TO {READER}; GRANT ALL ON ALL TABLES IN SCHEMA {schema} TO {READER};"
                f"GRANT ALL ON ALL SEQUENCES IN SCHEMA {schema} TO {READER};"
            )
        theirs = make_url(self.url).set(username=READER, password=PASSWORD)
        return theirs.render_as_string(hide_password=False)


def of_server(made: Made) -> Side:
    return Side(made.url, made.source, made.run, made.ask)


def of_file(path: Path) -> Side:
    def run(script: str) -> None:
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(script)

    def ask(sql: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(path)) as connection:
            return connection.execute(sql).fetchall()

    run("CREATE TABLE kept_empty (n INTEGER)")
    return Side(str(path), str(path), run, ask)


@dataclass(frozen=True)
class Pair:
    old: Side
    new: Side
    uuids: str  #: what a column for UUIDs is declared as in the new one

    def shop(self, customers: int = 20, purchases: int = 100) -> None:
        """As `pairs.shop`."""
        self.old.run(LEGACY)
        self.new.run(NEW.replace("CHAR(36)", self.uuids))
        cities = ((n, f"Customer {n}", None if n % 3 else "Köln") for n in range(1, customers + 1))
        self.old.fill("customer", cities)
        self.old.fill("purchase", ((n, 1 + n % customers, n * 7, f"note {n}") for n in range(1, purchases + 1)))

    def start(self, mapping: Mapping = SHOP, **details: Any) -> Run:
        return start(self.old.source, self.new.url, mapping, **details)  # type: ignore[arg-type]


@pytest.fixture(
    params=[
        "sqlite to postgresql",
        "postgresql to postgresql",
        "postgresql to sqlite",
        "sqlite to mariadb",
        "postgresql to mariadb",
        "mariadb to mariadb",
        "mariadb to postgresql",
        "mariadb to sqlite",
    ]
)
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Pair:
    return made_pair(request, tmp_path)


def made_pair(request: pytest.FixtureRequest, tmp_path: Path) -> Pair:
    source, _, target = request.param.partition(" to ")
    sides = []
    for name, what in (("old", source), ("new", target)):
        if what == "sqlite":
            sides.append(of_file(tmp_path / f"{name}.sqlite"))
        else:
            server: Server = request.getfixturevalue(what)
            sides.append(of_server(server.database()))
    return Pair(sides[0], sides[1], "uuid" if target == "postgresql" else "CHAR(36)")


@pytest.fixture(params=["sqlite to postgresql", "postgresql to mariadb", "mariadb to sqlite"])
def far(request: pytest.FixtureRequest, tmp_path: Path) -> Pair:
    """Each kind once on each side."""
    return made_pair(request, tmp_path)


def validated(run: Run, table: str) -> None:
    validation = validate_table(run.source, run.target, run.ledger, run.run, run.compiled[table])
    assert {check.kind: check.status for check in validation.checks} == dict.fromkeys(
        [check.kind for check in validation.checks], CheckStatus.PASS
    ), [check.text for check in validation.checks]


@pytest.mark.parametrize("key", ["id", "id, line"])
def test_rows_of_keys_without_a_sign_are_found_by_their_index(mariadb: Server, key: str) -> None:
    made = of_server(mariadb.database()), of_server(mariadb.database())
    pair = Pair(*made, "CHAR(36)")
    for side, name in ((pair.old, "item"), (pair.new, "items")):
        side.run(
            f"CREATE TABLE {name} (id BIGINT UNSIGNED NOT NULL, line INT UNSIGNED NOT NULL, "
            f"note VARCHAR(9), PRIMARY KEY ({key}))"
        )
    pair.old.run("INSERT INTO item VALUES (1, 1, 'a'), (2, 2, NULL), (3, 3, 'c')")
    identity = NewId() if key == "id" else Rename()
    columns = (column("id", "id", identity), column("line", "line", Rename()), column("note", "note", Rename()))
    items = TableMapping(source="item", target="items", key=tuple(key.split(", ")), columns=columns)
    run = pair.start(Mapping(tables=(items,)))
    run.copy("items")
    evidence = gather(run.source, run.target, run.ledger, run.run, run.compiled["items"])
    with evidence.connect() as connection:
        sql = str(evidence.made(("note",)).compile(connection, compile_kwargs={"literal_binds": True}))
        steps = [row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}")]
        assert connection.exec_driver_sql(sql).fetchall() == [("a",), (None,), ("c",)]
    assert [step for step in steps if "items_0 (id" in step], steps
    validated(run, "items")


def test_rows_are_copied_proved_and_undone(pair: Pair) -> None:
    pair.shop()
    run = pair.start()
    run.copy_all()
    rows = pair.new.ask(
        "SELECT p.legacy_id, c.legacy_id, c.city, p.amount, p.note FROM purchases p "
        "JOIN customers c ON c.id = p.customer_id ORDER BY 1"
    )
    assert rows == [(n, 1 + n % 20, None if (1 + n % 20) % 3 else "Köln", n * 7, f"note {n}") for n in range(1, 101)]
    validated(run, "customers")
    validated(run, "purchases")
    rollback(run.target, run.run)
    assert pair.new.one("SELECT count(*) FROM customers") == pair.new.one("SELECT count(*) FROM purchases") == 0


def amended(mapping: TableMapping, **changes: Any) -> Mapping:
    """The shop's mapping with one table changed."""
    return SHOP.with_table(mapping.but(**changes))


def with_policy(problem: Problem, strategy: Strategy, *columns: str) -> dict[str, Any]:
    return {"policies": (Policy(problem=problem, columns=columns, strategy=strategy),)}


def test_a_missing_parent_stops_its_batch_and_no_other(far: Pair) -> None:
    far.shop()
    far.old.run("UPDATE purchase SET customer_id = NULL WHERE id = 3;")
    far.old.run(without_keys(far, "purchase", "UPDATE purchase SET customer_id = 999 WHERE id = 55;"))
    run = far.start()
    run.copy("customers")
    result = run.copy("purchases")
    assert (result.ending, result.batches) == (Ending.FAILED, 5)
    assert result.failure is not None
    assert result.failure.problem == Problem.MISSING_PARENT
    assert far.new.one("SELECT count(*) FROM purchases") == 50


def without_keys(pair: Pair, table: str, script: str) -> str:
    """A script that breaks a reference, which the old database may forbid."""
    if "postgresql" in pair.old.url:
        return f"ALTER TABLE {table} DROP CONSTRAINT {table}_customer_id_fkey; {script}"
    if "mysql" in pair.old.url:
        return f"SET foreign_key_checks = 0;\n{script}"
    return script


def test_orphans_are_set_aside_or_emptied_as_decided(far: Pair) -> None:
    far.shop()
    far.old.run(without_keys(far, "purchase", "UPDATE purchase SET customer_id = 999 WHERE id IN (55, 56);"))
    run = far.start(amended(PURCHASES, **with_policy(Problem.MISSING_PARENT, Strategy.QUARANTINE, "customer_id")))
    run.copy_all()
    assert far.new.one("SELECT count(*) FROM purchases") == 98
    assert [row.source_key for row in run.ledger.quarantined(run.run)] == ["[55]", "[56]"]
    validated(run, "purchases")
    rollback(run.target, run.run)
    assert far.new.one("SELECT count(*) FROM purchases") == 0
    emptied = amended(PURCHASES, **with_policy(Problem.MISSING_PARENT, Strategy.SET_NULL, "customer_id"))
    again = far.start(emptied, run="run-2")
    again.copy_all()
    assert far.new.ask("SELECT legacy_id FROM purchases WHERE customer_id IS NULL ORDER BY 1") == [(55,), (56,)]
    validated(again, "purchases")


def test_preflight_finds_what_would_fail(far: Pair) -> None:
    far.shop()
    far.old.run(without_keys(far, "purchase", "UPDATE purchase SET customer_id = 999 WHERE id IN (55, 56);"))
    far.old.run(f"UPDATE purchase SET note = '{'x' * 30}' WHERE id = 7;")
    far.old.run("UPDATE customer SET name = NULL WHERE id = 4;")
    run = far.start()
    plan = plan_of()
    found = preflight(
        run.source,
        run.target,
        run.compiled["customers"].source_database,
        run.compiled["customers"].target_database,
        with_phases(plan),
        run.compiled,
    )
    assert {(one.table, one.columns, one.problem, one.rows) for one in found.problems} == {
        ("customers", ("name",), Problem.NULL_IN_REQUIRED, 1),
        ("purchases", ("customer_id",), Problem.MISSING_PARENT, 2),
        ("purchases", ("note",), Problem.TOO_LONG, 1),
    }


def with_phases(plan: Plan) -> Plan:
    tables = tuple(table.target for table in plan.mapping.copied)
    return plan.but(phases=(Phase(number=1, name="all", tables=tables, rationale=""),))


def test_rows_that_are_there_are_kept_replaced_or_merged_and_given_back(far: Pair) -> None:
    far.shop(customers=6, purchases=0)
    run = far.start()
    run.copy("customers")
    run.ledger.release(run.run)
    far.new.run("DELETE FROM customers WHERE legacy_id > 3;")
    far.new.run("UPDATE customers SET name = 'changed', city = NULL;")
    before = sorted(far.new.ask("SELECT legacy_id, name, city FROM customers"), key=repr)
    for conflict, names, cities in (
        (Conflict.KEEP, "changed", None),
        (Conflict.MERGE, "changed", "Köln"),
        (Conflict.REPLACE, "Customer 3", "Köln"),
    ):
        again = far.start(amended(CUSTOMERS, conflict=conflict), run=f"run-{conflict.value}")
        result = again.copy("customers")
        assert (result.accounting.matched, result.accounting.migrated) == (3, 3)
        assert far.new.ask("SELECT name, city FROM customers WHERE legacy_id = 3") == [(names, cities)]
        validated(again, "customers")
        rollback(again.target, again.run)
        again.ledger.release(again.run)
        assert sorted(far.new.ask("SELECT legacy_id, name, city FROM customers"), key=repr) == before


def test_rows_are_matched_by_a_natural_key_and_children_follow(far: Pair) -> None:
    far.shop(customers=6, purchases=12)
    seeded = "INSERT INTO customers VALUES ('00000000-0000-4000-8000-000000000001', 'Customer 2', NULL, NULL, "
    far.new.run(f"{seeded} '2024-01-01 00:00:00');")
    by_name = Matched(on=(KeyPair(source="name", target="name"),), otherwise=Derived())
    run = far.start(amended(CUSTOMERS, identity=by_name, conflict=Conflict.KEEP))
    run.copy_all()
    assert far.new.one("SELECT count(*) FROM customers") == 6
    children = "SELECT legacy_id FROM purchases WHERE customer_id = '00000000-0000-4000-8000-000000000001' ORDER BY 1"
    assert far.new.ask(children) == [(1,), (7,)]
    validated(run, "purchases")


TREE_OLD = "CREATE TABLE place (id integer NOT NULL PRIMARY KEY, name varchar(40), above integer);"
TREE_NEW = {
    "postgresql": """CREATE TABLE places (id integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, name varchar(40),
        above integer REFERENCES places (id));""",
    "mysql": """CREATE TABLE places (id integer NOT NULL AUTO_INCREMENT PRIMARY KEY, name varchar(40), above integer,
        FOREIGN KEY (above) REFERENCES places (id));""",
    "sqlite": """CREATE TABLE places (id INTEGER PRIMARY KEY AUTOINCREMENT, name varchar(40),
        above integer REFERENCES places (id));""",
}


def tree_pair(far: Pair, rows: Iterable[Sequence[object]]) -> None:
    far.old.run(TREE_OLD)
    far.new.run(TREE_NEW[far.new.url.partition(":")[0] if "://" in far.new.url else "sqlite"])
    far.old.fill("place", rows)


def tree(identity: IdPolicy, conflict: Conflict = Conflict.STOP) -> TableMapping:
    return TableMapping(
        source="place",
        target="places",
        key=("id",),
        identity=identity,
        conflict=conflict,
        columns=(
            column("id", "id", NewId()),
            column("name", "name"),
            column("above", "above", ForeignKeyTo(parent="places")),
        ),
    )


@pytest.mark.parametrize("identity", [Kept(), Generated()])
def test_a_tree_whose_rows_name_later_ones_is_whole_in_the_end(far: Pair, identity: Kept | Generated) -> None:
    tree_pair(far, ((n, f"place {n}", 61 - n if n != 30 else None) for n in range(1, 61)))
    if identity == Generated():
        far.new.run("INSERT INTO places (name) VALUES ('theirs');")
    run = far.start(Mapping(tables=(tree(identity),)), size=7)
    run.copy_all()
    pairs = far.new.ask(
        "SELECT c.name, p.name FROM places c LEFT JOIN places p ON p.id = c.above WHERE c.name <> 'theirs'"
    )
    expected = [(f"place {n}", f"place {61 - n}" if n != 30 else None) for n in range(1, 61)]
    assert sorted(pairs, key=repr) == sorted(expected, key=repr)
    validated(run, "places")
    far.new.run("INSERT INTO places (name) VALUES ('after');")  # its number is free
    assert far.new.one("SELECT count(*) FROM places WHERE name = 'after'") == 1
    far.new.run("DELETE FROM places WHERE name = 'after';")
    rollback(run.target, run.run)
    assert far.new.one("SELECT count(*) FROM places") == (1 if identity == Generated() else 0)


MET_IN_A_TREE = {  #: what the rows that were there name above them
    Conflict.KEEP: {"place 3": None, "place 5": "place 3", "place 60": None, "theirs": None},
    Conflict.MERGE: {"place 3": "place 58", "place 5": "place 3", "place 60": "place 1", "theirs": None},
    Conflict.REPLACE: {"place 3": "place 58", "place 5": "place 56", "place 60": "place 1", "theirs": None},
}


@pytest.mark.parametrize("conflict", list(MET_IN_A_TREE))
@pytest.mark.parametrize("otherwise", [Kept(), Generated()])
def test_rows_of_a_tree_that_were_there_change_as_the_policy_says_and_get_back_what_they_held(
    far: Pair, otherwise: Kept | Generated, conflict: Conflict
) -> None:
    tree_pair(far, ((n, f"place {n}", 61 - n) for n in range(1, 61)))
    far.new.run("INSERT INTO places VALUES (903, 'place 3', NULL), (905, 'place 5', 903), (960, 'place 60', NULL);")
    far.new.run("INSERT INTO places VALUES (999, 'theirs', NULL);")
    before = far.new.ask("SELECT * FROM places ORDER BY id")
    identity = Matched(on=(KeyPair(source="name", target="name"),), otherwise=otherwise)
    run = far.start(Mapping(tables=(tree(identity, conflict),)), size=7)
    run.copy_all()
    above = "SELECT c.name, p.name FROM places c LEFT JOIN places p ON p.id = c.above"
    assert dict(far.new.ask(f"{above} WHERE c.id > 900 AND c.id < 1000")) == MET_IN_A_TREE[conflict]
    met = [f"'{name}'" for name in MET_IN_A_TREE[conflict]]
    ours = far.new.ask(f"{above} WHERE c.name NOT IN ({', '.join(met)})")
    assert dict(ours) == {f"place {n}": f"place {61 - n}" for n in range(1, 61) if n not in (3, 5, 60)}
    validated(run, "places")
    rollback(run.target, run.run)
    assert far.new.ask("SELECT * FROM places ORDER BY id") == before


@pytest.mark.parametrize("conflict", [Conflict.KEEP, Conflict.MERGE, Conflict.REPLACE])
def test_moments_that_mariadb_writes_with_any_change_stay_as_they_are(
    tmp_path: Path, mariadb: Server, conflict: Conflict
) -> None:
    far = Pair(of_file(tmp_path / "old.sqlite"), of_server(mariadb.database()), "char(36)")
    tree_pair(far, ((n, f"place {n}", 31 - n) for n in range(1, 31)))
    far.old.run("ALTER TABLE place ADD COLUMN changed timestamp; UPDATE place SET changed = '2001-02-03 04:05:06';")
    far.new.run(
        "ALTER TABLE places ADD COLUMN changed timestamp DEFAULT current_timestamp ON UPDATE current_timestamp,"
        " ADD COLUMN seen datetime DEFAULT '1999-09-09' ON UPDATE current_timestamp;"
    )
    far.new.run("INSERT INTO places VALUES (903, 'place 3', NULL, '1998-01-01', '1998-01-01');")
    before = far.new.ask("SELECT * FROM places")
    matched = Matched(on=(KeyPair(source="name", target="name"),), otherwise=Generated())
    mapped = tree(matched, conflict)
    mapped = mapped.but(columns=(*mapped.columns, column("changed", "changed")))
    run = far.start(Mapping(tables=(mapped,)), size=7)
    run.copy_all()
    validated(run, "places")
    assert far.new.ask("SELECT DISTINCT changed, seen FROM places WHERE name <> 'place 3'") == [
        (datetime(2001, 2, 3, 4, 5, 6), datetime(1999, 9, 9))
    ]
    there = datetime(2001, 2, 3, 4, 5, 6) if conflict is Conflict.REPLACE else datetime(1998, 1, 1)
    assert far.new.ask("SELECT changed, seen FROM places WHERE name = 'place 3'") == [(there, datetime(1998, 1, 1))]
    rollback(run.target, run.run)
    assert far.new.ask("SELECT * FROM places") == before


def test_a_row_that_only_the_database_refuses_is_named_and_set_aside(far: Pair) -> None:
    far.shop()
    if far.new.url.startswith("/"):
        far.new.run(
            "CREATE TRIGGER no BEFORE INSERT ON purchases WHEN NEW.amount = 49 BEGIN SELECT RAISE(ABORT, 'no'); END;"
        )
    else:
        far.new.run("ALTER TABLE purchases ADD CONSTRAINT fair CHECK (amount <> 49);")
    policies = with_policy(Problem.CHECK_FAILED, Strategy.QUARANTINE)
    run = far.start(amended(PURCHASES, **policies))
    run.copy_all()
    assert far.new.one("SELECT count(*) FROM purchases") == 99
    assert [row.source_key for row in run.ledger.quarantined(run.run)] == ["[7]"]


def test_texts_that_the_target_cannot_hold_are_found_and_never_changed(tmp_path: Path, postgresql: Server) -> None:
    pair = Pair(of_file(tmp_path / "old.sqlite"), of_server(postgresql.database()), "uuid")
    pair.shop(customers=6, purchases=0)
    with closing(sqlite3.connect(pair.old.url)) as old, old:
        old.execute("UPDATE customer SET name = 'a' || char(0) || 'b' WHERE id = 2")
        old.execute("UPDATE customer SET city = CAST(x'4bf66c6e' AS TEXT) WHERE id = 4")
    run = pair.start()
    databases = run.compiled["customers"].source_database, run.compiled["customers"].target_database
    found = preflight(run.source, run.target, *databases, with_phases(plan_of()), run.compiled)
    assert {(one.columns, one.problem, one.rows) for one in found.problems} == {
        (("name",), Problem.UNCASTABLE, 1),
        (("city",), Problem.UNCASTABLE, 1),
    }
    assert run.copy("customers").ending is Ending.FAILED
    assert pair.new.one("SELECT count(*) FROM customers") == 0
    run.ledger.release(run.run)
    decided = amended(CUSTOMERS, **with_policy(Problem.UNCASTABLE, Strategy.QUARANTINE))
    again = pair.start(decided, run="run-2")
    again.copy("customers")
    assert pair.new.ask("SELECT legacy_id FROM customers ORDER BY 1") == [(1,), (3,), (5,), (6,)]


@pytest.fixture(params=["sqlite to postgresql", "postgresql to mariadb"])
def killed(request: pytest.FixtureRequest, tmp_path: Path) -> Pair:
    pair = made_pair(request, tmp_path)
    pair.shop(customers=40, purchases=200)
    return pair


def sums(pair: Pair) -> list[tuple[Any, ...]]:
    return pair.new.ask(
        "SELECT count(*), count(DISTINCT p.id), sum(p.amount), sum(c.legacy_id) FROM purchases p "
        "JOIN customers c ON c.id = p.customer_id"
    )


@pytest.mark.parametrize("point", OF_A_BATCH)
def test_killed_at_any_place_of_a_batch_a_run_goes_on_and_loses_nothing(killed: Pair, point: str) -> None:
    run = killed.start(preflighted=True)
    run.ledger.release("run-1")
    old, new = killed.old.source, killed.new.url
    assert forked(lambda: copy_on(old, new), failpoint=f"{point}:purchases:7") == -signal.SIGKILL  # type: ignore[arg-type]
    assert forked(lambda: copy_on(old, new)) == 0  # type: ignore[arg-type]
    assert sums(killed) == [(200, 200, 7 * 200 * 201 // 2, 5 * 40 * 41 // 2)]
    run.ledger.verify("run-1")
    validated(run, "purchases")


@pytest.mark.parametrize("point", OF_AN_UNDOING)
def test_killed_while_it_is_undone_a_run_is_undone_in_the_end(killed: Pair, point: str) -> None:
    killed.new.run(
        "INSERT INTO customers VALUES ('00000000-0000-4000-8000-000000000001', 'T', NULL, NULL, '2024-01-01');"
    )
    run = killed.start()
    run.copy_all()
    run.ledger.release("run-1")
    undone = forked(lambda: rollback(open_target(killed.new.url), "run-1"), failpoint=f"{point}:purchases")
    assert undone == -signal.SIGKILL
    rollback(open_target(killed.new.url), "run-1")
    assert killed.new.one("SELECT count(*) FROM purchases") == 0
    assert killed.new.ask("SELECT name FROM customers") == [("T",)]


EDITS = {
    "ferryman_table.upper": "'[20]'",
    "ferryman_table.state": "'validated'",
    "ferryman_table.source_rows": "20",
    "ferryman_table.estimated_seconds": "7.5",
    "ferryman_run.status": "'success'",
    "ferryman_run.tables": "1",
    "ferryman_batch.seconds": "7.5",
    "ferryman_batch.committed_at": "'2001-01-01T00:00:00+00:00'",
    "ferryman_row.target_key": "'5'",
    "ferryman_quarantine.reason": "'none'",
    "ferryman_quarantine.state": "'retried'",
}


def test_a_ledger_that_is_edited_on_a_server_is_noticed(far: Pair) -> None:
    far.shop()
    far.old.run("UPDATE customer SET name = NULL WHERE id = 7;")
    run = far.start(amended(CUSTOMERS, **with_policy(Problem.NULL_IN_REQUIRED, Strategy.QUARANTINE)))
    assert run.copy("customers").complete
    run.copy("purchases", batches=2)
    run.ledger.verify(run.run)
    schema = "ferryman." if far.new.url.startswith("postgresql") else ""
    for where, value in EDITS.items():
        table, name = where.split(".")
        far.new.run(f"CREATE TABLE kept AS SELECT * FROM {schema}{table};")
        far.new.run(f"UPDATE {schema}{table} SET {name} = {value};")
        with pytest.raises(Corrupt, match="not as it was written"):
            run.ledger.verify(run.run)
        far.new.run(f"DELETE FROM {schema}{table};")
        far.new.run(f"INSERT INTO {schema}{table} SELECT * FROM kept;")
        far.new.run("DROP TABLE kept;")
        run.ledger.verify(run.run)


def moved_and_left(far: Pair) -> Run:
    """The shop, moved, and a run that nobody holds."""
    far.shop()
    run = far.start()
    run.copy_all()
    run.ledger.release(run.run)
    return run


def test_a_row_that_comes_while_its_table_is_emptied_stays(far: Pair) -> None:
    if far.new.url.endswith(".sqlite"):
        pytest.skip("nobody else writes meanwhile")
    run = moved_and_left(far)
    if (pid := os.fork()) == 0:
        os.environ["FERRYMAN_FAILPOINT"] = "before_undo:customers=hang*1"
        rollback(open_target(far.new.url), run.run)
        os._exit(0)
    assert os.WIFSTOPPED(os.waitpid(pid, os.WUNTRACED)[1])
    far.new.run("INSERT INTO customers VALUES ('00000000-0000-4000-8000-000000000001', 'T', NULL, NULL, '2024-01-01');")
    os.kill(pid, signal.SIGCONT)
    assert os.waitpid(pid, 0)[1] == 0
    assert far.new.ask("SELECT name FROM customers") == [("T",)]


def test_a_row_of_another_schema_that_hangs_on_ours_forbids_undoing_and_stays(far: Pair) -> None:
    if far.new.url.endswith(".sqlite"):
        pytest.skip("a file has no other schema")
    run = moved_and_left(far)
    key, beside = far.new.one("SELECT id FROM customers ORDER BY name LIMIT 1"), f"beside_{uuid4().hex[:12]}"
    ours = "" if far.new.url.startswith("postgresql") else f"{far.new.one('SELECT DATABASE()')}."
    kind = "uuid" if far.new.url.startswith("postgresql") else "char(36)"
    far.new.run(f"CREATE SCHEMA {beside};")
    try:
        far.new.run(
            f"CREATE TABLE {beside}.badges (no int PRIMARY KEY, holder {kind} REFERENCES {ours}customers (id)"
            " ON DELETE CASCADE);"
        )
        far.new.run(f"INSERT INTO {beside}.badges VALUES (7, '{key}');")
        with pytest.raises(Refused, match=rf"1 row of {beside}\.badges refers to customers by holder"):
            rollback(open_target(far.new.url), run.run)
        assert far.new.ask(f"SELECT no FROM {beside}.badges") == [(7,)]
        far.new.run(f"DELETE FROM {beside}.badges;")
        rollback(open_target(far.new.url), run.run)
        assert far.new.ask("SELECT count(*) FROM customers") == [(0,)]
    finally:
        far.new.run(f"DROP TABLE IF EXISTS {beside}.badges;")
        far.new.run(f"DROP SCHEMA {beside};")
