"""What lands in a real column, by SQL and by the reference alike; which rows do not fit, and whose key they get."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from ferryman.domain.errors import FerrymanError, Usage
from ferryman.domain.filters import AllOf, AnyOf, Comparison, Filter, Operator
from ferryman.domain.mapping import (
    ColumnMapping,
    Mapping,
    Policy,
    Problem,
    Strategy,
)
from ferryman.domain.run import Key, Segment
from ferryman.domain.transforms import (
    AddCreatedAt,
    AddMetadataJson,
    ForeignKeyTo,
    PythonFunction,
    ValueMap,
    ValuePair,
)
from ferryman.tools.databases.dialect import clause
from ferryman.tools.prepare.misfit import ValuesDoNotFit
from tests.tools.transform_cases import CASES, Case
from tests.tools.transforming import column, filled, first_column, one_table, pair, same

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


OLD = "CREATE TABLE old (id INTEGER PRIMARY KEY, a TEXT, b TEXT)"
NEW = "CREATE TABLE new (x TEXT)"


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
    new = "CREATE TABLE new (x INTEGER PRIMARY KEY, y DATE NOT NULL)"
    empty = Policy(problem=Problem.UNCASTABLE, columns=(), strategy=Strategy.SET_NULL)
    mapping = one_table(column("x", "a"), column("y", "a"))
    with filled(tmp_path, OLD, new, (1, "?", None)) as both:
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
        mapping = one_table(column("m", "zeta", 'a "b"', "n", "r", "u", steps=(AddMetadataJson(),)))
        made = [str(row[0]) for row in same(both, mapping)]
    assert made[1] == (
        '{"legacy":{"zeta":"","a \\"b\\"":"é","n":15,"r":1e+300,"u":0.30000000000000004},'
        '"origin":{"table":"old","key":2}}'
    )
    assert [json.loads(line)["legacy"]["u"] for line in made] == ["AP8=", 0.1 + 0.2, 2**63 - 1]
    assert json.loads(made[0])["legacy"]["zeta"] == text
    assert json.loads(made[2])["legacy"]["r"] == "-Infinity"


def test_metadata_without_leftovers_tells_the_origin_and_a_composite_key_is_an_array(tmp_path: Path) -> None:
    old = "CREATE TABLE old (a INTEGER, b TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID"
    mapping = one_table(column("m", steps=(AddMetadataJson(),)), key=("a", "b"))
    with filled(tmp_path, old, "CREATE TABLE new (m JSON)", (1, "é")) as both:
        assert same(both, mapping) == [('{"legacy":{},"origin":{"table":"old","key":[1,"é"]}}',)]


def test_a_wide_table_passes_both_ways(tmp_path: Path) -> None:
    names = tuple(f"c{number}" for number in range(400))
    old = f"CREATE TABLE old (id INTEGER PRIMARY KEY, {', '.join(f'{name} TEXT' for name in names)})"
    new = f"CREATE TABLE new (m JSON, {', '.join(f'{name} VARCHAR(3) NOT NULL' for name in names)})"
    plain = [column(name, name) for name in names]
    mapping = one_table(column("m", *names[:200], steps=(AddMetadataJson(),)), *plain)
    with filled(tmp_path, old, new, (1, *["é"] * 399, '"'), (2, *["long"] * 400)) as both:
        compiled = both.compile(mapping, "new")
        assert both.problems(compiled) == both.misfits(compiled) == {(name, Problem.TOO_LONG): (1,) for name in names}
        [pushed] = both.pushed(compiled, but_problems=True)
        assert [pushed] == both.careful(compiled, without=(1,))
        assert len(json.loads(str(pushed[0][1]))["legacy"]) == 200


# Which rows


SEVERAL = (Comparison(column="n", op=Operator.NOT_NULL), Comparison(column="t", op=Operator.IS_NULL))
EITHER = (
    Comparison(column="n", op=Operator.EQUAL, values=(5,)),
    Comparison(column="t", op=Operator.GREATER, values=("b",)),
)

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
    (Comparison(column="n", op=Operator.ONE_OF, values=(1.0, "x", "9", True)), [1, 4]),
    (Comparison(column="n", op=Operator.NONE_OF, values=()), [1, 2, 4]),
    (Comparison(column="n", op=Operator.ONE_OF, values=()), []),
    (Comparison(column="n", op=Operator.EQUAL, values=(None,)), []),
    (Comparison(column="t", op=Operator.EQUAL, values=("'; DROP TABLE old; --",)), [4]),
    (AllOf(of=SEVERAL), [2]),
    (AnyOf(of=EITHER), [2, 3]),
    (AllOf(of=()), [1, 2, 3, 4]),
    (AnyOf(of=()), []),
]


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
    with filled(tmp_path, OLD, NEW) as both, pytest.raises(Usage, match=message):
        both.problems(both.compile(mapping, "new"))


def test_the_run_s_start_is_written_in_utc(tmp_path: Path) -> None:
    with filled(tmp_path, "CREATE TABLE old (id INTEGER PRIMARY KEY)", "CREATE TABLE new (x TIMESTAMP)", (1,)) as both:
        compiled = both.compile(one_table(column("x", steps=(AddCreatedAt(),))), "new")
        late = datetime(2024, 1, 1, 23, 0, 0, 250, tzinfo=UTC)
        moved = replace(compiled, run_started=late)
        assert first_column(both.pushed(moved)) == first_column(both.careful(moved)) == ["2024-01-01 23:00:00.000250"]
