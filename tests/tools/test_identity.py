"""Derived ids are the same in Python, over Arrow and in SQL; the identity of a table follows a stated rule."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from uuid import RFC_4122, UUID

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, func, select
from sqlalchemy.pool import StaticPool

from ferryman.domain.mapping import Derived, Generated, IdPolicy, Kept, KeyPair, Matched, Shape
from ferryman.domain.profile import ColumnProfile, TableProfile
from ferryman.domain.run import Key, key_text
from ferryman.domain.schema import Column, Family, Table
from ferryman.tools.databases.dialect import clause
from ferryman.tools.prepare import sqlite_values
from ferryman.tools.prepare.identity import HIGHEST, derive, derive_many, derived_expression, prefix, register
from ferryman.tools.prepare.sqlite_functions import register_functions
from ferryman.tools.prepare.sqlite_values import Value
from ferryman.tools.prepare.suitable import suitable_identity
from tests.tools.identity_vectors import VECTORS, VECTORS_NAMESPACE, Vector

vectors = pytest.mark.parametrize("vector", VECTORS, ids=lambda v: f"v{v.version}-{v.table}-{key_text(v.key)}")
shapes = pytest.mark.parametrize("shape", list(Shape))


@pytest.fixture
def sqlite() -> Iterator[Connection]:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    with engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        register_functions(raw)
        raw.execute("CREATE TABLE legacy (a, b)")
        yield connection


@vectors
@shapes
def test_python_gives_the_vectors(vector: Vector, shape: Shape) -> None:
    made = derive(VECTORS_NAMESPACE, vector.table, vector.key, vector.version, shape)
    assert made == vector.spelt(shape)


@vectors
@shapes
def test_arrow_gives_the_vectors_and_null_for_null(vector: Vector, shape: Shape) -> None:
    keys = [pa.array([part, None]) for part in vector.key]
    made = derive_many(VECTORS_NAMESPACE, vector.table, keys, vector.version, shape)
    assert made.to_pylist() == [vector.spelt(shape), None]


@vectors
@shapes
def test_sqlite_gives_the_vectors(vector: Vector, shape: Shape, sqlite: Connection) -> None:
    legacy = clause("legacy", ["a", "b"])
    sqlite.exec_driver_sql("INSERT INTO legacy VALUES (?, ?)", (*vector.key, None)[:2])
    parts = [Value(column) for column in list(legacy.c)[: len(vector.key)]]
    key = legacy.c.a if vector.version == 8 else sqlite_values.key_text(parts)
    made = derived_expression(VECTORS_NAMESPACE, vector.table, key, vector.version, shape)
    assert sqlite.execute(select(made).select_from(legacy)).scalar() == vector.spelt(shape)


@vectors
def test_an_id_says_its_version_and_variant(vector: Vector) -> None:
    made = UUID(vector.id)
    assert (made.version, made.variant) == (vector.version, RFC_4122)


def test_ids_of_version_8_sort_as_their_legacy_keys() -> None:
    keys = [0, 1, 9, 10, 255, 256, 10**6, HIGHEST]
    made = derive_many(VECTORS_NAMESPACE, "orders", [pa.array(keys)], 8, Shape.DASHED).to_pylist()
    assert made == sorted(made)
    assert all(id_.startswith(prefix(VECTORS_NAMESPACE, "orders")) for id_ in made)


def test_tables_and_namespaces_keep_their_ids_apart() -> None:
    one = derive(VECTORS_NAMESPACE, "orders", (1,), 8, Shape.DASHED)
    assert one != derive(VECTORS_NAMESPACE, "invoices", (1,), 8, Shape.DASHED)
    assert one != derive(UUID(int=1), "orders", (1,), 8, Shape.DASHED)


@pytest.mark.parametrize("key", [(-1,), (HIGHEST + 1,), ("1",), (1, 2), (None,), (1.0,)])
def test_version_8_refuses_what_it_cannot_hold(key: Key) -> None:
    with pytest.raises(ValueError, match="version 8"):
        derive(VECTORS_NAMESPACE, "orders", key, 8, Shape.DASHED)


@pytest.mark.parametrize(
    "keys", [[pa.array([1, -1])], [pa.array([HIGHEST + 1])], [pa.array(["1"])], [pa.array([1])] * 2]
)
def test_version_8_over_arrow_refuses_it_too(keys: list[pa.Array]) -> None:
    with pytest.raises(ValueError, match="version 8"):
        derive_many(VECTORS_NAMESPACE, "orders", keys, 8, Shape.DASHED)


def test_no_rows_give_no_ids() -> None:
    empty = pa.array([], pa.int64())
    assert derive_many(VECTORS_NAMESPACE, "orders", [empty], 8, Shape.DASHED).to_pylist() == []
    assert derive_many(VECTORS_NAMESPACE, "orders", [empty], 5, Shape.BINARY).to_pylist() == []


@given(st.lists(st.integers(0, HIGHEST), max_size=20), st.sampled_from(list(Shape)))
def test_any_integer_gives_one_id_whoever_computes_it(numbers: list[int], shape: Shape) -> None:
    one_by_one = [derive(VECTORS_NAMESPACE, "t", (number,), 8, shape) for number in numbers]
    assert derive_many(VECTORS_NAMESPACE, "t", [pa.array(numbers, pa.int64())], 8, shape).to_pylist() == one_by_one


parts = st.one_of(
    st.integers(-(2**63), 2**63 - 1), st.text(max_size=8), st.floats(allow_nan=False, allow_infinity=False)
)


@given(st.lists(st.tuples(parts, parts), min_size=1, max_size=5))
def test_any_key_has_one_text_whoever_writes_it(keys: list[Key]) -> None:
    with closing(sqlite3.connect(":memory:")) as database:
        register_functions(database)
        database.execute("CREATE TABLE legacy (a, b)")
        database.executemany("INSERT INTO legacy VALUES (?, ?)", keys)
        written = sqlite_values.key_text([Value(column) for column in clause("legacy", ["a", "b"]).c])
        statement = str(select(written).compile(compile_kwargs={"literal_binds": True}))
        assert [row[0] for row in database.execute(statement)] == [key_text(key) for key in keys]


def test_a_key_with_a_null_has_no_id_in_sql(sqlite: Connection) -> None:
    sqlite.exec_driver_sql("INSERT INTO legacy VALUES (1, NULL)")
    legacy = clause("legacy", ["a", "b"])
    text = sqlite_values.key_text([Value(column) for column in legacy.c])
    made = derived_expression(VECTORS_NAMESPACE, "orders", text, 5, Shape.HEX)
    assert sqlite.execute(select(made, func.count()).select_from(legacy)).all() == [(None, 1)]


def test_register_alone_is_enough_for_ids() -> None:
    with closing(sqlite3.connect(":memory:")) as database:
        register(database)
        space = str(UUID(int=7))
        assert database.execute("SELECT ferryman_uuid5(?, '[1]')", (space,)).fetchone()[0].count("-") == 4
        assert database.execute("SELECT ferryman_unhex('00ff')").fetchone() == (b"\x00\xff",)


INT = Column(name="id", native="INTEGER", family=Family.INTEGER, nullable=False, autoincrement=True)
BARE_INT = INT.but(autoincrement=False)
CODE = Column(name="id", native="VARCHAR(10)", family=Family.TEXT, length=10, nullable=False)
TEXT = Column(name="id", native="TEXT", family=Family.TEXT, nullable=False)
CHAR36 = Column(name="id", native="CHAR(36)", family=Family.TEXT, length=36, nullable=False)
CHAR32 = Column(name="id", native="CHAR(32)", family=Family.TEXT, length=32, nullable=False)
UUID_TYPE = Column(name="id", native="UUID", family=Family.UUID, nullable=False)
BINARY16 = Column(name="id", native="BINARY(16)", family=Family.BINARY, length=16, nullable=False)
MONEY = Column(name="id", native="DECIMAL(8,2)", family=Family.DECIMAL, nullable=False)
LEGACY_ID = Column(name="legacy_id", native="INTEGER", family=Family.INTEGER)

ON_LEGACY_ID = (KeyPair(source="id", target="legacy_id"),)

#: legacy key columns, target key columns, rows in the target, whether it has legacy_id, the policy (None: a reason)
RULES: list[tuple[list[Column], list[Column], int, bool, IdPolicy | None]] = [
    ([INT], [INT], 0, False, Kept()),
    ([INT], [INT], 0, True, Kept()),
    ([INT], [INT], 5, False, Generated()),
    ([INT], [BARE_INT], 5, False, None),
    ([INT], [INT], 5, True, Matched(on=ON_LEGACY_ID, otherwise=Generated())),
    ([CODE], [INT], 0, False, Generated()),
    ([INT], [CHAR36], 0, False, Derived(version=8, shape=Shape.DASHED)),
    ([INT], [UUID_TYPE], 0, False, Derived(version=8, shape=Shape.DASHED)),
    ([INT], [CHAR32], 0, False, Derived(version=8, shape=Shape.HEX)),
    ([INT], [BINARY16], 0, False, Derived(version=8, shape=Shape.BINARY)),
    ([INT], [CHAR36], 5, False, Derived(version=8, shape=Shape.DASHED)),
    ([INT], [CHAR36], 5, True, Matched(on=ON_LEGACY_ID, otherwise=Derived(version=8, shape=Shape.DASHED))),
    ([CODE], [CHAR36], 0, False, Derived(version=5, shape=Shape.DASHED)),
    ([INT, BARE_INT.but(name="part")], [CHAR36], 0, False, Derived(version=5, shape=Shape.DASHED)),
    ([CHAR36], [CHAR36], 0, False, Kept()),
    ([UUID_TYPE], [CHAR36], 0, False, Kept()),
    ([BINARY16], [BINARY16], 0, False, Kept()),
    ([CHAR32], [CHAR36], 0, False, Derived(version=5, shape=Shape.DASHED)),
    ([CODE], [CODE], 0, False, Kept()),
    ([CODE], [TEXT], 0, False, Kept()),
    ([INT], [TEXT], 0, False, Derived(version=8, shape=Shape.DASHED)),
    ([INT, BARE_INT.but(name="part")], [INT, BARE_INT.but(name="part")], 0, False, Kept()),
    ([INT], [MONEY], 0, False, None),
    ([], [CHAR36], 0, False, None),
    ([INT], [], 0, False, None),
]


def table(name: str, key: list[Column], *more: Column) -> Table:
    return Table(name=name, columns=(*key, *more), primary_key=tuple(column.name for column in key))


@pytest.mark.parametrize(("legacy", "new", "rows", "has_legacy_id", "expected"), RULES)
def test_the_identity_that_suits_a_table(
    legacy: list[Column], new: list[Column], rows: int, has_legacy_id: bool, expected: IdPolicy | None
) -> None:
    more = (LEGACY_ID,) if has_legacy_id else ()
    found = suitable_identity(table("old", legacy), table("new", new, *more), None, rows)
    assert isinstance(found, str) if expected is None else found == expected


@pytest.mark.parametrize(("lowest", "highest", "version"), [(0, 99, 8), (-1, 99, 5), (1, 2**48, 5), (None, None, 8)])
def test_keys_that_version_8_cannot_hold_get_version_5(lowest: int | None, highest: int | None, version: int) -> None:
    seen = TableProfile(table="old", rows=9, columns=(ColumnProfile(name="id", lowest=lowest, highest=highest),))
    found = suitable_identity(table("old", [INT]), table("new", [CHAR36]), seen, 0)
    assert isinstance(found, Derived)
    assert found.version == version


def test_a_row_s_position_stands_in_for_a_key() -> None:
    bare = Table(name="old", columns=(CODE,), rowid=True)
    assert suitable_identity(bare, table("new", [CHAR36]), None, 0) == Derived(version=8, shape=Shape.DASHED)
