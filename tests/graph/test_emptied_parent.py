"""A table whose filter lets no row through, and whose rows come along all the same for those that refer to them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.graph.talks import again

OLD = """
CREATE TABLE tbl_owner (id INTEGER PRIMARY KEY, name TEXT NOT NULL, deleted_at TEXT);
CREATE TABLE tbl_dog (id INTEGER PRIMARY KEY, owner_id INTEGER NOT NULL REFERENCES tbl_owner (id), name TEXT);
INSERT INTO tbl_owner VALUES (1, 'Ada', '2020-01-01'), (2, 'Bob', '2020-01-01'), (3, 'Cy', '2020-01-01');
INSERT INTO tbl_dog VALUES (1, 1, 'Rex'), (2, 2, 'Bella'), (3, 2, 'Max');
"""
NEW = """
CREATE TABLE owners (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE dogs (id INTEGER PRIMARY KEY, owner_id INTEGER NOT NULL REFERENCES owners (id), name TEXT);
"""


def test_the_rows_that_come_along_are_sampled_and_the_run_is_proved(tmp_path: Path) -> None:
    files = tmp_path / "old.sqlite", tmp_path / "new.sqlite"
    for file, script in zip(files, (OLD, NEW), strict=True):
        with closing(sqlite3.connect(file)) as connection:
            connection.executescript(script)
    talk = again(tmp_path, *files)
    talk.say("move everything", "skip deleted owners", "take them along")
    while talk.review.plan.open_questions:
        talk.say("take all recommendations")
    assert {count.table: count.in_scope for count in talk.review.plan.counts}["owners"] == 0
    talk.say("yes")
    assert talk.session.outcome is not None and talk.session.outcome.validation == "PASSED"
    assert talk.ask("SELECT name FROM owners ORDER BY 1") == [("Ada",), ("Bob",)]
    sampled = [
        check.samples
        for event in talk.seen("table_validated")
        if event.validation.table == "owners"
        for check in event.validation.checks
        if check.kind == "sample_verification"
    ]
    assert sampled[-1] == 2
    talk.session.close()
