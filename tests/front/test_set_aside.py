"""Rows whose parents are set aside themselves: region -> customer -> invoice, and five customers name no region."""

from __future__ import annotations

from pathlib import Path

import pytest

from ferryman.graph.context import Options
from tests.front.calling import Called, here, pair
from tests.front.shapes import Shape, made, values
from tests.front.talking import hold
from tests.front.test_retry import QUARANTINED, WHOLE
from tests.tools.pairs import write

REGIONS = [(n, f"R{n}") for n in range(1, 6)]
CUSTOMERS = [(n, f"C{n}", 99 if n <= 5 else n % 5 + 1) for n in range(1, 31)]
INVOICES = [(n, n % 30 + 1, n * 10) for n in range(1, 301)]


@pytest.fixture
def shape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shape:
    monkeypatch.chdir(tmp_path)
    return made(
        tmp_path,
        f"""CREATE TABLE region (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
        CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT NOT NULL,
            region_id INTEGER NOT NULL REFERENCES region);
        CREATE TABLE invoice (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customer, amount INTEGER);
        INSERT INTO region VALUES {values(REGIONS)};
        INSERT INTO customer VALUES {values(CUSTOMERS)};
        INSERT INTO invoice VALUES {values(INVOICES)};""",
        """CREATE TABLE regions (id CHAR(36) PRIMARY KEY, name TEXT NOT NULL UNIQUE);
        CREATE TABLE customers (id CHAR(36) PRIMARY KEY, name TEXT NOT NULL,
            region_id CHAR(36) NOT NULL REFERENCES regions (id));
        CREATE TABLE invoices (id CHAR(36) PRIMARY KEY, customer_id CHAR(36) NOT NULL REFERENCES customers (id),
            amount INTEGER);""",
    )


def flat(done: Called) -> str:
    return " ".join(done.err.split())


def mended_and_tried_again(shape: Shape) -> None:
    write(shape.files[0], "UPDATE customer SET region_id = 1 WHERE region_id = 99")
    assert here("quarantine", "retry").code == 0
    shape.assert_same(
        WHOLE.format("invoice", "customer", "region") + " ORDER BY 1",
        WHOLE.format("invoices", "customers", "regions") + " ORDER BY 1",
    )
    assert shape.new(QUARANTINED) == []
    shape.proved_and_undone()


def test_parents_that_are_set_aside_are_not_offered_to_be_taken_along(shape: Shape) -> None:
    assert "take:" not in shape.plan(code=5).err
    told = shape.plan("quarantine")
    assert "50 rows of invoices refer by customer_id to 5 rows of customers that are set aside." in flat(told)
    shape.run(code=3)
    assert dict(shape.new(QUARANTINED)) == {"customers": 5, "invoices": 50}
    mended_and_tried_again(shape)


def test_nor_in_a_run_that_finds_them_out(shape: Shape) -> None:
    assert here("plan", *pair(*shape.files), "-o", "plan.yaml", "--force", "--no-preflight").code == 0
    shape.run(code=5)
    stopped = here("resume", "--decide", "skip_orphaned_records")
    assert stopped.code == 3
    decided = "SELECT table_name, cause, strategy FROM ferryman_amendment ORDER BY number"
    assert ("invoices", "set_aside", "skip_orphaned_records") in shape.new(decided)
    assert "Find and migrate" not in stopped.err
    assert dict(shape.new(QUARANTINED)) == {"customers": 5, "invoices": 50}
    mended_and_tried_again(shape)


def test_rows_whose_parents_were_set_aside_are_shown_while_a_decision_about_them_is_open(shape: Shape) -> None:
    asked = "show me the 50", "give me a spreadsheet"
    held = hold(shape.files, "move everything", "yes", "leave them out", *asked, options=Options(preflight=False))
    assert held.after(asked[0]).count("customers: that row is set aside") == 50, held.text
    assert "50 rows, each with what is wrong" in " ".join(held.after(asked[1]).split())
