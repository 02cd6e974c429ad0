"""What lands in a real column, by SQL and by the reference alike; which rows do not fit, and whose key they get."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from ferryman.domain.errors import FerrymanError, Refused, Usage
from ferryman.domain.filters import AllOf, AnyOf, Comparison, Filter, Operator
from ferryman.domain.mapping import (
    Action,
    ColumnMapping,
    Derived,
    Generated,
    IdPolicy,
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
from ferryman.domain.run import Key, Segment
from ferryman.domain.transforms import (
    AddMetadataJson,
    ForeignKeyTo,
    NewId,
    PythonFunction,
    Trim,
    ValueMap,
    ValuePair,
)
from ferryman.tools.databases.dialect import clause
from ferryman.tools.prepare.identity import derive
from ferryman.tools.prepare.misfit import ValuesDoNotFit
from tests.tools.transform_cases import CASES, Case
from tests.tools.transforming import Landed, Pair, one_table, pair

WORDS = """CREATE TABLE words (word TEXT PRIMARY KEY, meaning TEXT);
    INSERT INTO words VALUES ('x', 'ex'), ('1', NULL), ('2', 'two')"""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_lands_and_what_does_not_fit(case: Case, tmp_path: Path) -> None:
    names = [f"c{number}" for number in range(len(case.old))]
    columns = ", ".join(f"{name} {kind}" for name, kind in zip(names, case.old, strict=True))
    old = f"CREATE TABLE old (id INTEGER PRIMARY KEY, {columns}); {WORDS}"
    legacy = [value if isinstance(value, tuple) else (value,) for value, _ in case.rows]
    wrong = {row: expected for row, (_, expected) in enumerate(case.rows) if isinstance(expected, Problem)}
    found = {("x", problem): tuple(n for n in wrong if wrong[n] is problem) for problem in set(wrong.values())}
    right = [expected for _, expected in case.rows if not isinstance(expected, Problem)]
    with pair(tmp_path, old, f"CREATE TABLE new (x {case.new})") as both:
        both.fill("old", "old", [(number, *values) for number, values in enumerate(legacy)])
        compiled = both.compile(one_table(ColumnMapping(target="x", source=tuple(names), steps=case.steps)), "new")
        assert both.misfits(compiled) == found
        assert both.problems(compiled) == found
        assert first_column(both.careful(compiled, without=tuple(wrong))) == right
        assert first_column(both.pushed(compiled, but_problems=True)) == right


def first_column(rows: Landed) -> list[object]:
    return [row[0][1] for row in rows]


def column(target: str, *source: str, steps: tuple[object, ...] = ()) -> ColumnMapping:
    return ColumnMapping(target=target, source=source, steps=steps)


@contextmanager
def filled(folder: Path, old: str, new: str, *rows: tuple[object, ...]) -> Iterator[Pair]:
    """A pair whose legacy table `old` holds these rows."""
    with pair(folder, old, new) as both:
        both.fill("old", "old", rows)
        yield both


def same(both: Pair, mapping: Mapping, table: str = "new") -> list[tuple[object, ...]]:
    """What lands, the same both ways, without a row that fails."""
    compiled = both.compile(mapping, table)
    assert both.problems(compiled) == both.misfits(compiled) == {}
    pushed = both.pushed(compiled)
    assert pushed == both.careful(compiled)
    return [tuple(value for _, value in row) for row in pushed]


# Values that do not fit


def test_a_value_that_does_not_fit_is_never_written_as_null(tmp_path: Path) -> None:
    steps = (ValueMap(pairs=(ValuePair(old="a", new="b"),)),)
    with filled(
        tmp_path, "CREATE TABLE old (id INTEGER PRIMARY KEY, a TEXT)", "CREATE TABLE new (x TEXT)", (1, "?")
    ) as both:
        compiled = both.compile(one_table(column("x", "a", steps=steps)), "new")
        with pytest.raises(FerrymanError):
            both.pushed(compiled)
        with pytest.raises(ValuesDoNotFit, match=r"new: .*x: unmapped_value in 1 rows"):
            both.careful(compiled)


def test_every_misfit_of_a_batch_is_named_at_once(tmp_path: Path) -> None:
    old, new = "CREATE TABLE old (id INTEGER PRIMARY KEY, a, b)", "CREATE TABLE new (x INTEGER, y VARCHAR(2) NOT NULL)"
    with filled(tmp_path, old, new, (1, "a", "ok"), (2, 2, None), (3, "c", "long")) as both:
        compiled = both.compile(one_table(column("x", "a"), column("y", "b")), "new")
        assert both.misfits(compiled) == {
            ("x", Problem.UNCASTABLE): (0, 2),
            ("y", Problem.TOO_LONG): (2,),
            ("y", Problem.NULL_IN_REQUIRED): (1,),
        }


def test_text_that_is_not_utf8_stops_no_question_about_it(tmp_path: Path) -> None:
    old = "CREATE TABLE old (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO old VALUES (1, CAST(x'e9' AS TEXT))"
    new = "CREATE TABLE new (d DATE, t TIMESTAMP, n NUMERIC(5,2), i INTEGER, b BOOLEAN, u UUID, v VARCHAR(3))"
    with pair(tmp_path, old, new) as both:
        compiled = both.compile(one_table(*(column(name, "a") for name in "dtnibu")), "new")
        assert {name for name, _ in both.problems(compiled)} == set("dtnibu")


DECIDED = "CREATE TABLE new (id INTEGER PRIMARY KEY, short VARCHAR(3), day DATE)"


@pytest.mark.parametrize("problem", [Problem.TOO_LONG, Problem.UNCASTABLE])
def test_a_decision_to_empty_or_shorten_is_carried_out(problem: Problem, tmp_path: Path) -> None:
    old = "CREATE TABLE old (id INTEGER PRIMARY KEY, a TEXT, d TEXT)"
    mapping = one_table(column("id", "id"), column("short", "a"), column("day", "d"))
    cut = Policy(problem=Problem.TOO_LONG, columns=("short",), strategy=Strategy.TRUNCATE)
    drop = Policy(problem=Problem.UNCASTABLE, columns=("day",), strategy=Strategy.SET_NULL)
    with filled(tmp_path, old, DECIDED, (1, "äöüß", "2009-01-31"), (2, "ab", "soon"), (3, None, None)) as both:
        decided = mapping.with_table(mapping.tables[0].but(policies=(cut, drop)))
        assert same(both, decided) == [(1, "äöü", "2009-01-31"), (2, "ab", None), (3, None, None)]
        compiled = both.compile(decided, "new")
        with both.pushing() as connection:
            legacy = clause(compiled.source, schema="legacy")
            asked = compiled.problems(legacy, decided=True)
            where = asked["short" if problem is Problem.TOO_LONG else "day", problem]
            assert connection.execute(select(func.count()).select_from(legacy).where(where)).scalar() == 1


def test_a_key_is_never_emptied_and_a_required_column_neither(tmp_path: Path) -> None:
    old, new = (
        "CREATE TABLE old (id INTEGER PRIMARY KEY, a)",
        "CREATE TABLE new (x INTEGER PRIMARY KEY, y DATE NOT NULL)",
    )
    empty = Policy(problem=Problem.UNCASTABLE, columns=(), strategy=Strategy.SET_NULL)
    mapping = one_table(column("x", "a"), column("y", "a"))
    with filled(tmp_path, old, new, (1, "?")) as both:
        compiled = both.compile(mapping.with_table(mapping.tables[0].but(policies=(empty,))), "new")
        assert set(both.problems(compiled)) == {("x", Problem.UNCASTABLE), ("y", Problem.UNCASTABLE)}


# Metadata


def test_metadata_is_the_same_text_byte_for_byte(tmp_path: Path) -> None:
    old = "CREATE TABLE old (id INTEGER PRIMARY KEY, zeta TEXT, 'a \"b\"' TEXT, n NUMERIC, r REAL, u)"
    text = 'Zoë "x"\\\n\t\x7f\x00\u2028/😀'
    rows = [
        (1, text, None, 1.10, 1.0, b"\x00\xff"),
        (2, "", "é", 15, 1e300, 0.1 + 0.2),
        (3, "007", "null", -0.0, float("-inf"), 2**63 - 1),
    ]
    with filled(tmp_path, old, "CREATE TABLE new (m JSON)", *rows) as both:
        made = [
            row[0]
            for row in same(both, one_table(column("m", "zeta", 'a "b"', "n", "r", "u", steps=(AddMetadataJson(),))))
        ]
    assert made[1] == (
        '{"legacy":{"zeta":"","a \\"b\\"":"é","n":15,"r":1e+300,"u":0.30000000000000004},"origin":{"table":"old","key":2}}'
    )
    assert [json.loads(str(line))["legacy"]["u"] for line in made] == ["AP8=", 0.1 + 0.2, 2**63 - 1]
    assert json.loads(str(made[0]))["legacy"]["zeta"] == text
    assert json.loads(str(made[2]))["legacy"]["r"] == "-Infinity"


def test_metadata_without_leftovers_tells_the_origin_and_a_composite_key_is_an_array(tmp_path: Path) -> None:
    old = "CREATE TABLE old (a INTEGER, b TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID"
    mapping = one_table(column("m", steps=(AddMetadataJson(),)), key=("a", "b"))
    with filled(tmp_path, old, "CREATE TABLE new (m JSON)", (1, "é")) as both:
        assert same(both, mapping) == [('{"legacy":{},"origin":{"table":"old","key":[1,"é"]}}',)]


# Keys and references


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
    said = [("r", "numbered", "1", "created", f"[{key}]", str(100 + key), None, 1, None) for key in (1, 2, 3)]
    said += [
        ("r", "numbered", "1", "created", None, "1", "9", 9, None),
        ("r", "other", "1", "created", "[9]", "5", None, 1, None),
    ]
    with filled(tmp_path, SHOP, NEW_SHOP.format(kind="INTEGER"), *ROWS) as both:
        both.fill("new", "ferryman_row", said)
        landed = same(both, shop(Generated(), "numbered"))
    assert [row[1:] for row in landed] == [(101, 102, 102), (102, 103, 103), (None, None, None), (None, None, None)]


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
        both.fill("new", "ferryman_row", [("r", "customers", "1", "created", "[3]", "made", None, 1, None)])
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


# Which rows


FILTERS: list[tuple[Filter, list[int]]] = [
    (Comparison(column="n", op=Operator.EQUAL, values=(5,)), [2]),
    (Comparison(column="n", op=Operator.UNEQUAL, values=(5,)), [1, 4]),
    (Comparison(column="n", op=Operator.AT_LEAST, values=(5,)), [2, 4]),
    (Comparison(column="n", op=Operator.LESS, values=(5,)), [1]),
    (Comparison(column="n", op=Operator.IS_NULL), [3]),
    (Comparison(column="n", op=Operator.NOT_NULL), [1, 2, 4]),
    (Comparison(column="n", op=Operator.ONE_OF, values=(1, 9, None)), [1, 4]),
    (Comparison(column="n", op=Operator.NONE_OF, values=(1, 9)), [2]),
    (Comparison(column="n", op=Operator.NONE_OF, values=(1, None)), []),
    (Comparison(column="n", op=Operator.NONE_OF, values=()), [1, 2, 4]),
    (Comparison(column="n", op=Operator.ONE_OF, values=()), []),
    (Comparison(column="n", op=Operator.EQUAL, values=(None,)), []),
    (Comparison(column="t", op=Operator.EQUAL, values=("'; DROP TABLE old; --",)), [4]),
    (AllOf(of=(Comparison(column="n", op=Operator.NOT_NULL), Comparison(column="t", op=Operator.IS_NULL))), [2]),
    (AnyOf(of=(Comparison(column="n", op=Operator.EQUAL, values=(5,)), Comparison(column="t", op=Operator.GREATER, values=("b",)))), [2, 3]),
    (AllOf(of=()), [1, 2, 3, 4]),
    (AnyOf(of=()), []),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "expected"), FILTERS)
def test_a_filter_lets_rows_through_and_is_never_null(condition: Filter, expected: list[int], tmp_path: Path) -> None:
    rows = ((1, 1, "a"), (2, 5, None), (3, None, "c"), (4, 9, "'; DROP TABLE old; --"))
    mapping = one_table(column("id", "id"))
    mapping = mapping.with_table(mapping.tables[0].but(filter=condition))
    with filled(
        tmp_path, "CREATE TABLE old (id INTEGER PRIMARY KEY, n INTEGER, t TEXT)", "CREATE TABLE new (id INTEGER)", *rows
    ) as both:
        assert [row[0] for row in same(both, mapping)] == expected
        compiled, legacy = both.compile(mapping, "new"), clause("old", ["id", "n", "t"], "legacy")
        with both.pushing() as connection:
            left_out = select(legacy.c.id).where(~compiled.in_filter(legacy)).order_by(legacy.c.id)
            assert connection.execute(left_out).scalars().all() == [n for n in (1, 2, 3, 4) if n not in expected]


@pytest.mark.parametrize(
    ("after", "upto", "expected"),
    [
        (None, None, [(1, "a"), (1, "b"), (2, "a"), (3, "z")]),
        ((1, "a"), None, [(1, "b"), (2, "a"), (3, "z")]),
        (None, (2, "a"), [(1, "a"), (1, "b"), (2, "a")]),
        ((1, "a"), (2, "a"), [(1, "b"), (2, "a")]),
        ((9, ""), None, []),
    ],
)
def test_a_segment_is_open_below_and_closed_above(
    after: Key | None, upto: Key | None, expected: list[Key], tmp_path: Path
) -> None:
    old = "CREATE TABLE old (a INTEGER, b TEXT, PRIMARY KEY (a, b))"
    rows = [(2, "a"), (1, "b"), (3, "z"), (1, "a")]
    with filled(tmp_path, old, "CREATE TABLE new (x)", *rows) as both:
        compiled = both.compile(one_table(column("x", "a"), key=("a", "b")), "new")
        legacy = clause(compiled.source, schema="legacy")
        keys = compiled.key_columns(legacy)
        with both.pushing() as connection:
            chosen = select(*keys).where(compiled.where(legacy, Segment(after=after, upto=upto))).order_by(*keys)
            assert [tuple(row) for row in connection.execute(chosen)] == expected


def test_the_source_may_have_any_name_and_alias(tmp_path: Path) -> None:
    old = 'CREATE TABLE "or;der" ("sel""ect" INTEGER PRIMARY KEY, "a b" TEXT); INSERT INTO "or;der" VALUES (1, \'x\')'
    mapping = one_table(column("ta;b", "a b"), source="or;der", key=('sel"ect',))
    with pair(tmp_path, old, 'CREATE TABLE new ("ta;b" TEXT)') as both:
        assert same(both, mapping) == [("x",)]
        compiled = both.compile(mapping, "new")
        legacy = clause(compiled.source, schema="legacy").alias("l")
        made = compiled.expressions(legacy, "main")
        with both.pushing() as connection:
            done = connection.execute(
                insert(clause("new", list(made), "main")).from_select(list(made), select(*made.values()))
            )
            assert done.rowcount == 1


# What is compiled, and what is refused


def test_a_compiled_table_says_what_it_reads_and_writes(tmp_path: Path) -> None:
    with filled(tmp_path, SHOP, NEW_SHOP.format(kind="CHAR(36)"), *ROWS) as both:
        compiled = both.compile(shop(Derived()), "new")
    assert compiled.reads == ("id", "customer_id", "customer_code", "loose")
    assert compiled.writes == ("id", "by_id", "by_code", "by_loose")
    assert compiled.transformations == ("new_id", "foreign_key")
    assert (compiled.push_down, compiled.reason) == (True, "")


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        (one_table(column("x", "nope")), "old has no column nope"),
        (one_table(column("nope", "a")), "new has no column nope"),
        (one_table(column("x", "a"), key=("nope",)), "old has no column nope"),
        (one_table(column("x", "a", "id")), "2 legacy columns"),
        (one_table(column("x", "a", steps=(ForeignKeyTo(parent="gone"),))), "no place in the plan"),
        (one_table(column("x", "a", steps=(PythonFunction(function="gone:away"),))), "cannot be imported"),
        (one_table(column("x", "a", steps=(PythonFunction(function="json:away"),))), "no function away"),
    ],
)
def test_what_the_catalogues_do_not_have_is_refused(mapping: Mapping, message: str, tmp_path: Path) -> None:
    with filled(tmp_path, "CREATE TABLE old (id INTEGER PRIMARY KEY, a TEXT)", "CREATE TABLE new (x TEXT)") as both:
        with pytest.raises(Usage, match=message):
            compiled = both.compile(mapping, "new")
            both.problems(compiled)


PHONES = """import pyarrow as pa
import pyarrow.compute as pc


