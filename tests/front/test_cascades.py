"""Rows that are set aside with all that hangs on them: one question, and what it says is what happens."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.front.shapes import Shape, made, values
from tests.tools.pairs import write

KEY = "INTEGER NOT NULL PRIMARY KEY"
#: Shop 3 breaks a rule; orders 2 and 8 are its own, and items of these hang on them.
OLD = f"""CREATE TABLE shop (id {KEY}, size INTEGER);
    CREATE TABLE orders (id {KEY}, shop_id INTEGER NOT NULL REFERENCES shop);
    CREATE TABLE item (id {KEY}, order_id INTEGER NOT NULL REFERENCES orders);
    INSERT INTO shop VALUES {values([(n, -1 if n == 3 else 1) for n in range(1, 7)])};
    INSERT INTO orders VALUES {values([(n, n % 6 + 1) for n in range(1, 13)])};
    INSERT INTO item VALUES {values([(n, n % 12 + 1) for n in range(1, 25)])};"""
NEW = f"""CREATE TABLE shops (id {KEY}, size INTEGER, CONSTRAINT fair CHECK ((size > 0)));
    CREATE TABLE orders (id {KEY}, shop_id INTEGER NOT NULL REFERENCES shops);
    CREATE TABLE items (id {KEY}, order_id INTEGER NOT NULL REFERENCES orders);"""


@pytest.fixture
def shape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shape:
    monkeypatch.chdir(tmp_path)
    return made(tmp_path, OLD, NEW)


def test_one_question_sets_aside_all_that_hangs_on_the_rows(shape: Shape) -> None:
    asked = shape.planned()
    said = " ".join(asked.err.split())
    assert asked.code == 5
    assert "1 row of shops breaks a rule of the new database about size: fair (size > 0). What shall" in said
    assert "in quarantine, with 2 rows of orders and 4 rows of items that hang on them" in said
    shape.plan("check_failed:shops.size=quarantine")
    shape.run(code=3)
    counts = [shape.new(f"SELECT count(*) FROM {name}")[0][0] for name in ("shops", "orders", "items")]
    assert counts == [5, 10, 20]
    shape.proved_and_undone()


def test_what_hangs_on_rows_of_several_questions_is_told_as_that(shape: Shape) -> None:
    write(shape.files[0], "INSERT INTO orders VALUES (13, 99); INSERT INTO item VALUES (25, 13);")
    asked = shape.planned()
    said = " ".join(asked.err.split())
    assert said.count("hangs on these and on others that are set aside") == 2
    assert "5 rows of items in all" in said
