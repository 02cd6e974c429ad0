"""How the rows of a table are counted off into batches, and batches into halves: arithmetic over ordinals.

Batch 15 of 1,000 holds rows 14,001 to 15,000, whatever happened before. Halved, it is 15.1 (14,001-14,500) and 15.2;
15.1 halved again is 15.1.1 and 15.1.2. So a number says which rows it holds, and a resume finds the same cuts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Window:
    """The rows that one batch is to take, by their ordinals within the table."""

    number: str  #: "15", "15.1"
    first_row: int  #: from 1
    rows: int  #: at most: the last batch of a table may find fewer

    @property
    def last_row(self) -> int:
        return self.first_row + self.rows - 1

    def halves(self) -> tuple[Window, Window]:
        """The two parts; the first is the larger where they differ. Needs at least two rows."""
        first = (self.rows + 1) // 2
        return (
            Window(f"{self.number}.1", self.first_row, first),
            Window(f"{self.number}.2", self.first_row + first, self.rows - first),
        )


@dataclass(frozen=True)
class Ruler:
    """How a table is cut: `size` rows to a batch, counted on from batch `base_number`, which ends with `base_row`."""

    size: int
    base_number: int = 0
    base_row: int = 0

    def window(self, row: int) -> Window:
        """The whole batch that holds a row."""
        past = (row - self.base_row - 1) // self.size
        return Window(str(self.base_number + past + 1), self.base_row + past * self.size + 1, self.size)

    def from_row(self, row: int, most: int) -> tuple[Window, ...]:
        """What is left, from a row on, of the batch that holds it, in parts of at most `most` rows."""
        return tuple(part for rest in _rest(self.window(row), row) for part in cut(rest, most))

    def batches(self, total: int) -> int:
        """The number of the last batch of a table of `total` rows."""
        return self.base_number + max(0, -(-(total - self.base_row) // self.size))


def cut(window: Window, most: int) -> Iterable[Window]:
    """A window in parts of at most `most` rows, halved as often as it takes."""
    if window.rows <= max(1, most):
        return (window,)
    return tuple(part for half in window.halves() for part in cut(half, most))


def _rest(window: Window, row: int) -> tuple[Window, ...]:
    if row <= window.first_row or window.rows == 1:
        return (window,)
    first, second = window.halves()
    return (*_rest(first, row), second) if row <= first.last_row else _rest(second, row)
