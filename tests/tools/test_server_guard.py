"""The old database is never written, whatever is sent: each way out that was ever seen, by a role that could write."""

from __future__ import annotations

from pathlib import Path

import pymysql
import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from ferryman.domain.errors import Configuration, FerrymanError
from ferryman.tools.databases.connect import open_source
from tests.servers import Made, Server

POSTGRESQL = """
INSERT INTO kept VALUES (2)
DELETE FROM kept
TRUNCATE kept
DROP TABLE kept
CREATE TABLE more (id int)
CREATE TEMP TABLE more (id int)
select 1; commit; create table more (id int)
SELECT 1; COMMIT; INSERT INTO kept VALUES (2)
COMMIT
BEGIN READ WRITE
START TRANSACTION READ WRITE
SET TRANSACTION READ WRITE
SET transaction_read_only = off
SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE
RESET default_transaction_read_only
SELECT set_config('transaction_read_only', 'off', true)
SELECT set_config('default_transaction_read_only', 'off', false)
WITH gone AS (DELETE FROM kept RETURNING id) SELECT * FROM gone
SELECT * INTO more FROM kept
SELECT nextval('counted')
SELECT setval('counted', 9)
SELECT * FROM kept FOR UPDATE
DO $$ BEGIN INSERT INTO kept VALUES (2); END $$
SELECT meddle()
CALL meddle()
EXPLAIN ANALYZE INSERT INTO kept VALUES (2)
PREPARE p AS INSERT INTO kept VALUES (2)
EXECUTE p
LOCK TABLE kept
COPY kept FROM '/etc/hostname'
COPY kept TO '{out}'
COPY (SELECT 1) TO PROGRAM 'touch {out}'
COPY (SELECT 1) TO PROGRAM 'touch {out}' --\n) TO STDOUT (FORMAT csv)
COPY (SELECT 1) TO PROGRAM 'touch {out}' /*\n) TO STDOUT (FORMAT csv)
/* SELECT */ DROP TABLE kept
/* /* */ SELECT */ DROP TABLE kept
-- SELECT\nDROP TABLE kept
VACUUM kept
NOTIFY somebody
GRANT ALL ON kept TO PUBLIC
COMMENT ON TABLE kept IS 'mine'
"""

MARIADB = """
INSERT INTO kept VALUES (2)
REPLACE INTO kept VALUES (2)
DELETE FROM kept
TRUNCATE kept
DROP TABLE kept
CREATE TABLE more (id int)
CREATE TEMPORARY TABLE more (id int)
SELECT 1; DROP TABLE kept
SELECT 1; COMMIT; INSERT INTO kept VALUES (2)
COMMIT
BEGIN
START TRANSACTION READ WRITE
SET SESSION TRANSACTION READ WRITE
SET TRANSACTION READ WRITE
SET autocommit = 1
SET @@SESSION.tx_read_only = 0
SELECT 1 INTO OUTFILE '{out}'
SELECT 1 INTO/**/OUTFILE '{out}'
SELECT 1 INTO DUMPFILE '{out}'
SELECT '\\' INTO OUTFILE "{out}" -- '
SELECT 1 /*! INTO OUTFILE '{out}' */
/*! DROP TABLE kept */
/* SELECT */ DROP TABLE kept
-- SELECT\nDROP TABLE kept
# SELECT\nDROP TABLE kept
SELECT meddle()
CALL meddle()
DO meddle()
SELECT id INTO @x FROM kept
WITH gone AS (SELECT 1) DELETE FROM kept
EXPLAIN DELETE FROM kept; DELETE FROM kept
ANALYZE DELETE FROM kept
PREPARE p FROM 'DELETE FROM kept'
EXECUTE IMMEDIATE 'DELETE FROM kept'
LOCK TABLES kept WRITE
LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE kept
RENAME TABLE kept TO lost
GRANT ALL ON *.* TO CURRENT_USER()
"""


def lines(script: str) -> list[str]:
    return [line.replace("\\n", "\n") for line in script.strip().splitlines()]


