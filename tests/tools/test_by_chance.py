"""Which rows of a batch are compared before it commits."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ferryman.tools.move.check import SAMPLES, by_chance


@given(rows=st.integers(1, 100_000), dice=st.floats(0, 1, exclude_max=True))
def test_they_are_ten_different_ones_with_both_ends(rows: int, dice: float) -> None:
    chosen = by_chance(rows, lambda: dice)
    assert chosen == sorted(set(chosen))
    assert (chosen[0], chosen[-1]) == (0, rows - 1)
    assert len(chosen) == min(rows, SAMPLES)
