"""Rows of one old table that go into several new ones by what stands in them, said in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.front.calling import here
from tests.front.shapes import Shape, made, values

KINDS = ("post", "page", "note")
POSTS = [(n, n % 7 + 1, KINDS[n % 3], f"title {n}", f"body {n}") for n in range(1, 61)]
SAID = "posts with kind post go into articles, those with kind page into pages, the others into scraps"


def _shape(folder: Path) -> Shape:
    return made(
        folder,
        f"""CREATE TABLE users (id INTEGER PRIMARY KEY, login TEXT);
        CREATE TABLE posts (id INTEGER PRIMARY KEY, post_author INTEGER, kind TEXT, title TEXT, body TEXT);
        INSERT INTO users SELECT value, 'u' || value FROM json_each('{[*range(1, 8)]}');
        INSERT INTO posts VALUES {values(POSTS)};""",
        """CREATE TABLE users (id CHAR(36) PRIMARY KEY, login TEXT NOT NULL);
        CREATE TABLE articles (id CHAR(36) PRIMARY KEY, title TEXT NOT NULL, body TEXT,
            post_author CHAR(36) NOT NULL REFERENCES users);
        CREATE TABLE pages (id CHAR(36) PRIMARY KEY, title TEXT NOT NULL, body TEXT);
        CREATE TABLE scraps (id CHAR(36) PRIMARY KEY, title TEXT NOT NULL, body TEXT);""",
    )


def test_each_row_goes_where_it_was_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shape = _shape(tmp_path)
    planned = here("plan", *shape.names, "-o", "plan.yaml", "--request", SAID, "--answer", "take all recommendations")
    assert planned.code == 0, planned.err
    shape.run()
    for table, kind in (("articles", "post"), ("pages", "page"), ("scraps", "note")):
        wanted = sorted((title, body) for _, _, is_kind, title, body in POSTS if is_kind == kind)
        assert sorted(shape.new(f"SELECT title, body FROM {table}")) == wanted
    writers: dict[str, str] = dict(
        shape.new("SELECT a.title, u.login FROM articles a JOIN users u ON u.id = a.post_author")
    )
    assert writers == {title: f"u{author}" for _, author, kind, title, _ in POSTS if kind == "post"}
    shape.proved_and_undone()


SHARED_OUT = "posts with kind post go into articles, those with kind page into pages, notes go into article_notes"


@pytest.fixture
def noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shape:
    """A note for each of 60 posts, which goes with the articles."""
    monkeypatch.chdir(tmp_path)
    notes = [(n, n, f"note {n}") for n in range(1, 61)]
    return made(
        tmp_path,
        f"""CREATE TABLE posts (id INTEGER PRIMARY KEY, kind TEXT, title TEXT, body TEXT);
        CREATE TABLE notes (id INTEGER PRIMARY KEY, post_id INTEGER REFERENCES posts, note TEXT);
        INSERT INTO posts VALUES {values([(n, kind, title, body) for n, _, kind, title, body in POSTS])};
        INSERT INTO notes VALUES {values(notes)};""",
        """CREATE TABLE articles (id INTEGER PRIMARY KEY, title TEXT NOT NULL, body TEXT);
        CREATE TABLE pages (id INTEGER PRIMARY KEY, title TEXT NOT NULL, body TEXT);
        CREATE TABLE article_notes (id INTEGER PRIMARY KEY, article_id INTEGER NOT NULL REFERENCES articles, note TEXT);
        """,
    )


def test_what_hangs_on_rows_that_go_elsewhere_brings_none_of_them_along(noted: Shape) -> None:
    asked = here("plan", *noted.names, "-o", "plan.yaml", "--request", SHARED_OUT).err
    assert "Take the 40 missing rows" in " ".join(asked.split()), asked
    noted.wanted(SHARED_OUT, "take all recommendations")
    noted.run(code=3)
    assert_each_in_its_place(noted)


def test_nor_does_it_where_it_is_found_in_a_batch(noted: Shape) -> None:
    words = ("--no-preflight", "--answer", "take all recommendations")
    planned = here("plan", *noted.names, "-o", "plan.yaml", "--request", SHARED_OUT, *words)
    assert planned.code == 0, planned.err
    stopped = " ".join(noted.run(code=5).err.split())
    assert "migrate_missing_parents" in stopped, stopped
    assert "skip_orphaned_records (recommended)" in stopped, stopped
    assert here("resume", *noted.names, "--decide", "skip_orphaned_records").code == 3
    assert_each_in_its_place(noted)


def assert_each_in_its_place(noted: Shape) -> None:
    for table, wanted in (("articles", "post"), ("pages", "page")):
        rows = [(n,) for n, _, kind, *_ in POSTS if kind == wanted]
        assert noted.new(f"SELECT id FROM {table} ORDER BY id") == rows


def test_beside_rows_that_are_there_go_those_of_the_filter_and_no_other_number_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shape = made(
        tmp_path,
        f"""CREATE TABLE posts (id INTEGER PRIMARY KEY, kind TEXT, title TEXT, body TEXT);
        INSERT INTO posts VALUES {values([(n, kind, title, body) for n, _, kind, title, body in POSTS])};""",
        """CREATE TABLE pages (id CHAR(36) PRIMARY KEY, title TEXT NOT NULL, body TEXT);
        INSERT INTO pages VALUES ('there', 'Welcome', '');""",
    )
    said = "posts with kind page go into pages"
    asked = " ".join(here("plan", *shape.names, "-o", "plan.yaml", "--request", said).err.split())
    assert "Add the rows that its filter takes beside them" in asked, asked
    assert "Add all 60 rows" not in asked
