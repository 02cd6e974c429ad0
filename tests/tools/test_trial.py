"""What only the target's server can say of new values is found before a row is written, and stays away by a policy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from ferryman.domain.mapping import Conflict, Derived, Kept, Mapping, Policy, Problem, Strategy, TableMapping
from ferryman.domain.plan import Preflight
from ferryman.domain.transforms import ForeignKeyTo, NewId, PreserveLegacyId
from ferryman.tools.move.work import Ending
from ferryman.tools.prepare.preflight import preflight
from tests.tools.pairs import Run, column, plan_of
from tests.tools.test_load import PHASES
from tests.tools.test_relay import Pair, made_pair, validated

PHASE = (PHASES[0].but(tables=("things",)),)


@pytest.fixture(params=["sqlite to postgresql", "sqlite to mariadb"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Pair:
    return made_pair(request, tmp_path)


def mapped(names: Sequence[str], *policies: Policy) -> Mapping:
    columns = tuple(column(name, name) for name in names)
    table = TableMapping(source="thing", target="things", key=("id",), columns=columns, policies=policies)
    return Mapping(tables=(table,))


def looked_at(run: Run, mapping: Mapping) -> Preflight:
    databases = run.compiled["things"].source_database, run.compiled["things"].target_database
    return preflight(run.source, run.target, *databases, plan_of(mapping, phases=PHASE), run.compiled)


def found(preflight: Preflight) -> dict[tuple[str, ...], tuple[str, int]]:
    return {one.columns: (one.problem, one.rows) for one in preflight.problems}


CHECKED = """
CREATE TABLE things (
    id integer NOT NULL PRIMARY KEY, price numeric(10,2), name varchar(40), kind varchar(10) DEFAULT 'plain',
    made integer{generated},
    CONSTRAINT fair CHECK (price > 0 AND price < 100), CONSTRAINT known CHECK (name IN ('a', 'b', '100%')),
    CONSTRAINT {named} CHECK (kind <> 'plain' OR price < 50), CONSTRAINT odd CHECK (1 / (price - 7) < 1000)
    {more});
