"""Profiles count what is there; shapes tell nothing of the values; references are inferred only from both."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from ferryman.domain.profile import Profile, TableProfile
from ferryman.domain.schema import Database
from ferryman.tools.databases.connect import open_source
from ferryman.tools.discover import contain as containing
from ferryman.tools.discover import profile as profiling
from ferryman.tools.discover.contain import Place, containment, infer_references
from ferryman.tools.discover.introspect import introspect
from ferryman.tools.discover.likely import with_likely
from ferryman.tools.discover.profile import PREFIX, profile, row_counts, with_ranges
from ferryman.tools.discover.shapes import OTHERS, SHAPES_KEPT, shape, shapes

Rows = Sequence[Sequence[object]]


def build(path: Path, script: str, **rows: Rows) -> Path:
    connection = sqlite3.connect(path)
    connection.executescript(script)
    for table, values in rows.items():
        marks = ", ".join("?" * len(values[0]))
        connection.executemany(f"INSERT INTO {table} VALUES ({marks})", values)
    connection.commit()
    connection.close()
    return path


def profiled(path: Path, tables: Iterable[str] | None = None) -> Profile:
    source = open_source(str(path))
    with source.connect() as connection:
        database = introspect(connection, source.dialect)
        return profile(connection, database, source.dialect, None if tables is None else set(tables))


def one(path: Path, script: str, values: Rows) -> TableProfile:
    return profiled(build(path, script, t=values)).by_name["t"]


@pytest.fixture(params=["counted here", "counted by the database"])
def path(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database's path. Small tables are counted as they were read, large ones by SQL: both must say the same."""
    if request.param == "counted by the database":
        monkeypatch.setattr(profiling, "COUNTED_ROWS", 0)
    return tmp_path / "shop.db"


def test_ranges_are_measured_anew_where_they_were_left_behind(path: Path) -> None:
    columns = "n INTEGER, d DECIMAL(9,2), f BOOLEAN, day DATE, iso TEXT, word TEXT, mixed INTEGER"
    rows = [
        (n, n / 4, n % 2, f"2020-01-{n:02}", f"2021-02-{n:02} 10:00", f"w{n}", "x" if n == 5 else n)
        for n in range(3, 9)
    ]
    source = open_source(str(build(path, f"CREATE TABLE t ({columns}); CREATE TABLE empty (n INTEGER)", t=rows)))
    with source.connect() as connection:
        database = introspect(connection, source.dialect)
        known = profile(connection, database, source.dialect)
        written = Profile.model_validate_json(known.model_dump_json())
        assert known.has_ranges and not written.has_ranges
        again = with_ranges(connection, database, source.dialect, written)
    assert again == known
    assert (again.by_name["t"].by_name["n"].lowest, again.by_name["t"].by_name["iso"].highest) == (
        3,
        "2021-02-08 10:00",
    )


def test_nulls_empties_and_lengths(path: Path) -> None:
    table = one(path, "CREATE TABLE t (s TEXT)", [("",), ("  ",), (None,), ("äöü",), ("😀 long",), (" \t",)])
    column = table.by_name["s"]
    assert table.rows == 6
    assert (column.nulls, column.empty, column.shortest, column.longest) == (1, 2, 0, 6)
    assert column.storage == {"text": 5}


def test_numbers_have_a_range_and_no_lengths(path: Path) -> None:
    table = one(
        path,
        "CREATE TABLE t (i INT, f REAL, n NUMERIC(10,2), b BOOLEAN)",
        [(5, 0.5, 1, 0), (-3, 2, 9.75, 1), (None, None, None, None)],
    )
    assert [(c.lowest, c.highest) for c in table.columns] == [(-3, 5), (0.5, 2.0), (1, 9.75), (0, 1)]
    assert [(c.shortest, c.longest, c.shapes) for c in table.columns] == [(None, None, {})] * 4
    assert [c.nulls for c in table.columns] == [1] * 4
    assert table.by_name["n"].storage == {"integer": 1, "real": 1}


