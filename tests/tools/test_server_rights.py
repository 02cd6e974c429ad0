"""What a run creates in a target on a server, and what it may not: the ledger's tables, and temporary ones."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ferryman.domain.errors import Configuration, Refused
from ferryman.domain.schema import Database
from ferryman.tools.databases.connect import Target, open_source, open_target
from ferryman.tools.move.archive import drop
from ferryman.tools.move.ledger import Ledger
from ferryman.tools.move.tables import ledger_tables, schema_for
from ferryman.tools.prepare.readiness import check_rights, warnings
from tests.front.calling import here
from tests.servers import READER, Made

NAMES = [f"ferryman_{name}" for name in ("run", "table", "batch", "row", "quarantine", "amendment")]
_TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema {} ORDER BY 1"


@pytest.fixture(params=["postgresql", "mariadb"])
def made(request: pytest.FixtureRequest) -> Made:
    made: Made = request.getfixturevalue(request.param).database()
    made.run("CREATE TABLE brackets (id integer NOT NULL PRIMARY KEY, label varchar(20));")
    return made


@pytest.fixture
def target(made: Made) -> Iterator[Target]:
    target = open_target(made.url)
    yield target
    target.dispose()


def tables(made: Made) -> list[str]:
    here = "IN ('public', 'ferryman')" if "postgresql" in made.url else f"= '{made.name}'"
    return [name for (name,) in made.ask(_TABLES.format(here))]


def writer(made: Made) -> Target:
    """The same database by a user who may change rows, and create nothing."""
    if "postgresql" in made.url:
        made.run(f"GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {READER};")
        made.run(f"REVOKE TEMPORARY ON DATABASE {made.name} FROM PUBLIC;")
    else:
        made.run("".join(f"GRANT INSERT, UPDATE, DELETE ON {made.name}.* TO {READER}@'{h}';\n" for h in HOSTS))
    return open_target(made.source)


HOSTS = ("%", "localhost")
DATABASE = Database(dialect="mysql")


def test_asking_for_rights_leaves_nothing_behind_however_often(made: Made, target: Target) -> None:
    ledger = Ledger(target)
    for _ in range(2):
        check_rights(target, ledger.statements())
        assert tables(made) == ["brackets"]
    ledger.create()
    check_rights(target, ledger.statements())
    assert tables(made) == sorted(["brackets", *NAMES])


def test_what_a_run_creates_is_asked_for_one_right_after_another(made: Made) -> None:
    poor = writer(made)
    with pytest.raises(Configuration, match="Temporary tables cannot be created") as refused:
        check_rights(poor, ())
    as_told(made, refused.value.do)
    with pytest.raises(Configuration, match="ledger's tables cannot be created") as refused:
        check_rights(poor, Ledger(poor).statements())
    assert "ferryman ledger ddl" in refused.value.do
    assert tables(made) == ["brackets"]
    made.run(Ledger(poor).ddl())
    if "postgresql" in made.url:
        made.run(f"GRANT USAGE ON SCHEMA ferryman TO {READER};")
        made.run(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ferryman TO {READER};")
    assert Ledger(poor).exists()
    check_rights(poor, ())
    poor.dispose()


def as_told(made: Made, do: str) -> None:
    """What a person does who is told the GRANTs that are missing."""
    for grant in do.removesuffix("; or give another role.").split("; "):
        statement = grant.partition(", or have")[0]
        user = statement.rpartition(" TO ")[2]
        on_server = [statement.replace(user, f"{READER}@'{host}'") for host in HOSTS]
        made.run([statement] if "postgresql" in made.url else on_server)


def test_all_rights_that_are_missing_are_told_at_once_each_as_its_grant(made: Made) -> None:
    poor = writer(made)
    statements = Ledger(poor).statements()
    with pytest.raises(Configuration, match=r"Temporary tables cannot .* The ledger's tables cannot") as refused:
        check_rights(poor, statements)
    as_told(made, refused.value.do)
    check_rights(poor, statements)
    assert tables(made) == ["brackets"]
    poor.dispose()


def test_who_may_only_read_is_told_every_grant_when_the_database_is_opened(made: Made) -> None:
    if "postgresql" in made.url:
        made.run(f"REVOKE TEMPORARY ON DATABASE {made.name} FROM PUBLIC;")
    with pytest.raises(Configuration, match=r"may insert|may not insert") as refused:
        open_target(made.source)
    as_told(made, refused.value.do)
    target = open_target(made.source)
    check_rights(target, Ledger(target).statements())
    target.dispose()


def test_triggers_that_a_user_is_not_shown_are_said_to_be_unknown(made: Made, target: Target) -> None:
    poor, sees_all = writer(made), "postgresql" in made.url
    unknown = ["triggers is not known" in one for one in warnings(open_source(made.source), poor, DATABASE, {}, None)]
    assert any(unknown) is not sees_all
    assert not any("not known" in one for one in warnings(open_source(made.source), target, DATABASE, {}, None))
    if not sees_all:
        made.run("".join(f"GRANT TRIGGER ON {made.name}.* TO {READER}@'{h}';\n" for h in HOSTS))
        assert not any("not known" in one for one in warnings(open_source(made.source), poor, DATABASE, {}, None))
    poor.dispose()


def test_a_creation_that_was_cut_short_is_finished(made: Made, target: Target) -> None:
    with target.connect() as connection:
        for statement in Ledger(target).statements()[:4]:
            connection.exec_driver_sql(statement)
        connection.commit()
    ledger = Ledger(target)
    assert not ledger.exists()
    ledger.create()
    assert ledger.exists()
    assert tables(made) == sorted(["brackets", *NAMES])


def test_a_ledger_whose_runs_are_gone_is_no_unfinished_one(made: Made, target: Target) -> None:
    Ledger(target).create()
    tables_ = ledger_tables(schema_for(target.dialect.name))
    made.run(f"INSERT INTO {tables_.amendment.fullname} VALUES ('r', 1, '', '', '', '', '', '', 0, '', '', '', '');")
    made.run(f"DROP TABLE {tables_.run.fullname};")
    with pytest.raises(Refused, match="it has no ferryman_run"):
        Ledger(target).exists()


def test_the_ledger_is_dropped_whole(made: Made, target: Target) -> None:
    ledger = Ledger(target)
    ledger.create()
    drop(ledger)
    assert tables(made) == ["brackets"]
    assert not ledger.exists()


def test_on_mariadb_the_ledger_holds_any_text_whatever_the_database_is_set_to(mariadb: object) -> None:
    made: Made = mariadb.database()  # type: ignore[attr-defined]
    made.run(f"ALTER DATABASE {made.name} CHARACTER SET latin1;")
    ledger = Ledger(target := open_target(made.url))
    ledger.create()
    kinds = made.ask(
        f"SELECT DISTINCT engine, table_collation FROM information_schema.tables WHERE table_schema = '{made.name}'"
    )
    assert kinds == [("InnoDB", "utf8mb4_bin")]
    for name in ("Łódź", "łódź"):
        made.run(f"INSERT INTO ferryman_amendment VALUES ('{name}', 1, '', '', '', '', '', '', 0, '', '', '', '');")
    assert made.one("SELECT count(*) FROM ferryman_amendment WHERE run_id = 'Łódź'") == 1
    target.dispose()


SHELVES = """
CREATE TABLE shelf (id INTEGER PRIMARY KEY, label TEXT NOT NULL, below_id INTEGER REFERENCES shelf);
CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT NOT NULL, shelf_id INTEGER REFERENCES shelf);
INSERT INTO shelf VALUES (1, 'low', 2), (2, 'high', NULL);
INSERT INTO book VALUES (1, 'One', 1);
"""
EMPTY = """
CREATE TABLE shelves (id integer NOT NULL PRIMARY KEY, label varchar(20) NOT NULL, below_id integer,
    CONSTRAINT below FOREIGN KEY (below_id) REFERENCES shelves (id));
