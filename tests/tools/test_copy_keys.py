"""Copying by every kind of key, and to keys that the target makes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ferryman.domain.errors import NeedsDecision
from ferryman.domain.filters import Comparison, Operator
from ferryman.domain.mapping import (
    Derived,
    Generated,
    Kept,
    Mapping,
    Problem,
    Shape,
    TableMapping,
)
from ferryman.domain.plan import Handling, Phase
from ferryman.domain.run import Accounting
from ferryman.domain.transforms import (
    ForeignKeyTo,
    NewId,
    PreserveLegacyId,
)
from ferryman.tools.move.rollback import rollback
from ferryman.tools.move.second_pass import fill_references
from ferryman.tools.prove.validate import validate_table
from tests.tools.copying import policy, shop_with
from tests.tools.pairs import (
    CUSTOMERS,
    Run,
    ask,
    column,
    fill,
    one,
    plan_of,
    rows_of,
    shop,
    start,
    write,
)


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    return shop(tmp_path)


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