def test_dates_have_a_range_and_other_texts_have_none(path: Path) -> None:
    table = one(
        path,
        "CREATE TABLE t (d DATE, m DATETIME, s TEXT, secret TEXT)",
        [
            ("2009-01-31", "2009-01-31 10:00:00", "2009-01-31", "b"),
            ("2011-05-05", "2011-05-05 00:00:00", "2011-05-05", "a"),
        ],
    )
    assert [(c.lowest, c.highest) for c in table.columns] == [
        ("2009-01-31", "2011-05-05"),
        ("2009-01-31 10:00:00", "2011-05-05 00:00:00"),
        ("2009-01-31", "2011-05-05"),
        (None, None),
    ]
    assert table.by_name["d"].shapes == {"9999-99-99": 2}


def test_a_range_never_holds_a_text_that_is_no_date(path: Path) -> None:
    table = one(path, "CREATE TABLE t (d DATE, i INT)", [("someone", 1), ("2009-01-31", "someone")])
    assert [(c.lowest, c.highest) for c in table.columns] == [("2009-01-31", None), (1, 1)]


def test_stored_kinds_that_do_not_belong_are_counted(path: Path) -> None:
    table = one(
        path,
        "CREATE TABLE t (i INT, s TEXT, x BLOB, any)",
        [(1, "a", b"a", 1), ("one", b"b", "text", 2.5), (1.5, "c", 5, "c"), (None, None, None, b"d")],
    )
    assert [c.storage for c in table.columns] == [
        {"integer": 1, "real": 1, "text": 1},
        {"text": 2, "blob": 1},
        {"integer": 1, "text": 1, "blob": 1},
        {"integer": 1, "real": 1, "text": 1, "blob": 1},
    ]


def test_a_text_column_that_turns_digits_into_numbers_is_seen(path: Path) -> None:
    column = one(path, "CREATE TABLE t (phone STRING)", [("0123",), ("0456",)]).by_name["phone"]
    assert column.storage == {"integer": 2}


def test_numbers_that_can_be_no_month_are_counted_where_day_and_month_could_change_places(path: Path) -> None:
    texts = ["31/12/2009", "1/2/2009", "12/31/09 10:00", "13-01-2009", "2009-31-01", "13/14", "20/1-2009", None]
    column = one(path, "CREATE TABLE t (d TEXT)", [(text,) for text in texts]).by_name["d"]
    assert column.beyond_months == (2, 1)


def test_bytes_have_lengths_and_no_shapes(path: Path) -> None:
    column = one(path, "CREATE TABLE t (x BLOB)", [(b"",), (b"\x00\xff",), (b"\x00" * 1000,)]).by_name["x"]
    assert (column.shortest, column.longest, column.shapes) == (0, 1000, {})


def test_long_texts_are_measured_whole(path: Path) -> None:
    column = one(path, "CREATE TABLE t (s TEXT)", [("x" * 5000,), ("ä" * PREFIX,), ("y",)]).by_name["s"]
    assert (column.shortest, column.longest, column.distinct) == (1, 5000, 3)


def test_distinct_values_and_shapes(path: Path) -> None:
    table = one(
        path,
        "CREATE TABLE t (i INT, mail TEXT)",
        [(1, "anna@example.com"), (1, "bo@example.org"), (2, "anna@example.com"), (None, None)],
    )
    assert [c.distinct for c in table.columns] == [2, 2]
    assert table.by_name["mail"].shapes == {"a+@a+.a+": 3}
    assert [c.sampled for c in table.columns] == [0, 0]


def test_an_all_null_column_and_an_empty_table(path: Path) -> None:
    build(path, "CREATE TABLE t (a INT, s TEXT, d DATE, any); CREATE TABLE empty (a INT)", t=[(None,) * 4] * 3)
    found = profiled(path)
    assert [(c.nulls, c.distinct, c.lowest, c.longest, c.storage) for c in found.by_name["t"].columns] == [
        (3, 0, None, None, {})
    ] * 4
    assert found.rows("empty") == 0
    assert found.by_name["empty"].columns[0].nulls == 0
    assert found.rows("not there") == 0


def test_text_that_is_not_utf8_does_not_stop_a_profile(path: Path) -> None:
    build(path, "CREATE TABLE t (s TEXT); INSERT INTO t VALUES ('fine'), (CAST(x'ff41' AS TEXT))")
    column = profiled(path).by_name["t"].by_name["s"]
    assert (column.nulls, column.distinct, column.storage) == (0, 2, {"text": 2})


