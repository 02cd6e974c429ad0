"""A plan whose file was edited: what is said of its rows is what it would move now."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.front.calling import here
from tests.front.shapes import Shape, made, values

KEY = "INTEGER NOT NULL PRIMARY KEY"
OLD = f"""CREATE TABLE shop (id {KEY}, size INTEGER);
    CREATE TABLE orders (id {KEY}, shop_id INTEGER NOT NULL REFERENCES shop);
    INSERT INTO shop VALUES {values([(n, n * n) for n in range(1, 7)])};
    INSERT INTO orders VALUES {values([(n, n) for n in range(1, 7)])};"""
NEW = f"""CREATE TABLE shops (id {KEY}, size INTEGER);
    CREATE TABLE orders (id {KEY}, shop_id INTEGER NOT NULL REFERENCES shops);"""


@pytest.fixture
def shape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shape:
    monkeypatch.chdir(tmp_path)
    return made(tmp_path, OLD, NEW)


def test_what_comes_against_a_filter_that_was_edited_is_counted_by_it(shape: Shape) -> None:
    shape.plan()
    filtered = "target: shops\n    key: [id]\n    filter: {test: column, column: id, op: '<', values: [5]}\n"
    shape.edit(lambda text: text.replace("target: shops\n    key: [id]\n", filtered))
    asked = here("run", "--plan", shape.folder / "plan.yaml", *shape.names)
    assert asked.code == 5, asked.err
    put = " ".join((shape.folder / "plan-2.yaml").read_text().split())
    assert "against the filter on shops: 6 of its rows go instead of 4" in put
    assert "{table: shops, source: 6, in_scope: 4, target: 0}" in put