def phone(numbers: pa.Array, countries: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise(countries, numbers, "-")


def count(numbers: pa.Array, countries: pa.Array) -> int:
    return 1
"""


def test_a_function_of_the_plan_s_own_runs_in_python(tmp_path: Path) -> None:
    (tmp_path / "phones.py").write_text(PHONES)
    mapping = one_table(column("x", "a", "b", steps=(PythonFunction(function="phones:phone"), Trim())))
    with filled(
        tmp_path,
        "CREATE TABLE old (id INTEGER PRIMARY KEY, a, b)",
        "CREATE TABLE new (x TEXT)",
        (1, "7 ", "49"),
        (2, None, "1"),
    ) as both:
        compiled = both.compile(mapping, "new", tmp_path)
        assert (compiled.push_down, compiled.reason) == (False, "phones:phone runs in Python")
        assert first_column(both.careful(compiled)) == ["49-7", None]


def test_a_function_that_was_changed_since_is_refused(tmp_path: Path) -> None:
    (tmp_path / "phones2.py").write_text(PHONES)
    source = PHONES[PHONES.index("def phone") : PHONES.index("\n\n\ndef count")] + "\n"
    known = hashlib.sha256(source.encode()).hexdigest()
    step = PythonFunction(function="phones2:phone", source_hash=known)
    with filled(tmp_path, "CREATE TABLE old (id INTEGER PRIMARY KEY, a, b)", "CREATE TABLE new (x TEXT)") as both:
        assert both.compile(one_table(column("x", "a", "b", steps=(step,))), "new", tmp_path).reason
        (tmp_path / "phones2.py").write_text(PHONES.replace('"-"', '"+"'))
        with pytest.raises(Refused) as refused:
            both.compile(one_table(column("x", "a", "b", steps=(step,))), "new", tmp_path)
    assert len(str(refused.value).splitlines()) == 2


def test_a_function_that_gives_no_array_is_refused(tmp_path: Path) -> None:
    (tmp_path / "phones3.py").write_text(PHONES)
    step = PythonFunction(function="phones3:count")
    with filled(
        tmp_path, "CREATE TABLE old (id INTEGER PRIMARY KEY, a, b)", "CREATE TABLE new (x TEXT)", (1, "a", "b")
    ) as both:
        compiled = both.compile(one_table(column("x", "a", "b", steps=(step,))), "new", tmp_path)
        with pytest.raises(Usage, match="one pyarrow.Array"):
            both.careful(compiled)


def test_the_run_s_start_is_written_in_utc(tmp_path: Path) -> None:
    from ferryman.domain.transforms import AddCreatedAt

    with filled(tmp_path, "CREATE TABLE old (id INTEGER PRIMARY KEY)", "CREATE TABLE new (x TIMESTAMP)", (1,)) as both:
        compiled = both.compile(one_table(column("x", steps=(AddCreatedAt(),))), "new")
        late = datetime(2024, 1, 1, 23, 0, 0, 250, tzinfo=UTC)
        moved = replace(compiled, run_started=late)
        assert first_column(both.pushed(moved)) == first_column(both.careful(moved)) == ["2024-01-01 23:00:00.000250"]
