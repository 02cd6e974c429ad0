"""An old MariaDB whose tables are MyISAM, as old applications have them: read, with what to mind; never written to."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.front.calling import here
from tests.front.talking import hold
from tests.servers import Server

OLD = """
CREATE TABLE maker (id int AUTO_INCREMENT PRIMARY KEY, name varchar(40) NOT NULL) ENGINE=MyISAM;
CREATE TABLE thing (id int AUTO_INCREMENT PRIMARY KEY, maker_id int NOT NULL, label varchar(40)) ENGINE=Aria;
INSERT INTO maker (name) VALUES ('Ada'), ('Bob');
INSERT INTO thing (maker_id, label) VALUES (1, 'a'), (2, 'b'), (2, 'c');
"""
NEW = """
CREATE TABLE makers (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL);
CREATE TABLE things (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, maker_id int NOT NULL REFERENCES makers,
    label text);
"""


def test_rows_of_myisam_and_aria_move_and_the_plan_says_that_nobody_should_write(
    mariadb: Server, postgresql: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = mariadb.database(), postgresql.database()
    old.run(OLD)
    new.run(NEW)
    monkeypatch.chdir(tmp_path)
    held = hold((old.source, new.url), "Fill the missing tables.", "yes")
    told = " ".join(held.text.split())
    assert "No snapshot holds the rows of maker, thing still (storage engine Aria and MyISAM): nobody" in told
    named = "SELECT m.name, t.label FROM things t JOIN makers m ON m.id = t.maker_id ORDER BY 2"
    assert new.ask(named) == [("Ada", "a"), ("Bob", "b"), ("Bob", "c")]


def test_a_new_database_whose_tables_are_all_of_such_an_engine_is_refused_with_the_reason(
    mariadb: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = mariadb.database(), mariadb.database()
    for made in (old, new):
        made.run(OLD.replace("Aria", "MyISAM"))
    monkeypatch.chdir(tmp_path)
    done = here("analyze", "--source", old.source, "--target", new.url)
    assert done.code == 2
    assert "The new database has 2 tables, and none that can be used." in done.err
    assert "MyISAM keeps no transactions; ALTER TABLE ... ENGINE=InnoDB brings it in." in done.err