def try_everything(url: str, statements: list[str], insert: str, out: Path) -> None:
    """Send each statement, then an insert, then commit: alone, and all of them one after another."""
    source = open_source(url)
    for attempt in ([one] for one in statements), [statements]:
        for group in attempt:
            with source.engine.connect() as connection:
                for statement in (*group, insert):
                    try:
                        connection.exec_driver_sql(statement.replace("{out}", str(out)))
                        connection.commit()
                    except (SQLAlchemyError, FerrymanError):
                        connection.rollback()
    freed = source.engine.execution_options(isolation_level="AUTOCOMMIT")
    with pytest.raises((SQLAlchemyError, pymysql.Error)), freed.connect() as connection:
        connection.execute(text(insert))
    assert not out.exists()


@pytest.mark.parametrize("kind", ["postgresql", "postgresql_15"])
def test_nothing_writes_an_old_postgresql(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    server: Server = request.getfixturevalue(kind)
    made = server.database()
    made.run(
        "CREATE TABLE kept (id int); INSERT INTO kept VALUES (1); CREATE SEQUENCE counted;"
        "CREATE FUNCTION meddle() RETURNS int LANGUAGE plpgsql "
        "AS $$ BEGIN INSERT INTO kept VALUES (2); RETURN 1; END $$"
    )
    try_everything(
        f"{made.url}?superuser=yes", lines(POSTGRESQL), "INSERT INTO kept VALUES (2)", tmp_path.parent / "out.txt"
    )
    assert made.ask("SELECT id FROM kept") == [(1,)]
    assert made.ask("SELECT relname FROM pg_stat_user_tables ORDER BY 1") == [("kept",)]
    assert made.one("SELECT is_called FROM counted") is False
    assert made.one("SELECT obj_description('kept'::regclass)") is None


def test_nothing_writes_an_old_mariadb(mariadb: Server, tmp_path: Path) -> None:
    made = mariadb.database()
    made.run("CREATE TABLE kept (id int);\nINSERT INTO kept VALUES (1);\n")
    made.run(["CREATE FUNCTION meddle() RETURNS int BEGIN INSERT INTO kept VALUES (2); RETURN 1; END"])
    try_everything(f"{made.url}?superuser=yes", lines(MARIADB), "INSERT INTO kept VALUES (2)", tmp_path / "out.txt")
    assert made.ask("SELECT id FROM kept") == [(1,)]
    assert made.ask("SHOW TABLES") == [("kept",)]


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_a_superuser_is_refused_as_a_source(kind: str, request: pytest.FixtureRequest) -> None:
    made: Made = request.getfixturevalue(kind).database()
    with pytest.raises(Configuration) as refused:
        open_source(made.url)
    assert "could hold it back" in refused.value.what and "?superuser=yes" in refused.value.do
    assert open_source(f"{made.url}?superuser=yes").cautions
    with pytest.raises(Configuration, match="neither yes nor no"):
        open_source(f"{made.url}?superuser=maybe")


def test_a_role_that_could_write_is_told_of(postgresql: Server, mariadb: Server) -> None:
    for made in (postgresql.database(), mariadb.database()):
        made.run("CREATE TABLE kept (id int);\n")
        assert open_source(made.source).cautions == ()
        made.run(made.server.grant_writing(made.name))
        (caution,) = open_source(made.source).cautions
        assert "could change" in caution and "may only SELECT" in caution


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_a_source_is_one_snapshot(kind: str, request: pytest.FixtureRequest) -> None:
    made: Made = request.getfixturevalue(kind).database()
    made.run("CREATE TABLE one (id int);\nCREATE TABLE two (id int);\nINSERT INTO one VALUES (1);\n")
    with open_source(made.source).connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM one").scalar() == 1
        made.run("INSERT INTO one VALUES (2);\nINSERT INTO two VALUES (2);\n")
        assert connection.exec_driver_sql("SELECT count(*) FROM one").scalar() == 1
        assert connection.exec_driver_sql("SELECT count(*) FROM two").scalar() == 0
