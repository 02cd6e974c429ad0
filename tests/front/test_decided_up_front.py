"""A decision that is given before anybody asks: what was decided about is said all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.front.calling import here
from tests.front.shapes import Shape, made, values
from tests.front.test_edited_plan import KEY, NEW

OLD = f"""CREATE TABLE shop (id {KEY}, size INTEGER);
    CREATE TABLE orders (id {KEY}, shop_id INTEGER NOT NULL REFERENCES shop);
    INSERT INTO shop VALUES {values([(n, n * n) for n in range(1, 4)])};
    INSERT INTO orders VALUES {values([(n, n) for n in range(1, 6)])};"""


@pytest.fixture
def shape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shape:
    monkeypatch.chdir(tmp_path)
    return made(tmp_path, OLD, NEW)


def test_why_a_table_stopped_is_said_before_what_was_decided(shape: Shape) -> None:
    done = here("plan", *shape.names, "-o", "plan.yaml", "--no-preflight")
    token = done.err.split("--approve ")[1].split()[0]
    ran = here("run", "--plan", "plan.yaml", *shape.names, "--approve", token, "--decide", "quarantine")
    assert ran.code == 3, ran.err
    said = " ".join(ran.err.split())
    assert "2 rows of orders refer to shops that are not there" in said[: said.index("Decided by")]
