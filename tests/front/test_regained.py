"""References that a decision left empty while their parent lay in quarantine, when it comes out of it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from ferryman.tools.move.failpoint import VARIABLE
from tests.front.calling import call, here
from tests.front.ported import ported
from tests.front.shapes import PORT, Shape, made, values
from tests.tools.pairs import write

PAIRS = [("sqlite", "sqlite"), ("mariadb", "postgresql"), ("postgresql", "mariadb")]
RETRY = ("quarantine", "retry")


@pytest.fixture(params=PAIRS, ids="-".join)
def shape(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shape]:
    monkeypatch.chdir(tmp_path)
    kinds = dict(zip(("old.db", "new.db"), request.param, strict=True))
    on_servers = "sqlite" not in request.param
    token = PORT.set((lambda path: ported(request, kinds[path.name], path)) if on_servers else None)
    yield two_levels(tmp_path)
    PORT.reset(token)


def write_old(shape: Shape, sql: str) -> None:
    if shape.sides is None:
        write(shape.files[0], sql)
        return
    with shape.sides[0].engine.begin() as connection:
        connection.exec_driver_sql(sql)


def two_levels(folder: Path) -> Shape:
    """Moved: customers but those of a code that another has, and every order; of four the customer is set aside."""
    customers = [(n, f"C{n}", "X" if n in (5, 6) else f"K{n}") for n in range(1, 21)]
    orders = [(n, n % 20 + 1 if n % 7 else None, n * 10) for n in range(1, 101)]
    shape = made(
        folder,
        f"""CREATE TABLE customer (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL, code VARCHAR(40) NOT NULL);
        CREATE TABLE purchase (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customer, amount INTEGER);
        INSERT INTO customer VALUES {values(customers)};
        INSERT INTO purchase VALUES {values(orders)};""",
        """CREATE TABLE customers (id CHAR(36) PRIMARY KEY, name VARCHAR(40) NOT NULL,
            code VARCHAR(40) UNIQUE NOT NULL);
        CREATE TABLE purchases (id INTEGER PRIMARY KEY, customer_id CHAR(36) REFERENCES customers (id),
            amount INTEGER);""",
    )
    shape.plan("quarantine", "empty")
    shape.run(code=3)
    return shape


@pytest.mark.parametrize("killed", ["", "before_reference_commit:purchases", "after_reference_commit:purchases"])
def test_a_reference_that_was_left_empty_is_filled_when_its_parent_comes_out_of_quarantine(
    killed: str, shape: Shape
) -> None:
    whole = "SELECT amount, name FROM {} p LEFT JOIN {} c ON c.id = p.customer_id ORDER BY 1"
    gone = shape.new("SELECT count(*) FROM purchases WHERE customer_id IS NULL")[0][0]
    assert gone > len([n for n in range(1, 101) if not n % 7])
    write_old(shape, "UPDATE customer SET code = 'Y' WHERE code = 'X' AND id = 6")
    if killed:
        assert call(*RETRY, *shape.names, env={VARIABLE: killed}).code == -signal.SIGKILL
    told = here(*RETRY, *shape.names)
    assert told.code == 0, told.err
    shape.assert_same(whole.format("purchase", "customer"), whole.format("purchases", "customers"))
    shape.proved_and_undone()
