"""Rows of a batch that cannot go as they are: what is wrong with which of them, in which column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ferryman.domain.errors import NeedsDecision
from ferryman.domain.mapping import Problem


@dataclass(frozen=True)
class Misfit:
    """One kind of problem in one target column. Positions of rows count from 0 within the batch."""

    column: str
    problem: Problem
    rows: tuple[int, ...]


class ValuesDoNotFit(NeedsDecision):
    """Some values of a batch do not fit their target columns; nothing of the batch may be written."""

    def __init__(self, table: str, misfits: Sequence[Misfit]) -> None:
        told = "; ".join(f"{m.column}: {m.problem.value} in {len(m.rows)} rows" for m in misfits)
        super().__init__(
            f"{table}: values that do not fit the new table ({told}).",
            "Decide what becomes of these rows: mend them, leave them out, or stop.",
            table=table,
        )
        self.misfits = tuple(misfits)