def test_hostile_names_and_wide_tables(path: Path) -> None:
    columns = ['"a b"', '"select"', '"100%"', '"%(x)s"', '"x""y"', '"col:on"', *(f"c{i}" for i in range(300))]
    build(path, f'CREATE TABLE "odd; table" ({", ".join(f"{name} INT" for name in columns)})')
    connection = sqlite3.connect(path)
    connection.execute(f'INSERT INTO "odd; table" VALUES ({", ".join("7" * len(columns))})')
    connection.commit()
    connection.close()
    table = profiled(path).by_name["odd; table"]
    assert len(table.columns) == len(columns)
    assert {column.highest for column in table.columns} == {7}


def test_a_large_table_is_counted_whole_and_sampled_all_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profiling, "SAMPLE_ROWS", 200)
    monkeypatch.setattr(profiling, "SHAPE_ROWS", 100)
    rows = [(i, f"N{i}", "old" if i <= 4000 else "new") for i in range(1, 5001)]
    found = one(tmp_path / "shop.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, era TEXT)", rows)
    assert found.rows == 5000
    assert [column.sampled for column in found.columns] == [200] * 3
    assert found.by_name["id"].distinct == 200
    assert found.by_name["era"].distinct == 2, "only the first rows were looked at"
    assert (found.by_name["id"].lowest, found.by_name["id"].highest) == (1, 5000)
    assert found.by_name["name"].longest == 5


@pytest.mark.parametrize(
    "schema",
    [
        "CREATE TABLE t (id INTEGER, name TEXT)",
        "CREATE TABLE t (id INTEGER, name TEXT PRIMARY KEY) WITHOUT ROWID",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT) WITHOUT ROWID",
        "CREATE TABLE t (id INTEGER, name TEXT, PRIMARY KEY (name, id)) WITHOUT ROWID",
        "CREATE TABLE t (rowid TEXT, name TEXT)",
    ],
)
def test_tables_without_an_integer_key_are_sampled_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, schema: str
) -> None:
    monkeypatch.setattr(profiling, "SAMPLE_ROWS", 200)
    monkeypatch.setattr(profiling, "SHAPE_ROWS", 100)
    found = one(tmp_path / "shop.db", schema, [(i * 1000, f"N{i}") for i in range(1, 1001)])
    assert [(c.sampled, c.distinct) for c in found.columns] == [(200, 200)] * 2


def test_only_the_tables_asked_for(tmp_path: Path) -> None:
    script = "CREATE TABLE t (a INT); CREATE TABLE u (a INT); CREATE TABLE django_migrations (id INT, app TEXT)"
    path = build(tmp_path / "shop.db", script, t=[(1,)], u=[(1,)], django_migrations=[(1, "x")])
    assert [table.table for table in profiled(path).tables] == ["t", "u"]
    assert [table.table for table in profiled(path, ["u", "django_migrations"]).tables] == ["django_migrations", "u"]


def test_row_counts_of_many_tables(tmp_path: Path) -> None:
    script = "".join(f"CREATE TABLE t{i} (a INT); INSERT INTO t{i} VALUES (1);" for i in range(250))
    path = build(tmp_path / "shop.db", script)
    with open_source(str(path)).connect() as connection:
        counts = row_counts(connection, [f"t{i}" for i in range(250)])
    assert counts == {f"t{i}": 1 for i in range(250)}


def test_a_serialised_profile_holds_no_value(tmp_path: Path) -> None:
    table = one(
        tmp_path / "shop.db",
        "CREATE TABLE t (name TEXT, born DATE, salary INT, token BLOB)",
        [("Anna Berg", "1971-03-05", 48123, b"hush"), ("Bert Lind", "1982-04-06", 51987, b"hush")],
    )
    told = table.model_dump_json() + repr(table)
    for value in ("Anna", "Berg", "Lind", "1971", "48123", "51987", "hush"):
        assert value not in told
    assert json.loads(table.model_dump_json())["columns"][0]["shapes"] == {"Aa+ Aa+": 2}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""), ("Anna Berg", "Aa+ Aa+"), ("2009-01-31", "9999-99-99"), ("INV-104233", "A+-9+"), ("a1", "a9"),
        ("2009-01-31 10:00:00", "9999-99-99 99:99:99"), ("Ünal", "Aa+"), ("Иван", "Aa+"), ("東京", "a+"), ("٣", "9"),
        ("x🙂", "a?"), ("tab\there\x07", "a+ a+?"), ("6e3a1f04-9c1b-4c5e-8f3a-0123456789ab", "<uuid>"),
        ("d41d8cd98f00b204e9800998ecf8427e", "<hex 32>"), ("1234567890123456", "9+"), ("deadbeef", "a+"),
    ],
)  # fmt: skip
def test_shapes(text: str, expected: str) -> None:
    assert shape(text) == expected