"""


def test_rows_that_break_a_check_are_found_before_a_row_is_written_and_stay_behind(pair: Pair) -> None:
    on_pg = "postgresql" in pair.new.url
    named = '"a 100%. thing"' if on_pg else "`a 100%. thing`"
    generated = " GENERATED ALWAYS AS (price * 2) STORED" if on_pg else " AS (price * 2) STORED"
    pair.new.run(CHECKED.format(generated=generated, more=", CONSTRAINT twice CHECK (made < 150)", named=named))
    pair.old.run("CREATE TABLE thing (id integer NOT NULL PRIMARY KEY, price numeric(10,2), name varchar(40));")
    rows = [(1, 5, "a"), (2, -1, "b"), (3, 60, "a"), (4, 10, "c"), (5, "NULL", "100%"), (6, 120, "x")]
    pair.old.run("".join(f"INSERT INTO thing VALUES ({n}, {price}, '{name}');" for n, price, name in rows))
    names = ("id", "price", "name")
    run = pair.start(mapped(names))
    seen = looked_at(run, mapped(names))
    broken = Problem.CHECK_FAILED.value
    assert found(seen) == {("price",): (broken, 2), ("name",): (broken, 2), ("price", "kind"): (broken, 2)}
    assert {one.applicable for one in seen.problems} == {(Strategy.QUARANTINE.value,)}
    (told,) = [one for one in seen.warnings if "could not be tried" in one]
    assert "the new database makes made itself" in told
    assert pair.new.one("SELECT count(*) FROM things") == 0
    decided = [
        Policy(problem=Problem.CHECK_FAILED, columns=columns, strategy=Strategy.QUARANTINE, rows=9)
        for columns in found(seen)
    ]
    run.ledger.release(run.run)
    again = pair.start(mapped(names, *decided), run="run-2")
    result = again.copy("things")
    assert result.ending is Ending.COMPLETE, result.failure
    assert pair.new.ask("SELECT id FROM things ORDER BY 1") == [(1,), (5,)]
    validated(again, "things")


def test_a_check_that_the_server_cannot_answer_is_said(pair: Pair) -> None:
    if "postgresql" not in pair.new.url:
        pytest.skip("a division by zero is NULL there")
    pair.new.run("CREATE TABLE things (id integer PRIMARY KEY, price integer, CONSTRAINT odd CHECK (1 / price < 9));")
    pair.old.run(
        "CREATE TABLE thing (id integer NOT NULL PRIMARY KEY, price integer); INSERT INTO thing VALUES (1, 0);"
    )
    seen = looked_at(pair.start(mapped(("id", "price"))), mapped(("id", "price")))
    assert not seen.problems
    (told,) = [one for one in seen.warnings if "could not be tried" in one]
    assert "things" in told


DOMAIN = """CREATE DOMAIN whole AS integer CHECK (VALUE >= 0); CREATE DOMAIN few AS whole CHECK (VALUE < 10);
CREATE TABLE things (id integer PRIMARY KEY, amount few);"""


def test_rows_that_break_the_rule_of_a_domain_are_found_and_emptied_or_left(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    request.param = "sqlite to postgresql"
    pair = made_pair(request, tmp_path)
    pair.new.run(DOMAIN)
    pair.old.run("CREATE TABLE thing (id integer NOT NULL PRIMARY KEY, amount integer);")
    pair.old.run("INSERT INTO thing VALUES (1, 5), (2, -1), (3, 70), (4, NULL);")
    run = pair.start(mapped(("id", "amount")))
    seen = looked_at(run, mapped(("id", "amount")))
    assert found(seen) == {("amount",): (Problem.CHECK_FAILED.value, 2)}
    assert not [one for one in seen.warnings if "could not be tried" in one]
    run.ledger.release(run.run)
    left = Policy(problem=Problem.CHECK_FAILED, columns=("amount",), strategy=Strategy.QUARANTINE, rows=9)
    again = pair.start(mapped(("id", "amount"), left), run="run-2")
    result = again.copy("things")
    assert result.ending is Ending.COMPLETE, result.failure
    assert pair.new.ask("SELECT id FROM things ORDER BY 1") == [(1,), (4,)]
    validated(again, "things")


def test_on_mariadb_a_text_is_no_geometry(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    request.param = "sqlite to mariadb"
    pair = made_pair(request, tmp_path)
    pair.new.run("CREATE TABLE things (id integer PRIMARY KEY, spot point);")
    pair.old.run("CREATE TABLE thing (id integer NOT NULL PRIMARY KEY, spot text);")
    pair.old.run("INSERT INTO thing VALUES (1, 'POINT(1 2)'), (2, NULL);")
    run = pair.start(mapped(("id", "spot")))
    assert found(looked_at(run, mapped(("id", "spot")))) == {("spot",): (Problem.UNCASTABLE.value, 1)}
    failure = run.copy("things").failure
    assert failure and failure.problem is Problem.UNCASTABLE  # it stops and asks, with nothing written
    assert pair.new.one("SELECT count(*) FROM things") == 0


def test_a_policy_that_empties_what_breaks_a_check_is_not_taken_where_only_the_server_can_tell(pair: Pair) -> None:
    pair.new.run("CREATE TABLE things (id integer PRIMARY KEY, price integer, CONSTRAINT fair CHECK (price > 0));")
    pair.old.run("CREATE TABLE thing (id integer NOT NULL PRIMARY KEY, price integer);")
    pair.old.run("INSERT INTO thing VALUES (1, 5), (2, -1);")
    emptied = Policy(problem=Problem.CHECK_FAILED, columns=("price",), strategy=Strategy.SET_NULL, rows=9)
    run = pair.start(mapped(("id", "price"), emptied))
    result = run.copy("things")
    assert result.ending is Ending.FAILED
    assert result.failure and result.failure.problem is Problem.CHECK_FAILED
    assert pair.new.one("SELECT count(*) FROM things") == 0


SPECIAL: dict[str, dict[str, tuple[str, list[str | None]]]] = {
    "postgresql": {
        "address": ("inet", ["10.0.0.1", "::1/64", "10.0.0.999", None]),
        "span": ("int4range", ["[1,5)", "empty", "5..6", None]),
        "many": ("integer[]", ["{1,2}", "{}", "1,2", None]),
        "flags": ("bit(3)", ["101", "000", "10", None]),
        "spot": ("point", ["(1,2)", "1,2", "POINT(1 2)", None]),
        "card": ("macaddr", ["08:00:2b:01:02:03", "08002b010203", "zz", None]),
        "doc": ("jsonb", ['{"a": 1}', '"\\ud83d\\ude00"', '"\\ud800"', None]),
        "plain": ("jsonb", ['{"a": 1}', "[]", "{}", None]),
        "later": ("tsvector", ["a b", "'c':1", "x", None]),
    },
    "mysql": {
        "address": ("inet6", ["::ffff:10.0.0.1", "::1", "10.0.0.999", None]),
        "flags": ("set('a','b c')", ["a", "a,b c", "d", None]),
    },
}  # fmt: skip


def test_texts_that_are_no_value_of_a_special_type_are_found_and_stay_behind(pair: Pair) -> None:
    columns = SPECIAL["postgresql" if "postgresql" in pair.new.url else "mysql"]
    names = ("id", *columns)
    listed = ", ".join(f"{name} {native}" for name, (native, _) in columns.items())
    pair.new.run(f"CREATE TABLE things (id integer NOT NULL PRIMARY KEY, {listed});")
    pair.old.run(f"CREATE TABLE thing (id integer NOT NULL PRIMARY KEY, {', '.join(f'{n} text' for n in columns)});")
    for n in range(4):
        cells = [texts[n] for _, texts in columns.values()]
        told = ", ".join("NULL" if cell is None else "'" + cell.replace("'", "''") + "'" for cell in cells)
        pair.old.run(f"INSERT INTO thing VALUES ({n}, {told});")
    run = pair.start(mapped(names))
    seen = looked_at(run, mapped(names))
    wrong = {name: 1 for name in columns if name not in ("later", "plain")}
    assert found(seen) == {(name,): (Problem.UNCASTABLE.value, rows) for name, rows in wrong.items()}
    assert {one.applicable for one in seen.problems} == {(Strategy.QUARANTINE.value,)}
    assert not [one for one in seen.warnings if "could not be tried" in one]
    assert {one.columns: one.text for one in seen.problems}[("address",)] == (
        f"1 row of things has a value for address that is not of its type, {columns['address'][0]}."
    )
    decided = [
        Policy(problem=Problem.UNCASTABLE, columns=(name,), strategy=Strategy.QUARANTINE, rows=9) for name in wrong
    ]
    run.ledger.release(run.run)
    again = pair.start(mapped(names, *decided), run="run-2")
    result = again.copy("things")
    assert result.ending is Ending.COMPLETE, result.failure
    assert pair.new.ask("SELECT id FROM things ORDER BY 1") == [(0,), (1,), (3,)]


def test_texts_that_differ_by_case_alone_are_found_where_a_citext_takes_them_for_one(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    request.param = "sqlite to postgresql"
    pair = made_pair(request, tmp_path)
    pair.old.run("CREATE TABLE thing (id integer NOT NULL PRIMARY KEY, email text, name text);")
    pair.old.run("INSERT INTO thing VALUES (1, 'a@x.org', 'a'), (2, 'A@X.org', 'A'), (3, 'THERE@x.org', 'b');")
    pair.new.run(
        "CREATE EXTENSION IF NOT EXISTS citext;"
        "CREATE TABLE things (id integer PRIMARY KEY, email citext UNIQUE, name text UNIQUE);"
        "INSERT INTO things VALUES (9, 'there@x.org', 'c');"
    )
    mapping = mapped(("id", "email", "name"))
    assert found(looked_at(pair.start(mapping), mapping)) == {("email",): (Problem.DUPLICATE.value, 2)}


@pytest.mark.parametrize("collation", ["utf8mb4_general_ci", "utf8mb4_bin"])
@pytest.mark.parametrize("column_of", ["code", "old_code"])
def test_text_keys_that_differ_by_case_alone_are_found_where_the_target_takes_them_for_one(
    request: pytest.FixtureRequest, tmp_path: Path, column_of: str, collation: str
) -> None:
    request.param = "sqlite to mariadb"
    pair = made_pair(request, tmp_path)
    pair.old.run("CREATE TABLE thing (code varchar(12) NOT NULL PRIMARY KEY);")
    pair.old.run("INSERT INTO thing VALUES ('T1'), ('t1'), ('T2');")
    kept = column_of == "code"
    made, kept_beside = (
        f"{kind} COLLATE {collation}" for kind in ("varchar(12)" if kept else "char(36)", "varchar(12)")
    )
    pair.new.run(f"CREATE TABLE things (code {made} PRIMARY KEY, old_code {kept_beside} UNIQUE);")
    columns = (column("code", "code", NewId()), *(() if kept else (column("old_code", "code", PreserveLegacyId()),)))
    identity = Kept() if kept else Derived(version=5)
    table = TableMapping(source="thing", target="things", key=("code",), identity=identity, columns=columns)
    mapping = Mapping(tables=(table,))
    expected = {} if collation.endswith("bin") else {(column_of,): (Problem.DUPLICATE.value, 1)}
    assert found(looked_at(pair.start(mapping), mapping)) == expected


APART = """
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE TABLE things (
    id integer NOT NULL PRIMARY KEY, price numeric(10,2), name varchar(40), during daterange,
    EXCLUDE USING gist (price WITH =, during WITH &&) {when});
