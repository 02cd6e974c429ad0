"""What a server's catalogue says beyond what SQLAlchemy's inspector asks."""

from __future__ import annotations

import pytest

from ferryman.domain.schema import Database, Family, TableKind, Trigger
from ferryman.tools.databases.connect import open_source, open_target
from ferryman.tools.discover.introspect import estimates, introspect
from ferryman.tools.discover.profile import profile
from tests.servers import READER, Made, Server

POSTGRESQL = """
CREATE TYPE mood AS ENUM ('sad', 'it''s ok');
CREATE DOMAIN email AS varchar(120) NOT NULL CHECK (VALUE LIKE '%@%');
CREATE DOMAIN work_email AS email;
CREATE TABLE maker (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, code char(2) UNIQUE, Mail work_email);
CREATE TABLE thing (
    id serial PRIMARY KEY, maker_id int REFERENCES maker ON DELETE CASCADE, feeling mood DEFAULT 'sad',
    price numeric(10, 2), any_price numeric, hundreds numeric(3, -2),
    twice numeric GENERATED ALWAYS AS (price * 2) STORED,
    tags text[], net inet, words text COLLATE "C" DEFAULT NULL, big bigint NOT NULL DEFAULT 7,
    key uuid DEFAULT gen_random_uuid(),
    UNIQUE (price, big), CHECK (price > 0));
CREATE UNIQUE INDEX one_feeling ON thing (feeling);
CREATE UNIQUE INDEX lower_words ON thing (lower(words));
CREATE UNIQUE INDEX some_words ON thing (words) WHERE big > 7;
COMMENT ON TABLE thing IS 'What is sold'; COMMENT ON COLUMN thing.price IS 'In euros';
CREATE TABLE measured (day date NOT NULL, value int) PARTITION BY RANGE (day);
CREATE TABLE measured_2024 PARTITION OF measured FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE heir (more int) INHERITS (maker);
CREATE VIEW seen AS SELECT * FROM thing;
CREATE FUNCTION nothing() RETURNS trigger AS $$ BEGIN RETURN NEW; END $$ LANGUAGE plpgsql;
CREATE TRIGGER told BEFORE INSERT ON thing FOR EACH ROW EXECUTE FUNCTION nothing();
CREATE TRIGGER silent BEFORE INSERT ON thing FOR EACH ROW EXECUTE FUNCTION nothing();
ALTER TABLE thing DISABLE TRIGGER silent;
CREATE SCHEMA other; CREATE TABLE other.elsewhere (id int PRIMARY KEY, label text);
"""

MARIADB = """
CREATE TABLE maker (id int unsigned AUTO_INCREMENT PRIMARY KEY, code char(2) UNIQUE, mail varchar(120) NOT NULL);
CREATE TABLE thing (
    id bigint(20) unsigned AUTO_INCREMENT PRIMARY KEY, maker_id int unsigned,
    feeling enum('sad', 'it''s ok') DEFAULT 'sad', price decimal(10, 2) COMMENT 'In euros',
    twice decimal(12, 2) AS (price * 2) STORED, doc json, words text DEFAULT NULL,
    big bigint NOT NULL DEFAULT 7, made timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(),
    flag tinyint(1), tiny tinyint(4), bits bit(8), one bit(1), tags set('a', 'b'), raw varbinary(16), `key` uuid,
    UNIQUE (price, big), UNIQUE (words(10)), CHECK (price > 0),
    FOREIGN KEY (maker_id) REFERENCES maker (id) ON DELETE CASCADE
) COMMENT 'What is sold';
CREATE TABLE old_style (id int PRIMARY KEY) ENGINE=MyISAM;
CREATE SEQUENCE counted;
CREATE VIEW seen AS SELECT * FROM thing;
CREATE TRIGGER told BEFORE INSERT ON thing FOR EACH ROW SET NEW.words = 'x';
"""


def catalogue(url: str) -> Database:
    source = open_source(f"{url}{'&' if '?' in url else '?'}superuser=yes")
    with source.connect() as connection:
        return introspect(connection, source.dialect)


