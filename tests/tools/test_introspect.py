"""The live catalogue is read as it is, whatever people have called and typed things."""

import os
import sqlite3
import warnings
from pathlib import Path

import pytest

from ferryman.domain.errors import FerrymanError
from ferryman.domain.schema import Database, Family, TableKind
from ferryman.tools.databases.connect import open_source, open_target
from ferryman.tools.databases.sqlite_catalogue import named_checks
from ferryman.tools.databases.sqlite_types import declared
from ferryman.tools.discover.introspect import introspect

SHARED = Path(os.environ.get("FERRYMAN_SHARED") or Path(__file__).resolve().parents[2].parent / "shared")


def catalogue(path: Path, script: str = "") -> Database:
    connection = sqlite3.connect(path)
    connection.executescript(script)
    connection.close()
    source = open_source(str(path))
    with source.connect() as reading:
        found = introspect(reading, source.dialect)
    target = open_target(str(path))
    with target.connect(reading=True) as reading:
        assert introspect(reading, target.dialect) == found
    return found


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shop.db"


@pytest.mark.parametrize(
    ("native", "family"),
    [
        ("INTEGER", Family.INTEGER), ("int", Family.INTEGER), ("BIGINT(20)", Family.INTEGER), ("INT2", Family.INTEGER),
        ("UNSIGNED BIG INT", Family.INTEGER), ("MEDIUMINT", Family.INTEGER), ("YEAR(4)", Family.INTEGER),
        ("TINYINT", Family.INTEGER), ("TINYINT(1)", Family.BOOLEAN), ("tinyint(1) unsigned", Family.BOOLEAN),
        ("TINYINT(4)", Family.INTEGER), ("BOOLEAN", Family.BOOLEAN), ("bool", Family.BOOLEAN), ("BIT", Family.BOOLEAN),
        ("BIT(1)", Family.BOOLEAN), ("BIT(8)", Family.INTEGER), ("NUMERIC", Family.DECIMAL), ("MONEY", Family.DECIMAL),
        ("DECIMAL(10, 2)", Family.DECIMAL), ("NUMBER(10)", Family.DECIMAL), ("REAL", Family.FLOAT),
        ("DOUBLE PRECISION", Family.FLOAT), ("FLOAT(24)", Family.FLOAT), ("TEXT", Family.TEXT), ("clob", Family.TEXT),
        ("NVARCHAR(160)", Family.TEXT), ("CHARACTER VARYING(20)", Family.TEXT), ("char(32)", Family.TEXT),
        ("CHAR(36)", Family.TEXT), ("VARCHAR2(10 CHAR)", Family.TEXT), ("LONGTEXT", Family.TEXT),
        ("STRING", Family.TEXT), ("UUID", Family.UUID), ("guid", Family.UUID), ("uniqueidentifier", Family.UUID),
        ("DATE", Family.DATE), ("TIME", Family.TIME), ("DATETIME", Family.TIMESTAMP), ("DATETIME(6)", Family.TIMESTAMP),
        ("TIMESTAMP WITH TIME ZONE", Family.TIMESTAMP), ("timestamptz", Family.TIMESTAMP), ("JSON", Family.JSON),
        ("jsonb", Family.JSON), ("BLOB", Family.BINARY), ("LONGBLOB", Family.BINARY), ("VARBINARY(16)", Family.BINARY),
        ("BYTEA", Family.BINARY), ("ENUM('a','b')", Family.ENUM), ("POINT", Family.OTHER), ("", Family.OTHER),
        ("whatever", Family.OTHER), ("((", Family.OTHER), ("ANY", Family.OTHER),
    ],
)  # fmt: skip
def test_families_of_declared_types(native: str, family: Family) -> None:
    assert declared(native).family is family


def test_sizes_of_declared_types() -> None:
    assert declared("NVARCHAR(160)").length == 160
    assert declared("VARBINARY(16)").length == 16
    assert (declared("NUMERIC(10,2)").precision, declared("NUMERIC(10,2)").scale) == (10, 2)
    assert (declared("NUMERIC(10)").precision, declared("NUMERIC(10)").scale) == (10, 0)
    assert (declared("NUMERIC").precision, declared("NUMERIC").scale) == (None, None)
    assert declared("INT UNSIGNED").unsigned and declared("BIGINT(20) UNSIGNED").unsigned
    assert declared("INTEGER").length is None
    assert declared("ENUM('it''s','a,b')").members == ("it's", "a,b")