def test_shapes_stay_few_and_lose_no_count() -> None:
    counted = shapes("-" * (i % 40) for i in range(400))
    assert len(counted) == SHAPES_KEPT + 1
    assert sum(counted.values()) == 400
    assert OTHERS in counted
    assert len(shape("-a9" * 100)) < 50


LINKED = """
CREATE TABLE dispatch_project (id INTEGER PRIMARY KEY, name TEXT, country_code CHAR(2));
CREATE TABLE dispatch_case (id INTEGER PRIMARY KEY, project_id INT, parent_id INT, "UserID" INT, billing_user_id INT,
    dispatch_project INT, fk_status INT, owner INT, user_email TEXT, declared_id INT REFERENCES dispatch_project,
    team_id INT, note_id INT);
CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);
CREATE TABLE countries (id INTEGER PRIMARY KEY, code CHAR(2) UNIQUE);
CREATE TABLE status (id INTEGER PRIMARY KEY, word TEXT);
CREATE TABLE team (id INTEGER PRIMARY KEY);
CREATE TABLE notes (id INTEGER PRIMARY KEY, case_id INT);
CREATE TABLE user_profile (user_id INTEGER PRIMARY KEY, x TEXT);
"""


@pytest.fixture
def linked(tmp_path: Path) -> Path:
    return build(
        tmp_path / "linked.db",
        LINKED,
        dispatch_project=[(i, f"p{i}", "DE" if i % 2 else "FR") for i in range(1, 50)],
        users=[(i, f"u{i}@x.org") for i in range(1, 9)],
        countries=[(1, "DE"), (2, "FR"), (3, "IT")],
        status=[(1, "open"), (2, "closed")],
        user_profile=[(1, "a"), (2, "b")],
        dispatch_case=[
            (i, i % 49 + 1, i - 1 or None, i % 8 + 1, i % 8 + 1, i % 20 + 1, 77, i % 8 + 1, "u1@x.org", 1, 5, None)
            for i in range(1, 500)
        ],
    )


def inferred(path: Path) -> tuple[Database, Database]:
    source = open_source(str(path))
    with source.connect() as connection:
        database = introspect(connection, source.dialect)
        found = profile(connection, database, source.dialect)
        return database, infer_references(connection, database, found)


def test_references_that_names_and_values_agree_on_are_inferred(linked: Path) -> None:
    before, after = inferred(linked)
    added = {
        (table.name, key.columns[0]): (key.parent, key.parent_columns[0])
        for table in after.tables
        for key in table.foreign_keys
        if not key.enforced
    }
    assert added == {
        ("dispatch_case", "project_id"): ("dispatch_project", "id"),
        ("dispatch_case", "parent_id"): ("dispatch_case", "id"),
        ("dispatch_case", "UserID"): ("users", "id"),
        ("dispatch_case", "billing_user_id"): ("users", "id"),
        ("dispatch_case", "dispatch_project"): ("dispatch_project", "id"),
        ("dispatch_project", "country_code"): ("countries", "code"),
        ("user_profile", "user_id"): ("users", "id"),
    }
    declared = after.table("dispatch_case").reference("declared_id")
    assert declared is not None and declared.enforced
    assert [table.columns for table in after.tables] == [table.columns for table in before.tables]


def test_a_few_orphans_do_not_hide_a_reference_and_many_do(tmp_path: Path) -> None:
    script = "CREATE TABLE users (id INTEGER PRIMARY KEY); CREATE TABLE c (few_user_id INT, many_user_id INT)"
    rows = [(i if i <= 97 else 1000 + i, i if i <= 90 else 1000 + i) for i in range(1, 101)]
    path = build(tmp_path / "x.db", script, users=[(i,) for i in range(1, 101)], c=rows)
    _, after = inferred(path)
    assert [key.columns for key in after.table("c").foreign_keys] == [("few_user_id",)]