def test_a_table_that_the_role_may_not_read_is_left_out_with_what_would_bring_it_in(postgresql: Server) -> None:
    made = postgresql.database()
    made.run('CREATE TABLE seen (id int PRIMARY KEY); CREATE TABLE "Hidden away" (id int PRIMARY KEY);')
    made.server.run(made.name, [f'REVOKE SELECT ON "Hidden away" FROM {READER}'])
    source = open_source(made.source)
    with source.connect() as connection:
        found = introspect(connection, source.dialect)
        profiled = profile(connection, found, source.dialect)
    hidden = found.table("Hidden away")
    assert (hidden.kind, hidden.columns) == (TableKind.FRAMEWORK, ())
    assert f'GRANT SELECT ON "Hidden away" TO {READER} would bring it in' in hidden.kind_reason
    assert profiled.rows("seen") == 0
    made.server.run(made.name, [f'GRANT SELECT ON "Hidden away" TO {READER}'])
    with source.connect() as connection:
        assert introspect(connection, source.dialect).table("Hidden away").kind is TableKind.DATA


def test_what_postgresql_says(postgresql: Server) -> None:
    made: Made = postgresql.database()
    made.run(POSTGRESQL)
    found = catalogue(made.url)
    assert {t.name: t.kind for t in found.tables} == {
        "heir": TableKind.FRAMEWORK, "maker": TableKind.DATA, "measured": TableKind.DATA,
        "measured_2024": TableKind.FRAMEWORK, "seen": TableKind.VIEW, "thing": TableKind.DATA,
    }  # fmt: skip
    assert "a partition of measured" in found.table("measured_2024").kind_reason
    assert "inherits from maker" in found.table("heir").kind_reason
    maker, thing = found.table("maker"), found.table("thing")
    assert (maker.primary_key, maker.uniques) == (("id",), (("code",),))
    assert maker.column("id").autoincrement and maker.column("id").default is None
    mail = maker.column("mail")
    assert (mail.native, mail.family, mail.length, mail.nullable) == (
        "character varying(120)", Family.TEXT, 120, False,
    )  # fmt: skip
    assert maker.checks == ("((mail)::text ~~ '%@%'::text)",)
    assert thing.column("id").autoincrement
    assert [(key.parent, key.on_delete) for key in thing.foreign_keys] == [("maker", "CASCADE")]
    assert (thing.column("feeling").family, thing.column("feeling").members) == (Family.ENUM, ("sad", "it's ok"))
    assert [(c.precision, c.scale) for c in map(thing.column, ("price", "any_price", "hundreds"))] == [
        (10, 2), (None, None), (3, -2),
    ]  # fmt: skip
    assert [c.name for c in thing.columns if c.generated] == ["twice"]
    assert thing.column("twice").default is None
    assert (thing.column("tags").family, thing.column("net").family) == (Family.OTHER, Family.TEXT)
    assert (thing.column("words").default, thing.column("big").default) == (None, "7")
    assert (thing.column("key").family, thing.column("key").default) == (Family.UUID, "gen_random_uuid()")
    assert set(thing.uniques) == {("price", "big"), ("feeling",)}
    assert thing.named_checks == (("thing_price_check", "(price > (0)::numeric)"),)
    assert (thing.column("words").collation, thing.column("feeling").collation) == ("C", "")
    assert found.table("measured").columns and not found.table("measured").primary_key
    assert (thing.comment, thing.column("price").comment) == ("What is sold", "In euros")
    (told,) = thing.triggers
    assert (told.name, told.events, told.before) == ("told", ("insert",), True)
    assert "RETURN NEW" in told.body


def test_another_schema_is_named_in_the_url(postgresql: Server) -> None:
    made: Made = postgresql.database()
    made.run(POSTGRESQL)
    found = catalogue(f"{made.url}?schema=other")
    assert [table.name for table in found.tables] == ["elsewhere"]


def test_who_may_only_select_is_told_of_every_reference_by_mariadb(mariadb: Server) -> None:
    """Its information schema hides what a reference does on deletion from them."""
    made = mariadb.database()
    made.run(MARIADB)
    may_all, may_select = (catalogue(url).table("thing").foreign_keys for url in (made.url, made.source))
    assert may_select == may_all
    assert [(key.columns, key.parent, key.on_delete) for key in may_all] == [(("maker_id",), "maker", "CASCADE")]