CREATE UNIQUE INDEX "in a USING case" ON things (lower(name), (price > 100));
CREATE UNIQUE INDEX dear ON things (price) WHERE price > 100;
INSERT INTO things VALUES (99, 7, 'There', '[2024-01-01,2024-02-01)');
"""
TOGETHER = [
    (1, 1, "a", "[2024-01-01,2024-01-05)"),
    (2, 2, "A", "[2024-01-01,2024-01-05)"),  # the name of 1
    (3, 1, "b", "[2024-01-03,2024-01-09)"),  # overlaps 1
    (4, 7, "c", "[2024-01-31,2024-03-01)"),  # overlaps what is there
    (5, 7, "THERE", "empty"),  # the name of what is there
    (6, 500, "d", "empty"),
    (7, 500, "e", "empty"),  # the price of 6
    (8, 500.5, "a", "empty"),
]


@pytest.mark.parametrize("pair", ["sqlite to postgresql", "mariadb to postgresql"], indirect=True)
@pytest.mark.parametrize("ahead", [True, False])
@pytest.mark.parametrize("when", ["", "DEFERRABLE INITIALLY DEFERRED"])
def test_rows_that_cannot_stand_beside_others_are_found_before_a_row_is_written(
    pair: Pair, when: str, ahead: bool
) -> None:
    pair.new.run(APART.format(when=when))
    pair.old.run("CREATE TABLE thing (id integer NOT NULL PRIMARY KEY, price numeric(10,2), name text, during text);")
    pair.old.fill("thing", TOGETHER)
    names = ("id", "price", "name", "during")
    mapping = mapped(names)
    if ahead:
        assert found(looked_at(pair.start(mapping), mapping)) == {
            ("price", "during"): (Problem.CHECK_FAILED, 2),
            ("price", "name"): (Problem.DUPLICATE, 2),
            ("price",): (Problem.DUPLICATE, 1),
        }
        assert pair.new.one("SELECT count(*) FROM things") == 1
        return
    policies = [Policy(problem=p, columns=(), strategy=Strategy.QUARANTINE) for p in Problem]
    run = pair.start(mapped(names, *policies))
    run.copy_all()
    assert pair.new.ask("SELECT id FROM things ORDER BY 1") == [(1,), (6,), (8,), (99,)]
    reasons = {row.source_key: row.reason for row in run.ledger.quarantined(run.run, "things")}
    assert reasons == {
        "[2]": "another row has the same price, name",
        "[3]": "the value breaks a rule of price, during",
        "[4]": "the value breaks a rule of price, during",
        "[5]": "another row has the same price, name",
        "[7]": "another row has the same price",
    }


@pytest.mark.parametrize("pair", ["sqlite to postgresql"], indirect=True)
@pytest.mark.parametrize("by", ["RANGE (day)", "LIST (kind)"])
def test_rows_that_no_partition_takes_are_found_before_a_row_is_written(pair: Pair, by: str) -> None:
    column_ = by.partition("(")[2].rstrip(")")
    keys, values = ("id, day", "FROM ('2024-01-01') TO ('2025-01-01')")
    if column_ == "kind":
        keys, values = "id, kind", "IN ('a', 'b')"
    pair.new.run(
        f"CREATE TABLE things (id integer, day date, kind varchar(9), PRIMARY KEY ({keys})) PARTITION BY {by};"
        f"CREATE TABLE one PARTITION OF things FOR VALUES {values};"
    )
    pair.old.run("CREATE TABLE thing (id integer NOT NULL PRIMARY KEY, day date, kind text);")
    pair.old.fill("thing", [(1, "2024-05-06", "a"), (2, "2026-05-06", "b"), (3, "2025-01-01", "c")])
    rows = 2 if column_ == "day" else 1
    policy = Policy(problem=Problem.CHECK_FAILED, columns=(column_,), strategy=Strategy.QUARANTINE, rows=rows)
    mapping = mapped(("id", "day", "kind"), policy)
    run = pair.start(mapping)
    assert found(looked_at(run, mapping)) == {(column_,): (Problem.CHECK_FAILED, rows)}
    run.copy_all()
    assert pair.new.one("SELECT count(*) FROM things") == 3 - rows


@pytest.mark.parametrize("where", ["sqlite to sqlite", "sqlite to mariadb"])
def test_a_row_of_the_target_that_is_kept_needs_to_break_no_rule(
    request: pytest.FixtureRequest, tmp_path: Path, where: str
) -> None:
    request.param = where
    pair = made_pair(request, tmp_path)
    pair.new.run(
        "CREATE TABLE things (id integer NOT NULL PRIMARY KEY, price integer, CONSTRAINT fair CHECK (price > 0));"
    )
    pair.new.run("INSERT INTO things VALUES (1, 5);")
    pair.old.run("CREATE TABLE thing (id integer NOT NULL PRIMARY KEY, price integer);")
    pair.old.run("INSERT INTO thing VALUES (1, -5), (2, -1), (3, 7);")
    left = Policy(problem=Problem.CHECK_FAILED, columns=("price",), strategy=Strategy.QUARANTINE, rows=1)
    (table,) = mapped(("id", "price"), left).tables
    kept = Mapping(tables=(table.but(conflict=Conflict.KEEP),))
    run = pair.start(kept)
    assert found(looked_at(run, kept)) == {("price",): (Problem.CHECK_FAILED.value, 1)}
    result = run.copy("things")
    assert result.ending is Ending.COMPLETE, result.failure
    assert (result.accounting.matched, result.accounting.quarantined) == (1, 1)
    assert pair.new.ask("SELECT id, price FROM things ORDER BY 1") == [(1, 5), (3, 7)]


COMPUTED = {
    "mariadb": """CREATE TABLE things (id integer NOT NULL PRIMARY KEY, price decimal(10,2), name varchar(40),
        kind varchar(9),
        `folded name` varchar(20) AS (lower(name)) STORED, UNIQUE folded (`folded name`, kind), UNIQUE begun (kind(3)),
        whole integer AS (price), UNIQUE (whole));
