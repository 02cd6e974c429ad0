"""What tests of copying share: plans of two tables, and what goes wrong in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ferryman.domain.mapping import Mapping, Policy, Problem, Strategy, TableMapping
from ferryman.tools.move.clock import Clock
from tests.tools.pairs import CUSTOMERS, PURCHASES, Run, start, write

QUIET = Clock(sleep=lambda seconds: None, dice=lambda: 0.5)


def shop_with(customers: TableMapping = CUSTOMERS, purchases: TableMapping = PURCHASES) -> Mapping:
    return Mapping(tables=(customers, purchases))


def run_with(pair: tuple[Path, Path], purchases: TableMapping, size: int = 10) -> Run:
    run = start(*pair, shop_with(purchases=purchases), size=size)
    assert run.copy("customers").complete
    return run


def policy(problem: Problem, *columns: str, strategy: Strategy = Strategy.QUARANTINE, **details: Any) -> Policy:
    return Policy(problem=problem, columns=columns, strategy=strategy, **details)


def orphaned(pair: tuple[Path, Path]) -> None:
    """Purchases 43, 45 and 47 refer to customers that never were."""
    write(pair[0], "UPDATE purchase SET customer_id = 900 + id WHERE id IN (43, 45, 47)")