def test_what_mariadb_says(mariadb: Server) -> None:
    made: Made = mariadb.database()
    made.run(MARIADB)
    found = catalogue(made.url)
    assert {t.name: t.kind for t in found.tables} == {
        "counted": TableKind.FRAMEWORK, "maker": TableKind.DATA, "old_style": TableKind.DATA,
        "seen": TableKind.VIEW, "thing": TableKind.DATA,
    }  # fmt: skip
    assert found.table("old_style").primary_key == ("id",)
    maker, thing = found.table("maker"), found.table("thing")
    assert (maker.primary_key, maker.uniques) == (("id",), (("code",),))
    number = thing.column("id")
    assert (number.native, number.unsigned, number.autoincrement) == ("bigint(20) unsigned", True, True)
    assert [(key.columns, key.parent, key.on_delete) for key in thing.foreign_keys] == [
        (("maker_id",), "maker", "CASCADE")
    ]
    assert (thing.column("feeling").members, thing.column("feeling").default) == (("sad", "it's ok"), "'sad'")
    assert [c.name for c in thing.columns if c.generated] == ["twice"]
    families = {c.name: c.family for c in thing.columns}
    assert families["doc"] is Family.JSON and families["key"] is Family.UUID and families["raw"] is Family.BINARY
    assert families["flag"] is families["one"] is Family.BOOLEAN
    assert families["tiny"] is families["bits"] is Family.INTEGER
    assert (families["tags"], families["words"]) == (Family.TEXT, Family.TEXT)
    assert (thing.column("words").default, thing.column("big").default) == (None, "7")
    assert thing.column("made").default == "current_timestamp()"
    assert set(thing.uniques) == {("price", "big")}
    assert any("price" in check and name for name, check in thing.named_checks)
    assert thing.column("words").collation.startswith("utf8mb4")
    assert (thing.comment, thing.column("price").comment) == ("What is sold", "In euros")
    assert thing.triggers == (Trigger(name="told", events=("insert",), before=True, body="SET NEW.words = 'x'"),)
    assert not thing.column("made").generated


ROWS = {
    "postgresql": """
        CREATE TABLE measured (day date NOT NULL, value int) PARTITION BY RANGE (day);
        CREATE TABLE one PARTITION OF measured FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
        CREATE TABLE two PARTITION OF measured FOR VALUES FROM ('2024-02-01') TO ('2025-01-01');
        CREATE TABLE thing (id int PRIMARY KEY); CREATE TABLE unknown (id int PRIMARY KEY);
        INSERT INTO measured SELECT date '2024-01-01' + n % 60, n FROM generate_series(1, 700) AS n;
        INSERT INTO thing SELECT * FROM generate_series(1, 300); ANALYZE measured, one, two, thing;
    """,
    "mariadb": """
        CREATE TABLE measured (day date, value int);
        CREATE TABLE thing (id int PRIMARY KEY);
        CREATE VIEW seen AS SELECT * FROM thing;
        INSERT INTO measured SELECT '2024-01-01', seq FROM seq_1_to_700;
        INSERT INTO thing SELECT seq FROM seq_1_to_300;
        ANALYZE TABLE measured, thing;
    """,
}


@pytest.mark.parametrize("kind", ROWS)
def test_a_servers_estimates_are_read_beside_the_catalogue(kind: str, request: pytest.FixtureRequest) -> None:
    made: Made = request.getfixturevalue(kind).database()
    made.run(ROWS[kind])
    source = open_source(made.source)
    with source.connect() as connection:
        found = estimates(connection, source.dialect, introspect(connection, source.dialect))
    assert found == {"measured": 700, "thing": 300}


def test_rules_that_postgresql_does_not_enforce_are_none(postgresql: Server) -> None:
    made = postgresql.database()
    made.run(
        "CREATE TABLE top (id int PRIMARY KEY);"
        "CREATE TABLE low (id int PRIMARY KEY, a int REFERENCES top NOT ENFORCED, b int REFERENCES top,"
        " CONSTRAINT kept CHECK (b > 0), CONSTRAINT told CHECK (a > 0) NOT ENFORCED)"
    )
    source = open_source(made.source)
    with source.connect() as connection:
        low = introspect(connection, source.dialect).table("low")
    assert low.check_names == ("kept",)
    assert {key.columns: key.in_force for key in low.foreign_keys} == {("a",): False, ("b",): True}


def test_tables_without_transactions_are_read_in_an_old_database_and_left_out_of_a_new_one(mariadb: Server) -> None:
    made = mariadb.database()
    made.run("CREATE TABLE old_style (id int PRIMARY KEY) ENGINE=MyISAM;")
    target = open_target(made.url)
    with target.connect(reading=True) as connection:
        refused = introspect(connection, target.dialect).table("old_style")
    assert refused.kind is TableKind.FRAMEWORK and "MyISAM keeps no transactions" in refused.kind_reason
    assert catalogue(made.url).table("old_style").kind is TableKind.DATA
