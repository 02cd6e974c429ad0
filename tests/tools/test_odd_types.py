"""Types and values that Python or SQL have little to do with: whatever a table holds, it is looked at to its end."""

from __future__ import annotations

import warnings

import pytest

from ferryman.domain.profile import ColumnProfile, Profile
from ferryman.domain.schema import Database
from ferryman.tools.databases.connect import open_source
from ferryman.tools.discover import profile as profiling
from ferryman.tools.discover.contain import infer_references
from ferryman.tools.discover.introspect import introspect
from ferryman.tools.discover.match import match
from ferryman.tools.discover.profile import profile
from ferryman.tools.discover.samples import sample_values
from tests.servers import Made, Server

POSTGRESQL = {
    "net": ("inet", "10.0.0.1/8"),
    "block": ("cidr", "10.0.0.0/8"),
    "card": ("macaddr", "08:00:2b:01:02:03"),
    "spot": ("point", "(1,2)"),
    "area": ("polygon", "((0,0),(1,1),(1,0))"),
    "words": ("tsvector", "a b"),
    "asked": ("tsquery", "a & b"),
    "page": ("xml", "<a/>"),
    "cost": ("money", "12.50"),
    "span": ("int4range", "[1,5)"),
    "spans": ("int4multirange", "{[1,5)}"),
    "days": ("daterange", "[2020-01-01,2020-02-01)"),
    "flags": ("bit(5)", "10101"),
    "bits": ("varbit", "1"),
    "lasts": ("interval", "1 day 02:00:00"),
    "zoned": ("timetz", "24:00+02"),
    "many": ("text[]", "{a,NULL}"),
    "moments": ("timestamptz[]", "{infinity}"),
    "pair": ("pair", "(1,x)"),
    "path": ("jsonpath", "$.a"),
    "lsn": ("pg_lsn", "16/B374D848"),
    "number": ("oid", "7"),
    "raw": ("json", '{"a": 1}'),
    "doc": ("jsonb", '{"a": 1}'),
    "label": ("name", "x"),
    "begun": ("timestamptz", "0100-01-01 BC"),
    "ended": ("timestamp", "infinity"),
    "never": ("date", "-infinity"),
    "later": ("date", "12345-01-01"),
    "closes": ("time", "24:00"),
    "sum": ("numeric", "NaN"),
    "vast": ("numeric", f"1{'0' * 400}"),
    "least": ("double precision", "-1e308"),
}

MARIADB = {
    "spot": ("point", "POINT(1, 2)"),
    "area": ("geometry", "ST_GeomFromText('POLYGON((0 0,1 1,1 0,0 0))')"),
    "net": ("inet6", "'::1'"),
    "net4": ("inet4", "'10.0.0.1'"),
    "number": ("uuid", "'123e4567-e89b-12d3-a456-426614174000'"),
    "flags": ("bit(5)", "b'10101'"),
    "some": ("set('a', 'b')", "'a,b'"),
    "born": ("year", "1999"),
    "doc": ("json", "'{\"a\": 1}'"),
    "lasts": ("time", "'838:59:59'"),
    "less": ("time", "'-01:00:00'"),
    "never": ("date", "'0000-00-00'"),
    "half": ("datetime", "'2020-00-00 00:00:00'"),
    "least": ("double", "-1e308"),
}


@pytest.fixture(params=["counted here", "counted by the database"])
def counted(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "counted by the database":
        monkeypatch.setattr(profiling, "COUNTED_ROWS", 0)


def on_postgresql(server: Server) -> Made:
    made = server.database()
    made.run("CREATE TYPE pair AS (a int, b text)")
    columns = ", ".join(f'"{name}" {kind}' for name, (kind, _) in POSTGRESQL.items())
    values = ", ".join(f"'{value}'" for _, value in POSTGRESQL.values())
    made.run(f"CREATE TABLE odd (id int PRIMARY KEY, {columns}); INSERT INTO odd VALUES (1, {values})")
    made.run("INSERT INTO odd (id) VALUES (2)")
    return made


def on_mariadb(server: Server) -> Made:
    made = server.database()
    columns = ", ".join(f"{name} {kind}" for name, (kind, _) in MARIADB.items())
    values = ", ".join(value for _, value in MARIADB.values())
    made.run([f"CREATE TABLE odd (id int PRIMARY KEY, {columns})"])
    made.run([f"SET STATEMENT sql_mode='' FOR INSERT INTO odd VALUES (1, {values})", "INSERT INTO odd (id) VALUES (2)"])
    return made


def looked_at(made: Made) -> tuple[Database, Profile]:
    """The whole look, references included, and a sample of each column."""
    source = open_source(made.source)
    with source.connect() as connection:
        database = introspect(connection, source.dialect)
        found = profile(connection, database, source.dialect)
        infer_references(connection, database, found)
    for column in database.table("odd").columns:
        assert sample_values(source, database.table("odd"), column.name) or column.name in ("spot", "area", "flags")
    return database, found


def each(found: Profile) -> list[ColumnProfile]:
    return [column for column in found.by_name["odd"].columns if column.name != "id"]


@pytest.mark.usefixtures("counted")
def test_every_type_of_postgresql_is_profiled(postgresql_15: Server) -> None:
    _, found = looked_at(on_postgresql(postgresql_15))
    assert {column.name: (column.nulls, column.distinct) for column in each(found)} == dict.fromkeys(POSTGRESQL, (1, 1))
    assert found.by_name["odd"].by_name["net"].longest == len("10.0.0.1/8")


@pytest.mark.usefixtures("counted")
def test_every_type_of_mariadb_is_profiled(mariadb: Server) -> None:
    _, found = looked_at(on_mariadb(mariadb))
    assert {column.name: (column.nulls, column.distinct) for column in each(found)} == dict.fromkeys(MARIADB, (1, 1))


def test_numbers_at_the_end_of_their_range_are_compared_without_a_warning(postgresql_15: Server) -> None:
    made = postgresql_15.database()
    made.run("""CREATE TABLE odd (id int PRIMARY KEY, least double precision, most double precision, vast numeric);
        INSERT INTO odd VALUES (1, -1e308, 1e308, 1e308::numeric * 1e300::numeric), (2, 1e308, -1e308, 0)""")
    database, found = looked_at(made)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        match(database, database, found, found)