def test_columns_as_they_are_declared(path: Path) -> None:
    table = catalogue(
        path,
        """CREATE TABLE t (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            title NVARCHAR(160) NOT NULL DEFAULT 'it''s',
            price NUMERIC(10,2) DEFAULT (1 + 1),
            made DATETIME DEFAULT CURRENT_TIMESTAMP,
            gone TEXT DEFAULT NULL,
            bare,
            kind "enum('a','b')",
            twice INT GENERATED ALWAYS AS (price * 2) STORED,
            thrice INT AS (price * 3)
        )""",
    ).table("t")
    assert [column.name for column in table.columns] == "id title price made gone bare kind twice thrice".split()
    by_name = table.by_name
    assert (by_name["id"].autoincrement, by_name["id"].nullable, by_name["id"].required) == (True, False, False)
    assert (by_name["title"].native, by_name["title"].length, by_name["title"].nullable) == (
        "NVARCHAR(160)",
        160,
        False,
    )
    assert by_name["title"].default == "'it''s'"
    assert (by_name["price"].precision, by_name["price"].scale, by_name["price"].default) == (10, 2, "1 + 1")
    assert by_name["made"].default == "CURRENT_TIMESTAMP"
    assert by_name["gone"].default is None
    assert (by_name["bare"].native, by_name["bare"].family) == ("", Family.OTHER)
    assert by_name["kind"].members == ("a", "b")
    assert [column.name for column in table.columns if column.generated] == ["twice", "thrice"]
    assert table.rowid


@pytest.mark.parametrize(
    ("statement", "alias", "rowid"),
    [
        ("CREATE TABLE t (id INTEGER PRIMARY KEY)", True, True),
        ("CREATE TABLE t (id integer, x, PRIMARY KEY (id))", True, True),
        ("CREATE TABLE t (id INTEGER PRIMARY KEY DESC)", False, True),
        ("CREATE TABLE t (id INT PRIMARY KEY)", False, True),
        ("CREATE TABLE t (id INTEGER, x, PRIMARY KEY (id, x))", False, True),
        ("CREATE TABLE t (id INTEGER PRIMARY KEY) WITHOUT ROWID", False, False),
        ("CREATE TABLE t (id TEXT PRIMARY KEY, rowid TEXT)", False, False),
    ],
)
def test_aliases_of_the_rowid(path: Path, statement: str, alias: bool, rowid: bool) -> None:
    table = catalogue(path, statement).table("t")
    assert table.column("id").autoincrement is alias
    assert table.rowid is rowid
    assert not table.column("id").nullable


def test_keys_and_uniques(path: Path) -> None:
    database = catalogue(
        path,
        """CREATE TABLE pair (a INT, b INT, c TEXT UNIQUE, d TEXT, PRIMARY KEY (b, a), UNIQUE (d, c));
        CREATE UNIQUE INDEX whole ON pair (d);
        CREATE UNIQUE INDEX partly ON pair (a) WHERE c IS NOT NULL;
        CREATE UNIQUE INDEX computed ON pair (lower(c));
        CREATE TABLE keyless (a, b);
        CREATE TABLE by_unique (a TEXT NOT NULL UNIQUE, b);
        CREATE TABLE wr (a, b, PRIMARY KEY (b, a)) WITHOUT ROWID;""",
    )
    assert database.table("pair").primary_key == ("b", "a")
    assert set(database.table("pair").uniques) == {("c",), ("d", "c"), ("d",)}
    assert database.table("keyless").key == ()
    assert database.table("by_unique").key == ("a",)
    assert database.table("wr").primary_key == ("b", "a")
    assert database.table("wr").uniques == ()


@pytest.mark.parametrize(
    ("columns", "key"),
    [
        ("a INT NOT NULL, b INT NOT NULL, UNIQUE (a, b)", ("a", "b")),
        ("a TEXT NOT NULL UNIQUE, b INT", ("a",)),
        ("a INT, b INT NOT NULL, UNIQUE (a, b)", ()),
        ("a INTEGER NOT NULL UNIQUE, b INT", ()),
        ("a INT PRIMARY KEY, b INT NOT NULL UNIQUE", ("a",)),
    ],
)
def test_a_unique_set_without_nulls_stands_in_for_a_primary_key(path: Path, columns: str, key: tuple[str, ...]) -> None:
    table = catalogue(path, f"CREATE TABLE t ({columns})").table("t")
    assert table.primary_key == key
    assert key not in table.uniques