CREATE TABLE books (id integer NOT NULL PRIMARY KEY, title varchar(20) NOT NULL, shelf_id integer,
    CONSTRAINT stands_on FOREIGN KEY (shelf_id) REFERENCES shelves (id));
"""


@pytest.mark.parametrize("words", [("plan",), ("plan", "--no-preflight")])
def test_a_right_over_a_table_of_the_plan_is_asked_for_before_a_row_moves(
    made: Made, tmp_path: Path, words: tuple[str, ...]
) -> None:
    with closing(sqlite3.connect(tmp_path / "old.db")) as old:
        old.executescript(SHELVES)
    made.run(EMPTY)
    on_postgresql = "postgresql" in made.url
    if on_postgresql:
        made.run(f"GRANT CREATE, TEMPORARY ON DATABASE {made.name} TO {READER}; GRANT INSERT ON books TO {READER};")
    else:
        made.run([
            statement.format(made.name, READER, host) for host in HOSTS for statement in (
                "GRANT CREATE, CREATE TEMPORARY TABLES ON {}.* TO {}@'{}'", "GRANT INSERT ON {}.books TO {}@'{}'")
        ])  # fmt: skip
    asked = (*words, "--source", tmp_path / "old.db", "--target", made.source, "-o", tmp_path / "plan.yaml", "--force")
    done = here(*asked)
    assert done.code == 4, done.err
    what, do = done.lines[-2:]
    assert "lacks rights over books, shelves: a run and its undoing take them" in what
    assert "GRANT INSERT, UPDATE, DELETE ON" in do
    assert "GRANT UPDATE, DELETE ON" in do
    assert READER in do
    as_told(made, do)
    assert here(*asked).code == 0
    assert made.ask("SELECT count(*) FROM shelves") == [(0,)]
