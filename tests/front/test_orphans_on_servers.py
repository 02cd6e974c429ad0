"""Rows whose parents are not there, found while they move into a server: every way to go on, over a line that loses
every second acknowledgement, and the way back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import chdir
from itertools import cycle
from pathlib import Path

import pytest

from tests.front.calling import Called, here
from tests.front.ported import ported
from tests.front.shapes import PORT, Shape, made, values
from tests.proxy import Proxy

CLIENTS = [(n, f"Client {n}", "2020-01-01 00:00:00" if n in (2, 4) else None) for n in range(1, 7)]
CONTRACTS = [(n, 99 if n in (7, 21) else n % 6 + 1, n * 10) for n in range(1, 31)]
LOST = [n for n, client, _ in CONTRACTS if client == 99]  #: that client never was
LEFT = [n for n, client, _ in CONTRACTS if client in (2, 4)]  #: these stay behind, as deleted
WHOLE = [n for n, *_ in CONTRACTS if n not in (*LOST, *LEFT)]


@pytest.fixture(params=["postgresql", "mariadb"])
def shape(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shape]:
    monkeypatch.chdir(tmp_path)
    token = PORT.set(lambda path: ported(request, request.param if path.name == "new.db" else "sqlite", path))
    yield made(
        tmp_path,
        f"""CREATE TABLE client (id INTEGER PRIMARY KEY, name TEXT NOT NULL, deleted_at TIMESTAMP);
        CREATE TABLE contract (id INTEGER PRIMARY KEY, client_id INTEGER NOT NULL, amount INTEGER NOT NULL);
        INSERT INTO client VALUES {values(CLIENTS)};
        INSERT INTO contract VALUES {values(CONTRACTS)};""",
        """CREATE TABLE clients (id CHAR(36) PRIMARY KEY, name TEXT NOT NULL);
        CREATE TABLE contracts (id CHAR(36) PRIMARY KEY, client_id CHAR(36) NOT NULL REFERENCES clients (id),
            amount INTEGER NOT NULL);""",
    )
    PORT.reset(token)


def stopped(shape: Shape) -> None:
    """Run into the first rows that cannot go."""
    words = ("plan", *shape.names, "-o", "plan.yaml", "--force", "--no-preflight", "--answer", "alive")
    assert (done := here(*words)).code == 0, done.err
    shape.run(code=5)
    assert shape.new("SELECT count(*) FROM contracts") == [(0,)]


def decided(shape: Shape, *strategies: str) -> Called:
    """The decisions, from another folder, over a line that loses every second acknowledgement of a commit."""
    assert shape.sides is not None
    (elsewhere := shape.folder / "elsewhere").mkdir()
    with Proxy(shape.sides[1].url) as line, chdir(elsewhere):
        line.faults.lose_each = cycle([True, False])
        words = [word for one in strategies for word in ("--decide", one)]
        done = here("resume", "--source", shape.sides[0].source, "--target", line.url, *words)
        assert line.faults.struck
    return done


def moved(shape: Shape) -> list[int]:
    """The contracts that are there, each with a client."""
    sql = "SELECT amount FROM contracts JOIN clients ON clients.id = client_id ORDER BY 1"
    return [amount // 10 for (amount,) in shape.new(sql)]


def counted(shape: Shape, table: str) -> tuple[int, ...]:
    names = ("source", "migrated", "skipped", "quarantined", "placeholders")
    sums = ", ".join(f"coalesce(sum({name}), 0)" for name in names)
    where = f"table_name = '{table}' AND state = 'committed'"
    return tuple(map(int, shape.new(f"SELECT {sums} FROM ferryman_batch WHERE {where}")[0]))


@pytest.mark.parametrize(
    ("strategies", "code", "there", "clients", "contracts"),
    [
        (("skip_orphaned_records",), 3, WHOLE, (6, 4, 2, 0, 0), (30, len(WHOLE), 0, len(LOST + LEFT), 0)),
        (
            ("migrate_missing_parents_first",), 3, sorted(WHOLE + LEFT), (6, 6, 0, 0, 0),
            (30, len(WHOLE + LEFT), 0, len(LOST), 0),
        ),
        (("create_placeholders",), 0, [n for n, *_ in CONTRACTS], (6, 4, 2, 0, 3), (30, 30, 0, 0, 0)),
        (("rollback_table",), 5, [], (6, 4, 2, 0, 0), (0, 0, 0, 0, 0)),
        (("pause",), 5, [], (6, 4, 2, 0, 0), (0, 0, 0, 0, 0)),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) and value and isinstance(value[0], str) else "",
)  # fmt: skip
def test_every_strategy(
    shape: Shape, strategies: tuple[str, ...], code: int, there: list[int], clients: tuple[int, ...],
    contracts: tuple[int, ...],
) -> None:  # fmt: skip
    stopped(shape)
    done = decided(shape, *strategies)
    assert done.code == code, done.err
    assert moved(shape) == there
    assert (counted(shape, "clients"), counted(shape, "contracts")) == (clients, contracts)
    if code != 5:
        shape.proved_and_undone()
    else:
        shape.undone()
