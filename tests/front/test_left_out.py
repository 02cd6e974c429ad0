"""Parents whose own table the plan leaves out: region -> customer -> invoice, and only invoices are to move."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.front.calling import Called, here, pair
from tests.front.shapes import Shape, made, values
from tests.front.test_retry import CUSTOMERS, INVOICES, REGIONS, WHOLE


@pytest.fixture
def shape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shape:
    monkeypatch.chdir(tmp_path)
    return made(
        tmp_path,
        f"""CREATE TABLE region (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
        CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
            region_id INTEGER NOT NULL REFERENCES region);
        CREATE TABLE invoice (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customer, amount INTEGER);
        INSERT INTO region VALUES {values([row[:2] for row in REGIONS])};
        INSERT INTO customer VALUES {values([row[:3] for row in CUSTOMERS])};
        INSERT INTO invoice VALUES {values(INVOICES)};""",
        """CREATE TABLE regions (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
        CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
            region_id INTEGER NOT NULL REFERENCES regions (id));
        CREATE TABLE invoices (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id),
            amount INTEGER);
        INSERT INTO regions VALUES (2, 'R2');
        INSERT INTO customers VALUES (1, 'C1', 2);""",
    )


def plan(shape: Shape, *words: str) -> Called:
    left = ("--leave-out", "customers", "--leave-out", "regions")
    return here("plan", *pair(*shape.files), "-o", "plan.yaml", "--force", *left, *words)


def said(done: Called) -> str:
    return " ".join(done.err.split())


def test_at_planning_the_whole_table_can_be_moved_as_well_with_its_own_parents(shape: Shape) -> None:
    told = said(plan(shape))
    assert "290 rows of invoices refer by customer_id to 29 rows of customers" in told
    assert "include: Move customers as well, which this plan only refers to" in told
    done = plan(shape, "--answer", "include", "--answer", "name")
    assert done.code == 0, done.err
    shape.run()
    shape.assert_same(
        WHOLE.format("invoice", "customer", "region") + " ORDER BY 1",
        WHOLE.format("invoices", "customers", "regions") + " ORDER BY 1",
    )
    shape.proved_and_undone()


def test_in_a_run_it_is_said_why_they_cannot_be_taken_along(shape: Shape) -> None:
    assert plan(shape, "--no-preflight").code == 0
    told = said(shape.run(code=5))
    assert "The missing rows of customers cannot be taken along: this run does not move customers" in told
    assert "Find and migrate the missing" not in told
    assert shape.new("SELECT count(*) FROM invoices") == [(0,)]
