"""Who takes all recommendations reaches a finished migration, with every row where it belongs or said to be left."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.graph.small_pairs import made, take_all

#: One of each kind that once ended in a dead end, a crash or with rows twice, and some more.
SEEDS = tuple(range(12))


@pytest.mark.parametrize("seed", SEEDS)
def test_all_recommendations_lead_to_an_end(tmp_path: Path, seed: int) -> None:
    pair = made(seed, tmp_path)
    taken = take_all(pair, tmp_path)
    assert taken.wrong == [], pair.described
