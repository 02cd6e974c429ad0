"""Whose key a row gets, and its parents': by every identity policy, by SQL and by the reference alike."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from ferryman.domain.errors import FerrymanError
from ferryman.domain.mapping import (
    Action,
    Derived,
    Generated,
    IdPolicy,
    Kept,
    KeyPair,
    Mapping,
    Matched,
    Problem,
    Shape,
    TableMapping,
)
from ferryman.domain.run import Key
from ferryman.domain.transforms import (
    EmptyToNull,
    ForeignKeyTo,
    NewId,
    Trim,
)
from ferryman.tools.databases.dialect import clause
from ferryman.tools.prepare.identity import derive
from tests.tools.transforming import column, filled, first_column, one_table, same

SHOP = """CREATE TABLE customer (id INTEGER PRIMARY KEY, code TEXT UNIQUE, mail TEXT);
    INSERT INTO customer VALUES (1, 'one', 'a@x'), (2, 'two', 'b@x'), (3, 'three', NULL);
    CREATE TABLE old (id INTEGER PRIMARY KEY, customer_id INTEGER, customer_code TEXT REFERENCES customer (code),
        loose TEXT)"""
ROWS = ((10, 1, "two", " 2 "), (11, 2, "three", "3.0"), (12, None, None, None), (13, 9, "gone", "9"))
NEW_SHOP = """CREATE TABLE customers (id CHAR(36) PRIMARY KEY, legacy_id INTEGER, mail TEXT);
    INSERT INTO customers VALUES ('there-1', 1, 'a@x'), ('there-2', NULL, 'b@x');
    CREATE TABLE numbered (id INTEGER PRIMARY KEY);
    CREATE TABLE new (id CHAR(36), by_id {kind}, by_code {kind}, by_loose {kind})"""


def shop(policy: IdPolicy, parent: str = "customers", identity: IdPolicy | None = None) -> Mapping:
    """Orders that refer to a customer by its key, by its code and by a key that is a text."""
    to = ForeignKeyTo(parent=parent)
    customers = TableMapping(source="customer", target=parent, action=Action.REFER, key=("id",), identity=policy)
    orders = one_table(
        column("id", steps=(NewId(),)),
        column("by_id", "customer_id", steps=(to,)),
        column("by_code", "customer_code", steps=(to,)),
        column("by_loose", "loose", steps=(to,)),
        identity=identity or Derived(version=5, shape=Shape.HEX),
    )
    return Mapping(tables=(customers, *orders.tables))


def id_of(table: str, key: Key, policy: Derived) -> object:
    return None if None in key else derive(Mapping().namespace, table, key, policy.version, policy.shape)


@pytest.mark.parametrize("policy", [Derived(version=v, shape=s) for v in (5, 8) for s in Shape], ids=str)
def test_a_reference_follows_a_derived_parent(policy: Derived, tmp_path: Path) -> None:
    kind = "BINARY(16)" if policy.shape is Shape.BINARY else "CHAR(36)"
    with filled(tmp_path, SHOP, NEW_SHOP.format(kind=kind), *ROWS) as both:
        landed = same(both, shop(policy))
    own = Derived(version=5, shape=Shape.HEX)
    named = [(1, 2, 2), (2, 3, 3), (None, None, None), (9, None, 9)]
    assert landed == [
        (id_of("old", (row[0],), own), *(id_of("customer", (key,), policy) for key in keys))
        for row, keys in zip(ROWS, named, strict=True)
    ]


def test_a_reference_to_a_kept_parent_is_the_value(tmp_path: Path) -> None:
    with filled(tmp_path, SHOP, NEW_SHOP.format(kind="INTEGER"), *ROWS) as both:
        landed = same(both, shop(Kept(), "numbered"))
    assert [row[1:] for row in landed] == [(1, 2, 2), (2, 3, 3), (None, None, None), (9, None, 9)]


def test_a_reference_to_a_generated_parent_is_what_the_id_map_says(tmp_path: Path) -> None:
    said = [mapped("numbered", f"[{key}]", str(100 + key)) for key in (1, 2, 3)]
    said += [mapped("numbered", None, "1"), mapped("other", "[9]", "5")]
    with filled(tmp_path, SHOP, NEW_SHOP.format(kind="INTEGER"), *ROWS) as both:
        both.fill("new", "ferryman_row", said)
        landed = same(both, shop(Generated(), "numbered"))
    none = (None, None, None)
    assert [row[1:] for row in landed] == [(101, 102, 102), (102, 103, 103), none, none]


def mapped(table: str, source_key: str | None, target_key: str) -> tuple[object, ...]:
    """A row of the id map; without a source key a range."""
    return ("r", table, "1", "created", source_key, target_key, None, 1, None)


ON_KEY = (KeyPair(source="id", target="legacy_id"),)
ON_MAIL = (KeyPair(source="mail", target="mail"),)


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (ON_KEY, [("there-1", None, None), (None, None, None), (None,) * 3, (None,) * 3]),
        (ON_MAIL, [("there-1", "there-2", "there-2"), ("there-2", None, None), (None,) * 3, (None,) * 3]),
    ],
    ids=["by the legacy key itself", "by way of the legacy parent"],
)
def test_a_reference_to_a_matched_parent_is_looked_up(
    on: tuple[KeyPair, ...], expected: list[tuple[object, ...]], tmp_path: Path
) -> None:
    with filled(tmp_path, SHOP, NEW_SHOP.format(kind="CHAR(36)"), *ROWS) as both:
        assert [row[1:] for row in same(both, shop(Matched(on=on)))] == expected


def test_what_is_not_matched_gets_the_other_key(tmp_path: Path) -> None:
    made = Derived()
    with filled(tmp_path, SHOP, NEW_SHOP.format(kind="CHAR(36)"), *ROWS) as both:
        landed = same(both, shop(Matched(on=ON_MAIL, otherwise=made)))
    three, nine = id_of("customer", (3,), made), id_of("customer", (9,), made)
    expected = [("there-1", "there-2", "there-2"), ("there-2", three, three), (None,) * 3, (nine, None, nine)]
    assert [row[1:] for row in landed] == expected


def test_what_is_not_matched_and_generated_is_in_the_id_map(tmp_path: Path) -> None:
    with filled(tmp_path, SHOP, NEW_SHOP.format(kind="CHAR(36)"), *ROWS) as both:
        both.fill("new", "ferryman_row", [mapped("customers", "[3]", "made")])
        landed = same(both, shop(Matched(on=ON_MAIL, otherwise=Generated())))
    assert [row[1:] for row in landed] == [
        ("there-1", "there-2", "there-2"),
        ("there-2", "made", "made"),
        (None,) * 3,
        (None,) * 3,
    ]


@pytest.mark.parametrize(
    ("key", "problem"), [(-1, "out_of_range"), (2**48, "out_of_range"), ("x", "uncastable"), (1.5, "uncastable")]
)
def test_a_reference_that_no_id_of_version_8_can_be_made_of_is_a_problem(
    key: object, problem: str, tmp_path: Path
) -> None:
    with filled(tmp_path, SHOP, NEW_SHOP.format(kind="CHAR(36)"), (10, key, None, None)) as both:
        compiled = both.compile(shop(Derived()), "new")
        assert both.problems(compiled) == both.misfits(compiled) == {("by_id", Problem(problem)): (0,)}
        with pytest.raises(FerrymanError):
            both.pushed(compiled)


def test_references_tell_columns_parent_and_value(tmp_path: Path) -> None:
    with filled(tmp_path, SHOP, NEW_SHOP.format(kind="CHAR(36)"), *ROWS) as both:
        compiled = both.compile(shop(Derived()), "new")
        told = [(r.column, r.columns, r.parent.target) for r in compiled.references]
        assert told == [
            ("by_id", ("customer_id",), "customers"),
            ("by_code", ("customer_code",), "customers"),
            ("by_loose", ("loose",), "customers"),
        ]
        with both.pushing() as connection:
            legacy = clause(compiled.source, schema="legacy")
            value = compiled.references[0].value(legacy, "main")
            found = connection.execute(select(value).select_from(legacy).order_by(legacy.c.id)).scalars().all()
            assert found[:2] == [id_of("customer", (1,), Derived()), id_of("customer", (2,), Derived())]


def test_a_composite_key_is_kept_part_by_part(tmp_path: Path) -> None:
    old = "CREATE TABLE old (a INTEGER, b TEXT, up_a INTEGER, up_b TEXT, PRIMARY KEY (a, b))"
    new = "CREATE TABLE new (x INTEGER, y TEXT, up_x INTEGER, up_y TEXT, PRIMARY KEY (x, y))"
    up = ("up_a", "up_b")
    columns = (
        column("x", steps=(NewId(),)),
        column("y", steps=(NewId(),)),
        column("up_x", *up, steps=(ForeignKeyTo(parent="new", column="x"),)),
        column("up_y", *up, steps=(ForeignKeyTo(parent="new", column="y"),)),
    )
    with filled(tmp_path, old, new, (1, "a", None, None), (1, "b", 1, "a")) as both:
        assert same(both, one_table(*columns, key=("a", "b"))) == [(1, "a", None, None), (1, "b", 1, "a")]


def test_a_composite_legacy_key_gives_one_derived_id(tmp_path: Path) -> None:
    old = "CREATE TABLE old (a INTEGER, b TEXT, up_a INTEGER, up_b TEXT, PRIMARY KEY (a, b))"
    policy = Derived(version=5)
    columns = (column("id", steps=(NewId(),)), column("up", "up_a", "up_b", steps=(ForeignKeyTo(parent="new"),)))
    with filled(
        tmp_path, old, "CREATE TABLE new (id UUID PRIMARY KEY, up UUID)", (1, "a", None, "x"), (1, "b", 1, "a")
    ) as both:
        landed = same(both, one_table(*columns, key=("a", "b"), identity=policy))
    first, second = id_of("old", (1, "a"), policy), id_of("old", (1, "b"), policy)
    assert landed == [(first, None), (second, first)]


def test_a_reference_to_another_column_than_the_key_keeps_its_value(tmp_path: Path) -> None:
    old = (
        "CREATE TABLE parent (id INTEGER PRIMARY KEY, code TEXT); CREATE TABLE old (id INTEGER PRIMARY KEY, code TEXT)"
    )
    new = "CREATE TABLE parents (id CHAR(36) PRIMARY KEY, code TEXT UNIQUE); CREATE TABLE new (code TEXT)"
    parents = TableMapping(
        source="parent", target="parents", key=("id",), identity=Derived(),
        columns=(column("id", steps=(NewId(),)), column("code", "code")),
    )  # fmt: skip
    child = one_table(column("code", "code", steps=(ForeignKeyTo(parent="parents", column="code"),)))
    with filled(tmp_path, old, new, (1, "a"), (2, None)) as both:
        assert same(both, Mapping(tables=(parents, *child.tables))) == [("a",), (None,)]


def test_a_required_reference_without_a_value_is_a_problem_and_a_missing_parent_is_none(tmp_path: Path) -> None:
    old = "CREATE TABLE parent (id INTEGER PRIMARY KEY); CREATE TABLE old (id INTEGER PRIMARY KEY, up INTEGER)"
    new = "CREATE TABLE parents (id CHAR(36) PRIMARY KEY, legacy_id INTEGER); CREATE TABLE new (up CHAR(36) NOT NULL)"
    parents = TableMapping(source="parent", target="parents", key=("id",), identity=Matched(on=ON_KEY))
    child = one_table(column("up", "up", steps=(ForeignKeyTo(parent="parents"),)))
    with filled(tmp_path, old, new, (1, None), (2, 5)) as both:
        compiled = both.compile(Mapping(tables=(parents, *child.tables)), "new")
        expected = {("up", Problem.NULL_IN_REQUIRED): (0,)}
        assert both.problems(compiled) == both.misfits(compiled) == expected


def test_an_empty_text_can_name_nobody(tmp_path: Path) -> None:
    old = "CREATE TABLE parent (code TEXT PRIMARY KEY); CREATE TABLE old (id INTEGER PRIMARY KEY, up TEXT)"
    new = "CREATE TABLE parents (id UUID PRIMARY KEY); CREATE TABLE new (up UUID NOT NULL)"
    policy = Derived(version=5)
    parents = TableMapping(source="parent", target="parents", key=("code",), identity=policy)
    child = one_table(column("up", "up", steps=(Trim(), EmptyToNull(), ForeignKeyTo(parent="parents"))))
    with filled(tmp_path, old, new, (1, " "), (2, " a "), (3, b"")) as both:
        compiled = both.compile(Mapping(tables=(parents, *child.tables)), "new")
        expected = {("up", Problem.NULL_IN_REQUIRED): (0,), ("up", Problem.UNCASTABLE): (2,)}
        assert both.problems(compiled) == both.misfits(compiled) == expected
        assert first_column(both.pushed(compiled, but_problems=True)) == [id_of("parent", ("a",), policy)]


def test_a_null_in_the_legacy_key_is_a_problem_of_the_id(tmp_path: Path) -> None:
    old, new = "CREATE TABLE old (code TEXT PRIMARY KEY)", "CREATE TABLE new (id UUID PRIMARY KEY)"
    mapping = one_table(column("id", steps=(NewId(),)), key=("code",), identity=Derived(version=5))
    with filled(tmp_path, old, new, (None,), ("a",)) as both:
        compiled = both.compile(mapping, "new")
        assert both.problems(compiled) == both.misfits(compiled) == {("id", Problem.MISSING_KEY): (0,)}


def test_a_row_s_position_can_be_its_key(tmp_path: Path) -> None:
    old, new = "CREATE TABLE old (a TEXT)", "CREATE TABLE new (id CHAR(36), a TEXT)"
    mapping = one_table(column("id", steps=(NewId(),)), column("a", "a"), key=("rowid",), identity=Derived())
    with filled(tmp_path, old, new, ("x",), ("x",)) as both:
        assert same(both, mapping) == [(id_of("old", (n,), Derived()), "x") for n in (1, 2)]


def test_new_key_matched_key_and_source_key(tmp_path: Path) -> None:
    policy = Matched(on=ON_MAIL, otherwise=Derived())
    mapping = shop(policy)
    customers = mapping.tables[0].but(columns=(column("id", steps=(NewId(),)),))
    with filled(tmp_path, SHOP, NEW_SHOP.format(kind="CHAR(36)"), *ROWS) as both:
        compiled = both.compile(mapping.with_table(customers), "customers")
        legacy = clause(compiled.source, schema="legacy")
        matched = compiled.matched_key(legacy, "main")
        assert matched is not None
        keys = select(compiled.source_key(legacy), matched, compiled.new_key(legacy, "main")).select_from(legacy)
        with both.pushing() as connection:
            assert connection.execute(keys.order_by(legacy.c.id)).all() == [
                ("[1]", "there-1", "there-1"),
                ("[2]", "there-2", "there-2"),
                ("[3]", None, id_of("customer", (3,), Derived())),
            ]


def test_a_compiled_table_says_what_it_reads_and_writes(tmp_path: Path) -> None:
    with filled(tmp_path, SHOP, NEW_SHOP.format(kind="CHAR(36)"), *ROWS) as both:
        compiled = both.compile(shop(Derived()), "new")
    assert compiled.reads == ("id", "customer_id", "customer_code", "loose")
    assert compiled.writes == ("id", "by_id", "by_code", "by_loose")
    assert compiled.transformations == ("new_id", "foreign_key")
    assert (compiled.push_down, compiled.reason) == (True, "")