def test_foreign_keys_of_every_form(path: Path) -> None:
    database = catalogue(
        path,
        """CREATE TABLE Users (ID INTEGER PRIMARY KEY, boss INT REFERENCES users, Code TEXT UNIQUE);
        CREATE TABLE pair (a INT, b INT, PRIMARY KEY (b, a));
        CREATE TABLE child (
            u1 INT REFERENCES USERS ON DELETE CASCADE,
            u2 TEXT CONSTRAINT by_code REFERENCES users (code),
            x INT, y INT,
            gone INT REFERENCES missing (id),
            gone2 INT REFERENCES missing,
            wrong INT REFERENCES users (absent),
            keyless INT REFERENCES no_key,
            short INT REFERENCES pair,
            FOREIGN KEY (x, y) REFERENCES pair,
            FOREIGN KEY (y, x) REFERENCES pair (a, b)
        );
        CREATE TABLE no_key (a);""",
    )
    assert [(k.columns, k.parent, k.parent_columns) for k in database.table("Users").foreign_keys] == [
        (("boss",), "Users", ("ID",))
    ]
    keys = {key.columns: key for key in database.table("child").foreign_keys}
    assert {columns: (key.parent, key.parent_columns) for columns, key in keys.items()} == {
        ("u1",): ("Users", ("ID",)),
        ("u2",): ("Users", ("Code",)),
        ("x", "y"): ("pair", ("b", "a")),
        ("y", "x"): ("pair", ("a", "b")),
    }
    assert keys["u1",].on_delete == "CASCADE"
    assert keys["u2",].on_delete == ""
    assert all(key.enforced for key in keys.values())
    assert {table.name for table, _ in database.children("Users")} == {"Users", "child"}


def test_checks_and_triggers(path: Path) -> None:
    table = catalogue(
        path,
        """CREATE TABLE t ( -- CHECK (comment > 0)
            a INT CHECK (a > 0), "check" TEXT CHECK("check" <> ')'), /* CHECK (b) */
            b TEXT DEFAULT 'CHECK (x)' CONSTRAINT named check (b IN ('x', 'y(')),
            CHECK ((a) + length(b) < 100)
        );
        CREATE TRIGGER first AFTER INSERT ON t BEGIN SELECT 1; END;
        CREATE TRIGGER second AFTER UPDATE ON t BEGIN SELECT 1; END;""",
    ).table("t")
    assert table.checks == ("a > 0", "\"check\" <> ')'", "b IN ('x', 'y(')", "(a) + length(b) < 100")
    assert table.check_names == ("", "", "named", "")
    assert [(t.name, t.events, t.before) for t in table.triggers] == [
        ("first", ("insert",), False),
        ("second", ("update",), False),
    ]
    assert not list(named_checks(""))


HOSTILE = [
    "order", "select", 'say "hi"', "it's", "semi; colon", "a.b", "100%", "%(x)s", "two words", "col:on", "[x]", "`x`",
    "имя", "naïve", "🙂", "x--y", "/*x*/", "a\\b", "tab\there", "new\nline", ":a", "?1", "@x", "$y", "ÄÖ", "1st",
]  # fmt: skip


def test_names_of_every_kind(path: Path) -> None:
    def quoted(name: str) -> str:
        return '"' + name.replace('"', '""') + '"'

    script = "".join(
        f"CREATE TABLE {quoted(name)} ({quoted(name)} INTEGER PRIMARY KEY, other VARCHAR(5) UNIQUE,"
        f" {quoted(name + '2')} INT REFERENCES {quoted(name)}, UNIQUE ({quoted(name + '2')}, other),"
        f" CHECK ({quoted(name)} > 0));"
        f"CREATE TRIGGER {quoted(name + ' trigger')} AFTER INSERT ON {quoted(name)} BEGIN SELECT 1; END;"
        for name in HOSTILE
    )
    database = catalogue(path, script)
    assert {table.name for table in database.data_tables} == set(HOSTILE)
    for table in database.tables:
        name = table.name
        assert [column.name for column in table.columns] == [name, "other", name + "2"]
        assert table.primary_key == (name,)
        assert set(table.uniques) == {("other",), (name + "2", "other")}
        assert [(k.columns, k.parent, k.parent_columns) for k in table.foreign_keys] == [((name + "2",), name, (name,))]
        assert table.checks == (f"{quoted(name)} > 0",)
        assert [trigger.name for trigger in table.triggers] == [f"{name} trigger"]


def test_names_that_differ_only_beyond_ascii_are_two_tables(path: Path) -> None:
    database = catalogue(
        path,
        """CREATE TABLE "Ä" (id INTEGER PRIMARY KEY); CREATE TABLE "ä" (id INTEGER PRIMARY KEY);
        CREATE TABLE c (x REFERENCES "ä", y REFERENCES "Ä")""",
    )
    assert [(key.columns, key.parent) for key in database.table("c").foreign_keys] == [(("x",), "ä"), (("y",), "Ä")]


