"""Rows below those that only the database refuses, or that repeat others: counted before a row is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from ferryman.domain.findings import MissingCause
from ferryman.domain.mapping import Mapping, Policy, Problem, Strategy, TableMapping
from ferryman.domain.plan import Preflight
from ferryman.domain.transforms import ForeignKeyTo
from ferryman.tools.move.work import Ending
from ferryman.tools.prepare.preflight import preflight
from tests.tools.pairs import Run, column, plan_of
from tests.tools.test_load import PHASES
from tests.tools.test_relay import Pair, made_pair, validated

TABLES = ("shops", "orders", "items")
PHASE = tuple(PHASES[0].but(number=n, tables=(name,)) for n, name in enumerate(TABLES, 1))
AWAY = Strategy.QUARANTINE
#: Shop 3 breaks a rule, shop 5 has the name of shop 4, shop 6 that of a shop that is there.
SHOPS = [(1, 5, "a"), (2, 5, "b"), (3, -5, "c"), (4, 5, "d"), (5, 5, "d"), (6, 5, "z")]
DECIDED = (
    Policy(problem=Problem.CHECK_FAILED, columns=("size",), strategy=AWAY, rows=1),
    Policy(problem=Problem.DUPLICATE, columns=("name",), strategy=AWAY, rows=2),
)


@pytest.fixture(params=["sqlite to sqlite", "sqlite to postgresql", "mariadb to mariadb"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Pair:
    """Order n belongs to shop n % 6 + 1, item n to order n % 12 + 1."""
    pair = made_pair(request, tmp_path)
    key, below = "id integer NOT NULL PRIMARY KEY", "integer NOT NULL REFERENCES"
    pair.old.run(
        f"""CREATE TABLE shop ({key}, size integer, name varchar(9));
        CREATE TABLE ordering ({key}, shop_id {below} shop (id));
        CREATE TABLE item ({key}, order_id {below} ordering (id));"""
    )
    pair.new.run(
        f"""CREATE TABLE shops ({key}, size integer, name varchar(9) UNIQUE,
            CONSTRAINT big CHECK (size > 0));
        CREATE TABLE orders ({key}, shop_id {below} shops (id));
        CREATE TABLE items ({key}, order_id {below} orders (id));
        INSERT INTO shops VALUES (99, 1, 'z');"""
    )
    pair.old.fill("shop", SHOPS)
    pair.old.fill("ordering", ((n, n % 6 + 1) for n in range(1, 13)))
    pair.old.fill("item", ((n, n % 12 + 1) for n in range(1, 25)))
    return pair


def mapped(*orders: Policy, items: tuple[Policy, ...] = ()) -> Mapping:
    key = column("id", "id")
    shops = TableMapping(
        source="shop",
        target="shops",
        key=("id",),
        columns=(key, column("size", "size"), column("name", "name")),
        policies=DECIDED,
    )
    order = column("shop_id", "shop_id", ForeignKeyTo(parent="shops"))
    line = column("order_id", "order_id", ForeignKeyTo(parent="orders"))
    return Mapping(
        tables=(
            shops,
            TableMapping(source="ordering", target="orders", key=("id",), columns=(key, order), policies=orders),
            TableMapping(source="item", target="items", key=("id",), columns=(key, line), policies=items),
        )
    )


def below(column: str, rows: int) -> Policy:
    cause = MissingCause.SET_ASIDE
    return Policy(problem=Problem.MISSING_PARENT, columns=(column,), cause=cause, strategy=AWAY, rows=rows)


def looked_at(run: Run, mapping: Mapping) -> Preflight:
    databases = run.compiled["shops"].source_database, run.compiled["shops"].target_database
    return preflight(run.source, run.target, *databases, plan_of(mapping, phases=PHASE), run.compiled)


def test_the_rows_below_are_counted_before_and_are_those_that_stay_away(pair: Pair) -> None:
    mapping = mapped()
    run = pair.start(mapping)
    (found,) = [one for one in looked_at(run, mapping).problems if one.table == "orders"]
    assert (found.cause, found.rows, found.parents) == (MissingCause.SET_ASIDE, 6, 3)
    run.ledger.release(run.run)
    decided = mapped(below("shop_id", 6))
    second = pair.start(decided, run="run-2")
    (found,) = [one for one in looked_at(second, decided).problems if one.table == "items"]
    assert (found.cause, found.rows, found.parents) == (MissingCause.SET_ASIDE, 12, 6)
    second.ledger.release(second.run)
    whole = mapped(below("shop_id", 6), items=(below("order_id", 12),))
    third = pair.start(whole, run="run-3")
    assert not [one for one in looked_at(third, whole).problems if not one.decided]
    for table in TABLES:
        result = third.copy(table)
        assert result.ending is Ending.COMPLETE, result.failure
    assert [pair.new.one(f"SELECT count(*) FROM {name}") for name in ("shops", "orders")] == [4, 6]
    validated(third, "orders")