def test_a_column_called_after_the_key_of_a_table_names_its_rows(tmp_path: Path) -> None:
    script = """
CREATE TABLE patients (pat_no INTEGER PRIMARY KEY, gp_doc_id INT); CREATE TABLE doctors (doc_id INTEGER PRIMARY KEY);
CREATE TABLE one (rec_id INTEGER PRIMARY KEY); CREATE TABLE two (rec_id INTEGER PRIMARY KEY);
CREATE TABLE stays (no INTEGER PRIMARY KEY, pat_no INT, doc_id INT, rec_id INT, old_pat_no INT);"""
    path = build(
        tmp_path / "x.db",
        script,
        patients=[(i, i % 5 + 1) for i in range(1, 50)],
        doctors=[(i,) for i in range(1, 9)],
        one=[(i,) for i in range(1, 9)],
        two=[(i,) for i in range(1, 9)],
        stays=[(i, i % 49 + 1, i % 8 + 1, i % 8 + 1, i + 500) for i in range(1, 100)],
    )
    _, after = inferred(path)
    found = {(table.name, key.columns[0]): key.parent for table in after.tables for key in table.foreign_keys}
    assert found == {
        ("patients", "gp_doc_id"): "doctors",
        ("stays", "pat_no"): "patients",
        ("stays", "doc_id"): "doctors",
    }


def test_keys_of_another_type_are_no_reference(tmp_path: Path) -> None:
    script = "CREATE TABLE users (id INTEGER PRIMARY KEY); CREATE TABLE c (user_id TEXT, user DATE)"
    path = build(tmp_path / "x.db", script, users=[(1,), (2,)], c=[("1", "2009-01-31"), ("2", "2009-01-31")])
    _, after = inferred(path)
    assert after.table("c").foreign_keys == ()


def test_a_number_that_counts_rows_names_none_of_them(tmp_path: Path) -> None:
    script = """
CREATE TABLE loans (id INTEGER PRIMARY KEY); CREATE TABLE posts (id INTEGER PRIMARY KEY);
CREATE TABLE kinds (id INTEGER PRIMARY KEY, max_loans INT, loan_count INT, user_posts INT, posts INT, loan INT)"""
    path = build(
        tmp_path / "x.db",
        script,
        loans=[(n,) for n in range(1, 100)],
        posts=[(n,) for n in range(1, 100)],
        kinds=[(n, n * 5, n * 2, n * 3, n, n * 7) for n in range(1, 10)],
    )
    _, after = inferred(path)
    assert [key.columns for key in after.table("kinds").foreign_keys] == [("loan",)]
    source = open_source(str(path))
    with source.connect() as connection:
        found = with_likely(connection, after, profile(connection, after, source.dialect))
    told = {column.name: [one.table for one in column.may_name] for column in found.by_name["kinds"].columns}
    assert {name: tables for name, tables in told.items() if tables} == {"posts": ["posts"]}


def test_containment_within_and_across_databases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)"
    one = open_source(str(build(tmp_path / "one.db", script, t=[(i, f"n{i % 40}") for i in range(1, 2001)])))
    two = open_source(str(build(tmp_path / "two.db", script, t=[(i, f"n{i % 10}") for i in range(1, 1001)])))
    with one.connect() as here, two.connect() as there:
        ours = introspect(here, one.dialect).table("t")
        assert containment(Place(here, ours, "name"), Place(here, ours, "name")).share == 1.0
        assert containment(Place(here, ours, "id"), Place(here, ours, "name")).found == 0
        names = containment(Place(here, ours, "name"), Place(there, ours, "name"))
        assert (names.looked, names.found, names.share) == (40, 10, 0.25)
        monkeypatch.setattr(containing, "SAMPLED_ROWS", 400)
        keys = containment(Place(here, ours, "id", rows=2000), Place(there, ours, "id"))
        assert (keys.looked, keys.found) == (400, 200)
        monkeypatch.setattr(containing, "LOOKED_UP", 100)
        assert containment(Place(here, ours, "id", rows=2000), Place(there, ours, "id")).looked == 100


def test_containment_of_nothing_is_none(tmp_path: Path) -> None:
    path = build(tmp_path / "x.db", "CREATE TABLE t (a INT); CREATE TABLE u (a INT)", t=[(None,)])
    source = open_source(str(path))
    with source.connect() as connection:
        database = introspect(connection, source.dialect)
        for child in ("t", "u"):
            found = containment(
                Place(connection, database.table(child), "a"), Place(connection, database.table("t"), "a")
            )
            assert (found.looked, found.found, found.share) == (0, 0, 0.0)


