"""Words in a column that are names of tables are known as such; no other word leaves the rows."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ferryman.domain.profile import ColumnProfile
from ferryman.tools.databases.connect import open_source
from ferryman.tools.discover.introspect import introspect
from ferryman.tools.discover.labels import MOST_LABELS
from ferryman.tools.discover.profile import profile


def held(path: Path, tables: str, words: list[object], column: str = "about_type TEXT") -> ColumnProfile:
    """The profile of a column that holds these words, beside these tables."""
    with closing(sqlite3.connect(path / "old.db")) as connection, connection:
        for table in tables.split():
            connection.execute(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY)")
        connection.execute(f"CREATE TABLE zz_remark (id INTEGER PRIMARY KEY, {column}, about_id INTEGER)")
        connection.executemany("INSERT INTO zz_remark VALUES (NULL, ?, 1)", [(word,) for word in words])
    source = open_source(str(path / "old.db"))
    with source.connect() as seen:
        found = profile(seen, introspect(seen, source.dialect), source.dialect)
    return found.by_name["zz_remark"].by_name[column.split()[0]]


@pytest.mark.parametrize(
    ("tables", "word", "table"),
    [
        ("ticket agent", "ticket", "ticket"),
        ("tickets agents", "Ticket", "tickets"),
        ("case_files people", "CaseFile", "case_files"),
        ("casefile people", "case_file", "casefile"),
        ("categories people", "CATEGORY", "categories"),
        ("people tickets", "Person", "people"),
        ("tickets agents", "App\\Models\\Ticket", "tickets"),
        ("tickets agents", "Desk::Ticket", "tickets"),
        ("blog_post shop_order", "blog.Post", "blog_post"),
        ("wp_posts wp_users", "post", "wp_posts"),
        ("tbl_post post", "post", "post"),
        ("blog_post blog_tag shop_post shop_tag", "post", ""),
        ("case_files", "file", ""),
        ("tickets", "7", ""),
        ("tickets", "Zeppelin", ""),
        ("tickets", "tic\x1bket", ""),
        ("tickets", "x" * 300 + ".ticket", ""),
    ],
)
def test_a_word_names_a_table_in_any_usual_spelling(tmp_path: Path, tables: str, word: str, table: str) -> None:
    assert held(tmp_path, tables, [word, word, None]).labels == ({word: table} if table else {})


def test_other_words_are_counted_and_stay_where_they_are(tmp_path: Path) -> None:
    found = held(tmp_path, "tickets agents", ["ticket", "agent", "Anna Berg", "", None, "agent"])
    assert (found.labels, found.unlabelled) == ({"agent": "agents", "ticket": "tickets"}, 1)
    assert "Anna" not in found.model_dump_json()


def test_what_a_check_lists_counts_though_no_row_holds_it(tmp_path: Path) -> None:
    column = "about_type TEXT CHECK (about_type IN ('ticket', 'agent', 'other'))"
    found = held(tmp_path, "tickets agents", ["ticket"], column)
    assert (found.labels, found.unlabelled) == ({"agent": "agents", "ticket": "tickets"}, 0)


@pytest.mark.parametrize(
    ("words", "column"),
    [(["ticket"], "surname TEXT"), (["ticket", *(f"w{n}" for n in range(MOST_LABELS))], "about_type TEXT")],
    ids=["a column of another name", "a column of many words"],
)
def test_a_column_that_says_something_else_has_no_labels(tmp_path: Path, words: list[object], column: str) -> None:
    assert held(tmp_path, "tickets", words, column).labels == {}
