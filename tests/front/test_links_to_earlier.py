"""References that no column declares, to rows that an earlier run brought under new keys: they are asked about and
follow, though the plan does not move the table that they name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.front.calling import here
from tests.front.shapes import KEYS, Row, Shape, folder_onto, made, values

pytestmark = [
    pytest.mark.parametrize("onto", ["sqlite", "postgresql", "mariadb"]),
    pytest.mark.parametrize("keys", ["generated", "derived"]),
]
LOST = 77  #: a tag that never was

folder = pytest.fixture(folder_onto)


@pytest.fixture
def shape(folder: Path, keys: str, onto: str) -> Shape:
    """Thirty tags, and articles that name them in a list, by a number and beside a type."""
    there = 3 if keys == "generated" else "00000003-0000-4000-8000-000000000000"
    tags = [(n, f"tag {n}") for n in range(1, 31)]
    articles = [(n, f"article {n}", f"{n % 30 + 1},{n * 7 % 30 + 1}", "tag", 30 - n % 30) for n in range(1, 61)]
    articles.append((61, "article 61", f"4,{LOST}", "tag", 6))
    return made(
        folder,
        f"""CREATE TABLE tag (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
        CREATE TABLE article (id INTEGER PRIMARY KEY, title TEXT NOT NULL, tag_ids TEXT, about_type TEXT,
            about_id INTEGER);
        INSERT INTO tag VALUES {values(tags)}; INSERT INTO article VALUES {values(articles)};""",
        f"""CREATE TABLE tags (id {KEYS[keys]}, name TEXT NOT NULL);
        CREATE TABLE articles (id INTEGER NOT NULL PRIMARY KEY, title TEXT NOT NULL, tag_ids TEXT, about_type TEXT,
            about_id VARCHAR(40));
        INSERT INTO tags VALUES ({there!r}, 'theirs');""",
    )


ANSWERS = ("link_ids:articles.tag_ids=ids_of_tags", "link_ids:articles.about_id=by_name")


def named(rows: list[Row], tags: list[Row]) -> dict[str, tuple[list[str], str]]:
    """By article, the names of the tags that are there of its list, and of the one beside its type."""
    names = {str(key): name for key, name in tags}
    return {t: ([names[n] for n in ids.split(",") if n in names], names[str(about)]) for t, ids, about in rows}


def test_they_are_asked_about_and_follow(shape: Shape, keys: str) -> None:
    shape.wanted("only tags", "present:tags=add")
    shape.run()
    before = shape.held()
    asked = " ".join(shape.wanted("only articles", code=5).err.split())
    assert "ids_of_tags: They are ids of tags (recommended)" in asked
    assert "by_name: tag means tags (recommended)" in asked
    lost = " ".join(shape.wanted("only articles", *ANSWERS, code=5).err.split())
    assert "1 row of articles refers by tag_ids to rows that are not there. 1 id of tags, in 1 row, never was" in lost
    shape.wanted("only articles", *ANSWERS, "articles: without")
    shape.run()
    rows = "SELECT title, tag_ids, about_id FROM {}"
    old = named(shape.old(rows.format("article")), shape.old("SELECT id, name FROM tag"))
    assert named(shape.new(rows.format("articles")), shape.new("SELECT id, name FROM tags")) == old
    assert here("validate", *shape.names).code == 0
    shape.undo_last()
    assert shape.held() == before