def test_a_few_zeros_for_no_parent_do_not_hide_a_reference(tmp_path: Path) -> None:
    script = "CREATE TABLE users (id INTEGER PRIMARY KEY); CREATE TABLE c (user_id INT)"
    path = build(tmp_path / "x.db", script, users=[(1,), (2,), (3,)], c=[(0,), (1,), (2,), (2,), (3,)])
    _, after = inferred(path)
    assert [key.columns for key in after.table("c").foreign_keys] == [("user_id",)]


def test_tables_that_a_column_may_name_are_told_by_what_speaks_for_them(tmp_path: Path) -> None:
    script = """
CREATE TABLE customers (id INTEGER PRIMARY KEY); CREATE TABLE parts (id INTEGER PRIMARY KEY);
CREATE TABLE codes (code TEXT PRIMARY KEY);
CREATE TABLE orders (
  id INTEGER PRIMARY KEY, cust INT, handled_by INT, handler_id INT, pieces INT, customer_id INT, origin TEXT);
CREATE TABLE app_user_table (id INTEGER PRIMARY KEY); CREATE TABLE app_kind_table (id INTEGER PRIMARY KEY)"""
    rows = [
        (n, 5 * (n % 90 + 1), 5 * (n * 3 % 100 + 1), n % 4, n % 9 + 1, n * 3 % 700, f"c{n % 12}")
        for n in range(1000, 1300)
    ]
    path = build(
        tmp_path / "x.db",
        script,
        customers=[(5 * n,) for n in range(1, 101)],
        parts=[(n,) for n in range(1, 4001)],
        codes=[(f"c{n}",) for n in range(20)],
        app_user_table=[(n,) for n in range(1, 41)],
        app_kind_table=[(n,) for n in range(1, 5)],
        orders=rows,
    )
    source = open_source(str(path))
    with source.connect() as connection:
        database = introspect(connection, source.dialect)
        found = with_likely(connection, database, profile(connection, database, source.dialect))
    told = {column.name: [one.table for one in column.may_name] for column in found.by_name["orders"].columns}
    assert told == {
        "id": [],
        "cust": ["customers"],
        "handled_by": ["customers"],
        "handler_id": ["app_user_table"],
        "pieces": [],
        "customer_id": [],
        "origin": ["codes"],
    }


@pytest.mark.parametrize("every", [2, 5, 20])
def test_shapes_that_come_in_step_with_the_rows_are_all_seen(tmp_path: Path, every: int) -> None:
    rows = [(n, "2024-01-31" if n % every else "31/01/2024") for n in range(1, 20_001)]
    seen = one(tmp_path / "old.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, at TEXT)", rows).by_name["at"].shapes
    assert set(seen) == {"9999-99-99", "99/99/9999"}


def test_rows_that_are_gone_do_not_hide_whose_numbers_a_column_holds(tmp_path: Path) -> None:
    """Some posts name users by numbers beyond those that are there; there are more posts than users."""
    script = """
CREATE TABLE bb_users (user_id INTEGER PRIMARY KEY); CREATE TABLE bb_topics (topic_id INTEGER PRIMARY KEY);
CREATE TABLE bb_posts (post_id INTEGER PRIMARY KEY, poster_id INT, edited_by INT, external_id INT, height INT)"""
    posts = [
        (n, 90_000 + n if n % 50 == 0 else n * 7 % 200 + 1, 90_000 if n == 9 else n % 190 + 1, 70_000 + n, n % 180 + 1)
        for n in range(1, 2001)
    ]
    path = build(
        tmp_path / "x.db",
        script,
        bb_users=[(n,) for n in range(1, 201)],
        bb_topics=[(n,) for n in range(1, 901)],
        bb_posts=posts,
    )
    source = open_source(str(path))
    with source.connect() as connection:
        database = introspect(connection, source.dialect)
        found = with_likely(connection, database, profile(connection, database, source.dialect))
    told = {column.name: [one.table for one in column.may_name] for column in found.by_name["bb_posts"].columns}
    assert told == {
        "post_id": [],
        "poster_id": ["bb_users"],
        "edited_by": ["bb_users"],
        "external_id": [],
        "height": [],
    }