INSERT INTO things (id, price, name, kind) VALUES (99, 7, 'There', 'old');
""",
    "sqlite": """CREATE TABLE things (id integer NOT NULL PRIMARY KEY, price decimal(10,2), name varchar(40),
        kind varchar(9));
CREATE UNIQUE INDEX folded ON things (lower(name), "kind");
CREATE UNIQUE INDEX [begun on it] ON things (substr(kind, 1, 3));
CREATE UNIQUE INDEX whole ON things(price) WHERE price > 5;
INSERT INTO things VALUES (99, 7, 'There', 'old');
""",
}
MANY = [
    (1, 1, "a", "x"),
    (2, 2, "A", "x"),  # name and kind of 1, and the beginning of its kind
    (3, 3, "THERE", "old"),  # those of what is there, and the beginning of its kind
    (4, 7, "b", "y"),  # the price of what is there
    (5, 8, "c", "abcd"),
    (6, 9, "c", "abce"),  # the beginning of the kind of 5
    (7, 8, None, None),  # the price of 5
]


@pytest.mark.parametrize("pair", ["sqlite to mariadb", "sqlite to sqlite", "postgresql to sqlite"], indirect=True)
@pytest.mark.parametrize("ahead", [True, False])
def test_rows_that_repeat_what_is_computed_of_others_are_found_before_a_row_is_written(pair: Pair, ahead: bool) -> None:
    pair.new.run(COMPUTED["mariadb" if "mysql" in pair.new.url else "sqlite"])
    pair.old.run("CREATE TABLE thing (id integer NOT NULL PRIMARY KEY, price numeric(10,2), name text, kind text);")
    pair.old.fill("thing", [tuple("" if cell is None else cell for cell in row) for row in MANY[:-1]])
    pair.old.run("INSERT INTO thing VALUES (7, 8, NULL, NULL);")
    names = ("id", "price", "name", "kind")
    run = pair.start(mapped(names))
    repeated = Problem.DUPLICATE
    if ahead:
        assert found(looked_at(run, mapped(names))) == {
            ("name", "kind"): (repeated, 2),
            ("kind",): (repeated, 3),
            ("price",): (repeated, 2),
        }
        assert pair.new.one("SELECT count(*) FROM things") == 1
        return
    run.ledger.release(run.run)
    policies = [
        Policy(problem=repeated, columns=columns, strategy=Strategy.QUARANTINE, rows=9)
        for columns in (("name", "kind"), ("kind",), ("price",))
    ]
    again = pair.start(mapped(names, *policies), run="run-2")
    result = again.copy("things")
    assert result.ending is Ending.COMPLETE, result.failure
    assert pair.new.ask("SELECT id FROM things ORDER BY 1") == [(1,), (5,), (99,)]


@pytest.mark.parametrize("pair", ["sqlite to sqlite", "sqlite to mariadb"], indirect=True)
def test_rows_below_those_that_repeat_what_is_computed_are_counted(pair: Pair) -> None:
    index = "folded varchar(9) AS (lower(name)) STORED UNIQUE" if "mysql" in pair.new.url else ""
    pair.new.run(f"CREATE TABLE things (id integer NOT NULL PRIMARY KEY, name varchar(9){index and ', ' + index});")
    pair.new.run("CREATE TABLE parts (id integer NOT NULL PRIMARY KEY, thing_id integer REFERENCES things (id));")
    if not index:
        pair.new.run("CREATE UNIQUE INDEX folded ON things (lower(name));")
    pair.old.run("CREATE TABLE thing (id integer NOT NULL PRIMARY KEY, name text);")
    pair.old.run("CREATE TABLE part (id integer NOT NULL PRIMARY KEY, thing_id integer REFERENCES thing (id));")
    pair.old.fill("thing", [(1, "a"), (2, "A"), (3, "b")])
    pair.old.fill("part", [(1, 1), (2, 2), (3, 2), (4, 3)])
    policy = Policy(problem=Problem.DUPLICATE, columns=("name",), strategy=Strategy.QUARANTINE, rows=1)
    (things,) = mapped(("id", "name"), policy).tables
    parts = TableMapping(
        source="part",
        target="parts",
        key=("id",),
        columns=(column("id", "id"), column("thing_id", "thing_id", ForeignKeyTo(parent="things"))),
    )
    mapping = Mapping(tables=(things, parts))
    run = pair.start(mapping)
    databases = run.compiled["things"].source_database, run.compiled["things"].target_database
    phases = (PHASES[0].but(tables=("things", "parts")),)
    seen = preflight(run.source, run.target, *databases, plan_of(mapping, phases=phases), run.compiled)
    assert found(seen) == {("name",): (Problem.DUPLICATE, 1), ("thing_id",): (Problem.MISSING_PARENT, 2)}


@pytest.mark.parametrize("pair", ["sqlite to sqlite", "sqlite to mariadb"], indirect=True)
def test_an_index_that_cannot_be_asked_of_new_rows_is_said(pair: Pair) -> None:
    made = "made integer GENERATED ALWAYS AS (price * 2) STORED"
    if "mysql" in pair.new.url:
        rule = "more integer AS (made + 1) STORED UNIQUE"
        pair.new.run(f"CREATE TABLE things (id integer PRIMARY KEY, price integer, {made}, {rule});")
    else:
        pair.new.run(f"CREATE TABLE things (id integer NOT NULL PRIMARY KEY, price integer, {made});")
        pair.new.run("CREATE UNIQUE INDEX more ON things (made + 1);")
    pair.old.run("CREATE TABLE thing (id integer NOT NULL PRIMARY KEY, price integer);")
    pair.old.run("INSERT INTO thing VALUES (1, 5), (2, 6);")
    seen = looked_at(pair.start(mapped(("id", "price"))), mapped(("id", "price")))
    assert not seen.problems
    (told,) = [one for one in seen.warnings if "could not be tried" in one]
    assert "the new database makes made itself" in told