def test_what_is_left_out_says_why(path: Path) -> None:
    database = catalogue(
        path,
        """CREATE TABLE data (id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT);
        CREATE VIEW broken AS SELECT * FROM absent;
        CREATE VIEW fine AS SELECT * FROM data;
        CREATE VIRTUAL TABLE search USING fts5 (body);
        CREATE VIRTUAL TABLE area USING rtree (id, x0, x1);
        CREATE TABLE ferryman_run (id INT);
        CREATE TABLE django_migrations (id INT, app TEXT, name TEXT);
        CREATE TABLE django_content_type (id INT, app_label TEXT, model TEXT);
        CREATE TABLE ar_internal_metadata (key TEXT, value TEXT);
        CREATE TABLE alembic_version (version_num TEXT);
        CREATE TABLE "__EFMigrationsHistory" ("MigrationId" TEXT, "ProductVersion" TEXT);
        CREATE TABLE SequelizeMeta (name TEXT);
        CREATE TABLE migrations (id INT, migration TEXT, batch INT);
        CREATE TABLE sessions (id TEXT, user_id INT, payload TEXT, last_activity INT);
        CREATE TABLE jobs (id INT, queue TEXT, payload TEXT, attempts INT);
        CREATE TABLE my_cache (cache_key TEXT, value TEXT, expires DATETIME);
        ANALYZE;""",
    )
    assert [table.name for table in database.data_tables] == ["data"]
    left_out = {table.name: table for table in database.tables if table.kind is not TableKind.DATA}
    assert all(table.kind_reason for table in left_out.values())
    assert [name for name, table in left_out.items() if table.kind is TableKind.VIEW] == ["broken", "fine"]
    assert [name for name, table in left_out.items() if table.kind is TableKind.LEDGER] == ["ferryman_run"]
    assert {"search", "search_data", "search_idx", "area", "area_node", "migrations", "my_cache"} <= set(left_out)
    assert "fts5" in left_out["search"].kind_reason
    assert "Laravel" in left_out["sessions"].kind_reason
    assert not any(name.startswith("sqlite_") for name in database.by_name)


def test_an_applications_own_table_of_a_frameworks_name_stays(path: Path) -> None:
    database = catalogue(
        path,
        """CREATE TABLE jobs (id INT, title TEXT, salary INT);
        CREATE TABLE sessions (id INT, room TEXT, starts_at DATETIME);
        CREATE TABLE migrations (bird TEXT, distance INT);
        CREATE TABLE cache (place TEXT, lat REAL);
        CREATE TABLE auth_user (id INT, username TEXT);""",
    )
    assert len(database.data_tables) == 5


def test_a_virtual_table_whose_module_is_missing_does_not_stop_us(path: Path) -> None:
    catalogue(path, "CREATE TABLE data (id INT); CREATE VIRTUAL TABLE search USING fts5 (body)")
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute(
        "UPDATE sqlite_schema SET sql = 'CREATE VIRTUAL TABLE search USING gone(x)' WHERE name = 'search'"
    )
    connection.commit()
    connection.close()
    database = catalogue(path)
    assert "data" in {table.name for table in database.data_tables}
    assert database.table("search").kind is TableKind.FRAMEWORK
    assert "gone" in database.table("search").kind_reason


def test_an_empty_database_has_no_tables(path: Path) -> None:
    assert catalogue(path, "CREATE TABLE t (a); DROP TABLE t").tables == ()


def test_the_fingerprint_sees_structure_and_nothing_else(path: Path) -> None:
    before = catalogue(path, "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT)").fingerprint
    assert (
        catalogue(path, "INSERT INTO t (a) VALUES ('x'); ANALYZE; CREATE TABLE ferryman_run (a)").fingerprint == before
    )
    assert catalogue(path, "CREATE INDEX i ON t (a)").fingerprint == before
    assert catalogue(path, "ALTER TABLE t ADD COLUMN b INT").fingerprint != before


def test_a_damaged_catalogue_is_an_error_in_two_lines(path: Path) -> None:
    catalogue(path, "CREATE TABLE t (a)")
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute("UPDATE sqlite_schema SET sql = 'CREATE TABLE t (' WHERE name = 't'")
    connection.commit()
    connection.close()
    with pytest.raises(FerrymanError) as caught:
        catalogue(path)
    assert len(str(caught.value).splitlines()) == 2


def test_no_warning_reaches_the_person(path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        catalogue(
            path, 'CREATE TABLE t (a "weird (x" , b "DECIMAL(a)", c "TIMESTAMP(1,2,3)", "d e" REFERENCES t ("d e"))'
        )


def test_chinook_is_read_whole() -> None:
    legacy = SHARED / "data" / "chinook" / "legacy.sqlite"
    if not legacy.exists():
        pytest.skip(f"chinook is not here: {legacy} (FERRYMAN_SHARED names the shared folder)")
    source = open_source(str(legacy))
    with source.connect() as connection:
        database = introspect(connection, source.dialect)
    assert len(database.data_tables) == 11
    assert database.table("PlaylistTrack").primary_key == ("PlaylistId", "TrackId")
    reports = database.table("Employee").reference("ReportsTo")
    assert reports is not None
    assert reports.parent == "Employee"
    assert sum(len(table.foreign_keys) for table in database.tables) == 11
    assert database.table("Track").column("UnitPrice").scale == 2
